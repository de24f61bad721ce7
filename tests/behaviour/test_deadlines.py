"""Deadlines around calls, and calls that are ended from outside."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from typing import Any

import pytest
from cases import for_each

from aerospike_wire import AsyncClient, Client, errors

KEY = ("test", "deadline", "k")
LONG = {"total_timeout": 30_000, "max_retries": 0}
TICK = 0.15
"""Seconds that a busy machine may be late."""


async def hit(rule: Any) -> None:
    """Wait until a rule has been applied."""
    for _ in range(2000):
        if rule.hits:
            return
        await asyncio.sleep(0.002)
    pytest.fail("nothing came")


CALLS = {
    "get": lambda client: client.get(KEY, LONG),
    "put": lambda client: client.put(KEY, {"a": 2}, None, LONG),
    "operate": lambda client: client.operate(KEY, [], None, LONG),
    "query": lambda client: client.query("test", "deadline").results({"max_retries": 0}),
    "info": lambda client: client.info_random_node("build", LONG),
}


@pytest.mark.parametrize("call", [name for name in CALLS if name != "operate"])
async def test_a_deadline_bounds_every_call(client: Any, server: Any, call: str) -> None:
    """Whatever the policy allows, the block's time ends the call, with a TimeoutError."""
    await client.put(KEY, {"a": 1})
    server.faults.on("any").hang()
    server.faults.on("build").hang()
    begun = time.monotonic()
    with client.deadline(0.15), pytest.raises(errors.TimeoutError) as caught:
        await CALLS[call](client)
    assert time.monotonic() - begun < 0.15 + TICK
    assert caught.value.in_doubt is (call == "put")


async def test_a_deadline_bounds_batches(client: Any, server: Any) -> None:
    """The rows of a batch time out."""
    await client.put(KEY, {"a": 1})
    server.faults.on("batch").hang()
    begun = time.monotonic()
    with client.deadline(0.1):
        row, _ = await client.batch_read([KEY, KEY], policy=LONG)
    assert time.monotonic() - begun < 0.1 + TICK
    assert row.result == 9


async def test_a_deadline_bounds_connecting(make_client: Any) -> None:
    """Connecting counts too; the seeds say how far they got."""
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as silent:
        client = make_client(f"127.0.0.1:{silent.getsockname()[1]}", connect_timeout=20_000)
        begun = time.monotonic()
        with client.deadline(0.1), pytest.raises(errors.TimeoutError):
            await client.get(KEY, LONG)
        with client.deadline(0.1), pytest.raises(errors.TimeoutError):
            await client.connect()
        with pytest.raises(errors.TimeoutError):
            await client.get(KEY, {"total_timeout": 100})
        assert time.monotonic() - begun < 3 * (0.1 + TICK)


async def test_inner_deadlines_only_shrink(client: Any, server: Any) -> None:
    """An inner block cannot outlast the outer one, which holds again after it."""
    await client.put(KEY, {"a": 1})
    server.faults.on("get").hang()
    with client.deadline(0.15) as outer:
        with client.deadline(10) as inner:
            assert outer.remaining <= 0.15
            assert inner.remaining <= 0.15
            with pytest.raises(errors.TimeoutError):
                await client.get(KEY, LONG)
        assert outer.remaining == 0
        with pytest.raises(errors.TimeoutError) as caught:
            await client.get(KEY, LONG)
        assert not any(attempt.sent for attempt in caught.value.attempts)
    server.faults.clear()
    assert (await client.get(KEY)).bins == {"a": 1}


async def test_a_deadline_of_nothing(client: Any) -> None:
    """With no time at all nothing is sent."""
    await client.put(KEY, {"a": 1})
    with client.deadline(0), pytest.raises(errors.TimeoutError) as caught:
        await client.put(KEY, {"a": 2})
    assert not caught.value.in_doubt
    assert (await client.get(KEY)).bins == {"a": 1}


async def test_a_deadline_is_not_the_node_s_fault(make_client: Any, server: Any) -> None:
    """Calls that had no time to be sent do not count against the node."""
    client = make_client(server.address, max_error_rate=1)
    await client.put(KEY, {"a": 1})
    with client.deadline(0):
        for _ in range(5):
            with pytest.raises(errors.TimeoutError):
                await client.get(KEY)
    assert (await client.get(KEY)).bins == {"a": 1}


@for_each("seconds", [-1, float("nan"), float("inf"), "1", None, True])
def test_a_deadline_is_a_number_of_seconds(make_client: Any, seconds: Any) -> None:
    """Anything else is refused by name."""
    with pytest.raises(errors.ParamError, match="seconds") as caught:
        make_client("h").deadline(seconds)
    assert caught.value.argument == "seconds"


async def test_tasks_inherit_the_deadline(server: Any) -> None:
    """Tasks that are started inside a block are bounded by it, those outside are not."""
    async with AsyncClient(server.address) as client:
        await client.put(KEY, {"a": 1})
        server.faults.on("get").delay(250)
        outside = asyncio.create_task(client.get(KEY, LONG))
        with client.deadline(0.1):
            inside = [asyncio.create_task(client.get(KEY, LONG)) for _ in range(3)]
            found = await asyncio.gather(*inside, return_exceptions=True)
        assert all(isinstance(error, errors.TimeoutError) for error in found)
        assert (await outside).bins == {"a": 1}


def test_threads_have_deadlines_of_their_own(server: Any) -> None:
    """A block in one thread does not bound the calls of another."""
    found: list[Any] = []
    with Client(server.address) as client:
        client.put(KEY, {"a": 1})
        server.faults.on("get").delay(150)
        with client.deadline(0.02):
            thread = threading.Thread(target=lambda: found.append(client.get(KEY, LONG).bins))
            thread.start()
            thread.join()
    assert found == [{"a": 1}]
