"""Arguments of operations: checked, and packed for the wire."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final

from aerospike_wire.proto import msgpack, values
from aerospike_wire.proto.invalid import InvalidArgument
from aerospike_wire.serializer import Serialized
from aerospike_wire.types import CDTInfinite, CDTWildcard, KeyOrderedDict

if TYPE_CHECKING:
    import enum
    from collections.abc import Iterable

_LOW: Final = -0x8000_0000_0000_0000
_HIGH: Final = 0x7FFF_FFFF_FFFF_FFFF
_MAX_SIZE: Final = (1 << 32) - 1
_UNSIGNED_HIGH: Final = 0xFFFF_FFFF_FFFF_FFFF
_MARKER: Final = 4
"""Bytes of the marker of an ordered map, with the nil that is its value."""


def bin_of(name: Any) -> str:
    """A bin name, checked."""
    values.bin_name(name, "bin_name")
    found: str = name
    return found


def integer(value: Any, argument: str) -> bytes:
    """A signed integer of 64 bits: an index, a rank, an offset."""
    return msgpack.pack_int(_number(value, argument, _LOW), argument)


def count(value: Any, argument: str) -> bytes:
    """A number of things, 0 or more."""
    return msgpack.pack_int(_number(value, argument, 0), argument)


def size(value: Any, argument: str) -> bytes:
    """A number of bits or bytes, of 32 bits without a sign."""
    if _number(value, argument, 0) > _MAX_SIZE:
        raise InvalidArgument(argument, f"must be at most {_MAX_SIZE}, not {value}")
    return msgpack.pack_int(int(value), argument)


def unsigned(value: Any, argument: str) -> bytes:
    """An integer of 64 bits without a sign."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidArgument(argument, f"must be an int, not {type(value).__name__}")
    if not 0 <= value <= _UNSIGNED_HIGH:
        raise InvalidArgument(argument, f"must be an int from 0 to {_UNSIGNED_HIGH}, not {value}")
    return msgpack.pack_int(int(value), argument)


