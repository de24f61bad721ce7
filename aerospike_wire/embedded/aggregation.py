"""Aggregations: a stream function over the records of a scan or query (protocol section 5.7).

A server runs the function once for each partition; so does this node. Lua works in a thread
of its own, so that the node goes on answering others whatever the function does.
"""

from __future__ import annotations

import concurrent.futures
from typing import TYPE_CHECKING, Any, Final

import attrs

from aerospike_wire import lua
from aerospike_wire.embedded import background, jobs, query, ranges, records, turns, udf
from aerospike_wire.embedded.refusal import Refusal
from aerospike_wire.errors.codes import ResultCode
from aerospike_wire.proto.fields import Field
from aerospike_wire.proto.header import FRAME_HEADER_SIZE, FrameType, Info1, Info3, frame
from aerospike_wire.proto.keys import PARTITIONS
from aerospike_wire.proto.message import Op, OpCode
from aerospike_wire.proto.values import Particle

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aerospike_wire.embedded.jobs import Job
    from aerospike_wire.embedded.node import Node, Session
    from aerospike_wire.embedded.store import Namespace, StoredRecord
    from aerospike_wire.proto.message import Message

BATCH: Final = 500
"""Records that the thread gets at a time, in whole partitions."""

_NO_MODULE, _NO_ARGUMENTS, _RUNTIME = 1, 2, 2


@attrs.define
class _Aggregation:
    """One aggregation on this node."""

    node: Node
    namespace: Namespace
    set: bytes
    range: ranges.Range | None
    call: udf.Call
    job: Job
    machine: lua.Machine | None = None


def handle(node: Node, message: Message, session: Session) -> bytes | query.Stream:
    """Answer an aggregation.

    Returns:
        The frames of the reply, or the one that refuses it.
    """
    try:
        work = _checked(node, message, session)
        node.jobs.start(work.job)
    except Refusal as refused:
        return query.refusal(refused.code)
    return query.Stream(_finishing(work), work.job)


def _checked(node: Node, message: Message, session: Session) -> _Aggregation:
    namespace = records.namespace_of(node, message)
    if message.header.info1 & Info1.SHORT_QUERY:
        raise Refusal(ResultCode.INVALID_REQUEST, "an aggregation is no short query")
    if Field.FILTER in message.fields:
        raise Refusal(ResultCode.UNSUPPORTED_FEATURE, "an aggregation with a filter")
    set_name = ranges.set_of(message)
    wanted = ranges.wanted_index(message)
    rate = ranges.rate_of(message)
    if set_name and set_name not in namespace.records.sets:
        raise Refusal(ResultCode.RECORD_NOT_FOUND, "aggregation of an unknown set")
    found = ranges.index_range(node, namespace, wanted, set_name)
    index = None if found is None else found.index.name
    job = jobs.of_message(node.jobs, message, session, "aggregation", index=index, rate=rate)
    return _Aggregation(node, namespace, set_name, found, udf.Call.of(message), job)


def _finishing(work: _Aggregation) -> query.Frames:
    thread = concurrent.futures.ThreadPoolExecutor(1, "aerospike-aggregation")
    try:
        yield from _stream(work, thread)
    finally:
        thread.shutdown(wait=False, cancel_futures=True)
        work.node.jobs.finish(work.job)


def _stream(work: _Aggregation, thread: concurrent.futures.Executor) -> query.Frames:
    job = work.job
    messages: list[bytes] = []
    size = FRAME_HEADER_SIZE
    for batch in _batches(work):
        if batch:
            future = thread.submit(_run, work, batch)
            yield turns.Until(future)
            made, error = future.result()
            messages += made
            size += sum(map(len, made))
            if error is not None:
                messages.append(_message(b"FAILURE", Particle.STRING, error))
                job.abandoned = job.abandoned or jobs.ABANDONED
            pauses = sum(job.pause() for _ in range(sum(map(len, batch))))
            if pauses:
                yield turns.Delay(min(pauses, 1.0))
        else:
            yield turns.NEXT
        if size > query.CHUNK or (messages and not job.rate):
            yield _framed(job, messages)
            messages, size = [], FRAME_HEADER_SIZE
        if job.abandoned:
            break
    if messages:
        yield _framed(job, messages)
    yield _framed(job, [records.reply(max(job.abandoned, 0), info3=Info3.LAST)])


def _framed(job: Job, messages: Sequence[bytes]) -> bytes:
    made = frame(FrameType.MESSAGE, b"".join(messages))
    job.bytes += len(made)
    return made


def _batches(work: _Aggregation) -> Iterator[list[list[StoredRecord]]]:
    """Records by partition; several partitions at a time if they are small, none for a pause."""
    batch: list[list[StoredRecord]] = []
    waiting = 0
    for pid in range(PARTITIONS):
        work.job.partition = pid
        if not work.node.place.leads(work.namespace.name, pid):
            continue
        found = list(background.of_partition(work.node, work.namespace, work.set, work.range, pid))
        if found:
            batch.append(found)
            waiting += len(found)
            work.job.succeeded += len(found)
        if waiting >= BATCH:
            yield batch
            batch, waiting = [], 0
        elif not pid % query.STEP:
            yield []
    work.job.partition = PARTITIONS
    if batch:
        yield batch


def _run(work: _Aggregation, batch: list[list[StoredRecord]]) -> tuple[list[bytes], bytes | None]:
    """In the thread: the messages of some partitions, and the text of the failure that ended it."""
    made: list[bytes] = []

    def write(value: Any) -> None:
        kind, data = udf.encode(value)
        made.append(_message(b"SUCCESS", kind, data))

    modules, call, now = work.node.modules, work.call, work.node.clock.seconds()
    try:
        if work.machine is None:
            work.machine = lua.Machine(modules.path, call.module, dict(modules.sources), modules.time_limit)
        for found in batch:
            subjects = (udf.subject_of(record, now) for record in found)
            # No time: a server has none for streams, its get_current_time() is 0.
            work.machine.aggregate(call.function, subjects, call.arguments, write, limit=modules.time_limit)
    except lua.LuaMissingError as error:
        return made, str(error).encode()
    except lua.ModuleUnusableError:
        return made, _text(_NO_MODULE)
    except lua.ArgumentUnusableError:
        return made, _text(_NO_ARGUMENTS)
    except lua.LuaFailedError as error:
        return made, _text(_RUNTIME, error.text)
    except (lua.ValueUnusableError, Refusal):
        return made, _text(_NO_MODULE)
    return made, None


def _text(code: int, detail: bytes | None = None) -> bytes:
    text = b"UDF: Execution Error %d" % code
    return text if detail is None else text + b" : " + detail


def _message(name: bytes, kind: int, data: bytes) -> bytes:
    return records.reply(0, None, [Op(OpCode.READ, name, kind, data).pack()])
