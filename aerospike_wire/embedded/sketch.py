"""HyperLogLog sketches: registers, cardinality, and what several sketches have in common.

Layout, hash and estimates are those of the server, so counts are equal to its counts, not
merely near them. What is counted is still an estimate: its standard error is about
1.04 / sqrt(number of registers).
"""

from __future__ import annotations

import itertools
import math
import struct
from typing import TYPE_CHECKING, Final

import attrs

from aerospike_wire.embedded.murmur import murmur3

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MIN_INDEX_BITS: Final = 4
MAX_INDEX_BITS: Final = 16
MIN_MINHASH_BITS: Final = 4
MAX_MINHASH_BITS: Final = 51
MAX_BITS: Final = 64
"""Index and minhash bits come out of one word of the hash."""
RANK_BITS: Final = 6
"""Bits of a register that hold the number of trailing zeros."""
MAX_UNHASHED: Final = 3
"""Sketches without minhash that can be intersected, by inclusion and exclusion."""

_HEAD: Final = struct.Struct("<BBBQ")
_HASH_BITS: Final = 64
_ALPHA: Final = {4: 0.673, 5: 0.697, 6: 0.709}


class NotASketch(ValueError):
    """The bytes are no sketch."""


class TooManySketches(ValueError):
    """Sketches without minhash are too many to be intersected."""


def fits(index_bits: int, minhash_bits: int) -> bool:
    """Whether a sketch can have these bits together."""
    return index_bits + minhash_bits <= MAX_BITS


@attrs.define
class Sketch:
    """A sketch taken apart."""

    index_bits: int
    minhash_bits: int
    registers: list[int]
    """Rank above minhash; 0 for a register that saw no element."""
    cached: int = 0
    """Count that was stored with the sketch, 0 for none."""

    @classmethod
    def empty(cls, index_bits: int, minhash_bits: int) -> Sketch:
        """A sketch that saw no element."""
        return cls(index_bits, minhash_bits, [0] * (1 << index_bits))

    @classmethod
    def unpack(cls, data: bytes) -> Sketch:
        """A sketch from the bytes of its particle.

        Raises:
            NotASketch: head and size do not make a sketch.
        """
        check(data)
        _, index_bits, minhash_bits, cached = _HEAD.unpack_from(data)
        width = RANK_BITS + minhash_bits
        mask = (1 << width) - 1
        shifts = range(7 * width, -1, -width)
        # Eight registers are as many bytes as one has bits.
        registers = []
        for start in range(_HEAD.size, len(data), width):
            eight = int.from_bytes(data[start : start + width], "big")
            registers += [eight >> shift & mask for shift in shifts]
        return cls(index_bits, minhash_bits, registers, cached)

    def pack(self) -> bytes:
        """The bytes of the particle."""
        width = RANK_BITS + self.minhash_bits
        parts = [_HEAD.pack(0, self.index_bits, self.minhash_bits, self.cached)]
        for start in range(0, len(self.registers), 8):
            eight = 0
            for register in self.registers[start : start + 8]:
                eight = eight << width | register
            parts.append(eight.to_bytes(width, "big"))
        return b"".join(parts)

    def _place(self, element: bytes) -> tuple[int, int]:
        """Index and value that an element, as MessagePack, has in the registers."""
        h1, h2 = murmur3(element)
        index = h1 & (1 << self.index_bits) - 1
        minhash = h1 >> self.index_bits & (1 << self.minhash_bits) - 1
        zeros = (h2 & -h2).bit_length() - 1 if h2 else _HASH_BITS
        rank = min(zeros + 1, (1 << RANK_BITS) - 1)
        return index, rank << self.minhash_bits | minhash

    def add(self, elements: Iterable[bytes]) -> int:
        """Count elements in; the number of changes of registers."""
        changes = 0
        for element in elements:
            index, value = self._place(element)
            if value > self.registers[index]:
                self.registers[index] = value
                changes += 1
        if changes:
            self.cached = 0
        return changes

    def may_contain(self, elements: Iterable[bytes]) -> bool:
        """Whether all elements may have been added; False is certain."""
        for element in elements:
            index, value = self._place(element)
            if value > self.registers[index]:
                return False
        return True

    def folded(self, index_bits: int, minhash_bits: int) -> Sketch:
        """The same elements with fewer bits: fewer registers, and the minhash as it is or none."""
        drop = self.minhash_bits if minhash_bits != self.minhash_bits else 0
        registers = [register >> drop for register in self.registers] if drop else list(self.registers)
        size = 1 << index_bits
        first = registers[:size]
        for start in range(size, len(registers), size):
            first = list(map(max, first, registers[start : start + size]))
        same = index_bits == self.index_bits and not drop
        return Sketch(index_bits, minhash_bits, first, self.cached if same else 0)

    def looks_empty(self) -> bool:
        """Whether similarity takes the sketch for empty: servers look at one byte per register, minhash or not."""
        return not any(self.pack()[_HEAD.size : _HEAD.size + len(self.registers)])

    def count(self) -> int:
        """Number of different elements: as stored, else estimated."""
        return self.cached or self.estimate()

    def estimate(self) -> int:
        """Number of different elements, estimated from the registers (Ertl, arXiv 1702.01284, algorithm 6)."""
        size = len(self.registers)
        ranks = [0] * (1 << RANK_BITS)
        for register in self.registers:
            ranks[register >> self.minhash_bits] += 1
        if ranks[0] == size:
            return 0
        total = 0.0
        for number in reversed(ranks[1:]):
            total = 0.5 * (total + number)
        total += size * _sigma(ranks[0] / size)
        alpha = _ALPHA.get(self.index_bits) or 0.7213 / (1.0 + 1.079 / size)
        return math.floor(alpha * size * size / total + 0.5)


