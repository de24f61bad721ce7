"""Fixtures for test suites of programs that use Aerospike.

Installed with the package; pytest finds it by itself. It costs nothing until a fixture is
asked for. The namespaces of the nodes are set in pytest's configuration::

    [tool.pytest.ini_options]
    aerospike_namespaces = ["test", "bar,ttl=off"]
    aerospike_cluster_nodes = "3"
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aerospike_wire import Client
    from aerospike_wire.embedded import EmbeddedCluster, EmbeddedServer


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the settings."""
    parser.addini("aerospike_namespaces", "namespaces of the embedded nodes", type="args", default=["test"])
    parser.addini("aerospike_cluster_nodes", "nodes of the aerospike_cluster fixture", default="3")


@pytest.fixture
def aerospike_server(request: pytest.FixtureRequest) -> Iterator[EmbeddedServer]:
    """A node in memory, empty for each test; ``.address`` for clients, ``.faults`` for failures on request."""
    from aerospike_wire.embedded import EmbeddedServer  # noqa: PLC0415  only whoever asks pays for the import

    with EmbeddedServer(namespaces=request.config.getini("aerospike_namespaces")) as server:
        yield server


@pytest.fixture
def aerospike_client(aerospike_server: EmbeddedServer) -> Iterator[Client]:
    """A blocking client for ``aerospike_server``, connected."""
    from aerospike_wire import Client  # noqa: PLC0415

    with Client(aerospike_server.address) as client:
        yield client


@pytest.fixture
def aerospike_cluster(request: pytest.FixtureRequest) -> Iterator[EmbeddedCluster]:
    """A cluster in memory, empty for each test; its ``.nodes`` can be killed, paused and started again."""
    from aerospike_wire.embedded import EmbeddedCluster  # noqa: PLC0415

    nodes = int(request.config.getini("aerospike_cluster_nodes"))
    with EmbeddedCluster(nodes, namespaces=request.config.getini("aerospike_namespaces")) as cluster:
        yield cluster


@pytest.fixture
def aerospike_cluster_client(aerospike_cluster: EmbeddedCluster) -> Iterator[Client]:
    """A blocking client for ``aerospike_cluster``, connected."""
    from aerospike_wire import Client  # noqa: PLC0415

    with Client(aerospike_cluster.seeds) as client:
        yield client
