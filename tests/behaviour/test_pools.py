"""Links of a node as a user sees them: waiting for one, keeping some, late answers."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from aerospike_wire import AsyncClient, Client, ResultCode, errors
from aerospike_wire.embedded import EmbeddedCluster, EmbeddedServer
from aerospike_wire.transport import LinkFailure
from aerospike_wire.transport.blocking import run

KEY = ("test", "pools", "k")


def pool_of(client: Any) -> Any:
    (node,) = client._core.cluster.active()
    return node.pool


def test_threads_wait_for_a_connection(server: Any) -> None:
    """More threads than connections take turns, and none fails."""
    with Client(server.address, max_conns_per_node=2) as client, ThreadPoolExecutor(12) as threads:
        client.put(KEY, {"a": 1})
        server.faults.on("get").delay(10)
        found = list(threads.map(lambda _: client.get(KEY).bins, range(24)))
        assert found == [{"a": 1}] * 24
        assert pool_of(client).size <= 2


async def test_tasks_wait_for_a_connection(server: Any) -> None:
    """Batches, which take links of their own, wait for one too."""
    async with AsyncClient(server.address, max_conns_per_node=3) as client:
        await client.put(KEY, {"a": 1})
        server.faults.on("batch").delay(10)
        found = await asyncio.gather(*(client.batch_read([KEY]) for _ in range(20)))
        assert [row.record.bins for (row,) in found] == [{"a": 1}] * 20  # type: ignore[union-attr]
        assert pool_of(client).size <= 3


@pytest.mark.parametrize("wait", [True, False])
def test_waiting_ends_with_the_deadline(server: Any, wait: bool) -> None:
    """Whoever gets no connection is told so: after its total timeout, or at once where that is asked for."""
    with Client(server.address, max_conns_per_node=1, wait_for_connection=wait) as client, ThreadPoolExecutor(1) as one:
        client.put(KEY, {"a": 1})
        rule = server.faults.on("get").hang()
        slow = one.submit(client.get, KEY, {"total_timeout": 5000, "max_retries": 0})
        while not rule.hits:
            time.sleep(0.001)
        begun = time.monotonic()
        with pytest.raises(errors.NoMoreConnectionsError, match="all 1 connections") as caught:
            client.put(KEY, {"a": 2}, None, {"total_timeout": 100, "max_retries": 0})
        took = time.monotonic() - begun
        assert (took >= 0.1) is wait
        assert took < 0.3
        assert not caught.value.in_doubt
        rule.remove()
        assert slow.result().bins == {"a": 1}


def test_closing_ends_waiting(server: Any) -> None:
    """A thread that waits for a connection learns that the client was closed."""
    with ThreadPoolExecutor(2) as threads:
        client = Client(server.address, max_conns_per_node=1).connect()
        client.put(KEY, {"a": 1})
        rule = server.faults.on("get").hang()
        calls = [threads.submit(client.get, KEY, {"total_timeout": 0, "max_retries": 0}) for _ in range(2)]
        while not rule.hits:
            time.sleep(0.001)
        time.sleep(0.02)
        client.close()
        for call in calls:
            assert isinstance(call.exception(5), errors.AerospikeError)


async def test_connections_that_are_kept(make_client: Any, server: Any) -> None:
    """The minimum is there from the start, and again after some were lost."""
    client = make_client(server.address, min_conns_per_node=5, tend_interval=30)
    await client.connect()
    pool = pool_of(client.client)
    assert pool.size == 5
    for link in pool.links()[:3]:
        pool.discard(link)
    assert pool.size == 2
    for _ in range(100):
        await asyncio.sleep(0.01)
        await client.exists(KEY)
        if pool.size >= 5:
            break
    assert pool.size >= 5


async def test_every_node_is_warmed_up(make_client: Any) -> None:
    """Also one that joins later; the calls that follow open no connection."""
    with EmbeddedCluster(2, heartbeat_timeout=40, migration_pause=0) as cluster:
        client = make_client(cluster.seeds, min_conns_per_node=3, tend_interval=50)
        await client.connect()

        def sizes() -> list[int]:
            return sorted(node.pool.size for node in client.client._core.cluster.active())

        assert sizes() == [3, 3]
        opened = sum(node.pool.total_opened for node in client.client._core.cluster.active())
        keys = [("test", "pools", number) for number in range(20)]
        for key in keys:
            await client.put(key, {"a": 1})
        assert sum(node.pool.total_opened for node in client.client._core.cluster.active()) == opened
        cluster.add_node()
        for _ in range(500):
            if sizes() == [3, 3, 3]:
                break
            await asyncio.sleep(0.01)
            await client.exists(KEY)
        assert sizes() == [3, 3, 3]


async def test_the_minimum_is_shared_between_both_kinds_of_links(make_client: Any, server: Any) -> None:
    """The asyncio client warms up the links that its calls share first, up to their number, then those of one call."""
    client = make_client(server.address, min_conns_per_node=5, pipelines_per_node=2)
    await client.connect()
    pool = pool_of(client.client)
    assert (len(pool._shared), len(pool._idle)) == ((2, 3) if client.kind == "async" else (0, 5))


async def test_connections_that_are_kept_are_renewed(make_client: Any, server: Any) -> None:
    """What was idle for too long is closed, before the server does so, and opened anew."""
    client = make_client(server.address, min_conns_per_node=3, max_socket_idle=1, tend_interval=30)
    await client.connect()
    pool = pool_of(client.client)
    old = set(pool.links())
    for link in old:
        link.last_used -= 5
    for _ in range(300):
        if client.kind == "sync":
            run(client.client._core.cluster.refresh())
        if pool.size == 3 and not old & set(pool.links()):
            break
        await asyncio.sleep(0.01)
    assert not old & set(pool.links())
    assert all(not link.usable for link in old)
    assert pool.size == 3


async def test_a_warm_up_that_fails_is_no_failure(make_client: Any) -> None:
    """The node cannot be connected to again: the client works with the connection it has, and tries later."""
    with EmbeddedServer() as server:
        client = make_client(server.address, min_conns_per_node=4, connect_timeout=200, tend_interval=50)
        real, refused = type(client.client._core.runtime).connect, 0

        async def connect(runtime: Any, *args: Any) -> Any:
            nonlocal refused
            if args[1] and len(links) >= 2 and refused < 3:
                refused += 1
                raise LinkFailure(ResultCode.CONNECTION, "no more", sent=False)
            links.append(await real(runtime, *args))
            return links[-1]

        links: list[Any] = []
        client.client._core.runtime.connect = connect.__get__(client.client._core.runtime)
        await client.put(KEY, {"a": 1})
        assert refused >= 1
        for _ in range(300):
            if pool_of(client.client).size >= 4:
                break
            await asyncio.sleep(0.01)
            await client.exists(KEY)
        assert pool_of(client.client).size >= 4


async def test_idle_connections_are_closed(make_client: Any, server: Any) -> None:
    """What nobody has used for the limit is closed before the server would."""
    client = make_client(server.address, max_socket_idle=1, tend_interval=50)
    await client.batch_read([KEY])
    await client.put(KEY, {"a": 1})
    pool = pool_of(client.client)
    for _ in range(500):
        for link in pool.links():
            link.last_used -= 5
        await asyncio.sleep(0.01)
        if client.kind == "sync":
            run(client.client._core.cluster.refresh())
        if not pool.links():
            break
    assert not pool.links()
    assert pool.size == 0


def test_a_late_answer_does_not_cost_the_connection(server: Any) -> None:
    """After a timeout the late answer is drained, and the connection serves other calls."""
    with Client(server.address) as client:
        client.put(KEY, {"a": 1})
        pool = pool_of(client)
        (link,) = pool.links()
        server.faults.on("get").once().delay(120)
        with pytest.raises(errors.TimeoutError):
            client.get(KEY, {"total_timeout": 30, "max_retries": 0})
        assert pool.links() == (link,)
        assert client.exists(KEY)[1] is not None  # on another link
        assert pool.size == 2
        time.sleep(0.15)
        run(pool.tend(None))
        assert link.usable
        assert not link.load
        with ThreadPoolExecutor(2) as threads:
            server.faults.on("get").delay(30)
            assert [found.bins for found in threads.map(client.get, [KEY] * 2)] == [{"a": 1}] * 2
        assert pool.size == 2


def test_no_drain_on_request(server: Any) -> None:
    """With a timeout_delay of 0 the connection is closed at once."""
    with Client(server.address) as client:
        client.put(KEY, {"a": 1})
        server.faults.on("get").once().delay(100)
        with pytest.raises(errors.TimeoutError):
            client.get(KEY, {"total_timeout": 20, "max_retries": 0, "timeout_delay": 0})
        assert pool_of(client).size == 0


async def test_a_stalled_link_is_not_waited_for(server: Any) -> None:
    """A task whose link waits for somebody's late answer takes another one."""
    async with AsyncClient(server.address) as client:
        await client.put(KEY, {"a": 1})
        server.faults.on("get").once().delay(300)
        with pytest.raises(errors.TimeoutError):
            await client.get(KEY, {"total_timeout": 20, "max_retries": 0})
        begun = time.monotonic()
        assert (await client.get(KEY)).bins == {"a": 1}
        assert time.monotonic() - begun < 0.25


