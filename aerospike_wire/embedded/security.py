"""The security protocol of the node (protocol section 8), and who may do what.

Disabled, the node answers 51 like Community Edition, or 52 like an Enterprise node whose
security is switched off. Enabled, it does what an Enterprise node does.
"""

from __future__ import annotations

import ipaddress
import struct
from typing import TYPE_CHECKING, Final

from aerospike_wire.embedded.permissions import Permission, needed
from aerospike_wire.embedded.refusal import Refusal
from aerospike_wire.embedded.users import (
    FIRST_SCOPED,
    HASH_SIZE,
    MAX_NAME,
    NO_PASSWORD,
    PREDEFINED,
    SALT,
    Grant,
    Role,
    Security,
    User,
)
from aerospike_wire.errors import ProtocolError
from aerospike_wire.errors.codes import ResultCode
from aerospike_wire.proto import admin
from aerospike_wire.proto.admin import AdminCommand, AdminField, AdminMessage
from aerospike_wire.proto.fields import Field
from aerospike_wire.proto.header import Info1, Info2
from aerospike_wire.users import PrivilegeCode as Privilege

if TYPE_CHECKING:
    from collections.abc import Callable

    from aerospike_wire.embedded.node import Node, Session
    from aerospike_wire.proto.message import Message

__all__ = ["Security", "check", "check_data", "handle", "left"]

_QUOTA: Final = struct.Struct(">I")
_KEEP: Final = _QUOTA.pack(admin.KEEP_QUOTA)


# Data messages


def check(node: Node, session: Session) -> int:
    """0, or 80 if the connection must log in first."""
    security = node.security
    if security.enabled and session.user not in security.users:
        return ResultCode.NOT_AUTHENTICATED
    return ResultCode.OK


def check_data(node: Node, session: Session, message: Message, *, row: bool = False) -> int:
    """0, or why a data message is refused: 80 without a login, 81 without the permission, 83 over the quota.

    A batch as a whole only needs the login; its rows come here one by one.
    """
    code = check(node, session)
    if code or not node.security.enabled or (message.header.info1 & Info1.BATCH and not row):
        return code
    user = session.user or ""
    namespace, set_name = _text(message.fields.get(Field.NAMESPACE)), _text(message.fields.get(Field.SET))
    if namespace not in node.namespaces:
        return code  # which is then refused with 20, whatever the user may do
    permissions = needed(message, one=row or Field.DIGEST in message.fields)
    if not node.security.allows(user, permissions, namespace, set_name):
        return ResultCode.ROLE_VIOLATION
    return ResultCode.OK if _within_quota(node, user, message, permissions) else ResultCode.QUOTA_EXCEEDED


def _within_quota(node: Node, user: str, message: Message, permissions: Permission) -> bool:
    read_quota, write_quota = node.security.quotas_of(user)
    reads, writes = node.rates_of(user)
    now = node.clock.seconds()
    if permissions & (Permission.QUERY | Permission.OPS_QUERY | Permission.UDF_QUERY):
        asked = int.from_bytes(message.fields.get(Field.RECORDS_PER_SECOND, b""), "big")
        if message.header.info2 & Info2.WRITE:
            return writes.query(now, write_quota, asked)
        return reads.query(now, read_quota, asked)
    if permissions & (Permission.WRITE | Permission.DELETE | Permission.UDF_APPLY):
        return writes.single(now, write_quota)
    return reads.single(now, read_quota)


def left(node: Node, session: Session) -> None:
    """A connection is gone."""
    if session.user is not None:
        node.connections[session.user] -= 1
        session.user = None


def _text(data: bytes | None) -> str:
    return (data or b"").decode(errors="surrogateescape")


# Security messages


