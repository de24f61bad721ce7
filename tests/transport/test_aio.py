"""Pipelined connections, against a node that follows a script."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import pathlib
import socket
import threading
import time
import weakref
from typing import TYPE_CHECKING, Any

import pytest
from rawnode import Gone, RawNode, info_reply, reply

from aerospike_wire.errors import ResultCode
from aerospike_wire.policy import Timing
from aerospike_wire.proto import info
from aerospike_wire.proto.header import FrameType, MessageHeader, frame
from aerospike_wire.proto.message import message_frame
from aerospike_wire.transport import Call, LinkFailure
from aerospike_wire.transport.aio import AsyncLink, AsyncRuntime

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from rawnode import Peer


def request(number: int, size: int = 0) -> bytes:
    """A request that a script can tell from others."""
    return message_frame(MessageHeader(generation=number), [size.to_bytes(4, "big") + bytes(size)] if size else [])


def number_of(whole: bytes) -> int:
    """The number of a request, or of a reply's frame."""
    return int.from_bytes(whole[14:18], "big")


def numbered(body: bytes) -> int:
    """The number in a reply's body."""
    return int.from_bytes(body[6:10], "big")


def echo(whole: bytes) -> bytes:
    """The reply to a request: its number."""
    return reply(generation=number_of(whole))


def call(
    number: int = 0,
    *,
    total: float | None = 10.0,
    silence: float | None = None,
    drain: float = 3.0,
    write: bool = False,
    whole: bytes | None = None,
) -> Call:
    """A request with its limits in seconds from now."""
    deadline = None if total is None else time.monotonic() + total
    return Call(whole or request(number), FrameType.MESSAGE, None, deadline, silence, write, drain)


@pytest.fixture
async def runtime() -> AsyncIterator[AsyncRuntime]:
    """A runtime that is closed in the end, and must leave nothing behind."""
    before = len(asyncio.all_tasks())
    made = AsyncRuntime()
    yield made
    await made.close()
    assert not made._links
    assert len(asyncio.all_tasks()) == before


async def connect(runtime: AsyncRuntime, node: RawNode) -> AsyncLink:
    """A link to a node."""
    return await runtime.connect("127.0.0.1", node.port, 5.0)


async def until(true: Callable[[], object]) -> None:
    """Wait for something that other threads bring about."""
    deadline = time.monotonic() + 5
    while not true():
        assert time.monotonic() < deadline, "it does not happen"
        await asyncio.sleep(0.001)


async def gathered(tasks: list[asyncio.Task[bytes]]) -> list[Any]:
    """Results and exceptions of tasks that must all end."""
    async with asyncio.timeout(10):
        return await asyncio.gather(*tasks, return_exceptions=True)


def start(link: AsyncLink, calls: list[Call]) -> list[asyncio.Task[bytes]]:
    """A task for each call."""
    return [asyncio.create_task(link.exchange(one)) for one in calls]


class Spy:
    """Counts what a link writes."""

    def __init__(self, link: AsyncLink) -> None:
        self.transport: Any = link._transport
        self.writes: list[int] = []
        link._transport = self  # type: ignore[assignment]

    def write(self, data: bytes) -> None:
        self.writes.append(len(data))
        self.transport.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.transport, name)


def served(peer: Peer) -> None:
    """Answer everything at once."""
    while True:
        peer.send(echo(peer.frame()))


# Writing and order


async def test_requests_of_one_turn_leave_in_one_write(runtime: AsyncRuntime) -> None:
    """64 tasks, one write, and each gets its own reply."""
    with RawNode(served) as node:
        link = await connect(runtime, node)
        spy = Spy(link)
        answers = await gathered(start(link, [call(number) for number in range(64)]))
        assert [numbered(body) for body in answers] == list(range(64))
        assert spy.writes == [64 * len(request(0))]
        await gathered(start(link, [call(number) for number in range(3)]))
        assert len(spy.writes) == 2
        assert link.load == 0


