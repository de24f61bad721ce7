"""Stream functions over all records of a query (protocol section 5.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

import attrs

from aerospike_wire.errors import QueryContext, ResultCode
from aerospike_wire.policy import QueryPolicy, ScanPolicy
from aerospike_wire.proto.commands.base import NO_WORDS, Command, Features, ServerWords, error_details
from aerospike_wire.proto.commands.bins import bare_op
from aerospike_wire.proto.commands.flags import info4_of
from aerospike_wire.proto.commands.modules import UdfGet
from aerospike_wire.proto.commands.query.foreground import NO_READ_TOUCH, query_context, read_flags
from aerospike_wire.proto.commands.udf import FAILURE, SUCCESS
from aerospike_wire.proto.fields import Field, field
from aerospike_wire.proto.header import MESSAGE, MESSAGE_HEADER_SIZE, FrameType, Info3, frame_header
from aerospike_wire.proto.invalid import InvalidArgument
from aerospike_wire.proto.message import OpCode, read_messages

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aerospike_wire.policy import Policies
    from aerospike_wire.proto.commands.query.statement import Statement

_AGGREGATION: Final = 1


@attrs.define(eq=False)
class AggregateCommand(Command[None]):
    """An aggregation; each node works on the partitions that it is master of."""

    statement: Statement
    policy: Any = None
    changes: Mapping[str, Any] = attrs.field(factory=dict)
    """Settings of the query that go before its policy's."""
    method: str = "query"

    operation: ClassVar[str] = "query"
    exclusive: ClassVar[bool] = True
    _function: list[bytes] = attrs.field(init=False, factory=list)

    def prepare(self, policies: Policies) -> QueryPolicy:
        kind = ScanPolicy if self.method == "scan" else QueryPolicy
        policy: QueryPolicy = (
            self.policy if isinstance(self.policy, QueryPolicy) else policies.resolve(kind, self.policy)
        )
        if self.changes:
            policy = attrs.evolve(policy, **self.changes)
        self.policy = policy
        statement = self.statement
        statement.check()
        assert statement.function is not None
        self._function = statement.function.fields(_AGGREGATION, policies.serializer)
        if statement.operations is not None:
            raise InvalidArgument("ops", "cannot be combined with apply()")
        if policy.partition_filter is not None:
            raise InvalidArgument("partition_filter", "cannot be combined with apply(): nodes aggregate all they have")
        return policy

    def request(self, features: Features, task_id: int) -> bytes:
        """The frame for a node."""
        statement, policy = self.statement, self.policy
        fields = statement.head_fields(policy.socket_timeout, task_id, policy.records_per_second)
        fields += statement.index_fields()
        fields += self._function
        if policy.expressions is not None:
            fields.append(field(Field.FILTER, policy.expressions))
        ops = [bare_op(OpCode.READ, name.encode()) for name in statement.names]
        info1, info2 = read_flags(policy)
        header = MESSAGE.pack(
            MESSAGE_HEADER_SIZE, info1, info2, Info3.PARTITION_DONE, info4_of(policy, features), 0, 0, NO_READ_TOUCH,
            policy.total_timeout, len(fields), len(ops),
        )  # fmt: skip
        body = b"".join((header, *fields, *ops))
        return frame_header(FrameType.MESSAGE, len(body)) + body

    def context(self) -> QueryContext:
        policy = self.policy if isinstance(self.policy, QueryPolicy) else None
        return query_context(self.statement, self.method, policy)


@attrs.define(eq=False)
class ModuleText(UdfGet):
    """Ask for the text of a module, for the part of an aggregation that runs here."""

    text: bytes = attrs.field(init=False, default=b"")

    def decode(self, body: bytes, wall: Callable[[], float]) -> None:  # type: ignore[override]  # kept, not given
        self.text = UdfGet.decode(self, body, wall).encode()

    def words(self, body: bytes) -> ServerWords:
        words = UdfGet.words(self, body)
        return words._replace(message=f"module {self.filename}: {words.message}")


class Values:
    """What one node sends, from first frame to last."""

    __slots__ = ("clean", "code", "found", "known", "words")

    def __init__(self) -> None:
        self.found: list[Any] = []
        """What the function made of the node's records."""
        self.code: int | None = None
        """The result code that the answer ended with, None until then."""
        self.words: ServerWords = NO_WORDS
        self.known = True
        """False if the node has never heard of the set."""
        self.clean = True
        """False if something follows the end."""

    def feed(self, body: bytes) -> None:
        """Take in the next frame.

        Raises:
            ProtocolError: it does not follow the protocol.
        """
        for message in read_messages(body):
            if self.code is not None:
                self.clean = False
                return
            header = message.header
            last = header.info3 & Info3.LAST
            for op in message.ops:
                if op.name == SUCCESS:
                    self.found.append(op.value())
                elif op.name == FAILURE:
                    self._failed(op.value())
            if last or header.result:
                self.known = header.result != ResultCode.RECORD_NOT_FOUND
                if self.words is not NO_WORDS:
                    self.code = ResultCode.UDF  # the text came first, a general failure follows it
                else:
                    self.code = header.result if self.known else 0
                    self.words = error_details(message)

    def _failed(self, text: Any) -> None:
        self.words = ServerWords(text if isinstance(text, str) else repr(text))
