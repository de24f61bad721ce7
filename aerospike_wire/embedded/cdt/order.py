"""Items of calls and of collections, and the order they are compared by."""

from __future__ import annotations

import functools
import struct
from typing import TYPE_CHECKING, Final

import attrs

from aerospike_wire.embedded import normal
from aerospike_wire.embedded.refusal import Refusal
from aerospike_wire.errors import ProtocolError
from aerospike_wire.errors.codes import ResultCode
from aerospike_wire.proto import msgpack
from aerospike_wire.proto.values import Particle

if TYPE_CHECKING:
    from aerospike_wire.embedded.normal import Order
    from aerospike_wire.embedded.store import Particle as Value

NIL, FALSE, TRUE, INTEGER, STRING, LIST, MAP, BLOB, FLOAT, GEOJSON, INFINITY, WILDCARD = range(12)
"""Ranks of types, low to high; an order starts with its type's."""

NIL_ITEM: Final = b"\xc0"
_WORD: Final = 1 << 64
_F32: Final = struct.Struct(">f")
_F64: Final = struct.Struct(">d")
_I64: Final = struct.Struct(">q")
_GEOJSON_HEAD: Final = bytes(3)
"""No flags, no cells: what a server answers for GeoJSON inside a collection."""


@functools.total_ordering
class OpenOrder:
    """The order of an item that holds a wildcard, which is equal to whatever stands in its place."""

    __slots__ = ("order",)

    def __init__(self, order: Order) -> None:
        self.order = order

    def __eq__(self, other: object) -> bool:
        return isinstance(other, tuple) and compare(self.order, other) == 0

    def __lt__(self, other: Order) -> bool:
        return compare(self.order, other) < 0

    __hash__ = None  # type: ignore[assignment]  # equal to many that are not equal to each other


def compare(left: Order, right: Order) -> int:
    """Below zero, zero or above zero as an item sorts before, with or behind another; both may hold wildcards."""
    rank = left[0]
    if WILDCARD in (rank, right[0]):
        return 0
    if rank != right[0]:
        return -1 if rank < right[0] else 1
    if rank == LIST:
        return _compare_lists(left[1], right[1])
    if rank == MAP:
        if left[1] != right[1]:
            return -1 if left[1] < right[1] else 1
        flat = (tuple(part for pair in order[2] for part in pair) for order in (left, right))
        return _compare_lists(*flat)
    return 0 if left == right else -1 if left < right else 1


def _compare_lists(left: Order, right: Order) -> int:
    for first, second in zip(left, right, strict=False):
        if WILDCARD in (first[0], second[0]):
            return 0
        found = compare(first, second)
        if found:
            return found
    return (len(left) > len(right)) - (len(left) < len(right))


def _is_open(order: Order) -> bool:
    rank = order[0]
    if rank == WILDCARD:
        return True
    if rank == LIST:
        return any(map(_is_open, order[1]))
    return rank == MAP and any(_is_open(value) for _, value in order[2])


def sort(items: list[Item]) -> list[Item]:
    """Items in their order; what is equal keeps its place.

    NaN is equal to every float, which makes the result depend on how the sorting goes: by
    halves, merged from the left, as on a server.
    """
    if not any(_has_nan(order) for _, order in items):
        return sorted(items, key=lambda item: item[1])
    return _merge_sort(items)


def _has_nan(order: Order) -> bool:
    rank = order[0]
    if rank == FLOAT:
        return bool(order[1] != order[1])  # only NaN differs from itself
    if rank == LIST:
        return any(map(_has_nan, order[1]))
    return rank == MAP and any(_has_nan(value) for _, value in order[2])


def _merge_sort(items: list[Item]) -> list[Item]:
    if len(items) < 2:
        return items
    half = len(items) // 2
    left, right = _merge_sort(items[:half]), _merge_sort(items[half:])
    merged: list[Item] = []
    first = second = 0
    while first < len(left) and second < len(right):
        if _nan_less(right[second][1], left[first][1]):
            merged.append(right[second])
            second += 1
        else:
            merged.append(left[first])
            first += 1
    return merged + left[first:] + right[second:]


def _nan_less(left: Order, right: Order) -> bool:
    return left < right


Item = tuple[bytes, "Order"]
"""An element: its bytes in normal form, and its place in the order."""


class CallReader(normal._Reader):
    """Reads items of calls, where wildcard and infinity may stand for values."""

    __slots__ = ()

    def item(self, depth: int) -> Item:
        data, offset = self.data, self.offset
        if offset < len(data) and data[offset] in _EXTENSION_TAGS:
            found = _SPECIAL.get(data[offset + 1 : offset + 3]) if data[offset] == 0xD4 else None
            if found is None:
                msg = "an extension item that stands for nothing"
                raise ProtocolError(msg)
            self.offset += 3
            return data[offset : offset + 3], found
        return super().item(depth)

    def marker(self) -> int | None:
        if self.data[self.offset : self.offset + 2] == b"\xd4\xff":
            return None
        return super().marker()

    def count(self) -> int:
        """The number of items of a list that starts here, and past its head then.

        Raises:
            ProtocolError: no list starts here.
        """
        tag = self.take(1)[0]
        if 0x90 <= tag < 0xA0:
            return tag & 0x0F
        form = normal._LISTS.get(tag)
        if form is None:
            msg = "not a list"
            raise ProtocolError(msg)
        return self.number(form)

    def pairs(self) -> int:
        """The number of pairs of a map that starts here, and past its head then.

        Raises:
            ProtocolError: no map starts here.
        """
        tag = self.take(1)[0]
        if 0x80 <= tag < 0x90:
            return tag & 0x0F
        form = normal._MAPS.get(tag)
        if form is None:
            msg = "not a map"
            raise ProtocolError(msg)
        return self.number(form)


