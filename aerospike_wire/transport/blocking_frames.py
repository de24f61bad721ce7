"""Answers of several blocking links, frame by frame."""

from __future__ import annotations

import select
import time
from collections import deque
from typing import TYPE_CHECKING, Final

from aerospike_wire.errors import ResultCode
from aerospike_wire.transport import LinkFailure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aerospike_wire.proto.channel import Exchange
    from aerospike_wire.transport import Call
    from aerospike_wire.transport.blocking_link import BlockingLink


class _Source:
    """One link and what it has delivered."""

    __slots__ = ("call", "exchange", "failure", "frames", "heard", "link", "place")

    def __init__(self, place: int, link: BlockingLink, call: Call) -> None:
        self.place = place
        self.link = link
        self.frames: deque[bytes] = deque()
        self.call = call._replace(collect=self._take)
        self.exchange: Exchange | None = None
        self.failure: LinkFailure | None = None
        self.heard = time.monotonic()
        """When bytes came last, moved on by the time for which nobody waited for any."""

    def _take(self, body: bytes) -> bool:
        self.frames.append(body)
        return False

    def due(self) -> float:
        """When waiting for bytes ends."""
        deadline, silence = self.call.deadline, self.call.silence
        quiet = float("inf") if silence is None else self.heard + silence
        return quiet if deadline is None else min(quiet, deadline)


class BlockingFrames:
    """Reads from whichever link has something, and only when asked for a frame."""

    def __init__(self, calls: Sequence[tuple[BlockingLink, Call]]) -> None:
        self._sources = [_Source(place, link, call) for place, (link, call) in enumerate(calls)]
        self._live: deque[_Source] = deque(self._sources)
        """Those that may still deliver, the next to be asked first."""
        self._left = time.monotonic()
        """When the reader was last given something."""
        self._gap = 0.0
        for source in self._sources:
            try:
                source.exchange = source.link.start(source.call)
            except LinkFailure as failure:
                source.failure = failure

    async def next(self) -> tuple[int, bytes | LinkFailure]:
        """The next frame and its place."""
        if not self._live:
            msg = "every stream has ended"
            raise RuntimeError(msg)
        self._gap = time.monotonic() - self._left
        for source in self._live:
            source.heard += self._gap
        while True:
            found = self._ready()
            if found is not None:
                self._left = time.monotonic()
                return found
            self._read()

    def _ready(self) -> tuple[int, bytes | LinkFailure] | None:
        for _ in range(len(self._live)):
            source = self._live[0]
            if source.frames:
                self._live.rotate(-1)
                return source.place, source.frames.popleft()
            if source.failure is not None:
                self._live.popleft()
                return source.place, source.failure
            self._live.rotate(-1)
        return None

    def _read(self) -> None:
        """Wait until a link has something, and take it in; end those that waited too long."""
        soonest = min(source.due() for source in self._live)
        links = [source.link for source in self._live]
        try:
            readable = wait_readable(links, soonest)
        except (OSError, ValueError):  # closed by another thread
            readable = links
        now = time.monotonic()
        for source in self._live:
            if source.link in readable:
                try:
                    source.link.advance(source.call)
                    source.heard = now
                except LinkFailure as failure:
                    source.failure = failure
            elif source.due() <= now:
                source.link.close()
                late = source.call.deadline is not None and source.call.deadline <= now
                which = "total timeout passed" if late else "socket was silent for too long"
                words = f"the {which} before the answer was complete"
                source.failure = LinkFailure(ResultCode.TIMEOUT, words, sent=True)

    def finish(self, place: int) -> bool:
        """The call is complete; True if its link can take other requests."""
        source = self._sources[place]
        if source in self._live:
            self._live.remove(source)
        return (
            source.failure is None
            and not source.frames
            and source.exchange is not None
            and source.link.complete(source.exchange)
        )

    def neglected(self, place: int) -> float:
        """Seconds between the last two times the reader asked for a frame."""
        return self._gap

    def close(self) -> None:
        """Read no more."""
        self._live.clear()


_FOREVER: Final = float("inf")


def wait_readable(links: Sequence[BlockingLink], until: float) -> list[BlockingLink]:
    """The links on which something can be read, waiting for the first one.

    Raises:
        OSError, ValueError: one of them is closed.
    """
    buffered = [link for link in links if link.buffered]
    if buffered:
        return buffered
    left = None if until == _FOREVER else max(0.0, until - time.monotonic())
    if hasattr(select, "poll"):  # which takes any file number
        poll = select.poll()
        by_number = {link.fileno(): link for link in links}
        for number in by_number:
            poll.register(number, select.POLLIN)
        return [by_number[number] for number, _ in poll.poll(None if left is None else left * 1000)]
    readable, _, _ = select.select(links, [], [], left)
    return readable
