"""The client's own commands for a transaction: its monitor record, verifying, rolling (protocol section 10)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

import attrs

from aerospike_wire.policy import RecordPolicy, TxnRollPolicy, TxnVerifyPolicy, WritePolicy
from aerospike_wire.proto import keys, msgpack, transaction
from aerospike_wire.proto.commands.batch import Batch, Row, RowRequest
from aerospike_wire.proto.commands.bins import write_op
from aerospike_wire.proto.commands.flags import read_flags
from aerospike_wire.proto.commands.record import RecordCommand
from aerospike_wire.proto.header import Info1, Info2, Info4
from aerospike_wire.proto.message import Op, OpCode
from aerospike_wire.proto.values import Particle
from aerospike_wire.types import Key

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aerospike_wire.errors import ErrorContext
    from aerospike_wire.policy import BatchPolicy, Policies
    from aerospike_wire.proto.commands.base import Features
    from aerospike_wire.transaction import Transaction

_ID_BIN: Final = b"id"
_KEYS_BIN: Final = b"keyds"
_FORWARD_BIN: Final = b"fwd"

_FORWARD: Final = Op(OpCode.WRITE, _FORWARD_BIN, Particle.BOOL, b"\x01").pack()

_APPEND: Final = 1
_APPEND_ITEMS: Final = 2
_ORDERED: Final = 1
_UNIQUE_NO_FAIL_PARTIAL: Final = 1 | 4 | 8

_VERIFY_INFO1: Final = Info1.READ | Info1.GET_NO_BINS
_ROLL_INFO2: Final = Info2.WRITE | Info2.DURABLE_DELETE


def monitor_key(txn: Transaction) -> Key:
    """The key of a transaction's monitor record."""
    assert txn.namespace is not None
    return Key(txn.namespace, transaction.MONITOR_SET, transaction.signed(txn.id))


def roll_flag(*, forward: bool) -> int:
    """The flag in info4 that makes the writes of a transaction final, or undoes them."""
    return Info4.MRT_ROLL_FORWARD if forward else Info4.MRT_ROLL_BACK


@attrs.define(eq=False)
class _MonitorCommand(RecordCommand[Any, Any]):
    """A command on the monitor record, which bears no field of the transaction itself."""

    txn: Any = attrs.field(kw_only=True)

    write: ClassVar[bool] = True
    policy_class: ClassVar[type[RecordPolicy]] = TxnRollPolicy


@attrs.define(eq=False)
class AddKeys(_MonitorCommand):
    """Tell the monitor what is about to be written; the first time, make it.

    The reply has the deadline of the transaction.
    """

    digests: bytes | Sequence[bytes] = attrs.field(kw_only=True)
    """That of one record, or those of a batch, even if it has one row."""
    begin: bool = attrs.field(kw_only=True)
    """Whether the monitor record is to be made."""
    request: Callable[[], ErrorContext] = attrs.field(kw_only=True)
    """The facts of the command that is to be sent afterwards, for errors."""

    operation: ClassVar[str] = "add_keys"
    policy_class: ClassVar[type[RecordPolicy]] = WritePolicy

    def encode(self, features: Features) -> bytes:
        ops = []
        if self.begin:
            ops.append(write_op(OpCode.WRITE, _ID_BIN, transaction.signed(self.txn.id), "id"))
        if isinstance(self.digests, bytes):
            call = [_APPEND, self.digests, _ORDERED, _UNIQUE_NO_FAIL_PARTIAL]
        else:
            call = [_APPEND_ITEMS, list(self.digests), _ORDERED, _UNIQUE_NO_FAIL_PARTIAL]
        ops.append(Op(OpCode.CDT_MODIFY, _KEYS_BIN, Particle.BLOB, msgpack.pack(call, "keys")).pack())
        return self._request(features, 0, Info2.WRITE, 0, 0, self.txn.timeout, ops)

    def decode(self, body: bytes, wall: Callable[[], float]) -> int:
        """The deadline in seconds since 2010, 0 if the reply has none."""
        return transaction.read_deadline(body)

    def context(self) -> ErrorContext:  # type: ignore[override]  # whatever wants to write
        return self.request()


