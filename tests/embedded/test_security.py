"""Users, roles, sessions and what they allow."""

from __future__ import annotations

import struct
import sys
from typing import Any

import pytest

from aerospike_wire.embedded import info, security
from aerospike_wire.embedded.node import Node, Session
from aerospike_wire.embedded.store import Clock, NamespaceConfig
from aerospike_wire.embedded.users import Grant, Privilege, Security, User, hashed
from aerospike_wire.proto import admin
from aerospike_wire.proto.admin import AdminCommand, AdminField
from aerospike_wire.proto.fields import Field
from aerospike_wire.proto.header import Info1, Info2, MessageHeader
from aerospike_wire.proto.message import Message

pytest.importorskip("bcrypt")

USERS = {
    "root": ("secret", ["user-admin"]),
    "alice": ("pw", ["read-write"]),
    "data": ("pw", ["data-admin"]),
}


@pytest.fixture
def node() -> Node:
    made = Node.of("A1", [NamespaceConfig("test"), NamespaceConfig("bar")])
    made.clock = Clock(source=lambda: 1_700_000_000.0)
    made.security = Security.with_users(USERS)
    return made


def ask(node: Node, session: Session, command: int, *fields: tuple[int, bytes]) -> list[admin.AdminMessage]:
    return list(admin.parse(security.handle(node, session, admin.pack(command, fields))))


def code(node: Node, session: Session, command: int, *fields: tuple[int, bytes]) -> int:
    (message,) = ask(node, session, command, *fields)
    return message.result


def login(node: Node, user: str, password: str, peer: str = "127.0.0.1:5000") -> Session:
    session = Session(peer)
    assert code(node, session, AdminCommand.LOGIN, *credentials(user, password)) == 0
    return session


def credentials(user: str, password: str) -> list[tuple[int, bytes]]:
    return [(AdminField.USER, user.encode()), (AdminField.CREDENTIAL, hashed(password))]


def user(name: str) -> tuple[int, bytes]:
    return AdminField.USER, name.encode()


def role(name: str) -> tuple[int, bytes]:
    return AdminField.ROLE, name.encode()


def roles(*names: str) -> tuple[int, bytes]:
    return AdminField.ROLES, admin.pack_names([name.encode() for name in names])


def password(text: str) -> tuple[int, bytes]:
    return AdminField.PASSWORD, hashed(text)


def privileges(*grants: Grant) -> tuple[int, bytes]:
    return AdminField.PRIVILEGES, security.pack_grants(list(grants))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("secret", "$2a$10$7EqJtq98hPqEX7fNZaFWoOu7NRZ0i7m5NbgPBEsHTCoJzZDEKQRb."),
        ("pw", "$2a$10$7EqJtq98hPqEX7fNZaFWoOlrb4wZ3oZ6Djw9VVBeTqr60b2/Jm5zC"),
    ],
)
def test_hashes(text: str, expected: str) -> None:
    """Passwords are hashed as the official client does."""
    assert hashed(text).decode() == expected


def test_disabled() -> None:
    """Without security every security frame gets 51, and nobody has to log in."""
    node = Node.of("A1", [NamespaceConfig("test")])
    assert security.handle(node, Session(), admin.pack(AdminCommand.LOGIN)) == bytes((0, 51)) + bytes(14)
    assert security.check(node, Session()) == 0
    assert security.check_data(node, Session(), message(info2=Info2.WRITE)) == 0


