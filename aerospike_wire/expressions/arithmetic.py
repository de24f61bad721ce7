"""Arithmetic. All operands of one operation are integers, or all are floats.

Integers have 64 bits and wrap; dividing an integer by zero cannot be told.
"""

from __future__ import annotations

from typing import Any

from aerospike_wire.expressions.arguments import operand
from aerospike_wire.expressions.rows import Row, Variadic

_NUMBER = (int, float)


class Add(Variadic, code=20, kinds=_NUMBER):
    """The sum of the operands."""


class Sub(Variadic, code=21, kinds=_NUMBER):
    """The first operand less all others; of a single operand its negative."""


class Mul(Variadic, code=22, kinds=_NUMBER):
    """The product of the operands."""


class Div(Variadic, code=23, kinds=_NUMBER):
    """The first operand divided by each of the others in turn; of a single operand 1 divided by it.

    Integers are cut off towards zero.
    """


class Pow(Row, code=24):
    """A float to the power of another."""

    base: Any = operand(float)
    exponent: Any = operand(float)


class Log(Row, code=25):
    """The logarithm of a float to a base."""

    num: Any = operand(float)
    base: Any = operand(float)


class Mod(Row, code=26):
    """The remainder of a division of integers, with the sign of the numerator."""

    numerator: Any = operand(int)
    denominator: Any = operand(int)


class Abs(Row, code=27):
    """A number without its sign."""

    value: Any = operand(int, float)


class Floor(Row, code=28):
    """The greatest whole float that is not above a float."""

    value: Any = operand(float)


class Ceil(Row, code=29):
    """The least whole float that is not below a float."""

    value: Any = operand(float)


class ToInt(Row, code=30):
    """A float cut off to an integer."""

    value: Any = operand(float)


class ToFloat(Row, code=31):
    """An integer as a float."""

    value: Any = operand(int)


class Min(Variadic, code=50, kinds=_NUMBER):
    """The least operand."""


class Max(Variadic, code=51, kinds=_NUMBER):
    """The greatest operand."""
