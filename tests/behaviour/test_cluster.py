"""A cluster that breaks, seen from both clients."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from aerospike_wire import batch, errors, operations
from aerospike_wire.embedded import EmbeddedCluster, FaultProxy
from aerospike_wire.proto import keys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from either import Either

COUNT = 40
PATIENT = {"max_retries": 80, "sleep_between_retries": 10, "total_timeout": 8000, "socket_timeout": 100}


def key(number: int) -> tuple[str, str, int]:
    return ("test", "demo", number)


def pid(number: int) -> int:
    return keys.partition_id(keys.digest("demo", number))


@pytest.fixture(scope="module")
def running() -> Iterator[EmbeddedCluster]:
    """Three nodes, replication factor 2."""
    with EmbeddedCluster(3, heartbeat_timeout=40, migration_pause=0) as made:
        yield made


@pytest.fixture
def cluster(running: EmbeddedCluster) -> Iterator[EmbeddedCluster]:
    """The same as new: all nodes run, and there are no records."""
    yield running
    running.faults.clear()
    running.allow_migrations(allowed=True)
    for node in running.nodes:
        node.faults.clear()
        if not node.running:
            node.restart()
        node.resume()
    running.wait_until_stable()
    running.call(lambda: [node.node.namespaces["test"].records.clear() for node in running.nodes])


@pytest.fixture
async def client(make_client: Callable[..., Either], cluster: EmbeddedCluster) -> Either:
    """A client that knows one node, and finds the others; some records are there."""
    policies = dict.fromkeys(("read", "write", "operate", "remove", "batch", "query"), PATIENT)
    made = make_client(
        {"hosts": cluster.nodes[0].seeds, "tend_interval": 50, "connect_timeout": 150, "policies": policies}
    )
    for number in range(COUNT):
        await made.put(key(number), {"a": number})
    return made


async def values(client: Either) -> list[Any]:
    return [(await client.get(key(number))).bins["a"] for number in range(COUNT)]


async def test_requests_go_to_the_masters(cluster: EmbeddedCluster, client: Either) -> None:
    rules = {node: node.faults.on("get").delay(0) for node in cluster.nodes}
    assert await values(client) == list(range(COUNT))
    for node, rule in rules.items():
        assert rule.hits == sum(cluster.master("test", pid(number)) is node for number in range(COUNT))


async def test_nothing_is_lost_when_a_node_is_killed(cluster: EmbeddedCluster, client: Either) -> None:
    for node in cluster.nodes:
        node.kill()
        assert await values(client) == list(range(COUNT))
        for number in range(0, COUNT, 10):
            await client.put(key(number), {"a": number})
        await cluster.until_stable()
        node.restart()
        await cluster.until_stable()


async def test_nothing_is_lost_when_a_node_is_paused(cluster: EmbeddedCluster, client: Either) -> None:
    node = cluster.nodes[1]
    node.pause()
    assert await values(client) == list(range(COUNT))
    await cluster.until_stable()
    node.resume()
    assert await values(client) == list(range(COUNT))


async def test_queries_give_each_record_once_while_partitions_move(cluster: EmbeddedCluster, client: Either) -> None:
    cluster.allow_migrations(allowed=False)
    cluster.nodes[2].restart()
    for _ in range(2):
        records = await client.query("test", "demo").results()
        assert sorted(record.bins["a"] for record in records) == list(range(COUNT))
    cluster.allow_migrations(allowed=True)
    await cluster.until_stable()
    records = await client.query("test", "demo").results()
    assert sorted(record.bins["a"] for record in records) == list(range(COUNT))


async def test_batches_find_their_rows_wherever_they_are(cluster: EmbeddedCluster, client: Either) -> None:
    cluster.nodes[0].kill()
    result = await client.batch_read([key(number) for number in range(COUNT)])
    assert [row.record.bins["a"] for row in result if row.ok] == list(range(COUNT))


async def test_write_whose_replica_is_silent_is_in_doubt(make_client: Callable[..., Either]) -> None:
    with EmbeddedCluster(2, heartbeat_timeout=60_000) as cluster:
        client = make_client({"hosts": cluster.seeds})
        await client.put(key(1), {"a": 1})
        _, replica = cluster.replicas("test", pid(1))
        replica.pause()
        with pytest.raises(errors.TimeoutError) as caught:
            await client.put(key(1), {"a": 2}, policy={"total_timeout": 150})
        assert caught.value.in_doubt
        replica.resume()
        assert (await client.get(key(1))).bins == {"a": 2}


async def test_client_stays_behind_a_proxy(make_client: Callable[..., Either], cluster: EmbeddedCluster) -> None:
    with FaultProxy(cluster.nodes[0].address) as proxy:
        client = make_client({"hosts": proxy.seeds})
        for number in range(COUNT):
            await client.put(key(number), {"a": number})
        assert len(proxy.nodes) == 3
        proxy.faults.on("put", key=key(3)).answer(14)
        with pytest.raises(errors.RecordBusy) as caught:
            await client.put(key(3), {"a": 4})
        assert caught.value.attempts[0].address in {node.address for node in proxy.nodes}
        assert not caught.value.in_doubt
        proxy.faults.clear()
        proxy.network.toward("client").slices(20)
        assert await values(client) == list(range(COUNT))
        assert len(await client.query("test", "demo").results()) == COUNT


async def test_lost_reply_behind_a_proxy_is_in_doubt(
    make_client: Callable[..., Either], cluster: EmbeddedCluster
) -> None:
    with FaultProxy(cluster.nodes[0].address) as proxy:
        client = make_client({"hosts": proxy.seeds})
        await client.put(key(1), {"a": 1})
        rule = proxy.network.toward("client").limit_data(0)
        with pytest.raises(errors.ConnectionError) as caught:
            await client.put(key(1), {"a": 2})
        assert caught.value.in_doubt
        rule.remove()
        assert (await client.get(key(1), PATIENT)).bins == {"a": 2}


async def test_caller_that_tries_without_a_pause_does_not_keep_the_client_from_recovering(
    make_client: Callable[..., Either],
) -> None:
    """While no node is known calls fail at once; a loop around them must not starve the tend."""
    with EmbeddedCluster(1) as cluster:
        client = make_client({"hosts": cluster.seeds, "tend_interval": 50, "connect_timeout": 200})
        await client.put(key(1), {"a": 1})
        cluster.nodes[0].kill()
        codes: set[int] = set()
        ends = time.monotonic() + 20
        while not codes & {-8, 11}:  # no node is left
            assert time.monotonic() < ends
            try:
                await client.get(key(1))
            except errors.AerospikeError as error:
                codes.add(error.code)
        cluster.nodes[0].restart()
        while True:
            assert time.monotonic() < ends
            try:
                await client.put(key(1), {"a": 2})
            except errors.AerospikeError:
                continue
            break


async def test_partitions_that_are_not_known_yet_are_no_missing_namespace(client: Either) -> None:
    """A client that has lost all nodes knows no partitions until the first has answered again."""
    client.client._core.cluster.partitions.tables.clear()
    with pytest.raises(errors.ClusterError, match="told its partitions"):
        await client.get(key(1), {"max_retries": 0})


async def test_batch_that_one_node_refuses_tells_it_row_by_row(cluster: EmbeddedCluster, client: Either) -> None:
    """Rows of the other nodes have been carried out, so that nothing may be said of the batch as a whole."""
    refusing = cluster.nodes[1]
    refusing.faults.on("batch").answer(151)
    rows = await client.batch_write([batch.Write(key(number), [operations.write("b", 1)]) for number in range(COUNT)])
    for number, row in enumerate(rows):
        refused = cluster.master("test", pid(number)) is refusing
        assert (row.result, row.in_doubt) == (151 if refused else 0, False)
        assert ("b" in (await client.get(key(number))).bins) != refused
