"""The page on transactions is true."""

from __future__ import annotations

import pytest
from test_documents import run, snippets

from aerospike_wire import Client, errors
from aerospike_wire.embedded import EmbeddedServer


@pytest.mark.parametrize("page", ["transactions.md", "metrics.md"])
def test_snippets(page: str) -> None:
    """Every snippet, one after the other."""
    blocks = snippets(page)
    assert len(blocks) >= 3
    with (
        EmbeddedServer(namespaces=["test,strong-consistency=on"], enterprise=True) as server,
        Client(server.address, policies={"txn_roll": {"max_retries": 0}, "total_timeout": 20_000}) as client,
    ):
        names = {"client": client, "server": server, "errors": errors}
        for block in blocks:
            run(block, names)
            server.faults.clear()
