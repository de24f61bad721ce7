"""What operations do to the bins of one record (protocol sections 2.5 and 2.6).

Functions here work on a copy of a record's bins; whether it replaces the record is the
caller's business. A bin value is a particle: its type and its bytes.
"""

from __future__ import annotations

import functools
import struct
from typing import TYPE_CHECKING, Final

from aerospike_wire.embedded import bits, geo, hll, normal, sketch
from aerospike_wire.embedded.cdt import call as cdt
from aerospike_wire.embedded.refusal import Refusal
from aerospike_wire.errors import ProtocolError
from aerospike_wire.errors.codes import ResultCode
from aerospike_wire.proto.message import OpCode
from aerospike_wire.proto.values import MAX_BIN_NAME, Particle

if TYPE_CHECKING:
    from collections.abc import Callable

    from aerospike_wire.embedded.outcome import Outcome
    from aerospike_wire.embedded.store import Particle as Value
    from aerospike_wire.proto.message import Op

    Compute = Callable[["Bins", Op], Value | None]
    """Carries out an operation that holds expressions, which may be about the whole record."""

Bins = dict[bytes, "Value"]

_OP: Final = struct.Struct(">IBBBB")
_F64: Final = struct.Struct(">d")
_WORD: Final = (1 << 64) - 1
_INTEGER_SIZES: Final = (1, 2, 4, 8)

LANGUAGE_BLOBS: Final = range(Particle.JAVA_BLOB, Particle.ERLANG_BLOB + 1)

READ_OPS: Final = frozenset({OpCode.READ, OpCode.CDT_READ, OpCode.EXP_READ, OpCode.BITS_READ, OpCode.HLL_READ})
"""Operations that a read message may hold."""
MODIFY_OPS: Final = frozenset(
    {
        OpCode.CDT_MODIFY,
        OpCode.INCREMENT,
        OpCode.APPEND,
        OpCode.PREPEND,
        OpCode.BITS_MODIFY,
        OpCode.HLL_MODIFY,
        OpCode.EXP_MODIFY,
    }
)
"""Operations that build on what the bin holds."""


def result(code: int, name: bytes, value: Value | None) -> bytes:
    """One operation of a reply: a bin, or what an operation gave; None for no value."""
    kind, data = (0, b"") if value is None else value
    return _OP.pack(4 + len(name) + len(data), code, kind, 0, len(name)) + name + data


def check_name(name: bytes) -> None:
    """Refuse what no bin can be called.

    Raises:
        Refusal: 21, the name is too long or holds a NUL.
    """
    if len(name) > MAX_BIN_NAME or 0 in name:
        raise Refusal(ResultCode.BIN_NAME, "bin name too long or with a NUL")


# Values


def _blob(data: bytes) -> bytes:
    return data


def _integer(data: bytes) -> bytes:
    if len(data) == 8:
        return data
    if len(data) not in _INTEGER_SIZES:
        raise Refusal(ResultCode.INVALID_REQUEST, f"integer of {len(data)} bytes")
    return bytes(8 - len(data)) + data


def _float(data: bytes) -> bytes:
    if len(data) != _F64.size:
        raise Refusal(ResultCode.INVALID_REQUEST, f"float of {len(data)} bytes")
    return data


def _bool(data: bytes) -> bytes:
    if data not in (b"\x00", b"\x01"):
        raise Refusal(ResultCode.INVALID_REQUEST, "bool that is neither 0 nor 1")
    return data


def _hll(data: bytes) -> bytes:
    try:
        sketch.check(data)
    except sketch.NotASketch as error:
        raise Refusal(ResultCode.INVALID_REQUEST, str(error)) from None
    return data


def _list(data: bytes) -> bytes:
    try:
        return normal.normal_list(data)
    except ProtocolError as error:
        raise Refusal(ResultCode.SERVER, str(error)) from None


def _map(data: bytes) -> bytes:
    try:
        return normal.normal_map(data)
    except ProtocolError as error:
        raise Refusal(ResultCode.SERVER, str(error)) from None


