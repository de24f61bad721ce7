"""What clients count and measure."""

from __future__ import annotations

import asyncio
import json
import pickle
from typing import TYPE_CHECKING, Any

import pytest

from aerospike_wire import errors, operations
from aerospike_wire.embedded import EmbeddedCluster, EmbeddedServer
from aerospike_wire.metrics import ClientStats, Latency, MetricsListeners, MetricsPolicy

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = ("test", "demo", 1)
ONCE = {"max_retries": 0}


async def test_failures_are_always_counted(client: Any, server: EmbeddedServer) -> None:
    """By class and by code, with doubts, timeouts and retries, for the client and for each node."""
    await client.put(KEY, {"n": 1})
    before = client.stats()
    with pytest.raises(errors.RecordNotFound):
        await client.get(("test", "demo", "missing"))
    with pytest.raises(errors.ParamError):
        await client.get("no key")
    server.faults.on("put").close(after=True)
    for _ in range(2):
        with pytest.raises(errors.ConnectionError):
            await client.put(KEY, {"n": 1}, policy=ONCE)
    server.faults.clear()
    server.faults.on("get").hang()
    with pytest.raises(errors.TimeoutError):
        await client.get(KEY, {"total_timeout": 50, "max_retries": 0})
    server.faults.clear()
    server.faults.on("get").times(2).answer(18)
    await client.get(KEY, {"max_retries": 2})
    server.faults.on("touch").answer(14)
    with pytest.raises(errors.RecordBusy):
        await client.touch(KEY)
    stats = client.stats() - before
    assert stats.errors == {
        "RecordNotFound": 1, "ParamError": 1, "ConnectionError": 2, "TimeoutError": 1, "RecordBusy": 1,
    }  # fmt: skip
    assert stats.codes == {2: 1, -2: 1, -10: 2, 9: 1, 14: 1}
    assert (stats.error_count, stats.timeout_count, stats.in_doubt_count, stats.retry_count) == (6, 1, 2, 2)
    (node,) = stats.nodes
    assert (node.error_count, node.timeout_count, node.key_busy_count) == (6, 1, 1)
    assert (node.name, node.port) == (server.node.name, server.port)
    assert not stats.enabled
    assert stats.command_count == 0


async def test_rows_of_batches(client: Any, server: EmbeddedServer) -> None:
    """Rows that fail are counted by code, without those whose record is missing."""
    await client.put(KEY, {"n": "text"})
    result = await client.batch_operate([KEY, ("test", "demo", 2)], [operations.increment("n", 1)])
    assert [row.result for row in result] == [12, 0]
    await client.batch_read([("test", "demo", 3)])
    server.faults.on("batch").close(after=True)
    await client.batch_operate([KEY, ("test", "demo", 2)], [operations.write("n", 1)])
    stats = client.stats()
    assert stats.rows == {12: 1, -10: 2}
    assert stats.in_doubt_count == 2


async def test_connections(client: Any, server: EmbeddedServer) -> None:
    """Open, idle, opened and closed ones, for each node."""
    await client.put(KEY, {"n": 1})
    await client.batch_read([KEY])
    (node,) = client.stats().nodes
    conns = node.conns
    assert conns.in_use == 0
    assert conns.open == conns.in_pool == conns.opened - conns.closed
    assert conns.opened >= 1
    server.close_connections()
    await client.put(KEY, {"n": 1}, policy={"max_retries": 3})
    (node,) = (client.stats()).nodes
    assert node.conns.closed >= 1
    assert node.conns.opened > conns.opened


