"""Pipelined connections on an asyncio event loop.

Many tasks share a link. Their requests queue, leave in one write per turn of the loop,
and the answers, which come in order, are handed back through the same queue. A task that
is cancelled or runs out of time leaves its place in the queue behind, so that the late
answer is taken off the wire and dropped, and the link lives on.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import ssl
import threading
import time
from typing import TYPE_CHECKING, Final, cast

from aerospike_wire.errors import ResultCode
from aerospike_wire.policy import Timing
from aerospike_wire.proto.channel import Channel
from aerospike_wire.transport import LinkFailure, note_doubt
from aerospike_wire.transport.aio_waiter import LongWaiter, Waiter
from aerospike_wire.transport.failures import words_of

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Awaitable

    from aerospike_wire.transport import Call

FOREIGN_LOOP: Final = "this client belongs to another event loop; every event loop needs a client of its own"

_running_loop: Final = asyncio.get_running_loop
_thread: Final = threading.get_ident
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


class AsyncLink(asyncio.BufferedProtocol):
    """One pipelined connection."""

    def __init__(self, loop: asyncio.AbstractEventLoop, address: str) -> None:
        self.address = address
        self.last_used = time.monotonic()
        self.loop = loop
        self._channel = Channel()
        self.waiting = cast("deque[Waiter]", self._channel.pending)
        """Places in the queue, given-up ones included."""
        self.ready = True
        """False if requests should go elsewhere: the link has ended, or those under way wait for an answer that
        nobody wants or that has been due for long."""
        self._transport: asyncio.Transport | None = None
        self._unsent: list[Waiter] = []
        self._writes = False
        """True if what is queued will be written without being asked for: soon, or when the socket takes more."""
        self._waking = 0
        """The thread in which the loop runs tasks whose answers have come, while it does: asking for its number costs
        a tenth of asking for the running loop, which asks the system for the process's number."""
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
        return len(self.waiting)

    @property
    def stalled(self) -> bool:
        """True if the answer that is due next belongs to a caller that gave up, or lets all others wait."""
        return bool(self.waiting) and (self._slow or self.waiting[0].failure is not None)

    def post(self, request: bytes, now: float, deadline: float | None, timing: Timing) -> Waiter:
        """Queue a request; the waiter is an awaitable of its answer, and may be cancelled."""
        waiter = Waiter(self, request, now, deadline, timing)
        silence, at = timing.silence, self._timer_at
        if (
            not self._channel.flows
            or (deadline is not None and deadline < at)
            or (silence is not None and now + silence < at)
            or (self._waking != _thread() and _running_loop() is not self.loop)
        ):
            self._enqueue(waiter)
        else:  # as nearly always: nothing has to be checked, and the timer is set for an earlier caller
            self.waiting.append(waiter)
            self._unsent.append(waiter)
            if not self._writes:
                self._writes = True
                self.loop.call_soon(self._flush)
        return waiter

    def _enqueue(self, waiter: Waiter) -> None:
        if self._ended:
            raise LinkFailure(ResultCode.CONNECTION, "the connection is closed", sent=False, charge=False)
        if _running_loop() is not self.loop:
            raise LinkFailure(ResultCode.CLIENT, FOREIGN_LOOP, sent=False, charge=False)
        if waiter.deadline is not None and waiter.deadline <= time.monotonic():
            words = "the total timeout passed before the request was sent"
            raise LinkFailure(ResultCode.TIMEOUT, words, sent=False, charge=False)
        self._channel.send(waiter)
        self._unsent.append(waiter)
        if not self._writes:
            self._writes = True
            self.loop.call_soon(self._flush)
        due = waiter.due(0.0)
        if due < self._timer_at:
            self._arm(min(due, waiter.since + _SLOW))

    def start(self, call: Call) -> Waiter:
        """Queue a request of any kind; the waiter is an awaitable of its answer.

        Raises:
            LinkFailure: the link is closed, or the time is over.
        """
        timing = Timing(call.silence, None, call.drain)
        waiter = LongWaiter(self, call.request, time.monotonic(), call.deadline, timing)
        waiter.expect(call.frame_type, call.collect, login=call.login)
        self._enqueue(waiter)
        return waiter

    async def exchange(self, call: Call) -> bytes:
        """Queue a request of any kind and wait for its answer."""
        waiter = self.start(call)
        try:
            return await waiter
        except asyncio.CancelledError as cancelled:
            if self.give_up(waiter) and call.leaves_doubt(waiter.body):
                note_doubt(cancelled)
            raise

    def begin(self, call: Call) -> Waiter:
        """Queue the only request of a link that serves one caller; ``collect`` gets the frames.

        It is done when the link has ended, and never before. Time limits are the caller's.

        Raises:
            LinkFailure: the link is closed.
        """
        waiter = LongWaiter(self, call.request, time.monotonic(), None, _UNTIMED)
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

    def give_up(self, waiter: Awaitable[bytes]) -> bool:
        """The caller waits no longer; True if its request had been sent."""
        assert isinstance(waiter, Waiter)
        if not waiter.done():
            waiter.failure = asyncio.CancelledError()
            self.left(waiter)
        if waiter.body is None and waiter.sent and not self._ended:
            due = waiter.due(time.monotonic())
            if due < self._timer_at:
                self._arm(due)
        return waiter.sent

    def left(self, waiter: Waiter) -> None:
        """A caller has gone; its place stays, unless its request can still be held back."""
        waiter.since = time.monotonic()
        if waiter in self._unsent:
            self._unsent.remove(waiter)
            self._channel.withdraw(waiter)
        self._look()

    def _look(self) -> None:
        self.ready = not self._ended and not self.stalled

    def answer(self, waiter: Awaitable[bytes]) -> bytes:
        """What the node had answered before the caller gave up; empty if nothing."""
        assert isinstance(waiter, Waiter)
        return waiter.body or b""

    def recovers(self) -> bool:
        """True if every answer that is due is a single late one, which the timer waits for."""
        return all(waiter.done() and waiter.collect is None and not waiter.login for waiter in self.waiting)

    def settled(self) -> bool:
        """True once no answer is due any more; late ones are taken in by the loop."""
        return not self.waiting

    def probe(self) -> bool:
        """The loop notices a closed socket by itself."""
        return self.usable

    def close(self) -> None:
        """End the connection at once."""
        if self.loop.is_closed():
            self.abandon()
            return
        self._abort(ConnectionAbortedError("the connection was closed by this side"))

    def retire(self) -> None:
        """Close as soon as every request under way is answered."""
        self._retired = True
        if not self.waiting:
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
        self.ready = False
        transport, self._transport = self._transport, None
        if transport is None:
            return
        _ORPHANS.append(transport)  # its finalizer would reach for the loop
        transport.set_protocol(asyncio.Protocol())  # so that it keeps nothing else alive
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
        self._writes = False
        batch, self._unsent = self._unsent, []
        if not batch or transport.is_closing():
            return  # connection_lost follows, and finds none of these marked as sent
        data = b"".join([waiter.request for waiter in batch])  # type: ignore[misc]  # unsent ones have one
        if len(data) > _LARGE:
            self._flush_one_by_one(transport, batch)
            return
        transport.write(data)
        if transport.is_closing():
            return  # the socket refused the write whole
        for waiter in batch:
            waiter.request = None

    def _flush_one_by_one(self, transport: asyncio.Transport, batch: list[Waiter]) -> None:
        # More than a socket may take at once: what comes after the request that fills it
        # is held back, and is known not to have been sent.
        for number, waiter in enumerate(batch):
            if self._paused:
                self._unsent = batch[number:]
                return
            transport.write(waiter.request)  # type: ignore[arg-type]  # unsent ones have one
            if transport.is_closing():
                return
            waiter.request = None

    # Time

    def _arm(self, when: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = when
        self._timer = self.loop.call_later(when - time.monotonic(), self._tick)

    def _tick(self) -> None:
        """Fail whoever has waited too long, and set the timer for the next."""
        self._timer = None
        self._timer_at = math.inf
        now = time.monotonic()
        heard = self.last_used
        late = now + _CLOCK_STEP
        for waiter in list(self.waiting):
            if waiter.due(heard) > late:
                continue
            if waiter.failure is not None:
                self._abort(TimeoutError(f"an answer is overdue by {waiter.timing.drain:.1f} s"))
                return
            passed = waiter.deadline is not None and waiter.deadline <= late
            which = "total timeout passed" if passed else "socket was silent for too long"
            words = f"the {which} before the answer came"
            charge = waiter.sent or self._paused
            waiter.fail(LinkFailure(ResultCode.TIMEOUT, words, sent=waiter.sent, charge=charge))
            self.left(waiter)
        if not self.waiting:
            return
        self._slow = max(heard, self.waiting[0].since) + _SLOW <= late
        self._look()
        soonest = min(waiter.due(heard) for waiter in self.waiting)
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
        done = cast("list[Waiter]", channel.received(nbytes))
        if not self.ready:
            self._look()
        if channel.error is not None:
            self._abort(channel.error)
        if done:
            self._wake(done)
        if self._retired and not self.waiting:
            self.close()

    def _wake(self, done: list[Waiter]) -> None:
        """Run the tasks whose answers have come; what they ask for next leaves in one write."""
        if asyncio.current_task() is not None:  # TLS takes in what has come when a task closes the connection
            for waiter in done:
                if waiter.failure is None:
                    waiter.wake_soon()
            return
        writes, self._writes = self._writes, True
        self._waking = _thread()
        waking = iter(done)
        try:
            for waiter in waking:
                wake = waiter.wake
                if wake is not None and waiter.failure is None:
                    waiter.context.run(wake, waiter)
        finally:
            self._waking = 0
            for waiter in waking:  # a task has ended the program
                if waiter.failure is None:
                    waiter.wake_soon()
            if not writes and not self._paused:
                self._writes = False
                if len(self._unsent) == len(self.waiting):
                    self._flush()
                elif self._unsent:
                    self._writes = True
                    self.loop.call_soon(self._flush)

    def pause_writing(self) -> None:
        """The socket is full: hold requests back."""
        self._paused = self._writes = True

    def resume_writing(self) -> None:
        """The socket takes more."""
        self._paused = False
        self.loop.call_soon(self._flush)

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
        self.ready = False
        self._channel.close()
        garbage = self._channel.error
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        waiting = [waiter for waiter in self.waiting if not waiter.done()]
        self._channel.forget()
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
            waiter.fail(failure)
