"""The Python in the documents runs, and says what it promises."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import re
from typing import Any

import pytest
from pages import blocks as snippets

from aerospike_wire import Client, errors
from aerospike_wire.embedded import EmbeddedServer
from aerospike_wire.expressions import Add, IntBin
from aerospike_wire.operations import cdt_ctx_map_key

SAYS = re.compile(r"^(?P<code>\S.*?)  # (?P<value>.+)$")


def run(block: str, names: dict[str, Any]) -> None:
    """Run a block; a comment behind a print or an expression says what must come of it."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(block, "document", "exec"), names)
    printed = [
        found["value"] for line in block.splitlines() if (found := SAYS.match(line.strip())) and "print(" in line
    ]
    assert out.getvalue().splitlines() == printed
    for line in block.splitlines():
        found = SAYS.match(line)
        if found is not None and "print(" not in line:
            value = eval(found["code"], names)
            wanted = found["value"]
            assert str(value) == wanted or value == eval(wanted, names)


def test_administration() -> None:
    """Every snippet, one after the other, against a node with an administrator."""
    pytest.importorskip("bcrypt")
    pytest.importorskip("lupa")
    blocks = snippets("administration.md")
    assert len(blocks) >= 6
    users = {"admin": ("admin", ["user-admin", "sys-admin", "data-admin", "read-write-udf"])}
    policies = {"total_timeout": 20_000}
    with (
        EmbeddedServer(users=users) as server,
        Client(server.address, user="admin", password="admin", policies=policies) as client,
    ):
        client.put(("test", "people", "ann"), {"age": 42})
        names = {
            "client": client,
            "server": server,
            "errors": errors,
            "datetime": dt,
            "EmbeddedServer": EmbeddedServer,
            "cdt_ctx_map_key": cdt_ctx_map_key,
            "Add": Add,
            "IntBin": IntBin,
        }
        for block in blocks:
            run(block, names)