async def test_a_slow_answer_holds_up_few(server: Any) -> None:
    """A link on which the node says nothing for a while gets no more requests, though its caller still waits."""
    async with AsyncClient(server.address) as client:
        await client.put(KEY, {"a": 1})
        slow = ("test", "pools", "slow")
        server.faults.on("get", key=slow).once().delay(1500)
        patient = asyncio.create_task(client.exists(slow, {"total_timeout": 10_000}))
        first = asyncio.create_task(client.get(slow, {"total_timeout": 10_000, "max_retries": 0}))
        await asyncio.sleep(0.3)
        begun = time.monotonic()
        found = await asyncio.gather(*(client.get(KEY, {"total_timeout": 10_000}) for _ in range(20)))
        assert time.monotonic() - begun < 1
        assert [record.bins for record in found] == [{"a": 1}] * 20
        assert pool_of(client).size == 2
        await patient
        with pytest.raises(errors.RecordNotFound):
            await first


async def test_budget(make_client: Any, server: Any) -> None:
    """Calls share a budget of retries; when it is used up they fail after their first try, and say so."""
    client = make_client(server.address, retry_budget=3, retry_budget_refill=1)
    await client.put(KEY, {"a": 1})
    rule = server.faults.on("get").answer(18)
    for _ in range(4):
        with pytest.raises(errors.DeviceOverload) as caught:
            await client.get(KEY, {"max_retries": 2})
    assert rule.hits == 4 + 3
    assert "retry budget" in (caught.value.hint or "")