def _geojson(data: bytes) -> bytes:
    try:
        return geo.stored(data)
    except geo.BadGeoJSON as error:
        raise Refusal(ResultCode.INVALID_GEOJSON, str(error)) from None


_STORED: Final[dict[int, Callable[[bytes], bytes]]] = {
    Particle.INTEGER: _integer,
    Particle.FLOAT: _float,
    Particle.STRING: _blob,
    Particle.BLOB: _blob,
    **dict.fromkeys(LANGUAGE_BLOBS, _blob),
    Particle.VECTOR: _blob,
    Particle.BOOL: _bool,
    Particle.HLL: _hll,
    Particle.MAP: _map,
    Particle.LIST: _list,
    Particle.GEOJSON: _geojson,
}


def stored(kind: int, data: bytes) -> Value:
    """The particle that a node keeps for one that a client sends.

    Raises:
        Refusal: 4 for an unknown type or bytes that are no value of it, 1 for lists and
            maps that cannot be stored, 160 for bad GeoJSON.
    """
    convert = _STORED.get(kind)
    if convert is None:
        raise Refusal(ResultCode.INVALID_REQUEST, f"particle type {kind}")
    return kind, convert(data)


def remove_bin(bins: Bins, name: bytes) -> None:
    """Take a bin out; the last bin moves into its place, as on a server."""
    if name not in bins:
        return
    last, value = bins.popitem()
    if last == name:
        return
    items = [(last, value) if other == name else (other, kept) for other, kept in bins.items()]
    bins.clear()
    bins.update(items)


# Writing


def _write(bins: Bins, op: Op) -> None:
    if op.particle == Particle.NULL:
        remove_bin(bins, op.name)
    else:
        bins[op.name] = stored(op.particle, op.data)


def _changeable(kind: int, op: Op) -> None:
    """Refuse what fails before the types of bin and operand are compared.

    Raises:
        Refusal: 4, the operand is of no type that a bin can have; 1, the bin holds GeoJSON,
            which a server cannot change in place.
    """
    if op.particle not in _STORED:
        raise Refusal(ResultCode.INVALID_REQUEST, f"operand of particle type {op.particle}")
    if kind == Particle.GEOJSON:
        raise Refusal(ResultCode.SERVER, "GeoJSON cannot be changed in place")


def _increment(bins: Bins, op: Op) -> None:
    found = bins.get(op.name)
    if found is None:
        bins[op.name] = stored(op.particle, op.data)
        return
    kind, data = found
    _changeable(kind, op)
    if kind != op.particle or kind not in (Particle.INTEGER, Particle.FLOAT):
        raise Refusal(ResultCode.BIN_INCOMPATIBLE_TYPE, "increment of another type")
    _, delta = stored(kind, op.data)
    if kind == Particle.INTEGER:
        total = (int.from_bytes(data, "big") + int.from_bytes(delta, "big")) & _WORD
        bins[op.name] = kind, total.to_bytes(8, "big")
    else:
        bins[op.name] = kind, _F64.pack(_F64.unpack(data)[0] + _F64.unpack(delta)[0])


def _concatenate(bins: Bins, op: Op, *, behind: bool) -> None:
    found = bins.get(op.name)
    if found is None:
        bins[op.name] = stored(op.particle, op.data)
        return
    kind, data = found
    _changeable(kind, op)
    if kind != op.particle or (kind not in (Particle.STRING, Particle.BLOB) and kind not in LANGUAGE_BLOBS):
        raise Refusal(ResultCode.BIN_INCOMPATIBLE_TYPE, "append to or prepend of another type")
    bins[op.name] = kind, data + op.data if behind else op.data + data


def _append(bins: Bins, op: Op) -> None:
    _concatenate(bins, op, behind=True)


def _prepend(bins: Bins, op: Op) -> None:
    _concatenate(bins, op, behind=False)