@attrs.define(eq=False)
class Mark(_MonitorCommand):
    """Decide that the transaction is committed."""

    operation: ClassVar[str] = "commit"

    def encode(self, features: Features) -> bytes:
        return self._request(features, 0, Info2.WRITE, 0, ops=[_FORWARD])

    def decode(self, body: bytes, wall: Callable[[], float]) -> None:
        return None


@attrs.define(eq=False)
class Close(_MonitorCommand):
    """Remove the monitor record."""

    operation: ClassVar[str] = "close"

    def encode(self, features: Features) -> bytes:
        return self._request(features, 0, Info2.WRITE | Info2.DELETE | Info2.DURABLE_DELETE, 0)

    def decode(self, body: bytes, wall: Callable[[], float]) -> None:
        return None


@attrs.define(eq=False)
class Verify(RecordCommand[Any, None]):
    """Ask whether a record that was read is unchanged."""

    version: int = attrs.field(kw_only=True)

    operation: ClassVar[str] = "verify"
    policy_class: ClassVar[type[RecordPolicy]] = TxnVerifyPolicy

    def encode(self, features: Features) -> bytes:
        info1, info3 = read_flags(self.policy)
        fields = [transaction.version_field(self.version)]
        flag = Info4.MRT_VERIFY_READ
        return self._request(features, _VERIFY_INFO1 | info1, 0, info3, fields=fields, info4=flag)

    def decode(self, body: bytes, wall: Callable[[], float]) -> None:
        return None


@attrs.define(eq=False)
class Roll(RecordCommand[Any, None]):
    """Make the write of a record final, or undo it."""

    txn: Any = attrs.field(kw_only=True)
    forward: bool = attrs.field(kw_only=True)

    operation: ClassVar[str] = "roll"
    write: ClassVar[bool] = True
    policy_class: ClassVar[type[RecordPolicy]] = TxnRollPolicy

    def encode(self, features: Features) -> bytes:
        fields = transaction.member_fields(self.txn, self.key.digest, write=False)
        return self._request(features, 0, _ROLL_INFO2, 0, fields=fields, info4=roll_flag(forward=self.forward))

    def decode(self, body: bytes, wall: Callable[[], float]) -> None:
        return None


@attrs.define(eq=False)
class _TransactionBatch(Batch):
    """The same question or order for many records of a transaction."""

    splits: ClassVar[bool] = False
    txn: Any = attrs.field(kw_only=True)
    keys: Sequence[Key] = attrs.field(kw_only=True)


@attrs.define(eq=False)
class BatchVerify(_TransactionBatch):
    """Ask whether records that were read are unchanged."""

    operation: ClassVar[str] = "verify"

    def make_rows(self, policies: Policies, policy: BatchPolicy) -> list[Row]:
        info1, info3 = read_flags(policy)
        info = (_VERIFY_INFO1 | info1, 0, info3)
        request = RowRequest(info, None, info4=Info4.MRT_VERIFY_READ)
        rows = []
        for given in self.keys:
            key, at = keys.resolve(given)
            version = self.txn.journal.version(key.digest)
            fields = () if version is None else (transaction.version_field(version),)
            rows.append(Row(key, at, request, fields))
        return rows


@attrs.define(eq=False)
class BatchRoll(_TransactionBatch):
    """Make the writes of records final, or undo them."""

    forward: bool = attrs.field(kw_only=True)

    operation: ClassVar[str] = "roll"

    def make_rows(self, policies: Policies, policy: BatchPolicy) -> list[Row]:
        request = RowRequest((0, _ROLL_INFO2, 0), None, info4=roll_flag(forward=self.forward))
        rows = []
        for given in self.keys:
            key, at = keys.resolve(given)
            assert key.digest is not None
            fields = transaction.member_fields(self.txn, key.digest, write=True, row=True)
            rows.append(Row(key, at, request, tuple(fields), write=True))
        return rows
