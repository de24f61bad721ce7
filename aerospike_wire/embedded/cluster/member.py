"""A node as a member of a cluster."""

from __future__ import annotations

import copy
import functools
from typing import TYPE_CHECKING

from aerospike_wire.embedded.cluster.journal import Journal
from aerospike_wire.embedded.cluster.routing import single
from aerospike_wire.embedded.place import NO_PARTITIONS, Neighbour, Pending, Place
from aerospike_wire.errors.codes import ResultCode
from aerospike_wire.proto.keys import PARTITIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from aerospike_wire.embedded.cluster.fabric import Fabric
    from aerospike_wire.embedded.cluster.view import View
    from aerospike_wire.embedded.node import Node
    from aerospike_wire.embedded.store import Namespace
    from aerospike_wire.proto.message import Message


class Member(Place):
    """A node's place in a cluster of several.

    Its state changes in the cluster's thread only.
    """

    partition_generation = -1
    rebalance_generation = 0
    generation = 0

    def __init__(self, fabric: Fabric, node: Node, rack: int = 0) -> None:
        super().__init__(node)
        self.fabric = fabric
        self.rack = rack
        self.view: View | None = None
        """What it is a member of; None before it has joined, and after it was left behind."""
        self.alive = False
        self.lost_at = 0.0
        """When it fell silent, in seconds of the loop's clock."""
        self.ready_at = 0.0
        """From when on it can join."""
        self.fresh = True
        """True until it has joined for the first time since it was started."""
        self.side = 0
        """Members of different sides of a split do not hear each other."""
        self.changes: list[tuple[str, bytes]] = []
        """Records that were changed here and not yet copied to the replicas."""
        self._known: dict[str, Neighbour] = {}
        self._maps: dict[str, tuple[int, Sequence[bytes]]] = {}
        for namespace in node.namespaces.values():
            namespace.records = Journal(functools.partial(self.note, namespace.name))
        node.place = self

    def __repr__(self) -> str:
        return f"<Member {self.node.name}>"

    @property
    def name(self) -> str:
        """The node's id."""
        return self.node.name

    @property
    def hears(self) -> bool:
        """True if it runs and is not paused."""
        return self.alive and not self.node.paused

    def present(self, now: float) -> bool:
        """True if the others count on it: silence is noticed after a while only."""
        if self.view is None:
            return self.hears and now >= self.ready_at
        return self.hears or now < self.lost_at + self.fabric.heartbeat_timeout

    # Its records

    def records(self, namespace: str) -> Journal:
        """Its records of a namespace."""
        found = self.node.namespaces[namespace].records
        assert isinstance(found, Journal)
        return found

    def note(self, namespace: str, digest: bytes) -> None:
        """A record has changed."""
        if not self.changes:
            self.fabric.publish_soon(self)
        self.changes.append((namespace, digest))

    def forget(self) -> None:
        """Lose everything, as a node in memory does that is killed."""
        for namespace in self.node.namespaces.values():
            namespace.records.clear()
        self.changes.clear()
        self._known.clear()
        self.partition_generation, self.peers_generation = -1, 0
        self.rebalance_generation = self.generation = 0
        self.view = None
        self.fresh = True

    def detach(self) -> None:
        """Make own copies of records that are shared with other members."""
        for name in self.node.namespaces:
            records = self.records(name)
            for digest, record in tuple(records.items()):
                mine = copy.copy(record)
                mine.bins = dict(record.bins)
                records.follow(digest, mine)

    # Its view

    def enter(self, view: View) -> None:
        """Become a member of a new cluster."""
        for name in view.names:
            known = self._known.get(name)
            if name != self.name and (known is None or known.node is None):
                self.peers_generation += 2
                node = view.member(name).node
                self._known[name] = Neighbour(name, node, node.address, self.peers_generation)
        for name, known in self._known.items():
            if known.node is not None and name not in view.names:
                self.peers_generation += 1
                self._known[name] = Neighbour(name, None, known.address, self.peers_generation)
        self.view = view
        self.fresh = False
        self.generation += 1
        self.rebalance_generation += 1
        self.partition_generation += 1

    @property
    def members(self) -> Sequence[str]:
        return () if self.view is None else self.view.names

    @property
    def racks(self) -> Mapping[int, Sequence[str]]:
        found: dict[int, list[str]] = {}
        for member in () if self.view is None else self.view.members:
            found.setdefault(member.rack, []).append(member.name)
        return found if any(found) else {}

    @property
    def key(self) -> str:
        return "0" if self.view is None else self.view.key

    def neighbours(self) -> Sequence[Neighbour]:
        return [self._known[name] for name in sorted(self._known)]

    def copies(self, namespace: str) -> int:
        return 1 if self.view is None else self.view.copies(namespace)

    def moving(self, namespace: str | None = None) -> int:
        return 0 if self.view is None else self.view.moving(namespace)

    def maps(self, namespace: str) -> Sequence[bytes]:
        view = self.view
        if view is None:
            return (NO_PARTITIONS,)
        generation, found = self._maps.get(namespace, (-1, ()))
        if generation != self.partition_generation:
            found = self._drawn(view, namespace)
            self._maps[namespace] = (self.partition_generation, found)
        return found

    def _drawn(self, view: View, namespace: str) -> Sequence[bytes]:
        columns = [bytearray(PARTITIONS // 8) for _ in range(view.copies(namespace))]
        for pid, cell in enumerate(view.cells[namespace]):
            for column in cell.columns(self):
                columns[column][pid >> 3] |= 0x80 >> (pid & 7)
        return [bytes(column) for column in columns]

    # Requests

    def refusal(self) -> int:
        # A node that was killed answers nobody. What still comes on its connections before they are closed
        # must not find that it has no records.
        return ResultCode.CLUSTER if not self.alive or (self.view is None and self.fresh) else 0

    def single(self, message: Message, *, digest: bytes | None = None, row: bool = False) -> bytes | Pending[bytes]:
        return single(self, message, digest=digest, row=row)

    def serves(self, namespace: str, pid: int) -> bool:
        view = self.view
        return self.alive and view is not None and view.cells[namespace][pid].reads(self)

    def leads(self, namespace: str, pid: int) -> bool:
        view = self.view
        return self.alive and view is not None and view.cells[namespace][pid].master is self

    def everywhere(self) -> Iterable[Node]:
        yield self.node
        for member in self.fabric.members:
            if member is not self:
                yield member.node

    def namespace(self, name: str) -> Namespace | None:
        """One of its namespaces."""
        return self.node.namespaces.get(name)
