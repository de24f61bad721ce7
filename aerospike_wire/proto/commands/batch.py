"""Batches (protocol section 4): many records of one node in one request."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final

import attrs

from aerospike_wire.errors import BatchContext, ProtocolError, RecordContext, ResultCode, UDFContext
from aerospike_wire.errors.udf import udf_hint
from aerospike_wire.policy import BatchPolicy
from aerospike_wire.proto import compression, keys, transaction
from aerospike_wire.proto.commands.base import (
    NO_WORDS,
    RESULT_OFFSET,
    Command,
    Features,
    ServerWords,
    error_details,
)
from aerospike_wire.proto.commands.record import (
    bare_op,
    bins_of,
    info4_of,
    read_bins,
    read_flags,
    skip_fields,
    time_to_live,
    without_transaction,
)
from aerospike_wire.proto.commands.udf import FAILURE
from aerospike_wire.proto.fields import Field, field
from aerospike_wire.proto.header import MESSAGE, MESSAGE_HEADER_SIZE, FrameType, Info1, Info3, frame_header
from aerospike_wire.proto.invalid import InvalidArgument
from aerospike_wire.proto.message import OpCode, read_message
from aerospike_wire.types import Key, Record

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aerospike_wire.errors import Attempt
    from aerospike_wire.policy import Policies

_INDEX: Final = struct.Struct(">I")
_COUNTS: Final = struct.Struct(">HH")
_TTL: Final = struct.Struct(">I")
_GENERATION: Final = struct.Struct(">H")

_REPEAT: Final = 0x01
_HAS_INFO: Final = 0x02
_HAS_GENERATION: Final = 0x04
_HAS_TTL: Final = 0x08
_HAS_INFO4: Final = 0x10

_INLINE: Final = 0x01
_INLINE_SSD: Final = 0x02
_RESPOND_ALL: Final = 0x04
_REPORT_STOP: Final = 0x08

_WHOLE_BATCH_CODES: Final = frozenset({ResultCode.NOT_AUTHENTICATED, ResultCode.EXPIRED_SESSION})
"""Codes that no row can have: they end the batch even without the mark of the last message."""


@attrs.define(eq=False)
class Row:
    """One key of a batch: what is asked for it, and what came back."""

    key: Key
    place: keys.Place
    request: bytes = b""
    """All that follows the digest: flags, header, fields, operations (protocol section 4.1)."""
    write: bool = False
    bins: tuple[str, ...] = ()
    module: str | None = None
    """For rows that apply a function."""
    function: str | None = None
    repeatable: bool = True
    """False if the row carries its own key, which servers take as a mark against repetition."""
    code: int = ResultCode.NO_RESPONSE
    record: Record | None = None
    words: ServerWords = NO_WORDS
    """What the node said beside the code."""
    version: int | None = None
    """In a transaction: the record's version, where the node told it."""
    attempts: list[Attempt] = attrs.field(factory=list)
    """The tries that failed for this key."""


def row_request(
    place: keys.Place,
    info: tuple[int, int, int],
    ttl: int | None,
    *,
    info4: int | None = None,
    generation: int | None = None,
    fields: Sequence[bytes] = (),
    ops: Sequence[bytes] = (),
) -> bytes:
    """What a row asks, from its flags on.

    Args:
        place: namespace and set, which are the first two fields.
        info: the three flag bytes.
        ttl: seconds, or percent for reads; None to leave it out.
        info4: the fourth flag byte; None to leave it out.
        generation: for rows that write.
        fields: further fields.
        ops: packed operations.
    """
    flags = _HAS_INFO | (0 if generation is None else _HAS_GENERATION)
    flags |= (0 if ttl is None else _HAS_TTL) | (0 if info4 is None else _HAS_INFO4)
    return b"".join(
        (
            bytes((flags, *info)),
            b"" if info4 is None else bytes((info4,)),
            b"" if generation is None else _GENERATION.pack(generation & 0xFFFF),
            b"" if ttl is None else _TTL.pack(ttl),
            _COUNTS.pack(2 + len(fields), len(ops)),
            place.fields,
            *fields,
            *ops,
        )
    )


