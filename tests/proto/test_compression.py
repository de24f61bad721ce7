"""Compressed frames: what is sent, what is taken, and what is refused."""

from __future__ import annotations

import struct
import tracemalloc
import zlib
from typing import Any

import pytest
from cases import for_each
from hypothesis import given
from hypothesis import strategies as st
from strategies import damaged
from vectors import encoded, vector

from aerospike_wire.errors import ParamError, ProtocolError
from aerospike_wire.policy import BatchPolicy, OperatePolicy, Policies, QueryPolicy, ReadPolicy, WritePolicy
from aerospike_wire.proto.channel import Channel, Exchange, State
from aerospike_wire.proto.commands.reads import Get
from aerospike_wire.proto.commands.writes import Put
from aerospike_wire.proto.compression import compressed, inflated
from aerospike_wire.proto.header import FRAME_HEADER_SIZE, FrameType, Info1, frame, frame_header

KEY = ("test", "demo", "k1")
LONG = frame(FrameType.MESSAGE, bytes(22) + b"x" * 5000)


def body_of(whole: bytes) -> bytes:
    """A frame without its header."""
    return whole[FRAME_HEADER_SIZE:]


def wrapped(inner: bytes, claimed: int | None = None) -> bytes:
    """The body of a compressed frame around any bytes."""
    return struct.pack(">Q", len(inner) if claimed is None else claimed) + zlib.compress(inner)


def asked(collect: Any = None) -> tuple[Channel, Exchange]:
    """A channel on which a data message is due."""
    channel, exchange = Channel(), Exchange(collect=collect)
    channel.send(exchange)
    return channel, exchange


def test_put_has_the_official_clients_form() -> None:
    """A compressed write holds what the official client's holds, with the same sizes claimed."""
    ours = encoded(Put(KEY, bins={"a": "z" * 300}, policy={"compression_threshold": 1}))
    theirs = vector("message/put_compressed")
    assert ours[:2] == theirs[:2] == b"\x02\x04"
    assert inflated(body_of(ours))[:22] == inflated(body_of(theirs))[:22]
    assert len(inflated(body_of(ours))) == len(inflated(body_of(theirs)))
    assert ours[FRAME_HEADER_SIZE : FRAME_HEADER_SIZE + 10] == theirs[FRAME_HEADER_SIZE : FRAME_HEADER_SIZE + 10]


def test_get_asks_for_compressed_replies() -> None:
    """A read with ``compress`` has the flag that lets the server compress, and is the official client's request."""
    request = encoded(Get(KEY, policy={"compress": True}))
    assert request == vector("message/get_compress")
    assert request[FRAME_HEADER_SIZE + 1] & Info1.COMPRESS_RESPONSE


def test_a_remembered_request_is_not_taken_for_another_policys() -> None:
    """Reads of one set with and without ``compress`` keep their own flags, whatever was sent before."""
    policies = Policies()
    plain, packed = ReadPolicy(), ReadPolicy(compress=True)
    found = []
    for policy in (plain, packed, plain, packed):
        command = Get(KEY, policy=policy)
        command.prepare(policies)
        found.append(bool(encoded(command)[FRAME_HEADER_SIZE + 1] & Info1.COMPRESS_RESPONSE))
    assert found == [False, True, False, True]


@for_each(
    ("policy", "size", "packed"),
    [
        ({}, 300, False),
        ({"compress": True}, 300, True),
        ({"compress": True}, 3, False),
        ({"compression_threshold": 200}, 300, True),
        ({"compression_threshold": 500}, 300, False),
        ({"compression_threshold": 500, "compress": True}, 300, False),
        ({"compression_threshold": 1}, 300, True),
    ],
)
def test_threshold(policy: dict[str, Any], size: int, packed: bool) -> None:
    """A request is compressed above the threshold: 128 bytes with ``compress``, or what the policy says."""
    request = encoded(Put(KEY, bins={"a": "z" * size}, policy=policy))
    assert request[1] == (FrameType.COMPRESSED if packed else FrameType.MESSAGE)


def test_what_would_grow_is_sent_as_it_is() -> None:
    """A frame that compression would make larger stays a plain one."""
    noise = frame(FrameType.MESSAGE, bytes(range(256)))
    assert compressed(noise) == noise


@for_each("cls", [ReadPolicy, WritePolicy, OperatePolicy, BatchPolicy, QueryPolicy])
def test_policies(cls: Any) -> None:
    """``compress`` is off, can be switched on, and is a bool."""
    assert cls().compress is False
    assert cls(compress=True).compress is True
    with pytest.raises(ParamError, match="compress"):
        cls(compress=1)


