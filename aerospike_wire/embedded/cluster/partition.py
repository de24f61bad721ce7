"""Who holds a partition's data, and who is to hold it.

A node *holds* a partition if it has all its records. Nodes that hold it are replicas of
each other as long as they are of one lineage; when a group of nodes goes on without one
that still has its copy, the group's data become another lineage, and the copy that was
left behind is an ancestor: out of date, and of no use once both meet again. Two lineages
of which neither is an ancestor of the other are duplicates; they are merged record by
record, as Available mode does (the higher generation wins, then the later change).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from aerospike_wire.embedded.cluster.member import Member
    from aerospike_wire.embedded.store import StoredRecord


class Lineage:
    """One history of a partition's data."""

    __slots__ = ("ancestors",)

    def __init__(self, parent: Lineage | None = None) -> None:
        self.ancestors: frozenset[Lineage] = frozenset() if parent is None else parent.ancestors | {parent}

    def leads_to(self, other: Lineage | None) -> bool:
        """True if the other is this one, or has come from it."""
        return other is not None and (other is self or self in other.ancestors)


Holders = dict["Member", Lineage]
"""The nodes that hold a partition, whether or not they know of each other."""


@attrs.define(eq=False)
class Cell:
    """One partition as one cluster sees it."""

    replicas: tuple[Member, ...]
    """Who is to hold it in the end; first the final master."""
    master: Member
    """Who takes writes now: the final master, or until it holds the data one that does."""
    filling: tuple[Member, ...] = ()
    """Replicas that do not hold the data yet."""
    duplicates: tuple[Member, ...] = ()
    """Members that hold data of another lineage, to be merged."""
    leaving: tuple[Member, ...] = ()
    """Members that hold data, but are no replicas: they forget them once all replicas hold them."""

    @property
    def settled(self) -> bool:
        """True if nothing is left to be moved."""
        return not (self.filling or self.duplicates or self.leaving)

    def reads(self, member: Member) -> bool:
        """True if the member answers reads itself."""
        return member is self.master or (member in self.replicas and member not in self.filling)

    def columns(self, member: Member) -> list[int]:
        """The columns of the partition map in which the member's bit is set (protocol section 3.3).

        A working master stands in for all replicas that are not filled yet.
        """
        if member is self.master:
            return [
                column
                for column, replica in enumerate(self.replicas)
                if column == 0 or replica is member or replica in self.filling
            ]
        if member in self.replicas and member not in self.filling and member is not self.replicas[0]:
            return [self.replicas.index(member)]
        return []


def assign(
    order: Sequence[Member],
    replicas: tuple[Member, ...],
    holders: Holders,
    outside: Iterable[Member],
    partial: Iterable[Member] = (),
) -> Cell:
    """Distribute a partition anew. It is called for thousands at a time.

    Args:
        order: the members, as they stand for the partition.
        replicas: who of them is to hold it, as :func:`chosen` says.
        holders: who holds it; brought up to date.
        outside: who is not a member, but has not lost its memory.
        partial: members that were being filled; better than nothing, should nobody hold it.

    Returns:
        The new cell. Members whose copy turned out to be out of date are not among the
        holders any more; what is left of their records has to be forgotten.
    """
    if not holders and not partial:
        holders.update(dict.fromkeys(replicas, Lineage()))
        return Cell(replicas, replicas[0])
    if len(holders) > 1:
        _drop_ancestors(order, holders)
    full = [member for member in order if member in holders]
    if not full:
        holders.update({member: Lineage() for member in partial if member in order})
        full = [member for member in order if member in holders]
    if not full:
        holders.update(dict.fromkeys(replicas, Lineage()))
        return Cell(replicas, replicas[0])
    master = full[0]
    lineage = holders[master]
    if any(lineage.leads_to(holders.get(stranger)) for stranger in outside):
        # They may come back, and must not pass for replicas then.
        heir = Lineage(lineage)
        holders.update({member: heir for member in full if holders[member] is lineage})
        lineage = heir
    return Cell(
        replicas,
        master,
        filling=tuple(member for member in replicas if holders.get(member) is not lineage),
        duplicates=tuple(member for member in full if holders[member] is not lineage),
        leaving=tuple(member for member in full if member not in replicas),
    )


def chosen(order: Sequence[Member], copies: int) -> tuple[Member, ...]:
    """The replicas: the first in order, but each from a rack of its own as long as there are other racks."""
    if all(member.rack == order[0].rack for member in order):
        return tuple(order[:copies])
    found: list[Member] = []
    racks: set[int] = set()
    for member in order:
        if len(found) < copies and member.rack not in racks:
            found.append(member)
            racks.add(member.rack)
    for member in order:
        if len(found) < copies and member not in found:
            found.append(member)
    return tuple(found)


def _drop_ancestors(order: Sequence[Member], holders: Holders) -> None:
    found = {holders[member] for member in order if member in holders}
    if len(found) < 2:
        return
    old = frozenset[Lineage]().union(*(lineage.ancestors for lineage in found))
    for member in order:
        if holders.get(member) in old:
            del holders[member]


def better(one: StoredRecord | None, other: StoredRecord | None) -> StoredRecord | None:
    """Which of two versions of a record survives: the higher generation, then the later change."""
    if one is None or other is None:
        return one or other
    return other if (other.generation, other.last_update) > (one.generation, one.last_update) else one
