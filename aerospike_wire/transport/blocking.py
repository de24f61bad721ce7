"""Blocking sockets, and the way to run the core's coroutines on them."""

from __future__ import annotations

import contextlib
import errno
import logging
import select
import socket
import ssl
import threading
import time
import weakref
from collections import deque
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from aerospike_wire.errors import ProtocolError, ResultCode
from aerospike_wire.proto.channel import Channel, Exchange
from aerospike_wire.transport import Call, LinkFailure, note_doubt
from aerospike_wire.transport.blocking_frames import BlockingFrames

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from aerospike_wire.transport import Link

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


class BlockingLink:
    """One blocking connection; one request at a time."""

    __slots__ = ("_channel", "_late_until", "_socket", "address", "last_used")

    def __init__(self, sock: socket.socket, address: str) -> None:
        self._socket = sock
        self._channel = Channel()
        self._late_until = 0.0
        """When a late answer is waited for no longer."""
        self.address = address
        self.last_used = time.monotonic()

    @property
    def usable(self) -> bool:
        """False once the socket is closed."""
        return self._socket.fileno() >= 0

    @property
    def load(self) -> int:
        """Requests under way, or whose answer is late: 0 or 1."""
        return len(self._channel.pending)

    @property
    def stalled(self) -> bool:
        """True while an answer is due whose caller gave up."""
        return bool(self._channel.pending)

    async def exchange(self, call: Call) -> bytes:
        """Send a request and wait for its answer."""
        exchange: Exchange | None = None
        try:
            exchange = self.start(call)
            return self.finish(call, exchange)
        except LinkFailure:
            raise
        except BaseException as stopped:  # such as KeyboardInterrupt, which may come right after the last byte was sent
            self.close()
            if call.leaves_doubt(b"" if exchange is None else exchange.body):
                note_doubt(stopped)
            raise

    def start(self, call: Call) -> Exchange:
        """Send a request whole.

        Raises:
            LinkFailure: not all of it could be sent, so the node cannot have carried it out.
        """
        exchange = Exchange(call.frame_type, call.collect, login=call.login)
        if not self.usable:  # another thread may have closed the client
            raise LinkFailure(ResultCode.CONNECTION, "the connection is closed", sent=False, charge=False)
        patience = self._patience(call, sent=False)
        self._channel.send(exchange)
        sock = self._socket
        try:
            sock.settimeout(patience)
            view = memoryview(call.request)
            view = view[sock.send(view) :]
            while view:
                sock.settimeout(self._patience(call, sent=False))
                view = view[sock.send(view) :]
        except BaseException as error:
            self.close()
            if isinstance(error, OSError):
                raise _failure(error, call, sent=False) from error
            raise
        return exchange

    def finish(self, call: Call, exchange: Exchange) -> bytes:
        """Wait for the answer to what :meth:`start` sent.

        Raises:
            LinkFailure: no answer came, or none that makes sense. The link is closed, unless
                the answer may still come and can be taken in by :meth:`settled`.
        """
        sock, channel = self._socket, self._channel
        try:
            while True:
                sock.settimeout(self._patience(call, sent=True))
                count = sock.recv_into(channel.writable())
                if not count:
                    raise LinkFailure(ResultCode.CONNECTION, "the node closed the connection", sent=True)
                for done in channel.received(count):
                    if done is exchange:
                        self.last_used = time.monotonic()
                        if channel.error is not None:
                            self.close()
                        return exchange.body
                if channel.error is not None:
                    raise channel.error
        except LinkFailure as failure:
            self._give_up(call, failure.code)
            raise
        except TimeoutError as error:
            self._give_up(call, ResultCode.TIMEOUT)
            raise _failure(error, call, sent=True) from error
        except BaseException as error:
            self.close()
            if isinstance(error, ProtocolError):
                raise LinkFailure(ResultCode.CLIENT, error.msg or "", sent=True) from error
            if isinstance(error, OSError):
                raise _failure(error, call, sent=True) from error
            if call.leaves_doubt(exchange.body):
                note_doubt(error)
            raise

    def advance(self, call: Call) -> None:
        """Take in what has arrived for a call that :meth:`start` sent, without waiting for more.

        Raises:
            LinkFailure: the connection has ended, or what came makes no sense. The link is closed.
        """
        channel = self._channel
        try:
            self._socket.settimeout(0)
            count = self._socket.recv_into(channel.writable())
            if not count:
                raise LinkFailure(ResultCode.CONNECTION, "the node closed the connection", sent=True)
            channel.received(count)
            self.last_used = time.monotonic()
            if channel.error is not None:
                raise channel.error
        except (BlockingIOError, ssl.SSLWantReadError):
            return
        except LinkFailure:
            self.close()
            raise
        except (OSError, ProtocolError) as error:
            self.close()
            if isinstance(error, ProtocolError):
                raise LinkFailure(ResultCode.CLIENT, error.msg or "", sent=True) from error
            raise _failure(error, call, sent=True) from error

    @property
    def buffered(self) -> bool:
        """True if bytes were taken off the socket and wait inside TLS, where the system does not see them."""
        return isinstance(self._socket, ssl.SSLSocket) and self._socket.pending() > 0

    def fileno(self) -> int:
        """The socket's number, -1 once it is closed."""
        return self._socket.fileno()

    def complete(self, exchange: Exchange) -> bool:
        """The answer is complete, says its reader; True if other requests can follow."""
        return self.usable and self._channel.complete(exchange)

    def _give_up(self, call: Call, code: int) -> None:
        """The caller waits no longer: leave the link open for a late answer, if there can be one."""
        if code != ResultCode.TIMEOUT or call.collect is not None or call.login or not call.drain:
            self.close()
        else:
            self._late_until = time.monotonic() + call.drain

    def recovers(self) -> bool:
        """True if the answer that is due is a late one."""
        return self._late_until > 0

    def settled(self) -> bool:
        """Take in what has come of a late answer, without waiting; True if none is due any more."""
        channel = self._channel
        try:
            self._socket.settimeout(0)
            while channel.pending:
                count = self._socket.recv_into(channel.writable())
                if not count:
                    self.close()
                    return False
                channel.received(count)
                self.last_used = time.monotonic()
                if channel.error is not None:
                    self.close()
                    return False
        except (BlockingIOError, ssl.SSLWantReadError):
            if time.monotonic() >= self._late_until:
                self.close()
            return False
        except OSError:
            self.close()
            return False
        self._late_until = 0.0
        return True

    def _patience(self, call: Call, *, sent: bool) -> float | None:
        """Seconds to wait for the socket once.

        Raises:
            LinkFailure: there are none left.
        """
        if call.deadline is None:
            return call.silence
        left = call.deadline - time.monotonic()
        if left <= 0:
            what = "the answer came" if sent else "the request was sent"
            raise LinkFailure(ResultCode.TIMEOUT, f"the total timeout passed before {what}", sent=sent, charge=sent)
        return left if call.silence is None or left < call.silence else call.silence

    def probe(self) -> bool:
        """True if nothing has happened on the idle socket."""
        try:
            readable, _, _ = select.select([self._socket], [], [], 0)
        except (OSError, ValueError):
            return False
        return not readable

    def close(self) -> None:
        """Close the socket."""
        self._channel.close()
        self._channel.pending.clear()
        # Closing alone would not wake another thread that waits for this socket.
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def abandon(self) -> None:
        """Close the socket here only: the parent process goes on using the connection."""
        self._channel.close()
        self._channel.pending.clear()
        self._socket.close()


