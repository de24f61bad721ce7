"""Commands that are info requests on the wire (protocol section 9)."""

from __future__ import annotations

import base64
import pathlib
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from aerospike_wire.errors import ErrorContext, IndexContext, InfoContext, ProtocolError, ResultCode, UDFContext
from aerospike_wire.policy import InfoPolicy
from aerospike_wire.proto import info, keys, values
from aerospike_wire.proto.commands.base import Command, Features, R_co, ServerWords
from aerospike_wire.proto.header import FrameType
from aerospike_wire.proto.info import parameter
from aerospike_wire.proto.invalid import InvalidArgument, utf8

if TYPE_CHECKING:
    from collections.abc import Callable

    from aerospike_wire.policy import Policies


@attrs.define(eq=False)
class InfoCommand(Command[R_co]):
    """One line asked, one line answered."""

    policy: Any = None

    frame_type: ClassVar[FrameType] = FrameType.INFO
    exclusive: ClassVar[bool] = True

    def prepare(self, policies: Policies) -> InfoPolicy:
        policy: InfoPolicy = policies.resolve(InfoPolicy, self.policy)
        self.policy = policy
        self.check()
        return policy

    def check(self) -> None:
        """Check the arguments.

        Raises:
            InvalidArgument: one of them is not acceptable.
        """

    def line(self) -> str:
        """The info command."""
        raise NotImplementedError

    def encode(self, features: Features) -> bytes:
        return info.request([self.line()])

    def value(self, body: bytes) -> str:
        """The value in the answer.

        Raises:
            ProtocolError: the answer has none.
        """
        rows = info.parse(body)
        if not rows:
            msg = "an info reply is empty"
            raise ProtocolError(msg)
        return rows[0][1]

    def code(self, body: bytes) -> int:
        failed = info.error_of(self.value(body))
        return 0 if failed is None else failed.code

    def words(self, body: bytes) -> ServerWords:
        failed = info.error_of(self.value(body))
        return ServerWords(None if failed is None else failed.message)

    def _policy(self) -> InfoPolicy | None:
        return self.policy if isinstance(self.policy, InfoPolicy) else None


@attrs.define(eq=False)
class Info(InfoCommand[str]):
    """Any info command; its answer is given as the server sent it."""

    command: Any = ""
    method: str = "info_random_node"

    operation: ClassVar[str] = "info"

    def check(self) -> None:
        if not isinstance(self.command, str):
            raise InvalidArgument("command", f"must be a str, not {type(self.command).__name__}")
        if not self.command.strip():
            raise InvalidArgument("command", "must not be empty")
        if "\n" in self.command.rstrip("\n") or "\t" in self.command:
            raise InvalidArgument("command", "must be one line without tabs")
        utf8("command", self.command)

    def line(self) -> str:
        return str(self.command).rstrip("\n")

    def decode(self, body: bytes, wall: Callable[[], float]) -> str:
        return bytes(body).decode()

    def code(self, body: bytes) -> int:
        # "type=unknown" is data to somebody who asked with a raw command.
        value = self.value(body)
        failed = info.error_of(value)
        return 0 if failed is None or "=unknown" in value else failed.code

    def context(self) -> InfoContext:
        return InfoContext(self.method, self._policy(), str(self.command))


def _check_place(namespace: Any, set_name: Any) -> None:
    """A namespace and set that can stand in an info command without ending it."""
    keys.check_namespace(namespace)
    keys.check_set(set_name)
    parameter("namespace", namespace)
    parameter("set", set_name or "")


def _check_name(argument: str, value: Any) -> None:
    """The name of an index or module."""
    if not parameter(argument, value):
        raise InvalidArgument(argument, "must not be empty")


# Secondary indexes

INDEX_KINDS = {0: "STRING", 1: "NUMERIC", 2: "GEO2DSPHERE", 3: "BLOB", 4: "NUMERIC"}
"""The official client's numbers of index datatypes."""


@attrs.define(eq=False)
class IndexCreate(InfoCommand[None]):
    """Create a secondary index on the values of a bin."""

    namespace: Any = ""
    set: Any = None
    bin: Any = ""
    kind: Any = 0
    name: Any = ""
    method: str = "index_single_value_create"

    operation: ClassVar[str] = "index_create"
    write: ClassVar[bool] = True

    def check(self) -> None:
        _check_place(self.namespace, self.set)
        values.bin_name(self.bin)
        parameter("bin", self.bin)
        parameter("name", self.name)
        if isinstance(self.kind, bool) or not isinstance(self.kind, int) or self.kind not in INDEX_KINDS:
            allowed = ", ".join(f"{number} ({word.lower()})" for number, word in INDEX_KINDS.items())
            raise InvalidArgument("index_datatype", f"must be one of {allowed}, not {self.kind!r}")

    def line(self) -> str:
        where = f"namespace={self.namespace}" + (f";set={self.set}" if self.set else "")
        return f"sindex-create:{where};indexname={self.name};bin={self.bin};type={INDEX_KINDS[self.kind]}"

    def decode(self, body: bytes, wall: Callable[[], float]) -> None:
        return _expect_ok(self.value(body))

    def context(self) -> IndexContext:
        return IndexContext(
            self.method, self._policy(), _str(self.namespace), _str(self.set), _str(self.name), _str(self.bin)
        )


