"""The normal form in which a node keeps lists and maps (protocol section 6.1).

Every item is packed again in its shortest form, entries of maps are sorted by key, and
what may not be stored is refused.
"""

from __future__ import annotations

import struct
from typing import Any, Final

from aerospike_wire.errors import ProtocolError
from aerospike_wire.proto import msgpack

MAX_DEPTH: Final = msgpack.MAX_DEPTH

ORDERED: Final = 0x01
"""Flag of an ordered list or a key-ordered map."""
_ORDERS: Final = 0x03
"""Order flags that are kept; those for replies and for indexes are not."""

Order = tuple[Any, ...]
"""What items are compared by; see the ranks below."""

_NIL: Final = (0,)
_FALSE: Final = (1,)
_TRUE: Final = (2,)
_INTEGER, _STRING, _LIST, _MAP, _BLOB, _FLOAT, _GEOJSON = range(3, 10)
_KEY_RANKS: Final = (_INTEGER, _STRING, _BLOB)

_F32: Final = struct.Struct(">f")
_F64: Final = struct.Struct(">d")
_U8: Final = struct.Struct(">B")
_U16: Final = struct.Struct(">H")
_U32: Final = struct.Struct(">I")
_INTEGERS: Final = {
    0xCC: _U8, 0xCD: _U16, 0xCE: _U32, 0xCF: struct.Struct(">Q"),
    0xD0: struct.Struct(">b"), 0xD1: struct.Struct(">h"), 0xD2: struct.Struct(">i"), 0xD3: struct.Struct(">q"),
}  # fmt: skip
_STRINGS: Final = {0xC4: _U8, 0xC5: _U16, 0xC6: _U32, 0xD9: _U8, 0xDA: _U16, 0xDB: _U32}
_LISTS: Final = {0xDC: _U16, 0xDD: _U32}
_MAPS: Final = {0xDE: _U16, 0xDF: _U32}
_EXTENSIONS: Final = {0xC7: _U8, 0xC8: _U16, 0xC9: _U32}
_FIXED_EXTENSIONS: Final = {0xD4: 1, 0xD5: 2, 0xD6: 4, 0xD7: 8, 0xD8: 16}


def normal_list(data: bytes) -> bytes:
    """The normal form of a list particle.

    Raises:
        ProtocolError: the bytes are no list that can be stored.
    """
    if not data or not (0x90 <= data[0] < 0xA0 or data[0] in _LISTS):
        msg = "a list particle does not hold a list"
        raise ProtocolError(msg)
    return _whole(data)


def normal_map(data: bytes) -> bytes:
    """The normal form of a map particle.

    Raises:
        ProtocolError: the bytes are no map that can be stored.
    """
    if not data or not (0x80 <= data[0] < 0x90 or data[0] in _MAPS):
        msg = "a map particle does not hold a map"
        raise ProtocolError(msg)
    return _whole(data)


def order_of(data: bytes) -> Order:
    """What an item is compared by: a tuple whose order is the server's order of values.

    Raises:
        ProtocolError: the bytes are no item.
    """
    return _Reader(data).item(0)[1]


def _whole(data: bytes) -> bytes:
    reader = _Reader(data)
    packed, _ = reader.item(0)
    if reader.offset != len(data):
        msg = f"{len(data) - reader.offset} bytes follow a value"
        raise ProtocolError(msg)
    return packed


