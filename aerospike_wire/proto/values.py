"""Bin values as particles: a type byte and bytes (protocol section 2.6)."""

from __future__ import annotations

import enum
import functools
import operator
import struct
from typing import TYPE_CHECKING, Any, Final

from aerospike_wire.errors import ProtocolError
from aerospike_wire.errors.codes import ResultCode
from aerospike_wire.proto import msgpack
from aerospike_wire.proto.invalid import InvalidArgument
from aerospike_wire.proto.msgpack import COMPARED, Purpose
from aerospike_wire.serializer import Serialized
from aerospike_wire.types import CDTInfinite, CDTWildcard, GeoJSON, HyperLogLog, RawParticle

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_BIN_NAME: Final = 15
"""Bytes of a bin name."""

_I64: Final = struct.Struct(">q")
_F64: Final = struct.Struct(">d")
_GEO_HEAD: Final = struct.Struct(">BH")


class Particle(enum.IntEnum):
    """Types of bin values on the wire."""

    NULL = 0
    INTEGER = 1
    FLOAT = 2
    STRING = 3
    BLOB = 4
    JAVA_BLOB = 7
    CSHARP_BLOB = 8
    PYTHON_BLOB = 9
    RUBY_BLOB = 10
    PHP_BLOB = 11
    ERLANG_BLOB = 12
    VECTOR = 16
    BOOL = 17
    HLL = 18
    MAP = 19
    LIST = 20
    GEOJSON = 23


def encode(value: Any, argument: str = "value", purpose: Purpose = COMPARED) -> tuple[int, bytes]:
    """Particle type and bytes of a value.

    Args:
        value: None (deletes the bin), bool, int, float, str, bytes, bytearray, list,
            dict, GeoJSON, HyperLogLog, RawParticle or Serialized.
        argument: what to call the value in an error.
        purpose: what it is encoded for.

    Raises:
        InvalidArgument: the value has no type on the server, or is out of its range.
    """
    kind = type(value)
    if kind is int:
        return _integer(value, argument)
    if kind is str:
        return Particle.STRING, _text(value, argument)
    if kind is bytes:
        return Particle.BLOB, value
    if kind is float:
        return Particle.FLOAT, _F64.pack(value)
    if value is None:
        return Particle.NULL, b""
    if kind is bool:
        return Particle.BOOL, b"\x01" if value else b"\x00"
    if isinstance(value, list):
        return Particle.LIST, msgpack.pack(value, argument, purpose)
    if isinstance(value, dict):
        return Particle.MAP, msgpack.pack(value, argument, purpose)
    if isinstance(value, GeoJSON):
        return Particle.GEOJSON, _GEO_HEAD.pack(0, 0) + _text(value, argument)
    if isinstance(value, HyperLogLog):
        return Particle.HLL, bytes(value)
    if isinstance(value, bytearray | bytes):
        return Particle.BLOB, bytes(value)
    if isinstance(value, RawParticle):
        try:
            return value.checked()
        except ValueError as error:
            raise InvalidArgument(argument, f"is {error}") from None
    if isinstance(value, int):
        return _integer(int(value), argument)
    if isinstance(value, float):
        return Particle.FLOAT, _F64.pack(value)
    if isinstance(value, str):
        return Particle.STRING, _text(str(value), argument)
    if isinstance(value, Serialized):
        return Particle.BLOB, value.data(argument)
    if purpose.serializer is not None and not isinstance(value, CDTWildcard | CDTInfinite):
        return Particle.BLOB, purpose.serializer.data(value, argument)
    raise InvalidArgument(argument, f"has type {kind.__name__}, which has no type on the server")


def _integer(value: int, argument: str) -> tuple[int, bytes]:
    try:
        return Particle.INTEGER, _I64.pack(value)
    except struct.error:
        raise InvalidArgument(argument, "is an integer that does not fit in 64 bits") from None


def _text(value: str, argument: str) -> bytes:
    try:
        return value.encode()
    except UnicodeEncodeError:
        raise InvalidArgument(argument, "is text with lone surrogates, which UTF-8 cannot carry") from None


_MAX_CHECKED: Final = 4096
_checked_names: Final[dict[str, bytes]] = {}
"""Names of bins that are in order, of which there are few in a program."""


