"""One command on one record, whatever its kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aerospike_wire.embedded import records, udf
from aerospike_wire.embedded.refusal import Refusal
from aerospike_wire.errors.codes import ResultCode
from aerospike_wire.proto.fields import Field
from aerospike_wire.proto.header import Info2

if TYPE_CHECKING:
    from aerospike_wire.embedded.node import Node
    from aerospike_wire.proto.message import Message

_KIND: Final = (Info2.WRITE | Info2.DELETE).value


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
    if Field.UDF_MODULE not in message.fields or message.header.info2 & _KIND != Info2.WRITE:
        return records.handle(node, message, digest=digest, row=row)
    try:
        namespace = records.namespace_of(node, message)
        digest = records.digest_of(message, digest)
        if message.fields.get(Field.UDF_OP, b"\x00") != b"\x00":
            raise Refusal(ResultCode.INVALID_REQUEST, "a job for many records with the digest of one")
    except Refusal as refusal:
        return records.reply(refusal.code)
    return udf.apply(node, namespace, digest, message, node.clock.seconds())
