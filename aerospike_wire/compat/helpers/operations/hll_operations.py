"""``aerospike_helpers.operations.hll_operations``: operations on HyperLogLog sketches, as dicts."""

from __future__ import annotations

from aerospike_wire.compat import constants as c
from aerospike_wire.compat.operations import helper
from aerospike_wire.operations import hll as ours

hll_add = helper(ours.hll_add, c.OP_HLL_ADD, values="value_list", policy="hll_policy")
hll_describe = helper(ours.hll_describe, c.OP_HLL_DESCRIBE)
hll_fold = helper(ours.hll_fold, c.OP_HLL_FOLD)
hll_get_count = helper(ours.hll_get_count, c.OP_HLL_GET_COUNT)
hll_get_intersect_count = helper(ours.hll_get_intersect_count, c.OP_HLL_GET_INTERSECT_COUNT, hll_list="value_list")
hll_get_similarity = helper(ours.hll_get_similarity, c.OP_HLL_GET_SIMILARITY, hll_list="value_list")
hll_get_union = helper(ours.hll_get_union, c.OP_HLL_GET_UNION, hll_list="value_list")
hll_get_union_count = helper(ours.hll_get_union_count, c.OP_HLL_GET_UNION_COUNT, hll_list="value_list")
hll_init = helper(ours.hll_init, c.OP_HLL_INIT, policy="hll_policy")
hll_refresh_count = helper(ours.hll_refresh_count, c.OP_HLL_REFRESH_COUNT)
hll_set_union = helper(ours.hll_set_union, c.OP_HLL_SET_UNION, hll_list="value_list", policy="hll_policy")

__all__ = [
    "hll_add",
    "hll_describe",
    "hll_fold",
    "hll_get_count",
    "hll_get_intersect_count",
    "hll_get_similarity",
    "hll_get_union",
    "hll_get_union_count",
    "hll_init",
    "hll_refresh_count",
    "hll_set_union",
]
