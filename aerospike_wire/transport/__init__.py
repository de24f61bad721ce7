"""What the core needs of an event loop, or of its absence.

Everything above this package is written once, as coroutines over a :class:`Runtime`.
With asyncio they suspend; with blocking sockets they never do, and
:func:`~aerospike_wire.transport.blocking.run` completes them in one step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Coroutine, Sequence
    from contextlib import AbstractAsyncContextManager

T = TypeVar("T")


class LinkFailure(Exception):
    """A request on a link did not get its answer.

    One object for each waiting caller, with the common reason as its cause.
    """

    def __init__(self, code: int, message: str, *, sent: bool) -> None:
        super().__init__(message)
        self.code = code
        """A result code of the client, or TIMEOUT."""
        self.message = message
        self.sent = sent
        """True if all bytes of the request had been handed to the socket."""


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
        """True if the answer that is due next belongs to a caller that gave up."""

    async def exchange(self, call: Call) -> bytes:
        """Send a request and wait for its answer, the body of its last frame.

        Raises:
            LinkFailure: there will be no answer.
        """

    def probe(self) -> bool:
        """True if the peer has neither closed the idle link nor sent anything on it."""

    def close(self) -> None:
        """End the connection at once; whoever waits gets a LinkFailure."""


class Runtime(Protocol):
    """Time, sockets and concurrency."""

    pipelined: bool
    """True if several requests may be under way on one link."""

    def now(self) -> float:
        """A monotonic clock, seconds."""

    async def sleep(self, seconds: float) -> None:
        """Pause this call."""

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

    async def compute(self, work: Callable[[], T]) -> T:
        """Run something that takes milliseconds of CPU without holding up other calls."""

    def lock(self) -> AbstractAsyncContextManager[Any]:
        """A lock between the calls of one client."""

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something beside the call; where nothing can run beside it, run it now."""

    async def close(self) -> None:
        """End what was spawned."""
