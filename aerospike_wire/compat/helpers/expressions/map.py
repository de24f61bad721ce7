"""``aerospike_helpers.expressions.map``: maps."""

from __future__ import annotations

from aerospike_wire import expressions as ours
from aerospike_wire.compat.helpers.expressions.base import MapBin
from aerospike_wire.compat.helpers.expressions.resources import ReturnType, lazy

MapClear = lazy(ours.MapClear, "MapClear", __name__)
MapGetByIndex = lazy(ours.MapGetByIndex, "MapGetByIndex", __name__)
MapGetByIndexRange = lazy(ours.MapGetByIndexRange, "MapGetByIndexRange", __name__)
MapGetByIndexRangeToEnd = lazy(ours.MapGetByIndexRangeToEnd, "MapGetByIndexRangeToEnd", __name__)
MapGetByKey = lazy(ours.MapGetByKey, "MapGetByKey", __name__)
MapGetByKeyList = lazy(ours.MapGetByKeyList, "MapGetByKeyList", __name__)
MapGetByKeyRange = lazy(ours.MapGetByKeyRange, "MapGetByKeyRange", __name__)
MapGetByKeyRelIndexRange = lazy(ours.MapGetByKeyRelIndexRange, "MapGetByKeyRelIndexRange", __name__)
MapGetByKeyRelIndexRangeToEnd = lazy(ours.MapGetByKeyRelIndexRangeToEnd, "MapGetByKeyRelIndexRangeToEnd", __name__)
MapGetByRank = lazy(ours.MapGetByRank, "MapGetByRank", __name__)
MapGetByRankRange = lazy(ours.MapGetByRankRange, "MapGetByRankRange", __name__)
MapGetByRankRangeToEnd = lazy(ours.MapGetByRankRangeToEnd, "MapGetByRankRangeToEnd", __name__)
MapGetByValue = lazy(ours.MapGetByValue, "MapGetByValue", __name__)
MapGetByValueList = lazy(ours.MapGetByValueList, "MapGetByValueList", __name__)
MapGetByValueRange = lazy(ours.MapGetByValueRange, "MapGetByValueRange", __name__)
MapGetByValueRelRankRange = lazy(ours.MapGetByValueRelRankRange, "MapGetByValueRelRankRange", __name__)
MapGetByValueRelRankRangeToEnd = lazy(ours.MapGetByValueRelRankRangeToEnd, "MapGetByValueRelRankRangeToEnd", __name__)
MapGetKeys = lazy(ours.MapGetKeys, "MapGetKeys", __name__)
MapGetValues = lazy(ours.MapGetValues, "MapGetValues", __name__)
MapIncrement = lazy(ours.MapIncrement, "MapIncrement", __name__)
MapPut = lazy(ours.MapPut, "MapPut", __name__)
MapPutItems = lazy(ours.MapPutItems, "MapPutItems", __name__)
MapRemoveByIndex = lazy(ours.MapRemoveByIndex, "MapRemoveByIndex", __name__)
MapRemoveByIndexRange = lazy(ours.MapRemoveByIndexRange, "MapRemoveByIndexRange", __name__)
MapRemoveByIndexRangeToEnd = lazy(ours.MapRemoveByIndexRangeToEnd, "MapRemoveByIndexRangeToEnd", __name__)
MapRemoveByKey = lazy(ours.MapRemoveByKey, "MapRemoveByKey", __name__)
MapRemoveByKeyList = lazy(ours.MapRemoveByKeyList, "MapRemoveByKeyList", __name__)
MapRemoveByKeyRange = lazy(ours.MapRemoveByKeyRange, "MapRemoveByKeyRange", __name__)
MapRemoveByKeyRelIndexRange = lazy(ours.MapRemoveByKeyRelIndexRange, "MapRemoveByKeyRelIndexRange", __name__)
MapRemoveByKeyRelIndexRangeToEnd = lazy(
    ours.MapRemoveByKeyRelIndexRangeToEnd, "MapRemoveByKeyRelIndexRangeToEnd", __name__
)
MapRemoveByRank = lazy(ours.MapRemoveByRank, "MapRemoveByRank", __name__)
MapRemoveByRankRange = lazy(ours.MapRemoveByRankRange, "MapRemoveByRankRange", __name__)
MapRemoveByRankRangeToEnd = lazy(ours.MapRemoveByRankRangeToEnd, "MapRemoveByRankRangeToEnd", __name__)
MapRemoveByValue = lazy(ours.MapRemoveByValue, "MapRemoveByValue", __name__)
MapRemoveByValueList = lazy(ours.MapRemoveByValueList, "MapRemoveByValueList", __name__)
MapRemoveByValueRange = lazy(ours.MapRemoveByValueRange, "MapRemoveByValueRange", __name__)
MapRemoveByValueRelRankRange = lazy(ours.MapRemoveByValueRelRankRange, "MapRemoveByValueRelRankRange", __name__)
MapRemoveByValueRelRankRangeToEnd = lazy(
    ours.MapRemoveByValueRelRankRangeToEnd, "MapRemoveByValueRelRankRangeToEnd", __name__
)
MapSize = lazy(ours.MapSize, "MapSize", __name__)

__all__ = [
    "MapBin",
    "MapClear",
    "MapGetByIndex",
    "MapGetByIndexRange",
    "MapGetByIndexRangeToEnd",
    "MapGetByKey",
    "MapGetByKeyList",
    "MapGetByKeyRange",
    "MapGetByKeyRelIndexRange",
    "MapGetByKeyRelIndexRangeToEnd",
    "MapGetByRank",
    "MapGetByRankRange",
    "MapGetByRankRangeToEnd",
    "MapGetByValue",
    "MapGetByValueList",
    "MapGetByValueRange",
    "MapGetByValueRelRankRange",
    "MapGetByValueRelRankRangeToEnd",
    "MapGetKeys",
    "MapGetValues",
    "MapIncrement",
    "MapPut",
    "MapPutItems",
    "MapRemoveByIndex",
    "MapRemoveByIndexRange",
    "MapRemoveByIndexRangeToEnd",
    "MapRemoveByKey",
    "MapRemoveByKeyList",
    "MapRemoveByKeyRange",
    "MapRemoveByKeyRelIndexRange",
    "MapRemoveByKeyRelIndexRangeToEnd",
    "MapRemoveByRank",
    "MapRemoveByRankRange",
    "MapRemoveByRankRangeToEnd",
    "MapRemoveByValue",
    "MapRemoveByValueList",
    "MapRemoveByValueRange",
    "MapRemoveByValueRelRankRange",
    "MapRemoveByValueRelRankRangeToEnd",
    "MapSize",
    "ReturnType",
]
