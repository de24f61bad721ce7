"""The hash under which servers index strings and blobs: wyhash, final version 3."""

from __future__ import annotations

from typing import Final

_MASK: Final = 0xFFFF_FFFF_FFFF_FFFF
_SECRET: Final = (0xA0761D6478BD642F, 0xE7037ED1A0B428DB, 0x8EBC6AF09C88C6E3, 0x589965CC75374CC3)
_SEED: Final = 0x29FBB14CC886F ^ _SECRET[0]
_SMALL: Final = 16
_STRIPE: Final = 48


def wyhash64(data: bytes) -> int:
    """The hash of bytes, as an unsigned 64-bit integer."""
    size = len(data)
    seed = _SEED
    if size <= _SMALL:
        first, second = _small(data)
    else:
        place, left = 0, size
        if left > _STRIPE:
            one, two = seed, seed
            while left > _STRIPE:
                seed = _mix(_u64(data, place) ^ _SECRET[1], _u64(data, place + 8) ^ seed)
                one = _mix(_u64(data, place + 16) ^ _SECRET[2], _u64(data, place + 24) ^ one)
                two = _mix(_u64(data, place + 32) ^ _SECRET[3], _u64(data, place + 40) ^ two)
                place += _STRIPE
                left -= _STRIPE
            seed ^= one ^ two
        while left > _SMALL:
            seed = _mix(_u64(data, place) ^ _SECRET[1], _u64(data, place + 8) ^ seed)
            place += _SMALL
            left -= _SMALL
        first, second = _u64(data, size - 16), _u64(data, size - 8)
    return _mix(_SECRET[1] ^ size, _mix(first ^ _SECRET[1], second ^ seed))


def _small(data: bytes) -> tuple[int, int]:
    size = len(data)
    if size >= 4:
        middle = size >> 3 << 2
        first = _u32(data, 0) << 32 | _u32(data, middle)
        return first, _u32(data, size - 4) << 32 | _u32(data, size - 4 - middle)
    if size:
        return data[0] << 16 | data[size >> 1] << 8 | data[size - 1], 0
    return 0, 0


def _mix(one: int, other: int) -> int:
    product = one * other
    return (product & _MASK) ^ (product >> 64)


def _u64(data: bytes, place: int) -> int:
    return int.from_bytes(data[place : place + 8], "little")


def _u32(data: bytes, place: int) -> int:
    return int.from_bytes(data[place : place + 4], "little")
