"""The links to one node: how many, which is given out, and when one is thrown away."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final, cast

import attrs

from aerospike_wire.errors import ResultCode
from aerospike_wire.transport import LinkFailure

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aerospike_wire.transport import Link, Runtime, SharedLink

PIPELINE_DEPTH: Final = 64
"""Requests under way on a shared link before another link is opened beside it."""
_PROBE_AFTER: Final = 1.0
"""Seconds of idleness after which a link is looked at before it is used again."""


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
    """

    __slots__ = (
        "_closed",
        "_connect",
        "_exclusive",
        "_idle",
        "_known",
        "_limits",
        "_lock",
        "_opened",
        "_runtime",
        "_shared",
        "only",
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
        self._exclusive: set[Link] = set()
        self._shared: list[SharedLink] = []
        self.only: SharedLink | None = None
        """The shared link, while there is just one: by far the most frequent case."""
        self._known: set[Link] = set()
        self._opened = 0
        self._closed = False
        self._lock = runtime.lock()

    @property
    def size(self) -> int:
        """Links that are open or being opened."""
        return self._opened

    @property
    def load(self) -> int:
        """Requests that wait for an answer on all links."""
        return sum(link.load for link in (*self._shared, *self._exclusive))

    def links(self) -> tuple[Link, ...]:
        """Every open link."""
        return (*self._shared, *self._idle, *self._exclusive)

    def _least_loaded(self) -> SharedLink | None:
        best: SharedLink | None = None
        for link in tuple(self._shared):
            if not link.usable:
                self._drop(link)
            elif not link.stalled and (best is None or link.load < best.load):
                best = link
        if best is not None and best.load >= PIPELINE_DEPTH and len(self._shared) < self._limits.pipelines:
            return None
        return best

    async def lease_shared(self, deadline: float | None) -> SharedLink:
        """A shared link; it is not given back.

        Raises:
            LinkFailure: none could be opened.
        """
        link = self._least_loaded()
        if link is not None:
            return link
        if not await self._lock.acquire(deadline):
            words = "the total timeout passed while another call opened a connection"
            raise LinkFailure(ResultCode.TIMEOUT, words, sent=False)
        try:
            link = self._least_loaded()  # another caller may have opened one meanwhile
            if link is None:
                link = cast("SharedLink", await self._open(deadline))
                self._shared.append(link)
                self._count_shared()
            return link
        finally:
            self._lock.release()

    async def lease(self, deadline: float | None) -> Link:
        """A link for one caller alone; it must be given back.

        Raises:
            LinkFailure: the pool is exhausted, or no link could be opened.
        """
        while True:
            try:
                link = self._idle.pop()
            except IndexError:
                break
            if self._fit(link):
                self._exclusive.add(link)
                return link
            self._forget(link)
        link = await self._open(deadline)
        self._exclusive.add(link)
        return link

    def _fit(self, link: Link) -> bool:
        if not link.usable:
            return False
        idle = self._runtime.now() - link.last_used
        return idle < _PROBE_AFTER or (idle < self._limits.idle and link.probe())

    def give_back(self, link: Link, *, keep: bool = True) -> None:
        """The caller of :meth:`lease` is done with its link."""
        self._exclusive.discard(link)
        if keep and link in self._known and link.usable and not link.load:
            self._idle.append(link)
            self._reap()
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
                self._known.discard(link)
                self._opened -= 1
                link.retire()
                return
        self.discard(link)

    async def _open(self, deadline: float | None) -> Link:
        if self._opened >= self._limits.maximum and not self._make_room():
            raise LinkFailure(
                ResultCode.NO_MORE_CONNECTIONS,
                f"all {self._limits.maximum} connections of the node are in use",
                sent=False,
            )
        self._opened += 1
        try:
            link = await self._connect(deadline)
        except BaseException:
            self._opened -= 1
            raise
        if self._closed:
            self._opened -= 1
            link.close()
            raise LinkFailure(ResultCode.CONNECTION, "the node is not in use any more", sent=False)
        self._known.add(link)
        return link

    def _make_room(self) -> bool:
        """Close a link that nobody uses, so that one of the other kind can be opened."""
        try:
            self._forget(self._idle.popleft())
        except IndexError:
            for link in self._shared:
                if not link.load:
                    self._drop(link)
                    return True
            return False
        return True

    def _drop(self, link: SharedLink) -> None:
        self._shared.remove(link)
        self._count_shared()
        self._forget(link)

    def _count_shared(self) -> None:
        self.only = self._shared[0] if len(self._shared) == 1 else None

    def _forget(self, link: Link) -> None:
        # The failure of a shared link is reported by each of its callers, and that of an
        # exclusive one both by the reader of its answer and by whoever gives it back.
        if link in self._known:
            self._known.remove(link)
            self._opened -= 1
        link.close()

    def close(self) -> None:
        """Close every link; whoever waits on one gets an error."""
        self._closed = True
        for link in tuple(self._known):
            self._forget(link)
        self._idle.clear()
        self._exclusive.clear()
        self._shared.clear()
        self.only = None
