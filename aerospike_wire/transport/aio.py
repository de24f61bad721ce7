"""Pipelined connections on an asyncio event loop.

Many tasks share a link. Their requests queue, leave in one write per turn of the loop,
and the answers, which come in order, are handed back through the same queue. A task that
is cancelled or runs out of time leaves its place in the queue behind, so that the late
answer is taken off the wire and dropped, and the link lives on.
"""

from __future__ import annotations

import asyncio
import math
import socket
import ssl
from typing import TYPE_CHECKING, Any, TypeVar, cast

from aerospike_wire.errors import ResultCode
from aerospike_wire.proto.channel import Channel, Exchange, State
from aerospike_wire.transport import Call, LinkFailure
from aerospike_wire.transport.blocking import connect_failure

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Callable, Coroutine, Sequence

    from aerospike_wire.transport import Link

T = TypeVar("T")

_CLOCK_STEP = 0.001
"""Seconds by which a timer of the loop may fire early."""


class _Waiter(Exchange):
    """A caller's place in the queue."""

    __slots__ = ("call", "future", "gone", "sent", "since")

    def __init__(self, call: Call, future: asyncio.Future[bytes], since: float) -> None:
        self.frame_type = call.frame_type
        self.collect = call.collect
        self.login = call.login
        self.body = b""
        self.call = call
        self.future = future
        self.since = since
        self.sent = False
        self.gone = math.inf
        """When the caller gave up."""

    def due(self, heard: float) -> float:
        """When this place needs attention, if the link was last heard of at ``heard``.

        That is when the caller gives up; or, after it has, when the link is given up
        because the answer does not even come late.
        """
        call = self.call
        if self.gone < math.inf:
            return max(heard, self.gone) + call.drain
        deadline = math.inf if call.deadline is None else call.deadline
        if call.silence is None:
            return deadline
        return min(deadline, max(heard, self.since) + call.silence)