def test_login(node: Node) -> None:
    """A login gives a token and its lifetime and opens the connection."""
    session = Session("127.0.0.1:5000")
    assert security.check(node, session) == 80
    (reply,) = ask(node, session, AdminCommand.LOGIN, *credentials("alice", "pw"))
    assert reply.result == 0
    assert struct.unpack(">I", reply.fields[AdminField.SESSION_TTL]) == (86_400,)
    assert session.user == "alice"
    assert security.check(node, session) == 0
    other = Session()
    token = (AdminField.SESSION_TOKEN, reply.fields[AdminField.SESSION_TOKEN])
    assert code(node, other, AdminCommand.AUTHENTICATE, user("alice"), token) == 0
    assert other.user == "alice"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (credentials("nobody", "pw"), 60),
        (credentials("alice", "wrong"), 65),
        ([*credentials("alice", "pw"), (AdminField.CLEAR_PASSWORD, b"pw")], 90),
        ([user("alice")], 55),
        ([], 55),
    ],
)
def test_refused_logins(node: Node, fields: list[tuple[int, bytes]], expected: int) -> None:
    """Unknown users, wrong passwords, external users and missing fields have their codes."""
    session = Session()
    assert code(node, session, AdminCommand.LOGIN, *fields) == expected
    assert session.user is None


def test_tokens(node: Node) -> None:
    """A token that is unknown, another's or expired is refused with 66."""
    (reply,) = ask(node, Session(), AdminCommand.LOGIN, *credentials("alice", "pw"))
    token = (AdminField.SESSION_TOKEN, reply.fields[AdminField.SESSION_TOKEN])
    assert code(node, Session(), AdminCommand.AUTHENTICATE, user("alice"), (AdminField.SESSION_TOKEN, b"x")) == 66
    assert code(node, Session(), AdminCommand.AUTHENTICATE, user("root"), token) == 66
    node.clock.advance(86_399)
    assert code(node, Session(), AdminCommand.AUTHENTICATE, user("alice"), token) == 0
    node.clock.advance(1)
    assert code(node, Session(), AdminCommand.AUTHENTICATE, user("alice"), token) == 66


def test_token_lifetime_can_be_set(node: Node) -> None:
    """A test can make sessions short."""
    node.security.session_ttl = 1
    (reply,) = ask(node, Session(), AdminCommand.LOGIN, *credentials("alice", "pw"))
    assert reply.fields[AdminField.SESSION_TTL] == b"\x00\x00\x00\x01"


def test_users_are_made_and_dropped(node: Node) -> None:
    """A user can log in from when it is created until it is dropped."""
    root = login(node, "root", "secret")
    create = (AdminCommand.CREATE_USER, user("bob"), password("pw"), roles("read"))
    assert code(node, root, *create) == 0
    assert code(node, root, *create) == 61
    bob = login(node, "bob", "pw")
    assert code(node, root, AdminCommand.DROP_USER, user("bob")) == 0
    assert code(node, root, AdminCommand.DROP_USER, user("bob")) == 60
    assert security.check(node, bob) == 80


