"""A cluster as its members agreed on it: who they are, and what is whose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aerospike_wire.embedded.cluster.partition import Cell, assign, better, chosen
from aerospike_wire.embedded.cluster.succession import successions
from aerospike_wire.embedded.place import key_of
from aerospike_wire.proto.keys import PARTITIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aerospike_wire.embedded.cluster.member import Member
    from aerospike_wire.embedded.cluster.partition import Holders


class View:
    """The members of one cluster and its partitions.

    Args:
        members: who takes part.
        partitions: who holds what, by namespace and partition; brought up to date.
        factors: the replication factor of each namespace.
        outside: nodes that are no members, but have not lost their memory.
        number: of the view, which goes into the cluster's key.
    """

    def __init__(
        self,
        members: Sequence[Member],
        partitions: Mapping[str, Sequence[Holders]],
        factors: Mapping[str, int],
        outside: Sequence[Member],
        number: int,
    ) -> None:
        self.members = tuple(sorted(members, key=lambda member: int(member.name, 16), reverse=True))
        self.names = tuple(member.name for member in self.members)
        self.key = key_of((str(number), *self.names))
        self.cells: dict[str, list[Cell]] = {}
        self.queue: list[tuple[str, int]] = []
        """Namespaces and partitions that are still to be moved."""
        self._partitions = partitions
        self._factors = {name: min(factor, len(members)) for name, factor in factors.items()}
        self._balance(outside)

    def member(self, name: str) -> Member:
        """The member of a name."""
        return self.members[self.names.index(name)]

    def copies(self, namespace: str) -> int:
        """Replicas that each partition has."""
        return self._factors[namespace]

    def moving(self, namespace: str | None = None) -> int:
        """Partitions still to be moved."""
        if namespace is None:
            return len(self.queue)
        return sum(1 for name, _ in self.queue if name == namespace)

    def _balance(self, outside: Sequence[Member]) -> None:
        places = successions(self.names)
        # There are thousands of partitions, but only as many orders as members can stand in.
        order_of = {order: tuple(self.members[place] for place in order) for order in set(places)}
        for namespace, holders in self._partitions.items():
            partial = self._partial(namespace)
            copies = self._factors[namespace]
            replicas = {order: chosen(members, copies) for order, members in order_of.items()}
            cells = [
                assign(order_of[order], replicas[order], holders[pid], outside, partial.get(pid, ()))
                for pid, order in enumerate(places)
            ]
            self.cells[namespace] = cells
            self.queue += [(namespace, pid) for pid in range(PARTITIONS) if not cells[pid].settled]
            for member in self.members:
                self._tidy(member, namespace, cells, holders)
        self.queue.reverse()

    def _partial(self, namespace: str) -> dict[int, tuple[Member, ...]]:
        """Who was being filled, for the rare partition that nobody holds any more."""
        found: dict[int, tuple[Member, ...]] = {}
        for view in {member.view for member in self.members if member.view is not None}:
            for name, pid in view.queue:
                if name == namespace:
                    filling = tuple(member for member in view.cells[name][pid].filling if member in self.members)
                    found[pid] = (*found.get(pid, ()), *filling)
        return found

    @staticmethod
    def _tidy(member: Member, namespace: str, cells: Sequence[Cell], holders: Sequence[Holders]) -> None:
        """Forget the records of partitions that a member has nothing to do with any more."""
        records = member.records(namespace)
        for pid in records.partitions():
            if member not in holders[pid] and member not in cells[pid].filling:
                records.drop(pid)

    # Migration

    def resolve(self, namespace: str, pid: int, digest: bytes) -> None:
        """Make the master's version of a record the one that survives among duplicates."""
        cell = self.cells[namespace][pid]
        found = cell.master.records(namespace).get(digest)
        for member in cell.duplicates:
            found = better(found, member.records(namespace).get(digest))
        for member in (cell.master, *cell.duplicates):
            member.records(namespace).follow(
                digest, found if member is cell.master or member in cell.replicas else None
            )

    def move(self, namespace: str, pid: int) -> bool:
        """Bring a partition where it belongs; False if one of its members cannot be reached now."""
        cells, holders = self.cells[namespace], self._partitions[namespace][pid]
        cell = cells[pid]
        involved = tuple(dict.fromkeys((cell.master, *cell.replicas, *cell.duplicates, *cell.leaving)))
        if not all(cell.master.fabric.connected(cell.master, member) for member in involved):
            return False
        source = cell.master.records(namespace)
        targets = [member.records(namespace) for member in cell.replicas if member is not cell.master]
        for digest in {digest for member in involved for digest in member.records(namespace).of(pid)}:
            if cell.duplicates:
                self.resolve(namespace, pid, digest)
            record = source.get(digest)
            for target in targets:
                target.follow(digest, record)
        lineage = holders[cell.master]
        for member in involved:
            if member in cell.replicas:
                holders[member] = lineage
            else:
                holders.pop(member, None)
                member.records(namespace).drop(pid)
            member.partition_generation += 1
        cells[pid] = Cell(cell.replicas, cell.replicas[0])
        return True
