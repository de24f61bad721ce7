"""One client connection of the node: frames in, frames out, one request at a time.

Requests of a connection are handled strictly in order, and none before the reply to the
one before has been taken off the node's hands. While a reply is under way no more than a
buffer's worth of further requests is read.
"""

from __future__ import annotations

import asyncio
import functools
import socket
import struct
from typing import TYPE_CHECKING, Any, Final, cast

from aerospike_wire.embedded import dispatch, security, turns
from aerospike_wire.embedded.faults import Fault
from aerospike_wire.embedded.node import Session
from aerospike_wire.embedded.place import Pending
from aerospike_wire.embedded.query import Stream
from aerospike_wire.proto.header import FRAME_HEADER_SIZE, MAX_FRAME_BODY, PROTO_VERSION, FrameType, frame_header

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aerospike_wire.embedded.faults import Rule
    from aerospike_wire.embedded.node import Node

BUFFER: Final = 64 * 1024
"""Bytes of the input buffer, unless a single frame is larger."""
REPLIES: Final = 64
"""Replies to pipelined requests that leave in one write."""
HIGH_WATER: Final = 256 * 1024
"""Bytes of unsent replies from which no further request is handled."""

_HEADER: Final = struct.Struct(">Q")
_XDR: Final = 5
"""The largest frame type that is not refused outright."""
GARBAGE: Final = b"\xde\xad\xbe\xef" * 16


def _name_in(certificate: dict[str, Any] | None) -> str | None:
    """The common name of a certificate's subject."""
    parts = (certificate or {}).get("subject", ())
    return next((value for part in parts for kind, value in part if kind == "commonName"), None)


