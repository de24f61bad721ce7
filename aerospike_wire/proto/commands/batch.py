"""Batches (protocol section 4): many records of one node in one request."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final

import attrs

from aerospike_wire.errors import BatchContext, ProtocolError, RecordContext, ResultCode, UDFContext
from aerospike_wire.errors.udf import udf_hint
from aerospike_wire.policy import TTL_NEVER_EXPIRE, BatchPolicy
from aerospike_wire.proto import compression, keys, transaction
from aerospike_wire.proto.commands.base import (
    NO_WORDS,
    RESULT_OFFSET,
    Command,
    Features,
    ServerWords,
    error_details,
    in_doubt_code,
)
from aerospike_wire.proto.commands.bins import bare_op, bins_of, read_bins, skip_fields, time_to_live
from aerospike_wire.proto.commands.flags import info4_of, read_flags
from aerospike_wire.proto.commands.operate import suspects
from aerospike_wire.proto.commands.record import without_transaction
from aerospike_wire.proto.commands.udf import FAILURE
from aerospike_wire.proto.fields import Field, field
from aerospike_wire.proto.header import MESSAGE, MESSAGE_HEADER_SIZE, FrameType, Info1, Info2, Info3, frame_header
from aerospike_wire.proto.invalid import InvalidArgument, Unreadable
from aerospike_wire.proto.message import OpCode, read_message
from aerospike_wire.types import Key, Record

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aerospike_wire.errors import Attempt
    from aerospike_wire.policy import Policies, RecordPolicy
    from aerospike_wire.proto.commands.operate import Operation
    from aerospike_wire.serializer import Serializer

_INDEX: Final = struct.Struct(">I")
_COUNTS: Final = struct.Struct(">HH")
_TTL: Final = struct.Struct(">I")
_GENERATION: Final = struct.Struct(">H")

_REPEATED: Final = b"\x01"
_HAS_INFO: Final = 0x02
_HAS_GENERATION: Final = 0x04
_HAS_TTL: Final = 0x08
_HAS_INFO4: Final = 0x10

_INLINE: Final = 0x01
_INLINE_SSD: Final = 0x02
_RESPOND_ALL: Final = 0x04
_REPORT_STOP: Final = 0x08

_unpack_row: Final = struct.Struct(">3xBxBIIIHH").unpack_from
"""Of a message's header: info3, result code, generation, void time, index, number of fields, of operations."""
_unpack_counts: Final = struct.Struct(">18xHH").unpack_from
_unpack_size: Final = struct.Struct(">I").unpack_from
_new: Final = tuple.__new__

_WHOLE_BATCH_CODES: Final = frozenset({ResultCode.NOT_AUTHENTICATED, ResultCode.EXPIRED_SESSION})
"""Codes that no row can have: they end the batch even without the mark of the last message."""


