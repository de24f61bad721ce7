"""Queries and scans (protocol section 5)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, ClassVar, Final

import attrs

from aerospike_wire.errors import ProtocolError, QueryContext, ResultCode
from aerospike_wire.policy import QueryPolicy
from aerospike_wire.proto import keys, values
from aerospike_wire.proto.commands.base import Command, Features, u32, u64
from aerospike_wire.proto.commands.batch import message_offsets
from aerospike_wire.proto.commands.record import bare_op, bins_of, info4_of, read_bins, time_to_live
from aerospike_wire.proto.fields import Field, field, read_fields
from aerospike_wire.proto.header import MESSAGE, MESSAGE_HEADER_SIZE, FrameType, Info1, Info3, frame_header
from aerospike_wire.proto.invalid import InvalidArgument
from aerospike_wire.proto.message import OpCode
from aerospike_wire.types import Key, Record

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aerospike_wire.policy import Policies

NO_READ_TOUCH: Final = 0xFFFF_FFFF


@attrs.frozen
class Predicate:
    """A condition that a secondary index answers: a value, or a range of integers, of a bin."""

    bin: str
    begin: int | str | bytes
    end: int | str | bytes

    def pack(self) -> bytes:
        """The INDEX_RANGE field's data (protocol section 5.6)."""
        name = self.bin.encode()
        kind, begin = values.encode(self.begin)
        _, end = values.encode(self.end)
        return (
            bytes((1, len(name))) + name + bytes((kind,))
            + u32.pack(len(begin)) + begin + u32.pack(len(end)) + end
        )  # fmt: skip


def check_predicate(bin_name: Any, begin: Any, end: Any) -> Predicate:
    """A predicate, checked.

    Raises:
        InvalidArgument: the bin or a value is not acceptable.
    """
    values.bin_name(bin_name)
    for argument, value in (("val", begin), ("max", end)):
        if isinstance(value, bool) or not isinstance(value, int | str | bytes):
            raise InvalidArgument(argument, f"must be an int, str or bytes, not {type(value).__name__}")
        values.encode(value, argument)
    if isinstance(begin, int) and begin > end:
        raise InvalidArgument("min", "must not be above max")
    return Predicate(bin_name, begin, end)


@attrs.define(eq=False)
class QueryCommand(Command[None]):
    """A query of a set; :meth:`part` makes the request for one node."""

    namespace: Any = ""
    set: Any = None
    bins: Any = None
    predicate: Predicate | None = None
    policy: Any = None
    method: str = "query"

    operation: ClassVar[str] = "query"
    exclusive: ClassVar[bool] = True
    records: list[Record] = attrs.field(init=False, factory=list)
    partitions_done: int = attrs.field(init=False, default=0)
    _names: tuple[str, ...] = attrs.field(init=False, default=())

    def prepare(self, policies: Policies) -> QueryPolicy:
        policy: QueryPolicy = policies.resolve(QueryPolicy, self.policy)
        self.policy = policy
        keys.check_namespace(self.namespace)
        keys.check_set(self.set)
        self._names = () if self.bins is None else bins_of(self.bins)
        return policy

    def part(self, partitions: Sequence[int], task_id: int, share: int) -> QueryPart:
        """The request for some partitions, to the node that has them.

        Args:
            partitions: their ids.
            task_id: the query's number, the same for every node.
            share: how many records the node may send; 0 for all.
        """
        return QueryPart(self, tuple(partitions), task_id, share)

    def context(self) -> QueryContext:
        policy = self.policy if isinstance(self.policy, QueryPolicy) else None
        return QueryContext(
            self.method,
            policy,
            str(self.namespace),
            None if self.set is None else str(self.set),
            None,
            None if self.predicate is None else self.predicate.bin,
            self._names,
            self.partitions_done,
            keys.PARTITIONS - self.partitions_done,
        )


