"""Indexes, modules and info with a cluster of several nodes, on both clients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from aerospike_wire import errors
from aerospike_wire.embedded import EmbeddedCluster

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENT = {"policies": {"total_timeout": 20_000}}


@pytest.fixture
def cluster() -> Iterator[EmbeddedCluster]:
    """Three nodes with a copy of each record."""
    with EmbeddedCluster(3, namespaces=["test"]) as running:
        yield running


@pytest.fixture
def client(make_client: Any, cluster: EmbeddedCluster) -> Any:
    """A client of the kind under test, for the cluster."""
    return make_client(cluster.seeds, **PATIENT)


async def test_every_node_is_asked(client: Any, cluster: EmbeddedCluster) -> None:
    """Each by its own name, and by its address."""
    names = sorted(row["node_name"] for row in await client.get_node_names())
    assert len(names) == 3
    assert await client.info_all("node") == {name: (None, f"{name}\n") for name in names}
    assert sorted(await client.get_nodes()) == sorted(cluster.seeds)
    for node in await client.info_nodes():
        assert await client.info_single_node("node", node.name) == f"node\t{node.name}\n"
        assert await client.info_single_node("node", node.address) == f"node\t{node.name}\n"


async def test_numbers_are_added_up(client: Any) -> None:
    """Records count once in a namespace, with their copies in a set."""
    for number in range(10):
        await client.put(("test", "s", number), {"a": number})
    namespace = await client.info_namespace("test")
    assert (namespace.objects, namespace.replication_factor, len(namespace.nodes)) == (10, 2, 3)
    (row,) = await client.info_sets("test")
    assert (row.objects, len(row.nodes)) == (20, 3)
    assert [node.cluster_size for node in await client.info_statistics()] == [3, 3, 3]


async def test_index_and_module_are_everywhere(client: Any) -> None:
    """When the call returns, every node has them."""
    await client.index_integer_create("test", "s", "a", "ix")
    stat = await client.index_stat("test", "ix")
    assert (stat.ready, len(stat.nodes)) == (True, 3)
    await client.udf_put("m.lua", source="function f(rec) return 1 end")
    for text in (await client.info_all("udf-list")).values():
        assert "filename=m.lua" in text[1]
    await client.udf_remove("m.lua")
    await client.index_remove("test", "ix")


async def test_slowest_node_decides(client: Any, cluster: EmbeddedCluster) -> None:
    """As long as one node has not heard of the index, it is not ready; then the call returns."""
    await client.connect()
    node = cluster.nodes[2]
    node.faults.on("sindex-stat").times(2).answer(201, "no index")
    await client.index_integer_create("test", "s", "a", "ix")
    assert sum(rule.hits for rule in node.faults.rules) == 2


async def test_error_names_the_node(client: Any, cluster: EmbeddedCluster) -> None:
    """One node that refuses fails the call, and is the one on the error."""
    await client.connect()
    node = cluster.nodes[1]
    node.faults.on("statistics").answer(4, "not now")
    for call in (lambda: client.info_all("statistics"), client.info_statistics):
        with pytest.raises(errors.InvalidRequest) as caught:
            await call()
        assert caught.value.node == node.name
