"""Which replica of a partition gets a request (protocol section 11.3)."""

from __future__ import annotations

import itertools
import random
from typing import TYPE_CHECKING, Final

from aerospike_wire.policy import ReadModeSC, Replica

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aerospike_wire.cluster.node import Node

_turn: Final = itertools.count()
"""Spreads reads over the replicas; shared by all clients of the process, like a dice."""


def choose(
    columns: Sequence[Sequence[Node | None]],
    pid: int,
    replica: Replica,
    step: int,
    *,
    write: bool,
    failed: Node | None = None,
    namespace: str = "",
    racks: Sequence[int] = (),
) -> Node | None:
    """The node for a partition, None if no active one is known.

    The rules are the C client's. RANDOM picks among the partition's replicas, for writes
    too; the Java client picks reads among all nodes of the cluster and sends writes to the
    master, which costs a hop that the server makes up for.

    Args:
        columns: replica number, then partition.
        pid: the partition.
        replica: the policy.
        step: 0 for the first try; a retry that goes on to the next replica adds one.
        write: writes begin with the master, whatever the policy, but for RANDOM.
        failed: the node of the last try, which ANY, RANDOM and PREFER_RACK ask again only if no other is active.
        namespace: whose racks count for PREFER_RACK.
        racks: the racks that PREFER_RACK prefers, best first.
    """
    size = len(columns)
    if not size:
        return None
    if replica is Replica.SEQUENCE or replica is Replica.MASTER or (write and replica is not Replica.RANDOM):
        if replica is Replica.MASTER:
            size = 1
        for place in range(size):
            node = columns[(step + place) % size][pid]
            if node is not None and node.active:
                return node
        return None
    if replica is Replica.PREFER_RACK:
        start = step
    elif replica is Replica.ANY:
        start = next(_turn)
    else:
        start = random.randrange(size)  # noqa: S311  nothing secret depends on it
    nodes = [columns[(start + place) % size][pid] for place in range(size)]
    active = [node for node in nodes if node is not None and node.active]
    others = [node for node in active if node is not failed] or active
    if replica is Replica.PREFER_RACK:
        for rack in racks:
            for node in others:
                if node.racks.get(namespace) == rack:
                    return node
    return others[0] if others else None


def for_reading(replica: Replica, mode: ReadModeSC, *, strong: bool) -> Replica:
    """The policy for a read of a namespace, which strong consistency may narrow."""
    if not strong or mode in {ReadModeSC.ALLOW_REPLICA, ReadModeSC.ALLOW_UNAVAILABLE}:
        return replica
    if mode is ReadModeSC.SESSION:
        return Replica.MASTER
    return Replica.SEQUENCE if replica is Replica.PREFER_RACK else replica
