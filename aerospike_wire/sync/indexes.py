"""The blocking client's calls on secondary indexes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aerospike_wire import facade
from aerospike_wire.management import indexes as management
from aerospike_wire.proto.commands.indexes import IndexCreate, IndexExists, IndexList, IndexRemove, SetIndexCreate
from aerospike_wire.transport.blocking import run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aerospike_wire.expressions import Expression
    from aerospike_wire.facade import ErrorHook, Given
    from aerospike_wire.info import IndexInfo, IndexStatistics
    from aerospike_wire.operations import Context
    from aerospike_wire.policy import InfoPolicy


class Indexes(facade.Facade):
    """Calls on secondary indexes.

    Creating one waits until every node can use it, unless told otherwise. Servers say yes to
    the creation of what exists and to the removal of what does not; with ``strict=True`` these
    calls ask first, and fail as their names suggest.
    """

    __slots__ = ()

    def index_string_create(
        self,
        ns: str,
        set: str | None,
        bin: str,
        name: str,
        policy: Given[InfoPolicy] = None,
        *,
        wait: bool = True,
        strict: bool = False,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Create a secondary index on the strings of a bin (protocol section 9.3).

        To create what exists is no error to servers, and the same definition under another name
        renames the index.

        Args:
            ns: the namespace.
            set: the set, None for an index over all sets.
            bin: the bin.
            name: name of the index.
            policy: InfoPolicy, or a dict with its names.
            wait: return once every node has built the index; False returns once it is being built.
            strict: fail if an index of this name or definition exists, which servers accept.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            IndexFoundError: the name is taken by another definition, or ``strict`` and there is such an index.
            TimeoutError: the deadline around the call passed; the index is built all the same.
            AerospikeError: the call failed in another way.
        """
        command = IndexCreate(policy, ns, set, name, bin, 0, 0, method="index_string_create")
        run(management.create(self._core, command, error_hook, wait=wait, strict=strict))

    def index_integer_create(
        self,
        ns: str,
        set: str | None,
        bin: str,
        name: str,
        policy: Given[InfoPolicy] = None,
        *,
        wait: bool = True,
        strict: bool = False,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Create a secondary index on the integers of a bin (protocol section 9.3).

        To create what exists is no error to servers, and the same definition under another name
        renames the index.

        Args:
            ns: the namespace.
            set: the set, None for an index over all sets.
            bin: the bin.
            name: name of the index.
            policy: InfoPolicy, or a dict with its names.
            wait: return once every node has built the index; False returns once it is being built.
            strict: fail if an index of this name or definition exists, which servers accept.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            IndexFoundError: the name is taken by another definition, or ``strict`` and there is such an index.
            TimeoutError: the deadline around the call passed; the index is built all the same.
            AerospikeError: the call failed in another way.
        """
        command = IndexCreate(policy, ns, set, name, bin, 4, 0, method="index_integer_create")
        run(management.create(self._core, command, error_hook, wait=wait, strict=strict))

    def index_geo2dsphere_create(
        self,
        ns: str,
        set: str | None,
        bin: str,
        name: str,
        policy: Given[InfoPolicy] = None,
        *,
        wait: bool = True,
        strict: bool = False,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Create a secondary index on the GeoJSON of a bin (protocol section 9.3).

        To create what exists is no error to servers, and the same definition under another name
        renames the index.

        Args:
            ns: the namespace.
            set: the set, None for an index over all sets.
            bin: the bin.
            name: name of the index.
            policy: InfoPolicy, or a dict with its names.
            wait: return once every node has built the index; False returns once it is being built.
            strict: fail if an index of this name or definition exists, which servers accept.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            IndexFoundError: the name is taken by another definition, or ``strict`` and there is such an index.
            TimeoutError: the deadline around the call passed; the index is built all the same.
            AerospikeError: the call failed in another way.
        """
        command = IndexCreate(policy, ns, set, name, bin, 2, 0, method="index_geo2dsphere_create")
        run(management.create(self._core, command, error_hook, wait=wait, strict=strict))

    def index_blob_create(
        self,
        ns: str,
        set: str | None,
        bin: str,
        name: str,
        policy: Given[InfoPolicy] = None,
        *,
        wait: bool = True,
        strict: bool = False,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Create a secondary index on the blobs of a bin (protocol section 9.3).

        To create what exists is no error to servers, and the same definition under another name
        renames the index.

        Args:
            ns: the namespace.
            set: the set, None for an index over all sets.
            bin: the bin.
            name: name of the index.
            policy: InfoPolicy, or a dict with its names.
            wait: return once every node has built the index; False returns once it is being built.
            strict: fail if an index of this name or definition exists, which servers accept.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            IndexFoundError: the name is taken by another definition, or ``strict`` and there is such an index.
            TimeoutError: the deadline around the call passed; the index is built all the same.
            AerospikeError: the call failed in another way.
        """
        command = IndexCreate(policy, ns, set, name, bin, 3, 0, method="index_blob_create")
        run(management.create(self._core, command, error_hook, wait=wait, strict=strict))

    def index_single_value_create(
        self,
        ns: str,
        set: str | None,
        bin: str,
        index_datatype: int | str,
        name: str,
        policy: Given[InfoPolicy] = None,
        ctx: Sequence[Context] | None = None,
        *,
        wait: bool = True,
        strict: bool = False,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Create a secondary index on the values of a bin (protocol section 9.3).

        To create what exists is no error to servers, and the same definition under another name
        renames the index.

        Args:
            ns: the namespace.
            set: the set, None for an index over all sets.
            bin: the bin.
            index_datatype: 0 string, 1 or 4 integer, 2 GeoJSON, 3 blob; or ``"string"``, ``"integer"`` ...
            name: name of the index.
            policy: InfoPolicy, or a dict with its names.
            ctx: where in the bin, as a list of ``cdt_ctx`` steps; None for the bin itself.
            wait: return once every node has built the index; False returns once it is being built.
            strict: fail if an index of this name or definition exists, which servers accept.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            IndexFoundError: the name is taken by another definition, or ``strict`` and there is such an index.
            TimeoutError: the deadline around the call passed; the index is built all the same.
            AerospikeError: the call failed in another way.
        """
        command = IndexCreate(policy, ns, set, name, bin, index_datatype, 0, ctx, method="index_single_value_create")
        run(management.create(self._core, command, error_hook, wait=wait, strict=strict))

    def index_list_create(
        self,
        ns: str,
        set: str | None,
        bin: str,
        index_datatype: int | str,
        name: str,
        policy: Given[InfoPolicy] = None,
        ctx: Sequence[Context] | None = None,
        *,
        wait: bool = True,
        strict: bool = False,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Create a secondary index on the elements of lists (protocol section 9.3).

        To create what exists is no error to servers, and the same definition under another name
        renames the index.

        Args:
            ns: the namespace.
            set: the set, None for an index over all sets.
            bin: the bin.
            index_datatype: 0 string, 1 or 4 integer, 2 GeoJSON, 3 blob; or ``"string"``, ``"integer"`` ...
            name: name of the index.
            policy: InfoPolicy, or a dict with its names.
            ctx: where in the bin, as a list of ``cdt_ctx`` steps; None for the bin itself.
            wait: return once every node has built the index; False returns once it is being built.
            strict: fail if an index of this name or definition exists, which servers accept.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            IndexFoundError: the name is taken by another definition, or ``strict`` and there is such an index.
            TimeoutError: the deadline around the call passed; the index is built all the same.
            AerospikeError: the call failed in another way.
        """
        command = IndexCreate(policy, ns, set, name, bin, index_datatype, 1, ctx, method="index_list_create")
        run(management.create(self._core, command, error_hook, wait=wait, strict=strict))

    def index_map_keys_create(
        self,
        ns: str,
        set: str | None,
        bin: str,
        index_datatype: int | str,
        name: str,
        policy: Given[InfoPolicy] = None,
        ctx: Sequence[Context] | None = None,
        *,
        wait: bool = True,
        strict: bool = False,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Create a secondary index on the keys of maps (protocol section 9.3).

        To create what exists is no error to servers, and the same definition under another name
        renames the index.

        Args:
            ns: the namespace.
            set: the set, None for an index over all sets.
            bin: the bin.
            index_datatype: 0 string, 1 or 4 integer, 2 GeoJSON, 3 blob; or ``"string"``, ``"integer"`` ...
            name: name of the index.
            policy: InfoPolicy, or a dict with its names.
            ctx: where in the bin, as a list of ``cdt_ctx`` steps; None for the bin itself.
            wait: return once every node has built the index; False returns once it is being built.
            strict: fail if an index of this name or definition exists, which servers accept.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            IndexFoundError: the name is taken by another definition, or ``strict`` and there is such an index.
            TimeoutError: the deadline around the call passed; the index is built all the same.
            AerospikeError: the call failed in another way.
        """
        command = IndexCreate(policy, ns, set, name, bin, index_datatype, 2, ctx, method="index_map_keys_create")
        run(management.create(self._core, command, error_hook, wait=wait, strict=strict))

    def index_map_values_create(
        self,
        ns: str,
        set: str | None,
        bin: str,
        index_datatype: int | str,
        name: str,
        policy: Given[InfoPolicy] = None,
        ctx: Sequence[Context] | None = None,
        *,
        wait: bool = True,
        strict: bool = False,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Create a secondary index on the values of maps (protocol section 9.3).

        To create what exists is no error to servers, and the same definition under another name
        renames the index.

        Args:
            ns: the namespace.
            set: the set, None for an index over all sets.
            bin: the bin.
            index_datatype: 0 string, 1 or 4 integer, 2 GeoJSON, 3 blob; or ``"string"``, ``"integer"`` ...
            name: name of the index.
            policy: InfoPolicy, or a dict with its names.
            ctx: where in the bin, as a list of ``cdt_ctx`` steps; None for the bin itself.
            wait: return once every node has built the index; False returns once it is being built.
            strict: fail if an index of this name or definition exists, which servers accept.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            IndexFoundError: the name is taken by another definition, or ``strict`` and there is such an index.
            TimeoutError: the deadline around the call passed; the index is built all the same.
            AerospikeError: the call failed in another way.
        """
        command = IndexCreate(policy, ns, set, name, bin, index_datatype, 3, ctx, method="index_map_values_create")
        run(management.create(self._core, command, error_hook, wait=wait, strict=strict))

    def index_cdt_create(
        self,
        ns: str,
        set: str | None,
        bin: str,
        index_type: int | str,
        index_datatype: int | str,
        name: str,
        ctx: Sequence[Context],
        policy: Given[InfoPolicy] = None,
        *,
        wait: bool = True,
        strict: bool = False,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Create a secondary index on what is inside lists and maps (protocol section 9.3).

        To create what exists is no error to servers, and the same definition under another name
        renames the index.

        Args:
            ns: the namespace.
            set: the set, None for an index over all sets.
            bin: the bin.
            index_type: 0 the value, 1 a list's elements, 2 a map's keys, 3 a map's values; or ``"default"``,
                ``"list"``, ``"mapkeys"``, ``"mapvalues"``.
            index_datatype: 0 string, 1 or 4 integer, 2 GeoJSON, 3 blob; or ``"string"``, ``"integer"`` ...
            name: name of the index.
            ctx: where in the bin, as a list of ``cdt_ctx`` steps.
            policy: InfoPolicy, or a dict with its names.
            wait: return once every node has built the index; False returns once it is being built.
            strict: fail if an index of this name or definition exists, which servers accept.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            IndexFoundError: the name is taken by another definition, or ``strict`` and there is such an index.
            TimeoutError: the deadline around the call passed; the index is built all the same.
            AerospikeError: the call failed in another way.
        """
        command = IndexCreate(policy, ns, set, name, bin, index_datatype, index_type, ctx, method="index_cdt_create")
        run(management.create(self._core, command, error_hook, wait=wait, strict=strict))

    def index_expr_create(
        self,
        ns: str,
        set: str | None,
        index_type: int | str,
        index_datatype: int | str,
        expressions: Expression | bytes,
        name: str,
        policy: Given[InfoPolicy] = None,
        *,
        wait: bool = True,
        strict: bool = False,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Create a secondary index on the value of an expression (protocol section 9.3).

        Servers from 8.1 on have such indexes.

        To create what exists is no error to servers, and the same definition under another name
        renames the index.

        Args:
            ns: the namespace.
            set: the set, None for an index over all sets.
            index_type: 0 the value, 1 a list's elements, 2 a map's keys, 3 a map's values; or ``"default"``,
                ``"list"``, ``"mapkeys"``, ``"mapvalues"``.
            index_datatype: 0 string, 1 or 4 integer, 2 GeoJSON, 3 blob; or ``"string"``, ``"integer"`` ...
            expressions: the expression, or a compiled one.
            name: name of the index.
            policy: InfoPolicy, or a dict with its names.
            wait: return once every node has built the index; False returns once it is being built.
            strict: fail if an index of this name or definition exists, which servers accept.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            IndexFoundError: the name is taken by another definition, or ``strict`` and there is such an index.
            TimeoutError: the deadline around the call passed; the index is built all the same.
            AerospikeError: the call failed in another way.
        """
        command = IndexCreate(
            policy, ns, set, name, None, index_datatype, index_type, None, expressions, method="index_expr_create"
        )
        run(management.create(self._core, command, error_hook, wait=wait, strict=strict))

    def index_set_create(
        self,
        ns: str,
        set: str,
        name: str,
        policy: Given[InfoPolicy] = None,
        *,
        wait: bool = True,
        strict: bool = False,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Create a secondary index of the records of a set (protocol section 9.3).

        Queries of the set then need not look at the rest of the namespace. Servers from 8.1.2 on
        take this call.

        Args:
            ns: the namespace.
            set: the set.
            name: name of the index.
            policy: InfoPolicy, or a dict with its names.
            wait: return once every node has built the index; False returns once it is being built.
            strict: fail if an index of this name or definition exists, which servers accept.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            IndexFoundError: the name is taken by another definition, or ``strict`` and there is such an index.
            TimeoutError: the deadline around the call passed; the index is built all the same.
            AerospikeError: the call failed in another way.
        """
        command = SetIndexCreate(policy, ns, set, name)
        run(management.create(self._core, command, error_hook, wait=wait, strict=strict))

    def index_remove(
        self,
        ns: str,
        name: str,
        policy: Given[InfoPolicy] = None,
        *,
        strict: bool = False,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Remove a secondary index; servers accept one that does not exist (protocol section 9.3).

        Args:
            ns: the namespace.
            name: name of the index.
            policy: InfoPolicy, or a dict with its names.
            strict: fail if there is no such index, which servers accept.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            IndexNotFound: ``strict``, and there is no such index.
            AerospikeError: the call failed in another way.
        """
        command = IndexRemove(policy, ns, None, name)
        run(management.remove(self._core, command, error_hook, strict=strict))

    def index_wait(
        self,
        ns: str,
        name: str,
        policy: Given[InfoPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Wait until queries can use an index on every node.

        A ``with client.deadline(seconds)`` around the call limits the wait.

        Args:
            ns: the namespace.
            name: name of the index.
            policy: InfoPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            IndexNotFound: there is no such index, ten seconds after the call still.
            TimeoutError: the deadline passed.
            AerospikeError: the call failed in another way.
        """
        run(management.wait(self._core, ns, name, policy, error_hook))

    def index_exists(
        self,
        ns: str,
        name: str,
        policy: Given[InfoPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> bool:
        """Whether there is an index of a name (protocol section 9.2).

        Args:
            ns: the namespace.
            name: name of the index.
            policy: InfoPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            NamespaceNotFound: there is no such namespace.
            AerospikeError: the call failed in another way.
        """
        return bool(run(self._core.execute(IndexExists(policy, ns, None, name), error_hook)))

    def index_list(
        self,
        ns: str | None = None,
        policy: Given[InfoPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> list[IndexInfo]:
        """All secondary indexes of a namespace (protocol section 9.2).

        Args:
            ns: the namespace, None for all.
            policy: InfoPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            NamespaceNotFound: there is no such namespace.
            AerospikeError: the call failed in another way.
        """
        return run(self._core.execute(IndexList(policy, ns), error_hook))

    def index_stat(
        self,
        ns: str,
        name: str,
        policy: Given[InfoPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> IndexStatistics:
        """How far an index is built and what it holds, over all nodes (protocol section 9.2).

        Args:
            ns: the namespace.
            name: name of the index.
            policy: InfoPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            IndexNotFound: a node has no such index.
            AerospikeError: the call failed in another way.
        """
        return run(management.stat(self._core, ns, name, policy, error_hook))
