"""How many bytes a server takes to store a record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aerospike_wire.proto.values import Particle

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aerospike_wire.embedded.store import Particle as Value
    from aerospike_wire.embedded.store import StoredRecord

RECORD_OVERHEAD: Final = 35
"""Bytes of a stored record besides its set, its key, its expiry and its bins."""
_VOID_TIME_SIZE: Final = 4
_SIZED_PARTICLE: Final = 5
"""Bytes of the type and the size in front of a stored value."""
_PARTICLE_SIZES: Final = {Particle.FLOAT.value: 9, Particle.BOOL.value: 2}
_END_MARK: Final = 4
"""Bytes behind a stored record."""
_UNIT: Final = 16
"""A record in storage begins and ends at multiples of this."""


def record_size(record: StoredRecord, bins: Mapping[bytes, Value], void_time: int = 0) -> int:
    """Bytes that a record with these bins takes as a server stores it, before it is rounded up."""
    size = RECORD_OVERHEAD + (_VOID_TIME_SIZE if void_time else 0)
    if record.set:
        size += 1 + len(record.set)
    if record.key:
        size += _varint_size(len(record.key)) + len(record.key)
    size += _varint_size(len(bins))
    return size + sum(1 + len(name) + _particle_size(kind, data) for name, (kind, data) in bins.items())


def _varint_size(value: int) -> int:
    return max(1, -(-value.bit_length() // 7))


def _particle_size(kind: int, data: bytes) -> int:
    if kind == Particle.INTEGER:
        # Small integers are stored in fewer bytes; negative ones are large as unsigned numbers.
        value = int.from_bytes(data, "big")
        return 2 + next(size for size in (1, 2, 4, 8) if value < 1 << 8 * size)
    return _PARTICLE_SIZES.get(kind, _SIZED_PARTICLE + len(data))


def stored_size(record: StoredRecord) -> int:
    """Bytes that a record takes in storage, which is what expressions and Lua are told.

    Args:
        record: as it is stored; one that is being created takes the least that there is.
    """
    if not record.generation:
        return _UNIT
    size = record_size(record, record.bins, record.void_time) + _END_MARK
    return -(-size // _UNIT) * _UNIT