async def test_replies_reach_their_callers_in_any_pieces(runtime: AsyncRuntime) -> None:
    """Byte by byte, and all in one packet."""

    def script(peer: Peer) -> None:
        peer.drip(b"".join(map(echo, peer.frames(5))))
        peer.send(b"".join(map(echo, peer.frames(40))))
        peer.closed()

    with RawNode(script) as node:
        link = await connect(runtime, node)
        for count in (5, 40):
            answers = await gathered(start(link, [call(number) for number in range(count)]))
            assert [numbered(body) for body in answers] == list(range(count))


async def test_posted_requests_and_other_kinds_share_the_order(runtime: AsyncRuntime) -> None:
    """The short way for data messages and the long way for the rest use one queue."""

    def script(peer: Peer) -> None:
        first, second, third = peer.frames(3)
        assert second[1] == FrameType.INFO
        peer.send(echo(first) + info_reply([("build", "8")]) + echo(third))

    with RawNode(script) as node:
        link = await connect(runtime, node)
        first = link.post(request(1), time.monotonic(), None, Timing(None, None, 3.0))
        text = Call(info.request(["build"]), FrameType.INFO, None, None, None)
        second = asyncio.create_task(link.exchange(text))
        await asyncio.sleep(0)
        third = link.post(request(3), time.monotonic(), time.monotonic() + 5, Timing(None, 5.0, 3.0))
        assert numbered(await first) == 1
        assert await second == b"build\t8\n"
        assert numbered(await third) == 3


async def test_answer_of_several_frames_does_not_disturb_the_next(runtime: AsyncRuntime) -> None:
    """The collector takes its frames, the neighbour gets its own."""

    def script(peer: Peer) -> None:
        _, second = peer.frames(2)
        peer.send(b"".join(frame(FrameType.MESSAGE, body) for body in (b"a" * 100_000, b"b", b"")) + echo(second))
        peer.closed()

    seen: list[int] = []

    def collect(body: bytes) -> bool:
        seen.append(len(body))
        return not body

    with RawNode(script) as node:
        link = await connect(runtime, node)
        many = asyncio.create_task(link.exchange(call()._replace(collect=collect)))
        one = asyncio.create_task(link.exchange(call(7)))
        _, answer = await gathered([many, one])
        assert seen == [100_000, 1, 0]
        assert numbered(answer) == 7


# Waking


TOLD: contextvars.ContextVar[str] = contextvars.ContextVar("told", default="nobody")


async def test_a_woken_task_runs_as_itself(runtime: AsyncRuntime) -> None:
    """Its context variables are its own, and it is the current task, though a callback of the loop's runs it."""

    async def ask(link: AsyncLink, number: int) -> tuple[int, str, bool]:
        TOLD.set(str(number))
        task = asyncio.current_task()
        body = await link.exchange(call(number))
        return numbered(body), TOLD.get(), asyncio.current_task() is task

    with RawNode(served) as node:
        link = await connect(runtime, node)
        found = await asyncio.gather(*(ask(link, number) for number in range(8)))
        assert found == [(number, str(number), True) for number in range(8)]
        assert TOLD.get() == "nobody"


async def test_what_woken_tasks_ask_next_leaves_in_one_write(runtime: AsyncRuntime) -> None:
    """Answers that come together wake tasks together, and these share a write again."""

    def script(peer: Peer) -> None:
        for _ in range(2):
            peer.send(b"".join(map(echo, peer.frames(16))))

    async def ask(link: AsyncLink, number: int) -> list[int]:
        return [numbered(await link.exchange(call(number + more))) for more in (0, 100)]

    with RawNode(script) as node:
        link = await connect(runtime, node)
        spy = Spy(link)
        found = await asyncio.gather(*(ask(link, number) for number in range(16)))
        assert found == [[number, number + 100] for number in range(16)]
        assert spy.writes == [16 * len(request(0))] * 2


