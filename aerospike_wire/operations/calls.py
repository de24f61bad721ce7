"""Calls as the value of an operation: a list of a number and its arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from aerospike_wire.operations import checks
from aerospike_wire.operations.contexts import packed_path
from aerospike_wire.operations.operation import Operation
from aerospike_wire.proto.message import OpCode
from aerospike_wire.proto.msgpack import pack_call, pack_int
from aerospike_wire.proto.values import Particle

if TYPE_CHECKING:
    from aerospike_wire.operations.contexts import Contexts

_IN_CONTEXT: Final = pack_int(0xFF)
_FIRST_OF_MAPS: Final = 64
STRINGS_SINCE: Final = "8.2"
"""The server version that has operations on text."""


def _call(bin_name: Any, ctx: Any, call: bytes, create: int = 0) -> tuple[str, bytes]:
    name = checks.bin_of(bin_name)
    path = packed_path(ctx, "ctx", create)
    return name, call if path is None else pack_call(_IN_CONTEXT, path, call)


def collection_read(bin_name: Any, ctx: Contexts, number: int, *items: bytes, since: str | None = None) -> Operation:
    """Read from a list or map."""
    name, data = _call(bin_name, ctx, pack_call(pack_int(number), *items))
    return Operation("", OpCode.CDT_READ, name, Particle.BLOB, data, responds=number >= _FIRST_OF_MAPS, since=since)


def collection_modify(bin_name: Any, ctx: Contexts, number: int, *items: bytes, create: int = 0) -> Operation:
    """Change a list or map.

    Args:
        bin_name: the bin.
        ctx: where in the bin, None for its own list or map.
        number: of the call.
        items: its arguments, packed.
        create: flag for the last context, if the call may create what it leads to.
    """
    name, data = _call(bin_name, ctx, pack_call(pack_int(number), *items), create)
    return Operation("", OpCode.CDT_MODIFY, name, Particle.BLOB, data, writes=True, responds=number >= _FIRST_OF_MAPS)


def blob_read(bin_name: Any, number: int, *items: bytes, ctx: Contexts = None, since: str | None = None) -> Operation:
    """Read from a blob."""
    name, data = _call(bin_name, ctx, pack_call(pack_int(number), *items))
    return Operation("", OpCode.BITS_READ, name, Particle.BLOB, data, responds=True, since=since)


def blob_modify(bin_name: Any, number: int, *items: bytes) -> Operation:
    """Change a blob."""
    name, data = _call(bin_name, None, pack_call(pack_int(number), *items))
    return Operation("", OpCode.BITS_MODIFY, name, Particle.BLOB, data, writes=True, responds=True)


def sketch_read(bin_name: Any, number: int, *items: bytes) -> Operation:
    """Read from a HyperLogLog."""
    name, data = _call(bin_name, None, pack_call(pack_int(number), *items))
    return Operation("", OpCode.HLL_READ, name, Particle.BLOB, data, responds=True)


def sketch_modify(bin_name: Any, number: int, *items: bytes) -> Operation:
    """Change a HyperLogLog."""
    name, data = _call(bin_name, None, pack_call(pack_int(number), *items))
    return Operation("", OpCode.HLL_MODIFY, name, Particle.BLOB, data, writes=True, responds=True)


def string_read(bin_name: Any, ctx: Contexts, number: int, *items: bytes) -> Operation:
    """Read from a string."""
    name, data = _call(bin_name, ctx, pack_call(pack_int(number), *items))
    return Operation("", OpCode.STRING_READ, name, Particle.STRING, data, responds=True, since=STRINGS_SINCE)


def string_modify(bin_name: Any, ctx: Contexts, number: int, *items: bytes) -> Operation:
    """Change a string."""
    name, data = _call(bin_name, ctx, pack_call(pack_int(number), *items))
    return Operation(
        "", OpCode.STRING_MODIFY, name, Particle.STRING, data, writes=True, responds=True, since=STRINGS_SINCE
    )
