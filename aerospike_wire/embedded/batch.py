"""Batches: many single-record commands in one message (protocol section 4)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final, cast

from aerospike_wire.embedded import filters, records
from aerospike_wire.embedded.place import Pending
from aerospike_wire.embedded.refusal import Refusal
from aerospike_wire.embedded.rows import REPORT_STOP, RESPOND_ALL_KEYS, Rows
from aerospike_wire.errors import ProtocolError
from aerospike_wire.errors.codes import ResultCode
from aerospike_wire.proto.fields import Field
from aerospike_wire.proto.header import FRAME_HEADER_SIZE, FrameType, Info3, frame

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

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


def handle(
    node: Node, message: Message, check: Callable[[Message], int] | None = None
) -> Iterable[bytes] | Pending[Iterable[bytes]]:
    """Answer a batch.

    Args:
        node: the node.
        message: the batch.
        check: gives the code that a row is refused with, 0 for none; None if all may do all.

    Returns:
        The frames of the reply, which are the rows and then the message that ends it; or
        what the batch has to wait for.
    """
    answers: list[tuple[int, bytes | Pending[bytes]]] = []
    try:
        rows = Rows.of(message)
        code = _refused(node, rows.count)
        if code:
            return (_last(code),)
        if (expression := message.fields.get(Field.FILTER)) is not None:
            filters.check(bytes(expression))
        for row in rows:
            records.namespace_of(node, row.message)
            code = 0 if check is None else check(row.message)
            if code:
                answers.append((row.position, records.reply(code)))
                continue
            answers.append((row.position, node.place.single(row.message, digest=row.digest, row=True)))
    except filters.Malformed:
        return (_last(ResultCode.INVALID_REQUEST),)
    except (ProtocolError, Refusal):
        # The rows before the bad one have been executed all the same; nobody is told.
        return (_last(ResultCode.INVALID_REQUEST),)
    return _finished(rows.flags, answers)


def _refused(node: Node, count: int) -> int:
    """The code with which the node's settings refuse a batch of so many rows, 0 for none."""
    settings = node.settings
    if not settings.get("batch-index-threads", 1):
        return ResultCode.BATCH_DISABLED
    limit = settings.get("batch-max-requests", 0)
    if limit and count > limit:
        return ResultCode.BATCH_MAX_REQUESTS
    return 0 if settings.get("batch-max-buffers-per-queue", 1) else ResultCode.BATCH_QUEUES_FULL


def _finished(
    flags: int, answers: Sequence[tuple[int, bytes | Pending[bytes]]]
) -> Iterable[bytes] | Pending[Iterable[bytes]]:
    waiting = [answer for _, answer in answers if isinstance(answer, Pending)]
    if not waiting:
        return _frames(flags, [(position, cast("bytes", answer)) for position, answer in answers])

    def retry() -> Iterable[bytes] | Pending[Iterable[bytes]]:
        looked = [(at, answer.retry() if isinstance(answer, Pending) else answer) for at, answer in answers]
        return _finished(flags, looked)

    def expired() -> Iterable[bytes]:
        return _frames(
            flags, [(at, answer.expired() if isinstance(answer, Pending) else answer) for at, answer in answers]
        )

    def subscribe(look: Callable[[], None]) -> Callable[[], None]:
        # Rows of one cluster wait for the same; functions each for their own end.
        ends = [how(look) for how in dict.fromkeys(answer.subscribe for answer in waiting)]

        def end() -> None:
            for each in ends:
                each()

        return end

    return Pending(retry, expired, max(answer.seconds for answer in waiting), subscribe)


def _frames(flags: int, answers: Sequence[tuple[int, bytes]]) -> Iterator[bytes]:
    # Of several rows that stop it, the last one counts.
    stopped = next((row[_RESULT_AT] for _, row in reversed(answers) if row[_RESULT_AT] not in GOES_ON), 0)
    rows = [answer[:_INDEX_AT] + _INDEX.pack(at) + answer[_INDEX_AT + _INDEX.size :] for at, answer in answers]
    if flags & RESPOND_ALL_KEYS:
        stopped = 0
    elif stopped and not flags & REPORT_STOP:
        rows.clear()
    yield from packed(rows)
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