@attrs.define(eq=False)
class Batch(Command[None]):
    """Rows for many nodes. One instance holds all; :meth:`part` makes the request for one node."""

    policy: Any = attrs.field(default=None, kw_only=True)

    exclusive: ClassVar[bool] = True
    rows: list[Row] = attrs.field(init=False, factory=list)
    write: bool = attrs.field(init=False, default=False)  # type: ignore[misc]  # depends on the rows

    def prepare(self, policies: Policies) -> BatchPolicy:
        policy: BatchPolicy = policies.resolve(BatchPolicy, self.policy)
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
        """The frame that asks for some of the rows."""
        policy: BatchPolicy = self.policy
        flags = _REPORT_STOP
        flags |= _INLINE if policy.allow_inline else 0
        flags |= _INLINE_SSD if policy.allow_inline_ssd else 0
        flags |= _RESPOND_ALL if policy.respond_all_keys else 0
        parts = [_INDEX.pack(len(indexes)), bytes((flags,))]
        before: bytes | None = None
        for index in indexes:
            row = self.rows[index]
            parts += (_INDEX.pack(index), row.key.digest or b"")
            if row.request == before:
                parts.append(bytes((_REPEAT,)))
            else:
                parts.append(row.request)
            before = row.request if row.repeatable else None
        fields = [field(Field.BATCH, b"".join(parts))]
        if policy.expressions is not None:
            fields.insert(0, field(Field.FILTER, policy.expressions))
        info1 = Info1.BATCH | (Info1.COMPRESS_RESPONSE if policy.compress else 0)
        header = MESSAGE.pack(
            MESSAGE_HEADER_SIZE, info1, 0, 0, info4_of(policy, features), 0, 0, 0, policy.total_timeout,
            len(fields), 0,
        )  # fmt: skip
        body = b"".join((header, *fields))
        request = frame_header(FrameType.MESSAGE, len(body)) + body
        return compression.compressed(request, policy.compress_above) if policy.compress_above else request

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


def member_fields(policy: BatchPolicy, key: Key, *, write: bool) -> list[bytes]:
    """What a row carries because the batch is part of a transaction."""
    if policy.txn is None:
        return []
    assert key.digest is not None
    return transaction.member_fields(policy.txn, key.digest, write=write, row=True)


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
        return [
            Row(
                key,
                at,
                row_request(at, (info1, 0, info3), ttl, fields=member_fields(policy, key, write=False), ops=ops),
                bins=names,
            )
            for key, at in found
        ]


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
    _bodies: list[bytes] = attrs.field(init=False, factory=list)

    @write.default
    def _any_row_writes(self) -> bool:
        return any(self.batch.rows[index].write for index in self.indexes)

    def encode(self, features: Features) -> bytes:
        return self.batch.pack(self.indexes, features)

    def collector(self) -> Callable[[bytes], bool]:
        self._bodies = []
        return self._collect

    def _collect(self, body: bytes) -> bool:
        self._bodies.append(body)
        return any(
            body[offset + 3] & Info3.LAST or body[offset + RESULT_OFFSET] in _WHOLE_BATCH_CODES
            for offset in message_offsets(body)
        )

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
        with_versions = getattr(self.batch.policy, "txn", None) is not None
        for body in self._bodies:
            for offset in message_offsets(body):
                head = MESSAGE.unpack_from(body, offset)
                info3, (code, generation, void_time, index, n_fields, n_ops) = head[3], head[5:]
                if info3 & Info3.LAST or code in _WHOLE_BATCH_CODES:
                    continue
                if index not in asked:
                    msg = f"a batch reply has row {index}, which was not asked for"
                    raise ProtocolError(msg)
                self.answered = True
                row = self.batch.rows[index]
                row.code = code
                if with_versions:
                    row.version = transaction.read_version(body, offset)
                if code == 0:
                    start = skip_fields_at(body, offset, n_fields)
                    meta = {"ttl": time_to_live(void_time, wall), "gen": generation}
                    row.record = Record(row.key, meta, read_bins(body, start, n_ops))
                else:
                    row.words = _words(body, offset)


def _words(body: bytes, offset: int) -> ServerWords:
    """What a failing row says beside its code: details, or the text of a function that failed."""
    message, _ = read_message(body, offset)
    words = error_details(message)
    text = next((op.value() for op in message.ops if op.name == FAILURE), None)
    return words._replace(message=text, hint=udf_hint(text)) if isinstance(text, str) else words


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