async def test_answers_that_are_taken_in_by_a_task_wake_others_later(runtime: AsyncRuntime) -> None:
    """A task cannot run inside another one: then the loop runs those whose answers have come."""

    def script(peer: Peer) -> None:
        peer.frames(2)
        peer.closed()

    with RawNode(script) as node:
        link = await connect(runtime, node)
        tasks = start(link, [call(1), call(2)])
        await asyncio.sleep(0)
        data = b"".join(echo(request(number)) for number in (1, 2))
        link.get_buffer(-1)[: len(data)] = data
        link.buffer_updated(len(data))
        assert not any(task.done() for task in tasks)
        assert [numbered(body) for body in await gathered(tasks)] == [1, 2]


def test_a_task_that_ends_the_program_does_not_leave_others_waiting() -> None:
    """SystemExit leaves through the loop at once; whoever was answered with it is woken when the loop goes on."""
    made = AsyncRuntime()

    def script(peer: Peer) -> None:
        peer.send(b"".join(map(echo, peer.frames(2))))
        peer.closed()

    async def leave(link: AsyncLink) -> None:
        await link.exchange(call(1))
        raise SystemExit(3)

    async def begin(node: RawNode) -> None:
        link = await connect(made, node)
        tasks.append(asyncio.create_task(leave(link)))
        tasks.append(asyncio.create_task(link.exchange(call(2))))
        await asyncio.sleep(10)

    async def go_on() -> Any:
        found = await asyncio.wait_for(tasks[1], 5)
        await made.close()
        return found

    tasks: list[asyncio.Task[Any]] = []
    with RawNode(script) as node, asyncio.Runner() as runner:
        with pytest.raises(SystemExit):
            runner.run(begin(node))
        assert numbered(runner.run(go_on())) == 2
        assert isinstance(tasks[0].exception(), SystemExit)


async def test_answer_without_a_byte_is_one(runtime: AsyncRuntime) -> None:
    """An empty data message is no good answer, but it is one: its caller does not go on waiting."""

    def script(peer: Peer) -> None:
        first, second = peer.frames(2)
        assert number_of(first) == 1
        peer.send(frame(FrameType.MESSAGE, b"") + echo(second))
        peer.closed()

    with RawNode(script) as node:
        link = await connect(runtime, node)
        first, second = await gathered(start(link, [call(1), call(2)]))
        assert first == b""
        assert numbered(second) == 2


# Callers that give up


async def test_late_reply_of_a_cancelled_caller_is_dropped(runtime: AsyncRuntime) -> None:
    """The place stays in the queue, so that the neighbours get their own replies, and the link lives on."""
    go = threading.Event()

    def script(peer: Peer) -> None:
        frames = peer.frames(3)
        assert go.wait(10)
        peer.send(b"".join(map(echo, frames)))
        served(peer)

    with RawNode(script) as node:
        link = await connect(runtime, node)
        first, second, third = start(link, [call(1), call(2, write=True), call(3)])
        await asyncio.sleep(0.01)
        second.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await second
        assert any("may have been applied" in note for note in caught.value.__notes__)
        assert link.load == 3
        assert not link.stalled
        go.set()
        assert [numbered(body) for body in await gathered([first, third])] == [1, 3]
        assert link.load == 0
        assert numbered(await link.exchange(call(4))) == 4
        assert node.accepted == 1


async def test_caller_that_is_cancelled_before_the_write_leaves_nothing(runtime: AsyncRuntime) -> None:
    """Its request is withdrawn: no byte, no place, no doubt."""
    with RawNode(served) as node:
        link = await connect(runtime, node)
        first, second, third = start(link, [call(1), call(2, write=True), call(3)])
        asyncio.get_running_loop().call_soon(second.cancel)  # after the tasks begin, before the flush
        await asyncio.sleep(0)
        assert link.load == 2
        spy = Spy(link)
        with pytest.raises(asyncio.CancelledError) as caught:
            await second
        assert not hasattr(caught.value, "__notes__")
        assert [numbered(body) for body in await gathered([first, third])] == [1, 3]
        assert spy.writes == [2 * len(request(0))]