class Connection(asyncio.BufferedProtocol):
    """The protocol of one accepted socket."""

    def __init__(self, node: Node, connections: set[Connection], peer: tuple[str, int] | None = None) -> None:
        """Make the protocol of a connection.

        Args:
            node: what it leads to.
            connections: those of the node, which it joins.
            peer: the client's address, if the transport does not tell it.
        """
        self._node = node
        self._peer = peer
        self._connections = connections
        self._session = Session()
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray(BUFFER)
        self._view = memoryview(self._buffer)
        self._start = 0
        self._end = 0
        self._need = 0
        """Size of the frame that is being received, 0 if its header has not come yet."""
        self._busy = False
        """A request is under way: its reply is delayed or has more frames to come."""
        self._given_up = False
        self._full = False
        """The transport holds more replies than is good."""
        self._reading = True
        self._running = False
        self._out: list[bytes] = []
        self._frames: Iterator[bytes | turns.Turn] | None = None
        """A reply of many frames that is under way."""
        self._stream: Stream | None = None
        """The same, if it comes from a query, which wants to know what becomes of it."""
        self._stalled: asyncio.TimerHandle | None = None
        """When a client that does not take such a reply is given up."""
        self._cancel: Callable[[], object] | None = None
        self._held: list[Callable[[], None]] = []
        """What was due while the node was paused."""
        self._due: asyncio.TimerHandle | None = None
        """When a slow node looks at what has come."""

    # What the transport calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has connected."""
        self._transport = cast("asyncio.Transport", transport)
        self._connections.add(self)
        peer = self._peer or transport.get_extra_info("peername")
        if peer is None:  # it has gone already; raising here would leave the socket open
            self._transport.abort()
            return
        self._transport.set_write_buffer_limits(high=HIGH_WATER)
        if self._peer is None:
            # asyncio does it for sockets that were made with the protocol's number only.
            transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        host, port = peer[:2]
        self._session.peer = f"{host}:{port}"
        self._session.certified = _name_in(transport.get_extra_info("peercert"))

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is gone."""
        self._connections.discard(self)
        security.left(self._node, self._session)
        self._transport = None
        self._frames = None
        if self._stream is not None:
            self._stream.abandon(slow=self._given_up)
            self._stream = None
        self._move_on()
        self._held.clear()
        if self._due is not None:
            self._due.cancel()
            self._due = None
        if self._cancel is not None:
            self._cancel()
            self._cancel = None

    def eof_received(self) -> bool:
        """A client that closes its half closes the connection, whatever it still waits for."""
        self.abort()
        return False

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where to put what comes next."""
        if self._end == len(self._buffer):
            self._make_room()
        return self._view[self._end :]

    def buffer_updated(self, nbytes: int) -> None:
        """Bytes have come."""
        self._end += nbytes
        if not self._node.lag:
            self._run()
        elif self._due is None:
            self._due = self._loop.call_later(self._node.lag, self._look)

    def pause_writing(self) -> None:
        """The client does not take its replies."""
        self._full = True
        if self._stream is not None and self._stream.stall:
            self._stalled = self._loop.call_later(self._stream.stall, self._give_up)

    def resume_writing(self) -> None:
        """The client has taken its replies."""
        self._full = False
        self._move_on()
        if self._frames is not None:
            self._pump()
        else:
            self._run()

    def _give_up(self) -> None:
        """A client that has not taken its data for too long loses its connection."""
        self._given_up = True
        self.abort()

    def _move_on(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def abort(self) -> None:
        """Drop the connection and everything that waits on it."""
        if self._transport is not None:
            self._transport.abort()

    # A node that is paused or slow

    def wake(self) -> None:
        """Go on after the node was paused."""
        held, self._held = self._held, []
        for action in held:
            action()
        self._run()

    def _later(self, action: Callable[[], None]) -> bool:
        """Keep something for later if the node is paused; True if so."""
        if self._node.paused:
            self._held.append(action)
        return self._node.paused

    def _look(self) -> None:
        self._due = None
        self._run()

    # Input

    def _make_room(self) -> None:
        """Move what was not handled yet to the front of a buffer that is large enough.

        For a large frame the buffer grows with what has come, not with what was announced.
        """
        kept = self._end - self._start
        capacity = BUFFER
        if self._need > capacity:
            capacity = min(self._need, max(BUFFER, 2 * kept))
        content = self._view[self._start : self._end]
        if capacity == len(self._buffer):
            self._view[:kept] = bytes(content)
        else:
            buffer = bytearray(max(capacity, kept + 1))
            buffer[:kept] = content
            self._buffer, self._view = buffer, memoryview(buffer)
        self._start, self._end = 0, kept

    def _run(self) -> None:
        """Handle the requests that are complete, as long as replies may be sent."""
        if self._running:
            return
        self._running = True
        try:
            while not self._busy and not self._full and self._transport is not None and not self._node.paused:
                if not self._next():
                    break
                if len(self._out) >= REPLIES:
                    self._flush()
            self._flush()
        finally:
            self._running = False
        self._regulate()

    def _next(self) -> bool:
        """Handle one request; False if none is complete."""
        have = self._end - self._start
        if have < FRAME_HEADER_SIZE:
            self._need = 0
            if not have:
                self._start = self._end = 0
            return False
        (word,) = _HEADER.unpack_from(self._view, self._start)
        kind = word >> 48 & 0xFF
        size = word & 0xFFFF_FFFF_FFFF
        version = word >> 56
        legal = version == PROTO_VERSION or (version == 0 and kind == FrameType.ADMIN)
        if not legal or not FrameType.INFO <= kind <= _XDR or size > MAX_FRAME_BODY:
            self._close()
            return False
        begin = self._start + FRAME_HEADER_SIZE
        if have < FRAME_HEADER_SIZE + size:
            self._need = FRAME_HEADER_SIZE + size
            return False
        body = bytes(self._view[begin : begin + size])
        self._need = 0
        self._start = begin + size
        self._handle(*dispatch.opened(self._node, kind, body))
        if self._start == self._end and len(self._buffer) > BUFFER:
            self._make_room()
        return True

    def _regulate(self) -> None:
        """Read on or not: a full buffer with no one to empty it has to wait."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        blocked = (self._busy or self._full or self._node.paused) and self._end - self._start >= BUFFER
        if blocked == self._reading:
            self._reading = not blocked
            if blocked:
                transport.pause_reading()
            else:
                transport.resume_reading()

    # Output

    def _send(self, reply: dispatch.Answer) -> None:
        if isinstance(reply, bytes):
            self._out.append(reply)
            return
        if isinstance(reply, Pending):
            self._await(reply)
            return
        self._flush()
        self._busy = True
        self._frames = iter(reply)
        self._stream = reply if isinstance(reply, Stream) else None
        self._pump()

    def _pump(self) -> None:
        """Send one more frame of a long reply; the others get their turn in between."""
        if self._frames is None or self._transport is None or self._full or self._later(self._pump):
            return
        following = next(self._frames, None)
        if isinstance(following, turns.Delay | turns.Until):
            self._cancel = turns.arm(self._loop, following, self._go_on)
            return
        if following is not None:
            self._transport.write(following)
            if not self._full:
                self._loop.call_soon(self._pump)
            return
        self._frames = self._stream = None
        self._busy = False
        self._run()

    def _go_on(self) -> None:
        self._cancel = None
        self._pump()

    def _flush(self) -> None:
        if self._out and self._transport is not None:
            self._transport.write(self._out[0] if len(self._out) == 1 else b"".join(self._out))
        self._out.clear()

    def _close(self) -> None:
        """Close once all replies so far are sent; nothing more is handled."""
        self._flush()
        self._busy = True
        if self._transport is not None:
            self._transport.close()

    # Requests

    def _handle(self, kind: int, body: bytes) -> None:
        if self._node.faults:
            verdict = dispatch.judge(self._node.faults, kind, body)
            if verdict.rule is not None:
                self._misbehave(verdict.rule, kind, body)
                return
            if verdict.lines:
                self._send(dispatch.answer_lines(self._node, self._session, body, verdict.lines))
                return
        self._send(dispatch.answer(self._node, self._session, kind, body))

    def _execute(self, kind: int, body: bytes) -> bytes:
        """Do what a request asks; its whole reply."""
        with self._node.modules.at_once():
            reply = dispatch.answer(self._node, self._session, kind, body)
        if isinstance(reply, Pending):
            reply = reply.expired()
        if isinstance(reply, Stream):
            return reply.whole()
        return reply if isinstance(reply, bytes) else b"".join(item for item in reply if isinstance(item, bytes))

    def _misbehave(self, rule: Rule, kind: int, body: bytes) -> None:
        if rule.fault is Fault.DELAY:
            timer = self._loop.call_later(rule.milliseconds / 1000, self._resume, kind, body)
            self._wait(timer.cancel)
        elif rule.fault is Fault.HANG:
            self._hang(rule, kind, body)
        else:
            reply = self._execute(kind, body) if rule.execute else b""
            if rule.fault is Fault.ANSWER:
                self._send(dispatch.refuse(kind, body, rule))
            elif rule.fault is Fault.CLOSE:
                self._close()
            elif rule.fault is Fault.HALF_FRAME:
                self._send(reply[: max(len(reply) // 2, 1)])
                self._close()
            elif rule.fault is Fault.GARBAGE:
                self._send(GARBAGE)
            else:
                self._send(frame_header(kind, rule.size) + reply[FRAME_HEADER_SIZE:])

    def _await(self, pending: Pending[dispatch.Reply]) -> None:
        """Send a reply once the cluster lets it come, or its error when its time is up."""
        forget: Callable[[], object]

        def look() -> None:
            nonlocal pending, forget
            if self._cancel is not end or self._later(look):
                return
            found = pending.retry()
            if not isinstance(found, Pending):
                finish(found)
                return
            # What was done so far is done: the next look is at what is left.
            forget()
            pending = found
            forget = pending.subscribe(look)

        def expire() -> None:
            if not self._later(expire):
                finish(pending.expired())

        def finish(reply: dispatch.Reply) -> None:
            if self._cancel is not end:
                return  # it has come already
            end()
            self._cancel = None
            self._busy = False
            self._send(reply)
            self._run()

        def end() -> None:
            forget()
            timer.cancel()

        forget = pending.subscribe(look)
        timer = self._loop.call_later(pending.seconds, expire)
        self._wait(end)

    def _wait(self, cancel: Callable[[], object]) -> None:
        self._flush()
        self._busy = True
        self._cancel = cancel

    def _hang(self, rule: Rule, kind: int, body: bytes) -> None:
        def removed() -> None:
            try:
                self._loop.call_soon_threadsafe(self._resume, kind, body)
            except RuntimeError:
                return  # The server has stopped meanwhile, and the client is gone with it.

        self._wait(lambda: rule.forget(removed))
        if not rule.when_removed(removed):
            self._resume(kind, body)

    def _resume(self, kind: int, body: bytes) -> None:
        """Handle a request after all that was held up."""
        if self._later(functools.partial(self._resume, kind, body)):
            return
        self._cancel = None
        if self._transport is None or self._transport.is_closing():
            return
        self._busy = False
        self._send(dispatch.answer(self._node, self._session, kind, body))
        self._run()
