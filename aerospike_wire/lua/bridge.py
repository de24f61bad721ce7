"""Values on their way into Lua and out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from aerospike_wire.lua.errors import ArgumentUnusableError, ValueUnusableError
from aerospike_wire.proto import msgpack
from aerospike_wire.proto.values import Particle
from aerospike_wire.types import GeoJSON, HyperLogLog, KeyOrderedDict, RawParticle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aerospike_wire.lua.state import State

_PLAIN: Final = (bool, int, float)
_BLOBS: Final = frozenset(
    {
        Particle.JAVA_BLOB, Particle.CSHARP_BLOB, Particle.PYTHON_BLOB, Particle.RUBY_BLOB, Particle.PHP_BLOB,
        Particle.ERLANG_BLOB, Particle.VECTOR, Particle.HLL,
    }
)  # fmt: skip
"""Types that bytes of Lua can be given; bytes of any other type are plain blobs."""


MAX_SIZE: Final = 1_000_000
"""How much may leave Lua in one call: an item counts 1, and one more for each 16 bytes. What is in several
places of a value leaves as often: a small list of lists can be of any size outside."""
TENTATIVE_SIZE: Final = 50_000
"""The same while others wait."""
_BYTES: Final = 16


class TooLargeError(Exception):
    """More than that was to leave Lua."""


class Bridge:
    """Turns values of Python into those of one Lua state and back."""

    def __init__(self, state: State) -> None:
        self._table = state.runtime.table
        self._make_list = state.host[b"make_list"]
        self._make_map = state.host[b"make_map"]
        self._make_bytes = state.host[b"make_bytes"]
        self._make_geojson = state.host[b"make_geojson"]
        self._inspect = state.host[b"inspect"]
        self.left = MAX_SIZE
        """How much more may leave; below zero once it was too much."""

    def into_lua(self, value: Any, depth: int = 0) -> Any:
        """The counterpart of a value in Lua.

        Raises:
            ArgumentUnusableError: it has none.
        """
        if value is None or isinstance(value, bool | float):
            return value
        if isinstance(value, int):
            return int(value)
        if isinstance(value, GeoJSON):
            return self._make_geojson(value.encode(errors="surrogateescape"))
        if isinstance(value, str):
            return value.encode(errors="surrogateescape").partition(b"\0")[0]
        if isinstance(value, HyperLogLog):
            return self._make_bytes(bytes(value), Particle.HLL.value)
        if isinstance(value, bytes | bytearray):
            return self._make_bytes(bytes(value), Particle.BLOB.value)
        if isinstance(value, RawParticle):
            if value.type == Particle.STRING:
                return value.data.partition(b"\0")[0]
            return self._make_bytes(value.data, value.type)
        if depth > msgpack.MAX_DEPTH:
            msg = "a value is nested too deep"
            raise ArgumentUnusableError(msg)
        if isinstance(value, list):
            return self._make_list(self.items(value, depth + 1), len(value))
        if isinstance(value, dict):
            return self._map_into_lua(value, depth)
        msg = f"a {type(value).__name__} has no counterpart in Lua"
        raise ArgumentUnusableError(msg)

    def items(self, values: Sequence[Any], depth: int = 0) -> Any:
        """A plain Lua table of the counterparts of values, from 1."""
        table = self._table()
        for place, item in enumerate(values, 1):
            table[place] = self.into_lua(item, depth)
        return table

    def _map_into_lua(self, value: dict[Any, Any], depth: int) -> Any:
        for key in value:
            if isinstance(key, bool) or not isinstance(key, int | str | bytes):
                msg = f"a map key of type {type(key).__name__} has no counterpart in Lua"
                raise ArgumentUnusableError(msg)
        keys, values = self.items(tuple(value), depth + 1), self.items(tuple(value.values()), depth + 1)
        return self._make_map(keys, values, len(value), isinstance(value, KeyOrderedDict))

    def from_lua(self, value: Any, depth: int = 0) -> Any:
        """The counterpart of a value from Lua; None for what has none.

        Raises:
            ValueUnusableError: it is nested too deep, or a map in it has an unusable key.
            TooLargeError: it is too large.
        """
        if value is None or isinstance(value, _PLAIN):
            return value
        if isinstance(value, bytes):
            self._take(len(value) // _BYTES)
            return _text(value.partition(b"\0")[0])
        if depth > msgpack.MAX_DEPTH:
            msg = "a value is nested too deep"
            raise ValueUnusableError(msg)
        seen = self._inspect(value)
        kind, *parts = seen if isinstance(seen, tuple) else (seen,)
        if kind == b"list":
            items, count = parts
            self._take(count)
            return [self.from_lua(items[place], depth + 1) for place in range(1, count + 1)]
        if kind == b"map":
            return self._map_from_lua(parts, depth)
        if kind == b"bytes":
            data, particle = parts
            self._take(len(data) // _BYTES)
            return RawParticle(particle, data) if particle in _BLOBS else data
        if kind == b"geojson":
            return GeoJSON(parts[0].decode(errors="surrogateescape"))
        return None

    def _map_from_lua(self, parts: Sequence[Any], depth: int) -> dict[Any, Any]:
        is_ordered, keys, values, count = parts
        self._take(2 * count)
        result: dict[Any, Any] = KeyOrderedDict() if is_ordered else {}
        for place in range(1, count + 1):
            key = self.from_lua(keys[place], depth + 1)
            if not isinstance(key, int | str | bytes):
                msg = f"a {type(key).__name__} cannot be a map key"
                raise ValueUnusableError(msg)
            result[key] = self.from_lua(values[place], depth + 1)
        return result

    def _take(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise TooLargeError

    def packed_size(self, value: Any) -> int | None:
        """Bytes that a list or map of Lua takes as MessagePack; None for what is too large or too deep."""
        try:
            return len(msgpack.pack(self.from_lua(value)))
        except (TooLargeError, ValueUnusableError):
            return None


def _text(data: bytes) -> str | RawParticle:
    # Strings that are not UTF-8 are kept as they are; Python text could not carry them.
    try:
        return data.decode()
    except UnicodeDecodeError:
        return RawParticle(Particle.STRING, data)
