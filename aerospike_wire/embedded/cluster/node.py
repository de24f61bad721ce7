"""One node of a cluster, as tests see it: its address, and what can be done to it."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING, Final

from aerospike_wire.embedded.cluster.member import Member
from aerospike_wire.embedded.cluster.process import Change, NodeProcess, ProcessListener
from aerospike_wire.embedded.cluster.succession import weights
from aerospike_wire.embedded.listener import Listener
from aerospike_wire.embedded.node import Node

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aerospike_wire.embedded.cluster.cluster import EmbeddedCluster
    from aerospike_wire.embedded.faults import Faults
    from aerospike_wire.embedded.store import NamespaceConfig
    from aerospike_wire.embedded.tls import NodeTLS


_SIGNALS: Final = 10.0
"""Seconds within which the system tells what a signal has done."""


class ClusterNode:
    """A node of an :class:`~aerospike_wire.embedded.EmbeddedCluster`."""

    def __init__(
        self,
        cluster: EmbeddedCluster,
        name: str,
        namespaces: Sequence[NamespaceConfig],
        host: str,
        port: int,
        rack: int,
        tls: NodeTLS | None,
        *,
        enterprise: bool,
        processes: bool,
    ) -> None:
        self._cluster = cluster
        self.node = Node.of(name, namespaces, enterprise=enterprise)
        """Its state; only to be touched in the cluster's thread."""
        self.member = Member(cluster.fabric, self.node, rack)
        """Its place in the cluster; as above."""
        self._listener: Listener
        if processes:
            self._listener = ProcessListener(self.node, host, port, tls, self._noticed)
        else:
            self._listener = Listener(self.node, host, port, tls)
        self._news = asyncio.Event()
        self._ending: asyncio.Task[None] | None = None
        weights(name)  # takes some 30 ms, which the nodes' thread need not spend

    # Looking at it

    @property
    def name(self) -> str:
        """The node's id."""
        return self.node.name

    @property
    def faults(self) -> Faults:
        """Rules that make requests to this node fail; any thread may change them."""
        return self.node.faults

    @property
    def running(self) -> bool:
        """True unless it was killed, or the cluster is stopped; a paused node runs."""
        return self.member.alive

    @property
    def paused(self) -> bool:
        """True between pause and resume."""
        return self.node.paused

    @property
    def pid(self) -> int | None:
        """The number of the node's process; None if it has none of its own, or does not run."""
        process = self._process
        return process.pid if process is not None and self.running else None

    @property
    def _process(self) -> NodeProcess | None:
        return self._listener.process if isinstance(self._listener, ProcessListener) else None

    @property
    def port(self) -> int:
        """The port; after the first start it stays the same.

        Raises:
            RuntimeError: it is not known before the cluster has been started.
        """
        return self._listener.port

    @property
    def address(self) -> str:
        """``host:port``."""
        return self._listener.address

    @property
    def seeds(self) -> list[tuple[str, int]]:
        """What clients take as hosts; from it they find the other nodes."""
        return self._listener.seeds

    @property
    def connections(self) -> int:
        """How many connections it has."""
        return self._cluster.call(lambda: len(self._listener.connections))

    def __repr__(self) -> str:
        state = "paused" if self.paused else "running" if self.running else "killed"
        return f"<ClusterNode {self.name}, {state}>"

    # Doing something to it

    def kill(self) -> None:
        """End it at once: its connections are reset, its port is closed, its memory is lost.

        The others notice after the heartbeat timeout. Nothing happens if it was killed before.
        """
        if self.running:
            self._cluster.thread.run(self._kill())

    async def _kill(self) -> None:
        if self._process is None:
            self._listener.drop()
            self._cluster.fabric.lose(self.member)
            await self.shut()
            return
        self._process.send(signal.SIGKILL)
        await self._until(lambda: not self.running)
        await self._ended()

    async def _ended(self) -> None:
        """Wait until everything of a process that has ended is gone."""
        if self._ending is not None and self._ending is not asyncio.current_task():
            await self._ending
            self._ending = None

    # What the system says of the node's process

    def _noticed(self, change: Change) -> None:
        """Somebody, maybe we, has sent a signal to the process, or it has ended in another way."""
        fabric = self._cluster.fabric
        if change is Change.STOPPED and self.running:
            fabric.pause(self.member)
        elif change is Change.CONTINUED:
            self._resume()
        elif change is Change.ENDED and self.running:
            self._listener.drop()
            fabric.lose(self.member)
            self._ending = asyncio.get_running_loop().create_task(self.shut())
        self._news.set()

    async def _until(self, reached: Callable[[], bool]) -> None:
        """Wait until the system has told what a signal has done."""
        async with asyncio.timeout(_SIGNALS):
            while not reached():
                self._news.clear()
                await self._news.wait()

    def restart(self) -> None:
        """Start it again, empty, at its old address; the others fill it. One that runs is killed before.

        Raises:
            OSError: its port is not free any more.
        """
        self._cluster.thread.run(self._restart())

    async def _restart(self) -> None:
        if self.running:
            await self._kill()
        await self._ended()
        self.member.forget()
        await self.open()
        self._cluster.fabric.admit(self.member)

    def pause(self) -> None:
        """Stop it, as SIGSTOP stops a process: it keeps its connections and answers nobody.

        Clients can even connect to it. The others leave it behind after the heartbeat timeout.

        Raises:
            RuntimeError: it does not run.
        """
        self._check()
        self._cluster.thread.run(self._pause())

    async def _pause(self) -> None:
        if self._process is None:
            self._cluster.fabric.pause(self.member)
        else:
            self._process.send(signal.SIGSTOP)
            await self._until(lambda: self.paused or not self.running)

    def resume(self) -> None:
        """Let it go on. If it was left behind it catches up with the others before it answers."""
        self._cluster.thread.run(self._go_on())

    async def _go_on(self) -> None:
        if self._process is None:
            self._resume()
        else:
            self._process.send(signal.SIGCONT)
            await self._until(lambda: not self.paused)

    def _resume(self) -> None:
        if self.node.paused:
            self._cluster.fabric.resume(self.member)
            for connection in tuple(self._listener.connections):
                connection.wake()

    def slow(self, milliseconds: float) -> None:
        """Let each request wait before the node looks at it; 0 makes it fast again.

        Raises:
            ValueError: ``milliseconds`` is negative or no number.
        """
        if isinstance(milliseconds, bool) or not isinstance(milliseconds, int | float) or not 0 <= milliseconds < 1e9:
            msg = f"a delay must be a number of milliseconds from 0 on, not {milliseconds!r}"
            raise ValueError(msg)
        self.node.lag = milliseconds / 1000

    def close_connections(self) -> None:
        """Reset all client connections; the node goes on."""
        self._cluster.call(self._listener.drop)

    def _check(self) -> None:
        if not self.running:
            msg = f"node {self.name} does not run"
            raise RuntimeError(msg)

    # In the cluster's thread

    async def open(self) -> None:
        """Listen."""
        await self._listener.open()

    async def shut(self) -> None:
        """Listen no more, and reset all connections."""
        await self._ended()
        self.node.paused = False
        self.member.alive = False
        await self._listener.close()
