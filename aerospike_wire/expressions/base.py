"""What all expressions have in common: arguments, bytes, ``repr``, operators.

Classes with arguments are rows, see :mod:`aerospike_wire.expressions.rows`.
"""

from __future__ import annotations

import base64
import binascii
import enum
from typing import TYPE_CHECKING, Any, ClassVar, Final

from aerospike_wire.errors import AerospikeError, ParamError, class_of
from aerospike_wire.proto import msgpack
from aerospike_wire.proto.header import MAX_FRAME_BODY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aerospike_wire.expressions.evaluate import Engines
    from aerospike_wire.proto.invalid import InvalidArgument

MAX_SIZE: Final = MAX_FRAME_BODY
"""Bytes of an expression: as many as a frame takes, 128 MiB. No smaller limit of servers is known; a server 8.1.2 took
expressions of 1.35 MB, and longer ones were not tried."""
QUOTE: Final = 126


class ResultType(enum.IntEnum):
    """Types of values that expressions give, as numbered on the wire."""

    NIL = 0
    BOOLEAN = 1
    INTEGER = 2
    STRING = 3
    LIST = 4
    MAP = 5
    BLOB = 6
    FLOAT = 7
    GEOJSON = 8
    HLL = 9


def translated(invalid: InvalidArgument) -> AerospikeError:
    """The error for an argument that has no encoding."""
    error = class_of(invalid.code)(str(invalid))
    if isinstance(error, ParamError):
        error.argument = invalid.argument
    return error


# Compiled expressions


class Compiled(bytes):
    """The bytes of an expression, as they travel. Its ``repr`` is the expression's own."""

    __slots__ = ()

    def to_base64(self) -> str:
        """The bytes as text, for info commands such as ``sindex-create`` and ``xdr-set-filter``."""
        return base64.b64encode(self).decode()

    def __repr__(self) -> str:
        from aerospike_wire.expressions.decode import decode  # noqa: PLC0415  decode knows all classes, all know this

        return f"Compiled({decode(self)!r})"


def literal(value: Any, argument: str) -> bytes:
    """A value as it stands in an expression: lists are quoted, lest they are taken for calls."""
    if isinstance(value, list):
        return msgpack.pack_call(msgpack.pack_int(QUOTE), msgpack.pack(value, argument))
    return msgpack.pack(value, argument)


def pack_operand(value: Any, argument: str) -> bytes:
    """An expression, or a value that stands for itself."""
    if isinstance(value, Expression):
        return value.pack()
    if isinstance(value, Compiled):
        return bytes(value)
    return literal(value, argument)


