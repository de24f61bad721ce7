"""Maps: reading from them, and what they would be after a change; the record stays as it is.

``bin`` is the name of a map bin, or an expression that gives a map. ``ctx`` says where in it,
None for the whole. An index is a place in the order of keys, a rank one in the order of
values; both start at 0, negative ones count from the end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aerospike_wire.expressions.arguments import (
    INDEX,
    collection,
    context,
    flag,
    operand,
    policy,
    return_type,
    value_or_open,
    value_type,
)
from aerospike_wire.expressions.base import ResultType, pack_operand
from aerospike_wire.expressions.bins import MapBin
from aerospike_wire.expressions.calls import Call, Selection, Single
from aerospike_wire.expressions.rows import Row
from aerospike_wire.operations.flags import MapReturn
from aerospike_wire.operations.policies import MapPolicy
from aerospike_wire.proto import msgpack

if TYPE_CHECKING:
    from aerospike_wire.operations.contexts import Contexts

_PERSIST = 0x10
"""Bit of a map's order: its index is kept with it."""

# Changes


class _Change(Call, modify=True, gives=ResultType.MAP):
    """A change without a selection."""


def _order(rules: MapPolicy) -> bytes:
    return msgpack.pack_int(rules.map_order | (_PERSIST if rules.persist_index else 0))


class _Put(_Change):
    """A change that makes a map where there is none: it says of which order."""

    def tail(self) -> list[bytes]:
        """Order and flags of the policy."""
        rules: MapPolicy | None = self.policy  # type: ignore[attr-defined]  # its rows have one
        return [] if rules is None else [_order(rules), msgpack.pack_int(rules.map_write_flags)]


class MapPut(_Put, op=67):
    """The map with a key and its value."""

    ctx: Contexts = context()
    policy: Any = policy(MapPolicy)
    key: Any = operand()
    value: Any = operand()
    bin: Any = collection(MapBin)


class MapPutItems(_Put, op=68):
    """The map with the entries of another."""

    ctx: Contexts = context()
    policy: Any = policy(MapPolicy)
    map: Any = operand(dict)
    bin: Any = collection(MapBin)


class MapIncrement(_Change, op=73):
    """The map with a number added to the value of a key. Of the policy only the order travels."""

    ctx: Contexts = context()
    policy: Any = policy(MapPolicy)
    key: Any = operand()
    value: Any = operand(int, float)
    bin: Any = collection(MapBin)

    def tail(self) -> list[bytes]:
        """Order of the policy."""
        return [] if self.policy is None else [_order(self.policy)]


class MapClear(_Change, op=75):
    """The map without entries."""

    ctx: Contexts = context()
    bin: Any = collection(MapBin)


# Removals


class _Removal(Selection, modify=True, gives=ResultType.MAP):
    """The map without what was selected; if inverted, with nothing else."""


class MapRemoveByKey(_Removal, op=76):
    """The map without the entry of a key."""

    ctx: Contexts = context()
    key: Any = operand()
    bin: Any = collection(MapBin)


class MapRemoveByKeyList(_Removal, op=81):
    """The map without the entries of some keys."""

    ctx: Contexts = context()
    keys: Any = operand(list)
    bin: Any = collection(MapBin)
    inverted: bool = flag(default=False)


class MapRemoveByKeyRange(_Removal, op=84):
    """The map without the entries from one key on, before another; None as end is no limit."""

    ctx: Contexts = context()
    begin: Any = operand()
    end: Any = value_or_open()
    bin: Any = collection(MapBin)
    inverted: bool = flag(default=False)


class MapRemoveByKeyRelIndexRangeToEnd(_Removal, op=88):
    """The map without the entries from an index on, counted from where a key stands or would stand."""

    ctx: Contexts = context()
    key: Any = operand()
    index: Any = operand(*INDEX)
    bin: Any = collection(MapBin)
    inverted: bool = flag(default=False)


class MapRemoveByKeyRelIndexRange(_Removal, op=88):
    """The map without a number of entries from an index on, counted from where a key stands or would stand."""

    ctx: Contexts = context()
    key: Any = operand()
    index: Any = operand(*INDEX)
    count: Any = operand(*INDEX)
    bin: Any = collection(MapBin)
    inverted: bool = flag(default=False)


class MapRemoveByValue(_Removal, op=82):
    """The map without the entries with a value."""

    ctx: Contexts = context()
    value: Any = operand()
    bin: Any = collection(MapBin)
    inverted: bool = flag(default=False)