class _Reader:
    """Reads items and gives back their normal form and their place in the order."""

    __slots__ = ("data", "offset")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.offset = 0

    def take(self, size: int) -> bytes:
        end = self.offset + size
        if end > len(self.data):
            msg = f"a value is cut off: {size} bytes are announced, {len(self.data) - self.offset} are there"
            raise ProtocolError(msg)
        part = self.data[self.offset : end]
        self.offset = end
        return part

    def number(self, form: struct.Struct) -> int:
        value: int = form.unpack(self.take(form.size))[0]
        return value

    def item(self, depth: int) -> tuple[bytes, Order]:
        tag = self.take(1)[0]
        if tag < 0x80:
            return bytes((tag,)), (_INTEGER, tag)
        if tag >= 0xE0:
            return bytes((tag,)), (_INTEGER, tag - 0x100)
        if tag < 0x90:
            return self.map(tag & 0x0F, depth)
        if tag < 0xA0:
            return self.list(tag & 0x0F, depth)
        if tag < 0xC0:
            return _string(self.take(tag & 0x1F))
        if tag in _INTEGERS:
            value = self.number(_INTEGERS[tag])
            return msgpack.pack_int(value), (_INTEGER, value)
        if tag in _STRINGS:
            return _string(self.take(self.number(_STRINGS[tag])))
        if tag in _LISTS:
            return self.list(self.number(_LISTS[tag]), depth)
        if tag in _MAPS:
            return self.map(self.number(_MAPS[tag]), depth)
        if tag in _SIMPLE:
            return bytes((tag,)), _SIMPLE[tag]
        if tag in _FLOATS:
            raw = self.take(_FLOATS[tag].size)
            return bytes((tag,)) + raw, (_FLOAT, _FLOATS[tag].unpack(raw)[0])
        msg = f"an item with tag {tag:#04x} cannot be stored"
        raise ProtocolError(msg)

    def marker(self) -> int | None:
        """The flags of an order marker if one comes next, and past it then."""
        if self.offset >= len(self.data):
            return None
        tag = self.data[self.offset]
        if tag not in _EXTENSIONS and tag not in _FIXED_EXTENSIONS:
            return None
        self.offset += 1
        size = self.number(_EXTENSIONS[tag]) if tag in _EXTENSIONS else _FIXED_EXTENSIONS[tag]
        flags = self.take(1)[0]
        self.take(size)
        if flags == 0xFF:
            msg = "a wildcard or infinity cannot be stored"
            raise ProtocolError(msg)
        return flags & _ORDERS

    def enter(self, count: int, depth: int) -> None:
        if depth >= MAX_DEPTH:
            msg = f"lists and maps are nested deeper than {MAX_DEPTH} levels"
            raise ProtocolError(msg)
        if count > len(self.data) - self.offset:
            msg = f"a list or map claims {count} items, {len(self.data) - self.offset} bytes are left"
            raise ProtocolError(msg)

    def list(self, count: int, depth: int) -> tuple[bytes, Order]:
        self.enter(count, depth)
        flags = self.marker() if count else None
        if flags is not None:
            count -= 1
            if flags & ~ORDERED:
                msg = f"a list cannot have the order flags {flags:#04x}"
                raise ProtocolError(msg)
        items = [self.item(depth + 1) for _ in range(count)]
        orders = tuple(order for _, order in items)
        if flags and any(orders[place] > orders[place + 1] for place in range(count - 1)):
            msg = "an ordered list is not sorted"
            raise ProtocolError(msg)
        parts = [packed for packed, _ in items]
        if flags:
            parts.insert(0, b"\xc7\x00" + bytes((flags,)))
        return msgpack.array_head(len(parts)) + b"".join(parts), (_LIST, orders)

    def map(self, count: int, depth: int) -> tuple[bytes, Order]:
        self.enter(count, depth)
        flags = self.marker() if count else None
        if flags is not None:
            count -= 1
            self.item(depth + 1)
        pairs = [self.pair(depth + 1) for _ in range(count)]
        names = [pair[0] for pair in pairs]
        ordered = sorted(names)
        if flags is not None and flags & ORDERED and names != ordered:
            msg = "an ordered map is not sorted"
            raise ProtocolError(msg)
        if any(ordered[place] == ordered[place + 1] for place in range(count - 1)):
            msg = "a map has a key twice"
            raise ProtocolError(msg)
        pairs.sort(key=lambda pair: pair[0])
        parts = [b"\xc7\x00" + bytes((flags,)) + b"\xc0"] if flags else []
        parts += [pair[2] for pair in pairs]
        order = (_MAP, count, tuple((pair[0], pair[1]) for pair in pairs))
        return msgpack.map_head(len(parts)) + b"".join(parts), order

    def pair(self, depth: int) -> tuple[Order, Order, bytes]:
        packed_key, key = self.item(depth)
        if key[0] not in _KEY_RANKS:
            msg = "a map key must be an integer, a string or a blob"
            raise ProtocolError(msg)
        packed, value = self.item(depth)
        return key, value, packed_key + packed


_SIMPLE: Final[dict[int, Order]] = {0xC0: _NIL, 0xC2: _FALSE, 0xC3: _TRUE}
_FLOATS: Final = {0xCA: _F32, 0xCB: _F64}
_STRING_KINDS: Final = {3: _STRING, 23: _GEOJSON}


def _string(content: bytes) -> tuple[bytes, Order]:
    packed = msgpack.pack_raw_string(content)
    if not content:
        return packed, (_BLOB, b"")
    return packed, (_STRING_KINDS.get(content[0], _BLOB), content)
