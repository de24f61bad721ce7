"""Return types, orders and flags, with the official client's numbers.

``aerospike.LIST_RETURN_VALUE`` is :attr:`ListReturn.VALUE` here, and so on. Functions take
the members or the plain numbers.
"""

from __future__ import annotations

import enum
from typing import Final

INVERTED: Final = 0x10000
"""Added to a return type: everything but the elements that were selected."""


class _Choice(enum.IntEnum):
    """One of several; shows as the program writes it."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}.{self.name}"


class _Flags(enum.IntFlag):
    """Any of several; shows as the program writes them."""

    def __repr__(self) -> str:
        names = (self.name or str(self.value)).split("|")
        return " | ".join(name if name.isdigit() else f"{type(self).__name__}.{name}" for name in names)


class ListReturn(_Choice):
    """What a list operation tells of the elements it selected."""

    NONE = 0
    INDEX = 1
    """Place from the start, from 0."""
    REVERSE_INDEX = 2
    """Place from the end, from 0."""
    RANK = 3
    """Place in the order of values, from 0 for the smallest."""
    REVERSE_RANK = 4
    COUNT = 5
    VALUE = 7
    INDEX_RANGE = 9
    """First index and count, of a selection that is one range of indexes."""
    REVERSE_INDEX_RANGE = 10
    RANK_RANGE = 11
    """First rank and count, of a selection that is one range of ranks."""
    REVERSE_RANK_RANGE = 12
    EXISTS = 13
    """Whether anything was selected."""


class MapReturn(_Choice):
    """What a map operation tells of the entries it selected."""

    NONE = 0
    INDEX = 1
    """Place in the order of keys, from 0."""
    REVERSE_INDEX = 2
    RANK = 3
    """Place in the order of values, from 0 for the smallest."""
    REVERSE_RANK = 4
    COUNT = 5
    KEY = 6
    VALUE = 7
    KEY_VALUE = 8
    """Keys and values in turn, in one list, in the order of the selection."""
    INDEX_RANGE = 9
    """First index and count, of a selection that is one range of indexes."""
    REVERSE_INDEX_RANGE = 10
    RANK_RANGE = 11
    """First rank and count, of a selection that is one range of ranks."""
    REVERSE_RANK_RANGE = 12
    EXISTS = 13
    """Whether anything was selected."""
    UNORDERED_MAP = 16
    """A dict."""
    ORDERED_MAP = 17
    """A KeyOrderedDict."""


class ListOrder(_Choice):
    """How a list is kept; used when it is created."""

    UNORDERED = 0
    ORDERED = 1
    """Sorted by value."""


class MapOrder(_Choice):
    """How a map is kept; used when it is created."""

    UNORDERED = 0
    KEY_ORDERED = 1
    KEY_VALUE_ORDERED = 3


class ListWrite(_Flags):
    """Conditions on writes to a list."""

    DEFAULT = 0
    ADD_UNIQUE = 1
    """Refuse a value that the list has already (24)."""
    INSERT_BOUNDED = 2
    """Refuse an index that leaves a gap behind the end (26)."""
    NO_FAIL = 4
    """Do nothing instead of failing."""
    PARTIAL = 8
    """With NO_FAIL: write the items that can be written."""


class ListSort(_Flags):
    """How a list is sorted."""

    DEFAULT = 0
    DESCENDING = 1
    DROP_DUPLICATES = 2


class MapWrite(_Flags):
    """Conditions on writes to a map (``MAP_WRITE_FLAGS_...``)."""

    DEFAULT = 0
    CREATE_ONLY = 1
    """Refuse a key that the map has already (24)."""
    UPDATE_ONLY = 2
    """Refuse a key that the map does not have (23)."""
    NO_FAIL = 4
    """Do nothing instead of failing."""
    PARTIAL = 8
    """With NO_FAIL: write the entries that can be written."""


class BitWrite(_Flags):
    """Conditions on writes to a blob."""

    DEFAULT = 0
    CREATE_ONLY = 1
    """Refuse a bin that exists (6)."""
    UPDATE_ONLY = 2
    """Refuse a bin that does not exist (17)."""
    NO_FAIL = 4
    """Do nothing instead of failing."""
    PARTIAL = 8
    """With NO_FAIL: as much of the change as fits."""


class BitResize(_Flags):
    """How a blob changes its size."""

    DEFAULT = 0
    FROM_FRONT = 1
    """Add or remove bytes at the front."""
    GROW_ONLY = 2
    SHRINK_ONLY = 4


class BitOverflow(_Choice):
    """What happens when an integer in a blob leaves its range."""

    FAIL = 0
    """The operation fails (26)."""
    SATURATE = 2
    """The integer stays at the end of its range."""
    WRAP = 4
    """The integer goes on from the other end of its range."""


class HllWrite(_Flags):
    """Conditions on writes to a HyperLogLog."""

    DEFAULT = 0
    CREATE_ONLY = 1
    """Refuse a bin that exists (6)."""
    UPDATE_ONLY = 2
    """Refuse a bin that does not exist (17)."""
    NO_FAIL = 4
    """Do nothing instead of failing."""
    ALLOW_FOLD = 8
    """Let a union reduce the sketch to the fewest index bits among those combined."""


class ExpRead(_Flags):
    """How an expression is read."""

    DEFAULT = 0
    EVAL_NO_FAIL = 16
    """None instead of a failure if it cannot be evaluated."""


class ExpWrite(_Flags):
    """How an expression is written to a bin."""

    DEFAULT = 0
    CREATE_ONLY = 1
    """Refuse a bin that exists (6)."""
    UPDATE_ONLY = 2
    """Refuse a bin that does not exist (17)."""
    ALLOW_DELETE = 4
    """Delete the bin if the expression gives nil."""
    POLICY_NO_FAIL = 8
    """Do nothing where CREATE_ONLY, UPDATE_ONLY or a missing ALLOW_DELETE would fail."""
    EVAL_NO_FAIL = 16
    """Do nothing if the expression cannot be evaluated."""


class PathSelect(_Flags):
    """What :func:`~aerospike_wire.operations.select_by_path` gives (``EXP_PATH_SELECT_...``)."""

    MATCHING_TREE = 0
    """The bin, reduced to the branches that match."""
    VALUE = 1
    """A list of the values that match."""
    LIST_VALUE = 1
    MAP_VALUE = 1
    MAP_KEY = 2
    """A list of their keys."""
    MAP_KEY_VALUE = 3
    """A list of their keys and values in turn."""
    NO_FAIL = 16
    """Leave out elements for which a filter cannot be evaluated."""


class PathModify(_Flags):
    """How :func:`~aerospike_wire.operations.modify_by_path` works (``EXP_PATH_MODIFY_...``)."""

    DEFAULT = 0
    NO_FAIL = 16
    """Leave elements alone for which an expression cannot be evaluated."""


class StringWrite(_Flags):
    """Conditions on writes to a string."""

    DEFAULT = 0
    CREATE_ONLY = 1
    UPDATE_ONLY = 2
    NO_FAIL = 4


class RegexFlags(_Flags):
    """How a regular expression of a string operation matches."""

    DEFAULT = 0
    CASE_INSENSITIVE = 1
    MULTILINE = 2
    DOTALL = 4
    """The dot matches line ends too."""
    UNIX_LINES = 8
    """Only a line feed ends a line."""
    GLOBAL = 16
    """Replace every match, not only the first."""


class NumericType(_Choice):
    """What counts as a number in :func:`aerospike_wire.operations.strings.is_numeric`."""

    ANY = 0
    INT = 1
    FLOAT = 2
