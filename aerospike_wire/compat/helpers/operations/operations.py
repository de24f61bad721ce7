"""``aerospike_helpers.operations.operations``: operations on whole bins, and by path, as dicts."""

from __future__ import annotations

from aerospike_wire.compat import constants as c
from aerospike_wire.compat.operations import helper
from aerospike_wire.operations import basic as ours
from aerospike_wire.operations import expressions

append = helper(ours.append, c.OPERATOR_APPEND, append_item="val")
delete = helper(ours.delete, c.OPERATOR_DELETE)
increment = helper(ours.increment, c.OPERATOR_INCR, amount="val")
modify_by_path = helper(expressions.modify_by_path, 3, expr="mod_exp", flags="cdt_flags")
prepend = helper(ours.prepend, c.OPERATOR_PREPEND, prepend_item="val")
read = helper(ours.read, c.OPERATOR_READ)
select_by_path = helper(expressions.select_by_path, 2, flags="cdt_flags")
touch = helper(ours.touch, c.OPERATOR_TOUCH, ttl="val")
write = helper(ours.write, c.OPERATOR_WRITE, write_item="val")

__all__ = [
    "append",
    "delete",
    "increment",
    "modify_by_path",
    "prepend",
    "read",
    "select_by_path",
    "touch",
    "write",
]
