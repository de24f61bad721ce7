"""The bits of an integer, 64 in two's complement; shifts count modulo 64."""

from __future__ import annotations

from typing import Any

from aerospike_wire.expressions.arguments import operand
from aerospike_wire.expressions.rows import Row, Variadic

_INT = (int,)


class IntAnd(Variadic, code=32, kinds=_INT):
    """The bits that all operands have."""


class IntOr(Variadic, code=33, kinds=_INT):
    """The bits that any operand has."""


class IntXOr(Variadic, code=34, kinds=_INT):
    """The bits that an odd number of operands has."""


class IntNot(Row, code=35):
    """The bits that an integer does not have."""

    expr: Any = operand(int)


class _Shift(Row):
    value: Any = operand(int)
    shift: Any = operand(int)


class IntLeftShift(_Shift, code=36):
    """Bits moved towards the most significant."""


class IntRightShift(_Shift, code=37):
    """Bits moved towards the least significant; zeros move in."""


class IntArithmeticRightShift(_Shift, code=38):
    """Bits moved towards the least significant; the sign moves in."""


class IntCount(Row, code=39):
    """How many bits are set."""

    value: Any = operand(int)


class _Scan(Row):
    value: Any = operand(int)
    search: Any = operand(bool)


class IntLeftScan(_Scan, code=40):
    """Place of the first bit that is set, or is not, from the most significant on, which is 0; -1 for none."""


class IntRightScan(_Scan, code=41):
    """Place of the last bit that is set, or is not; the most significant is 0; -1 for none."""
