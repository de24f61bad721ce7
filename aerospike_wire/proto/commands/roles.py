"""Commands about roles (protocol section 8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final, NoReturn

import attrs

from aerospike_wire.errors import AdminContext, ResultCode
from aerospike_wire.proto import admin, keys
from aerospike_wire.proto.admin import KEEP_QUOTA, AdminCommand, AdminField
from aerospike_wire.proto.commands.admin import MAX_ITEMS, SecurityCommand, SecurityQuery, check_name, described
from aerospike_wire.proto.commands.base import R_co
from aerospike_wire.proto.invalid import InvalidArgument, utf8
from aerospike_wire.users import PrivilegeCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from aerospike_wire.users import RoleInfo

MAX_QUOTA: Final = 0x7FFF_FFFF
"""Records per second."""
_LABELS: Final = {privilege.label: privilege for privilege in PrivilegeCode}
_KEYS: Final = frozenset({"code", "ns", "set"})


def check_privileges(value: Any, *, empty: bool) -> bytes:
    """A list of privileges as it travels.

    Raises:
        InvalidArgument: it is no list of them, or one of them has a code, namespace or set
            that cannot be.
    """
    if not isinstance(value, list | tuple):
        raise InvalidArgument("privileges", f"must be a list of privileges, not {type(value).__name__}")
    if not value and not empty:
        raise InvalidArgument("privileges", "must hold at least one privilege")
    if len(value) > MAX_ITEMS:
        raise InvalidArgument("privileges", f"must hold at most {MAX_ITEMS} privileges, not {len(value)}")
    return admin.pack_privileges([_privilege(item, place) for place, item in enumerate(value)])


def _privilege(given: Any, place: int) -> tuple[int, bytes, bytes]:
    def refuse(problem: str) -> NoReturn:
        raise InvalidArgument("privileges", f"{problem} (item {place})")

    if not isinstance(given, Mapping):
        refuse(f"must hold dicts with code, ns and set, not {type(given).__name__}")
    unknown = set(given) - _KEYS
    if unknown:
        refuse(f"must hold dicts with code, ns and set, not {min(map(repr, unknown))}")
    if "code" not in given:
        refuse("must hold dicts with a code")
    code = given["code"]
    if isinstance(code, str):
        if code not in _LABELS:
            refuse(f"must have one of the codes {', '.join(_LABELS)}, not {code!r}")
        code = _LABELS[code]
    if isinstance(code, bool) or not isinstance(code, int):
        refuse(f"must have an int or a name as code, not {type(code).__name__}")
    # A number that is not known here may be one of a newer server's, which then decides.
    if not 0 <= code <= 255:
        refuse(f"must have codes from 0 to 255, not {code}")
    namespace, set_name = given.get("ns") or "", given.get("set") or ""
    if set_name and not namespace:
        refuse("must name a namespace where they name a set")
    if not namespace:
        return int(code), b"", b""
    if "\0" in f"{namespace}{set_name}":
        refuse("must name namespaces and sets without a NUL")
    if code < PrivilegeCode.READ:
        refuse(f"must not limit code {code} to a namespace or set: it is good for all or none")
    try:
        return int(code), keys.check_namespace(namespace), keys.check_set(set_name)
    except InvalidArgument as invalid:
        refuse(str(invalid))


def check_whitelist(value: Any) -> bytes:
    """Addresses and networks as they travel; empty for none. What they mean, the server checks.

    Raises:
        InvalidArgument: it is no list of texts, or one of them would be read as two.
    """
    if value is None:
        return b""
    if not isinstance(value, list | tuple):
        raise InvalidArgument("whitelist", f"must be a list of addresses and networks, not {type(value).__name__}")
    for item in value:
        if not isinstance(item, str):
            raise InvalidArgument("whitelist", f"must be a list of str, not of {type(item).__name__}")
        if not item.strip() or "," in item or "\0" in item:
            raise InvalidArgument("whitelist", f"must hold one address or network in each item, not {item!r}")
    return utf8("whitelist", ",".join(value))


def check_quota(argument: str, value: Any) -> int:
    """Records per second.

    Raises:
        InvalidArgument: it is no int from 0 on.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidArgument(argument, f"must be an int, not {type(value).__name__}")
    if not 0 <= value <= MAX_QUOTA:
        raise InvalidArgument(argument, f"must be 0 (no limit) to {MAX_QUOTA} records per second, not {value}")
    return value


@attrs.define(eq=False)
class RoleCommand(SecurityCommand[R_co]):
    """A command about a role."""

    role: Any = attrs.field(default="", kw_only=True)

    def fields(self) -> list[tuple[int, bytes]]:
        return [(AdminField.ROLE, check_name("role", self.role))]

    def context(self) -> AdminContext:
        return AdminContext(self.operation, self.given_policy(), None, described(self.role), (), self.told())

    def told(self) -> tuple[str, ...]:
        """The privileges in words."""
        return ()


@attrs.define(eq=False)
class PrivilegesCommand(RoleCommand[R_co]):
    """A command about a role's privileges."""

    privileges: Any = attrs.field(default=(), kw_only=True)

    def told(self) -> tuple[str, ...]:
        if not isinstance(self.privileges, list | tuple):
            return ()
        return tuple(_words(item) for item in self.privileges if isinstance(item, Mapping))


def _words(privilege: Mapping[Any, Any]) -> str:
    code = privilege.get("code")
    try:
        name = PrivilegeCode(code).label  # type: ignore[arg-type]  # what is no code is told as it is
    except ValueError:
        name = str(code)
    place = ".".join(str(privilege[part]) for part in ("ns", "set") if privilege.get(part))
    return f"{name} {place}" if place else name


