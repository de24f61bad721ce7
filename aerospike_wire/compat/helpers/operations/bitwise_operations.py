"""``aerospike_helpers.operations.bitwise_operations``: operations on bits of blobs, as dicts."""

from __future__ import annotations

from aerospike_wire.compat import constants as c
from aerospike_wire.compat.operations import helper
from aerospike_wire.operations import bits as ours

bit_add = helper(ours.bit_add, c.OP_BIT_ADD)
bit_and = helper(ours.bit_and, c.OP_BIT_AND)
bit_b64_encode = helper(ours.bit_b64_encode, 2018)
bit_count = helper(ours.bit_count, c.OP_BIT_COUNT)
bit_get = helper(ours.bit_get, c.OP_BIT_GET)
bit_get_int = helper(ours.bit_get_int, c.OP_BIT_GET_INT)
bit_insert = helper(ours.bit_insert, c.OP_BIT_INSERT)
bit_lscan = helper(ours.bit_lscan, c.OP_BIT_LSCAN)
bit_lshift = helper(ours.bit_lshift, c.OP_BIT_LSHIFT, shift="value")
bit_not = helper(ours.bit_not, c.OP_BIT_NOT)
bit_or = helper(ours.bit_or, c.OP_BIT_OR)
bit_remove = helper(ours.bit_remove, c.OP_BIT_REMOVE)
bit_resize = helper(ours.bit_resize, c.OP_BIT_RESIZE)
bit_rscan = helper(ours.bit_rscan, c.OP_BIT_RSCAN)
bit_rshift = helper(ours.bit_rshift, c.OP_BIT_RSHIFT, shift="value")
bit_set = helper(ours.bit_set, c.OP_BIT_SET)
bit_set_int = helper(ours.bit_set_int, c.OP_BIT_SET_INT)
bit_subtract = helper(ours.bit_subtract, c.OP_BIT_SUBTRACT)
bit_xor = helper(ours.bit_xor, c.OP_BIT_XOR)

__all__ = [
    "bit_add",
    "bit_and",
    "bit_b64_encode",
    "bit_count",
    "bit_get",
    "bit_get_int",
    "bit_insert",
    "bit_lscan",
    "bit_lshift",
    "bit_not",
    "bit_or",
    "bit_remove",
    "bit_resize",
    "bit_rscan",
    "bit_rshift",
    "bit_set",
    "bit_set_int",
    "bit_subtract",
    "bit_xor",
]
