"""Several operations on one record in one request (protocol section 2.8)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, Protocol, TypeVar

import attrs

from aerospike_wire.errors import FailedOperation, ResultCode
from aerospike_wire.policy import Exists, OperatePolicy
from aerospike_wire.proto.commands.bins import read_bins, skip_fields, time_to_live
from aerospike_wire.proto.commands.flags import locking_flag, read_flags, read_meta, write_flags
from aerospike_wire.proto.commands.record import RecordCommand
from aerospike_wire.proto.commands.writes import write_hint
from aerospike_wire.proto.header import MESSAGE, Info1, Info2
from aerospike_wire.proto.invalid import InvalidArgument
from aerospike_wire.proto.message import OpCode, raw_op, read_message
from aerospike_wire.types import OrderedRecord, Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from aerospike_wire.policy import Policies, RecordPolicy
    from aerospike_wire.proto.commands.base import Features, ServerWords


class Operation(Protocol):
    """What :class:`aerospike_wire.operations.Operation` is to this module."""

    @property
    def code(self) -> int:
        """Code on the wire."""

    @property
    def bin(self) -> str | None:
        """The bin, None for the whole record."""

    @property
    def particle(self) -> int:
        """Particle type of the value."""

    @property
    def data(self) -> bytes:
        """The value's bytes."""

    @property
    def writes(self) -> bool:
        """True if it may change the record."""

    @property
    def responds(self) -> bool:
        """True if its request asks for a result of every operation, in order."""

    @property
    def ttl(self) -> int | None:
        """Seconds to live that it asks for the whole call, None if it does not."""

    @property
    def name(self) -> str:
        """The function that made it."""

    @property
    def since(self) -> str | None:
        """The first server version that has it, if not every supported one does."""

    def can_give(self, code: int) -> bool:
        """Whether a server can answer a call with this code because of this operation."""


_ATTRIBUTES: Final = ("code", "bin", "particle", "data", "writes", "responds", "ttl", "name", "since", "can_give")


_kinds: Final[set[type]] = set()
"""Classes whose objects are operations."""


def _is_operation(value: Any) -> bool:
    kind = type(value)
    if kind in _kinds:
        return True
    if not all(hasattr(kind, name) for name in _ATTRIBUTES):
        return False
    _kinds.add(kind)
    return True


def pack_operation(operation: Operation) -> bytes:
    """An operation's bytes."""
    return raw_op(operation.code, operation.particle, (operation.bin or "").encode(), operation.data)


def check_operations(operations: Any, argument: str = "list") -> tuple[Operation, ...]:
    """A list of operations, checked to be one.

    Raises:
        InvalidArgument: it is not a list, is empty, or holds something else.
    """
    if not isinstance(operations, list | tuple):
        raise InvalidArgument(argument, f"must be a list of operations, not {type(operations).__name__}")
    if not operations:
        raise InvalidArgument(argument, "must hold at least one operation")
    for operation in operations:
        if not _is_operation(operation):
            raise InvalidArgument(
                argument,
                f"takes operations made by aerospike_wire.operations, not {type(operation).__name__}",
            )
    return tuple(operations)


def reads_whole_record(operations: Iterable[Operation]) -> bool:
    """Whether one of the operations reads all bins.

    Raises:
        InvalidArgument: another one reads as well, which servers pass over in silence.
    """
    whole = [operation for operation in operations if operation.code == OpCode.READ and operation.bin is None]
    if not whole:
        return False
    others = [operation for operation in operations if not operation.writes and operation is not whole[0]]
    if others:
        problem = f"reads the whole record and has {others[0]!r} as well; only one of them can have a result"
        raise InvalidArgument("list", problem)
    return True


def responds_to_all(operations: Iterable[Operation]) -> bool:
    """Whether the request asks for a result of every operation, None for those that have none.

    It does as soon as one operation works on a map, on bits, on a sketch, on text or with an
    expression; operations on lists and whole bins alone get results only where there are some.
    """
    return any(operation.responds for operation in operations)


_COMPUTED: Final = frozenset({OpCode.EXP_READ, OpCode.EXP_MODIFY})
_NO_VALUE: Final = (
    "the expression has no value for this record: a bin that it reads is missing or of another type, "
    "or it cannot be computed; the flag EVAL_NO_FAIL passes over that"
)


def refusal_hint(code: int, operations: Iterable[Operation]) -> str | None:
    """What the operations themselves explain about a refusal."""
    if code == ResultCode.OP_NOT_APPLICABLE:
        mine = {operation.code for operation in operations if operation.can_give(code)}
        return _NO_VALUE if mine and mine <= _COMPUTED else None
    if code != ResultCode.INVALID_REQUEST:
        return None
    for operation in operations:
        if operation.since is not None:
            return f"{operation.name} needs server {operation.since} or newer: an older one refuses it like this"
    if any(operation.code == OpCode.READ and operation.bin is None for operation in operations):
        return "the operation that reads the whole record must be the only one with a result"
    return None


