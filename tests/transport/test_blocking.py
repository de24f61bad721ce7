"""Blocking connections, and running coroutines that never suspend."""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from cases import for_each
from rawnode import PATIENCE, Gone, RawNode, info_reply, reply

from aerospike_wire.errors import ResultCode
from aerospike_wire.proto import info
from aerospike_wire.proto.header import FrameType, frame
from aerospike_wire.transport import Call, LinkFailure
from aerospike_wire.transport.blocking import BlockingLink, BlockingRuntime, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from rawnode import Peer

REQUEST = frame(FrameType.MESSAGE, bytes(22))


def call(
    request: bytes = REQUEST,
    *,
    total: float | None = 5.0,
    silence: float | None = None,
    write: bool = False,
    kind: int = FrameType.MESSAGE,
    collect: Callable[[bytes], bool] | None = None,
    drain: float = 0.0,
) -> Call:
    """A request with its limits in seconds from now."""
    return Call(request, kind, collect, None if total is None else time.monotonic() + total, silence, write, drain)


def connect(node: RawNode) -> BlockingLink:
    """A link to a node."""
    return run(BlockingRuntime().connect("127.0.0.1", node.port, 5.0))


def failure(link: BlockingLink, what: Call) -> LinkFailure:
    """How a request fails."""
    with pytest.raises(LinkFailure) as caught:
        run(link.exchange(what))
    return caught.value


# run


def test_run_gives_what_the_coroutine_returns() -> None:
    """A coroutine that never suspends is completed in one step, however deep it calls."""

    async def inner() -> int:
        return 5

    async def outer() -> int:
        return await inner() + 1

    assert run(outer()) == 6


def test_run_lets_exceptions_through() -> None:
    """What the coroutine raises is raised."""

    async def fails() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        run(fails())


def test_run_names_the_coroutine_that_suspended() -> None:
    """The innermost one, which is the culprit; and it is closed, not leaked."""
    ended = []

    async def culprit() -> None:
        try:
            await asyncio.sleep(0)
        finally:
            ended.append(True)

    async def innocent() -> None:
        await culprit()

    with pytest.raises(RuntimeError, match=r"sleep|culprit") as caught:
        run(innocent())
    assert "innocent" not in str(caught.value)
    assert ended == [True]


def test_run_names_a_coroutine_that_waits_for_something_without_a_name() -> None:
    """Waiting for a future names the coroutine that waits."""

    class Suspends:
        def __await__(self) -> Any:
            yield

    async def waits() -> None:
        await Suspends()

    with pytest.raises(RuntimeError, match=r"waits|__await__"):
        run(waits())


# Exchanges


def test_requests_are_answered_in_turn() -> None:
    """A link serves one request after the other, of different kinds."""

    def script(peer: Peer) -> None:
        peer.frame()
        peer.send(reply(generation=1))
        peer.frame()
        peer.send(info_reply([("build", "8")]))
        peer.frame()
        peer.drip(reply(generation=2))

    with RawNode(script) as node:
        link = connect(node)
        assert run(link.exchange(call()))[9] == 1
        assert run(link.exchange(call(info.request(["build"]), kind=FrameType.INFO))) == b"build\t8\n"
        assert run(link.exchange(call()))[9] == 2
        assert link.load == 0
        link.close()
        assert not link.usable


def test_answer_of_several_frames_is_collected() -> None:
    """The collector sees each frame and says which is the last."""
    frames = [frame(FrameType.MESSAGE, b"x" * size) for size in (100_000, 30, 0)]
    seen: list[int] = []

    def collect(body: bytes) -> bool:
        seen.append(len(body))
        return not body

    def script(peer: Peer) -> None:
        peer.frame()
        peer.send(b"".join(frames))
        peer.closed()

    with RawNode(script) as node:
        link = connect(node)
        assert run(link.exchange(call(collect=collect))) == b""
        assert seen == [100_000, 30, 0]
        link.close()


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"total": 0.05}, "total timeout"),
        ({"total": 5.0, "silence": 0.05}, "silent"),
        ({"total": None, "silence": 0.05}, "silent"),
    ],
)
def test_silent_node_is_a_timeout_and_ends_the_link(limits: dict[str, Any], words: str) -> None:
    """The words say which limit it was; the request had been sent; the late answer finds nobody."""

    def script(peer: Peer) -> None:
        peer.frame()
        assert peer.closed()

    with RawNode(script) as node:
        link = connect(node)
        failed = failure(link, call(**limits))
        assert failed.code == ResultCode.TIMEOUT
        assert failed.sent
        assert words in failed.message
        assert not link.usable


