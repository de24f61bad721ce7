"""Batches (protocol section 4): many records of one node in one request."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, ClassVar, Final

import attrs

from aerospike_wire.errors import BatchContext, ProtocolError, RecordContext, ResultCode
from aerospike_wire.policy import BatchPolicy
from aerospike_wire.proto import keys
from aerospike_wire.proto.commands.base import Command, Features
from aerospike_wire.proto.commands.record import (
    bare_op,
    bins_of,
    info4_of,
    read_bins,
    read_flags,
    skip_fields,
    time_to_live,
)
from aerospike_wire.proto.fields import Field, field
from aerospike_wire.proto.header import MESSAGE, MESSAGE_HEADER_SIZE, FrameType, Info1, Info3, frame_header
from aerospike_wire.proto.invalid import InvalidArgument
from aerospike_wire.proto.message import OpCode
from aerospike_wire.types import Key, Record

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aerospike_wire.errors import Attempt
    from aerospike_wire.policy import Policies

_INDEX: Final = struct.Struct(">I")
_ROW_HEAD: Final = struct.Struct(">BBBBIHH")
_REPEAT: Final = 0x01
_INFO_AND_TTL: Final = 0x02 | 0x08

_INLINE: Final = 0x01
_INLINE_SSD: Final = 0x02
_RESPOND_ALL: Final = 0x04
_REPORT_STOP: Final = 0x08


@attrs.define(eq=False)
class Row:
    """One key of a batch, and what came back for it."""

    key: Key
    place: keys.Place
    code: int = ResultCode.NO_RESPONSE
    record: Record | None = None
    attempts: list[Attempt] = attrs.field(factory=list)
    """The tries that failed for this key."""


@attrs.define(eq=False)
class BatchRead(Command[None]):
    """Read many records. One instance holds all rows; :meth:`part` makes the request for one node."""

    keys: Any = ()
    bins: Any = None
    policy: Any = None

    operation: ClassVar[str] = "batch_read"
    exclusive: ClassVar[bool] = True
    rows: list[Row] = attrs.field(init=False, factory=list)
    _names: tuple[str, ...] | None = attrs.field(init=False, default=None)

    def prepare(self, policies: Policies) -> BatchPolicy:
        policy: BatchPolicy = policies.resolve(BatchPolicy, self.policy)
        self.policy = policy
        if not isinstance(self.keys, list | tuple):
            raise InvalidArgument("keys", f"must be a list of keys, not {type(self.keys).__name__}")
        self._names = None if self.bins is None else bins_of(self.bins)
        self.rows = []
        for number, key in enumerate(self.keys):
            try:
                self.rows.append(Row(*keys.resolve(key)))
            except InvalidArgument as invalid:
                raise InvalidArgument(f"keys[{number}]", str(invalid), invalid.code) from None
        return policy

    def part(self, indexes: Sequence[int]) -> BatchPart:
        """The request for some of the rows."""
        return BatchPart(self, tuple(indexes))

    def pack(self, indexes: Sequence[int], features: Features) -> bytes:
        """The frame that asks for some of the rows."""
        policy: BatchPolicy = self.policy
        info1, info3 = read_flags(policy)
        ops: list[bytes] = []
        if self._names is None:
            info1 |= Info1.READ | Info1.GET_ALL
        elif self._names:
            info1 |= Info1.READ
            ops = [bare_op(OpCode.READ, name.encode()) for name in self._names]
        else:
            info1 |= Info1.READ | Info1.GET_NO_BINS
        flags = _REPORT_STOP
        flags |= _INLINE if policy.allow_inline else 0
        flags |= _INLINE_SSD if policy.allow_inline_ssd else 0
        flags |= _RESPOND_ALL if policy.respond_all_keys else 0
        head = _ROW_HEAD.pack(_INFO_AND_TTL, info1, 0, info3, policy.read_touch_ttl_percent & 0xFFFF_FFFF, 2, len(ops))
        tail = b"".join(ops)
        parts = [_INDEX.pack(len(indexes)), bytes((flags,))]
        place: bytes | None = None
        for index in indexes:
            row = self.rows[index]
            parts += (_INDEX.pack(index), row.key.digest or b"")
            if row.place.fields == place:
                parts.append(bytes((_REPEAT,)))
            else:
                place = row.place.fields
                parts += (head, place, tail)
        fields = [field(Field.BATCH, b"".join(parts))]
        if policy.expressions is not None:
            fields.insert(0, field(Field.FILTER, policy.expressions))
        header = MESSAGE.pack(
            MESSAGE_HEADER_SIZE, Info1.BATCH, 0, 0, info4_of(policy, features), 0, 0, 0, policy.total_timeout,
            len(fields), 0,
        )  # fmt: skip
        body = b"".join((header, *fields))
        return frame_header(FrameType.MESSAGE, len(body)) + body

    def context(self) -> BatchContext:
        policy = self.policy if isinstance(self.policy, BatchPolicy) else None
        found = tuple(row.key for row in self.rows)
        return BatchContext(self.operation, policy, found, self._names or ())

    def row_context(self, row: Row) -> RecordContext:
        """The facts of one row, for its error."""
        policy = self.policy if isinstance(self.policy, BatchPolicy) else None
        return RecordContext(self.operation, policy, row.key, self._names or ())


@attrs.define(eq=False)
class BatchPart(Command[None]):
    """The rows of a batch that one node has."""

    batch: BatchRead
    indexes: tuple[int, ...]

    operation: ClassVar[str] = "batch_read"
    exclusive: ClassVar[bool] = True
    answered: bool = attrs.field(init=False, default=False)
    """True if any row was answered."""
    _bodies: list[bytes] = attrs.field(init=False, factory=list)

    def encode(self, features: Features) -> bytes:
        return self.batch.pack(self.indexes, features)

    def collector(self) -> Callable[[bytes], bool]:
        self._bodies = []
        return self._collect

    def _collect(self, body: bytes) -> bool:
        self._bodies.append(body)
        return any(info3 & Info3.LAST for info3 in _flags_of(body))

    def code(self, body: bytes) -> int:
        """The code in the message that ended the batch."""
        last = 0
        for offset in message_offsets(body):
            last = body[offset + 5]
        return last

    def decode(self, body: bytes, wall: Callable[[], float]) -> None:
        self.read_rows(wall)

    def read_rows(self, wall: Callable[[], float]) -> None:
        """Fill in the rows that were answered.

        Raises:
            ProtocolError: a row makes no sense, or is none that was asked for.
        """
        asked = frozenset(self.indexes)
        for body in self._bodies:
            for offset in message_offsets(body):
                head = MESSAGE.unpack_from(body, offset)
                info3, (code, generation, void_time, index, n_fields, n_ops) = head[3], head[5:]
                if info3 & Info3.LAST:
                    continue
                if index not in asked:
                    msg = f"a batch reply has row {index}, which was not asked for"
                    raise ProtocolError(msg)
                self.answered = True
                row = self.batch.rows[index]
                row.code = code
                if code == 0:
                    start = skip_fields_at(body, offset, n_fields)
                    meta = {"ttl": time_to_live(void_time, wall), "gen": generation}
                    row.record = Record(row.key, meta, read_bins(body, start, n_ops))


def skip_fields_at(body: bytes, offset: int, count: int) -> int:
    """The offset behind the fields of a message inside a frame.

    Raises:
        ProtocolError: a field is cut off.
    """
    return offset + skip_fields(body[offset:], count) if count else offset + MESSAGE_HEADER_SIZE


def message_offsets(body: bytes) -> list[int]:
    """Where the messages of a frame begin.

    Raises:
        ProtocolError: the frame does not end with a message.
    """
    found = []
    offset, end = 0, len(body)
    while offset < end:
        if end - offset < MESSAGE_HEADER_SIZE:
            msg = f"a message in a frame is cut off after {end - offset} bytes"
            raise ProtocolError(msg)
        found.append(offset)
        n_fields = int.from_bytes(body[offset + 18 : offset + 20], "big")
        n_ops = int.from_bytes(body[offset + 20 : offset + 22], "big")
        offset += MESSAGE_HEADER_SIZE
        for _ in range(n_fields + n_ops):
            if end - offset < 4:
                msg = "a message in a frame is cut off"
                raise ProtocolError(msg)
            size: int = _INDEX.unpack_from(body, offset)[0]
            offset += 4 + size
            if offset > end:
                msg = "a message in a frame claims more bytes than there are"
                raise ProtocolError(msg)
    return found


def _flags_of(body: bytes) -> list[int]:
    return [body[offset + 3] for offset in message_offsets(body)]
