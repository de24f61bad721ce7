"""Commands about users (protocol section 8); those about roles are in :mod:`.roles`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

import attrs

from aerospike_wire.errors import AdminContext, ProtocolError, ResultCode
from aerospike_wire.policy import AdminPolicy
from aerospike_wire.proto import admin
from aerospike_wire.proto.admin import AdminCommand, AdminField
from aerospike_wire.proto.commands.base import NO_WORDS, Command, Features, R_co, ServerWords
from aerospike_wire.proto.header import FrameType
from aerospike_wire.proto.invalid import InvalidArgument, utf8

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from aerospike_wire.policy import Policies
    from aerospike_wire.users import UserInfo

MAX_NAME: Final = 63
"""Bytes of a user's or role's name."""
MAX_PASSWORD: Final = 63
MAX_ITEMS: Final = 255
"""Roles or privileges in one command."""
NO_PASSWORD: Final = b"$2a$10$7EqJtq98hPqEX7fNZaFWoOePA2sZy..tlOF99W2N0g5KZ3dLaw8WO"
"""The hash of ``nopassword``, by which servers know users that have a certificate and no password."""


def check_name(argument: str, value: Any, limit: int = MAX_NAME, *, empty: bool = False) -> bytes:
    """A user's or role's name, or a password, as bytes.

    Raises:
        InvalidArgument: it is not a str, empty where that makes no sense, too long, or holds a
            NUL or lone surrogates.
    """
    if not isinstance(value, str):
        raise InvalidArgument(argument, f"must be a str, not {type(value).__name__}")
    data = utf8(argument, value)
    if not data and not empty:
        raise InvalidArgument(argument, "must not be empty")
    if len(data) > limit:
        raise InvalidArgument(argument, f"must have at most {limit} bytes, not {len(data)}")
    if b"\0" in data:
        raise InvalidArgument(argument, "must not hold a NUL")
    return data


def check_names(argument: str, value: Any, *, empty: bool) -> bytes:
    """The names of roles, as they travel.

    Raises:
        InvalidArgument: it is not a list of them, too long, or empty where that makes no sense.
    """
    if not isinstance(value, list | tuple):
        raise InvalidArgument(argument, f"must be a list of role names, not {type(value).__name__}")
    if not value and not empty:
        raise InvalidArgument(argument, "must name at least one role")
    if len(value) > MAX_ITEMS:
        raise InvalidArgument(argument, f"must hold at most {MAX_ITEMS} roles, not {len(value)}")
    return admin.pack_names([check_name(argument, role) for role in value])


@attrs.define(eq=False)
class SecurityCommand(Command[R_co]):
    """A command about users or roles."""

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
        raise NotImplementedError

    def encode(self, features: Features) -> bytes:
        return admin.request(self.command, self._packed)

    def code(self, body: bytes) -> int:
        message = next(admin.parse(body), None)
        if message is None:
            msg = "the answer to a security command is empty"
            raise ProtocolError(msg)
        return message.result

    def words(self, body: bytes) -> ServerWords:
        return NO_WORDS  # servers never say more than the code

    def decode(self, body: bytes, wall: Callable[[], float]) -> Any:
        return None

    def context(self) -> AdminContext:
        raise NotImplementedError

    def given_policy(self) -> AdminPolicy | None:
        """The policy for the context: None while it has not been accepted."""
        return self.policy if isinstance(self.policy, AdminPolicy) else None


@attrs.define(eq=False)
class SecurityQuery(SecurityCommand[R_co]):
    """A command whose answer lists users or roles: blocks, in one frame or several, up to an end mark."""

    write: ClassVar[bool] = False
    missing: ClassVar[int] = ResultCode.OK
    """What it means if there is no block before the end mark."""
    _bodies: list[bytes] = attrs.field(init=False, factory=list, repr=False)

    def collector(self) -> Callable[[bytes], bool]:
        self._bodies = bodies = []  # anew for each try

        def take(body: bytes) -> bool:
            bodies.append(body)
            # A frame without any block would never end; that it is empty tells code().
            return not body or any(message.result for message in admin.parse(body))

        return take

    def code(self, body: bytes) -> int:
        found = 0
        for whole in self._bodies or [body]:
            if not whole:
                msg = "the answer to a security query is empty"
                raise ProtocolError(msg)
            for message in admin.parse(whole):
                if message.result == ResultCode.QUERY_END:
                    return 0 if found else self.missing
                if message.result:
                    return message.result
                found += 1
        return 0 if found else self.missing

    def blocks(self, body: bytes) -> Iterable[dict[int, bytes]]:
        """The fields of each user or role in the answer."""
        for whole in self._bodies or [body]:
            for message in admin.parse(whole):
                if message.result:
                    return
                yield message.fields


def described(value: Any) -> str | None:
    """A name for a context, whatever the caller gave as one."""
    return None if value is None else str(value)


def described_all(value: Any) -> tuple[str, ...]:
    """Names for a context, whatever the caller gave as a list of them."""
    return tuple(map(str, value)) if isinstance(value, list | tuple) else ()


# Users


@attrs.define(eq=False)
class UserCommand(SecurityCommand[R_co]):
    """A command about a user and perhaps its roles."""

    user: Any = attrs.field(default="", kw_only=True)
    roles: Any = attrs.field(default=(), kw_only=True)

    def fields(self) -> list[tuple[int, bytes]]:
        return [(AdminField.USER, check_name("username", self.user))]

    def context(self) -> AdminContext:
        roles = described_all(self.roles)
        role = roles[0] if len(roles) == 1 else None
        return AdminContext(self.operation, self.given_policy(), described(self.user), role, roles)


@attrs.define(eq=False)
class PasswordCommand(UserCommand[R_co]):
    """A command with a password, which has to be hashed before the command is prepared."""

    password: Any = attrs.field(default=None, kw_only=True, repr=False)
    """The password's hash, as it travels."""
    _refused: Exception | None = attrs.field(init=False, default=None)

    def refuse(self, error: Exception) -> None:
        """Note why there is no hash; it is raised where the command's other arguments are checked."""
        self._refused = error

    def fields(self) -> list[tuple[int, bytes]]:
        fields = UserCommand.fields(self)
        if self._refused is not None:
            raise self._refused
        return [*fields, (AdminField.PASSWORD, self.password)]


