"""Where a node takes connections."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aerospike_wire.embedded.acceptor import Acceptor, bound
from aerospike_wire.embedded.connection import Connection

if TYPE_CHECKING:
    import ssl

    from aerospike_wire.embedded.node import Node
    from aerospike_wire.embedded.tls import NodeTLS


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
        self._acceptors: list[Acceptor] = []
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
        listener = bound(self._host, port)
        found: int = listener.getsockname()[1]
        self._acceptors.append(Acceptor(listener, lambda: Connection(self._node, self.connections), context))
        return found

    def drop(self) -> None:
        """Reset all connections."""
        for connection in tuple(self.connections):
            connection.abort()

    async def close(self) -> None:
        """Take no more connections, and reset those that there are; returns when all are gone."""
        acceptors, self._acceptors = self._acceptors, []
        for acceptor in acceptors:
            await acceptor.close()
        while self.connections:
            self.drop()
            await asyncio.sleep(0)