class MapRemoveByValueList(_Removal, op=83):
    """The map without the entries with one of some values."""

    ctx: Contexts = context()
    values: Any = operand(list)
    bin: Any = collection(MapBin)
    inverted: bool = flag(default=False)


class MapRemoveByValueRange(_Removal, op=86):
    """The map without the entries with values from one on, before another; None as end is nil."""

    ctx: Contexts = context()
    begin: Any = operand()
    end: Any = operand()
    bin: Any = collection(MapBin)
    inverted: bool = flag(default=False)


class MapRemoveByValueRelRankRangeToEnd(_Removal, op=89):
    """The map without the entries from a rank on, counted from where a value stands or would stand."""

    ctx: Contexts = context()
    value: Any = operand()
    rank: Any = operand(*INDEX)
    bin: Any = collection(MapBin)
    inverted: bool = flag(default=False)


class MapRemoveByValueRelRankRange(_Removal, op=89):
    """The map without a number of entries from a rank on, counted from where a value stands or would stand."""

    ctx: Contexts = context()
    value: Any = operand()
    rank: Any = operand(*INDEX)
    count: Any = operand(*INDEX)
    bin: Any = collection(MapBin)
    inverted: bool = flag(default=False)


class MapRemoveByIndex(_Removal, op=77):
    """The map without the entry at an index."""

    ctx: Contexts = context()
    index: Any = operand(*INDEX)
    bin: Any = collection(MapBin)


class MapRemoveByIndexRangeToEnd(_Removal, op=85):
    """The map without the entries from an index on."""

    ctx: Contexts = context()
    index: Any = operand(*INDEX)
    bin: Any = collection(MapBin)
    inverted: bool = flag(default=False)


class MapRemoveByIndexRange(_Removal, op=85):
    """The map without a number of entries from an index on."""

    ctx: Contexts = context()
    index: Any = operand(*INDEX)
    count: Any = operand(*INDEX)
    bin: Any = collection(MapBin)
    inverted: bool = flag(default=False)


class MapRemoveByRank(_Removal, op=79):
    """The map without the entry of a rank."""

    ctx: Contexts = context()
    rank: Any = operand(*INDEX)
    bin: Any = collection(MapBin)


class MapRemoveByRankRangeToEnd(_Removal, op=87):
    """The map without the entries from a rank on."""

    ctx: Contexts = context()
    rank: Any = operand(*INDEX)
    bin: Any = collection(MapBin)
    inverted: bool = flag(default=False)


class MapRemoveByRankRange(_Removal, op=87):
    """The map without a number of entries from a rank on."""

    ctx: Contexts = context()
    rank: Any = operand(*INDEX)
    count: Any = operand(*INDEX)
    bin: Any = collection(MapBin)
    inverted: bool = flag(default=False)


# Reading


class MapSize(Call, op=96, gives=ResultType.INTEGER):
    """How many entries there are: an integer."""

    ctx: Contexts = context()
    bin: Any = collection(MapBin)


class MapGetByKey(Single, op=97):
    """What ``return_type`` says of the entry of a key, of type ``value_type``."""

    ctx: Contexts = context()
    return_type: int = return_type(MapReturn)
    value_type: int = value_type()
    key: Any = operand()
    bin: Any = collection(MapBin)


class MapGetByKeyList(Selection, op=107):
    """What ``return_type`` says of the entries of some keys."""

    ctx: Contexts = context()
    return_type: int = return_type(MapReturn)
    keys: Any = operand(list)
    bin: Any = collection(MapBin)
    inverted: bool = flag(default=False)


class MapGetByKeyRange(Selection, op=103):
    """What ``return_type`` says of the entries from one key on, before another; None as end is nil."""

    ctx: Contexts = context()
    return_type: int = return_type(MapReturn)
    begin: Any = operand()
    end: Any = operand()
    bin: Any = collection(MapBin)
    inverted: bool = flag(default=False)


class MapGetByKeyRelIndexRangeToEnd(Selection, op=109):
    """What ``return_type`` says of the entries from an index on, counted from where a key stands or would stand."""

    ctx: Contexts = context()
    return_type: int = return_type(MapReturn)
    key: Any = operand()
    index: Any = operand(*INDEX)
    bin: Any = collection(MapBin)
    inverted: bool = flag(default=False)


