"""Where the proxy stands for one node."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from aerospike_wire.embedded.acceptor import Acceptor, bound
from aerospike_wire.embedded.faults import Faults
from aerospike_wire.embedded.listener import address_text
from aerospike_wire.embedded.proxy.network import Network
from aerospike_wire.embedded.proxy.session import Session

if TYPE_CHECKING:
    import ssl
    from collections.abc import Sequence

    from aerospike_wire.embedded.proxy.addresses import Address, Locate


class Door:
    """A port of the proxy that leads to one node: ``.faults`` and ``.network`` are for this node alone.

    Args:
        upstream: the node's addresses, tried in order.
        locate: where the proxy stands for other nodes.
        host: address of this machine to listen on.
        port: 0 takes a free one.
        tls: of connections to the node; None for none.
    """

    def __init__(
        self,
        upstream: Sequence[Address],
        locate: Locate,
        host: str,
        port: int,
        faults: Faults,
        network: Network,
        tls: ssl.SSLContext | None,
    ) -> None:
        self.upstream = list(upstream)
        self.locate = locate
        self.name: str | None = None
        """The node's id, once other nodes have told it."""
        self.faults = Faults(faults)
        """Rules for requests to this node."""
        self.network = Network(network)
        """Rules for connections to this node."""
        self._host = host
        self._port = port
        self._tls = tls
        self._acceptor: Acceptor | None = None
        self._sessions: dict[Session, asyncio.Task[None]] = {}

    @property
    def port(self) -> int:
        """The port; after the first start it stays the same."""
        return self._port

    @property
    def advertised(self) -> Address:
        """What clients are told to connect to."""
        return self._host, self._port

    @property
    def address(self) -> str:
        """``host:port``."""
        return address_text(self._host, self._port)

    @property
    def seeds(self) -> list[Address]:
        """What clients take as hosts."""
        return [self.advertised]

    def __repr__(self) -> str:
        nodes = ", ".join(address_text(*each) for each in self.upstream)
        return f"<Door {self.address} to {self.name or 'a node'} at {nodes}>"

    # In the proxy's thread

    async def open(self, tls: ssl.SSLContext | None) -> None:
        """Listen.

        Raises:
            OSError: the address cannot be used.
        """
        listener = bound(self._host, self._port)
        self._port = listener.getsockname()[1]
        self._acceptor = Acceptor(listener, self._made, tls)

    def _made(self) -> asyncio.StreamReaderProtocol:
        return asyncio.StreamReaderProtocol(asyncio.StreamReader(), self._serve)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = Session(self, reader, writer)
        task = asyncio.current_task()
        assert task is not None
        self._sessions[session] = task
        try:
            # A session that ends itself, or is ended, is cancelled: that is no news to anybody.
            with contextlib.suppress(asyncio.CancelledError):
                await session.run()
        finally:
            del self._sessions[session]

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection to the node.

        Raises:
            OSError: none of its addresses can be reached.
        """
        failure: OSError = ConnectionRefusedError("the node has no address")
        for host, port in self.upstream:
            try:
                return await asyncio.open_connection(host, port, ssl=self._tls)
            except OSError as error:
                failure = error
        raise failure

    def look(self) -> None:
        """Let all sessions take notice of new rules."""
        for session in tuple(self._sessions):
            session.look()

    def drop(self) -> None:
        """Reset all connections."""
        for session in tuple(self._sessions):
            session.abort()

    async def close(self) -> None:
        """Listen no more, and reset all connections."""
        acceptor, self._acceptor = self._acceptor, None
        if acceptor is not None:
            await acceptor.close()
        tasks = tuple(self._sessions.values())
        self.drop()
        await asyncio.gather(*tasks, return_exceptions=True)
