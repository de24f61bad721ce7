"""Which node gets a request (protocol section 11.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from aerospike_wire.cluster.replicas import choose, for_reading
from aerospike_wire.errors import ResultCode
from aerospike_wire.policy import ReadModeSC, Replica
from aerospike_wire.proto.commands.record import RecordCommand
from aerospike_wire.proto.keys import partition_id
from aerospike_wire.trouble import Trouble

if TYPE_CHECKING:
    from collections.abc import Callable

    from aerospike_wire.cluster.cluster import Cluster
    from aerospike_wire.cluster.node import Node
    from aerospike_wire.policy import Policy
    from aerospike_wire.proto.commands.base import Command
    from aerospike_wire.retries import Course

_SEQUENCE: Final = Replica.SEQUENCE


class Router:
    """Finds nodes in the map of a cluster, and asks their circuit breakers."""

    __slots__ = ("_cluster", "_now", "_racks", "_tables")

    def __init__(self, cluster: Cluster, now: Callable[[], float], racks: tuple[int, ...] = ()) -> None:
        self._cluster = cluster
        self._now = now
        self._racks = racks
        self._tables = cluster.partitions.tables

    def route(self, command: Command[Any], policy: Policy, course: Course | None) -> Node:
        """The node for a command.

        Args:
            command: the command.
            policy: its policy.
            course: what became of the tries before, None for the first.

        Raises:
            Trouble: there is none, or its breaker is open.
        """
        if not isinstance(command, RecordCommand):
            return self._route_elsewhere(command, course)
        digest = command.digest
        if course is None and policy.replica is _SEQUENCE:  # type: ignore[attr-defined]  # record commands have one
            # What nearly always happens, without the calls that decide everything else.
            table = self._tables.get(command.place.namespace)
            if table is not None and not table.strong:
                node: Node | None = table.columns[0][(digest[0] | digest[1] << 8) & 0x0FFF]
                if node is not None and node.active and not node.breaker.count:
                    return node
        step, failed = (0, None) if course is None else (course.step, course.failed)
        found = self.node_of_partition(
            command.place.namespace, partition_id(digest), policy, step, write=command.write, failed=failed
        )
        self.check_breaker(found)
        return found

    def _route_elsewhere(self, command: Command[Any], course: Course | None) -> Node:
        """The node for a command that is not about one record."""
        target = command.target()
        if target is None:
            found = self._cluster.any_node(None if course is None else course.failed)
        else:
            found = self._cluster.find(target)
            if found is None and self._cluster.nodes:
                raise Trouble(ResultCode.INVALID_NODE, f"the cluster has no node {target!r}", final=True)
        if found is None:
            raise Trouble(ResultCode.CLUSTER, f"no node of the cluster is connected{self._cluster.why_empty}")
        self.check_breaker(found)
        return found

    def has_choice(self, command: Command[Any], policy: Policy, failed: Node | None) -> bool:
        """True if another node than the one that failed may get the command."""
        if not isinstance(command, RecordCommand):
            return command.target() is None and len(self._cluster.active()) > 1
        table = self._tables.get(command.key.namespace)
        if table is None or getattr(policy, "replica", _SEQUENCE) is Replica.MASTER:
            return False
        pid = partition_id(command.key.digest or b"")
        nodes = (column[pid] for column in table.columns)
        return any(node is not None and node.active and node is not failed for node in nodes)

    def check_breaker(self, node: Node) -> None:
        """Refuse a node that had too many errors.

        Raises:
            Trouble: it had.
        """
        breaker = node.breaker
        if breaker.is_open(self._now()):
            errors = f"{breaker.count} errors within {breaker.window:.1f} s"
            words = f"node {node.name} had {errors}, the limit is {breaker.limit}"
            raise Trouble(ResultCode.MAX_ERROR_RATE, words, node=node, breaker=breaker)

    def node_of_partition(
        self,
        namespace: str,
        pid: int,
        policy: Policy,
        step: int,
        *,
        write: bool,
        failed: Node | None = None,
    ) -> Node:
        """The node of a partition.

        Args:
            namespace: the namespace.
            pid: the partition.
            policy: whose ``replica`` and ``read_mode_sc`` decide.
            step: how many replicas to go on from the first.
            write: whether the command can change data.
            failed: the node to avoid while there is another.

        Raises:
            Trouble: no node has the namespace, or none is active for the partition.
        """
        cluster = self._cluster
        table = self._tables.get(namespace)
        if table is None:
            if not cluster.nodes:
                raise Trouble(ResultCode.CLUSTER, f"no node of the cluster is connected{cluster.why_empty}")
            if not self._tables:  # a cluster that is being joined again; every node has some namespace
                raise Trouble(ResultCode.CLUSTER, "no node has told its partitions yet")
            raise Trouble(ResultCode.NAMESPACE_NOT_FOUND, f"no node has a namespace {namespace!r}", final=True)
        replica: Replica = getattr(policy, "replica", Replica.SEQUENCE)
        if not write and table.strong:
            replica = for_reading(replica, getattr(policy, "read_mode_sc", ReadModeSC.SESSION), strong=True)
        node = choose(
            table.columns, pid, replica, step, write=write, failed=failed, namespace=namespace, racks=self._racks
        )
        if node is None:
            if cluster.closed:  # by another thread or task, after the call had begun
                raise Trouble(ResultCode.CLUSTER, "the client is closed", final=True)
            words = f"no active node is known for partition {pid} of {namespace!r}{cluster.why_empty}"
            raise Trouble(ResultCode.INVALID_NODE, words)
        return node
