"""Operations whose value is an expression: they read it, or write it into a bin (protocol section 7.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from aerospike_wire.embedded.engines import ENGINES
from aerospike_wire.embedded.filters import subject
from aerospike_wire.embedded.operations import remove_bin
from aerospike_wire.embedded.refusal import Refusal
from aerospike_wire.errors import ProtocolError
from aerospike_wire.errors.codes import ResultCode
from aerospike_wire.expressions import items
from aerospike_wire.expressions.evaluate import Malformed, parse
from aerospike_wire.proto.message import OpCode
from aerospike_wire.proto.values import Particle

if TYPE_CHECKING:
    from aerospike_wire.embedded.operations import Bins
    from aerospike_wire.embedded.store import Particle as Value
    from aerospike_wire.embedded.store import StoredRecord
    from aerospike_wire.expressions.evaluate import Program, Subject
    from aerospike_wire.proto.message import Op

CREATE_ONLY, UPDATE_ONLY, ALLOW_DELETE, POLICY_NO_FAIL, EVAL_NO_FAIL = 1, 2, 4, 8, 16
"""Flags of the operations; reading knows only the last."""
_WRITE_FLAGS: Final = CREATE_ONLY | UPDATE_ONLY | ALLOW_DELETE | POLICY_NO_FAIL | EVAL_NO_FAIL
_NIL: Final = (Particle.NULL.value, b"")


def run(record: StoredRecord, now: int, bins: Bins, op: Op) -> Value | None:
    """Carry out an operation.

    Args:
        record: the record, which may be one that is not stored yet.
        now: milliseconds since 2010.
        bins: what the operations before it made of the record's bins; changed in place.
        op: the operation.

    Returns:
        The value that was read; None for a write.

    Raises:
        Refusal: as for :func:`read` and :func:`write`.
    """
    about = subject(record, bins, now)
    if op.code == OpCode.EXP_READ:
        return read(op, about)
    write(bins, op, about)
    return None


def read(op: Op, about: Subject) -> Value:
    """The value of an expression.

    Raises:
        Refusal: 4, the expression or its flags are malformed; 26, it cannot be told.
    """
    program, flags = _parse(op.data, EVAL_NO_FAIL)
    found = program.particle(about, ENGINES)
    if isinstance(found, tuple):
        # GeoJSON is answered with its cells; nothing else changes by being stored.
        return (ENGINES.stored(found) or found) if found[0] == Particle.GEOJSON else found
    if not flags & EVAL_NO_FAIL:
        raise Refusal(ResultCode.OP_NOT_APPLICABLE, "the expression cannot be told")
    return _NIL


def write(bins: Bins, op: Op, about: Subject) -> None:
    """Write the value of an expression into a bin.

    Args:
        bins: changed in place.
        op: the operation.
        about: the record as the expression sees it.

    Raises:
        Refusal: 4, the expression or its flags are malformed; 26, it cannot be told, or is nil
            and must not delete; 6 and 17 as its flags ask for.
    """
    program, flags = _parse(op.data, _WRITE_FLAGS)
    code = None
    if flags & CREATE_ONLY and op.name in bins:
        code = ResultCode.BIN_EXISTS
    elif flags & UPDATE_ONLY and op.name not in bins:
        code = ResultCode.BIN_NOT_FOUND
    found = None if code else _value(program, about)
    if code is None and found is None:
        if flags & EVAL_NO_FAIL:
            return
        raise Refusal(ResultCode.OP_NOT_APPLICABLE, "the expression cannot be told")
    if found == _NIL and not flags & ALLOW_DELETE:
        code = ResultCode.OP_NOT_APPLICABLE
    if code is not None:
        if flags & POLICY_NO_FAIL:
            return
        raise Refusal(code, "the flags of the expression do not allow it")
    if found is None or found == _NIL:
        remove_bin(bins, op.name)
    else:
        bins[op.name] = found


def check(op: Op) -> None:
    """Look at an operation that writes the value of an expression before it is carried out.

    Raises:
        Refusal: 4, the expression or its flags are malformed.
    """
    _parse(op.data, _WRITE_FLAGS)


def _value(program: Program, subject: Subject) -> Value | None:
    found = program.particle(subject, ENGINES)
    return ENGINES.stored(found) if isinstance(found, tuple) else None


def _parse(data: bytes, allowed: int) -> tuple[Program, int]:
    try:
        whole: Any = items.parse(data)
        if not isinstance(whole, list) or not 1 <= len(whole) <= 2:
            raise Refusal(ResultCode.INVALID_REQUEST, "no expression and flags")
        flags = whole[1] if len(whole) > 1 else 0
        if isinstance(flags, bool) or not isinstance(flags, int) or flags & ~allowed:
            raise Refusal(ResultCode.INVALID_REQUEST, f"flags {flags!r}")
        return parse(items.pack(whole[0])), flags
    except (Malformed, ProtocolError) as error:
        raise Refusal(ResultCode.INVALID_REQUEST, str(error)) from None