def suspects(
    code: int, operations: Sequence[Operation], policy: RecordPolicy, filter: bytes | None
) -> tuple[FailedOperation, ...]:
    """The operations of a call that can have given a code; none if the code is not about operations.

    Servers do not say which one it was. The first that fails ends the call.

    Args:
        code: the result code.
        operations: of the call, in order.
        policy: of the call.
        filter: its filter expression.
    """
    if code == ResultCode.INVALID_REQUEST and (filter is not None or _replaces(policy)):
        return ()  # the request as a whole can be what is wrong
    return tuple(
        FailedOperation(place, operation.name, operation.bin)
        for place, operation in enumerate(operations)
        if operation.can_give(code)
    )


def _replaces(policy: RecordPolicy) -> bool:
    return getattr(policy, "exists", None) in {Exists.REPLACE, Exists.CREATE_OR_REPLACE}


R_co = TypeVar("R_co", covariant=True)


@attrs.define(eq=False)
class OperateCommand(RecordCommand[OperatePolicy, R_co], Generic[R_co]):
    """Operations in order, all or none."""

    operations: Any = ()
    meta: Any = None

    policy_class = OperatePolicy
    compressed_reply = True

    _checked: tuple[Operation, ...] = attrs.field(init=False, default=())
    _packed: list[bytes] = attrs.field(init=False, factory=list)
    _info1: int = attrs.field(init=False, default=0)
    """What the operations add to info1 and info2."""
    _info2: int = attrs.field(init=False, default=0)
    _generation: int = attrs.field(init=False, default=0)
    _ttl: int = attrs.field(init=False, default=0)
    write: bool = attrs.field(init=False, default=False)  # type: ignore[misc]  # depends on the operations

    def prepare(self, policies: Policies) -> RecordPolicy:
        policy = RecordCommand.prepare(self, policies)
        self._checked = checked = check_operations(self.operations)
        self._packed = [pack_operation(operation) for operation in checked]
        self._generation, self._ttl = read_meta(self.meta, self.policy)
        self.write = any(operation.writes for operation in checked)
        self._info1 = 0 if all(operation.writes for operation in checked) else Info1.READ
        self._info2 = Info2.WRITE if self.write else 0
        if reads_whole_record(checked):
            self._info1 |= Info1.GET_ALL
        elif responds_to_all(checked):
            self._info2 |= Info2.RESPOND_ALL_OPS
        for operation in checked:
            if operation.ttl is not None:
                self._ttl = operation.ttl
        return policy

    def bin_names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(operation.bin for operation in self._checked if operation.bin))

    def encode(self, features: Features) -> bytes:
        policy: OperatePolicy = self.policy
        # Flags of reads go with writes and the other way round, as the official client sends them.
        info1, read3 = read_flags(policy)
        info2, write3 = write_flags(policy)
        ttl = self._ttl if self.write else policy.read_touch_ttl_percent & 0xFFFF_FFFF
        return self._request(
            features, info1 | self._info1, info2 | self._info2, read3 | write3, self._generation, ttl, self._packed,
            info4=locking_flag(policy),
        )  # fmt: skip

    def words(self, body: bytes) -> ServerWords:
        words = RecordCommand.words(self, body)
        hint = write_hint(body, self.policy, self._generation, self._ttl)
        code = self.code(body)
        hint = hint or refusal_hint(code, self._checked)
        found = suspects(code, self._checked, self.policy, self.policy.expressions)
        return words._replace(hint=hint, operations=found) if hint or found else words


@attrs.define(eq=False)
class Operate(OperateCommand[Record]):
    """Operations whose results come by bin."""

    operation: ClassVar[str] = "operate"

    def decode(self, body: bytes, wall: Callable[[], float]) -> Record:
        _, _, _, _, _, _, generation, void_time, _, n_fields, n_ops = MESSAGE.unpack_from(body)
        # Where every operation answers, those that name no bin, touch and delete, do so under an empty name.
        bins = read_bins(body, skip_fields(body, n_fields), n_ops)
        if self.serializer is not None:
            bins = self.serializer.bins(bins)
        return Record(self.key, {"ttl": time_to_live(void_time, wall), "gen": generation}, bins)


@attrs.define(eq=False)
class OperateOrdered(OperateCommand[OrderedRecord]):
    """Operations whose results come in their order."""

    operation: ClassVar[str] = "operate_ordered"

    def decode(self, body: bytes, wall: Callable[[], float]) -> OrderedRecord:
        message, _ = read_message(body)
        results = [(op.bin, op.value()) for op in message.ops]
        if self.serializer is not None:
            results = [(name, self.serializer.opened(value, name)) for name, value in results]
        header = message.header
        meta = {"ttl": time_to_live(header.record_ttl, wall), "gen": header.generation}
        return OrderedRecord(self.key, meta, results)
