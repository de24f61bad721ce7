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
    if replica is Replica.MASTER:
        size, start = 1, 0
    elif replica is Replica.ANY and not write:
        start = next(_turn) % size
    elif replica is Replica.RANDOM:
        start = random.randrange(size)  # noqa: S311  nothing secret depends on it
    else:
        start = step
        if replica is not Replica.PREFER_RACK or write:
            failed = None
    nodes = [columns[(start + place) % size][pid] for place in range(size)]
    active = [node for node in nodes if node is not None and node.active]
    if not active:
        return None
    others = [node for node in active if node is not failed] or active
    if replica is Replica.PREFER_RACK and not write:
        for rack in racks:
            for node in others:
                if node.racks.get(namespace) == rack:
                    return node
    return others[0]


def for_reading(replica: Replica, mode: ReadModeSC, *, strong: bool) -> Replica:
    """The policy for a read of a namespace, which strong consistency may narrow."""
    if not strong or mode in {ReadModeSC.ALLOW_REPLICA, ReadModeSC.ALLOW_UNAVAILABLE}:
        return replica
    if mode is ReadModeSC.SESSION:
        return Replica.MASTER
    return Replica.SEQUENCE if replica is Replica.PREFER_RACK else replica
