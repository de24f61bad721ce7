"""The frames that answer a query, taken apart record by record (protocol section 5.3)."""

from __future__ import annotations

import functools
import itertools
import operator
import struct
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from aerospike_wire.errors import ProtocolError, ResultCode
from aerospike_wire.policy import TTL_NEVER_EXPIRE
from aerospike_wire.proto import keys, values
from aerospike_wire.proto.commands.base import NO_WORDS, ServerWords, error_details
from aerospike_wire.proto.fields import Field, field
from aerospike_wire.proto.header import CITRUSLEAF_EPOCH, MESSAGE_HEADER_SIZE, Info3
from aerospike_wire.proto.invalid import Unreadable
from aerospike_wire.proto.message import read_message
from aerospike_wire.types import Key, RawParticle, Record

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aerospike_wire.serializer import Serializer

_NO_RECORD: Final = Info3.LAST | Info3.PARTITION_DONE
_DIGEST_HEAD: Final = struct.pack(">IB", keys.DIGEST_SIZE + 1, Field.DIGEST)
_unpack_header: Final = struct.Struct(">B2xBxBII4xHH").unpack_from
"""Its size, flags, result code, generation, expiry, numbers of fields and bins."""
_unpack_field: Final = struct.Struct(">IB").unpack_from
_unpack_size: Final = struct.Struct(">I").unpack_from
_unpack_bin: Final = struct.Struct(">BBBB").unpack_from
_unpack_integer: Final = struct.Struct(">q").unpack_from
_INTEGER_SIZE: Final = 8
_SHAPE_LIMIT: Final = 256
"""Bins of a record whose heads are kept."""
_READERS: Final = values.READERS
_read_integer: Final = values.READERS[values.Particle.INTEGER.value]
_INTEGER: Final = values.Particle.INTEGER.value
_BVAL_SIZE: Final = 8


_Head: TypeAlias = "tuple[bytes, int, str, Callable[[bytes], Any] | None]"
_Integers: TypeAlias = (
    "tuple[Callable[..., tuple[Any, ...]], int, Callable[..., Any], Any, Callable[..., Any], list[str]]"
)


class _Plan:
    """Reads the bins of records of one look; integers that stand one behind the other all at once.

    Args:
        bins: how many a record has, -1 for a plan that fits none.
        parts: single bins by their heads, and neighbouring integers as :func:`_integers` makes them.
    """

    __slots__ = ("_parts", "bins")

    def __init__(self, bins: int, parts: Sequence[tuple[_Head | None, _Integers | None]]) -> None:
        self.bins = bins
        self._parts = parts

    @classmethod
    def of(cls, shape: Sequence[_Head]) -> _Plan:
        """A plan for records of a shape; one that fits none if nothing is gained by it."""
        parts: list[tuple[_Head | None, _Integers | None]] = []
        for integers, group in itertools.groupby(shape, lambda head: head[3] is None):
            heads = list(group)
            if integers and len(heads) > 1:
                parts.append((None, _integers(heads)))
            else:
                parts += [(head, None) for head in heads]
        return cls(len(shape), parts) if len(parts) < len(shape) else _NO_PLAN

    def read(self, body: bytes, offset: int, bins: dict[str, Any]) -> int:
        """Put the bins that begin at an offset into a dict.

        Returns:
            The offset behind them; 0 if they look otherwise. What is in the dict then is not all.
        """
        end = len(body)
        for head, integers in self._parts:
            if integers is not None:
                unpack, size, heads_in, heads, values_in, names = integers
                if offset + size > end:
                    return 0
                parts = unpack(body, offset)
                if heads_in(parts) != heads:
                    return 0
                bins.update(zip(names, values_in(parts), strict=True))
                offset += size
            elif head is not None:
                begin, width, name, reader = head
                if not body.startswith(begin, offset + 4):
                    return 0
                start, stop = offset + 4 + width, offset + 4 + _unpack_size(body, offset)[0]
                if stop > end or start > stop:
                    return 0
                bins[name] = (reader or _read_integer)(body[start:stop])
                offset = stop
        return offset


_NO_PLAN: Final = _Plan(-1, ())


def _integers(rows: Sequence[_Head]) -> _Integers:
    """How to read two integers or more that stand one behind the other.

    Returns:
        What unpacks them, bytes in all, what takes the heads out of the parts, what these
        must be, what takes the values, and the names.
    """
    form = struct.Struct(">" + "".join(f"{4 + width}sq" for _, width, _, _ in rows))
    heads = tuple(struct.pack(">I", width + _INTEGER_SIZE) + head.ljust(width, b"\0") for head, width, _, _ in rows)
    places = range(0, 2 * len(rows), 2)
    heads_in = operator.itemgetter(*places)
    values_in = operator.itemgetter(*(place + 1 for place in places))
    return form.unpack_from, form.size, heads_in, heads, values_in, [name for _, _, name, _ in rows]


