"""Lists: reading from them, and what they would be after a change; the record stays as it is.

``bin`` is the name of a list bin, or an expression that gives a list. ``ctx`` says where in
it, None for the whole. Indexes and ranks start at 0, negative ones count from the end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aerospike_wire.expressions.arguments import (
    INDEX,
    collection,
    constant,
    context,
    flag,
    operand,
    optional,
    policy,
    return_type,
    value_or_open,
    value_type,
)
from aerospike_wire.expressions.base import ResultType, pack_operand
from aerospike_wire.expressions.bins import ListBin
from aerospike_wire.expressions.calls import Call, Selection, Single
from aerospike_wire.expressions.rows import Row
from aerospike_wire.operations.flags import ListReturn
from aerospike_wire.operations.policies import ListPolicy
from aerospike_wire.proto import msgpack

if TYPE_CHECKING:
    from aerospike_wire.operations.contexts import Contexts

# Changes


class _Change(Call, modify=True, gives=ResultType.LIST):
    """A change without a selection."""


class _Creation(_Change):
    """A change that makes a list where there is none: it says of which order."""

    def tail(self) -> list[bytes]:
        """Order and flags of the policy."""
        rules: ListPolicy | None = self.policy  # type: ignore[attr-defined]  # its rows have one
        return [] if rules is None else [msgpack.pack_int(rules.list_order), msgpack.pack_int(rules.write_flags)]


class _Placement(_Change):
    """A change of a list that there is."""

    def tail(self) -> list[bytes]:
        """Flags of the policy."""
        rules: ListPolicy | None = self.policy  # type: ignore[attr-defined]  # its rows have one
        return [] if rules is None else [msgpack.pack_int(rules.write_flags)]


class ListAppend(_Creation, op=1):
    """The list with a value at its end."""

    ctx: Contexts = context()
    policy: Any = policy(ListPolicy)
    value: Any = operand()
    bin: Any = collection(ListBin)


class ListAppendItems(_Creation, op=2):
    """The list with the values of another at its end."""

    ctx: Contexts = context()
    policy: Any = policy(ListPolicy)
    value: Any = operand(list)
    bin: Any = collection(ListBin)


class ListInsert(_Placement, op=3):
    """The list with a value before the element at an index."""

    ctx: Contexts = context()
    policy: Any = policy(ListPolicy)
    index: Any = operand(*INDEX)
    value: Any = operand()
    bin: Any = collection(ListBin)


class ListInsertItems(_Placement, op=4):
    """The list with the values of another before the element at an index."""

    ctx: Contexts = context()
    policy: Any = policy(ListPolicy)
    index: Any = operand(*INDEX)
    values: Any = operand(list)
    bin: Any = collection(ListBin)


class ListIncrement(_Creation, op=12):
    """The list with a number added to the element at an index."""

    ctx: Contexts = context()
    policy: Any = policy(ListPolicy)
    index: Any = operand(*INDEX)
    value: Any = operand(int, float)
    bin: Any = collection(ListBin)


class ListSet(_Placement, op=9):
    """The list with a value in place of the element at an index."""

    ctx: Contexts = context()
    policy: Any = policy(ListPolicy)
    index: Any = operand(*INDEX)
    value: Any = operand()
    bin: Any = collection(ListBin)


class ListClear(_Change, op=11):
    """The list without elements."""

    ctx: Contexts = context()
    bin: Any = collection(ListBin)


class ListSort(_Change, op=13):
    """The list sorted. ``order``: 0, or a sum of 1 descending and 2 drop duplicates."""

    ctx: Contexts = context()
    order: int = constant(int)
    bin: Any = collection(ListBin)


# Removals


class _Removal(Selection, modify=True, gives=ResultType.LIST):
    """The list without what was selected; if inverted, with nothing else."""


class ListRemoveByValue(_Removal, op=35):
    """The list without the elements equal to a value."""

    ctx: Contexts = context()
    value: Any = operand()
    bin: Any = collection(ListBin)
    inverted: bool = flag(default=False)


class ListRemoveByValueList(_Removal, op=36):
    """The list without the elements equal to one of some values."""

    ctx: Contexts = context()
    values: Any = operand(list)
    bin: Any = collection(ListBin)
    inverted: bool = flag(default=False)


class ListRemoveByValueRange(_Removal, op=38):
    """The list without the elements from one value on, before another; None as end is no limit."""

    ctx: Contexts = context()
    begin: Any = operand()
    end: Any = value_or_open()
    bin: Any = collection(ListBin)
    inverted: bool = flag(default=False)


class ListRemoveByValueRelRankToEnd(_Removal, op=40):
    """The list without the elements from a rank on, counted from where a value stands or would stand."""

    ctx: Contexts = context()
    value: Any = operand()
    rank: Any = operand(*INDEX)
    bin: Any = collection(ListBin)
    inverted: bool = flag(default=False)


class ListRemoveByValueRelRankRange(_Removal, op=40):
    """The list without a number of elements from a rank on, counted from where a value stands or would stand."""

    ctx: Contexts = context()
    value: Any = operand()
    rank: Any = operand(*INDEX)
    count: Any = operand(*INDEX)
    bin: Any = collection(ListBin)
    inverted: bool = flag(default=False)


class ListRemoveByIndex(_Removal, op=32):
    """The list without the element at an index."""

    ctx: Contexts = context()
    index: Any = operand(*INDEX)
    bin: Any = collection(ListBin)


class ListRemoveByIndexRangeToEnd(_Removal, op=37):
    """The list without the elements from an index on."""

    ctx: Contexts = context()
    index: Any = operand(*INDEX)
    bin: Any = collection(ListBin)
    inverted: bool = flag(default=False)


class ListRemoveByIndexRange(_Removal, op=37):
    """The list without a number of elements from an index on."""

    ctx: Contexts = context()
    index: Any = operand(*INDEX)
    count: Any = operand(*INDEX)
    bin: Any = collection(ListBin)
    inverted: bool = flag(default=False)


class ListRemoveByRank(_Removal, op=34):
    """The list without the element of a rank."""

    ctx: Contexts = context()
    rank: Any = operand(*INDEX)
    bin: Any = collection(ListBin)


class ListRemoveByRankRangeToEnd(_Removal, op=39):
    """The list without the elements from a rank on."""

    ctx: Contexts = context()
    rank: Any = operand(*INDEX)
    bin: Any = collection(ListBin)
    inverted: bool = flag(default=False)


class ListRemoveByRankRange(_Removal, op=39):
    """The list without a number of elements from a rank on."""

    ctx: Contexts = context()
    rank: Any = operand(*INDEX)
    count: Any = operand(*INDEX)
    bin: Any = collection(ListBin)
    inverted: bool = flag(default=False)


# Reading


class ListSize(Call, op=16, gives=ResultType.INTEGER):
    """How many elements there are: an integer."""

    ctx: Contexts = context()
    bin: Any = collection(ListBin)


class ListGetByValue(Selection, op=22):
    """What ``return_type`` says of the elements equal to a value."""

    ctx: Contexts = context()
    return_type: int = return_type(ListReturn)
    value: Any = operand()
    bin: Any = collection(ListBin)
    inverted: bool = flag(default=False)


class ListGetByValueList(Selection, op=23):
    """What ``return_type`` says of the elements equal to one of some values."""

    ctx: Contexts = context()
    return_type: int = return_type(ListReturn)
    value: Any = operand(list)
    bin: Any = collection(ListBin)
    inverted: bool = flag(default=False)


class ListGetByValueRange(Selection, op=25):
    """What ``return_type`` says of the elements from one value on, before another; None as end is nil."""

    ctx: Contexts = context()
    return_type: int = return_type(ListReturn)
    value_begin: Any = operand()
    value_end: Any = operand()
    bin: Any = collection(ListBin)
    inverted: bool = flag(default=False)


class ListGetByValueRelRankRangeToEnd(Selection, op=27):
    """What ``return_type`` says of the elements from a rank on, counted from where a value stands or would stand."""

    ctx: Contexts = context()
    return_type: int = return_type(ListReturn)
    value: Any = operand()
    rank: Any = operand(*INDEX)
    bin: Any = collection(ListBin)
    inverted: bool = flag(default=False)


class ListGetByValueRelRankRange(Selection, op=27):
    """What ``return_type`` says of some elements from a rank on, counted from where a value stands or would."""

    ctx: Contexts = context()
    return_type: int = return_type(ListReturn)
    value: Any = operand()
    rank: Any = operand(*INDEX)
    count: Any = operand(*INDEX)
    bin: Any = collection(ListBin)
    inverted: bool = flag(default=False)


class ListGetByIndex(Single, op=19):
    """What ``return_type`` says of the element at an index, of type ``value_type``."""

    ctx: Contexts = context()
    return_type: int = return_type(ListReturn)
    value_type: int = value_type()
    index: Any = operand(*INDEX)
    bin: Any = collection(ListBin)


class ListGetByIndexRangeToEnd(Selection, op=24):
    """What ``return_type`` says of the elements from an index on."""

    ctx: Contexts = context()
    return_type: int = return_type(ListReturn)
    index: Any = operand(*INDEX)
    bin: Any = collection(ListBin)
    inverted: bool = flag(default=False)


class ListGetByIndexRange(Selection, op=24):
    """What ``return_type`` says of a number of elements from an index on."""

    ctx: Contexts = context()
    return_type: int = return_type(ListReturn)
    index: Any = operand(*INDEX)
    count: Any = operand(*INDEX)
    bin: Any = collection(ListBin)
    inverted: bool = flag(default=False)


class ListGetByRank(Single, op=21):
    """What ``return_type`` says of the element of a rank, of type ``value_type``."""

    ctx: Contexts = context()
    return_type: int = return_type(ListReturn)
    value_type: int = value_type()
    rank: Any = operand(*INDEX)
    bin: Any = collection(ListBin)


class ListGetByRankRangeToEnd(Selection, op=26):
    """What ``return_type`` says of the elements from a rank on."""

    ctx: Contexts = context()
    return_type: int = return_type(ListReturn)
    rank: Any = operand(*INDEX)
    bin: Any = collection(ListBin)
    inverted: bool = flag(default=False)


class ListGetByRankRange(Selection, op=26):
    """What ``return_type`` says of a number of elements from a rank on."""

    ctx: Contexts = context()
    return_type: int = return_type(ListReturn)
    rank: Any = operand(*INDEX)
    count: Any = operand(*INDEX)
    bin: Any = collection(ListBin)
    inverted: bool = flag(default=False)


class InList(Row, code=9):
    """Whether a value is an element of a list. Servers from 8.1.2 on have it."""

    value: Any = operand()
    bin: Any = collection(ListBin)

    def packed_arguments(self) -> list[bytes]:
        """The value and the list."""
        return [*super().packed_arguments(), pack_operand(self.bin, "bin")]


class ListJoin(Call, op=28, gives=ResultType.STRING):
    """The strings of a list as one, with a separator between them if there is one.

    Servers from 8.2 on have it.
    """

    ctx: Contexts = context()
    separator: str | None = optional(str)
    bin: Any = collection(ListBin)

    def packed_arguments(self) -> list[bytes]:
        """The separator, if it is not empty."""
        return super().packed_arguments() if self.separator else []
