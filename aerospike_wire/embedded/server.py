"""The embedded node as a server on a port of this machine."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final, Self, TypeVar

from aerospike_wire.embedded.edition import settled
from aerospike_wire.embedded.listener import Listener
from aerospike_wire.embedded.loop import LoopThread
from aerospike_wire.embedded.node import Node, check_name
from aerospike_wire.embedded.security import Security
from aerospike_wire.embedded.store import Clock, NamespaceConfig

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

    from aerospike_wire.embedded.faults import Faults
    from aerospike_wire.embedded.tls import NodeTLS

T = TypeVar("T")

NODE_NAME: Final = "BB9000000000001"


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
        users: Mapping[str, tuple[str | None, Sequence[str]]] | None = None,
        external_users: Mapping[str, tuple[str, Sequence[str]]] | None = None,
        quotas: bool = True,
        clock: Clock | None = None,
        compression: bool | None = None,
        tls: NodeTLS | None = None,
        enterprise: bool | None = None,
    ) -> None:
        """Make a node; it listens from :meth:`start` on.

        Args:
            host: address to listen on.
            port: port to listen on; 0 takes a free one.
            namespaces: configurations, or texts like ``"test"`` and ``"test,ttl=off"``.
            name: node id, at most 16 hexadecimal digits.
            cluster_name: what the node answers when asked for its cluster; None for none.
            users: switches security on: passwords and roles by user name; a password of None
                is that of one who has a certificate instead.
            external_users: likewise users who log in from outside, as from LDAP.
            quotas: whether roles may have quotas; a node without answers them with code 74.
            clock: the node's time; None for the real one.
            compression: whether the node takes compressed requests and compresses replies; None
                for what the edition does.
            tls: the node's certificate; it takes connections with TLS only then. None for
                connections in the clear.
            enterprise: the edition: True for Enterprise, with security, compression, durable
                deletes, linearized reads and, in namespaces with ``strong-consistency=on``,
                transactions; False for Community, which answers them with 25 and 51. None for
                Community, unless users or compression are asked for.

        Raises:
            ValueError: a namespace cannot be read or comes twice, or the name is none; or a
                Community node is to have something of an Enterprise one.
        """
        configs = [NamespaceConfig.parse(item) if isinstance(item, str) else item for item in namespaces]
        if not configs or len({config.name for config in configs}) != len(configs):
            msg = f"a node needs namespaces, each with a name of its own: {[config.name for config in configs]}"
            raise ValueError(msg)
        secured = users is not None or external_users is not None
        is_enterprise = settled(enterprise, users=secured, compression=bool(compression))

        def made() -> Node:
            node = Node.of(check_name(name), configs, enterprise=is_enterprise)
            node.cluster_name = cluster_name
            node.compression = node.edition.compression if compression is None else compression
            if secured:
                node.security = Security.with_users(users or {}, external_users)
                node.security.quotas = quotas
            return node

        self._made = made
        self.node = made()
        if clock is not None:
            self.node.clock = clock
        self._lock = threading.Lock()
        self._thread: LoopThread | None = None
        self._listener = Listener(self.node, host, port, tls)

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
        return self._listener.port

    @property
    def address(self) -> str:
        """``host:port``."""
        return self._listener.address

    @property
    def seeds(self) -> list[tuple[str, int]]:
        """What clients take as hosts."""
        return self._listener.seeds

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
            if self._thread is None:
                thread = LoopThread(f"aerospike-node-{self.node.name}")
                try:
                    thread.run(self._listener.open())
                except BaseException:
                    thread.stop()
                    raise
                self._thread = thread
            return self

    def stop(self) -> None:
        """Close all connections and stop listening; returns once all is closed.

        Nothing happens if it does not run.
        """
        with self._lock:
            thread, self._thread = self._thread, None
            if thread is not None:
                thread.run(self._listener.close())
                thread.stop()

    def call(self, function: Callable[..., T], *args: object) -> T:
        """Run a function in the node's thread, where its state may be touched, and wait for it.

        Raises:
            RuntimeError: the server does not run.
        """
        thread = self._thread
        if thread is None:
            msg = "the server does not run"
            raise RuntimeError(msg)
        return thread.call(function, *args)

    def clear(self) -> None:
        """Make the node as it was at first, for the next test: far quicker than another one.

        Records, indexes, modules, jobs, fault rules, and users and settings that were changed
        are gone; connections and the clock stay.
        """
        self.faults.clear()
        if self.running:
            self.call(self.node.renew, self._made())
        else:
            self.node.renew(self._made())

    def close_connections(self) -> None:
        """Drop all client connections at once, as a node that crashes does."""
        self.call(self._listener.drop)

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
