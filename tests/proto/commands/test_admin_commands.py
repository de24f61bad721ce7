"""Commands about users and roles."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from cases import for_each
from hypothesis import given as example
from hypothesis import settings
from hypothesis import strategies as st
from strategies import damaged
from vectors import encoded, given, names, vector

from aerospike_wire.cluster.login import hash_password
from aerospike_wire.errors import ProtocolError, ResultCode
from aerospike_wire.policy import Policies
from aerospike_wire.proto import admin
from aerospike_wire.proto.commands.admin import (
    ChangePassword,
    CreatePkiUser,
    CreateUser,
    DropUser,
    GrantRoles,
    QueryUser,
    QueryUsers,
    RevokeRoles,
    SetPassword,
)
from aerospike_wire.proto.commands.base import Features
from aerospike_wire.proto.commands.roles import (
    CreateRole,
    DropRole,
    GrantPrivileges,
    QueryRole,
    QueryRoles,
    RevokePrivileges,
    SetQuotas,
    SetWhitelist,
)
from aerospike_wire.proto.invalid import InvalidArgument
from aerospike_wire.users import PrivilegeCode

NEW = Features(pki_users=True)
MADE = {
    "create_user": lambda: CreateUser(user="bob", password=hash_password("pw"), roles=["read", "rw"]),
    "drop_user": lambda: DropUser(user="bob"),
    "set_password": lambda: SetPassword(user="bob", password=hash_password("new")),
    "change_password": lambda: ChangePassword(
        user="alice", old=hash_password("secret"), password=hash_password("new")
    ),
    "grant_roles": lambda: GrantRoles(user="bob", roles=["r1"]),
    "revoke_roles": lambda: RevokeRoles(user="bob", roles=["r1"]),
    "create_role": lambda: CreateRole(
        role="r1", privileges=[{"code": 10, "ns": "test", "set": "demo"}, {"code": PrivilegeCode.SYS_ADMIN}]
    ),
    "create_role_full": lambda: CreateRole(
        role="r2", privileges=[{"code": "write"}], whitelist=["10.0.0.1", "10.1.0.0/16"], read_quota=100, write_quota=50
    ),
    "drop_role": lambda: DropRole(role="r1"),
    "grant_privileges": lambda: GrantPrivileges(role="r1", privileges=[{"code": 12, "ns": "test"}]),
    "revoke_privileges": lambda: RevokePrivileges(role="r1", privileges=[{"code": 14, "ns": "test", "set": ""}]),
    "set_whitelist": lambda: SetWhitelist(role="r1", whitelist=["10.0.0.1"]),
    "clear_whitelist": lambda: SetWhitelist(role="r1"),
    "set_quotas": lambda: SetQuotas(role="r1", read_quota=1, write_quota=2),
    "query_user": lambda: QueryUser(user="bob"),
    "query_users": QueryUsers,
    "query_role": lambda: QueryRole(role="r1"),
    "query_roles": QueryRoles,
    "create_pki_user": lambda: CreatePkiUser(user="pki", roles=["read"]),
}  # fmt: skip
ELSEWHERE = {"login_internal", "login_external", "authenticate"}
"""Captured requests that are no commands; ``cluster/test_login.py`` makes them."""


@for_each("name", MADE)
def test_command_is_the_official_clients(name: str) -> None:
    """Fields in the captured order, with the captured bytes."""
    assert encoded(MADE[name](), NEW).hex() == vector(f"admin/{name}").hex()


def test_users_without_a_password_need_a_newer_server() -> None:
    """Older ones would take the word that stands for none as a password."""
    with pytest.raises(InvalidArgument) as caught:
        encoded(MADE["create_pki_user"]())
    assert (caught.value.argument, caught.value.code) == ("username", ResultCode.UNSUPPORTED_FEATURE)


def test_every_captured_request_is_made() -> None:
    """No capture is left out."""
    captured = {name.removeprefix("admin/") for name in names("admin/") if "reply" not in name}
    assert captured == MADE.keys() | ELSEWHERE


@for_each(
    ("command", "name"),
    [
        (QueryUser(user="bob"), "reply_query_user"),
        (QueryUsers(), "reply_query_users"),
        (QueryRole(role="r1"), "reply_query_role"),
        (QueryRoles(), "reply_query_roles"),
    ],
)
def test_answer_is_read_as_the_official_client_does(command: Any, name: str) -> None:
    """Roles, rates, connections, privileges, whitelist and quotas."""
    body = vector(f"admin/{name}")[8:]
    assert command.collector()(body)
    assert command.code(body) == 0
    assert command.decode(body, lambda: 0.0) == given(f"admin/{name}")["client_result"]


def block(name: str, result: int = 0) -> bytes:
    """A user."""
    return admin.pack(0, [(admin.AdminField.USER, name.encode())] if not result else [], result=result)


def test_answer_in_several_frames() -> None:
    """The end mark may come frames later; what a broken try before left is forgotten."""
    command = QueryUsers()
    assert not command.collector()(block("lost"))
    take = command.collector()
    bodies = [block("a") + block("b"), block("c"), block("", 50)]
    assert [take(body) for body in bodies] == [False, False, True]
    assert command.code(bodies[-1]) == 0
    assert command.decode(bodies[-1], lambda: 0.0).keys() == {"a", "b", "c"}


@for_each(
    ("command", "body", "code"),
    [
        (QueryUser(user="u"), block("", 60), 60),
        (QueryUsers(), block("", 81), 81),
        (QueryUsers(), block("a") + block("", 66), 66),
        (QueryUser(user="u"), block("", 50), ResultCode.INVALID_USER),
        (QueryRole(role="r"), block("", 50), ResultCode.INVALID_ROLE),
        (QueryUsers(), block("", 50), 0),
    ],
)
def test_code_of_an_answer(command: Any, body: bytes, code: int) -> None:
    """The end mark is no error, unless one user or role was asked for and none came."""
    assert command.collector()(body)
    assert command.code(body) == code


def test_empty_answer_is_refused() -> None:
    """An answer without any block ends, and is no list."""
    command = QueryUsers()
    assert command.collector()(b"")
    with pytest.raises(ProtocolError, match="empty"):
        command.code(b"")


def test_unknown_privileges_are_kept() -> None:
    """The number of a privilege that only a newer server knows is told as it is."""
    privileges = bytes((1, 200, 4)) + b"test" + b"\0"
    body = admin.pack(0, [(admin.AdminField.ROLE, b"r"), (admin.AdminField.PRIVILEGES, privileges)])
    command = QueryRole(role="r")
    command.collector()(body + block("", 50))
    assert command.decode(body, lambda: 0.0)["privileges"] == [{"code": 200, "ns": "test", "set": ""}]


def test_quotas_can_be_left_alone() -> None:
    """A quota that is not given is all ones."""
    assert encoded(SetQuotas(role="r1", write_quota=2)).endswith(
        b"\0\0\0\5\x0e\xff\xff\xff\xff" + b"\0\0\0\5\x0f\0\0\0\2"
    )


def test_password_is_hashed_as_the_protocol_says() -> None:
    """The same text as the official client's for the same password."""
    assert vector("admin/login_internal").endswith(hash_password("secret"))


