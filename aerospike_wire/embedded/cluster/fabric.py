"""What connects the members of a cluster: who hears whom, what is copied, how clusters form.

Everything here happens in the cluster's one thread.
"""

from __future__ import annotations

import asyncio
import functools
from typing import TYPE_CHECKING, Final

from aerospike_wire.embedded.cluster.partition import Lineage
from aerospike_wire.embedded.cluster.view import View
from aerospike_wire.proto.keys import PARTITIONS, partition_id

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from aerospike_wire.embedded.cluster.member import Member
    from aerospike_wire.embedded.cluster.partition import Holders

JOIN_DELAY: Final = 0.02
"""Seconds from when a node can hear the others to its being a member."""
MOVES: Final = 32
"""Partitions that are moved in one go."""

Late = tuple["Member", str, bytes, "Member"]
"""A master, a namespace, a digest and a replica that does not have the record yet."""


class Fabric:
    """The network between the members, and the protocol by which they agree.

    Args:
        factors: the replication factor of each namespace.
        heartbeat_timeout: seconds after which a silent member is left behind.
        migration_pause: seconds between two goes of moving partitions.
    """

    def __init__(self, factors: Mapping[str, int], heartbeat_timeout: float, migration_pause: float) -> None:
        self.heartbeat_timeout = heartbeat_timeout
        self.migration_pause = migration_pause
        self.members: list[Member] = []
        self.late: dict[Late, None] = {}
        self.allowed = True
        """Whether partitions are moved at all."""
        self._factors = factors
        self._partitions: dict[str, list[Holders]] = {name: [{} for _ in range(PARTITIONS)] for name in factors}
        self._sides: dict[Member, int] = {}
        """The sides of a split as they have been noticed."""
        self._watchers: dict[object, Callable[[], None]] = {}
        self._timers: set[asyncio.TimerHandle] = set()
        self._mover: asyncio.TimerHandle | None = None
        self._views = 0

    # Who hears whom

    def connected(self, one: Member, other: Member) -> bool:
        """True if two members hear each other."""
        return one.hears and other.hears and one.side == other.side

    def watch(self, callback: Callable[[], None]) -> Callable[[], object]:
        """Have something called whenever the cluster changes; returns what ends that."""
        token = object()
        self._watchers[token] = callback
        return functools.partial(self._watchers.pop, token, None)

    def changed(self) -> None:
        """Whoever waits for a member may look again."""
        self._catch_up()
        for token, callback in tuple(self._watchers.items()):
            if token in self._watchers:
                callback()

    # Copying

    def publish_soon(self, member: Member) -> None:
        """Copy what changed in a member's records, unless a request does so itself before."""
        asyncio.get_running_loop().call_soon(self.publish, member)

    def publish(self, master: Member) -> set[Late]:
        """Copy what changed in a member's records to the replicas.

        Returns:
            The copies that could not be made now.
        """
        changes, master.changes = master.changes, []
        view = master.view
        late: set[Late] = set()
        if view is None:
            return late
        for namespace, digest in dict.fromkeys(changes):
            cell = view.cells[namespace][partition_id(digest)]
            if cell.master is not master:
                continue
            record = master.records(namespace).get(digest)
            for replica in cell.replicas:
                if replica is master:
                    continue
                if self.connected(master, replica):
                    replica.records(namespace).follow(digest, record)
                else:
                    late.add((master, namespace, digest, replica))
        self.late.update(dict.fromkeys(late))
        return late

    def _catch_up(self) -> None:
        """Make the copies that were late, and forget those that nobody needs any more."""
        for entry in tuple(self.late):
            master, namespace, digest, replica = entry
            view = master.view
            needed = (
                view is not None
                and replica.view is view
                and view.cells[namespace][partition_id(digest)].master is master
            )
            if needed and not self.connected(master, replica):
                continue
            if needed:
                replica.records(namespace).follow(digest, master.records(namespace).get(digest))
            del self.late[entry]

    # Coming and going

    def start(self, members: Sequence[Member]) -> None:
        """Let the first members form their cluster at once."""
        self.members = list(members)
        self.late.clear()
        self._sides.clear()
        for table in self._partitions.values():
            for holders in table:
                holders.clear()
        for member in members:
            member.alive, member.side = True, 0
        self._form(members)

    def admit(self, member: Member) -> None:
        """Let a member that was started join the others."""
        if member not in self.members:
            self.members.append(member)
        member.alive = True
        member.ready_at = self._now() + JOIN_DELAY
        self.check()
        self._later(JOIN_DELAY)

    def lose(self, member: Member) -> None:
        """A member was killed, and its memory with it."""
        self._silent(member)
        member.alive = False
        for holders in self._partitions.values():
            for holder in holders:
                holder.pop(member, None)
        for namespace in member.node.namespaces.values():
            namespace.records.clear()
        member.changes.clear()
        self.changed()

    def pause(self, member: Member) -> None:
        """A member was stopped, and keeps its memory."""
        if not member.node.paused:
            self._silent(member)
            member.node.paused = True

    def resume(self, member: Member) -> None:
        """A stopped member goes on."""
        member.node.paused = False
        member.ready_at = self._now() + JOIN_DELAY
        self.changed()
        self._later(JOIN_DELAY)

    def split(self, sides: Mapping[Member, int]) -> None:
        """Cut the network; each member is on one side from now on."""
        for member in self.members:
            member.side = sides.get(member, 0)
        self.changed()
        self._later(self.heartbeat_timeout, self._notice_sides)

    def heal(self) -> None:
        """Mend the network."""
        for member in self.members:
            member.side = 0
        self.changed()
        self._later(JOIN_DELAY, self._notice_sides)

    def _silent(self, member: Member) -> None:
        if member.hears:
            member.lost_at = self._now()
        self._later(self.heartbeat_timeout)

    def _notice_sides(self) -> None:
        self._sides = {member: member.side for member in self.members}
        self.check()

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()

    def _later(self, seconds: float, function: Callable[[], None] | None = None) -> None:
        def run() -> None:
            self._timers.discard(timer)
            (function or self.check)()

        timer = asyncio.get_running_loop().call_later(seconds, run)
        self._timers.add(timer)

    def stop(self) -> None:
        """Cancel everything that is still to come."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        if self._mover is not None:
            self._mover.cancel()
        self._watchers.clear()

    # Forming clusters

    def check(self) -> None:
        """Form new clusters where those that hear each other are not those of the present ones."""
        now = self._now()
        groups: dict[int, list[Member]] = {}
        for member in self.members:
            if member.present(now):
                groups.setdefault(self._sides.get(member, 0), []).append(member)
        for group in groups.values():
            view = group[0].view
            if view is None or any(member.view is not view for member in group) or len(view.members) != len(group):
                self._form(group)

    def _form(self, group: Sequence[Member]) -> None:
        strangers = {
            stranger
            for view in {member.view for member in group if member.view is not None}
            for stranger in view.members
            if stranger not in group
        }
        for stranger in strangers:
            if stranger.alive:
                stranger.detach()
            if self._sides.get(stranger, 0) == self._sides.get(group[0], 0):
                stranger.view = None
        self._views += 1
        outside = [member for member in self.members if member.alive and member not in group]
        view = View(group, self._partitions, self._factors, outside, self._views)
        for member in group:
            member.enter(view)
        self.changed()
        self._move_soon()

    # Moving partitions

    def allow(self, allowed: bool) -> None:  # noqa: FBT001  called with what a keyword of the public method says
        """Hold the moving of partitions up, or let it go on."""
        self.allowed = allowed
        if allowed:
            self._move_soon()

    @property
    def settled(self) -> bool:
        """True if all members that run are in one cluster, and all partitions where they belong."""
        running = [member for member in self.members if member.hears]
        views = {member.view for member in running}
        if not running or len(views) != 1:
            return not running
        (view,) = views
        return view is not None and len(view.members) == len(running) and not view.queue and not self.late

    def _move_soon(self) -> None:
        if self._mover is None:
            self._mover = asyncio.get_running_loop().call_later(self.migration_pause, self._move)

    def _move(self) -> None:
        self._mover = None
        left = False
        for view in {member.view for member in self.members if member.view is not None}:
            if not self.allowed:
                break
            going, view.queue[-MOVES:] = view.queue[-MOVES:], []
            stuck = [place for place in reversed(going) if not view.move(*place)]
            view.queue[:0] = stuck
            # What is stuck waits for a change of the cluster, or for a pause to end.
            left = left or bool(view.queue)
        if left and self.allowed:
            self._move_soon()
        elif self.settled:
            self._simplify()

    def _simplify(self) -> None:
        """Forget the past once nobody is left who could be of it."""
        if any(member.alive and not member.hears for member in self.members):
            return
        for table in self._partitions.values():
            for holders in table:
                if any(lineage.ancestors for lineage in holders.values()):
                    holders.update(dict.fromkeys(tuple(holders), Lineage()))
