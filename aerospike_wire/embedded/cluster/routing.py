"""Requests in a cluster: on which member they are carried out, and who has to follow.

As real nodes do it, a member hands a request on to the one that is to answer it, and a
write is answered once every replica has it. Where another member does not answer, the
request waits until that member is back or has been given up, at most for its own time.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from aerospike_wire.embedded import records
from aerospike_wire.embedded import single as local
from aerospike_wire.embedded.modules import Unfinished
from aerospike_wire.embedded.place import DEFAULT_TIMEOUT, Pending, later
from aerospike_wire.errors.codes import ResultCode
from aerospike_wire.proto.fields import Field
from aerospike_wire.proto.header import Info2
from aerospike_wire.proto.keys import DIGEST_SIZE, partition_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from aerospike_wire.embedded.cluster.member import Member
    from aerospike_wire.embedded.cluster.partition import Cell
    from aerospike_wire.proto.message import Message


def single(
    member: Member, message: Message, *, digest: bytes | None = None, row: bool = False
) -> bytes | Pending[bytes]:
    """Answer a command on one record that came to a member.

    Args:
        member: where it came.
        message: the request.
        digest: which record, if the message has no field for it.
        row: whether the message is a row of a batch.
    """
    place = message.fields.get(Field.DIGEST, b"") if digest is None else digest
    name = message.fields.get(Field.NAMESPACE, b"").decode(errors="surrogateescape")
    if len(place) != DIGEST_SIZE or name not in member.node.namespaces:
        return local.handle(member.node, message, digest=digest, row=row)
    refusal = member.refusal()
    if refusal:
        return records.reply(refusal)
    view = member.view
    again = functools.partial(single, member, message, digest=digest, row=row)
    if view is None:
        return _pending(member, message, again)
    write = bool(message.header.info2 & Info2.WRITE)
    cell = view.cells[name][partition_id(place)]
    target = member if not write and cell.reads(member) else cell.master
    if target is not member and not member.fabric.connected(member, target):
        return _pending(member, message, again)
    try:
        reply = _execute(target, cell, name, place, message, row=row)
    except Unfinished as unfinished:
        return later(unfinished, again, functools.partial(records.reply, ResultCode.TIMEOUT))
    if not write and not target.changes:
        return reply
    late = target.fabric.publish(target)
    if not late:
        return reply

    def acknowledged() -> bytes | Pending[bytes]:
        return reply if not late & target.fabric.late.keys() else _pending(member, message, acknowledged)

    return _pending(member, message, acknowledged)


def _execute(target: Member, cell: Cell, name: str, digest: bytes, message: Message, *, row: bool) -> bytes:
    if cell.duplicates and target is cell.master and target.view is not None:
        target.view.resolve(name, partition_id(digest), digest)
    reply = local.handle(target.node, message, digest=digest, row=row)
    if message.header.record_ttl and not message.header.info2 & Info2.WRITE:
        target.note(name, digest)  # a read may renew the record's time to live
    return reply


def _pending(member: Member, message: Message, retry: Callable[[], bytes | Pending[bytes]]) -> Pending[bytes]:
    milliseconds = message.header.transaction_ttl
    return Pending(
        retry,
        functools.partial(records.reply, ResultCode.TIMEOUT),
        milliseconds / 1000 if milliseconds else DEFAULT_TIMEOUT,
        member.fabric.watch,
    )
