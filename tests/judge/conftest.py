"""What tests with the official client share."""

from __future__ import annotations

import pytest
from judge.calls import modules_of_official_clients

from aerospike_wire.embedded import EmbeddedServer


@pytest.fixture(autouse=True, scope="session")
def _modules() -> None:
    """The first official client of a process settles where all of them look for modules."""
    aerospike = pytest.importorskip("aerospike")
    with EmbeddedServer() as server:
        aerospike.client({"hosts": server.seeds, "lua": {"user_path": modules_of_official_clients()}}).close()
