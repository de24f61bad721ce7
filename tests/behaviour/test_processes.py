"""Clients across forks and event loops."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import threading
import time
import traceback
from typing import TYPE_CHECKING, Any

import pytest

from aerospike_wire import AsyncClient, Client, errors

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = ("test", "processes", "k")

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")


def in_child(work: Callable[[], None]) -> None:
    """Run something in a forked process; its failure is ours."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        code = 1
        try:
            work()
            code = 0
        except BaseException:  # noqa: BLE001  told to the parent
            os.write(writer, traceback.format_exc().encode()[-4000:])
        finally:
            os._exit(code)
    os.close(writer)
    with os.fdopen(reader) as told:
        words = told.read()
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0, words


@needs_fork
@pytest.mark.parametrize("settings", [{}, {"tend_thread": True}])
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_blocking_client_survives_a_fork(server: Any, settings: dict[str, Any]) -> None:
    """Parent and child each go on with connections of their own, and neither disturbs the other's."""
    with Client(server.address, **settings) as client:
        client.put(KEY, {"a": 1})
        (node,) = client._core.cluster.nodes.values()
        links = node.pool.links()

        def work() -> None:
            assert not client._core.cluster.connected
            for number in range(20):
                client.put(("test", "processes", number), {"n": number})
            assert client.get(KEY).bins == {"a": 1}
            if settings:
                assert any(thread.name == "aerospike-wire-tend" for thread in threading.enumerate())
            client.close()

        in_child(work)
        assert client.get(KEY).bins == {"a": 1}
        assert node.pool.links() == links
        assert client.get(("test", "processes", 19)).bins == {"n": 19}


@needs_fork
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
async def test_an_asyncio_client_survives_a_fork(server: Any) -> None:
    """The child uses the client on a loop of its own; the parent's connections stay as they are."""
    async with AsyncClient(server.address) as client:
        await client.put(KEY, {"a": 1})
        (node,) = client._core.cluster.nodes.values()
        link = node.pool.first
        hang = server.faults.on("get", key=("test", "processes", "slow")).delay(200)
        slow = asyncio.create_task(client.exists(("test", "processes", "slow"), {"total_timeout": 5000}))
        await asyncio.sleep(0.01)

        async def use() -> None:
            assert (await client.get(KEY)).bins == {"a": 1}
            await asyncio.gather(*(client.put(("test", "processes", n), {"n": n}) for n in range(20)))
            await client.close()

        in_child(lambda: asyncio.run(use()))
        hang.remove()
        assert (await slow)[1] is None
        assert node.pool.first is link
        assert (await client.get(("test", "processes", 19))).bins == {"n": 19}


async def test_another_loop_is_refused(server: Any) -> None:
    """A client is used on one loop; on another every call says so, before anything is sent."""
    async with AsyncClient(server.address) as client:
        await client.put(KEY, {"a": 1})

        async def misuse() -> None:
            for call in (
                client.get(KEY),
                client.put(KEY, {"a": 2}),
                client.info_random_node("build"),
                client.query("test", "processes").results(),
                client.batch_read([KEY]),
                client.close(),
            ):
                with pytest.raises(errors.ClientError, match="event loop") as caught:
                    await call
                assert not caught.value.in_doubt
                assert not any(attempt.sent for attempt in caught.value.attempts)

        await asyncio.to_thread(lambda: asyncio.run(misuse()))
        assert (await client.get(KEY)).bins == {"a": 1}


def test_a_client_whose_loop_is_gone(server: Any) -> None:
    """A client that was left open when its loop ended refuses calls on the next, and can be closed there."""
    client = AsyncClient(server.address)

    async def begin() -> None:
        await client.put(KEY, {"a": 1})

    async def go_on() -> None:
        with pytest.raises(errors.ClientError, match="event loop"):
            await client.get(KEY)
        await client.close()
        with pytest.raises(errors.ClusterError):
            await client.get(KEY)

    asyncio.run(begin())
    asyncio.run(go_on())
    gc.collect()


def test_a_forgotten_client_ends_its_thread(server: Any) -> None:
    """A blocking client with a thread that is dropped without being closed does not keep the thread alive."""

    def threads() -> int:
        return sum(thread.name == "aerospike-wire-tend" for thread in threading.enumerate())

    client = Client(server.address, tend_thread=True, tend_interval=20).connect()
    for node in client._core.cluster.nodes.values():
        node.close()  # their sockets are not what this is about
    assert threads() == 1
    del client, node
    gc.collect()
    limit = time.monotonic() + 5
    while threads():
        assert time.monotonic() < limit
        time.sleep(0.01)


async def test_an_idle_client_does_nothing(server: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Between two looks at the cluster there is no task, and a look asks each node once."""
    caplog.set_level(logging.DEBUG, "aerospike_wire")
    before = asyncio.all_tasks()
    async with AsyncClient(server.address, tend_interval=30) as client:
        await client.put(KEY, {"a": 1})
        idle = 0
        for _ in range(40):
            await asyncio.sleep(0.005)
            idle += asyncio.all_tasks() == before
        assert idle > 10
    assert asyncio.all_tasks() == before
