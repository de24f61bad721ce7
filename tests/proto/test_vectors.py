"""Each of the 900 vectors, taken apart by the codec and put together again, counted by kind.

That our commands make the requests and understand the replies, other tests show: those of the
commands, of operations and of expressions take vectors by their names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cases import for_each
from vectors import rows

from aerospike_wire.embedded.rows import Rows
from aerospike_wire.errors import ProtocolError
from aerospike_wire.expressions import Expression
from aerospike_wire.proto import admin, compression, keys, values
from aerospike_wire.proto.fields import field
from aerospike_wire.proto.header import FrameType, Info1, MessageHeader, frame, read_frame_header
from aerospike_wire.proto.message import Op, pack_message, read_messages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KINDS: Final = {
    "message": 255, "info": 252, "cdt": 146, "expression": 90, "batch": 63, "particle": 45, "admin": 30, "digest": 19,
}  # fmt: skip


def frames(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Types and bodies of frames that follow each other, compressed ones opened."""
    while data:
        kind, size = read_frame_header(data)
        body, data = data[8 : 8 + size], data[8 + size :]
        assert len(body) == size
        if kind == FrameType.COMPRESSED:
            body = compression.inflated(body)
            kind = FrameType.MESSAGE
        yield kind, body


def of_messages(row: dict[str, Any]) -> None:
    """Messages of requests and replies, and the rows of batches."""
    for kind, body in frames(bytes.fromhex(row["hex"])):
        assert kind == FrameType.MESSAGE
        again = b""
        for message in read_messages(body):
            fields = [field(number, data) for number, data in message.fields.items()]
            again += pack_message(message.header, fields, [op.pack() for op in message.ops])
            if row["direction"] == "request" and message.header.info1 & Info1.BATCH:
                found = Rows.of(message)
                assert len(list(found)) == found.count
        assert again == body


def of_info(row: dict[str, Any]) -> None:
    """Lines of text."""
    data = bytes.fromhex(row["hex"])
    again = b"".join(frame(kind, body.decode().encode()) for kind, body in frames(data))
    assert again == data
    assert {kind for kind, _ in frames(data)} == {FrameType.INFO}


def of_admin(row: dict[str, Any]) -> None:
    """Security messages, several of which may share a frame."""
    for kind, body in frames(bytes.fromhex(row["hex"])):
        assert kind == FrameType.ADMIN
        again = [
            admin.pack(found.command, list(found.fields.items()), result=found.result) for found in admin.parse(body)
        ]
        assert b"".join(again) == body


def of_calls(row: dict[str, Any]) -> None:
    """Operations that carry these values, in a request."""
    op = Op(row["wire_op"], b"bin", row["particle_type"], bytes.fromhex(row["hex"]))
    (message,) = read_messages(pack_message(MessageHeader(row["info1"], row["info2"]), ops=[op.pack()]))
    assert (message.ops, message.header.info1, message.header.info2) == ([op], row["info1"], row["info2"])


def of_expressions(row: dict[str, Any]) -> None:
    """Expressions, as objects and in base64."""
    data = bytes.fromhex(row["hex"])
    made = Expression.from_bytes(data)
    assert made.compile() == data
    assert Expression.from_base64(made.to_base64()) == made


def of_particles(row: dict[str, Any]) -> None:
    """Values of bins."""
    data = bytes.fromhex(row["hex"])
    found = values.decode(row["particle_type"], data)
    assert values.encode(found) == (row["particle_type"], data)


def of_digests(row: dict[str, Any]) -> None:
    """Twenty bytes that say which partition."""
    assert 0 <= keys.partition_id(bytes.fromhex(row["hex"])) < 4096


BROKEN: Final = {
    "frame/version_3": "frame has protocol version 3, expected 2",
    "frame/version_1": "frame has protocol version 1, expected 2",
    "frame/admin_version_0": "frame has protocol version 0, expected 2",
    "frame/tls_hello": "frame has protocol version 22, expected 2",
    "frame/type_0": "frame has unknown type 0",
    "frame/type_5": "frame has unknown type 5",
    "frame/type_6": "frame has unknown type 6",
    "frame/oversize": "frame claims 134217729 bytes, the limit is 134217728",
    "frame/msg_short_body": "message header is cut off after 10 of 22 bytes",
    "frame/msg_trailing_bytes": "message header is cut off after 1 of 22 bytes",
    "frame/msg_field_size_0": "field 0 of 1 is cut off",
    "batch/real_zero_rows": "a batch has no rows",
    "batch/real_row_count_too_big": "row 1 of 2 is cut off",
    "batch/real_repeat_first": "row 0 repeats a row that cannot be repeated",
    "batch/real_set_first": "row 0 starts with a field of type 1 and not with its namespace",
    "batch/real_no_field": "a batch has no rows field",
}
"""Vectors that were made to be refused, and what the codec says of them."""
OTHERWISE: Final = {
    "frame/msg_header_sz_23": "another size of the header than the one that there is, which servers pass over",
    "frame/pipelined": "info and data in one burst",
    "frame/pipelined_reply": "info and data in one burst",
}
"""Vectors that are not put together again, by the reason."""

CHECKS: Final[dict[str, Callable[[dict[str, Any]], None]]] = {
    "message": of_messages,
    "batch": of_messages,
    "info": of_info,
    "admin": of_admin,
    "cdt": of_calls,
    "expression": of_expressions,
    "particle": of_particles,
    "digest": of_digests,
}


def test_every_vector_is_counted() -> None:
    """There are 900, and a check for each kind."""
    assert {kind: len(rows(kind)) for kind in KINDS} == KINDS
    assert sum(KINDS.values()) == len(rows()) == 900
    assert CHECKS.keys() == KINDS.keys()


@for_each("kind", KINDS)
def test_codec_holds_all_vectors_of_a_kind(kind: str) -> None:
    """What was read and packed again is what was captured."""
    refused, failed, held = {}, {}, 0
    for row in rows(kind):
        try:
            CHECKS[kind](row)
        except ProtocolError as error:
            refused[row["name"]] = error.msg
        except AssertionError as error:
            failed[row["name"]] = error
        else:
            held += 1
    here = {row["name"] for row in rows(kind)}
    assert refused == {name: words for name, words in BROKEN.items() if name in here}
    assert failed.keys() == OTHERWISE.keys() & here, failed
    assert held == KINDS[kind] - len(refused) - len(failed)
