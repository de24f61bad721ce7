"""``aerospike_helpers.operations.expression_operations``: operations with expressions, as dicts."""

from __future__ import annotations

from aerospike_wire.compat import constants as c
from aerospike_wire.compat.operations import helper
from aerospike_wire.operations import expressions as ours

expression_read = helper(ours.expression_read, c.OP_EXPR_READ, expression="expr", expression_read_flags="expr_flags")
expression_write = helper(
    ours.expression_write, c.OP_EXPR_WRITE, expression="expr", expression_write_flags="expr_flags"
)

__all__ = [
    "expression_read",
    "expression_write",
]
