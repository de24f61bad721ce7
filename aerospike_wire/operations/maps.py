"""Operations on maps.

Keys are integers, strings and bytes. An index is a place in the order of keys, a rank a
place in the order of values, both from 0, negative ones from the end. ``ctx`` leads to a
map inside the bin. A ``return_type`` says what the operation tells of the entries it
selected (MapReturn); ``inverted`` selects all the others instead. Ranges of keys and
values include their start and not their end; None is below everything, and
``CDTInfinite()`` above.

Every function raises ParamError, naming the argument, for one that cannot be used, and
BinNameError for a bin name that is too long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from aerospike_wire.operations import checks
from aerospike_wire.operations.calls import collection_modify, collection_read
from aerospike_wire.operations.contexts import Contexts, map_create_flag
from aerospike_wire.operations.flags import INVERTED, MapOrder, MapReturn
from aerospike_wire.operations.operation import Operation, builder
from aerospike_wire.operations.policies import Given, MapPolicy, settle

if TYPE_CHECKING:
    from collections.abc import Sequence

_PERSIST_INDEX: Final = 0x10


def _returned(return_type: Any, inverted: Any = False) -> bytes:
    found = checks.choice(return_type, MapReturn, "return_type")
    return checks.small(found | INVERTED if checks.flag(inverted, "inverted") else found)


def _order(policy: Any, argument: str = "map_policy") -> bytes:
    return _order_and_flags(policy, argument)[0]


def _order_and_flags(policy: Any, argument: str = "map_policy") -> Sequence[bytes]:
    settled = settle(MapPolicy, policy, argument)
    if settled is None:
        return (b"\x00",)
    order = checks.small(settled.map_order | (_PERSIST_INDEX if settled.persist_index else 0))
    return (order, checks.small(settled.map_write_flags)) if settled.map_write_flags else (order,)


# The map itself


@builder
def map_create(bin_name: str, map_order: int, persist_index: bool, ctx: Contexts = None) -> Operation:
    """Create a map, or give one that exists another order. No result.

    Args:
        bin_name: the bin.
        map_order: MapOrder.
        persist_index: keep the map's index with it; for ordered maps without a context.
        ctx: where in the bin.
    """
    order = checks.choice(map_order, MapOrder, "map_order")
    create = map_create_flag(order, "map_order")
    if checks.flag(persist_index, "persist_index") and not ctx:
        order |= _PERSIST_INDEX
    return collection_modify(bin_name, ctx, 64, checks.small(order), create=create)


@builder
def map_set_policy(bin_name: str, policy: MapPolicy | Given, ctx: Contexts = None) -> Operation:
    """Change a map's order to that of a policy, whose flags do not matter. No result."""
    settled = settle(MapPolicy, policy, "policy") or MapPolicy()
    order = settled.map_order | (_PERSIST_INDEX if settled.persist_index and not ctx else 0)
    return collection_modify(bin_name, ctx, 64, checks.small(order))


@builder
def map_clear(bin_name: str, ctx: Contexts = None) -> Operation:
    """Remove all entries. No result."""
    return collection_modify(bin_name, ctx, 75)


@builder
def map_size(bin_name: str, ctx: Contexts = None) -> Operation:
    """The number of entries."""
    return collection_read(bin_name, ctx, 96)


# Writing entries


@builder
def map_put(
    bin_name: str,
    key: int | str | bytes,
    value: Any,
    map_policy: MapPolicy | Given = None,
    ctx: Contexts = None,
) -> Operation:
    """Write an entry. The new size."""
    items = checks.map_key(key, "key"), checks.stored_value(value, "value")
    return collection_modify(bin_name, ctx, 67, *items, *_order_and_flags(map_policy))


@builder
def map_put_items(
    bin_name: str, item_dict: dict[Any, Any], map_policy: MapPolicy | Given = None, ctx: Contexts = None
) -> Operation:
    """Write the entries of a dict. The new size."""
    return collection_modify(bin_name, ctx, 68, checks.entries(item_dict, "item_dict"), *_order_and_flags(map_policy))


@builder
def map_increment(
    bin_name: str,
    key: int | str | bytes,
    amount: float,
    map_policy: MapPolicy | Given = None,
    ctx: Contexts = None,
) -> Operation:
    """Add to the number under a key; a missing one is created. The new number."""
    items = checks.map_key(key, "key"), checks.amount(amount, "amount")
    return collection_modify(bin_name, ctx, 73, *items, _order(map_policy))


@builder
def map_decrement(
    bin_name: str,
    key: int | str | bytes,
    amount: float,
    map_policy: MapPolicy | Given = None,
    ctx: Contexts = None,
) -> Operation:
    """Subtract from the number under a key; a missing one is created. The new number."""
    items = checks.map_key(key, "key"), checks.amount(amount, "amount")
    return collection_modify(bin_name, ctx, 74, *items, _order(map_policy))


# Removing a selection