async def test_latencies_by_kind(client: Any, server: EmbeddedServer) -> None:
    """Measured while metrics are enabled, by node, namespace and kind of work."""
    await client.put(KEY, {"n": 1})
    client.enable_metrics({"latency_columns": 5, "latency_shift": 3, "labels": {"app": "test"}})
    server.faults.on("select").delay(12)
    for _ in range(3):
        await client.get(KEY)
    await client.select(KEY, ["n"])
    await client.put(KEY, {"n": 1})
    await client.operate(KEY, [operations.increment("n", 1)])
    await client.batch_read([KEY])
    await client.query("test", "demo").results()
    await client.info_all("build")
    stats = client.stats()
    assert stats.enabled
    assert stats.labels == {"app": "test"}
    found = {kind: stats.latency(kind) for kind in Latency}
    assert {kind: counts.total for kind, counts in found.items() if counts and kind is not Latency.CONN} == {
        Latency.READ: 4, Latency.WRITE: 2, Latency.BATCH: 1, Latency.QUERY: 1, Latency.INFO: 1,
    }  # fmt: skip
    reads = found[Latency.READ]
    assert reads is not None
    assert len(reads.counts) == 5
    assert sum(reads.counts[2:]) >= 1  # the slow one took more than 8 ms
    assert stats.command_count == 9
    (node,) = stats.nodes
    test = next(metrics for metrics in node.metrics if metrics.ns == "test")
    assert test.read_latency == list(reads.counts)
    assert test.conn_latency == []
    assert not hasattr(test, "other_latency")
    client.disable_metrics()
    await client.get(KEY)
    assert client.stats().latency("read") is None
    assert client.stats().command_count == 0


async def test_as_data(client: Any) -> None:
    """A snapshot is JSON, can be pickled, and the difference of two is what came between."""
    client.enable_metrics()
    await client.put(KEY, {"n": 1})
    first = client.stats()
    await client.get(KEY)
    with pytest.raises(errors.RecordNotFound):
        await client.get(("test", "demo", "missing"))
    second = client.stats()
    found = json.loads(json.dumps(second.to_dict()))
    assert found["codes"] == {"2": 1}
    assert found["nodes"][0]["conns"]["in_use"] == 0
    kinds = {kind for metrics in found["nodes"][0]["metrics"] for kind in metrics["latencies"]}
    assert {"read", "write"} <= kinds
    assert pickle.loads(pickle.dumps(second)) == second
    between = second - first
    reads, writes = between.latency("read"), between.latency("write")
    assert reads is not None
    assert writes is not None
    assert (reads.total, writes.total) == (1, 0)
    assert between.seconds < second.seconds
    assert client.with_error_hook({2: KeyError}).stats().codes == {2: 1}  # siblings count together


async def test_listeners(make_client: Callable[..., Any], server: EmbeddedServer) -> None:
    """They are told of the beginning, of each interval, and of the end; their mistakes harm nobody."""
    client = make_client(server.address, tend_interval=250)
    told: list[Any] = []

    def broken(_: ClientStats) -> None:
        told.append("broken")
        raise ZeroDivisionError

    policy = MetricsPolicy(
        interval=1,
        metrics_listeners=MetricsListeners(
            enable_listener=lambda: told.append("enabled"), snapshot_listener=broken, disable_listener=told.append
        ),
    )
    await client.connect()
    client.enable_metrics(policy)
    assert told == ["enabled"]
    for _ in range(100):
        await client.put(KEY, {"n": 1})
        if "broken" in told:
            break
        await asyncio.sleep(0.03)
    assert "broken" in told
    await client.close()
    last = told[-1]
    assert isinstance(last, ClientStats)
    assert last.command_count >= 1
    assert len(last.nodes) == 1


async def test_a_node_that_leaves(make_client: Callable[..., Any]) -> None:
    """Its last figures are told."""
    left: list[Any] = []
    with EmbeddedCluster(2) as cluster:
        client = make_client(cluster.seeds, tend_interval=250)
        await client.connect()
        client.enable_metrics({"metrics_listeners": MetricsListeners(node_close_listener=left.append)})
        cluster.nodes[1].kill()
        for number in range(200):
            await client.exists(("test", "demo", number), {"max_retries": 5, "sleep_between_retries": 10})
            if left:
                break
            await asyncio.sleep(0.02)
        assert [node.name for node in left] == [cluster.nodes[1].name]


async def test_bad_policy(client: Any) -> None:
    """It goes through the funnel like any other mistake."""
    with pytest.raises(errors.ParamError) as caught:
        client.enable_metrics({"interval": -1})
    assert caught.value.argument == "interval"
    assert caught.value.context.operation == "enable_metrics"
