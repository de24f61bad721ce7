"""Filter expressions (protocol section 7): the part of the language that this node has.

Literals, integer, string, blob and float bins, comparisons, and, or, not, and the most used
metadata. Any other operation makes an expression malformed, which is what servers say of
operations they do not know.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs

from aerospike_wire.errors import ProtocolError
from aerospike_wire.proto import msgpack, values
from aerospike_wire.proto.header import CITRUSLEAF_EPOCH

if TYPE_CHECKING:
    from collections.abc import Callable

    from aerospike_wire.embedded.store import Namespace, StoredRecord


class Malformed(Exception):
    """The expression cannot be evaluated on any record."""


# Types of values, as numbered on the wire.
_NIL, _BOOL, _INT, _STRING, _LIST, _MAP, _BLOB, _FLOAT, _GEO, _HLL = range(10)
_BIN_TYPES: Final = {_BOOL: 17, _INT: 1, _STRING: 3, _BLOB: 4, _FLOAT: 2}
"""Types of bins that can be read, and their particles."""


@attrs.frozen
class _Unknown:
    """What an expression is if it cannot be evaluated on a record."""


UNKNOWN: Final = _Unknown()


@attrs.frozen
class _Subject:
    """The record under test."""

    record: StoredRecord
    now: int
    """Milliseconds since 2010."""


def matches(expression: bytes, namespace: Namespace, record: StoredRecord, now: int) -> bool | None:  # noqa: ARG001
    """Whether a record passes a filter.

    Args:
        expression: packed.
        namespace: the record's.
        record: the record.
        now: milliseconds since 2010.

    Returns:
        True or False; None if it cannot be told, for want of a bin for example.

    Raises:
        Malformed: the expression is broken, is not a question of yes or no, or uses an
            operation that this node does not have.
    """
    found = check(expression)(_Subject(record, now))
    return None if found is UNKNOWN else bool(found)


def check(expression: bytes) -> Callable[[_Subject], Any]:
    """What a filter does to a record.

    Raises:
        Malformed: as for :func:`matches`.
    """
    kind, evaluate = _compile(_Parser(expression).whole())
    if kind != _BOOL:
        msg = "a filter must be true or false"
        raise Malformed(msg)
    return evaluate


@attrs.frozen
class _Raw:
    """A string item with its type byte, if it has one."""

    content: bytes


@attrs.define
class _Parser:
    """Items of MessagePack, with raw strings kept raw."""

    data: bytes
    offset: int = 0

    def whole(self) -> Any:
        try:
            found = self.item(0)
        except (IndexError, ProtocolError):
            msg = "the expression is cut off or no MessagePack"
            raise Malformed(msg) from None
        if self.offset != len(self.data):
            msg = "bytes follow the expression"
            raise Malformed(msg)
        return found

    def item(self, depth: int) -> Any:
        tag = self.data[self.offset]
        if 0x90 <= tag < 0xA0:
            if depth > msgpack.MAX_DEPTH:
                msg = "the expression is nested too deep"
                raise Malformed(msg)
            self.offset += 1
            return [self.item(depth + 1) for _ in range(tag & 0x0F)]
        if 0xA0 <= tag < 0xC0 or tag in _SIZES:
            size = _SIZES.get(tag, 0)
            head = self.data[self.offset + 1 : self.offset + 1 + size]
            length = int.from_bytes(head, "big") if size else tag & 0x1F
            start = self.offset + 1 + size
            self.offset = start + length
            if self.offset > len(self.data):
                raise IndexError
            return _Raw(self.data[start : self.offset])
        found, self.offset = msgpack.unpack_from(self.data, self.offset)
        return found


_SIZES: Final = {0xD9: 1, 0xDA: 2, 0xDB: 4, 0xC4: 1, 0xC5: 2, 0xC6: 4}


def _compile(item: Any) -> tuple[int, Callable[[_Subject], Any]]:
    if not isinstance(item, list):
        return _literal(item)
    if not item or isinstance(item[0], bool) or not isinstance(item[0], int):
        msg = "a call without an operation"
        raise Malformed(msg)
    code, *arguments = item
    build = _BUILDERS.get(code)
    if build is None:
        msg = f"expression operation {code} is not known here"
        raise Malformed(msg)
    return build(code, arguments)


def _literal(item: Any) -> tuple[int, Callable[[_Subject], Any]]:
    if isinstance(item, _Raw):
        kind = _LITERAL_STRINGS.get(item.content[0]) if item.content else _BLOB
        if kind is None:
            msg = "a string literal without a type that is known here"
            raise Malformed(msg)
        return kind, lambda _: item.content[1:]
    for python, kind in ((bool, _BOOL), (int, _INT), (float, _FLOAT)):
        if isinstance(item, python):
            return kind, lambda _: item
    if item is None:
        return _NIL, lambda _: None
    msg = f"a literal of type {type(item).__name__} is not known here"
    raise Malformed(msg)


_LITERAL_STRINGS: Final = {3: _STRING, 4: _BLOB, 23: _GEO}


def _arity(arguments: list[Any], count: int) -> None:
    if len(arguments) != count:
        msg = f"{len(arguments)} arguments instead of {count}"
        raise Malformed(msg)


def _comparison(code: int, arguments: list[Any]) -> tuple[int, Callable[[_Subject], Any]]:
    _arity(arguments, 2)
    (left_kind, left), (right_kind, right) = (_compile(argument) for argument in arguments)
    if left_kind != right_kind or left_kind in (_NIL, _GEO, _HLL):
        msg = "a comparison of values that cannot be compared"
        raise Malformed(msg)
    compare = _COMPARISONS[code]

    def evaluate(subject: _Subject) -> Any:
        first, second = left(subject), right(subject)
        return UNKNOWN if first is UNKNOWN or second is UNKNOWN else compare(first, second)

    return _BOOL, evaluate


_COMPARISONS: Final[dict[int, Callable[[Any, Any], bool]]] = {
    1: lambda left, right: bool(left == right),
    2: lambda left, right: bool(left != right),
    3: lambda left, right: bool(left > right),
    4: lambda left, right: bool(left >= right),
    5: lambda left, right: bool(left < right),
    6: lambda left, right: bool(left <= right),
}


def _booleans(arguments: list[Any]) -> list[Callable[[_Subject], Any]]:
    parts = [_compile(argument) for argument in arguments]
    if any(kind != _BOOL for kind, _ in parts):
        msg = "a logical operation on something that is neither true nor false"
        raise Malformed(msg)
    return [evaluate for _, evaluate in parts]


def _junction(code: int, arguments: list[Any]) -> tuple[int, Callable[[_Subject], Any]]:
    if len(arguments) < 2:
        msg = "and, or and exclusive need two arguments"
        raise Malformed(msg)
    parts = _booleans(arguments)
    decisive = code == _OR

    def evaluate(subject: _Subject) -> Any:
        found = [part(subject) for part in parts]
        if any(value is decisive for value in found):
            return decisive
        return UNKNOWN if UNKNOWN in found else not decisive

    return _BOOL, evaluate


_AND, _OR, _NOT = 16, 17, 18


def _negation(code: int, arguments: list[Any]) -> tuple[int, Callable[[_Subject], Any]]:  # noqa: ARG001
    _arity(arguments, 1)
    (part,) = _booleans(arguments)

    def evaluate(subject: _Subject) -> Any:
        found = part(subject)
        return UNKNOWN if found is UNKNOWN else not found

    return _BOOL, evaluate


def _unknown(code: int, arguments: list[Any]) -> tuple[int, Callable[[_Subject], Any]]:  # noqa: ARG001
    _arity(arguments, 0)
    return _BOOL, lambda _: UNKNOWN


def _name(item: Any) -> bytes:
    if not isinstance(item, _Raw):
        msg = "a bin name must be a string"
        raise Malformed(msg)
    return item.content


def _bin(code: int, arguments: list[Any]) -> tuple[int, Callable[[_Subject], Any]]:  # noqa: ARG001
    _arity(arguments, 2)
    kind, name = arguments[0], _name(arguments[1])
    particle = _BIN_TYPES.get(kind) if isinstance(kind, int) else None
    if particle is None:
        msg = f"bins of type {kind!r} are not known here"
        raise Malformed(msg)

    def evaluate(subject: _Subject) -> Any:
        found = subject.record.bins.get(name)
        if found is None or found[0] != particle:
            return UNKNOWN
        return found[1] if particle in (3, 4) else values.decode(*found)

    return kind, evaluate


def _bin_type(code: int, arguments: list[Any]) -> tuple[int, Callable[[_Subject], Any]]:  # noqa: ARG001
    _arity(arguments, 1)
    name = _name(arguments[0])
    return _INT, lambda subject: subject.record.bins.get(name, (0, b""))[0]


def _metadata(code: int, arguments: list[Any]) -> tuple[int, Callable[[_Subject], Any]]:
    _arity(arguments, 0)
    return _METADATA[code]


def _void_time(subject: _Subject) -> int:
    void_time = subject.record.void_time
    return (void_time + CITRUSLEAF_EPOCH) * 1_000_000_000 if void_time else -1


def _ttl(subject: _Subject) -> int:
    void_time = subject.record.void_time
    return void_time - subject.now // 1000 if void_time else -1


_METADATA: Final[dict[int, tuple[int, Callable[[_Subject], Any]]]] = {
    66: (_INT, lambda subject: (subject.record.last_update + CITRUSLEAF_EPOCH * 1000) * 1_000_000),
    67: (_INT, lambda subject: subject.now - subject.record.last_update),
    68: (_INT, _void_time),
    69: (_INT, _ttl),
    70: (_STRING, lambda subject: subject.record.set),
    71: (_BOOL, lambda subject: subject.record.key is not None),
    72: (_BOOL, lambda _: False),
}

_BUILDERS: Final[dict[int, Callable[[int, list[Any]], tuple[int, Callable[[_Subject], Any]]]]] = {
    0: _unknown,
    **dict.fromkeys(_COMPARISONS, _comparison),
    _AND: _junction,
    _OR: _junction,
    _NOT: _negation,
    **dict.fromkeys(_METADATA, _metadata),
    81: _bin,
    82: _bin_type,
}
