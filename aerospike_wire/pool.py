"""The links to one node: how many, which is given out, and when one is thrown away."""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from typing import TYPE_CHECKING, Final, cast

import attrs

from aerospike_wire.deadline import earlier
from aerospike_wire.errors import ResultCode
from aerospike_wire.transport import LinkFailure

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aerospike_wire.transport import Link, Runtime, SharedLink

PIPELINE_DEPTH: Final = 64
"""Requests under way on a shared link before others go to the next one.

Links are filled in turn, so that what many tasks ask leaves in few writes, and links that were opened for a rush are
idle after it, and close.
"""
_PROBE_AFTER: Final = 1.0
"""Seconds of idleness after which a link is looked at before it is used again."""
_LOOK_AGAIN: Final = 0.01
"""Seconds between looks at links that are late or shared, while a call waits for one to become free."""


@attrs.frozen
class PoolLimits:
    """How many links, and for how long."""

    maximum: int = 100
    """Links of one node at most, shared and exclusive ones together."""
    pipelines: int = 4
    """Shared links at most."""
    idle: float = 55.0
    """Seconds after which an idle link is not used again; older servers close theirs after 60."""
    minimum: int = 0
    """Links that are opened when the node joins, and kept."""
    wait: bool = True
    """At the maximum, wait for a link until the call's deadline instead of failing at once."""


