"""The blocking client: signatures and documentation; what happens is in :mod:`aerospike_wire.core`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aerospike_wire import facade, fanout
from aerospike_wire.facade import MISSING, ErrorHook, Given, KeyLike, Meta
from aerospike_wire.proto.commands.admin import DropUser
from aerospike_wire.proto.commands.batch import BatchRead
from aerospike_wire.proto.commands.batch_rows import BatchApply, BatchOperate, BatchRemove, BatchWrite
from aerospike_wire.proto.commands.info import IndexCreate, IndexRemove, Info, Truncate, UdfPut, UdfRemove
from aerospike_wire.proto.commands.operate import Operate, OperateOrdered
from aerospike_wire.proto.commands.record import (
    Append,
    ExistsCommand,
    Get,
    Increment,
    Prepend,
    Put,
    Remove,
    RemoveBin,
    Select,
    Touch,
)
from aerospike_wire.proto.commands.udf import Apply
from aerospike_wire.transport.blocking import BlockingRuntime, run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import PurePath
    from types import TracebackType
    from typing import Self

    from aerospike_wire.batch import Apply as ApplyRow
    from aerospike_wire.batch import BatchResult, Read, Write
    from aerospike_wire.batch import Remove as RemoveRow
    from aerospike_wire.operations import Operation
    from aerospike_wire.policy import (
        AdminPolicy,
        ApplyPolicy,
        BatchPolicy,
        InfoPolicy,
        OperatePolicy,
        QueryPolicy,
        ReadPolicy,
        RemovePolicy,
        WritePolicy,
    )
    from aerospike_wire.types import Key, OrderedRecord, Record


class Client(facade.Facade):
    """A client for blocking code.

    Any number of threads may share it. There is no event loop and no thread behind it.

    The first call connects, or :meth:`connect`, or entering the context.

    Args:
        hosts: where to begin: ``"host:port"``, several of these joined by commas, a list
            of them or of ``(host, port[, tls_name])``, or the official client's
            configuration dict with ``hosts``, ``policies``, ``user``, ``password`` ...
        error_hooks: functions or mappings that may replace errors, applied in order.
        error_detail: ``"full"``, or ``"digest"`` to keep user keys out of errors.
        settings: further settings by their names in the configuration dict.

    Raises:
        ParamError: a setting is unknown or not acceptable. Nothing is connected yet.
    """

    __slots__ = ()

    def __init__(
        self,
        hosts: str | Sequence[Any] | Mapping[str, Any],
        *,
        error_hooks: Sequence[ErrorHook] = (),
        error_detail: str = "full",
        **settings: Any,
    ) -> None:
        super().__init__(BlockingRuntime(), hosts, error_hooks, error_detail, settings)

    def connect(self) -> Self:
        """Find the cluster, unless that was done before.

        Returns:
            This client.

        Raises:
            AerospikeError: no seed could be used; ``context.seeds`` tells for each which
                step failed, and the cause groups the errors if there are several.
        """
        run(self._core.connect())
        return self

    def close(self) -> None:
        """Close all connections. Calls under way fail; later calls raise ClusterError."""
        run(self._core.close())

    def __enter__(self) -> Self:
        return self.connect()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def with_error_hook(self, error_hook: ErrorHook) -> Self:
        """A client on the same connections whose errors pass through one more hook.

        Args:
            error_hook: a function from Failure to an exception or None, or a mapping from
                result codes or exception classes to exception classes.

        Raises:
            ParamError: it is neither.
        """
        return self._sibling(self._core.sibling(error_hook))

    def query(self, namespace: str, set: str | None = None) -> Query:
        """Begin a query of a set, or of a namespace (protocol section 5).

        Args:
            namespace: the namespace.
            set: the set, None for all records of the namespace.

        Returns:
            A query to be narrowed and run.
        """
        return Query(self._core, namespace, set)

    def get(
        self,
        key: KeyLike,
        policy: Given[ReadPolicy] = None,
        *,
        default: Any = MISSING,
        error_hook: ErrorHook | None = None,
    ) -> Any:
        """Read a record with all its bins (protocol section 2.8).

        Args:
            key: ``(namespace, set, user_key[, digest])`` or a Key.
            default: what to return if no record has the key, instead of raising RecordNotFound.
            policy: ReadPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Returns:
            A Record ``(key, meta, bins)``, or ``default``.

        Raises:
            RecordNotFound: no record has the key, and no default was given.
            AerospikeError: the call failed in another way.
        """
        return run(self._core.execute(Get(key, policy, default), error_hook))

    def select(
        self,
        key: KeyLike,
        bins: Sequence[str],
        policy: Given[ReadPolicy] = None,
        *,
        default: Any = MISSING,
        error_hook: ErrorHook | None = None,
    ) -> Any:
        """Read some bins of a record (protocol section 2.8).

        Args:
            key: ``(namespace, set, user_key[, digest])`` or a Key.
            bins: names of the bins; those that the record does not have are left out.
            default: what to return if no record has the key, instead of raising RecordNotFound.
            policy: ReadPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Returns:
            A Record ``(key, meta, bins)``, or ``default``.

        Raises:
            RecordNotFound: no record has the key, and no default was given.
            AerospikeError: the call failed in another way.
        """
        return run(self._core.execute(Select(key, policy, default, bins), error_hook))

    def exists(
        self,
        key: KeyLike,
        policy: Given[ReadPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> tuple[Key, dict[str, int] | None]:
        """Look whether a record is there (protocol section 2.8).

        Args:
            key: ``(namespace, set, user_key[, digest])`` or a Key.
            policy: ReadPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Returns:
            ``(key, meta)``; ``meta`` is None if no record has the key.

        Raises:
            AerospikeError: the call failed; which class, and what it carries, the code decides.
        """
        return run(self._core.execute(ExistsCommand(key, policy), error_hook))

    def put(
        self,
        key: KeyLike,
        bins: Mapping[str, Any],
        meta: Meta | None = None,
        policy: Given[WritePolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Write bins; other bins of the record stay (protocol section 2.8).

        Args:
            key: ``(namespace, set, user_key[, digest])`` or a Key.
            bins: names and values; None deletes a bin.
            meta: ``{"gen": generation, "ttl": seconds}``; which generations are acceptable the policy says.
            policy: WritePolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            AerospikeError: the call failed; which class, and what it carries, the code decides.
        """
        run(self._core.execute(Put(key, policy, meta, bins), error_hook))

    def remove(
        self,
        key: KeyLike,
        meta: Meta | None = None,
        policy: Given[RemovePolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Delete a record (protocol section 2.8).

        Args:
            key: ``(namespace, set, user_key[, digest])`` or a Key.
            meta: ``{"gen": generation, "ttl": seconds}``; which generations are acceptable the policy says.
            policy: RemovePolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            RecordNotFound: no record has the key.
            AerospikeError: the call failed in another way.
        """
        run(self._core.execute(Remove(key, policy, meta), error_hook))

    def touch(
        self,
        key: KeyLike,
        val: int = 0,
        meta: Meta | None = None,
        policy: Given[WritePolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Renew a record's time to live (protocol section 2.8).

        Args:
            key: ``(namespace, set, user_key[, digest])`` or a Key.
            val: seconds; 0 as the policy says.
            meta: ``{"gen": generation, "ttl": seconds}``; which generations are acceptable the policy says.
            policy: WritePolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            RecordNotFound: no record has the key.
            AerospikeError: the call failed in another way.
        """
        run(self._core.execute(Touch(key, policy, meta, val), error_hook))

    def append(
        self,
        key: KeyLike,
        bin: str,
        val: str | bytes | bytearray,
        meta: Meta | None = None,
        policy: Given[WritePolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Add to the end of a string or blob (protocol section 2.6).

        Args:
            key: ``(namespace, set, user_key[, digest])`` or a Key.
            bin: name of the bin; created if it is missing.
            val: what to add.
            meta: ``{"gen": generation, "ttl": seconds}``; which generations are acceptable the policy says.
            policy: WritePolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            AerospikeError: the call failed; which class, and what it carries, the code decides.
        """
        run(self._core.execute(Append(key, policy, meta, bin, val), error_hook))

    def prepend(
        self,
        key: KeyLike,
        bin: str,
        val: str | bytes | bytearray,
        meta: Meta | None = None,
        policy: Given[WritePolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Add to the beginning of a string or blob (protocol section 2.6).

        Args:
            key: ``(namespace, set, user_key[, digest])`` or a Key.
            bin: name of the bin; created if it is missing.
            val: what to add.
            meta: ``{"gen": generation, "ttl": seconds}``; which generations are acceptable the policy says.
            policy: WritePolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            AerospikeError: the call failed; which class, and what it carries, the code decides.
        """
        run(self._core.execute(Prepend(key, policy, meta, bin, val), error_hook))

    def increment(
        self,
        key: KeyLike,
        bin: str,
        offset: float,
        meta: Meta | None = None,
        policy: Given[WritePolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Add to a number (protocol section 2.6). Integers wrap at 64 bits.

        Args:
            key: ``(namespace, set, user_key[, digest])`` or a Key.
            bin: name of the bin; created if it is missing.
            offset: int or float, of the kind that the bin holds.
            meta: ``{"gen": generation, "ttl": seconds}``; which generations are acceptable the policy says.
            policy: WritePolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            AerospikeError: the call failed; which class, and what it carries, the code decides.
        """
        run(self._core.execute(Increment(key, policy, meta, bin, offset), error_hook))

    def remove_bin(
        self,
        key: KeyLike,
        list: Sequence[str],
        meta: Meta | None = None,
        policy: Given[WritePolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Delete bins; a record without bins is deleted too (protocol section 2.6).

        Args:
            key: ``(namespace, set, user_key[, digest])`` or a Key.
            list: names of the bins.
            meta: ``{"gen": generation, "ttl": seconds}``; which generations are acceptable the policy says.
            policy: WritePolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            AerospikeError: the call failed; which class, and what it carries, the code decides.
        """
        run(self._core.execute(RemoveBin(key, policy, meta, list), error_hook))

    def operate(
        self,
        key: KeyLike,
        list: Sequence[Operation],
        meta: Meta | None = None,
        policy: Given[OperatePolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> Record:
        """Carry out several operations on a record, in order, all or none (protocol section 2.8).

        Args:
            key: ``(namespace, set, user_key[, digest])`` or a Key.
            list: operations made by aerospike_wire.operations.
            meta: ``{"gen": generation, "ttl": seconds}``; which generations are acceptable the policy says.
            policy: OperatePolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Returns:
            A Record with the values that were read; of several values of one bin the last counts.

        Raises:
            AerospikeError: the call failed; which class, and what it carries, the code decides.
        """
        return run(self._core.execute(Operate(key, policy, list, meta), error_hook))

    def operate_ordered(
        self,
        key: KeyLike,
        list: Sequence[Operation],
        meta: Meta | None = None,
        policy: Given[OperatePolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> OrderedRecord:
        """Carry out several operations on a record, and keep their results in order (protocol section 2.8).

        Args:
            key: ``(namespace, set, user_key[, digest])`` or a Key.
            list: operations made by aerospike_wire.operations.
            meta: ``{"gen": generation, "ttl": seconds}``; which generations are acceptable the policy says.
            policy: OperatePolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Returns:
            An OrderedRecord: its ``bins`` is a list of names and values, in the order of the operations.

        Raises:
            AerospikeError: the call failed; which class, and what it carries, the code decides.
        """
        return run(self._core.execute(OperateOrdered(key, policy, list, meta), error_hook))

    def batch_read(
        self,
        keys: Sequence[KeyLike],
        bins: Sequence[str] | None = None,
        policy: Given[BatchPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> BatchResult:
        """Read many records, from all nodes at once (protocol section 4).

        Args:
            keys: the keys.
            bins: names of the bins to read; None for all, an empty list for none but the meta data.
            policy: BatchPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Returns:
            One row for each key, in order; a missing record is a row with code 2, not an exception.

        Raises:
            AerospikeError: a node refused the batch as a whole, or an argument is wrong.
        """
        return run(fanout.batch(self._core, BatchRead(keys, bins, policy=policy), error_hook))

    def batch_write(
        self,
        batch_records: Sequence[Read | Write | RemoveRow | ApplyRow],
        policy_batch: Given[BatchPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> BatchResult:
        """Carry out rows that each do something of their own, on all nodes at once (protocol section 4).

        Args:
            batch_records: rows made by :mod:`aerospike_wire.batch`: Read, Write, Remove, Apply.
            policy_batch: BatchPolicy for the batch as a whole, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Returns:
            One row for each row, in order, with its own result, record, in_doubt and error.

        Raises:
            AerospikeError: a node refused the batch as a whole, or an argument is wrong.
        """
        return run(fanout.batch(self._core, BatchWrite(batch_records, policy=policy_batch), error_hook))

    def batch_operate(
        self,
        keys: Sequence[KeyLike],
        ops: Sequence[Operation],
        policy_batch: Given[BatchPolicy] = None,
        policy_batch_write: Given[WritePolicy] = None,
        ttl: int | None = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> BatchResult:
        """Carry out the same operations on many records, on all nodes at once (protocol section 4).

        Args:
            keys: the keys.
            ops: operations made by aerospike_wire.operations.
            policy_batch: BatchPolicy for the batch as a whole, or a dict with its names.
            policy_batch_write: WritePolicy for the rows, if the operations write; or a dict with its names.
            ttl: seconds, if the operations write; None as the policy says.
            error_hook: one more hook or mapping for errors, for this call.

        Returns:
            One row for each key, in order, with its own result, record, in_doubt and error.

        Raises:
            AerospikeError: a node refused the batch as a whole, or an argument is wrong.
        """
        return run(
            fanout.batch(self._core, BatchOperate(keys, ops, policy_batch_write, ttl, policy=policy_batch), error_hook)
        )

    def batch_apply(
        self,
        keys: Sequence[KeyLike],
        module: str,
        function: str,
        args: Sequence[Any] = (),
        policy_batch: Given[BatchPolicy] = None,
        policy_batch_apply: Given[ApplyPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> BatchResult:
        """Apply a Lua function to many records, on all nodes at once (protocol section 4).

        Args:
            keys: the keys.
            module: name of the module, without ``.lua``.
            function: name of the function.
            args: its arguments after the record.
            policy_batch: BatchPolicy for the batch as a whole, or a dict with its names.
            policy_batch_apply: ApplyPolicy for the rows, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Returns:
            One row for each key, in order, with its own result, record, in_doubt and error.

        Raises:
            AerospikeError: a node refused the batch as a whole, or an argument is wrong.
        """
        return run(
            fanout.batch(
                self._core,
                BatchApply(keys, module, function, args, policy_batch_apply, policy=policy_batch),
                error_hook,
            )
        )

    def batch_remove(
        self,
        keys: Sequence[KeyLike],
        policy_batch: Given[BatchPolicy] = None,
        policy_batch_remove: Given[RemovePolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> BatchResult:
        """Delete many records, on all nodes at once (protocol section 4).

        Args:
            keys: the keys.
            policy_batch: BatchPolicy for the batch as a whole, or a dict with its names.
            policy_batch_remove: RemovePolicy for the rows, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Returns:
            One row for each key, in order, with its own result, record, in_doubt and error.

        Raises:
            AerospikeError: a node refused the batch as a whole, or an argument is wrong.
        """
        return run(fanout.batch(self._core, BatchRemove(keys, policy_batch_remove, policy=policy_batch), error_hook))

    def apply(
        self,
        key: KeyLike,
        module: str,
        function: str,
        args: Sequence[Any] = (),
        policy: Given[ApplyPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> Any:
        """Apply a Lua function to a record (protocol section 2.8).

        Args:
            key: ``(namespace, set, user_key[, digest])`` or a Key.
            module: name of the module, without ``.lua``.
            function: name of the function.
            args: its arguments after the record.
            policy: ApplyPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Returns:
            What the function returned.

        Raises:
            UDFError: the function failed or could not be run.
            AerospikeError: the call failed in another way.
        """
        return run(self._core.execute(Apply(key, policy, module, function, args), error_hook))

    def index_string_create(
        self,
        ns: str,
        set: str | None,
        bin: str,
        name: str,
        policy: Given[InfoPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Create a secondary index on the strings of a bin (protocol section 9.3).

        Servers accept an index that exists with the same definition; it is built in the background.

        Args:
            ns: the namespace.
            set: the set, None for records without one.
            bin: the bin.
            name: name of the index.
            policy: InfoPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            IndexFoundError: the name is taken by another definition.
            AerospikeError: the call failed in another way.
        """
        run(self._core.execute(IndexCreate(policy, ns, set, bin, 0, name, "index_string_create"), error_hook))

    def index_integer_create(
        self,
        ns: str,
        set: str | None,
        bin: str,
        name: str,
        policy: Given[InfoPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Create a secondary index on the integers of a bin (protocol section 9.3).

        Servers accept an index that exists with the same definition; it is built in the background.

        Args:
            ns: the namespace.
            set: the set, None for records without one.
            bin: the bin.
            name: name of the index.
            policy: InfoPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            IndexFoundError: the name is taken by another definition.
            AerospikeError: the call failed in another way.
        """
        run(self._core.execute(IndexCreate(policy, ns, set, bin, 4, name, "index_integer_create"), error_hook))

    def index_geo2dsphere_create(
        self,
        ns: str,
        set: str | None,
        bin: str,
        name: str,
        policy: Given[InfoPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Create a secondary index on the GeoJSON of a bin (protocol section 9.3).

        Servers accept an index that exists with the same definition; it is built in the background.

        Args:
            ns: the namespace.
            set: the set, None for records without one.
            bin: the bin.
            name: name of the index.
            policy: InfoPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            IndexFoundError: the name is taken by another definition.
            AerospikeError: the call failed in another way.
        """
        run(self._core.execute(IndexCreate(policy, ns, set, bin, 2, name, "index_geo2dsphere_create"), error_hook))

    def index_blob_create(
        self,
        ns: str,
        set: str | None,
        bin: str,
        name: str,
        policy: Given[InfoPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Create a secondary index on the blobs of a bin (protocol section 9.3).

        Servers accept an index that exists with the same definition; it is built in the background.

        Args:
            ns: the namespace.
            set: the set, None for records without one.
            bin: the bin.
            name: name of the index.
            policy: InfoPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            IndexFoundError: the name is taken by another definition.
            AerospikeError: the call failed in another way.
        """
        run(self._core.execute(IndexCreate(policy, ns, set, bin, 3, name, "index_blob_create"), error_hook))

    def index_single_value_create(
        self,
        ns: str,
        set: str | None,
        bin: str,
        index_datatype: int,
        name: str,
        policy: Given[InfoPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Create a secondary index on the values of a bin (protocol section 9.3).

        Servers accept an index that exists with the same definition; it is built in the background.

        Args:
            ns: the namespace.
            set: the set, None for records without one.
            bin: the bin.
            index_datatype: 0 string, 2 GeoJSON, 3 blob, 4 integer.
            name: name of the index.
            policy: InfoPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            IndexFoundError: the name is taken by another definition.
            AerospikeError: the call failed in another way.
        """
        run(self._core.execute(IndexCreate(policy, ns, set, bin, index_datatype, name), error_hook))

    def index_remove(
        self,
        ns: str,
        name: str,
        policy: Given[InfoPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Remove a secondary index; servers accept one that does not exist (protocol section 9.3).

        Args:
            ns: the namespace.
            name: name of the index.
            policy: InfoPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            AerospikeError: the call failed; which class, and what it carries, the code decides.
        """
        run(self._core.execute(IndexRemove(policy, ns, name), error_hook))

    def udf_put(
        self,
        filename: str | PurePath,
        udf_type: int = 0,
        policy: Given[InfoPolicy] = None,
        *,
        source: str | bytes | None = None,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Register a Lua module (protocol section 9.4).

        Args:
            filename: path of the file; its last part names the module.
            udf_type: 0, Lua; servers know no other.
            source: the Lua text, to register it without reading a file.
            policy: InfoPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            LuaFileNotFound: the file cannot be read.
            UDFError: the server does not accept the module, for instance because it does not compile.
            AerospikeError: the call failed in another way.
        """
        run(self._core.execute(UdfPut(policy, filename, source), error_hook))

    def udf_remove(
        self,
        module: str,
        policy: Given[InfoPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Remove a Lua module; servers accept one that does not exist (protocol section 9.4).

        Args:
            module: its file name, with ``.lua``.
            policy: InfoPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            AerospikeError: the call failed; which class, and what it carries, the code decides.
        """
        run(self._core.execute(UdfRemove(policy, module), error_hook))

    def truncate(
        self,
        namespace: str,
        set: str | None,
        nanos: int = 0,
        policy: Given[InfoPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Delete all records of a set or namespace that were last written before a time (protocol section 9.5).

        Args:
            namespace: the namespace.
            set: the set, None for the whole namespace.
            nanos: nanoseconds since 1970, 0 for now.
            policy: InfoPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            AerospikeError: the call failed; which class, and what it carries, the code decides.
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
            command: the info command.
            policy: InfoPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Returns:
            The answer as the node sent it: command, tab, value, newline.

        Raises:
            AerospikeError: the call failed; which class, and what it carries, the code decides.
        """
        return run(self._core.execute(Info(policy, command), error_hook))

    def admin_create_user(
        self,
        username: str,
        password: str,
        roles: Sequence[str] = (),
        policy: Given[AdminPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Create a user (protocol section 8.2).

        Args:
            username: at most 63 bytes.
            password: only its bcrypt text is sent.
            roles: names of the roles to give the user.
            policy: AdminPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            UserExistsError: there is such a user.
            AerospikeError: the call failed in another way.
        """
        run(facade.create_user(self._core, username, password, roles, policy, error_hook))

    def admin_drop_user(
        self,
        username: str,
        policy: Given[AdminPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Delete a user (protocol section 8.2).

        Args:
            username: the user.
            policy: AdminPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            InvalidUser: there is no such user.
            AerospikeError: the call failed in another way.
        """
        run(self._core.execute(DropUser(username, policy), error_hook))


class Query(facade.QueryBase):
    """A query or scan that has not been run yet. Its methods but for the last return it again."""

    __slots__ = ()

    def results(self, policy: Given[QueryPolicy] = None, *, error_hook: ErrorHook | None = None) -> list[Record]:
        """Run the query and collect all records, in no particular order.

        Args:
            policy: QueryPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            IndexNotFound: there is no index for the predicate.
            AerospikeError: the query failed in another way.
        """
        return run(fanout.query(self._core, self._command(policy), error_hook))
