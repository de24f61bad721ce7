"""A node, a cluster, and proxies in front of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aerospike_wire.embedded import EmbeddedServer, FaultProxy

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def server() -> Iterator[EmbeddedServer]:
    """A node."""
    with EmbeddedServer(namespaces=["test", "bar"]) as running:
        yield running


@pytest.fixture
def proxy(server: EmbeddedServer) -> Iterator[FaultProxy]:
    """A proxy in front of it."""
    with FaultProxy(server.address) as running:
        yield running
