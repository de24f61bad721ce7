"""Commands on one record (protocol section 2.8)."""

from __future__ import annotations

import functools
import struct
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, TypeVar

import attrs

from aerospike_wire.errors import ProtocolError, RecordContext, ResultCode
from aerospike_wire.policy import (
    TTL_CLIENT_DEFAULT,
    TTL_DONT_UPDATE,
    TTL_NEVER_EXPIRE,
    BatchPolicy,
    CommitLevel,
    Exists,
    Generation,
    OperatePolicy,
    ReadModeAP,
    ReadModeSC,
    ReadPolicy,
    RecordPolicy,
    RemovePolicy,
    SendKey,
    WritePolicy,
)
from aerospike_wire.proto import compression, keys, transaction, values
from aerospike_wire.proto.commands.base import Command, Features, ServerWords
from aerospike_wire.proto.fields import Field, field
from aerospike_wire.proto.header import (
    CITRUSLEAF_EPOCH,
    ERROR_VERBOSITY_SHIFT,
    MESSAGE,
    MESSAGE_HEADER_SIZE,
    FrameType,
    Info1,
    Info2,
    Info3,
    Info4,
    frame_header,
)
from aerospike_wire.proto.invalid import InvalidArgument
from aerospike_wire.proto.message import Op, OpCode
from aerospike_wire.proto.msgpack import STORED, Purpose
from aerospike_wire.types import GeoJSON, HyperLogLog, Key, Record

if TYPE_CHECKING:
    from collections.abc import Callable

    from aerospike_wire.policy import Policies
    from aerospike_wire.serializer import Serializer

P = TypeVar("P", bound=RecordPolicy)
Q = TypeVar("Q", bound=RecordPolicy)
R_co = TypeVar("R_co", covariant=True)

_COMPRESS_RESPONSE: Final = Info1.COMPRESS_RESPONSE.value
_DIGEST_HEAD: Final = struct.pack(">IB", keys.DIGEST_SIZE + 1, Field.DIGEST)
_OP: Final = struct.Struct(">IBBBB")
_FIELD_SIZE: Final = struct.Struct(">I")
_META: Final = struct.Struct(">6xII4xHH")
"""Of a reply's header: generation, void time, number of fields, of operations."""
_NOT_FOUND: Final = ResultCode.RECORD_NOT_FOUND.value
_READER_OF: Final = values.READER_OF
_MAX_NAMES: Final = 4096
_names: Final[dict[bytes, str]] = {}
_new: Final = tuple.__new__
_INTEGER: Final = values.Particle.INTEGER.value
_unpack_bin: Final = struct.Struct(">IxBBB").unpack_from
_unpack_integer: Final = struct.Struct(">q").unpack_from
_unpack_meta: Final = _META.unpack_from

Meta = Mapping[str, int]


def server_timeout(policy: RecordPolicy) -> int:
    """Milliseconds that the server may take, 0 for its own default.

    The shorter of the two timeouts; but 0 whenever the call may take forever, as the
    official client has it, so that a short silence limit does not end a slow write.
    """
    socket, total = policy.socket_timeout, policy.total_timeout
    return socket if 0 < socket < total else total


@functools.lru_cache(maxsize=512)
def read_flags(policy: ReadPolicy | OperatePolicy | BatchPolicy) -> tuple[int, int]:
    """What a read policy adds to info1 and info3."""
    info1 = Info1.READ_MODE_AP_ALL if policy.read_mode_ap is ReadModeAP.ALL else 0
    info3 = {
        ReadModeSC.SESSION: 0,
        ReadModeSC.LINEARIZE: Info3.SC_READ_TYPE,
        ReadModeSC.ALLOW_REPLICA: Info3.SC_READ_RELAX,
        ReadModeSC.ALLOW_UNAVAILABLE: Info3.SC_READ_TYPE | Info3.SC_READ_RELAX,
    }[policy.read_mode_sc]
    return int(info1), int(info3)


_EXISTS_FLAGS: Final = {
    Exists.IGNORE: (0, 0),
    Exists.CREATE: (Info2.CREATE_ONLY.value, 0),
    Exists.UPDATE: (0, Info3.UPDATE_ONLY.value),
    Exists.REPLACE: (0, Info3.REPLACE_ONLY.value),
    Exists.CREATE_OR_REPLACE: (0, Info3.CREATE_OR_REPLACE.value),
}
_GENERATION_FLAGS: Final = {
    Generation.IGNORE: 0,
    Generation.EQ: Info2.GENERATION.value,
    Generation.GT: Info2.GENERATION_GT.value,
}


