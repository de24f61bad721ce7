"""The cluster as one client sees it: its nodes and its partitions, and when to look after both."""

from __future__ import annotations

import functools
import logging
import os
import random
import weakref
from typing import TYPE_CHECKING, Final

from aerospike_wire.cluster.discovery import Discovery
from aerospike_wire.cluster.login import Authenticator
from aerospike_wire.cluster.partitions import PartitionMap
from aerospike_wire.cluster.tend import Tender
from aerospike_wire.deadline import earlier
from aerospike_wire.errors import ResultCode
from aerospike_wire.metrics.histogram import Latency
from aerospike_wire.metrics.meter import Meter
from aerospike_wire.transport import LinkFailure
from aerospike_wire.trouble import Unreachable

if TYPE_CHECKING:
    from aerospike_wire.cluster.node import Node
    from aerospike_wire.cluster.partitions import Ownership
    from aerospike_wire.config import ClientConfig
    from aerospike_wire.transport import Runtime, Ticker

log: Final = logging.getLogger("aerospike_wire.cluster")

NEVER: Final = float("inf")
_clusters: Final[weakref.WeakSet[Cluster]] = weakref.WeakSet()
"""All of this process, for its children to let go of."""


class Cluster:
    """Shared by a client and its siblings."""

    def __init__(self, runtime: Runtime, config: ClientConfig, user_agent: str) -> None:
        self.runtime = runtime
        self.config = config
        self.nodes: dict[str, Node] = {}
        self.why_empty = ""
        """Why the last node left, while there is none."""
        self.partitions: PartitionMap[Node] = PartitionMap()
        self.connected = False
        self.closed = False
        self.authenticator = Authenticator(runtime, config)
        self.meter = Meter(config, runtime.now)
        self._tender = Tender(self, Discovery(runtime, config, self.authenticator, user_agent))
        self._lock = runtime.lock()
        self._looking = False
        self._ticker: Ticker | None = None
        self.look_at = NEVER
        """When it is time to look at the nodes again, in seconds of the runtime's clock; never if that is
        done beside the calls."""
        self._looked = 0.0
        self._interval = config.tend_interval / 1000
        _clusters.add(self)

    # Coming and going

    async def connect(self, deadline: float | None = None) -> None:
        """Find the cluster, unless that was done before.

        Raises:
            Unreachable: no seed led to a usable node.
            LinkFailure: the deadline passed while another call connected.
        """
        self.runtime.enter()
        if not await self._lock.acquire(deadline):
            words = "the total timeout passed while another call connected"
            raise LinkFailure(ResultCode.TIMEOUT, words, sent=False, charge=False)
        try:
            if self.connected or self.closed:
                return
            try:
                await self._tender.join(deadline)
            except Unreachable:
                if self.config.fail_if_not_connected:
                    raise
                log.warning("no seed can be used yet: the client goes on looking for its cluster")
            if self.closed:  # meanwhile
                self.remove_all()
                return
            self.connected = True
            self._begin_to_look()
        finally:
            self._lock.release()

    def _begin_to_look(self) -> None:
        self._looked = self.runtime.now()
        if self.runtime.background or self.config.tend_thread:
            self._ticker = self.runtime.every(self._interval, self.refresh)
        else:
            self.look_at = self._looked + self._interval

    async def close(self) -> None:
        """Close every link; calls under way fail.

        Raises:
            LinkFailure: the client belongs to another event loop that still runs.
        """
        if not self.closed and not self.runtime.enter_to_close():
            self.abandon()
            self.closed = True
            return
        self.meter.disable(self.active())
        self.closed = True
        self.connected = False
        ticker, self._ticker = self._ticker, None
        if ticker is not None:
            ticker.stop()
        self.remove_all()
        await self.runtime.close()

    def abandon(self) -> None:
        """Begin anew, in a child process or after the loop has ended: links, locks and tasks are not ours any more."""
        for node in self.nodes.values():
            node.abandon()
        self.nodes.clear()
        self.partitions.tables.clear()
        self.runtime.abandon()
        self.connected = False
        self._lock = self.runtime.lock()
        self._looking = False
        self._ticker = None
        self.look_at = NEVER

    # Which node

    def any_node(self, failed: Node | None = None) -> Node | None:
        """One of the active nodes, by chance; the one that failed only if there is no other."""
        nodes = self.active()
        nodes = [node for node in nodes if node is not failed] or nodes
        return random.choice(nodes) if nodes else None  # noqa: S311  nothing secret depends on it

    def find(self, wanted: str) -> Node | None:
        """An active node by its name, or by the ``host:port`` that is used for it."""
        node = self.nodes.get(wanted)
        if node is None:
            node = next((other for other in self.active() if other.address == wanted), None)
        return node if node is not None and node.active else None

    def active(self) -> list[Node]:
        """The nodes in use."""
        return [node for node in tuple(self.nodes.values()) if node.active]

    # Looking after it

    def look_soon(self, deadline: float | None = None) -> None:
        """Look at the nodes beside the calls, or at once where nothing runs beside them.

        Args:
            deadline: when the call that asks for it must be over.
        """
        if self.closed or not self.connected:
            return
        if self._ticker is not None:
            self._ticker.wake()
        elif not self._looking and self.runtime.now() - self._looked >= self._interval / 10:
            self._looking = True
            self.runtime.spawn(self._look(deadline))

    async def _look(self, deadline: float | None) -> None:
        try:
            patience = self.runtime.now() + self.config.connect_timeout / 1000
            await self.refresh(earlier(patience, deadline))
        finally:
            self._looking = False

    async def refresh(self, deadline: float | None = None) -> None:
        """Ask every node whether its peers, partitions or racks changed, and follow what did."""
        if self.closed:
            return
        try:
            await self._tender.round(deadline)
        finally:
            self._looked = self.runtime.now()
            self.meter.tick(self.active())
            if self.look_at != NEVER:
                self.look_at = self._looked + self._interval
            if self.closed:
                self.remove_all()

    # What looking after it finds

    def add(self, node: Node) -> None:
        """Use a node from now on."""
        node.pool.on_opened = functools.partial(self.meter.part_done, Latency.CONN, node, "")
        self.nodes[node.name] = node
        self.why_empty = ""
        log.info("node %s %s joined", node.name, node.address)

    def remove(self, node: Node, reason: str) -> None:
        """Use a node no longer."""
        if self.nodes.get(node.name) is node:
            del self.nodes[node.name]
            if not self.nodes:
                self.why_empty = f": {node.name} left: {reason}"
        self.meter.left(node)
        node.close()
        log.info("node %s %s left: %s", node.name, node.address, reason)

    def remove_all(self) -> None:
        """Use no node any longer, and know no partition."""
        for node in tuple(self.nodes.values()):
            node.close()
        self.nodes.clear()
        self.partitions.tables.clear()

    def merge(self, node: Node, claims: list[Ownership]) -> None:
        """Take over what a node says it holds; whoever lost a partition to it is asked anew."""
        for loser in self.partitions.merge(node, claims):
            loser.partition_generation = ""


def _let_go() -> None:
    """Keep a child process from using what belongs to its parent."""
    for cluster in tuple(_clusters):
        cluster.abandon()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go)