def _failure(error: OSError, call: Call, *, sent: bool) -> LinkFailure:
    if isinstance(error, TimeoutError):
        left = None if call.deadline is None else call.deadline - time.monotonic()
        which = "total timeout passed" if left is not None and left <= 0 else "socket was silent for too long"
        return LinkFailure(ResultCode.TIMEOUT, f"the {which} before the answer came", sent=sent)
    if isinstance(error, ssl.SSLError):
        return LinkFailure(ResultCode.TLS, str(error), sent=sent)
    return LinkFailure(ResultCode.CONNECTION, words_of(error), sent=sent)


def words_of(error: OSError) -> str:
    """What the system says about an error, with its short name."""
    name = errno.errorcode.get(error.errno or 0)
    text = error.strerror or str(error)
    return f"{text} ({name})" if name else text


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


class BlockingRuntime:
    """Blocking sockets and the caller's own thread."""

    pipelined = False
    background = False

    def __init__(self) -> None:
        self.now: Callable[[], float] = time.monotonic
        self._closed = threading.Event()

    def enter(self) -> None:
        """Any thread may use it."""

    def enter_to_close(self) -> bool:
        """Any thread may close it."""
        return True

    async def sleep(self, seconds: float) -> None:
        """Sleep in the caller's thread; over early if the runtime is closed."""
        self._closed.wait(seconds)

    async def resolve(self, host: str, port: int, timeout: float) -> list[tuple[str, int]]:
        """The addresses of a host. The system's resolver has a timeout of its own."""
        try:
            rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
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
    ) -> BlockingLink:
        """Open a connection."""
        address = address_of(host, port)
        sock: socket.socket | None = None
        begun = time.monotonic()
        try:
            sock = socket.create_connection((host, port), timeout)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if tls is not None:
                # The limit is for both: what connecting has used is not there for the handshake.
                sock.settimeout(max(0.001, begun + timeout - time.monotonic()))
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


def address_of(host: str, port: int) -> str:
    """``host:port``, with an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def connect_failure(error: OSError, address: str, timeout: float, *, tls: bool = False) -> LinkFailure:
    """What a failed connection attempt is to the core."""
    if isinstance(error, TimeoutError):
        return LinkFailure(ResultCode.TIMEOUT, f"no connection to {address} within {timeout * 1000:.0f} ms", sent=False)
    if isinstance(error, ssl.SSLError):
        return LinkFailure(ResultCode.TLS, f"TLS with {address} failed: {error}", sent=False)
    if tls and isinstance(error, ConnectionResetError | ConnectionAbortedError):
        words = f"{address} ended the connection during the TLS handshake: {words_of(error)}"
        return LinkFailure(ResultCode.TLS, words, sent=False)
    return LinkFailure(ResultCode.CONNECTION, f"cannot connect to {address}: {words_of(error)}", sent=False)
