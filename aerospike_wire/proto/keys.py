"""Digests and partitions (protocol section 3).

A record's address is the RIPEMD-160 of its set, the type of its user key and the key's
bytes. The namespace is not part of it.
"""

from __future__ import annotations

import hashlib
import struct
from typing import Any, Final

from aerospike_wire.errors import ClientError, ResultCode
from aerospike_wire.proto.fields import Field, field
from aerospike_wire.proto.invalid import InvalidArgument, utf8
from aerospike_wire.types import Key

PARTITIONS: Final = 4096
DIGEST_SIZE: Final = 20
MAX_NAMESPACE: Final = 31
"""Bytes of a namespace name."""
MAX_SET: Final = 63
"""Bytes of a set name."""

_INT: Final = struct.Struct(">Bq")
_pack_int: Final = struct.Struct(">q").pack


Head = tuple[Any, Any, bool, bytes]
"""A policy, a class of commands, whether the node tells about errors; and the beginning of such requests."""

_new: Final = tuple.__new__


class Place:
    """A namespace and set, checked and encoded once for all records in it."""

    __slots__ = ("fields", "head", "ints", "namespace", "prefixes", "set", "texts")

    def __init__(self, namespace: str, fields: bytes, set_bytes: bytes) -> None:
        self.namespace = namespace
        self.fields = fields
        """The NAMESPACE and SET fields of a request."""
        self.set = set_bytes
        """The set's bytes, which digests begin with."""
        self.prefixes: dict[tuple[int, Any, bool], Head] = {}
        """Beginnings of requests that all records of the set share; see the read commands."""
        self.head: Head = (None, None, False, b"")
        """The one that was used last."""
        self.ints: Any = None
        """A hash object that has taken all of a digest that comes before the bytes of an integer key."""
        self.texts: Any = None
        """The same for keys that are text."""

    def begin(self) -> None:
        """Make what digests of the set's records begin with."""
        self.texts = _begun(self.set + b"\x03")
        self.ints = _begun(self.set + b"\x01")


NOWHERE: Final = Place("", b"", b"")


_blank: Any = None
"""A hash object without data: copying it costs a quarter of looking the algorithm up each time."""


def _prepare() -> Any:
    global _blank  # noqa: PLW0603  made at the first digest, because it can fail
    _blank = _ripemd160()
    return _blank


def _begun(data: bytes) -> Any:
    state = (_blank or _prepare()).copy()
    state.update(data)
    return state


def _hash(data: bytes) -> bytes:
    found: bytes = _begun(data).digest()
    return found


def _ripemd160() -> Any:
    try:
        return hashlib.new("ripemd160", usedforsecurity=False)
    except ValueError:
        # OpenSSL 3 keeps it in its legacy provider, which some systems leave out.
        try:
            from Crypto.Hash import RIPEMD160  # noqa: PLC0415
        except ImportError:
            raise ClientError(
                "the OpenSSL of this Python has no RIPEMD-160, which digests of keys are made with: "
                "install aerospike-wire[ripemd160]"
            ) from None
        return RIPEMD160.new()


def key_particle(user_key: Any) -> bytes:
    """Type byte and bytes of a user key, as hashed and as sent in the KEY field.

    A ``bytearray`` is a blob. ``bytes`` count as the text they hold, because that is what
    the official client makes of them: its records must be found under the same digest.

    Raises:
        InvalidArgument: the value cannot be a user key.
    """
    kind = type(user_key)
    if kind is str:
        return b"\x03" + utf8("key", user_key)
    if kind is int:
        try:
            return _INT.pack(1, user_key)
        except struct.error:
            raise InvalidArgument("key", "must be an int that fits in 64 bits") from None
    if isinstance(user_key, bool):
        raise InvalidArgument("key", "must be an int, str, bytes or bytearray, not bool")
    if isinstance(user_key, bytearray):
        return b"\x04" + user_key
    if isinstance(user_key, bytes):
        return b"\x03" + user_key
    if isinstance(user_key, str):
        return b"\x03" + utf8("key", str(user_key))
    if isinstance(user_key, int):
        return key_particle(int(user_key))
    raise InvalidArgument("key", f"must be an int, str, bytes or bytearray, not {kind.__name__}")


def digest(set_name: str | None, user_key: Any) -> bytes:
    """The record's digest, 20 bytes.

    Raises:
        InvalidArgument: the set or the user key cannot be encoded.
    """
    return _hash(check_set(set_name) + key_particle(user_key))


def partition_id(record_digest: bytes) -> int:
    """The partition of a digest, 0 to 4095: its first two bytes, little endian, low 12 bits."""
    return (record_digest[0] | record_digest[1] << 8) & 0x0FFF


def check_namespace(namespace: Any, argument: str = "namespace") -> bytes:
    """The namespace's bytes.

    Raises:
        InvalidArgument: it is not a name that a server could have.
    """
    if not isinstance(namespace, str):
        raise InvalidArgument(argument, f"must be a str, not {type(namespace).__name__}")
    data = utf8(argument, namespace)
    if not data:
        raise InvalidArgument(argument, "must not be empty", ResultCode.NAMESPACE_NOT_FOUND)
    if len(data) > MAX_NAMESPACE:
        raise InvalidArgument(argument, f"must have at most {MAX_NAMESPACE} bytes, {namespace!r} has {len(data)}")
    return data


