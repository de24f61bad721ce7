"""In which order the nodes of a cluster stand for each partition.

The order is that of real servers: a hash of partition and node decides, so that every node
finds the same order on its own, and a node that comes or goes moves only the partitions
that it takes part in. For each partition the first nodes of the order are its replicas,
the very first its master.
"""

from __future__ import annotations

import functools
import struct
from typing import TYPE_CHECKING, Final

from aerospike_wire.proto.keys import PARTITIONS

if TYPE_CHECKING:
    from collections.abc import Iterable

_MASK: Final = 0xFFFF_FFFF_FFFF_FFFF
_FNV_OFFSET: Final = 0xCBF2_9CE4_8422_2325
_FNV_PRIME: Final = 0x100_0000_01B3
_LOW_BYTE: Final = 0xFF
"""Bits in which the hash of real servers holds a node's place in the list of members."""
_NUMBER: Final = struct.Struct("<Q")
_PID: Final = struct.Struct("<I")


def fnv(data: bytes) -> int:
    """The 64-bit FNV-1a hash."""
    value = _FNV_OFFSET
    for byte in data:
        value = (value ^ byte) * _FNV_PRIME & _MASK
    return value


def one_at_a_time(data: bytes, value: int = 0) -> int:
    """Jenkins' one-at-a-time hash in 64 bits, without its last steps.

    Args:
        data: what to hash.
        value: the hash of what comes before the data.
    """
    for byte in data:
        value = (value + byte) * 1025 & _MASK
        value ^= value >> 6
    return value


def finished(value: int) -> int:
    """The last steps of :func:`one_at_a_time`."""
    value = value * 9 & _MASK
    value ^= value >> 11
    return value * 32769 & _MASK


@functools.cache
def _partitions() -> tuple[bytes, ...]:
    return tuple(_NUMBER.pack(fnv(_PID.pack(pid))) for pid in range(PARTITIONS))


@functools.lru_cache(maxsize=256)
def weights(name: str) -> tuple[int, ...]:
    """The hash of a node with each partition; the larger, the further in front.

    Args:
        name: the node's id, hexadecimal.
    """
    begun = one_at_a_time(_NUMBER.pack(fnv(_NUMBER.pack(int(name, 16)))))
    return tuple(finished(one_at_a_time(pid, begun)) & ~_LOW_BYTE for pid in _partitions())


def successions(names: Iterable[str]) -> tuple[tuple[int, ...], ...]:
    """For each partition the places of the nodes in ``names``, first the master's.

    Args:
        names: node ids, hexadecimal. Real servers keep them in descending order, which
            only matters in the unlikely case that two hashes are equal.
    """
    return _successions(tuple(names))


@functools.lru_cache(maxsize=64)
def _successions(names: tuple[str, ...]) -> tuple[tuple[int, ...], ...]:
    columns = [weights(name) for name in names]
    places = range(len(columns))
    return tuple(tuple(sorted(places, key=row.__getitem__, reverse=True)) for row in zip(*columns, strict=True))
