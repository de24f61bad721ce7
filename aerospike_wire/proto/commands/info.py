"""Commands that are info requests on the wire (protocol section 9): any command, truncate, XDR filters.

Those about indexes are in :mod:`.indexes`, those about Lua modules in :mod:`.modules`.
"""

from __future__ import annotations

import base64
import datetime as dt
from typing import TYPE_CHECKING, Any, ClassVar, Final

import attrs

from aerospike_wire.errors import InfoContext, ProtocolError, ResultCode
from aerospike_wire.errors.udf import udf_hint
from aerospike_wire.policy import InfoPolicy
from aerospike_wire.proto import info, keys
from aerospike_wire.proto.commands.base import NO_WORDS, Command, Features, R_co, ServerWords
from aerospike_wire.proto.header import FrameType
from aerospike_wire.proto.info import parameter
from aerospike_wire.proto.invalid import InvalidArgument, utf8

if TYPE_CHECKING:
    from collections.abc import Callable

    from aerospike_wire.policy import Policies

_TOLD: Final = 200
"""Characters of an info command that are kept for its errors."""


@attrs.define(eq=False)
class InfoCommand(Command[R_co]):
    """One line asked, one line answered."""

    policy: Any = None
    node: str | None = attrs.field(default=None, kw_only=True)
    """Name or address of the node to ask; None for any."""

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

    def target(self) -> str | None:
        return self.node

    def line(self, features: Features) -> str:
        """The info command, as a node with these features understands it."""
        raise NotImplementedError

    def encode(self, features: Features) -> bytes:
        return info.request([self.line(features)])

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

    def error(self, body: bytes) -> info.InfoError | None:
        """The error that the answer is, None if it is none.

        Raises:
            ProtocolError: the answer has no value.
        """
        return info.error_of(self.value(body))

    def code(self, body: bytes) -> int:
        failed = self.error(body)
        return 0 if failed is None else failed.code

    def words(self, body: bytes) -> ServerWords:
        failed = self.error(body)
        if failed is None:
            return NO_WORDS
        hint = udf_hint(failed.message) if failed.code == ResultCode.UDF and failed.message else None
        return ServerWords(failed.message, 0, hint)

    def given_policy(self) -> InfoPolicy | None:
        """The policy for the context: None while it has not been accepted."""
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
        if "\t" in self.command:
            raise InvalidArgument("command", "must not hold tabs")
        utf8("command", self.command)
        if self.node is not None and (not isinstance(self.node, str) or not self.node):
            raise InvalidArgument("host", f"must be the name or address of a node, not {self.node!r}")

    def line(self, features: Features) -> str:
        return str(self.command).rstrip("\n")

    def decode(self, body: bytes, wall: Callable[[], float]) -> str:
        return bytes(body).decode()

    def error(self, body: bytes) -> info.InfoError | None:
        rows = info.parse(body)
        if not rows:
            msg = "an info reply is empty"
            raise ProtocolError(msg)
        # "type=unknown" is data to somebody who asked with a raw command.
        found = (info.error_of(value) for _, value in rows if "type=unknown" not in value)
        return next((error for error in found if error is not None), None)

    def context(self) -> InfoContext:
        command = str(self.command)
        subject = info.subject_of(command)
        told = command if len(command) <= _TOLD else f"{command[:_TOLD]}..."
        return InfoContext(
            self.method,
            self.given_policy(),
            told,
            subject.get("namespace"),
            subject.get("set"),
            subject.get("index"),
            module_of(subject.get("module")),
        )


@attrs.define(eq=False)
class InfoValue(Info):
    """An info command whose answer is read: the value without its name, and every error form an error."""

    def error(self, body: bytes) -> info.InfoError | None:
        return InfoCommand.error(self, body)

    def decode(self, body: bytes, wall: Callable[[], float]) -> str:
        return self.value(body)


@attrs.define(eq=False)
class NamespaceValue(InfoValue):
    """The same of a command about a namespace: ``command/namespace``."""

    namespace: Any = ""

    def check(self) -> None:
        check_place(self.namespace, None)
        if "/" in self.namespace:
            raise InvalidArgument("namespace", f"must not hold '/': {self.namespace!r}")

    def line(self, features: Features) -> str:
        return f"{self.command}/{self.namespace}"

    def context(self) -> InfoContext:
        return InfoContext(self.method, self.given_policy(), None, described(self.namespace))


@attrs.define(eq=False)
class InfoValues(InfoCommand["dict[str, str]"]):
    """Several info commands in one request; values by command."""

    commands: tuple[str, ...] = ()
    method: str = "info_nodes"

    operation: ClassVar[str] = "info"

    def encode(self, features: Features) -> bytes:
        return info.request(self.commands)

    def error(self, body: bytes) -> info.InfoError | None:
        found = (info.error_of(value) for _, value in info.parse(body))
        return next((error for error in found if error is not None), None)

    def decode(self, body: bytes, wall: Callable[[], float]) -> dict[str, str]:
        return dict(info.parse(body))

    def context(self) -> InfoContext:
        return InfoContext(self.method, self.given_policy(), ", ".join(self.commands))


