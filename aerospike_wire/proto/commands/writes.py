"""Commands that write one record (protocol section 2.8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final

import attrs

from aerospike_wire.errors import ResultCode
from aerospike_wire.policy import (
    TTL_CLIENT_DEFAULT,
    TTL_DONT_UPDATE,
    TTL_NEVER_EXPIRE,
    CommitLevel,
    Generation,
    RecordPolicy,
    RemovePolicy,
    WritePolicy,
)
from aerospike_wire.proto import values
from aerospike_wire.proto.commands.bins import bare_op, bins_of, unpack_meta, write_op
from aerospike_wire.proto.commands.flags import generation_flags, locking_flag, read_meta, ttl_of, write_flags
from aerospike_wire.proto.commands.record import RecordCommand
from aerospike_wire.proto.header import Info2, Info3
from aerospike_wire.proto.invalid import InvalidArgument
from aerospike_wire.proto.message import OpCode
from aerospike_wire.proto.msgpack import STORED, Purpose
from aerospike_wire.types import GeoJSON, HyperLogLog

if TYPE_CHECKING:
    from collections.abc import Callable

    from aerospike_wire.policy import Policies
    from aerospike_wire.proto.commands.base import Features, ServerWords


@attrs.define(eq=False)
class WriteCommand(RecordCommand[WritePolicy, None]):
    """A command that writes and returns nothing."""

    write: ClassVar[bool] = True
    policy_class = WritePolicy

    meta: Any = None
    _generation: int = attrs.field(init=False, default=0)
    _ttl: int = attrs.field(init=False, default=0)
    _ops: list[bytes] = attrs.field(init=False, factory=list)

    def prepare(self, policies: Policies) -> RecordPolicy:
        policy = RecordCommand.prepare(self, policies)
        self._generation, self._ttl = read_meta(self.meta, self.policy)
        self._ops = self.write_ops()
        return policy

    def write_ops(self) -> list[bytes]:
        """The operations of the request, checked.

        Raises:
            InvalidArgument: a bin name or value is not acceptable.
        """
        raise NotImplementedError

    def encode(self, features: Features) -> bytes:
        info2, info3 = write_flags(self.policy)
        return self._request(
            features, 0, Info2.WRITE | info2, info3, self._generation, self._ttl, self._ops,
            info4=locking_flag(self.policy),
        )  # fmt: skip

    def decode(self, body: bytes, wall: Callable[[], float]) -> None:
        return None

    def words(self, body: bytes) -> ServerWords:
        words = RecordCommand.words(self, body)
        hint = write_hint(body, self.policy, self._generation, self._ttl)
        return words if hint is None else words._replace(hint=hint)


_TTLS_THAT_NEVER_EXPIRE: Final = frozenset({0, TTL_NEVER_EXPIRE, TTL_DONT_UPDATE})


def write_hint(body: bytes, policy: WritePolicy | RemovePolicy, generation: int, ttl: int) -> str | None:
    """What a refused write's own arguments explain about the refusal."""
    code = body[5]
    if code == ResultCode.RECORD_GENERATION:
        found = unpack_meta(body)[0]
        relation = "above" if policy.gen is Generation.GT else "equal to"
        return (
            f"the write gave generation {generation}, which had to be {relation} the record's, and that is {found}: "
            "read the record again and repeat the change"
        )
    if code == ResultCode.FORBIDDEN and ttl not in _TTLS_THAT_NEVER_EXPIRE:
        return (
            f"the write asked for a TTL of {ttl} s: the namespace takes TTLs only with nsup-period above 0 "
            "or allow-ttl-without-nsup in the server's configuration"
        )
    return None


@attrs.define(eq=False)
class Put(WriteCommand):
    """Write bins."""

    bins: Any = None

    operation: ClassVar[str] = "put"

    def bin_names(self) -> tuple[str, ...]:
        return tuple(str(name) for name in self.bins) if isinstance(self.bins, Mapping) else ()

    def write_ops(self) -> list[bytes]:
        bins = self.bins
        if type(bins) is not dict and not isinstance(bins, Mapping):
            raise InvalidArgument("bins", f"must be a dict of bin names and values, not {type(bins).__name__}")
        purpose = STORED if self.serializer is None else Purpose(stored=True, serializer=self.serializer)
        return [
            write_op(OpCode.WRITE, values.bin_name(name, "bins"), value, f"bin {name!r}", purpose)
            for name, value in bins.items()
        ]


