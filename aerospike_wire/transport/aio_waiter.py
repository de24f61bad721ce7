"""What a task waits for on a pipelined connection, instead of a future of the loop's.

A future hands its result on through the loop: a handle, a place in the loop's queue and
another turn for every answer. An answer comes in a callback of the loop's, where tasks may
be run at once, so the link does that. A waiter is to its task what a future is, in the way
that asyncio describes for objects that are not futures: ``_asyncio_future_blocking``,
``get_loop``, ``add_done_callback``, ``result`` and ``cancel``.
"""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, Any, Final, Protocol

from aerospike_wire.proto.channel import Exchange
from aerospike_wire.proto.header import FrameType

if TYPE_CHECKING:
    import contextvars
    from collections.abc import Callable, Generator

    from aerospike_wire.policy import Timing

_RAISED: Final = Exception("the caller has been told")


class Owner(Protocol):
    """The link that a waiter waits on."""

    loop: asyncio.AbstractEventLoop

    def left(self, waiter: Waiter) -> None:
        """The waiter's caller has gone."""


class Waiter(Exchange):
    """A caller's place in the queue, and what the caller awaits: the body of a data message.

    Args:
        link: the connection.
        request: the frame to be sent.
        since: when it was queued, in seconds of ``time.monotonic``.
        deadline: when the caller gives up; None for never.
        timing: the policy's other limits.
    """

    __slots__ = (
        "_asyncio_future_blocking", "_loop", "context", "deadline", "failure", "link", "request", "since", "timing",
        "wake",
    )  # fmt: skip

    # Nearly all are alike; what differs is a LongWaiter.
    plain: bool = True
    frame_type: int = FrameType.MESSAGE.value
    collect: Callable[[bytes], bool] | None = None
    login: bool = False

    def __init__(  # does not call its parent's, because it runs for every command
        self, link: Owner, request: bytes, since: float, deadline: float | None, timing: Timing
    ) -> None:
        self.link = link
        self._loop = link.loop
        self.request: bytes | None = request
        """None once all of it was handed to the socket."""
        self.since = since
        """When it was queued; once the caller has gone, when that was."""
        self.deadline = deadline
        self.timing = timing
        self.body = None
        self.failure: BaseException | None = None
        """Why there is no answer, or that the caller was cancelled."""
        self.wake: Callable[[Any], object] | None = None
        """Runs the task that waits."""
        self.context: contextvars.Context

    @property
    def sent(self) -> bool:
        """True if all of the request was handed to the socket."""
        return self.request is None

    def due(self, heard: float) -> float:
        """When this place needs attention, if the link was last heard of at ``heard``.

        That is when the caller gives up; or, after it has, when the link is given up
        because the answer does not even come late.
        """
        silence = self.timing.silence
        quiet = max(heard, self.since)
        if self.failure is not None:
            return quiet + self.timing.drain
        deadline = math.inf if self.deadline is None else self.deadline
        return deadline if silence is None else min(deadline, quiet + silence)

    # What asyncio calls

    def __await__(self) -> Generator[Any, None, bytes]:
        if self.body is None and self.failure is None:
            self._asyncio_future_blocking = True
            yield self
        body = self.body
        if self.failure is None and body is not None:
            return body
        # What was raised leads by its traceback to frames that keep this waiter, which must not lead back.
        failure, self.failure = self.failure, _RAISED
        assert failure is not None
        try:
            raise failure
        finally:
            del failure

    def add_done_callback(self, wake: Callable[[Any], object], *, context: contextvars.Context | None = None) -> None:
        """Have one thing called, once: when there is an answer or none will come, neither of which may be so yet."""
        self.wake = wake
        self.context = context  # type: ignore[assignment]  # tasks give one

    def remove_done_callback(self, _: Callable[[Any], object]) -> None:
        """Call nobody."""
        self.wake = None

    def done(self) -> bool:
        """True once there is an answer, or none will come."""
        return self.body is not None or self.failure is not None

    # Nothing: what there is to know the task asks __await__. A call in C, because each answer costs one.
    result = staticmethod(bool)

    def cancel(self, msg: Any = None) -> bool:
        """Wait no longer; False if there was nothing to wait for."""
        if self.done():
            return False
        self.fail(asyncio.CancelledError() if msg is None else asyncio.CancelledError(msg))
        self.link.left(self)
        return True

    # What the link calls

    def fail(self, failure: BaseException) -> None:
        """Say that there will be no answer."""
        self.failure = failure
        self.wake_soon()

    def wake_soon(self) -> None:
        """Run the task in the loop's next turn."""
        if self.wake is not None:
            self.link.loop.call_soon(self.wake, self, context=self.context)


class LongWaiter(Waiter):
    """A place whose answer is of another kind, or of several frames."""

    __slots__ = ("collect", "frame_type", "login", "plain")
