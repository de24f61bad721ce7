"""Expressions worked out on a record, as a server does it (protocol section 7).

An expression is first checked as a whole: operations, numbers of arguments and types must
fit, whatever the record. Then it may be run on any number of records.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, Final, Protocol, Self

import attrs

from aerospike_wire.expressions import items, numbers
from aerospike_wire.expressions.base import ResultType
from aerospike_wire.proto.values import Particle

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Value = tuple[int, bytes]
    """Type and bytes of a particle."""


class _Unknown:
    """What an expression is if it cannot be told on a record."""

    _only: Any = None

    def __new__(cls) -> Self:
        if cls._only is None:
            cls._only = super().__new__(cls)
        found: Self = cls._only
        return found

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __bool__(self) -> bool:
        return False

    def __reduce__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = _Unknown()
"""What an expression is if it cannot be told on a record. False, as in a filter."""


class _Removed:
    """What :class:`RemoveResult` is in a path."""

    def __repr__(self) -> str:
        return "REMOVED"


REMOVED: Final = _Removed()
"""In a path: the element goes. Nowhere else does an expression give it."""


class Malformed(Exception):
    """The expression cannot be evaluated on any record; a server answers 4."""


class Engines(Protocol):
    """Who works on lists, maps, blobs, sketches and regions."""

    def call(self, system: int, call: bytes, value: Value, *, modify: bool) -> Value | None:
        """Make a call on a value.

        Args:
            system: 0 for lists and maps, 1 for bits, 2 for HyperLogLog.
            call: operation and arguments, packed.
            value: the collection.
            modify: whether the changed collection is wanted, not what the operation gives.

        Returns:
            The particle; None if the call gives nothing or fails.
        """

    def within(self, left: bytes, right: bytes) -> bool | None:
        """Whether one of two GeoJSON texts lies within the other; None if it cannot be told."""


@attrs.frozen
class Subject:
    """The record that an expression is about."""

    bins: Mapping[bytes, Value]
    digest: bytes = bytes(20)
    set: bytes = b""
    key: bytes | None = None
    """The stored user key: a type byte and its bytes."""
    last_update: int = 0
    """Nanoseconds since 1970."""
    now: int = 0
    """Nanoseconds since 1970."""
    void_time: int | None = None
    """Nanoseconds since 1970 at which it expires, None for never."""
    size: int = 0
    """Bytes in storage."""
    memory: int = 0
    """Bytes in memory."""
    loop: Mapping[int, Value] | None = None
    """In a path: the key (0), value (1) and index (2) of the element at hand."""


@attrs.frozen
class Scope:
    """One run of an expression."""

    subject: Subject
    engines: Engines | None
    variables: dict[int, Any] = attrs.field(factory=dict)
    """What variables turned out to be, by their definition."""


@attrs.frozen(eq=False)
class Node:
    """A part of an expression that has been checked."""

    kind: int
    """Type of its values."""
    run: Callable[[Scope], Any]
    fits: bool = False
    """Whether it may stand among values of another type in a choice."""


@attrs.frozen
class Program:
    """An expression that has been checked."""

    node: Node

    @property
    def kind(self) -> int:
        """Type of its values."""
        return self.node.kind

    def run(self, subject: Subject, engines: Engines | None = None) -> Any:
        """What the expression is on a record: a value or UNKNOWN.

        Strings, blobs, GeoJSON and sketches are bytes, lists and maps items of
        :mod:`aerospike_wire.expressions.items`.
        """
        return self.node.run(Scope(subject, engines))

    def particle(self, subject: Subject, engines: Engines | None = None) -> Value | _Unknown:
        """What the expression is on a record, as a particle; nil has type 0."""
        found = self.run(subject, engines)
        if found is UNKNOWN or found is REMOVED:
            return UNKNOWN
        return to_particle(self.kind, found)


# Particles and values

_I64: Final = struct.Struct(">q")
_F64: Final = struct.Struct(">d")
_GEO_HEAD: Final = struct.Struct(">BH")

PARTICLES: Final[dict[int, int]] = {
    ResultType.NIL: Particle.NULL,
    ResultType.BOOLEAN: Particle.BOOL,
    ResultType.INTEGER: Particle.INTEGER,
    ResultType.STRING: Particle.STRING,
    ResultType.LIST: Particle.LIST,
    ResultType.MAP: Particle.MAP,
    ResultType.BLOB: Particle.BLOB,
    ResultType.FLOAT: Particle.FLOAT,
    ResultType.GEOJSON: Particle.GEOJSON,
    ResultType.HLL: Particle.HLL,
}
"""Types of results and their particles."""
TEXTS: Final[dict[int, int]] = {
    items.STRING: ResultType.STRING,
    items.BLOB: ResultType.BLOB,
    items.GEOJSON: ResultType.GEOJSON,
    items.HLL: ResultType.HLL,
}
"""Type bytes of texts and the types of results."""
_TYPE_BYTES: Final = {kind: byte for byte, kind in TEXTS.items()}


def from_particle(kind: int, particle: Value | None) -> Any:
    """The value of a particle; UNKNOWN if it is missing or of another type."""
    if particle is None or particle[0] != PARTICLES[kind]:
        return UNKNOWN
    data = particle[1]
    if kind == ResultType.INTEGER:
        return _I64.unpack(data)[0]
    if kind == ResultType.FLOAT:
        return _F64.unpack(data)[0]
    if kind == ResultType.BOOLEAN:
        return data == b"\x01"
    if kind == ResultType.NIL:
        return None
    if kind in (ResultType.LIST, ResultType.MAP):
        return items.parse(data)
    if kind == ResultType.GEOJSON:
        _, cells = _GEO_HEAD.unpack_from(data)
        return data[_GEO_HEAD.size + 8 * cells :]
    return data


def to_particle(kind: int, value: Any) -> Value:
    """The particle of a value."""
    particle = PARTICLES[kind]
    if kind == ResultType.INTEGER:
        return particle, _I64.pack(value)
    if kind == ResultType.FLOAT:
        return particle, _F64.pack(value)
    if kind == ResultType.BOOLEAN:
        return particle, b"\x01" if value else b"\x00"
    if kind == ResultType.NIL:
        return particle, b""
    if kind in (ResultType.LIST, ResultType.MAP):
        return particle, items.pack(value)
    if kind == ResultType.GEOJSON:
        return particle, _GEO_HEAD.pack(0, 0) + value
    return particle, value


def to_item(kind: int, value: Any) -> Any:
    """A value as an item of MessagePack."""
    byte = _TYPE_BYTES.get(kind)
    return value if byte is None else items.Text(bytes((byte,)) + value)


def from_literal(item: Any) -> tuple[int, Any] | None:
    """Type and value of a literal; None if it is none."""
    if item is None:
        return ResultType.NIL, None
    if isinstance(item, bool):
        return ResultType.BOOLEAN, item
    if isinstance(item, int):
        return ResultType.INTEGER, numbers.wrap(item)
    if isinstance(item, float):
        return ResultType.FLOAT, item
    if isinstance(item, items.Map):
        return ResultType.MAP, item
    if isinstance(item, items.Text):
        kind = TEXTS.get(item.content[0]) if item.content else None
        return None if kind is None else (kind, item.content[1:])
    return None


def parse(expression: bytes) -> Program:
    """Check an expression.

    Raises:
        Malformed: it can be evaluated on no record.
    """
    from aerospike_wire.expressions.check import check  # noqa: PLC0415  the checks build the parts above

    return Program(check(expression))


def parse_filter(expression: bytes) -> Program:
    """Check an expression that is to be true or false.

    Raises:
        Malformed: it can be evaluated on no record, or is of another type.
    """
    found = parse(expression)
    if found.kind != ResultType.BOOLEAN:
        msg = "a filter must be true or false"
        raise Malformed(msg)
    return found