@builder
def map_remove_by_key(bin_name: str, key: int | str | bytes, return_type: int, ctx: Contexts = None) -> Operation:
    """Remove the entry with a key."""
    return collection_modify(bin_name, ctx, 76, _returned(return_type), checks.map_key(key, "key"))


@builder
def map_remove_by_key_list(
    bin_name: str, key_list: list[Any], return_type: int, inverted: bool = False, ctx: Contexts = None
) -> Operation:
    """Remove the entries with one of the keys."""
    return collection_modify(bin_name, ctx, 81, _returned(return_type, inverted), checks.map_keys(key_list, "key_list"))


@builder
def map_remove_by_key_range(
    bin_name: str,
    key_range_start: Any,
    key_range_end: Any,
    return_type: int,
    inverted: bool = False,
    ctx: Contexts = None,
) -> Operation:
    """Remove the entries with keys from ``key_range_start`` up to, not including, ``key_range_end``."""
    bounds = checks.key_bound(key_range_start, "key_range_start"), checks.key_bound(key_range_end, "key_range_end")
    return collection_modify(bin_name, ctx, 84, _returned(return_type, inverted), *bounds)


@builder
def map_remove_by_value(
    bin_name: str, value: Any, return_type: int, inverted: bool = False, ctx: Contexts = None
) -> Operation:
    """Remove the entries with a value."""
    return collection_modify(bin_name, ctx, 82, _returned(return_type, inverted), checks.any_value(value, "value"))


@builder
def map_remove_by_value_list(
    bin_name: str, value_list: list[Any], return_type: int, inverted: bool = False, ctx: Contexts = None
) -> Operation:
    """Remove the entries with one of the values."""
    items = _returned(return_type, inverted), checks.items(value_list, "value_list")
    return collection_modify(bin_name, ctx, 83, *items)


@builder
def map_remove_by_value_range(
    bin_name: str,
    value_start: Any,
    value_end: Any,
    return_type: int,
    inverted: bool = False,
    ctx: Contexts = None,
) -> Operation:
    """Remove the entries with values from ``value_start`` up to, not including, ``value_end``."""
    bounds = checks.any_value(value_start, "value_start"), checks.any_value(value_end, "value_end")
    return collection_modify(bin_name, ctx, 86, _returned(return_type, inverted), *bounds)


@builder
def map_remove_by_index(bin_name: str, index: int, return_type: int, ctx: Contexts = None) -> Operation:
    """Remove the entry at an index."""
    return collection_modify(bin_name, ctx, 77, _returned(return_type), checks.integer(index, "index"))


@builder
def map_remove_by_index_range(
    bin_name: str,
    index_start: int,
    remove_amt: int | None,
    return_type: int,
    inverted: bool = False,
    ctx: Contexts = None,
) -> Operation:
    """Remove ``remove_amt`` entries from an index on; None: all that follow."""
    items = _returned(return_type, inverted), checks.integer(index_start, "index_start")
    return collection_modify(bin_name, ctx, 85, *items, *checks.optional_count(remove_amt, "remove_amt"))


@builder
def map_remove_by_rank(bin_name: str, rank: int, return_type: int, ctx: Contexts = None) -> Operation:
    """Remove the entry with a rank."""
    return collection_modify(bin_name, ctx, 79, _returned(return_type), checks.integer(rank, "rank"))


@builder
def map_remove_by_rank_range(
    bin_name: str,
    rank_start: int,
    remove_amt: int | None,
    return_type: int,
    inverted: bool = False,
    ctx: Contexts = None,
) -> Operation:
    """Remove ``remove_amt`` entries from a rank on; None: all greater ones."""
    items = _returned(return_type, inverted), checks.integer(rank_start, "rank_start")
    return collection_modify(bin_name, ctx, 87, *items, *checks.optional_count(remove_amt, "remove_amt"))


@builder
def map_remove_by_value_rank_range_relative(
    bin_name: str,
    value: Any,
    offset: int,
    return_type: int,
    count: int | None = None,
    inverted: bool = False,
    ctx: Contexts = None,
) -> Operation:
    """Remove ``count`` entries from the rank on that lies ``offset`` after that of a value; None: all greater ones."""
    items = _returned(return_type, inverted), checks.any_value(value, "value"), checks.integer(offset, "offset")
    return collection_modify(bin_name, ctx, 89, *items, *checks.optional_count(count, "count"))


@builder
def map_remove_by_key_index_range_relative(
    bin_name: str,
    key: Any,
    offset: int,
    return_type: int,
    count: int | None = None,
    inverted: bool = False,
    ctx: Contexts = None,
) -> Operation:
    """Remove ``count`` entries from the index on that lies ``offset`` after that of a key; None: all that follow."""
    items = _returned(return_type, inverted), checks.key_bound(key, "key"), checks.integer(offset, "offset")
    return collection_modify(bin_name, ctx, 88, *items, *checks.optional_count(count, "count"))


