"""Choices and variables."""

from __future__ import annotations

import re
from typing import Any, Final

import attrs

from aerospike_wire.errors import ParamError
from aerospike_wire.expressions.arguments import operand
from aerospike_wire.expressions.base import pack_operand
from aerospike_wire.expressions.rows import Row, Variadic
from aerospike_wire.proto import msgpack

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


def _check_name(_: Any, field: attrs.Attribute[Any], value: Any) -> None:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise ParamError.about(field.name, f"must be letters, digits and underscores, no digit first, not {value!r}")


def _pack_name(value: str, argument: str) -> bytes:  # noqa: ARG001  one shape for all
    return msgpack.pack_raw_string(value.encode())


class Cond(Variadic, code=123):
    """The first value whose condition is true: condition, value, condition, value, ..., default.

    All values have one type, :class:`Unknown` fits any. A condition that cannot be told ends
    the search: then neither can the result.
    """

    def __init__(self, *exprs: Any) -> None:
        super().__init__(*exprs)
        _odd(exprs, "pairs of condition and value, then a default")


def _odd(exprs: tuple[Any, ...], what: str) -> None:
    if len(exprs) < 3 or len(exprs) % 2 == 0:
        raise ParamError.about("exprs", f"must be {what}; {len(exprs)} were given")


class Def(Row):
    """A variable of a :class:`Let`, and what it stands for."""

    var_name: str = attrs.field(validator=_check_name, metadata={"pack": _pack_name})
    expr: Any = operand()

    def pack(self) -> bytes:
        """The name and the expression, which stand side by side in a Let."""
        return b"".join(self.packed_arguments())


class Var(Row, code=124):
    """What a variable stands for."""

    var_name: str = attrs.field(validator=_check_name, metadata={"pack": _pack_name})


class Let(Variadic, code=125):
    """An expression with variables: any number of :class:`Def`, then the expression.

    Later definitions may use earlier ones. A variable is evaluated where it is used.
    """

    def __init__(self, *exprs: Any) -> None:
        super().__init__(*exprs)
        definitions = exprs[:-1]
        if not definitions or not all(isinstance(item, Def) for item in definitions) or isinstance(exprs[-1], Def):
            raise ParamError.about("exprs", "must be one Def or more, then an expression")
        names = [item.var_name for item in definitions]
        if len(set(names)) != len(names):
            raise ParamError.about("exprs", "must not define a variable twice")

    def packed_arguments(self) -> list[bytes]:
        """Names and expressions, then the last expression."""
        parts: list[bytes] = []
        for item in self.exprs[:-1]:
            parts += item.packed_arguments()
        return [*parts, pack_operand(self.exprs[-1], "exprs")]
