"""The operations: what arguments each takes, of which types, and what it does with them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from aerospike_wire.errors import ProtocolError
from aerospike_wire.expressions import items, numbers, regex
from aerospike_wire.expressions.base import MAX_SIZE, QUOTE, ResultType
from aerospike_wire.expressions.evaluate import (
    REMOVED,
    UNKNOWN,
    Malformed,
    Node,
    from_literal,
    from_particle,
    to_item,
    to_particle,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aerospike_wire.expressions.evaluate import Scope, Subject

    Scopes = Mapping[bytes, Node | None]
    """Variables in scope; None for the one that is being defined."""
    Builder = Callable[[int, list[Any], Scopes], Node]

_NIL, _BOOL, _INT, _STRING, _LIST, _MAP, _BLOB, _FLOAT, _GEO, _HLL = ResultType
_NUMBERS: Final = (_INT, _FLOAT)
_REMOVAL: Final = -1
"""The removal of an element is of no type of values, and goes with none in a choice."""
_NAME: Final = re.compile(rb"[A-Za-z_][A-Za-z0-9_]*")


def check(expression: bytes) -> Node:
    """The checked parts of an expression.

    Raises:
        Malformed: it can be evaluated on no record.
    """
    if len(expression) > MAX_SIZE:
        raise _malformed("the expression is too long")
    try:
        item = items.parse(expression)
        return _node(item, {})
    except ProtocolError as error:
        raise _malformed(str(error)) from None
    except RecursionError:
        raise _malformed("the expression is nested too deep") from None


def _malformed(why: str) -> Malformed:
    return Malformed(why)


def _node(item: Any, names: Scopes) -> Node:
    if not isinstance(item, list):
        found = from_literal(item)
        if found is None:
            raise _malformed(f"no literal: {type(item).__name__}")
        kind, value = found
        return Node(kind, lambda _: value)
    if not item or isinstance(item[0], bool) or not isinstance(item[0], int):
        raise _malformed("a call without an operation")
    build = _BUILDERS.get(item[0])
    if build is None:
        raise _malformed(f"operation {item[0]}")
    return build(item[0], item[1:], names)


def _count(arguments: list[Any], count: int) -> None:
    if len(arguments) != count:
        raise _malformed(f"{len(arguments)} arguments instead of {count}")


def _typed(item: Any, names: Scopes, *kinds: int) -> Node:
    node = _node(item, names)
    if node.kind not in kinds:
        raise _malformed(f"an argument of type {node.kind}")
    return node


def _text(item: Any) -> bytes:
    if not isinstance(item, items.Text):
        raise _malformed("a name must be a string")
    return item.content


def _number(item: Any) -> int:
    if isinstance(item, bool) or not isinstance(item, int):
        raise _malformed("a number must be an integer")
    return item


def _kind(item: Any) -> ResultType:
    number = _number(item)
    if not 0 <= number < len(ResultType):
        raise _malformed(f"type {number}")
    return ResultType(number)


def _strict(kind: int, nodes: list[Node], function: Callable[..., Any]) -> Node:
    """An operation that needs all its arguments."""

    def run(scope: Scope) -> Any:
        found = []
        for node in nodes:
            value = node.run(scope)
            if value is UNKNOWN or value is REMOVED:
                return UNKNOWN
            found.append(value)
        try:
            return function(*found)
        except numbers.CannotTell:
            return UNKNOWN

    return Node(kind, run)


# Comparison


def _comparison(code: int, arguments: list[Any], names: Scopes) -> Node:
    _count(arguments, 2)
    left, right = (_node(argument, names) for argument in arguments)
    kind = left.kind
    if kind in (_NIL, _GEO, _HLL, _REMOVAL) or right.kind != kind:
        raise _malformed("a comparison of values that cannot be compared")
    compare = _COMPARISONS[code]
    if kind in (_LIST, _MAP):
        return _strict(_BOOL, [left, right], lambda one, other: compare(_compared(one, other), 0))
    return _strict(_BOOL, [left, right], compare)


def _compared(left: Any, right: Any) -> int:
    """How two collections compare."""
    try:
        return items.compare(left, right)
    except items.Incomparable:
        raise numbers.CannotTell from None


_COMPARISONS: Final[dict[int, Callable[[Any, Any], bool]]] = {
    1: lambda left, right: bool(left == right),
    2: lambda left, right: bool(left != right),
    3: lambda left, right: bool(left > right),
    4: lambda left, right: bool(left >= right),
    5: lambda left, right: bool(left < right),
    6: lambda left, right: bool(left <= right),
}


def _regex(_: int, arguments: list[Any], names: Scopes) -> Node:
    _count(arguments, 3)
    options, pattern = _number(arguments[0]), _text(arguments[1])
    try:
        found = regex.compiled(pattern, options)
    except regex.BadPattern as error:
        raise _malformed(str(error)) from None
    return _strict(_BOOL, [_typed(arguments[2], names, _STRING)], lambda subject: regex.matches(found, subject))


def _geo(_: int, arguments: list[Any], names: Scopes) -> Node:
    _count(arguments, 2)
    left, right = (_typed(argument, names, _GEO) for argument in arguments)

    def run(scope: Scope) -> Any:
        one, other = left.run(scope), right.run(scope)
        if not isinstance(one, bytes) or not isinstance(other, bytes) or scope.engines is None:
            return UNKNOWN
        found = scope.engines.within(one, other)
        return UNKNOWN if found is None else found

    return Node(_BOOL, run)


def _in_list(_: int, arguments: list[Any], names: Scopes) -> Node:
    _count(arguments, 2)
    value, where = _node(arguments[0], names), _typed(arguments[1], names, _LIST)

    def find(wanted: Any, elements: list[Any]) -> bool:
        item = to_item(value.kind, wanted)
        return any(items.equal(item, element) for element in items.elements(elements))

    return _strict(_BOOL, [value, where], find)


# Logic


def _junction(code: int, arguments: list[Any], names: Scopes) -> Node:
    if len(arguments) < 2:
        raise _malformed("and, or and exclusive need two arguments")
    parts = [_typed(argument, names, _BOOL) for argument in arguments]
    decisive = code == _OR

    def run(scope: Scope) -> Any:
        unknown = False
        for part in parts:
            found = part.run(scope)
            if found is decisive:
                return decisive
            unknown = unknown or not isinstance(found, bool)
        return UNKNOWN if unknown else not decisive

    def exclusive(scope: Scope) -> Any:
        seen = False
        for part in parts:
            found = part.run(scope)
            if not isinstance(found, bool):
                return UNKNOWN
            if found and seen:
                return False
            seen = seen or found
        return seen

    return Node(_BOOL, exclusive if code == _EXCLUSIVE else run)


_AND, _OR, _NOT, _EXCLUSIVE = 16, 17, 18, 19


def _negation(_: int, arguments: list[Any], names: Scopes) -> Node:
    _count(arguments, 1)
    return _strict(_BOOL, [_typed(arguments[0], names, _BOOL)], lambda value: not value)


# Arithmetic


def _many(code: int, arguments: list[Any], names: Scopes) -> Node:
    kinds, function = _MANY[code]
    nodes = [_typed(argument, names, *kinds) for argument in arguments]
    found = {node.kind for node in nodes}
    if len(found) != 1:
        raise _malformed("no arguments, or of different types")
    return _strict(found.pop(), nodes, lambda *values: function(list(values)))


_MANY: Final[dict[int, tuple[tuple[int, ...], Callable[[list[Any]], Any]]]] = {
    20: (_NUMBERS, numbers.add),
    21: (_NUMBERS, numbers.sub),
    22: (_NUMBERS, numbers.mul),
    23: (_NUMBERS, numbers.div),
    32: ((_INT,), numbers.bit_and),
    33: ((_INT,), numbers.bit_or),
    34: ((_INT,), numbers.bit_xor),
    50: (_NUMBERS, numbers.least),
    51: (_NUMBERS, numbers.greatest),
}
"""Operations on any number of arguments: their types, what they do."""


def _fixed(code: int, arguments: list[Any], names: Scopes) -> Node:
    kinds, result, function = _FIXED[code]
    _count(arguments, len(kinds))
    nodes = [_typed(argument, names, kind) for argument, kind in zip(arguments, kinds, strict=True)]
    return _strict(result, nodes, function)


_FIXED: Final[dict[int, tuple[tuple[int, ...], int, Callable[..., Any]]]] = {
    24: ((_FLOAT, _FLOAT), _FLOAT, numbers.power),
    25: ((_FLOAT, _FLOAT), _FLOAT, numbers.logarithm),
    26: ((_INT, _INT), _INT, numbers.mod),
    28: ((_FLOAT,), _FLOAT, numbers.floor),
    29: ((_FLOAT,), _FLOAT, numbers.ceil),
    30: ((_FLOAT,), _INT, numbers.to_int),
    31: ((_INT,), _FLOAT, float),
    35: ((_INT,), _INT, lambda value: ~value),
    36: ((_INT, _INT), _INT, numbers.left_shift),
    37: ((_INT, _INT), _INT, numbers.right_shift),
    38: ((_INT, _INT), _INT, numbers.arithmetic_right_shift),
    39: ((_INT,), _INT, numbers.bit_count),
    40: ((_INT, _BOOL), _INT, numbers.left_scan),
    41: ((_INT, _BOOL), _INT, numbers.right_scan),
}
"""Operations with a fixed number of arguments: their types, the result's, what they do."""


