"""Queries that change records in the background, and what nodes say of them (protocol sections 5.5 and 5.8)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

import attrs

from aerospike_wire.errors import ProtocolError, QueryContext, ResultCode
from aerospike_wire.policy import Generation, InfoPolicy, ScanPolicy, WritePolicy
from aerospike_wire.proto import info
from aerospike_wire.proto.commands.base import Command, Features, ServerWords
from aerospike_wire.proto.commands.flags import info4_of, server_timeout, ttl_of, write_flags
from aerospike_wire.proto.commands.operate import pack_operation
from aerospike_wire.proto.commands.query.foreground import query_context
from aerospike_wire.proto.fields import Field, field
from aerospike_wire.proto.header import MESSAGE, MESSAGE_HEADER_SIZE, FrameType, Info2, frame_header
from aerospike_wire.proto.invalid import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Callable

    from aerospike_wire.policy import Policies
    from aerospike_wire.proto.commands.query.statement import Statement

_BACKGROUND: Final = 2
MODULES: Final = ("query", "scan")
"""What jobs are called by the kind of query they came from."""


@attrs.define(eq=False)
class BackgroundCommand(Command[None]):
    """A job for every node: writes, or a Lua function, for all records of a query."""

    statement: Statement
    policy: Any = None
    ttl: Any = None
    """Seconds to live of what is written; None for what the policy says."""
    records_per_second: Any = 0
    """For each node; 0 for what the policy of a scan says."""
    method: str = "execute_background"
    scan: bool = False
    task_id: int = 0

    operation: ClassVar[str] = "execute_background"
    write: ClassVar[bool] = True
    exclusive: ClassVar[bool] = True
    _body: list[bytes] = attrs.field(init=False, factory=list)
    _ttl: int = attrs.field(init=False, default=0)

    def prepare(self, policies: Policies) -> WritePolicy | ScanPolicy:
        kind: type[ScanPolicy | WritePolicy] = ScanPolicy if self.scan else WritePolicy
        policy: WritePolicy | ScanPolicy = policies.resolve(kind, self.policy)
        self.policy = policy
        statement = self.statement
        statement.check()
        if statement.names:
            raise InvalidArgument("select", "reads bins, and a job in the background gives nothing back")
        if (statement.function is None) == (statement.operations is None):
            raise InvalidArgument("ops", "or a function must be given with add_ops() or apply(), and not both")
        reading = next((operation for operation in statement.checked if not operation.writes), None)
        if reading is not None:
            raise InvalidArgument("ops", f"has {reading!r}, and a job in the background gives nothing back")
        if statement.function is not None:
            self._body = statement.function.fields(_BACKGROUND, policies.serializer)
        self._ttl = policy.ttl & 0xFFFF_FFFF if self.ttl is None else ttl_of(self.ttl)
        if isinstance(self.records_per_second, bool) or not isinstance(self.records_per_second, int):
            raise InvalidArgument("records_per_second", "must be an int")
        if not 0 <= self.records_per_second <= 0xFFFF_FFFF:
            raise InvalidArgument("records_per_second", "must be between 0 and 4294967295")
        if isinstance(policy, ScanPolicy):
            self.records_per_second = self.records_per_second or policy.records_per_second
        return policy

    def encode(self, features: Features) -> bytes:
        policy, statement = self.policy, self.statement
        fields = statement.head_fields(policy.socket_timeout, self.task_id, self.records_per_second)
        fields += statement.index_fields()
        fields += self._body
        if policy.expressions is not None:
            fields.append(field(Field.FILTER, policy.expressions))
        ops = [pack_operation(operation) for operation in statement.checked]
        info2, info3 = Info2.WRITE, 0
        if isinstance(policy, WritePolicy):
            more2, info3 = write_flags(attrs.evolve(policy, gen=Generation.IGNORE))
            info2 |= more2
        elif policy.durable_delete:
            info2 |= Info2.DURABLE_DELETE
        header = MESSAGE.pack(
            MESSAGE_HEADER_SIZE, 0, info2, info3, info4_of(policy, features), 0, 0, self._ttl,
            server_timeout(policy), len(fields), len(ops),
        )  # fmt: skip
        body = b"".join((header, *fields, *ops))
        return frame_header(FrameType.MESSAGE, len(body)) + body

    def code(self, body: bytes) -> int:
        # A set that no record was ever written to has none to be changed.
        code = Command.code(self, body)
        return 0 if code == ResultCode.RECORD_NOT_FOUND else code

    def words(self, body: bytes) -> ServerWords:
        filtered = self.policy.expressions is not None
        return self.statement.explained(self.code(body), Command.words(self, body), (), filtered=filtered)

    def decode(self, body: bytes, wall: Callable[[], float]) -> None:
        return None

    def context(self) -> QueryContext:
        policy = self.policy if isinstance(self.policy, WritePolicy | ScanPolicy) else None
        found = query_context(self.statement, self.method, policy)
        return attrs.evolve(found, task_id=self.task_id or None)


@attrs.define(eq=False)
class JobCommand(Command[None]):
    """A question about a job, or the wish to end it, for one node."""

    task_id: Any
    module: Any = "query"
    policy: Any = None
    method: str = "job_info"
    build: tuple[int, ...] = (8, 1)
    """The node's version, which decides about the words."""
    node: str = attrs.field(init=False, default="")
    """The node that was asked."""
    answer: str | None = attrs.field(init=False, default=None)
    """What the node said; None if it does not know the job."""

    operation: ClassVar[str] = "job_info"
    frame_type: ClassVar[FrameType] = FrameType.INFO
    exclusive: ClassVar[bool] = True

    def prepare(self, policies: Policies) -> InfoPolicy:
        policy: InfoPolicy = policies.resolve(InfoPolicy, self.policy)
        self.policy = policy
        if isinstance(self.task_id, bool) or not isinstance(self.task_id, int):
            raise InvalidArgument("job_id", f"must be an int, not {type(self.task_id).__name__}")
        if not 0 <= self.task_id < 1 << 64:
            raise InvalidArgument("job_id", f"must fit in 64 bits, not {self.task_id}")
        if self.module not in MODULES:
            raise InvalidArgument("module", f"must be one of {', '.join(MODULES)}, not {self.module!r}")
        return policy

    def line(self) -> str:
        """The info command."""
        ends = self.method == "job_abort"
        if self.build < (6, 0):
            return f"jobs:module={self.module};cmd={'kill' if ends else 'get'}-job;trid={self.task_id:d}"
        name = "id" if self.build >= (8, 1) else "trid"
        return f"query-{'abort' if ends else 'show'}:{name}={self.task_id:d}"

    def encode(self, features: Features) -> bytes:
        return info.request([self.line()])

    def code(self, body: bytes) -> int:
        failed = info.error_of(_value(body))
        return 0 if failed is None or failed.code == ResultCode.RECORD_NOT_FOUND else failed.code

    def words(self, body: bytes) -> ServerWords:
        failed = info.error_of(_value(body))
        return ServerWords(None if failed is None else failed.message)

    def decode(self, body: bytes, wall: Callable[[], float]) -> None:
        value = _value(body)
        self.answer = value if info.error_of(value) is None else None

    def context(self) -> QueryContext:
        policy = self.policy if isinstance(self.policy, InfoPolicy) else None
        task_id = self.task_id if isinstance(self.task_id, int) else None
        return QueryContext(self.method, policy, task_id=task_id)


def _value(body: bytes) -> str:
    rows = info.parse(body)
    if not rows:
        msg = "an info reply is empty"
        raise ProtocolError(msg)
    return rows[0][1]


def facts(answer: str) -> dict[str, str]:
    """The ``name=value`` parts of what a node says of a job."""
    return dict(part.partition("=")[::2] for part in answer.split(":") if "=" in part)
