"""``aerospike_helpers.operations.map_operations``: operations on maps, as dicts."""

from __future__ import annotations

from aerospike_wire.compat import constants as c
from aerospike_wire.compat.operations import helper
from aerospike_wire.operations import maps as ours

map_clear = helper(ours.map_clear, c.OP_MAP_CLEAR)
map_create = helper(ours.map_create, c.OP_MAP_CREATE)
map_decrement = helper(ours.map_decrement, c.OP_MAP_DECREMENT, amount="val")
map_get_by_index = helper(ours.map_get_by_index, c.OP_MAP_GET_BY_INDEX)
map_get_by_index_range = helper(
    ours.map_get_by_index_range, c.OP_MAP_GET_BY_INDEX_RANGE, index_start="index", get_amt="val"
)
map_get_by_key = helper(ours.map_get_by_key, c.OP_MAP_GET_BY_KEY)
map_get_by_key_index_range_relative = helper(
    ours.map_get_by_key_index_range_relative, c.OP_MAP_GET_BY_KEY_INDEX_RANGE_REL, value="key", offset="index"
)
map_get_by_key_list = helper(ours.map_get_by_key_list, c.OP_MAP_GET_BY_KEY_LIST, key_list="val")
map_get_by_key_range = helper(
    ours.map_get_by_key_range, c.OP_MAP_GET_BY_KEY_RANGE, key_range_start="key", key_range_end="range"
)
map_get_by_rank = helper(ours.map_get_by_rank, c.OP_MAP_GET_BY_RANK, rank="index")
map_get_by_rank_range = helper(
    ours.map_get_by_rank_range, c.OP_MAP_GET_BY_RANK_RANGE, rank_start="index", get_amt="val"
)
map_get_by_value = helper(ours.map_get_by_value, c.OP_MAP_GET_BY_VALUE, value="val")
map_get_by_value_list = helper(ours.map_get_by_value_list, c.OP_MAP_GET_BY_VALUE_LIST, key_list="val")
map_get_by_value_range = helper(
    ours.map_get_by_value_range, c.OP_MAP_GET_BY_VALUE_RANGE, value_start="val", value_end="range"
)
map_get_by_value_rank_range_relative = helper(
    ours.map_get_by_value_rank_range_relative, c.OP_MAP_GET_BY_VALUE_RANK_RANGE_REL, value="val", offset="rank"
)
map_increment = helper(ours.map_increment, c.OP_MAP_INCREMENT, amount="val")
map_put = helper(ours.map_put, c.OP_MAP_PUT, value="val")
map_put_items = helper(ours.map_put_items, c.OP_MAP_PUT_ITEMS, item_dict="val")
map_remove_by_index = helper(ours.map_remove_by_index, c.OP_MAP_REMOVE_BY_INDEX)
map_remove_by_index_range = helper(
    ours.map_remove_by_index_range, c.OP_MAP_REMOVE_BY_INDEX_RANGE, index_start="index", remove_amt="val"
)
map_remove_by_key = helper(ours.map_remove_by_key, c.OP_MAP_REMOVE_BY_KEY)
map_remove_by_key_index_range_relative = helper(
    ours.map_remove_by_key_index_range_relative, c.OP_MAP_REMOVE_BY_KEY_INDEX_RANGE_REL, offset="index"
)
map_remove_by_key_list = helper(ours.map_remove_by_key_list, c.OP_MAP_REMOVE_BY_KEY_LIST, key_list="val")
map_remove_by_key_range = helper(
    ours.map_remove_by_key_range, c.OP_MAP_REMOVE_BY_KEY_RANGE, key_range_start="key", key_range_end="val"
)
map_remove_by_rank = helper(ours.map_remove_by_rank, c.OP_MAP_REMOVE_BY_RANK, rank="index")
map_remove_by_rank_range = helper(
    ours.map_remove_by_rank_range, c.OP_MAP_REMOVE_BY_RANK_RANGE, rank_start="index", remove_amt="val"
)
map_remove_by_value = helper(ours.map_remove_by_value, c.OP_MAP_REMOVE_BY_VALUE, value="val")
map_remove_by_value_list = helper(ours.map_remove_by_value_list, c.OP_MAP_REMOVE_BY_VALUE_LIST, value_list="val")
map_remove_by_value_range = helper(
    ours.map_remove_by_value_range, c.OP_MAP_REMOVE_BY_VALUE_RANGE, value_start="val", value_end="range"
)
map_remove_by_value_rank_range_relative = helper(
    ours.map_remove_by_value_rank_range_relative, c.OP_MAP_REMOVE_BY_VALUE_RANK_RANGE_REL, value="val", offset="rank"
)
map_set_policy = helper(ours.map_set_policy, c.OP_MAP_SET_POLICY, policy="map_policy")
map_size = helper(ours.map_size, c.OP_MAP_SIZE)

__all__ = [
    "map_clear",
    "map_create",
    "map_decrement",
    "map_get_by_index",
    "map_get_by_index_range",
    "map_get_by_key",
    "map_get_by_key_index_range_relative",
    "map_get_by_key_list",
    "map_get_by_key_range",
    "map_get_by_rank",
    "map_get_by_rank_range",
    "map_get_by_value",
    "map_get_by_value_list",
    "map_get_by_value_range",
    "map_get_by_value_rank_range_relative",
    "map_increment",
    "map_put",
    "map_put_items",
    "map_remove_by_index",
    "map_remove_by_index_range",
    "map_remove_by_key",
    "map_remove_by_key_index_range_relative",
    "map_remove_by_key_list",
    "map_remove_by_key_range",
    "map_remove_by_rank",
    "map_remove_by_rank_range",
    "map_remove_by_value",
    "map_remove_by_value_list",
    "map_remove_by_value_range",
    "map_remove_by_value_rank_range_relative",
    "map_set_policy",
    "map_size",
]
