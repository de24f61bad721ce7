"""Commands that read one record (protocol section 2.8)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

import attrs

from aerospike_wire.errors import ResultCode
from aerospike_wire.policy import TTL_NEVER_EXPIRE, ReadPolicy, RecordPolicy, SendKey
from aerospike_wire.proto import keys
from aerospike_wire.proto.commands.base import Command, Features
from aerospike_wire.proto.commands.bins import bare_op, bins_of, read_bins, skip_fields, time_to_live, unpack_meta
from aerospike_wire.proto.commands.flags import read_flags
from aerospike_wire.proto.commands.record import R_co, RecordCommand
from aerospike_wire.proto.header import MESSAGE, MESSAGE_HEADER_SIZE, Info1
from aerospike_wire.proto.message import OpCode
from aerospike_wire.types import Key, Record

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aerospike_wire.policy import Policies

_NOT_FOUND: Final = ResultCode.RECORD_NOT_FOUND.value
_new: Final = tuple.__new__
_WHOLE: Final = Info1.GET_ALL | Info1.GET_NO_BINS
_MAX_PREFIXES: Final = 64
"""Policies whose requests are remembered for a set; programs have a handful."""


@attrs.define(eq=False)
class ReadCommand(RecordCommand[ReadPolicy, R_co]):
    """A command that only reads."""

    policy_class = ReadPolicy
    compressible = False
    info1: ClassVar[int] = Info1.READ

    def prepare(self, policies: Policies) -> RecordPolicy:
        given = self.policy
        policy: RecordPolicy = policies.defaults[ReadPolicy] if given is None else policies.resolve(ReadPolicy, given)
        self.policy = policy
        self.serializer = policies.serializer
        self.key, self.place, self.digest = keys.locate(self.key)
        return policy

    def read_ops(self) -> Sequence[bytes]:
        """The operations of the request."""
        return ()

    def encode(self, features: Features) -> bytes:
        policy: ReadPolicy = self.policy
        known, kind, details, prefix = self.place.head
        if known is policy and kind is type(self) and details is features.error_details:
            return prefix + self.digest
        plain = policy.expressions is None and policy.txn is None and not policy.compress
        if plain and self.info1 & _WHOLE and policy.key is SendKey.DIGEST:
            return self._prefix(policy, features) + self.digest
        info1, info3 = read_flags(policy)
        ttl = policy.read_touch_ttl_percent & 0xFFFF_FFFF
        return self._request(features, self.info1 | info1, 0, info3, 0, ttl, self.read_ops())

    def _prefix(self, policy: ReadPolicy, features: Features) -> bytes:
        """All of the request but the digest, with which it ends; remembered.

        Reads of whole records, or of none of their bins, differ within a set in nothing
        else. The policy is kept along, so that its identity cannot be taken over by another.
        """
        place, kind, details = self.place, type(self), features.error_details
        head = place.prefixes.get((id(policy), kind, details))
        if head is None:
            info1, info3 = read_flags(policy)
            ttl = policy.read_touch_ttl_percent & 0xFFFF_FFFF
            request = self._request(features, self.info1 | info1, 0, info3, 0, ttl)
            head = (policy, kind, details, request[: -keys.DIGEST_SIZE])
            if len(place.prefixes) >= _MAX_PREFIXES:
                place.prefixes.clear()
            place.prefixes[id(policy), kind, details] = head
        place.head = head
        return head[3]


MISSING: Final[Any] = object()
"""Stands for "no default was given"."""


@attrs.define(eq=False)
class Get(ReadCommand[Any]):
    """Read a record with all its bins."""

    default: Any = MISSING
    """What to return instead of failing when no record has the key."""

    operation: ClassVar[str] = "get"
    compressed_reply = True
    info1: ClassVar[int] = Info1.READ | Info1.GET_ALL

    def code(self, body: bytes) -> int:
        code = body[5] if len(body) >= MESSAGE_HEADER_SIZE else Command.code(self, body)
        if code == _NOT_FOUND and self.default is not MISSING:
            return 0
        return code

    def decode(self, body: bytes, wall: Callable[[], float]) -> Any:
        if self.default is not MISSING and body[5]:
            return self.default
        generation, void_time, n_fields, n_ops = unpack_meta(body)
        offset = skip_fields(body, n_fields) if n_fields else MESSAGE_HEADER_SIZE
        ttl = time_to_live(void_time, wall) if void_time else TTL_NEVER_EXPIRE
        bins = read_bins(body, offset, n_ops)
        if self.serializer is not None:
            bins = self.serializer.bins(bins)
        return _new(Record, (self.key, {"ttl": ttl, "gen": generation}, bins))


@attrs.define(eq=False)
class Select(Get):
    """Read some bins of a record."""

    bins: Any = ()

    operation: ClassVar[str] = "select"
    info1: ClassVar[int] = Info1.READ
    _names: tuple[str, ...] = attrs.field(init=False, default=())

    def prepare(self, policies: Policies) -> RecordPolicy:
        self._names = bins_of(self.bins)
        return Get.prepare(self, policies)

    def bin_names(self) -> tuple[str, ...]:
        return self._names

    def read_ops(self) -> Sequence[bytes]:
        return [bare_op(OpCode.READ, name.encode()) for name in self._names]


@attrs.define(eq=False)
class ExistsCommand(ReadCommand[tuple[Key, "dict[str, int] | None"]]):
    """Look whether a record is there, without its bins."""

    operation: ClassVar[str] = "exists"
    info1: ClassVar[int] = Info1.READ | Info1.GET_NO_BINS

    def code(self, body: bytes) -> int:
        code = Command.code(self, body)
        return 0 if code == ResultCode.RECORD_NOT_FOUND else code

    def decode(self, body: bytes, wall: Callable[[], float]) -> tuple[Key, dict[str, int] | None]:
        if body[5]:
            return self.key, None
        _, _, _, _, _, _, generation, void_time, *_ = MESSAGE.unpack_from(body)
        return self.key, {"ttl": time_to_live(void_time, wall), "gen": generation}
