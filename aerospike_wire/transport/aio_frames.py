"""Answers of several asyncio links, frame by frame."""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from typing import TYPE_CHECKING

from aerospike_wire.errors import ResultCode
from aerospike_wire.transport import HELD, LinkFailure
from aerospike_wire.transport.aio_link import FOREIGN_LOOP

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aerospike_wire.transport import Call
    from aerospike_wire.transport.aio_link import AsyncLink
    from aerospike_wire.transport.aio_waiter import Waiter


class _Source:
    """One link and what it has delivered."""

    __slots__ = (
        "_wake", "call", "failure", "frames", "gap", "heard", "held", "link", "paused_at", "place", "waiter",
    )  # fmt: skip

    def __init__(self, place: int, link: AsyncLink, call: Call, wake: Callable[[], None]) -> None:
        self._wake = wake
        self.place = place
        self.link = link
        self.call = call._replace(collect=self._take)
        self.frames: deque[bytes] = deque()
        self.held = 0
        """Bytes that wait for the reader."""
        self.paused_at: float | None = None
        self.gap = 0.0
        """Seconds for which the link was last not read."""
        self.failure: LinkFailure | None = None
        self.waiter: Waiter | None = None
        self.heard = time.monotonic()
        """When bytes came last, moved on by the time for which nobody waited for any."""

    def start(self) -> None:
        """Queue the request, unless its time is over."""
        if self.call.deadline is not None and self.call.deadline <= self.heard:
            words = "the total timeout passed before the request was sent"
            self.failure = LinkFailure(ResultCode.TIMEOUT, words, sent=False, charge=False)
            return
        try:
            self.waiter = self.link.begin(self.call)
        except LinkFailure as failure:
            self.failure = failure
        else:
            self.waiter.add_done_callback(self._ended)

    def _take(self, body: bytes) -> bool:
        self.frames.append(body)
        self.held += len(body)
        if self.held >= HELD and self.paused_at is None:
            self.paused_at = time.monotonic()
            self.link.pause()
        self._wake()
        return False

    def _ended(self, waiter: Waiter) -> None:
        assert isinstance(waiter.failure, LinkFailure)  # it was not cancelled: then this is not called
        self.failure = waiter.failure
        self._wake()

    def give(self) -> bytes:
        """The oldest frame; lets the link be read again once there is room."""
        body = self.frames.popleft()
        self.held -= len(body)
        if self.held < HELD:
            self.resume()
        return body

    def resume(self) -> None:
        """Let the link be read."""
        if self.paused_at is not None:
            self.heard = time.monotonic()
            self.gap = self.heard - self.paused_at
            self.paused_at = None
            self.link.resume()

    def drop(self) -> None:
        """Listen to the link no more."""
        if self.waiter is not None:
            self.waiter.remove_done_callback(self._ended)
            self.waiter.cancel()
        self.frames.clear()

    def due(self) -> float:
        """When waiting for bytes ends."""
        deadline, silence = self.call.deadline, self.call.silence
        quiet = math.inf if silence is None else max(self.heard, self.link.last_used) + silence
        return quiet if deadline is None else min(quiet, deadline)


class AsyncFrames:
    """Lets every link read ahead a little, and pauses it when its frames are not taken."""

    def __init__(self, loop: asyncio.AbstractEventLoop, calls: Sequence[tuple[AsyncLink, Call]]) -> None:
        self._loop = loop
        self._sources = [_Source(place, link, call, self._wake) for place, (link, call) in enumerate(calls)]
        self._live: deque[_Source] = deque(self._sources)
        """Those that may still deliver, the next to be asked first."""
        self._waiting: asyncio.Future[None] | None = None
        self._left = time.monotonic()
        """When the reader was last given something."""
        for source in self._sources:
            source.start()

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    async def next(self) -> tuple[int, bytes | LinkFailure]:
        """The next frame and its place."""
        gap = time.monotonic() - self._left
        if self._live and asyncio.get_running_loop() is not self._loop:
            return self._live[0].place, LinkFailure(ResultCode.CLIENT, FOREIGN_LOOP, sent=True, charge=False)
        for source in self._live:
            source.heard += gap
        while True:
            if not self._live:
                msg = "every stream has ended"
                raise RuntimeError(msg)
            found = self._ready()
            if found is not None:
                self._left = time.monotonic()
                return found
            await self._wait()

    def _ready(self) -> tuple[int, bytes | LinkFailure] | None:
        for _ in range(len(self._live)):
            source = self._live[0]
            if source.frames:
                self._live.rotate(-1)
                return source.place, source.give()
            if source.failure is not None:
                self._live.popleft()
                return source.place, source.failure
            self._live.rotate(-1)
        return None

    async def _wait(self) -> None:
        """Wait until a link has something; end those that waited too long."""
        soonest = min(source.due() for source in self._live)
        self._waiting = waiting = self._loop.create_future()
        timer = None
        if soonest < math.inf:
            timer = self._loop.call_later(max(0.0, soonest - time.monotonic()), self._wake)
        try:
            await waiting
        finally:
            self._waiting = None
            if timer is not None:
                timer.cancel()
        now = time.monotonic()
        for source in self._live:
            if not source.frames and source.failure is None and source.due() <= now:
                late = source.call.deadline is not None and source.call.deadline <= now
                which = "total timeout passed" if late else "socket was silent for too long"
                words = f"the {which} before the answer was complete"
                source.failure = LinkFailure(ResultCode.TIMEOUT, words, sent=True)
                source.drop()

    def finish(self, place: int) -> bool:
        """The call is complete; True if its link can take other requests."""
        source = self._sources[place]
        if source in self._live:
            self._live.remove(source)
        clean = source.failure is None and not source.frames and source.waiter is not None
        clean = clean and source.link.complete(source.waiter)  # type: ignore[arg-type]  # not None if clean
        source.drop()
        if clean:
            source.resume()
        return clean

    def neglected(self, place: int) -> float:
        """Seconds for which the link was last not read."""
        return self._sources[place].gap

    def close(self) -> None:
        """Read no more."""
        for source in self._sources:
            source.drop()
        self._live.clear()
        self._wake()