@pytest.mark.parametrize(
    ("command", "fields", "expected"),
    [
        (AdminCommand.CREATE_USER, [user(""), password("pw"), roles()], 60),
        (AdminCommand.CREATE_USER, [user("x" * 64), password("pw"), roles()], 60),
        (AdminCommand.CREATE_USER, [user("x"), (AdminField.PASSWORD, b"clear"), roles()], 62),
        (AdminCommand.CREATE_USER, [user("x"), password("pw"), roles("nope")], 70),
        (AdminCommand.CREATE_USER, [user("x"), password("pw"), (AdminField.ROLES, b"\x02\x04read")], 55),
        (AdminCommand.CREATE_USER, [user("x")], 55),
        (AdminCommand.SET_PASSWORD, [user("nobody"), password("pw")], 60),
        (AdminCommand.GRANT_ROLES, [user("nobody"), roles("read")], 60),
        (AdminCommand.GRANT_ROLES, [user("alice"), roles("nope")], 70),
        (AdminCommand.REVOKE_ROLES, [user("alice"), roles("nope")], 70),
        (AdminCommand.QUERY_USERS, [user("nobody")], 60),
        (AdminCommand.CREATE_ROLE, [role("read")], 71),
        (AdminCommand.CREATE_ROLE, [role("")], 70),
        (AdminCommand.CREATE_ROLE, [role("r"), (AdminField.PRIVILEGES, b"\x01\x63\x00\x00")], 72),
        (AdminCommand.CREATE_ROLE, [role("r"), (AdminField.PRIVILEGES, b"\x01\x0a\x04te")], 55),
        (AdminCommand.CREATE_ROLE, [role("r"), (AdminField.WHITELIST, b"here")], 73),
        (AdminCommand.CREATE_ROLE, [role("r"), (AdminField.READ_QUOTA, b"\x01")], 75),
        (AdminCommand.DROP_ROLE, [role("nope")], 70),
        (AdminCommand.DROP_ROLE, [role("read")], 70),
        (AdminCommand.GRANT_PRIVILEGES, [role("nope"), privileges(Grant(Privilege.READ))], 70),
        (AdminCommand.SET_QUOTAS, [role("nope"), (AdminField.READ_QUOTA, bytes(4))], 70),
        (AdminCommand.QUERY_ROLES, [role("nope")], 70),
        (99, [], 54),
    ],
)
def test_refused_commands(node: Node, command: int, fields: list[tuple[int, bytes]], expected: int) -> None:
    """What does not exist, exists already or makes no sense has its code."""
    assert code(node, login(node, "root", "secret"), command, *fields) == expected


@pytest.mark.parametrize("command", [*AdminCommand])
def test_nothing_without_login(node: Node, command: AdminCommand) -> None:
    """Every command but the two that log in is refused with 80 before."""
    expected = 55 if command in (AdminCommand.LOGIN, AdminCommand.AUTHENTICATE) else 80
    assert code(node, Session(), command) == expected


@pytest.mark.parametrize("command", [*AdminCommand])
def test_administration_needs_the_role(node: Node, command: AdminCommand) -> None:
    """A user who is no user-admin is refused with 81."""
    alice = login(node, "alice", "pw")
    fields = [user("root"), role("read"), password("x"), roles("read"), (AdminField.OLD_PASSWORD, hashed("secret"))]
    if command not in (AdminCommand.LOGIN, AdminCommand.AUTHENTICATE):
        assert code(node, alice, command, *fields) == 81


def test_passwords(node: Node) -> None:
    """An administrator sets any password, a user changes its own if it knows the old one."""
    root, alice = login(node, "root", "secret"), login(node, "alice", "pw")
    assert code(node, root, AdminCommand.SET_PASSWORD, user("alice"), password("new")) == 0
    old = (AdminField.OLD_PASSWORD, hashed("pw"))
    change = (AdminCommand.CHANGE_PASSWORD, user("alice"), password("pw"))
    assert code(node, alice, *change, old) == 65
    assert code(node, alice, *change, (AdminField.OLD_PASSWORD, hashed("new"))) == 0
    login(node, "alice", "pw")


def test_query_users(node: Node) -> None:
    """All users are told to an administrator, one's own entry to anybody; the end is a block of 50."""
    root, alice = login(node, "root", "secret"), login(node, "alice", "pw")
    *blocks, end = ask(node, root, AdminCommand.QUERY_USERS)
    assert [block.fields[AdminField.USER] for block in blocks] == [b"alice", b"data", b"root"]
    assert admin.read_names(blocks[0].fields[AdminField.ROLES]) == ["read-write"]
    assert end.result == 50
    assert [m.result for m in ask(node, alice, AdminCommand.QUERY_USERS, user("alice"))] == [0, 50]
    assert code(node, root, AdminCommand.GRANT_ROLES, user("alice"), roles("truncate", "read-write")) == 0
    assert node.security.users["alice"].roles == ["read-write", "truncate"]
    assert code(node, root, AdminCommand.REVOKE_ROLES, user("alice"), roles("read-write")) == 0
    assert node.security.users["alice"].roles == ["truncate"]


