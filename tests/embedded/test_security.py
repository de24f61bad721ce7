"""Users, roles, sessions and what they allow."""

from __future__ import annotations

import struct
import sys
from typing import Any

import pytest
from cases import for_each

from aerospike_wire.embedded import info, security
from aerospike_wire.embedded.node import Node, Session
from aerospike_wire.embedded.permissions import Permission, needed
from aerospike_wire.embedded.store import Clock, NamespaceConfig
from aerospike_wire.embedded.users import Grant, Role, Security, User, hashed
from aerospike_wire.proto import admin
from aerospike_wire.proto.admin import AdminCommand, AdminField
from aerospike_wire.proto.fields import Field
from aerospike_wire.proto.header import Info1, Info2, MessageHeader
from aerospike_wire.proto.message import Message
from aerospike_wire.users import PrivilegeCode as Privilege

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
    made.security.roles["mine"] = Role()
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


@for_each(
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


@for_each(
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
        (AdminCommand.GRANT_ROLES, [user("alice"), roles()], 70),
        (AdminCommand.GRANT_PRIVILEGES, [role("mine"), privileges()], 72),
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


@for_each("command", [*AdminCommand])
def test_nothing_without_login(node: Node, command: AdminCommand) -> None:
    """Every command but the two that log in is refused with 80 before."""
    expected = 55 if command in (AdminCommand.LOGIN, AdminCommand.AUTHENTICATE) else 80
    assert code(node, Session(), command) == expected


@for_each("command", [*AdminCommand])
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


@for_each(
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
    assert security.check_data(node, bob, message(info1=Info1.READ, namespace=b"nope")) == 0  # which is then told as 20
    assert security.check_data(node, Session(), read) == 80


def test_rows_of_batches_need_privileges_one_by_one(node: Node) -> None:
    """A row that may not be carried out is refused, the others are not; the batch as a whole needs a login."""
    node.security.users["reader"] = User(hashed("pw"), ["read"])
    reader = login(node, "reader", "pw")
    batch = message(info1=Info1.BATCH)
    read, write = message(info1=Info1.READ), message(info2=Info2.WRITE)
    assert security.check_data(node, Session(), batch) == 80
    assert security.check_data(node, reader, batch) == 0
    assert [security.check_data(node, reader, row, row=True) for row in (read, write)] == [0, 81]


def test_queries_need_privileges(node: Node) -> None:
    """Reading queries, jobs that write, and functions over records each need theirs."""
    node.security.users["reader"] = User(hashed("pw"), ["read"])
    reader, alice = login(node, "reader", "pw"), login(node, "alice", "pw")
    query, job = message(info1=Info1.READ), message(info2=Info2.WRITE)
    functions = message(info1=Info1.READ, UDF_MODULE=b"m")
    assert [security.check_data(node, reader, m) for m in (query, job, functions)] == [0, 81, 81]
    assert [security.check_data(node, alice, m) for m in (query, job, functions)] == [0, 0, 81]


def test_deletes_need_their_permission() -> None:
    """Each kind of command on a record, by its flags."""
    flags = [(Info1.READ, 0), (0, Info2.WRITE), (0, Info2.WRITE | Info2.DELETE), (Info1.READ, Info2.WRITE)]
    found = [needed(message(info1=one, info2=two), one=True) for one, two in flags]
    both = Permission.WRITE | Permission.READ
    assert found == [Permission.READ, Permission.WRITE, Permission.DELETE, both]
    assert needed(message(info2=Info2.WRITE, UDF_MODULE=b"m"), one=True) is Permission.UDF_APPLY


def with_quota(node: Node, read: int, write: int) -> Session:
    """A session of a user with two roles, the smaller and the larger quota."""
    node.security.roles["small"] = Role([Grant(Privilege.READ_WRITE_UDF)], read_quota=1)
    node.security.roles["large"] = Role(read_quota=read, write_quota=write)
    node.security.users["bob"] = User(hashed("pw"), ["small", "large"])
    return login(node, "bob", "pw")


def record(*, info1: int = 0, info2: int = 0) -> Message:
    """A command on one record."""
    return message(info1=info1, info2=info2, DIGEST=bytes(20))


def test_quotas_are_kept(node: Node) -> None:
    """The largest of the roles' quotas holds for a second, for reads and writes each."""
    bob = with_quota(node, 3, 2)
    read, write = record(info1=Info1.READ), record(info2=Info2.WRITE)
    assert [security.check_data(node, bob, read) for _ in range(4)] == [0, 0, 0, 83]
    assert [security.check_data(node, bob, write, row=True) for _ in range(3)] == [0, 0, 83]
    node.clock.advance(1)
    assert security.check_data(node, bob, read) == 0
    node.security.quotas = False
    assert [security.check_data(node, bob, read) for _ in range(9)] == [0] * 9


def test_queries_under_a_quota_say_how_fast_they_go(node: Node) -> None:
    """One without a limit is refused, one whose limit fits is not, and counts."""
    bob = with_quota(node, 100, 0)
    limitless = message(info1=Info1.READ)

    def limited(rate: int) -> Message:
        return message(info1=Info1.READ, RECORDS_PER_SECOND=struct.pack(">I", rate))

    queries = (limitless, limited(101), limited(60), limited(60), limited(40))
    assert [security.check_data(node, bob, query) for query in queries] == [83, 83, 0, 83, 0]
    assert security.check_data(node, bob, record(info1=Info1.READ)) == 83
    assert security.check_data(node, bob, message(info2=Info2.WRITE)) == 0
    root = login(node, "root", "secret")
    block, _ = ask(node, root, AdminCommand.QUERY_USERS, user("bob"))
    assert admin.read_numbers(block.fields[AdminField.READ_INFO]) == [100, 0, 100, 0]
    assert admin.read_numbers(block.fields[AdminField.WRITE_INFO]) == [0, 0, 0, 1]


def test_users_are_told_with_rates_and_connections(node: Node) -> None:
    """What an administrator sees of them."""
    root = login(node, "root", "secret")
    alice = [login(node, "alice", "pw") for _ in range(3)]
    security.left(node, alice.pop())
    for _ in range(2):
        assert security.check_data(node, alice[0], record(info1=Info1.READ)) == 0
    block, _ = ask(node, root, AdminCommand.QUERY_USERS, user("alice"))
    assert admin.read_numbers(block.fields[AdminField.READ_INFO]) == [0, 2, 0, 0]
    assert admin.read_number(block.fields[AdminField.CONNECTIONS]) == 2
    assert code(node, alice[0], AdminCommand.LOGIN, *credentials("root", "secret")) == 0
    assert (node.connections["alice"], node.connections["root"]) == (1, 2)


def test_quotas_can_be_left_alone(node: Node) -> None:
    """All ones in place of a quota keep it, as the official client sends for one that is not given; so does none."""
    root = login(node, "root", "secret")
    quota = (AdminField.WRITE_QUOTA, struct.pack(">I", 4500))
    assert code(node, root, AdminCommand.CREATE_ROLE, role("r"), privileges(Grant(Privilege.READ)), quota) == 0
    fields = [(AdminField.READ_QUOTA, struct.pack(">I", 250)), (AdminField.WRITE_QUOTA, b"\xff" * 4)]
    assert code(node, root, AdminCommand.SET_QUOTAS, role("r"), *fields) == 0
    assert (node.security.roles["r"].read_quota, node.security.roles["r"].write_quota) == (250, 4500)
    assert code(node, root, AdminCommand.SET_QUOTAS, role("r"), (AdminField.WRITE_QUOTA, bytes(4))) == 0
    assert (node.security.roles["r"].read_quota, node.security.roles["r"].write_quota) == (250, 0)
    assert code(node, root, AdminCommand.SET_QUOTAS, role("r")) == 55


def test_who_was_never_there_is_told_in_short(node: Node) -> None:
    """A user without a quota whom the node has not seen has no rates and no connections in the answer."""
    root = login(node, "root", "secret")
    for name, expected in (("alice", set()), ("root", {AdminField.READ_INFO, AdminField.WRITE_INFO})):
        block, _ = ask(node, root, AdminCommand.QUERY_USERS, user(name))
        assert block.fields.keys() & {AdminField.READ_INFO, AdminField.WRITE_INFO} == expected
        assert (AdminField.CONNECTIONS in block.fields) is bool(expected)
    node.security.quotas = False
    block, _ = ask(node, root, AdminCommand.QUERY_USERS, user("root"))
    assert AdminField.READ_INFO not in block.fields


def test_privileges_of_masks(node: Node) -> None:
    """They may be limited to a set; who has none may not say what is masked."""
    root, alice = login(node, "root", "secret"), login(node, "alice", "pw")
    grants = privileges(Grant(Privilege.MASKING_ADMIN, "test", "s"), Grant(Privilege.READ_MASKED, "test"))
    assert code(node, root, AdminCommand.CREATE_ROLE, role("masker"), grants) == 0
    node.security.users["alice"].roles.append("masker")
    command = "masking:namespace=test;set={};bin=a;type=string;function=redact"
    node.enterprise = True
    assert "masking-admin" in info.answer(node, alice, command.format("other"))
    assert "an embedded node has no masking" in info.answer(node, alice, command.format("s"))
    assert "record-info" in info.answer(node, alice, "debug-record:namespace=test;keyd=x")


def test_users_without_a_password(node: Node) -> None:
    """They cannot log in with the word that stands for none, and none can be set."""
    root = login(node, "root", "secret")
    assert code(node, root, AdminCommand.CREATE_USER, user("pki"), password("nopassword"), roles("read")) == 0
    assert code(node, Session(), AdminCommand.LOGIN, *credentials("pki", "nopassword")) == 65
    assert code(node, root, AdminCommand.SET_PASSWORD, user("pki"), password("new")) == 64
    by_certificate = Session("127.0.0.1:5000", certified="pki")
    assert code(node, by_certificate, AdminCommand.LOGIN) == 0
    assert by_certificate.user == "pki"


def test_users_from_outside() -> None:
    """Their clear password is asked of whoever keeps it; others cannot log in so."""
    node = Node.of("A1", [NamespaceConfig("test")], enterprise=True)
    node.security = Security.with_users({"in": ("pw", ["read"])}, {"out": ("far", ["read"])})

    def outside(name: str, text: str) -> int:
        return code(
            node, Session(), AdminCommand.LOGIN, *credentials(name, text), (AdminField.CLEAR_PASSWORD, text.encode())
        )

    assert [outside("out", "far"), outside("out", "wrong"), outside("in", "pw"), outside("nobody", "x")] == [
        0,
        93,
        0,
        60,
    ]
    assert code(node, Session(), AdminCommand.LOGIN, *credentials("out", "far")) == 65


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
