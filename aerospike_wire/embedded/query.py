"""Scans and queries that return records (protocol section 5)."""

from __future__ import annotations

import bisect
import concurrent.futures
import functools
import struct
import time
from typing import TYPE_CHECKING, Any, Final

import attrs

from aerospike_wire.embedded import computed, filters, index_values, jobs, operations, ranges, records, turns
from aerospike_wire.embedded.refusal import Refusal
from aerospike_wire.errors.codes import ResultCode
from aerospike_wire.proto.fields import Field, field
from aerospike_wire.proto.header import (
    FRAME_HEADER_SIZE,
    MESSAGE,
    MESSAGE_HEADER_SIZE,
    FrameType,
    Info1,
    Info2,
    Info3,
    frame,
)
from aerospike_wire.proto.keys import DIGEST_SIZE, PARTITIONS, partition_id
from aerospike_wire.proto.values import MAX_BIN_NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from aerospike_wire.embedded.jobs import Job
    from aerospike_wire.embedded.node import Node, Session
    from aerospike_wire.embedded.store import Namespace, StoredRecord
    from aerospike_wire.proto.message import Message

    Frames = Iterator[bytes | turns.Turn]

CHUNK: Final = 1024 * 1024
"""Bytes after which a frame is sent."""
STEP: Final = 200
"""Records that are looked at before others have their turn."""
SHORT_MILLISECONDS: Final = 1000
"""Time of a short query that sets none."""

_PIDS: Final = struct.Struct("<H")
_BVAL: Final = struct.Struct("<q")
_COUNT: Final = struct.Struct(">Q")
_DIGEST_HEAD: Final = field(Field.DIGEST, bytes(DIGEST_SIZE))[:-DIGEST_SIZE]
_BVAL_HEAD: Final = field(Field.BVAL_ARRAY, bytes(8))[:-8]
_MASK: Final = 0xFFFF_FFFF_FFFF_FFFF
_FIN_SIZE: Final = FRAME_HEADER_SIZE + MESSAGE_HEADER_SIZE


@attrs.frozen
class Resume:
    """Where a partition was left: behind a record, and for index queries behind its value."""

    digest: bytes
    value: int = 0


@attrs.frozen
class Query:
    """A query taken apart and checked."""

    namespace: Namespace
    message: Message
    set: bytes
    partitions: dict[int, Resume | None]
    """Which partitions to visit, and behind which record to go on."""
    range: ranges.Range | None
    limit: int
    """Records to return; 0 for all."""
    unavailable: list[int]
    """Partitions that were asked for, but are not served here."""
    deadline: float | None
    """When a short query gives up, on the monotonic clock."""
    job: Job


class Stream:
    """The reply to a query: frames, and what to wait for between them.

    The connection that sends them takes one after the other, and tells when it is gone or
    when its client no longer takes what it asked for.
    """

    def __init__(self, frames: Frames, job: Job) -> None:
        self._frames = frames
        self._job = job

    @property
    def stall(self) -> float:
        """Seconds that the client may leave data untaken; 0 for any time."""
        return self._job.socket_timeout / 1000

    def __iter__(self) -> Frames:
        """The frames."""
        return self

    def __next__(self) -> bytes | turns.Turn:
        """The next frame, or what to wait for."""
        return next(self._frames)

    def then(self, function: Callable[[bytes], bytes]) -> Stream:
        """The same with something done to each frame."""
        frames = (function(item) if isinstance(item, bytes) else item for item in self._frames)
        return Stream(frames, self._job)

    def whole(self) -> bytes:
        """All frames at once, for whoever cannot wait."""
        parts = []
        for item in self._frames:
            if isinstance(item, bytes):
                parts.append(item)
            elif isinstance(item, turns.Until):
                concurrent.futures.wait([item.future])
        return b"".join(parts)

    def abandon(self, *, slow: bool = False) -> None:
        """The client is gone, or too slow."""
        if self._job.finished is None and not self._job.abandoned:
            self._job.abandoned = jobs.RESPONSE_TIMEOUT if slow else jobs.RESPONSE_ERROR
        close = getattr(self._frames, "close", None)
        if close is not None:
            close()


def handle(node: Node, message: Message, session: Session) -> bytes | Stream:
    """Answer a scan or query.

    Returns:
        The frames of the reply, or the one that refuses it.
    """
    try:
        query = _checked(node, message, session)
        short = query.deadline is not None
        if short:
            node.jobs.check_room()
        else:
            node.jobs.start(query.job)
    except Refusal as refused:
        return refusal(refused.code)
    return Stream(_finishing(node, query), query.job)


def refusal(code: int) -> bytes:
    """The frame that refuses a query: no end of a stream, for there is none."""
    return frame(FrameType.MESSAGE, records.reply(code))


# Checking, in the order of a server


