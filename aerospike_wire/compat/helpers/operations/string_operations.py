"""``aerospike_helpers.operations.string_operations``: operations on text (server 8.2), as dicts."""

from __future__ import annotations

from aerospike_wire.compat.helpers.string_helpers import NumericType, RegexFlags, StringPolicy
from aerospike_wire.compat.operations import helper
from aerospike_wire.operations import strings as ours

append = helper(ours.append, 1237)
base64_decode = helper(ours.base64_decode, 1217)
byte_length = helper(ours.byte_length, 1210)
casefold = helper(ours.casefold, 1228)
char_at = helper(ours.char_at, 1203)
concat = helper(ours.concat, 1221)
contains = helper(ours.contains, 1205)
ends_with = helper(ours.ends_with, 1207)
find = helper(ours.find, 1204)
insert = helper(ours.insert, 1219)
is_lower = helper(ours.is_lower, 1213)
is_numeric = helper(ours.is_numeric, 1211)
is_upper = helper(ours.is_upper, 1212)
lower = helper(ours.lower, 1227)
normalize_nfc = helper(ours.normalize_nfc, 1229)
overwrite = helper(ours.overwrite, 1220)
pad_end = helper(ours.pad_end, 1234)
pad_start = helper(ours.pad_start, 1233)
prepend = helper(ours.prepend, 1238)
regex_compare = helper(ours.regex_compare, 1218)
regex_replace = helper(ours.regex_replace, 1236)
repeat = helper(ours.repeat, 1235)
replace = helper(ours.replace, 1224)
replace_all = helper(ours.replace_all, 1225)
snip = helper(ours.snip, 1222)
split = helper(ours.split, 1215)
split_separator = helper(ours.split_separator, 1216)
starts_with = helper(ours.starts_with, 1206)
strlen = helper(ours.strlen, 1200)
substr = helper(ours.substr, 1201)
substr_range = helper(ours.substr_range, 1202)
to_blob = helper(ours.to_blob, 1214)
to_double = helper(ours.to_double, 1209)
to_integer = helper(ours.to_integer, 1208)
to_string = helper(ours.to_string, 1239)
trim = helper(ours.trim, 1232)
trim_end = helper(ours.trim_end, 1231)
trim_start = helper(ours.trim_start, 1230)
upper = helper(ours.upper, 1226)

__all__ = [
    "NumericType",
    "RegexFlags",
    "StringPolicy",
    "append",
    "base64_decode",
    "byte_length",
    "casefold",
    "char_at",
    "concat",
    "contains",
    "ends_with",
    "find",
    "insert",
    "is_lower",
    "is_numeric",
    "is_upper",
    "lower",
    "normalize_nfc",
    "overwrite",
    "pad_end",
    "pad_start",
    "prepend",
    "regex_compare",
    "regex_replace",
    "repeat",
    "replace",
    "replace_all",
    "snip",
    "split",
    "split_separator",
    "starts_with",
    "strlen",
    "substr",
    "substr_range",
    "to_blob",
    "to_double",
    "to_integer",
    "to_string",
    "trim",
    "trim_end",
    "trim_start",
    "upper",
]
