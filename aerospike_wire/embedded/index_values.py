"""What an index holds of a record: 64-bit values, by which queries find it (protocol section 5.6)."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final

from aerospike_wire.embedded import filters, geo, normal
from aerospike_wire.embedded.cdt import contexts
from aerospike_wire.embedded.cdt.bodies import ListBody
from aerospike_wire.embedded.cdt.order import read_call
from aerospike_wire.embedded.engines import ENGINES
from aerospike_wire.embedded.refusal import Refusal
from aerospike_wire.embedded.wyhash import wyhash64
from aerospike_wire.errors import ProtocolError
from aerospike_wire.expressions.evaluate import Program, parse
from aerospike_wire.proto.values import Particle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aerospike_wire.embedded.indexes import Index
    from aerospike_wire.embedded.store import Particle as Value
    from aerospike_wire.embedded.store import StoredRecord

MAX_VALUE: Final = 2048
"""Bytes of a string or blob in a bin from which on it is not indexed."""

PARTICLES: Final = {
    "numeric": Particle.INTEGER.value,
    "string": Particle.STRING.value,
    "blob": Particle.BLOB.value,
    "geo2dsphere": Particle.GEOJSON.value,
}
"""What an index of each kind holds."""
_RANKS: Final = {"numeric": 3, "string": 4, "blob": 7, "geo2dsphere": 9}
"""Kinds of items in collections, as the order of values ranks them."""
_SIGN: Final = 1 << 63


def signed(value: int) -> int:
    """An unsigned 64-bit number as the signed one of the same bits."""
    return value if value < _SIGN else value - (1 << 64)


def hashed(data: bytes) -> int:
    """The value under which a string or blob is indexed."""
    return signed(wyhash64(data))


def of_record(index: Index, record: StoredRecord, now: int) -> tuple[int, ...]:
    """The values by which an index finds a record; none if it does not hold the record.

    Args:
        index: its definition.
        record: the record.
        now: milliseconds since 2010, for expressions.
    """
    found = subject(index, record, now)
    return () if found is None else tuple(dict.fromkeys(_values(index, *found)))


def subject(index: Index, record: StoredRecord, now: int) -> Value | None:
    """The particle of a record that an index looks at; None if there is none."""
    if index.expression is not None:
        found = _program(index.expression).particle(filters.subject(record, record.bins, now), ENGINES)
        if not isinstance(found, tuple):
            return None
        value: Value | None = ENGINES.stored(found)
    elif index.bin is None:
        return None
    else:
        value = record.bins.get(index.bin.encode(errors="surrogateescape"))
    if value is None or index.context is None:
        return value
    return _inside(value, index.context)


def items(index: Index, value: Value) -> Iterator[Any]:
    """What an index of a collection looks at: integers, and bytes of strings, blobs and GeoJSON."""
    kind, data = value
    if kind != (Particle.LIST if index.type == "list" else Particle.MAP):
        return
    _, *content = normal.order_of(data)
    side = 0 if index.type == "mapkeys" else 1
    found = content[0] if kind == Particle.LIST else [pair[side] for pair in content[1]]
    wanted = _RANKS[index.kind or ""]
    for rank, *parts in found:
        if rank == wanted:
            # Texts inside collections carry their type in the first byte.
            yield parts[0] if index.kind == "numeric" else parts[0][1:]


def _values(index: Index, kind: int, data: bytes) -> Iterator[int]:
    if index.type != "default":
        for item in items(index, (kind, data)):
            if index.kind == "numeric":
                yield item
            elif index.kind == "geo2dsphere":
                yield from geo.cells_of_text(item)
            else:
                yield hashed(item)
        return
    if kind != PARTICLES[index.kind or ""]:
        return
    if kind == Particle.INTEGER:
        yield int.from_bytes(data, "big", signed=True)
    elif kind == Particle.GEOJSON:
        yield from geo.cells_of(data)
    elif len(data) <= MAX_VALUE:
        yield hashed(data)


@functools.lru_cache(maxsize=64)
def _program(expression: bytes) -> Program:
    return parse(expression)


@functools.lru_cache(maxsize=64)
def _steps(context: bytes) -> list[contexts.Step]:
    parts = read_call(context)
    return [contexts.Step(kind.integer(), value) for kind, value in zip(parts[::2], parts[1::2], strict=True)]


def _inside(value: Value, context: bytes) -> Value | None:
    """What stands at a path into a collection."""
    kind, data = value
    if kind not in (Particle.LIST, Particle.MAP):
        return None
    body = contexts.body_of(data)
    if body is None:
        return None
    try:
        return as_particle(contexts.read_at(body, _steps(context)))
    except (Refusal, ProtocolError):
        return None


def as_particle(packed: bytes) -> Value | None:
    """An item of a collection as a bin would hold it; None for what is not indexed."""
    order = normal.order_of(packed)
    rank = order[0]
    if rank == _RANKS["numeric"]:
        return Particle.INTEGER, order[1].to_bytes(8, "big", signed=True)
    if rank == _RANKS["string"]:
        return Particle.STRING, order[1][1:]
    if rank == _RANKS["blob"] and order[1][:1] == bytes((Particle.BLOB,)):
        return Particle.BLOB, order[1][1:]
    if rank == _RANKS["geo2dsphere"]:
        try:
            return Particle.GEOJSON, geo.stored(bytes(3) + order[1][1:])
        except geo.BadGeoJSON:
            return None
    body = contexts.body_of(packed)
    if body is None:
        return None
    return (Particle.LIST if isinstance(body, ListBody) else Particle.MAP), packed