class Expression:
    """A question to a record: true or false for a filter, any value for an operation.

    Objects do not change. Two are equal if they compile to the same bytes.
    """

    code: ClassVar[int] = -1
    """Number of the operation, protocol section 7.3."""
    result: ClassVar[int | None] = None
    """Type of the result if it is always the same and travels with the operation."""

    def __init_subclass__(cls, code: int | None = None, result: int | None = None, **rest: Any) -> None:
        super().__init_subclass__(**rest)
        if code is not None:
            cls.code = code
        if result is not None:
            cls.result = result

    def pack(self) -> bytes:
        """The bytes of the expression."""
        parts = [msgpack.pack_int(self.code)]
        if self.result is not None:
            parts.append(msgpack.pack_int(self.result))
        return msgpack.pack_call(*parts, *self.packed_arguments())

    def packed_arguments(self) -> list[bytes]:
        """The bytes of each argument that travels."""
        return []

    def arguments(self) -> list[str]:
        """The arguments as ``repr`` shows them."""
        return []

    def compile(self) -> Compiled:
        """The bytes of the expression, for the policy ``expressions`` and for operations.

        Raises:
            ParamError: it is longer than a frame may be, 128 MiB.
        """
        found = self.pack()
        if len(found) > MAX_SIZE:
            raise ParamError.about("expression", f"has {len(found)} bytes, a frame takes {MAX_SIZE}")
        return Compiled(found)

    @property
    def compiled(self) -> Compiled:
        """What :meth:`compile` gives."""
        return self.compile()

    def to_base64(self) -> str:
        """The compiled expression as text, for info commands."""
        return self.compile().to_base64()

    @staticmethod
    def from_base64(text: str) -> Expression:
        """The expression of a base64 text, as :meth:`to_base64` gives it.

        Raises:
            ParamError: the text is not base64, or not of an expression.
        """
        try:
            data = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError, TypeError):
            raise ParamError.about("text", "must be base64") from None
        return Expression.from_bytes(data)

    @staticmethod
    def from_bytes(data: bytes) -> Expression:
        """The expression of its bytes; compiled again it gives the same bytes.

        Raises:
            ParamError: the bytes are not an expression.
        """
        from aerospike_wire.expressions.decode import decode  # noqa: PLC0415  decode knows all classes, all know this

        return decode(data)

    def evaluate(
        self,
        bins: Mapping[str, Any] | None = None,
        key: Any = None,
        meta: Mapping[str, Any] | None = None,
        *,
        engines: Engines | None = None,
    ) -> Any:
        """What the expression is on a record, without a server.

        Args:
            bins: names and values of the record's bins.
            key: the key, ``(namespace, set, user_key[, digest])``; its user key counts as stored.
            meta: ``ttl`` in seconds (missing: never expires), ``last_update`` in nanoseconds
                since 1970 (missing: now), ``size`` in bytes (missing: estimated).
            engines: what carries out list, map, bit and HyperLogLog calls and compares
                regions; by default the in-memory node's.

        Returns:
            The value; :data:`~aerospike_wire.expressions.UNKNOWN` if it cannot be told, as a
            filter then does not match and an operation fails with code 26.

        Raises:
            ParamError: a server would refuse the expression with code 4, or a bin or the key
                cannot be stored.
        """
        from aerospike_wire.expressions.local import evaluate  # noqa: PLC0415  it needs the evaluator, few programs do

        return evaluate(self.compile(), bins or {}, key, meta or {}, engines)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self.arguments())})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Expression):
            return NotImplemented
        return self.pack() == other.pack()

    def __hash__(self) -> int:
        return hash(self.pack())

    # Operators build arithmetic, as in the official client's classes.

    def __add__(self, right: Any) -> Expression:
        return _join("Add", self, right)

    def __sub__(self, right: Any) -> Expression:
        return _join("Sub", self, right)

    def __mul__(self, right: Any) -> Expression:
        return _join("Mul", self, right)

    def __truediv__(self, right: Any) -> Expression:
        return _join("Div", self, right)

    def __floordiv__(self, right: Any) -> Expression:
        return _arithmetic("Floor")(self / right)

    def __pow__(self, right: Any) -> Expression:
        return _arithmetic("Pow")(self, right)

    def __mod__(self, right: Any) -> Expression:
        return _arithmetic("Mod")(self, right)

    def __abs__(self) -> Expression:
        return _arithmetic("Abs")(self)

    def __floor__(self) -> Expression:
        return _arithmetic("Floor")(self)

    def __ceil__(self) -> Expression:
        return _arithmetic("Ceil")(self)


def _arithmetic(name: str) -> Callable[..., Expression]:
    from aerospike_wire.expressions import arithmetic  # noqa: PLC0415  its classes derive from the one above

    found: Callable[..., Expression] = getattr(arithmetic, name)
    return found


def _join(name: str, left: Expression, right: Any) -> Expression:
    """``a + b + c`` as one operation of three operands."""
    kind: Any = _arithmetic(name)
    operands = [*left.exprs] if isinstance(left, kind) else [left]
    # Only the left side is taken apart: a - (b - c) is not a - b - c.
    operands += [*right.exprs] if isinstance(right, kind) and name in ("Add", "Mul") else [right]
    return _arithmetic(name)(*operands)
