"""One command on one record, whatever its kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aerospike_wire.embedded import records, udf
from aerospike_wire.embedded.refusal import Refusal
from aerospike_wire.embedded.transactions import handle as transactions
from aerospike_wire.errors.codes import ResultCode
from aerospike_wire.proto.fields import Field
from aerospike_wire.proto.header import Info2

if TYPE_CHECKING:
    from aerospike_wire.embedded.node import Node
    from aerospike_wire.embedded.store import Namespace
    from aerospike_wire.proto.message import Message

_KIND: Final = Info2.WRITE | Info2.DELETE


def handle(node: Node, message: Message, *, digest: bytes | None = None, row: bool = False) -> bytes:
    """Answer a read, write, delete or UDF call.

    Args:
        node: the node.
        message: the request.
        digest: which record, if the message has no field for it, as rows of a batch.
        row: whether the message is a row of a batch.

    Returns:
        The body of the reply.
    """
    calls = Field.UDF_MODULE in message.fields and message.header.info2 & _KIND == Info2.WRITE
    try:
        namespace = records.namespace_of(node, message)
        found = records.digest_of(message, digest)
        if calls and message.fields.get(Field.UDF_OP, b"\x00") != b"\x00":
            raise Refusal(ResultCode.INVALID_REQUEST, "a job for many records with the digest of one")
    except Refusal as refusal:
        return records.reply(refusal.code)

    def plain(place: Namespace) -> bytes:
        if calls:
            return udf.apply(node, place, found, message, node.clock.seconds())
        return records.carry_out(place, found, message, node.clock.milliseconds(), row=row)

    if namespace.ledger is None:
        return plain(namespace)
    return transactions.handle(node, namespace, namespace.ledger, found, message, plain)
