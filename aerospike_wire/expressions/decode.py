"""Bytes of an expression read back into objects."""

from __future__ import annotations

from typing import Any, Final

import attrs

from aerospike_wire.errors import AerospikeError, ParamError, ProtocolError
from aerospike_wire.expressions import (
    arithmetic,
    bins,
    bits,
    comparison,
    hll,
    integer_bits,
    items,
    lists,
    logic,
    maps,
    metadata,
    paths,
    strings,
    values,
    variables,
)
from aerospike_wire.expressions.arguments import INVERTED, PackedContext
from aerospike_wire.expressions.base import MAX_SIZE, QUOTE, Expression
from aerospike_wire.expressions.calls import CALL, MODIFY, Call, Selection
from aerospike_wire.expressions.rows import Variadic
from aerospike_wire.operations import policies
from aerospike_wire.proto import msgpack

_CONTEXT: Final = 0xFF
_MODULES: Final = (
    values, bins, metadata, comparison, logic, arithmetic, integer_bits, variables, lists, maps, bits, hll, strings,
    paths,
)  # fmt: skip


class Packed(Expression):
    """An expression for whose bytes there is no class."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        """The bytes."""

    def pack(self) -> bytes:
        """The bytes."""
        return self.data

    def arguments(self) -> list[str]:
        """The bytes as ``repr`` shows them."""
        return [repr(self.data)]


def decode(data: bytes) -> Expression:
    """The expression of its bytes.

    What no class can say, surplus arguments for example, is kept as it is.

    Raises:
        ParamError: the bytes are not one item of MessagePack, or more than a frame may have.
    """
    if len(data) > MAX_SIZE:
        raise ParamError.about("data", f"has {len(data)} bytes, a frame takes {MAX_SIZE}")
    try:
        item = items.parse(data)
    except ProtocolError as error:
        raise ParamError.about("data", f"must be an expression: {error}") from None
    found = _expression(item)
    return found if found.pack() == bytes(data) else Packed(bytes(data))


def _all(kind: type[Any]) -> list[type[Any]]:
    found = [
        member
        for module in _MODULES
        for name, member in vars(module).items()
        if isinstance(member, type) and issubclass(member, kind) and not name.startswith("_")
    ]
    return list(dict.fromkeys(found))


_PLAIN: Final[dict[tuple[int, int | None], type[Any]]] = {
    (kind.code, kind.result): kind
    for kind in _all(Expression)
    if kind.code >= 0 and not issubclass(kind, Call) and kind.code != CALL and kind is not bins.BinExists
}
_TYPED: Final = frozenset(code for code, result in _PLAIN if result is not None)


def _calls() -> dict[tuple[int, int, bool], list[type[Any]]]:
    found: dict[tuple[int, int, bool], list[type[Any]]] = {}
    for kind in _all(Call):
        if kind.op >= 0:
            found.setdefault((kind.system, kind.op, kind.modify), []).append(kind)
    return found


_CALLS: Final = _calls()


def _expression(item: Any) -> Expression:
    """The expression of an item; never fails, what cannot be read is kept packed."""
    try:
        found = _operation(item) if isinstance(item, list) else values.Val(_value(item))
    except (AerospikeError, LookupError, TypeError, ValueError):
        found = None
    if found is None or found.pack() != items.pack(item):
        return Packed(items.pack(item))
    return found


def _value(item: Any) -> Any:
    return msgpack.unpack(items.pack(item))


def _operand(item: Any) -> Any:
    """An argument: an expression, or the value that it stands for."""
    if not isinstance(item, list):
        return _value(item)
    if len(item) == 2 and item[0] == QUOTE and isinstance(item[1], list):
        return _value(item[1])
    return _expression(item)


def _operation(item: list[Any]) -> Expression | None:
    code, *rest = item
    if code == QUOTE and len(rest) == 1:
        return values.Val(_value(rest[0]))
    if code == CALL:
        return _call(*rest)
    if code == bins.BinExists.code and len(rest) == 2 and rest[1] == 0 and _is_bin_type(rest[0]):
        return bins.BinExists(_text(rest[0][1]))
    if code == variables.Let.code:
        pairs = zip(rest[:-1:2], rest[1:-1:2], strict=True)
        return variables.Let(*(variables.Def(_text(name), _operand(part)) for name, part in pairs), _operand(rest[-1]))
    result = rest.pop(0) if code in _TYPED else None
    kind = _PLAIN[code, result]
    if issubclass(kind, Variadic):
        return kind(*(_operand(part) for part in rest))
    return _row(kind, rest)


def _is_bin_type(item: Any) -> bool:
    return isinstance(item, list) and len(item) == 2 and item[0] == bins.BinType.code


def _text(item: Any) -> str:
    if not isinstance(item, items.Text):
        raise TypeError
    return item.content.decode()


_NAMES: Final = frozenset({"bin", "var_name", "regex_str"})


def _row(kind: type[Any], rest: list[Any]) -> Expression:
    names = [field.name for field in attrs.fields(kind)]
    if len(names) != len(rest):
        raise TypeError
    given = [
        _text(part) if isinstance(part, items.Text) and name in _NAMES and _bare(kind, name) else _operand(part)
        for name, part in zip(names, rest, strict=True)
    ]
    found: Expression = kind(*given)
    return found


def _bare(kind: type[Any], name: str) -> bool:
    """Whether an argument is text without a type byte; a collection is an expression."""
    return "pack" in attrs.fields_dict(kind)[name].metadata


# Calls


def _call(result: int, system: int, call: list[Any], collection: Any) -> Expression | None:
    modify = bool(system & MODIFY)
    system &= ~MODIFY
    where = None
    if call[0] == paths.SELECT:
        return _path(result, call, collection, modify=modify)
    if call[0] == _CONTEXT:
        where, call = PackedContext(items.pack(call[1])), call[2]
    whole = call if where is None else [_CONTEXT, items.parse(where.data), call]
    original = items.pack([CALL, result, system | (MODIFY if modify else 0), whole, collection])
    for kind in _CALLS.get((system, call[0], modify), []):
        for given in _readings(kind, call[1:]):
            try:
                found = kind(**_named(kind, given, result, where), bin=_collection(collection))
            except (AerospikeError, TypeError, ValueError):
                continue
            if found.pack() == original:
                made: Expression = found
                return made
    return None


def _collection(item: Any) -> Expression:
    return _expression(item)


def _named(kind: type[Any], given: dict[str, Any], result: int, where: Any) -> dict[str, Any]:
    names = attrs.fields_dict(kind)
    if "ctx" in names:
        given["ctx"] = where
    elif where is not None:
        raise TypeError
    if "value_type" in names:
        given["value_type"] = result
    return given


_POLICIES: Final[dict[tuple[int, bool], Any]] = {
    (0, False): lambda rest: policies.ListPolicy(**dict(zip(("list_order", "write_flags"), rest, strict=False))),
    (0, True): lambda rest: policies.MapPolicy(
        map_order=rest[0] & 0x0F,
        map_write_flags=rest[1] if len(rest) > 1 else 0,
        persist_index=bool(rest[0] & 0x10),
    ),
    (1, False): lambda rest: policies.BitPolicy(bit_write_flags=rest[0]) if rest[0] else None,
    (2, False): lambda rest: policies.HllPolicy(flags=rest[0]) if rest[0] else None,
    (3, False): lambda rest: policies.StringPolicy(rest[0]) if rest[0] else None,
}
_FIRST_OF_MAPS: Final = 64
_SIZES: Final = frozenset({"index_bit_count", "mh_bit_count"})
_BEHIND: Final = frozenset({"flags", "action"})


def _readings(kind: type[Any], rest: list[Any]) -> list[dict[str, Any]]:
    """What the arguments of a call may have been given as; usually one way fits."""
    given: dict[str, Any] = {}
    rest = list(rest)
    fields = attrs.fields_dict(kind)
    if issubclass(kind, Selection):
        selected = rest.pop(0)
        if "return_type" in fields:
            given["return_type"] = selected & ~INVERTED
        if "inverted" in fields:
            given["inverted"] = bool(selected & INVERTED)
    special = {"ctx", "policy", "bin", "return_type", "value_type", "inverted"}
    if kind.system == hll.HLLInit.system and kind.modify:
        special |= _SIZES
    behind = [name for name in fields if name in _BEHIND and kind.modify]
    names = [name for name in fields if name not in special and name not in behind]
    if kind in (strings.Replace, strings.ReplaceAll, strings.RegexReplace):
        rest = [*rest[0][1], *rest[1:]]
    if kind is bits.BitB64Encode and not rest:
        rest = [0, None, False]
    if (kind is lists.ListJoin or kind is strings.Snip) and len(rest) < len(names):
        rest += [None] * (len(names) - len(rest))
    if len(rest) < len(names):
        return []
    for name in names:
        given[name] = _operand(rest.pop(0))
    if special & _SIZES:
        for name in sorted(_SIZES):
            number = rest.pop(0)
            given[name] = None if number == -1 else number
    for name in behind:
        given[name] = rest.pop()
    if "policy" in fields:
        given["policy"] = _policy(kind, rest)
    elif rest:
        return []
    return [given]


def _policy(kind: type[Call], rest: list[Any]) -> Any:
    if not rest:
        return None
    if kind.system == 0 and kind.op < _FIRST_OF_MAPS and len(rest) == 1:
        return policies.ListPolicy(write_flags=rest[0])
    return _POLICIES[kind.system, kind.system == 0 and kind.op >= _FIRST_OF_MAPS](rest)


def _path(result: int, call: list[Any], collection: Any, *, modify: bool) -> Expression:
    where: Any = PackedContext(items.pack(call[1]))
    target = _operand(collection)
    if modify:
        return paths.ModifyByPath(where, result, _expression(call[3]), call[2] & ~4, target)
    return paths.SelectByPath(where, result, call[2], target)
