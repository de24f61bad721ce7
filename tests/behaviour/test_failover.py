"""Clusters whose nodes come, go, move and fall silent, on both clients."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from typing import TYPE_CHECKING, Any

import pytest

from aerospike_wire import errors
from aerospike_wire.embedded import EmbeddedCluster, EmbeddedServer
from aerospike_wire.proto.keys import partition_id, resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FAST = {"tend_interval": 50, "connect_timeout": 150}
PATIENT = {"max_retries": 60, "sleep_between_retries": 10, "total_timeout": 10_000}
KEYS = [("test", "failover", number) for number in range(30)]


@pytest.fixture
def trio() -> Iterator[EmbeddedCluster]:
    with EmbeddedCluster(3, heartbeat_timeout=40, migration_pause=0) as cluster:
        yield cluster


def nodes(client: Any) -> set[str]:
    """The names of the nodes that the client uses."""
    return {node.name for node in client.client._core.cluster.active()}


async def eventually(client: Any, condition: Callable[[], bool]) -> None:
    """Use the client until something holds; what it finds on the way does not matter."""
    limit = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < limit, "it does not become true"
        with contextlib.suppress(errors.AerospikeError):
            await client.exists(KEYS[0])
        await asyncio.sleep(0.01)


async def test_all_nodes_are_found(make_client: Any, trio: EmbeddedCluster) -> None:
    """One seed is enough to find every node."""
    client = make_client(trio.nodes[1].address, **FAST)
    await client.connect()
    assert nodes(client) == {node.name for node in trio.nodes}


async def test_dead_seeds_do_not_matter(make_client: Any, trio: EmbeddedCluster) -> None:
    """Seeds that cannot be used are passed over as long as one can."""
    client = make_client(["127.0.0.1:1", trio.nodes[2].address, "no-such-host.invalid"], **FAST)
    await client.connect()
    assert len(nodes(client)) == 3


async def test_a_killed_node(make_client: Any, trio: EmbeddedCluster) -> None:
    """Reads and writes go on at the replicas; the node is forgotten, and welcome when it is back."""
    client = make_client(trio.seeds, **FAST)
    for key in KEYS:
        await client.put(key, {"n": key[2]})
    trio.nodes[0].kill()
    for key in KEYS:
        assert (await client.get(key, PATIENT)).bins == {"n": key[2]}
        await client.put(key, {"n": key[2] + 1}, None, PATIENT)
    await eventually(client, lambda: trio.nodes[0].name not in nodes(client))
    trio.nodes[0].restart()
    await asyncio.to_thread(trio.wait_until_stable)
    await eventually(client, lambda: trio.nodes[0].name in nodes(client))
    for key in KEYS:
        assert (await client.get(key, PATIENT)).bins == {"n": key[2] + 1}


async def test_a_paused_node(make_client: Any, trio: EmbeddedCluster) -> None:
    """A node that says nothing costs calls their time limit, not for ever: the others take over."""
    client = make_client(trio.seeds, **FAST)
    for key in KEYS:
        await client.put(key, {"n": key[2]})
    trio.nodes[1].pause()
    policy = {"socket_timeout": 100, "total_timeout": 20_000, "max_retries": 60}
    for key in KEYS[:10]:
        assert (await client.get(key, policy)).bins == {"n": key[2]}
    await eventually(client, lambda: trio.nodes[1].name not in nodes(client))
    trio.nodes[1].resume()
    await eventually(client, lambda: trio.nodes[1].name in nodes(client))


async def test_a_node_that_joins(make_client: Any) -> None:
    """New nodes are found through the others, and get their share of the partitions."""
    with EmbeddedCluster(1) as cluster:
        client = make_client(cluster.seeds, **FAST)
        for key in KEYS:
            await client.put(key, {"n": key[2]})
        added = cluster.add_node()
        await asyncio.to_thread(cluster.wait_until_stable)
        await eventually(client, lambda: added.name in nodes(client))
        tables = client.client._core.cluster.partitions.tables
        await eventually(client, lambda: any(node.name == added.name for node in tables["test"].columns[0]))
        for key in KEYS:
            assert (await client.get(key)).bins == {"n": key[2]}


async def test_commands_follow_the_partition(make_client: Any, trio: EmbeddedCluster) -> None:
    """Each command goes to the master of its partition."""
    client = make_client(trio.seeds)
    await client.connect()
    table = client.client._core.cluster.partitions.tables["test"]
    for key in KEYS:
        pid = partition_id(resolve(key)[0].digest or b"")
        found = table.columns[0][pid]
        assert found is not None
        assert found.name == trio.master("test", pid).name


async def test_racks(make_client: Any) -> None:
    """Reads that prefer a rack go to it wherever it has a replica; writes go to the master."""
    with EmbeddedCluster(2, rack_ids=[1, 2], heartbeat_timeout=40, migration_pause=0) as cluster:
        for rack, place in ((1, 0), (2, 1)):
            client = make_client(cluster.seeds, rack_aware=True, rack_id=rack, **FAST)
            for key in KEYS:
                await client.put(key, {"n": 1})
            other = cluster.nodes[1 - place]
            rule = other.faults.on("get").answer(22)
            for key in KEYS:
                await client.get(key, {"replica": 3, "max_retries": 0})
            assert rule.hits == 0
            rule.remove()
            cluster.nodes[place].kill()
            for key in KEYS[:10]:
                await client.get(key, {**PATIENT, "replica": 3})
            cluster.nodes[place].restart()
            await asyncio.to_thread(cluster.wait_until_stable)


async def test_a_node_under_a_new_name(make_client: Any) -> None:
    """A node that was replaced behind the same address is taken for the new one that it is."""
    first = EmbeddedServer(name="A1")
    with first:
        port = first.seeds[0][1]
        client = make_client(first.address, **FAST)
        await client.put(KEYS[0], {"n": 1})
        assert nodes(client) == {"A1"}
    with EmbeddedServer(name="B2", port=port):
        await eventually(client, lambda: nodes(client) == {"B2"})
        await client.put(KEYS[0], {"n": 2}, None, PATIENT)
        assert (await client.get(KEYS[0])).bins == {"n": 2}


async def test_seeds_are_resolved_again(make_client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """When no node is left the seeds' names are looked up anew: the cluster may have moved."""
    with EmbeddedServer(name="A1") as first, EmbeddedServer(name="B2") as second:
        client = make_client([("db.example", 3000)], **FAST)
        place = [first.seeds[0]]

        async def resolve(host: str, port: int, timeout: float) -> list[tuple[str, int]]:
            assert host == "db.example"
            return [place[0]]

        monkeypatch.setattr(client.client._core.runtime, "resolve", resolve, raising=False)
        await client.put(KEYS[0], {"n": 1})
        assert nodes(client) == {"A1"}
        place[0] = second.seeds[0]
        first.stop()
        await eventually(client, lambda: nodes(client) == {"B2"})