@given(st.binary(max_size=2000))
def test_there_and_back(content: bytes) -> None:
    """What was compressed is inflated to the same body."""
    whole = frame(FrameType.MESSAGE, content + bytes(200))
    assert inflated(body_of(compressed(whole))) == body_of(whole)


@for_each(
    ("body", "words"),
    [
        (b"", "cut off"),
        (bytes(7), "cut off"),
        (bytes(8), "does not hold"),
        (struct.pack(">Q", 30) + b"no deflated bytes", "cannot be inflated"),
        (wrapped(LONG)[:-3], "does not hold"),
        (wrapped(LONG) + b"more", "does not hold"),
        (wrapped(LONG, len(LONG) - 1), "does not hold"),
        (wrapped(LONG, len(LONG) + 1), "does not hold"),
        (wrapped(b""), "no frame"),
        (wrapped(b"\x02\x03"), "no frame"),
        (wrapped(frame(FrameType.INFO, bytes(30))), "type 1"),
        (wrapped(frame(FrameType.COMPRESSED, wrapped(LONG))), "type 4"),
        (wrapped(frame_header(FrameType.MESSAGE, 29) + bytes(30)), "29 bytes"),
        (wrapped(b"\x01\x03" + bytes(40)), "version 1"),
        (struct.pack(">Q", (1 << 64) - 1) + zlib.compress(LONG), "limit"),
        (struct.pack(">Q", 128 * 1024 * 1024 + 9) + zlib.compress(LONG), "limit"),
    ],
)
def test_refused(body: bytes, words: str) -> None:
    """A compressed frame that is not exactly one data message of the size it claims is an error."""
    with pytest.raises(ProtocolError, match=words):
        inflated(body)


def test_limit() -> None:
    """The limit of a connection holds for what is inside a compressed frame too."""
    with pytest.raises(ProtocolError, match="limit is 1000"):
        inflated(wrapped(LONG), 1000)
    assert inflated(wrapped(LONG), len(LONG) - FRAME_HEADER_SIZE) == body_of(LONG)


def test_bomb_costs_no_memory() -> None:
    """A few bytes that would inflate to very many are refused after as many as they claim."""
    bomb = struct.pack(">Q", 1000) + zlib.compress(bytes(64 * 1024 * 1024), 9)
    tracemalloc.start()
    try:
        with pytest.raises(ProtocolError, match="does not hold"):
            inflated(bomb)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1024 * 1024


@given(damaged(wrapped(LONG)))
def test_damaged(body: bytes) -> None:
    """Damaged frames are inflated to what they held or are errors, nothing else."""
    try:
        found = inflated(body)
    except ProtocolError:
        return
    assert len(found) == int.from_bytes(body[:8], "big") - FRAME_HEADER_SIZE


@given(st.lists(st.booleans(), min_size=1, max_size=8), st.integers(1, 60))
def test_channel_takes_both_kinds(kinds: list[bool], step: int) -> None:
    """Compressed and plain answers may alternate and come in any pieces."""
    channel = Channel()
    exchanges = [Exchange() for _ in kinds]
    data = b""
    for number, (exchange, packed) in enumerate(zip(exchanges, kinds, strict=True)):
        channel.send(exchange)
        whole = frame(FrameType.MESSAGE, bytes((number,)) * 300)
        data += compressed(whole) if packed else whole
    done = []
    for start in range(0, len(data), step):
        done += channel.receive(data[start : start + step])
    assert done == exchanges
    assert [exchange.body for exchange in done] == [bytes((number,)) * 300 for number in range(len(kinds))]


def test_answers_of_several_frames_may_mix() -> None:
    """Each frame of a long answer may be compressed or not."""
    bodies: list[bytes] = []

    def collect(body: bytes) -> bool:
        bodies.append(body)
        return len(bodies) == 3

    channel, exchange = asked(collect)
    whole = frame(FrameType.MESSAGE, bytes(300))
    assert channel.receive(compressed(whole) + whole + compressed(whole)) == [exchange]
    assert bodies == [bytes(300)] * 3


@pytest.mark.parametrize("body", [wrapped(LONG)[:-3], wrapped(LONG, 100), bytes(8)])
def test_channel_breaks(body: bytes) -> None:
    """After a compressed frame that makes no sense nothing on the connection is trusted."""
    channel, _ = asked()
    with pytest.raises(ProtocolError):
        channel.receive(frame(FrameType.COMPRESSED, body))
    assert channel.state is State.BROKEN


def test_no_other_answer_may_be_compressed() -> None:
    """An answer to an info request must not come as a compressed frame."""
    channel = Channel()
    channel.send(Exchange(FrameType.INFO))
    with pytest.raises(ProtocolError, match="expected 1"):
        channel.receive(frame(FrameType.COMPRESSED, wrapped(LONG)))