@attrs.frozen(eq=False)
class RowRequest:
    """What is asked for a row, whatever its key. Rows that are asked the same share one."""

    info: tuple[int, int, int]
    """The three flag bytes."""
    ttl: int | None
    """Seconds, or percent for reads; None to leave it out."""
    generation: int | None = None
    """For rows that write."""
    filter: bytes | None = None
    """A filter expression of its own."""
    with_key: bool = False
    """Whether the user key is sent along."""
    fields: tuple[bytes, ...] = ()
    """Further fields."""
    ops: tuple[bytes, ...] = ()
    """Packed operations."""
    info4: int | None = None
    """The fourth flag byte; None to leave it out."""
    responds: bool = False
    """For reads by operations: whether a row alone asks for a result of each, as ``operate`` does."""

    def in_batch(self, row: Row) -> bytes:
        """All that follows a row's digest: flags, header, fields, operations (protocol section 4.1)."""
        key = row.key
        flags = _HAS_INFO | (0 if self.generation is None else _HAS_GENERATION)
        flags |= (0 if self.ttl is None else _HAS_TTL) | (0 if self.info4 is None else _HAS_INFO4)
        parts = [bytes((flags, *self.info))]
        if self.info4 is not None:
            parts.append(bytes((self.info4,)))
        if self.generation is not None:
            parts.append(_GENERATION.pack(self.generation & 0xFFFF))
        fields = self.fields
        if self.with_key and key.user_key is not None:
            fields = (field(Field.KEY, keys.key_particle(key.user_key)), *fields)
        if self.filter is not None:
            fields = (field(Field.FILTER, self.filter), *fields)
        fields = (*row.own, *fields)
        if self.ttl is not None:
            parts.append(_TTL.pack(self.ttl))
        parts += (_COUNTS.pack(2 + len(fields), len(self.ops)), row.place.fields, *fields, *self.ops)
        return b"".join(parts)

    def alone(self, row: Row, policy: BatchPolicy, features: Features, common: bytes | None) -> bytes:
        """The body of a message for this row alone, as for a command on one record (protocol section 2.7).

        Args:
            row: whose key it is.
            policy: of the batch.
            features: of the node.
            common: the filter expression of the batch, for rows that have none.
        """
        key = row.key
        info1, info2, info3 = self.info
        if info2 & Info2.DELETE:
            info2 &= ~Info2.RESPOND_ALL_OPS
        elif info2 & Info2.WRITE and self.ops:
            read1, read3 = read_flags(policy)
            info1, info3 = info1 | read1, info3 | read3
        if self.responds:
            info2 |= Info2.RESPOND_ALL_OPS
        if policy.compress and info1:
            info1 |= Info1.COMPRESS_RESPONSE
        fields = self.fields
        wanted = common if self.filter is None else self.filter
        if wanted is not None:
            fields = (field(Field.FILTER, wanted), *fields)
        if self.with_key and key.user_key is not None:
            fields = (field(Field.KEY, keys.key_particle(key.user_key)), *fields)
        own = row.own
        if policy.txn is not None and row.write and not policy.txn.journal.deadline:
            own = (*own, transaction.deadline_field(0))  # only rows of several leave it out
        fields = (*own, *fields)
        header = MESSAGE.pack(
            MESSAGE_HEADER_SIZE, info1, info2, info3, info4_of(policy, features) | (self.info4 or 0), 0,
            self.generation or 0, self.ttl or 0, policy.total_timeout, 3 + len(fields), len(self.ops),
        )  # fmt: skip
        return b"".join((header, row.place.fields, field(Field.DIGEST, key.digest or b""), *fields, *self.ops))


@attrs.define(eq=False)
class Row:
    """One key of a batch: what is asked for it, and what came back."""

    key: Key
    place: keys.Place
    request: RowRequest
    own: tuple[bytes, ...] = ()
    """Fields of its own: what its transaction says of it."""
    write: bool = False
    bins: tuple[str, ...] = ()
    operations: tuple[Operation, ...] = ()
    policy: RecordPolicy | None = None
    """That of a row of operations."""
    module: str | None = None
    """For rows that apply a function."""
    function: str | None = None
    code: int = ResultCode.NO_RESPONSE
    record: Record | None = None
    words: ServerWords = NO_WORDS
    """What the node said beside the code."""
    unreadable: Unreadable | None = None
    """Why a record that came cannot be given."""
    version: int | None = None
    """In a transaction: the record's version, where the node told it."""
    attempts: list[Attempt] = attrs.field(factory=list)
    """The tries that failed for this key."""


