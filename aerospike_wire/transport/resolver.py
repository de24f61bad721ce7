"""Names of hosts, looked up so that a name service that hangs holds nobody up beyond their time.

The system's ``getaddrinfo`` knows no time limit. So a name is looked up in a daemon thread,
which ends with the lookup; whoever waits for the answer does so for as long as they want to.
However many wait, and however often they try again, there is one thread for each name, and
at most :data:`AT_ONCE` of them. Numeric addresses need neither a lookup nor a thread.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections import deque
from concurrent.futures import Future
from typing import TYPE_CHECKING, Final

from aerospike_wire.errors import ResultCode
from aerospike_wire.transport import LinkFailure

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from typing import Any

log: Final = logging.getLogger("aerospike_wire.cluster")

Address = tuple[str, int]
"""A host, which may be a number, and a port."""

AT_ONCE: Final = 16
"""Names that are looked up at the same time; others wait for their turn."""


class Lookups:
    """The lookups of this process that are under way."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._under_way: dict[Address, Future[list[Address]]] = {}
        self._waiting: deque[Address] = deque()
        self._threads = 0

    def start(self, host: str, port: int) -> Future[list[Address]]:
        """Begin to look a name up, or join those who wait for the same.

        Returns:
            A future of its numeric addresses; it may fail with OSError, UnicodeError or,
            should there be no thread for it, RuntimeError.
        """
        place = host, port
        with self._lock:
            found = self._under_way.get(place)
            if found is not None:
                return found
            found = self._under_way[place] = Future()
            found.set_running_or_notify_cancel()  # nobody who waits can cancel it for the others
            self._waiting.append(place)
            if self._threads < AT_ONCE:
                self._threads += 1
                thread = threading.Thread(target=self._work, name="aerospike-wire-resolver", daemon=True)
                try:
                    thread.start()
                except RuntimeError as error:
                    self._threads -= 1
                    self._waiting.remove(place)
                    del self._under_way[place]
                    found.set_exception(error)
        return found

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._threads -= 1
                    return
                place = self._waiting.popleft()
            rows: list[Address] | BaseException
            try:
                rows = _addresses(socket.getaddrinfo(*place, type=socket.SOCK_STREAM))
            except BaseException as error:  # noqa: BLE001  told to those who wait
                rows = error
            with self._lock:
                future = self._under_way.pop(place)
            if isinstance(rows, BaseException):
                future.set_exception(rows)
            else:
                future.set_result(rows)


_lookups = Lookups()


def _begin_anew() -> None:
    """A child process has none of its parent's threads."""
    global _lookups  # noqa: PLW0603  one for each process
    _lookups = Lookups()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)


def _addresses(rows: Sequence[Any]) -> list[Address]:
    return list(dict.fromkeys((str(row[4][0]), int(row[4][1])) for row in rows))


def numeric(host: str, port: int) -> list[Address] | None:
    """The address itself if the host is a number, None if it is a name."""
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    try:
        return _addresses(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags))
    except (OSError, UnicodeError):
        return None


class Names:
    """The names that one client has to do with.

    Args:
        wait: waits for a lookup, at most for some seconds; raises TimeoutError then.
    """

    __slots__ = ("_known", "_wait")

    def __init__(self, wait: Callable[[Future[list[Address]], float], Awaitable[list[Address]]]) -> None:
        self._wait = wait
        self._known: dict[Address, list[Address]] = {}
        """What was found last."""

    async def resolve(self, host: str, port: int, timeout: float) -> list[Address]:
        """The numeric addresses of a host, as they are now.

        Raises:
            LinkFailure: the name cannot be resolved (INVALID_HOST), or not within ``timeout`` seconds (TIMEOUT).
        """
        found = numeric(host, port)
        if found is not None:
            return found
        try:
            found = await self._wait(_lookups.start(host, port), timeout)
        except TimeoutError as error:
            words = f"the name service did not answer for {host!r} within {timeout * 1000:.0f} ms"
            raise LinkFailure(ResultCode.TIMEOUT, words, sent=False) from error
        except (OSError, UnicodeError, RuntimeError) as error:
            raise LinkFailure(ResultCode.INVALID_HOST, f"cannot resolve {host!r}: {error}", sent=False) from error
        self._known[host, port] = found
        return found

    async def find(self, host: str, port: int, timeout: float) -> list[Address]:
        """Addresses to connect to; if the name service fails for now, those that it gave last.

        Raises:
            LinkFailure: as :meth:`resolve`.
        """
        known = self._known.get((host, port))
        try:
            return await self.resolve(host, port, timeout if known is None else timeout / 2)
        except LinkFailure as failure:
            if known is None or not _passing(failure):
                raise
            log.warning("%s: connecting to the address that it had before", failure.message)
            return known


def _passing(failure: LinkFailure) -> bool:
    """True if the name service had no answer, False if it said that there is no such name."""
    return failure.code == ResultCode.TIMEOUT or getattr(failure.__cause__, "errno", None) == socket.EAI_AGAIN