def check_set(set_name: Any) -> bytes:
    """The set's bytes, empty for no set.

    Raises:
        InvalidArgument: it is not a name that a set could have.
    """
    if set_name is None:
        return b""
    if not isinstance(set_name, str):
        raise InvalidArgument("set", f"must be a str or None, not {type(set_name).__name__}")
    data = utf8("set", set_name)
    if len(data) > MAX_SET:
        raise InvalidArgument("set", f"must have at most {MAX_SET} bytes, {set_name!r} has {len(data)}")
    return data


_MAX_PLACES: Final = 1024
_places: Final[dict[Any, dict[Any, Place]]] = {}
"""By namespace and set."""


def _place(namespace: Any, set_name: Any) -> Place:
    try:
        return _places[namespace][set_name]
    except KeyError:
        made = _new_place(namespace, set_name)
    if sum(map(len, tuple(_places.values()))) >= _MAX_PLACES:
        _places.clear()
    return _places.setdefault(namespace, {}).setdefault(set_name, made)


def _new_place(namespace: Any, set_name: Any) -> Place:
    namespace_bytes = check_namespace(namespace)
    set_bytes = check_set(set_name)
    return Place(namespace, field(Field.NAMESPACE, namespace_bytes) + field(Field.SET, set_bytes), set_bytes)


def place(namespace: Any, set_name: Any) -> Place:
    """A namespace and set as requests carry them. The SET field is there even for no set.

    Raises:
        InvalidArgument: one of them is not a possible name.
    """
    try:
        return _place(namespace, set_name)
    except TypeError:  # not hashable, so not a str either: have it named
        check_namespace(namespace)
        check_set(set_name)
        raise


def resolve(key: Any) -> tuple[Key, Place]:
    """A checked key with its digest, and the place it is in; as :func:`locate`."""
    found, where, _ = locate(key)
    return found, where


def locate(key: Any) -> tuple[Key, Place, bytes]:
    """A checked key with its digest, the place it is in, and the digest.

    Args:
        key: ``(namespace, set, user_key)`` or ``(namespace, set, user_key or None, digest)``.

    Raises:
        InvalidArgument: a part is missing, of the wrong type or too long.
    """
    if type(key) is tuple and len(key) == 3:
        # What nearly all programs give, without a further call: an integer or text of ASCII.
        namespace, set_name, user_key = key
        try:
            where = _places[namespace][set_name]
            kind = type(user_key)
            if kind is int:
                state = where.ints.copy()
                state.update(_pack_int(user_key))
                digest = state.digest()
                return _new(Key, (namespace, set_name, user_key, digest)), where, digest
            if kind is str and user_key.isascii():
                state = where.texts.copy()
                state.update(user_key.encode())
                digest = state.digest()
                return _new(Key, (namespace, set_name, user_key, digest)), where, digest
        except (AttributeError, KeyError, TypeError, struct.error):
            pass  # the first key of its set, or one of which has to be said what is wrong with it
    return _locate(key)


def _locate(key: Any) -> tuple[Key, Place, bytes]:
    if not isinstance(key, tuple):
        raise InvalidArgument("key", f"must be a tuple (namespace, set, user_key[, digest]), not {type(key).__name__}")
    size = len(key)
    if size == 3:
        namespace, set_name, user_key = key
        found = None
    elif size == 4:
        namespace, set_name, user_key, found = key
    else:
        raise InvalidArgument("key", f"must have 3 or 4 parts (namespace, set, user_key[, digest]), not {size}")
    try:
        where = _place(namespace, set_name)
    except TypeError:
        where = place(namespace, set_name)  # names the part that cannot be hashed
    if found is None:
        if user_key is None:
            raise InvalidArgument("key", "needs a user key or a digest")
        found = _hash(where.set + key_particle(user_key))
        if where.ints is None:
            where.begin()
    else:
        if not isinstance(found, bytes | bytearray):
            raise InvalidArgument("key", f"must have a digest of bytes, not {type(found).__name__}")
        if len(found) != DIGEST_SIZE:
            raise InvalidArgument("key", f"must have a digest of {DIGEST_SIZE} bytes, not {len(found)}")
        if user_key is not None:
            key_particle(user_key)
        found = bytes(found)
    return _new(Key, (namespace, set_name, user_key, found)), where, found


def read_key_particle(data: bytes | memoryview) -> Any:
    """The user key of a KEY field; unknown types come back as their bytes.

    Lenient on purpose: the key travels for information, the digest is the address.
    """
    if not data:
        return None
    kind, rest = data[0], bytes(data[1:])
    if kind == 1 and len(rest) == 8:
        return int.from_bytes(rest, "big", signed=True)
    if kind == 3:
        return rest.decode(errors="surrogateescape")
    return bytearray(rest) if kind == 4 else rest
