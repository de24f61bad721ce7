"""Several embedded nodes as one cluster, on ports of this machine."""

from __future__ import annotations

import asyncio
import functools
import itertools
import threading
import time
from typing import TYPE_CHECKING, Final, Self, TypeVar

import attrs

from aerospike_wire.embedded.cluster.fabric import Fabric
from aerospike_wire.embedded.cluster.node import ClusterNode
from aerospike_wire.embedded.cluster.process import check_supported
from aerospike_wire.embedded.edition import settled
from aerospike_wire.embedded.faults import Faults
from aerospike_wire.embedded.indexes import Indexes
from aerospike_wire.embedded.loop import LoopThread
from aerospike_wire.embedded.modules import Modules
from aerospike_wire.embedded.node import check_name
from aerospike_wire.embedded.security import Security
from aerospike_wire.embedded.store import MAX_REPLICATION_FACTOR, Clock, NamespaceConfig
from aerospike_wire.embedded.transactions.ledger import Ledger
from aerospike_wire.proto.keys import partition_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from types import TracebackType

    from aerospike_wire.embedded.cluster.member import Member
    from aerospike_wire.embedded.node import Node
    from aerospike_wire.embedded.store import Namespace
    from aerospike_wire.embedded.tls import NodeTLS

T = TypeVar("T")

FIRST_NAME: Final = 0xBB9000000000001
"""The id of a cluster's first node; the others count on."""
MAX_NODES: Final = 256
_LOOK_EVERY: Final = 0.005
"""Seconds between two looks at a cluster that somebody waits for."""


