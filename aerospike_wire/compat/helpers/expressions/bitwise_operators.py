"""``aerospike_helpers.expressions.bitwise_operators``: bits of integers."""

from __future__ import annotations

from aerospike_wire import expressions as ours
from aerospike_wire.compat.helpers.expressions.resources import lazy

IntAnd = lazy(ours.IntAnd, "IntAnd", __name__)
IntArithmeticRightShift = lazy(ours.IntArithmeticRightShift, "IntArithmeticRightShift", __name__)
IntCount = lazy(ours.IntCount, "IntCount", __name__)
IntLeftScan = lazy(ours.IntLeftScan, "IntLeftScan", __name__)
IntLeftShift = lazy(ours.IntLeftShift, "IntLeftShift", __name__)
IntNot = lazy(ours.IntNot, "IntNot", __name__)
IntOr = lazy(ours.IntOr, "IntOr", __name__)
IntRightScan = lazy(ours.IntRightScan, "IntRightScan", __name__)
IntRightShift = lazy(ours.IntRightShift, "IntRightShift", __name__)
IntXOr = lazy(ours.IntXOr, "IntXOr", __name__)

__all__ = [
    "IntAnd",
    "IntArithmeticRightShift",
    "IntCount",
    "IntLeftScan",
    "IntLeftShift",
    "IntNot",
    "IntOr",
    "IntRightScan",
    "IntRightShift",
    "IntXOr",
]
