"""Batches whose rows write, or each do something of their own (protocol section 4.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from aerospike_wire.policy import ApplyPolicy, BatchPolicy, CommitLevel, ReadPolicy, RemovePolicy, SendKey, WritePolicy
from aerospike_wire.proto import keys, msgpack
from aerospike_wire.proto.commands.batch import Batch, Row, RowRequest, member_fields, resolve_keys
from aerospike_wire.proto.commands.flags import generation_flags, locking_flag, read_flags, read_meta, write_flags
from aerospike_wire.proto.commands.operate import check_operations, pack_operation, responds_to_all
from aerospike_wire.proto.fields import Field, field
from aerospike_wire.proto.header import Info1, Info2, Info3
from aerospike_wire.proto.invalid import InvalidArgument, utf8
from aerospike_wire.proto.message import OpCode

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aerospike_wire.policy import Policies, RecordPolicy
    from aerospike_wire.types import Key


def _own_fields(key: Key, policy: RecordPolicy, whole: BatchPolicy, *, write: bool) -> tuple[bytes, ...]:
    """What a row says of its transaction.

    Raises:
        InvalidArgument: the row has a transaction of its own.
    """
    if policy.txn is not None and policy.txn is not whole.txn:
        raise InvalidArgument("txn", "of a batch is given with the policy of the batch as a whole, not with a row's")
    return member_fields(whole, key, write=write)


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
        request = RowRequest(
            (info1, 0, info3),
            policy.read_touch_ttl_percent & 0xFFFF_FFFF,
            # The filter of the batch as a whole is sent once, with the batch.
            filter=None if self.policy is None else policy.expressions,
            with_key=self.policy is not None and policy.key is SendKey.SEND,
            ops=tuple(map(pack_operation, ops)),
            responds=responds_to_all(ops) and not info1 & Info1.GET_ALL,
        )
        own = _own_fields(key, policy, whole, write=False)
        return Row(key, place, request, own, bins=_bins(ops), operations=ops, policy=policy)


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
        ttl = next((operation.ttl for operation in reversed(ops) if operation.ttl is not None), ttl)
        all_bins = _reads_all(ops)
        info1 = Info1.READ if any(not operation.writes for operation in ops) else 0
        info2, info3 = write_flags(policy)
        info2 |= Info2.WRITE
        if all_bins:
            info1 |= Info1.GET_ALL
        else:
            info2 |= Info2.RESPOND_ALL_OPS
        request = RowRequest(
            (info1, info2, info3),
            ttl,
            generation,
            policy.expressions,
            policy.key is SendKey.SEND,
            ops=tuple(map(pack_operation, ops)),
            info4=locking_flag(policy) or None,
        )
        own = _own_fields(key, policy, whole, write=True)
        return Row(key, place, request, own, write=True, bins=_bins(ops), operations=ops, policy=policy)


@attrs.frozen
class Remove:
    """A row that deletes its record."""

    key: Any
    policy: Any = None
    """As for ``remove``; its timeouts and retries are those of the batch."""
    meta: Any = None

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
        with_key = policy.key is SendKey.SEND
        request = RowRequest((0, info2, info3), 0, generation, policy.expressions, with_key)
        return Row(key, place, request, _own_fields(key, policy, whole, write=True), write=True)


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
        fields = (
            field(Field.UDF_MODULE, utf8("module", self.module)),
            field(Field.UDF_FUNCTION, utf8("function", self.function)),
            field(
                Field.UDF_ARGUMENTS, msgpack.pack(list(args), "args", msgpack.Purpose(serializer=policies.serializer))
            ),
        )
        info = (0, info2, info3)
        with_key = policy.key is SendKey.SEND
        info4 = locking_flag(policy) or None
        request = RowRequest(info, policy.ttl & 0xFFFF_FFFF, 0, policy.expressions, with_key, fields, info4=info4)
        own = _own_fields(key, policy, whole, write=True)
        return Row(key, place, request, own, write=True, module=self.module, function=self.function)


@attrs.define(eq=False)
class BatchWrite(Batch):
    """Rows that each do something of their own: read, write, remove or apply a function."""

    records: Any = ()

    operation: ClassVar[str] = "batch_write"

    def make_rows(self, policies: Policies, policy: BatchPolicy) -> list[Row]:
        if not isinstance(self.records, list | tuple):
            raise InvalidArgument("batch_records", f"must be a list of rows, not {type(self.records).__name__}")
        rows: list[Row] = []
        before: Read | Write | Remove | Apply | None = None
        for number, record in enumerate(self.records):
            if not isinstance(record, Read | Write | Remove | Apply):
                kind = type(record).__name__
                raise InvalidArgument(f"batch_records[{number}]", f"must be a Read, Write, Remove or Apply, not {kind}")
            try:
                if before is not None and _asks_the_same(record, before):
                    key, place = keys.resolve(record.key)
                    rows.append(_with_key(rows[-1], key, place, policy, rows[-1].request))
                else:
                    rows.append(record.row(policies, policy))
            except InvalidArgument as invalid:
                named = InvalidArgument(f"batch_records[{number}]", str(invalid), invalid.code)
                raise named from invalid.__cause__
            before = record
        return rows


def _with_key(row: Row, key: Key, place: keys.Place, whole: BatchPolicy, request: RowRequest) -> Row:
    """The same row for another key."""
    own = member_fields(whole, key, write=row.write)
    return attrs.evolve(row, key=key, place=place, request=request, own=own, attempts=[])


def _asks_the_same(record: Read | Write | Remove | Apply, before: Read | Write | Remove | Apply) -> bool:
    """Whether two rows were made of the very same objects, apart from their keys."""
    return type(record) is type(before) and all(
        getattr(record, field.name) is getattr(before, field.name)
        for field in attrs.fields(type(record))
        if field.name != "key"
    )


class Alike(Batch):
    """The same for all keys."""

    keys: Any

    def all_rows(self, policies: Policies, policy: BatchPolicy, record: Callable[[Key], Any]) -> list[Row]:
        """Rows for all keys that differ by nothing but their keys.

        Args:
            policies: the client's.
            policy: of the batch.
            record: makes the row of a key; called once.
        """
        found = resolve_keys(self.keys)
        if not found:
            return []
        first: Row = record(found[0][0]).row(policies, policy)
        request = first.request
        if request.filter is not None:
            # What all rows have in common goes before that of the batch, and is sent once.
            self.filter = request.filter
            request = attrs.evolve(request, filter=None)
        return [_with_key(first, key, place, policy, request) for key, place in found]


@attrs.define(eq=False)
class BatchOperate(Alike):
    """The same operations on many records."""

    keys: Any = ()
    ops: Any = ()
    row_policy: Any = None
    ttl: Any = None

    operation: ClassVar[str] = "batch_operate"

    def make_rows(self, policies: Policies, policy: BatchPolicy) -> list[Row]:
        ops = check_operations(self.ops, "ops")
        meta = None if self.ttl is None else {"ttl": self.ttl}
        if any(operation.writes for operation in ops):
            return self.all_rows(policies, policy, lambda key: Write(key, ops, meta, self.row_policy))
        return self.all_rows(policies, policy, lambda key: Read(key, ops))


@attrs.define(eq=False)
class BatchApply(Alike):
    """The same function applied to many records."""

    keys: Any = ()
    module: Any = ""
    function: Any = ""
    args: Any = ()
    row_policy: Any = None

    operation: ClassVar[str] = "batch_apply"

    def make_rows(self, policies: Policies, policy: BatchPolicy) -> list[Row]:
        return self.all_rows(
            policies, policy, lambda key: Apply(key, self.module, self.function, self.args, self.row_policy)
        )


@attrs.define(eq=False)
class BatchRemove(Alike):
    """Delete many records."""

    keys: Any = ()
    row_policy: Any = None

    operation: ClassVar[str] = "batch_remove"

    def make_rows(self, policies: Policies, policy: BatchPolicy) -> list[Row]:
        return self.all_rows(policies, policy, lambda key: Remove(key, self.row_policy))
