"""Background jobs: one write or one UDF for all records of a scan or query (protocol section 5.5).

A job is done before its start is confirmed; on records in memory nobody has to wait for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aerospike_wire.embedded import ranges, records, udf
from aerospike_wire.embedded.operations import READ_OPS
from aerospike_wire.embedded.refusal import Refusal
from aerospike_wire.errors.codes import ResultCode
from aerospike_wire.proto.fields import Field
from aerospike_wire.proto.header import FrameType, Info3, frame
from aerospike_wire.proto.keys import partition_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aerospike_wire.embedded.node import Node
    from aerospike_wire.embedded.store import StoredRecord
    from aerospike_wire.proto.message import Message

_AGGREGATION: Final = b"\x01"
_BACKGROUND: Final = b"\x02"


def handle(node: Node, message: Message) -> bytes:
    """Run a job.

    Returns:
        The frame that confirms its start or refuses it: 20 and 2 for an unknown namespace
        and set, 4 for a job that reads, 16 for an aggregation, which this node does not do.
    """
    try:
        _run(node, message)
    except Refusal as refusal:
        return frame(FrameType.MESSAGE, records.reply(refusal.code))
    return frame(FrameType.MESSAGE, records.reply(0, info3=Info3.LAST))


def _run(node: Node, message: Message) -> None:
    namespace = records.namespace_of(node, message)
    set_name = ranges.set_of(message)
    kind = message.fields.get(Field.UDF_OP) if Field.UDF_MODULE in message.fields else None
    if kind == _AGGREGATION:
        raise Refusal(ResultCode.UNSUPPORTED_FEATURE, "this node does no aggregations")
    if Field.UDF_MODULE in message.fields and kind != _BACKGROUND:
        raise Refusal(ResultCode.INVALID_REQUEST, "UDF on many records that is neither job nor aggregation")
    ranges.check_filter(message)
    found = ranges.index_range(node, namespace, message, set_name)
    # Every node of a cluster is asked; each does what it is the master of.
    members = [
        record
        for record in namespace.live(node.clock.seconds())
        if (not set_name or record.set == set_name) and node.place.leads(namespace.name, partition_id(record.digest))
    ]
    if set_name and not members:
        raise Refusal(ResultCode.RECORD_NOT_FOUND, "job on an unknown set")
    chosen = members if found is None else [record for record in members if found.value(record) is not None]
    if kind is None:
        _write(node, message, chosen)
    else:
        for record in chosen:
            udf.apply(node, namespace, record.digest, _of_set(message, record), node.clock.seconds())


def _write(node: Node, message: Message, chosen: Sequence[StoredRecord]) -> None:
    if not message.ops or any(op.code in READ_OPS for op in message.ops):
        raise Refusal(ResultCode.INVALID_REQUEST, "job without writes, or with reads")
    for record in chosen:
        # The job itself has succeeded whatever becomes of single records.
        records.handle(node, _of_set(message, record), digest=record.digest)


def _of_set(message: Message, record: StoredRecord) -> Message:
    """A job on a whole namespace is about each record's own set."""
    return message._replace(fields={**message.fields, Field.SET: record.set})
