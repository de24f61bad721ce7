"""Secondary indexes (protocol section 9.3): info requests on the wire, in the form that the node's version takes."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, ClassVar, Final

import attrs

from aerospike_wire.errors import IndexContext, ProtocolError, ResultCode
from aerospike_wire.operations.contexts import packed_path
from aerospike_wire.proto import info_values, values
from aerospike_wire.proto.commands.info import (
    InfoCommand,
    check_name,
    check_place,
    described,
    expect_ok,
    packed_expression,
)
from aerospike_wire.proto.info import parameter
from aerospike_wire.proto.invalid import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Callable

    from aerospike_wire.info import IndexInfo, Value
    from aerospike_wire.proto.commands.base import Features

DATATYPES: Final = {0: "STRING", 1: "NUMERIC", 2: "GEO2DSPHERE", 3: "BLOB", 4: "NUMERIC"}
"""What an index holds, by the official client's number."""
TYPES: Final = {0: "DEFAULT", 1: "LIST", 2: "MAPKEYS", 3: "MAPVALUES"}
"""What of a bin it holds, by the official client's number."""
OF_EXPRESSION: Final = "index_expr_create"
"""The client's method for indexes of expressions."""
_DATATYPE_NAMES: Final = {**{name: name for name in DATATYPES.values()}, "INTEGER": "NUMERIC"}
_TYPE_NAMES: Final = {name: name for name in TYPES.values()}


def _word(argument: str, value: Any, numbers: dict[int, str], names: dict[str, str]) -> str:
    found = None
    if isinstance(value, str):
        found = names.get(value.upper())
    elif isinstance(value, int) and not isinstance(value, bool):
        found = numbers.get(value)
    if found is None:
        allowed = ", ".join(f"{number} ({word.lower()})" for number, word in numbers.items())
        raise InvalidArgument(argument, f"must be one of {allowed}, or one of these names, not {value!r}")
    return found


@attrs.define(eq=False)
class IndexCommand(InfoCommand["Any"]):
    """A command about one index."""

    namespace: Any = ""
    set: Any = None
    name: Any = ""
    method: str = attrs.field(default="", kw_only=True)
    """The client's method, where it is not the command's."""

    def check(self) -> None:
        check_place(self.namespace, self.set, "ns")
        check_name("name", self.name)

    def context(self) -> IndexContext:
        return IndexContext(
            self.method or self.operation,
            self.given_policy(),
            described(self.namespace),
            described(self.set),
            described(self.name),
        )


def _place(namespace: str, set_name: str | None, features: Features) -> str:
    where = f"namespace={namespace}" if features.index_types else f"ns={namespace}"
    return f"{where};set={set_name}" if set_name else where


@attrs.define(eq=False)
class IndexCreate(IndexCommand):
    """Create an index of a bin, of a part of it, or of an expression."""

    bin: Any = None
    """None for an index of an expression."""
    datatype: Any = 0
    type: Any = 0
    ctx: Any = None
    expression: Any = None

    operation: ClassVar[str] = "index_create"
    write: ClassVar[bool] = True
    _datatype: str = attrs.field(init=False, default="")
    _type: str = attrs.field(init=False, default="")
    _context: str | None = attrs.field(init=False, default=None)
    _expression: str | None = attrs.field(init=False, default=None)

    def check(self) -> None:
        check_place(self.namespace, self.set, "ns")
        parameter("name", self.name)
        self._datatype = _word("index_datatype", self.datatype, DATATYPES, _DATATYPE_NAMES)
        self._type = _word("index_type", self.type, TYPES, _TYPE_NAMES)
        if self.expression is not None or self.method == OF_EXPRESSION:
            packed = packed_expression("expressions", self.expression)
            self._expression = base64.b64encode(packed).decode()
            return
        values.bin_name(self.bin)
        parameter("bin", self.bin)
        path = packed_path(self.ctx)
        self._context = None if path is None else base64.b64encode(path).decode()

    def line(self, features: Features) -> str:
        parts = [f"sindex-create:{_place(self.namespace, self.set, features)}", f"indexname={self.name}"]
        if self._context is not None:
            parts.append(f"context={self._context}")
        if self._expression is not None:
            if not features.index_types:
                words = "can be indexed by servers from 8.1 on; this node is older"
                raise InvalidArgument("expressions", words, ResultCode.UNSUPPORTED_FEATURE)
            parts.append(f"exp={self._expression}")
        if self._type != "DEFAULT":
            parts.append(f"indextype={self._type}")
        if not features.index_types:
            parts.append(f"indexdata={self.bin},{self._datatype}")
        else:
            if self._expression is None:
                parts.append(f"bin={self.bin}")
            parts.append(f"type={self._datatype}")
        return ";".join(parts)

    def decode(self, body: bytes, wall: Callable[[], float]) -> None:
        return expect_ok(self.value(body))

    def context(self) -> IndexContext:
        return attrs.evolve(IndexCommand.context(self), bin=described(self.bin))

    def same_definition(self, row: IndexInfo) -> bool:
        """Whether an index of the namespace has this definition, whatever its name."""
        mine = (self.set or None, self.bin, self._datatype, self._type, self._context, self._expression)
        datatype = (row.datatype or "").upper()
        its = (row.set, row.bin, _DATATYPE_NAMES.get(datatype, datatype), row.index_type.upper(), row.context)
        return mine == (*its, row.expression)


