"""Several operations on one record in one request (protocol section 2.8)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol

import attrs

from aerospike_wire.errors import ProtocolError
from aerospike_wire.policy import OperatePolicy
from aerospike_wire.proto.commands.record import (
    RecordCommand,
    read_bins,
    read_flags,
    read_meta,
    skip_fields,
    time_to_live,
    write_flags,
    write_hint,
)
from aerospike_wire.proto.header import MESSAGE, Info1, Info2
from aerospike_wire.proto.invalid import InvalidArgument
from aerospike_wire.proto.message import Op
from aerospike_wire.types import Record

if TYPE_CHECKING:
    from collections.abc import Callable

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


_ATTRIBUTES: Final = ("code", "bin", "particle", "data", "writes")


def pack_operation(operation: Operation) -> bytes:
    """An operation's bytes."""
    return Op(operation.code, (operation.bin or "").encode(), operation.particle, operation.data).pack()


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
        if not all(hasattr(operation, name) for name in _ATTRIBUTES):
            raise InvalidArgument(
                argument,
                f"takes operations made by aerospike_wire.operations, not {type(operation).__name__}",
            )
    return tuple(operations)


@attrs.define(eq=False)
class Operate(RecordCommand[OperatePolicy, Record]):
    """Operations in order, all or none."""

    operations: Any = ()
    meta: Any = None

    operation: ClassVar[str] = "operate"
    policy_class = OperatePolicy

    _checked: tuple[Operation, ...] = attrs.field(init=False, default=())
    _packed: list[bytes] = attrs.field(init=False, factory=list)
    _generation: int = attrs.field(init=False, default=0)
    _ttl: int = attrs.field(init=False, default=0)
    write: bool = attrs.field(init=False, default=False)  # type: ignore[misc]  # depends on the operations

    def prepare(self, policies: Policies) -> RecordPolicy:
        policy = RecordCommand.prepare(self, policies)
        self._checked = check_operations(self.operations)
        self._packed = [pack_operation(operation) for operation in self._checked]
        self.write = any(operation.writes for operation in self._checked)
        self._generation, self._ttl = read_meta(self.meta, self.policy)
        return policy

    def bin_names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(operation.bin for operation in self._checked if operation.bin))

    def encode(self, features: Features) -> bytes:
        policy: OperatePolicy = self.policy
        reads = any(not operation.writes for operation in self._checked)
        info1, info3 = read_flags(policy) if reads else (0, 0)
        if reads:
            info1 |= Info1.READ
        if not self.write:
            ttl = policy.read_touch_ttl_percent & 0xFFFF_FFFF
            return self._request(features, info1, 0, info3, 0, ttl, self._packed)
        info2, write3 = write_flags(policy)
        return self._request(
            features, info1, Info2.WRITE | info2, info3 | write3, self._generation, self._ttl, self._packed
        )

    def words(self, body: bytes) -> ServerWords:
        words = RecordCommand.words(self, body)
        hint = write_hint(body, self.policy, self._generation, self._ttl)
        return words if hint is None else words._replace(hint=hint)

    def decode(self, body: bytes, wall: Callable[[], float]) -> Record:
        _, _, _, _, _, _, generation, void_time, _, n_fields, n_ops = MESSAGE.unpack_from(body)
        bins = read_bins(body, skip_fields(body, n_fields), n_ops)
        if "" in bins:
            msg = "a reply has a result without a bin name"
            raise ProtocolError(msg)
        return Record(self.key, {"ttl": time_to_live(void_time, wall), "gen": generation}, bins)
