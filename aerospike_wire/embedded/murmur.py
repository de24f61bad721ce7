"""MurmurHash3, the x64 variant with 128 bits: the hash of HyperLogLog elements (protocol section 6.8)."""

from __future__ import annotations

import struct
from typing import Final

_MASK: Final = (1 << 64) - 1
_C1: Final = 0x87C3_7B91_1142_53D5
_C2: Final = 0x4CF5_AD43_2745_937F
_BLOCK: Final = struct.Struct("<QQ")


def _spread(word: int) -> int:
    """Let each bit of a word reach all the others."""
    word ^= word >> 33
    word = word * 0xFF51_AFD7_ED55_8CCD & _MASK
    word ^= word >> 33
    word = word * 0xC4CE_B9FE_1A85_EC53 & _MASK
    return word ^ word >> 33


def _turn(word: int, bits: int) -> int:
    return (word << bits | word >> (64 - bits)) & _MASK


def murmur3(data: bytes) -> tuple[int, int]:
    """The two 64-bit words of the hash with seed 0."""
    h1 = h2 = 0
    whole = len(data) & ~15
    for k1, k2 in _BLOCK.iter_unpack(data[:whole]):
        h1 ^= _turn(k1 * _C1 & _MASK, 31) * _C2 & _MASK
        h1 = (_turn(h1, 27) + h2) * 5 + 0x52DC_E729 & _MASK
        h2 ^= _turn(k2 * _C2 & _MASK, 33) * _C1 & _MASK
        h2 = (_turn(h2, 31) + h1) * 5 + 0x3849_5AB5 & _MASK
    if whole < len(data):
        # Zeros change nothing here, so a short last block needs no case of its own.
        k1, k2 = _BLOCK.unpack(data[whole:].ljust(16, b"\0"))
        h1 ^= _turn(k1 * _C1 & _MASK, 31) * _C2 & _MASK
        h2 ^= _turn(k2 * _C2 & _MASK, 33) * _C1 & _MASK
    h1 ^= len(data)
    h2 ^= len(data)
    h1 = h1 + h2 & _MASK
    h2 = h2 + h1 & _MASK
    h1 = _spread(h1)
    h2 = _spread(h2)
    h1 = h1 + h2 & _MASK
    return h1, h2 + h1 & _MASK
