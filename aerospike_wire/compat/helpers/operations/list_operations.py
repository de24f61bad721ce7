"""``aerospike_helpers.operations.list_operations``: operations on lists, as dicts."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, ParamSpec

import attrs

from aerospike_wire.compat import constants as c
from aerospike_wire.compat.operations import helper
from aerospike_wire.operations import checks
from aerospike_wire.operations import lists as ours
from aerospike_wire.operations.calls import collection_modify, collection_read

if TYPE_CHECKING:
    from collections.abc import Callable

    from aerospike_wire.operations.operation import Operation

P = ParamSpec("P")


def _any_count(function: Callable[P, Operation], make: Callable[..., Operation], number: int) -> Callable[P, Operation]:
    """A function that leaves a negative count to the server, as the official client does: it reaches to the end there.

    Args:
        function: the one of this client, which refuses such a count.
        make: makes the operation of a call.
        number: of the call (protocol section 6.3).
    """
    signature = inspect.signature(function)

    @functools.wraps(function)
    def build(*args: P.args, **kwargs: P.kwargs) -> Operation:
        given = signature.bind(*args, **kwargs)
        count = given.arguments["count"]
        if isinstance(count, bool) or not isinstance(count, int) or count >= 0:
            return function(*args, **kwargs)
        given.arguments["count"] = 0  # the rest is checked as always
        made = function(*given.args, **given.kwargs)
        index, ctx = given.arguments["index"], given.arguments.get("ctx")
        call = make(made.bin, ctx, number, checks.integer(index, "index"), checks.integer(count, "count"))
        return attrs.evolve(made, data=call.data)

    return build


list_append = helper(ours.list_append, c.OP_LIST_APPEND, value="val", policy="list_policy")
list_append_items = helper(ours.list_append_items, c.OP_LIST_APPEND_ITEMS, values="val", policy="list_policy")
list_clear = helper(ours.list_clear, c.OP_LIST_CLEAR)
list_create = helper(ours.list_create, c.OP_LIST_CREATE)
list_get = helper(ours.list_get, c.OP_LIST_GET)
list_get_by_index = helper(ours.list_get_by_index, c.OP_LIST_GET_BY_INDEX)
list_get_by_index_range = helper(ours.list_get_by_index_range, c.OP_LIST_GET_BY_INDEX_RANGE)
list_get_by_rank = helper(ours.list_get_by_rank, c.OP_LIST_GET_BY_RANK)
list_get_by_rank_range = helper(ours.list_get_by_rank_range, c.OP_LIST_GET_BY_RANK_RANGE)
list_get_by_value = helper(ours.list_get_by_value, c.OP_LIST_GET_BY_VALUE, value="val")
list_get_by_value_list = helper(ours.list_get_by_value_list, c.OP_LIST_GET_BY_VALUE_LIST)
list_get_by_value_range = helper(ours.list_get_by_value_range, c.OP_LIST_GET_BY_VALUE_RANGE)
list_get_by_value_rank_range_relative = helper(
    ours.list_get_by_value_rank_range_relative, c.OP_LIST_GET_BY_VALUE_RANK_RANGE_REL, value="val", offset="rank"
)
list_get_range = helper(_any_count(ours.list_get_range, collection_read, 18), c.OP_LIST_GET_RANGE, count="val")
list_increment = helper(ours.list_increment, c.OP_LIST_INCREMENT, value="val", policy="list_policy")
list_insert = helper(ours.list_insert, c.OP_LIST_INSERT, value="val", policy="list_policy")
list_insert_items = helper(ours.list_insert_items, c.OP_LIST_INSERT_ITEMS, values="val", policy="list_policy")
list_join = helper(ours.list_join, 1042)
list_pop = helper(ours.list_pop, c.OP_LIST_POP)
list_pop_range = helper(_any_count(ours.list_pop_range, collection_modify, 6), c.OP_LIST_POP_RANGE, count="val")
list_remove = helper(ours.list_remove, c.OP_LIST_REMOVE)
list_remove_by_index = helper(ours.list_remove_by_index, c.OP_LIST_REMOVE_BY_INDEX)
list_remove_by_index_range = helper(ours.list_remove_by_index_range, c.OP_LIST_REMOVE_BY_INDEX_RANGE)
list_remove_by_rank = helper(ours.list_remove_by_rank, c.OP_LIST_REMOVE_BY_RANK)
list_remove_by_rank_range = helper(ours.list_remove_by_rank_range, c.OP_LIST_REMOVE_BY_RANK_RANGE)
list_remove_by_value = helper(ours.list_remove_by_value, c.OP_LIST_REMOVE_BY_VALUE, value="val")
list_remove_by_value_list = helper(ours.list_remove_by_value_list, c.OP_LIST_REMOVE_BY_VALUE_LIST)
list_remove_by_value_range = helper(ours.list_remove_by_value_range, c.OP_LIST_REMOVE_BY_VALUE_RANGE)
list_remove_by_value_rank_range_relative = helper(
    ours.list_remove_by_value_rank_range_relative, c.OP_LIST_REMOVE_BY_VALUE_RANK_RANGE_REL, value="val", offset="rank"
)
list_remove_range = helper(
    _any_count(ours.list_remove_range, collection_modify, 8), c.OP_LIST_REMOVE_RANGE, count="val"
)
list_set = helper(ours.list_set, c.OP_LIST_SET, value="val", policy="list_policy")
list_set_order = helper(ours.list_set_order, c.OP_LIST_SET_ORDER)
list_size = helper(ours.list_size, c.OP_LIST_SIZE)
list_sort = helper(ours.list_sort, c.OP_LIST_SORT)
list_trim = helper(_any_count(ours.list_trim, collection_modify, 10), c.OP_LIST_TRIM, count="val")

__all__ = [
    "list_append",
    "list_append_items",
    "list_clear",
    "list_create",
    "list_get",
    "list_get_by_index",
    "list_get_by_index_range",
    "list_get_by_rank",
    "list_get_by_rank_range",
    "list_get_by_value",
    "list_get_by_value_list",
    "list_get_by_value_range",
    "list_get_by_value_rank_range_relative",
    "list_get_range",
    "list_increment",
    "list_insert",
    "list_insert_items",
    "list_join",
    "list_pop",
    "list_pop_range",
    "list_remove",
    "list_remove_by_index",
    "list_remove_by_index_range",
    "list_remove_by_rank",
    "list_remove_by_rank_range",
    "list_remove_by_value",
    "list_remove_by_value_list",
    "list_remove_by_value_range",
    "list_remove_by_value_rank_range_relative",
    "list_remove_range",
    "list_set",
    "list_set_order",
    "list_size",
    "list_sort",
    "list_trim",
]