def _checked(node: Node, message: Message, session: Session) -> Query:
    namespace = records.namespace_of(node, message)
    header, fields = message.header, message.fields
    if not header.info3 & Info3.PARTITION_DONE:
        raise Refusal(ResultCode.UNSUPPORTED_FEATURE, "query by a client that knows no partitions")
    short = bool(header.info1 & Info1.SHORT_QUERY)
    set_name = ranges.set_of(message)
    partitions = _partitions(message)
    wanted = ranges.wanted_index(message)
    rate = ranges.rate_of(message, short=short)
    if partitions is None:
        raise Refusal(ResultCode.UNSUPPORTED_FEATURE, "query that names no partitions")
    found = ranges.index_range(node, namespace, wanted, set_name)
    index = None if found is None else found.index.name
    job = jobs.of_message(node.jobs, message, session, "basic", index=index, rate=rate)
    job.partitions = len(partitions)
    job.resumed = sum(resume is not None for resume in partitions.values())
    unavailable = [pid for pid in partitions if not node.place.serves(namespace.name, pid)]
    for pid in unavailable:
        del partitions[pid]
    limit = fields.get(Field.MAX_RECORDS, bytes(8))
    if len(limit) != _COUNT.size:
        raise Refusal(ResultCode.INVALID_REQUEST, "limit of an impossible size")
    if not header.info1 & Info1.GET_NO_BINS:
        _check_reads(message)
    ranges.check_filter(message)
    deadline = None
    if short:
        deadline = time.monotonic() + (header.transaction_ttl or SHORT_MILLISECONDS) / 1000
    return Query(namespace, message, set_name, partitions, found, _COUNT.unpack(limit)[0], unavailable, deadline, job)


def _check_reads(message: Message) -> None:
    for op in message.ops:
        if len(op.name) > MAX_BIN_NAME or 0 in op.name or op.code not in operations.READ_OPS:
            raise Refusal(ResultCode.INVALID_REQUEST, f"operation {op.code} in a query")


def _partitions(message: Message) -> dict[int, Resume | None] | None:
    fields = message.fields
    indexed = Field.INDEX_RANGE in fields
    if Field.PID_ARRAY not in fields and Field.DIGEST_ARRAY not in fields:
        return None
    wanted: dict[int, Resume | None] = {}
    if Field.PID_ARRAY in fields:
        for pid in _array(fields[Field.PID_ARRAY], _PIDS):
            if pid in wanted or pid >= PARTITIONS:
                raise Refusal(ResultCode.INVALID_REQUEST, f"partition {pid} named twice or not there")
            wanted[pid] = None
    if Field.DIGEST_ARRAY not in fields:
        if Field.BVAL_ARRAY in fields:
            raise Refusal(ResultCode.INVALID_REQUEST, "index values without digests")
        return wanted
    digests = fields[Field.DIGEST_ARRAY]
    count = len(digests) // DIGEST_SIZE
    if not 0 < count <= PARTITIONS:
        raise Refusal(ResultCode.INVALID_REQUEST, "no digests, or too many")
    values: Sequence[int] = ()
    if indexed:
        data = fields.get(Field.BVAL_ARRAY)
        if data is None or len(data) // _BVAL.size != count:
            raise Refusal(ResultCode.INVALID_REQUEST, "digests and index values of different number")
        values = [value for (value,) in _BVAL.iter_unpack(data[: count * _BVAL.size])]
    for place in range(count):
        digest = digests[place * DIGEST_SIZE : (place + 1) * DIGEST_SIZE]
        pid = partition_id(digest)
        if pid in wanted:
            raise Refusal(ResultCode.INVALID_REQUEST, f"partition {pid} named twice")
        wanted[pid] = Resume(digest, values[place] if indexed else 0)
    return wanted


def _array(data: bytes, form: struct.Struct) -> Iterator[Any]:
    count = len(data) // form.size
    if not 0 < count <= PARTITIONS:
        raise Refusal(ResultCode.INVALID_REQUEST, "no partitions, or too many")
    return (item for (item,) in form.iter_unpack(data[: count * form.size]))


# Walking


def _finishing(node: Node, query: Query) -> Frames:
    """The frames, and the end of the job however it comes."""
    try:
        yield from _stream(node, query)
    finally:
        if query.deadline is None:
            node.jobs.finish(query.job)


def _stream(node: Node, query: Query) -> Frames:
    job, parts, size, sent = query.job, [], FRAME_HEADER_SIZE, 0
    pack = _Writer(node, query).pack
    for visit in _walk(node, query):
        if isinstance(visit, turns.Delay):
            yield visit
            continue
        if job.abandoned:
            break
        packed = pack(*visit)
        if packed is None:
            continue
        if packed:
            parts.append(packed)
            size += len(packed)
        sent += 1
        if sent == query.limit:
            break
        if job.rate:
            pause = job.pause()
            if pause:
                yield turns.Delay(pause)
        if size > CHUNK:
            yield _framed(job, parts)
            parts, size = [], FRAME_HEADER_SIZE
    # What was given away while it was read may have been read in part only.
    lost = [pid for pid in query.partitions if not node.place.serves(query.namespace.name, pid)]
    parts += [_unavailable(pid) for pid in (*query.unavailable, *lost)]
    end = records.reply(job.abandoned, info3=Info3.LAST)
    if query.deadline is not None:
        yield _framed(job, [*parts, end])
        return
    if parts:
        yield _framed(job, parts)
    yield _framed(job, [end])


