"""A node that does exactly what a test tells it to, on a real socket, in threads of its own.

:class:`RawNode` runs one script for each connection. A script reads frames and sends bytes
through a :class:`Peer`; it is free to answer late, wrongly, in pieces or not at all.
:func:`member` wraps a function into a script that also answers what a client asks when it
joins a cluster, so that a whole client can be pointed at the node.
"""

from __future__ import annotations

import base64
import contextlib
import socket
import struct
import threading
from collections import deque
from typing import TYPE_CHECKING, Self

from aerospike_wire.proto.header import FrameType, MessageHeader, frame, read_frame_header
from aerospike_wire.proto.message import message_frame

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

PATIENCE = 10.0
"""Seconds after which a script that waits for the client gives up, so that no test hangs."""


class Gone(Exception):
    """The client closed the connection, or the node is being stopped."""


class Peer:
    """One connection, seen from the node."""

    def __init__(self, sock: socket.socket, number: int) -> None:
        self.socket = sock
        self.number = number
        """Place in the order of connections, from 0."""
        self._held = b""

    def receive(self, size: int) -> bytes:
        """Exactly so many bytes."""
        while len(self._held) < size:
            self._held += self._part()
        data, self._held = self._held[:size], self._held[size:]
        return data

    def whatever(self) -> bytes:
        """What one read of the socket gives: at most what is there, at least a byte."""
        data, self._held = self._held, b""
        return data or self._part()

    def _part(self) -> bytes:
        try:
            part = self.socket.recv(1 << 20)
        except OSError as error:
            raise Gone from error
        if not part:
            raise Gone
        return part

    def frame(self) -> bytes:
        """The next frame whole, header included."""
        head = self.receive(8)
        _, size = read_frame_header(head)
        return head + self.receive(size)

    def frames(self, count: int) -> list[bytes]:
        """So many frames."""
        return [self.frame() for _ in range(count)]

    def send(self, data: bytes) -> None:
        """All of these bytes."""
        try:
            self.socket.sendall(data)
        except OSError as error:
            raise Gone from error

    def drip(self, data: bytes) -> None:
        """One byte in each packet."""
        for at in range(len(data)):
            self.send(data[at : at + 1])

    def closed(self) -> bool:
        """Wait until the client closes; False if it sends something instead."""
        try:
            self._held += self._part()
        except Gone:
            return True
        return False

    def reset(self) -> None:
        """End the connection with a reset instead of a farewell."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


class RawNode:
    """Listens on a port of its own and runs a script for every connection.

    Args:
        script: what to do with a connection. It is closed when the script returns.
        receive_buffer: bytes that the kernel may take from the client unread; 0 for its default.
    """

    def __init__(self, script: Callable[[Peer], None], *, receive_buffer: int = 0) -> None:
        self._script = script
        self._listener = socket.create_server(("127.0.0.1", 0))
        if receive_buffer:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self.accepted = 0
        self.errors: list[BaseException] = []
        """What scripts raised; raised again when the node is stopped."""

    @property
    def port(self) -> int:
        """The port."""
        return int(self._listener.getsockname()[1])

    @property
    def address(self) -> str:
        """``host:port``, as clients take it."""
        return f"127.0.0.1:{self.port}"

    @property
    def connections(self) -> int:
        """Connections that are open."""
        with self._lock:
            return len(self._open)

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, kind: type[BaseException] | None, *args: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes accept
        self._listener.close()
        # First whoever takes connections: it may be about to start a script for one that is over already.
        self._threads[0].join(PATIENCE)
        self.kill()
        for thread in self._threads:
            thread.join(PATIENCE)
            assert not thread.is_alive(), "a script does not end"
        if kind is None and self.errors:
            raise self.errors[0]

    def kill(self) -> None:
        """End all connections at once."""
        with self._lock:
            for sock in self._open:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

    def _start(self, work: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=work, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            sock.settimeout(PATIENCE)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._open.add(sock)
                number = self.accepted
                self.accepted += 1
            self._start(self._serve, sock, number)

    def _serve(self, sock: socket.socket, number: int) -> None:
        try:
            self._script(Peer(sock, number))
        except Gone:
            pass
        except BaseException as error:  # noqa: BLE001  shown by the test's thread
            self.errors.append(error)
        finally:
            with self._lock:
                self._open.discard(sock)
            sock.close()


# What scripts send


def reply(code: int = 0, *, generation: int = 1, fields: Sequence[bytes] = (), ops: Sequence[bytes] = ()) -> bytes:
    """A frame that answers a command on one record."""
    return message_frame(MessageHeader(result=code, generation=generation), fields, ops)


def info_reply(rows: Iterable[tuple[str, str]]) -> bytes:
    """A frame that answers info commands."""
    return frame(FrameType.INFO, "".join(f"{name}\t{value}\n" for name, value in rows).encode())


_WHOLE = base64.b64encode(b"\xff" * 512).decode()


def membership(
    request: bytes, build: str = "8.1.2.0", namespaces: Sequence[str] = ("test", "bar", "dev")
) -> bytes | None:
    """The answer of a cluster of one node to what a client asks about it; None if the request is something else."""
    if request[1] != FrameType.INFO:
        return None
    facts = {
        "node": "BB9000000000001",
        "build": build,
        "partition-generation": "1",
        "peers-generation": "1",
        "peers-clear-std": "1,3000,[]",
        "replicas": ";".join(f"{namespace}:0,1,{_WHOLE}" for namespace in namespaces),
    }
    names = request[8:].decode().splitlines()
    if all(name in facts for name in names):
        return info_reply((name, facts[name]) for name in names)
    if len(names) == 1 and names[0].startswith("user-agent-set:"):
        return info_reply([(names[0], "ok")])
    return None


def member(
    answer: Callable[[bytes], bytes | None],
    *,
    build: str = "8.1.2.0",
    namespaces: Sequence[str] = ("test", "bar", "dev"),
) -> Callable[[Peer], None]:
    """A script that joins clients and leaves every other request to ``answer``.

    Args:
        answer: gets a request whole and gives the bytes of its reply, empty for silence, or
            None to close the connection.
        build: the version that the node says it has.
        namespaces: the namespaces that it says it holds.
    """

    def script(peer: Peer) -> None:
        while True:
            request = peer.frame()
            data = membership(request, build, namespaces)
            if data is None:
                data = answer(request)
            if data is None:
                return
            peer.send(data)

    return script


class Replay:
    """Answers as it was recorded: request after request, and keeps what the client really sent."""

    def __init__(self) -> None:
        self._expected: deque[bytes] = deque()
        self.seen: list[bytes] = []

    def expect(self, responses: Iterable[bytes]) -> None:
        """Begin anew with these responses."""
        self._expected = deque(responses)
        self.seen = []

    def answer(self, request: bytes) -> bytes | None:
        """The next response; the connection is closed on a request too many."""
        self.seen.append(request)
        return self._expected.popleft() if self._expected else None
