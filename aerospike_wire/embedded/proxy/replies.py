"""Where the answer to a request ends, as far as somebody between client and node has to know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aerospike_wire.errors import ProtocolError
from aerospike_wire.proto import admin, compression
from aerospike_wire.proto.admin import HEADER_SIZE, AdminCommand
from aerospike_wire.proto.fields import Field
from aerospike_wire.proto.header import FrameType, Info1, Info3
from aerospike_wire.proto.message import read_message, read_messages

if TYPE_CHECKING:
    from collections.abc import Callable

    Ends = Callable[[int, bytes], bool]
    """From type and body of an answer's frame to whether it is the answer's last."""

_LISTS: Final = frozenset({AdminCommand.QUERY_USERS, AdminCommand.QUERY_ROLES})


def end_of(kind: int, body: bytes) -> Ends:
    """What tells the end of the answer to a request.

    Args:
        kind: the request's frame type, uncompressed.
        body: the request's body, uncompressed.
    """
    if kind == FrameType.ADMIN:
        command = body[2] if len(body) >= HEADER_SIZE else 0
        return _end_of_list if command in _LISTS else _first
    if kind != FrameType.MESSAGE:
        return _first
    try:
        message, _ = read_message(body)
    except ProtocolError:
        return _first
    if message.header.info1 & Info1.BATCH:
        return _end_of_batch
    return _first if Field.DIGEST in message.fields else _end_of_query


def _first(_kind: int, _body: bytes) -> bool:
    return True


def _end_of_list(_kind: int, body: bytes) -> bool:
    # Result 50 says that a list is at its end; any other, that something is wrong.
    try:
        return any(message.result for message in admin.parse(body))
    except ProtocolError:
        return True


def _flags(kind: int, body: bytes) -> list[tuple[int, int]]:
    """Flags and result of each message in a frame."""
    if kind == FrameType.COMPRESSED:
        body = compression.inflated(body)
    return [(message.header.info3, message.result) for message in read_messages(body)]


def _end_of_batch(kind: int, body: bytes) -> bool:
    try:
        return any(info3 & Info3.LAST for info3, _ in _flags(kind, body))
    except ProtocolError:
        return True


def _end_of_query(kind: int, body: bytes) -> bool:
    """Its last message, or the plain error by which a query is refused before it begins."""
    try:
        return any(
            info3 & Info3.LAST or (result and not info3 & Info3.PARTITION_DONE) for info3, result in _flags(kind, body)
        )
    except ProtocolError:
        return True