def check(data: bytes) -> None:
    """Look whether bytes are a sketch.

    Raises:
        NotASketch: they are none.
    """
    if len(data) < _HEAD.size:
        msg = "a HyperLogLog without a whole head"
        raise NotASketch(msg)
    flags, index_bits, minhash_bits, _ = _HEAD.unpack_from(data)
    if (
        flags
        or not MIN_INDEX_BITS <= index_bits <= MAX_INDEX_BITS
        or (minhash_bits and not MIN_MINHASH_BITS <= minhash_bits <= MAX_MINHASH_BITS)
        or not fits(index_bits, minhash_bits)
        or len(data) != _HEAD.size + ((RANK_BITS + minhash_bits << index_bits) + 7) // 8
    ):
        msg = "a HyperLogLog whose head is impossible or does not fit its size"
        raise NotASketch(msg)


def _sigma(share: float) -> float:
    """The part of the estimate that registers without elements make up."""
    factor, total = 1.0, share
    while True:
        share *= share
        before = total
        total += share * factor
        factor += factor
        if total == before:
            return total


def common_bits(sketches: Iterable[Sketch]) -> tuple[int, int]:
    """The index and minhash bits to which all sketches can be folded."""
    bits = [(sketch.index_bits, sketch.minhash_bits) for sketch in sketches]
    minhashes = {minhash for _, minhash in bits}
    return min(index for index, _ in bits), minhashes.pop() if len(minhashes) == 1 else 0


def union(sketches: Sequence[Sketch]) -> Sketch:
    """The sketch of what is in any of the sketches."""
    bits = common_bits(sketches)
    registers, *others = (sketch.folded(*bits).registers for sketch in sketches)
    for other in others:
        registers = list(map(max, registers, other))
    return Sketch(*bits, registers)


def intersect_count(sketches: Sequence[Sketch]) -> int:
    """Number of different elements that are in each of the sketches.

    Raises:
        TooManySketches: more than three without minhash.
    """
    _, minhash_bits = common_bits(sketches)
    if not minhash_bits:
        return _included(sketches)
    share = similarity(sketches)
    return 0 if math.isnan(share) else math.floor(share * union(sketches).estimate() + 0.5)


def _included(sketches: Sequence[Sketch]) -> int:
    """Size of the intersection by inclusion and exclusion."""
    if len(sketches) > MAX_UNHASHED:
        msg = f"{len(sketches)} sketches without minhash cannot be intersected"
        raise TooManySketches(msg)
    if len(sketches) < MAX_UNHASHED:
        return _shared(sketches)
    pairs = itertools.combinations(sketches, 2)
    total = union(sketches).estimate() - sum(sketch.count() for sketch in sketches) + sum(map(intersect_count, pairs))
    return max(0, total)


def _shared(sketches: Sequence[Sketch]) -> int:
    """What two sketches count twice; all of a single one."""
    if len(sketches) == 1:
        return sketches[0].count()
    return max(0, sum(sketch.count() for sketch in sketches) - union(sketches).estimate())


def similarity(sketches: Sequence[Sketch]) -> float:
    """Share of the union's elements that are in each of the sketches (Jaccard index); NaN if there are none.

    Raises:
        TooManySketches: more than three without minhash.
    """
    bits = common_bits(sketches)
    if not bits[1]:
        whole = union(sketches).estimate()
        shared = _included(sketches)
        if whole:
            return shared / whole
        # The NaN of 0 / 0 has its sign bit set on a server's processor.
        return math.inf if shared else math.copysign(math.nan, -1.0)
    folded = [sketch.folded(*bits) for sketch in sketches]
    empty = [sketch.looks_empty() for sketch in folded]
    if any(empty):
        return math.nan if all(empty) else 0.0
    columns = list(zip(*(sketch.registers for sketch in folded), strict=True))
    filled = sum(any(column) for column in columns)
    equal = float(sum(column[0] != 0 and len(set(column)) == 1 for column in columns))
    if len(folded) == 2:
        equal = max(0.0, equal - _collisions(bits, [sketch.count() for sketch in sketches]))
    return equal / filled


def _collisions(bits: tuple[int, int], counts: Sequence[int]) -> float:
    """Number of registers that are equal by mere chance in sketches of so many elements."""
    index_bits, minhash_bits = bits
    size = float(1 << index_bits)
    total = 0.0
    for rank in range(1, _HASH_BITS + 1):
        above = 2.0 ** (1 - rank) / size
        below = 2.0**-rank / size if rank < _HASH_BITS else 0.0
        total += math.prod((1.0 - below) ** count - (1.0 - above) ** count for count in counts)
    return total * size / (1 << minhash_bits)
