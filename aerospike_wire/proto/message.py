"""Data messages whole: header, fields, operations (protocol section 2)."""

from __future__ import annotations

import enum
import struct
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from aerospike_wire.errors import ProtocolError
from aerospike_wire.proto import values
from aerospike_wire.proto.fields import read_fields
from aerospike_wire.proto.header import (
    MESSAGE_HEADER_SIZE,
    FrameType,
    Info3,
    MessageHeader,
    frame,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_OP: Final = struct.Struct(">IBBBB")
_OP_FIXED: Final = 4
"""Bytes of an operation that its size counts before name and value."""


class OpCode(enum.IntEnum):
    """What an operation does."""

    READ = 1
    WRITE = 2
    CDT_READ = 3
    CDT_MODIFY = 4
    INCREMENT = 5
    EXP_READ = 7
    EXP_MODIFY = 8
    APPEND = 9
    PREPEND = 10
    TOUCH = 11
    BITS_READ = 12
    BITS_MODIFY = 13
    DELETE_ALL = 14
    HLL_READ = 15
    HLL_MODIFY = 16
    STRING_READ = 17
    STRING_MODIFY = 18
    TO_STRING = 19


def raw_op(code: int, particle: int, name: bytes, data: bytes) -> bytes:
    """The bytes of an operation whose parts are encoded already."""
    size = len(name)
    return _OP.pack(_OP_FIXED + size + len(data), code, particle, 0, size) + name + data


class Op(NamedTuple):
    """One operation of a request, or one bin or result of a reply."""

    code: int
    name: bytes
    """Bin name."""
    particle: int
    data: bytes

    def pack(self) -> bytes:
        """The bytes."""
        return raw_op(self.code, self.particle, self.name, self.data)

    @property
    def bin(self) -> str:
        """The bin name as text."""
        return self.name.decode(errors="surrogateescape")

    def value(self) -> Any:
        """The value as a Python object.

        Raises:
            ProtocolError: the bytes are not a value of their type.
        """
        return values.decode(self.particle, self.data)


class Message(NamedTuple):
    """A data message taken apart."""

    header: MessageHeader
    fields: dict[int, bytes]
    """Data by field type; of a type that occurs twice the first counts, as on servers."""
    ops: list[Op]

    @property
    def result(self) -> int:
        """The result code."""
        return self.header.result

    @property
    def last(self) -> bool:
        """True if a reply of several messages ends with this one."""
        return bool(self.header.info3 & Info3.LAST)


def pack_message(header: MessageHeader, fields: Sequence[bytes] = (), ops: Sequence[bytes] = ()) -> bytes:
    """A frame's body of packed fields and operations; their numbers are filled in."""
    return b"".join((header._replace(n_fields=len(fields), n_ops=len(ops)).pack(), *fields, *ops))


def message_frame(header: MessageHeader, fields: Sequence[bytes] = (), ops: Sequence[bytes] = ()) -> bytes:
    """A whole frame of packed fields and operations."""
    return frame(FrameType.MESSAGE, pack_message(header, fields, ops))


def read_op(view: memoryview, offset: int) -> tuple[Op, int]:
    """The operation at ``offset``, and the offset behind it.

    Raises:
        ProtocolError: it is cut off or its sizes contradict each other.
    """
    left = len(view) - offset
    if left < _OP.size:
        msg = f"an operation is cut off after {left} bytes"
        raise ProtocolError(msg)
    size, code, particle, flags, name_size = _OP.unpack_from(view, offset)
    stop = offset + 4 + size
    start = offset + _OP.size + name_size + (8 if flags & 1 else 0)
    if stop > len(view) or start > stop:
        msg = f"an operation claims {size} bytes with a name of {name_size}, {left - 4} are there"
        raise ProtocolError(msg)
    name = bytes(view[offset + _OP.size : offset + _OP.size + name_size])
    return Op(code, name, particle, bytes(view[start:stop])), stop


def read_message(data: bytes | bytearray | memoryview, offset: int = 0) -> tuple[Message, int]:
    """The message at ``offset``, and the offset behind it.

    Raises:
        ProtocolError: a part of it is cut off.
    """
    view = memoryview(data)
    header = MessageHeader.unpack(view, offset)
    offset += MESSAGE_HEADER_SIZE
    fields: dict[int, bytes] = {}
    for kind, content, stop in read_fields(view, offset, header.n_fields):
        fields.setdefault(kind, bytes(content))
        offset = stop
    ops = []
    for _ in range(header.n_ops):
        op, offset = read_op(view, offset)
        ops.append(op)
    return Message(header, fields, ops), offset


def read_messages(body: bytes | bytearray | memoryview) -> Iterator[Message]:
    """All messages of a frame's body, in order.

    Raises:
        ProtocolError: one of them is cut off.
    """
    offset = 0
    while offset < len(body):
        message, offset = read_message(body, offset)
        yield message
