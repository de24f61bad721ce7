"""Blocking sockets as a runtime of the core, and the way to run its coroutines on them."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time
import weakref
from collections import deque
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from aerospike_wire.transport import LinkFailure, note_doubt
from aerospike_wire.transport.blocking_frames import BlockingFrames
from aerospike_wire.transport.blocking_link import BlockingLink
from aerospike_wire.transport.failures import address_of, connect_failure
from aerospike_wire.transport.resolver import Names

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Coroutine, Sequence
    from concurrent.futures import Future

    from aerospike_wire.proto.channel import Exchange
    from aerospike_wire.transport import Call, Link
    from aerospike_wire.transport.resolver import Address

__all__ = ["BlockingLink", "BlockingRuntime", "run"]

T = TypeVar("T")

log: Final = logging.getLogger("aerospike_wire.cluster")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Complete a coroutine that never suspends.

    Over blocking sockets every step of the core returns before it would suspend, so one
    ``send`` runs it to its end: no event loop, no thread.

    Raises:
        RuntimeError: it did suspend; the message names the coroutine that did.
    """
    try:
        work.send(None)
    except StopIteration as stop:
        result: T = stop.value
        return result
    name = _innermost(work)
    work.close()
    msg = f"{name} suspended, which nothing may do in the blocking client"
    raise RuntimeError(msg)


def _innermost(work: Any) -> str:
    """Name of the coroutine that a suspended one waits in."""
    while True:
        inner = getattr(work, "cr_await", None) or getattr(work, "gi_yieldfrom", None)
        if inner is None or not hasattr(inner, "__qualname__"):
            return str(getattr(work, "__qualname__", type(work).__qualname__))
        work = inner


class _ThreadQueue:
    """Threads that wait for a place, first come, first served."""

    __slots__ = ("_waiting",)

    def __init__(self) -> None:
        self._waiting: deque[threading.Lock] = deque()

    def join(self) -> threading.Lock:
        """Stand in the queue."""
        place = threading.Lock()
        place.acquire()
        self._waiting.append(place)
        return place

    async def wait(self, place: threading.Lock, deadline: float | None) -> bool:
        """Wait to be called; False if the deadline passed first."""
        try:
            return place.acquire(timeout=-1 if deadline is None else max(0.0, deadline - time.monotonic()))
        except BaseException:
            self.leave(place)
            raise

    def leave(self, place: threading.Lock) -> None:
        """Stand in the queue no longer; a call that came meanwhile goes to the next."""
        try:
            self._waiting.remove(place)
        except ValueError:
            self.call()

    def call(self) -> None:
        """Call whoever has waited longest."""
        if self._waiting:
            with contextlib.suppress(IndexError):  # another thread has called the last one
                self._waiting.popleft().release()

    def call_all(self) -> None:
        """Call everybody."""
        while self._waiting:
            self.call()