async def test_total_timeout_ends_one_call_and_not_its_neighbours(runtime: AsyncRuntime) -> None:
    """The late reply is taken off the wire; others wait as long as they said."""
    go = threading.Event()

    def script(peer: Peer) -> None:
        frames = peer.frames(2)
        assert go.wait(10)
        peer.send(b"".join(map(echo, frames)))
        served(peer)

    with RawNode(script) as node:
        link = await connect(runtime, node)
        short, patient = start(link, [call(1, total=0.03), call(2)])
        with pytest.raises(LinkFailure, match="total timeout") as caught:
            await short
        assert (caught.value.code, caught.value.sent) == (ResultCode.TIMEOUT, True)
        assert link.stalled
        assert link.usable
        go.set()
        assert numbered(await patient) == 2
        assert not link.stalled
        assert numbered(await link.exchange(call(3))) == 3
        assert node.accepted == 1


async def test_silence_ends_those_who_said_so(runtime: AsyncRuntime) -> None:
    """A limit on silence counts from the last byte on the link, whoever it was for."""

    def script(peer: Peer) -> None:
        frames = peer.frames(4)
        for whole in frames[:3]:
            time.sleep(0.12)
            peer.send(echo(whole))
        peer.closed()

    with RawNode(script) as node:
        link = await connect(runtime, node)
        tasks = start(link, [call(number, silence=0.3) for number in range(4)])
        answers = await gathered(tasks)
        assert [numbered(body) for body in answers[:3]] == [0, 1, 2]
        assert isinstance(answers[3], LinkFailure)
        assert answers[3].code == ResultCode.TIMEOUT
        assert "silent" in answers[3].message
        assert link.usable


async def test_call_whose_time_is_over_is_not_sent(runtime: AsyncRuntime) -> None:
    """No byte leaves, and there is no doubt."""
    with RawNode(served) as node:
        link = await connect(runtime, node)
        spy = Spy(link)
        with pytest.raises(LinkFailure) as caught:
            await link.exchange(call(1, total=-1.0, write=True))
        assert (caught.value.code, caught.value.sent) == (ResultCode.TIMEOUT, False)
        assert link.load == 0
        assert numbered(await link.exchange(call(2))) == 2
        assert spy.writes == [len(request(2))]


async def test_link_is_given_up_when_an_answer_never_comes(runtime: AsyncRuntime) -> None:
    """After its caller is gone an answer has the drain time to come late; then the link ends."""

    def script(peer: Peer) -> None:
        peer.frames(2)
        assert peer.closed()

    with RawNode(script) as node:
        link = await connect(runtime, node)
        gone, waits = start(link, [call(1, total=0.02, drain=0.05), call(2)])
        first, second = await gathered([gone, waits])
        assert first.code == ResultCode.TIMEOUT
        assert (second.code, second.sent) == (ResultCode.CONNECTION, True)
        assert isinstance(second.__cause__, TimeoutError)
        assert not link.usable
        assert link.load == 0
        await until(lambda: not node.connections)


async def test_caller_cancelled_at_its_deadline_does_not_cost_the_link(runtime: AsyncRuntime) -> None:
    """When the cancellation and the timeout meet in one turn, the neighbours are not touched."""
    go = threading.Event()

    def script(peer: Peer) -> None:
        frames = peer.frames(2)
        assert go.wait(10)
        peer.send(b"".join(map(echo, frames)))
        served(peer)

    with RawNode(script) as node:
        link = await connect(runtime, node)
        future = link.post(request(1), time.monotonic(), time.monotonic() + 0.02, Timing(None, None, 3.0))
        other = asyncio.create_task(link.exchange(call(2)))
        await asyncio.sleep(0.001)
        future.cancel()
        await asyncio.sleep(0.05)  # the deadline passes before the caller says that it gives up
        assert link.usable
        assert link.give_up(future)
        go.set()
        assert numbered(await other) == 2


