"""What the core needs of an event loop, or of its absence.

Everything above this package is written once, as coroutines over a :class:`Runtime`.
With asyncio they suspend; with blocking sockets they never do, and
:func:`~aerospike_wire.transport.blocking.run` completes them in one step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol, TypeVar

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable, Coroutine, Sequence, Sized

    from aerospike_wire.policy import Timing

T = TypeVar("T")

SENT_NOTE: Final = "The request had been sent: the write may have been applied."
"""Put on whatever ends a call from outside, such as a cancellation, after a write was sent."""


class LinkFailure(Exception):
    """A request on a link did not get its answer.

    One object for each waiting caller, with the common reason as its cause.
    """

    def __init__(self, code: int, message: str, *, sent: bool, charge: bool = True) -> None:
        super().__init__(message)
        self.code = code
        """A result code of the client, or TIMEOUT."""
        self.message = message
        self.sent = sent
        """True if all bytes of the request had been handed to the socket."""
        self.charge = charge
        """False if the node had no part in it, or another caller reports the same loss of the link already."""


def note_doubt(stopped: BaseException) -> None:
    """Mark what ends a call from outside after a write was sent: a note, and ``in_doubt`` set to True.

    Not if its refusal has come, even if the caller does not know that yet.
    """
    if SENT_NOTE not in getattr(stopped, "__notes__", ()):
        stopped.add_note(SENT_NOTE)
    stopped.in_doubt = True  # type: ignore[attr-defined]  # any exception takes attributes


def _unknown(body: bytes) -> bool:
    """Whatever came, nothing can be concluded from it."""
    del body
    return False


class Call(NamedTuple):
    """One request for a link."""

    request: bytes
    frame_type: int
    collect: Callable[[bytes], bool] | None
    """See :class:`aerospike_wire.proto.channel.Exchange`."""
    deadline: float | None
    """When the caller gives up, in seconds of :meth:`Runtime.now`; None for never."""
    silence: float | None
    """Seconds without a byte on the link after which the caller gives up; None for no limit."""
    write: bool = False
    """True if the request may change data."""
    drain: float = 3.0
    """Seconds that an answer may be late, after its caller gave up, before the link is given up too."""
    login: bool = False
    refused: Callable[[bytes], bool] = _unknown
    """Whether an answer, of which this is the last frame, says for certain that nothing was changed."""

    def __repr__(self) -> str:
        # What is asked for may be a login, or hold values: nothing for reports of errors.
        return f"Call(<{len(self.request)} bytes>, frame_type={self.frame_type}, deadline={self.deadline})"

    def leaves_doubt(self, body: bytes | None) -> bool:
        """Whether data may have been changed after the request was sent; no body if no answer has come."""
        return self.write and not (body and self.refused(body))


class Link(Protocol):
    """One connection to a node."""

    address: str
    """``host:port`` of the peer."""
    last_used: float
    """When the last answer came, in seconds of :meth:`Runtime.now`."""

    @property
    def usable(self) -> bool:
        """False once the connection has ended or is about to."""

    @property
    def load(self) -> int:
        """Requests that wait for an answer, given-up ones included."""

    @property
    def stalled(self) -> bool:
        """True if a request sent now would wait behind an answer that nobody wants, or that has been due for long."""

    async def exchange(self, call: Call) -> bytes:
        """Send a request and wait for its answer, the body of its last frame.

        Raises:
            LinkFailure: there will be no answer.
        """

    def probe(self) -> bool:
        """True if the peer has neither closed the idle link nor sent anything on it."""

    def recovers(self) -> bool:
        """True if all that is due are single answers whose callers gave up, so that :meth:`settled` may mend it."""

    def settled(self) -> bool:
        """Take in what has come of a late answer, without waiting; True if nothing is due any more.

        A link that took too long, or whose answer made no sense, is not :attr:`usable` afterwards.
        """

    def close(self) -> None:
        """End the connection at once; whoever waits gets a LinkFailure."""

    def abandon(self) -> None:
        """Let go of a connection that the parent process goes on using: the socket is closed here and not ended."""


class SharedLink(Link, Protocol):
    """A connection that takes requests of many callers at once."""

    ready: bool
    """True if it has not ended and is not stalled."""
    waiting: Sized
    """Requests that wait for an answer, given-up ones included."""

    def post(self, request: bytes, now: float, deadline: float | None, timing: Timing) -> Awaitable[bytes]:
        """The short way for a request whose answer is one data message.

        Args:
            request: the frame.
            now: seconds of :attr:`Runtime.now`.
            deadline: when the caller gives up.
            timing: the policy's other limits.

        Returns:
            An awaitable of the answer's body; it raises LinkFailure if there will be none.

        Raises:
            LinkFailure: the link is closed.
        """

    def retire(self) -> None:
        """Close the connection as soon as every request under way on it is answered or given up."""

    def give_up(self, waiter: Awaitable[bytes]) -> bool:
        """The caller waits no longer for what :meth:`post` gave it; True if the request had been sent."""

    def answer(self, waiter: Awaitable[bytes]) -> bytes:
        """What the node had answered before its caller gave up, who may not know it yet; empty if nothing."""


HELD: Final = 256 * 1024
"""Bytes of one stream that may wait for their reader before the link is not read any more."""


class Frames(Protocol):
    """The answers of several links, frame by frame as they come; made by :meth:`Runtime.stream`.

    What a slow reader does not take stays with the nodes: for each link at most
    :data:`HELD` bytes and the frame that goes beyond them are kept.
    """

    async def next(self) -> tuple[int, bytes | LinkFailure]:
        """The next frame and the place of the call it belongs to; calls that have frames take turns.

        A LinkFailure in a frame's place ends that call. What came before it has been given.
        Waiting for one's own reader counts towards no time limit but ``deadline``.

        Raises:
            RuntimeError: every call has ended.
        """

    def finish(self, place: int) -> bool:
        """Say that the frame last given was the call's last; True if its link can take other requests."""

    def neglected(self, place: int) -> float:
        """Seconds for which the reader has left the call's link unread, up to now."""

    def close(self) -> None:
        """Read no more. The links are their owner's to close."""