def generation_flags(policy: Generation) -> int:
    """What a generation policy adds to info2."""
    return _GENERATION_FLAGS[policy]


@functools.lru_cache(maxsize=512)
def write_flags(policy: WritePolicy) -> tuple[int, int]:
    """What a write policy adds to info2 and info3."""
    info2, info3 = _EXISTS_FLAGS[policy.exists]
    info2 |= _GENERATION_FLAGS[policy.gen]
    if policy.durable_delete:
        info2 |= Info2.DURABLE_DELETE
    if policy.commit_level is CommitLevel.MASTER:
        info3 |= Info3.COMMIT_LEVEL_MASTER
    return int(info2), int(info3)


def locking_flag(policy: Any) -> int:
    """What a write policy adds to info4."""
    return Info4.MRT_ON_LOCKING_ONLY.value if policy.on_locking_only else 0


def without_transaction(policy: Q | None) -> tuple[Q | None, int | None]:
    """The policy as errors keep it, without the live transaction; and the transaction's number."""
    if policy is None or policy.txn is None:
        return policy, None
    return attrs.evolve(policy, txn=None), policy.txn.id


def info4_of(policy: Any, features: Features) -> int:
    """The error detail that is asked for, of servers that have it."""
    if not features.error_details:
        return 0
    return int(policy.error_detail_verbosity) << ERROR_VERBOSITY_SHIFT


def ttl_of(value: Any, argument: str = "ttl") -> int:
    """A TTL as the header carries it: seconds, 0 default, -1 never expire, -2 unchanged.

    Raises:
        InvalidArgument: it is not an int that fits.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidArgument(argument, f"must be an int, not {type(value).__name__}")
    if not -0x8000_0000 <= value <= 0xFFFF_FFFF:
        raise InvalidArgument(argument, f"must fit in 32 bits, not {value}")
    return value & 0xFFFF_FFFF


def read_meta(meta: Any, policy: WritePolicy | RemovePolicy) -> tuple[int, int]:
    """Generation and TTL of a write, from its ``meta`` and policy.

    Raises:
        InvalidArgument: ``meta`` is not a dict, or has other entries or values.
    """
    ttl = policy.ttl & 0xFFFF_FFFF if isinstance(policy, WritePolicy) else 0
    generation = 0 if isinstance(policy, WritePolicy) else policy.generation
    if meta is not None:
        if not isinstance(meta, Mapping):
            raise InvalidArgument("meta", f"must be a dict or None, not {type(meta).__name__}")
        for name, value in meta.items():
            if name == "gen":
                if isinstance(value, bool) or not isinstance(value, int):
                    raise InvalidArgument("meta gen", f"must be an int, not {type(value).__name__}")
                if not 0 <= value <= 0xFFFF_FFFF:
                    raise InvalidArgument("meta gen", f"must be between 0 and 4294967295, not {value}")
                generation = value
            elif name == "ttl":
                given = ttl_of(value, "meta ttl")
                ttl = ttl if given == TTL_CLIENT_DEFAULT else given
            else:
                raise InvalidArgument("meta", f"has no entry {name!r}; it takes gen and ttl")
    if policy.gen is Generation.IGNORE:
        generation = 0
    return generation, ttl


def write_op(code: int, name: bytes, value: Any, argument: str, purpose: Purpose = STORED) -> bytes:
    """One operation with a value to be stored.

    Raises:
        InvalidArgument: the value has no type on the server.
    """
    particle, data = values.encode(value, argument, purpose)
    size = len(name)
    return _OP.pack(4 + size + len(data), code, particle, 0, size) + name + data


def bare_op(code: int, name: bytes = b"") -> bytes:
    """One operation without a value."""
    return _OP.pack(4 + len(name), code, 0, 0, len(name)) + name


def bins_of(names: Any, argument: str = "bins") -> tuple[str, ...]:
    """A list of bin names, checked to be one.

    Raises:
        InvalidArgument: it is not a list or tuple, or a name is not acceptable.
    """
    if isinstance(names, str) or not isinstance(names, Sequence):
        raise InvalidArgument(argument, f"must be a list of bin names, not {type(names).__name__}")
    for name in names:
        values.bin_name(name, argument)
    return tuple(names)


def time_to_live(void_time: int, wall: Callable[[], float]) -> int:
    """Seconds until a record expires; at least 1, because clocks differ. 4294967295 for never."""
    if not void_time:
        return TTL_NEVER_EXPIRE
    return max(1, void_time + CITRUSLEAF_EPOCH - int(wall()))


def read_bins(body: bytes, offset: int, count: int) -> dict[str, Any]:
    """The bins of a reply; of a name that occurs several times the last value counts.

    Raises:
        ProtocolError: a bin is cut off or not a value of its type.
    """
    bins: dict[str, Any] = {}
    end = len(body)
    for _ in range(count):
        try:
            size, particle, flags, name_size = _unpack_bin(body, offset)
        except struct.error:
            msg = f"a bin is cut off after {end - offset} bytes"
            raise ProtocolError(msg) from None
        name_at = offset + 8
        start = name_end = name_at + name_size
        if flags & 1:
            start += 8
        offset += 4 + size
        if offset > end or start > offset:
            msg = f"a bin claims {size} bytes with a name of {name_size}, {end - name_at + 4} are there"
            raise ProtocolError(msg)
        try:
            name = _names[body[name_at:name_end]]
        except KeyError:
            name = _name_of(body[name_at:name_end])
        if particle == _INTEGER and offset - start == 8:
            bins[name] = _unpack_integer(body, start)[0]
        else:
            bins[name] = _READER_OF[particle](body[start:offset])
    return bins


def _name_of(data: bytes) -> str:
    """A bin's name, of which there are few in a program: one object for each, which also knows its hash."""
    name = data.decode("utf-8", "surrogateescape")
    if len(_names) < _MAX_NAMES:
        _names[data] = name
    return name


