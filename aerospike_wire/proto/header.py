"""Frame and message headers, their flags and limits (protocol sections 1 and 2).

A frame is eight bytes (version, type, 48-bit size) and its body. The body of a data
message starts with 22 bytes of header; fields and operations follow.
"""

from __future__ import annotations

import enum
import struct
from typing import Final, NamedTuple

from aerospike_wire.errors import ProtocolError

PROTO_VERSION: Final = 2
FRAME_HEADER_SIZE: Final = 8
MESSAGE_HEADER_SIZE: Final = 22
MAX_FRAME_BODY: Final = 128 * 1024 * 1024
"""Bytes; servers close the connection on more, and this side believes no more either."""

_FRAME: Final = struct.Struct(">Q")
MESSAGE: Final = struct.Struct(">BBBBBBIIIHH")
"""header size, info1 to info4, result, generation, record TTL, transaction TTL, fields, operations"""


class FrameType(enum.IntEnum):
    """The kinds of frames."""

    INFO = 1
    ADMIN = 2
    MESSAGE = 3
    COMPRESSED = 4


class Info1:
    """First flag byte: reading.

    Plain numbers, as in the three others: with an enumeration every ``|`` and ``&`` takes a microsecond.
    """

    READ: Final = 0x01
    GET_ALL: Final = 0x02
    SHORT_QUERY: Final = 0x04
    BATCH: Final = 0x08
    XDR: Final = 0x10
    GET_NO_BINS: Final = 0x20
    READ_MODE_AP_ALL: Final = 0x40
    COMPRESS_RESPONSE: Final = 0x80


class Info2:
    """Second flag byte: writing."""

    WRITE: Final = 0x01
    DELETE: Final = 0x02
    GENERATION: Final = 0x04
    GENERATION_GT: Final = 0x08
    DURABLE_DELETE: Final = 0x10
    CREATE_ONLY: Final = 0x20
    RELAX_AP_LONG_QUERY: Final = 0x40
    RESPOND_ALL_OPS: Final = 0x80


class Info3:
    """Third flag byte; LAST and PARTITION_DONE mean other things in requests and replies."""

    LAST: Final = 0x01
    COMMIT_LEVEL_MASTER: Final = 0x02
    PARTITION_DONE: Final = 0x04
    UPDATE_ONLY: Final = 0x08
    CREATE_OR_REPLACE: Final = 0x10
    REPLACE_ONLY: Final = 0x20
    SC_READ_TYPE: Final = 0x40
    SC_READ_RELAX: Final = 0x80


class Info4:
    """Fourth flag byte: transactions, and how much the server says about errors."""

    MRT_VERIFY_READ: Final = 0x01
    MRT_ROLL_FORWARD: Final = 0x02
    MRT_ROLL_BACK: Final = 0x04
    MRT_ON_LOCKING_ONLY: Final = 0x10


ERROR_VERBOSITY_SHIFT: Final = 5

CITRUSLEAF_EPOCH: Final = 1_262_304_000
"""Seconds from the Unix epoch to 2010-01-01 UTC, where the server's expiry times begin."""


def frame(frame_type: int, body: bytes) -> bytes:
    """A whole frame."""
    return _FRAME.pack(PROTO_VERSION << 56 | frame_type << 48 | len(body)) + body


def frame_header(frame_type: int, size: int) -> bytes:
    """The eight bytes in front of a body of ``size`` bytes."""
    return _FRAME.pack(PROTO_VERSION << 56 | frame_type << 48 | size)


def read_frame_header(view: bytes | bytearray | memoryview, offset: int = 0) -> tuple[int, int]:
    """Type and body size of the frame at ``offset``, which must have eight bytes.

    Raises:
        ProtocolError: version, type or size are impossible.
    """
    (word,) = _FRAME.unpack_from(view, offset)
    version = word >> 56
    frame_type = word >> 48 & 0xFF
    size = word & 0xFFFF_FFFF_FFFF
    if version != PROTO_VERSION:
        msg = f"frame has protocol version {version}, expected {PROTO_VERSION}"
        raise ProtocolError(msg)
    if not FrameType.INFO <= frame_type <= FrameType.COMPRESSED:
        msg = f"frame has unknown type {frame_type}"
        raise ProtocolError(msg)
    if size > MAX_FRAME_BODY:
        msg = f"frame claims {size} bytes, the limit is {MAX_FRAME_BODY}"
        raise ProtocolError(msg)
    return frame_type, size


class MessageHeader(NamedTuple):
    """The 22 bytes in front of a data message's fields and operations."""

    info1: int = 0
    info2: int = 0
    info3: int = 0
    info4: int = 0
    result: int = 0
    generation: int = 0
    record_ttl: int = 0
    """Requests: TTL in seconds or a special value. Replies: seconds since 2010, 0 for never."""
    transaction_ttl: int = 0
    """Requests: milliseconds for the server. Batch replies: index of the row."""
    n_fields: int = 0
    n_ops: int = 0

    def pack(self) -> bytes:
        """The bytes."""
        return MESSAGE.pack(MESSAGE_HEADER_SIZE, *self)

    @classmethod
    def unpack(cls, view: bytes | bytearray | memoryview, offset: int = 0) -> MessageHeader:
        """Read a header.

        Raises:
            ProtocolError: there are fewer than 22 bytes.
        """
        if len(view) - offset < MESSAGE_HEADER_SIZE:
            msg = f"message header is cut off after {len(view) - offset} of {MESSAGE_HEADER_SIZE} bytes"
            raise ProtocolError(msg)
        return cls(*MESSAGE.unpack_from(view, offset)[1:])