@attrs.define(eq=False)
class IndexRemove(InfoCommand[None]):
    """Remove a secondary index."""

    namespace: Any = ""
    name: Any = ""

    operation: ClassVar[str] = "index_remove"
    write: ClassVar[bool] = True

    def check(self) -> None:
        _check_place(self.namespace, None)
        parameter("name", self.name)

    def line(self) -> str:
        return f"sindex-delete:namespace={self.namespace};indexname={self.name}"

    def decode(self, body: bytes, wall: Callable[[], float]) -> None:
        return _expect_ok(self.value(body))

    def context(self) -> IndexContext:
        return IndexContext(self.operation, self._policy(), _str(self.namespace), None, _str(self.name))


# UDF modules


@attrs.define(eq=False)
class UdfPut(InfoCommand[None]):
    """Register a Lua module."""

    filename: Any = ""
    source: Any = None
    """The Lua text; None to read the file ``filename``."""

    operation: ClassVar[str] = "udf_put"
    write: ClassVar[bool] = True
    _name: str = attrs.field(init=False, default="")
    _content: bytes = attrs.field(init=False, default=b"", repr=False)

    def check(self) -> None:
        if not isinstance(self.filename, str | pathlib.PurePath):
            raise InvalidArgument("filename", f"must be a str or path, not {type(self.filename).__name__}")
        path = pathlib.Path(self.filename)
        self._name = parameter("filename", path.name)
        if self.source is None:
            try:
                content = path.read_bytes()
            except (OSError, ValueError) as error:
                words = f"{str(path)!r} cannot be read: {getattr(error, 'strerror', None) or error}"
                raise InvalidArgument("filename", words, ResultCode.LUA_FILE_NOT_FOUND) from error
        elif isinstance(self.source, str):
            content = utf8("source", self.source)
        elif isinstance(self.source, bytes | bytearray):
            content = bytes(self.source)
        else:
            raise InvalidArgument("source", f"must be a str or bytes, not {type(self.source).__name__}")
        self._content = base64.b64encode(content)

    def line(self) -> str:
        text = self._content.decode()
        return f"udf-put:filename={self._name};content={text};content-len={len(text)};udf-type=LUA;"

    def decode(self, body: bytes, wall: Callable[[], float]) -> None:
        return _expect_ok(self.value(body))

    def context(self) -> UDFContext:
        return UDFContext(self.operation, self._policy(), _module(self._name or _str(self.filename)))


@attrs.define(eq=False)
class UdfRemove(InfoCommand[None]):
    """Remove a Lua module; one that is not registered is no error to servers."""

    module: Any = ""

    operation: ClassVar[str] = "udf_remove"
    write: ClassVar[bool] = True

    def check(self) -> None:
        _check_name("module", self.module)

    def line(self) -> str:
        return f"udf-remove:filename={self.module};"

    def decode(self, body: bytes, wall: Callable[[], float]) -> None:
        return _expect_ok(self.value(body))

    def context(self) -> UDFContext:
        return UDFContext(self.operation, self._policy(), _module(_str(self.module)))


# Truncate


@attrs.define(eq=False)
class Truncate(InfoCommand[None]):
    """Delete all records of a set or namespace that were last written before a time."""

    namespace: Any = ""
    set: Any = None
    nanoseconds: Any = 0
    """Since the Unix epoch; 0 for now."""

    operation: ClassVar[str] = "truncate"
    write: ClassVar[bool] = True

    def check(self) -> None:
        _check_place(self.namespace, self.set)
        if isinstance(self.nanoseconds, bool) or not isinstance(self.nanoseconds, int):
            raise InvalidArgument("nanos", f"must be an int, not {type(self.nanoseconds).__name__}")
        if not 0 <= self.nanoseconds < 1 << 63:
            raise InvalidArgument("nanos", f"must be 0 or nanoseconds since 1970, not {self.nanoseconds}")

    def line(self) -> str:
        command = "truncate" if self.set else "truncate-namespace"
        where = f"namespace={self.namespace}" + (f";set={self.set}" if self.set else "")
        return f"{command}:{where}" + (f";lut={self.nanoseconds}" if self.nanoseconds else "")

    def decode(self, body: bytes, wall: Callable[[], float]) -> None:
        return _expect_ok(self.value(body))

    def context(self) -> InfoContext:
        return InfoContext(self.operation, self._policy(), None, _str(self.namespace), _str(self.set))


def _expect_ok(value: str) -> None:
    if value.lower() != "ok":
        msg = f"the node answered {value[:80]!r}, expected ok"
        raise ProtocolError(msg)


def _module(filename: str | None) -> str | None:
    """A module's name from its file's, the same that ``apply`` calls it by."""
    return None if filename is None else filename.removesuffix(".lua")


def _str(value: Any) -> str | None:
    """A name for an error's context, whatever the caller gave as one."""
    return None if value is None else str(value)


__all__ = [
    "ErrorContext",
    "IndexCreate",
    "IndexRemove",
    "Info",
    "InfoCommand",
    "Truncate",
    "UdfPut",
    "UdfRemove",
]
