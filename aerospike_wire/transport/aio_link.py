"""Pipelined connections on an asyncio event loop.

Many tasks share a link. Their requests queue, leave in one write per turn of the loop,
and the answers, which come in order, are handed back through the same queue. A task that
is cancelled or runs out of time leaves its place in the queue behind, so that the late
answer is taken off the wire and dropped, and the link lives on.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import math
import os
import ssl
import time
import weakref
from typing import TYPE_CHECKING, Final, cast

from aerospike_wire.errors import ResultCode
from aerospike_wire.policy import Timing
from aerospike_wire.proto.channel import Channel, Exchange
from aerospike_wire.transport import LinkFailure, note_doubt
from aerospike_wire.transport.failures import words_of

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Callable

    from aerospike_wire.transport import Call, Future

FOREIGN_LOOP: Final = "this client belongs to another event loop; every event loop needs a client of its own"

_running_loop: Final = asyncio.get_running_loop
_LARGE = 64 * 1024
"""Bytes of requests that are always written at once."""
_CLOCK_STEP = 0.001
"""Seconds by which a timer of the loop may fire early."""
_SLOW: Final = 0.1
"""Seconds of silence, while answers are due, after which a link gets no more requests until it speaks.

A node answers the requests of a connection one after another, so one that it cannot finish holds up all behind it.
"""
_ORPHANS: Final[list[object]] = []
"""Transports of loops that are gone."""
_UNTIMED: Final = Timing(None, None, 0.0)


class Waiter(Exchange):
    """A caller's place in the queue."""

    sent: bool = False
    gone: float = math.inf
    """When the caller gave up."""

    def __init__(
        self, request: bytes, future: asyncio.Future[bytes], since: float, deadline: float, timing: Timing
    ) -> None:
        self.request = request
        self.future = future
        self.since = since
        self.deadline = deadline
        self.timing = timing

    def due(self, heard: float) -> float:
        """When this place needs attention, if the link was last heard of at ``heard``.

        That is when the caller gives up; or, after it has, when the link is given up
        because the answer does not even come late.
        """
        silence, _, drain = self.timing
        if self.gone < math.inf:
            return max(heard, self.gone) + drain
        if silence is None:
            return self.deadline
        return min(self.deadline, max(heard, self.since) + silence)


