"""One connection as a state table, without the connection (protocol section 1).

A node answers the requests of a connection one after another, in order. So the channel
is a queue: :meth:`Channel.send` takes what a request expects and puts it at the end,
bytes that arrive complete what is at the front. Those are its only two doors. A caller
that gave up stays in the queue, because its answer is still to come and must not be
taken for the next one's.
"""

from __future__ import annotations

import enum
import struct
from collections import deque
from typing import TYPE_CHECKING, Final

from aerospike_wire.errors import ProtocolError
from aerospike_wire.proto.compression import inflated
from aerospike_wire.proto.header import FRAME_HEADER_SIZE, FrameType, read_frame_header

if TYPE_CHECKING:
    from collections.abc import Callable


class State(enum.Enum):
    """What a connection can be."""

    NEW = "new"
    """Nothing was sent yet."""
    LOGIN = "login"
    """A login is under way; nothing else may be sent."""
    READY = "ready"
    CLOSED = "closed"
    """Ended by either side."""
    BROKEN = "broken"
    """The peer sent what it may not send. Nothing that follows can be trusted."""


class Event(enum.Enum):
    """What happens to a connection."""

    SEND_LOGIN = "send a login"
    SEND = "send a request"
    LOGIN_ANSWERED = "have a login answered"
    ANSWERED = "have a request answered"
    GARBAGE = "receive garbage"
    CLOSE = "close"


TABLE: Final[dict[State, dict[Event, State]]] = {
    State.NEW: {
        Event.SEND_LOGIN: State.LOGIN,
        Event.SEND: State.READY,
        Event.GARBAGE: State.BROKEN,
        Event.CLOSE: State.CLOSED,
    },
    State.LOGIN: {
        Event.LOGIN_ANSWERED: State.READY,
        Event.GARBAGE: State.BROKEN,
        Event.CLOSE: State.CLOSED,
    },
    State.READY: {
        Event.SEND_LOGIN: State.LOGIN,
        Event.SEND: State.READY,
        Event.ANSWERED: State.READY,
        Event.GARBAGE: State.BROKEN,
        Event.CLOSE: State.CLOSED,
    },
    State.CLOSED: {Event.CLOSE: State.CLOSED, Event.GARBAGE: State.CLOSED},
    State.BROKEN: {Event.CLOSE: State.BROKEN, Event.GARBAGE: State.BROKEN},
}
"""From state and event to the next state; an event that has no entry must not happen."""

_DATA_MESSAGE: Final = 0x0203 << 48
"""Version 2, type 3, size 0: what the header of nearly all frames is, but for their size."""
_unpack_word: Final = struct.Struct(">Q").unpack_from
_BUFFER: Final = 64 * 1024


class Exchange:
    """A request that was sent and what has come back so far.

    Args:
        frame_type: kind of the request; the answer must be of the same.
        collect: takes the body of each frame and is True for the last one; None if the
            answer is one frame.
        login: True if the request is a login.
    """

    __slots__ = ("body", "collect", "frame_type", "login", "plain")

    def __init__(
        self,
        frame_type: int = FrameType.MESSAGE,
        collect: Callable[[bytes], bool] | None = None,
        *,
        login: bool = False,
    ) -> None:
        self.body: bytes | None = None
        """Body of the answer's last frame, once it is complete."""
        self.expect(frame_type, collect, login=login)

    def expect(self, frame_type: int, collect: Callable[[bytes], bool] | None, *, login: bool) -> None:
        """Say what the answer will be."""
        self.frame_type = frame_type
        self.collect = collect
        self.login = login
        self.plain = frame_type == FrameType.MESSAGE and collect is None and not login
        """True if the answer is one data message and nothing else depends on it."""


