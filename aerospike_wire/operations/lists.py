"""Operations on lists.

Indexes count from 0, negative ones from the end. A rank is a place in the order of values,
0 for the smallest, -1 for the greatest. ``ctx`` leads to a list inside the bin. A
``return_type`` says what the operation tells of the elements it selected (ListReturn);
``inverted`` selects all the others instead. Ranges of values include their begin and not
their end.

Every function raises ParamError, naming the argument, for one that cannot be used, and
BinNameError for a bin name that is too long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from aerospike_wire.operations import checks
from aerospike_wire.operations.calls import STRINGS_SINCE, collection_modify, collection_read
from aerospike_wire.operations.contexts import Contexts, list_create_flag
from aerospike_wire.operations.flags import INVERTED, ListOrder, ListReturn, ListSort
from aerospike_wire.operations.operation import Operation, builder
from aerospike_wire.operations.policies import Given, ListPolicy, settle

if TYPE_CHECKING:
    from collections.abc import Sequence

_PERSIST_INDEX: Final = 0x10


def _returned(return_type: Any, inverted: Any = False) -> bytes:
    found = checks.choice(return_type, ListReturn, "return_type")
    return checks.small(found | INVERTED if checks.flag(inverted, "inverted") else found)


def _order_and_flags(policy: Any) -> Sequence[bytes]:
    settled = settle(ListPolicy, policy, "policy")
    return () if settled is None else (checks.small(settled.list_order), checks.small(settled.write_flags))


def _flags_only(policy: Any) -> Sequence[bytes]:
    return _order_and_flags(policy)[1:]


def _end(value: Any) -> Sequence[bytes]:
    return () if value is None else (checks.any_value(value, "value_end"),)


# The list itself


@builder
def list_create(bin_name: str, list_order: int, pad: bool, persist_index: bool, ctx: Contexts = None) -> Operation:
    """Create a list, or give one that exists another order. No result.

    Args:
        bin_name: the bin.
        list_order: ListOrder.
        pad: with a context that ends in an index beyond the end: fill the gap with None.
        persist_index: keep the list's index with it; for ordered lists without a context.
        ctx: where in the bin.
    """
    order = checks.choice(list_order, ListOrder, "list_order")
    create = list_create_flag(order, pad, "list_order")
    if checks.flag(persist_index, "persist_index") and not ctx:
        order |= _PERSIST_INDEX
    return collection_modify(bin_name, ctx, 0, checks.small(order), create=create)


@builder
def list_set_order(bin_name: str, list_order: int, ctx: Contexts = None) -> Operation:
    """Change a list's order (ListOrder); one that becomes ordered is sorted. No result."""
    return collection_modify(bin_name, ctx, 0, checks.small(checks.choice(list_order, ListOrder, "list_order")))


@builder
def list_sort(bin_name: str, sort_flags: int = ListSort.DEFAULT, ctx: Contexts = None) -> Operation:
    """Sort a list once (ListSort). No result."""
    return collection_modify(bin_name, ctx, 13, checks.small(checks.flags(sort_flags, ListSort, "sort_flags")))


@builder
def list_clear(bin_name: str, ctx: Contexts = None) -> Operation:
    """Remove all elements. No result."""
    return collection_modify(bin_name, ctx, 11)


@builder
def list_size(bin_name: str, ctx: Contexts = None) -> Operation:
    """The number of elements."""
    return collection_read(bin_name, ctx, 16)


@builder
def list_join(bin_name: str, separator: str | None = None, ctx: Contexts = None) -> Operation:
    """The elements, which must be strings, as one string. Needs server 8.2.

    Args:
        bin_name: the bin.
        separator: text between the elements, None for none.
        ctx: where in the bin.
    """
    items = () if separator is None else (checks.text(separator, "separator"),)
    return collection_read(bin_name, ctx, 28, *items, since=STRINGS_SINCE)


# Adding and changing


@builder
def list_append(bin_name: str, value: Any, policy: ListPolicy | Given = None, ctx: Contexts = None) -> Operation:
    """Add a value at the end of a list, or at its place in an ordered one. The new size."""
    return collection_modify(bin_name, ctx, 1, checks.stored_value(value, "value"), *_order_and_flags(policy))


@builder
def list_append_items(
    bin_name: str, values: list[Any], policy: ListPolicy | Given = None, ctx: Contexts = None
) -> Operation:
    """Add values at the end of a list, or at their places in an ordered one. The new size."""
    return collection_modify(bin_name, ctx, 2, checks.stored_items(values, "values"), *_order_and_flags(policy))


