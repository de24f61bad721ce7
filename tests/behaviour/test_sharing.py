"""One client for many tasks or threads."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from aerospike_wire import AsyncClient, Client, errors

ROUNDS = 20


def key(number: int) -> tuple[str, str, int]:
    """The key of a worker."""
    return ("test", "sharing", number)


async def test_tasks_get_their_own_replies(server: Any) -> None:
    """64 tasks on one client each read what they wrote."""

    async def work(client: AsyncClient, number: int) -> list[Any]:
        seen = []
        for turn in range(ROUNDS):
            await client.put(key(number), {"n": number, "turn": turn})
            seen.append((await client.get(key(number))).bins)
        return seen

    async with AsyncClient(server.address) as client:
        found = await asyncio.gather(*(work(client, number) for number in range(64)))
    assert found == [[{"n": number, "turn": turn} for turn in range(ROUNDS)] for number in range(64)]


def test_threads_get_their_own_replies(server: Any) -> None:
    """16 threads on one client each read what they wrote."""

    def work(number: int) -> list[Any]:
        seen = []
        for turn in range(ROUNDS):
            client.put(key(number), {"n": number, "turn": turn})
            seen.append(client.get(key(number)).bins)
        return seen

    with Client(server.address) as client, ThreadPoolExecutor(16) as pool:
        found = list(pool.map(work, range(16)))
    assert found == [[{"n": number, "turn": turn} for turn in range(ROUNDS)] for number in range(16)]


def facts(error: errors.AerospikeError) -> tuple[Any, ...]:
    """What an error must keep."""
    assert isinstance(error, errors.RecordError)
    assert error.context is not None
    return error.key[2] if error.key else None, error.context.operation, error.code, error.in_doubt, error.bin


async def test_errors_of_tasks_keep_their_facts(server: Any) -> None:
    """Errors of one class that are alive at once each keep their own key, bin and doubt."""

    async def miss(client: AsyncClient, number: int) -> tuple[Any, tuple[Any, ...]]:
        with pytest.raises(errors.RecordNotFound) as caught:
            await client.select(key(number), [f"bin{number}"])
        return caught.value, facts(caught.value)

    async with AsyncClient(server.address) as client:
        held = await asyncio.gather(*(miss(client, number) for number in range(64)))
        for number, (error, before) in enumerate(held):
            assert before == (number, "select", 2, False, f"bin{number}")
            assert facts(error) == before


def test_errors_of_threads_keep_their_facts(server: Any) -> None:
    """Errors that threads hold are not changed by the failures of others."""
    barrier = threading.Barrier(16)

    def miss(number: int) -> tuple[Any, tuple[Any, ...]]:
        with pytest.raises(errors.RecordNotFound) as caught:
            client.select(key(number), [f"bin{number}"])
        before = facts(caught.value)
        barrier.wait(10)
        return caught.value, before

    with Client(server.address) as client, ThreadPoolExecutor(16) as pool:
        held = list(pool.map(miss, range(16)))
    for number, (error, before) in enumerate(held):
        assert before == (number, "select", 2, False, f"bin{number}")
        assert facts(error) == before


async def test_cancelled_and_late_tasks_harm_nobody(server: Any) -> None:
    """While some tasks are cancelled and some run out of time, the others get their own replies."""
    async with AsyncClient(server.address) as client:
        for number in range(64):
            await client.put(key(number), {"n": number})
        slow = server.faults.on("get", key=key(0)).delay(100)

        async def read(number: int) -> Any:
            return (await client.get(key(number), {"total_timeout": 30 if number % 8 == 1 else 5000})).bins["n"]

        tasks = [asyncio.create_task(read(number)) for number in range(64)]
        await asyncio.sleep(0.01)
        for task in tasks[2::8]:
            task.cancel()
        found = await asyncio.gather(*tasks, return_exceptions=True)
        slow.remove()
        for number, result in enumerate(found):
            if isinstance(result, BaseException):
                assert number % 8 in {1, 2}
                assert isinstance(result, errors.TimeoutError | asyncio.CancelledError)
            else:
                assert result == number
        assert [await read(number) for number in range(64)] == list(range(64))


async def test_node_that_dies_in_the_middle(server: Any) -> None:
    """When all connections drop at once every waiting task ends with an error of its own and the client recovers."""
    async with AsyncClient(server.address) as client:
        await client.put(key(1), {"n": 1})
        server.faults.on("get").hang()
        tasks = [asyncio.create_task(client.get(key(number), {"max_retries": 0})) for number in range(32)]
        await asyncio.sleep(0.02)
        server.close_connections()
        found = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 5)
        assert all(isinstance(error, errors.ConnectionError) for error in found)
        assert len({id(error) for error in found}) == 32
        assert [error.key[2] if hasattr(error, "key") else error.context.key[2] for error in found] == list(range(32))
        server.faults.clear()
        assert (await client.get(key(1))).bins == {"n": 1}
