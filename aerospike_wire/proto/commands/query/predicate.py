"""Conditions that a secondary index answers (protocol section 5.6)."""

from __future__ import annotations

import struct
from typing import Any, Final

import attrs

from aerospike_wire.proto import values
from aerospike_wire.proto.commands.base import u32
from aerospike_wire.proto.invalid import InvalidArgument, utf8
from aerospike_wire.proto.values import Particle
from aerospike_wire.serializer import Serialized
from aerospike_wire.types import GeoJSON

MAX_KEY: Final = 2047
"""Bytes of a text or blob that an index can be asked for."""
MAX_GEOJSON: Final = 1024 * 1024 - 1
"""Bytes of a region or point."""
INDEX_TYPES: Final = {0: "default", 1: "list", 2: "map keys", 3: "map values"}
"""What of a bin is indexed: the value itself, or what a list or map holds."""

_I64: Final = struct.Struct(">q")


@attrs.frozen
class Predicate:
    """A value, a range of integers, or a place. Made by :mod:`aerospike_wire.predicates`."""

    bin: str | None
    """The bin; None where an index's name or an expression says what is compared."""
    begin: int | str | bytes = attrs.field(repr=False)
    end: int | str | bytes = attrs.field(repr=False)
    index_type: int = 0
    """0 for the bin's value, 1 for elements of a list, 2 and 3 for keys and values of a map."""

    def pack(self, *, named: bool = True) -> bytes:
        """The INDEX_RANGE field's data.

        Args:
            named: False to leave the bin out, where the index is found by something else.
        """
        name = self.bin.encode() if named and self.bin is not None else b""
        kind, begin = _particle(self.begin)
        _, end = _particle(self.end)
        return b"".join(
            (bytes((1, len(name))), name, bytes((kind,)), u32.pack(len(begin)), begin, u32.pack(len(end)), end)
        )


def _particle(value: Any) -> tuple[int, bytes]:
    # Unlike the value of a bin, GeoJSON goes without the header in front of it.
    if isinstance(value, GeoJSON):
        return Particle.GEOJSON, value.encode()
    return values.encode(value)


def check_predicate(bin_name: Any, begin: Any, end: Any, index_type: Any = 0) -> Predicate:
    """A predicate, checked.

    Raises:
        InvalidArgument: the bin, a value or the index type is not acceptable.
    """
    if bin_name is not None:
        values.bin_name(bin_name)
    if isinstance(begin, Serialized):
        begin = begin.data("val")
    if isinstance(end, Serialized):
        end = end.data("max")
    for argument, value in (("val", begin), ("max", end)):
        if isinstance(value, bool) or not isinstance(value, int | str | bytes | bytearray):
            raise InvalidArgument(argument, f"must be an int, str or bytes, not {type(value).__name__}")
        kind, data = values.encode(value, argument)
        limit = MAX_GEOJSON if kind == Particle.GEOJSON else MAX_KEY
        if len(data) > limit:
            raise InvalidArgument(argument, f"must have at most {limit} bytes, it has {len(data)}")
    if isinstance(begin, int) and begin > end:
        raise InvalidArgument("min", "must not be above max")
    if isinstance(index_type, bool) or index_type not in INDEX_TYPES:
        kinds = ", ".join(f"{number} ({name})" for number, name in INDEX_TYPES.items())
        raise InvalidArgument("index_type", f"must be one of {kinds}, not {index_type!r}")
    if isinstance(begin, bytearray):
        begin = end = bytes(begin)
    return Predicate(bin_name, begin, end, int(index_type))


def check_geojson(argument: str, text: Any) -> GeoJSON:
    """A region or point as text.

    Raises:
        InvalidArgument: it is not a str, or cannot travel.
    """
    if not isinstance(text, str):
        raise InvalidArgument(argument, f"must be GeoJSON text, not {type(text).__name__}")
    utf8(argument, text)
    return GeoJSON(text)
