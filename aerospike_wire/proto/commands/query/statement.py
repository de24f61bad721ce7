"""What a query asks for, whatever becomes of the records (protocol section 5)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

import attrs

from aerospike_wire.errors import FailedOperation, ResultCode
from aerospike_wire.proto import keys, msgpack
from aerospike_wire.proto.commands.base import ServerWords, u32, u64
from aerospike_wire.proto.commands.bins import bins_of
from aerospike_wire.proto.commands.operate import Operation, check_operations, refusal_hint
from aerospike_wire.proto.fields import Field, field
from aerospike_wire.proto.invalid import InvalidArgument, utf8
from aerospike_wire.proto.message import OpCode

if TYPE_CHECKING:
    from aerospike_wire.proto.commands.query.predicate import Predicate
    from aerospike_wire.serializer import Serializer

MAX_INDEX_NAME = 63
"""Bytes of an index's name."""
_PROJECTIONS: Final = (8, 1, 2)
"""The first version whose queries take any operation that reads."""


@attrs.define(eq=False)
class Function:
    """A Lua function for the records of a query."""

    module: Any
    name: Any
    arguments: Any = None
    """A list; None where none was given, which travels as nothing at all."""

    def fields(self, kind: int, serializer: Serializer | None) -> list[bytes]:
        """The fields of a request.

        Args:
            kind: 1 for an aggregation, 2 for a job in the background.
            serializer: the client's.

        Raises:
            InvalidArgument: a name or an argument cannot be used.
        """
        for argument, value in (("module", self.module), ("function", self.name)):
            if not isinstance(value, str):
                raise InvalidArgument(argument, f"must be a str, not {type(value).__name__}")
            if not value:
                raise InvalidArgument(argument, "must not be empty")
        if self.arguments is not None and not isinstance(self.arguments, list | tuple):
            raise InvalidArgument("arguments", f"must be a list, not {type(self.arguments).__name__}")
        packed = b"" if self.arguments is None else self._packed(serializer)
        return [
            field(Field.UDF_OP, bytes((kind,))),
            field(Field.UDF_MODULE, utf8("module", self.module)),
            field(Field.UDF_FUNCTION, utf8("function", self.name)),
            field(Field.UDF_ARGUMENTS, packed),
        ]

    def _packed(self, serializer: Serializer | None) -> bytes:
        return msgpack.pack(list(self.arguments), "arguments", msgpack.Purpose(serializer=serializer))

    def sent(self, serializer: Serializer | None) -> list[Any]:
        """The arguments as nodes get them, for the part of an aggregation that runs here."""
        if self.arguments is None:
            return []
        found: list[Any] = msgpack.unpack(self._packed(serializer))
        return found


@attrs.define(eq=False)
class Statement:
    """Which records, and what of them or with them."""

    namespace: Any = ""
    set: Any = None
    bins: Any = None
    """Names; None for all bins."""
    predicate: Predicate | None = None
    index: Any = None
    """Name of the index to use, instead of the predicate's bin."""
    expression: bytes | None = None
    """Bytes of the indexed expression, instead of the predicate's bin."""
    context: bytes | None = None
    """Where in the bin the indexed value is, packed."""
    operations: Any = None
    function: Function | None = None

    names: tuple[str, ...] = attrs.field(init=False, default=())
    """The bins, checked."""
    checked: tuple[Operation, ...] = attrs.field(init=False, default=())
    """The operations, checked."""

    def check(self) -> None:
        """Check what does not depend on the kind of query.

        Raises:
            InvalidArgument: something cannot be used.
        """
        keys.check_namespace(self.namespace)
        keys.check_set(self.set)
        self.names = () if self.bins is None else bins_of(self.bins)
        if self.operations is not None:
            self.checked = check_operations(self.operations, "ops")
        if self.index is not None:
            if not isinstance(self.index, str) or not self.index:
                raise InvalidArgument("index_name", "must be a str that is not empty")
            if len(utf8("index_name", self.index)) > MAX_INDEX_NAME:
                raise InvalidArgument("index_name", f"must have at most {MAX_INDEX_NAME} bytes")
        if self.predicate is not None and self.predicate.bin is None and self.index is None and self.expression is None:
            raise InvalidArgument("predicate", "must name a bin")

    def head_fields(self, socket_timeout: int, task_id: int, records_per_second: int = 0) -> list[bytes]:
        """The fields that every query begins with."""
        fields = [field(Field.NAMESPACE, self.namespace.encode())]
        if self.set:
            fields.append(field(Field.SET, self.set.encode()))
        if records_per_second:
            fields.append(field(Field.RECORDS_PER_SECOND, u32.pack(records_per_second)))
        fields.append(field(Field.SOCKET_TIMEOUT, u32.pack(socket_timeout)))
        fields.append(field(Field.TASK_ID, u64.pack(task_id)))
        return fields

    def index_fields(self) -> list[bytes]:
        """The fields about the secondary index; none for a scan."""
        predicate = self.predicate
        if predicate is None:
            return []
        fields = []
        if predicate.index_type:
            fields.append(field(Field.INDEX_TYPE, bytes((predicate.index_type,))))
        by_bin = self.index is None and self.expression is None
        fields.append(field(Field.INDEX_RANGE, predicate.pack(named=by_bin)))
        if self.context is not None:
            fields.append(field(Field.INDEX_CONTEXT, self.context))
        if self.index is not None:
            fields.append(field(Field.INDEX_NAME, self.index.encode()))
        if self.expression is not None:
            fields.append(field(Field.INDEX_EXPRESSION, self.expression))
        return fields

    def explained(self, code: int, words: ServerWords, build: tuple[int, ...], *, filtered: bool) -> ServerWords:
        """What a refusing answer says, and what the operations for each record explain about it.

        Args:
            code: the result code.
            words: what the answer said.
            build: the node's version.
            filtered: True if there is a filter expression, which can be what is wrong, too.
        """
        if code != ResultCode.INVALID_REQUEST or not self.checked:
            return words
        hint = words.hint or refusal_hint(code, self.checked)
        others = any(operation.code != OpCode.READ and not operation.writes for operation in self.checked)
        if hint is None and others and build < _PROJECTIONS:
            hint = "queries with other operations than read() need server 8.1.2 or newer"
        found: tuple[FailedOperation, ...] = ()
        if not filtered and self.predicate is None:
            found = tuple(
                FailedOperation(place, operation.name, operation.bin)
                for place, operation in enumerate(self.checked)
                if operation.can_give(code)
            )
        return words._replace(hint=hint, operations=found)

    def identity(self, expressions: bytes | None) -> str:
        """A short text that is the same for queries of the same records in the same order.

        Args:
            expressions: the filter.
        """
        parts = (self.namespace.encode(), (self.set or "").encode(), *self.index_fields(), expressions or b"")
        state = hashlib.sha256()
        for part in parts:
            state.update(u32.pack(len(part)) + part)
        return state.hexdigest()[:32]
