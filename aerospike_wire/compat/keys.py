"""Digests and partitions of keys, with the official client's functions and errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aerospike_wire.errors import AerospikeError
from aerospike_wire.proto import keys
from aerospike_wire.proto.invalid import InvalidArgument

if TYPE_CHECKING:
    from aerospike_wire.types import Key

KeyTuple = tuple[str, str | None, Any, bytearray]
"""``(namespace, set, user_key, digest)`` as the official client gives it."""


def calc_digest(ns: str, set: str, key: str | int | bytearray) -> bytearray:
    """The digest of a record's key, 20 bytes.

    Raises:
        TypeError: an argument is of a type that no key has.
    """
    if not isinstance(ns, str):
        raise TypeError("Namespace should be a string")
    if not isinstance(set, str):
        raise TypeError("Set should be a string or unicode")
    if not isinstance(key, int | str | bytearray):
        raise TypeError("Key is invalid")
    try:
        return bytearray(keys.digest(set, int(key) if isinstance(key, bool) else key))
    except (InvalidArgument, AerospikeError) as error:
        raise TypeError(str(error)) from None


def get_partition_id(digest: str | bytes | bytearray) -> int:
    """The partition of a digest, 0 to 4095.

    The official client takes a str only, whose characters count as bytes; this one takes
    what ``calc_digest`` gives as well.

    Raises:
        TypeError: it is none of these, or shorter than two bytes.
    """
    data = digest.encode() if isinstance(digest, str) else digest
    if not isinstance(data, bytes | bytearray) or len(data) < 2:
        raise TypeError(f"digest must be a str, bytes or bytearray of a digest, not {type(digest).__name__}")
    return keys.partition_id(bytes(data))


def text_of(name: Any) -> Any:
    """A name that a program gives as bytes, as text; the official client reads it up to the first NUL."""
    if isinstance(name, bytes | bytearray):
        return bytes(name).split(b"\x00", 1)[0].decode()
    return name


def key_of(given: Any) -> Any:
    """A key: a tuple, or a dict with ``ns``, ``set``, ``key`` and ``digest``. A bool in it is a number, as there."""
    if type(given) is dict:
        given = (given.get("ns"), given.get("set"), given.get("key"), given.get("digest"))
    if type(given) is tuple and len(given) > 2 and type(given[2]) is bool:
        return (*given[:2], int(given[2]), *given[3:])
    return given


def key_tuple(key: Key) -> KeyTuple:
    """A key as the official client gives it back."""
    namespace, set_name, user_key, digest = key
    return (namespace, set_name, user_key, bytearray(digest or b""))