def _number(value: Any, argument: str, low: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidArgument(argument, f"must be an int, not {type(value).__name__}")
    if not low <= value <= _HIGH:
        limits = "0 or more and fit in 64 bits" if low == 0 else "an int of at most 64 bits"
        raise InvalidArgument(argument, f"must be {limits}, not {value}")
    return int(value)


def optional_count(value: Any, argument: str) -> tuple[bytes, ...]:
    """A number of things; None for all that are left, which the wire leaves out."""
    return () if value is None else (count(value, argument),)


def amount(value: Any, argument: str) -> bytes:
    """An integer or a float to add."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidArgument(argument, f"must be an int or float, not {type(value).__name__}")
    return msgpack.pack(value, argument)


def any_value(value: Any, argument: str) -> bytes:
    """Any value that a list or map can hold, or that its elements can be compared with."""
    return msgpack.pack(value, argument)


def stored_value(value: Any, argument: str) -> bytes:
    """Any value that a list or map can hold."""
    return msgpack.pack(value, argument, msgpack.STORED)


def items(value: Any, argument: str) -> bytes:
    """A list of values."""
    return msgpack.pack(_list(value, argument), argument)


def stored_items(value: Any, argument: str) -> bytes:
    """A list of values that a list can hold."""
    return msgpack.pack(_list(value, argument), argument, msgpack.STORED)


def _list(value: Any, argument: str) -> list[Any]:
    if not isinstance(value, list):
        raise InvalidArgument(argument, f"must be a list, not {type(value).__name__}")
    return value


def map_key(value: Any, argument: str) -> bytes:
    """A key of a map."""
    if isinstance(value, bool) or not isinstance(value, int | str | bytes | bytearray | Serialized):
        kind = type(value).__name__
        raise InvalidArgument(argument, f"must be an int, str or bytes, which can be keys of a map, not {kind}")
    return msgpack.pack(value, argument)


def map_keys(value: Any, argument: str) -> bytes:
    """A list of keys of a map."""
    packed = [map_key(key, f"{argument}[{at}]") for at, key in enumerate(_list(value, argument))]
    return msgpack.pack_call(*packed)


def key_bound(value: Any, argument: str) -> bytes:
    """A key of a map, or what is below or above all of them."""
    if value is None or isinstance(value, CDTInfinite | CDTWildcard):
        return msgpack.pack(value, argument)
    return map_key(value, argument)


def entries(value: Any, argument: str) -> bytes:
    """A dict of entries for a map."""
    if not isinstance(value, dict):
        raise InvalidArgument(argument, f"must be a dict, not {type(value).__name__}")
    packed = msgpack.pack(value, argument, msgpack.STORED)
    if not isinstance(value, KeyOrderedDict) or len({_kind_of_key(key) for key in value}) > 1:
        return packed
    # The order of the map in the bin is its own business: the argument is sorted, but without a marker of it.
    # Where keys are of several types the official client leaves the marker in, and servers pass over it.
    head, marked = msgpack.map_head(len(value)), msgpack.map_head(len(value) + 1)
    return head + packed[len(marked) + _MARKER :]


def _kind_of_key(key: Any) -> type:
    return next(kind for kind in (int, str, bytes) if isinstance(key, kind))


def flag(value: Any, argument: str) -> bool:
    """True or False."""
    if not isinstance(value, bool):
        raise InvalidArgument(argument, f"must be True or False, not {type(value).__name__}")
    return value


def text(value: Any, argument: str) -> bytes:
    """A str."""
    if not isinstance(value, str):
        raise InvalidArgument(argument, f"must be a str, not {type(value).__name__}")
    return msgpack.pack(value, argument)


def texts(value: Any, argument: str) -> bytes:
    """A list of str."""
    return msgpack.pack_call(*(text(item, f"{argument}[{at}]") for at, item in enumerate(_list(value, argument))))


def blob(value: Any, argument: str) -> bytes:
    """Bytes."""
    if not isinstance(value, bytes | bytearray):
        raise InvalidArgument(argument, f"must be bytes or a bytearray, not {type(value).__name__}")
    return msgpack.pack(bytes(value), argument)


def choice(value: Any, kind: type[enum.IntEnum], argument: str) -> int:
    """The number of one of several possibilities."""
    if type(value) is kind:
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidArgument(argument, f"must be one of {kind.__name__}, not {type(value).__name__}")
    if value not in _numbers(kind):
        raise InvalidArgument(argument, f"must be one of {kind.__name__} ({_names(kind)}), not {int(value)}")
    return int(value)


def flags(value: Any, kind: type[enum.IntFlag], argument: str) -> int:
    """The number of a combination of flags."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidArgument(argument, f"must be flags of {kind.__name__}, not {type(value).__name__}")
    if value & ~_mask(kind):
        raise InvalidArgument(argument, f"must be flags of {kind.__name__} ({_names(kind)}), not {int(value)}")
    return int(value)


@functools.cache
def _numbers(kind: type[enum.IntEnum]) -> frozenset[int]:
    return frozenset(int(member) for member in kind)


@functools.cache
def _mask(kind: type[enum.IntFlag]) -> int:
    return functools.reduce(int.__or__, (int(member) for member in kind.__members__.values()), 0)


def _names(kind: type[enum.IntEnum | enum.IntFlag]) -> str:
    members: Iterable[tuple[str, Any]] = kind.__members__.items()
    return ", ".join(f"{name} {int(member)}" for name, member in members)


def small(value: int) -> bytes:
    """A number that was checked already."""
    return msgpack.pack_int(value)


def expression(value: Any, argument: str) -> bytes:
    """The bytes of a compiled expression: given as such, or by an object's ``compiled``."""
    found = value if isinstance(value, bytes | bytearray) else getattr(value, "compiled", None)
    if not isinstance(found, bytes | bytearray) or not found:
        raise InvalidArgument(argument, f"must be an expression, or the bytes of one, not {type(value).__name__}")
    return bytes(found)
