"""Closing a client: what is under way ends, nothing stays behind."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from aerospike_wire import AsyncClient, Client, errors

KEY = ("test", "close", "k")


pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts sockets as Linux lists them")


def sockets() -> int:
    """How many sockets this process has."""
    found = 0
    for name in Path("/proc/self/fd").iterdir():
        try:
            found += str(name.readlink()).startswith("socket:")
        except OSError:  # the descriptor of the listing itself
            continue
    return found


def settled(count: int) -> bool:
    """Whether the number of sockets comes back to what it was; the node's side closes a moment later."""
    deadline = time.monotonic() + 2
    while sockets() > count and time.monotonic() < deadline:
        time.sleep(0.005)
    return sockets() <= count


async def test_closed_client(client: Any) -> None:
    """A closed client raises ClusterError for every call, and may be closed again."""
    await client.put(KEY, {"a": 1})
    await client.close()
    for call in (
        client.get(KEY),
        client.put(KEY, {"a": 1}),
        client.batch_read([KEY]),
        client.query("test", "close").results(),
        client.info_random_node("build"),
    ):
        with pytest.raises(errors.ClusterError) as caught:
            await call
        assert "closed" in str(caught.value)
        assert not any(attempt.sent for attempt in caught.value.attempts)
        assert not caught.value.in_doubt
    await client.close()
    assert not client.is_connected()


async def test_client_that_was_never_connected(make_client: Any, server: Any) -> None:
    """A client that was never used can be closed."""
    client = make_client(server.address)
    await client.close()
    with pytest.raises(errors.ClusterError):
        await client.get(KEY)


async def test_tasks_under_way_end(server: Any) -> None:
    """Closing ends every waiting task with an error, a write in doubt, a read not."""
    client = await AsyncClient(server.address).connect()
    await client.put(KEY, {"a": 1})
    server.faults.on("any").hang()
    reads = [asyncio.create_task(client.get(KEY, {"total_timeout": 0})) for _ in range(16)]
    writes = [asyncio.create_task(client.put(KEY, {"a": 2}, policy={"total_timeout": 0})) for _ in range(16)]
    batch = asyncio.create_task(client.batch_read([KEY], policy={"total_timeout": 0}))
    await asyncio.sleep(0.03)
    await client.close()
    found = await asyncio.wait_for(asyncio.gather(*reads, *writes, return_exceptions=True), 5)
    assert all(isinstance(error, errors.AerospikeError) for error in found)
    assert {error.code for error in found} <= {-10, 11}
    assert [error.in_doubt for error in found] == [False] * 16 + [True] * 16
    (row,) = await asyncio.wait_for(batch, 5)
    assert row.result in {-10, 11}
    assert isinstance(row.error, errors.AerospikeError)


def test_threads_under_way_end(server: Any) -> None:
    """Closing from one thread ends the calls of the others."""
    client = Client(server.address).connect()
    client.put(KEY, {"a": 1})
    server.faults.on("any").hang()
    found: list[BaseException] = []

    def wait(write: bool) -> None:
        try:
            if write:
                client.put(KEY, {"a": 2}, policy={"total_timeout": 0})
            else:
                client.get(KEY, {"total_timeout": 0})
        except errors.AerospikeError as error:
            found.append(error)

    threads = [threading.Thread(target=wait, args=(number % 2 == 0,)) for number in range(8)]
    for thread in threads:
        thread.start()
    time.sleep(0.05)
    client.close()
    for thread in threads:
        thread.join(5)
    assert not any(thread.is_alive() for thread in threads)
    assert len(found) == 8
    assert {error.code for error in found if isinstance(error, errors.AerospikeError)} <= {-10, 11}
    assert (
        sorted(error.in_doubt for error in found if isinstance(error, errors.AerospikeError))
        == [False] * 4 + [True] * 4
    )


async def test_asyncio_client_leaves_nothing(server: Any) -> None:
    """After closing no socket and no task is left."""
    before, tasks = sockets(), asyncio.all_tasks()
    async with AsyncClient(server.address) as client:
        await asyncio.gather(*(client.put(("test", "close", number), {"a": 1}) for number in range(50)))
        await client.batch_read([("test", "close", number) for number in range(50)])
        await client.query("test", "close").results()
        await client.info_random_node("build")
        with pytest.raises(errors.RecordNotFound):
            await client.get(("test", "close", "none"))
        assert sockets() > before
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == tasks
    assert settled(before)


def test_blocking_client_leaves_nothing(server: Any) -> None:
    """After closing no socket and no thread is left."""
    before, threads = sockets(), threading.active_count()
    with Client(server.address) as client:
        for number in range(10):
            client.put(("test", "close", number), {"a": 1})
        client.batch_read([("test", "close", number) for number in range(10)])
        client.query("test", "close").results()
        with pytest.raises(errors.RecordNotFound):
            client.get(("test", "close", "none"))
        assert sockets() > before
    assert settled(before)
    assert threading.active_count() <= threads


async def test_failed_connect_leaves_nothing(make_client: Any, server: Any) -> None:
    """A client that could not connect holds no socket."""
    before = sockets()
    server.faults.on("info").garbage()
    client = make_client(server.address)
    with pytest.raises(errors.AerospikeError):
        await client.connect()
    await client.close()
    assert settled(before)