def check_place(namespace: Any, set_name: Any, argument: str = "namespace") -> None:
    """A namespace and set that can stand in an info command without ending it.

    Raises:
        InvalidArgument: one of them cannot.
    """
    keys.check_namespace(namespace, argument)
    keys.check_set(set_name)
    parameter(argument, namespace)
    parameter("set", set_name or "")


def check_name(argument: str, value: Any) -> None:
    """The name of an index or module.

    Raises:
        InvalidArgument: it is none, or cannot stand in an info command.
    """
    if not parameter(argument, value):
        raise InvalidArgument(argument, "must not be empty")


def expect_ok(value: str) -> None:
    """A value that says that something was done.

    Raises:
        ProtocolError: it says something else.
    """
    if value.lower() != "ok":
        msg = f"the node answered {value[:80]!r}, expected ok"
        raise ProtocolError(msg)


def module_of(filename: str | None) -> str | None:
    """A module's name from its file's, the same that ``apply`` calls it by."""
    return None if filename is None else filename.removesuffix(".lua")


def described(value: Any) -> str | None:
    """A name for an error's context, whatever the caller gave as one."""
    return None if value is None else str(value)


# Truncate

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def nanoseconds_of(moment: Any) -> int:
    """A time in nanoseconds since 1970; 0 for now.

    Raises:
        InvalidArgument: it is neither an int from 0 on nor a datetime with a time zone.
    """
    if isinstance(moment, dt.datetime):
        if moment.tzinfo is None:
            raise InvalidArgument("nanos", "must have a time zone if it is a datetime")
        moment = (moment - _EPOCH) // dt.timedelta(microseconds=1) * 1000
        if moment <= 0:
            raise InvalidArgument("nanos", "must be after 1970")
    if isinstance(moment, bool) or not isinstance(moment, int):
        raise InvalidArgument("nanos", f"must be an int or a datetime, not {type(moment).__name__}")
    if not 0 <= moment < 1 << 63:
        raise InvalidArgument("nanos", f"must be 0 or nanoseconds since 1970, not {moment}")
    return moment


@attrs.define(eq=False)
class Truncate(InfoCommand[None]):
    """Delete all records of a set or namespace that were last written before a time."""

    namespace: Any = ""
    set: Any = None
    nanoseconds: Any = 0
    """Since the Unix epoch, or a datetime; 0 for now."""

    operation: ClassVar[str] = "truncate"
    write: ClassVar[bool] = True
    _nanoseconds: int = attrs.field(init=False, default=0)

    def check(self) -> None:
        check_place(self.namespace, self.set)
        self._nanoseconds = nanoseconds_of(self.nanoseconds)

    def line(self, features: Features) -> str:
        # Only None stands for the whole namespace: an empty name, which is an oversight, must not empty it.
        where = "-namespace:" if self.set is None else ":"
        where += f"namespace={self.namespace}" + ("" if self.set is None else f";set={self.set}")
        return f"truncate{where}" + (f";lut={self._nanoseconds}" if self._nanoseconds else "")

    def decode(self, body: bytes, wall: Callable[[], float]) -> None:
        return expect_ok(self.value(body))

    def context(self) -> InfoContext:
        return InfoContext(self.operation, self.given_policy(), None, described(self.namespace), described(self.set))


# XDR


def packed_expression(argument: str, value: Any) -> bytes:
    """The bytes of an expression, or of a compiled one.

    Raises:
        InvalidArgument: it is neither.
    """
    if isinstance(value, bytes):
        return value
    found = getattr(value, "compiled", None)
    if not isinstance(found, bytes):
        raise InvalidArgument(argument, f"must be an expression or a compiled one, not {type(value).__name__}")
    return found


@attrs.define(eq=False)
class SetXdrFilter(InfoCommand[str]):
    """Say which records a datacenter gets of a namespace."""

    data_center: Any = ""
    namespace: Any = ""
    expression: Any = None

    operation: ClassVar[str] = "set_xdr_filter"
    write: ClassVar[bool] = True
    _expression: str = attrs.field(init=False, default="null")

    def check(self) -> None:
        check_name("data_center", self.data_center)
        check_place(self.namespace, None)
        if self.expression is not None:
            packed = packed_expression("expression_filter", self.expression)
            self._expression = base64.b64encode(packed).decode()

    def line(self, features: Features) -> str:
        return f"xdr-set-filter:dc={self.data_center};namespace={self.namespace};exp={self._expression}"

    def decode(self, body: bytes, wall: Callable[[], float]) -> str:
        return bytes(body).decode()

    def context(self) -> InfoContext:
        command = f"xdr-set-filter:dc={self.data_center}"
        return InfoContext(self.operation, self.given_policy(), command, described(self.namespace))
