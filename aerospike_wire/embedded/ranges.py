"""What a scan, a query or a job is about: a set, a range of an index, a filter."""

from __future__ import annotations

import functools
import struct
from typing import TYPE_CHECKING, Any, Final

import attrs

from aerospike_wire.embedded import filters, geo, index_values
from aerospike_wire.embedded.cdt.order import read_call
from aerospike_wire.embedded.refusal import Refusal
from aerospike_wire.errors import ProtocolError
from aerospike_wire.errors.codes import ResultCode
from aerospike_wire.expressions import items
from aerospike_wire.proto.fields import Field
from aerospike_wire.proto.keys import MAX_SET
from aerospike_wire.proto.values import MAX_BIN_NAME, Particle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aerospike_wire.embedded.index_contents import Contents, Entry
    from aerospike_wire.embedded.indexes import Index
    from aerospike_wire.embedded.node import Node
    from aerospike_wire.embedded.store import Namespace, StoredRecord
    from aerospike_wire.proto.message import Message

_SIZE: Final = struct.Struct(">I")
_INTEGER: Final = struct.Struct(">q")
_MAX_VALUE: Final = 2048
"""Bytes of a string or blob that an index range may name, less one."""
_MAX_GEOJSON: Final = 1024 * 1024
_MAX_INDEX_NAME: Final = 63
_OF_CONTENT: Final = (80, 81, 82)
"""Expressions of a record's key, of a bin and of a bin's type."""
_OF_RECORD: Final = (64, 81, 82)
"""Of its digest, a bin, a bin's type."""
_OF_FACTS: Final = (65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 80)
"""Of anything else about it."""
_ALIKE: Final = (
    {Particle.INTEGER.value}, {Particle.GEOJSON.value},
    {Particle.STRING.value}, {Particle.BLOB.value}, {Particle.STRING.value, Particle.BLOB.value},
)  # fmt: skip
"""Types of the values that a query asks for and an index has: texts and blobs are compared by their bytes."""
_INTEGER_RANK: Final = 3
_CONTEXT_TYPES: Final = frozenset({0x10, 0x11, 0x13, 0x20, 0x21, 0x22, 0x23})
"""Steps of the path of an index: those that create are none."""


@attrs.frozen
class Bounds:
    """The values that a query asks for."""

    bin: bytes
    """Empty if the index is named or has an expression."""
    particle: int
    spans: tuple[tuple[int, int], ...]
    """First and last value of each span, in order."""
    region: bytes | None = None
    """GeoJSON that what is found must lie in, or that must lie in it."""


@attrs.frozen
class Range:
    """What an index query looks for, and where."""

    bounds: Bounds
    index: Index
    contents: Contents

    def entries(self, pid: int, after: Entry | None = None) -> Iterator[Entry]:
        """What is found in a partition: values and digests, in the order of the index.

        A record that has several matching items is found once, by the smallest; one that goes on
        knows nothing of what was found before, as on a server, and finds it again by a greater one.

        Args:
            pid: the partition.
            after: where to go on.
        """
        spans = self.bounds.spans
        for place, (low, high) in enumerate(spans):
            if after is not None and after[0] > high:
                continue
            for entry in self.contents.entries(pid, low, high, after):
                _, digest = entry
                values = self.contents.values(digest)
                if len(values) == 1 or not self._found_before(values, entry, place, after):
                    yield entry

    def _found_before(self, values: Any, entry: Entry, place: int, after: Entry | None) -> bool:
        value, digest = entry
        for number, (low, high) in enumerate(self.bounds.spans[: place + 1]):
            for other in values:
                met = after is None or (other, digest) > after
                if met and low <= other <= high and (other < value or number < place):
                    return True
        return False

    def matches(self, record: StoredRecord, now: int) -> bool:
        """Whether a record that was found is meant: of places in cells not all lie in a region."""
        if self.bounds.region is None:
            return True
        found = index_values.subject(self.index, record, now)
        if found is None:
            return False
        kind, data = found
        if kind == Particle.GEOJSON:
            return geo.matches(geo.text_of(data), self.bounds.region)
        return any(geo.matches(item, self.bounds.region) for item in index_values.items(self.index, found))


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


