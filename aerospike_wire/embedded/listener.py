"""Where a node takes connections."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Final

from aerospike_wire.embedded.connection import Connection

if TYPE_CHECKING:
    import ssl

    from aerospike_wire.embedded.node import Node

_BACKLOG: Final = 1024


def bound(host: str, port: int) -> socket.socket:
    """A listening socket.

    Args:
        host: address of this machine, IPv4 or IPv6.
        port: 0 takes a free one.

    Raises:
        OSError: the address cannot be used.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except BaseException:
        listener.close()
        raise
    return listener


def address_text(host: str, port: int) -> str:
    """``host:port``, an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class Listener:
    """The listening socket of a node, and the connections that came through it."""

    def __init__(self, node: Node, tls: ssl.SSLContext | None = None) -> None:
        self._node = node
        self._tls = tls
        self._server: asyncio.Server | None = None
        self.connections: set[Connection] = set()

    async def open(self, listener: socket.socket) -> None:
        """Take connections from a listening socket, which belongs to this object from now on."""
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(
                lambda: Connection(self._node, self.connections), sock=listener, ssl=self._tls
            )
        except BaseException:
            listener.close()
            raise

    def drop(self) -> None:
        """Reset all connections."""
        for connection in tuple(self.connections):
            connection.abort()

    async def close(self) -> None:
        """Take no more connections, and reset those that there are; returns when all are gone."""
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        self.drop()
        while self.connections:  # noqa: ASYNC110  each leaves the set in one of the next turns
            await asyncio.sleep(0)
        await server.wait_closed()
