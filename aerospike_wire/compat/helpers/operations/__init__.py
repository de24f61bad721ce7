"""``aerospike_helpers.operations``: operations as dicts, one module for each kind of bin."""

from __future__ import annotations

from aerospike_wire.compat.helpers.operations import (
    bitwise_operations,
    expression_operations,
    hll_operations,
    list_operations,
    map_operations,
    operations,
    string_operations,
)

__all__ = [
    "bitwise_operations",
    "expression_operations",
    "hll_operations",
    "list_operations",
    "map_operations",
    "operations",
    "string_operations",
]
