"""Operations on whole bins and on the record.

Every function raises ParamError, naming the argument, for one that cannot be used, and
BinNameError for a bin name that is too long.
"""

from __future__ import annotations

from typing import Any

from aerospike_wire.operations import checks
from aerospike_wire.operations.operation import Operation, builder
from aerospike_wire.proto import values
from aerospike_wire.proto.commands.flags import ttl_of
from aerospike_wire.proto.invalid import InvalidArgument
from aerospike_wire.proto.message import OpCode
from aerospike_wire.proto.msgpack import STORED
from aerospike_wire.types import GeoJSON, HyperLogLog


def _write(code: int, bin_name: Any, argument: str, value: Any, kinds: tuple[type, ...] = ()) -> Operation:
    name = checks.bin_of(bin_name)
    if kinds and (isinstance(value, bool | GeoJSON | HyperLogLog) or not isinstance(value, kinds)):
        allowed = " or ".join(kind.__name__ for kind in kinds)
        raise InvalidArgument(argument, f"must be {allowed}, not {type(value).__name__}")
    particle, data = values.encode(value, argument, STORED)
    return Operation("", code, name, particle, data, writes=True)


@builder
def read(bin_name: str | None = None) -> Operation:
    """Read a bin; the value appears under its name in the result, if the bin exists.

    Without a name all bins are read. In a call that changes the record too, no other
    operation may then have a result.
    """
    if bin_name is None:
        return Operation("", OpCode.READ, None)
    return Operation("", OpCode.READ, checks.bin_of(bin_name))


@builder
def write(bin_name: str, write_item: Any) -> Operation:
    """Write a bin; None deletes it."""
    return _write(OpCode.WRITE, bin_name, "write_item", write_item)


@builder
def append(bin_name: str, append_item: str | bytes | bytearray) -> Operation:
    """Add to the end of a string or blob."""
    return _write(OpCode.APPEND, bin_name, "append_item", append_item, (str, bytes, bytearray))


@builder
def prepend(bin_name: str, prepend_item: str | bytes | bytearray) -> Operation:
    """Add to the beginning of a string or blob."""
    return _write(OpCode.PREPEND, bin_name, "prepend_item", prepend_item, (str, bytes, bytearray))


@builder
def increment(bin_name: str, amount: float) -> Operation:
    """Add to an integer or float; both must be of the same kind. Integers wrap at 64 bits."""
    return _write(OpCode.INCREMENT, bin_name, "amount", amount, (int, float))


@builder
def touch(ttl: int | None = None) -> Operation:
    """Renew the record's time to live, and count up its generation.

    Args:
        ttl: seconds to live; it counts for the whole call, before the ttl of ``meta`` and
            policy. None or 0 for theirs.
    """
    return Operation("", OpCode.TOUCH, None, writes=True, ttl=None if ttl is None else ttl_of(ttl) or None)


@builder
def delete() -> Operation:
    """Delete all bins, and with them the record unless a later operation writes one."""
    return Operation("", OpCode.DELETE_ALL, None, writes=True)
