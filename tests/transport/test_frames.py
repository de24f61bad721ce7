"""Answers frame by frame, from several nodes at once, on both runtimes."""

from __future__ import annotations

import inspect
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from cases import for_each
from rawnode import RawNode

from aerospike_wire.errors import ResultCode
from aerospike_wire.proto.header import FrameType, frame
from aerospike_wire.transport import HELD, Call, LinkFailure
from aerospike_wire.transport.aio import AsyncRuntime
from aerospike_wire.transport.blocking import BlockingRuntime

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from rawnode import Peer

REQUEST = frame(FrameType.MESSAGE, bytes(22))


def body(number: int, size: int = 22) -> bytes:
    """A frame's body that can be told from others."""
    return number.to_bytes(4, "big").ljust(size, b"\0")


def number_of(data: Any) -> int:
    """The number in a body."""
    assert isinstance(data, bytes), data
    return int.from_bytes(data[:4], "big")


def sender(*numbers: int, size: int = 22) -> Callable[[Peer], None]:
    """A script that answers every request with these frames."""

    def script(peer: Peer) -> None:
        while True:
            peer.frame()
            for number in numbers:
                peer.send(frame(FrameType.MESSAGE, body(number, size)))

    return script


def call(*, total: float | None = 5.0, silence: float | None = None) -> Call:
    """A request with its limits in seconds from now."""
    return Call(REQUEST, FrameType.MESSAGE, None, None if total is None else time.monotonic() + total, silence)


@pytest.fixture(params=[AsyncRuntime, BlockingRuntime])
async def runtime(request: pytest.FixtureRequest) -> AsyncIterator[Any]:
    """Each of the runtimes."""
    made = request.param()
    yield made
    closing = made.close()
    assert inspect.isawaitable(closing)
    await closing


async def open_link(runtime: Any, node: RawNode) -> Any:
    """A link to a node."""
    return await runtime.connect("127.0.0.1", node.port, 5.0)


async def test_frames_come_in_order_and_the_link_serves_on(runtime: Any) -> None:
    """The frames of an answer come one by one; after the last one the link takes the next request."""
    with RawNode(sender(1, 2, 3)) as node:
        link = await open_link(runtime, node)
        for _ in range(2):
            frames = await runtime.stream([(link, call())])
            assert [number_of((await frames.next())[1]) for _ in range(3)] == [1, 2, 3]
            assert link.load == 1
            assert frames.finish(0)
            assert (link.load, link.usable) == (0, True)
        link.close()


async def test_nodes_take_turns(runtime: Any) -> None:
    """While all nodes have frames, none gets two turns before the others got one."""
    with RawNode(sender(*range(20))) as first, RawNode(sender(*range(20))) as second:
        links = [await open_link(runtime, node) for node in (first, second)]
        frames = await runtime.stream([(link, call()) for link in links])
        places = []
        for _ in range(40):
            place, data = await frames.next()
            places.append((place, number_of(data)))
        assert [number for place, number in places if place == 0] == list(range(20))
        assert [number for place, number in places if place == 1] == list(range(20))
        late = places[2:30]
        assert {place for place, _ in late} == {0, 1}
        for link in links:
            link.close()


async def test_a_broken_stream_gives_what_came_first(runtime: Any) -> None:
    """The frames that arrived are given before the failure, and the other node goes on."""

    def breaks(peer: Peer) -> None:
        peer.frame()
        peer.send(frame(FrameType.MESSAGE, body(1)) + frame(FrameType.MESSAGE, body(2))[:10])

    with RawNode(breaks) as first, RawNode(sender(7)) as second:
        links = [await open_link(runtime, node) for node in (first, second)]
        frames = await runtime.stream([(link, call()) for link in links])
        found = [await frames.next() for _ in range(3)]
        kinds = {(place, number_of(data)) for place, data in found if isinstance(data, bytes)}
        assert kinds == {(0, 1), (1, 7)}
        failure = next(data for _, data in found if isinstance(data, LinkFailure))
        assert (failure.code, failure.sent) == (ResultCode.CONNECTION, True)
        assert frames.finish(1)
        with pytest.raises(RuntimeError, match="ended"):
            await frames.next()
        for link in links:
            link.close()