@attrs.define(eq=False)
class QueryPart(Command[None]):
    """A query on one node."""

    query: QueryCommand
    partitions: tuple[int, ...]
    task_id: int
    share: int

    operation: ClassVar[str] = "query"
    exclusive: ClassVar[bool] = True
    unavailable: dict[int, int] = attrs.field(init=False, factory=dict)
    """Partitions that the node could not serve, and the code it gave."""
    records: list[Record] = attrs.field(init=False, factory=list)
    _bodies: list[bytes] = attrs.field(init=False, factory=list)

    def encode(self, features: Features) -> bytes:
        query = self.query
        policy: QueryPolicy = query.policy
        fields = [field(Field.NAMESPACE, query.namespace.encode())]
        if query.set:
            fields.append(field(Field.SET, query.set.encode()))
        if policy.records_per_second:
            fields.append(field(Field.RECORDS_PER_SECOND, u32.pack(policy.records_per_second)))
        fields.append(field(Field.SOCKET_TIMEOUT, u32.pack(policy.socket_timeout)))
        fields.append(field(Field.TASK_ID, u64.pack(self.task_id)))
        if query.predicate is not None:
            fields.append(field(Field.INDEX_RANGE, query.predicate.pack()))
        if policy.expressions is not None:
            fields.append(field(Field.FILTER, policy.expressions))
        pids = struct.pack(f"<{len(self.partitions)}H", *self.partitions)
        fields.append(field(Field.PID_ARRAY, pids))
        if self.share:
            fields.append(field(Field.MAX_RECORDS, u64.pack(self.share)))
        ops = [bare_op(OpCode.READ, name.encode()) for name in query._names]  # noqa: SLF001  its own part
        # The request itself is sent as it is, as by the official client.
        info1 = Info1.READ | (Info1.COMPRESS_RESPONSE if policy.compress else 0)
        header = MESSAGE.pack(
            MESSAGE_HEADER_SIZE, info1, 0, Info3.PARTITION_DONE, info4_of(policy, features), 0, 0, NO_READ_TOUCH,
            policy.total_timeout, len(fields), len(ops),
        )  # fmt: skip
        body = b"".join((header, *fields, *ops))
        return frame_header(FrameType.MESSAGE, len(body)) + body

    def collector(self) -> Callable[[bytes], bool]:
        self._bodies = []
        return self._collect

    def _collect(self, body: bytes) -> bool:
        self._bodies.append(body)
        for offset in message_offsets(body):
            info3, code = body[offset + 3], body[offset + 5]
            if info3 & Info3.LAST or (code and not info3 & Info3.PARTITION_DONE):
                return True
        return False

    def code(self, body: bytes) -> int:
        """The code of the message that ended the stream."""
        for offset in message_offsets(body):
            info3, code = body[offset + 3], body[offset + 5]
            if code and not info3 & Info3.PARTITION_DONE:
                # An unknown set has no records; that is an answer, not an error.
                return 0 if code == ResultCode.RECORD_NOT_FOUND else code
        return 0

    def decode(self, body: bytes, wall: Callable[[], float]) -> None:
        for part in self._bodies:
            for offset in message_offsets(part):
                self._read(part, offset, wall)

    def _read(self, body: bytes, offset: int, wall: Callable[[], float]) -> None:
        _, _, _, info3, _, code, generation, void_time, _, n_fields, n_ops = MESSAGE.unpack_from(body, offset)
        if info3 & Info3.PARTITION_DONE:
            if code:
                self.unavailable[generation] = code
            return
        if info3 & Info3.LAST or code:
            return
        digest: bytes | None = None
        namespace, set_name = self.query.namespace, None
        user_key: Any = None
        stop = offset + MESSAGE_HEADER_SIZE
        for kind, data, behind in read_fields(memoryview(body), stop, n_fields):
            stop = behind
            if kind == Field.DIGEST:
                digest = bytes(data)
            elif kind == Field.SET:
                set_name = bytes(data).decode(errors="surrogateescape")
            elif kind == Field.NAMESPACE:
                namespace = bytes(data).decode(errors="surrogateescape")
            elif kind == Field.KEY:
                user_key = keys.read_key_particle(data)
        if digest is None or len(digest) != keys.DIGEST_SIZE:
            msg = "a record of a query has no digest"
            raise ProtocolError(msg)
        meta = {"ttl": time_to_live(void_time, wall), "gen": generation}
        self.records.append(Record(Key(namespace, set_name, user_key, digest), meta, read_bins(body, stop, n_ops)))
