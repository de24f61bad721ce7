"""Values that users pass in and get back."""

from __future__ import annotations

from typing import Any, NamedTuple

import attrs


class Key(NamedTuple):
    """The key of a record, as the official client writes it.

    Equal to, and usable instead of, the plain tuple.
    """

    namespace: str
    set: str | None
    """The set, None or empty for none."""
    user_key: int | str | bytes | bytearray | None
    """What the program knows the record by; None if only the digest is known.

    A bytearray is a blob key. Bytes count as text, as they do in the official client.
    """
    digest: bytes | None = None
    """RIPEMD-160 of set, type and user key, 20 bytes; computed when it is needed."""


class Record(NamedTuple):
    """A record as it was read."""

    key: Key
    meta: dict[str, int] | None
    """``{"gen": generation, "ttl": seconds}``; a ttl of 4294967295 means that it never expires."""
    bins: dict[str, Any] | None
    """Bin names and values; None if the record was asked for without them."""


class OrderedRecord(NamedTuple):
    """A record as ``operate_ordered`` read it: the results in the order of their operations."""

    key: Key
    meta: dict[str, int] | None
    """As in Record."""
    bins: list[tuple[str, Any]]
    """Bin names and values; a name comes once for each operation that had a result."""


class GeoJSON(str):
    """GeoJSON text, stored as a geospatial value and not as a string.

    The text is kept as it is: the server, not the client, decides whether it is
    acceptable, and answers InvalidGeoJSON (160) if not.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return f"GeoJSON({str.__repr__(self)})"


class HyperLogLog(bytes):
    """A HyperLogLog sketch as the server stores it: 11 header bytes, then the registers."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"HyperLogLog({bytes.__repr__(self)})"

    __str__ = __repr__


class KeyOrderedDict(dict[Any, Any]):
    """A map that the server keeps ordered by key; iteration order is the dict's own."""

    def __repr__(self) -> str:
        return f"KeyOrderedDict({dict.__repr__(self)})"


@attrs.frozen
class RawParticle:
    """A bin value of a type that has no Python counterpart, exactly as it was stored.

    Language blobs of other clients come back like this; they are never unpickled. It can
    be written back unchanged.
    """

    type: int
    """Particle type on the wire, protocol section 6."""
    data: bytes

    def checked(self) -> tuple[int, bytes]:
        """Type and data, if they are what they have to be.

        Raises:
            ValueError: they are not.
        """
        kind: Any = self.type
        data: Any = self.data
        if isinstance(kind, bool) or not isinstance(kind, int) or not 0 <= kind <= 255:
            msg = f"a RawParticle of type {kind!r}; types are integers from 0 to 255"
            raise ValueError(msg)
        if not isinstance(data, bytes | bytearray):
            msg = f"a RawParticle whose data must be bytes, not {type(data).__name__}"
            raise ValueError(msg)
        return int(kind), bytes(data)


@attrs.frozen
class CDTWildcard:
    """Matches any value from its place on; only in arguments of list and map operations."""


@attrs.frozen
class CDTInfinite:
    """Greater than any value; only in arguments of list and map operations."""
