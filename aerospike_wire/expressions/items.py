"""MessagePack as a tree that loses nothing an expression says.

:mod:`aerospike_wire.proto.msgpack` reads values; it cannot tell a bin name, which has no type
byte, from a string, and drops order markers. Here both survive.
"""

from __future__ import annotations

import math
import struct
from typing import Any, Final

import attrs

from aerospike_wire.errors import ProtocolError
from aerospike_wire.proto import msgpack

STRING, BLOB, HLL, GEOJSON = 3, 4, 18, 23
"""Type bytes of texts."""


@attrs.frozen
class Text:
    """A string item: its content with the type byte, if it has one."""

    content: bytes


@attrs.frozen
class Map:
    """A map item: its pairs in their order, a marker included."""

    pairs: list[tuple[Any, Any]]

    @property
    def order(self) -> int:
        """The flags of the order marker, 0 without one."""
        if self.pairs and isinstance(self.pairs[0][0], Extension):
            return self.pairs[0][0].kind
        return 0

    @property
    def entries(self) -> list[tuple[Any, Any]]:
        """The pairs without the marker."""
        return self.pairs[1:] if self.pairs and isinstance(self.pairs[0][0], Extension) else self.pairs


@attrs.frozen
class Extension:
    """An order marker, a wildcard or infinity."""

    kind: int
    data: bytes


_F32: Final = struct.Struct(">f")
_F64: Final = struct.Struct(">d")
_STRINGS: Final = {0xD9: 1, 0xDA: 2, 0xDB: 4, 0xC4: 1, 0xC5: 2, 0xC6: 4}
_ARRAYS: Final = {0xDC: 2, 0xDD: 4}
_MAPS: Final = {0xDE: 2, 0xDF: 4}
_UNSIGNED: Final = {0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8}
_SIGNED: Final = {0xD0: 1, 0xD1: 2, 0xD2: 4, 0xD3: 8}
_FIXED_EXTENSIONS: Final = {0xD4: 1, 0xD5: 2, 0xD6: 4, 0xD7: 8, 0xD8: 16}
_EXTENSIONS: Final = {0xC7: 1, 0xC8: 2, 0xC9: 4}
_PLAIN: Final = {0xC0: None, 0xC2: False, 0xC3: True}


def parse(data: bytes) -> Any:
    """The one item that ``data`` is: None, bool, int, float, Text, list, Map or Extension.

    Raises:
        ProtocolError: the item is cut off, nested too deep or followed by other bytes.
    """
    reader = _Reader(bytes(data))
    found = reader.item(0)
    if reader.offset != len(data):
        msg = f"{len(data) - reader.offset} bytes follow the item"
        raise ProtocolError(msg)
    return found


@attrs.define
class _Reader:
    data: bytes
    offset: int = 0

    def take(self, size: int) -> bytes:
        start, self.offset = self.offset, self.offset + size
        if self.offset > len(self.data):
            msg = "the item is cut off"
            raise ProtocolError(msg)
        return self.data[start : self.offset]

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def item(self, depth: int) -> Any:
        tag = self.take(1)[0]
        if tag < 0x80:
            return tag
        if tag >= 0xE0:
            return tag - 0x100
        if tag < 0x90:
            return self.map(tag & 0x0F, depth)
        if tag < 0xA0:
            return self.list(tag & 0x0F, depth)
        if tag < 0xC0:
            return Text(self.take(tag & 0x1F))
        if tag in _PLAIN:
            return _PLAIN[tag]
        return self.sized(tag, depth)

    def sized(self, tag: int, depth: int) -> Any:
        if tag in _STRINGS:
            return Text(self.take(self.number(_STRINGS[tag])))
        if tag in _UNSIGNED:
            return self.number(_UNSIGNED[tag])
        if tag in _SIGNED:
            return int.from_bytes(self.take(_SIGNED[tag]), "big", signed=True)
        if tag == 0xCB:
            return _F64.unpack(self.take(8))[0]
        if tag == 0xCA:
            return _F32.unpack(self.take(4))[0]
        if tag in _ARRAYS:
            return self.list(self.number(_ARRAYS[tag]), depth)
        if tag in _MAPS:
            return self.map(self.number(_MAPS[tag]), depth)
        if tag in _FIXED_EXTENSIONS:
            return Extension(self.number(1), self.take(_FIXED_EXTENSIONS[tag]))
        if tag in _EXTENSIONS:
            size = self.number(_EXTENSIONS[tag])
            return Extension(self.number(1), self.take(size))
        msg = f"MessagePack has no item with tag {tag:#04x}"
        raise ProtocolError(msg)

    def enter(self, size: int, depth: int) -> None:
        if depth >= msgpack.MAX_DEPTH:
            msg = f"lists and maps are nested deeper than {msgpack.MAX_DEPTH} levels"
            raise ProtocolError(msg)
        if size > len(self.data) - self.offset:
            msg = f"a list or map claims {size} items, {len(self.data) - self.offset} bytes are left"
            raise ProtocolError(msg)

    def list(self, size: int, depth: int) -> list[Any]:
        self.enter(size, depth)
        return [self.item(depth + 1) for _ in range(size)]

    def map(self, size: int, depth: int) -> Map:
        self.enter(size, depth)
        return Map([(self.item(depth + 1), self.item(depth + 1)) for _ in range(size)])


