"""Data messages whole."""

from __future__ import annotations

import contextlib

import pytest
from cases import for_each
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import damaged
from vectors import names, vector

from aerospike_wire.errors import ProtocolError
from aerospike_wire.proto.fields import field
from aerospike_wire.proto.header import FrameType, MessageHeader, read_frame_header
from aerospike_wire.proto.message import (
    Op,
    message_frame,
    pack_message,
    read_message,
    read_messages,
    read_op,
)

OPS = st.builds(Op, st.integers(0, 255), st.binary(max_size=15), st.integers(0, 255), st.binary(max_size=30))
CAPTURED = [name for name in names("message/") if vector(name)[1] == FrameType.MESSAGE and not name.endswith("_reply")]


@for_each("name", CAPTURED)
def test_captured_requests_are_taken_apart_and_put_together_again(name: str) -> None:
    """Reading a request of the official client and packing its parts gives the same bytes."""
    whole = vector(name)
    message, stop = read_message(whole, 8)
    assert stop == len(whole)
    fields = [field(kind, data) for kind, data in message.fields.items()]
    assert message_frame(message.header, fields, [op.pack() for op in message.ops]) == whole


@for_each("name", [*names("message/", "_reply"), *names("batch/", "_reply"), *names("query/", "_reply")])
def test_recorded_replies_are_read_to_the_last_byte(name: str) -> None:
    """Every message of a real server's replies is read, and their sizes add up."""
    whole = vector(name)
    offset = 0
    while offset < len(whole):
        kind, size = read_frame_header(whole, offset)
        assert kind == FrameType.MESSAGE
        body = whole[offset + 8 : offset + 8 + size]
        found = list(read_messages(body))
        assert found
        for message in found:
            for op in message.ops:
                op.value()
        offset += 8 + size
    assert offset == len(whole)


@given(st.lists(OPS, max_size=5), st.dictionaries(st.integers(0, 255), st.binary(max_size=20), max_size=5))
@settings(deadline=None, max_examples=100)
def test_messages_come_back_as_they_were_made(ops: list[Op], fields: dict[int, bytes]) -> None:
    """Packing and reading keep header, fields and operations, and fill their numbers in."""
    body = pack_message(
        MessageHeader(1, 2, 3, 4, 5, 6, 7, 8), [field(*row) for row in fields.items()], [op.pack() for op in ops]
    )
    message, stop = read_message(body)
    assert stop == len(body)
    assert message.header == MessageHeader(1, 2, 3, 4, 5, 6, 7, 8, len(fields), len(ops))
    assert message.fields == fields
    assert message.ops == ops


def test_of_equal_fields_the_first_counts() -> None:
    """A field that occurs twice has its first value, as on servers."""
    message, _ = read_message(pack_message(MessageHeader(), [field(1, b"a"), field(1, b"b")]))
    assert message.fields == {1: b"a"}


def test_operation_skips_the_record_time_that_flags_announce() -> None:
    """Eight bytes between name and value are left out where the flags say that they are there."""
    data = b"\0\0\0\x0e\x01\x03\x01\x01n" + b"\xee" * 8 + b"v"
    op, stop = read_op(memoryview(data), 0)
    assert (op.name, op.data, stop) == (b"n", b"v", len(data))


@for_each(
    "data",
    [b"\0\0\0\4\1\0\0", b"\0\0\0\3\1\0\0\0", b"\0\0\0\4\1\0\0\1n", b"\0\0\0\5\1\0\1\1n", b"\xff\xff\xff\xff\1\0\0\0"],
)
def test_operation_whose_sizes_contradict_each_other_is_refused(data: bytes) -> None:
    """A name or value outside the operation is a ProtocolError."""
    with pytest.raises(ProtocolError, match="operation"):
        read_op(memoryview(data), 0)


@given(st.one_of(st.binary(max_size=120), damaged(vector("message/real_get_all_reply")[8:])))
@settings(deadline=None, max_examples=300)
def test_any_bytes_are_messages_or_a_protocol_error(data: bytes) -> None:
    """Nothing else is raised, also when values are read."""
    with contextlib.suppress(ProtocolError):
        for message in read_messages(data):
            for op in message.ops:
                assert isinstance(op.bin, str)
                op.value()