def handle(node: Node, session: Session, body: bytes) -> bytes:
    """The body of the reply to a security frame."""
    if not node.security.enabled:
        return admin.pack(result=node.edition.no_security)
    try:
        request = next(admin.parse(body))
    except (ProtocolError, StopIteration):
        return admin.pack(result=ResultCode.INVALID_FIELD)
    if body[0]:
        return admin.pack(result=ResultCode.SECURITY_SCHEME_NOT_SUPPORTED)
    handler = _HANDLERS.get(request.command)
    if handler is None:
        return admin.pack(result=ResultCode.INVALID_COMMAND)
    try:
        if request.command not in _WITHOUT_LOGIN and check(node, session):
            raise Refusal(ResultCode.NOT_AUTHENTICATED)
        if request.command in _BY_USER_ADMIN:
            _require(node, session)
        return handler(node, session, request)
    except Refusal as refusal:
        return admin.pack(result=refusal.code)


def _require(node: Node, session: Session) -> None:
    if not node.security.allows(session.user or "", Permission.USER_ADMIN):
        raise Refusal(ResultCode.ROLE_VIOLATION, "needs user-admin")


def _field(request: AdminMessage, kind: AdminField) -> bytes:
    data = request.fields.get(kind)
    if data is None:
        raise Refusal(ResultCode.INVALID_FIELD, f"lacks the field {kind.name}")
    return data


def _user_name(request: AdminMessage) -> str:
    return _text(_field(request, AdminField.USER))


def _existing_user(node: Node, request: AdminMessage) -> User:
    user = node.security.users.get(_user_name(request))
    if user is None:
        raise Refusal(ResultCode.INVALID_USER, "no such user")
    return user


def _password(request: AdminMessage) -> bytes:
    data = _field(request, AdminField.PASSWORD)
    if len(data) != HASH_SIZE or not data.startswith(SALT):
        raise Refusal(ResultCode.INVALID_PASSWORD, "not a hash with the protocol's salt")
    return data


def _role_names(node: Node, request: AdminMessage) -> list[str]:
    try:
        names = admin.read_names(_field(request, AdminField.ROLES))
    except ProtocolError as error:
        raise Refusal(ResultCode.INVALID_FIELD, str(error)) from None
    if not names or any(name not in node.security.roles for name in names):
        raise Refusal(ResultCode.INVALID_ROLE, "no such role")
    return names


# Logging in

_PROOFS: Final = frozenset({AdminField.USER, AdminField.CREDENTIAL, AdminField.CLEAR_PASSWORD})


def _login(node: Node, session: Session, request: AdminMessage) -> bytes:
    security = node.security
    by_certificate = session.certified is not None and not request.fields.keys() & _PROOFS
    name = session.certified or "" if by_certificate else _user_name(request)
    clear = request.fields.get(AdminField.CLEAR_PASSWORD)
    if clear is not None and not security.external:
        raise Refusal(ResultCode.LDAP_NOT_CONFIGURED, "external users need LDAP")
    credential = b"" if by_certificate else _field(request, AdminField.CREDENTIAL)
    if name not in security.users:
        raise Refusal(ResultCode.INVALID_USER, "no such user")
    if clear is not None and name in security.external:
        if not security.vouches(name, clear):
            raise Refusal(ResultCode.LDAP_AUTHENTICATION, "wrong password")
    elif not by_certificate and not security.knows(name, credential):
        raise Refusal(ResultCode.INVALID_CREDENTIAL, "wrong password")
    _admit(node, session, name)
    token = security.open_session(name, node.clock.seconds())
    return admin.pack(
        fields=[
            (AdminField.SESSION_TOKEN, token),
            (AdminField.SESSION_TTL, _QUOTA.pack(security.session_ttl)),
        ]
    )


def _authenticate(node: Node, session: Session, request: AdminMessage) -> bytes:
    token = request.fields.get(AdminField.SESSION_TOKEN)
    # Whom a certificate names need not say the name.
    unnamed = session.certified is not None and not request.fields.get(AdminField.USER)
    name = session.certified or "" if unnamed else _user_name(request)
    if token is None:
        # How clients before session tokens opened a connection.
        if name not in node.security.users:
            raise Refusal(ResultCode.INVALID_USER, "no such user")
        if not node.security.knows(name, _field(request, AdminField.CREDENTIAL)):
            raise Refusal(ResultCode.INVALID_CREDENTIAL, "wrong password")
    elif node.security.session_of(token, node.clock.seconds()) != name:
        raise Refusal(ResultCode.EXPIRED_SESSION, "token unknown or expired")
    _admit(node, session, name)
    return admin.pack()


