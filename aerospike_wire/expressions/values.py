"""A value as an expression, and the value that cannot be told."""

from __future__ import annotations

from typing import Any

from aerospike_wire.expressions.arguments import operand
from aerospike_wire.expressions.base import Expression, literal
from aerospike_wire.expressions.rows import Row


class Val(Row):
    """A value. Needed where an expression is wanted and Python would see something else."""

    value: Any = operand()

    def pack(self) -> bytes:
        """The bytes of the value."""
        return literal(self.value, "value") if not isinstance(self.value, Expression) else self.value.pack()


class Unknown(Row, code=0):
    """What cannot be told: a filter with it does not match, an operation fails with code 26.

    Its place is the default of a :class:`Cond` in an operation.
    """