USER = {"user": "u"}
BAD = [
    (DropUser, {"user": 5}, "username"),
    (DropUser, {"user": ""}, "username"),
    (DropUser, {"user": "u" * 64}, "username"),
    (DropUser, {"user": "a\0b"}, "username"),
    (DropUser, {"user": "\udc80"}, "username"),
    (CreateUser, {**USER, "password": b"x", "roles": "read"}, "roles"),
    (CreateUser, {**USER, "password": b"x", "roles": [5]}, "roles"),
    (CreateUser, {**USER, "password": b"x", "roles": [""]}, "roles"),
    (CreateUser, {**USER, "password": b"x", "roles": ["r" * 64]}, "roles"),
    (CreateUser, {**USER, "password": b"x", "roles": ["r"] * 256}, "roles"),
    (ChangePassword, {**USER, "password": b"x"}, "password"),
    (GrantRoles, {**USER, "roles": []}, "roles"),
    (RevokeRoles, {**USER, "roles": {"read"}}, "roles"),
    (QueryUser, {"user": None}, "username"),
    (QueryRole, {"role": None}, "role"),
    (DropRole, {"role": 1}, "role"),
    (CreateRole, {"role": "r", "privileges": {"code": 1}}, "privileges"),
    (CreateRole, {"role": "r", "privileges": ["read"]}, "privileges"),
    (CreateRole, {"role": "r", "privileges": [{}]}, "privileges"),
    (CreateRole, {"role": "r", "privileges": [{"code": "king"}]}, "privileges"),
    (CreateRole, {"role": "r", "privileges": [{"code": True}]}, "privileges"),
    (CreateRole, {"role": "r", "privileges": [{"code": 256}]}, "privileges"),
    (CreateRole, {"role": "r", "privileges": [{"code": 10, "namespace": "test"}]}, "privileges"),
    (CreateRole, {"role": "r", "privileges": [{"code": 10, "set": "s"}]}, "privileges"),
    (CreateRole, {"role": "r", "privileges": [{"code": 10, "ns": 5}]}, "privileges"),
    (CreateRole, {"role": "r", "privileges": [{"code": 0, "ns": "test"}]}, "privileges"),
    (CreateRole, {"role": "r", "privileges": [{"code": 10}] * 256}, "privileges"),
    (CreateRole, {"role": "r", "whitelist": "10.0.0.1"}, "whitelist"),
    (CreateRole, {"role": "r", "whitelist": [""]}, "whitelist"),
    (CreateRole, {"role": "r", "whitelist": ["10.0.0.1,10.0.0.2"]}, "whitelist"),
    (CreateRole, {"role": "r", "whitelist": [5]}, "whitelist"),
    (CreateRole, {"role": "r", "whitelist": ["10.0.0.1\0"]}, "whitelist"),
    (CreateRole, {"role": "r", "privileges": [{"code": 10, "ns": "te\0st"}]}, "privileges"),
    (CreateRole, {"role": "r", "read_quota": -1}, "read_quota"),
    (CreateRole, {"role": "r", "write_quota": 1 << 31}, "write_quota"),
    (SetQuotas, {"role": "r", "write_quota": "1"}, "write_quota"),
    (GrantPrivileges, {"role": "r", "privileges": []}, "privileges"),
    (SetWhitelist, {"role": "", "whitelist": None}, "role"),
]


