"""The blocking client's calls on nodes and their data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aerospike_wire import facade
from aerospike_wire.management import nodes as management
from aerospike_wire.proto.commands.info import Info, SetXdrFilter, Truncate
from aerospike_wire.transport.blocking import run

if TYPE_CHECKING:
    import datetime as dt

    from aerospike_wire.expressions import Expression
    from aerospike_wire.facade import ErrorHook, Given
    from aerospike_wire.info import NamespaceInfo, NodeInfo, NodeName, NodeStatistics, SetInfo
    from aerospike_wire.policy import InfoPolicy


class Nodes(facade.Facade):
    """Calls on nodes and their data."""

    __slots__ = ()

    def truncate(
        self,
        namespace: str,
        set: str | None,
        nanos: int | dt.datetime = 0,
        policy: Given[InfoPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Delete all records of a set or namespace that were last written before a time (protocol section 9.5).

        Servers accept sets and namespaces that do not exist.

        Args:
            namespace: the namespace.
            set: the set, None for the whole namespace; servers refuse an empty name.
            nanos: nanoseconds since 1970, or a datetime with a time zone; 0 for now.
            policy: InfoPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            InvalidRequest: the time is still to come, or the name of the set is empty.
            AerospikeError: the call failed in another way.
        """
        run(self._core.execute(Truncate(policy, namespace, set, nanos), error_hook))

    def info_random_node(
        self,
        command: str,
        policy: Given[InfoPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> str:
        """Ask one node, by chance, for information (protocol section 9).

        Args:
            command: the info command; several may stand on a line each.
            policy: InfoPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Returns:
            The answer as the node sent it: command, tab, value, newline.

        Raises:
            AerospikeError: the call failed; which class, and what it carries, the code decides.
        """
        return run(self._core.execute(Info(policy, command), error_hook))

    def info_single_node(
        self,
        command: str,
        host: str | tuple[str, int],
        policy: Given[InfoPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> str:
        """Ask one node for information (protocol section 9).

        Args:
            command: the info command; several may stand on a line each.
            host: the node's name, or the address that this client uses for it: ``host:port`` or a tuple.
            policy: InfoPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Returns:
            The answer as the node sent it: command, tab, value, newline.

        Raises:
            ParamError: the cluster has no such node.
            AerospikeError: the call failed in another way.
        """
        return run(management.single(self._core, command, host, policy, error_hook))

    def info_all(
        self,
        command: str,
        policy: Given[InfoPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> dict[str, tuple[None, str]]:
        """Ask every node for information (protocol section 9).

        If a node fails or answers with an error, that error is raised; it names the node.

        Args:
            command: the info command; several may stand on a line each.
            policy: InfoPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Returns:
            ``(None, value and newline)`` by name of the node, as the official client has it.

        Raises:
            AerospikeError: the call failed; which class, and what it carries, the code decides.
        """
        return run(management.everywhere(self._core, command, policy, error_hook))

    def info_nodes(
        self,
        policy: Given[InfoPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> list[NodeInfo]:
        """The nodes of the cluster and who they are (protocol section 9.2).

        Args:
            policy: InfoPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            AerospikeError: the call failed; which class, and what it carries, the code decides.
        """
        return run(management.nodes(self._core, policy, error_hook))

    def info_namespaces(
        self,
        policy: Given[InfoPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> list[str]:
        """The names of all namespaces (protocol section 9.2).

        Args:
            policy: InfoPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            AerospikeError: the call failed; which class, and what it carries, the code decides.
        """
        return run(management.namespaces(self._core, policy, error_hook))

    def info_namespace(
        self,
        namespace: str,
        policy: Given[InfoPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> NamespaceInfo:
        """What all nodes say of a namespace (protocol section 9.2).

        Args:
            namespace: the namespace.
            policy: InfoPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            NamespaceNotFound: there is no such namespace.
            AerospikeError: the call failed in another way.
        """
        return run(management.namespace(self._core, namespace, policy, error_hook))

    def info_sets(
        self,
        namespace: str | None = None,
        policy: Given[InfoPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> list[SetInfo]:
        """What all nodes say of the sets of a namespace (protocol section 9.2).

        Servers remember sets that have no record left.

        Args:
            namespace: the namespace, None for all.
            policy: InfoPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            NamespaceNotFound: there is no such namespace.
            AerospikeError: the call failed in another way.
        """
        return run(management.sets(self._core, namespace, policy, error_hook))

    def info_bins(
        self,
        namespace: str,
        policy: Given[InfoPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> list[str]:
        """The names of the bins of a namespace (protocol section 9.2).

        Only servers before 7.0 keep them.

        Args:
            namespace: the namespace.
            policy: InfoPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            InvalidRequest: the server is newer.
            NamespaceNotFound: there is no such namespace.
            AerospikeError: the call failed in another way.
        """
        return run(management.bins(self._core, namespace, policy, error_hook))

    def info_statistics(
        self,
        policy: Given[InfoPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> list[NodeStatistics]:
        """Each node's own numbers (protocol section 9.2).

        Args:
            policy: InfoPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            AerospikeError: the call failed; which class, and what it carries, the code decides.
        """
        return run(management.statistics(self._core, policy, error_hook))

    def get_nodes(
        self,
        policy: Given[InfoPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> list[tuple[str, int]]:
        """The addresses of the nodes that this client uses.

        Asks nothing of them, but connects first if that was not done.

        Args:
            policy: InfoPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Returns:
            Host and port of each node.

        Raises:
            AerospikeError: the call failed; which class, and what it carries, the code decides.
        """
        found = run(management.addresses(self._core, policy, error_hook, "get_nodes"))
        return [(host, port) for _, host, port in found]

    def get_node_names(
        self,
        policy: Given[InfoPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> list[NodeName]:
        """The names and addresses of the nodes that this client uses.

        Asks nothing of them, but connects first if that was not done.

        Args:
            policy: InfoPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            AerospikeError: the call failed; which class, and what it carries, the code decides.
        """
        found = run(management.addresses(self._core, policy, error_hook, "get_node_names"))
        return [{"address": host, "port": port, "node_name": name} for name, host, port in found]

    def set_xdr_filter(
        self,
        data_center: str,
        namespace: str,
        expression_filter: Expression | bytes | None,
        policy: Given[InfoPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> str:
        """Say which records a datacenter gets of a namespace; Enterprise servers only.

        Args:
            data_center: name of the datacenter.
            namespace: the namespace.
            expression_filter: the expression, or a compiled one; None for all records.
            policy: InfoPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Returns:
            The answer as the node sent it: command, tab, value, newline.

        Raises:
            EnterpriseOnly: the server is a Community one.
            AerospikeError: the call failed in another way.
        """
        command = SetXdrFilter(policy, data_center, namespace, expression_filter)
        return run(self._core.execute(command, error_hook))
