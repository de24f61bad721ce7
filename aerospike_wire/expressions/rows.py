"""Rows: operations as classes with named arguments.

A class is one row: the number of its operation, and its arguments in the order in which users
give them, each with the kind of value it takes. Checking, encoding and ``repr`` follow from
the row.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, ClassVar, dataclass_transform

import attrs

from aerospike_wire.errors import AerospikeError, ErrorContext
from aerospike_wire.expressions.arguments import (
    bin_name,
    collection,
    constant,
    context,
    expressions,
    flag,
    operand,
    optional,
    policy,
    result_type,
    return_type,
    text,
    value_or_open,
    value_type,
)
from aerospike_wire.expressions.base import Expression, pack_operand

if TYPE_CHECKING:
    from collections.abc import Callable


def _told(initialize: Callable[..., None]) -> Callable[..., None]:
    """The same, but that an argument that is refused says of which class."""

    @functools.wraps(initialize)
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        try:
            initialize(self, *args, **kwargs)
        except AerospikeError as error:
            error.context = ErrorContext(type(self).__name__)
            raise

    return init


@dataclass_transform(
    frozen_default=True,
    eq_default=False,
    field_specifiers=(
        attrs.field,
        operand,
        value_or_open,
        constant,
        optional,
        result_type,
        bin_name,
        text,
        collection,
        context,
        return_type,
        value_type,
        flag,
        policy,
    ),
)
class Row(Expression):
    """An operation with named arguments."""

    def __init_subclass__(cls, **row: Any) -> None:
        super().__init_subclass__(**row)
        attrs.frozen(cls, slots=False, repr=False, eq=False)
        cls.__init__ = _told(cls.__init__)  # type: ignore[method-assign]

    def packed_arguments(self) -> list[bytes]:
        """The bytes of each argument that travels."""
        kind: Any = type(self)
        return [
            field.metadata["pack"](getattr(self, field.name), field.name)
            for field in attrs.fields(kind)
            if "pack" in field.metadata
        ]

    def arguments(self) -> list[str]:
        """The arguments as ``repr`` shows them, without defaults at the end."""
        kind: Any = type(self)
        shown = [(field.default, getattr(self, field.name)) for field in attrs.fields(kind)]
        while shown and shown[-1][0] is not attrs.NOTHING and shown[-1][1] == shown[-1][0]:
            shown.pop()
        return [repr(value) for _, value in shown]


class Variadic(Expression):
    """An operation on any number of operands."""

    least: ClassVar[int] = 1
    kinds: ClassVar[tuple[type[Any], ...]] = ()

    def __init_subclass__(cls, least: int | None = None, kinds: tuple[Any, ...] | None = None, **rest: Any) -> None:
        super().__init_subclass__(**rest)
        if least is not None:
            cls.least = least
        if kinds is not None:
            cls.kinds = kinds
        if "__init__" in vars(cls):
            cls.__init__ = _told(cls.__init__)  # type: ignore[method-assign]

    @_told
    def __init__(self, *exprs: Any) -> None:
        self._exprs = expressions("exprs", exprs, self.least, self.kinds)

    @property
    def exprs(self) -> tuple[Any, ...]:
        """The operands."""
        return self._exprs

    def packed_arguments(self) -> list[bytes]:
        """The bytes of each operand."""
        return [pack_operand(value, f"exprs[{number}]") for number, value in enumerate(self.exprs)]

    def arguments(self) -> list[str]:
        """The operands as ``repr`` shows them."""
        return [repr(value) for value in self.exprs]
