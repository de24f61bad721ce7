"""One connection as a state table."""

from __future__ import annotations

import contextlib
import itertools

import pytest
from cases import for_each
from hypothesis import given, settings
from hypothesis import strategies as st

from aerospike_wire.errors import ProtocolError
from aerospike_wire.proto.channel import TABLE, Channel, Event, Exchange, State
from aerospike_wire.proto.header import FrameType, frame, frame_header

KINDS = st.sampled_from([FrameType.INFO, FrameType.ADMIN, FrameType.MESSAGE])
FRAMES = st.lists(st.tuples(KINDS, st.binary(max_size=200)), min_size=1, max_size=8)


def state(channel: Channel) -> State:
    """The channel's state as it is now."""
    return channel.state


def asked(*kinds: int) -> tuple[Channel, list[Exchange]]:
    """A channel that waits for answers of these kinds."""
    channel = Channel()
    waiting = [Exchange(kind) for kind in kinds]
    for exchange in waiting:
        channel.send(exchange)
    return channel, waiting


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    """The bytes cut at these places."""
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[begin:end] for begin, end in itertools.pairwise(places)]


@given(FRAMES, st.lists(st.integers(0, 2000), max_size=20))
@settings(deadline=None, max_examples=100)
def test_answers_are_the_same_however_the_bytes_are_cut(rows: list[tuple[FrameType, bytes]], cuts: list[int]) -> None:
    """Whole, byte by byte, or in any pieces: the same exchanges get the same bodies in the same order."""
    data = b"".join(frame(kind, body) for kind, body in rows)
    for parts in ([data], pieces(data, cuts), [data[at : at + 1] for at in range(len(data))]):
        channel, waiting = asked(*(kind for kind, _ in rows))
        done = [exchange for part in parts for exchange in channel.receive(part)]
        assert done == waiting
        assert [exchange.body for exchange in done] == [body for _, body in rows]
        assert state(channel) is State.READY
        assert not channel.pending


@given(FRAMES, st.lists(st.integers(0, 2000), max_size=8), st.binary(min_size=1, max_size=40))
@settings(deadline=None, max_examples=100)
def test_garbage_breaks_the_channel_after_the_answers_before_it(
    rows: list[tuple[FrameType, bytes]], cuts: list[int], garbage: bytes
) -> None:
    """What came whole before the garbage is delivered; then the channel is broken and stays so."""
    data = b"".join(frame(kind, body) for kind, body in rows) + b"\x07" + garbage
    channel, waiting = asked(*(kind for kind, _ in rows))
    done: list[Exchange] = []
    with contextlib.suppress(ProtocolError):
        for part in pieces(data, cuts):
            done += channel.receive(part)
    assert done == waiting
    assert state(channel) is State.BROKEN
    assert isinstance(channel.error, ProtocolError)
    with pytest.raises(ProtocolError):
        channel.receive(b"more")
    with pytest.raises(RuntimeError, match="broken"):
        channel.send(Exchange())


@given(st.lists(st.binary(max_size=60), max_size=6), st.integers(0, 4), st.lists(KINDS, max_size=4))
@settings(deadline=None, max_examples=300)
def test_any_bytes_are_answers_or_break_the_channel(parts: list[bytes], count: int, kinds: list[FrameType]) -> None:
    """No other exception comes out, and no more is answered than was asked."""
    channel, waiting = asked(*(kinds * count)[:4])
    done: list[Exchange] = []
    try:
        for part in parts:
            done += channel.receive(part)
    except ProtocolError:
        assert state(channel) is State.BROKEN
    assert done == waiting[: len(done)]


def test_a_new_channel_has_sent_nothing_and_takes_nothing() -> None:
    """Bytes that nobody asked for break it, be they a whole frame or a single byte."""
    for data in (b"\x02", frame(FrameType.MESSAGE, b"x"), b"HTTP/1.1"):
        channel = Channel()
        assert state(channel) is State.NEW
        with pytest.raises(ProtocolError):
            channel.receive(data)
        assert state(channel) is State.BROKEN


@pytest.mark.parametrize("extra", [b"\x02", frame(FrameType.MESSAGE, b"again"), bytes(8)])
def test_bytes_after_the_last_answer_break_the_channel(extra: bytes) -> None:
    """The answer is good, but what follows it was not asked for, so nothing later can be trusted."""
    channel, (exchange,) = asked(FrameType.MESSAGE)
    assert channel.receive(frame(FrameType.MESSAGE, b"good") + extra) == [exchange]
    assert exchange.body == b"good"
    assert state(channel) is State.BROKEN


