"""Blobs as rows of bits: reading from them, and what they would be after a change.

``bin`` is the name of a blob bin, or an expression that gives a blob. Bit 0 is the most
significant of the first byte; negative offsets count from the end. ``policy`` is a BitPolicy,
a dict with ``bit_write_flags``, or None.
"""

from __future__ import annotations

from typing import Any

from aerospike_wire.expressions.arguments import collection, constant, operand, optional, policy
from aerospike_wire.expressions.base import ResultType
from aerospike_wire.expressions.bins import BlobBin
from aerospike_wire.expressions.calls import BITS, Call
from aerospike_wire.operations.policies import BitPolicy
from aerospike_wire.proto import msgpack


class _Change(Call, system=BITS, modify=True, gives=ResultType.BLOB):
    def tail(self) -> list[bytes]:
        """Flags of the policy."""
        rules: BitPolicy | None = self.policy  # type: ignore[attr-defined]  # its rows have one
        return [msgpack.pack_int(0 if rules is None else rules.bit_write_flags)]


class _Read(Call, system=BITS):
    pass


class BitResize(_Change, op=0):
    """The blob with another size in bytes.

    ``flags``: 0, or a sum of 1 at the front instead of the end, 2 grow only, 4 shrink only.
    """

    policy: Any = policy(BitPolicy)
    byte_size: Any = operand(int)
    flags: int | None = optional(int)
    bin: Any = collection(BlobBin)

    def packed_arguments(self) -> list[bytes]:
        """The size."""
        return super().packed_arguments()[:1]

    def tail(self) -> list[bytes]:
        """Flags of the policy, then those of the operation."""
        return [*super().tail(), msgpack.pack_int(self.flags or 0)]


class BitInsert(_Change, op=1):
    """The blob with bytes before the byte at an offset."""

    policy: Any = policy(BitPolicy)
    byte_offset: Any = operand(int)
    value: Any = operand(bytes, bytearray)
    bin: Any = collection(BlobBin)


class BitRemove(_Change, op=2):
    """The blob without a number of bytes."""

    policy: Any = policy(BitPolicy)
    byte_offset: Any = operand(int)
    byte_size: Any = operand(int)
    bin: Any = collection(BlobBin)


class BitSet(_Change, op=3):
    """The blob with some bits in place of its own."""

    policy: Any = policy(BitPolicy)
    bit_offset: Any = operand(int)
    bit_size: Any = operand(int)
    value: Any = operand(bytes, bytearray)
    bin: Any = collection(BlobBin)


class BitOr(_Change, op=4):
    """The blob with bits set that are set in a value."""

    policy: Any = policy(BitPolicy)
    bit_offset: Any = operand(int)
    bit_size: Any = operand(int)
    value: Any = operand(bytes, bytearray)
    bin: Any = collection(BlobBin)


class BitXor(_Change, op=5):
    """The blob with bits turned over that are set in a value."""

    policy: Any = policy(BitPolicy)
    bit_offset: Any = operand(int)
    bit_size: Any = operand(int)
    value: Any = operand(bytes, bytearray)
    bin: Any = collection(BlobBin)


class BitAnd(_Change, op=6):
    """The blob with bits cleared that are not set in a value."""

    policy: Any = policy(BitPolicy)
    bit_offset: Any = operand(int)
    bit_size: Any = operand(int)
    value: Any = operand(bytes, bytearray)
    bin: Any = collection(BlobBin)


class BitNot(_Change, op=7):
    """The blob with some bits turned over."""

    policy: Any = policy(BitPolicy)
    bit_offset: Any = operand(int)
    bit_size: Any = operand(int)
    bin: Any = collection(BlobBin)


class BitLeftShift(_Change, op=8):
    """The blob with some bits moved towards its beginning."""

    policy: Any = policy(BitPolicy)
    bit_offset: Any = operand(int)
    bit_size: Any = operand(int)
    shift: Any = operand(int)
    bin: Any = collection(BlobBin)


class BitRightShift(_Change, op=9):
    """The blob with some bits moved towards its end."""

    policy: Any = policy(BitPolicy)
    bit_offset: Any = operand(int)
    bit_size: Any = operand(int)
    shift: Any = operand(int)
    bin: Any = collection(BlobBin)


class _Sum(_Change):
    policy: Any = policy(BitPolicy)
    bit_offset: Any = operand(int)
    bit_size: Any = operand(int)
    value: Any = operand(int)
    action: int | None = optional(int)
    bin: Any = collection(BlobBin)

    def packed_arguments(self) -> list[bytes]:
        """Offset, size and value."""
        return super().packed_arguments()[:3]

    def tail(self) -> list[bytes]:
        """Flags of the policy, then what to do about an overflow."""
        return [*super().tail(), msgpack.pack_int(self.action or 0)]


class BitAdd(_Sum, op=10):
    """The blob with an integer added to some bits.

    ``action``: a sum of 1 signed, 2 saturate on overflow, 4 wrap on overflow; 0 fails.
    """


class BitSubtract(_Sum, op=11):
    """The blob with an integer subtracted from some bits; ``action`` as for :class:`BitAdd`."""


class BitSetInt(_Change, op=12):
    """The blob with an integer in place of some bits."""

    policy: Any = policy(BitPolicy)
    bit_offset: Any = operand(int)
    bit_size: Any = operand(int)
    value: Any = operand(int)
    bin: Any = collection(BlobBin)


class BitGet(_Read, op=50, gives=ResultType.BLOB):
    """Some bits: a blob, which they fill from the left."""

    bit_offset: Any = operand(int)
    bit_size: Any = operand(int)
    bin: Any = collection(BlobBin)


class BitCount(_Read, op=51, gives=ResultType.INTEGER):
    """How many of some bits are set: an integer."""

    bit_offset: Any = operand(int)
    bit_size: Any = operand(int)
    bin: Any = collection(BlobBin)


class BitLeftScan(_Read, op=52, gives=ResultType.INTEGER):
    """Place of the first bit that is set, or is not, counted from the offset; -1 for none."""

    bit_offset: Any = operand(int)
    bit_size: Any = operand(int)
    value: Any = operand(bool)
    bin: Any = collection(BlobBin)


class BitRightScan(_Read, op=53, gives=ResultType.INTEGER):
    """Place of the last bit that is set, or is not, counted from the offset; -1 for none."""

    bit_offset: Any = operand(int)
    bit_size: Any = operand(int)
    value: Any = operand(bool)
    bin: Any = collection(BlobBin)


class BitGetInt(_Read, op=54, gives=ResultType.INTEGER):
    """Some bits as an integer, with a sign or without."""

    bit_offset: Any = operand(int)
    bit_size: Any = operand(int)
    sign: bool = constant(bool, int)
    bin: Any = collection(BlobBin)

    def packed_arguments(self) -> list[bytes]:
        """Offset and size, then 1 with a sign."""
        return [*super().packed_arguments()[:2], msgpack.pack_int(int(bool(self.sign)))]


class BitB64Encode(_Read, op=55, gives=ResultType.STRING):
    """Base64 of a number of bytes, of the whole blob if the number is None. Servers from 8.2 on have it."""

    byte_offset: int = constant(int)
    byte_size: int | None = optional(int)
    invert_size: bool = constant(bool, int)
    bin: Any = collection(BlobBin)

    def packed_arguments(self) -> list[bytes]:
        """Offset, number, and 1 if it is what remains at the end; nothing for the whole blob."""
        if self.byte_size is None:
            return []
        return [*super().packed_arguments()[:2], msgpack.pack_int(int(bool(self.invert_size)))]