def test_roles(node: Node) -> None:
    """A role can be made with everything, changed and told, and goes from its users when dropped."""
    root = login(node, "root", "secret")
    scoped = Grant(Privilege.READ, "test", "s")
    fields = [
        privileges(scoped, Grant(Privilege.SYS_ADMIN)),
        (AdminField.WHITELIST, b"10.0.0.1,10.1.0.0/16"),
        (AdminField.READ_QUOTA, struct.pack(">I", 100)),
        (AdminField.WRITE_QUOTA, struct.pack(">I", 50)),
    ]
    assert code(node, root, AdminCommand.CREATE_ROLE, role("r"), *fields) == 0
    block, end = ask(node, root, AdminCommand.QUERY_ROLES, role("r"))
    assert block.fields == {AdminField.ROLE: b"r", **dict(fields)}
    assert end.result == 50
    assert code(node, root, AdminCommand.GRANT_PRIVILEGES, role("r"), privileges(Grant(Privilege.WRITE))) == 0
    assert code(node, root, AdminCommand.REVOKE_PRIVILEGES, role("r"), privileges(scoped)) == 0
    assert code(node, root, AdminCommand.SET_WHITELIST, role("r")) == 0
    quotas = [(AdminField.READ_QUOTA, bytes(4)), (AdminField.WRITE_QUOTA, bytes(4))]
    assert code(node, root, AdminCommand.SET_QUOTAS, role("r"), *quotas) == 0
    block, _ = ask(node, root, AdminCommand.QUERY_ROLES, role("r"))
    expected = privileges(Grant(Privilege.SYS_ADMIN), Grant(Privilege.WRITE))
    assert block.fields == dict([role("r"), expected])
    node.security.users["alice"].roles.append("r")
    assert code(node, root, AdminCommand.DROP_ROLE, role("r")) == 0
    assert node.security.users["alice"].roles == ["read-write"]


def test_quotas_can_be_off(node: Node) -> None:
    """A node without quotas refuses them with 74."""
    node.security.quotas = False
    root = login(node, "root", "secret")
    fields = [(AdminField.READ_QUOTA, bytes(4)), (AdminField.WRITE_QUOTA, bytes(4))]
    assert code(node, root, AdminCommand.CREATE_ROLE, role("r"), *fields) == 74


def test_whitelist(node: Node) -> None:
    """A user of a role with a whitelist comes from there or is refused with 82."""
    root = login(node, "root", "secret")
    fields = [role("far"), (AdminField.WHITELIST, b"10.1.0.0/16")]
    assert code(node, root, AdminCommand.CREATE_ROLE, *fields) == 0
    node.security.users["alice"].roles.append("far")
    login(node, "alice", "pw", peer="10.1.2.3:4000")
    assert code(node, Session("10.2.0.1:4000"), AdminCommand.LOGIN, *credentials("alice", "pw")) == 82


@pytest.mark.parametrize(
    ("body", "expected"),
    [(b"", 55), (b"\x00\x00", 55), (bytes((0, 0, 20, 1)) + bytes(12), 55), (b"\x01" + admin.pack(20)[1:], 53)],
)
def test_garbage(node: Node, body: bytes, expected: int) -> None:
    """A frame that cannot be read is answered, not passed on."""
    (reply,) = admin.parse(security.handle(node, Session(), body))
    assert reply.result == expected


def message(*, info1: int = 0, info2: int = 0, namespace: bytes = b"test", **fields: bytes) -> Message:
    found: dict[int, Any] = {Field.NAMESPACE: namespace, **{Field[name]: data for name, data in fields.items()}}
    return Message(MessageHeader(info1=info1, info2=info2), found, [])