@for_each(
    ("data", "words"),
    [
        (frame(FrameType.INFO, b""), "expected 3"),
        (frame(FrameType.COMPRESSED, bytes(10)), "compressed frame"),
        (b"\x01\x03" + bytes(6), "version 1"),
        (b"\x02\x05" + bytes(6), "type 5"),
        (b"\x02\x03\xff\xff\xff\xff\xff\xff", "limit"),
        (frame_header(FrameType.MESSAGE, 128 * 1024 * 1024 + 1), "limit"),
        (b"HTTP/1.1 400 Bad Request", "version 72"),
    ],
)
def test_frame_that_cannot_be_the_answer_breaks_the_channel(data: bytes, words: str) -> None:
    """The error says what was wrong with it."""
    channel, _ = asked(FrameType.MESSAGE)
    with pytest.raises(ProtocolError, match=words):
        channel.receive(data)
    assert state(channel) is State.BROKEN


def test_header_that_claims_much_costs_no_memory() -> None:
    """A claim of 128 MiB takes no more room than the bytes that came."""
    channel, _ = asked(FrameType.MESSAGE)
    channel.receive(frame_header(FrameType.MESSAGE, 128 * 1024 * 1024) + bytes(1000))
    assert len(channel._buffer) <= 64 * 1024
    for _ in range(20):
        channel.receive(bytes(50_000))
    assert len(channel._buffer) <= 4 * 1_001_008


def test_room_for_large_answers_is_given_back() -> None:
    """After a large answer the buffer has its usual size again."""
    channel, (exchange,) = asked(FrameType.MESSAGE)
    body = bytes(range(256)) * 8192
    assert channel.receive(frame(FrameType.MESSAGE, body)) == [exchange]
    assert exchange.body == body
    assert len(channel._buffer) == 64 * 1024


def test_frame_as_large_as_the_limit_is_taken() -> None:
    """The limit is the largest size that is waited for; a header that claims more is refused at once."""
    channel = Channel(limit=100)
    exchange = Exchange()
    channel.send(exchange)
    assert channel.receive(frame_header(FrameType.MESSAGE, 100)) == []
    assert channel.receive(bytes(100)) == [exchange]
    channel.send(Exchange())
    with pytest.raises(ProtocolError, match="101"):
        channel.receive(frame_header(FrameType.MESSAGE, 101))


def test_answers_of_several_frames_are_collected_up_to_the_last() -> None:
    """The collector sees every frame; the exchange after it gets the next one."""
    seen: list[bytes] = []

    def collect(body: bytes) -> bool:
        seen.append(body)
        return body == b"last"

    channel = Channel()
    many, one = Exchange(collect=collect), Exchange()
    channel.send(many)
    channel.send(one)
    data = b"".join(frame(FrameType.MESSAGE, body) for body in (b"first", b"second", b"last", b"other"))
    assert channel.receive(data) == [many, one]
    assert seen == [b"first", b"second", b"last"]
    assert (many.body, one.body) == (b"last", b"other")


def test_collector_that_finds_nonsense_breaks_the_channel() -> None:
    """What the collector raises is the channel's error."""

    def collect(body: bytes) -> bool:
        msg = "no such row"
        raise ProtocolError(msg)

    channel = Channel()
    channel.send(Exchange(collect=collect))
    with pytest.raises(ProtocolError, match="no such row"):
        channel.receive(frame(FrameType.MESSAGE, b"x"))
    assert state(channel) is State.BROKEN


def test_withdrawn_request_gets_no_answer() -> None:
    """A request that was not sent after all leaves no place behind."""
    channel, (first, second, third) = asked(3, 3, 3)
    channel.withdraw(second)
    data = frame(FrameType.MESSAGE, b"1") + frame(FrameType.MESSAGE, b"3")
    assert channel.receive(data) == [first, third]
    assert third.body == b"3"


def test_nothing_is_sent_while_a_login_waits_for_its_answer() -> None:
    """A login comes first and alone; afterwards the channel is ready."""
    channel = Channel()
    login = Exchange(FrameType.ADMIN, login=True)
    channel.send(login)
    assert state(channel) is State.LOGIN
    with pytest.raises(RuntimeError, match="login cannot send"):
        channel.send(Exchange())
    assert channel.receive(frame(FrameType.ADMIN, bytes(16))) == [login]
    assert state(channel) is State.READY
    again = Exchange(FrameType.ADMIN, login=True)  # the session that was shown first was over
    channel.send(again)
    assert channel.receive(frame(FrameType.ADMIN, bytes(16))) == [again]
    channel.send(Exchange())
    with pytest.raises(RuntimeError, match="while requests wait"):
        channel.send(Exchange(FrameType.ADMIN, login=True))


def test_closed_channel_sends_nothing() -> None:
    """After the end nothing can be asked, and closing again is no mistake."""
    channel, _ = asked(3)
    channel.close()
    channel.close()
    assert state(channel) is State.CLOSED
    with pytest.raises(RuntimeError, match="closed"):
        channel.send(Exchange())


def test_every_state_can_be_left_by_garbage_and_by_closing() -> None:
    """The table knows the two events that can come at any time in every state, and leads to known states."""
    assert set(TABLE) == set(State)
    for row in TABLE.values():
        assert {Event.GARBAGE, Event.CLOSE} <= set(row)
        assert set(row.values()) <= set(State)
    assert TABLE[State.BROKEN][Event.CLOSE] is State.BROKEN
