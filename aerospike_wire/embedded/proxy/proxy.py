"""The proxy as users see it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Self

from aerospike_wire.embedded.faults import Faults
from aerospike_wire.embedded.loop import LoopThread
from aerospike_wire.embedded.proxy import addresses
from aerospike_wire.embedded.proxy.door import Door
from aerospike_wire.embedded.proxy.network import Network

if TYPE_CHECKING:
    import ssl
    from collections.abc import Sequence
    from types import TracebackType

    from aerospike_wire.embedded.proxy.addresses import Address
    from aerospike_wire.embedded.tls import NodeTLS


class FaultProxy:
    """Stands in front of a node, or of all nodes of its cluster, and makes failures on request.

    ``faults`` has the sentences of the embedded node: result codes and broken replies by
    command, namespace, set and key. ``network`` has what networks do: latency, bandwidth,
    slow close, timeout, reset, slices, limited data::

        with FaultProxy("127.0.0.1:3000") as proxy, Client(proxy.address) as client:
            proxy.faults.on("put", set="users").answer(ResultCode.DEVICE_OVERLOAD)
            proxy.network.latency(50, jitter=20)

    The addresses that nodes tell of themselves and of each other are replaced by the
    proxy's, so that clients stay behind it; for each node it opens a port of its own.
    """

    def __init__(
        self,
        upstream: str | tuple[str, int],
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: NodeTLS | None = None,
        upstream_tls: ssl.SSLContext | None = None,
    ) -> None:
        """Make a proxy; it listens from :meth:`start` on, and the node need not run by then.

        Args:
            upstream: a node, ``"host:port"`` or a tuple; others are learnt from it.
            host: address to listen on, which clients are told.
            port: port for the first node; 0 takes a free one. Further nodes get free ones.
            tls: the proxy's certificate, for connections of clients; needed to look into
                what is said with TLS, which otherwise just passes.
            upstream_tls: context of connections to the nodes, where those use TLS.

        Raises:
            ValueError: the node's address cannot be read, or the certificate cannot.
        """
        found = addresses.parse(upstream) if isinstance(upstream, str) else (str(upstream[0]), int(upstream[1]))
        if found is None:
            msg = f"a node's address is host:port, not {upstream!r}"
            raise ValueError(msg)
        self.faults = Faults()
        """Rules for requests to all nodes."""
        self.network = Network()
        """Rules for connections to all nodes."""
        self._host = host
        self._tls = None if tls is None else tls.context()
        self._upstream_tls = upstream_tls
        self._lock = threading.Lock()
        self._thread: LoopThread | None = None
        self._doors: list[Door] = []
        self.network.watch(self._look)
        self._door([found], port)

    def _door(self, upstream: Sequence[Address], port: int = 0) -> Door:
        door = Door(upstream, self._locate, self._host, port, self.faults, self.network, self._upstream_tls)
        door.network.watch(self._look)
        self._doors.append(door)
        return door

    # Looking at it

    @property
    def nodes(self) -> list[Door]:
        """Where it stands for which node: the first, and those that were learnt from their peers."""
        return list(self._doors)

    @property
    def running(self) -> bool:
        """True between start and stop."""
        return self._thread is not None

    @property
    def port(self) -> int:
        """The port that leads to the first node.

        Raises:
            RuntimeError: it is not known before the proxy has been started.
        """
        if self._doors[0].port == 0:
            msg = "the port is not known before the proxy is started"
            raise RuntimeError(msg)
        return self._doors[0].port

    @property
    def address(self) -> str:
        """``host:port``."""
        return addresses.text_of((self._host, self.port))

    @property
    def seeds(self) -> list[tuple[str, int]]:
        """What clients take as hosts."""
        return [(self._host, self.port)]

    def __repr__(self) -> str:
        return f"<FaultProxy {'running' if self.running else 'stopped'}: {self._doors}>"

    # Running it

    def start(self) -> Self:
        """Listen. Nothing happens if it does already.

        Raises:
            OSError: the address cannot be used.
        """
        with self._lock:
            if self._thread is None:
                thread = LoopThread("aerospike-proxy")
                try:
                    for door in self._doors:
                        thread.run(door.open(self._tls))
                except BaseException:
                    for door in self._doors:
                        thread.run(door.close())
                    thread.stop()
                    raise
                self._thread = thread
            return self

    def stop(self) -> None:
        """Reset all connections and stop listening. Nothing happens if it does not run."""
        with self._lock:
            thread, self._thread = self._thread, None
            if thread is not None:
                for door in self._doors:
                    thread.run(door.close())
                thread.stop()

    def close_connections(self) -> None:
        """Reset all connections; new ones can be made.

        Raises:
            RuntimeError: the proxy does not run.
        """
        thread = self._thread
        if thread is None:
            msg = "the proxy does not run"
            raise RuntimeError(msg)
        for door in self.nodes:
            thread.call(door.drop)

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    async def __aenter__(self) -> Self:
        """Start; the proxy does not share the caller's loop."""
        return self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    # In its thread

    async def _locate(self, name: str | None, upstream: Sequence[Address]) -> Address:
        """Where the proxy stands for a node, at a port that is opened if need be."""
        door = next(
            (
                door
                for door in self._doors
                if (name is not None and door.name == name) or any(each in door.upstream for each in upstream)
            ),
            None,
        )
        if door is None:
            door = self._door(upstream)
            try:
                await door.open(self._tls)
            except BaseException:
                self._doors.remove(door)
                raise
        door.name = name or door.name
        for address in upstream:
            if address not in door.upstream:
                door.upstream.insert(0, address)  # it has moved
        return door.advertised

    def _look(self) -> None:
        """Let open connections take notice of rules that came or went."""
        thread = self._thread
        if thread is not None:
            for door in self.nodes:
                thread.loop.call_soon_threadsafe(door.look)
