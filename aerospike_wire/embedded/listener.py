"""Where a node takes connections."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING, Final

from aerospike_wire.embedded.connection import Connection

if TYPE_CHECKING:
    import ssl

    from aerospike_wire.embedded.node import Node
    from aerospike_wire.embedded.tls import NodeTLS

_BACKLOG: Final = 1024
HANDSHAKE: Final = 5.0
"""Seconds that a client may take for the handshake."""
_ACCEPTING: Final = 5
"""Turns of the loop that a connection may take from being accepted to being known."""
SHUTDOWN: Final = 1.0
"""Seconds that it may take to say goodbye."""


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
    """The ports of a node, and the connections that came through them.

    Args:
        node: is told the addresses.
        host: address of this machine to listen on.
        port: 0 takes a free one.
        tls: takes connections with TLS at this port.
    """

    def __init__(self, node: Node, host: str, port: int, tls: NodeTLS | None = None) -> None:
        self._node = node
        self._tls = tls
        self._context = None if tls is None else tls.context()
        self._host = host
        self._port = port
        self._clear_port = 0
        """Where a node with TLS takes connections in the clear, if it does."""
        self._servers: list[asyncio.Server] = []
        self.connections: set[Connection] = set()
        node.clear = tls is None or tls.login_only
        node.tls_name = "" if tls is None else tls.name

    @property
    def port(self) -> int:
        """The port; after the first start it stays the same.

        Raises:
            RuntimeError: it is not known before the node has been started.
        """
        if self._port == 0:
            msg = "the port is not known before the node is started"
            raise RuntimeError(msg)
        return self._port

    @property
    def address(self) -> str:
        """``host:port``."""
        return address_text(self._host, self.port)

    @property
    def seeds(self) -> list[tuple[str, int]]:
        """What clients take as hosts."""
        return [(self._host, self.port)]

    async def open(self) -> None:
        """Listen.

        Raises:
            OSError: an address cannot be used.
        """
        try:
            self._port = await self._take(self._port, self._context)
            if self._tls is None:
                self._node.address = (self._host, self._port)
                return
            self._node.tls_address = (self._host, self._port)
            if self._tls.login_only:
                self._clear_port = await self._take(self._clear_port, None)
                self._node.address = (self._host, self._clear_port)
        except BaseException:
            await self.close()
            raise

    async def _take(self, port: int, context: ssl.SSLContext | None) -> int:
        loop = asyncio.get_running_loop()
        listener = bound(self._host, port)
        try:
            server = await loop.create_server(
                lambda: Connection(self._node, self.connections),
                sock=listener,
                ssl=context,
                ssl_handshake_timeout=None if context is None else HANDSHAKE,
                ssl_shutdown_timeout=None if context is None else SHUTDOWN,
            )
        except BaseException:
            listener.close()
            raise
        self._servers.append(server)
        found: int = listener.getsockname()[1]
        return found

    def drop(self) -> None:
        """Reset all connections."""
        for connection in tuple(self.connections):
            connection.abort()

    async def close(self) -> None:
        """Take no more connections, and reset those that there are; returns when all are gone."""
        servers, self._servers = self._servers, []
        for server in servers:
            server.close()
        quiet = 0
        while quiet < _ACCEPTING:  # a connection that was just accepted joins the set some turns later
            self.drop()
            quiet = 0 if self.connections else quiet + 1
            await asyncio.sleep(0)
        for server in servers:
            # From Python 3.12 on this waits for connections in the middle of a handshake too.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SHUTDOWN):
                    await server.wait_closed()
