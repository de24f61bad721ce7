"""Frame and message headers."""

from __future__ import annotations

import pytest
from cases import for_each
from hypothesis import given, settings
from hypothesis import strategies as st
from vectors import vector

from aerospike_wire.errors import ProtocolError
from aerospike_wire.proto.header import (
    MAX_FRAME_BODY,
    FrameType,
    MessageHeader,
    frame,
    frame_header,
    read_frame_header,
)

BYTE = st.integers(0, 0xFF)
SHORT = st.integers(0, 0xFFFF)
LONG = st.integers(0, 0xFFFF_FFFF)
HEADERS = st.builds(MessageHeader, BYTE, BYTE, BYTE, BYTE, BYTE, LONG, LONG, LONG, SHORT, SHORT)


def test_frame_of_the_official_client_is_read() -> None:
    """A captured frame's header gives its type and the size of what follows."""
    whole = vector("message/get_all")
    assert read_frame_header(whole) == (FrameType.MESSAGE, len(whole) - 8)


@given(st.sampled_from(list(FrameType)), st.binary(max_size=100), st.binary(max_size=5))
@settings(deadline=None, max_examples=60)
def test_frames_come_back_as_they_were_made(kind: FrameType, body: bytes, before: bytes) -> None:
    """Reading what was packed gives the type and the size, at any offset."""
    whole = frame(kind, body)
    assert whole == frame_header(kind, len(body)) + body
    assert read_frame_header(before + whole, len(before)) == (kind, len(body))


@for_each("name", ["version_1", "version_3", "type_0", "type_6", "type_5", "oversize", "tls_hello"])
def test_headers_that_servers_close_on_are_refused(name: str) -> None:
    """Each header that made a real server close the connection is a ProtocolError here too."""
    with pytest.raises(ProtocolError):
        read_frame_header(vector(f"frame/{name}").ljust(8, b"\0"))


def test_largest_frame_is_accepted_and_one_byte_more_is_not() -> None:
    """The limit itself is allowed."""
    assert read_frame_header(frame_header(FrameType.INFO, MAX_FRAME_BODY)) == (FrameType.INFO, MAX_FRAME_BODY)
    with pytest.raises(ProtocolError, match="limit"):
        read_frame_header(frame_header(FrameType.INFO, MAX_FRAME_BODY + 1))


@given(st.binary(min_size=8, max_size=8))
@settings(deadline=None, max_examples=200)
def test_any_eight_bytes_are_a_frame_header_or_a_protocol_error(data: bytes) -> None:
    """Nothing else happens, and what is accepted makes the same bytes again."""
    try:
        kind, size = read_frame_header(data)
    except ProtocolError:
        return
    assert frame_header(kind, size) == data


@given(HEADERS, st.binary(max_size=5))
@settings(deadline=None, max_examples=100)
def test_message_headers_come_back_as_they_were_made(header: MessageHeader, before: bytes) -> None:
    """Packing and unpacking keep every part of a message header."""
    assert MessageHeader.unpack(before + header.pack(), len(before)) == header


@given(st.binary(max_size=21))
@settings(deadline=None, max_examples=50)
def test_short_message_header_is_refused(data: bytes) -> None:
    """Fewer than 22 bytes are no message header."""
    with pytest.raises(ProtocolError, match="cut off"):
        MessageHeader.unpack(data)
