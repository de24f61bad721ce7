"""Where in a bin an operation works: the way from the bin's own list or map to a nested one.

A context is a list of steps from the outside in: ``ctx=[cdt_ctx_map_key("a"), cdt_ctx_list_index(-1)]``
is the last element of the list under the key "a".

Every function raises ParamError, naming the argument, for one that cannot be used.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, ParamSpec

import attrs

from aerospike_wire.operations import checks
from aerospike_wire.operations.flags import ListOrder, MapOrder
from aerospike_wire.operations.operation import refused
from aerospike_wire.proto.invalid import InvalidArgument
from aerospike_wire.proto.msgpack import array_head, pack_int

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")

_EXPRESSION: Final = 0x04
_LIST_INDEX: Final = 0x10
_LIST_RANK: Final = 0x11
_LIST_VALUE: Final = 0x13
_MAP_INDEX: Final = 0x20
_MAP_RANK: Final = 0x21
_MAP_KEY: Final = 0x22
_MAP_VALUE: Final = 0x23
_MAP_KEYS_IN: Final = 0x2A
_AND: Final = 0x200

_CREATE_UNORDERED: Final = 0x40
_CREATE_PADDED: Final = 0x80
_CREATE_LIST_ORDERED: Final = 0xC0
_CREATE_MAP: Final = {MapOrder.UNORDERED: 0x40, MapOrder.KEY_ORDERED: 0x80, MapOrder.KEY_VALUE_ORDERED: 0xC0}

_PATHS_ONLY: Final = frozenset({_EXPRESSION, _EXPRESSION | _AND, _MAP_KEYS_IN})


@attrs.frozen(repr=False)
class Context:
    """One step on the way to a nested list or map. Made by the ``cdt_ctx`` functions."""

    name: str
    """The function that made it."""
    type: int
    """Type on the wire, protocol section 6.6."""
    value: bytes
    """What to look for, packed."""
    arguments: tuple[Any, ...] = attrs.field(default=(), eq=False)
    """What the function was given, in order, for ``repr``."""
    keywords: dict[str, Any] = attrs.field(factory=dict, eq=False)
    """What the function was given by name, for ``repr``."""

    def __repr__(self) -> str:
        shown = [repr(argument) for argument in self.arguments]
        shown += [f"{name}={argument!r}" for name, argument in self.keywords.items()]
        return f"{self.name}({', '.join(shown)})"


Contexts = Sequence[Context] | None
"""What functions take as ``ctx``."""


def _step(function: Callable[P, Context]) -> Callable[P, Context]:
    name = function.__name__

    @functools.wraps(function)
    def build(*args: P.args, **kwargs: P.kwargs) -> Context:
        try:
            made = function(*args, **kwargs)
        except InvalidArgument as invalid:
            raise refused(invalid, name) from invalid.__cause__
        return Context(name, made.type, made.value, args, kwargs)

    return build


@_step
def cdt_ctx_list_index(index: int) -> Context:
    """The element of a list at an index; negative ones count from the end."""
    return Context("", _LIST_INDEX, checks.integer(index, "index"))


@_step
def cdt_ctx_list_rank(rank: int) -> Context:
    """The element of a list with a rank: 0 is the smallest, -1 the greatest."""
    return Context("", _LIST_RANK, checks.integer(rank, "rank"))


@_step
def cdt_ctx_list_value(value: Any) -> Context:
    """The first element of a list that equals a value."""
    return Context("", _LIST_VALUE, checks.any_value(value, "value"))


@_step
def cdt_ctx_list_index_create(index: int, order: int = ListOrder.UNORDERED, pad: bool = False) -> Context:
    """The element of a list at an index; the list is created if it is missing.

    Args:
        index: the index; negative ones count from the end.
        order: ListOrder of a list that is created.
        pad: fill the gap with None if the index is beyond the end. Unordered lists only.
    """
    flag = list_create_flag(order, pad, "order")
    return Context("", _LIST_INDEX | flag, checks.integer(index, "index"))


@_step
def cdt_ctx_map_index(index: int) -> Context:
    """The entry of a map at a place in the order of keys; negative ones count from the end."""
    return Context("", _MAP_INDEX, checks.integer(index, "index"))


@_step
def cdt_ctx_map_rank(rank: int) -> Context:
    """The entry of a map with a rank: 0 has the smallest value, -1 the greatest."""
    return Context("", _MAP_RANK, checks.integer(rank, "rank"))


@_step
def cdt_ctx_map_key(key: int | str | bytes) -> Context:
    """The entry of a map with a key."""
    return Context("", _MAP_KEY, checks.map_key(key, "key"))


@_step
def cdt_ctx_map_value(value: Any) -> Context:
    """The first entry of a map, in the order of keys, that has a value."""
    return Context("", _MAP_VALUE, checks.any_value(value, "value"))


@_step
def cdt_ctx_map_key_create(key: int | str | bytes, order: int = MapOrder.UNORDERED) -> Context:
    """The entry of a map with a key; the map is created if it is missing.

    Args:
        key: the key.
        order: MapOrder of a map that is created.
    """
    return Context("", _MAP_KEY | map_create_flag(order, "order"), checks.map_key(key, "key"))


# Of paths


@_step
def cdt_ctx_all_children() -> Context:
    """All elements of a list or map. For operations by path."""
    return Context("", _EXPRESSION, b"\xc3")


@_step
def cdt_ctx_all_children_with_filter(expression: Any) -> Context:
    """The elements of a list or map for which an expression is true. For operations by path."""
    return Context("", _EXPRESSION, checks.expression(expression, "expression"))


@_step
def cdt_ctx_and_filter(expression: Any) -> Context:
    """Of what the step before selected, the elements for which an expression is true. For operations by path.

    It cannot come first, nor follow a step that is an expression itself.
    """
    return Context("", _EXPRESSION | _AND, checks.expression(expression, "expression"))


@_step
def cdt_ctx_map_keys_in(keys: list[Any]) -> Context:
    """The entries of a map whose keys are in a list. For operations by path."""
    return Context("", _MAP_KEYS_IN, checks.map_keys(keys, "keys"))


# Names of the types of secondary indexes, which belong to contexts in the official client


_INDEX_TYPES: Final = ("default", "list", "mapkeys", "mapvalues")
_INDEX_DATA_TYPES: Final = {0: "string", 1: "numeric", 2: "geo2dsphere", 4: "numeric"}


def index_type_string(index_type: int) -> str:
    """What an index of the type is on: "default", "list", "mapkeys", "mapvalues", or "invalid"."""
    return _INDEX_TYPES[index_type] if index_type in range(len(_INDEX_TYPES)) else "invalid"


def index_datatype_string(index_datatype: int) -> str:
    """What an index of the data type holds: "numeric", "string", "geo2dsphere", or "invalid"."""
    return _INDEX_DATA_TYPES.get(index_datatype, "invalid")


# Packing


def list_create_flag(order: Any, pad: Any, argument: str) -> int:
    """The flag of a context that may create a list."""
    ordered = checks.choice(order, ListOrder, argument) == ListOrder.ORDERED
    padded = checks.flag(pad, "pad")
    if ordered:
        return _CREATE_LIST_ORDERED
    return _CREATE_PADDED if padded else _CREATE_UNORDERED


def map_create_flag(order: Any, argument: str) -> int:
    """The flag of a context that may create a map."""
    return _CREATE_MAP[MapOrder(checks.choice(order, MapOrder, argument))]


def packed_path(ctx: Any, argument: str = "ctx", create: int = 0, *, paths: bool = False) -> bytes | None:
    """A context as the wire has it: types and values in turn. None if there is none.

    Args:
        ctx: the steps.
        argument: what to call them in an error.
        create: flag to add to the type of the last one.
        paths: steps that select several elements are allowed.

    Raises:
        InvalidArgument: it is not a list of steps, or not one for this operation.
    """
    if ctx is None:
        return None
    if not isinstance(ctx, list | tuple):
        raise InvalidArgument(argument, f"must be a list of cdt_ctx steps, not {type(ctx).__name__}")
    if not ctx:
        return None
    parts = [array_head(2 * len(ctx))]
    last = len(ctx) - 1
    for at, step in enumerate(ctx):
        if not isinstance(step, Context):
            raise InvalidArgument(f"{argument}[{at}]", f"must be made by a cdt_ctx function, not {type(step).__name__}")
        if not paths and step.type in _PATHS_ONLY:
            raise InvalidArgument(f"{argument}[{at}]", f"is {step.name}, which only operations by path take")
        parts.append(pack_int(step.type | create if at == last else step.type))
        parts.append(step.value)
    return b"".join(parts)


def context_value(ctx: Contexts, argument: str = "ctx") -> bytes:
    """A context as a value of its own, as secondary indexes and their queries carry it.

    Raises:
        InvalidArgument: it is empty, or not a list of steps.
    """
    found = packed_path(ctx, argument)
    if found is None:
        raise InvalidArgument(argument, "must hold at least one step")
    return found


__all__ = [
    "Context",
    "cdt_ctx_all_children",
    "cdt_ctx_all_children_with_filter",
    "cdt_ctx_and_filter",
    "cdt_ctx_list_index",
    "cdt_ctx_list_index_create",
    "cdt_ctx_list_rank",
    "cdt_ctx_list_value",
    "cdt_ctx_map_index",
    "cdt_ctx_map_key",
    "cdt_ctx_map_key_create",
    "cdt_ctx_map_keys_in",
    "cdt_ctx_map_rank",
    "cdt_ctx_map_value",
    "context_value",
    "index_datatype_string",
    "index_type_string",
]
