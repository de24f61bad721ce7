"""``aerospike_helpers.string_helpers``: flags and policy of operations and expressions on text."""

from __future__ import annotations

from aerospike_wire.operations.flags import NumericType, RegexFlags
from aerospike_wire.operations.flags import StringWrite as WriteFlags
from aerospike_wire.operations.policies import StringPolicy

__all__ = ["NumericType", "RegexFlags", "StringPolicy", "WriteFlags"]
