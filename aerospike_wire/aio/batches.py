"""The asyncio client's calls on batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aerospike_wire import facade, fanout
from aerospike_wire.proto.commands.batch import BatchRead
from aerospike_wire.proto.commands.batch_rows import BatchApply, BatchOperate, BatchRemove, BatchWrite

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aerospike_wire.batch import Apply as ApplyRow
    from aerospike_wire.batch import BatchResult, Read, Write
    from aerospike_wire.batch import Remove as RemoveRow
    from aerospike_wire.facade import ErrorHook, Given, KeyLike
    from aerospike_wire.operations import Operation
    from aerospike_wire.policy import (
        ApplyPolicy,
        BatchPolicy,
        RemovePolicy,
        WritePolicy,
    )


class Batches(facade.Facade):
    """Calls on batches."""

    __slots__ = ()

    async def batch_read(
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
            AerospikeError: every node refused its part of the batch as a whole, or an argument is wrong.
        """
        return await fanout.batch(self._core, BatchRead(keys, bins, policy=policy), error_hook)

    async def batch_write(
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
            AerospikeError: every node refused its part of the batch as a whole, or an argument is wrong.
        """
        return await fanout.batch(self._core, BatchWrite(batch_records, policy=policy_batch), error_hook)

    async def batch_operate(
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
            AerospikeError: every node refused its part of the batch as a whole, or an argument is wrong.
        """
        return await fanout.batch(
            self._core, BatchOperate(keys, ops, policy_batch_write, ttl, policy=policy_batch), error_hook
        )

    async def batch_apply(
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
            AerospikeError: every node refused its part of the batch as a whole, or an argument is wrong.
        """
        return await fanout.batch(
            self._core, BatchApply(keys, module, function, args, policy_batch_apply, policy=policy_batch), error_hook
        )

    async def batch_remove(
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
            AerospikeError: every node refused its part of the batch as a whole, or an argument is wrong.
        """
        return await fanout.batch(self._core, BatchRemove(keys, policy_batch_remove, policy=policy_batch), error_hook)
