"""Frames and connections: what is answered, what is closed, and in which order."""

from __future__ import annotations

import socket
import struct
import time
import zlib
from typing import TYPE_CHECKING

import pytest
from cases import for_each
from wire import Wire, bins_of, get, put

from aerospike_wire.proto.header import FrameType, frame
from aerospike_wire.proto.message import read_messages

if TYPE_CHECKING:
    from aerospike_wire.embedded import EmbeddedServer

HEADER = struct.Struct(">Q")


def header(version: int, kind: int, size: int) -> bytes:
    """The eight bytes in front of a body."""
    return HEADER.pack(version << 56 | kind << 48 | size)


@pytest.mark.parametrize(
    "data",
    [
        header(1, 1, 6) + b"build\n",
        header(3, 3, 22) + bytes(22),
        header(2, 0, 1) + b"x",
        header(2, 6, 1) + b"x",
        header(0, 3, 22) + bytes(22),
        header(2, 3, 128 * 1024 * 1024 + 1),
        bytes.fromhex("160301020001000100"),
    ],
    ids=["version 1", "version 3", "type 0", "type 6", "version 0", "too large", "TLS"],
)
def test_impossible_header_closes(wire: Wire, data: bytes) -> None:
    """A header that cannot be one closes the connection without an answer."""
    wire.send(data)
    assert wire.closed()


@for_each(
    ("body", "kind", "code"),
    [
        (bytes(10), 3, 4),
        (b"", 3, 4),
        (get(1)[8:] + b"\x00", 3, 4),
        (get(1)[8:-3], 3, 4),
        (bytes(18) + b"\x00\x01\x00\x00" + bytes(4), 3, 4),
        (b"x", 5, 4),
        (struct.pack(">Q", 30) + zlib.compress(get(1)), 4, 25),
    ],
    ids=["short", "empty", "trailing byte", "cut off", "field of size 0", "type 5", "compressed"],
)
def test_malformed_body_is_answered(wire: Wire, body: bytes, kind: int, code: int) -> None:
    """A whole frame with nonsense inside is answered by a header of 22 bytes; the connection goes on."""
    wire.send(header(2, kind, len(body)) + body)
    answered, reply = wire.frame()
    assert (answered, len(reply), reply[5]) == (FrameType.MESSAGE, 22, code)
    assert wire.ask(get(1)).result == 2


def test_header_size_byte_is_not_checked(wire: Wire) -> None:
    """The first byte of a message may hold anything."""
    request = bytearray(put(1, {"a": 1}))
    request[8] = 23
    assert wire.ask(bytes(request)).result == 0


def test_requests_in_one_segment_are_answered_in_order(wire: Wire) -> None:
    """Pipelined requests of all kinds are handled one after another, each seeing what went before."""
    info = frame(FrameType.INFO, b"build\n")
    wire.send(put(1, {"a": 1}) + info + get(1) + put(1, {"a": 2}) + get(1) + info)
    kinds = []
    values = []
    for _ in range(6):
        kind, body = wire.frame()
        kinds.append(kind)
        if kind == FrameType.MESSAGE:
            (message,) = read_messages(body)
            values.append(bins_of(message))
    assert kinds == [3, 1, 3, 3, 3, 1]
    assert values == [{}, {"a": 1}, {}, {"a": 2}]


def test_bytes_may_come_one_by_one(wire: Wire) -> None:
    """How the network cuts a request does not matter."""
    wire.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for byte in put(1, {"a": 1}):
        wire.send(bytes((byte,)))
    kind, _ = wire.frame()
    assert kind == FrameType.MESSAGE


def test_large_frames(wire: Wire) -> None:
    """Records up to the limit pass in both directions, whole and among small ones."""
    large = bytes(range(256)) * 3900
    wire.send(put(1, {"b": large}) + get(1) + get(2))
    _, stored = wire.frame()
    assert stored[5] == 0
    _, body = wire.frame()
    (message,) = read_messages(body)
    assert bins_of(message) == {"b": large}
    assert wire.frame()[1][5] == 2


def test_half_closed_connection_is_closed(server: EmbeddedServer) -> None:
    """A client that shuts down its writing side gets no more answers."""
    server.faults.on("get").hang()
    with Wire(server) as wire:
        wire.send(get(1))
        wire.socket.shutdown(socket.SHUT_WR)
        assert wire.closed()


def test_node_does_not_read_ahead_of_a_client_that_does_not_take_replies(server: EmbeddedServer) -> None:
    """Requests are left in the socket while their replies cannot be sent, and all are answered later."""
    count = 3000
    with Wire(server) as wire:
        wire.ask(put(1, {"b": bytes(20_000)}))
        request = get(1)
        wire.socket.setblocking(False)
        data = request * count
        sent = 0
        silent = time.monotonic() + 0.3
        while sent < len(data) and time.monotonic() < silent:
            try:
                sent += wire.socket.send(data[sent:])
                silent = time.monotonic() + 0.3
            except BlockingIOError:
                time.sleep(0.01)
        held = server.call(lambda: [len(connection._buffer) for connection in server._listener.connections])
        waiting = server.call(
            lambda: [
                item._transport.get_write_buffer_size() for item in server._listener.connections if item._transport
            ]
        )
        assert max(held) <= 128 * 1024
        assert max(waiting) < 4 * 1024 * 1024
        wire.socket.settimeout(5)
        whole = sent // len(request)
        for _ in range(whole):
            assert len(wire.frame()[1]) > 20_000


def test_connections_do_not_disturb_each_other(server: EmbeddedServer) -> None:
    """A request that takes long on one connection does not hold up another."""
    server.faults.on("get").delay(300)
    with Wire(server) as slow, Wire(server) as quick:
        slow.send(get(1))
        begin = time.monotonic()
        assert quick.ask(put(1, {"a": 1})).result == 0
        assert time.monotonic() - begin < 0.2
        assert slow.frame()[1][5] == 0


def test_unfinished_requests_of_a_closed_connection_are_forgotten(server: EmbeddedServer) -> None:
    """A client that leaves in the middle of a frame leaves nothing behind."""
    for _ in range(3):
        with Wire(server) as wire:
            wire.ask(get(1))  # from here on the node knows of the connection
            wire.send(put(1, {"a": 1})[:-5])
    deadline = time.monotonic() + 5
    while left := server.call(lambda: len(server._listener.connections)):
        assert time.monotonic() < deadline, f"{left} connections are not forgotten"
        time.sleep(0.01)