async def test_giving_up_what_has_just_been_answered_says_that_it_was_sent(runtime: AsyncRuntime) -> None:
    """A cancellation that crosses the answer leaves no doubt that the request had been sent."""
    with RawNode(served) as node:
        link = await connect(runtime, node)
        future = link.post(request(1), time.monotonic(), None, Timing(None, None, 3.0))
        await future
        assert link.give_up(future)
        unsent = link.post(request(2), time.monotonic(), None, Timing(None, None, 3.0))
        assert not link.give_up(unsent)
        unsent.cancel()
        assert not link.give_up(unsent)


async def test_giving_up_between_the_cancellation_and_the_answer_says_that_it_was_sent(runtime: AsyncRuntime) -> None:
    """The answer, or the end of the link, may come before the cancelled caller is run."""
    with RawNode(served) as node:
        link = await connect(runtime, node)
        crossed = link.post(request(1), time.monotonic(), None, Timing(None, None, 3.0))
        await asyncio.sleep(0)  # sent
        crossed.cancel()
        await link.exchange(call(2))  # and with it the first answer has come
        assert link.give_up(crossed)
        lost = link.post(request(3), time.monotonic(), None, Timing(None, None, 3.0))
        await asyncio.sleep(0)
        kept_back = link.post(request(4), time.monotonic(), None, Timing(None, None, 3.0))
        lost.cancel()
        kept_back.cancel()
        link.close()
        await link.wait_closed()
        assert link.give_up(lost)
        assert not link.give_up(kept_back)


async def test_answer_that_crossed_the_cancellation_is_known(runtime: AsyncRuntime) -> None:
    """Whether it came before the cancellation or between that and its caller's turn."""
    with RawNode(served) as node:
        link = await connect(runtime, node)
        first = link.post(request(1), time.monotonic(), None, Timing(None, None, 3.0))
        second = link.post(request(2), time.monotonic(), None, Timing(None, None, 3.0))
        await asyncio.sleep(0)  # sent
        assert link.answer(first) == b""
        second.cancel()
        await link.exchange(call(3))  # and with it the other answers have come
        assert link.give_up(first)
        assert link.give_up(second)
        assert [numbered(link.answer(future)) for future in (first, second)] == [1, 2]
        lost = link.post(request(4), time.monotonic(), None, Timing(None, None, 3.0))
        await asyncio.sleep(0)
        link.close()
        assert link.answer(lost) == b""
        with pytest.raises(LinkFailure):
            await lost


async def test_one_timer_serves_all_calls_of_a_link(runtime: AsyncRuntime) -> None:
    """A hundred calls with limits set one timer, not a hundred."""
    loop: Any = asyncio.get_running_loop()
    real = loop.call_at
    set_timers: list[float] = []

    def counting(when: float, callback: Callable[..., Any], *args: Any, **kwargs: Any) -> asyncio.TimerHandle:
        if getattr(callback, "__self__", None) is link:
            set_timers.append(when)
        timer: asyncio.TimerHandle = real(when, callback, *args, **kwargs)
        return timer

    with RawNode(served) as node:
        link = await connect(runtime, node)
        loop.call_at = counting
        try:
            await gathered(start(link, [call(number, total=5 + number / 100, silence=4.0) for number in range(100)]))
            await gathered(start(link, [call(number, total=8.0) for number in range(100)]))
        finally:
            loop.call_at = real
        assert len(set_timers) == 1


# Links that end


