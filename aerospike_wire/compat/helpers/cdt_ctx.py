"""``aerospike_helpers.cdt_ctx``: steps to nested lists and maps.

A step keeps what it was given; it is checked when it is used, as in the official client.
"""

from __future__ import annotations

from typing import Any, Final

from aerospike_wire.compat import constants as c
from aerospike_wire.operations.contexts import index_datatype_string, index_type_string

CDT_CTX_ORDER_KEY: Final = "order_key"
CDT_CTX_PAD_KEY: Final = "pad_key"

EXPRESSION: Final = 4
MAP_KEYS_IN: Final = 0x2A
AND: Final = 0x200
FILTER_KEY: Final = "expr"


Step = Any
"""A step, for type checkers: operations are typed by this client's own."""


class _cdt_ctx:  # noqa: N801  the official name
    """One step."""

    def __init__(self, *, id: Any = None, value: Any = None, extra_args: Any = None) -> None:  # noqa: A002  likewise
        self.id = id
        """Type of the step: one of the constants ``CDT_CTX_...``."""
        self.value = value
        self.extra_args = extra_args

    def __repr__(self) -> str:
        return f"_cdt_ctx(id={self.id!r}, value={self.value!r}, extra_args={self.extra_args!r})"


def cdt_ctx_list_index(index: int) -> Step:
    """The element of a list at an index; negative ones count from the end."""
    return _cdt_ctx(id=c.CDT_CTX_LIST_INDEX, value=index)


def cdt_ctx_list_rank(rank: int) -> Step:
    """The element of a list with a rank: 0 is the smallest, -1 the greatest."""
    return _cdt_ctx(id=c.CDT_CTX_LIST_RANK, value=rank)


def cdt_ctx_list_value(value: Any) -> Step:
    """The first element of a list that equals a value."""
    return _cdt_ctx(id=c.CDT_CTX_LIST_VALUE, value=value)


def cdt_ctx_list_index_create(index: int, order: int = 0, pad: bool = False) -> Step:  # noqa: FBT001, FBT002
    """The element of a list at an index; the list is created if it is missing.

    Args:
        index: the index.
        order: ``LIST_UNORDERED`` or ``LIST_ORDERED``.
        pad: fill the gap with None if the index is beyond the end.
    """
    extra = {CDT_CTX_ORDER_KEY: order, CDT_CTX_PAD_KEY: pad}
    return _cdt_ctx(id=c.CDT_CTX_LIST_INDEX_CREATE, value=index, extra_args=extra)


def cdt_ctx_map_index(index: int) -> Step:
    """The entry of a map at a place in the order of keys."""
    return _cdt_ctx(id=c.CDT_CTX_MAP_INDEX, value=index)


def cdt_ctx_map_rank(rank: int) -> Step:
    """The entry of a map with a rank: 0 has the smallest value."""
    return _cdt_ctx(id=c.CDT_CTX_MAP_RANK, value=rank)


def cdt_ctx_map_key(key: Any) -> Step:
    """The entry of a map with a key."""
    return _cdt_ctx(id=c.CDT_CTX_MAP_KEY, value=key)


def cdt_ctx_map_value(value: Any) -> Step:
    """The first entry of a map that has a value."""
    return _cdt_ctx(id=c.CDT_CTX_MAP_VALUE, value=value)


def cdt_ctx_map_key_create(key: Any, order: int = 0) -> Step:
    """The entry of a map with a key; the map is created if it is missing.

    Args:
        key: the key.
        order: ``MAP_UNORDERED``, ``MAP_KEY_ORDERED`` or ``MAP_KEY_VALUE_ORDERED``.
    """
    return _cdt_ctx(id=c.CDT_CTX_MAP_KEY_CREATE, value=key, extra_args={CDT_CTX_ORDER_KEY: order})


def cdt_ctx_all_children() -> Step:
    """All elements of a list or map. For operations by path."""
    return _cdt_ctx(id=EXPRESSION)


def cdt_ctx_all_children_with_filter(expression: Any) -> Step:
    """The elements of a list or map for which a compiled expression is true. For operations by path."""
    return _cdt_ctx(id=EXPRESSION, extra_args={FILTER_KEY: expression})


def cdt_ctx_and_filter(expression: Any) -> Step:
    """Of what the step before selected, the elements for which a compiled expression is true."""
    return _cdt_ctx(id=AND | EXPRESSION, extra_args={FILTER_KEY: expression})


def cdt_ctx_map_keys_in(keys: list[Any]) -> Step:
    """The entries of a map whose keys are in a list. For operations by path."""
    return _cdt_ctx(id=MAP_KEYS_IN, value=keys)


__all__ = [
    "cdt_ctx_all_children",
    "cdt_ctx_all_children_with_filter",
    "cdt_ctx_and_filter",
    "cdt_ctx_list_index",
    "cdt_ctx_list_index_create",
    "cdt_ctx_list_rank",
    "cdt_ctx_list_value",
    "cdt_ctx_map_index",
    "cdt_ctx_map_key",
    "cdt_ctx_map_key_create",
    "cdt_ctx_map_keys_in",
    "cdt_ctx_map_rank",
    "cdt_ctx_map_value",
    "index_datatype_string",
    "index_type_string",
]