class Answer:
    """What one node sends, from first frame to last.

    Frames go in with :meth:`feed`; records come out in portions with :meth:`take`, so that
    nothing is decoded that nobody asks for.

    Args:
        namespace: the query's.
        wall: gives seconds since the Unix epoch, for times to live.
        serializer: the client's.
    """

    __slots__ = (
        "_body", "_names", "_namespace", "_offset", "_plan", "_prefix", "_serializer", "_shape", "_steady",
        "_usual_set", "_wall",
        "clean", "code", "unavailable", "values", "words",
    )  # fmt: skip

    def __init__(self, namespace: str, wall: Callable[[], float], serializer: Serializer | None = None) -> None:
        self._namespace = namespace
        self._serializer = serializer
        self._prefix = field(Field.NAMESPACE, namespace.encode()) + _DIGEST_HEAD
        self._wall = wall
        self._body = b""
        self._offset = 0
        self._names: dict[str, str] = {}
        """Each name once, however many records have it."""
        self._shape: list[_Head] = []
        """Of each bin of the record before: its head, what :meth:`_learn` made of it."""
        self._plan = _NO_PLAN
        """How to read the bins of a record that looks like all those of the last portion."""
        self._steady = False
        """True if the last portion had no bin that the record before it had not, in the same place."""
        self._usual_set: tuple[bytes, int, str | None] = (b"", 0, None)
        """The SET field of the record before, its size, and the name in it."""
        self.values: list[int | None] = []
        """The index value of each record last taken; None for a scan."""
        self.unavailable: list[int] = []
        """Partitions that the node could not serve."""
        self.code: int | None = None
        """The result code that the answer ended with, None until then."""
        self.words: ServerWords = NO_WORDS
        self.clean = True
        """False if something follows the end, so that what comes next on the link is not to be trusted."""

    def feed(self, body: bytes) -> None:
        """The next frame."""
        self._body = body
        self._offset = 0

    @property
    def drained(self) -> bool:
        """True if everything in the frame has been taken, or the answer has ended."""
        return self.code is not None or self._offset >= len(self._body)

    def take(self, limit: int) -> list[Record]:
        """At most so many records of the frame; fewer only at its end.

        Raises:
            ProtocolError: the frame does not follow the protocol. What stands in front of the
                damage has been taken before.
            Unreadable: the serializer cannot read a bin of the next record, whose key it has.
        """
        found: list[Record] = []
        self.values = []
        try:
            self._read(found, self.values, limit)
        except (ProtocolError, Unreadable):
            if not found:
                raise
        return found

    def _read(self, found: list[Record], marks: list[int | None], limit: int) -> None:  # noqa: PLR0915  no call per bin
        body, offset = self._body, self._offset
        end = len(body)
        now = int(self._wall()) - CITRUSLEAF_EPOCH
        new = tuple.__new__
        prefix = self._prefix
        behind_prefix = len(prefix) + keys.DIGEST_SIZE
        namespace = self._namespace
        shape, plan = self._shape, self._plan
        same_set, set_size, usual_set = self._usual_set
        while offset < end and len(found) < limit:
            try:
                header_size, info3, code, generation, void_time, n_fields, n_ops = _unpack_header(body, offset)
                if info3 & _NO_RECORD or code:
                    offset = self._offset = self._note(body, offset)
                    if self.code is not None:
                        break
                    continue
                if header_size != MESSAGE_HEADER_SIZE:
                    msg = f"a message header claims {header_size} bytes, expected {MESSAGE_HEADER_SIZE}"
                    raise ProtocolError(msg)
                offset += MESSAGE_HEADER_SIZE
                digest = user_key = set_name = value = None
                if n_fields > 1 and body.startswith(prefix, offset):
                    offset += behind_prefix
                    digest = body[offset - keys.DIGEST_SIZE : offset]
                    n_fields -= 2
                    if n_fields and same_set and body.startswith(same_set, offset):
                        offset += set_size
                        set_name = usual_set
                        n_fields -= 1
                while n_fields:
                    n_fields -= 1
                    size, kind = _unpack_field(body, offset)
                    start, offset = offset + 5, offset + 4 + size
                    if size < 1 or offset > end:
                        msg = f"a field of a record claims {size} bytes, {end - start + 1} are there"
                        raise ProtocolError(msg)
                    data = body[start:offset]
                    if kind == Field.SET:
                        set_name = data.decode("utf-8", "surrogateescape") or None
                        same_set, set_size, usual_set = body[start - 5 : offset], size + 4, set_name
                    elif kind == Field.DIGEST:
                        digest = data
                    elif kind == Field.KEY:
                        user_key = keys.read_key_particle(memoryview(data))
                    elif kind == Field.BVAL_ARRAY and size == _BVAL_SIZE + 1:
                        value = int.from_bytes(data, "little", signed=True)
                if digest is None or len(digest) != keys.DIGEST_SIZE:
                    msg = "a record of a query has no digest"
                    raise ProtocolError(msg)
                bins: dict[str, Any] = {}
                if n_ops == plan.bins and (behind := plan.read(body, offset, bins)):
                    offset = behind
                    n_ops = 0
                for place in range(n_ops):
                    (size,) = _unpack_size(body, offset)
                    offset += 4
                    stop = offset + size
                    # Records of a query look much the same: the bin is most often the one that
                    # stood in this place in the record before.
                    if place < len(shape) and body.startswith(shape[place][0], offset):
                        _, width, name, reader = shape[place]
                    else:
                        width, name, reader = self._learn(place, body, offset)
                    start = offset + width
                    if stop > end or start > stop:
                        msg = f"a bin of a record claims {size} bytes, {end - offset} are there"
                        raise ProtocolError(msg)
                    if reader is None and stop - start == _INTEGER_SIZE:
                        (bins[name],) = _unpack_integer(body, start)
                    else:
                        bins[name] = (reader or _read_integer)(body[start:stop])
                    offset = stop
            except struct.error:
                msg = f"a message in a frame is cut off after {end - self._offset} bytes"
                raise ProtocolError(msg) from None
            ttl = max(1, void_time - now) if void_time else TTL_NEVER_EXPIRE
            key = new(Key, (namespace, set_name, user_key, digest))
            if self._serializer is not None:
                try:
                    bins = self._serializer.bins(bins)
                except Unreadable as unreadable:
                    unreadable.key = key
                    raise
            found.append(new(Record, (key, {"ttl": ttl, "gen": generation}, bins)))
            marks.append(value)
            self._offset = offset
        self._usual_set = (same_set, set_size, usual_set)
        if self._steady and plan is _NO_PLAN:
            self._plan = _Plan.of(shape)
        self._steady = True

    def _learn(self, place: int, body: bytes, offset: int) -> tuple[int, str, Callable[[bytes], Any] | None]:
        """Read the head of a bin, behind its size, and keep it for the next record.

        Returns:
            Bytes in front of the value, the name, and what reads the value; None for integers.
        """
        self._steady = False
        self._plan = _NO_PLAN
        _, particle, flags, name_size = _unpack_bin(body, offset)
        behind = offset + 4 + name_size
        name = body[offset + 4 : behind].decode("utf-8", "surrogateescape")
        name = self._names.setdefault(name, name)
        reader: Callable[[bytes], Any] | None
        reader = None if particle == _INTEGER else _READERS.get(particle) or functools.partial(RawParticle, particle)
        width = 4 + name_size + (8 if flags & 1 else 0)
        if behind > len(body):
            msg = f"the name of a bin claims {name_size} bytes, {len(body) - offset - 4} are there"
            raise ProtocolError(msg)
        if place < _SHAPE_LIMIT:
            row = (body[offset:behind], width, name, reader)
            if place < len(self._shape):
                self._shape[place] = row
            elif place == len(self._shape):
                self._shape.append(row)
        return width, name, reader

    def _note(self, body: bytes, offset: int) -> int:
        """Take in a message that is no record; the offset behind it.

        Raises:
            ProtocolError: it is cut off, or names a partition that does not exist.
        """
        message, behind = read_message(body, offset)
        header = message.header
        if header.info3 & Info3.PARTITION_DONE:
            if header.result:
                if header.generation >= keys.PARTITIONS:
                    msg = f"a partition {header.generation} is said to be unavailable; there are {keys.PARTITIONS}"
                    raise ProtocolError(msg)
                self.unavailable.append(header.generation)
            return behind
        # An unknown set has no records; that is an answer, not an error.
        self.code = 0 if header.result == ResultCode.RECORD_NOT_FOUND else header.result
        if self.code:
            self.words = error_details(message)
        self.clean = behind == len(body)
        return behind
