"""Operations on text. They need server 8.2; an older one refuses them (4).

The names are those of the official client's string operations, two of them also names of
operations on whole bins; so they are used through this module: ``strings.append("s", "x")``.
Indexes count code points, negative ones from the end. ``ctx`` leads to a string inside a
list or map. Operations that change the string have no result.

Every function raises ParamError, naming the argument, for one that cannot be used, and
BinNameError for a bin name that is too long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aerospike_wire.operations import checks
from aerospike_wire.operations.calls import STRINGS_SINCE, string_modify, string_read
from aerospike_wire.operations.flags import NumericType, RegexFlags
from aerospike_wire.operations.operation import Operation, string_builder
from aerospike_wire.operations.policies import Given, StringPolicy, settle
from aerospike_wire.proto.message import OpCode
from aerospike_wire.proto.msgpack import pack_call

if TYPE_CHECKING:
    from aerospike_wire.operations.contexts import Contexts


def _flags(policy: Any) -> bytes:
    settled = settle(StringPolicy, policy, "policy")
    return b"\x00" if settled is None else checks.small(settled.write_flags)


# Reading


@string_builder
def strlen(bin_name: str, ctx: Contexts = None) -> Operation:
    """The number of code points."""
    return string_read(bin_name, ctx, 0)


@string_builder
def substr(bin_name: str, start: int, ctx: Contexts = None) -> Operation:
    """The text from a code point on."""
    return string_read(bin_name, ctx, 1, checks.integer(start, "start"))


@string_builder
def substr_range(bin_name: str, start: int, end: int, ctx: Contexts = None) -> Operation:
    """The text from a code point up to, not including, another."""
    return string_read(bin_name, ctx, 1, checks.integer(start, "start"), checks.integer(end, "end"))


@string_builder
def char_at(bin_name: str, index: int, ctx: Contexts = None) -> Operation:
    """The code point at an index, as a string."""
    return string_read(bin_name, ctx, 2, checks.integer(index, "index"))


@string_builder
def find(bin_name: str, needle: str, occurrence: int = 1, ctx: Contexts = None) -> Operation:
    """Where a text occurs, in code points; -1 if it does not. ``occurrence``: which time, from 1."""
    return string_read(bin_name, ctx, 3, checks.text(needle, "needle"), checks.integer(occurrence, "occurrence"))


@string_builder
def contains(bin_name: str, needle: str, ctx: Contexts = None) -> Operation:
    """Whether a text occurs."""
    return string_read(bin_name, ctx, 4, checks.text(needle, "needle"))


@string_builder
def starts_with(bin_name: str, prefix: str, ctx: Contexts = None) -> Operation:
    """Whether the string starts with a text."""
    return string_read(bin_name, ctx, 5, checks.text(prefix, "prefix"))


@string_builder
def ends_with(bin_name: str, suffix: str, ctx: Contexts = None) -> Operation:
    """Whether the string ends with a text."""
    return string_read(bin_name, ctx, 6, checks.text(suffix, "suffix"))


@string_builder
def to_integer(bin_name: str, ctx: Contexts = None) -> Operation:
    """The integer that the string spells."""
    return string_read(bin_name, ctx, 7)


@string_builder
def to_double(bin_name: str, ctx: Contexts = None) -> Operation:
    """The float that the string spells."""
    return string_read(bin_name, ctx, 8)


@string_builder
def byte_length(bin_name: str, ctx: Contexts = None) -> Operation:
    """The number of bytes in UTF-8."""
    return string_read(bin_name, ctx, 9)


@string_builder
def is_numeric(bin_name: str, numeric_type: int = NumericType.ANY, ctx: Contexts = None) -> Operation:
    """Whether the string spells a number (NumericType)."""
    return string_read(bin_name, ctx, 10, checks.small(checks.choice(numeric_type, NumericType, "numeric_type")))


@string_builder
def is_upper(bin_name: str, ctx: Contexts = None) -> Operation:
    """Whether all letters are upper case."""
    return string_read(bin_name, ctx, 11)


@string_builder
def is_lower(bin_name: str, ctx: Contexts = None) -> Operation:
    """Whether all letters are lower case."""
    return string_read(bin_name, ctx, 12)


@string_builder
def to_blob(bin_name: str, ctx: Contexts = None) -> Operation:
    """The bytes of the string in UTF-8."""
    return string_read(bin_name, ctx, 13)


@string_builder
def split(bin_name: str, ctx: Contexts = None) -> Operation:
    """A list of the code points."""
    return string_read(bin_name, ctx, 14)


@string_builder
def split_separator(bin_name: str, separator: str, ctx: Contexts = None) -> Operation:
    """A list of the parts between separators."""
    return string_read(bin_name, ctx, 14, checks.text(separator, "separator"))


@string_builder
def base64_decode(bin_name: str, ctx: Contexts = None) -> Operation:
    """The bytes that the string spells in base64."""
    return string_read(bin_name, ctx, 15)


@string_builder
def regex_compare(
    bin_name: str, pattern: str, regex_flags: int = RegexFlags.DEFAULT, ctx: Contexts = None
) -> Operation:
    """Whether a regular expression matches (RegexFlags)."""
    return string_read(
        bin_name,
        ctx,
        16,
        checks.text(pattern, "pattern"),
        checks.small(checks.flags(regex_flags, RegexFlags, "regex_flags")),
    )


@string_builder
def to_string(bin_name: str) -> Operation:
    """A bin's value as text, whatever its type."""
    name = checks.bin_of(bin_name)
    return Operation("", OpCode.TO_STRING, name, responds=True, since=STRINGS_SINCE)