@attrs.define(eq=False)
class BinCommand(WriteCommand):
    """A write of one bin."""

    bin: Any = None
    value: Any = None

    compressed_reply = True
    op_code: ClassVar[int]
    value_name: ClassVar[str] = "val"
    kinds: ClassVar[tuple[type, ...]]

    def bin_names(self) -> tuple[str, ...]:
        return (self.bin,) if isinstance(self.bin, str) else ()

    def write_ops(self) -> list[bytes]:
        name = values.bin_name(self.bin)
        if isinstance(self.value, bool | GeoJSON | HyperLogLog) or not isinstance(self.value, self.kinds):
            allowed = " or ".join(kind.__name__ for kind in self.kinds)
            raise InvalidArgument(self.value_name, f"must be {allowed}, not {type(self.value).__name__}")
        return [write_op(self.op_code, name, self.value, self.value_name)]


@attrs.define(eq=False)
class Append(BinCommand):
    """Add to the end of a string or blob."""

    operation: ClassVar[str] = "append"
    op_code: ClassVar[int] = OpCode.APPEND
    kinds: ClassVar[tuple[type, ...]] = (str, bytes, bytearray)


@attrs.define(eq=False)
class Prepend(BinCommand):
    """Add to the beginning of a string or blob."""

    operation: ClassVar[str] = "prepend"
    op_code: ClassVar[int] = OpCode.PREPEND
    kinds: ClassVar[tuple[type, ...]] = (str, bytes, bytearray)


@attrs.define(eq=False)
class Increment(BinCommand):
    """Add to a number."""

    operation: ClassVar[str] = "increment"
    op_code: ClassVar[int] = OpCode.INCREMENT
    value_name: ClassVar[str] = "offset"
    kinds: ClassVar[tuple[type, ...]] = (int, float)


@attrs.define(eq=False)
class RemoveBin(WriteCommand):
    """Delete bins."""

    bins: Any = ()

    operation: ClassVar[str] = "remove_bin"

    def bin_names(self) -> tuple[str, ...]:
        return tuple(map(str, self.bins)) if isinstance(self.bins, list | tuple) else ()

    def write_ops(self) -> list[bytes]:
        names = dict.fromkeys(bins_of(self.bins, "list"))  # each once, as the official client sends them
        return [bare_op(OpCode.WRITE, name.encode()) for name in names]


@attrs.define(eq=False)
class Touch(WriteCommand):
    """Renew a record's time to live."""

    val: Any = 0
    """Seconds; if 0, those of ``meta`` or of the policy."""

    operation: ClassVar[str] = "touch"
    compressed_reply = True

    def write_ops(self) -> list[bytes]:
        given = ttl_of(self.val, "val")
        if given not in (0, TTL_CLIENT_DEFAULT):
            self._ttl = given
        return [bare_op(OpCode.TOUCH)]


@attrs.define(eq=False)
class Remove(RecordCommand[RemovePolicy, None]):
    """Delete a record."""

    meta: Any = None
    _generation: int = attrs.field(init=False, default=0)

    operation: ClassVar[str] = "remove"
    compressible = False
    write: ClassVar[bool] = True
    policy_class = RemovePolicy

    def prepare(self, policies: Policies) -> RecordPolicy:
        policy = RecordCommand.prepare(self, policies)
        self._generation, _ = read_meta(self.meta, self.policy)
        return policy

    def encode(self, features: Features) -> bytes:
        policy: RemovePolicy = self.policy
        info2 = Info2.WRITE | Info2.DELETE | generation_flags(policy.gen)
        if policy.durable_delete:
            info2 |= Info2.DURABLE_DELETE
        info3 = Info3.COMMIT_LEVEL_MASTER if policy.commit_level is CommitLevel.MASTER else 0
        return self._request(features, 0, info2, info3, self._generation)

    def decode(self, body: bytes, wall: Callable[[], float]) -> None:
        return None

    def words(self, body: bytes) -> ServerWords:
        words = RecordCommand.words(self, body)
        hint = write_hint(body, self.policy, self._generation, 0)
        return words if hint is None else words._replace(hint=hint)