@builder
def list_insert(
    bin_name: str, index: int, value: Any, policy: ListPolicy | Given = None, ctx: Contexts = None
) -> Operation:
    """Insert a value before the element at an index; a gap behind the end is filled with None. The new size."""
    items = checks.integer(index, "index"), checks.stored_value(value, "value")
    return collection_modify(bin_name, ctx, 3, *items, *_flags_only(policy))


@builder
def list_insert_items(
    bin_name: str, index: int, values: list[Any], policy: ListPolicy | Given = None, ctx: Contexts = None
) -> Operation:
    """Insert values before the element at an index; a gap behind the end is filled with None. The new size."""
    items = checks.integer(index, "index"), checks.stored_items(values, "values")
    return collection_modify(bin_name, ctx, 4, *items, *_flags_only(policy))


@builder
def list_set(
    bin_name: str, index: int, value: Any, policy: ListPolicy | Given = None, ctx: Contexts = None
) -> Operation:
    """Replace the element at an index; a gap behind the end is filled with None. No result."""
    items = checks.integer(index, "index"), checks.stored_value(value, "value")
    return collection_modify(bin_name, ctx, 9, *items, *_flags_only(policy))


@builder
def list_increment(
    bin_name: str, index: int, value: float, policy: ListPolicy | Given = None, ctx: Contexts = None
) -> Operation:
    """Add to the number at an index. The new number."""
    items = checks.integer(index, "index"), checks.amount(value, "value")
    return collection_modify(bin_name, ctx, 12, *items, *_order_and_flags(policy))


# Taking out by position


@builder
def list_pop(bin_name: str, index: int, ctx: Contexts = None) -> Operation:
    """Remove the element at an index. The element."""
    return collection_modify(bin_name, ctx, 5, checks.integer(index, "index"))


@builder
def list_pop_range(bin_name: str, index: int, count: int, ctx: Contexts = None) -> Operation:
    """Remove ``count`` elements from an index on. A list of them."""
    return collection_modify(bin_name, ctx, 6, checks.integer(index, "index"), checks.count(count, "count"))


@builder
def list_remove(bin_name: str, index: int, ctx: Contexts = None) -> Operation:
    """Remove the element at an index. The number removed."""
    return collection_modify(bin_name, ctx, 7, checks.integer(index, "index"))


@builder
def list_remove_range(bin_name: str, index: int, count: int, ctx: Contexts = None) -> Operation:
    """Remove ``count`` elements from an index on. The number removed."""
    return collection_modify(bin_name, ctx, 8, checks.integer(index, "index"), checks.count(count, "count"))


@builder
def list_trim(bin_name: str, index: int, count: int, ctx: Contexts = None) -> Operation:
    """Keep ``count`` elements from an index on, remove the others. The number removed."""
    return collection_modify(bin_name, ctx, 10, checks.integer(index, "index"), checks.count(count, "count"))


# Reading by position


@builder
def list_get(bin_name: str, index: int, ctx: Contexts = None) -> Operation:
    """The element at an index."""
    return collection_read(bin_name, ctx, 17, checks.integer(index, "index"))


@builder
def list_get_range(bin_name: str, index: int, count: int, ctx: Contexts = None) -> Operation:
    """A list of ``count`` elements from an index on."""
    return collection_read(bin_name, ctx, 18, checks.integer(index, "index"), checks.count(count, "count"))


# Reading a selection


@builder
def list_get_by_index(bin_name: str, index: int, return_type: int, ctx: Contexts = None) -> Operation:
    """Select the element at an index."""
    return collection_read(bin_name, ctx, 19, _returned(return_type), checks.integer(index, "index"))


@builder
def list_get_by_index_range(
    bin_name: str,
    index: int,
    return_type: int,
    count: int | None = None,
    inverted: bool = False,
    ctx: Contexts = None,
) -> Operation:
    """Select ``count`` elements from an index on; None: all that follow."""
    items = _returned(return_type, inverted), checks.integer(index, "index")
    return collection_read(bin_name, ctx, 24, *items, *checks.optional_count(count, "count"))


@builder
def list_get_by_rank(bin_name: str, rank: int, return_type: int, ctx: Contexts = None) -> Operation:
    """Select the element with a rank."""
    return collection_read(bin_name, ctx, 21, _returned(return_type), checks.integer(rank, "rank"))


@builder
def list_get_by_rank_range(
    bin_name: str,
    rank: int,
    return_type: int,
    count: int | None = None,
    inverted: bool = False,
    ctx: Contexts = None,
) -> Operation:
    """Select ``count`` elements from a rank on; None: all greater ones."""
    items = _returned(return_type, inverted), checks.integer(rank, "rank")
    return collection_read(bin_name, ctx, 26, *items, *checks.optional_count(count, "count"))


