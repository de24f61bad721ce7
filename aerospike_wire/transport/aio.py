"""The running event loop as a runtime of the core."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import weakref
from collections import deque
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from aerospike_wire.errors import ResultCode
from aerospike_wire.transport import LinkFailure, note_doubt
from aerospike_wire.transport.aio_frames import AsyncFrames
from aerospike_wire.transport.aio_link import FOREIGN_LOOP, AsyncLink
from aerospike_wire.transport.failures import address_of, connect_failure
from aerospike_wire.transport.resolver import Names

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Coroutine, Sequence
    from concurrent.futures import Future

    from aerospike_wire.transport import Call, Link
    from aerospike_wire.transport.aio_waiter import Waiter
    from aerospike_wire.transport.resolver import Address

__all__ = ["AsyncLink", "AsyncRuntime"]

T = TypeVar("T")

log: Final = logging.getLogger("aerospike_wire.cluster")

_ORPHANS: Final[list[object]] = []
"""Tasks of a parent process's loop, which a child must neither run nor finalize."""


class _TaskLock:
    """A lock between tasks."""

    __slots__ = ("_lock",)

    def __init__(self) -> None:
        self._lock = asyncio.Lock()

    async def acquire(self, deadline: float | None = None) -> bool:
        """Take the lock; False if the deadline passed before it was free."""
        try:
            async with asyncio.timeout(None if deadline is None else deadline - time.monotonic()):
                return await self._lock.acquire()
        except TimeoutError:
            return False

    def release(self) -> None:
        """Give the lock back."""
        self._lock.release()


class _TaskQueue:
    """Tasks that wait for a place, first come, first served."""

    __slots__ = ("_waiting",)

    def __init__(self) -> None:
        self._waiting: deque[asyncio.Future[None]] = deque()

    def join(self) -> asyncio.Future[None]:
        """Stand in the queue."""
        place = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        return place

    async def wait(self, place: asyncio.Future[None], deadline: float | None) -> bool:
        """Wait to be called; False if the deadline passed first."""
        try:
            async with asyncio.timeout(None if deadline is None else deadline - time.monotonic()):
                await place
        except TimeoutError:
            return False
        except asyncio.CancelledError:
            self.leave(place)
            raise
        return True

    def leave(self, place: asyncio.Future[None]) -> None:
        """Stand in the queue no longer; a call that came meanwhile goes to the next."""
        if place in self._waiting:
            self._waiting.remove(place)
        elif place.done() and not place.cancelled():
            self.call()

    def call(self) -> None:
        """Call whoever has waited longest."""
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                place.set_result(None)
                return

    def call_all(self) -> None:
        """Call everybody."""
        while self._waiting:
            self.call()