async def test_a_client_that_may_begin_without_a_cluster(make_client: Any) -> None:
    """With fail_if_not_connected off the client connects when there is something to connect to."""
    server = EmbeddedServer()
    with server:
        port = server.seeds[0][1]
    client = make_client(f"127.0.0.1:{port}", fail_if_not_connected=False, **FAST)
    await client.connect()
    assert not client.is_connected()
    with pytest.raises(errors.ClusterError):
        await client.get(KEYS[0], {"max_retries": 0})
    with EmbeddedServer(port=port):
        await eventually(client, client.is_connected)
        await client.put(KEYS[0], {"n": 1})


async def test_events_are_logged(make_client: Any, trio: EmbeddedCluster, caplog: pytest.LogCaptureFixture) -> None:
    """Nodes that join, fall silent and leave are told, at fitting levels, and silence is the default."""
    assert any(isinstance(handler, logging.NullHandler) for handler in logging.getLogger("aerospike_wire").handlers)
    caplog.set_level(logging.DEBUG, "aerospike_wire")
    client = make_client(trio.seeds, **FAST)
    await client.connect()
    name = trio.nodes[0].name
    trio.nodes[0].kill()
    await eventually(client, lambda: name not in nodes(client))
    rows = [(row.name, row.levelname, row.getMessage()) for row in caplog.records]
    assert any(level == "INFO" and f"node {name}" in text and "joined" in text for _, level, text in rows)
    assert any(level == "WARNING" and f"node {name}" in text and "does not answer" in text for _, level, text in rows)
    assert any(level == "INFO" and f"node {name}" in text and "left" in text for _, level, text in rows)
    assert {logger for logger, _, _ in rows} <= {
        "aerospike_wire.cluster",
        "aerospike_wire.retries",
        "aerospike_wire.breaker",
    }
