"""Small helpers for tests that speak the wire protocol over a bare socket."""

from __future__ import annotations

import socket
import struct
from typing import TYPE_CHECKING, Any, Protocol, Self

from aerospike_wire.proto import keys, values
from aerospike_wire.proto.fields import Field, field
from aerospike_wire.proto.header import FrameType, MessageHeader, frame, read_frame_header
from aerospike_wire.proto.message import Message, Op, OpCode, message_frame, read_messages

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


NAMESPACE = "test"
SET = "demo"

READ, GET_ALL, NO_BINS, BATCH = 0x01, 0x02, 0x20, 0x08
WRITE, DELETE, RESPOND_ALL = 0x01, 0x02, 0x80
PARTITION_DONE = 0x04


class Node(Protocol):
    """Whatever listens somewhere."""

    @property
    def seeds(self) -> list[tuple[str, int]]:
        """Its addresses."""


class Wire:
    """One connection to a node."""

    def __init__(self, server: Node, timeout: float = 5.0) -> None:
        self.socket = socket.create_connection(server.seeds[0], timeout)
        self.socket.settimeout(timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *args: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def receive(self, size: int) -> bytes:
        """Exactly ``size`` bytes, fewer if the node closes first."""
        data = b""
        while len(data) < size:
            part = self.socket.recv(size - len(data))
            if not part:
                break
            data += part
        return data

    def frame(self) -> tuple[int, bytes]:
        """Type and body of the next frame."""
        kind, size = read_frame_header(self.receive(8))
        body = self.receive(size)
        assert len(body) == size
        return kind, body

    def ask(self, request: bytes) -> Message:
        """The reply to a single-record command."""
        self.send(request)
        return self.message()

    def message(self) -> Message:
        """The one message of the next frame."""
        kind, body = self.frame()
        assert kind == FrameType.MESSAGE
        (message,) = read_messages(body)
        return message

    def stream(self, request: bytes) -> tuple[list[Message], list[int]]:
        """All messages of a reply up to the last, and the sizes of its frames."""
        self.send(request)
        messages: list[Message] = []
        sizes: list[int] = []
        while True:
            _, body = self.frame()
            sizes.append(8 + len(body))
            messages += read_messages(body)
            if messages[-1].last:
                return messages, sizes

    def info(self, *lines: str) -> dict[str, str]:
        """The values of info commands."""
        self.send(frame(FrameType.INFO, "".join(f"{line}\n" for line in lines).encode()))
        kind, body = self.frame()
        assert kind == FrameType.INFO
        return dict(line.split("\t", 1) for line in body.decode().splitlines())

    def closed(self) -> bool:
        """True if the node closes the connection without another byte."""
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True


def place(
    key: Any, *, namespace: str = NAMESPACE, set_name: str = SET, extra: Mapping[Any, bytes] | None = None
) -> list[bytes]:
    """The fields that name a record."""
    fields = {
        Field.NAMESPACE: namespace.encode(),
        Field.SET: set_name.encode(),
        Field.DIGEST: keys.digest(set_name, key),
        **(extra or {}),
    }
    return [field(kind, data) for kind, data in fields.items()]


def op(code: int, name: str = "", value: Any = None) -> bytes:
    """An operation; the value is a Python object."""
    kind, data = values.encode(value)
    return Op(code, name.encode(), int(kind), data).pack()


def put(key: Any, bins: Mapping[str, Any], **options: Any) -> bytes:
    """A frame that writes bins."""
    return command(key, info2=WRITE, ops=[op(OpCode.WRITE, name, value) for name, value in bins.items()], **options)


def get(key: Any, **options: Any) -> bytes:
    """A frame that reads all bins."""
    return command(key, info1=READ | GET_ALL, **options)


def remove(key: Any, **options: Any) -> bytes:
    """A frame that deletes a record."""
    return command(key, info2=WRITE | DELETE, **options)


def command(
    key: Any,
    *,
    info1: int = 0,
    info2: int = 0,
    info3: int = 0,
    info4: int = 0,
    ops: Sequence[bytes] = (),
    generation: int = 0,
    ttl: int = 0,
    transaction_ttl: int = 1000,
    **where: Any,
) -> bytes:
    """A frame with a single-record command."""
    header = MessageHeader(info1, info2, info3, info4, 0, generation, ttl, transaction_ttl)
    return message_frame(header, place(key, **where), ops)


def bins_of(message: Message) -> dict[str, Any]:
    """The bins of a reply as Python values."""
    return {item.bin: item.value() for item in message.ops}


# Batches


def row(
    index: int,
    key: Any,
    *,
    info1: int = 0,
    info2: int = 0,
    info3: int = 0,
    ops: Sequence[bytes] = (),
    generation: int = 0,
    ttl: int = 0,
    namespace: str = NAMESPACE,
    extra: Mapping[Any, bytes] | None = None,
) -> bytes:
    """One row with its own contents."""
    fields = {Field.NAMESPACE: namespace.encode(), Field.SET: SET.encode(), **(extra or {})}
    head = struct.pack(
        ">I20sBBBBHIHH", index, keys.digest(SET, key), 0x0E, info1, info2, info3, generation, ttl, len(fields), len(ops)
    )
    return head + b"".join(field(kind, data) for kind, data in fields.items()) + b"".join(ops)


def repeat(index: int, key: Any) -> bytes:
    """One row that is like the one before."""
    return struct.pack(">I20sB", index, keys.digest(SET, key), 0x01)


def batch(*rows: bytes, flags: int = 0x0D, count: int | None = None, extra: Mapping[Any, bytes] | None = None) -> bytes:
    """A frame with a batch."""
    content = struct.pack(">IB", len(rows) if count is None else count, flags) + b"".join(rows)
    fields = [field(kind, data) for kind, data in (extra or {}).items()]
    return message_frame(MessageHeader(info1=BATCH, transaction_ttl=1000), [*fields, field(Field.BATCH, content)])


# Queries


def query(
    fields: Mapping[Any, bytes] | None = None,
    *,
    info1: int = READ,
    info2: int = 0,
    info3: int = PARTITION_DONE,
    ops: Sequence[bytes] = (),
    transaction_ttl: int = 0,
    partitions: Sequence[int] | None = range(4096),
) -> bytes:
    """A frame with a query of the set; a field given as None bytes is left out."""
    every: dict[int, bytes] = {Field.NAMESPACE: NAMESPACE.encode(), Field.SET: SET.encode()}
    if partitions is not None:
        every[Field.PID_ARRAY] = b"".join(struct.pack("<H", pid) for pid in partitions)
    every.update(fields or {})
    header = MessageHeader(info1, info2, info3, 0, 0, 0, 0xFFFF_FFFF, transaction_ttl)
    return message_frame(header, [field(kind, data) for kind, data in every.items()], ops)


def integers(name: str, begin: int, end: int) -> bytes:
    """An index range over integers."""
    bound = b"\x00\x00\x00\x08"
    return (
        bytes((1, len(name)))
        + name.encode()
        + b"\x01"
        + bound
        + struct.pack(">q", begin)
        + bound
        + struct.pack(">q", end)
    )


def equal(name: str, kind: int, value: bytes) -> bytes:
    """An index range of one string or blob."""
    bound = struct.pack(">I", len(value)) + value
    return bytes((1, len(name))) + name.encode() + bytes((kind,)) + bound + bound