class Channel:
    """The protocol side of one connection.

    Args:
        limit: bytes that one frame may have; more is taken for an attack or a mistake.
    """

    __slots__ = ("_buffer", "_end", "_limit", "_odd", "_start", "_view", "error", "flows", "pending", "state")

    def __init__(self, *, limit: int = 128 * 1024 * 1024) -> None:
        self.state = State.NEW
        self.pending: deque[Exchange] = deque()
        """What is to be answered, oldest first."""
        self.flows = False
        """True if requests that are no logins can simply be put at the end of :attr:`pending`."""
        self.error: ProtocolError | None = None
        """Why the channel is broken."""
        self._odd = 0
        """How many of them are not plain."""
        self._limit = limit
        self._buffer = bytearray(_BUFFER)
        self._view = memoryview(self._buffer)
        self._start = 0
        self._end = 0

    def send(self, exchange: Exchange) -> None:
        """Note that a request goes out; the transport sends its bytes.

        Raises:
            RuntimeError: the state does not allow it; a mistake in the transport.
        """
        if self.state is not State.READY or exchange.login:
            if exchange.login and self.pending:
                msg = "a login cannot be sent while requests wait for their answers"
                raise RuntimeError(msg)
            self._happen(Event.SEND_LOGIN if exchange.login else Event.SEND)
        self.pending.append(exchange)
        if not exchange.plain:
            self._odd += 1

    def withdraw(self, exchange: Exchange) -> None:
        """Take back a request none of whose bytes were sent."""
        self.pending.remove(exchange)
        if not exchange.plain:
            self._odd -= 1

    def forget(self) -> None:
        """Wait for nothing that was asked."""
        self.pending.clear()
        self._odd = 0

    def complete(self, exchange: Exchange) -> bool:
        """Note that an answer is complete, as its reader found in its last frame.

        Returns:
            True if nothing has come behind it, so that the next request can be sent.
        """
        if not self.pending or self.pending[0] is not exchange or self._start != self._end:
            return False
        self.pending.popleft()
        if not exchange.plain:
            self._odd -= 1
        return True

    def close(self) -> None:
        """Note that the connection has ended."""
        self._happen(Event.CLOSE)

    def receive(self, data: bytes | bytearray | memoryview) -> list[Exchange]:
        """Take bytes as they came; gives the exchanges that they completed, in order.

        Raises:
            ProtocolError: the bytes make no sense. The channel is broken from then on.
        """
        done: list[Exchange] = []
        view = memoryview(data)
        while view:
            room = self.writable()
            size = min(len(room), len(view))
            room[:size] = view[:size]
            done += self.received(size)
            view = view[size:]
            if self.error is not None:
                if not done:
                    raise self.error
                break
        return done

    def writable(self) -> memoryview:
        """Room for the next bytes; the transport tells with :meth:`received` how many it put there."""
        end = self._end
        if not end:
            return self._view
        if end == len(self._buffer):
            self._make_room()
            end = self._end
        return self._view[end:]

    def _make_room(self) -> None:
        # Growth follows what has arrived, not what a header claims.
        left = self._end - self._start
        size = len(self._buffer)
        if left > size // 2:
            size *= 2
        buffer = bytearray(size)
        buffer[:left] = self._view[self._start : self._end]
        self._buffer, self._view = buffer, memoryview(buffer)
        self._start, self._end = 0, left

    def received(self, count: int) -> list[Exchange]:
        """The exchanges that ``count`` more bytes completed; sets :attr:`error` if they make no sense."""
        done: list[Exchange] = []
        if self.error is not None:
            self._start = self._end = 0
            return done
        view, start, end = self._view, self._start, self._end + count
        pending, plain = self.pending, not self._odd
        while (begin := start + FRAME_HEADER_SIZE) <= end:
            # Of anything but a data message this is before ``begin`` or far behind ``end``.
            stop = begin + _unpack_word(view, start)[0] - _DATA_MESSAGE
            if begin <= stop <= end and plain and pending:
                exchange = pending.popleft()
                exchange.body = bytes(view[begin:stop])
                done.append(exchange)
                start = stop
                continue
            try:
                frame_type, size = self._check_frame(view, start)
                if size > end - begin:
                    break
                start = begin + size
                body = bytes(view[begin:start])
                last = self._take(inflated(body, self._limit) if frame_type == FrameType.COMPRESSED else body)
            except ProtocolError as error:
                self._break(error)
                return done
            if last is not None:
                done.append(last)
            plain = not self._odd
        if start == end:
            self._start = self._end = 0
            if len(self._buffer) > _BUFFER:
                self._buffer = bytearray(_BUFFER)
                self._view = memoryview(self._buffer)
        else:
            self._start, self._end = start, end
            if not pending:
                self._break(ProtocolError("bytes came although nothing was asked"))
        return done

    def _check_frame(self, view: memoryview, start: int) -> tuple[int, int]:
        """Look at a frame's header as soon as it is there; its type and size.

        Where a data message is due it may come compressed, asked for or not.

        Raises:
            ProtocolError: the frame cannot be an answer to what is due.
        """
        frame_type, size = read_frame_header(view, start)
        if size > self._limit:
            msg = f"frame claims {size} bytes, the limit is {self._limit}"
            raise ProtocolError(msg)
        if not self.pending:
            msg = f"a frame of type {frame_type} came although nothing was asked"
            raise ProtocolError(msg)
        due = self.pending[0].frame_type
        if frame_type != due and not (frame_type == FrameType.COMPRESSED and due == FrameType.MESSAGE):
            msg = f"the answer is a frame of type {frame_type}, expected {int(due)}"
            raise ProtocolError(msg)
        return frame_type, size

    def _take(self, body: bytes) -> Exchange | None:
        """Give a frame to the exchange that is due, which is returned if that completes it."""
        exchange = self.pending[0]
        if exchange.collect is not None and not exchange.collect(body):
            return None
        exchange.body = body
        self.pending.popleft()
        if not exchange.plain:
            self._odd -= 1
        if exchange.login:
            self._happen(Event.LOGIN_ANSWERED)
        return exchange

    def _break(self, error: ProtocolError) -> None:
        self.error = error
        self._start = self._end = 0
        self._happen(Event.GARBAGE)

    def _happen(self, event: Event) -> None:
        try:
            self.state = TABLE[self.state][event]
            self.flows = self.state is State.READY
        except KeyError:
            msg = f"a connection that is {self.state.value} cannot {event.value}"
            raise RuntimeError(msg) from None
