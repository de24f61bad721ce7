"""``aerospike_helpers.expressions.hll``: HyperLogLog sketches."""

from __future__ import annotations

from aerospike_wire import expressions as ours
from aerospike_wire.compat.helpers.expressions.base import HLLBin
from aerospike_wire.compat.helpers.expressions.resources import lazy

HLLAdd = lazy(ours.HLLAdd, "HLLAdd", __name__)
HLLDescribe = lazy(ours.HLLDescribe, "HLLDescribe", __name__)
HLLGetCount = lazy(ours.HLLGetCount, "HLLGetCount", __name__)
HLLGetIntersectCount = lazy(ours.HLLGetIntersectCount, "HLLGetIntersectCount", __name__)
HLLGetSimilarity = lazy(ours.HLLGetSimilarity, "HLLGetSimilarity", __name__)
HLLGetUnion = lazy(ours.HLLGetUnion, "HLLGetUnion", __name__)
HLLGetUnionCount = lazy(ours.HLLGetUnionCount, "HLLGetUnionCount", __name__)
HLLInit = lazy(ours.HLLInit, "HLLInit", __name__)
HLLMayContain = lazy(ours.HLLMayContain, "HLLMayContain", __name__)

__all__ = [
    "HLLAdd",
    "HLLBin",
    "HLLDescribe",
    "HLLGetCount",
    "HLLGetIntersectCount",
    "HLLGetSimilarity",
    "HLLGetUnion",
    "HLLGetUnionCount",
    "HLLInit",
    "HLLMayContain",
]
