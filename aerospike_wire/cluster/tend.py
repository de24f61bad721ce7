"""Looking after a cluster: joining it, and following what becomes of it (protocol section 3.7).

A round asks every node for its generations, and fetches what they say has changed: peers,
partitions, racks. Nodes that are new are entered, nodes that are gone are left.
"""

from __future__ import annotations

import functools
import logging
from typing import TYPE_CHECKING, Final, NamedTuple

from aerospike_wire.cluster.discovery import StepFailed, seed_failure
from aerospike_wire.cluster.node import Place
from aerospike_wire.deadline import earlier
from aerospike_wire.errors import ResultCode, SeedFailure, Step
from aerospike_wire.transport import LinkFailure
from aerospike_wire.trouble import Unreachable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aerospike_wire.cluster.cluster import Cluster
    from aerospike_wire.cluster.discovery import Discovery
    from aerospike_wire.cluster.node import Node
    from aerospike_wire.cluster.partitions import Ownership
    from aerospike_wire.cluster.peers import Peer
    from aerospike_wire.config import Seed
    from aerospike_wire.transport import Link

log: Final = logging.getLogger("aerospike_wire.cluster")

FORGET_AFTER: Final = 5
"""Looks at a node that must fail in a row before it is forgotten, whoever still names it."""
_LONGEST_ABSENCE: Final = 10
"""Rounds for which a peer that cannot be reached is left alone at most."""
_SESSION_CODES: Final = frozenset({ResultCode.EXPIRED_SESSION, ResultCode.NOT_AUTHENTICATED})
_QUICK: Final = 0.1
"""Share of the connect timeout that a node which failed before is granted, where a caller waits for the round."""


class _Absence(NamedTuple):
    """A peer that could not be reached."""

    failures: int
    until: float
    """When it is tried again."""


class _Entry(NamedTuple):
    """What was learnt on entering a cluster through one node."""

    node: Node
    peers: list[Peer]
    claims: list[Ownership]


