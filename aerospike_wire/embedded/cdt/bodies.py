"""Lists and maps taken apart, and put together again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

import attrs

from aerospike_wire.embedded.cdt.order import CallReader, Item, sort
from aerospike_wire.proto import msgpack

if TYPE_CHECKING:
    from aerospike_wire.embedded.normal import Order

ORDERED: Final = 1
"""Flag of an ordered list and of a key-ordered map."""
MAP_ORDERS: Final = 3
"""Flags of a map's order."""
PRESERVE: Final = 8
"""Flag of a map in a reply whose entries are in the order of the result."""


def marker(flags: int) -> bytes:
    """The item that tells the order of a collection."""
    return b"\xc7\x00" + bytes((flags,))


def pack_list(items: list[bytes], flags: int = 0) -> bytes:
    """A list of packed elements."""
    parts = [marker(flags), *items] if flags else items
    return msgpack.array_head(len(parts)) + b"".join(parts)


def pack_map(entries: list[bytes], flags: int = 0) -> bytes:
    """A map of packed entries, each a key and its value."""
    parts = [marker(flags) + b"\xc0", *entries] if flags else entries
    return msgpack.map_head(len(parts)) + b"".join(parts)


@attrs.define
class ListBody:
    """A list."""

    items: list[Item] = attrs.Factory(list)
    flags: int = 0
    declined: bool = False
    """Whether a change was not made because its flags let it pass in silence."""

    @classmethod
    def read(cls, data: bytes) -> Self:
        """The list that stored bytes are."""
        reader = CallReader(data)
        count = reader.count()
        flags = reader.marker() if count else None
        if flags is not None:
            count -= 1
        return cls([reader.item(1) for _ in range(count)], flags or 0)

    def __len__(self) -> int:
        return len(self.items)

    @property
    def ordered(self) -> bool:
        """Whether its elements are kept sorted."""
        return bool(self.flags)

    def orders(self) -> list[Order]:
        """What its elements are compared by."""
        return [order for _, order in self.items]

    def sort(self) -> None:
        """Bring its elements into order."""
        self.items = sort(self.items)

    def pack(self) -> bytes:
        """Its bytes."""
        return pack_list([packed for packed, _ in self.items], self.flags)


@attrs.frozen
class Entry:
    """A key of a map and its value."""

    key: Item
    value: Item

    def pack(self) -> bytes:
        """Its bytes."""
        return self.key[0] + self.value[0]


@attrs.define
class MapBody:
    """A map; its entries are sorted by key, whatever its order."""

    entries: list[Entry] = attrs.Factory(list)
    flags: int = 0
    declined: bool = False
    """Whether a change was not made because its flags let it pass in silence."""

    @classmethod
    def read(cls, data: bytes) -> Self:
        """The map that stored bytes are."""
        reader = CallReader(data)
        count = reader.pairs()
        flags = reader.marker() if count else None
        if flags is not None:
            reader.item(1)
            count -= 1
        entries = [Entry(reader.item(1), reader.item(1)) for _ in range(count)]
        return cls(sorted(entries, key=lambda entry: entry.key[1]), flags or 0)

    def __len__(self) -> int:
        return len(self.entries)

    def orders(self) -> list[Order]:
        """What its values are compared by."""
        return [entry.value[1] for entry in self.entries]

    def keys(self) -> list[Order]:
        """What its keys are compared by."""
        return [entry.key[1] for entry in self.entries]

    def pack(self) -> bytes:
        """Its bytes."""
        return pack_map([entry.pack() for entry in self.entries], self.flags)


Body = ListBody | MapBody