@attrs.define(eq=False)
class CreateUser(PasswordCommand[None]):
    """Create a user with a password and roles."""

    operation: ClassVar[str] = "admin_create_user"
    command: ClassVar[AdminCommand] = AdminCommand.CREATE_USER

    def fields(self) -> list[tuple[int, bytes]]:
        roles = check_names("roles", () if self.roles is None else self.roles, empty=True)
        return [*PasswordCommand.fields(self), (AdminField.ROLES, roles)]


@attrs.define(eq=False)
class CreatePkiUser(UserCommand[None]):
    """Create a user that has a certificate and no password."""

    operation: ClassVar[str] = "admin_create_pki_user"
    command: ClassVar[AdminCommand] = AdminCommand.CREATE_USER

    def fields(self) -> list[tuple[int, bytes]]:
        roles = check_names("roles", () if self.roles is None else self.roles, empty=True)
        return [*UserCommand.fields(self), (AdminField.PASSWORD, NO_PASSWORD), (AdminField.ROLES, roles)]

    def encode(self, features: Features) -> bytes:
        if not features.pki_users:
            words = "can be a user without a password on servers from 8.1 on; this node is older"
            raise InvalidArgument("username", words, ResultCode.UNSUPPORTED_FEATURE)
        return UserCommand.encode(self, features)


@attrs.define(eq=False)
class DropUser(UserCommand[None]):
    """Delete a user."""

    operation: ClassVar[str] = "admin_drop_user"
    command: ClassVar[AdminCommand] = AdminCommand.DROP_USER