class Tender:
    """Joins a cluster and keeps a client's picture of it true."""

    __slots__ = ("_absent", "_cluster", "_config", "_discovery", "_runtime")

    def __init__(self, cluster: Cluster, discovery: Discovery) -> None:
        self._cluster = cluster
        self._runtime = cluster.runtime
        self._config = cluster.config
        self._discovery = discovery
        self._absent: dict[str, _Absence] = {}

    # Joining

    async def join(self, deadline: float | None) -> None:
        """Find the cluster by its seeds, whose names are resolved anew.

        All seeds are tried at once where that is possible, and the first that leads to
        nodes with peers wins; a node without peers is taken only if no seed has any.

        Raises:
            Unreachable: no seed led to a usable node.
        """
        failures: dict[Seed, list[SeedFailure]] = {seed: [] for seed in self._config.seeds}
        lone: list[_Entry] = []
        works = [functools.partial(self._try_seed, seed, rows, lone, deadline) for seed, rows in failures.items()]
        try:
            entry = await self._runtime.first(works, _close_entry)
            if entry is None and lone:
                entry = lone.pop(0)
            if entry is not None:
                await self._begin_with(entry, failures[self._config.seeds[0]], deadline)
        except BaseException:
            self._cluster.remove_all()
            raise
        finally:
            for other in lone:
                _close_entry(other)
        if entry is None or not self._cluster.nodes:
            raise Unreachable(tuple(row for seed in self._config.seeds for row in failures[seed]))

    async def _try_seed(
        self, seed: Seed, failures: list[SeedFailure], lone: list[_Entry], deadline: float | None
    ) -> _Entry | None:
        now = self._runtime.now
        begun = now()
        try:
            addresses = await self._discovery.resolve(seed, deadline)
        except StepFailed as failed:
            failures.append(seed_failure(seed, None, failed, (now() - begun) * 1000))
            return None
        for host, port in addresses:
            begun = now()
            # A certificate is made for the name that the user gave, not for a number that it stands for.
            place = Place(host, port, seed.tls_name or seed.host)
            try:
                node = await self._discovery.enter(place, None, deadline, seed=True)
            except StepFailed as failed:
                failures.append(seed_failure(seed, str(place), failed, (now() - begun) * 1000))
                continue
            step = Step.INFO
            try:
                peers = await self._peers_of(node, deadline)
                step = Step.PARTITIONS
                generation, claims = await self._discovery.holdings(node, deadline)
            except LinkFailure as failure:
                node.close()
                failures.append(seed_failure(seed, str(place), StepFailed(step, failure), (now() - begun) * 1000))
                continue
            except BaseException:
                node.close()
                raise
            if not claims and not peers:
                node.close()
                unfit = LinkFailure(ResultCode.CLUSTER, "the node holds no partitions", sent=True)
                row = StepFailed(Step.PARTITIONS, unfit)
                failures.append(seed_failure(seed, str(place), row, (now() - begun) * 1000))
                continue
            node.partition_generation = generation
            if peers:
                return _Entry(node, peers, claims)
            lone.append(_Entry(node, peers, claims))
        return None

    async def _begin_with(self, entry: _Entry, failures: list[SeedFailure], deadline: float | None) -> None:
        cluster, node = self._cluster, entry.node
        cluster.add(node)
        cluster.partitions.merge(node, entry.claims)
        self._absent.clear()
        entered = await self._meet([node], deadline, failures)
        await self._read_partitions(entered, deadline)
        await self._read_racks(cluster.active(), deadline)
        alone = node.peers and not entered and self._config.fail_if_not_connected
        if alone or not cluster.partitions.tables:
            words = node.complaint or "the node holds no partitions, and none of its peers could be reached"
            if alone:
                words = f"none of the {len(node.peers)} peers of node {node.name} could be reached"
            row = SeedFailure(str(self._config.seeds[0]), node.address, Step.PARTITIONS.value,
                              ResultCode.CLUSTER.value, words)  # fmt: skip
            failures.append(row)
            cluster.remove_all()
            return
        await self._tend_pools(deadline)

    # A round

    async def round(self, deadline: float | None) -> None:
        """Ask every node whether its peers, partitions or racks changed, and follow what did.

        Args:
            deadline: when it must be over, if a caller waits for it.
        """
        cluster = self._cluster
        nodes = cluster.active()
        moved, news = await self._ask_all(nodes, deadline)
        entered = await self._enter_moved(moved, deadline)
        entered += await self._meet([*(node for node in news if node.active), *entered], deadline)
        responders = [node for node in cluster.active() if not node.failures]
        changed = [node for node in responders if not node.partition_generation]
        # A node that thinks it is alone must not take over the map from those that do not see it.
        changed = [node for node in changed if node.peers or len(responders) == 1]
        await self._read_partitions(changed, deadline)
        if self._config.racks:
            await self._read_racks([node for node in responders if not node.rebalance_generation], deadline)
        self._leave_lost(answered=bool(responders))
        if not cluster.nodes and not cluster.closed:
            await self._rejoin(deadline)
        await self._tend_pools(deadline)

    async def _ask_all(self, nodes: Sequence[Node], deadline: float | None) -> tuple[list[Node], list[Node]]:
        """Ask all nodes at once: those whose address belongs to another node now, and those with news of peers."""
        begun = self._runtime.now()
        links = await self._runtime.together([functools.partial(self._link_of, node, deadline) for node in nodes])
        commands = ["node", "peers-generation", "partition-generation"]
        if self._config.racks:
            commands.append("rebalance-generation")
        asked = [(node, link) for node, link in zip(nodes, links, strict=True) if link is not None]
        calls = [(link, self._discovery.question(commands, self._patience(node, deadline))) for node, link in asked]
        answers = await self._runtime.exchange_all(calls)
        moved: list[Node] = []
        news: list[Node] = []
        for (node, link), answer in zip(asked, answers, strict=True):
            if not node.active:
                continue
            try:
                if isinstance(answer, LinkFailure):
                    raise answer
                values = self._discovery.values(link, answer)
            except LinkFailure as failure:
                self._missed(node, failure, begun)
                continue
            if values.get("node", "") != node.name:
                self._cluster.remove(node, f"its address belongs to node {values.get('node')!r} now")
                moved.append(node)
                continue
            if node.failures:
                log.info("node %s %s answers again", node.name, node.address)
                node.forget_generations()
            node.failures = 0
            if _less(values.get("peers-generation", ""), node.peers_generation):
                log.info("node %s %s has restarted", node.name, node.address)
                node.restarted()
            if values.get("partition-generation", "") != node.partition_generation:
                node.partition_generation = ""
            if values.get("rebalance-generation", "") != node.rebalance_generation:
                node.rebalance_generation = ""
            if values.get("peers-generation", "") != node.peers_generation:
                news.append(node)
        return moved, news

    def _patience(self, node: Node, deadline: float | None) -> float | None:
        """When to give up on a node; soon, if it failed before and a caller waits for the round."""
        if not node.failures or deadline is None:
            return deadline
        return earlier(self._runtime.now() + self._config.connect_timeout / 1000 * _QUICK, deadline)

    async def _link_of(self, node: Node, deadline: float | None) -> Link | None:
        begun = self._runtime.now()
        try:
            return await self._discovery.link_of(node, self._patience(node, deadline))
        except LinkFailure as failure:
            if node.active:
                self._missed(node, failure, begun)
            return None

    def _missed(self, node: Node, failure: LinkFailure, begun: float) -> None:
        """A node has not answered what it was asked from a certain time on."""
        now = self._runtime.now()
        if failure.code == ResultCode.TIMEOUT:
            granted = now - begun
            if granted < self._config.connect_timeout / 1000 * _QUICK:
                # The round was over, maybe because another node took all its time: this one had no chance.
                node.drop_tend_link()
                return
        if failure.code in _SESSION_CODES:
            node.session = None
        # Rounds that failing commands have asked for follow each other more closely than the interval.
        if not node.failures or now - node.failed_at >= self._config.tend_interval / 2000:
            node.failures += 1
            node.failed_at = now
        node.complaint = failure.message
        node.drop_tend_link()
        level = logging.WARNING if node.failures == 1 else logging.DEBUG
        log.log(level, "node %s %s does not answer (%d): %s", node.name, node.address, node.failures, failure.message)

    async def _enter_moved(self, moved: Sequence[Node], deadline: float | None) -> list[Node]:
        """The nodes that are now at the addresses of nodes that are gone."""
        found = []
        for node in moved:
            try:
                newcomer = await self._discovery.enter(node.place, None, deadline)
            except StepFailed as failed:
                log.warning("whoever is at %s now cannot be used: %s", node.address, failed)
                continue
            if newcomer.name in self._cluster.nodes:
                newcomer.close()
            else:
                self._cluster.add(newcomer)
                found.append(newcomer)
        return found

    def _leave_lost(self, *, answered: bool) -> None:
        """Forget nodes that failed too often, and those that no other node knows any more."""
        cluster = self._cluster
        nodes = cluster.active()
        for node in nodes:
            if node.failures >= FORGET_AFTER:
                cluster.remove(node, f"it failed {node.failures} times in a row: {node.complaint}")
            elif answered and len(nodes) > 1:
                named = any(node.name in other.peers for other in nodes if other is not node and not other.failures)
                if not named and (node.failures or not cluster.partitions.holds(node)):
                    cluster.remove(node, "no other node names it any more")

    async def _rejoin(self, deadline: float | None) -> None:
        try:
            await self.join(deadline)
        except Unreachable as unreachable:
            log.warning("no node is left and no seed can be used: %s",
                        "; ".join(f"{row.seed}: {row.message}" for row in unreachable.seeds))  # fmt: skip

    async def _tend_pools(self, deadline: float | None) -> None:
        for node in self._cluster.active():
            if node.failures:
                continue
            try:
                await node.pool.tend(deadline)
            except LinkFailure as failure:
                log.debug("no further connection to node %s %s: %s", node.name, node.address, failure.message)

    # Peers

    async def _peers_of(self, node: Node, deadline: float | None) -> list[Peer]:
        generation, peers = await self._discovery.peers(node, deadline)
        peers = [peer for peer in peers if peer.addresses]
        node.peers = frozenset(peer.name for peer in peers)
        node.peers_generation = generation
        return peers

    async def _meet(
        self, nodes: Sequence[Node], deadline: float | None, failures: list[SeedFailure] | None = None
    ) -> list[Node]:
        """Ask nodes for their peers, enter those that are unknown, and ask these in turn; all that were entered."""
        entered: list[Node] = []
        waiting = list(nodes)
        while waiting and not self._cluster.closed:
            lists = await self._runtime.together([functools.partial(self._list_of, node, deadline) for node in waiting])
            unknown: dict[str, Peer] = {}
            for peers in lists:
                for peer in peers:
                    if self._is_news(peer):
                        unknown.setdefault(peer.name, peer)
            found = await self._runtime.together(
                [functools.partial(self._enter_peer, peer, deadline, failures) for peer in unknown.values()]
            )
            for node in waiting:
                if not node.peers <= self._cluster.nodes.keys() | {peer.name for peer in found if peer is not None}:
                    # Unknown again, so that the next round tries the missing ones once more.
                    node.peers_generation = ""
            waiting = [node for node in found if node is not None]
            for node in waiting:
                known = self._cluster.nodes.get(node.name)
                if known is not None:
                    self._cluster.remove(known, f"it is at {node.address} now")
                self._cluster.add(node)
            entered += waiting
        return entered

    async def _list_of(self, node: Node, deadline: float | None) -> list[Peer]:
        begun = self._runtime.now()
        try:
            return await self._peers_of(node, deadline)
        except LinkFailure as failure:
            self._missed(node, failure, begun)
            return []

    def _is_news(self, peer: Peer) -> bool:
        """True if a peer is to be entered: it is unknown, or lost and said to be somewhere else."""
        known = self._cluster.nodes.get(peer.name)
        if known is not None and (not known.failures or known.place[:2] in peer.addresses):
            return False
        absence = self._absent.get(peer.name)
        return absence is None or self._runtime.now() >= absence.until

    async def _enter_peer(self, peer: Peer, deadline: float | None, failures: list[SeedFailure] | None) -> Node | None:
        now = self._runtime.now
        for host, port in peer.addresses:
            place = Place(host, port, peer.tls_name or None)
            begun = now()
            try:
                node = await self._discovery.enter(place, peer.name, deadline)
            except StepFailed as failed:
                log.warning("peer %s at %s cannot be used: %s failed: %s", peer.name, place, failed.step.value, failed)
                if failures is not None:
                    failures.append(SeedFailure(str(self._config.seeds[0]), str(place), failed.step.value,
                                    int(failed.failure.code), f"peer {peer.name}: {failed}",
                                    (now() - begun) * 1000))  # fmt: skip
            else:
                self._absent.pop(peer.name, None)
                return node
        missed = self._absent.get(peer.name, _Absence(0, 0.0)).failures + 1
        rounds = min(2 ** (missed - 1), _LONGEST_ABSENCE)
        self._absent[peer.name] = _Absence(missed, now() + rounds * self._config.tend_interval / 1000)
        return None

    # Partitions and racks

    async def _read_partitions(self, nodes: Sequence[Node], deadline: float | None) -> None:
        await self._runtime.together([functools.partial(self._read_partitions_of, node, deadline) for node in nodes])

    async def _read_partitions_of(self, node: Node, deadline: float | None) -> None:
        begun = self._runtime.now()
        try:
            generation, claims = await self._discovery.holdings(node, deadline)
        except LinkFailure as failure:
            self._missed(node, failure, begun)
            return
        if node.active:
            self._cluster.merge(node, claims)
            node.partition_generation = generation

    async def _read_racks(self, nodes: Sequence[Node], deadline: float | None) -> None:
        if self._config.racks:
            await self._runtime.together([functools.partial(self._read_racks_of, node, deadline) for node in nodes])

    async def _read_racks_of(self, node: Node, deadline: float | None) -> None:
        begun = self._runtime.now()
        try:
            node.rebalance_generation, node.racks = await self._discovery.racks(node, deadline)
        except LinkFailure as failure:
            self._missed(node, failure, begun)


def _close_entry(entry: _Entry) -> None:
    entry.node.close()


def _less(new: str, old: str) -> bool:
    """True if a generation went back, as it does when a node restarts."""
    return new.isascii() and new.isdigit() and old.isascii() and old.isdigit() and int(new) < int(old)