def test_data_commands_need_privileges(node: Node) -> None:
    """Reading, writing and calling UDFs each need their privilege, for the namespace and set."""
    root = login(node, "root", "secret")
    grants = privileges(Grant(Privilege.READ, "test"), Grant(Privilege.WRITE, "test", "s"))
    assert code(node, root, AdminCommand.CREATE_ROLE, role("narrow"), grants) == 0
    assert code(node, root, AdminCommand.CREATE_USER, user("bob"), password("pw"), roles("narrow")) == 0
    bob, alice = login(node, "bob", "pw"), login(node, "alice", "pw")
    read, write = message(info1=Info1.READ), message(info2=Info2.WRITE)
    call = message(info2=Info2.WRITE, UDF_MODULE=b"m")
    both = message(info1=Info1.READ, info2=Info2.WRITE, SET=b"s")
    assert [security.check_data(node, bob, m) for m in (read, write, call, both)] == [0, 81, 81, 0]
    assert [security.check_data(node, alice, m) for m in (read, write, call, both)] == [0, 0, 81, 0]
    assert [security.check_data(node, root, m) for m in (read, write, call, both)] == [81] * 4
    assert security.check_data(node, bob, message(info1=Info1.READ, namespace=b"bar")) == 81
    assert security.check_data(node, Session(), read) == 80


def test_batches_need_privileges_for_every_row(node: Node) -> None:
    """One row that may not be carried out makes the batch refused."""
    node.security.users["reader"] = User(hashed("pw"), ["read"])
    reader = login(node, "reader", "pw")

    def row(info1: int, info2: int) -> bytes:
        field = struct.pack(">IB", 5, Field.NAMESPACE) + b"test"
        return bytes(4) + bytes(20) + bytes((0x02, info1, info2, 0)) + struct.pack(">HH", 1, 0) + field

    def batch(*rows: bytes) -> Message:
        return message(info1=Info1.BATCH, BATCH=struct.pack(">IB", len(rows), 0) + b"".join(rows))

    read, write = row(Info1.READ, 0), row(0, Info2.WRITE)
    assert security.check_data(node, reader, batch(read, read)) == 0
    assert security.check_data(node, reader, batch(read, write)) == 81
    assert security.check_data(node, login(node, "alice", "pw"), batch(read, write)) == 0


def test_info_commands_need_privileges(node: Node) -> None:
    """Info commands that change something name the permission that is missing."""
    alice, data = login(node, "alice", "pw"), login(node, "data", "pw")
    command = "sindex-create:namespace=test;indexname=i;bin=a;type=numeric"
    text = "ERROR:81:role violation - requires permission 'sindex-admin'"
    assert info.answer(node, alice, command) == text
    assert info.answer(node, data, command) == "ok"
    assert info.answer(node, alice, "build") == "8.1.2.0"


def test_default_user() -> None:
    """Switched on without users, there is one administrator."""
    node = Node.of("A1", [NamespaceConfig("test")])
    node.security = Security.with_users()
    session = login(node, "admin", "admin")
    assert code(node, session, AdminCommand.CREATE_USER, user("x"), password("pw"), roles("read")) == 0
    assert security.check_data(node, session, message(info2=Info2.WRITE)) == 0


def test_unknown_role_at_construction() -> None:
    """A node cannot be made with a user whose role does not exist."""
    with pytest.raises(ValueError, match="'alice' has the unknown role 'king'"):
        Security.with_users({"alice": ("pw", ["read", "king"])})


def test_without_bcrypt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without bcrypt, making users says what is missing."""
    monkeypatch.setitem(sys.modules, "bcrypt", None)
    with pytest.raises(RuntimeError, match="install bcrypt"):
        Security.with_users({"alice": ("never hashed before", [])})


def test_secrets_do_not_show(node: Node) -> None:
    """Neither hashes nor tokens appear when a node is printed."""
    (reply,) = ask(node, Session(), AdminCommand.LOGIN, *credentials("alice", "pw"))
    shown = repr(node)
    assert hashed("pw").decode() not in shown
    assert repr(reply.fields[AdminField.SESSION_TOKEN]) not in shown
