"""Background jobs: one write or one function for all records of a scan or query (protocol section 5.5).

The first steps of a job are done before its start is confirmed, the others in turn with all
else: short jobs are done when their client hears of them.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from aerospike_wire.embedded import computed, jobs, ranges, records, turns, udf
from aerospike_wire.embedded.modules import Unfinished
from aerospike_wire.embedded.operations import READ_OPS
from aerospike_wire.embedded.refusal import Refusal
from aerospike_wire.errors.codes import ResultCode
from aerospike_wire.proto.fields import Field
from aerospike_wire.proto.header import FRAME_HEADER_SIZE, MESSAGE_HEADER_SIZE, FrameType, Info1, Info2, Info3, frame
from aerospike_wire.proto.keys import PARTITIONS
from aerospike_wire.proto.message import OpCode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aerospike_wire.embedded.jobs import Job
    from aerospike_wire.embedded.node import Node, Session
    from aerospike_wire.embedded.store import Namespace, StoredRecord
    from aerospike_wire.proto.message import Message

MAX_RATE: Final = 10_000
"""Records per second of a job that asks for no less."""
STEP: Final = 0.005
"""Seconds that a job works before others have their turn."""

_RESULT: Final = 5
"""Place of the result code in a message."""
_FIN_SIZE: Final = FRAME_HEADER_SIZE + MESSAGE_HEADER_SIZE


def handle(node: Node, message: Message, session: Session) -> bytes:
    """Start a job.

    Returns:
        The frame that confirms its start or refuses it: 20 and 2 for an unknown namespace
        and set, 201 and 203 for an index that is not there or not ready, 4 for a job that
        reads.
    """
    try:
        work = _checked(node, message, session)
    except Refusal as refusal:
        return frame(FrameType.MESSAGE, records.reply(refusal.code))
    turns.run(work)
    return frame(FrameType.MESSAGE, records.reply(0, info3=Info3.LAST))


def _checked(node: Node, message: Message, session: Session) -> Iterator[turns.Turn]:
    namespace = records.namespace_of(node, message)
    if message.header.info1 & Info1.SHORT_QUERY:
        raise Refusal(ResultCode.INVALID_REQUEST, "a job is no short query")
    set_name = ranges.set_of(message)
    wanted = ranges.wanted_index(message)
    rate = ranges.rate_of(message)
    if set_name and set_name not in namespace.records.sets:
        raise Refusal(ResultCode.RECORD_NOT_FOUND, "job on an unknown set")
    if rate > MAX_RATE:
        raise Refusal(ResultCode.INVALID_REQUEST, f"more than {MAX_RATE} records per second")
    found = ranges.index_range(node, namespace, wanted, set_name)
    ranges.check_filter(message)
    is_udf = Field.UDF_MODULE in message.fields
    index = None if found is None else found.index.name
    kind = "background-udf" if is_udf else "background-ops"
    job = jobs.of_message(node.jobs, message, session, kind, index=index, rate=rate or MAX_RATE)
    job.bytes = _FIN_SIZE
    if is_udf:
        call = udf.Call.of(message)
        job.udf = (call.module, call.function)
        change = _function(node, namespace, message)
    else:
        _check_writes(message)
        change = _write(node, message)
    node.jobs.start(job)
    return _finishing(node, job, _work(node, namespace, set_name, found, job, message, change))


def _check_writes(message: Message) -> None:
    if message.header.info1 & Info1.READ or not message.ops:
        raise Refusal(ResultCode.INVALID_REQUEST, "job without writes, or one that reads")
    for op in message.ops:
        if op.code in READ_OPS:
            raise Refusal(ResultCode.INVALID_REQUEST, "job that reads")
        if op.code == OpCode.EXP_MODIFY:
            computed.check(op)


def _write(node: Node, message: Message) -> Callable[[StoredRecord], int]:
    message = _of_records(message, Info3.UPDATE_ONLY | message.header.info3 & Info3.REPLACE_ONLY)

    def change(record: StoredRecord) -> int:
        return records.handle(node, _of_set(message, record), digest=record.digest)[_RESULT]

    return change


def _function(node: Node, namespace: Namespace, message: Message) -> Callable[[StoredRecord], int]:
    message = _of_records(message, 0)

    def change(record: StoredRecord) -> int:
        return udf.apply(node, namespace, record.digest, _of_set(message, record), node.clock.seconds())[_RESULT]

    return change


def _of_records(message: Message, info3: int) -> Message:
    """What a job does to each record; most of the request's flags count for nothing, those about generations too."""
    header = message.header
    info2 = header.info2 & (Info2.WRITE | Info2.DURABLE_DELETE)
    return message._replace(header=header._replace(info1=0, info2=info2, info3=info3, generation=0))


def _of_set(message: Message, record: StoredRecord) -> Message:
    """A job on a whole namespace is about each record's own set."""
    return message._replace(fields={**message.fields, Field.SET: record.set})


def _finishing(node: Node, job: Job, work: Iterator[turns.Turn]) -> Iterator[turns.Turn]:
    try:
        yield from work
    finally:
        node.jobs.finish(job)


def _work(
    node: Node,
    namespace: Namespace,
    set_name: bytes,
    found: ranges.Range | None,
    job: Job,
    message: Message,
    change: Callable[[StoredRecord], int],
) -> Iterator[turns.Turn]:
    stop = time.monotonic() + STEP
    for record in members(node, namespace, set_name, found, job):
        if job.abandoned:
            return
        code = None
        while code is None:
            try:
                code = change(record)
            except Unfinished as unfinished:
                yield turns.Until(unfinished.future)
                if job.abandoned or namespace.find(record.digest, node.clock.seconds()) is None:
                    code = ResultCode.RECORD_NOT_FOUND
        _count(job, code, message)
        pause = job.pause()
        if pause or time.monotonic() > stop:
            yield turns.Delay(pause)
            stop = time.monotonic() + STEP


def _count(job: Job, code: int, message: Message) -> None:
    if not code:
        job.succeeded += 1
    elif code == ResultCode.FILTERED_OUT:
        if ranges.about_metadata(message.fields[Field.FILTER]):
            job.filtered_meta += 1
            job.throttled -= 1
        else:
            job.filtered_bins += 1
    elif code != ResultCode.RECORD_NOT_FOUND:
        job.failed += 1


def members(
    node: Node, namespace: Namespace, set_name: bytes, found: ranges.Range | None, job: Job
) -> Iterator[StoredRecord]:
    """The records that a job is about, in partitions of which the node is the master.

    Args:
        node: the node. Every node of a cluster is asked; each does what it is the master of.
        namespace: the records'.
        set_name: of the records; empty for all.
        found: what an index finds; None for a scan.
        job: is told of the partition at hand.
    """
    for pid in range(PARTITIONS):
        job.partition = pid
        if not node.place.leads(namespace.name, pid):
            continue
        yield from of_partition(node, namespace, set_name, found, pid)
    job.partition = PARTITIONS


def of_partition(
    node: Node, namespace: Namespace, set_name: bytes, found: ranges.Range | None, pid: int
) -> Iterator[StoredRecord]:
    """The records of one partition that a job is about."""
    if found is None:
        digests = tuple(namespace.records.ordered(pid))
    else:
        digests = tuple(dict.fromkeys(digest for _, digest in found.entries(pid)))
    now = node.clock.seconds()
    for digest in digests:
        record = namespace.find(digest, now)
        if record is None or (set_name and record.set != set_name):
            continue
        if found is None or found.matches(record, node.clock.milliseconds()):
            yield record
