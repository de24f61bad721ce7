"""``aerospike_helpers.expressions.base``: values, bins, metadata, comparisons, logic, variables, paths."""

from __future__ import annotations

from aerospike_wire import expressions as ours
from aerospike_wire.compat.helpers.expressions.resources import ResultType, lazy

And = lazy(ours.And, "And", __name__)
BinExists = lazy(ours.BinExists, "BinExists", __name__)
BinType = lazy(ours.BinType, "BinType", __name__)
BlobBin = lazy(ours.BlobBin, "BlobBin", __name__)
BoolBin = lazy(ours.BoolBin, "BoolBin", __name__)
CmpGeo = lazy(ours.CmpGeo, "CmpGeo", __name__)
CmpRegex = lazy(ours.CmpRegex, "CmpRegex", __name__)
Cond = lazy(ours.Cond, "Cond", __name__)
Def = lazy(ours.Def, "Def", __name__)
DeviceSize = lazy(ours.DeviceSize, "DeviceSize", __name__)
DigestMod = lazy(ours.DigestMod, "DigestMod", __name__)
Eq = lazy(ours.Eq, "Eq", __name__)
Exclusive = lazy(ours.Exclusive, "Exclusive", __name__)
FloatBin = lazy(ours.FloatBin, "FloatBin", __name__)
GE = lazy(ours.GE, "GE", __name__)
GT = lazy(ours.GT, "GT", __name__)
GeoBin = lazy(ours.GeoBin, "GeoBin", __name__)
HLLBin = lazy(ours.HLLBin, "HLLBin", __name__)
IntBin = lazy(ours.IntBin, "IntBin", __name__)
IsTombstone = lazy(ours.IsTombstone, "IsTombstone", __name__)
KeyBlob = lazy(ours.KeyBlob, "KeyBlob", __name__)
KeyExists = lazy(ours.KeyExists, "KeyExists", __name__)
KeyInt = lazy(ours.KeyInt, "KeyInt", __name__)
KeyStr = lazy(ours.KeyStr, "KeyStr", __name__)
LE = lazy(ours.LE, "LE", __name__)
LT = lazy(ours.LT, "LT", __name__)
LastUpdateTime = lazy(ours.LastUpdateTime, "LastUpdateTime", __name__)
Let = lazy(ours.Let, "Let", __name__)
ListBin = lazy(ours.ListBin, "ListBin", __name__)
LoopVar = lazy(ours.LoopVar, "LoopVar", __name__)
LoopVarBlob = lazy(ours.LoopVarBlob, "LoopVarBlob", __name__)
LoopVarBool = lazy(ours.LoopVarBool, "LoopVarBool", __name__)
LoopVarFloat = lazy(ours.LoopVarFloat, "LoopVarFloat", __name__)
LoopVarGeoJson = lazy(ours.LoopVarGeoJson, "LoopVarGeoJson", __name__)
LoopVarHLL = lazy(ours.LoopVarHLL, "LoopVarHLL", __name__)
LoopVarInt = lazy(ours.LoopVarInt, "LoopVarInt", __name__)
LoopVarList = lazy(ours.LoopVarList, "LoopVarList", __name__)
LoopVarMap = lazy(ours.LoopVarMap, "LoopVarMap", __name__)
LoopVarNil = lazy(ours.LoopVarNil, "LoopVarNil", __name__)
LoopVarStr = lazy(ours.LoopVarStr, "LoopVarStr", __name__)
MapBin = lazy(ours.MapBin, "MapBin", __name__)
MemorySize = lazy(ours.MemorySize, "MemorySize", __name__)
ModifyByPath = lazy(ours.ModifyByPath, "ModifyByPath", __name__)
NE = lazy(ours.NE, "NE", __name__)
Not = lazy(ours.Not, "Not", __name__)
Or = lazy(ours.Or, "Or", __name__)
RecordSize = lazy(ours.RecordSize, "RecordSize", __name__)
RemoveResult = lazy(ours.RemoveResult, "RemoveResult", __name__)
SelectByPath = lazy(ours.SelectByPath, "SelectByPath", __name__)
SetName = lazy(ours.SetName, "SetName", __name__)
SinceUpdateTime = lazy(ours.SinceUpdateTime, "SinceUpdateTime", __name__)
StrBin = lazy(ours.StrBin, "StrBin", __name__)
TTL = lazy(ours.TTL, "TTL", __name__)
Unknown = lazy(ours.Unknown, "Unknown", __name__)
Val = lazy(ours.Val, "Val", __name__)
Var = lazy(ours.Var, "Var", __name__)
VoidTime = lazy(ours.VoidTime, "VoidTime", __name__)

__all__ = [
    "GE",
    "GT",
    "LE",
    "LT",
    "NE",
    "TTL",
    "And",
    "BinExists",
    "BinType",
    "BlobBin",
    "BoolBin",
    "CmpGeo",
    "CmpRegex",
    "Cond",
    "Def",
    "DeviceSize",
    "DigestMod",
    "Eq",
    "Exclusive",
    "FloatBin",
    "GeoBin",
    "HLLBin",
    "IntBin",
    "IsTombstone",
    "KeyBlob",
    "KeyExists",
    "KeyInt",
    "KeyStr",
    "LastUpdateTime",
    "Let",
    "ListBin",
    "LoopVar",
    "LoopVarBlob",
    "LoopVarBool",
    "LoopVarFloat",
    "LoopVarGeoJson",
    "LoopVarHLL",
    "LoopVarInt",
    "LoopVarList",
    "LoopVarMap",
    "LoopVarNil",
    "LoopVarStr",
    "MapBin",
    "MemorySize",
    "ModifyByPath",
    "Not",
    "Or",
    "RecordSize",
    "RemoveResult",
    "ResultType",
    "SelectByPath",
    "SetName",
    "SinceUpdateTime",
    "StrBin",
    "Unknown",
    "Val",
    "Var",
    "VoidTime",
]