# Changing


@string_builder
def insert(
    bin_name: str, index: int, value: str, policy: StringPolicy | Given = None, ctx: Contexts = None
) -> Operation:
    """Insert text before a code point."""
    return string_modify(bin_name, ctx, 50, checks.integer(index, "index"), checks.text(value, "value"), _flags(policy))


@string_builder
def overwrite(
    bin_name: str, index: int, value: str, policy: StringPolicy | Given = None, ctx: Contexts = None
) -> Operation:
    """Write text over the code points from an index on."""
    return string_modify(bin_name, ctx, 51, checks.integer(index, "index"), checks.text(value, "value"), _flags(policy))


@string_builder
def append(bin_name: str, value: str, policy: StringPolicy | Given = None, ctx: Contexts = None) -> Operation:
    """Add text at the end."""
    return string_modify(bin_name, ctx, 67, checks.text(value, "value"), _flags(policy))


@string_builder
def prepend(bin_name: str, value: str, policy: StringPolicy | Given = None, ctx: Contexts = None) -> Operation:
    """Add text at the start."""
    return string_modify(bin_name, ctx, 68, checks.text(value, "value"), _flags(policy))


@string_builder
def concat(
    bin_name: str, value_list: list[str], policy: StringPolicy | Given = None, ctx: Contexts = None
) -> Operation:
    """Add texts at the end."""
    return string_modify(bin_name, ctx, 52, checks.texts(value_list, "value_list"), _flags(policy))


@string_builder
def snip(
    bin_name: str, start: int, end: int | None = None, policy: StringPolicy | Given = None, ctx: Contexts = None
) -> Operation:
    """Cut out the text from a code point up to, not including, another; None: to the end.

    A policy counts only with an end: the call has no place for it otherwise.
    """
    how = _flags(policy)
    rest = () if end is None else (checks.integer(end, "end"), how)
    return string_modify(bin_name, ctx, 53, checks.integer(start, "start"), *rest)


@string_builder
def replace(
    bin_name: str, needle: str, replacement: str, policy: StringPolicy | Given = None, ctx: Contexts = None
) -> Operation:
    """Replace the first occurrence of a text."""
    return string_modify(
        bin_name,
        ctx,
        54,
        pack_call(checks.text(needle, "needle"), checks.text(replacement, "replacement")),
        _flags(policy),
    )