def _of_map(code: int, arguments: list[Any], names: Scopes) -> Node:
    _count(arguments, 1)
    part = code - _MAP_KEYS

    def run(scope: Scope) -> Any:
        found = node.run(scope)
        return [entry[part] for entry in found.entries] if isinstance(found, items.Map) else UNKNOWN

    node = _node(arguments[0], names)  # of any type: only what is a map has them
    return Node(_LIST, run)


_MAP_KEYS, _MAP_VALUES = 101, 102


def _absolute(_: int, arguments: list[Any], names: Scopes) -> Node:
    _count(arguments, 1)
    node = _typed(arguments[0], names, *_NUMBERS)
    return _strict(node.kind, [node], numbers.absolute)


# The record


def _metadata(code: int, arguments: list[Any], names: Scopes) -> Node:  # noqa: ARG001  one shape for all
    _count(arguments, 0)
    kind, read = _METADATA[code]
    return Node(kind, lambda scope: read(scope.subject))


_SECOND: Final = 1_000_000_000
"""Nanoseconds."""


def _ttl(subject: Subject) -> int:
    # Servers count in seconds since an epoch, and have no parts of them.
    return -1 if subject.void_time is None else subject.void_time // _SECOND - subject.now // _SECOND


_METADATA: Final[dict[int, tuple[int, Callable[[Subject], Any]]]] = {
    65: (_INT, lambda _: 0),  # bytes on a device; records are in memory
    66: (_INT, lambda subject: subject.last_update),
    67: (_INT, lambda subject: max(0, subject.now - subject.last_update) // 1_000_000),
    68: (_INT, lambda subject: -1 if subject.void_time is None else subject.void_time),
    69: (_INT, _ttl),
    70: (_STRING, lambda subject: subject.set),
    71: (_BOOL, lambda subject: subject.key is not None),
    72: (_BOOL, lambda _: False),
    73: (_INT, lambda subject: subject.memory),
    74: (_INT, lambda subject: subject.size),
}


def _digest_modulo(_: int, arguments: list[Any], names: Scopes) -> Node:  # noqa: ARG001  one shape for all
    _count(arguments, 1)
    modulus = _number(arguments[0])
    if modulus == 0 or not -(1 << 31) <= modulus < 1 << 31:
        raise _malformed(f"modulo {modulus}")
    # The sign of the divisor does not matter, the dividend has none.
    return Node(_INT, lambda scope: int.from_bytes(scope.subject.digest[16:20], "little") % abs(modulus))


_KEYS: Final = {_INT: 1, _STRING: 3, _BLOB: 4}
"""Types of stored keys and their particles."""


def _key(_: int, arguments: list[Any], names: Scopes) -> Node:  # noqa: ARG001  one shape for all
    _count(arguments, 1)
    kind = _kind(arguments[0])
    particle = _KEYS.get(kind)
    if particle is None:
        raise _malformed(f"a key of type {kind}")

    def run(scope: Scope) -> Any:
        key = scope.subject.key
        return UNKNOWN if key is None else from_particle(kind, (key[0], key[1:]))

    return Node(kind, run)


def _bin(_: int, arguments: list[Any], names: Scopes) -> Node:  # noqa: ARG001  one shape for all
    _count(arguments, 2)
    kind, name = _kind(arguments[0]), _text(arguments[1])
    return Node(kind, lambda scope: from_particle(kind, scope.subject.bins.get(name)))


def _bin_type(_: int, arguments: list[Any], names: Scopes) -> Node:  # noqa: ARG001  one shape for all
    _count(arguments, 1)
    name = _text(arguments[0])
    return Node(_INT, lambda scope: scope.subject.bins.get(name, (0, b""))[0])


def _loop_variable(_: int, arguments: list[Any], names: Scopes) -> Node:  # noqa: ARG001  one shape for all
    _count(arguments, 2)
    number = _number(arguments[1])
    if not 0 <= number <= 2:
        raise _malformed(f"loop variable {number}")
    if not 0 <= _number(arguments[0]) < len(ResultType):
        return Node(_BOOL, lambda _: UNKNOWN)
    kind = _kind(arguments[0])

    def run(scope: Scope) -> Any:
        loop = scope.subject.loop
        return UNKNOWN if loop is None else from_particle(kind, loop.get(number))

    return Node(kind, run)


def _cannot_tell(code: int, arguments: list[Any], names: Scopes) -> Node:  # noqa: ARG001  one shape for all
    _count(arguments, 0)
    return Node(_BOOL, lambda _: UNKNOWN, fits=True)


def _remove(code: int, arguments: list[Any], names: Scopes) -> Node:  # noqa: ARG001  one shape for all
    _count(arguments, 0)
    return Node(_REMOVAL, lambda scope: UNKNOWN if scope.subject.loop is None else REMOVED)


# Choices and variables


def _condition(_: int, arguments: list[Any], names: Scopes) -> Node:
    if len(arguments) < 3 or len(arguments) % 2 == 0:
        raise _malformed(f"{len(arguments)} arguments are no pairs and a default")
    conditions = [_typed(argument, names, _BOOL) for argument in arguments[:-1:2]]
    values = [_node(argument, names) for argument in [*arguments[1::2], arguments[-1]]]
    kinds = {value.kind for value in values if not value.fits}
    if len(kinds) > 1:
        raise _malformed("a choice between values of different types")

    def run(scope: Scope) -> Any:
        for condition, value in zip(conditions, values, strict=False):
            found = condition.run(scope)
            if not isinstance(found, bool):
                return UNKNOWN
            if found:
                return value.run(scope)
        return values[-1].run(scope)

    return Node(kinds.pop(), run) if kinds else Node(_BOOL, run, fits=True)


def _let(_: int, arguments: list[Any], names: Scopes) -> Node:
    if len(arguments) < 3 or len(arguments) % 2 == 0:
        raise _malformed(f"{len(arguments)} arguments are no definitions and an expression")
    inner: dict[bytes, Node | None] = dict(names)
    for name_item, item in zip(arguments[:-1:2], arguments[1:-1:2], strict=True):
        name = _text(name_item)
        if not _NAME.fullmatch(name) or name in inner:
            raise _malformed("a variable with a bad name, or defined twice")
        inner[name] = None
        inner[name] = _remembered(_node(item, inner))
    return _node(arguments[-1], inner)


def _remembered(node: Node) -> Node:
    """A variable: worked out where it is first used."""
    key = id(node)

    def run(scope: Scope) -> Any:
        if key not in scope.variables:
            scope.variables[key] = node.run(scope)
        return scope.variables[key]

    return Node(node.kind, run, node.fits)


def _variable(_: int, arguments: list[Any], names: Scopes) -> Node:
    _count(arguments, 1)
    found = names.get(_text(arguments[0]))
    if found is None:
        raise _malformed("an unknown variable")
    return found


def _quote(_: int, arguments: list[Any], names: Scopes) -> Node:  # noqa: ARG001  one shape for all
    _count(arguments, 1)
    quoted = arguments[0]
    if not isinstance(quoted, list):
        raise _malformed("what is quoted must be a list")
    return Node(_LIST, lambda _: quoted)


# Calls

_MODIFY: Final = 0x40
_CONTEXT, _SELECT = 0xFF, 0xFE
_SYSTEMS: Final[dict[int, tuple[int, ...]]] = {0: (_LIST, _MAP), 1: (_BLOB,), 2: (_HLL,)}
"""Systems of operations, and what they work on."""


def _call(_: int, arguments: list[Any], names: Scopes) -> Node:
    _count(arguments, 4)
    kind, system, call = _kind(arguments[0]), _number(arguments[1]), arguments[2]
    modify = bool(system & _MODIFY)
    system &= ~_MODIFY
    if system not in _SYSTEMS:
        raise _malformed(f"system {system}")
    if not isinstance(call, list) or not call or isinstance(call[0], bool) or not isinstance(call[0], int):
        raise _malformed("a call without an operation")
    path: list[Any] = []
    if call[0] == _CONTEXT:
        if len(call) != 3 or not isinstance(call[1], list) or not isinstance(call[2], list) or not call[2]:
            raise _malformed("a context without a call")
        path, call = call[:2], call[2]
    if call[0] == _SELECT:
        # A path and its expressions are the engine's business.
        parts = [_constant(item) for item in call[1:]]
    else:
        parts = [_argument(item, names) for item in call[1:]]
    target = _typed(arguments[3], names, *_SYSTEMS[system])
    operation = call[0]

    def run(scope: Scope) -> Any:
        value = target.run(scope)
        if value is UNKNOWN or value is REMOVED or scope.engines is None:
            return UNKNOWN
        given = []
        for part in parts:
            found = part(scope)
            if found is UNKNOWN:
                return UNKNOWN
            given.append(found)
        whole = [*path, [operation, *given]] if path else [operation, *given]
        particle = to_particle(target.kind, value)
        found = scope.engines.call(system, items.pack(whole), particle, modify=modify)
        return None if found is None and kind == _NIL else from_particle(kind, found)

    return Node(kind, run)


def _argument(item: Any, names: Scopes) -> Callable[[Scope], Any]:
    """An argument of a call: a list is an expression, everything else itself."""
    if not isinstance(item, list):
        return _constant(item)
    node = _node(item, names)

    def run(scope: Scope) -> Any:
        found = node.run(scope)
        return UNKNOWN if found is UNKNOWN or found is REMOVED else to_item(node.kind, found)

    return run


def _constant(item: Any) -> Callable[[Scope], Any]:
    return lambda _: item


_BUILDERS: Final[dict[int, Builder]] = {
    0: _cannot_tell,
    **dict.fromkeys(_COMPARISONS, _comparison),
    7: _regex,
    8: _geo,
    9: _in_list,
    **dict.fromkeys((_AND, _OR, _EXCLUSIVE), _junction),
    _NOT: _negation,
    **dict.fromkeys(_MANY, _many),
    **dict.fromkeys(_FIXED, _fixed),
    27: _absolute,
    **dict.fromkeys((_MAP_KEYS, _MAP_VALUES), _of_map),
    64: _digest_modulo,
    **dict.fromkeys(_METADATA, _metadata),
    80: _key,
    81: _bin,
    82: _bin_type,
    100: _remove,
    122: _loop_variable,
    123: _condition,
    124: _variable,
    125: _let,
    QUOTE: _quote,
    127: _call,
}