@for_each(("total", "silence", "words"), [(0.1, None, "total timeout"), (5.0, 0.1, "silent")])
async def test_time_limits(runtime: Any, total: float, silence: float | None, words: str) -> None:
    """A node that falls silent, or a call that takes too long, ends the stream with a timeout."""

    def stalls(peer: Peer) -> None:
        peer.frame()
        peer.send(frame(FrameType.MESSAGE, body(1)))
        peer.closed()

    with RawNode(stalls) as node:
        link = await open_link(runtime, node)
        frames = await runtime.stream([(link, call(total=total, silence=silence))])
        assert number_of((await frames.next())[1]) == 1
        _, failure = await frames.next()
        assert isinstance(failure, LinkFailure)
        assert failure.code == ResultCode.TIMEOUT
        assert words in failure.message
        assert not frames.finish(0)
        link.close()


async def test_a_reader_that_takes_its_time_is_no_silence(runtime: Any) -> None:
    """Time that the reader spends elsewhere does not count as the node's silence."""
    go_on = threading.Event()

    def waits(peer: Peer) -> None:
        peer.frame()
        peer.send(frame(FrameType.MESSAGE, body(1)))
        assert go_on.wait(5)
        peer.send(frame(FrameType.MESSAGE, body(2)))

    with RawNode(waits) as node:
        link = await open_link(runtime, node)
        frames = await runtime.stream([(link, call(silence=0.15))])
        assert number_of((await frames.next())[1]) == 1
        await runtime.sleep(0.2)
        threading.Timer(0.05, go_on.set).start()
        assert number_of((await frames.next())[1]) == 2
        link.close()


async def test_a_slow_reader_holds_the_node_back(runtime: Any) -> None:
    """What is not taken stays with the node: little more than the limit is held here."""
    sent = 0
    size = 64 * 1024

    def floods(peer: Peer) -> None:
        nonlocal sent
        peer.frame()
        while sent < 1000:
            peer.send(frame(FrameType.MESSAGE, body(sent, size)))
            sent += 1

    with RawNode(floods) as node:
        link = await open_link(runtime, node)
        frames = await runtime.stream([(link, call())])
        await frames.next()
        await runtime.sleep(0.3)
        stopped_at = sent
        assert stopped_at < 500  # the rest of what was sent is in the kernel's buffers
        if isinstance(runtime, AsyncRuntime):
            source = frames._sources[0]
            assert HELD <= source.held < HELD + size
            assert sum(map(len, source.frames)) == source.held
        got = [number_of((await frames.next())[1]) for _ in range(999)]
        assert got == list(range(1, 1000))
        assert frames.neglected(0) >= 0
        link.close()


async def test_garbage_ends_the_stream(runtime: Any) -> None:
    """A frame of another kind is no answer."""

    def lies(peer: Peer) -> None:
        peer.frame()
        peer.send(frame(FrameType.MESSAGE, body(1)) + frame(FrameType.INFO, b"what"))
        peer.closed()

    with RawNode(lies) as node:
        link = await open_link(runtime, node)
        frames = await runtime.stream([(link, call())])
        assert number_of((await frames.next())[1]) == 1
        _, failure = await frames.next()
        assert isinstance(failure, LinkFailure)
        assert failure.code == ResultCode.CLIENT
        link.close()


async def test_bytes_behind_the_last_frame_spoil_the_link(runtime: Any) -> None:
    """A link on which more has come than its call's answer is not used again."""
    with RawNode(sender(1, 2)) as node:
        link = await open_link(runtime, node)
        frames = await runtime.stream([(link, call())])
        await frames.next()
        ends = time.monotonic() + 5
        while not frames._sources[0].frames:  # the second one may have come with the first
            assert time.monotonic() < ends
            if isinstance(runtime, BlockingRuntime):
                frames._read()
            await runtime.sleep(0.001)
        assert not frames.finish(0)
        link.close()


async def test_closing_while_somebody_reads(runtime: Any) -> None:
    """A link that is closed under the reader ends its stream."""
    hold = threading.Event()

    def waits(peer: Peer) -> None:
        peer.frame()
        hold.wait(5)

    with RawNode(waits) as node:
        link = await open_link(runtime, node)
        frames = await runtime.stream([(link, call())])
        if isinstance(runtime, BlockingRuntime):
            threading.Timer(0.05, link.close).start()
        else:
            import asyncio

            asyncio.get_running_loop().call_later(0.05, link.close)
        _, failure = await frames.next()
        hold.set()
        assert isinstance(failure, LinkFailure)
        assert failure.code == ResultCode.CONNECTION
        frames.close()


async def test_a_link_that_is_closed_already(runtime: Any) -> None:
    """Nothing was sent on a closed link, and its failure says so."""
    with RawNode(sender(1)) as node:
        link = await open_link(runtime, node)
        link.close()
        frames = await runtime.stream([(link, call())])
        _, failure = await frames.next()
        assert isinstance(failure, LinkFailure)
        assert not failure.sent