@attrs.define(eq=False)
class SetPassword(PasswordCommand[None]):
    """Give any user a new password."""

    operation: ClassVar[str] = "admin_set_password"
    command: ClassVar[AdminCommand] = AdminCommand.SET_PASSWORD


@attrs.define(eq=False)
class ChangePassword(PasswordCommand[None]):
    """Change one's own password."""

    old: Any = attrs.field(default=None, kw_only=True, repr=False)
    """The hash of the password that the client logs in with; None if it does not."""

    operation: ClassVar[str] = "admin_change_password"
    command: ClassVar[AdminCommand] = AdminCommand.CHANGE_PASSWORD

    def fields(self) -> list[tuple[int, bytes]]:
        user, password = PasswordCommand.fields(self)
        if self.old is None:
            words = "can be changed only by a client that logs in with a user and a password"
            raise InvalidArgument("password", words)
        return [user, (AdminField.OLD_PASSWORD, self.old), password]


@attrs.define(eq=False)
class GrantRoles(UserCommand[None]):
    """Give a user further roles."""

    operation: ClassVar[str] = "admin_grant_roles"
    command: ClassVar[AdminCommand] = AdminCommand.GRANT_ROLES

    def fields(self) -> list[tuple[int, bytes]]:
        return [*UserCommand.fields(self), (AdminField.ROLES, check_names("roles", self.roles, empty=False))]


@attrs.define(eq=False)
class RevokeRoles(GrantRoles):
    """Take roles from a user."""

    operation: ClassVar[str] = "admin_revoke_roles"
    command: ClassVar[AdminCommand] = AdminCommand.REVOKE_ROLES


@attrs.define(eq=False)
class QueryUsers(SecurityQuery["dict[str, UserInfo]"]):
    """All users."""

    method: str = attrs.field(default="admin_query_users_info", kw_only=True)

    operation: ClassVar[str] = "admin_query_users"
    command: ClassVar[AdminCommand] = AdminCommand.QUERY_USERS

    def fields(self) -> list[tuple[int, bytes]]:
        return []

    def decode(self, body: bytes, wall: Callable[[], float]) -> dict[str, UserInfo]:
        return dict(
            _user(fields) for fields in self.blocks(body) if fields.keys() & {AdminField.USER, AdminField.ROLES}
        )

    def context(self) -> AdminContext:
        return AdminContext(self.method, self.given_policy())


@attrs.define(eq=False)
class QueryUser(SecurityQuery["UserInfo"]):
    """One user."""

    user: Any = attrs.field(default="", kw_only=True)
    method: str = attrs.field(default="admin_query_user_info", kw_only=True)

    operation: ClassVar[str] = "admin_query_user"
    command: ClassVar[AdminCommand] = AdminCommand.QUERY_USERS
    missing: ClassVar[int] = ResultCode.INVALID_USER

    def fields(self) -> list[tuple[int, bytes]]:
        return [(AdminField.USER, check_name("username", self.user))]

    def decode(self, body: bytes, wall: Callable[[], float]) -> UserInfo:
        return _user(next(iter(self.blocks(body))))[1]

    def context(self) -> AdminContext:
        return AdminContext(self.method, self.given_policy(), described(self.user))


_ABOUT_USERS: Final = frozenset({AdminField.USER, AdminField.ROLES})
"""A block without any of these is about something else."""


def _user(fields: dict[int, bytes]) -> tuple[str, UserInfo]:
    found: UserInfo = {
        "roles": admin.read_names(fields.get(AdminField.ROLES, b"\0")),
        "read_info": admin.read_numbers(fields.get(AdminField.READ_INFO, b"\0")),
        "write_info": admin.read_numbers(fields.get(AdminField.WRITE_INFO, b"\0")),
        "conns_in_use": admin.read_number(fields.get(AdminField.CONNECTIONS, bytes(4))),
    }
    return fields.get(AdminField.USER, b"").decode(errors="replace"), found
