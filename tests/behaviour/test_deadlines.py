"""Deadlines around calls, and calls that are ended from outside."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import threading
import time
from typing import Any

import pytest

from aerospike_wire import AsyncClient, Client, errors
from aerospike_wire.transport import SENT_NOTE

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


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf"), "1", None, True])
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


# Ended from outside


@pytest.mark.parametrize("write", [True, False])
async def test_a_cancelled_call(server: Any, write: bool) -> None:
    """The call ends at once; a write that was sent says that it may have been applied; the link lives on."""
    async with AsyncClient(server.address) as client:
        await client.put(KEY, {"a": 1})
        rule = server.faults.on("any").hang()
        task = asyncio.create_task(client.put(KEY, {"a": 2}, None, LONG) if write else client.get(KEY, LONG))
        await hit(rule)
        links = len(client._core.cluster.any_node().pool.links())
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        assert getattr(caught.value, "in_doubt", False) is write
        assert (SENT_NOTE in getattr(caught.value, "__notes__", ())) is write
        rule.remove()
        assert (await client.get(KEY)).bins == {"a": 2 if write else 1}
        assert len(client._core.cluster.any_node().pool.links()) <= links + 1


async def test_asyncio_timeout(server: Any) -> None:
    """``asyncio.timeout`` ends a call; the cause of its TimeoutError carries the doubt."""
    async with AsyncClient(server.address) as client:
        await client.put(KEY, {"a": 1})
        server.faults.on("put").hang()
        with pytest.raises(TimeoutError) as caught:
            async with asyncio.timeout(0.05):
                await client.put(KEY, {"a": 2}, None, LONG)
        cause = caught.value.__cause__
        assert isinstance(cause, asyncio.CancelledError)
        assert cause.in_doubt is True  # type: ignore[attr-defined]
        assert SENT_NOTE in cause.__notes__


async def test_a_cancelled_batch_of_writes(server: Any) -> None:
    """A batch that was sent says so too."""
    async with AsyncClient(server.address) as client:
        await client.put(KEY, {"a": 1})
        rule = server.faults.on("batch").hang()
        task = asyncio.create_task(client.batch_remove([KEY, KEY], policy_batch=LONG))
        await hit(rule)
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        assert getattr(caught.value, "in_doubt", False) is True
        rule.remove()
        await client.put(KEY, {"a": 3})


async def test_cancelled_between_tries(server: Any) -> None:
    """A pause before a retry ends at once; an earlier try that is in doubt keeps the write in doubt."""
    async with AsyncClient(server.address) as client:
        await client.put(KEY, {"a": 1})
        rule = server.faults.on("put").once().close(after=True)
        policy = {"max_retries": 3, "sleep_between_retries": 20_000, "total_timeout": 0}
        task = asyncio.create_task(client.put(KEY, {"a": 2}, None, policy))
        await hit(rule)
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        assert caught.value.in_doubt is True  # type: ignore[attr-defined]


@pytest.mark.parametrize("write", [True, False])
def test_keyboard_interrupt(server: Any, write: bool) -> None:
    """Ctrl-C ends a blocking call at once; its link is closed, a write that was sent says so, the client goes on."""
    with Client(server.address) as client:
        client.put(KEY, {"a": 1})
        rule = server.faults.on("any").hang()

        def interrupt() -> None:
            while not rule.hits:
                time.sleep(0.002)
            time.sleep(0.02)
            os.kill(os.getpid(), signal.SIGINT)

        thread = threading.Thread(target=interrupt)
        thread.start()
        begun = time.monotonic()
        with pytest.raises(KeyboardInterrupt) as caught:
            if write:
                client.put(KEY, {"a": 2}, None, LONG)
            else:
                client.get(KEY, LONG)
        assert time.monotonic() - begun < 5
        thread.join()
        assert getattr(caught.value, "in_doubt", False) is write
        assert (SENT_NOTE in getattr(caught.value, "__notes__", ())) is write
        rule.remove()
        client.put(KEY, {"a": 3})
        assert client.get(KEY).bins == {"a": 3}


def test_closing_ends_pauses(server: Any) -> None:
    """A blocking call that pauses before its next try ends when the client is closed."""
    client = Client(server.address).connect()
    rule = server.faults.on("get").answer(18)
    found: list[BaseException] = []

    def work() -> None:
        try:
            client.get(KEY, {"max_retries": 9, "sleep_between_retries": 20_000, "total_timeout": 0})
        except errors.AerospikeError as error:
            found.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    while not rule.hits:
        time.sleep(0.002)
    client.close()
    thread.join(5)
    assert not thread.is_alive()
    assert found