@pytest.mark.parametrize("reset", [False, True])
async def test_each_waiter_of_a_lost_link_gets_an_exception_of_its_own(runtime: AsyncRuntime, reset: bool) -> None:
    """Different objects, one common cause, and the truth about what was sent."""

    def script(peer: Peer) -> None:
        frames = peer.frames(8)
        peer.send(b"".join(map(echo, frames[:3])) + echo(frames[3])[:9])
        assert seen.wait(10)
        if reset:
            peer.reset()

    seen = threading.Event()
    with RawNode(script) as node:
        link = await connect(runtime, node)
        tasks = start(link, [call(number, write=True) for number in range(8)])
        await until(tasks[2].done)
        seen.set()
        answers = await gathered(tasks)
        assert [numbered(body) for body in answers[:3]] == [0, 1, 2]
        failures = answers[3:]
        assert all(isinstance(failed, LinkFailure) and failed.sent for failed in failures)
        assert {failed.code for failed in failures} == {ResultCode.CONNECTION}
        assert len({id(failed) for failed in failures}) == 5
        assert len({id(failed.__cause__) for failed in failures}) == 1
        assert isinstance(failures[0].__cause__, ConnectionError)
        assert link.load == 0
        assert not link.usable
        with pytest.raises(LinkFailure) as caught:
            await link.exchange(call(9))
        assert (caught.value.code, caught.value.sent) == (ResultCode.CONNECTION, False)


async def test_garbage_ends_everyone_after_the_good_answers(runtime: AsyncRuntime) -> None:
    """What came before it counts; the rest is a client error whose cause says what was wrong."""

    def script(peer: Peer) -> None:
        frames = peer.frames(3)
        peer.send(echo(frames[0]) + b"HTTP/1.1 400 Bad Request\r\n\r\n")
        peer.closed()

    with RawNode(script) as node:
        link = await connect(runtime, node)
        first, *rest = await gathered(start(link, [call(number) for number in range(3)]))
        assert numbered(first) == 0
        assert [failed.code for failed in rest] == [ResultCode.CLIENT] * 2
        assert "version 72" in rest[0].message
        assert rest[0] is not rest[1]
        assert not link.usable


async def test_bytes_that_nobody_asked_for_end_the_idle_link(runtime: AsyncRuntime) -> None:
    """An idle link that hears something is not used again."""
    go = threading.Event()

    def script(peer: Peer) -> None:
        peer.send(echo(peer.frame()))
        assert go.wait(10)
        peer.send(reply())
        assert peer.closed()

    with RawNode(script) as node:
        link = await connect(runtime, node)
        await link.exchange(call())
        assert link.probe()
        go.set()
        await until(lambda: not link.usable)


async def test_requests_that_were_not_written_yet_are_not_in_doubt(runtime: AsyncRuntime) -> None:
    """Whoever queued in the turn in which the link died has sent nothing."""

    def script(peer: Peer) -> None:
        peer.frame()
        peer.closed()

    with RawNode(script) as node:
        link = await connect(runtime, node)
        (sent,) = start(link, [call(1, write=True)])
        await asyncio.sleep(0.01)
        unsent = start(link, [call(2, write=True), call(3, write=True)])
        asyncio.get_running_loop().call_soon(link.close)  # after the tasks queued, before the flush
        answers = await gathered([sent, *unsent])
        assert [failed.sent for failed in answers] == [True, False, False]


async def test_closing_ends_everyone(runtime: AsyncRuntime) -> None:
    """At once, each with an exception; and the socket is closed."""

    def script(peer: Peer) -> None:
        peer.frames(5)
        peer.closed()

    with RawNode(script) as node:
        link = await connect(runtime, node)
        tasks = start(link, [call(number) for number in range(5)])
        await asyncio.sleep(0.01)
        link.close()
        link.close()
        answers = await gathered(tasks)
        assert {failed.code for failed in answers} == {ResultCode.CONNECTION}
        assert link.load == 0
        assert link._timer is None
        await link.wait_closed()
        await until(lambda: not node.connections)


async def test_closing_the_runtime_closes_its_links(runtime: AsyncRuntime) -> None:
    """No socket is left, and waiting callers are told."""

    def script(peer: Peer) -> None:
        while not peer.closed():
            pass

    with RawNode(script) as node:
        links = [await connect(runtime, node) for _ in range(3)]
        task = asyncio.create_task(links[0].exchange(call()))
        await asyncio.sleep(0.01)
        runtime.spawn(asyncio.sleep(60))
        await runtime.close()
        assert isinstance((await gathered([task]))[0], LinkFailure)
        assert not any(link.usable for link in links)
        await until(lambda: not node.connections)


