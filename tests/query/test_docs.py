"""The programs in the documentation of queries run."""

from __future__ import annotations

from typing import Any

from pages import blocks, run

from aerospike_wire import Client
from aerospike_wire.embedded import EmbeddedServer

PAGE = "queries.md"


def test_every_program_runs() -> None:
    """One after the other, on one client; what they assert holds."""
    assert len(blocks(PAGE)) > 8
    with EmbeddedServer() as server, Client(server.address) as client:
        names: dict[str, Any] = {"client": client, "address": server.address}
        run(PAGE, names)
        assert names["count"] == 100
        assert names["first"].key.namespace == "test"
        assert names["cursor"]["records"] == 0