class AsyncLink(asyncio.BufferedProtocol):
    """One pipelined connection."""

    def __init__(self, loop: asyncio.AbstractEventLoop, address: str) -> None:
        self.address = address
        self.last_used = loop.time()
        self._loop = loop
        self._channel = Channel()
        self._queue = cast("deque[_Waiter]", self._channel.pending)
        self._transport: asyncio.Transport | None = None
        self._unsent: list[_Waiter] = []
        self._flushing = False
        self._paused = False
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = math.inf
        self._ended = False
        self._closed = loop.create_future()

    # What the core calls

    @property
    def usable(self) -> bool:
        """False once the connection has ended or is about to."""
        return self._channel.state in _USABLE and self._transport is not None and not self._transport.is_closing()

    @property
    def load(self) -> int:
        """Places in the queue, given-up ones included."""
        return len(self._queue)

    @property
    def stalled(self) -> bool:
        """True if the answer that is due next belongs to a caller that gave up."""
        return bool(self._queue) and self._queue[0].future.done()

    async def exchange(self, call: Call) -> bytes:
        """Queue a request and wait for its answer."""
        loop = self._loop
        channel = self._channel
        if channel.state not in _USABLE:
            raise LinkFailure(ResultCode.CONNECTION, "the connection is closed", sent=False)
        waiter = _Waiter(call, loop.create_future(), loop.time())
        channel.send(waiter)
        self._unsent.append(waiter)
        if not self._flushing and not self._paused:
            self._flushing = True
            loop.call_soon(self._flush)
        due = waiter.due(self.last_used)
        if due < self._timer_at:
            self._arm(due)
        try:
            return await waiter.future
        except asyncio.CancelledError as cancelled:
            if waiter.sent and call.write:
                cancelled.add_note("The request had been sent: the write may have been applied.")
            self._abandon(waiter, loop.time())
            raise

    def probe(self) -> bool:
        """The loop notices a closed socket by itself."""
        return self.usable

    def close(self) -> None:
        """End the connection at once."""
        self._abort(None)

    def _abort(self, reason: BaseException | None) -> None:
        if self._transport is not None:
            self._transport.abort()
        self._end(reason)

    async def wait_closed(self) -> None:
        """Wait until the socket is closed."""
        await asyncio.shield(self._closed)

    # Sending

    def _flush(self) -> None:
        self._flushing = False
        transport = self._transport
        if self._paused or transport is None or not self._unsent:
            return
        batch, self._unsent = self._unsent, []
        if transport.is_closing():
            return  # connection_lost follows, and finds none of these marked as sent
        transport.write(b"".join([waiter.call.request for waiter in batch]))
        if transport.is_closing():
            return  # the socket refused the write whole
        for waiter in batch:
            waiter.sent = True

    def _abandon(self, waiter: _Waiter, now: float) -> None:
        """A caller has gone; its place stays, unless its request can still be held back."""
        if waiter in self._unsent:
            self._unsent.remove(waiter)
            self._channel.withdraw(waiter)
            return
        waiter.gone = now
        due = waiter.due(self.last_used)
        if due < self._timer_at:
            self._arm(due)

    # Time

    def _arm(self, when: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = when
        self._timer = self._loop.call_at(when, self._tick)

    def _tick(self) -> None:
        """Fail whoever has waited too long, and set the timer for the next."""
        self._timer = None
        self._timer_at = math.inf
        now = self._loop.time()
        heard = self.last_used
        late = now + _CLOCK_STEP
        for waiter in list(self._queue):
            if waiter.due(heard) > late:
                continue
            if waiter.gone < math.inf:
                self._abort(TimeoutError(f"an answer is overdue by {waiter.call.drain:.1f} s"))
                return
            if not waiter.future.done():
                total = waiter.call.deadline is not None and waiter.call.deadline <= late
                which = "total timeout passed" if total else "socket was silent for too long"
                waiter.future.set_exception(
                    LinkFailure(ResultCode.TIMEOUT, f"the {which} before the answer came", sent=waiter.sent)
                )
            self._abandon(waiter, now)
        soonest = min((waiter.due(heard) for waiter in self._queue), default=math.inf)
        if soonest < self._timer_at:
            self._arm(soonest)

    # What the loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is open."""
        self._transport = cast("asyncio.Transport", transport)
        # With a limit of nothing the transport says at once when the socket is full, and
        # what is not handed over is known not to have been sent.
        self._transport.set_write_buffer_limits(high=0)

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where the loop puts the next bytes."""
        return self._channel.writable()

    def buffer_updated(self, nbytes: int) -> None:
        """Bytes have arrived: wake whoever they answer."""
        self.last_used = self._loop.time()
        channel = self._channel
        for waiter in channel.received(nbytes):
            future = cast("_Waiter", waiter).future
            if not future.done():
                future.set_result(waiter.body)
        if channel.error is not None:
            self._abort(channel.error)

    def pause_writing(self) -> None:
        """The socket is full: hold requests back."""
        self._paused = True

    def resume_writing(self) -> None:
        """The socket takes more."""
        self._paused = False
        if self._unsent and not self._flushing:
            self._flushing = True
            self._loop.call_soon(self._flush)

    def eof_received(self) -> bool:
        """The node closed the connection; so do we."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone: everyone who waits learns it, each by an object of their own."""
        self._end(exc)
        self._transport = None
        if not self._closed.done():
            self._closed.set_result(None)

    def _end(self, reason: BaseException | None) -> None:
        if self._ended:
            return
        self._ended = True
        self._channel.close()
        garbage = self._channel.error
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        waiting = [waiter for waiter in self._queue if not waiter.future.done()]
        self._queue.clear()
        self._unsent.clear()
        if garbage is not None:
            code, words = ResultCode.CLIENT, garbage.msg or "the answer makes no sense"
        elif isinstance(reason, ssl.SSLError):
            code, words = ResultCode.TLS, str(reason)
        elif reason is None:
            code, words = ResultCode.CONNECTION, "the connection was closed"
        else:
            code, words = ResultCode.CONNECTION, f"the connection was lost: {reason}"
        for waiter in waiting:
            failure = LinkFailure(code, words, sent=waiter.sent)
            failure.__cause__ = reason
            waiter.future.set_exception(failure)


_USABLE = frozenset({State.NEW, State.LOGIN, State.READY})


class AsyncRuntime:
    """The running event loop."""

    pipelined = True

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._links: set[AsyncLink] = set()

    def now(self) -> float:
        """The loop's clock."""
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        """Let other tasks run meanwhile."""
        await asyncio.sleep(seconds)

    async def resolve(self, host: str, port: int, timeout: float) -> list[tuple[str, int]]:
        """The addresses of a host, resolved in a thread of the loop's."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(timeout):
                rows = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except TimeoutError as error:
            words = f"the name service did not answer for {host!r} within {timeout * 1000:.0f} ms"
            raise LinkFailure(ResultCode.TIMEOUT, words, sent=False) from error
        except (OSError, UnicodeError) as error:
            raise LinkFailure(ResultCode.INVALID_HOST, f"cannot resolve {host!r}: {error}", sent=False) from error
        return list(dict.fromkeys((str(row[4][0]), int(row[4][1])) for row in rows))

    async def connect(
        self,
        host: str,
        port: int,
        timeout: float,
        tls: ssl.SSLContext | None = None,
        tls_name: str | None = None,
    ) -> AsyncLink:
        """Open a connection."""
        loop = asyncio.get_running_loop()
        address = f"{host}:{port}"
        try:
            async with asyncio.timeout(timeout):
                _, link = await loop.create_connection(
                    lambda: AsyncLink(loop, address),
                    host,
                    port,
                    ssl=tls,
                    server_hostname=(tls_name or host) if tls is not None else None,
                )
        except OSError as error:
            raise connect_failure(error, address, timeout) from error
        self._links.add(link)
        link._closed.add_done_callback(lambda _: self._links.discard(link))  # noqa: SLF001
        return link

    async def exchange_all(self, calls: Sequence[tuple[Link, Call]]) -> list[bytes | LinkFailure]:
        """Send on all links and wait for all answers."""
        tasks = [asyncio.ensure_future(link.exchange(call)) for link, call in calls]
        try:
            answers = await asyncio.gather(*tasks, return_exceptions=True)
        finally:
            for task in tasks:
                task.cancel()
        found: list[bytes | LinkFailure] = []
        for answer in answers:
            if isinstance(answer, BaseException) and not isinstance(answer, LinkFailure):
                raise answer
            found.append(answer)
        return found

    async def compute(self, work: Callable[[], T]) -> T:
        """Run it in a thread of the loop's."""
        return await asyncio.to_thread(work)

    def lock(self) -> asyncio.Lock:
        """A lock between tasks."""
        return asyncio.Lock()

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run it as a task of its own."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """End what was spawned, and wait until all sockets are closed."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        links = tuple(self._links)
        for link in links:
            link.close()
        await asyncio.gather(*(link.wait_closed() for link in links))
