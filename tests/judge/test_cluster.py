"""The official client on a cluster of embedded nodes: it connects, follows partitions, and survives a node's death."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING, Any

import pytest

from aerospike_wire.embedded import EmbeddedCluster, FaultProxy
from aerospike_wire.proto import keys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aerospike_wire.embedded import ClusterNode

aerospike = pytest.importorskip("aerospike")

pytestmark = [pytest.mark.long, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

COUNT = 120
RETRIES = {"max_retries": 20, "sleep_between_retries": 20, "total_timeout": 8000, "socket_timeout": 500}


def key(number: int) -> tuple[str, str, int]:
    return ("test", "demo", number)


def connected(seed: tuple[str, int]) -> Any:
    return aerospike.client(
        {
            "hosts": [seed],
            "tend_interval": 250,
            "policies": dict.fromkeys(("read", "write", "scan", "batch"), RETRIES),
        }
    )


def wait_for(condition: Callable[[], bool]) -> None:
    ends = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.02)


@pytest.fixture
def cluster() -> Iterator[EmbeddedCluster]:
    with EmbeddedCluster(3) as running:
        yield running


@pytest.fixture
def client(cluster: EmbeddedCluster) -> Iterator[Any]:
    made = connected(cluster.nodes[0].seeds[0])
    for number in range(COUNT):
        made.put(key(number), {"a": number})
    yield made
    made.close()


def asked(cluster: EmbeddedCluster, client: Any) -> dict[ClusterNode, int]:
    """How many reads each node gets, when every record is read once."""
    rules = {node: node.faults.on("get").delay(0) for node in cluster.nodes}
    for number in range(COUNT):
        _, _, bins = client.get(key(number))
        assert bins == {"a": number}
    for rule in rules.values():
        rule.remove()
    return {node: rule.hits for node, rule in rules.items()}


def masters(cluster: EmbeddedCluster) -> dict[ClusterNode, int]:
    """How many of the records each node is the master of."""
    found = dict.fromkeys(cluster.nodes, 0)
    for number in range(COUNT):
        found[cluster.master("test", keys.partition_id(keys.digest("demo", number)))] += 1
    return found


def test_client_finds_all_nodes_and_asks_the_masters(cluster: EmbeddedCluster, client: Any) -> None:
    assert {port for _, port, *_ in client.get_nodes()} == {node.port for node in cluster.nodes}
    assert asked(cluster, client) == masters(cluster)
    assert all(masters(cluster).values())


def test_client_follows_partitions_to_a_node_that_joins(cluster: EmbeddedCluster, client: Any) -> None:
    node = cluster.add_node()
    cluster.wait_until_stable()
    assert masters(cluster)[node]
    wait_for(lambda: len(client.get_nodes()) == 4 and asked(cluster, client) == masters(cluster))


def test_client_survives_a_killed_node_and_welcomes_it_back(cluster: EmbeddedCluster, client: Any) -> None:
    victim = cluster.nodes[0]
    victim.kill()
    for number in range(COUNT):  # while the cluster heals
        client.put(key(number), {"a": number})
    cluster.wait_until_stable()
    wait_for(lambda: len(client.get_nodes()) == 2 and asked(cluster, client) == masters(cluster))
    victim.restart()
    cluster.wait_until_stable()
    wait_for(lambda: len(client.get_nodes()) == 3 and asked(cluster, client) == masters(cluster))


def batch(client: Any) -> list[Any]:
    """What all rows of a batch have, None where one failed."""
    rows = client.batch_read([key(number) for number in range(COUNT)]).batch_records
    return [row.record and row.record[2]["a"] for row in rows]


def test_scans_and_batches_find_everything_while_partitions_move(cluster: EmbeddedCluster, client: Any) -> None:
    cluster.allow_migrations(allowed=False)
    cluster.nodes[1].restart()
    for _ in range(3):
        records = client.query("test", "demo").results()
        assert sorted(bins["a"] for _, _, bins in records) == list(range(COUNT))
        # A row whose node has just gone is not asked for again by that client until it has looked around.
        wait_for(lambda: batch(client) == list(range(COUNT)))
    cluster.allow_migrations(allowed=True)


def test_client_goes_on_when_a_node_is_paused(cluster: EmbeddedCluster, client: Any) -> None:
    node = cluster.nodes[2]
    node.pause()
    for number in range(0, COUNT, 10):
        assert client.get(key(number))[2] == {"a": number}
    cluster.wait_until_stable()
    node.resume()
    cluster.wait_until_stable()
    wait_for(lambda: asked(cluster, client) == masters(cluster))


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="needs the signals of Unix")
def test_client_survives_processes_that_are_killed_and_stopped() -> None:
    """Nodes with a process each, which somebody sends signals."""
    with EmbeddedCluster(3, heartbeat_timeout=150, processes=True) as cluster:
        client = connected(cluster.nodes[0].seeds[0])
        for number in range(COUNT):
            client.put(key(number), {"a": number})
        first, second, _ = cluster.nodes
        os.kill(first.pid or 0, signal.SIGKILL)
        for number in range(COUNT):
            assert client.get(key(number))[2] == {"a": number}
        first.restart()
        cluster.wait_until_stable()
        os.kill(second.pid or 0, signal.SIGSTOP)
        for number in range(0, COUNT, 10):
            assert client.get(key(number))[2] == {"a": number}
        os.kill(second.pid or 0, signal.SIGCONT)
        wait_for(lambda: cluster.stable)
        wait_for(lambda: len(client.get_nodes()) == 3 and asked(cluster, client) == masters(cluster))
        client.close()


def test_client_stays_behind_a_proxy(cluster: EmbeddedCluster) -> None:
    with FaultProxy(cluster.nodes[0].address) as proxy:
        client = connected(proxy.seeds[0])
        try:
            assert {port for _, port, *_ in client.get_nodes()} == {node.port for node in proxy.nodes}
            for number in range(COUNT):
                client.put(key(number), {"a": number})
            proxy.faults.on("put").once().answer(22)
            with pytest.raises(aerospike.exception.ForbiddenError):
                client.put(key(1), {"a": 1})
            proxy.network.latency(1)
            assert len(client.query("test", "demo").results()) == COUNT
        finally:
            client.close()