def _delete_all(bins: Bins, op: Op) -> None:  # noqa: ARG001  one shape for all
    bins.clear()


_SILENT: Final[dict[int, Callable[[Bins, Op], None]]] = {
    OpCode.WRITE: _write,
    OpCode.INCREMENT: _increment,
    OpCode.APPEND: _append,
    OpCode.PREPEND: _prepend,
    OpCode.DELETE_ALL: _delete_all,
}
"""Operations that give no value."""

CALLS: Final[dict[int, Callable[[Value | None, bytes], Outcome]]] = {
    OpCode.CDT_READ: functools.partial(cdt.execute, OpCode.CDT_READ),
    OpCode.CDT_MODIFY: functools.partial(cdt.execute, OpCode.CDT_MODIFY),
    OpCode.BITS_READ: bits.read,
    OpCode.BITS_MODIFY: bits.modify,
    OpCode.HLL_READ: hll.read,
    OpCode.HLL_MODIFY: hll.modify,
}
"""Operations whose value is a call on what the bin holds: they may give a value, change the bin, or both.

A handler takes the bin's particle, None for a missing bin, and the call's bytes.
"""


def is_computed(op: Op) -> bool:
    """Whether the value of an operation is an expression."""
    return op.code in (OpCode.EXP_READ, OpCode.EXP_MODIFY)


def _call(bins: Bins, op: Op) -> Value | None:
    """Make a call on a bin; its value."""
    outcome = CALLS[op.code](bins.get(op.name), op.data)
    if outcome.stored is not None:
        bins[op.name] = outcome.stored
    return outcome.value


def apply(bins: Bins, op: Op, *, respond_all: bool, compute: Compute | None = None) -> bytes | None:
    """Do one operation of a write message.

    Args:
        bins: changed in place.
        op: the operation.
        respond_all: whether operations without a value are answered too.
        compute: carries out operations whose value is an expression.

    Returns:
        What the reply gets for it, if anything.

    Raises:
        Refusal: the operation fails, or is none that this node knows (4).
    """
    if op.code == OpCode.TOUCH:
        return None  # answered by nothing even if all operations are
    if op.code in READ_OPS:
        # Beside writes, a call that gives nothing on a bin that is there is answered by a null all the same.
        called = op.code == OpCode.EXP_READ or (op.code != OpCode.READ and op.name in bins)
        return read(bins, op, respond_all=respond_all or called, compute=compute)
    if compute is not None and is_computed(op):
        check_name(op.name)
        compute(bins, op)
        return result(op.code, op.name, None) if respond_all else None
    if op.code in CALLS:
        value = _call(bins, op)
        return None if value is None and not respond_all else result(op.code, op.name, value)
    change = _SILENT.get(op.code)
    if change is None:
        raise Refusal(ResultCode.INVALID_REQUEST, f"operation {op.code}")
    change(bins, op)
    return result(op.code, op.name, None) if respond_all else None


def read(
    bins: Bins, op: Op, *, respond_all: bool, code: int | None = None, compute: Compute | None = None
) -> bytes | None:
    """Do one operation of a read message.

    Args:
        bins: the record's.
        op: the operation.
        respond_all: whether an operation without a value is answered, by a null.
        code: operation code of the answer if it is not the request's own.
        compute: carries out operations whose value is an expression.

    Returns:
        What the reply gets for it, if anything.

    Raises:
        Refusal: 21 for an impossible name, 4 for an operation that this node does not know
            or that writes.
    """
    check_name(op.name)
    if op.code == OpCode.READ:
        found = bins.get(op.name)
    elif op.code in READ_OPS and compute is not None and is_computed(op):
        found = compute(bins, op)
    elif op.code in READ_OPS and op.code in CALLS:
        found = CALLS[op.code](bins.get(op.name), op.data).value
    else:
        raise Refusal(ResultCode.INVALID_REQUEST, f"operation {op.code} in a read")
    if found is None and not respond_all:
        return None
    return result(op.code if code is None else code, op.name, found)
