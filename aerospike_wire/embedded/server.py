"""The embedded node as a server on a port of this machine."""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import TYPE_CHECKING, Final, Self, TypeVar

from aerospike_wire.embedded.connection import Connection
from aerospike_wire.embedded.node import Node
from aerospike_wire.embedded.security import Security
from aerospike_wire.embedded.store import Clock, NamespaceConfig

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

    from aerospike_wire.embedded.faults import Faults

T = TypeVar("T")

NODE_NAME: Final = "BB9000000000001"
_BACKLOG: Final = 1024


class EmbeddedServer:
    """An in-memory Aerospike node for tests and demonstrations.

    It speaks the real protocol on a real socket, in a thread of its own, so that blocking
    clients, asyncio clients and other processes can use it alike::

        with EmbeddedServer() as server, Client(server.address) as client:
            client.put(("test", "demo", 1), {"a": 1})

    ``async with`` works too. Records survive :meth:`stop` and a new :meth:`start`, which
    takes the same port again.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        namespaces: Sequence[NamespaceConfig | str] = (NamespaceConfig("test"),),
        name: str = NODE_NAME,
        cluster_name: str | None = None,
        users: Mapping[str, tuple[str, Sequence[str]]] | None = None,
        clock: Clock | None = None,
        compression: bool = False,
    ) -> None:
        """Make a node; it listens from :meth:`start` on.

        Args:
            host: address to listen on.
            port: port to listen on; 0 takes a free one.
            namespaces: configurations, or texts like ``"test"`` and ``"test,ttl=off"``.
            name: node id, at most 16 hexadecimal digits.
            cluster_name: what the node answers when asked for its cluster; None for none.
            users: switches security on: passwords and roles by user name.
            clock: the node's time; None for the real one.
            compression: whether the node takes compressed requests and compresses replies, as
                an Enterprise node does; a Community node answers them with code 25.

        Raises:
            ValueError: a namespace cannot be read or comes twice, or the name is none.
        """
        configs = [NamespaceConfig.parse(item) if isinstance(item, str) else item for item in namespaces]
        if not configs or len({config.name for config in configs}) != len(configs):
            msg = f"a node needs namespaces, each with a name of its own: {[config.name for config in configs]}"
            raise ValueError(msg)
        if not 0 < len(name) <= 16 or set(name) - set("0123456789ABCDEF"):
            msg = f"a node's name has 1 to 16 upper-case hexadecimal digits, not {name!r}"
            raise ValueError(msg)
        self._host = host
        self._port = port
        self.node = Node.of(name, configs)
        self.node.cluster_name = cluster_name
        self.node.compression = compression
        if clock is not None:
            self.node.clock = clock
        if users is not None:
            self.node.security = Security.with_users(users)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end: asyncio.Event | None = None
        self._connections: set[Connection] = set()

    # Looking at it

    @property
    def faults(self) -> Faults:
        """The rules that make requests fail; any thread may change them."""
        return self.node.faults

    @property
    def clock(self) -> Clock:
        """The node's time."""
        return self.node.clock

    @property
    def running(self) -> bool:
        """True between start and stop."""
        return self._thread is not None

    @property
    def port(self) -> int:
        """The port; after the first start it stays the same.

        Raises:
            RuntimeError: it is not known before the server has been started.
        """
        if self._port == 0:
            msg = "the port is not known before the server is started"
            raise RuntimeError(msg)
        return self._port

    @property
    def address(self) -> str:
        """``host:port``."""
        return f"[{self._host}]:{self.port}" if ":" in self._host else f"{self._host}:{self.port}"

    @property
    def seeds(self) -> list[tuple[str, int]]:
        """What clients take as hosts."""
        return [(self._host, self.port)]

    def __repr__(self) -> str:
        state = f"at {self.address}" if self.running else "stopped"
        return f"<EmbeddedServer {self.node.name} {state}, namespaces {', '.join(self.node.namespaces)}>"

    # Running it

    def start(self) -> Self:
        """Listen; returns once clients can connect. Nothing happens if it listens already.

        Raises:
            OSError: the address cannot be used.
        """
        with self._lock:
            if self._thread is not None:
                return self
            listener = self._listen()
            self._port = listener.getsockname()[1]
            self.node.address = (self._host, self._port)
            ready = threading.Event()
            failed: list[BaseException] = []
            thread = threading.Thread(
                target=self._serve, args=(listener, ready, failed), name=f"aerospike-node-{self._port}", daemon=True
            )
            thread.start()
            ready.wait()
            if failed:
                thread.join()
                raise failed[0]
            self._thread = thread
            return self

    def stop(self) -> None:
        """Close all connections and stop listening; returns once all is closed.

        Nothing happens if it does not run.
        """
        with self._lock:
            thread, loop, end = self._thread, self._loop, self._end
            if thread is None or loop is None or end is None:
                return
            loop.call_soon_threadsafe(end.set)
            thread.join()
            self._thread = self._loop = self._end = None

    def call(self, function: Callable[..., T], *args: object) -> T:
        """Run a function in the node's thread, where its state may be touched, and wait for it.

        Raises:
            RuntimeError: the server does not run.
        """
        loop = self._loop
        if loop is None or threading.current_thread() is self._thread:
            msg = "the server does not run, or this is its own thread"
            raise RuntimeError(msg)

        async def run() -> T:
            return function(*args)

        return asyncio.run_coroutine_threadsafe(run(), loop).result()

    def close_connections(self) -> None:
        """Drop all client connections at once, as a node that crashes does."""

        def drop() -> None:
            for connection in tuple(self._connections):
                connection.abort()

        self.call(drop)

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    async def __aenter__(self) -> Self:
        """Start; the node does not share the caller's loop."""
        return self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    # In the thread

    def _listen(self) -> socket.socket:
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((self._host, self._port))
            listener.listen(_BACKLOG)
        except BaseException:
            listener.close()
            raise
        return listener

    def _serve(self, listener: socket.socket, ready: threading.Event, failed: list[BaseException]) -> None:
        try:
            asyncio.run(self._main(listener, ready))
        except BaseException as error:  # noqa: BLE001  handed to the thread that waits in start()
            failed.append(error)
        finally:
            listener.close()
            ready.set()

    async def _main(self, listener: socket.socket, ready: threading.Event) -> None:
        loop = asyncio.get_running_loop()
        end = asyncio.Event()
        server = await loop.create_server(lambda: Connection(self.node, self._connections), sock=listener)
        self._loop, self._end = loop, end
        ready.set()
        try:
            await end.wait()
        finally:
            server.close()
            for connection in tuple(self._connections):
                connection.abort()
            while self._connections:  # noqa: ASYNC110  each leaves the set in one of the next turns
                await asyncio.sleep(0)
            await server.wait_closed()
