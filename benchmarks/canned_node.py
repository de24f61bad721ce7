"""A node that answers every request with the same bytes, by default a record, in its own process, as fast as it can.

It knows just enough of the info protocol for a client to connect. Written with plain
sockets, so that the client under test is what a run measures.
"""

from __future__ import annotations

import base64
import multiprocessing
import socket
import struct
import threading

HEADER = struct.Struct(">Q")
RECORD = bytes.fromhex("16000000000000000001000000000000000000000001")
BIN = struct.pack(">IBBBB", 4 + 1 + 100, 1, 4, 0, 1) + b"b" + b"x" * 100
BODY = RECORD + BIN
REPLY = HEADER.pack(2 << 56 | 3 << 48 | len(BODY)) + BODY
MISS_BODY = bytes.fromhex("16000000000200000000000000000000000000000000")
MISS = HEADER.pack(2 << 56 | 3 << 48 | len(MISS_BODY)) + MISS_BODY


def serve(ready: object, *, miss: bool = False, stream: object = None, reply: bytes | None = None) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    ready.put(port)  # type: ignore[attr-defined]
    if reply is None:
        reply = MISS if miss else REPLY
    while True:
        sock, _ = listener.accept()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=_talk, args=(sock, port, reply, stream), daemon=True).start()


def _talk(sock: socket.socket, port: int, reply: bytes, stream: object) -> None:
    # As a real node does: one request of a connection at a time, each answered by a send of its own.
    buffer = b""
    send = sock.sendall
    try:
        while data := sock.recv(1 << 18):
            buffer = buffer + data if buffer else data
            start, end = 0, len(buffer)
            while end - start >= 8:
                (word,) = HEADER.unpack_from(buffer, start)
                stop = start + 8 + (word & 0xFFFFFFFFFFFF)
                if stop > end:
                    break
                if word >> 48 & 0xFF == 3 and stream is not None:
                    stream(send)  # type: ignore[operator]  # answers every request by itself
                elif word >> 48 & 0xFF == 3:
                    send(reply)
                else:
                    send(_info(buffer[start + 8 : stop].decode(), port))
                start = stop
            buffer = buffer[start:]
    except OSError:
        return


def _info(body: str, port: int) -> bytes:
    full = base64.b64encode(b"\xff" * 512).decode()
    known = {
        "node": "BB9CA44ED",
        "build": "8.1.2.0",
        "partition-generation": "1",
        "peers-generation": "0",
        "peers-clear-std": f"0,{port},[]",
        "replicas": f"test:0,1,{full}",
    }
    lines = [f"{line}\t{known.get(line, 'ok')}\n" for line in body.split("\n") if line]
    text = "".join(lines).encode()
    return HEADER.pack(2 << 56 | 1 << 48 | len(text)) + text


def start(*, miss: bool = False, reply: bytes | None = None) -> tuple[multiprocessing.Process, int]:
    """The node's process and port; ``reply`` is the whole frame that it answers with."""
    context = multiprocessing.get_context("spawn")
    ready = context.Queue()
    process = context.Process(target=serve, args=(ready,), kwargs={"miss": miss, "reply": reply}, daemon=True)
    process.start()
    return process, ready.get(timeout=30)