@attrs.define(eq=False)
class CreateRole(PrivilegesCommand[None]):
    """Create a role."""

    whitelist: Any = attrs.field(default=None, kw_only=True)
    read_quota: Any = attrs.field(default=0, kw_only=True)
    write_quota: Any = attrs.field(default=0, kw_only=True)

    operation: ClassVar[str] = "admin_create_role"
    command: ClassVar[AdminCommand] = AdminCommand.CREATE_ROLE

    def fields(self) -> list[tuple[int, bytes]]:
        fields = RoleCommand.fields(self)
        if self.privileges is not None:
            packed = check_privileges(self.privileges, empty=True)
            if self.privileges:
                fields.append((AdminField.PRIVILEGES, packed))
        whitelist = check_whitelist(self.whitelist)
        if whitelist:
            fields.append((AdminField.WHITELIST, whitelist))
        read = check_quota("read_quota", self.read_quota)
        write = check_quota("write_quota", self.write_quota)
        for kind, quota in ((AdminField.READ_QUOTA, read), (AdminField.WRITE_QUOTA, write)):
            if quota:
                fields.append((kind, quota.to_bytes(4, "big")))
        return fields


@attrs.define(eq=False)
class DropRole(RoleCommand[None]):
    """Delete a role."""

    operation: ClassVar[str] = "admin_drop_role"
    command: ClassVar[AdminCommand] = AdminCommand.DROP_ROLE


@attrs.define(eq=False)
class GrantPrivileges(PrivilegesCommand[None]):
    """Give a role further privileges."""

    operation: ClassVar[str] = "admin_grant_privileges"
    command: ClassVar[AdminCommand] = AdminCommand.GRANT_PRIVILEGES

    def fields(self) -> list[tuple[int, bytes]]:
        packed = check_privileges(self.privileges, empty=False)
        return [*RoleCommand.fields(self), (AdminField.PRIVILEGES, packed)]


@attrs.define(eq=False)
class RevokePrivileges(GrantPrivileges):
    """Take privileges from a role."""

    operation: ClassVar[str] = "admin_revoke_privileges"
    command: ClassVar[AdminCommand] = AdminCommand.REVOKE_PRIVILEGES


@attrs.define(eq=False)
class SetWhitelist(RoleCommand[None]):
    """Say where a role's users may come from."""

    whitelist: Any = attrs.field(default=None, kw_only=True)
    """None or empty for everywhere."""

    operation: ClassVar[str] = "admin_set_whitelist"
    command: ClassVar[AdminCommand] = AdminCommand.SET_WHITELIST

    def fields(self) -> list[tuple[int, bytes]]:
        fields = RoleCommand.fields(self)
        whitelist = check_whitelist(self.whitelist)
        return [*fields, (AdminField.WHITELIST, whitelist)] if whitelist else fields


@attrs.define(eq=False)
class SetQuotas(RoleCommand[None]):
    """Limit how many records a second a role's users may read and write."""

    read_quota: Any = attrs.field(default=None, kw_only=True)
    """None to leave it as it is."""
    write_quota: Any = attrs.field(default=None, kw_only=True)

    operation: ClassVar[str] = "admin_set_quotas"
    command: ClassVar[AdminCommand] = AdminCommand.SET_QUOTAS

    def fields(self) -> list[tuple[int, bytes]]:
        fields = RoleCommand.fields(self)
        for kind, argument in ((AdminField.READ_QUOTA, "read_quota"), (AdminField.WRITE_QUOTA, "write_quota")):
            given = getattr(self, argument)
            quota = KEEP_QUOTA if given is None else check_quota(argument, given)
            fields.append((kind, quota.to_bytes(4, "big")))
        return fields


@attrs.define(eq=False)
class QueryRoles(SecurityQuery["dict[str, RoleInfo]"]):
    """All roles."""

    method: str = attrs.field(default="admin_get_roles", kw_only=True)

    operation: ClassVar[str] = "admin_query_roles"
    command: ClassVar[AdminCommand] = AdminCommand.QUERY_ROLES

    def fields(self) -> list[tuple[int, bytes]]:
        return []

    def decode(self, body: bytes, wall: Callable[[], float]) -> dict[str, RoleInfo]:
        return dict(map(_role, self.blocks(body)))

    def context(self) -> AdminContext:
        return AdminContext(self.method, self.given_policy())


@attrs.define(eq=False)
class QueryRole(SecurityQuery["RoleInfo"]):
    """One role."""

    role: Any = attrs.field(default="", kw_only=True)
    method: str = attrs.field(default="admin_get_role", kw_only=True)

    operation: ClassVar[str] = "admin_query_role"
    command: ClassVar[AdminCommand] = AdminCommand.QUERY_ROLES
    missing: ClassVar[int] = ResultCode.INVALID_ROLE

    def fields(self) -> list[tuple[int, bytes]]:
        return [(AdminField.ROLE, check_name("role", self.role))]

    def decode(self, body: bytes, wall: Callable[[], float]) -> RoleInfo:
        return _role(next(iter(self.blocks(body))))[1]

    def context(self) -> AdminContext:
        return AdminContext(self.method, self.given_policy(), None, described(self.role))


def _role(fields: dict[int, bytes]) -> tuple[str, RoleInfo]:
    whitelist = fields.get(AdminField.WHITELIST, b"").decode(errors="replace")
    found: RoleInfo = {
        "privileges": admin.read_privileges(fields.get(AdminField.PRIVILEGES, b"\0")),
        "whitelist": whitelist.split(",") if whitelist else [],
        "read_quota": admin.read_number(fields.get(AdminField.READ_QUOTA, bytes(4))),
        "write_quota": admin.read_number(fields.get(AdminField.WRITE_QUOTA, bytes(4))),
    }
    return fields.get(AdminField.ROLE, b"").decode(errors="replace"), found
