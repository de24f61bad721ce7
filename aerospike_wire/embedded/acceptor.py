"""Taking connections, and ceasing to, without losing any."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

BACKLOG: Final = 1024
HANDSHAKE: Final = 5.0
"""Seconds that a client may take for the handshake."""
SHUTDOWN: Final = 1.0
"""Seconds that it may take to say goodbye."""
_AT_ONCE: Final = 64
"""Connections that are accepted in one turn of the loop."""
_EXHAUSTED: Final = 0.1
"""Seconds until it is tried again after the process has run out of sockets."""
_LEAVING: Final = 2
"""Turns of the loop that a transport takes to close its socket."""


def bound(host: str, port: int) -> socket.socket:
    """A listening socket.

    Args:
        host: address of this machine, IPv4 or IPv6.
        port: 0 takes a free one.

    Raises:
        OSError: the address cannot be used.
    """
    return _listening(socket.AF_INET6 if ":" in host else socket.AF_INET, (host, port))


def bound_path(path: str) -> socket.socket:
    """A listening socket in the file system.

    Raises:
        OSError: the path cannot be used.
    """
    return _listening(socket.AF_UNIX, path)


def _listening(family: int, address: str | tuple[str, int]) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        if family != socket.AF_UNIX:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except BaseException:
        listener.close()
        raise
    return listener


class Acceptor:
    """Makes a protocol for every connection to a listening socket, which it owns.

    asyncio's servers do so as well, but what they have accepted in the turn of the loop in which
    they are closed fails to become a transport, and its socket stays open until it is collected.

    Args:
        listener: a listening socket.
        factory: makes the protocols.
        context: for connections with TLS.
    """

    def __init__(
        self,
        listener: socket.socket,
        factory: Callable[[], asyncio.BaseProtocol],
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._listener = listener
        self._factory = factory
        self._context = context
        self._arriving: set[asyncio.Task[None]] = set()
        self._retry: asyncio.TimerHandle | None = None
        listener.setblocking(False)  # noqa: FBT003  its one argument
        self._begin()

    def _begin(self) -> None:
        self._retry = None
        self._loop.add_reader(self._listener.fileno(), self._accept)

    def _accept(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                sock, _ = self._listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError:  # no more sockets to be had; the listener stays readable, so pause
                self._loop.remove_reader(self._listener.fileno())
                self._retry = self._loop.call_later(_EXHAUSTED, self._begin)
                return
            task = self._loop.create_task(self._take(sock))
            self._arriving.add(task)
            task.add_done_callback(self._arriving.discard)

    async def _take(self, sock: socket.socket) -> None:
        try:
            secured = self._context is not None
            await self._loop.connect_accepted_socket(
                self._factory,
                sock,
                ssl=self._context,
                ssl_handshake_timeout=HANDSHAKE if secured else None,
                ssl_shutdown_timeout=SHUTDOWN if secured else None,
            )
        except BaseException as error:
            sock.close()
            if not isinstance(error, OSError):  # of which class failed handshakes are, too
                raise

    async def close(self) -> None:
        """Take no more connections; returns when those that were taken have their protocols or are gone."""
        if self._retry is not None:
            self._retry.cancel()
        else:
            self._loop.remove_reader(self._listener.fileno())
        self._listener.close()
        await asyncio.sleep(0)  # a task that has not begun would forget its socket when cancelled
        if self._context is not None:
            for task in self._arriving:
                task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*self._arriving, return_exceptions=True)
        for _ in range(_LEAVING):
            await asyncio.sleep(0)
