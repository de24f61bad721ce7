"""``aerospike_helpers.expressions.bitwise``: bits of blobs."""

from __future__ import annotations

from aerospike_wire import expressions as ours
from aerospike_wire.compat.helpers.expressions.base import BlobBin
from aerospike_wire.compat.helpers.expressions.resources import lazy

BitAdd = lazy(ours.BitAdd, "BitAdd", __name__)
BitAnd = lazy(ours.BitAnd, "BitAnd", __name__)
BitB64Encode = lazy(ours.BitB64Encode, "BitB64Encode", __name__)
BitCount = lazy(ours.BitCount, "BitCount", __name__)
BitGet = lazy(ours.BitGet, "BitGet", __name__)
BitGetInt = lazy(ours.BitGetInt, "BitGetInt", __name__)
BitInsert = lazy(ours.BitInsert, "BitInsert", __name__)
BitLeftScan = lazy(ours.BitLeftScan, "BitLeftScan", __name__)
BitLeftShift = lazy(ours.BitLeftShift, "BitLeftShift", __name__)
BitNot = lazy(ours.BitNot, "BitNot", __name__)
BitOr = lazy(ours.BitOr, "BitOr", __name__)
BitRemove = lazy(ours.BitRemove, "BitRemove", __name__)
BitResize = lazy(ours.BitResize, "BitResize", __name__)
BitRightScan = lazy(ours.BitRightScan, "BitRightScan", __name__)
BitRightShift = lazy(ours.BitRightShift, "BitRightShift", __name__)
BitSet = lazy(ours.BitSet, "BitSet", __name__)
BitSetInt = lazy(ours.BitSetInt, "BitSetInt", __name__)
BitSubtract = lazy(ours.BitSubtract, "BitSubtract", __name__)
BitXor = lazy(ours.BitXor, "BitXor", __name__)

__all__ = [
    "BitAdd",
    "BitAnd",
    "BitB64Encode",
    "BitCount",
    "BitGet",
    "BitGetInt",
    "BitInsert",
    "BitLeftScan",
    "BitLeftShift",
    "BitNot",
    "BitOr",
    "BitRemove",
    "BitResize",
    "BitRightScan",
    "BitRightShift",
    "BitSet",
    "BitSetInt",
    "BitSubtract",
    "BitXor",
    "BlobBin",
]
