"""Comparisons: true or false. Both sides must have one type, on the wire and in the record."""

from __future__ import annotations

from typing import Any

from aerospike_wire.expressions.arguments import constant, operand, text
from aerospike_wire.expressions.rows import Row
from aerospike_wire.types import GeoJSON


class _Pair(Row):
    expr0: Any = operand()
    expr1: Any = operand()


class Eq(_Pair, code=1):
    """Whether both sides are equal."""


class NE(_Pair, code=2):
    """Whether the sides differ."""


class GT(_Pair, code=3):
    """Whether the left side is greater."""


class GE(_Pair, code=4):
    """Whether the left side is greater, or both are equal."""


class LT(_Pair, code=5):
    """Whether the left side is less."""


class LE(_Pair, code=6):
    """Whether the left side is less, or both are equal."""


class CmpRegex(Row, code=7):
    """Whether a string matches a POSIX regular expression, anywhere in it.

    ``options``: 0 for basic syntax, else a sum of 1 extended syntax and 2 ignore case. Servers
    take 4 for "newlines end lines" and pass over 8, whatever names clients have for them. An
    invalid expression matches nothing.
    """

    options: int = constant(int)
    regex_str: str = text()
    cmp_str: Any = operand(str)


class CmpGeo(Row, code=8):
    """Whether one side lies within the other."""

    expr0: Any = operand(GeoJSON)
    expr1: Any = operand(GeoJSON)
