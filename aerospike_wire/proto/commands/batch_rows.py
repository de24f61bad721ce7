"""Batches whose rows write, or each do something of their own (protocol section 4.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from aerospike_wire.policy import ApplyPolicy, BatchPolicy, CommitLevel, ReadPolicy, RemovePolicy, SendKey, WritePolicy
from aerospike_wire.proto import keys, msgpack
from aerospike_wire.proto.commands.batch import Batch, Row, member_fields, resolve_keys, row_request
from aerospike_wire.proto.commands.operate import check_operations, pack_operation
from aerospike_wire.proto.commands.record import generation_flags, locking_flag, read_flags, read_meta, write_flags
from aerospike_wire.proto.fields import Field, field
from aerospike_wire.proto.header import Info1, Info2, Info3
from aerospike_wire.proto.invalid import InvalidArgument, utf8
from aerospike_wire.proto.message import OpCode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aerospike_wire.policy import Policies, RecordPolicy
    from aerospike_wire.types import Key


def _row_fields(key: Key, policy: RecordPolicy, whole: BatchPolicy, *, write: bool) -> tuple[list[bytes], bool]:
    """Transaction, filter and key of a row, and whether the row may be repeated.

    Raises:
        InvalidArgument: the row has a transaction of its own.
    """
    if policy.txn is not None and policy.txn is not whole.txn:
        raise InvalidArgument("txn", "of a batch is given with the policy of the batch as a whole, not with a row's")
    fields = member_fields(whole, key, write=write)
    if policy.expressions is not None:
        fields.append(field(Field.FILTER, policy.expressions))
    with_key = policy.key is SendKey.SEND and key.user_key is not None
    if with_key:
        fields.append(field(Field.KEY, keys.key_particle(key.user_key)))
    return fields, not with_key


def _bins(operations: Sequence[Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(operation.bin for operation in operations if operation.bin))


def _reads_all(operations: Sequence[Any]) -> bool:
    return any(operation.code == OpCode.READ and operation.bin is None for operation in operations)


@attrs.frozen
class Read:
    """A row that reads: all bins, or by operations, or nothing but the meta data."""

    key: Any
    ops: Any = None
    """Operations that read; None with ``read_all_bins`` False reads the meta data only."""
    read_all_bins: bool = False
    meta: Any = None
    policy: Any = None
    """Filter, read modes and so on of this row, as for ``get``."""

    def row(self, policies: Policies, whole: BatchPolicy) -> Row:
        """The row, checked.

        Raises:
            InvalidArgument: an argument is not acceptable.
        """
        key, place = keys.resolve(self.key)
        policy: ReadPolicy | BatchPolicy = whole if self.policy is None else policies.resolve(ReadPolicy, self.policy)
        info1, info3 = read_flags(policy)
        ops: tuple[Any, ...] = ()
        if self.read_all_bins:
            info1 |= Info1.READ | Info1.GET_ALL
        elif self.ops:
            ops = check_operations(self.ops, "ops")
            if any(operation.writes for operation in ops):
                raise InvalidArgument("ops", "of a row that reads must not write")
            info1 |= Info1.READ | (Info1.GET_ALL if _reads_all(ops) else 0)
        else:
            info1 |= Info1.READ | Info1.GET_NO_BINS
        # The filter of the batch as a whole is sent once, with the batch.
        fields, repeatable = member_fields(whole, key, write=False), True
        if self.policy is not None:
            fields, repeatable = _row_fields(key, policy, whole, write=False)
        ttl = policy.read_touch_ttl_percent & 0xFFFF_FFFF
        packed = [pack_operation(operation) for operation in ops]
        request = row_request(place, (info1, 0, info3), ttl, fields=fields, ops=packed)
        return Row(key, place, request, bins=_bins(ops), repeatable=repeatable)


@attrs.frozen
class Write:
    """A row of operations of which at least one writes."""

    key: Any
    ops: Any
    meta: Any = None
    policy: Any = None
    """As for ``put``; its timeouts and retries are those of the batch."""

    def row(self, policies: Policies, whole: BatchPolicy) -> Row:
        """The row, checked.

        Raises:
            InvalidArgument: an argument is not acceptable.
        """
        key, place = keys.resolve(self.key)
        policy = policies.resolve(WritePolicy, self.policy)
        ops = check_operations(self.ops, "ops")
        if not any(operation.writes for operation in ops):
            raise InvalidArgument("ops", "of a row that writes must hold an operation that writes")
        generation, ttl = read_meta(self.meta, policy)
        all_bins = _reads_all(ops)
        info1 = Info1.READ if any(not operation.writes for operation in ops) else 0
        info2, info3 = write_flags(policy)
        info2 |= Info2.WRITE
        if all_bins:
            info1 |= Info1.GET_ALL
        else:
            info2 |= Info2.RESPOND_ALL_OPS
        fields, repeatable = _row_fields(key, policy, whole, write=True)
        packed = [pack_operation(operation) for operation in ops]
        info = (int(info1), int(info2), info3)
        request = row_request(
            place, info, ttl, info4=locking_flag(policy) or None, generation=generation, fields=fields, ops=packed
        )
        return Row(key, place, request, write=True, bins=_bins(ops), repeatable=repeatable)


@attrs.frozen
class Remove:
    """A row that deletes its record."""

    key: Any
    meta: Any = None
    policy: Any = None
    """As for ``remove``; its timeouts and retries are those of the batch."""

    def row(self, policies: Policies, whole: BatchPolicy) -> Row:
        """The row, checked.

        Raises:
            InvalidArgument: an argument is not acceptable.
        """
        key, place = keys.resolve(self.key)
        policy = policies.resolve(RemovePolicy, self.policy)
        generation, _ = read_meta(self.meta, policy)
        info2 = Info2.WRITE | Info2.DELETE | Info2.RESPOND_ALL_OPS | generation_flags(policy.gen)
        if policy.durable_delete:
            info2 |= Info2.DURABLE_DELETE
        info3 = Info3.COMMIT_LEVEL_MASTER if policy.commit_level is CommitLevel.MASTER else 0
        fields, repeatable = _row_fields(key, policy, whole, write=True)
        request = row_request(place, (0, int(info2), int(info3)), 0, generation=generation, fields=fields)
        return Row(key, place, request, write=True, repeatable=repeatable)


@attrs.frozen
class Apply:
    """A row that applies a Lua function to its record."""

    key: Any
    module: Any
    function: Any
    args: Any = ()
    policy: Any = None
    """As for ``apply``; its timeouts and retries are those of the batch."""

    def row(self, policies: Policies, whole: BatchPolicy) -> Row:
        """The row, checked.

        Raises:
            InvalidArgument: an argument is not acceptable.
        """
        key, place = keys.resolve(self.key)
        policy = policies.resolve(ApplyPolicy, self.policy)
        for argument, value in (("module", self.module), ("function", self.function)):
            if not isinstance(value, str):
                raise InvalidArgument(argument, f"must be a str, not {type(value).__name__}")
        args = [] if self.args is None else self.args
        if not isinstance(args, list | tuple):
            raise InvalidArgument("args", f"must be a list, not {type(args).__name__}")
        info2 = Info2.WRITE | (Info2.DURABLE_DELETE if policy.durable_delete else 0)
        info3 = Info3.COMMIT_LEVEL_MASTER if policy.commit_level is CommitLevel.MASTER else 0
        fields, repeatable = _row_fields(key, policy, whole, write=True)
        fields += [
            field(Field.UDF_MODULE, utf8("module", self.module)),
            field(Field.UDF_FUNCTION, utf8("function", self.function)),
            field(Field.UDF_ARGUMENTS, msgpack.pack(list(args), "args")),
        ]
        info = (0, int(info2), int(info3))
        ttl = policy.ttl & 0xFFFF_FFFF
        info4 = locking_flag(policy) or None
        request = row_request(place, info, ttl, info4=info4, generation=0, fields=fields)
        return Row(key, place, request, write=True, module=self.module, function=self.function, repeatable=repeatable)


@attrs.define(eq=False)
class BatchWrite(Batch):
    """Rows that each do something of their own: read, write, remove or apply a function."""

    records: Any = ()

    operation: ClassVar[str] = "batch_write"

    def make_rows(self, policies: Policies, policy: BatchPolicy) -> list[Row]:
        if not isinstance(self.records, list | tuple):
            raise InvalidArgument("batch_records", f"must be a list of rows, not {type(self.records).__name__}")
        rows = []
        for number, record in enumerate(self.records):
            if not isinstance(record, Read | Write | Remove | Apply):
                kind = type(record).__name__
                raise InvalidArgument(f"batch_records[{number}]", f"must be a Read, Write, Remove or Apply, not {kind}")
            try:
                rows.append(record.row(policies, policy))
            except InvalidArgument as invalid:
                raise InvalidArgument(f"batch_records[{number}]", str(invalid), invalid.code) from None
        return rows


@attrs.define(eq=False)
class BatchOperate(Batch):
    """The same operations on many records."""

    keys: Any = ()
    ops: Any = ()
    row_policy: Any = None
    ttl: Any = None

    operation: ClassVar[str] = "batch_operate"

    def make_rows(self, policies: Policies, policy: BatchPolicy) -> list[Row]:
        ops = check_operations(self.ops, "ops")
        meta = None if self.ttl is None else {"ttl": self.ttl}
        rows = []
        for key, _ in resolve_keys(self.keys):
            record: Read | Write
            if any(operation.writes for operation in ops):
                record = Write(key, ops, meta, self.row_policy)
            else:
                record = Read(key, ops, policy=None)
            rows.append(record.row(policies, policy))
        return rows


@attrs.define(eq=False)
class BatchApply(Batch):
    """The same function applied to many records."""

    keys: Any = ()
    module: Any = ""
    function: Any = ""
    args: Any = ()
    row_policy: Any = None

    operation: ClassVar[str] = "batch_apply"

    def make_rows(self, policies: Policies, policy: BatchPolicy) -> list[Row]:
        return [
            Apply(key, self.module, self.function, self.args, self.row_policy).row(policies, policy)
            for key, _ in resolve_keys(self.keys)
        ]


@attrs.define(eq=False)
class BatchRemove(Batch):
    """Delete many records."""

    keys: Any = ()
    row_policy: Any = None

    operation: ClassVar[str] = "batch_remove"

    def make_rows(self, policies: Policies, policy: BatchPolicy) -> list[Row]:
        return [Remove(key, None, self.row_policy).row(policies, policy) for key, _ in resolve_keys(self.keys)]
