"""Bins in requests and replies (protocol section 2.8)."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from aerospike_wire.errors import ProtocolError
from aerospike_wire.policy import TTL_NEVER_EXPIRE
from aerospike_wire.proto import values
from aerospike_wire.proto.header import CITRUSLEAF_EPOCH, MESSAGE_HEADER_SIZE
from aerospike_wire.proto.invalid import InvalidArgument
from aerospike_wire.proto.message import raw_op
from aerospike_wire.proto.msgpack import STORED, Purpose

if TYPE_CHECKING:
    from collections.abc import Callable


_FIELD_SIZE: Final = struct.Struct(">I")
_META: Final = struct.Struct(">6xII4xHH")
"""Of a reply's header: generation, void time, number of fields, of operations."""
_READER_OF: Final = values.READER_OF
_MAX_NAMES: Final = 4096
_names: Final[dict[bytes, str]] = {}
_INTEGER: Final = values.Particle.INTEGER.value
_unpack_bin: Final = struct.Struct(">IxBBB").unpack_from
_unpack_integer: Final = struct.Struct(">q").unpack_from
unpack_meta: Final = _META.unpack_from


def write_op(code: int, name: bytes, value: Any, argument: str, purpose: Purpose = STORED) -> bytes:
    """One operation with a value to be stored.

    Raises:
        InvalidArgument: the value has no type on the server.
    """
    particle, data = values.encode(value, argument, purpose)
    return raw_op(code, particle, name, data)


def bare_op(code: int, name: bytes = b"") -> bytes:
    """One operation without a value."""
    return raw_op(code, 0, name, b"")


def bins_of(names: Any, argument: str = "bins") -> tuple[str, ...]:
    """A list of bin names, checked to be one.

    Raises:
        InvalidArgument: it is not a list or tuple, or a name is not acceptable.
    """
    if isinstance(names, str) or not isinstance(names, Sequence):
        raise InvalidArgument(argument, f"must be a list of bin names, not {type(names).__name__}")
    for name in names:
        values.bin_name(name, argument)
    return tuple(names)


def time_to_live(void_time: int, wall: Callable[[], float]) -> int:
    """Seconds until a record expires; at least 1, because clocks differ. 4294967295 for never."""
    if not void_time:
        return TTL_NEVER_EXPIRE
    return max(1, void_time + CITRUSLEAF_EPOCH - int(wall()))


def read_bins(body: bytes, offset: int, count: int) -> dict[str, Any]:
    """The bins of a reply; of a name that occurs several times the last value counts.

    Raises:
        ProtocolError: a bin is cut off or not a value of its type.
    """
    bins: dict[str, Any] = {}
    end = len(body)
    for _ in range(count):
        try:
            size, particle, flags, name_size = _unpack_bin(body, offset)
        except struct.error:
            msg = f"a bin is cut off after {end - offset} bytes"
            raise ProtocolError(msg) from None
        name_at = offset + 8
        start = name_end = name_at + name_size
        if flags & 1:
            start += 8
        offset += 4 + size
        if offset > end or start > offset:
            msg = f"a bin claims {size} bytes with a name of {name_size}, {end - name_at + 4} are there"
            raise ProtocolError(msg)
        try:
            name = _names[body[name_at:name_end]]
        except KeyError:
            name = _name_of(body[name_at:name_end])
        if particle == _INTEGER and offset - start == 8:
            bins[name] = _unpack_integer(body, start)[0]
        else:
            bins[name] = _READER_OF[particle](body[start:offset])
    return bins


def _name_of(data: bytes) -> str:
    """A bin's name, of which there are few in a program: one object for each, which also knows its hash."""
    name = data.decode("utf-8", "surrogateescape")
    if len(_names) < _MAX_NAMES:
        _names[data] = name
    return name


def skip_fields(body: bytes, count: int, offset: int = 0) -> int:
    """The offset behind the ``count`` fields of the reply at ``offset``, for commands that do not need them.

    Raises:
        ProtocolError: a field is cut off.
    """
    offset += MESSAGE_HEADER_SIZE
    for _ in range(count):
        if len(body) - offset < 5:
            msg = "a field of a reply is cut off"
            raise ProtocolError(msg)
        size: int = _FIELD_SIZE.unpack_from(body, offset)[0]
        offset += 4 + size
        if size < 1 or offset > len(body):
            msg = f"a field of a reply claims {size} bytes, more than there are"
            raise ProtocolError(msg)
    return offset
