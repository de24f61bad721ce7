"""Operations that compute with expressions, and operations by path.

Expressions are given as objects that have their bytes as ``compiled``, or as these bytes.

Every function raises ParamError, naming the argument, for one that cannot be used, and
BinNameError for a bin name that is too long.
"""

from __future__ import annotations

from typing import Any, Final

from aerospike_wire.operations import checks
from aerospike_wire.operations.contexts import Contexts, packed_path
from aerospike_wire.operations.flags import ExpRead, ExpWrite, PathModify, PathSelect
from aerospike_wire.operations.operation import Operation, builder
from aerospike_wire.proto.invalid import InvalidArgument
from aerospike_wire.proto.message import OpCode
from aerospike_wire.proto.msgpack import pack_call, pack_int
from aerospike_wire.proto.values import Particle

_SELECT: Final = pack_int(0xFE)
_APPLY: Final = 4
_REMOVED: Final = b"\x91\x64"
"""The expression that removes the element it stands for."""
_PATHS_SINCE: Final = "8.1.1"


@builder
def expression_read(bin_name: str, expression: Any, expression_read_flags: int = ExpRead.DEFAULT) -> Operation:
    """The value of an expression, under a name that need not be that of a bin (ExpRead)."""
    name = checks.bin_of(bin_name)
    how = checks.small(checks.flags(expression_read_flags, ExpRead, "expression_read_flags"))
    data = pack_call(checks.expression(expression, "expression"), how)
    return Operation("", OpCode.EXP_READ, name, Particle.BLOB, data, responds=True)


@builder
def expression_write(bin_name: str, expression: Any, expression_write_flags: int = ExpWrite.DEFAULT) -> Operation:
    """Write the value of an expression to a bin (ExpWrite). No result."""
    name = checks.bin_of(bin_name)
    how = checks.small(checks.flags(expression_write_flags, ExpWrite, "expression_write_flags"))
    data = pack_call(checks.expression(expression, "expression"), how)
    return Operation("", OpCode.EXP_MODIFY, name, Particle.BLOB, data, writes=True, responds=True)


def _path(ctx: Any) -> bytes:
    found = packed_path(ctx, "ctx", paths=True)
    if found is None:
        raise InvalidArgument("ctx", "must hold at least one step")
    return found


@builder
def select_by_path(bin_name: str, ctx: Contexts, flags: int = PathSelect.MATCHING_TREE) -> Operation:
    """Read what a path leads to. Needs server 8.1.1.

    Args:
        bin_name: the bin.
        ctx: the path; its steps may select several elements.
        flags: PathSelect.
    """
    name = checks.bin_of(bin_name)
    how = checks.flags(flags, PathSelect, "flags")
    data = pack_call(_SELECT, _path(ctx), checks.small(how))
    return Operation("", OpCode.CDT_READ, name, Particle.BLOB, data, since=_PATHS_SINCE)


@builder
def modify_by_path(bin_name: str, ctx: Contexts, expr: Any, flags: int = PathModify.DEFAULT) -> Operation:
    """Replace each element that a path leads to by the value of an expression. No result. Needs server 8.1.1.

    Args:
        bin_name: the bin.
        ctx: the path; its steps may select several elements.
        expr: the expression; it sees the element as a loop variable.
        flags: PathModify.
    """
    return _modify(bin_name, ctx, checks.expression(expr, "expr"), flags)


@builder
def remove_by_path(bin_name: str, ctx: Contexts, flags: int = PathModify.DEFAULT) -> Operation:
    """Remove each element that a path leads to. No result. Needs server 8.1.1.

    Args:
        bin_name: the bin.
        ctx: the path; its steps may select several elements.
        flags: PathModify.
    """
    return _modify(bin_name, ctx, _REMOVED, flags)


def _modify(bin_name: Any, ctx: Any, expression: bytes, flags: Any) -> Operation:
    name = checks.bin_of(bin_name)
    how = checks.flags(flags, PathModify, "flags") | _APPLY
    data = pack_call(_SELECT, _path(ctx), checks.small(how), expression)
    return Operation("", OpCode.CDT_MODIFY, name, Particle.BLOB, data, writes=True, since=_PATHS_SINCE)
