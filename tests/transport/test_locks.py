"""The locks of both runtimes keep to the caller's deadline."""

from __future__ import annotations

import asyncio
import time

import pytest

from aerospike_wire.transport.aio import AsyncRuntime
from aerospike_wire.transport.blocking import BlockingRuntime


@pytest.mark.parametrize("runtime", [AsyncRuntime, BlockingRuntime])
async def test_a_lock_that_is_taken_is_not_waited_for_past_the_deadline(runtime: type) -> None:
    """The second caller learns that its time is over, and the lock is free for the next."""
    lock = runtime().lock()
    assert await lock.acquire()
    assert not await lock.acquire(time.monotonic() + 0.02)
    lock.release()
    assert await lock.acquire(time.monotonic() + 1)
    lock.release()


async def test_tasks_that_wait_get_the_lock_in_turn() -> None:
    """A released lock goes to whoever waits."""
    lock = AsyncRuntime().lock()
    order: list[int] = []

    async def work(number: int) -> None:
        assert await lock.acquire(time.monotonic() + 5)
        try:
            await asyncio.sleep(0)
            order.append(number)
        finally:
            lock.release()

    await asyncio.gather(*(work(number) for number in range(5)))
    assert order == list(range(5))
