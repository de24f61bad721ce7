"""The cluster as one client sees it: its nodes, its partitions, and looking after both."""

from __future__ import annotations

import contextlib
import logging
import random
from typing import TYPE_CHECKING, Final

from aerospike_wire.cluster.discovery import Discovery, Peer, StepFailed, seed_failure
from aerospike_wire.cluster.login import Authenticator
from aerospike_wire.cluster.partitions import PartitionMap
from aerospike_wire.errors import ResultCode, SeedFailure, Step
from aerospike_wire.transport import LinkFailure
from aerospike_wire.trouble import Unreachable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aerospike_wire.cluster.node import Node
    from aerospike_wire.config import ClientConfig, Seed
    from aerospike_wire.transport import Runtime

log: Final = logging.getLogger("aerospike_wire.cluster")

_FORGET_AFTER: Final = 5
"""Looks at a node that must fail in a row before it is forgotten."""


class Cluster:
    """Shared by a client and its siblings."""

    def __init__(self, runtime: Runtime, config: ClientConfig, user_agent: str) -> None:
        self.runtime = runtime
        self.config = config
        self.nodes: dict[str, Node] = {}
        self.partitions: PartitionMap[Node] = PartitionMap()
        self.connected = False
        self.closed = False
        self.authenticator = Authenticator(runtime, config)
        self._discovery = Discovery(runtime, config, self.authenticator, user_agent)
        self._lock = runtime.lock()
        self._looking = False
        self.look_at = 0.0
        """When it is time to look at the nodes again, in seconds of the runtime's clock."""
        self._interval = config.tend_interval / 1000

    # Coming and going

    async def connect(self, deadline: float | None = None) -> None:
        """Find the cluster, unless that was done before.

        Raises:
            Unreachable: no seed led to a usable node.
        """
        await self._lock.acquire()
        try:
            if self.connected or self.closed:
                return
            await self._join()
            if self.closed:  # meanwhile
                self._forget_all()
                return
            self.connected = True
            self.look_at = self.runtime.now() + self._interval
        finally:
            self._lock.release()

    async def _join(self) -> None:
        failures: list[SeedFailure] = []
        for seed in self.config.seeds:
            node = await self._enter_seed(seed, failures)
            if node is None:
                continue
            self._add(node)
            await self._meet_peers([node])
            await self._read_partitions(self.nodes.values())
            if self.partitions.tables:
                return
            failures.append(self._without_partitions(seed, node))
            for entered in tuple(self.nodes.values()):
                self._remove(entered)
        raise Unreachable(tuple(failures))

    async def _enter_seed(self, seed: Seed, failures: list[SeedFailure]) -> Node | None:
        now = self.runtime.now
        begun = now()
        try:
            addresses = await self._discovery.resolve(seed)
        except StepFailed as failed:
            failures.append(seed_failure(seed, None, failed, (now() - begun) * 1000))
            return None
        for host, port in addresses:
            begun = now()
            try:
                return await self._discovery.enter(host, port)
            except StepFailed as failed:
                failures.append(seed_failure(seed, f"{host}:{port}", failed, (now() - begun) * 1000))
        return None

    def _without_partitions(self, seed: Seed, node: Node) -> SeedFailure:
        words = node.complaint or "the node holds no partitions"
        return SeedFailure(str(seed), node.address, Step.PARTITIONS.value, ResultCode.CLUSTER.value, words)

    async def close(self) -> None:
        """Close every link; calls under way fail."""
        self.closed = True
        self.connected = False
        self._forget_all()
        await self.runtime.close()

    def _forget_all(self) -> None:
        for node in tuple(self.nodes.values()):
            node.close()
        self.nodes.clear()
        self.partitions.tables.clear()

    # Which node

    def any_node(self, failed: Node | None = None) -> Node | None:
        """One of the active nodes, by chance; the one that failed only if there is no other."""
        nodes = self.active()
        nodes = [node for node in nodes if node is not failed] or nodes
        return random.choice(nodes) if nodes else None  # noqa: S311  nothing secret depends on it

    def active(self) -> list[Node]:
        """The nodes in use."""
        return [node for node in tuple(self.nodes.values()) if node.active]

    # Looking after it

    def look_soon(self, deadline: float | None = None) -> None:
        """Look at the nodes beside the calls, or at once where nothing runs beside them."""
        if not self._looking and not self.closed and self.connected:
            self._looking = True
            self.runtime.spawn(self._look())

    async def _look(self) -> None:
        try:
            await self.refresh()
        finally:
            self._looking = False

    async def refresh(self) -> None:
        """Ask every node whether its peers or partitions changed, and follow what did."""
        self.look_at = self.runtime.now() + self._interval
        changed: list[Node] = []
        new_peers: list[Node] = []
        for node in self.active():
            try:
                peers, partitions = await self._generations(node)
            except LinkFailure as failure:
                self._missed(node, failure)
                continue
            if peers != node.peers_generation:
                new_peers.append(node)
            if partitions != node.partition_generation or node.failures:
                changed.append(node)
            node.failures = 0
        known = set(self.nodes)
        await self._meet_peers(new_peers)
        changed += [node for name, node in self.nodes.items() if name not in known]
        await self._read_partitions(changed)
        self._forget_lost()
        if not self.nodes:
            with contextlib.suppress(Unreachable):
                await self._join()

    async def _generations(self, node: Node) -> tuple[str, str]:
        link = await self._discovery.link_of(node)
        answers = await self._discovery.ask(link, ["node", "peers-generation", "partition-generation"])
        return answers.get("peers-generation", ""), answers.get("partition-generation", "")

    def _missed(self, node: Node, failure: LinkFailure) -> None:
        node.failures += 1
        node.complaint = failure.message
        if node.tend_link is not None:
            node.tend_link.close()
            node.tend_link = None
        log.warning("node %s %s does not answer (%d): %s", node.name, node.address, node.failures, failure.message)

    def _forget_lost(self) -> None:
        for node in self.active():
            others = len(self.nodes) > 1
            if node.failures >= _FORGET_AFTER or (node.failures and others and not self.partitions.holds(node)):
                self._remove(node)

    async def _meet_peers(self, nodes: Iterable[Node]) -> None:
        waiting = list(nodes)
        while waiting:
            node = waiting.pop()
            try:
                generation, peers = await self._discovery.peers(node)
            except LinkFailure as failure:
                self._missed(node, failure)
                continue
            met = True
            for peer in peers:
                if peer.name in self.nodes or not peer.addresses:
                    continue
                found = await self._enter_peer(peer)
                if found is None:
                    met = False
                else:
                    self._add(found)
                    waiting.append(found)
            if met:
                # Otherwise the generation stays unknown, so that the next look tries again.
                node.peers_generation = generation

    async def _enter_peer(self, peer: Peer) -> Node | None:
        for host, port in peer.addresses:
            try:
                return await self._discovery.enter(host, port, peer.name)
            except StepFailed as failed:
                log.warning("peer %s at %s:%d: %s failed: %s", peer.name, host, port, failed.step.value, failed)
        return None

    async def _read_partitions(self, nodes: Iterable[Node]) -> None:
        for node in tuple(nodes):
            try:
                generation, claims = await self._discovery.holdings(node)
            except LinkFailure as failure:
                self._missed(node, failure)
                continue
            self.partitions.merge(node, claims)
            node.partition_generation = generation

    def _add(self, node: Node) -> None:
        self.nodes[node.name] = node
        log.info("node %s %s joined", node.name, node.address)

    def _remove(self, node: Node) -> None:
        self.nodes.pop(node.name, None)
        node.close()
        log.info("node %s %s left", node.name, node.address)