@functools.lru_cache(maxsize=64)
def about_metadata(expression: bytes) -> bool:
    """Whether a filter can be decided without looking at the bins or the key of a record."""
    waiting = [items.parse(expression)]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list) and item:
            if item[0] in _OF_CONTENT:
                return False
            waiting += item[1:]
    return True


def set_of(message: Message) -> bytes:
    """The set that a query is about, empty for the whole namespace.

    Raises:
        Refusal: 4, no set can be called that.
    """
    name = message.fields.get(Field.SET, b"")
    if len(name) > MAX_SET:
        raise Refusal(ResultCode.INVALID_REQUEST, "set name too long")
    return name


def rate_of(message: Message, *, short: bool = False) -> int:
    """Records per second that a query may take; 0 for any number.

    Raises:
        Refusal: 4, the field is of another size than 4 bytes, or the query is a short one.
    """
    data = message.fields.get(Field.RECORDS_PER_SECOND)
    if data is None:
        return 0
    if short or len(data) != _SIZE.size:
        raise Refusal(ResultCode.INVALID_REQUEST, "a rate of an impossible size, or of a short query")
    rate: int = _SIZE.unpack(data)[0]
    return rate


@attrs.frozen
class Wanted:
    """The index part of a request, taken apart."""

    bounds: Bounds
    type: int
    """Number on the wire, 0 to 3, of what of a bin is indexed."""
    name: str | None
    context: bytes | None
    expression: bytes | None


def wanted_index(message: Message) -> Wanted | None:
    """What a request says about an index; None if it does without.

    Raises:
        Refusal: 4, it is malformed.
    """
    fields = message.fields
    data = fields.get(Field.INDEX_RANGE)
    name = fields.get(Field.INDEX_NAME)
    expression = fields.get(Field.INDEX_EXPRESSION)
    if name is not None and (expression is not None or not 0 < len(name) <= _MAX_INDEX_NAME):
        raise Refusal(ResultCode.INVALID_REQUEST, "an index name that is none, or beside an expression")
    if data is None:
        return None
    bounds = _bounds(data, named=name is not None or expression is not None)
    kind = fields.get(Field.INDEX_TYPE)
    if kind is not None and not kind:
        raise Refusal(ResultCode.INVALID_REQUEST, "an empty index type")
    if expression is not None and not expression:
        raise Refusal(ResultCode.INVALID_REQUEST, "an empty expression")
    context = fields.get(Field.INDEX_CONTEXT)
    if context is not None:
        if name is not None or expression is not None:
            raise Refusal(ResultCode.INVALID_REQUEST, "a context beside an index name or an expression")
        _check_context(context)
    text = None if name is None else name.decode(errors="surrogateescape")
    return Wanted(bounds, kind[0] if kind else 0, text, context, expression)


def index_range(node: Node, namespace: Namespace, wanted: Wanted | None, set_name: bytes) -> Range | None:
    """The index that a query can use; None for a scan.

    Raises:
        Refusal: 201, there is no index for it; 203, it is still being built.
    """
    if wanted is None:
        return None
    bounds = wanted.bounds
    # A set that the node has never heard of is for a server no set at all.
    known = set_name if set_name in namespace.records.sets or _has_index(node, namespace, set_name) else b""
    index = node.indexes.find(
        namespace.name,
        known.decode(errors="surrogateescape") or None,
        bounds.bin.decode(errors="surrogateescape") or None,
        wanted.type,
        bounds.particle,
        name=wanted.name,
        context=wanted.context,
        expression=wanted.expression,
    )
    if index is None:
        raise Refusal(ResultCode.INDEX_NOT_FOUND, "no such index")
    if index.set_index:
        raise Refusal(ResultCode.INDEX_NOT_READABLE, "a set index holds no values")
    now = node.clock.milliseconds()
    contents = namespace.contents(index, now)
    if not contents.complete:
        raise Refusal(ResultCode.INDEX_NOT_READABLE, "the index is still being built")
    contents.refresh(now)
    if {bounds.particle, index_values.PARTICLES[index.kind or ""]} not in _ALIKE:
        # An index that was found by its name is read, but nothing in it is of another type.
        bounds = attrs.evolve(bounds, spans=())
    return Range(bounds, index, contents)