# Backpressure


async def test_requests_are_held_back_while_the_socket_is_full(runtime: AsyncRuntime) -> None:
    """What was held back is not in doubt; the node's pace decides when it leaves."""
    go = threading.Event()

    def script(peer: Peer) -> None:
        assert go.wait(10)
        served(peer)

    with RawNode(script, receive_buffer=4096) as node:
        link = await connect(runtime, node)
        link._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)  # type: ignore[union-attr]
        big = [call(number, whole=request(number, 400_000), write=True) for number in range(20)]
        tasks = start(link, big)
        await until(lambda: link._paused)
        held = start(link, [call(100, total=0.03, write=True), call(101)])
        (refused,) = await gathered(held[:1])
        assert (refused.code, refused.sent) == (ResultCode.TIMEOUT, False)
        assert sum(waiter.sent for waiter in link.waiting) < 20
        assert link.load == 21
        go.set()
        answers = await gathered([*tasks, held[1]])
        assert [numbered(body) for body in answers] == [*range(20), 101]
        assert link.load == 0


async def test_requests_held_back_when_the_link_dies_are_not_in_doubt(runtime: AsyncRuntime) -> None:
    """Only what the socket had taken may have been carried out."""

    def script(peer: Peer) -> None:
        assert go.wait(10)
        peer.reset()

    go = threading.Event()
    with RawNode(script, receive_buffer=4096) as node:
        link = await connect(runtime, node)
        big = [call(number, whole=request(number, 400_000), write=True) for number in range(40)]
        tasks = start(link, big)
        await until(lambda: link._paused)
        tasks += start(link, [call(100, write=True)])
        await asyncio.sleep(0)
        go.set()
        answers = await gathered(tasks)
        sent = [failed.sent for failed in answers]
        assert sent[0]
        assert not sent[-1]
        assert sent == sorted(sent, reverse=True)
        assert sum(sent) < 40


# Everything at once


FDS = pathlib.Path("/proc/self/fd")


def sockets() -> int:
    """Sockets that this process has open."""
    found = 0
    for path in FDS.iterdir():
        try:
            found += path.readlink().name.startswith("socket:")
        except OSError:  # the listing's own
            continue
    return found


@pytest.mark.skipif(not FDS.is_dir(), reason="counts sockets in /proc")
async def test_64_tasks_some_cancelled_some_timing_out_and_the_node_dying(runtime: AsyncRuntime) -> None:
    """Everyone ends with what is theirs, and no task, place, timer or socket is left."""
    received = threading.Event()

    def script(peer: Peer) -> None:
        frames = peer.frames(64)
        received.set()
        peer.send(b"".join(map(echo, frames[:16])))
        assert half.wait(10)
        peer.send(b"".join(map(echo, frames[16:40])))
        assert die.wait(10)
        peer.send(echo(frames[40])[:7])

    half, die = threading.Event(), threading.Event()
    gc.collect()
    open_before, tasks_before = sockets(), len(asyncio.all_tasks())
    with RawNode(script) as node:
        link = await connect(runtime, node)
        calls = [
            call(number, total=0.05 if number % 8 == 5 and number >= 16 else 10.0, write=number % 2 == 0)
            for number in range(64)
        ]
        tasks = start(link, calls)
        await until(received.is_set)
        await until(tasks[15].done)
        cancelled = [number for number in range(16, 64) if number % 8 == 3]
        timed_out = [number for number in range(16, 64) if number % 8 == 5]
        for number in cancelled:
            tasks[number].cancel()
        await until(lambda: all(tasks[number].done() for number in timed_out + cancelled))
        assert link.load == 48
        half.set()
        await until(tasks[39].done)
        assert link.load == 24
        late = asyncio.create_task(link.exchange(call(64)))
        await asyncio.sleep(0.01)
        die.set()
        answers = await gathered([*tasks, late])

        for number, answer in enumerate(answers):
            if number in cancelled:
                assert isinstance(answer, asyncio.CancelledError)
            elif number in timed_out:
                assert (answer.code, answer.sent) == (ResultCode.TIMEOUT, True)
            elif number < 40:
                assert numbered(answer) == number
            else:
                assert (answer.code, answer.sent) == (ResultCode.CONNECTION, True)
        failures = [
            answer for answer in answers[40:] if isinstance(answer, LinkFailure) and answer.code != ResultCode.TIMEOUT
        ]
        assert len({id(failed) for failed in failures}) == len(failures) == 19
        assert len({id(failed.__cause__) for failed in failures}) == 1
        assert link.load == 0
        assert not link._unsent
        assert link._timer is None
        await link.wait_closed()
        assert len(asyncio.all_tasks()) == tasks_before
        await until(lambda: not node.connections)
    assert sockets() == open_before


