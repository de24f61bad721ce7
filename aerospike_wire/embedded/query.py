"""Scans and queries that return records (protocol section 5)."""

from __future__ import annotations

import functools
import struct
import time
from typing import TYPE_CHECKING, Final

import attrs

from aerospike_wire.embedded import computed, filters, operations, ranges, records
from aerospike_wire.embedded.refusal import Refusal
from aerospike_wire.errors.codes import ResultCode
from aerospike_wire.proto.fields import Field, field
from aerospike_wire.proto.header import (
    FRAME_HEADER_SIZE,
    MESSAGE,
    MESSAGE_HEADER_SIZE,
    FrameType,
    Info1,
    Info3,
    frame,
)
from aerospike_wire.proto.keys import DIGEST_SIZE, PARTITIONS, partition_id
from aerospike_wire.proto.message import OpCode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aerospike_wire.embedded.node import Node
    from aerospike_wire.embedded.store import Namespace
    from aerospike_wire.proto.message import Message

CHUNK: Final = 1024 * 1024
"""Bytes after which a frame is sent."""
SHORT_MILLISECONDS: Final = 1000
"""Time of a short query that sets none."""

_PIDS: Final = struct.Struct("<H")
_BVAL: Final = struct.Struct("<q")
_COUNT: Final = struct.Struct(">Q")


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


def handle(node: Node, message: Message) -> Iterator[bytes]:
    """Answer a scan or query.

    Yields:
        The frames of the reply.
    """
    try:
        query = _checked(node, message)
    except Refusal as refused:
        yield refusal(refused.code)
        return
    yield from _stream(node, query)


def refusal(code: int) -> bytes:
    """The frame that refuses a query: no end of a stream, for there is none."""
    return frame(FrameType.MESSAGE, records.reply(code))


# Checking


def _checked(node: Node, message: Message) -> Query:
    namespace = records.namespace_of(node, message)
    header, fields = message.header, message.fields
    set_name = ranges.set_of(message)
    if not header.info3 & Info3.PARTITION_DONE:
        raise Refusal(ResultCode.UNSUPPORTED_FEATURE, "query by a client that knows no partitions")
    found = ranges.index_range(node, namespace, message, set_name)
    partitions = _partitions(message, indexed=found is not None)
    unavailable = [pid for pid in partitions if not node.place.serves(namespace.name, pid)]
    for pid in unavailable:
        del partitions[pid]
    limit = fields.get(Field.MAX_RECORDS, bytes(8))
    if len(limit) != _COUNT.size:
        raise Refusal(ResultCode.INVALID_REQUEST, "limit of an impossible size")
    _check_reads(message)
    ranges.check_filter(message)
    deadline = None
    if header.info1 & Info1.SHORT_QUERY:
        if Field.RECORDS_PER_SECOND in fields:
            raise Refusal(ResultCode.INVALID_REQUEST, "short query with a rate")
        deadline = time.monotonic() + (header.transaction_ttl or SHORT_MILLISECONDS) / 1000
    return Query(namespace, message, set_name, partitions, found, _COUNT.unpack(limit)[0], unavailable, deadline)


def _check_reads(message: Message) -> None:
    for op in message.ops:
        if op.code != OpCode.READ:
            raise Refusal(ResultCode.INVALID_REQUEST, f"operation {op.code} in a query")
        operations.check_name(op.name)


def _partitions(message: Message, *, indexed: bool) -> dict[int, Resume | None]:
    fields = message.fields
    if Field.PID_ARRAY not in fields and Field.DIGEST_ARRAY not in fields:
        raise Refusal(ResultCode.UNSUPPORTED_FEATURE, "query that names no partitions")
    pids = fields.get(Field.PID_ARRAY, b"")
    digests = fields.get(Field.DIGEST_ARRAY, b"")
    bvals = fields.get(Field.BVAL_ARRAY, b"")
    if len(pids) % _PIDS.size or len(digests) % DIGEST_SIZE or len(bvals) % _BVAL.size or not pids + digests:
        raise Refusal(ResultCode.INVALID_REQUEST, "partition arrays of impossible sizes")
    wanted: dict[int, Resume | None] = {}
    for (pid,) in _PIDS.iter_unpack(pids):
        if pid in wanted or pid >= PARTITIONS:
            raise Refusal(ResultCode.INVALID_REQUEST, f"partition {pid} named twice or not there")
        wanted[pid] = None
    count = len(digests) // DIGEST_SIZE
    if indexed and len(bvals) // _BVAL.size != count:
        raise Refusal(ResultCode.INVALID_REQUEST, "digests and index values of different number")
    for place in range(count):
        digest = digests[place * DIGEST_SIZE : (place + 1) * DIGEST_SIZE]
        pid = partition_id(digest)
        if pid in wanted:
            raise Refusal(ResultCode.INVALID_REQUEST, f"partition {pid} named twice")
        wanted[pid] = Resume(digest, _BVAL.unpack_from(bvals, place * _BVAL.size)[0] if indexed else 0)
    return wanted