def _admit(node: Node, session: Session, name: str) -> None:
    if not node.security.admits(name, session.peer):
        raise Refusal(ResultCode.NOT_WHITELISTED, "the address is on no whitelist of the user's roles")
    left(node, session)
    session.user = name
    node.connections[name] += 1


# Users


def _create_user(node: Node, _session: Session, request: AdminMessage) -> bytes:
    name = _user_name(request)
    if not _good_name(name):
        raise Refusal(ResultCode.INVALID_USER, "name empty or too long")
    if name in node.security.users:
        raise Refusal(ResultCode.USER_EXISTS, "the user exists")
    password = _password(request)
    given = request.fields.get(AdminField.ROLES, b"\0")
    roles = [] if given == b"\0" else _role_names(node, request)
    node.security.users[name] = User(password, sorted(set(roles)))
    return admin.pack()


def _good_name(name: str) -> bool:
    return 0 < len(name.encode(errors="surrogateescape")) <= MAX_NAME


def _drop_user(node: Node, _session: Session, request: AdminMessage) -> bytes:
    _existing_user(node, request)
    name = _user_name(request)
    del node.security.users[name]
    node.security.end_sessions(name)
    return admin.pack()


def _set_password(node: Node, _session: Session, request: AdminMessage) -> bytes:
    user = _existing_user(node, request)
    _must_have_password(user)
    user.credential = _password(request)
    return admin.pack()


def _must_have_password(user: User) -> None:
    if user.credential == NO_PASSWORD:
        raise Refusal(ResultCode.FORBIDDEN_PASSWORD, "the user has no password here to be changed")


def _change_password(node: Node, session: Session, request: AdminMessage) -> bytes:
    user = _existing_user(node, request)
    name = _user_name(request)
    if name != session.user:
        raise Refusal(ResultCode.ROLE_VIOLATION, "the password of another user")
    _must_have_password(user)
    if not node.security.knows(name, _field(request, AdminField.OLD_PASSWORD)):
        raise Refusal(ResultCode.INVALID_CREDENTIAL, "wrong password")
    user.credential = _password(request)
    return admin.pack()


def _grant_roles(node: Node, _session: Session, request: AdminMessage) -> bytes:
    user = _existing_user(node, request)
    user.roles = sorted({*user.roles, *_role_names(node, request)})
    return admin.pack()


def _revoke_roles(node: Node, _session: Session, request: AdminMessage) -> bytes:
    user = _existing_user(node, request)
    names = _role_names(node, request)
    user.roles = [role for role in user.roles if role not in names]
    return admin.pack()


def _query_users(node: Node, session: Session, request: AdminMessage) -> bytes:
    users = node.security.users
    if AdminField.USER in request.fields:
        name = _user_name(request)
        if name != session.user:
            _require(node, session)
        _existing_user(node, request)
        names = [name]
    else:
        _require(node, session)
        names = sorted(users)
    blocks = [_user_block(node, name, users[name]) for name in names]
    return b"".join([*blocks, admin.pack(result=ResultCode.QUERY_END)])


def _user_block(node: Node, name: str, user: User) -> bytes:
    now = node.clock.seconds()
    read_quota, write_quota = node.security.quotas_of(name)
    reads, writes = node.rates_of(name)
    fields: list[tuple[int, bytes]] = [
        (AdminField.USER, _bytes(name)),
        (AdminField.ROLES, admin.pack_names([_bytes(role) for role in sorted(user.roles)])),
    ]
    connections = node.connections[name]
    # Of whom the node has not seen and need not watch it tells nothing.
    if node.security.quotas and (read_quota or write_quota or connections > 0 or reads.second or writes.second):
        fields.append((AdminField.READ_INFO, admin.pack_numbers(reads.told(now, read_quota))))
        fields.append((AdminField.WRITE_INFO, admin.pack_numbers(writes.told(now, write_quota))))
    if connections > 0:
        fields.append((AdminField.CONNECTIONS, _QUOTA.pack(connections)))
    return admin.pack(fields=fields)


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogateescape")