async def test_links_are_freed_when_nobody_uses_them(runtime: AsyncRuntime) -> None:
    """A closed link is not kept alive by a timer, a task or the runtime."""
    with RawNode(served) as node:
        link = await connect(runtime, node)
        await gathered(start(link, [call(number) for number in range(10)]))
        link.close()
        await link.wait_closed()
        await asyncio.sleep(0)
        assert not runtime._links
        reference = weakref.ref(link)
        del link
        gc.collect()
        assert reference() is None


# The runtime


async def test_links_are_asked_at_the_same_time(runtime: AsyncRuntime) -> None:
    """Answers and failures in order; nodes work in parallel."""
    both = threading.Barrier(2, timeout=10)

    def script(peer: Peer) -> None:
        whole = peer.frame()
        if number_of(whole) < 2:
            both.wait()
            peer.send(echo(whole))

    with RawNode(script) as node:
        links = [await connect(runtime, node) for _ in range(3)]
        answers = await runtime.exchange_all([(link, call(number)) for number, link in enumerate(links)])
        assert [numbered(body) for body in answers[:2] if isinstance(body, bytes)] == [0, 1]
        assert isinstance(answers[2], LinkFailure)


async def test_cancelling_many_exchanges_leaves_tombstones_and_no_tasks(runtime: AsyncRuntime) -> None:
    """The exchanges end with the call that began them."""

    def script(peer: Peer) -> None:
        peer.frame()
        peer.closed()

    with RawNode(script) as node:
        links = [await connect(runtime, node) for _ in range(3)]
        task = asyncio.create_task(runtime.exchange_all([(link, call()) for link in links]))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.sleep(0)
        assert [link.load for link in links] == [1, 1, 1]
        assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_refused_connection_is_a_failure(runtime: AsyncRuntime) -> None:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(LinkFailure, match="cannot connect") as caught:
        await runtime.connect("127.0.0.1", port, 1.0)
    assert (caught.value.code, caught.value.sent) == (ResultCode.CONNECTION, False)


async def test_host_without_an_address_is_a_failure(runtime: AsyncRuntime) -> None:
    """A name that cannot be resolved, be it unknown or not even a name."""
    for host in ("no-such-host.invalid", "a" * 300, "\udc80"):
        with pytest.raises(LinkFailure) as caught:
            await runtime.resolve(host, 3000, 5.0)
        assert caught.value.code == ResultCode.INVALID_HOST


async def test_large_requests_and_replies_pass(runtime: AsyncRuntime) -> None:
    """Megabytes in both directions, several at once."""

    def script(peer: Peer) -> None:
        try:
            while True:
                whole = peer.frame()
                peer.send(frame(FrameType.MESSAGE, whole[8:]))
        except Gone:
            return

    with RawNode(script) as node:
        link = await connect(runtime, node)
        wholes = [request(number, 3_000_000) for number in range(4)]
        answers = await gathered(start(link, [call(whole=whole) for whole in wholes]))
        assert [body == whole[8:] for body, whole in zip(answers, wholes, strict=True)] == [True] * 4
