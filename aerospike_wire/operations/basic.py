"""Operations on whole bins and on the record."""

from __future__ import annotations

from typing import Any

from aerospike_wire.errors import AerospikeError, ParamError, class_of
from aerospike_wire.operations.operation import Operation
from aerospike_wire.proto import values
from aerospike_wire.proto.invalid import InvalidArgument
from aerospike_wire.proto.message import OpCode


def refused(invalid: InvalidArgument) -> AerospikeError:
    """The error for an argument that an operation's function does not take."""
    error = class_of(invalid.code)(str(invalid))
    if isinstance(error, ParamError):
        error.argument = invalid.argument
    return error


def _operation(name: str, code: int, bin_name: str, value: Any, kinds: tuple[type, ...] = ()) -> Operation:
    try:
        values.bin_name(bin_name, "bin_name")
        if kinds and (isinstance(value, bool) or not isinstance(value, kinds)):
            allowed = " or ".join(kind.__name__ for kind in kinds)
            raise InvalidArgument("write_item", f"must be {allowed}, not {type(value).__name__}")
        particle, data = values.encode(value, "write_item")
    except InvalidArgument as invalid:
        raise refused(invalid) from None
    return Operation(name, code, bin_name, particle, data, (value,), writes=True)


def read(bin_name: str) -> Operation:
    """Read a bin; the value appears under its name in the result, if the bin exists.

    Raises:
        ParamError, BinNameError: the bin name is not acceptable.
    """
    try:
        values.bin_name(bin_name, "bin_name")
    except InvalidArgument as invalid:
        raise refused(invalid) from None
    return Operation("read", OpCode.READ, bin_name)


def write(bin_name: str, write_item: Any) -> Operation:
    """Write a bin; None deletes it.

    Raises:
        ParamError, BinNameError: the bin name or value is not acceptable.
    """
    return _operation("write", OpCode.WRITE, bin_name, write_item)


def append(bin_name: str, append_item: str | bytes | bytearray) -> Operation:
    """Add to the end of a string or blob.

    Raises:
        ParamError, BinNameError: the bin name or value is not acceptable.
    """
    return _operation("append", OpCode.APPEND, bin_name, append_item, (str, bytes, bytearray))


def prepend(bin_name: str, prepend_item: str | bytes | bytearray) -> Operation:
    """Add to the beginning of a string or blob.

    Raises:
        ParamError, BinNameError: the bin name or value is not acceptable.
    """
    return _operation("prepend", OpCode.PREPEND, bin_name, prepend_item, (str, bytes, bytearray))


def increment(bin_name: str, amount: float) -> Operation:
    """Add to an integer or float; both must be of the same kind. Integers wrap at 64 bits.

    Raises:
        ParamError, BinNameError: the bin name or amount is not acceptable.
    """
    return _operation("increment", OpCode.INCREMENT, bin_name, amount, (int, float))


def touch() -> Operation:
    """Renew the record's time to live, and count up its generation."""
    return Operation("touch", OpCode.TOUCH, None, writes=True)


def delete() -> Operation:
    """Delete all bins, and with them the record unless a later operation writes one."""
    return Operation("delete", OpCode.DELETE_ALL, None, writes=True)