def _framed(job: Job, parts: list[bytes]) -> bytes:
    made = frame(FrameType.MESSAGE, b"".join(parts))
    job.bytes += len(made)
    return made


def _unavailable(pid: int) -> bytes:
    """The message that tells of a partition that could not be read to its end (protocol section 5.3)."""
    code = ResultCode.CLUSTER
    return MESSAGE.pack(MESSAGE_HEADER_SIZE, 0, 0, Info3.PARTITION_DONE, 0, code, pid, 0, 0, 0, 0)


def _walk(node: Node, query: Query) -> Iterator[tuple[StoredRecord, int | None] | turns.Delay]:
    """The records to visit with their index values, and now and then a turn for others.

    Within a partition scans go down the digests, index queries up the values: resuming relies
    on it. Records that come or go meanwhile are seen or not, as on a server.
    """
    find, seen = query.namespace.find, 0
    now = node.clock.seconds()
    for pid in sorted(query.partitions):
        query.job.partition = pid
        if query.deadline is not None and time.monotonic() > query.deadline:
            query.job.abandoned = int(ResultCode.TIMEOUT)
        if query.job.abandoned:
            return
        for digest, value in _visits(query, pid):
            seen += 1
            if not seen % STEP:
                yield turns.NEXT
                now = node.clock.seconds()
            record = find(digest, now)
            if record is not None and (not query.set or record.set == query.set):
                yield record, value


def _visits(query: Query, pid: int) -> Iterator[tuple[bytes, int | None]]:
    resume = query.partitions[pid]
    if query.range is None:
        digests = query.namespace.records.ordered(pid)
        start = 0
        if resume is not None:
            start = bisect.bisect_right(digests, _descending(resume.digest), key=_descending)
        for digest in digests[start:] if start else digests:
            yield digest, None
        return
    after = None
    if resume is not None:
        value = resume.value & _MASK if query.range.contents.unsigned else resume.value
        after = value, resume.digest
    for found, digest in query.range.entries(pid, after):
        yield digest, found


def _descending(digest: bytes) -> int:
    return -int.from_bytes(digest, "big")


class _Writer:
    """Packs the records of one query. What is the same for all of them is made once."""

    def __init__(self, node: Node, query: Query) -> None:
        message = query.message
        self._query = query
        self._milliseconds = node.clock.milliseconds
        self._job = query.job
        self._range = query.range
        self._filter = message.fields.get(Field.FILTER)
        self._info1 = int(message.header.info1 & Info1.GET_NO_BINS)
        self._selects = bool(message.ops) and not self._info1
        self._all = bool(message.header.info2 & Info2.RESPOND_ALL_OPS)
        self._namespace = field(Field.NAMESPACE, query.namespace.name.encode())
        self._sets: dict[bytes, bytes] = {b"": b""}

    def pack(self, record: StoredRecord, value: int | None) -> bytes | None:
        """The message of a record; empty if it has nothing to show or fails, None if it is filtered out.

        What is empty counts against the limit of the query.
        """
        now = self._milliseconds() if self._filter is not None or self._selects or self._range is not None else 0
        if self._filter is not None and not filters.matches(self._filter, self._query.namespace, record, now):
            if ranges.about_metadata(self._filter):
                self._job.filtered_meta += 1
            else:
                self._job.filtered_bins += 1
            return None
        if self._range is not None and not self._range.matches(record, now):
            return None
        ops: list[bytes] = []
        if self._selects:
            compute = functools.partial(computed.run, record, now)
            try:
                ops = records.read_bins(record.bins, self._query.message, compute=compute)
            except Refusal:
                self._job.failed += 1
                return b""
        elif not self._info1:
            ops = records.all_bins(record.bins)
        self._job.succeeded += 1
        if self._selects and not ops and not self._all:
            return b""
        parts = [self._namespace, _DIGEST_HEAD, record.digest, self._set(record.set)]
        count = 3 if record.set else 2
        if record.key is not None:
            parts.append(field(Field.KEY, record.key))
            count += 1
        if value is not None:
            parts.append(_BVAL_HEAD)
            parts.append(_BVAL.pack(index_values.signed(value)))
            count += 1
        head = MESSAGE.pack(
            MESSAGE_HEADER_SIZE, self._info1, 0, 0, 0, 0, record.generation, record.void_time, 0, count, len(ops)
        )
        return b"".join((head, *parts, *ops))

    def _set(self, name: bytes) -> bytes:
        packed = self._sets.get(name)
        if packed is None:
            packed = self._sets[name] = field(Field.SET, name)
        return packed
