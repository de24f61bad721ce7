"""Calls that are ended from outside: cancelled, timed out by the caller, interrupted, their client closed."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from typing import Any, Final

import pytest

from aerospike_wire import AsyncClient, Client, errors
from aerospike_wire.batch import Write
from aerospike_wire.cluster.cluster import Cluster
from aerospike_wire.core import Core
from aerospike_wire.embedded import EmbeddedCluster
from aerospike_wire.operations import write
from aerospike_wire.proto.channel import Channel, Exchange
from aerospike_wire.transport import SENT_NOTE
from aerospike_wire.transport.blocking import BlockingLink

KEY = ("test", "cancellation", "k")
OTHER = ("test", "cancellation", "other")
LONG = {"total_timeout": 30_000, "max_retries": 0}


async def hit(rule: Any) -> None:
    """Wait until a rule has been applied."""
    for _ in range(2000):
        if rule.hits:
            return
        await asyncio.sleep(0.002)
    pytest.fail("nothing came")


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


APPLY: Final = ("doubt", "f")
LUA: Final = "function f(rec) rec['a'] = 2; return aerospike:update(rec) end"


CROSSED: Final[dict[str, Any]] = {
    "put": lambda client: client.put(KEY, {"a": 2}, None, LONG),
    "batch": lambda client: client.batch_remove([KEY, OTHER], policy_batch=LONG),
    "batch of one": lambda client: client.batch_remove([KEY], policy_batch=LONG),
    "apply": lambda client: client.apply(KEY, *APPLY, [], LONG),
}
"""Writes on shared links, on several at once, and on links of their own."""


@pytest.mark.parametrize("first", ["answer", "cancellation"])
@pytest.mark.parametrize(("code", "doubt"), [(0, True), (9, True), (22, False)])
@pytest.mark.parametrize("call", CROSSED)
async def test_a_cancellation_that_crosses_the_answer(
    server: Any, monkeypatch: pytest.MonkeyPatch, call: str, code: int, doubt: bool, first: str
) -> None:
    """If both come in one turn of the loop the call is cancelled, and the answer decides about doubt.

    A write that was carried out (0), or may have been (9), says so; one that was refused does not.
    """
    async with AsyncClient(server.address) as client:
        await client.put(KEY, {"a": 1})
        if call == "apply":
            await client.udf_put("doubt.lua", source=LUA)
        if code:
            server.faults.on("any").answer(code)
        begun = CROSSED[call](client)
        await asyncio.sleep(0)
        take = Channel.received

        def crossing(channel: Channel, count: int) -> list[Exchange]:
            if first == "cancellation":
                task.cancel()
            done = take(channel, count)
            task.cancel()
            return done

        monkeypatch.setattr(Channel, "received", crossing)
        task = asyncio.ensure_future(begun)
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        monkeypatch.undo()
        assert getattr(caught.value, "in_doubt", False) is doubt
        assert (SENT_NOTE in getattr(caught.value, "__notes__", ())) is doubt


async def test_a_batch_cancelled_between_rounds(server: Any) -> None:
    """What a round left in doubt, or carried out, keeps the batch in doubt when a later one is cancelled."""
    async with AsyncClient(server.address) as client:
        await client.put(KEY, {"a": 1})
        rule = server.faults.on("batch").once().close(after=True)
        policy = {"max_retries": 3, "sleep_between_retries": 20_000, "total_timeout": 0}
        task = asyncio.create_task(client.batch_remove([KEY, OTHER], policy_batch=policy))
        await hit(rule)
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        assert caught.value.in_doubt is True  # type: ignore[attr-defined]


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


@pytest.mark.parametrize(("code", "doubt"), [(0, True), (9, True), (22, False)])
@pytest.mark.parametrize("call", CROSSED)
def test_keyboard_interrupt_right_after_the_answer(
    server: Any, monkeypatch: pytest.MonkeyPatch, call: str, code: int, doubt: bool
) -> None:
    """The answer is there and not yet read: it decides about doubt."""

    def interrupt(*args: object) -> Any:
        raise KeyboardInterrupt

    with Client(server.address) as client:
        client.put(KEY, {"a": 1})
        if call == "apply":
            client.udf_put("doubt.lua", source=LUA)
        if code:
            server.faults.on("any").answer(code)
        monkeypatch.setattr(Core, "read", interrupt)
        with pytest.raises(KeyboardInterrupt) as caught:
            CROSSED[call](client)
        monkeypatch.undo()
        server.faults.clear()
        assert getattr(caught.value, "in_doubt", False) is doubt
        client.put(KEY, {"a": 3})


def test_keyboard_interrupt_while_another_node_is_written_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch that is interrupted while its second request goes out says that the first had been sent."""
    with EmbeddedCluster(2) as cluster, Client(cluster.seeds) as client:
        keys = [("test", "demo", number) for number in range(8)]
        client.batch_read(keys)
        start, sent = BlockingLink.start, []

        def interrupted(link: BlockingLink, call: Any) -> Any:
            if sent:
                raise KeyboardInterrupt
            sent.append(link)
            return start(link, call)

        monkeypatch.setattr(BlockingLink, "start", interrupted)
        with pytest.raises(KeyboardInterrupt) as caught:
            client.batch_write([Write(key, [write("a", 1)]) for key in keys])
        monkeypatch.undo()
        assert caught.value.in_doubt is True  # type: ignore[attr-defined]
        assert client.batch_write([Write(key, [write("a", 2)]) for key in keys]).ok


def test_keyboard_interrupt_while_looking_after_the_cluster(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that had succeeded when the client went on to look at its nodes says so; one without effect does not."""

    def interrupt(*args: object) -> None:
        raise KeyboardInterrupt

    with Client(server.address) as client:
        client.put(KEY, {"a": 1})
        monkeypatch.setattr(client._core.cluster, "look_at", 0.0)
        monkeypatch.setattr(Cluster, "look_soon", interrupt)
        for call, doubt in (
            (lambda: client.put(KEY, {"a": 2}), True),
            (lambda: client.batch_remove([KEY]), True),
            (lambda: client.batch_remove([OTHER]), False),
            (lambda: client.exists(KEY), False),
        ):
            with pytest.raises(KeyboardInterrupt) as caught:
                call()
            assert getattr(caught.value, "in_doubt", False) is doubt
        monkeypatch.undo()


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
