"""Fields of data messages."""

from __future__ import annotations

import pytest
from cases import for_each
from hypothesis import given, settings
from hypothesis import strategies as st
from vectors import vector

from aerospike_wire.errors import ProtocolError
from aerospike_wire.proto.fields import Field, field, read_fields
from aerospike_wire.proto.header import MESSAGE_HEADER_SIZE

FIELDS = st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=30)), max_size=10)


@given(FIELDS, st.binary(max_size=10))
@settings(deadline=None, max_examples=100)
def test_fields_come_back_as_they_were_made(rows: list[tuple[int, bytes]], rest: bytes) -> None:
    """Walking over packed fields gives types and data in order, and stops where they end."""
    packed = b"".join(field(kind, data) for kind, data in rows)
    found = list(read_fields(memoryview(packed + rest), 0, len(rows)))
    assert [(kind, bytes(data)) for kind, data, _ in found] == rows
    assert not found or found[-1][2] == len(packed)


def test_fields_of_a_captured_request_are_read() -> None:
    """The official client's get has namespace, set and digest."""
    body = memoryview(vector("message/get_all"))[8:]
    found = {kind: bytes(data) for kind, data, _ in read_fields(body, MESSAGE_HEADER_SIZE, 3)}
    assert found == {
        Field.NAMESPACE: b"test",
        Field.SET: b"demo",
        Field.DIGEST: bytes.fromhex("b747f5854d0b33259928d0cfab7fad81d6abfbf6"),
    }


@for_each(
    ("data", "count"),
    [
        (b"", 1),
        (b"\0\0\0\1", 1),
        (b"\0\0\0\0\7", 1),
        (b"\0\0\0\3\7x", 1),
        (b"\xff\xff\xff\xff\7", 1),
        (b"\0\0\0\1\7", 2),
    ],
)
def test_field_that_is_cut_off_or_has_no_type_is_refused(data: bytes, count: int) -> None:
    """A size that is zero or larger than what is there is a ProtocolError."""
    with pytest.raises(ProtocolError, match="field"):
        list(read_fields(memoryview(data), 0, count))


@given(st.binary(max_size=60), st.integers(0, 70), st.integers(0, 65535))
@settings(deadline=None, max_examples=200)
def test_any_bytes_are_fields_or_a_protocol_error(data: bytes, offset: int, count: int) -> None:
    """Whatever is walked over lies inside the data."""
    try:
        for _, content, stop in read_fields(memoryview(data), offset, count):
            assert stop <= len(data)
            assert len(content) <= len(data)
    except ProtocolError:
        pass
