"""Queries and scans that return records (protocol section 5.1)."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final

import attrs

from aerospike_wire.errors import QueryContext
from aerospike_wire.policy import QueryDuration, QueryPolicy, ScanPolicy
from aerospike_wire.proto.commands.base import Command, Features, ServerWords, u64
from aerospike_wire.proto.commands.bins import bare_op
from aerospike_wire.proto.commands.flags import info4_of
from aerospike_wire.proto.commands.operate import pack_operation
from aerospike_wire.proto.fields import Field, field
from aerospike_wire.proto.header import MESSAGE, MESSAGE_HEADER_SIZE, FrameType, Info1, Info2, Info3, frame_header
from aerospike_wire.proto.invalid import InvalidArgument
from aerospike_wire.proto.message import OpCode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aerospike_wire.policy import Policies
    from aerospike_wire.proto.commands.query.statement import Statement

NO_READ_TOUCH: Final = 0xFFFF_FFFF
_BVAL: Final = struct.Struct("<q")


@attrs.define(eq=False)
class QueryCommand(Command[None]):
    """A query of many partitions; :meth:`request` makes the bytes for one node's share of them."""

    statement: Statement
    policy: Any = None
    changes: Mapping[str, Any] = attrs.field(factory=dict)
    """Settings of the query that go before its policy's."""
    options: Any = None
    """``{"nobins": True}`` to read no more of records than that they are there."""
    method: str = "query"
    node: Any = None
    """Name of the only node to ask; None for all."""

    operation: ClassVar[str] = "query"
    exclusive: ClassVar[bool] = True
    _no_bins: bool = attrs.field(init=False, default=False)

    def prepare(self, policies: Policies) -> QueryPolicy:
        kind = ScanPolicy if self.method == "scan" else QueryPolicy
        policy: QueryPolicy = (
            self.policy if isinstance(self.policy, QueryPolicy) else policies.resolve(kind, self.policy)
        )
        if self.changes:
            policy = attrs.evolve(policy, **self.changes)
        self.policy = policy
        self._no_bins = read_options(self.options)
        if self.node is not None and not isinstance(self.node, str):
            raise InvalidArgument("nodename", f"must be a str or None, not {type(self.node).__name__}")
        statement = self.statement
        statement.check()
        writing = next((operation for operation in statement.checked if operation.writes), None)
        if writing is not None:
            raise InvalidArgument("ops", f"has {writing!r}, and writes are for execute_background()")
        if statement.checked and statement.names:
            raise InvalidArgument("ops", "cannot be combined with select()")
        return policy

    def request(
        self,
        features: Features,
        task_id: int,
        partitions: Sequence[int],
        resumed: Sequence[tuple[bytes, int]] = (),
        share: int = 0,
    ) -> bytes:
        """The frame for one node.

        Args:
            features: what the node understands.
            task_id: the query's number on the node; one that it has seen lately is refused.
            partitions: those to read from their beginning.
            resumed: digest and index value of a record in each of the partitions to go on with behind it.
            share: how many records the node may send; 0 for all.
        """
        statement, policy = self.statement, self.policy
        fields = statement.head_fields(policy.socket_timeout, task_id, policy.records_per_second)
        fields += statement.index_fields()
        if policy.expressions is not None:
            fields.append(field(Field.FILTER, policy.expressions))
        if partitions:
            fields.append(field(Field.PID_ARRAY, struct.pack(f"<{len(partitions)}H", *partitions)))
        if resumed:
            fields.append(field(Field.DIGEST_ARRAY, b"".join(digest for digest, _ in resumed)))
            if statement.predicate is not None:
                fields.append(field(Field.BVAL_ARRAY, b"".join(_BVAL.pack(value) for _, value in resumed)))
        if share:
            fields.append(field(Field.MAX_RECORDS, u64.pack(share)))
        ops = [bare_op(OpCode.READ, name.encode()) for name in statement.names]
        ops += [pack_operation(operation) for operation in statement.checked]
        info1, info2 = read_flags(policy)
        if self._no_bins:
            info1 |= Info1.GET_NO_BINS
        if statement.checked and self.method != "scan":
            # Of a query every record comes, also one of which no operation gives anything; of a scan it does not.
            info2 |= Info2.RESPOND_ALL_OPS
        header = MESSAGE.pack(
            MESSAGE_HEADER_SIZE, info1, info2, Info3.PARTITION_DONE, info4_of(policy, features), 0, 0, NO_READ_TOUCH,
            policy.total_timeout, len(fields), len(ops),
        )  # fmt: skip
        body = b"".join((header, *fields, *ops))
        return frame_header(FrameType.MESSAGE, len(body)) + body

    @property
    def reads_no_bins(self) -> bool:
        """Whether records come without their bins."""
        return self._no_bins

    @property
    def leaves_out(self) -> bool:
        """Whether nodes count records against a limit that they do not send.

        These are records without any of the selected bins, and those for which an operation fails.
        """
        statement = self.statement
        if self._no_bins:
            return False
        if statement.names or (statement.checked and self.method == "scan"):
            return True
        return any(operation.code != OpCode.READ for operation in statement.checked)

    def explained(self, code: int, words: ServerWords, build: tuple[int, ...]) -> ServerWords:
        """What a refusing answer says, and what the operations explain about it."""
        return self.statement.explained(code, words, build, filtered=self.policy.expressions is not None)

    def context(self) -> QueryContext:
        policy = self.policy if isinstance(self.policy, QueryPolicy) else None
        return query_context(self.statement, self.method, policy)


def read_flags(policy: QueryPolicy) -> tuple[int, int]:
    """What a policy adds to info1 and info2 of a query that gives something back, info1's READ included."""
    info1, info2 = Info1.READ, 0
    if policy.compress:  # what comes back; requests of queries go as they are, as the official client's do
        info1 |= Info1.COMPRESS_RESPONSE
    if policy.expected_duration is QueryDuration.SHORT or policy.short_query:
        info1 |= Info1.SHORT_QUERY
    elif policy.expected_duration is QueryDuration.LONG_RELAX_AP:
        info2 |= Info2.RELAX_AP_LONG_QUERY
    return info1, info2


def read_options(options: Any) -> bool:
    """Whether bins are left out, from the options of a call.

    Raises:
        InvalidArgument: they are not a dict, or have another entry.
    """
    if options is None:
        return False
    if not isinstance(options, Mapping):
        raise InvalidArgument("options", f"must be a dict or None, not {type(options).__name__}")
    for name, value in options.items():
        if name not in {"nobins", "concurrent"}:
            raise InvalidArgument("options", f"has no entry {name!r}; it takes nobins")
        if not isinstance(value, bool):
            raise InvalidArgument("options", f"{name} must be True or False, not {value!r}")
    return bool(options.get("nobins", False))


def query_context(statement: Statement, method: str, policy: Any) -> QueryContext:
    """The facts of a query for an error, whatever its kind."""
    function = statement.function
    return QueryContext(
        method,
        policy,
        str(statement.namespace),
        None if statement.set is None else str(statement.set),
        None if statement.index is None else str(statement.index),
        None if statement.predicate is None else statement.predicate.bin,
        statement.names,
        module=None if function is None else str(function.module),
        function=None if function is None else str(function.name),
    )