class Lock(Protocol):
    """Lets one call of a client do what others then find done."""

    async def acquire(self, deadline: float | None = None) -> bool:
        """Take the lock; False if the deadline passed before it was free."""

    def release(self) -> None:
        """Give the lock back."""


class Queue(Protocol):
    """Calls of one client that wait for a place, first come, first served."""

    def join(self) -> Any:
        """Stand in the queue; gives a place in it."""

    async def wait(self, place: Any, deadline: float | None) -> bool:
        """Wait to be called; False if the deadline passed first."""

    def leave(self, place: Any) -> None:
        """Stand in the queue no longer; a call that came meanwhile goes to the next."""

    def call(self) -> None:
        """Call whoever has waited longest."""

    def call_all(self) -> None:
        """Call everybody."""


class Ticker(Protocol):
    """Something that is done again and again."""

    def wake(self) -> None:
        """Do it soon."""

    def stop(self) -> None:
        """Do it no more."""


class Runtime(Protocol):
    """Time, sockets and concurrency."""

    pipelined: bool
    """True if several requests may be under way on one link."""
    background: bool
    """True if work can go on beside the calls without a thread."""

    now: Callable[[], float]
    """A monotonic clock, seconds."""

    def enter(self) -> None:
        """Note where the client is used.

        Raises:
            LinkFailure: it belongs to another event loop.
        """

    def enter_to_close(self) -> bool:
        """As :meth:`enter`, for closing the client; False if its event loop is gone, and all that belongs to it.

        Raises:
            LinkFailure: it belongs to another event loop that still runs.
        """

    async def sleep(self, seconds: float) -> None:
        """Pause this call; over early if the runtime is closed."""

    async def resolve(self, host: str, port: int, timeout: float) -> list[tuple[str, int]]:
        """The numeric addresses of a host.

        Raises:
            LinkFailure: the name cannot be resolved (INVALID_HOST), or not in time.
        """

    async def connect(
        self,
        host: str,
        port: int,
        timeout: float,
        tls: ssl.SSLContext | None = None,
        tls_name: str | None = None,
    ) -> Link:
        """Open a connection.

        Raises:
            LinkFailure: it cannot be opened (CONNECTION, TLS), or not in time (TIMEOUT).
        """

    async def exchange_all(self, calls: Sequence[tuple[Link, Call]]) -> list[bytes | LinkFailure]:
        """Send requests on several links at once and wait for all answers, in order."""

    async def stream(self, calls: Sequence[tuple[Link, Call]]) -> Frames:
        """Send requests on links that serve nobody else, and give their answers frame by frame.

        Args:
            calls: links and requests. ``collect`` is not used: who reads the frames knows the last one.
        """

    async def compute(self, work: Callable[[], T]) -> T:
        """Run something that takes milliseconds of CPU without holding up other calls."""

    async def together(self, works: Sequence[Callable[[], Coroutine[Any, Any, T]]]) -> list[T]:
        """Do several things, at once if possible; their results in order."""

    async def first(
        self, works: Sequence[Callable[[], Coroutine[Any, Any, T | None]]], discard: Callable[[T], None]
    ) -> T | None:
        """Do several things, at once if possible, until one has a result that is not None.

        Args:
            works: what to do.
            discard: takes results that came too late.
        """

    def lock(self) -> Lock:
        """A lock between the calls of one client."""

    def queue(self) -> Queue:
        """A queue of the calls of one client."""

    def every(self, seconds: float, work: Callable[[], Coroutine[Any, Any, None]]) -> Ticker:
        """Do something beside the calls again and again, until it is stopped or the object of ``work`` is gone."""

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something beside the call; where nothing can run beside it, run it now."""

    def hand_over(self, work: Callable[[], None]) -> None:
        """Do something at once or soon, in the client's thread; whoever asks may be in any, as finalizers are."""

    async def close(self) -> None:
        """End what was spawned, and every pause."""

    def abandon(self) -> None:
        """Begin anew in a child process, and leave to the parent what belongs to it."""
