"""HyperLogLog sketches: estimates, and what sketches would be after a change.

``bin`` is the name of a bin, or an expression that gives a sketch. ``policy`` is an HllPolicy,
a dict with ``flags``, or None.
"""

from __future__ import annotations

from typing import Any

from aerospike_wire.expressions.arguments import collection, operand, optional, policy
from aerospike_wire.expressions.base import ResultType, translated
from aerospike_wire.expressions.bins import HLLBin
from aerospike_wire.expressions.calls import HLL, Call
from aerospike_wire.operations.hll import check_sizes
from aerospike_wire.operations.policies import HllPolicy
from aerospike_wire.proto import msgpack
from aerospike_wire.proto.invalid import InvalidArgument

Packed = list[bytes]

_UNSAID = -1


class _Change(Call, system=HLL, modify=True, gives=ResultType.HLL):
    def tail(self) -> list[bytes]:
        """Bits of the index and of the minhash, then flags of the policy."""
        numbers: list[Any] = [self.index_bit_count, self.mh_bit_count]  # type: ignore[attr-defined]
        rules: HllPolicy | None = self.policy  # type: ignore[attr-defined]  # its rows have all three
        packed = [msgpack.pack_int(_UNSAID if number is None else number) for number in numbers]
        return [*packed, msgpack.pack_int(0 if rules is None else rules.flags)]


class _Read(Call, system=HLL):
    pass


def _bits(change: Any, _: Any, mh_bit_count: Any) -> None:
    """Both numbers of bits, once each is known to be one or None."""
    try:
        check_sizes(change.index_bit_count, mh_bit_count)
    except InvalidArgument as invalid:
        raise translated(invalid) from None


class HLLInit(_Change, op=0):
    """An empty sketch; None for what the sketch at hand has, or for no minhash."""

    policy: Any = policy(HllPolicy)
    index_bit_count: int | None = optional(int)
    mh_bit_count: int | None = optional(int, also=_bits)
    bin: Any = collection(HLLBin)

    def packed_arguments(self) -> list[bytes]:
        """Nothing: both numbers stand behind the arguments."""
        return []


class HLLAdd(_Change, op=1):
    """The sketch with the elements of a list added."""

    policy: Any = policy(HllPolicy)
    list: Any = operand(list)
    index_bit_count: int | None = optional(int)
    mh_bit_count: int | None = optional(int, also=_bits)
    bin: Any = collection(HLLBin)

    def packed_arguments(self) -> Packed:
        """The elements."""
        return super().packed_arguments()[:1]


class HLLGetCount(_Read, op=50, gives=ResultType.INTEGER):
    """How many different elements the sketch has seen, as an estimate: an integer."""

    bin: Any = collection(HLLBin)


class _Several(_Read):
    values: Any = operand()
    bin: Any = collection(HLLBin)


class HLLGetUnion(_Several, op=51, gives=ResultType.HLL):
    """The sketch of all elements that it or one of the others has seen."""


class HLLGetUnionCount(_Several, op=52, gives=ResultType.INTEGER):
    """How many elements it or one of the others has seen: an integer."""


class HLLGetIntersectCount(_Several, op=53, gives=ResultType.INTEGER):
    """How many elements it and all others have seen: an integer."""


class HLLGetSimilarity(_Several, op=54, gives=ResultType.FLOAT):
    """How many of the elements of all are in each, from 0 to 1: a float."""


class HLLDescribe(_Read, op=55, gives=ResultType.LIST):
    """Bits of the index and of the minhash: a list of two integers."""

    bin: Any = collection(HLLBin)


class HLLMayContain(_Read, op=56, gives=ResultType.INTEGER):
    """1 if the sketch may have seen all elements of a list, 0 if it cannot: an integer."""

    list: Any = operand(list)
    bin: Any = collection(HLLBin)
