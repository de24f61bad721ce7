"""Which replica of a partition gets a request."""

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
    attempt: int,
    *,
    write: bool,
) -> Node | None:
    """The node for a partition, None if no active one is known.

    Args:
        columns: replica number, then partition.
        pid: the partition.
        replica: the policy. Racks are not known yet, so PREFER_RACK works as SEQUENCE.
        attempt: 0 for the first try; each retry moves on to the next replica.
        write: writes begin with the master, whatever the policy, but for RANDOM.
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
        start = attempt
    for step in range(size):
        node = columns[(start + step) % size][pid]
        if node is not None and node.active:
            return node
    return None


def for_reading(replica: Replica, mode: ReadModeSC, *, strong: bool) -> Replica:
    """The policy for a read of a namespace, which strong consistency may narrow."""
    if not strong or mode in {ReadModeSC.ALLOW_REPLICA, ReadModeSC.ALLOW_UNAVAILABLE}:
        return replica
    if mode is ReadModeSC.SESSION:
        return Replica.MASTER
    return Replica.SEQUENCE if replica is Replica.PREFER_RACK else replica
