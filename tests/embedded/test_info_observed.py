"""Info commands about indexes, modules, truncation and jobs, next to what a server answered."""

from __future__ import annotations

import gzip
import json
import pathlib

import pytest

from aerospike_wire import lua
from aerospike_wire.embedded import info
from aerospike_wire.embedded.node import Node, Session
from aerospike_wire.embedded.store import NamespaceConfig

DATA = pathlib.Path(__file__).parent.parent / "data" / "info_queries.jsonl.gz"


@pytest.mark.skipif(not lua.available(), reason="modules are checked by lupa")
def test_commands() -> None:
    """Each command is answered with the words of the server, entries of lists in any order."""
    node = Node.of("BB9", [NamespaceConfig("test", ttl=False), NamespaceConfig("bar")])
    different = []
    with gzip.open(DATA) as lines:
        for line in lines:
            command, wanted = json.loads(line)
            found = info.answer(node, Session(), command)
            if "load_time" in found:
                found = found.split(";used")[0]
            if sorted(found.split(";")) != sorted(wanted.split(";")):
                different.append((command, wanted, found))
    assert different == []