@for_each(("command", "arguments", "argument"), BAD, ids=[f"{c.__name__}-{a}" for c, _, a in BAD])
def test_argument_that_cannot_be_used_is_refused(command: Any, arguments: dict[str, Any], argument: str) -> None:
    """The error names the argument, and the context can be made all the same."""
    made = command(**arguments)
    with pytest.raises(InvalidArgument) as caught:
        made.prepare(Policies())
    assert caught.value.argument == argument
    assert str(caught.value).startswith(argument)
    assert made.context().operation.startswith("admin_")
    made.context().describe()


def test_contexts_say_what_was_asked() -> None:
    """User, roles, privileges with their places."""
    assert GrantRoles(user="u", roles=["a", "b"]).context().describe() == "admin_grant_roles user 'u' roles 'a', 'b'"
    context = GrantRoles(user="u", roles=["a"]).context()
    assert (context.user, context.role, context.roles) == ("u", "a", ("a",))
    privileges = [{"code": 10, "ns": "test", "set": "demo"}, {"code": "sys-admin"}, {"code": 99}]
    role = GrantPrivileges(role="r", privileges=privileges).context()
    assert role.describe() == "admin_grant_privileges role 'r' (read test.demo, sys-admin, 99)"


def test_password_is_not_shown() -> None:
    """Neither the commands nor their contexts show a hash."""
    for command in (CreateUser(user="bob", password=b"$2a$10$hash"), ChangePassword(user="bob", old=b"$2a$x", password=b"$2a$y")):  # fmt: skip
        command.prepare(Policies())
        assert "$2a$" not in repr(command) + repr(command.context()) + str(command.context())


def test_refusal_of_a_server_without_security_has_its_code() -> None:
    """51, as recorded."""
    body = vector("frame/admin_any_reply")[8:]
    for command in (DropUser(user="bob"), QueryUsers()):
        command.prepare(Policies())
        take = command.collector()
        assert take is None or take(body)
        assert command.code(body) == ResultCode.SECURITY_NOT_SUPPORTED
        assert command.words(body)[:2] == (None, 0)


def test_success_is_nothing() -> None:
    """Code 0 gives None."""
    command = DropUser(user="bob")
    command.prepare(Policies())
    assert command.code(bytes(16)) == 0
    assert command.decode(bytes(16), lambda: 0.0) is None


ANSWERS = [vector(f"admin/reply_query_{name}")[8:] for name in ("users", "roles")]


@example(st.one_of(st.binary(max_size=60), damaged(bytes(16)), *map(damaged, ANSWERS)))
@settings(deadline=None, max_examples=300)
def test_any_bytes_are_an_answer_or_a_protocol_error(body: bytes) -> None:
    """Nothing else is raised."""
    for command in (DropUser(user="bob"), QueryUser(user="bob"), QueryUsers(), QueryRole(role="r"), QueryRoles()):
        with contextlib.suppress(ProtocolError):
            take = command.collector()
            if take is not None:
                take(body)
            if command.code(body) == 0:
                command.decode(body, lambda: 0.0)
            else:
                command.words(body)
