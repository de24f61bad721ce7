"""A running node and a connection to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from wire import Wire

from aerospike_wire.embedded import EmbeddedServer

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def server() -> Iterator[EmbeddedServer]:
    """A node with a namespace that takes no TTLs and one that does."""
    with EmbeddedServer(namespaces=["test,ttl=off", "bar"]) as node:
        yield node


@pytest.fixture
def wire(server: EmbeddedServer) -> Iterator[Wire]:
    """A connection to the node."""
    with Wire(server) as connection:
        yield connection
