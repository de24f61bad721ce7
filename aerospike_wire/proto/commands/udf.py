"""A Lua function applied to one record (protocol section 2.8)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

import attrs

from aerospike_wire.errors import ProtocolError, ResultCode, UDFContext
from aerospike_wire.errors.udf import udf_hint
from aerospike_wire.policy import ApplyPolicy, CommitLevel
from aerospike_wire.proto import msgpack
from aerospike_wire.proto.commands.base import Features, ServerWords
from aerospike_wire.proto.commands.flags import locking_flag
from aerospike_wire.proto.commands.record import RecordCommand
from aerospike_wire.proto.fields import Field, field
from aerospike_wire.proto.header import Info2, Info3
from aerospike_wire.proto.invalid import InvalidArgument, utf8
from aerospike_wire.proto.message import read_message

if TYPE_CHECKING:
    from collections.abc import Callable

    from aerospike_wire.policy import Policies, RecordPolicy

SUCCESS: Final = b"SUCCESS"
FAILURE: Final = b"FAILURE"
"""Names of the bins that a function's value or error text comes back in."""


@attrs.define(eq=False)
class Apply(RecordCommand[ApplyPolicy, Any]):
    """Run a function on a record; its return value comes back."""

    module: Any = ""
    function: Any = ""
    arguments: Any = None

    operation: ClassVar[str] = "apply"
    write: ClassVar[bool] = True
    exclusive: ClassVar[bool] = True
    compressed_reply = True
    policy_class = ApplyPolicy
    _fields: list[bytes] = attrs.field(init=False, factory=list)

    def prepare(self, policies: Policies) -> RecordPolicy:
        policy = RecordCommand.prepare(self, policies)
        for argument, value in (("module", self.module), ("function", self.function)):
            if not isinstance(value, str):
                raise InvalidArgument(argument, f"must be a str, not {type(value).__name__}")
        arguments = [] if self.arguments is None else self.arguments
        if not isinstance(arguments, list | tuple):
            raise InvalidArgument("args", f"must be a list, not {type(arguments).__name__}")
        self._fields = [
            field(Field.UDF_MODULE, utf8("module", self.module)),
            field(Field.UDF_FUNCTION, utf8("function", self.function)),
            field(
                Field.UDF_ARGUMENTS, msgpack.pack(list(arguments), "args", msgpack.Purpose(serializer=self.serializer))
            ),
        ]
        return policy

    def encode(self, features: Features) -> bytes:
        policy: ApplyPolicy = self.policy
        info2 = Info2.WRITE | (Info2.DURABLE_DELETE if policy.durable_delete else 0)
        info3 = Info3.COMMIT_LEVEL_MASTER if policy.commit_level is CommitLevel.MASTER else 0
        ttl = policy.ttl & 0xFFFF_FFFF
        return self._request(features, 0, info2, info3, 0, ttl, fields=self._fields, info4=locking_flag(policy))

    def decode(self, body: bytes, wall: Callable[[], float]) -> Any:
        message, _ = read_message(body)
        for op in message.ops:
            if op.name == SUCCESS:
                value = op.value()
                return value if self.serializer is None else self.serializer.opened(value, None)
        if message.ops:
            msg = f"the reply to a function has a bin {message.ops[0].bin!r}, expected SUCCESS"
            raise ProtocolError(msg)
        return None

    def words(self, body: bytes) -> ServerWords:
        words = RecordCommand.words(self, body)
        if body[5] != ResultCode.UDF:
            return words
        try:
            message, _ = read_message(body)
            text = next((op.value() for op in message.ops if op.name == FAILURE), None)
        except ProtocolError:
            return words
        return ServerWords(text, words.subcode, udf_hint(text)) if isinstance(text, str) else words

    def context(self) -> UDFContext:  # type: ignore[override]  # a record command of another family
        record = RecordCommand.context(self)
        return UDFContext(
            self.operation, record.policy, str(self.module), str(self.function), record.key,
            transaction=record.transaction,
        )  # fmt: skip