class MapGetByKeyRelIndexRange(Selection, op=109):
    """What ``return_type`` says of some entries from an index on, counted from where a key stands or would."""

    ctx: Contexts = context()
    return_type: int = return_type(MapReturn)
    key: Any = operand()
    index: Any = operand(*INDEX)
    count: Any = operand(*INDEX)
    bin: Any = collection(MapBin)
    inverted: bool = flag(default=False)


class MapGetByValue(Selection, op=102):
    """What ``return_type`` says of the entries with a value."""

    ctx: Contexts = context()
    return_type: int = return_type(MapReturn)
    value: Any = operand()
    bin: Any = collection(MapBin)
    inverted: bool = flag(default=False)


class MapGetByValueList(Selection, op=108):
    """What ``return_type`` says of the entries with one of some values."""

    ctx: Contexts = context()
    return_type: int = return_type(MapReturn)
    value: Any = operand(list)
    bin: Any = collection(MapBin)
    inverted: bool = flag(default=False)


class MapGetByValueRange(Selection, op=105):
    """What ``return_type`` says of the entries with values from one on, before another; None as end is no limit."""

    ctx: Contexts = context()
    return_type: int = return_type(MapReturn)
    value_begin: Any = operand()
    value_end: Any = value_or_open()
    bin: Any = collection(MapBin)
    inverted: bool = flag(default=False)


class MapGetByValueRelRankRangeToEnd(Selection, op=110):
    """What ``return_type`` says of the entries from a rank on, counted from where a value stands or would stand."""

    ctx: Contexts = context()
    return_type: int = return_type(MapReturn)
    value: Any = operand()
    rank: Any = operand(*INDEX)
    bin: Any = collection(MapBin)
    inverted: bool = flag(default=False)


class MapGetByValueRelRankRange(Selection, op=110):
    """What ``return_type`` says of some entries from a rank on, counted from where a value stands or would."""

    ctx: Contexts = context()
    return_type: int = return_type(MapReturn)
    value: Any = operand()
    rank: Any = operand(*INDEX)
    count: Any = operand(*INDEX)
    bin: Any = collection(MapBin)
    inverted: bool = flag(default=False)


class MapGetByIndex(Single, op=98):
    """What ``return_type`` says of the entry at an index, of type ``value_type``."""

    ctx: Contexts = context()
    return_type: int = return_type(MapReturn)
    value_type: int = value_type()
    index: Any = operand(*INDEX)
    bin: Any = collection(MapBin)


class MapGetByIndexRangeToEnd(Selection, op=104):
    """What ``return_type`` says of the entries from an index on."""

    ctx: Contexts = context()
    return_type: int = return_type(MapReturn)
    index: Any = operand(*INDEX)
    bin: Any = collection(MapBin)
    inverted: bool = flag(default=False)


class MapGetByIndexRange(Selection, op=104):
    """What ``return_type`` says of a number of entries from an index on."""

    ctx: Contexts = context()
    return_type: int = return_type(MapReturn)
    index: Any = operand(*INDEX)
    count: Any = operand(*INDEX)
    bin: Any = collection(MapBin)
    inverted: bool = flag(default=False)


class MapGetByRank(Single, op=100):
    """What ``return_type`` says of the entry of a rank, of type ``value_type``."""

    ctx: Contexts = context()
    return_type: int = return_type(MapReturn)
    value_type: int = value_type()
    rank: Any = operand(*INDEX)
    bin: Any = collection(MapBin)


class MapGetByRankRangeToEnd(Selection, op=106):
    """What ``return_type`` says of the entries from a rank on."""

    ctx: Contexts = context()
    return_type: int = return_type(MapReturn)
    rank: Any = operand(*INDEX)
    bin: Any = collection(MapBin)
    inverted: bool = flag(default=False)


class MapGetByRankRange(Selection, op=106):
    """What ``return_type`` says of a number of entries from a rank on."""

    ctx: Contexts = context()
    return_type: int = return_type(MapReturn)
    rank: Any = operand(*INDEX)
    count: Any = operand(*INDEX)
    bin: Any = collection(MapBin)
    inverted: bool = flag(default=False)


class _Part(Row):
    map_value: Any = collection(MapBin)

    def packed_arguments(self) -> list[bytes]:
        """The map."""
        return [pack_operand(self.map_value, "map_value")]


class MapGetKeys(_Part, code=101):
    """All keys of a map, in order: a list. Servers from 8.1.2 on have it."""


class MapGetValues(_Part, code=102):
    """All values of a map, in the order of the keys: a list. Servers from 8.1.2 on have it."""