def test_a_late_answer_is_taken_in_and_the_link_used_again() -> None:
    """A link whose caller gave up owes an answer; once that is there it serves the next request."""
    answer = threading.Event()

    def script(peer: Peer) -> None:
        peer.frame()
        answer.wait(10)
        peer.send(reply())
        peer.frame()
        peer.send(reply(2))
        peer.closed()

    with RawNode(script) as node:
        link = connect(node)
        assert failure(link, call(total=0.05, drain=5.0)).sent
        assert (link.usable, link.load, link.stalled, link.recovers()) == (True, 1, True, True)
        assert not link.settled()
        answer.set()
        limit = time.monotonic() + 5
        while not link.settled():
            assert time.monotonic() < limit
            time.sleep(0.001)
        assert (link.usable, link.load, link.stalled, link.recovers()) == (True, 0, False, False)
        assert run(link.exchange(call()))[5] == 2
        link.close()


def test_a_late_answer_is_not_waited_for_for_ever() -> None:
    """After ``timeout_delay`` the link is closed."""

    def script(peer: Peer) -> None:
        peer.frame()
        assert peer.closed()

    with RawNode(script) as node:
        link = connect(node)
        assert failure(link, call(total=0.02, drain=0.02)).sent
        time.sleep(0.03)
        assert not link.settled()
        assert not link.usable


def test_total_timeout_ends_a_node_that_only_trickles() -> None:
    """Bytes that keep coming satisfy the limit on silence, not the one on the whole call."""

    def slow(peer: Peer) -> None:
        peer.frame()
        for byte in reply():
            peer.send(bytes((byte,)))
            time.sleep(0.02)

    with RawNode(slow) as node:
        link = connect(node)
        failed = failure(link, call(total=0.1, silence=0.09))
        assert failed.code == ResultCode.TIMEOUT
        assert "total timeout" in failed.message


def test_request_whose_time_is_over_is_not_sent() -> None:
    """No byte leaves, so nothing can have happened, and the link is as good as before."""
    with RawNode(lambda peer: None if peer.closed() else pytest.fail("a byte was sent")) as node:
        link = connect(node)
        failed = failure(link, call(total=-1.0))
        assert (failed.code, failed.sent, failed.charge) == (ResultCode.TIMEOUT, False, False)
        assert link.usable
        assert not link.load
        link.close()


def test_request_that_was_sent_in_part_was_not_sent() -> None:
    """A node that has half a request cannot have carried it out."""
    release = threading.Event()

    def script(peer: Peer) -> None:
        release.wait(10)

    with RawNode(script, receive_buffer=4096) as node:
        link = connect(node)
        failed = failure(link, call(frame(FrameType.MESSAGE, bytes(32 * 1024 * 1024)), total=0.1, write=True))
        release.set()
        assert (failed.code, failed.sent) == (ResultCode.TIMEOUT, False)
        assert not link.usable


@pytest.mark.parametrize("reset", [False, True])
def test_closed_connection_is_a_failure_after_the_request_was_sent(reset: bool) -> None:
    """A farewell and a reset alike."""

    def script(peer: Peer) -> None:
        peer.frame()
        peer.send(reply()[:10])
        if reset:
            peer.reset()

    with RawNode(script) as node:
        link = connect(node)
        failed = failure(link, call(write=True))
        assert (failed.code, failed.sent) == (ResultCode.CONNECTION, True)
        assert not link.usable


@for_each(
    "garbage", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x07" * 40, info_reply([("a", "b")]), b"\x02\x03" + b"\xff" * 6]
)
def test_garbage_is_a_client_error_and_ends_the_link(garbage: bytes) -> None:
    """Another protocol, random bytes, the wrong kind of frame, an absurd size."""

    def script(peer: Peer) -> None:
        peer.frame()
        peer.send(garbage)
        peer.closed()

    with RawNode(script) as node:
        link = connect(node)
        failed = failure(link, call())
        assert (failed.code, failed.sent) == (ResultCode.CLIENT, True)
        assert failed.__cause__ is not None
        assert not link.usable


def test_bytes_behind_the_answer_end_the_link_but_not_the_call() -> None:
    """The answer counts; the link is not used again."""

    def script(peer: Peer) -> None:
        peer.frame()
        peer.send(reply() + b"\x00")
        peer.closed()

    with RawNode(script) as node:
        link = connect(node)
        assert len(run(link.exchange(call()))) == 22
        assert not link.usable