# Roles


def _create_role(node: Node, _session: Session, request: AdminMessage) -> bytes:
    name = _text(_field(request, AdminField.ROLE))
    if not _good_name(name):
        raise Refusal(ResultCode.INVALID_ROLE, "name empty or too long")
    if name in node.security.roles:
        raise Refusal(ResultCode.ROLE_EXISTS, "the role exists")
    role = Role()
    if AdminField.PRIVILEGES in request.fields:
        role.grants = list(dict.fromkeys(read_grants(request.fields[AdminField.PRIVILEGES])))
    if AdminField.WHITELIST in request.fields:
        role.whitelist = _whitelist(request.fields[AdminField.WHITELIST])
    _read_quotas(node, request, role)
    node.security.roles[name] = role
    return admin.pack()


def _own_role(node: Node, request: AdminMessage) -> Role:
    name = _text(_field(request, AdminField.ROLE))
    role = node.security.roles.get(name)
    if role is None or name in PREDEFINED:
        raise Refusal(ResultCode.INVALID_ROLE, "no such role, or one that cannot be changed")
    return role


def _drop_role(node: Node, _session: Session, request: AdminMessage) -> bytes:
    _own_role(node, request)
    name = _text(_field(request, AdminField.ROLE))
    del node.security.roles[name]
    for user in node.security.users.values():
        user.roles = [role for role in user.roles if role != name]
    return admin.pack()


def _grant_privileges(node: Node, _session: Session, request: AdminMessage) -> bytes:
    role = _own_role(node, request)
    role.grants = list(dict.fromkeys([*role.grants, *read_grants(_field(request, AdminField.PRIVILEGES))]))
    return admin.pack()


def _revoke_privileges(node: Node, _session: Session, request: AdminMessage) -> bytes:
    role = _own_role(node, request)
    gone = read_grants(_field(request, AdminField.PRIVILEGES))
    role.grants = [grant for grant in role.grants if grant not in gone]
    return admin.pack()


def _set_whitelist(node: Node, _session: Session, request: AdminMessage) -> bytes:
    role = _own_role(node, request)
    role.whitelist = _whitelist(request.fields.get(AdminField.WHITELIST, b""))
    return admin.pack()


def _whitelist(data: bytes) -> str:
    text = _text(data)
    for part in text.split(",") if text else ():
        try:
            ipaddress.ip_network(part.strip(), strict=False)
        except ValueError:
            raise Refusal(ResultCode.INVALID_WHITELIST, "not an address or network") from None
    return text


def _set_quotas(node: Node, _session: Session, request: AdminMessage) -> bytes:
    role = _own_role(node, request)
    if not request.fields.keys() & {AdminField.READ_QUOTA, AdminField.WRITE_QUOTA}:
        raise Refusal(ResultCode.INVALID_FIELD, "no quota to be set")
    _read_quotas(node, request, role)
    return admin.pack()


def _read_quotas(node: Node, request: AdminMessage, role: Role) -> None:
    found = {kind: request.fields.get(kind) for kind in (AdminField.READ_QUOTA, AdminField.WRITE_QUOTA)}
    if any(data is not None for data in found.values()) and not node.security.quotas:
        raise Refusal(ResultCode.QUOTAS_NOT_ENABLED, "quotas are off")
    for data in found.values():
        if data is not None and len(data) != _QUOTA.size:
            raise Refusal(ResultCode.INVALID_QUOTA, "a quota has four bytes")
    read, write = (found[AdminField.READ_QUOTA], found[AdminField.WRITE_QUOTA])
    role.read_quota = role.read_quota if read in (None, _KEEP) else int.from_bytes(read or b"", "big")
    role.write_quota = role.write_quota if write in (None, _KEEP) else int.from_bytes(write or b"", "big")


