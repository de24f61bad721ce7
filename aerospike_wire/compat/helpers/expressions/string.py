"""``aerospike_helpers.expressions.string``: text (server 8.2)."""

from __future__ import annotations

from aerospike_wire import expressions as ours
from aerospike_wire.compat.helpers.expressions.base import StrBin
from aerospike_wire.compat.helpers.expressions.resources import lazy
from aerospike_wire.compat.helpers.string_helpers import NumericType, RegexFlags, StringPolicy

Append = lazy(ours.Append, "Append", __name__)
Base64Decode = lazy(ours.Base64Decode, "Base64Decode", __name__)
ByteLength = lazy(ours.ByteLength, "ByteLength", __name__)
CaseFold = lazy(ours.CaseFold, "CaseFold", __name__)
CharAt = lazy(ours.CharAt, "CharAt", __name__)
Concat = lazy(ours.Concat, "Concat", __name__)
Contains = lazy(ours.Contains, "Contains", __name__)
EndsWith = lazy(ours.EndsWith, "EndsWith", __name__)
Find = lazy(ours.Find, "Find", __name__)
Insert = lazy(ours.Insert, "Insert", __name__)
IsLower = lazy(ours.IsLower, "IsLower", __name__)
IsNumeric = lazy(ours.IsNumeric, "IsNumeric", __name__)
IsUpper = lazy(ours.IsUpper, "IsUpper", __name__)
Lower = lazy(ours.Lower, "Lower", __name__)
NormalizeNFC = lazy(ours.NormalizeNFC, "NormalizeNFC", __name__)
Overwrite = lazy(ours.Overwrite, "Overwrite", __name__)
PadEnd = lazy(ours.PadEnd, "PadEnd", __name__)
PadStart = lazy(ours.PadStart, "PadStart", __name__)
Prepend = lazy(ours.Prepend, "Prepend", __name__)
RegexCompare = lazy(ours.RegexCompare, "RegexCompare", __name__)
RegexReplace = lazy(ours.RegexReplace, "RegexReplace", __name__)
Repeat = lazy(ours.Repeat, "Repeat", __name__)
Replace = lazy(ours.Replace, "Replace", __name__)
ReplaceAll = lazy(ours.ReplaceAll, "ReplaceAll", __name__)
Snip = lazy(ours.Snip, "Snip", __name__)
Split = lazy(ours.Split, "Split", __name__)
SplitSeparator = lazy(ours.SplitSeparator, "SplitSeparator", __name__)
StartsWith = lazy(ours.StartsWith, "StartsWith", __name__)
StrLen = lazy(ours.StrLen, "StrLen", __name__)
SubStr = lazy(ours.SubStr, "SubStr", __name__)
SubStrRange = lazy(ours.SubStrRange, "SubStrRange", __name__)
ToBlob = lazy(ours.ToBlob, "ToBlob", __name__)
ToDouble = lazy(ours.ToDouble, "ToDouble", __name__)
ToInteger = lazy(ours.ToInteger, "ToInteger", __name__)
ToString = lazy(ours.ToString, "ToString", __name__)
Trim = lazy(ours.Trim, "Trim", __name__)
TrimEnd = lazy(ours.TrimEnd, "TrimEnd", __name__)
TrimStart = lazy(ours.TrimStart, "TrimStart", __name__)
Upper = lazy(ours.Upper, "Upper", __name__)

__all__ = [
    "Append",
    "Base64Decode",
    "ByteLength",
    "CaseFold",
    "CharAt",
    "Concat",
    "Contains",
    "EndsWith",
    "Find",
    "Insert",
    "IsLower",
    "IsNumeric",
    "IsUpper",
    "Lower",
    "NormalizeNFC",
    "NumericType",
    "Overwrite",
    "PadEnd",
    "PadStart",
    "Prepend",
    "RegexCompare",
    "RegexFlags",
    "RegexReplace",
    "Repeat",
    "Replace",
    "ReplaceAll",
    "Snip",
    "Split",
    "SplitSeparator",
    "StartsWith",
    "StrBin",
    "StrLen",
    "StringPolicy",
    "SubStr",
    "SubStrRange",
    "ToBlob",
    "ToDouble",
    "ToInteger",
    "ToString",
    "Trim",
    "TrimEnd",
    "TrimStart",
    "Upper",
]