def skip_fields(body: bytes, count: int, offset: int = 0) -> int:
    """The offset behind the ``count`` fields of the reply at ``offset``, for commands that do not need them.

    Raises:
        ProtocolError: a field is cut off.
    """
    offset += MESSAGE_HEADER_SIZE
    for _ in range(count):
        if len(body) - offset < 5:
            msg = "a field of a reply is cut off"
            raise ProtocolError(msg)
        size: int = _FIELD_SIZE.unpack_from(body, offset)[0]
        offset += 4 + size
        if size < 1 or offset > len(body):
            msg = f"a field of a reply claims {size} bytes, more than there are"
            raise ProtocolError(msg)
    return offset


@attrs.define(eq=False)
class RecordCommand(Command[R_co], Generic[P, R_co]):
    """A command on one record, which its digest leads to the right node."""

    key: Any
    """What the caller gave; a Key with its digest once the command is prepared."""
    policy: Any = None
    place: keys.Place = attrs.field(init=False, default=keys.NOWHERE)
    serializer: Serializer | None = attrs.field(init=False)
    """The client's, once the command is prepared."""
    digest: bytes = attrs.field(init=False)
    """The key's, once the command is prepared."""

    policy_class: ClassVar[type[RecordPolicy]]
    compressible: ClassVar[bool] = True
    """Whether ``compress`` is about the request; those that carry no values go as they are."""
    compressed_reply: ClassVar[bool] = False
    """Whether ``compress`` asks for a compressed reply."""

    def prepare(self, policies: Policies) -> RecordPolicy:
        policy: RecordPolicy = policies.resolve(self.policy_class, self.policy)
        self.policy = policy
        self.serializer = policies.serializer
        self.key, self.place, self.digest = keys.locate(self.key)
        return policy

    def context(self) -> RecordContext:
        policy, txn = self._settled_policy(), None
        if policy is not None and policy.txn is not None:
            policy, txn = without_transaction(policy)
        return RecordContext(self.operation, policy, _key_or_none(self.key), self.bin_names(), txn)

    def bin_names(self) -> tuple[str, ...]:
        """Names of the bins in the request, for errors."""
        return ()

    def _settled_policy(self) -> RecordPolicy | None:
        return self.policy if isinstance(self.policy, RecordPolicy) else None

    def _request(
        self,
        features: Features,
        info1: int,
        info2: int,
        info3: int,
        generation: int = 0,
        ttl: int = 0,
        ops: Sequence[bytes] = (),
        fields: Sequence[bytes] = (),
        *,
        info4: int = 0,
        with_key: bool = True,
    ) -> bytes:
        """The frame of a request on this record (field order: protocol section 2.7)."""
        policy: RecordPolicy = self.policy
        if policy.compress and self.compressed_reply:
            info1 |= _COMPRESS_RESPONSE
        parts = [b"", b"", self.place.fields, _DIGEST_HEAD, self.digest]
        n_fields = 3
        if policy.txn is not None:
            own = transaction.member_fields(policy.txn, self.digest, write=self.write)
            parts.extend(own)
            n_fields += len(own)
        if with_key and policy.key is SendKey.SEND and self.key.user_key is not None:
            parts.append(field(Field.KEY, keys.key_particle(self.key.user_key)))
            n_fields += 1
        if policy.expressions is not None:
            parts.append(field(Field.FILTER, policy.expressions))
            n_fields += 1
        if fields:
            parts.extend(fields)
            n_fields += len(fields)
        parts.extend(ops)
        parts[1] = MESSAGE.pack(
            MESSAGE_HEADER_SIZE,
            info1,
            info2,
            info3,
            info4_of(policy, features) | info4,
            0,
            generation,
            ttl,
            server_timeout(policy),
            n_fields,
            len(ops),
        )
        parts[0] = frame_header(FrameType.MESSAGE, sum(map(len, parts)))
        request = b"".join(parts)
        if policy.compress_above and self.compressible:
            return compression.compressed(request, policy.compress_above)
        return request


