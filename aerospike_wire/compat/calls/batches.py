"""Calls on batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aerospike_wire import fanout
from aerospike_wire.batch import Apply, Read, Remove, Write
from aerospike_wire.compat.calls.base import Base
from aerospike_wire.compat.helpers.batch import records as given
from aerospike_wire.compat.keys import key_of, key_tuple
from aerospike_wire.compat.operations import operations_of
from aerospike_wire.compat.refusal import refused
from aerospike_wire.errors import AerospikeError, ResultCode, ServerError
from aerospike_wire.policy import ApplyPolicy, BatchPolicy, ReadPolicy, RemovePolicy, WritePolicy
from aerospike_wire.proto.commands.batch import BatchRead
from aerospike_wire.proto.commands.batch_rows import BatchApply, BatchOperate, BatchRemove, BatchWrite
from aerospike_wire.transport.blocking import run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aerospike_wire.batch import BatchResult, BatchRow
    from aerospike_wire.proto.commands.batch import Batch

Policy = dict[str, Any] | None

_BATCH_FAILED = -16


class Batches(Base):
    """Calls on batches."""

    def batch_read(
        self, keys: list[tuple[Any, ...]], bins: list[str] | None = None, policy: Policy = None
    ) -> given.BatchRecords:
        """Read many records.

        Args:
            keys: the keys.
            bins: the bins to read; None for all, an empty list for the meta data only.
            policy: policy of batches.
        """
        keys = _keys(keys)
        if bins is not None and not isinstance(bins, list):
            raise refused("bins", "Bins argument should be a list.")
        batch = BatchRead(keys, bins, policy=self._policy(BatchPolicy, policy))
        return self._run(batch, with_bins=bins != [])

    def batch_write(self, batch_records: given.BatchRecords, policy_batch: Policy = None) -> given.BatchRecords:
        """Carry out rows that each do something of their own.

        Returns:
            What was given: each row now has its results.
        """
        if not isinstance(batch_records, given.BatchRecords):
            problem = "batch_records must be an aerospike_helpers.batch.records.BatchRecords instance"
            raise refused("batch_records", problem)
        rows = batch_records.batch_records
        if not isinstance(rows, list):
            raise refused("batch_records", "batch_records must be a list of BatchRecord")
        batch = BatchWrite([self._row(row) for row in rows], policy=self._policy(BatchPolicy, policy_batch))
        try:
            found = run(fanout.batch(self._core, batch))
        except ServerError as error:
            return _refused(batch_records, error)
        for row, result in zip(rows, found, strict=True):
            self._fill(row, result)
        batch_records.result = _result(found)
        return batch_records

    def batch_operate(
        self,
        keys: list[tuple[Any, ...]],
        ops: list[dict[str, Any]],
        policy_batch: Policy = None,
        policy_batch_write: Policy = None,
        ttl: int | None = None,
    ) -> given.BatchRecords:
        """Carry out the same operations on many records."""
        keys = _keys(keys)
        if not isinstance(ops, list) or not ops:
            raise refused("ops", "ops should be a list of op dictionaries")
        operations = operations_of(ops, self._translator, validate=self._validate, argument="ops")
        row = self._row_policy(WritePolicy, "batch_write", policy_batch_write)
        return self._run(BatchOperate(keys, operations, row, ttl, policy=self._policy(BatchPolicy, policy_batch)))

    def batch_apply(
        self,
        keys: list[tuple[Any, ...]],
        module: str,
        function: str,
        args: list[Any],
        policy_batch: Policy = None,
        policy_batch_apply: Policy = None,
    ) -> given.BatchRecords:
        """Apply a Lua function to many records."""
        keys = _keys(keys)
        for name, value, kind in (("module", module, str), ("function", function, str), ("args", args, list)):
            if not isinstance(value, kind):
                raise refused(name, f"{name} must be a {'string' if kind is str else 'list'}")
        row = self._row_policy(ApplyPolicy, "batch_apply", policy_batch_apply)
        values = self._translator.inward(args)
        policy = self._policy(BatchPolicy, policy_batch)
        return self._run(BatchApply(keys, module, function, values, row, policy=policy))

    def batch_remove(
        self, keys: list[tuple[Any, ...]], policy_batch: Policy = None, policy_batch_remove: Policy = None
    ) -> given.BatchRecords:
        """Delete many records."""
        keys = _keys(keys)
        row = self._row_policy(RemovePolicy, "batch_remove", policy_batch_remove)
        return self._run(BatchRemove(keys, row, policy=self._policy(BatchPolicy, policy_batch)))

    def _row(self, row: Any) -> Read | Write | Apply | Remove:
        """A row for this client."""
        if isinstance(row, given.Read):
            policy = None if row.policy is None else self._policy(ReadPolicy, row.policy)
            ops = self._ops(row.ops) if row.ops else None
            return Read(key_of(row.key), ops, bool(row.read_all_bins), self._meta(row.meta), policy)
        if isinstance(row, given.Write):
            policy_write = self._row_policy(WritePolicy, "batch_write", row.policy)
            return Write(key_of(row.key), self._ops(row.ops), self._meta(row.meta), policy_write)
        if isinstance(row, given.Apply):
            policy_apply = self._row_policy(ApplyPolicy, "batch_apply", row.policy)
            return Apply(key_of(row.key), row.module, row.function, self._translator.inward(row.args), policy_apply)
        if isinstance(row, given.Remove):
            return Remove(key_of(row.key), self._row_policy(RemovePolicy, "batch_remove", row.policy))
        raise refused("batch_records", f"batch_records takes Read, Write, Remove and Apply, not {type(row).__name__}")

    def _ops(self, ops: Any) -> list[Any]:
        return operations_of(ops, self._translator, validate=self._validate, argument="ops")

    def _run(self, batch: Batch, *, with_bins: bool = True) -> given.BatchRecords:
        rows: list[given.BatchRecord] = []
        try:
            found = run(fanout.batch(self._core, batch))
        except ServerError as error:
            # The official client tells a refusal of the whole batch by its result.
            keys = [row.key for row in batch.rows]
            return _refused(given.BatchRecords([given.BatchRecord(key_tuple(key)) for key in keys]), error)
        for result in found:
            row = given.BatchRecord(key_tuple(result.key))
            self._fill(row, result, with_bins=with_bins)
            rows.append(row)
        records = given.BatchRecords(rows)
        records.result = _result(found)
        return records

    def _fill(self, row: given.BatchRecord, result: BatchRow, *, with_bins: bool = True) -> None:
        row.result = int(result.result)
        row.in_doubt = result.in_doubt
        record = result.record
        if record is not None:
            head = (key_tuple(record.key), record.meta)
            row.record = (*head, self._translator.record_bins(record.bins or {})) if with_bins else head
        elif not result.ok and result.result not in (ResultCode.RECORD_NOT_FOUND, ResultCode.FILTERED_OUT):
            error = result.error
            if isinstance(error, AerospikeError):
                row.message, row.subcode = error.server_message, error.subcode


def _refused(records: given.BatchRecords, error: ServerError) -> given.BatchRecords:
    records.result = error.code or 0
    for row in records.batch_records:
        row.result = ResultCode.NO_RESPONSE.value
    return records


def _keys(keys: Any) -> list[Any]:
    if not isinstance(keys, list):
        raise refused("keys", "keys should be a list of aerospike key tuples")
    return [key_of(key) for key in keys]


def _result(found: BatchResult | Sequence[BatchRow]) -> int:
    data = (ResultCode.OK, ResultCode.RECORD_NOT_FOUND, ResultCode.FILTERED_OUT)
    return 0 if all(row.result in data for row in found) else _BATCH_FAILED