class _Ticker:
    """Calls something again and again: a timer of the loop between, a task only while it runs.

    What is called is held weakly, so that a client that was forgotten without being closed ends.
    """

    def __init__(self, runtime: AsyncRuntime, seconds: float, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._runtime = runtime
        self._loop = asyncio.get_running_loop()
        self._seconds = seconds
        self._work: Any = weakref.WeakMethod(work)
        self._running = False
        self._soon = False
        self._stopped = False
        self._timer: asyncio.TimerHandle | None = self._loop.call_later(seconds, self._tick)

    def wake(self) -> None:
        """Call soon; while a call is under way, once more after it."""
        if self._stopped or self._soon:
            return
        self._soon = True
        if not self._running:
            self._schedule()

    def _schedule(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        # A tenth of the interval between calls keeps a crowd of failing commands from driving it in a circle.
        self._timer = self._loop.call_later(self._seconds / 10 if self._soon else self._seconds, self._tick)

    def _tick(self) -> None:
        self._timer = None
        work = self._work()
        if work is None or self._stopped:
            return
        self._soon = False
        self._running = True
        task = self._runtime.start(work())
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._running = False
        if not task.cancelled():
            error = task.exception()
            if error is not None:
                log.error("looking after the cluster failed", exc_info=error)
        if not self._stopped:
            self._schedule()

    def stop(self) -> None:
        """Call no more."""
        self._stopped = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


async def _wait(lookup: Future[list[Address]], timeout: float) -> list[Address]:
    async with asyncio.timeout(timeout):
        return await asyncio.wrap_future(lookup)


def _runs_here(loop: asyncio.AbstractEventLoop) -> bool:
    """Whether this thread is the one in which a loop runs."""
    try:
        return asyncio.get_running_loop() is loop
    except RuntimeError:
        return False


class AsyncRuntime:
    """The running event loop."""

    pipelined = True
    background = True

    def __init__(self) -> None:
        self.now: Callable[[], float] = time.monotonic
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._links: set[AsyncLink] = set()
        self._pauses: set[asyncio.Future[None]] = set()
        self._names = Names(_wait)

    def enter(self) -> None:
        """Belong to the running loop from now on.

        Raises:
            LinkFailure: the runtime belongs to another loop.
        """
        loop = asyncio.get_running_loop()
        if self._loop is None:
            self._loop = loop
        elif self._loop is not loop:
            raise LinkFailure(ResultCode.CLIENT, FOREIGN_LOOP, sent=False, charge=False)

    def enter_to_close(self) -> bool:
        """As :meth:`enter`, but a loop that is closed may be left from any other: False if it is."""
        if self._loop is not None and self._loop.is_closed():
            return False
        self.enter()
        return True

    def hand_over(self, work: Callable[[], None]) -> None:
        """Do something at once if this is the loop's thread, or the loop is closed; otherwise let the loop do it."""
        loop = self._loop
        if loop is not None and not loop.is_closed() and not _runs_here(loop):
            with contextlib.suppress(RuntimeError):  # it was closed just now, and what belongs to it with it
                loop.call_soon_threadsafe(work)
            return
        work()

    async def sleep(self, seconds: float) -> None:
        """Let other tasks run meanwhile; over early if the runtime is closed."""
        pause: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._pauses.add(pause)
        timer = pause.get_loop().call_later(seconds, self._wake, pause)
        try:
            await pause
        finally:
            timer.cancel()
            self._pauses.discard(pause)

    @staticmethod
    def _wake(pause: asyncio.Future[None]) -> None:
        if not pause.done():
            pause.set_result(None)

    async def resolve(self, host: str, port: int, timeout: float) -> list[tuple[str, int]]:
        """The addresses of a host.

        Names are not left to the loop, whose threads a name service that hangs would use up, and
        which would wait for them when it ends.
        """
        return await self._names.resolve(host, port, timeout)

    async def connect(
        self,
        host: str,
        port: int,
        timeout: float,
        tls: ssl.SSLContext | None = None,
        tls_name: str | None = None,
    ) -> AsyncLink:
        """Open a connection."""
        self.enter()
        loop = asyncio.get_running_loop()
        address = address_of(host, port)
        name = (tls_name or host) if tls is not None else None
        ends = time.monotonic() + timeout
        places = await self._names.find(host, port, timeout)
        link: AsyncLink | None = None
        failure: OSError = TimeoutError("no time was left")
        for place, target in enumerate(places):
            # Each address gets an equal share of the time that is left.
            share = (ends - time.monotonic()) / (len(places) - place)
            if share <= 0:
                break
            try:
                async with asyncio.timeout(share):
                    _, link = await loop.create_connection(
                        lambda: AsyncLink(loop, address), *target, ssl=tls, server_hostname=name
                    )
                break
            except OSError as error:
                failure = error
        if link is None:
            raise connect_failure(failure, address, timeout, tls=tls is not None) from failure
        self._links.add(link)
        link._closed.add_done_callback(lambda _: self._links.discard(link))  # noqa: SLF001
        return link

    async def exchange_all(self, calls: Sequence[tuple[Link, Call]]) -> list[bytes | LinkFailure]:
        """Send on all links and wait for all answers."""
        started: list[Waiter | LinkFailure] = []
        for link, call in cast("Sequence[tuple[AsyncLink, Call]]", calls):
            try:
                started.append(link.start(call))
            except LinkFailure as failure:
                started.append(failure)
        found: list[bytes | LinkFailure] = []
        try:
            for waiter in started:
                if isinstance(waiter, LinkFailure):
                    found.append(waiter)
                    continue
                try:
                    found.append(await waiter)
                except LinkFailure as failure:
                    found.append(failure)
        except BaseException as stopped:
            for (asked, call), waiter in zip(calls, started, strict=True):
                if not isinstance(waiter, LinkFailure):
                    sent = cast("AsyncLink", asked).give_up(waiter)
                    if sent and call.leaves_doubt(waiter.body):
                        note_doubt(stopped)
            raise
        return found

    async def stream(self, calls: Sequence[tuple[Link, Call]]) -> AsyncFrames:
        """Send on all links, and let each read ahead a little."""
        return AsyncFrames(asyncio.get_running_loop(), cast("Sequence[tuple[AsyncLink, Call]]", calls))

    async def together(self, works: Sequence[Callable[[], Coroutine[Any, Any, T]]]) -> list[T]:
        """Do several things at once; their results in order."""
        if len(works) == 1:
            return [await works[0]()]
        tasks = [self.start(work()) for work in works]
        try:
            return list(await asyncio.gather(*tasks))
        finally:
            for task in tasks:
                task.cancel()

    async def first(
        self, works: Sequence[Callable[[], Coroutine[Any, Any, T | None]]], discard: Callable[[T], None]
    ) -> T | None:
        """Begin several things at once and take the first result that is not None; end the others."""
        if len(works) == 1:
            return await works[0]()
        waiting = {self.start(work()) for work in works}
        found: T | None = None
        try:
            while waiting and found is None:
                done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    result = task.result()
                    if found is None:
                        found = result
                    elif result is not None:
                        discard(result)
        finally:
            for task in waiting:
                task.cancel()
            for late in await asyncio.gather(*waiting, return_exceptions=True):
                if late is not None and not isinstance(late, BaseException):
                    discard(late)
        return found

    async def compute(self, work: Callable[[], T]) -> T:
        """Run it in a thread of the loop's."""
        return await asyncio.to_thread(work)

    def lock(self) -> _TaskLock:
        """A lock between tasks."""
        return _TaskLock()

    def queue(self) -> _TaskQueue:
        """A queue of tasks."""
        return _TaskQueue()

    def every(self, seconds: float, work: Callable[[], Coroutine[Any, Any, None]]) -> _Ticker:
        """Call a bound method again and again, held weakly."""
        return _Ticker(self, seconds, work)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run it as a task of its own."""
        self.start(work)

    def start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """A task that :meth:`close` ends."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def close(self) -> None:
        """End what was spawned, and wait until all sockets are closed."""
        for pause in tuple(self._pauses):
            self._wake(pause)
        current = asyncio.current_task()
        tasks = tuple(task for task in self._tasks if task is not current)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        links = tuple(self._links)
        for link in links:
            link.close()
        await asyncio.gather(*(link.wait_closed() for link in links))

    def abandon(self) -> None:
        """Forget a loop that is closed, or belongs to the parent process, without touching what it shares."""
        for link in tuple(self._links):
            link.abandon()
        _ORPHANS.extend(self._tasks)
        self._links.clear()
        self._tasks.clear()
        self._pauses.clear()
        self._loop = None