@builder
def list_get_by_value(
    bin_name: str, value: Any, return_type: int, inverted: bool = False, ctx: Contexts = None
) -> Operation:
    """Select the elements that equal a value."""
    return collection_read(bin_name, ctx, 22, _returned(return_type, inverted), checks.any_value(value, "value"))


@builder
def list_get_by_value_list(
    bin_name: str, value_list: list[Any], return_type: int, inverted: bool = False, ctx: Contexts = None
) -> Operation:
    """Select the elements that equal one of the values."""
    return collection_read(bin_name, ctx, 23, _returned(return_type, inverted), checks.items(value_list, "value_list"))


@builder
def list_get_by_value_range(
    bin_name: str,
    return_type: int,
    value_begin: Any,
    value_end: Any,
    inverted: bool = False,
    ctx: Contexts = None,
) -> Operation:
    """Select the elements from ``value_begin`` up to, not including, ``value_end``; None: no limit."""
    items = _returned(return_type, inverted), checks.any_value(value_begin, "value_begin")
    return collection_read(bin_name, ctx, 25, *items, *_end(value_end))


@builder
def list_get_by_value_rank_range_relative(
    bin_name: str,
    value: Any,
    offset: int,
    return_type: int,
    count: int | None = None,
    inverted: bool = False,
    ctx: Contexts = None,
) -> Operation:
    """Select ``count`` elements from the rank on that lies ``offset`` after that of a value; None: all greater ones."""
    items = _returned(return_type, inverted), checks.any_value(value, "value"), checks.integer(offset, "offset")
    return collection_read(bin_name, ctx, 27, *items, *checks.optional_count(count, "count"))


# Removing a selection


@builder
def list_remove_by_index(bin_name: str, index: int, return_type: int, ctx: Contexts = None) -> Operation:
    """Remove the element at an index."""
    return collection_modify(bin_name, ctx, 32, _returned(return_type), checks.integer(index, "index"))


@builder
def list_remove_by_index_range(
    bin_name: str,
    index: int,
    return_type: int,
    count: int | None = None,
    inverted: bool = False,
    ctx: Contexts = None,
) -> Operation:
    """Remove ``count`` elements from an index on; None: all that follow."""
    items = _returned(return_type, inverted), checks.integer(index, "index")
    return collection_modify(bin_name, ctx, 37, *items, *checks.optional_count(count, "count"))


@builder
def list_remove_by_rank(bin_name: str, rank: int, return_type: int, ctx: Contexts = None) -> Operation:
    """Remove the element with a rank."""
    return collection_modify(bin_name, ctx, 34, _returned(return_type), checks.integer(rank, "rank"))


@builder
def list_remove_by_rank_range(
    bin_name: str,
    rank: int,
    return_type: int,
    count: int | None = None,
    inverted: bool = False,
    ctx: Contexts = None,
) -> Operation:
    """Remove ``count`` elements from a rank on; None: all greater ones."""
    items = _returned(return_type, inverted), checks.integer(rank, "rank")
    return collection_modify(bin_name, ctx, 39, *items, *checks.optional_count(count, "count"))


@builder
def list_remove_by_value(
    bin_name: str, value: Any, return_type: int, inverted: bool = False, ctx: Contexts = None
) -> Operation:
    """Remove the elements that equal a value."""
    return collection_modify(bin_name, ctx, 35, _returned(return_type, inverted), checks.any_value(value, "value"))


@builder
def list_remove_by_value_list(
    bin_name: str, value_list: list[Any], return_type: int, inverted: bool = False, ctx: Contexts = None
) -> Operation:
    """Remove the elements that equal one of the values."""
    items = _returned(return_type, inverted), checks.items(value_list, "value_list")
    return collection_modify(bin_name, ctx, 36, *items)


@builder
def list_remove_by_value_range(
    bin_name: str,
    return_type: int,
    value_begin: Any = None,
    value_end: Any = None,
    inverted: bool = False,
    ctx: Contexts = None,
) -> Operation:
    """Remove the elements from ``value_begin`` up to, not including, ``value_end``; None: no limit."""
    items = _returned(return_type, inverted), checks.any_value(value_begin, "value_begin")
    return collection_modify(bin_name, ctx, 38, *items, *_end(value_end))


@builder
def list_remove_by_value_rank_range_relative(
    bin_name: str,
    value: Any,
    offset: int,
    return_type: int,
    count: int | None = None,
    inverted: bool = False,
    ctx: Contexts = None,
) -> Operation:
    """Remove ``count`` elements from the rank on that lies ``offset`` after that of a value; None: all greater ones."""
    items = _returned(return_type, inverted), checks.any_value(value, "value"), checks.integer(offset, "offset")
    return collection_modify(bin_name, ctx, 40, *items, *checks.optional_count(count, "count"))