def test_closed_link_takes_no_request() -> None:
    """Another thread may have closed it: that is a failure, not a mistake in the program."""
    with RawNode(lambda peer: None if peer.closed() else pytest.fail("a byte was sent")) as node:
        link = connect(node)
        link.close()
        link.close()
        failed = failure(link, call())
        assert (failed.code, failed.sent) == (ResultCode.CONNECTION, False)


def test_closing_wakes_the_thread_that_waits() -> None:
    """A call under way in another thread ends when the link is closed, long before its timeout."""

    def script(peer: Peer) -> None:
        peer.frame()
        arrived.set()
        peer.closed()

    arrived = threading.Event()
    failures: list[LinkFailure] = []
    with RawNode(script) as node:
        link = connect(node)
        thread = threading.Thread(target=lambda: failures.append(failure(link, call(total=60.0))))
        thread.start()
        assert arrived.wait(10)
        link.close()
        thread.join(PATIENCE / 2)  # sooner than the node gives up
        assert not thread.is_alive()
    assert failures[0].sent


def test_interrupt_closes_the_link_and_says_that_a_write_was_sent() -> None:
    """Control-C in the middle leaves no half-read connection behind, and the doubt is told."""

    def script(peer: Peer) -> None:
        peer.frame()
        signal.pthread_kill(main, signal.SIGINT)
        peer.closed()

    main = threading.main_thread().ident or 0
    with RawNode(script) as node:
        link = connect(node)
        with pytest.raises(KeyboardInterrupt) as caught:
            run(link.exchange(call(write=True)))
        assert any("may have been applied" in note for note in caught.value.__notes__)
        assert not link.usable
        assert link.load == 0


def test_probe_sees_whether_the_idle_link_is_still_good() -> None:
    """Silence is good; a byte or a farewell is not."""
    go = threading.Event()

    def script(peer: Peer) -> None:
        assert go.wait(10)
        if peer.number:
            peer.send(b"x")
            peer.closed()

    with RawNode(script) as node:
        links = [connect(node), connect(node)]
        assert [link.probe() for link in links] == [True, True]
        go.set()
        for link in links:
            deadline = time.monotonic() + 5
            while link.probe() and time.monotonic() < deadline:
                time.sleep(0.001)
        assert [link.probe() for link in links] == [False, False]
        for link in links:
            link.close()
        assert [link.probe() for link in links] == [False, False]


def test_several_links_are_sent_to_before_any_is_read() -> None:
    """Nodes work at the same time: the first answers only after the second has its request."""
    both = threading.Barrier(2, timeout=10)

    def script(peer: Peer) -> None:
        peer.frame()
        if peer.number < 2:
            both.wait()
            peer.send(reply(generation=peer.number))

    runtime = BlockingRuntime()
    with RawNode(script) as node:
        links = [connect(node) for _ in range(3)]
        answers = run(runtime.exchange_all([(link, call()) for link in links]))
        for link in links:
            link.close()
    first, second, third = answers
    assert isinstance(first, bytes)
    assert isinstance(second, bytes)
    assert (first[9], second[9]) == (0, 1)
    assert isinstance(third, LinkFailure)
    assert third.sent


# Connecting


def test_refused_connection_is_a_failure() -> None:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(LinkFailure, match="cannot connect") as caught:
        run(BlockingRuntime().connect("127.0.0.1", port, 1.0))
    assert (caught.value.code, caught.value.sent) == (ResultCode.CONNECTION, False)


def test_host_without_an_address_is_a_failure() -> None:
    """A name that cannot be resolved, be it unknown or not even a name."""
    for host in ("no-such-host.invalid", "a" * 300, "\udc80"):
        with pytest.raises(LinkFailure) as caught:
            run(BlockingRuntime().resolve(host, 3000, 1.0))
        assert caught.value.code == ResultCode.INVALID_HOST


def test_stopped_node_leaves_no_connection() -> None:
    """Killing the node ends the call at once."""

    def script(peer: Peer) -> None:
        peer.frame()
        threading.Thread(target=node.kill).start()
        with pytest.raises(Gone):
            peer.frame()

    with RawNode(script) as node:
        link = connect(node)
        assert failure(link, call()).code == ResultCode.CONNECTION
    assert node.connections == 0