class Pool:
    """Links to one node.

    Exclusive links serve one caller at a time and wait in a deque, last used first.
    Shared links, where the runtime can pipeline, take requests of many callers at once.
    A link whose caller gave up is set aside until its late answer has come.
    """

    __slots__ = (
        "_closed",
        "_connect",
        "_exclusive",
        "_idle",
        "_known",
        "_late",
        "_limits",
        "_lock",
        "_opened",
        "_places",
        "_queue",
        "_runtime",
        "_shared",
        "first",
        "on_opened",
        "total_closed",
        "total_opened",
    )

    def __init__(
        self,
        runtime: Runtime,
        connect: Callable[[float | None], Awaitable[Link]],
        limits: PoolLimits,
    ) -> None:
        self._runtime = runtime
        self._connect = connect
        self._limits = limits
        self._idle: deque[Link] = deque()
        self._late: deque[Link] = deque()
        self._exclusive: set[Link] = set()
        self._shared: list[SharedLink] = []
        self.first: SharedLink | None = None
        """The shared link that is filled first, and nearly always has room."""
        self._known: set[Link] = set()
        self._opened = 0
        self.on_opened: Callable[[float], None] | None = None
        """Is told of each link that was opened, and how many seconds that took."""
        self.total_opened = 0
        """Links that were ever opened."""
        self.total_closed = 0
        """Links that were opened and closed again."""
        self._closed = False
        self._lock = runtime.lock()
        self._queue = runtime.queue()
        self._places = threading.Lock()
        """Guards the count of links, which threads change at any time."""

    @property
    def size(self) -> int:
        """Links that are open or being opened."""
        return self._opened

    @property
    def in_use(self) -> int:
        """Links that serve a call right now."""
        return len(self._exclusive) + sum(1 for link in tuple(self._shared) if link.load)

    @property
    def load(self) -> int:
        """Requests that wait for an answer on all links."""
        return sum(link.load for link in (*self._shared, *self._exclusive))

    def links(self) -> tuple[Link, ...]:
        """Every open link."""
        return (*self._shared, *self._idle, *self._late, *self._exclusive)

    # Shared links

    def pick(self) -> SharedLink | None:
        """The first shared link that has room; at the limit of links, the one with the fewest requests under way.

        Returns:
            None if :meth:`lease_shared` has to look after them.
        """
        best: SharedLink | None = None
        least = 0
        for link in self._shared:
            if link.ready:
                load = len(link.waiting)
                if load < PIPELINE_DEPTH:
                    return link
                if best is None or load < least:
                    best, least = link, load
        return best if len(self._shared) >= self._limits.pipelines else None

    def _look_after_shared(self) -> SharedLink | None:
        for link in tuple(self._shared):
            if not link.usable:
                self._drop(link)
        return self.pick()

    async def lease_shared(self, deadline: float | None) -> SharedLink:
        """A shared link; it is not given back.

        Raises:
            LinkFailure: none could be opened.
        """
        self._runtime.enter()
        link = self._look_after_shared()
        if link is not None:
            return link
        if not await self._lock.acquire(deadline):
            words = "the total timeout passed while another call opened a connection"
            raise LinkFailure(ResultCode.TIMEOUT, words, sent=False, charge=False)
        try:
            link = self._look_after_shared()  # another caller may have opened one meanwhile
            if link is None:
                link = await self._open_shared(deadline)
            return link
        finally:
            self._lock.release()

    async def _open_shared(self, deadline: float | None) -> SharedLink:
        link = cast("SharedLink", await self._open(deadline))
        self._shared.append(link)
        self._count_shared()
        return link

    # Exclusive links

    async def lease(self, deadline: float | None) -> Link:
        """A link for one caller alone; it must be given back.

        Raises:
            LinkFailure: the pool is exhausted, or no link could be opened.
        """
        self._runtime.enter()
        link = self._take_idle()
        if link is None:
            link = await self._open(deadline)
        self._exclusive.add(link)
        return link

    def _take_idle(self) -> Link | None:
        while True:
            try:
                link = self._idle.pop()
            except IndexError:
                if not self._late or not self._settle():
                    return None
                continue
            if self._fit(link):
                return link
            self._forget(link)

    def _fit(self, link: Link) -> bool:
        if not link.usable:
            return False
        idle = self._runtime.now() - link.last_used
        return idle < _PROBE_AFTER or (idle < self._limits.idle and link.probe())

    def _settle(self) -> bool:
        """Look whether late answers have come; True if that gave an idle link."""
        found = False
        for _ in range(len(self._late)):
            try:
                link = self._late.popleft()
            except IndexError:  # another thread looks too
                break
            if link.settled() and link.usable:
                self._idle.append(link)
                found = True
            elif link.usable:
                self._late.append(link)
            else:
                self._forget(link)
        return found

    def give_back(self, link: Link, *, keep: bool = True) -> None:
        """The caller of :meth:`lease` is done with its link.

        Args:
            link: what it was given.
            keep: False if the link must not be used again, unless all that is wrong is that
                an answer is late.
        """
        self._exclusive.discard(link)
        if link not in self._known or not link.usable:
            self._forget(link)
        elif link.load:
            if link.recovers():
                self._late.append(link)
            else:
                self._forget(link)
        elif keep:
            self._idle.append(link)
            self._reap()
            self._queue.call()
        else:
            self._forget(link)

    def _reap(self) -> None:
        """Close the link that has been idle for longest, if that was for too long."""
        try:
            oldest = self._idle.popleft()
        except IndexError:  # another thread has just taken the only one
            return
        if oldest.usable and self._runtime.now() - oldest.last_used < self._limits.idle:
            self._idle.appendleft(oldest)
        else:
            self._forget(oldest)

    # Opening and closing

    def discard(self, link: Link) -> None:
        """Close a link that must not be used again, shared or not."""
        if link in self._shared:
            self._drop(link)
        else:
            self._exclusive.discard(link)
            self._forget(link)

    def retire(self, link: Link) -> None:
        """Close a link that takes no more requests, once those under way on it are answered."""
        if link in self._shared:
            self._shared.remove(link)
            self._count_shared()
            if link.load:
                self._count_off(link)
                link.retire()
                return
        self.discard(link)

    async def _open(self, deadline: float | None) -> Link:
        """A new link, or one that became idle while the pool had no room for another.

        Raises:
            LinkFailure: the pool is exhausted, or the link could not be opened.
        """
        if not self._reserve():
            link = await self._wait_for_place(deadline)
            if link is not None:
                return link
        begun = self._runtime.now()
        try:
            link = await self._connect(deadline)
        except BaseException:
            self._release()
            raise
        if self.on_opened is not None:
            self.on_opened(self._runtime.now() - begun)
        if self._closed:
            self._release()
            link.close()
            raise LinkFailure(ResultCode.CONNECTION, "the node is not in use any more", sent=False, charge=False)
        self._known.add(link)
        self.total_opened += 1
        return link

    def _reserve(self) -> bool:
        """Take a place for another link; False if there is none."""
        with self._places:
            if self._opened < self._limits.maximum:
                self._opened += 1
                return True
        if not self._make_room():
            return False
        return self._reserve()

    def _release(self) -> None:
        with self._places:
            self._opened -= 1
        self._queue.call()

    async def _wait_for_place(self, deadline: float | None) -> Link | None:
        """Wait until a link is given back, which is returned, or until a place for another is reserved.

        Raises:
            LinkFailure: neither happened in time, or the pool does not wait.
        """
        words = f"all {self._limits.maximum} connections of the node are in use"
        if not self._limits.wait:
            raise LinkFailure(ResultCode.NO_MORE_CONNECTIONS, words, sent=False)
        while not self._closed:
            place = self._queue.join()
            # What became free before this call stood in the queue woke nobody.
            link = self._take_idle()
            if link is not None or self._reserve():
                self._queue.leave(place)
                return link
            if not await self._queue.wait(place, self._until(deadline)):
                self._queue.leave(place)
                if deadline is not None and self._runtime.now() >= deadline:
                    words = f"{words}, and none became free before the total timeout"
                    raise LinkFailure(ResultCode.NO_MORE_CONNECTIONS, words, sent=False)
        raise LinkFailure(ResultCode.CONNECTION, "the node is not in use any more", sent=False, charge=False)

    def _until(self, deadline: float | None) -> float | None:
        """When to look again unasked: late answers come, and shared links empty, without anybody giving a link back."""
        if not self._late and not self._shared:
            return deadline
        return earlier(deadline, self._runtime.now() + _LOOK_AGAIN)

    def _make_room(self) -> bool:
        """Close a link that nobody uses, so that one of the other kind can be opened."""
        try:
            self._forget(self._idle.popleft())
        except IndexError:
            for link in tuple(self._shared):
                if not link.load:
                    self._drop(link)
                    return True
            return False
        return True

    def _drop(self, link: SharedLink) -> None:
        with contextlib.suppress(ValueError):
            self._shared.remove(link)
        self._count_shared()
        self._forget(link)

    def _count_shared(self) -> None:
        self.first = self._shared[0] if self._shared else None

    def _count_off(self, link: Link) -> None:
        # The failure of a shared link is reported by each of its callers, and that of an
        # exclusive one both by the reader of its answer and by whoever gives it back.
        with self._places:
            if link not in self._known:
                return
            self._known.discard(link)
            self._opened -= 1
            self.total_closed += 1
        self._queue.call()

    def _forget(self, link: Link) -> None:
        self._count_off(link)
        link.close()

    # Looking after it

    async def tend(self, deadline: float | None) -> None:
        """Close what was idle for too long, take in late answers, open what the minimum wants.

        Raises:
            LinkFailure: a link could not be opened.
        """
        now = self._runtime.now()
        minimum, idle = self._limits.minimum, self._limits.idle
        self._settle()
        for _ in range(len(self._idle)):
            try:
                link = self._idle.popleft()
            except IndexError:
                break
            if not link.usable or now - link.last_used >= idle:
                self._forget(link)
            else:
                self._idle.appendleft(link)
                break  # those after it were used later
        for shared in tuple(self._shared):
            if not shared.load and (not shared.usable or now - shared.last_used >= idle):
                self._drop(shared)
        while self._opened < minimum and not self._closed:
            if self._runtime.pipelined and len(self._shared) < self._limits.pipelines:
                await self._open_shared(deadline)
            else:
                link = await self._open(deadline)
                self._idle.appendleft(link)

    def reset(self) -> None:
        """Close every link that nobody uses, because the node has restarted."""
        while self._idle:
            with contextlib.suppress(IndexError):
                self._forget(self._idle.popleft())
        for link in tuple(self._shared):
            self.retire(link)

    def close(self) -> None:
        """Close every link; whoever waits on one, or for one, gets an error."""
        self._closed = True
        for link in tuple(self._known):
            self._forget(link)
        self._clear()
        self._queue.call_all()

    def abandon(self) -> None:
        """Let go of every link in a child process, to which none of them belongs."""
        self._closed = True
        for link in tuple(self._known):
            link.abandon()
        self._known.clear()
        self._clear()

    def _clear(self) -> None:
        self._idle.clear()
        self._late.clear()
        self._exclusive.clear()
        self._shared.clear()
        self.first = None