@string_builder
def replace_all(
    bin_name: str, needle: str, replacement: str, policy: StringPolicy | Given = None, ctx: Contexts = None
) -> Operation:
    """Replace every occurrence of a text."""
    return string_modify(
        bin_name,
        ctx,
        55,
        pack_call(checks.text(needle, "needle"), checks.text(replacement, "replacement")),
        _flags(policy),
    )


@string_builder
def upper(bin_name: str, policy: StringPolicy | Given = None, ctx: Contexts = None) -> Operation:
    """Make all letters upper case."""
    return string_modify(bin_name, ctx, 56, _flags(policy))


@string_builder
def lower(bin_name: str, policy: StringPolicy | Given = None, ctx: Contexts = None) -> Operation:
    """Make all letters lower case."""
    return string_modify(bin_name, ctx, 57, _flags(policy))


@string_builder
def casefold(bin_name: str, policy: StringPolicy | Given = None, ctx: Contexts = None) -> Operation:
    """Fold the case, for comparisons."""
    return string_modify(bin_name, ctx, 58, _flags(policy))


@string_builder
def normalize_nfc(bin_name: str, policy: StringPolicy | Given = None, ctx: Contexts = None) -> Operation:
    """Bring the text into Unicode's composed form."""
    return string_modify(bin_name, ctx, 59, _flags(policy))


@string_builder
def trim_start(bin_name: str, policy: StringPolicy | Given = None, ctx: Contexts = None) -> Operation:
    """Remove white space at the start."""
    return string_modify(bin_name, ctx, 60, _flags(policy))


@string_builder
def trim_end(bin_name: str, policy: StringPolicy | Given = None, ctx: Contexts = None) -> Operation:
    """Remove white space at the end."""
    return string_modify(bin_name, ctx, 61, _flags(policy))


@string_builder
def trim(bin_name: str, policy: StringPolicy | Given = None, ctx: Contexts = None) -> Operation:
    """Remove white space at both ends."""
    return string_modify(bin_name, ctx, 62, _flags(policy))


@string_builder
def pad_start(
    bin_name: str, target_length: int, pad_string: str, policy: StringPolicy | Given = None, ctx: Contexts = None
) -> Operation:
    """Repeat a text at the start until the string has a length."""
    return string_modify(
        bin_name,
        ctx,
        63,
        checks.integer(target_length, "target_length"),
        checks.text(pad_string, "pad_string"),
        _flags(policy),
    )


@string_builder
def pad_end(
    bin_name: str, target_length: int, pad_string: str, policy: StringPolicy | Given = None, ctx: Contexts = None
) -> Operation:
    """Repeat a text at the end until the string has a length."""
    return string_modify(
        bin_name,
        ctx,
        64,
        checks.integer(target_length, "target_length"),
        checks.text(pad_string, "pad_string"),
        _flags(policy),
    )


@string_builder
def repeat(bin_name: str, count: int, policy: StringPolicy | Given = None, ctx: Contexts = None) -> Operation:
    """Repeat the string."""
    return string_modify(bin_name, ctx, 65, checks.integer(count, "count"), _flags(policy))


@string_builder
def regex_replace(
    bin_name: str,
    pattern: str,
    replacement: str,
    regex_flags: int = RegexFlags.DEFAULT,
    policy: StringPolicy | Given = None,
    ctx: Contexts = None,
) -> Operation:
    """Replace the first match of a regular expression, or every one (RegexFlags.GLOBAL)."""
    pair = pack_call(checks.text(pattern, "pattern"), checks.text(replacement, "replacement"))
    how = checks.small(checks.flags(regex_flags, RegexFlags, "regex_flags"))
    return string_modify(bin_name, ctx, 66, pair, how, _flags(policy))
