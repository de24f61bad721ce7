"""Checks of arguments that settings, policies and transactions share."""

from __future__ import annotations

from typing import Any

from aerospike_wire.errors import ParamError


def whole_number(name: str, value: Any, low: int, high: int, kind: str = "") -> int:
    """A number that an argument may be.

    Args:
        name: the argument's.
        value: what the program gave.
        low: the least that is allowed.
        high: the most.
        kind: what stands before the name in the error's text.

    Raises:
        ParamError: it is no int, or beyond the limits.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise ParamError.about(name, f"must be an int, not {type(value).__name__}", kind)
    if not low <= value <= high:
        raise ParamError.about(name, f"must be between {low} and {high}, not {value}", kind)
    return value