_EXTENSION_TAGS: Final = frozenset({*normal._EXTENSIONS, *normal._FIXED_EXTENSIONS})
_SPECIAL: Final[dict[bytes, Order]] = {b"\xff\x00": (WILDCARD,), b"\xff\x01": (INFINITY,)}


@attrs.frozen
class Argument:
    """One item of a call."""

    raw: bytes
    """As it was sent."""
    packed: bytes
    """In normal form."""
    order: Order

    @property
    def kind(self) -> int:
        """Rank of its type."""
        rank: int = self.order[0]
        return rank

    @property
    def probe(self) -> Order | OpenOrder:
        """What elements are compared with."""
        return probe(self.order)

    def integer(self) -> int:
        """Its value.

        Raises:
            Refusal: 4, it is no integer.
        """
        if self.kind != INTEGER:
            raise malformed("an argument is not an integer")
        value: int = self.order[1]
        return value if value < _WORD >> 1 else value - _WORD

    def elements(self) -> list[Item]:
        """Its elements.

        Raises:
            Refusal: 4, it is no list.
        """
        if self.kind != LIST:
            raise malformed("an argument is not a list")
        reader = CallReader(self.packed)
        count = reader.count()
        if count and reader.marker() is not None:
            count -= 1
        return [reader.item(1) for _ in range(count)]

    def storable(self) -> Item:
        """It as an element.

        Raises:
            Refusal: 4, it holds a wildcard or infinity.
        """
        if _is_special(self.order):
            raise malformed("a wildcard or infinity cannot be stored")
        return self.packed, self.order


def probe(order: Order) -> Order | OpenOrder:
    """What elements are compared with to find those that are equal to an item."""
    return OpenOrder(order) if _is_open(order) else order


def _is_special(order: Order) -> bool:
    rank = order[0]
    if rank in (WILDCARD, INFINITY):
        return True
    if rank == LIST:
        return any(map(_is_special, order[1]))
    return rank == MAP and any(_is_special(value) for _, value in order[2])


def malformed(reason: str) -> Refusal:
    """A refusal of what is no call, with code 4."""
    return Refusal(ResultCode.INVALID_REQUEST, reason)


def read_call(data: bytes) -> list[Argument]:
    """The items of a list.

    As on a server, items that are announced but not there are missing arguments, and bytes
    behind the announced items are not looked at.

    Raises:
        Refusal: 4, the bytes are no list.
    """
    try:
        reader = CallReader(data)
        count = reader.count()
        found: list[Argument] = []
        while len(found) < count and reader.offset < len(data):
            start = reader.offset
            packed, order = reader.item(1)
            found.append(Argument(data[start : reader.offset], packed, order))
    except ProtocolError as error:
        raise malformed(str(error)) from None
    return found


def integer_item(value: int) -> Item:
    """An integer, brought into 64 bits."""
    value = (value + (_WORD >> 1)) % _WORD - (_WORD >> 1)
    return msgpack.pack_int(value), (INTEGER, value)


def float_item(value: float) -> Item:
    """A double."""
    return b"\xcb" + _F64.pack(value), (FLOAT, value)


def particle(packed: bytes) -> Value | None:
    """An item as a value of an operation; None for nil."""
    tag = packed[0]
    if tag < 0x80 or tag >= 0xE0 or 0xCC <= tag <= 0xD3:
        order = normal.order_of(packed)
        return Particle.INTEGER.value, (order[1] % _WORD).to_bytes(8, "big")
    if tag == 0xC0:
        return None
    if tag in (0xC2, 0xC3):
        return Particle.BOOL.value, bytes((tag & 1,))
    if tag == 0xCB:
        return Particle.FLOAT.value, packed[1:]
    if tag == 0xCA:
        return Particle.FLOAT.value, _F64.pack(*_F32.unpack_from(packed, 1))
    if tag < 0x90 or tag in normal._MAPS:
        return Particle.MAP.value, packed
    if tag < 0xA0 or tag in normal._LISTS:
        return Particle.LIST.value, packed
    content = packed[1:] if tag < 0xC0 else packed[1 + normal._STRINGS[tag].size :]
    if not content:
        return Particle.BLOB.value, b""
    kind, body = content[0], content[1:]
    return kind, (_GEOJSON_HEAD + body if kind == Particle.GEOJSON else body)


def integer_particle(value: int) -> Value:
    """An integer as a value of an operation."""
    return Particle.INTEGER.value, _I64.pack(value)


def bool_particle(*, value: bool) -> Value:
    """True or false as a value of an operation."""
    return Particle.BOOL.value, bytes((value,))
