"""Conditions for ``query().where()``, with the official client's names."""

from __future__ import annotations

from aerospike_wire.operations.operation import refused
from aerospike_wire.proto.commands.query import Predicate, check_predicate
from aerospike_wire.proto.invalid import InvalidArgument


def equals(bin: str, val: int | str | bytes) -> Predicate:
    """The bin has this value.

    Raises:
        ParamError, BinNameError: the bin name or value is not acceptable.
    """
    try:
        return check_predicate(bin, val, val)
    except InvalidArgument as invalid:
        raise refused(invalid) from None


def between(bin: str, min: int, max: int) -> Predicate:
    """The bin has an integer from ``min`` to ``max``, both included.

    Raises:
        ParamError, BinNameError: the bin name or a bound is not acceptable.
    """
    try:
        for argument, value in (("min", min), ("max", max)):
            if isinstance(value, bool) or not isinstance(value, int):
                raise InvalidArgument(argument, f"must be an int, not {type(value).__name__}")
        return check_predicate(bin, min, max)
    except InvalidArgument as invalid:
        raise refused(invalid) from None
