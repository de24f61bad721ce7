"""What a scan, a query or a job is about: a set, a range of an index, a filter."""

from __future__ import annotations

import hashlib
import struct
from typing import TYPE_CHECKING, Final

import attrs

from aerospike_wire.embedded import filters, geo, normal
from aerospike_wire.embedded.refusal import Refusal
from aerospike_wire.errors.codes import ResultCode
from aerospike_wire.proto.fields import Field
from aerospike_wire.proto.keys import MAX_SET
from aerospike_wire.proto.values import Particle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aerospike_wire.embedded.node import Node
    from aerospike_wire.embedded.store import Namespace, StoredRecord
    from aerospike_wire.proto.message import Message

_SIZE: Final = struct.Struct(">I")
_INTEGER: Final = struct.Struct(">q")
_HEAD: Final = struct.Struct(">BB")
_MAX_VALUE: Final = 2048
"""Bytes of a string or blob that an index range may name."""

_INDEX_TYPES: Final = {0: "default", 1: "list", 2: "mapkeys", 3: "mapvalues"}
_RANKS: Final = {Particle.INTEGER: 3, Particle.STRING: 4, Particle.BLOB: 7}
"""Particles that can be looked up in lists and maps, and their ranks in the order of values."""


@attrs.frozen
class Range:
    """What an index query looks for."""

    bin: bytes
    index_type: int
    particle: int
    begin: int | bytes
    end: int | bytes

    def value(self, record: StoredRecord) -> int | None:
        """The index value by which a record is found, None if it is not.

        A record that has several matching items is found once, by the smallest.
        """
        found = record.bins.get(self.bin)
        if found is None:
            return None
        if self.index_type == 0:
            kind, data = found
            value = int.from_bytes(data, "big", signed=True) if kind == Particle.INTEGER else data
            return self._hit(value) if kind == self.particle else None
        hits = (self._hit(item) for item in self._items(*found))
        return min((hit for hit in hits if hit is not None), default=None)

    def _items(self, kind: int, data: bytes) -> Iterator[int | bytes]:
        wanted = Particle.LIST if self.index_type == 1 else Particle.MAP
        if kind != wanted:
            return
        _, *content = normal.order_of(data)
        items = content[0] if kind == Particle.LIST else [pair[self.index_type - 2] for pair in content[1]]
        for rank, *value in items:
            if rank == _RANKS[Particle(self.particle)]:
                # Strings and blobs inside lists carry their type in the first byte.
                yield value[0] if self.particle == Particle.INTEGER else value[0][1:]

    def _hit(self, value: int | bytes) -> int | None:
        if isinstance(value, int) and isinstance(self.begin, int) and isinstance(self.end, int):
            return value if self.begin <= value <= self.end else None
        return _hashed(value) if isinstance(value, bytes) and value == self.begin else None


def _hashed(value: bytes) -> int:
    """The 64-bit value under which strings and blobs are indexed; clients only echo it."""
    return int.from_bytes(hashlib.blake2b(value, digest_size=8).digest(), "little", signed=True)


def check_filter(message: Message) -> None:
    """Look at a filter before any record is.

    Raises:
        Refusal: 4, the expression is malformed.
    """
    if Field.FILTER in message.fields:
        try:
            filters.check(message.fields[Field.FILTER])
        except filters.Malformed as error:
            raise Refusal(ResultCode.INVALID_REQUEST, str(error)) from None


def set_of(message: Message) -> bytes:
    """The set that a query is about, empty for the whole namespace.

    Raises:
        Refusal: 4, no set can be called that.
    """
    name = message.fields.get(Field.SET, b"")
    if len(name) > MAX_SET:
        raise Refusal(ResultCode.INVALID_REQUEST, "set name too long")
    return name


def index_range(node: Node, namespace: Namespace, message: Message, set_name: bytes) -> Range | None:
    """What an index query looks for; None for a scan.

    Raises:
        Refusal: 4, the range is malformed; 201, there is no index for it; 16, this node has
            no indexes of the kind.
    """
    fields = message.fields
    data = fields.get(Field.INDEX_RANGE)
    if data is None:
        return None
    if Field.INDEX_CONTEXT in fields or Field.INDEX_EXPRESSION in fields:
        raise Refusal(ResultCode.UNSUPPORTED_FEATURE, "this node has no indexes of contexts or expressions")
    index_type = fields.get(Field.INDEX_TYPE, b"\x00")
    if len(index_type) != 1 or index_type[0] not in _INDEX_TYPES:
        raise Refusal(ResultCode.INVALID_REQUEST, "unknown index type")
    found = _parse_range(data, index_type[0])
    name = fields.get(Field.INDEX_NAME)
    if (name is None) == (not found.bin):
        raise Refusal(ResultCode.INVALID_REQUEST, "an index is found by its bin or by its name")
    index = node.indexes.find(
        namespace.name,
        set_name.decode(errors="surrogateescape") or None,
        found.bin.decode(errors="surrogateescape") or None,
        found.index_type,
        found.particle,
        name=None if name is None else name.decode(errors="surrogateescape"),
    )
    if index is None:
        raise Refusal(ResultCode.INDEX_NOT_FOUND, "no such index")
    if found.particle == Particle.GEOJSON or index.context is not None or index.expression is not None:
        raise Refusal(ResultCode.UNSUPPORTED_FEATURE, "this node cannot query by such an index")
    if name is None:
        return found
    types = {kind: number for number, kind in _INDEX_TYPES.items()}
    return attrs.evolve(found, bin=(index.bin or "").encode(errors="surrogateescape"), index_type=types[index.type])


def _parse_range(data: bytes, index_type: int) -> Range:
    try:
        count, name_size = _HEAD.unpack_from(data)
        name = data[_HEAD.size : _HEAD.size + name_size]
        particle = data[_HEAD.size + name_size]
        begin, offset = _bound(data, _HEAD.size + name_size + 1)
        end, offset = _bound(data, offset)
    except (IndexError, struct.error):
        raise Refusal(ResultCode.INVALID_REQUEST, "index range cut off") from None
    if count != 1 or offset != len(data):
        raise Refusal(ResultCode.INVALID_REQUEST, f"{count} index ranges")
    if particle == Particle.INTEGER:
        if len(begin) != _INTEGER.size or len(end) != _INTEGER.size:
            raise Refusal(ResultCode.INVALID_REQUEST, "integer bounds of another size than 8 bytes")
        low, high = _INTEGER.unpack(begin)[0], _INTEGER.unpack(end)[0]
        if low > high:
            raise Refusal(ResultCode.INVALID_REQUEST, "index range that ends before it begins")
        return Range(name, index_type, particle, low, high)
    if particle not in (Particle.STRING, Particle.BLOB, Particle.GEOJSON):
        raise Refusal(ResultCode.INVALID_REQUEST, f"index range of particle type {particle}")
    if particle == Particle.GEOJSON:
        try:
            geo.parse(begin)
        except geo.BadGeoJSON as error:
            raise Refusal(ResultCode.INVALID_REQUEST, str(error)) from None
    elif len(begin) >= _MAX_VALUE:
        raise Refusal(ResultCode.INVALID_REQUEST, "index value too long")
    return Range(name, index_type, particle, begin, end)


def _bound(data: bytes, offset: int) -> tuple[bytes, int]:
    (size,) = _SIZE.unpack_from(data, offset)
    start = offset + _SIZE.size
    if start + size > len(data):
        raise IndexError
    return data[start : start + size], start + size