def _has_index(node: Node, namespace: Namespace, set_name: bytes) -> bool:
    text = set_name.decode(errors="surrogateescape")
    return any(index.set == text for index in node.indexes.of(namespace.name))


# Parsing


def _bounds(data: bytes, *, named: bool) -> Bounds:
    try:
        count, name_size = data[0], data[1]
        name = data[2 : 2 + name_size]
        particle = data[2 + name_size]
    except IndexError:
        raise Refusal(ResultCode.INVALID_REQUEST, "index range cut off") from None
    if count != 1 or named == bool(name) or name_size > MAX_BIN_NAME:
        raise Refusal(ResultCode.INVALID_REQUEST, "not one range of a bin or of a named index")
    rest = data[3 + name_size :]
    if particle == Particle.INTEGER:
        return Bounds(name, particle, (_integers(rest),))
    limit = _MAX_GEOJSON if particle == Particle.GEOJSON else _MAX_VALUE
    if particle not in (Particle.STRING, Particle.BLOB, Particle.GEOJSON):
        raise Refusal(ResultCode.INVALID_REQUEST, f"index range of particle type {particle}")
    value = _first(rest)
    if len(value) >= limit:
        raise Refusal(ResultCode.INVALID_REQUEST, "index value too long")
    if particle != Particle.GEOJSON:
        hashed = index_values.hashed(value)
        return Bounds(name, particle, ((hashed, hashed),))
    try:
        return Bounds(name, particle, geo.spans(value), value)
    except geo.BadGeoJSON as error:
        raise Refusal(ResultCode.INVALID_REQUEST, str(error)) from None


def _integers(data: bytes) -> tuple[int, int]:
    if len(data) < 2 * (_SIZE.size + _INTEGER.size):
        raise Refusal(ResultCode.INVALID_REQUEST, "integer range cut off")
    found = []
    for start in (0, _SIZE.size + _INTEGER.size):
        if _SIZE.unpack_from(data, start)[0] != _INTEGER.size:
            raise Refusal(ResultCode.INVALID_REQUEST, "integer bounds of another size than 8 bytes")
        found.append(_INTEGER.unpack_from(data, start + _SIZE.size)[0])
    low, high = found
    if low > high:
        raise Refusal(ResultCode.INVALID_REQUEST, "index range that ends before it begins")
    return low, high


def _first(data: bytes) -> bytes:
    """The value of a range that begins and ends with the same; servers read the first only."""
    if len(data) < _SIZE.size:
        raise Refusal(ResultCode.INVALID_REQUEST, "index range cut off")
    (size,) = _SIZE.unpack_from(data)
    if _SIZE.size + size > len(data):
        raise Refusal(ResultCode.INVALID_REQUEST, "index value cut off")
    return data[_SIZE.size : _SIZE.size + size]


def _check_context(context: bytes) -> None:
    try:
        problem = context_problem(context)
    except (ProtocolError, Refusal):
        problem = "no list"
    if problem is not None:
        raise Refusal(ResultCode.INVALID_REQUEST, f"the context of an index: {problem}")


def context_problem(context: bytes) -> str | None:
    """What is wrong with a packed path to the part of a bin that is indexed; None if nothing.

    Raises:
        ProtocolError: it is no list.
    """
    try:
        parts = read_call(context)
    except Refusal as error:
        raise ProtocolError(str(error)) from None
    if not parts or len(parts) % 2:
        return "invalid cdt context"
    for part in parts:
        if part.raw != part.packed:
            return "not normalized msgpack"
    for kind in parts[::2]:
        if kind.kind != _INTEGER_RANK or kind.integer() not in _CONTEXT_TYPES:
            return "invalid cdt context"
    return None


def can_be_indexed(expression: bytes) -> bool:
    """Whether an expression is about bins or the digest of a record, and neither about its key nor its other facts."""
    waiting = [items.parse(expression)]
    about = False
    while waiting:
        item = waiting.pop()
        if isinstance(item, list) and item:
            code = item[0]
            if code in _OF_FACTS:
                return False
            about = about or code in _OF_RECORD
            waiting += item[1:]
    return about