@attrs.define(eq=False)
class Batch(Command[None]):
    """Rows for many nodes. One instance holds all; :meth:`part` makes the request for one node."""

    policy: Any = attrs.field(default=None, kw_only=True)

    exclusive: ClassVar[bool] = True
    splits: ClassVar[bool] = True
    """Whether a row that is alone on its node goes out as a command on one record."""
    serializer: Serializer | None = attrs.field(init=False, default=None)
    """The client's, once the batch is prepared."""
    rows: list[Row] = attrs.field(init=False, factory=list)
    write: bool = attrs.field(init=False, default=False)  # type: ignore[misc]  # depends on the rows
    filter: bytes | None = attrs.field(init=False, default=None)
    """The filter expression of all rows that have none of their own."""

    def prepare(self, policies: Policies) -> BatchPolicy:
        policy: BatchPolicy = policies.resolve(BatchPolicy, self.policy)
        self.filter = policy.expressions
        self.serializer = policies.serializer
        self.rows = self.make_rows(policies, policy)
        self.write = any(row.write for row in self.rows)
        asked = isinstance(self.policy, BatchPolicy) or (
            isinstance(self.policy, Mapping) and "max_retries" in self.policy
        )
        if self.write and not asked:
            # Reads may be repeated at will; a batch that writes is not, unless asked to be.
            policy = attrs.evolve(policy, max_retries=0)
        self.policy = policy
        return policy

    def make_rows(self, policies: Policies, policy: BatchPolicy) -> list[Row]:
        """The rows, with all arguments checked.

        Raises:
            InvalidArgument: an argument is not acceptable.
        """
        raise NotImplementedError

    def part(self, indexes: Sequence[int]) -> BatchPart:
        """The request for some of the rows."""
        return BatchPart(self, tuple(indexes))

    def pack(self, indexes: Sequence[int], features: Features) -> bytes:
        """The frame that asks for some of the rows; for one row alone that of a command on one record."""
        policy: BatchPolicy = self.policy
        if self.splits and len(indexes) == 1:
            row = self.rows[indexes[0]]
            body = row.request.alone(row, policy, features, self.filter)
        else:
            body = self._body(indexes, policy, features)
        request = frame_header(FrameType.MESSAGE, len(body)) + body
        return compression.compressed(request, policy.compress_above) if policy.compress_above else request

    def _body(self, indexes: Sequence[int], policy: BatchPolicy, features: Features) -> bytes:
        flags = _REPORT_STOP
        flags |= _INLINE if policy.allow_inline else 0
        flags |= _INLINE_SSD if policy.allow_inline_ssd else 0
        flags |= _RESPOND_ALL if policy.respond_all_keys else 0
        parts = [_INDEX.pack(len(indexes)), bytes((flags,))]
        before: RowRequest | None = None
        place = b""
        own: tuple[bytes, ...] = ()
        for index in indexes:
            row = self.rows[index]
            request = row.request
            parts += (_INDEX.pack(index), row.key.digest or b"")
            if request is before and row.place.fields == place and row.own == own:
                parts.append(_REPEATED)
                continue
            parts.append(request.in_batch(row))
            place, own = row.place.fields, row.own
            # A row with a key of its own must not be followed by a repetition.
            before = None if request.with_key and row.key.user_key is not None else request
        fields = [field(Field.BATCH, b"".join(parts))]
        if self.filter is not None:
            fields.insert(0, field(Field.FILTER, self.filter))
        info1 = Info1.BATCH | (Info1.COMPRESS_RESPONSE if policy.compress else 0)
        header = MESSAGE.pack(
            MESSAGE_HEADER_SIZE, info1, 0, 0, info4_of(policy, features), 0, 0, 0, policy.total_timeout,
            len(fields), 0,
        )  # fmt: skip
        return b"".join((header, *fields))

    def _settled_policy(self) -> BatchPolicy | None:
        return self.policy if isinstance(self.policy, BatchPolicy) else None

    def context(self) -> BatchContext:
        bins = tuple(dict.fromkeys(name for row in self.rows for name in row.bins))
        policy, txn = without_transaction(self._settled_policy())
        return BatchContext(self.operation, policy, tuple(row.key for row in self.rows), bins, transaction=txn)

    def row_context(self, row: Row) -> RecordContext | UDFContext:
        """The facts of one row, for its error."""
        policy, txn = without_transaction(self._settled_policy())
        if row.module is not None:
            return UDFContext(self.operation, policy, row.module, row.function, row.key, transaction=txn)
        return RecordContext(self.operation, policy, row.key, row.bins, transaction=txn)


def member_fields(policy: BatchPolicy, key: Key, *, write: bool) -> tuple[bytes, ...]:
    """What a row carries because the batch is part of a transaction."""
    if policy.txn is None:
        return ()
    assert key.digest is not None
    return tuple(transaction.member_fields(policy.txn, key.digest, write=write, row=True))


