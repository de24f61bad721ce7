"""Operations on the bits of a blob.

Offsets count from 0, the most significant bit of the first byte; negative ones from the
end. Offsets and sizes are in bits unless their names say bytes.

Every function raises ParamError, naming the argument, for one that cannot be used, and
BinNameError for a bin name that is too long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aerospike_wire.operations import checks
from aerospike_wire.operations.calls import STRINGS_SINCE, blob_modify, blob_read
from aerospike_wire.operations.flags import BitOverflow, BitResize
from aerospike_wire.operations.operation import Operation, builder
from aerospike_wire.operations.policies import BitPolicy, Given, settle

if TYPE_CHECKING:
    from aerospike_wire.operations.contexts import Contexts

_SIGNED = 1


def _flags(policy: Any) -> bytes:
    settled = settle(BitPolicy, policy, "policy")
    return b"\x00" if settled is None else checks.small(settled.bit_write_flags)


def _bits(bit_offset: Any, bit_size: Any) -> tuple[bytes, bytes]:
    return checks.integer(bit_offset, "bit_offset"), checks.size(bit_size, "bit_size")


def _blob(value_byte_size: Any, value: Any) -> bytes:
    # The size says nothing that the value does not say, and does not travel.
    checks.count(value_byte_size, "value_byte_size")
    return checks.blob(value, "value")


# The blob as a whole


@builder
def bit_resize(
    bin_name: str, byte_size: int, policy: BitPolicy | Given = None, resize_flags: int = BitResize.DEFAULT
) -> Operation:
    """Give a blob a size in bytes, with zeros for new ones; a missing bin is created (BitResize)."""
    how = checks.small(checks.flags(resize_flags, BitResize, "resize_flags"))
    return blob_modify(bin_name, 0, checks.size(byte_size, "byte_size"), _flags(policy), how)


@builder
def bit_insert(
    bin_name: str, byte_offset: int, value_byte_size: int, value: bytes | bytearray, policy: BitPolicy | Given = None
) -> Operation:
    """Insert bytes before a byte; a gap behind the end is filled with zeros, a missing bin is created.

    Args:
        bin_name: the bin.
        byte_offset: where.
        value_byte_size: the number of bytes in ``value``; not used, all of them are inserted.
        value: the bytes.
        policy: BitPolicy, or a dict with its names.
    """
    return blob_modify(
        bin_name, 1, checks.integer(byte_offset, "byte_offset"), _blob(value_byte_size, value), _flags(policy)
    )


@builder
def bit_remove(bin_name: str, byte_offset: int, byte_size: int, policy: BitPolicy | Given = None) -> Operation:
    """Remove ``byte_size`` bytes."""
    where = checks.integer(byte_offset, "byte_offset"), checks.size(byte_size, "byte_size")
    return blob_modify(bin_name, 2, *where, _flags(policy))


# Changing bits


@builder
def bit_set(
    bin_name: str,
    bit_offset: int,
    bit_size: int,
    value_byte_size: int,
    value: bytes | bytearray,
    policy: BitPolicy | Given = None,
) -> Operation:
    """Replace bits by the first ``bit_size`` bits of a value.

    Args:
        bin_name: the bin.
        bit_offset: where the bits start.
        bit_size: how many they are.
        value_byte_size: the number of bytes in ``value``; not used, all of them are sent.
        value: the bytes.
        policy: BitPolicy, or a dict with its names.
    """
    return blob_modify(bin_name, 3, *_bits(bit_offset, bit_size), _blob(value_byte_size, value), _flags(policy))


@builder
def bit_or(
    bin_name: str,
    bit_offset: int,
    bit_size: int,
    value_byte_size: int,
    value: bytes | bytearray,
    policy: BitPolicy | Given = None,
) -> Operation:
    """Set the bits that are set in a value; arguments as for :func:`bit_set`."""
    return blob_modify(bin_name, 4, *_bits(bit_offset, bit_size), _blob(value_byte_size, value), _flags(policy))


@builder
def bit_xor(
    bin_name: str,
    bit_offset: int,
    bit_size: int,
    value_byte_size: int,
    value: bytes | bytearray,
    policy: BitPolicy | Given = None,
) -> Operation:
    """Turn the bits that are set in a value; arguments as for :func:`bit_set`."""
    return blob_modify(bin_name, 5, *_bits(bit_offset, bit_size), _blob(value_byte_size, value), _flags(policy))


@builder
def bit_and(
    bin_name: str,
    bit_offset: int,
    bit_size: int,
    value_byte_size: int,
    value: bytes | bytearray,
    policy: BitPolicy | Given = None,
) -> Operation:
    """Clear the bits that are not set in a value; arguments as for :func:`bit_set`."""
    return blob_modify(bin_name, 6, *_bits(bit_offset, bit_size), _blob(value_byte_size, value), _flags(policy))


@builder
def bit_not(bin_name: str, bit_offset: int, bit_size: int, policy: BitPolicy | Given = None) -> Operation:
    """Turn all bits of a range."""
    return blob_modify(bin_name, 7, *_bits(bit_offset, bit_size), _flags(policy))


@builder
def bit_lshift(
    bin_name: str, bit_offset: int, bit_size: int, shift: int, policy: BitPolicy | Given = None
) -> Operation:
    """Shift the bits of a range towards its start; zeros follow."""
    return blob_modify(bin_name, 8, *_bits(bit_offset, bit_size), checks.size(shift, "shift"), _flags(policy))


@builder
def bit_rshift(
    bin_name: str, bit_offset: int, bit_size: int, shift: int, policy: BitPolicy | Given = None
) -> Operation:
    """Shift the bits of a range towards its end; zeros follow."""
    return blob_modify(bin_name, 9, *_bits(bit_offset, bit_size), checks.size(shift, "shift"), _flags(policy))


def _arithmetic(bin_name: str, number: int, items: tuple[bytes, ...], sign: Any, action: Any, policy: Any) -> Operation:
    how = checks.choice(action, BitOverflow, "action") | (_SIGNED if checks.flag(sign, "sign") else 0)
    return blob_modify(bin_name, number, *items, _flags(policy), checks.small(how))


@builder
def bit_add(
    bin_name: str,
    bit_offset: int,
    bit_size: int,
    value: int,
    sign: bool,
    action: int,
    policy: BitPolicy | Given = None,
) -> Operation:
    """Add to an integer of at most 64 bits.

    Args:
        bin_name: the bin.
        bit_offset: where the integer starts.
        bit_size: its size.
        value: what to add, from 0 to 2**64 - 1.
        sign: True if the integer has a sign.
        action: BitOverflow.
        policy: BitPolicy, or a dict with its names.
    """
    items = *_bits(bit_offset, bit_size), checks.unsigned(value, "value")
    return _arithmetic(bin_name, 10, items, sign, action, policy)


@builder
def bit_subtract(
    bin_name: str,
    bit_offset: int,
    bit_size: int,
    value: int,
    sign: bool,
    action: int,
    policy: BitPolicy | Given = None,
) -> Operation:
    """Subtract from an integer of at most 64 bits; arguments as for :func:`bit_add`."""
    items = *_bits(bit_offset, bit_size), checks.unsigned(value, "value")
    return _arithmetic(bin_name, 11, items, sign, action, policy)


@builder
def bit_set_int(
    bin_name: str, bit_offset: int, bit_size: int, value: int, policy: BitPolicy | Given = None
) -> Operation:
    """Write an integer of at most 64 bits; of one that is too wide the low bits."""
    return blob_modify(bin_name, 12, *_bits(bit_offset, bit_size), checks.integer(value, "value"), _flags(policy))


# Reading


@builder
def bit_get(bin_name: str, bit_offset: int, bit_size: int) -> Operation:
    """Bits as bytes, from the left; unused bits of the last byte are 0."""
    return blob_read(bin_name, 50, *_bits(bit_offset, bit_size))


@builder
def bit_count(bin_name: str, bit_offset: int, bit_size: int) -> Operation:
    """The number of bits that are set."""
    return blob_read(bin_name, 51, *_bits(bit_offset, bit_size))


@builder
def bit_lscan(bin_name: str, bit_offset: int, bit_size: int, value: bool) -> Operation:
    """The place of the first bit with a value, counted from ``bit_offset``; -1 if there is none."""
    return blob_read(bin_name, 52, *_bits(bit_offset, bit_size), _bit(value))


@builder
def bit_rscan(bin_name: str, bit_offset: int, bit_size: int, value: bool) -> Operation:
    """The place of the last bit with a value, counted from ``bit_offset``; -1 if there is none."""
    return blob_read(bin_name, 53, *_bits(bit_offset, bit_size), _bit(value))


def _bit(value: Any) -> bytes:
    return checks.any_value(checks.flag(value, "value"), "value")


@builder
def bit_get_int(bin_name: str, bit_offset: int, bit_size: int, sign: bool) -> Operation:
    """An integer of at most 64 bits; ``sign``: True if it has one."""
    signed = (checks.small(_SIGNED),) if checks.flag(sign, "sign") else ()
    return blob_read(bin_name, 54, *_bits(bit_offset, bit_size), *signed)


@builder
def bit_b64_encode(
    bin_name: str,
    byte_offset: int = 0,
    byte_size: int | None = None,
    invert_size: bool = False,
    ctx: Contexts = None,
) -> Operation:
    """Bytes of a blob as base64 text. Needs server 8.2.

    Args:
        bin_name: the bin.
        byte_offset: the first byte.
        byte_size: how many bytes, None for all that follow.
        invert_size: ``byte_size`` counts back from the end of the blob.
        ctx: where in the bin.
    """
    items = [checks.integer(byte_offset, "byte_offset"), *checks.optional_count(byte_size, "byte_size")]
    if checks.flag(invert_size, "invert_size") and byte_size is not None:
        items.append(b"\x01")
    return blob_read(bin_name, 55, *items, ctx=ctx, since=STRINGS_SINCE)