class EmbeddedCluster:
    """A cluster of in-memory nodes for tests and demonstrations.

    Partitions, replicas and migration work as on real servers in Available mode: every
    write is on all replicas before it is answered, a node that is killed loses its memory,
    and one that comes back is filled again by the others::

        with EmbeddedCluster(3) as cluster, Client(cluster.seeds) as client:
            client.put(("test", "demo", 1), {"a": 1})
            cluster.nodes[0].kill()
            client.get(("test", "demo", 1))

    ``async with`` works too. All nodes live in one thread; with ``processes=True`` each has a
    process besides for its connections, which signals can stop and kill. Indexes, Lua modules, users and
    truncations are common to all of them, also to nodes that are away.
    """

    def __init__(
        self,
        nodes: int = 3,
        *,
        replication_factor: int = 2,
        namespaces: Sequence[NamespaceConfig | str] = (NamespaceConfig("test"),),
        host: str = "127.0.0.1",
        port: int = 0,
        names: Sequence[str] | None = None,
        cluster_name: str | None = None,
        users: Mapping[str, tuple[str | None, Sequence[str]]] | None = None,
        tls: NodeTLS | None = None,
        rack_ids: Sequence[int] | None = None,
        clock: Clock | None = None,
        compression: bool | None = None,
        enterprise: bool | None = None,
        heartbeat_timeout: float = 100,
        migration_pause: float = 1,
        processes: bool = False,
    ) -> None:
        """Make a cluster; its nodes listen from :meth:`start` on.

        Args:
            nodes: how many, 1 to 256.
            replication_factor: on how many nodes each record is; a namespace can have one
                of its own.
            namespaces: configurations, or texts like ``"test"`` and
                ``"test,ttl=off,replication-factor=3"``.
            host: address to listen on.
            port: port of the first node, the others follow; 0 takes free ones.
            names: node ids, at most 16 upper-case hexadecimal digits each; they decide which
                node is whose replica. None for ids that count on from BB9000000000001.
            cluster_name: what the nodes answer when asked for their cluster; None for none.
            users: switches security on: passwords and roles by user name.
            tls: the certificate of all nodes; they take connections with TLS only then. None
                for connections in the clear.
            rack_ids: the rack of each node, from 1 on; replicas are put on different racks
                then, as an Enterprise cluster does. None for no racks.
            clock: the nodes' time; None for the real one.
            compression: whether the nodes take and send compressed messages; None for what
                the edition does.
            enterprise: whether the nodes are Enterprise ones, as for EmbeddedServer.
            heartbeat_timeout: milliseconds after which the others leave a silent node behind.
            migration_pause: milliseconds between two goes of moving 32 partitions; larger
                ones make migrations last.
            processes: gives each node a process of its own, which takes its connections:
                ``kill()`` and ``pause()`` send it SIGKILL and SIGSTOP, and so may you, by its
                ``pid``. What the nodes store stays in this process. Needs Unix.

        Raises:
            ValueError: one of these is out of range, or a namespace cannot be read or comes
                twice.
        """
        _check_number("nodes", nodes, 1, MAX_NODES)
        _check_number("replication_factor", replication_factor, 1, MAX_REPLICATION_FACTOR)
        for what, milliseconds in (("heartbeat_timeout", heartbeat_timeout), ("migration_pause", migration_pause)):
            if not isinstance(milliseconds, int | float) or not 0 <= milliseconds < float("inf"):
                msg = f"{what} is a number of milliseconds from 0 on, not {milliseconds!r}"
                raise ValueError(msg)
        if processes:
            check_supported()
        if rack_ids is not None and len(rack_ids) != nodes:
            msg = f"rack_ids has {len(rack_ids)} racks for {nodes} nodes"
            raise ValueError(msg)
        if port and port + nodes - 1 > 0xFFFF:
            msg = f"{nodes} nodes do not fit above port {port}"
            raise ValueError(msg)
        if names is not None and (len(names) != nodes or len({int(check_name(name), 16) for name in names}) != nodes):
            msg = f"{nodes} nodes need as many names, all different: {list(names)}"
            raise ValueError(msg)
        configs = [NamespaceConfig.parse(item) if isinstance(item, str) else item for item in namespaces]
        if not configs or len({config.name for config in configs}) != len(configs):
            msg = f"a cluster needs namespaces, each with a name of its own: {[config.name for config in configs]}"
            raise ValueError(msg)
        self._configs = [
            attrs.evolve(config, replication_factor=config.replication_factor or replication_factor)
            for config in configs
        ]
        self._host, self._port, self._tls = host, port, tls
        self._cluster_name = cluster_name
        self._enterprise = settled(
            enterprise, users=users is not None, compression=bool(compression), rack_ids=rack_ids is not None
        )
        self._compression = compression
        self._processes = processes
        self._ledgers = {config.name: Ledger() for config in configs if config.strong}
        for name, ledger in self._ledgers.items():
            ledger.place = functools.partial(self._mastered, name)
        self._clock = clock or Clock()
        self._indexes, self._modules = Indexes(), Modules()
        self._security = Security() if users is None else Security.with_users(users)
        self.faults = Faults()
        """Rules that make requests fail on every node; any thread may change them."""
        self._fabric = Fabric(
            {config.name: config.replication_factor or replication_factor for config in self._configs},
            heartbeat_timeout / 1000,
            migration_pause / 1000,
        )
        self._lock = threading.RLock()
        self._thread: LoopThread | None = None
        self._nodes: list[ClusterNode] = []
        for place in range(nodes):
            name = f"{FIRST_NAME + place:X}" if names is None else names[place]
            self._nodes.append(self._made(name, place, 0 if rack_ids is None else rack_ids[place]))

    def _made(self, name: str, place: int, rack: int) -> ClusterNode:
        node = ClusterNode(
            self,
            name,
            self._configs,
            self._host,
            self._port + place if self._port else 0,
            rack,
            self._tls,
            enterprise=self._enterprise,
            processes=self._processes,
        )
        self._share(node.node)
        return node

    def _share(self, node: Node) -> None:
        """Give a node what is the same on all nodes."""
        node.cluster_name = self._cluster_name
        node.compression = node.edition.compression if self._compression is None else self._compression
        node.clock = self._clock
        node.indexes, node.modules, node.security = self._indexes, self._modules, self._security
        node.faults.common = self.faults
        for name, ledger in self._ledgers.items():
            node.namespaces[name].ledger = ledger

    def _mastered(self, namespace: str, digest: bytes) -> Namespace | None:
        """A namespace on the node that is master of a record; None while that does not run."""
        view = next((node.member.view for node in self._nodes if node.member.hears and node.member.view), None)
        if view is None:
            return None
        member = view.cells[namespace][partition_id(digest)].master
        return member.node.namespaces[namespace] if member.hears else None

    # Looking at it

    @property
    def nodes(self) -> list[ClusterNode]:
        """The nodes, killed ones included, in the order in which they were made."""
        return list(self._nodes)

    @property
    def clock(self) -> Clock:
        """The nodes' time."""
        return self._clock

    @property
    def running(self) -> bool:
        """True between start and stop."""
        return self._thread is not None

    @property
    def seeds(self) -> list[tuple[str, int]]:
        """What clients take as hosts: the addresses of all nodes."""
        return [seed for node in self._nodes for seed in node.seeds]

    @property
    def address(self) -> str:
        """``host:port`` of the first node that runs."""
        return next((node.address for node in self._nodes if node.running), self._nodes[0].address)

    @property
    def addresses(self) -> list[str]:
        """``host:port`` of every node."""
        return [node.address for node in self._nodes]

    @property
    def stable(self) -> bool:
        """True if all nodes that run are in one cluster, and all partitions where they belong."""
        return self.call(lambda: self._fabric.settled)

    def master(self, namespace: str, pid: int) -> ClusterNode:
        """The node that takes writes of a partition now.

        Raises:
            RuntimeError: no node runs.
            KeyError: there is no such namespace.
        """
        return self.replicas(namespace, pid)[0]

    def replicas(self, namespace: str, pid: int) -> list[ClusterNode]:
        """The nodes that hold a partition or are being filled with it: first the one that takes writes now.

        Raises:
            RuntimeError: no node runs.
            KeyError: there is no such namespace.
        """

        def look() -> list[Member]:
            for member in self._fabric.members:
                if member.hears and member.view is not None:
                    cell = member.view.cells[namespace][pid]
                    return [cell.master, *(replica for replica in cell.replicas if replica is not cell.master)]
            msg = "no node of the cluster runs"
            raise RuntimeError(msg)

        found = self.call(look)
        return [next(node for node in self._nodes if node.member is member) for member in found]

    def __repr__(self) -> str:
        state = f"at {', '.join(self.addresses)}" if self.running else "stopped"
        names = ", ".join(config.name for config in self._configs)
        return f"<EmbeddedCluster of {len(self._nodes)} nodes {state}, namespaces {names}>"

    # Running it

    def start(self) -> Self:
        """Let the nodes listen; returns once clients can connect. Nothing happens if they do already.

        Raises:
            OSError: an address cannot be used.
        """
        with self._lock:
            if self._thread is not None:
                return self
            thread = LoopThread("aerospike-cluster")
            try:
                thread.run(self._open())
            except BaseException:
                for node in self._nodes:
                    thread.run(node.shut())
                thread.stop()
                raise
            self._thread = thread
            thread.call(self._fabric.start, [node.member for node in self._nodes])
            return self

    async def _open(self) -> None:
        outcomes = await asyncio.gather(*(node.open() for node in self._nodes), return_exceptions=True)
        for outcome in outcomes:
            if outcome is not None:
                raise outcome

    def stop(self) -> None:
        """Close all connections and stop listening; returns once all is closed.

        Nothing happens if it does not run. The records are gone: the nodes keep them in
        memory, and a cluster that is started again is an empty one.
        """
        with self._lock:
            thread, self._thread = self._thread, None
            if thread is None:
                return
            for node in self._nodes:
                thread.run(node.shut())
                thread.call(node.member.forget)
            thread.call(self._fabric.stop)
            thread.stop()

    def call(self, function: Callable[..., T], *args: object) -> T:
        """Run a function in the nodes' thread, where their state may be touched, and wait for it.

        Raises:
            RuntimeError: the cluster does not run.
        """
        return self.thread.call(function, *args)

    @property
    def thread(self) -> LoopThread:
        """The thread of all nodes.

        Raises:
            RuntimeError: the cluster does not run.
        """
        if self._thread is None:
            msg = "the cluster does not run"
            raise RuntimeError(msg)
        return self._thread

    @property
    def fabric(self) -> Fabric:
        """What connects the nodes; only to be touched in their thread."""
        return self._fabric

    def add_node(self, rack: int = 0) -> ClusterNode:
        """Start one more node, which joins the others and takes over its share of the partitions.

        Args:
            rack: its rack, if racks are in use.

        Raises:
            OSError: its address cannot be used.
            RuntimeError: the cluster does not run.
        """
        with self._lock:
            taken = {int(node.name, 16) for node in self._nodes}
            number = next(number for number in itertools.count(FIRST_NAME) if number not in taken)
            node = self._made(f"{number:X}", len(self._nodes), rack)
            self.thread.run(node.open())
            self._nodes.append(node)
            self.call(self._fabric.admit, node.member)
            return node

    def split(self, *sides: Iterable[ClusterNode | int]) -> None:
        """Cut the network between nodes: those of different sides do not hear each other any more.

        Clients reach all of them. Each side becomes a cluster of its own after the heartbeat
        timeout and takes writes, as Available mode has it; when the network heals, of two
        versions of a record the one with the higher generation survives.

        Args:
            sides: nodes or their numbers; those that are named nowhere are one more side.

        Raises:
            ValueError: a node is on two sides.
        """
        found: dict[Member, int] = {}
        for number, side in enumerate(sides, 1):
            for item in side:
                member = (self._nodes[item] if isinstance(item, int) else item).member
                if found.setdefault(member, number) != number:
                    msg = f"node {member.name} is on two sides"
                    raise ValueError(msg)
        self.call(self._fabric.split, found)

    def heal(self) -> None:
        """Mend the network: the sides become one cluster again."""
        self.call(self._fabric.heal)

    def allow_migrations(self, *, allowed: bool) -> None:
        """Hold the moving of partitions up, or let it go on.

        Args:
            allowed: False to hold it up.
        """
        self.call(self._fabric.allow, allowed)

    def wait_until_stable(self, timeout: float = 10_000) -> None:
        """Wait until all running nodes are one cluster and all partitions are where they belong.

        Args:
            timeout: milliseconds.

        Raises:
            TimeoutError: it takes longer.
        """
        ends = time.monotonic() + timeout / 1000
        while not self.stable:
            if time.monotonic() >= ends:
                raise _unstable(timeout)
            time.sleep(_LOOK_EVERY)

    async def until_stable(self, timeout: float = 10_000) -> None:
        """:meth:`wait_until_stable` for a program that has an event loop to keep running.

        Args:
            timeout: milliseconds.

        Raises:
            TimeoutError: it takes longer.
        """
        ends = time.monotonic() + timeout / 1000
        while not self.stable:
            if time.monotonic() >= ends:
                raise _unstable(timeout)
            await asyncio.sleep(_LOOK_EVERY)

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    async def __aenter__(self) -> Self:
        """Start; the nodes do not share the caller's loop."""
        return self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()


def _unstable(timeout: float) -> TimeoutError:
    return TimeoutError(f"the cluster is not stable after {timeout:g} ms")


def _check_number(what: str, value: int, least: int, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        msg = f"{what} is a number from {least} to {most}, not {value!r}"
        raise ValueError(msg)