# Reading a selection


@builder
def map_get_by_key(bin_name: str, key: int | str | bytes, return_type: int, ctx: Contexts = None) -> Operation:
    """Select the entry with a key."""
    return collection_read(bin_name, ctx, 97, _returned(return_type), checks.map_key(key, "key"))


@builder
def map_get_by_key_range(
    bin_name: str,
    key_range_start: Any,
    key_range_end: Any,
    return_type: int,
    inverted: bool = False,
    ctx: Contexts = None,
) -> Operation:
    """Select the entries with keys from ``key_range_start`` up to, not including, ``key_range_end``."""
    bounds = checks.key_bound(key_range_start, "key_range_start"), checks.key_bound(key_range_end, "key_range_end")
    return collection_read(bin_name, ctx, 103, _returned(return_type, inverted), *bounds)


@builder
def map_get_by_key_list(
    bin_name: str, key_list: list[Any], return_type: int, inverted: bool = False, ctx: Contexts = None
) -> Operation:
    """Select the entries with one of the keys."""
    return collection_read(bin_name, ctx, 107, _returned(return_type, inverted), checks.map_keys(key_list, "key_list"))


@builder
def map_get_by_value(
    bin_name: str, value: Any, return_type: int, inverted: bool = False, ctx: Contexts = None
) -> Operation:
    """Select the entries with a value."""
    return collection_read(bin_name, ctx, 102, _returned(return_type, inverted), checks.any_value(value, "value"))


@builder
def map_get_by_value_range(
    bin_name: str,
    value_start: Any,
    value_end: Any,
    return_type: int,
    inverted: bool = False,
    ctx: Contexts = None,
) -> Operation:
    """Select the entries with values from ``value_start`` up to, not including, ``value_end``."""
    bounds = checks.any_value(value_start, "value_start"), checks.any_value(value_end, "value_end")
    return collection_read(bin_name, ctx, 105, _returned(return_type, inverted), *bounds)


@builder
def map_get_by_value_list(
    bin_name: str, key_list: list[Any], return_type: int, inverted: bool = False, ctx: Contexts = None
) -> Operation:
    """Select the entries with one of the values. ``key_list`` is the official name of the list of values."""
    return collection_read(bin_name, ctx, 108, _returned(return_type, inverted), checks.items(key_list, "key_list"))


@builder
def map_get_by_index(bin_name: str, index: int, return_type: int, ctx: Contexts = None) -> Operation:
    """Select the entry at an index."""
    return collection_read(bin_name, ctx, 98, _returned(return_type), checks.integer(index, "index"))


@builder
def map_get_by_index_range(
    bin_name: str,
    index_start: int,
    get_amt: int | None,
    return_type: int,
    inverted: bool = False,
    ctx: Contexts = None,
) -> Operation:
    """Select ``get_amt`` entries from an index on; None: all that follow."""
    items = _returned(return_type, inverted), checks.integer(index_start, "index_start")
    return collection_read(bin_name, ctx, 104, *items, *checks.optional_count(get_amt, "get_amt"))


@builder
def map_get_by_rank(bin_name: str, rank: int, return_type: int, ctx: Contexts = None) -> Operation:
    """Select the entry with a rank."""
    return collection_read(bin_name, ctx, 100, _returned(return_type), checks.integer(rank, "rank"))


@builder
def map_get_by_rank_range(
    bin_name: str,
    rank_start: int,
    get_amt: int | None,
    return_type: int,
    inverted: bool = False,
    ctx: Contexts = None,
) -> Operation:
    """Select ``get_amt`` entries from a rank on; None: all greater ones."""
    items = _returned(return_type, inverted), checks.integer(rank_start, "rank_start")
    return collection_read(bin_name, ctx, 106, *items, *checks.optional_count(get_amt, "get_amt"))


@builder
def map_get_by_value_rank_range_relative(
    bin_name: str,
    value: Any,
    offset: int,
    return_type: int,
    count: int | None = None,
    inverted: bool = False,
    ctx: Contexts = None,
) -> Operation:
    """Select ``count`` entries from the rank on that lies ``offset`` after that of a value; None: all greater ones."""
    items = _returned(return_type, inverted), checks.any_value(value, "value"), checks.integer(offset, "offset")
    return collection_read(bin_name, ctx, 110, *items, *checks.optional_count(count, "count"))


@builder
def map_get_by_key_index_range_relative(
    bin_name: str,
    value: Any,
    offset: int,
    return_type: int,
    count: int | None = None,
    inverted: bool = False,
    ctx: Contexts = None,
) -> Operation:
    """Select ``count`` entries from the index on that lies ``offset`` after that of a key; None: all that follow.

    ``value`` is the official name of the key.
    """
    items = _returned(return_type, inverted), checks.key_bound(value, "value"), checks.integer(offset, "offset")
    return collection_read(bin_name, ctx, 109, *items, *checks.optional_count(count, "count"))
