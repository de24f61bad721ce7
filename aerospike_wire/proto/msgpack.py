"""The MessagePack dialect of lists and maps (protocol section 6.1).

It differs from plain MessagePack: strings and blobs carry a particle type in their first
byte, an ordered list or map starts with an extension item that says so, and two extension
items stand for "anything" and "greater than anything".
"""

from __future__ import annotations

import itertools
import operator
import struct
from typing import TYPE_CHECKING, Any, Final

import attrs

from aerospike_wire.errors import ProtocolError
from aerospike_wire.errors.codes import ResultCode
from aerospike_wire.proto.invalid import InvalidArgument
from aerospike_wire.serializer import Serialized, Serializer
from aerospike_wire.types import (
    CDTInfinite,
    CDTWildcard,
    GeoJSON,
    HyperLogLog,
    KeyOrderedDict,
    RawParticle,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_DEPTH: Final = 200
"""Levels of lists and maps, here and on the way in; deeper input is refused, not recursed into."""

_F64 = struct.Struct(">d")
_F32 = struct.Struct(">f")
_U16 = struct.Struct(">H")
_U32 = struct.Struct(">I")
_U64 = struct.Struct(">Q")
_I8 = struct.Struct(">b")
_I16 = struct.Struct(">h")
_I32 = struct.Struct(">i")
_I64 = struct.Struct(">q")

_INT_MIN: Final = -0x8000_0000_0000_0000
_INT_MAX: Final = 0x7FFF_FFFF_FFFF_FFFF
_STRING, _BLOB, _HLL, _GEOJSON = 3, 4, 18, 23
_KEY_ORDER: Final = 0x01
"""Order flags of a map that is sorted by key. One that is sorted by value too comes back as a plain dict."""
_KEY_ORDERED: Final = b"\xc7\x00\x01\xc0"
"""The marker's key and its nil value."""
_SMALL: Final = tuple(bytes((value,)) for value in range(0x80))
"""Integers that are one byte."""
_SHORT: Final = tuple(bytes((0xA1 + size, _STRING)) for size in range(0x1F))
"""What strings begin with, by the number of their bytes."""
_KEYS: Final = (int, str, bytes)
"""Types that keys of maps can have."""
_COMPARED_AS_PACKED: Final = frozenset(_KEYS)
"""Types whose values Python compares as the server does; UTF-8 keeps the order of code points."""


# Packing


@attrs.frozen
class Purpose:
    """What a value is packed for, which decides what it may hold."""

    stored: bool = False
    """True if it is to be stored; wildcard and infinity, which stand for other values, cannot be."""
    serializer: Serializer | None = None
    """What makes blobs of values that have no type on the server; None to refuse them."""


COMPARED: Final = Purpose()
"""For arguments that values are compared with, or of functions."""
STORED: Final = Purpose(stored=True)
"""For what goes into a bin."""


class _Misfit(Exception):
    """A value somewhere inside has no encoding."""

    def __init__(self, problem: str, code: int = ResultCode.PARAM) -> None:
        super().__init__(problem)
        self.problem = problem
        self.code = code
        self.steps: list[str] = []
        """The way to it, from the inside out."""

    def refusal(self, argument: str) -> InvalidArgument:
        """The error for the argument that holds the value. Keys of maps are content and are not shown."""
        where = f" (at {''.join(reversed(self.steps))})" if self.steps else ""
        return InvalidArgument(argument, f"{self.problem}{where}", self.code)


def pack(value: Any, argument: str = "value", purpose: Purpose = COMPARED) -> bytes:
    """A value as one item.

    Args:
        value: None, bool, int, float, str, bytes, bytearray, GeoJSON, HyperLogLog,
            RawParticle, Serialized, list, dict, KeyOrderedDict, wildcard or infinity, nested.
        argument: what to call the value in an error.
        purpose: what it is packed for.

    Raises:
        InvalidArgument: a value has no encoding.
    """
    out: list[bytes] = []
    try:
        _pack(value, out, purpose, 0)
    except _Misfit as misfit:
        raise misfit.refusal(argument) from misfit.__cause__
    return b"".join(out)


def pack_raw_string(text: bytes) -> bytes:
    """A string item without the type byte: bin names, regular expressions."""
    return _string_head(len(text)) + text


def pack_call(*items: bytes) -> bytes:
    """A list of items that are packed already."""
    return array_head(len(items)) + b"".join(items)


def pack_int(value: int, argument: str = "value") -> bytes:
    """An integer in its shortest form; positive ones unsigned."""
    if value >= 0:
        if value < 0x80:
            return bytes((value,))
        if value < 0x100:
            return bytes((0xCC, value))
        if value < 0x1_0000:
            return b"\xcd" + _U16.pack(value)
        if value < 0x1_0000_0000:
            return b"\xce" + _U32.pack(value)
        if value < 0x1_0000_0000_0000_0000:
            return b"\xcf" + _U64.pack(value)
    else:
        if value >= -0x20:
            return bytes((value + 0x100,))
        if value >= -0x80:
            return b"\xd0" + _I8.pack(value)
        if value >= -0x8000:
            return b"\xd1" + _I16.pack(value)
        if value >= -0x8000_0000:
            return b"\xd2" + _I32.pack(value)
        if value >= -0x8000_0000_0000_0000:
            return b"\xd3" + _I64.pack(value)
    raise InvalidArgument(argument, "holds an integer that does not fit in 64 bits")


def _string_head(size: int) -> bytes:
    if size < 0x20:
        return bytes((0xA0 | size,))
    if size < 0x100:
        return bytes((0xD9, size))
    if size < 0x1_0000:
        return b"\xda" + _U16.pack(size)
    return b"\xdb" + _U32.pack(size)


def array_head(size: int) -> bytes:
    """The start of a list of ``size`` items."""
    if size < 0x10:
        return bytes((0x90 | size,))
    if size < 0x1_0000:
        return b"\xdc" + _U16.pack(size)
    return b"\xdd" + _U32.pack(size)


def map_head(size: int) -> bytes:
    """The start of a map of ``size`` pairs."""
    if size < 0x10:
        return bytes((0x80 | size,))
    if size < 0x1_0000:
        return b"\xde" + _U16.pack(size)
    return b"\xdf" + _U32.pack(size)


def _typed(kind: int, data: bytes) -> bytes:
    size = len(data)
    if kind == _STRING and size < len(_SHORT):
        return _SHORT[size] + data
    return _string_head(len(data) + 1) + bytes((kind,)) + data


def _pack(value: Any, out: list[bytes], purpose: Purpose, depth: int) -> None:
    kind = type(value)
    if kind is str:
        out.append(_typed(_STRING, _text(value)))
    elif kind is int:
        out.append(_integer(value))
    elif kind is list:
        _pack_list(value, out, purpose, depth)
    elif kind is dict:
        _pack_map(value, out, purpose, depth)
    else:
        _pack_other(value, out, purpose, depth)


def _integer(value: int) -> bytes:
    if 0 <= value < 0x80:
        return _SMALL[value]
    if not _INT_MIN <= value <= _INT_MAX:  # the format could carry more, the server's integers are signed
        raise _Misfit("holds an integer that does not fit in 64 bits")
    return pack_int(value)


def _text(value: str) -> bytes:
    try:
        return value.encode()
    except UnicodeEncodeError:
        raise _Misfit("holds text with lone surrogates, which UTF-8 cannot carry") from None


def _pack_other(value: Any, out: list[bytes], purpose: Purpose, depth: int) -> None:
    if value is None:
        out.append(b"\xc0")
    elif value is True:
        out.append(b"\xc3")
    elif value is False:
        out.append(b"\xc2")
    elif isinstance(value, int):
        out.append(_integer(value))
    elif isinstance(value, float):
        out.append(b"\xcb" + _F64.pack(value))
    elif isinstance(value, str):
        out.append(_typed(_GEOJSON if isinstance(value, GeoJSON) else _STRING, _text(value)))
    elif isinstance(value, bytes | bytearray):
        out.append(_typed(_HLL if isinstance(value, HyperLogLog) else _BLOB, bytes(value)))
    elif isinstance(value, list):
        _pack_list(value, out, purpose, depth)
    elif isinstance(value, dict):
        _pack_map(value, out, purpose, depth)
    elif isinstance(value, CDTWildcard | CDTInfinite):
        if purpose.stored:
            raise _Misfit(f"holds a {type(value).__name__}, which values are compared with and which cannot be stored")
        out.append(b"\xd4\xff\x00" if isinstance(value, CDTWildcard) else b"\xd4\xff\x01")
    elif isinstance(value, RawParticle):
        try:
            out.append(_typed(*value.checked()))
        except ValueError as error:
            raise _Misfit(f"holds {error}") from None
    else:
        out.append(_typed(_BLOB, _serialized(value, purpose.serializer)))


def _serialized(value: Any, serializer: Serializer | None) -> bytes:
    """The blob of a value that has no type on the server."""
    try:
        if isinstance(value, Serialized):
            return value.data()
        if serializer is not None:
            return serializer.data(value)
    except InvalidArgument as invalid:
        raise _Misfit(invalid.problem, invalid.code) from invalid.__cause__
    raise _Misfit(f"holds a value of type {type(value).__name__}, which has no type on the server")


def _check_depth(depth: int) -> None:
    if depth >= MAX_DEPTH:
        raise _Misfit(f"is nested deeper than {MAX_DEPTH} levels, or contains itself")


def _pack_list(value: list[Any], out: list[bytes], purpose: Purpose, depth: int) -> None:
    _check_depth(depth)
    out.append(array_head(len(value)))
    depth += 1
    item = None
    try:
        for item in value:
            _pack(item, out, purpose, depth)
    except _Misfit as misfit:
        misfit.steps.append(f"[{next(at for at, one in enumerate(value) if one is item)}]")
        raise


def _pack_map(value: dict[Any, Any], out: list[bytes], purpose: Purpose, depth: int) -> None:
    _check_depth(depth)
    depth += 1
    keys: list[bytes] = []
    for key in value:
        if isinstance(key, bool) or not isinstance(key, _KEYS):
            raise _Misfit(f"has a map key of type {type(key).__name__}; int, str or bytes can be keys")
        _pack(key, keys, purpose, depth)  # one item
    pairs: Iterable[tuple[bytes, Any]] = zip(keys, value.values(), strict=True)
    if not _in_order(value):
        ordered = sorted(zip(value, pairs, strict=True), key=lambda entry: _key_order(entry[0]))
        pairs = [pair for _, pair in ordered]
    if isinstance(value, KeyOrderedDict):
        out.append(map_head(len(keys) + 1))
        out.append(_KEY_ORDERED)
    else:
        out.append(map_head(len(keys)))
    try:
        for key_bytes, item in pairs:
            out.append(key_bytes)
            _pack(item, out, purpose, depth)
    except _Misfit as misfit:
        misfit.steps.append("[...]")
        raise


def _in_order(value: dict[Any, Any]) -> bool:
    """True if the entries are known to be in the server's order already.

    Servers keep the entries of all maps in this order, refuse ordered maps that are not, and
    find a map among others only if it is asked for in this order.
    """
    if len(value) < 2:
        return True
    kinds = set(map(type, value))
    if len(kinds) > 1 or not kinds <= _COMPARED_AS_PACKED:
        return False
    return all(map(operator.lt, value, itertools.islice(value, 1, None)))


def _key_order(key: Any) -> tuple[int, Any]:
    """Place of a map key in the server's order: integers, strings, blobs."""
    if isinstance(key, int):
        return 0, key
    if isinstance(key, str):
        return 1, key.encode()
    return 2, bytes(key)


# Unpacking


def unpack(data: bytes | bytearray | memoryview) -> Any:
    """The one item that ``data`` is.

    Raises:
        ProtocolError: the item is cut off, nested too deep or followed by other bytes,
            or holds what no list or map may hold.
    """
    value, offset = unpack_from(data, 0)
    if offset != len(data):
        msg = f"{len(data) - offset} bytes follow a MessagePack item"
        raise ProtocolError(msg)
    return value


def unpack_from(data: bytes | bytearray | memoryview, offset: int) -> tuple[Any, int]:
    """The item at ``offset``, and the offset behind it.

    Raises:
        ProtocolError: as for :func:`unpack`.
    """
    data = bytes(data) if not isinstance(data, bytes) else data
    try:
        return _unpack(data, offset, 0)
    except (IndexError, struct.error):
        msg = "a MessagePack item is cut off"
        raise ProtocolError(msg) from None


def _unpack(data: bytes, offset: int, depth: int) -> tuple[Any, int]:
    tag = data[offset]
    offset += 1
    if tag < 0x80:
        return tag, offset
    if tag >= 0xE0:
        return tag - 0x100, offset
    if 0xA0 <= tag < 0xC0:
        return _string(data, offset, tag & 0x1F)
    if 0x90 <= tag < 0xA0:
        return _array(data, offset, tag & 0x0F, depth)
    if tag < 0x90:
        return _map(data, offset, tag & 0x0F, depth)
    if tag == 0xC0:
        return None, offset
    if tag == 0xC2:
        return False, offset
    if tag == 0xC3:
        return True, offset
    fixed = _FIXED.get(tag)
    if fixed is not None:
        return fixed.unpack_from(data, offset)[0], offset + fixed.size
    sized = _SIZED.get(tag)
    if sized is not None:
        kind, head = sized
        size: int = head.unpack_from(data, offset)[0]
        offset += head.size
        if kind == "string":
            return _string(data, offset, size)
        if kind == "array":
            return _array(data, offset, size, depth)
        if kind == "map":
            return _map(data, offset, size, depth)
        return _extension(data, offset, size)
    size = _FIXED_EXTENSIONS.get(tag, 0)
    if size:
        return _extension(data, offset, size)
    msg = f"MessagePack has no item with tag {tag:#04x}"
    raise ProtocolError(msg)


_FIXED: Final = {
    0xCA: _F32, 0xCB: _F64, 0xCC: struct.Struct(">B"), 0xCD: _U16, 0xCE: _U32, 0xCF: _U64,
    0xD0: _I8, 0xD1: _I16, 0xD2: _I32, 0xD3: _I64,
}  # fmt: skip
_U8 = struct.Struct(">B")
_SIZED: Final = {
    0xC4: ("string", _U8), 0xC5: ("string", _U16), 0xC6: ("string", _U32),
    0xD9: ("string", _U8), 0xDA: ("string", _U16), 0xDB: ("string", _U32),
    0xDC: ("array", _U16), 0xDD: ("array", _U32), 0xDE: ("map", _U16), 0xDF: ("map", _U32),
    0xC7: ("extension", _U8), 0xC8: ("extension", _U16), 0xC9: ("extension", _U32),
}  # fmt: skip
_FIXED_EXTENSIONS: Final = {0xD4: 1, 0xD5: 2, 0xD6: 4, 0xD7: 8, 0xD8: 16}


class _Extension(tuple[int, bytes]):
    __slots__ = ()


def _string(data: bytes, offset: int, size: int) -> tuple[Any, int]:
    end = offset + size
    if end > len(data):
        msg = f"a string of {size} bytes is cut off"
        raise ProtocolError(msg)
    if size == 0:
        return b"", end
    kind = data[offset]
    body = data[offset + 1 : end]
    if kind == _STRING:
        return body.decode("utf-8", "surrogateescape"), end
    if kind == _BLOB:
        return body, end
    if kind == _GEOJSON:
        return GeoJSON(body.decode(errors="surrogateescape")), end
    if kind == _HLL:
        return HyperLogLog(body), end
    return RawParticle(kind, body), end


def _extension(data: bytes, offset: int, size: int) -> tuple[Any, int]:
    end = offset + 1 + size
    if end > len(data):
        msg = f"an extension item of {size} bytes is cut off"
        raise ProtocolError(msg)
    kind = data[offset]
    body = data[offset + 1 : end]
    if kind == 0xFF and body == b"\x00":
        return CDTWildcard(), end
    if kind == 0xFF and body == b"\x01":
        return CDTInfinite(), end
    return _Extension((kind, body)), end


def _enter(data: bytes, offset: int, size: int, depth: int) -> None:
    if depth >= MAX_DEPTH:
        msg = f"lists and maps are nested deeper than {MAX_DEPTH} levels"
        raise ProtocolError(msg)
    # An item has at least one byte, so a count larger than what is left is a lie that
    # must not cost memory.
    if size > len(data) - offset:
        msg = f"a list or map claims {size} items, {len(data) - offset} bytes are left"
        raise ProtocolError(msg)


def _array(data: bytes, offset: int, size: int, depth: int) -> tuple[Any, int]:
    _enter(data, offset, size, depth)
    items = []
    for _ in range(size):
        item, offset = _unpack(data, offset, depth + 1)
        items.append(item)
    if items and isinstance(items[0], _Extension):
        del items[0]  # the order marker; a Python list is what comes back either way
    return items, offset


def _map(data: bytes, offset: int, size: int, depth: int) -> tuple[Any, int]:
    _enter(data, offset, size, depth)
    pairs: dict[Any, Any] = {}
    for number in range(size):
        key, offset = _unpack(data, offset, depth + 1)
        item, offset = _unpack(data, offset, depth + 1)
        if isinstance(key, _Extension):
            if number == 0 and key[0] == _KEY_ORDER:
                pairs = KeyOrderedDict()
            continue
        pairs[_hashable(key)] = item
    return pairs, offset


def _hashable(key: Any) -> Any:
    if isinstance(key, list):
        return tuple(_hashable(item) for item in key)
    if isinstance(key, dict):
        return tuple((_hashable(name), _hashable(item)) for name, item in key.items())
    return key