def pack(item: Any) -> bytes:
    """The bytes of an item, in their shortest form."""
    out: list[bytes] = []
    _pack(item, out)
    return b"".join(out)


def _pack(item: Any, out: list[bytes]) -> None:
    if item is None or isinstance(item, bool):
        out.append(b"\xc0" if item is None else b"\xc3" if item else b"\xc2")
    elif isinstance(item, int):
        out.append(msgpack.pack_int(item))
    elif isinstance(item, float):
        out.append(b"\xcb" + _F64.pack(item))
    elif isinstance(item, Text):
        out.append(msgpack.pack_raw_string(item.content))
    elif isinstance(item, Extension):
        size = len(item.data)
        head = bytes((0xD4, item.kind)) if size == 1 else bytes((0xC7, size, item.kind))
        out.append(head + item.data)
    elif isinstance(item, Map):
        out.append(msgpack.map_head(len(item.pairs)))
        for key, value in item.pairs:
            _pack(key, out)
            _pack(value, out)
    else:
        out.append(msgpack.array_head(len(item)))
        for part in item:
            _pack(part, out)


def elements(items: list[Any]) -> list[Any]:
    """The elements of a list without its order marker."""
    return items[1:] if items and isinstance(items[0], Extension) and not items[0].data else items


_TEXT_RANKS: Final = {STRING: 3, BLOB: 6, GEOJSON: 8, HLL: 9}
_INFINITY, _WILDCARD = 10, 11


def order(item: Any) -> tuple[Any, ...]:
    """A key that puts items into the server's order (protocol section 6.1.5).

    Nil, booleans, integers, strings, lists, maps, blobs, floats, GeoJSON, then infinity.
    """
    if item is None:
        return (0,)
    if isinstance(item, bool):
        return 1, item
    if isinstance(item, int):
        return 2, item
    if isinstance(item, float):
        # In collections one "not a number" equals another.
        return (7, 0, 0.0) if math.isnan(item) else (7, 1, item)
    if isinstance(item, Text):
        kind = item.content[0] if item.content else BLOB
        return _TEXT_RANKS.get(kind, 6), item.content[1:]
    if isinstance(item, list):
        return 4, tuple(order(part) for part in elements(item))
    if isinstance(item, Map):
        pairs = sorted((order(key), order(value)) for key, value in item.entries)
        return 5, len(pairs), tuple(pairs)
    return (_WILDCARD if item.data == b"\x00" else _INFINITY,)


class Incomparable(Exception):
    """A map that is not ordered by key has no place among others."""


def compare(left: Any, right: Any) -> int:
    """Below zero, zero or above zero as one item stands before, with or behind another.

    What is no number equals every float. A wildcard equals whatever stands in its place, and all that follows.

    Raises:
        Incomparable: the comparison comes to a map that is not ordered by key, unless it is empty and plain.
    """
    if any(isinstance(item, Map) and _without_place(item) for item in (left, right)):
        raise Incomparable
    if isinstance(left, list) and isinstance(right, list):
        return _compare_rows(elements(left), elements(right))
    if isinstance(left, Map) and isinstance(right, Map) and len(left.entries) == len(right.entries):
        flat = ([part for pair in item.entries for part in pair] for item in (left, right))
        return _compare_rows(*flat)
    if isinstance(left, float) and isinstance(right, float):
        return (left > right) - (left < right)
    one, other = _rank(left), _rank(right)
    return (one > other) - (one < other)


def equal(left: Any, right: Any) -> bool:
    """Whether two items are the same to a search, which does not mind how maps are ordered.

    What is no number equals every float. A wildcard equals whatever stands in its place, and
    all that follows.
    """
    if isinstance(left, float) and isinstance(right, float):
        return not (left < right or left > right)
    if isinstance(left, list) and isinstance(right, list):
        return _equal_rows(elements(left), elements(right))
    if isinstance(left, Map) and isinstance(right, Map):
        rows = (sorted(item.entries, key=lambda entry: order(entry[0])) for item in (left, right))
        flat = ([part for pair in row for part in pair] for row in rows)
        return len(left.entries) == len(right.entries) and _equal_rows(*flat)
    return order(left) == order(right)


def _equal_rows(left: list[Any], right: list[Any]) -> bool:
    for one, other in zip(left, right, strict=False):
        if _WILDCARD in (_rank(one)[0], _rank(other)[0]):
            return True
        if not equal(one, other):
            return False
    return len(left) == len(right)


def _without_place(item: Map) -> bool:
    return not item.order & 1 and bool(item.entries or item.order)


def _rank(item: Any) -> tuple[Any, ...]:
    """The order of an item without looking into it; for maps their number of entries counts."""
    if isinstance(item, Map):
        return order(Map([]))[0], len(item.entries)
    return order([])[:1] if isinstance(item, list) else order(item)


def _compare_rows(left: list[Any], right: list[Any]) -> int:
    for one, other in zip(left, right, strict=False):
        if _WILDCARD in (_rank(one)[0], _rank(other)[0]):
            return 0
        found = compare(one, other)
        if found:
            return found
    return (len(left) > len(right)) - (len(left) < len(right))