class _Beat:
    """Calls something again and again in a daemon thread.

    What is called is held weakly, so that a client that was forgotten without being closed ends.
    """

    def __init__(self, seconds: float, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._seconds = seconds
        self._work: Any = weakref.WeakMethod(work)
        self._awake = threading.Event()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="aerospike-wire-tend", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stopped:
            if self._awake.wait(self._seconds):
                # A tenth of the interval between calls keeps a crowd of failing commands from driving it in a circle.
                time.sleep(self._seconds / 10)
            self._awake.clear()
            work = self._work()
            if work is None or self._stopped:
                return
            try:
                run(work())
            except Exception:
                log.exception("looking after the cluster failed")
            del work

    def wake(self) -> None:
        """Call soon."""
        self._awake.set()

    def stop(self) -> None:
        """Call no more."""
        self._stopped = True
        self._awake.set()
        if self._thread is not threading.current_thread():
            self._thread.join(self._seconds + 1)


class _ThreadLock:
    """A lock between threads."""

    __slots__ = ("_lock",)

    def __init__(self) -> None:
        self._lock = threading.Lock()

    async def acquire(self, deadline: float | None = None) -> bool:
        """Take the lock; False if the deadline passed before it was free."""
        return self._lock.acquire(timeout=-1 if deadline is None else max(0.0, deadline - time.monotonic()))

    def release(self) -> None:
        """Give the lock back."""
        self._lock.release()


async def _wait(lookup: Future[list[Address]], timeout: float) -> list[Address]:
    return lookup.result(timeout)


def _connected(places: Sequence[Address], ends: float) -> socket.socket:
    """A connection to the first address that takes one; each gets an equal share of the time that is left.

    Raises:
        OSError: none does.
    """
    failure: OSError = TimeoutError("no time was left")
    for place, address in enumerate(places):
        share = (ends - time.monotonic()) / (len(places) - place)
        if share <= 0:
            break
        try:
            return socket.create_connection(address, share)
        except OSError as error:
            failure = error
    try:
        raise failure
    finally:
        del failure  # which leads by its traceback to this frame


class BlockingRuntime:
    """Blocking sockets and the caller's own thread."""

    pipelined = False
    background = False

    def __init__(self) -> None:
        self.now: Callable[[], float] = time.monotonic
        self._closed = threading.Event()
        self._names = Names(_wait)

    def enter(self) -> None:
        """Any thread may use it."""

    def enter_to_close(self) -> bool:
        """Any thread may close it."""
        return True

    def hand_over(self, work: Callable[[], None]) -> None:
        """Any thread may do it."""
        work()

    async def sleep(self, seconds: float) -> None:
        """Sleep in the caller's thread; over early if the runtime is closed."""
        self._closed.wait(seconds)

    async def resolve(self, host: str, port: int, timeout: float) -> list[tuple[str, int]]:
        """The addresses of a host; names, and only names, are looked up in a thread that ends with the lookup."""
        return await self._names.resolve(host, port, timeout)

    async def connect(
        self,
        host: str,
        port: int,
        timeout: float,
        tls: ssl.SSLContext | None = None,
        tls_name: str | None = None,
    ) -> BlockingLink:
        """Open a connection."""
        address = address_of(host, port)
        sock: socket.socket | None = None
        ends = time.monotonic() + timeout
        places = await self._names.find(host, port, timeout)
        try:
            sock = _connected(places, ends)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if tls is not None:
                # The limit is for both: what connecting has used is not there for the handshake.
                sock.settimeout(max(0.001, ends - time.monotonic()))
                sock = tls.wrap_socket(sock, server_hostname=tls_name or host)
        except OSError as error:
            if sock is not None:
                sock.close()
            raise connect_failure(error, address, timeout, tls=tls is not None) from error
        except BaseException:
            if sock is not None:
                sock.close()
            raise
        return BlockingLink(sock, address)

    async def exchange_all(self, calls: Sequence[tuple[Link, Call]]) -> list[bytes | LinkFailure]:
        """Send to every node, then read from every node."""
        started: list[Exchange | LinkFailure] = []
        answers: list[bytes | LinkFailure] = []
        try:
            for link, call in calls:
                assert isinstance(link, BlockingLink)
                try:
                    started.append(link.start(call))
                except LinkFailure as failure:
                    started.append(failure)
            for (link, call), exchange in zip(calls, started, strict=True):
                if isinstance(exchange, LinkFailure):
                    answers.append(exchange)
                    continue
                assert isinstance(link, BlockingLink)
                try:
                    answers.append(link.finish(call, exchange))
                except LinkFailure as failure:
                    answers.append(failure)
        except BaseException as stopped:  # such as KeyboardInterrupt
            for (_, call), exchange in zip(calls, started, strict=False):
                if not isinstance(exchange, LinkFailure) and call.leaves_doubt(exchange.body):
                    note_doubt(stopped)
            raise
        return answers

    async def stream(self, calls: Sequence[tuple[Link, Call]]) -> BlockingFrames:
        """Send on all links, and read from whichever has something."""
        return BlockingFrames(cast("Sequence[tuple[BlockingLink, Call]]", calls))

    async def compute(self, work: Callable[[], T]) -> T:
        """Run it in the caller's thread."""
        return work()

    async def together(self, works: Sequence[Callable[[], Coroutine[Any, Any, T]]]) -> list[T]:
        """Do several things one after the other."""
        return [await work() for work in works]

    async def first(
        self, works: Sequence[Callable[[], Coroutine[Any, Any, T | None]]], discard: Callable[[T], None]
    ) -> T | None:
        """Do several things one after the other until one has a result."""
        for work in works:
            found = await work()
            if found is not None:
                return found
        return None

    def lock(self) -> _ThreadLock:
        """A lock between threads."""
        return _ThreadLock()

    def queue(self) -> _ThreadQueue:
        """A queue of threads."""
        return _ThreadQueue()

    def every(self, seconds: float, work: Callable[[], Coroutine[Any, Any, None]]) -> _Beat:
        """Call a bound method again and again in a daemon thread; it is held weakly."""
        return _Beat(seconds, work)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run it now."""
        run(work)

    async def close(self) -> None:
        """End every pause."""
        self._closed.set()

    def abandon(self) -> None:
        """Begin anew: the parent's threads are not here."""
        self._closed = threading.Event()
