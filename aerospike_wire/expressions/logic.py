"""Logic of three values: true, false, and what cannot be told."""

from __future__ import annotations

from typing import Any

from aerospike_wire.errors import ParamError
from aerospike_wire.expressions.rows import Variadic

_BOOL = (bool,)


class And(Variadic, code=16, least=2, kinds=_BOOL):
    """Whether all operands are true; false as soon as one is false."""


class Or(Variadic, code=17, least=2, kinds=_BOOL):
    """Whether any operand is true; true as soon as one is true."""


class Exclusive(Variadic, code=19, least=2, kinds=_BOOL):
    """Whether exactly one operand is true."""


class Not(Variadic, code=18, kinds=_BOOL):
    """Whether the operand is false. There must be exactly one."""

    def __init__(self, *exprs: Any) -> None:
        super().__init__(*exprs)
        _exactly_one(exprs)


def _exactly_one(exprs: tuple[Any, ...]) -> None:
    if len(exprs) != 1:
        raise ParamError.about("exprs", f"must be exactly one, not {len(exprs)}")