def bin_name(name: Any, argument: str = "bin") -> bytes:
    """The bytes of a bin name.

    Raises:
        InvalidArgument: it is not a str, empty, holds a NUL or has more than 15 bytes
            (then with the server's code for it, 21).
    """
    try:
        return _checked_names[name]
    except (KeyError, TypeError):
        pass
    if not isinstance(name, str):
        raise InvalidArgument(argument, f"must be a str, not {type(name).__name__}")
    data = _text(name, argument)
    if len(data) > MAX_BIN_NAME:
        raise InvalidArgument(
            argument,
            f"must have at most {MAX_BIN_NAME} bytes, {name!r} has {len(data)}",
            ResultCode.BIN_NAME,
        )
    if not data:
        raise InvalidArgument(argument, "must not be empty")
    if b"\x00" in data:
        raise InvalidArgument(argument, f"must not hold a NUL, {name!r} does", ResultCode.BIN_NAME)
    if len(_checked_names) < _MAX_CHECKED:
        _checked_names[str(name)] = data
    return data


# Reading. A reader gets exactly the particle's bytes.


def _read_integer(data: bytes) -> int:
    if len(data) != 8:
        msg = f"an integer has {len(data)} bytes, expected 8"
        raise ProtocolError(msg)
    return int.from_bytes(data, "big", signed=True)


def _read_float(data: bytes) -> float:
    if len(data) != 8:
        msg = f"a float has {len(data)} bytes, expected 8"
        raise ProtocolError(msg)
    value: float = _F64.unpack(data)[0]
    return value


def _read_bool(data: bytes) -> bool:
    if len(data) != 1 or data[0] > 1:
        msg = f"a bool is {data[:8].hex()!r}, expected 00 or 01"
        raise ProtocolError(msg)
    return data[0] == 1


# Servers do not check that strings are UTF-8. Surrogate escapes keep foreign bytes,
# so that one odd record cannot make a whole batch unreadable.
_read_string: Final[Callable[[bytes], str]] = operator.methodcaller("decode", "utf-8", "surrogateescape")


def _read_geojson(data: bytes) -> GeoJSON:
    if len(data) < _GEO_HEAD.size:
        msg = f"GeoJSON has {len(data)} bytes, its header alone has {_GEO_HEAD.size}"
        raise ProtocolError(msg)
    _, cells = _GEO_HEAD.unpack_from(data)
    start = _GEO_HEAD.size + 8 * cells
    if start > len(data):
        msg = f"GeoJSON claims {cells} cells and has {len(data)} bytes"
        raise ProtocolError(msg)
    return GeoJSON(data[start:].decode(errors="surrogateescape"))


def _read_list(data: bytes) -> list[Any]:
    value = msgpack.unpack(data)
    if not isinstance(value, list):
        msg = f"a list particle holds a {type(value).__name__}"
        raise ProtocolError(msg)
    return value


_IN_RESULT_ORDER: Final = b"\xc7\x00\x08\xc0"
"""Marker of a map that is a result: pairs in an order that is neither that of a map nor of its keys."""
_MAP_HEADS: Final = {0xDE: 3, 0xDF: 5}
"""Bytes before the first key of a map, by its tag; 1 for small ones."""


def _read_map(data: bytes) -> dict[Any, Any] | list[Any]:
    value = msgpack.unpack(data)
    if not isinstance(value, dict):
        msg = f"a map particle holds a {type(value).__name__}"
        raise ProtocolError(msg)
    if data.startswith(_IN_RESULT_ORDER, _MAP_HEADS.get(data[0], 1)):
        return [item for pair in value.items() for item in pair]
    return value


def _read_null(_: bytes) -> None:
    return None


READERS: Final[dict[int, Callable[[bytes], Any]]] = {
    Particle.NULL.value: _read_null,
    Particle.INTEGER.value: _read_integer,
    Particle.FLOAT.value: _read_float,
    Particle.STRING.value: _read_string,
    Particle.BLOB.value: bytes,
    Particle.BOOL.value: _read_bool,
    Particle.HLL.value: HyperLogLog,
    Particle.MAP.value: _read_map,
    Particle.LIST.value: _read_list,
    Particle.GEOJSON.value: _read_geojson,
}
"""Particle type to reader."""
READER_OF: Final[tuple[Callable[[bytes], Any], ...]] = tuple(
    READERS.get(kind) or functools.partial(RawParticle, kind) for kind in range(256)
)
"""The same for every number that a type can have."""


def decode(kind: int, data: bytes) -> Any:
    """The value of a particle; types without a Python counterpart become RawParticle.

    Raises:
        ProtocolError: the bytes are not a value of that type.
    """
    reader = READERS.get(kind)
    return RawParticle(kind, bytes(data)) if reader is None else reader(data)
