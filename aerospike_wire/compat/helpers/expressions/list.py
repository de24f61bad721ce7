"""``aerospike_helpers.expressions.list``: lists."""

from __future__ import annotations

from aerospike_wire import expressions as ours
from aerospike_wire.compat.helpers.expressions.base import ListBin
from aerospike_wire.compat.helpers.expressions.resources import ReturnType, lazy

InList = lazy(ours.InList, "InList", __name__)
ListAppend = lazy(ours.ListAppend, "ListAppend", __name__)
ListAppendItems = lazy(ours.ListAppendItems, "ListAppendItems", __name__)
ListClear = lazy(ours.ListClear, "ListClear", __name__)
ListGetByIndex = lazy(ours.ListGetByIndex, "ListGetByIndex", __name__)
ListGetByIndexRange = lazy(ours.ListGetByIndexRange, "ListGetByIndexRange", __name__)
ListGetByIndexRangeToEnd = lazy(ours.ListGetByIndexRangeToEnd, "ListGetByIndexRangeToEnd", __name__)
ListGetByRank = lazy(ours.ListGetByRank, "ListGetByRank", __name__)
ListGetByRankRange = lazy(ours.ListGetByRankRange, "ListGetByRankRange", __name__)
ListGetByRankRangeToEnd = lazy(ours.ListGetByRankRangeToEnd, "ListGetByRankRangeToEnd", __name__)
ListGetByValue = lazy(ours.ListGetByValue, "ListGetByValue", __name__)
ListGetByValueList = lazy(ours.ListGetByValueList, "ListGetByValueList", __name__)
ListGetByValueRange = lazy(ours.ListGetByValueRange, "ListGetByValueRange", __name__)
ListGetByValueRelRankRange = lazy(ours.ListGetByValueRelRankRange, "ListGetByValueRelRankRange", __name__)
ListGetByValueRelRankRangeToEnd = lazy(
    ours.ListGetByValueRelRankRangeToEnd, "ListGetByValueRelRankRangeToEnd", __name__
)
ListIncrement = lazy(ours.ListIncrement, "ListIncrement", __name__)
ListInsert = lazy(ours.ListInsert, "ListInsert", __name__)
ListInsertItems = lazy(ours.ListInsertItems, "ListInsertItems", __name__)
ListJoin = lazy(ours.ListJoin, "ListJoin", __name__)
ListRemoveByIndex = lazy(ours.ListRemoveByIndex, "ListRemoveByIndex", __name__)
ListRemoveByIndexRange = lazy(ours.ListRemoveByIndexRange, "ListRemoveByIndexRange", __name__)
ListRemoveByIndexRangeToEnd = lazy(ours.ListRemoveByIndexRangeToEnd, "ListRemoveByIndexRangeToEnd", __name__)
ListRemoveByRank = lazy(ours.ListRemoveByRank, "ListRemoveByRank", __name__)
ListRemoveByRankRange = lazy(ours.ListRemoveByRankRange, "ListRemoveByRankRange", __name__)
ListRemoveByRankRangeToEnd = lazy(ours.ListRemoveByRankRangeToEnd, "ListRemoveByRankRangeToEnd", __name__)
ListRemoveByValue = lazy(ours.ListRemoveByValue, "ListRemoveByValue", __name__)
ListRemoveByValueList = lazy(ours.ListRemoveByValueList, "ListRemoveByValueList", __name__)
ListRemoveByValueRange = lazy(ours.ListRemoveByValueRange, "ListRemoveByValueRange", __name__)
ListRemoveByValueRelRankRange = lazy(ours.ListRemoveByValueRelRankRange, "ListRemoveByValueRelRankRange", __name__)
ListRemoveByValueRelRankToEnd = lazy(ours.ListRemoveByValueRelRankToEnd, "ListRemoveByValueRelRankToEnd", __name__)
ListSet = lazy(ours.ListSet, "ListSet", __name__)
ListSize = lazy(ours.ListSize, "ListSize", __name__)
ListSort = lazy(ours.ListSort, "ListSort", __name__)

__all__ = [
    "InList",
    "ListAppend",
    "ListAppendItems",
    "ListBin",
    "ListClear",
    "ListGetByIndex",
    "ListGetByIndexRange",
    "ListGetByIndexRangeToEnd",
    "ListGetByRank",
    "ListGetByRankRange",
    "ListGetByRankRangeToEnd",
    "ListGetByValue",
    "ListGetByValueList",
    "ListGetByValueRange",
    "ListGetByValueRelRankRange",
    "ListGetByValueRelRankRangeToEnd",
    "ListIncrement",
    "ListInsert",
    "ListInsertItems",
    "ListJoin",
    "ListRemoveByIndex",
    "ListRemoveByIndexRange",
    "ListRemoveByIndexRangeToEnd",
    "ListRemoveByRank",
    "ListRemoveByRankRange",
    "ListRemoveByRankRangeToEnd",
    "ListRemoveByValue",
    "ListRemoveByValueList",
    "ListRemoveByValueRange",
    "ListRemoveByValueRelRankRange",
    "ListRemoveByValueRelRankToEnd",
    "ListSet",
    "ListSize",
    "ListSort",
    "ReturnType",
]