class AsyncLink(asyncio.BufferedProtocol):
    """One pipelined connection."""

    def __init__(self, loop: asyncio.AbstractEventLoop, address: str) -> None:
        self.address = address
        self.last_used = time.monotonic()
        self._loop = loop
        # A third cheaper than the loop's own method, which does the same.
        self._new_future: Callable[[], asyncio.Future[bytes]] = functools.partial(asyncio.Future, loop=loop)
        self._channel = Channel()
        self._queue = cast("deque[Waiter]", self._channel.pending)
        self._transport: asyncio.Transport | None = None
        self._unsent: list[Waiter] = []
        self._kept_back: weakref.WeakSet[asyncio.Future[bytes]] = weakref.WeakSet()
        """Of requests that were never sent."""
        self._unseen: weakref.WeakKeyDictionary[asyncio.Future[bytes], bytes] = weakref.WeakKeyDictionary()
        """Answers that came after a caller was cancelled and before it knew."""
        self._paused = False
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = math.inf
        self._ended = False
        self._retired = False
        self._slow = False
        self._closed = loop.create_future()

    # What the core calls

    @property
    def usable(self) -> bool:
        """False once the connection has ended or is about to."""
        return not self._ended and self._transport is not None and not self._transport.is_closing()

    @property
    def load(self) -> int:
        """Places in the queue, given-up ones included."""
        return len(self._queue)

    @property
    def stalled(self) -> bool:
        """True if the answer that is due next belongs to a caller that gave up, or lets all others wait."""
        return bool(self._queue) and (self._slow or self._queue[0].future.done())

    def takes(self, depth: int) -> bool:
        """True if the link is usable, not stalled, and has fewer than ``depth`` places taken."""
        queue = self._queue
        return not self._ended and len(queue) < depth and not (queue and (self._slow or queue[0].future.done()))

    def post(self, request: bytes, now: float, deadline: float | None, timing: Timing) -> asyncio.Future[bytes]:
        """Queue a request; the future has its answer, and may be cancelled."""
        future = self._new_future()
        self._enqueue(Waiter(request, future, now, math.inf if deadline is None else deadline, timing))
        return future

    def _enqueue(self, waiter: Waiter) -> None:
        if self._ended:
            raise LinkFailure(ResultCode.CONNECTION, "the connection is closed", sent=False, charge=False)
        if _running_loop() is not self._loop:
            raise LinkFailure(ResultCode.CLIENT, FOREIGN_LOOP, sent=False, charge=False)
        silence, at = waiter.timing[0], self._timer_at
        if waiter.deadline < at and waiter.deadline <= time.monotonic():
            words = "the total timeout passed before the request was sent"
            raise LinkFailure(ResultCode.TIMEOUT, words, sent=False, charge=False)
        self._channel.send(waiter)
        unsent = self._unsent
        if not unsent and not self._paused:
            self._loop.call_soon(self._flush)
        unsent.append(waiter)
        # The timer is nearly always set for an earlier caller.
        if waiter.deadline < at or (silence is not None and waiter.since + silence < at):
            self._arm(min(waiter.due(0.0), waiter.since + _SLOW))

    def start(self, call: Call) -> Waiter:
        """Queue a request of any kind; its future has the answer.

        Raises:
            LinkFailure: the link is closed, or the time is over.
        """
        timing = Timing(call.silence, None, call.drain)
        deadline = math.inf if call.deadline is None else call.deadline
        waiter = Waiter(call.request, self._new_future(), time.monotonic(), deadline, timing)
        waiter.expect(call.frame_type, call.collect, login=call.login)
        self._enqueue(waiter)
        return waiter

    async def exchange(self, call: Call) -> bytes:
        """Queue a request of any kind and wait for its answer."""
        waiter = self.start(call)
        try:
            return await waiter.future
        except asyncio.CancelledError as cancelled:
            if self.give_up(waiter.future) and call.leaves_doubt(waiter.body):
                note_doubt(cancelled)
            raise

    def begin(self, call: Call) -> Waiter:
        """Queue the only request of a link that serves one caller; ``collect`` gets the frames.

        Its future is done when the link has ended, and never before. Time limits are the caller's.

        Raises:
            LinkFailure: the link is closed.
        """
        waiter = Waiter(call.request, self._new_future(), time.monotonic(), math.inf, _UNTIMED)
        waiter.expect(call.frame_type, call.collect, login=False)
        self._enqueue(waiter)
        return waiter

    def pause(self) -> None:
        """Leave what comes to the socket, until :meth:`resume`."""
        if self.usable:
            self._transport.pause_reading()  # type: ignore[union-attr]  # usable links have one

    def resume(self) -> None:
        """Read again."""
        if self.usable:
            self._transport.resume_reading()  # type: ignore[union-attr]  # usable links have one

    def complete(self, waiter: Waiter) -> bool:
        """The answer is complete, says its reader; True if other requests can follow."""
        return self.usable and self._channel.complete(waiter)

    def give_up(self, future: Future) -> bool:
        """The caller waits no longer; True if its request had been sent."""
        for waiter in self._queue:
            if waiter.future is future:
                now = time.monotonic()
                self._abandon(waiter, now)
                if waiter.sent and waiter.due(now) < self._timer_at:
                    self._arm(waiter.due(now))
                return waiter.sent
        # It has just been answered, or failed together with the link, maybe after it was cancelled.
        found = cast("asyncio.Future[bytes]", future)
        if found.cancelled():
            return found not in self._kept_back
        if not found.done():
            return False
        failure = found.exception()
        return failure.sent if isinstance(failure, LinkFailure) else True

    def answer(self, future: Future) -> bytes:
        """What the node had answered before the caller gave up; empty if nothing."""
        found = cast("asyncio.Future[bytes]", future)
        if found.cancelled():
            return self._unseen.get(found, b"")
        return found.result() if found.done() and found.exception() is None else b""

    def recovers(self) -> bool:
        """True if every answer that is due is a single late one, which the timer waits for."""
        return all(waiter.future.done() and waiter.collect is None and not waiter.login for waiter in self._queue)

    def settled(self) -> bool:
        """True once no answer is due any more; late ones are taken in by the loop."""
        return not self._queue

    def probe(self) -> bool:
        """The loop notices a closed socket by itself."""
        return self.usable

    def close(self) -> None:
        """End the connection at once."""
        self._abort(ConnectionAbortedError("the connection was closed by this side"))

    def retire(self) -> None:
        """Close as soon as every request under way is answered."""
        self._retired = True
        if not self._queue:
            self.close()

    def _abort(self, reason: BaseException) -> None:
        if self._transport is not None:
            self._transport.abort()
        self._end(reason)

    def abandon(self) -> None:
        """Let go of a connection whose loop is closed or belongs to the parent process.

        Nothing is sent on the socket, which the parent may go on using, and nobody is woken.
        """
        self._ended = True
        transport, self._transport = self._transport, None
        if transport is None:
            return
        _ORPHANS.append(transport)  # its finalizer would reach for the loop
        sock = transport.get_extra_info("socket")
        detach = getattr(getattr(sock, "_sock", None), "detach", None)
        if detach is not None:
            with contextlib.suppress(OSError):
                os.close(detach())

    async def wait_closed(self) -> None:
        """Wait until the socket is closed."""
        await asyncio.shield(self._closed)

    # Sending

    def _flush(self) -> None:
        transport = self._transport
        if self._paused or transport is None:
            return
        batch, self._unsent = self._unsent, []
        if transport.is_closing():
            return  # connection_lost follows, and finds none of these marked as sent
        requests = [waiter.request for waiter in batch if not waiter.future.done()]
        if len(requests) < len(batch):  # some callers were cancelled before anything was sent
            for waiter in batch:
                if waiter.future.done():
                    self._channel.withdraw(waiter)
                    self._kept_back.add(waiter.future)
            batch = [waiter for waiter in batch if not waiter.future.done()]
        data = b"".join(requests)
        if len(data) > _LARGE:
            self._flush_one_by_one(transport, batch)
            return
        transport.write(data)
        if transport.is_closing():
            return  # the socket refused the write whole
        for waiter in batch:
            waiter.sent = True

    def _flush_one_by_one(self, transport: asyncio.Transport, batch: list[Waiter]) -> None:
        # More than a socket may take at once: what comes after the request that fills it
        # is held back, and is known not to have been sent.
        for number, waiter in enumerate(batch):
            if self._paused:
                self._unsent = batch[number:]
                return
            transport.write(waiter.request)
            if transport.is_closing():
                return
            waiter.sent = True

    def _abandon(self, waiter: Waiter, now: float) -> None:
        """A caller has gone; its place stays, unless its request can still be held back."""
        if waiter in self._unsent:
            self._unsent.remove(waiter)
            self._channel.withdraw(waiter)
            self._kept_back.add(waiter.future)
        else:
            waiter.gone = now

    # Time

    def _arm(self, when: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = when
        self._timer = self._loop.call_later(when - time.monotonic(), self._tick)

    def _tick(self) -> None:
        """Fail whoever has waited too long, and set the timer for the next."""
        self._timer = None
        self._timer_at = math.inf
        now = time.monotonic()
        heard = self.last_used
        late = now + _CLOCK_STEP
        for waiter in list(self._queue):
            if waiter.future.done():
                if waiter.gone == math.inf:  # cancelled so recently that the caller does not know it yet
                    self._abandon(waiter, now)
                elif waiter.due(heard) <= late:
                    self._abort(TimeoutError(f"an answer is overdue by {waiter.timing.drain:.1f} s"))
                    return
            elif waiter.due(heard) <= late:
                which = "total timeout passed" if waiter.deadline <= late else "socket was silent for too long"
                words = f"the {which} before the answer came"
                failure = LinkFailure(ResultCode.TIMEOUT, words, sent=waiter.sent, charge=waiter.sent or self._paused)
                waiter.future.set_exception(failure)
                self._abandon(waiter, now)
        if not self._queue:
            return
        self._slow = max(heard, self._queue[0].since) + _SLOW <= late
        soonest = min(waiter.due(heard) for waiter in self._queue)
        if not self._slow:
            soonest = min(soonest, now + _SLOW)
        if soonest < self._timer_at:
            self._arm(soonest)

    # What the loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is open."""
        self._transport = cast("asyncio.Transport", transport)
        # With a limit of nothing the transport says at once when the socket is full, and
        # what is not handed over is known not to have been sent. Under TLS a request counts
        # as sent when it is encrypted; the loop may hold back up to 64 KiB of that. There the
        # limit is one byte, because at nothing asyncio's TLS would pause with an empty buffer.
        secured = transport.get_extra_info("sslcontext") is not None
        self._transport.set_write_buffer_limits(high=1 if secured else 0)

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where the loop puts the next bytes."""
        return self._channel.writable()

    def buffer_updated(self, nbytes: int) -> None:
        """Bytes have arrived: wake whoever they answer."""
        self.last_used = time.monotonic()
        self._slow = False
        channel = self._channel
        for waiter in channel.received(nbytes):
            future = cast("Waiter", waiter).future
            if not future.done():
                future.set_result(waiter.body)
            elif future.cancelled():
                self._unseen[future] = waiter.body
        if channel.error is not None:
            self._abort(channel.error)
        elif self._retired and not self._queue:
            self.close()

    def pause_writing(self) -> None:
        """The socket is full: hold requests back."""
        self._paused = True

    def resume_writing(self) -> None:
        """The socket takes more."""
        self._paused = False
        if self._unsent:
            self._loop.call_soon(self._flush)

    def eof_received(self) -> bool:
        """The node closed the connection; so do we."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone: everyone who waits learns it, each by an object of their own."""
        self._end(ConnectionResetError("the node closed the connection") if exc is None else exc)
        self._transport = None
        if not self._closed.done():
            self._closed.set_result(None)

    def _end(self, reason: BaseException) -> None:
        if self._ended:
            return
        self._ended = True
        self._channel.close()
        garbage = self._channel.error
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        waiting = [waiter for waiter in self._queue if not waiter.future.done()]
        self._kept_back.update(waiter.future for waiter in self._queue if not waiter.sent)
        self._queue.clear()
        self._unsent.clear()
        if garbage is not None:
            code, words = ResultCode.CLIENT, garbage.msg or "the answer makes no sense"
        elif isinstance(reason, ssl.SSLError):
            code, words = ResultCode.TLS, str(reason)
        else:
            code, words = ResultCode.CONNECTION, words_of(reason) if isinstance(reason, OSError) else str(reason)
        # The loss of a link is one error of its node, however many calls it ends.
        charge = not isinstance(reason, ConnectionAbortedError)
        for waiter in waiting:
            failure = LinkFailure(code, words, sent=waiter.sent, charge=charge)
            charge = False
            failure.__cause__ = reason
            waiter.future.set_exception(failure)
