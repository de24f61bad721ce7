"""The façade and, where it is installed, the official client, on the same node in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import aerospike_wire.compat as facade
from aerospike_wire.embedded import EmbeddedServer

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def node() -> Iterator[EmbeddedServer]:
    """A node for all tests of the façade."""
    with EmbeddedServer() as server:
        yield server


def config_of(node: EmbeddedServer) -> dict[str, Any]:
    """The configuration of a client of a node."""
    host, port = node.address.rsplit(":", 1)
    return {"hosts": [(host, int(port))]}


@pytest.fixture
def config(node: EmbeddedServer) -> dict[str, Any]:
    """The configuration of a client of the node."""
    return config_of(node)


@pytest.fixture
def client(config: dict[str, Any]) -> Iterator[facade.Client]:
    """The façade's client."""
    made = facade.client(config)
    yield made
    made.close()


@pytest.fixture(autouse=True)
def _no_serializers() -> Iterator[None]:
    """Serializers of the module, which all clients share, do not outlive a test."""
    yield
    facade.unset_serializers()
