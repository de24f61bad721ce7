"""Batches: many single-record commands in one message (protocol section 4)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from aerospike_wire.embedded import records, single
from aerospike_wire.embedded.refusal import Refusal
from aerospike_wire.embedded.rows import REPORT_STOP, RESPOND_ALL_KEYS, Rows
from aerospike_wire.errors import ProtocolError
from aerospike_wire.errors.codes import ResultCode
from aerospike_wire.proto.header import FRAME_HEADER_SIZE, FrameType, Info3, frame

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aerospike_wire.embedded.node import Node
    from aerospike_wire.proto.message import Message

MAX_FRAME: Final = 128 * 1024
"""Bytes of a reply frame, unless a single row is larger."""

_INDEX_AT: Final = 14
"""Where a reply message has the index of its row."""
_INDEX: Final = struct.Struct(">I")
_RESULT_AT: Final = 5

GOES_ON: Final = frozenset({ResultCode.OK, ResultCode.RECORD_NOT_FOUND, ResultCode.FILTERED_OUT})
"""Results of a row that never stop a batch."""


def handle(node: Node, message: Message) -> Iterator[bytes]:
    """Answer a batch.

    Yields:
        The frames of the reply: rows, then the message that ends it.
    """
    stopped = 0
    answers: list[bytes] = []
    try:
        rows = Rows.of(message)
        for row in rows:
            records.namespace_of(node, row.message)
            answer = single.handle(node, row.message, digest=row.digest, row=True)
            if not stopped and answer[_RESULT_AT] not in GOES_ON:
                stopped = answer[_RESULT_AT]
            answers.append(answer[:_INDEX_AT] + _INDEX.pack(row.position) + answer[_INDEX_AT + _INDEX.size :])
    except (ProtocolError, Refusal):
        # The rows before the bad one have been executed all the same; nobody is told.
        yield _last(ResultCode.INVALID_REQUEST)
        return
    if rows.flags & RESPOND_ALL_KEYS:
        stopped = 0
    elif stopped and not rows.flags & REPORT_STOP:
        answers.clear()
    yield from packed(answers)
    yield _last(stopped)


def refusal(code: int) -> bytes:
    """The frame that refuses a batch as a whole."""
    return _last(code)


def _last(code: int) -> bytes:
    return frame(FrameType.MESSAGE, records.reply(code, info3=Info3.LAST))


def packed(answers: Sequence[bytes]) -> Iterator[bytes]:
    """Row messages in frames of limited size, none of them across two."""
    parts: list[bytes] = []
    size = FRAME_HEADER_SIZE
    for answer in answers:
        if parts and size + len(answer) > MAX_FRAME:
            yield frame(FrameType.MESSAGE, b"".join(parts))
            parts, size = [], FRAME_HEADER_SIZE
        parts.append(answer)
        size += len(answer)
    if parts:
        yield frame(FrameType.MESSAGE, b"".join(parts))
