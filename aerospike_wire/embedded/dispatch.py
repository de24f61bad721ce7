"""From the body of a frame to the frames of its reply."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from aerospike_wire.embedded import aggregation, background, batch, commands, info, query, records, security, turns
from aerospike_wire.embedded.faults import Fault
from aerospike_wire.embedded.operations import result
from aerospike_wire.embedded.place import Pending
from aerospike_wire.embedded.transactions import handle as transactions
from aerospike_wire.errors import ProtocolError
from aerospike_wire.errors.codes import ResultCode
from aerospike_wire.proto import admin, compression, msgpack
from aerospike_wire.proto.fields import Field, field
from aerospike_wire.proto.header import ERROR_VERBOSITY_SHIFT, FrameType, Info1, Info2, frame
from aerospike_wire.proto.message import OpCode, read_message
from aerospike_wire.proto.values import Particle

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aerospike_wire.embedded.faults import Faults, Rule
    from aerospike_wire.embedded.node import Node, Session
    from aerospike_wire.proto.message import Message

    Reply = bytes | Iterable[bytes | turns.Turn]
    """The one frame of a reply, or its frames one by one."""
    Answer = Reply | Pending[Reply]

_AGGREGATION: Final = b"\x01"
_BACKGROUND: Final = b"\x02"
"""What a function is for, in a message about many records."""

_WITH_TEXT: Final = 2
"""Verbosity from which clients want words with an error."""


def answer(node: Node, session: Session, kind: int, body: bytes) -> Answer:
    """Handle a request.

    Args:
        node: the node.
        session: the connection.
        kind: the frame's type, from 1 to 5.
        body: the frame's body.

    Returns:
        The reply's one frame, its frames one by one, or what it has to wait for.
    """
    if kind == FrameType.MESSAGE:
        reply = _message(node, session, body)
        if node.compression and len(body) > 1 and body[1] & Info1.COMPRESS_RESPONSE:
            return reply.then(_compressed) if isinstance(reply, Pending) else _compressed(reply)
        return reply
    if kind == FrameType.INFO:
        found = info.handle(node, session, body)
        return found.then(_info) if isinstance(found, Pending) else _info(found)
    if kind == FrameType.ADMIN:
        return frame(FrameType.ADMIN, security.handle(node, session, body))
    if kind == FrameType.COMPRESSED and not node.compression:
        return _failed(ResultCode.ENTERPRISE_ONLY)
    return _failed(ResultCode.INVALID_REQUEST)


def opened(node: Node, kind: int, body: bytes) -> tuple[int, bytes]:
    """Type and body of the frame inside a compressed one, if the node can and it is one; else as they are."""
    if kind != FrameType.COMPRESSED or not node.compression:
        return kind, body
    try:
        return FrameType.MESSAGE, compression.inflated(body)
    except ProtocolError:
        return kind, body  # which is then refused


def _compressed(reply: Reply) -> Reply:
    if isinstance(reply, bytes):
        return compression.compressed(reply)
    if isinstance(reply, query.Stream):
        return reply.then(compression.compressed)
    return (compression.compressed(item) if isinstance(item, bytes) else item for item in reply)


def _framed(body: bytes) -> bytes:
    return frame(FrameType.MESSAGE, body)


def _info(body: bytes) -> bytes:
    return frame(FrameType.INFO, body)


def _failed(code: int) -> bytes:
    return frame(FrameType.MESSAGE, records.reply(code))


def _whole(body: bytes) -> Message:
    message, end = read_message(body)
    if end != len(body):
        msg = f"{len(body) - end} bytes follow a message"
        raise ProtocolError(msg)
    return message


def _message(node: Node, session: Session, body: bytes) -> Answer:
    try:
        message = _whole(body)
    except ProtocolError:
        return _failed(ResultCode.INVALID_REQUEST)
    secured = node.security.enabled
    code = security.check(node, session) if secured else 0
    if code:
        return _failed(code)
    if node.enterprise:
        transactions.expire(node)
    if message.header.info1 & Info1.BATCH:
        # Rows of a node that has not joined its cluster are refused one by one.
        return batch.handle(
            node, message, (lambda row: security.check_data(node, session, row, row=True)) if secured else None
        )
    code = node.place.refusal() or (security.check_data(node, session, message) if secured else 0)
    if code:
        return _failed(code)
    if Field.DIGEST in message.fields:
        reply = node.place.single(message)
        return frame(FrameType.MESSAGE, reply) if isinstance(reply, bytes) else reply.then(_framed)
    if Field.UDF_MODULE in message.fields:
        kind = message.fields.get(Field.UDF_OP)
        if kind == _AGGREGATION:
            return aggregation.handle(node, message, session)
        return background.handle(node, message, session) if kind == _BACKGROUND else _failed(ResultCode.INVALID_REQUEST)
    if message.header.info2 & Info2.WRITE:
        return background.handle(node, message, session)
    return query.handle(node, message, session)


# Faults


@attrs.frozen
class Verdict:
    """What the rules make of a frame."""

    rule: Rule | None = None
    """The rule for the frame as a whole."""
    lines: dict[int, Rule] = attrs.field(factory=dict)
    """The rules for single lines of an info request; the others are answered normally."""


def judge(faults: Faults, kind: int, body: bytes) -> Verdict:
    """Ask the rules about a frame."""
    if kind == FrameType.INFO:
        lines: dict[int, Rule] = {}
        for number, line in enumerate(_lines(body)):
            rule = faults.decide(commands.of_info(line))
            if rule is not None and rule.fault is not Fault.ANSWER:
                return Verdict(rule)
            if rule is not None:
                lines[number] = rule
        return Verdict(None, lines)
    if kind == FrameType.ADMIN:
        return Verdict(faults.decide(commands.of_admin(body)))
    if kind == FrameType.MESSAGE:
        try:
            message = _whole(body)
        except ProtocolError:
            return Verdict()
        return Verdict(faults.decide(commands.of_message(message)))
    return Verdict()


def _lines(body: bytes) -> list[str]:
    return body.decode(errors="surrogateescape").split("\n")[:-1]


def answer_lines(node: Node, session: Session, body: bytes, rules: dict[int, Rule]) -> bytes:
    """The reply to an info request some of whose lines fail because of rules."""
    parts = []
    for number, line in enumerate(_lines(body)):
        rule = rules.get(number)
        value = None
        if rule is None or rule.execute:
            with node.modules.at_once():
                value = info.answer(node, session, line)
        if rule is not None:
            value = refused_line(rule)
        parts.append(f"{line}\t{value}\n")
    return frame(FrameType.INFO, "".join(parts).encode(errors="surrogateescape"))


def refused_line(rule: Rule) -> str:
    """The value by which a rule answers a line of an info request."""
    return f"ERROR:{rule.code}:{rule.text or 'refused on request'}" if rule.code else "ok"


def refuse(kind: int, body: bytes, rule: Rule) -> bytes:
    """The frame by which a rule answers a data or security message."""
    if kind == FrameType.ADMIN:
        return frame(FrameType.ADMIN, admin.pack(result=rule.code))
    message = _whole(body)
    if message.header.info1 & Info1.BATCH:
        return batch.refusal(rule.code)
    ops = []
    if rule.text is not None and rule.code == ResultCode.UDF and Field.UDF_MODULE in message.fields:
        ops.append(result(OpCode.READ, b"FAILURE", (Particle.STRING, rule.text.encode())))
    return frame(FrameType.MESSAGE, records.reply(rule.code, None, ops, fields=_details(message, rule)))


def _details(message: Message, rule: Rule) -> list[bytes]:
    """The error details of newer servers, for clients that ask for them."""
    verbosity = message.header.info4 >> ERROR_VERBOSITY_SHIFT & 3
    if not verbosity or not rule.code or (not rule.subcode and rule.text is None):
        return []
    pairs = [msgpack.pack_int(1) + msgpack.pack_int(rule.subcode)] if rule.subcode else []
    if rule.text is not None and verbosity >= _WITH_TEXT:
        pairs.append(msgpack.pack_int(2) + msgpack.pack_raw_string(rule.text.encode()))
    return [field(Field.ERROR_DETAILS, msgpack.map_head(len(pairs)) + b"".join(pairs))]