_KEPT: Final = frozenset({int, str, bytes, type(None)})


def _key_or_none(key: Any) -> Key | None:
    """The key for an error's context, as far as what the caller gave is one."""
    if type(key) is Key:
        namespace, set_name, user_key, digest = key
        named = type(namespace) is str and (set_name is None or type(set_name) is str)
        if named and type(user_key) in _KEPT and type(digest) is bytes:
            return key  # as prepare left it
    if not isinstance(key, tuple) or not 3 <= len(key) <= 4 or not isinstance(key[0], str):
        return None
    namespace, set_name, user_key, *rest = key
    if isinstance(user_key, bytearray):
        user_key = bytes(user_key)  # which the program cannot change under the error
    found = rest[0] if rest and isinstance(rest[0], bytes | bytearray) else None
    return Key(
        namespace,
        set_name if isinstance(set_name, str) else None,
        user_key if isinstance(user_key, int | str | bytes) else None,  # nothing alive, nothing that cannot be pickled
        None if found is None else bytes(found),
    )


# Reads


_WHOLE: Final = int(Info1.GET_ALL | Info1.GET_NO_BINS)
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
    info1: ClassVar[int] = int(Info1.READ | Info1.GET_ALL)

    def code(self, body: bytes) -> int:
        code = body[5] if len(body) >= MESSAGE_HEADER_SIZE else Command.code(self, body)
        if code == _NOT_FOUND and self.default is not MISSING:
            return 0
        return code

    def decode(self, body: bytes, wall: Callable[[], float]) -> Any:
        if self.default is not MISSING and body[5]:
            return self.default
        generation, void_time, n_fields, n_ops = _unpack_meta(body)
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
    info1: ClassVar[int] = int(Info1.READ)
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
    info1: ClassVar[int] = int(Info1.READ | Info1.GET_NO_BINS)

    def code(self, body: bytes) -> int:
        code = Command.code(self, body)
        return 0 if code == ResultCode.RECORD_NOT_FOUND else code

    def decode(self, body: bytes, wall: Callable[[], float]) -> tuple[Key, dict[str, int] | None]:
        if body[5]:
            return self.key, None
        _, _, _, _, _, _, generation, void_time, *_ = MESSAGE.unpack_from(body)
        return self.key, {"ttl": time_to_live(void_time, wall), "gen": generation}


# Writes


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


def write_hint(body: bytes, policy: WritePolicy | RemovePolicy, generation: int, ttl: int) -> str | None:
    """What a refused write's own arguments explain about the refusal."""
    code = body[5]
    if code == ResultCode.RECORD_GENERATION:
        found = _unpack_meta(body)[0]
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


_TTLS_THAT_NEVER_EXPIRE: Final = frozenset({0, TTL_NEVER_EXPIRE, TTL_DONT_UPDATE})


@attrs.define(eq=False)
class Put(WriteCommand):
    """Write bins."""

    bins: Any = None

    operation: ClassVar[str] = "put"

    def bin_names(self) -> tuple[str, ...]:
        return tuple(str(name) for name in self.bins) if isinstance(self.bins, Mapping) else ()

    def write_ops(self) -> list[bytes]:
        if not isinstance(self.bins, Mapping):
            raise InvalidArgument("bins", f"must be a dict of bin names and values, not {type(self.bins).__name__}")
        purpose = STORED if self.serializer is None else Purpose(stored=True, serializer=self.serializer)
        return [
            write_op(OpCode.WRITE, values.bin_name(name, "bins"), value, f"bin {name!r}", purpose)
            for name, value in self.bins.items()
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
        info2 = Info2.WRITE | Info2.DELETE | _GENERATION_FLAGS[policy.gen]
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


__all__ = [
    "MISSING",
    "Append",
    "ExistsCommand",
    "Get",
    "Increment",
    "Op",
    "Prepend",
    "Put",
    "RecordCommand",
    "Remove",
    "RemoveBin",
    "Select",
    "Touch",
    "WriteCommand",
]