def _query_roles(node: Node, session: Session, request: AdminMessage) -> bytes:
    roles = node.security.roles
    own = node.security.users[session.user or ""].roles
    if AdminField.ROLE in request.fields:
        name = _text(request.fields[AdminField.ROLE])
        if name not in own:
            _require(node, session)
        if name not in roles:
            raise Refusal(ResultCode.INVALID_ROLE, "no such role")
        names = [name]
    else:
        _require(node, session)
        names = sorted(roles)
    blocks = [_role_block(name, roles[name]) for name in names]
    return b"".join([*blocks, admin.pack(result=ResultCode.QUERY_END)])


def _role_block(name: str, role: Role) -> bytes:
    fields: list[tuple[int, bytes]] = [
        (AdminField.ROLE, _bytes(name)),
        (AdminField.PRIVILEGES, pack_grants(role.grants)),
    ]
    if role.whitelist:
        fields.append((AdminField.WHITELIST, _bytes(role.whitelist)))
    if role.read_quota or role.write_quota:
        fields.append((AdminField.READ_QUOTA, _QUOTA.pack(role.read_quota)))
        fields.append((AdminField.WRITE_QUOTA, _QUOTA.pack(role.write_quota)))
    return admin.pack(fields=fields)


def pack_grants(grants: list[Grant]) -> bytes:
    """The data of a PRIVILEGES field."""
    parts = [bytes((len(grants),))]
    for grant in grants:
        parts.append(bytes((grant.privilege,)))
        if grant.privilege >= FIRST_SCOPED:
            for text in (_bytes(grant.namespace), _bytes(grant.set)):
                parts += (bytes((len(text),)), text)
    return b"".join(parts)


def read_grants(data: bytes) -> list[Grant]:
    """The privileges of a PRIVILEGES field.

    Raises:
        Refusal: 72, a code is unknown; 55, the list is cut off.
    """
    grants = []
    try:
        count, offset = data[0], 1
        for _ in range(count):
            code = data[offset]
            offset += 1
            scope = ["", ""]
            if code >= FIRST_SCOPED:
                for place in range(2):
                    end = offset + 1 + data[offset]
                    if end > len(data):
                        raise IndexError
                    scope[place] = _text(data[offset + 1 : end])
                    offset = end
            grants.append(Grant(Privilege(code), *scope))
    except IndexError:
        raise Refusal(ResultCode.INVALID_FIELD, "a list of privileges is cut off") from None
    except ValueError:
        raise Refusal(ResultCode.INVALID_PRIVILEGE, "no such privilege") from None
    if not grants:
        raise Refusal(ResultCode.INVALID_PRIVILEGE, "no privilege is named")
    return grants


_HANDLERS: Final[dict[int, Callable[[Node, Session, AdminMessage], bytes]]] = {
    AdminCommand.AUTHENTICATE: _authenticate,
    AdminCommand.LOGIN: _login,
    AdminCommand.CREATE_USER: _create_user,
    AdminCommand.DROP_USER: _drop_user,
    AdminCommand.SET_PASSWORD: _set_password,
    AdminCommand.CHANGE_PASSWORD: _change_password,
    AdminCommand.GRANT_ROLES: _grant_roles,
    AdminCommand.REVOKE_ROLES: _revoke_roles,
    AdminCommand.QUERY_USERS: _query_users,
    AdminCommand.CREATE_ROLE: _create_role,
    AdminCommand.DROP_ROLE: _drop_role,
    AdminCommand.GRANT_PRIVILEGES: _grant_privileges,
    AdminCommand.REVOKE_PRIVILEGES: _revoke_privileges,
    AdminCommand.SET_WHITELIST: _set_whitelist,
    AdminCommand.SET_QUOTAS: _set_quotas,
    AdminCommand.QUERY_ROLES: _query_roles,
}
_WITHOUT_LOGIN: Final = frozenset({AdminCommand.AUTHENTICATE, AdminCommand.LOGIN})
_BY_USER_ADMIN: Final = frozenset(_HANDLERS) - {
    *_WITHOUT_LOGIN,
    AdminCommand.CHANGE_PASSWORD,
    AdminCommand.QUERY_USERS,
    AdminCommand.QUERY_ROLES,
}