@attrs.define(eq=False)
class SetIndexCreate(IndexCommand):
    """Create an index of the records of a set."""

    operation: ClassVar[str] = "index_set_create"
    write: ClassVar[bool] = True

    def check(self) -> None:
        check_place(self.namespace, self.set, "ns")
        check_name("set", self.set)
        parameter("name", self.name)

    def line(self, features: Features) -> str:
        if not features.index_types:
            words = "can be indexed by this call on servers from 8.1.2 on; older ones have the setting enable-index"
            raise InvalidArgument("set", words, ResultCode.UNSUPPORTED_FEATURE)
        return f"sindex-create:{_place(self.namespace, self.set, features)};indexname={self.name};indextype=SET"

    def decode(self, body: bytes, wall: Callable[[], float]) -> None:
        return expect_ok(self.value(body))

    def same_definition(self, row: IndexInfo) -> bool:
        """Whether an index of the namespace has this definition, whatever its name."""
        return row.index_type == "set" and row.set == self.set


@attrs.define(eq=False)
class IndexRemove(IndexCommand):
    """Remove an index; one that does not exist is no error to servers."""

    operation: ClassVar[str] = "index_remove"
    write: ClassVar[bool] = True

    def line(self, features: Features) -> str:
        return f"sindex-delete:{_place(self.namespace, None, features)};indexname={self.name}"

    def decode(self, body: bytes, wall: Callable[[], float]) -> None:
        return expect_ok(self.value(body))


@attrs.define(eq=False)
class IndexExists(IndexCommand):
    """Whether there is an index of a name."""

    operation: ClassVar[str] = "index_exists"

    def line(self, features: Features) -> str:
        return f"sindex-exists:{_place(self.namespace, None, features)};indexname={self.name}"

    def decode(self, body: bytes, wall: Callable[[], float]) -> bool:
        value = self.value(body)
        if value not in ("true", "false"):
            msg = f"the node answered {value[:80]!r}, expected true or false"
            raise ProtocolError(msg)
        return value == "true"


@attrs.define(eq=False)
class IndexStat(IndexCommand):
    """What a node says of an index."""

    absent_is_none: bool = attrs.field(default=False, kw_only=True)
    """Answer None, instead of failing, where the node has not heard of the index."""

    operation: ClassVar[str] = "index_stat"

    def line(self, features: Features) -> str:
        if features.index_types:
            return f"sindex-stat:namespace={self.namespace};indexname={self.name}"
        return f"sindex/{self.namespace}/{self.name}"

    def code(self, body: bytes) -> int:
        code = IndexCommand.code(self, body)
        return 0 if code == ResultCode.INDEX_NOT_FOUND and self.absent_is_none else code

    def decode(self, body: bytes, wall: Callable[[], float]) -> dict[str, Value] | None:
        if self.error(body) is not None:
            return None
        found = info_values.facts(self.value(body))
        if not isinstance(found.get("load_pct"), int):
            msg = f"the node does not say how far the index {self.name!r} is: {self.value(body)[:80]!r}"
            raise ProtocolError(msg)
        return found


@attrs.define(eq=False)
class IndexList(InfoCommand["list[IndexInfo]"]):
    """All indexes of a namespace, or of all namespaces."""

    namespace: Any = None
    method: str = "index_list"

    operation: ClassVar[str] = "index_list"

    def check(self) -> None:
        if self.namespace is not None:
            check_place(self.namespace, None, "ns")

    def line(self, features: Features) -> str:
        if features.index_types:
            where = "" if self.namespace is None else f"namespace={self.namespace};"
            return f"sindex-list:{where}b64=true"
        return "sindex-list" if self.namespace is None else f"sindex-list:ns={self.namespace}"

    def decode(self, body: bytes, wall: Callable[[], float]) -> list[IndexInfo]:
        return [info_values.index_row(row) for row in info_values.rows(self.value(body))]

    def context(self) -> IndexContext:
        return IndexContext(self.method, self.given_policy(), described(self.namespace))
