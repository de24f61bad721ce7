"""Strings. Servers from 8.2 on have these; older ones refuse the expression with code 4.

``bin`` is the name of a string bin, or an expression that gives a string. ``policy`` is a
StringPolicy, a dict with ``write_flags``, or None.
"""

from __future__ import annotations

from typing import Any

from aerospike_wire.expressions.arguments import collection, constant, optional, policy
from aerospike_wire.expressions.base import ResultType, literal, pack_operand
from aerospike_wire.expressions.bins import StrBin
from aerospike_wire.expressions.calls import TEXT, Call
from aerospike_wire.expressions.rows import Row
from aerospike_wire.operations.policies import StringPolicy
from aerospike_wire.proto import msgpack

# Reading


class _Read(Call, system=TEXT):
    pass


class StrLen(_Read, op=0, gives=ResultType.INTEGER):
    """How many characters it has: an integer."""

    bin: Any = collection(StrBin)


class SubStr(_Read, op=1, gives=ResultType.STRING):
    """The string from a character on."""

    start: int = constant(int)
    bin: Any = collection(StrBin)


class SubStrRange(_Read, op=1, gives=ResultType.STRING):
    """The string from one character on, before another."""

    start: int = constant(int)
    end: int = constant(int)
    bin: Any = collection(StrBin)


class CharAt(_Read, op=2, gives=ResultType.STRING):
    """The character at an index."""

    index: int = constant(int)
    bin: Any = collection(StrBin)


class Find(_Read, op=3, gives=ResultType.INTEGER):
    """Where a string occurs for the nth time: an integer, -1 for nowhere."""

    needle: str = constant(str)
    occurrence: int = constant(int)
    bin: Any = collection(StrBin)


class Contains(_Read, op=4, gives=ResultType.BOOLEAN):
    """Whether a string occurs in it."""

    needle: str = constant(str)
    bin: Any = collection(StrBin)


class StartsWith(_Read, op=5, gives=ResultType.BOOLEAN):
    """Whether it starts with a string."""

    prefix: str = constant(str)
    bin: Any = collection(StrBin)


class EndsWith(_Read, op=6, gives=ResultType.BOOLEAN):
    """Whether it ends with a string."""

    suffix: str = constant(str)
    bin: Any = collection(StrBin)


class ToInteger(_Read, op=7, gives=ResultType.INTEGER):
    """The integer that it spells."""

    bin: Any = collection(StrBin)


class ToDouble(_Read, op=8, gives=ResultType.FLOAT):
    """The float that it spells."""

    bin: Any = collection(StrBin)


class ByteLength(_Read, op=9, gives=ResultType.INTEGER):
    """How many bytes it has: an integer."""

    bin: Any = collection(StrBin)


class IsNumeric(_Read, op=10, gives=ResultType.BOOLEAN):
    """Whether it spells a number: 0 of any kind, 1 an integer, 2 a float."""

    numeric_type: int = constant(int)
    bin: Any = collection(StrBin)


class IsUpper(_Read, op=11, gives=ResultType.BOOLEAN):
    """Whether its letters are capital."""

    bin: Any = collection(StrBin)


class IsLower(_Read, op=12, gives=ResultType.BOOLEAN):
    """Whether its letters are small."""

    bin: Any = collection(StrBin)


class ToBlob(_Read, op=13, gives=ResultType.BLOB):
    """Its bytes."""

    bin: Any = collection(StrBin)


class Split(_Read, op=14, gives=ResultType.LIST):
    """Its characters: a list."""

    bin: Any = collection(StrBin)


class SplitSeparator(_Read, op=14, gives=ResultType.LIST):
    """Its parts between separators: a list."""

    separator: str = constant(str)
    bin: Any = collection(StrBin)


class Base64Decode(_Read, op=15, gives=ResultType.BLOB):
    """The bytes of which it is base64."""

    bin: Any = collection(StrBin)


class RegexCompare(_Read, op=16, gives=ResultType.BOOLEAN):
    """Whether it matches a regular expression of the ICU library.

    ``regex_flags``: a sum of 1 ignore case, 2 lines have ends, 4 dots match ends of lines,
    8 only newlines end lines.
    """

    pattern: str = constant(str)
    bin: Any = collection(StrBin)
    regex_flags: int = constant(int, default=0)


class ToString(Row, code=99):
    """A value as a string."""

    bin: Any = collection(StrBin)

    def packed_arguments(self) -> list[bytes]:
        """The value."""
        return [pack_operand(self.bin, "bin")]


# Changes


