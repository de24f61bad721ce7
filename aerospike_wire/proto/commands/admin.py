"""Commands about users (protocol section 8)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

import attrs

from aerospike_wire.errors import AdminContext, ProtocolError
from aerospike_wire.policy import AdminPolicy
from aerospike_wire.proto import admin
from aerospike_wire.proto.admin import AdminCommand, AdminField
from aerospike_wire.proto.commands.base import NO_WORDS, Command, Features, R_co, ServerWords
from aerospike_wire.proto.header import FrameType
from aerospike_wire.proto.invalid import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Callable

    from aerospike_wire.policy import Policies

MAX_NAME: Final = 63
"""Bytes of a user's or role's name."""
MAX_PASSWORD: Final = 63


def check_name(argument: str, value: Any, limit: int = MAX_NAME) -> bytes:
    """A user's or role's name as bytes.

    Raises:
        InvalidArgument: it is not a str, empty or too long.
    """
    if not isinstance(value, str):
        raise InvalidArgument(argument, f"must be a str, not {type(value).__name__}")
    data = value.encode(errors="surrogatepass")
    if not data:
        raise InvalidArgument(argument, "must not be empty")
    if len(data) > limit:
        raise InvalidArgument(argument, f"must have at most {limit} bytes, not {len(data)}")
    return data


@attrs.define(eq=False)
class SecurityCommand(Command[R_co]):
    """A command about a user."""

    user: Any = ""
    policy: Any = None

    frame_type: ClassVar[FrameType] = FrameType.ADMIN
    exclusive: ClassVar[bool] = True
    write: ClassVar[bool] = True
    command: ClassVar[AdminCommand]
    _packed: list[tuple[int, bytes]] = attrs.field(init=False, factory=list, repr=False)

    def prepare(self, policies: Policies) -> AdminPolicy:
        policy: AdminPolicy = policies.resolve(AdminPolicy, self.policy)
        self.policy = policy
        self._packed = self.fields()
        return policy

    def fields(self) -> list[tuple[int, bytes]]:
        """The fields of the message, checked.

        Raises:
            InvalidArgument: an argument is not acceptable.
        """
        return [(AdminField.USER, check_name("username", self.user))]

    def encode(self, features: Features) -> bytes:
        return admin.request(self.command, self._packed)

    def code(self, body: bytes) -> int:
        message = next(admin.parse(body), None)
        if message is None:
            msg = "the answer to a security command is empty"
            raise ProtocolError(msg)
        return message.result

    def words(self, body: bytes) -> ServerWords:
        return NO_WORDS

    def decode(self, body: bytes, wall: Callable[[], float]) -> Any:
        return None

    def context(self) -> AdminContext:
        policy = self.policy if isinstance(self.policy, AdminPolicy) else None
        return AdminContext(self.operation, policy, str(self.user), self.role_name())

    def role_name(self) -> str | None:
        """The role that the command is about."""
        return None


@attrs.define(eq=False)
class CreateUser(SecurityCommand[None]):
    """Create a user with a password and roles."""

    password: Any = attrs.field(default=None, repr=False)
    """The password's hash, as it travels."""
    roles: Any = ()

    operation: ClassVar[str] = "admin_create_user"
    command: ClassVar[AdminCommand] = AdminCommand.CREATE_USER
    _refused: InvalidArgument | None = attrs.field(init=False, default=None)

    def refuse(self, invalid: InvalidArgument) -> None:
        """Note what is wrong with the password, which has to be hashed before the command is prepared."""
        self._refused = invalid

    def fields(self) -> list[tuple[int, bytes]]:
        if self._refused is not None:
            raise self._refused
        roles = self.roles if self.roles is not None else ()
        if not isinstance(roles, list | tuple):
            raise InvalidArgument("roles", f"must be a list of role names, not {type(roles).__name__}")
        if len(roles) > 255:
            raise InvalidArgument("roles", f"must hold at most 255 roles, not {len(roles)}")
        names = [check_name("roles", role) for role in roles]
        return [
            *SecurityCommand.fields(self),
            (AdminField.PASSWORD, self.password),
            (AdminField.ROLES, admin.pack_names(names)),
        ]

    def role_name(self) -> str | None:
        return str(self.roles[0]) if isinstance(self.roles, list | tuple) and len(self.roles) == 1 else None


@attrs.define(eq=False)
class DropUser(SecurityCommand[None]):
    """Delete a user."""

    operation: ClassVar[str] = "admin_drop_user"
    command: ClassVar[AdminCommand] = AdminCommand.DROP_USER