def resolve_keys(given: Any) -> list[tuple[Key, keys.Place]]:
    """A list of keys, each checked.

    Raises:
        InvalidArgument: it is not a list, or a key is not acceptable; the error names its place.
    """
    if not isinstance(given, list | tuple):
        raise InvalidArgument("keys", f"must be a list of keys, not {type(given).__name__}")
    found = []
    for number, key in enumerate(given):
        try:
            found.append(keys.resolve(key))
        except InvalidArgument as invalid:
            raise InvalidArgument(f"keys[{number}]", str(invalid), invalid.code) from None
    return found


@attrs.define(eq=False)
class BatchRead(Batch):
    """Read many records, all in the same way."""

    keys: Any = ()
    bins: Any = None

    operation: ClassVar[str] = "batch_read"

    def make_rows(self, policies: Policies, policy: BatchPolicy) -> list[Row]:
        found = resolve_keys(self.keys)
        names = () if self.bins is None else bins_of(self.bins)
        info1, info3 = read_flags(policy)
        ops: list[bytes] = []
        if self.bins is None:
            info1 |= Info1.READ | Info1.GET_ALL
        elif names:
            info1 |= Info1.READ
            ops = [bare_op(OpCode.READ, name.encode()) for name in names]
        else:
            info1 |= Info1.READ | Info1.GET_NO_BINS
        ttl = policy.read_touch_ttl_percent & 0xFFFF_FFFF
        request = RowRequest((info1, 0, info3), ttl, ops=tuple(ops))
        return [Row(key, place, request, member_fields(policy, key, write=False), bins=names) for key, place in found]


