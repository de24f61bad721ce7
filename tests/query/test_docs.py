"""The programs in the documentation of queries run."""

from __future__ import annotations

import pathlib
import re
from typing import Any

from aerospike_wire import Client
from aerospike_wire.embedded import EmbeddedServer

PAGE = pathlib.Path(__file__).parent.parent.parent / "docs" / "queries.md"
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def test_every_program_runs() -> None:
    """One after the other, on one client; what they assert holds."""
    blocks = BLOCK.findall(PAGE.read_text())
    assert len(blocks) > 8
    with EmbeddedServer() as server, Client(server.address) as client:
        names: dict[str, Any] = {"client": client, "address": server.address}
        for number, block in enumerate(blocks):
            exec(compile(block, f"{PAGE.name} program {number}", "exec"), names)
        assert names["count"] == 100
        assert names["first"].key.namespace == "test"
        assert names["cursor"]["records"] == 0
