"""A node's place in its cluster, as the node's handlers see it.

A node of its own is a cluster of one: it has all partitions, and every request is its own.
Nodes of an :class:`~aerospike_wire.embedded.EmbeddedCluster` have a place that knows better.
"""

from __future__ import annotations

import asyncio
import functools
import hashlib
from typing import TYPE_CHECKING, Final, Generic, TypeVar

import attrs

from aerospike_wire.embedded import records, single, turns
from aerospike_wire.embedded.modules import Unfinished
from aerospike_wire.errors.codes import ResultCode
from aerospike_wire.proto.keys import PARTITIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from aerospike_wire.embedded.node import Node
    from aerospike_wire.proto.message import Message

T_co = TypeVar("T_co", covariant=True)
S = TypeVar("S")

ALL_PARTITIONS: Final = b"\xff" * (PARTITIONS // 8)
NO_PARTITIONS: Final = bytes(PARTITIONS // 8)

DEFAULT_TIMEOUT: Final = 1.0
"""Seconds after which a node gives up a request that came without a time limit."""


@attrs.frozen
class Pending(Generic[T_co]):
    """A reply that has to wait: for another node of the cluster, or for a function to end."""

    retry: Callable[[], T_co | Pending[T_co]]
    """Looks whether the wait is over. If it is not, what comes back is what is to be waited for from now on."""
    expired: Callable[[], T_co]
    """The reply once the time is up."""
    seconds: float
    """The time."""
    subscribe: Callable[[Callable[[], None]], Callable[[], object]]
    """Takes what is to be called when it is worth to look; returns what ends that."""

    def then(self, function: Callable[[T_co], S]) -> Pending[S]:
        """The same with something done to the reply, whichever it will be."""

        def retry() -> S | Pending[S]:
            found = self.retry()
            return found.then(function) if isinstance(found, Pending) else function(found)

        return Pending(retry, lambda: function(self.expired()), self.seconds, self.subscribe)


def later(unfinished: Unfinished, again: Callable[[], S | Pending[S]], expired: Callable[[], S]) -> Pending[S]:
    """What a request waits for whose function goes on in a thread.

    Args:
        unfinished: what it raised.
        again: does the same once more.
        expired: its reply if the function does not end, or never gets a thread.
    """
    end = turns.Until(unfinished.future)
    return Pending(again, expired, unfinished.seconds, lambda look: turns.arm(asyncio.get_running_loop(), end, look))


@attrs.frozen
class Neighbour:
    """Another node of the cluster."""

    name: str
    node: Node | None
    """None for one that has left."""
    address: tuple[str, int]
    """Where it is or was."""
    since: int
    """The peers generation with which it came or left."""


class Place:
    """The place of a node that is a cluster of its own."""

    partition_generation = 0
    """-1 as long as the node has not joined its cluster."""
    peers_generation = 0
    rebalance_generation = 1
    generation = 1
    """How many clusters the node has been a member of."""
    rack = 0

    def __init__(self, node: Node) -> None:
        self.node = node

    # For info commands

    @property
    def racks(self) -> Mapping[int, Sequence[str]]:
        """The members by rack; empty if racks are not in use."""
        return {}

    @property
    def members(self) -> Sequence[str]:
        """The names of all members, in descending order; empty before the node has joined."""
        return (self.node.name,)

    @property
    def key(self) -> str:
        """The key of the cluster: another for each set of members."""
        return key_of(self.members)

    def neighbours(self) -> Sequence[Neighbour]:
        """Every other node that is or was in the cluster."""
        return ()

    def copies(self, namespace: str) -> int:
        """The replication factor that the cluster has nodes for."""
        del namespace
        return 1

    def moving(self, namespace: str | None = None) -> int:
        """Partitions that are still to be moved, in one namespace or in all."""
        del namespace
        return 0

    def maps(self, namespace: str) -> Sequence[bytes]:
        """The node's partition maps: bitmaps, the master's first (protocol section 3.3)."""
        del namespace
        return (ALL_PARTITIONS,)

    # For requests

    def refusal(self) -> int:
        """The code with which every data request is refused: 11 before the node has joined; else 0."""
        return 0

    def single(self, message: Message, *, digest: bytes | None = None, row: bool = False) -> bytes | Pending[bytes]:
        """Answer a command on one record, on whichever node has it.

        Args:
            message: the request.
            digest: which record, if the message has no field for it, as rows of a batch.
            row: whether the message is a row of a batch.

        Returns:
            The body of the reply, or what has to be waited for.
        """
        try:
            return single.handle(self.node, message, digest=digest, row=row)
        except Unfinished as unfinished:
            again = functools.partial(self.single, message, digest=digest, row=row)
            return later(unfinished, again, functools.partial(records.reply, ResultCode.TIMEOUT))

    def serves(self, namespace: str, pid: int) -> bool:
        """True if a query may read the partition here."""
        del namespace, pid
        return True

    def leads(self, namespace: str, pid: int) -> bool:
        """True if writes of the partition are done here, as a background job's."""
        del namespace, pid
        return True

    def everywhere(self) -> Iterable[Node]:
        """The nodes that a change of the cluster's metadata has to be made on, this one first."""
        return (self.node,)


def key_of(members: Iterable[str]) -> str:
    """A cluster key: at most twelve hexadecimal digits that only depend on the members."""
    return hashlib.sha256(",".join(members).encode()).hexdigest()[:12].upper().lstrip("0") or "1"