@attrs.define(eq=False)
class BatchPart(Command[None]):
    """The rows of a batch that one node has."""

    batch: Batch
    indexes: tuple[int, ...]

    operation: ClassVar[str] = "batch"
    exclusive: ClassVar[bool] = True
    write: bool = attrs.field(init=False)  # type: ignore[misc]  # depends on the rows
    answered: bool = attrs.field(init=False, default=False)
    """True if any row was answered."""
    _compressed: bool = attrs.field(init=False, default=False)
    """True if the request went out compressed."""
    _frames: list[tuple[bytes, list[int]]] = attrs.field(init=False, factory=list)
    """The answer so far: frames, each with the places where its messages begin."""

    @write.default
    def _any_row_writes(self) -> bool:
        return any(self.batch.rows[index].write for index in self.indexes)

    @property
    def alone(self) -> bool:
        """Whether it is one row, which goes out as a command on one record."""
        return self.batch.splits and len(self.indexes) == 1

    def encode(self, features: Features) -> bytes:
        request = self.batch.pack(self.indexes, features)
        self._compressed = request[1] == FrameType.COMPRESSED
        return request

    def collector(self) -> Callable[[bytes], bool] | None:
        self._frames = []
        return None if self.alone else self._collect

    def _collect(self, body: bytes) -> bool:
        offsets = message_offsets(body)
        if not self._frames and offsets and self._cannot_inflate(body[RESULT_OFFSET]):
            return True
        self._frames.append((body, offsets))
        return any(
            body[offset + 3] & Info3.LAST or body[offset + RESULT_OFFSET] in _WHOLE_BATCH_CODES for offset in offsets
        )

    def _offsets(self, body: bytes) -> list[int]:
        """Where the messages of a frame begin, which is known of the one that came last.

        Raises:
            ProtocolError: as for :func:`message_offsets`.
        """
        if self._frames and self._frames[-1][0] is body:
            return self._frames[-1][1]
        return message_offsets(body)

    def _cannot_inflate(self, code: int) -> bool:
        """Whether the code of the first message is a Community node's "no" to the compressed frame.

        Such a node has not read the batch, so it answers as if to a single record, without the
        mark of the last message. No row of a node that can inflate has this code.
        """
        return self._compressed and code == ResultCode.ENTERPRISE_ONLY

    def code(self, body: bytes) -> int:
        """The code in the message that ended the batch."""
        offsets = self._offsets(body)
        last = body[offsets[-1] + RESULT_OFFSET] if offsets else 0
        if self.alone and last not in _WHOLE_BATCH_CODES and not self._cannot_inflate(last):
            return 0  # the code is the row's
        return last

    def refused(self, body: bytes) -> bool:
        """True if every row that writes was refused, by itself or with the whole batch."""
        open_rows = {index for index in self.indexes if self.batch.rows[index].write}
        only = self.indexes[0] if self.alone else None
        try:
            for frame, offsets in self._frames or [(body, message_offsets(body))]:
                for offset in offsets:
                    head = MESSAGE.unpack_from(frame, offset)
                    info3, code, index = head[3], head[5], head[8] if only is None else only
                    refusal = code != 0 and not in_doubt_code(code)
                    if info3 & Info3.LAST or code in _WHOLE_BATCH_CODES or self._cannot_inflate(code):
                        return refusal or not open_rows
                    if not refusal and self.batch.rows[index].write:
                        return False
                    open_rows.discard(index)
        except (ProtocolError, IndexError):  # an answer that makes no sense
            return False
        return not open_rows

    def decode(self, body: bytes, wall: Callable[[], float]) -> None:
        if self.alone:
            self._frames = [(body, message_offsets(body))]
        self.read_rows(wall)

    def read_rows(self, wall: Callable[[], float]) -> None:
        """Fill in the rows that were answered.

        Raises:
            ProtocolError: a row makes no sense, or is none that was asked for.
        """
        asked = frozenset(self.indexes)
        serializer = self.batch.serializer
        only = self.indexes[0] if self.alone else None
        with_versions = getattr(self.batch.policy, "txn", None) is not None
        for body, offsets in self._frames:
            for offset in offsets:
                info3, code, generation, void_time, index, n_fields, n_ops = _unpack_row(body, offset)
                if info3 & Info3.LAST or code in _WHOLE_BATCH_CODES:
                    continue
                if only is not None:
                    index = only
                elif index not in asked:
                    msg = f"a batch reply has row {index}, which was not asked for"
                    raise ProtocolError(msg)
                self.answered = True
                row = self.batch.rows[index]
                row.code = code
                if with_versions:
                    row.version = transaction.read_version(body, offset)
                if code == 0:
                    start = skip_fields(body, n_fields, offset) if n_fields else offset + MESSAGE_HEADER_SIZE
                    ttl = time_to_live(void_time, wall) if void_time else TTL_NEVER_EXPIRE
                    bins = read_bins(body, start, n_ops)
                    if serializer is not None:
                        try:
                            bins = serializer.bins(bins)
                        except Unreadable as unreadable:
                            row.code, row.unreadable = ResultCode.CLIENT, unreadable
                            continue
                    row.record = _new(Record, (row.key, {"ttl": ttl, "gen": generation}, bins))
                else:
                    row.words = _words(body, offset)
                    if row.operations and row.policy is not None:
                        filter = row.request.filter if self.batch.filter is None else self.batch.filter
                        found = suspects(code, row.operations, row.policy, filter)
                        row.words = row.words._replace(operations=found) if found else row.words


def _words(body: bytes, offset: int) -> ServerWords:
    """What a failing row says beside its code: details, or the text of a function that failed."""
    message, _ = read_message(body, offset)
    words = error_details(message)
    text = next((op.value() for op in message.ops if op.name == FAILURE), None)
    return words._replace(message=text, hint=udf_hint(text)) if isinstance(text, str) else words


def message_offsets(body: bytes) -> list[int]:
    """Where the messages of a frame begin.

    Raises:
        ProtocolError: the frame does not end with a message.
    """
    found = []
    offset, end = 0, len(body)
    while offset < end:
        begin = offset
        try:
            n_fields, n_ops = _unpack_counts(body, offset)
            offset += MESSAGE_HEADER_SIZE
            for _ in range(n_fields + n_ops):
                offset += 4 + _unpack_size(body, offset)[0]
        except struct.error:
            msg = f"a message in a frame is cut off after {end - begin} bytes"
            raise ProtocolError(msg) from None
        if offset > end:
            msg = f"a message in a frame claims {offset - begin} bytes, {end - begin} are there"
            raise ProtocolError(msg)
        found.append(begin)
    return found