# Walking


def _stream(node: Node, query: Query) -> Iterator[bytes]:
    parts: list[bytes] = []
    size = FRAME_HEADER_SIZE
    sent = 0
    end = 0
    for digest, value in _walk(node, query):
        if query.deadline is not None and time.monotonic() > query.deadline:
            end = ResultCode.TIMEOUT
            break
        packed = _record(node, query, digest, value)
        if packed is None:
            continue
        parts.append(packed)
        size += len(packed)
        sent += 1
        if sent == query.limit:
            break
        if size > CHUNK:
            yield frame(FrameType.MESSAGE, b"".join(parts))
            parts, size = [], FRAME_HEADER_SIZE
    if query.deadline is not None and time.monotonic() > query.deadline:
        end = ResultCode.TIMEOUT
        parts = []
    # What was given away while it was read may have been read in part only.
    lost = [pid for pid in query.partitions if not node.place.serves(query.namespace.name, pid)]
    parts += [_unavailable(pid) for pid in (*query.unavailable, *lost)]
    parts.append(records.reply(end, info3=Info3.LAST))
    yield frame(FrameType.MESSAGE, b"".join(parts))


def _unavailable(pid: int) -> bytes:
    """The message that tells of a partition that could not be read to its end (protocol section 5.3)."""
    code = ResultCode.CLUSTER
    return MESSAGE.pack(MESSAGE_HEADER_SIZE, 0, 0, Info3.PARTITION_DONE, 0, code, pid, 0, 0, 0, 0)


def _walk(node: Node, query: Query) -> list[tuple[bytes, int | None]]:
    """Digests and index values to visit, in the order that resuming relies on.

    Within a partition scans go down the digests, index queries up the values.
    """
    seconds = node.clock.seconds()
    found: list[tuple[int, int, bytes]] = []
    for record in query.namespace.live(seconds):
        pid = partition_id(record.digest)
        if pid not in query.partitions or (query.set and record.set != query.set):
            continue
        resume = query.partitions[pid]
        if query.range is None:
            if resume is None or record.digest < resume.digest:
                found.append((pid, 0, record.digest))
            continue
        value = query.range.value(record)
        if value is not None and (resume is None or (value, record.digest) > (resume.value, resume.digest)):
            found.append((pid, value, record.digest))
    if query.range is None:
        found.sort(key=lambda visit: visit[2], reverse=True)
        found.sort(key=lambda visit: visit[0])
        return [(digest, None) for _, _, digest in found]
    found.sort()
    return [(digest, value) for _, value, digest in found]


def _record(node: Node, query: Query, digest: bytes, value: int | None) -> bytes | None:
    """The packed message of a record; None if it is gone, filtered out or has nothing to show."""
    now = node.clock.milliseconds()
    record = query.namespace.find(digest, now // 1000)
    if record is None:
        return None
    message = query.message
    if Field.FILTER in message.fields and not filters.matches(
        message.fields[Field.FILTER], query.namespace, record, now
    ):
        return None
    info1 = message.header.info1 & Info1.GET_NO_BINS
    if info1:
        ops = []
    elif not message.ops:
        ops = records.all_bins(record.bins)
    else:
        ops = records.read_bins(record.bins, message, compute=functools.partial(computed.run, record, now))
        if not ops:
            return None
    fields = [field(Field.NAMESPACE, query.namespace.name.encode()), field(Field.DIGEST, digest)]
    if record.set:
        fields.append(field(Field.SET, record.set))
    if record.key is not None:
        fields.append(field(Field.KEY, record.key))
    if value is not None:
        fields.append(field(Field.BVAL_ARRAY, _BVAL.pack(value)))
    head = MESSAGE.pack(
        MESSAGE_HEADER_SIZE, info1, 0, 0, 0, 0, record.generation, record.void_time, 0, len(fields), len(ops)
    )
    return b"".join((head, *fields, *ops))