class _Change(Call, system=TEXT, modify=True, gives=ResultType.STRING):
    def tail(self) -> list[bytes]:
        """Flags of the policy."""
        rules: StringPolicy | None = self.policy  # type: ignore[attr-defined]  # its rows have one
        return [msgpack.pack_int(0 if rules is None else rules.write_flags)]


class Insert(_Change, op=50):
    """The string with another before the character at an index."""

    policy: Any = policy(StringPolicy)
    index: int = constant(int)
    value: str = constant(str)
    bin: Any = collection(StrBin)


class Overwrite(_Change, op=51):
    """The string with another in place of the characters from an index on."""

    policy: Any = policy(StringPolicy)
    index: int = constant(int)
    value: str = constant(str)
    bin: Any = collection(StrBin)


class Concat(_Change, op=52):
    """The string with others at its end."""

    policy: Any = policy(StringPolicy)
    values: list[str] = constant(list)
    bin: Any = collection(StrBin)


class Snip(_Change, op=53):
    """The string without the characters from one on, before another; None as end for all of them."""

    policy: Any = policy(StringPolicy)
    start: int = constant(int)
    end: int | None = optional(int)
    bin: Any = collection(StrBin)

    def packed_arguments(self) -> list[bytes]:
        """Start, and end if there is one."""
        found = super().packed_arguments()
        return found[:1] if self.end is None else found

    def tail(self) -> list[bytes]:
        """Flags of the policy; without an end they have no place."""
        return [] if self.end is None else super().tail()


class _Replacement(_Change):
    policy: Any = policy(StringPolicy)
    needle: str = constant(str)
    replacement: str = constant(str)
    bin: Any = collection(StrBin)

    def packed_arguments(self) -> list[bytes]:
        """Both strings, as a list."""
        return [literal([self.needle, self.replacement], "needle")]


class Replace(_Replacement, op=54):
    """The string with another in place of the first occurrence of a third."""


class ReplaceAll(_Replacement, op=55):
    """The string with another in place of all occurrences of a third."""


class Upper(_Change, op=56):
    """The string in capitals."""

    policy: Any = policy(StringPolicy)
    bin: Any = collection(StrBin)


class Lower(_Change, op=57):
    """The string in small letters."""

    policy: Any = policy(StringPolicy)
    bin: Any = collection(StrBin)


class CaseFold(_Change, op=58):
    """The string folded for comparisons that ignore case."""

    policy: Any = policy(StringPolicy)
    bin: Any = collection(StrBin)


class NormalizeNFC(_Change, op=59):
    """The string in Unicode's composed form."""

    policy: Any = policy(StringPolicy)
    bin: Any = collection(StrBin)


class TrimStart(_Change, op=60):
    """The string without white space at its start."""

    policy: Any = policy(StringPolicy)
    bin: Any = collection(StrBin)


class TrimEnd(_Change, op=61):
    """The string without white space at its end."""

    policy: Any = policy(StringPolicy)
    bin: Any = collection(StrBin)


class Trim(_Change, op=62):
    """The string without white space at its ends."""

    policy: Any = policy(StringPolicy)
    bin: Any = collection(StrBin)


class PadStart(_Change, op=63):
    """The string filled up at its start to a number of characters."""

    policy: Any = policy(StringPolicy)
    target_length: int = constant(int)
    pad_string: str = constant(str)
    bin: Any = collection(StrBin)


class PadEnd(_Change, op=64):
    """The string filled up at its end to a number of characters."""

    policy: Any = policy(StringPolicy)
    target_length: int = constant(int)
    pad_string: str = constant(str)
    bin: Any = collection(StrBin)


class Repeat(_Change, op=65):
    """The string a number of times."""

    policy: Any = policy(StringPolicy)
    count: int = constant(int)
    bin: Any = collection(StrBin)


class Append(_Change, op=67):
    """The string with another at its end."""

    policy: Any = policy(StringPolicy)
    value: str = constant(str)
    bin: Any = collection(StrBin)


class Prepend(_Change, op=68):
    """The string with another at its start."""

    policy: Any = policy(StringPolicy)
    value: str = constant(str)
    bin: Any = collection(StrBin)


class RegexReplace(_Change, op=66):
    """The string with another in place of what matches a regular expression.

    ``regex_flags`` as for :class:`RegexCompare`, and 16 for all matches instead of the first.
    """

    policy: Any = policy(StringPolicy)
    pattern: str = constant(str)
    replacement: str = constant(str)
    regex_flags: int = constant(int)
    bin: Any = collection(StrBin)

    def packed_arguments(self) -> list[bytes]:
        """Pattern and replacement as a list, then the flags."""
        return [literal([self.pattern, self.replacement], "pattern"), msgpack.pack_int(self.regex_flags)]
