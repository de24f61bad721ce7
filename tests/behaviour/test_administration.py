"""Users, roles, privileges, quotas and whitelists, on both clients with a node that has security."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest
from cases import for_each

from aerospike_wire import errors
from aerospike_wire.embedded import EmbeddedServer
from aerospike_wire.users import PrivilegeCode

if TYPE_CHECKING:
    from collections.abc import Iterator

pytest.importorskip("bcrypt")

SECRET = "s3cr3t-word"
PATIENT = {"total_timeout": 20_000}
"""Passwords take long to hash on a busy machine."""
KEY = ("test", "demo", 1)


@pytest.fixture
def secured() -> Iterator[EmbeddedServer]:
    """A node with an administrator."""
    users = {"admin": (SECRET, ["user-admin", "data-admin", "read-write"]), "ann": ("ann-word", ["read"])}
    with EmbeddedServer(users=users, external_users={"far": ("far-word", ["read"])}) as running:
        yield running


@pytest.fixture
async def admin(make_client: Any, secured: EmbeddedServer) -> Any:
    """A client that logged in as the administrator."""
    return await log_in(make_client, secured, "admin", SECRET)


async def log_in(make_client: Any, server: EmbeddedServer, user: str, password: str, **settings: Any) -> Any:
    """A client of a user, connected."""
    policies = dict.fromkeys(("read", "write", "admin", "info", "batch", "query", "remove"), PATIENT)
    client = make_client(
        server.address, user=user, password=password, policies=policies, login_timeout=20_000, **settings
    )
    await client.connect()
    return client


async def test_users(admin: Any) -> None:
    """Their whole life."""
    await admin.admin_create_user("bob", "bob-word", ["read-write", "read"])
    await admin.admin_create_pki_user("cert", ["read"])
    bob = {"roles": ["read", "read-write"], "read_info": [], "write_info": [], "conns_in_use": 0}
    assert await admin.admin_query_user_info("bob") == bob
    users = await admin.admin_query_users_info()
    assert set(users) == {"admin", "ann", "bob", "cert", "far"}
    assert users["bob"] == bob
    assert users["admin"]["conns_in_use"] > 0
    assert users["admin"]["read_info"] == [0, 0, 0, 0]
    await admin.admin_grant_roles("bob", ["truncate"])
    await admin.admin_revoke_roles("bob", ["read", "read-write"])
    assert await admin.admin_query_user("bob") == ["truncate"]
    assert (await admin.admin_query_users())["bob"] == ["truncate"]
    for name in ("bob", "cert"):
        await admin.admin_drop_user(name)
    with pytest.raises(errors.InvalidUser) as caught:
        await admin.admin_query_user_info("bob")
    assert (caught.value.user, caught.value.context.operation) == ("bob", "admin_query_user_info")


async def test_roles(admin: Any) -> None:
    """Their whole life."""
    privileges = [{"code": "read", "ns": "test", "set": "demo"}, {"code": PrivilegeCode.SYS_ADMIN}, {"code": 13}]
    await admin.admin_create_role(
        "r", privileges, whitelist=["127.0.0.1", "10.0.0.0/8"], read_quota=100, write_quota=50
    )
    told = [
        {"code": 10, "ns": "test", "set": "demo"},
        {"code": 1, "ns": "", "set": ""},
        {"code": 13, "ns": "", "set": ""},
    ]
    role = {"privileges": told, "whitelist": ["127.0.0.1", "10.0.0.0/8"], "read_quota": 100, "write_quota": 50}
    assert await admin.admin_get_role("r") == role
    assert (await admin.admin_get_roles())["r"] == role
    assert await admin.admin_query_role("r") == told
    assert (await admin.admin_query_roles())["read"] == [{"code": 10, "ns": "", "set": ""}]
    await admin.admin_revoke_privileges("r", privileges[:2])
    await admin.admin_grant_privileges("r", [{"code": "truncate", "ns": "test"}])
    await admin.admin_set_whitelist("r", None)
    await admin.admin_set_quotas("r", write_quota=0)
    assert await admin.admin_get_role("r") == {
        "privileges": [told[2], {"code": 14, "ns": "test", "set": ""}],
        "whitelist": [],
        "read_quota": 100,
        "write_quota": 0,
    }
    await admin.admin_drop_role("r")
    with pytest.raises(errors.InvalidRole) as caught:
        await admin.admin_get_role("r")
    assert (caught.value.role, caught.value.context.operation) == ("r", "admin_get_role")


async def test_passwords(admin: Any, make_client: Any, secured: EmbeddedServer) -> None:
    """One's own is what the client logs in with from then on; another's is set by an administrator."""
    ann = await log_in(make_client, secured, "ann", "ann-word")
    await ann.admin_change_password("ann", "new-word")
    secured.close_connections()
    assert (await ann.exists(KEY))[1] is None
    with pytest.raises(errors.InvalidCredential):
        await log_in(make_client, secured, "ann", "ann-word")
    await admin.admin_set_password("ann", "newer-word")
    with pytest.raises(errors.InvalidCredential) as caught:
        await ann.admin_change_password("ann", "newest-word")
    text = str(caught.value) + str(caught.value.to_dict())
    assert not any(word in text for word in ("new-word", "newest-word", "$2a$"))
    with pytest.raises(errors.RoleViolation):
        await ann.admin_change_password("admin", "x-word")
    await log_in(make_client, secured, "ann", "newer-word")


async def test_own_password_without_a_login(make_client: Any) -> None:
    """A client that has none cannot change one; nothing is sent."""
    with EmbeddedServer() as server:
        client = make_client(server.address)
        with pytest.raises(errors.ParamError) as caught:
            await client.admin_change_password("ann", "new-word")
    assert caught.value.argument == "password"
    assert caught.value.attempts == ()


async def test_without_bcrypt(admin: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A password that cannot be hashed is an error like any other: the call's own facts, and what to install."""
    monkeypatch.setitem(sys.modules, "bcrypt", None)
    with pytest.raises(errors.ClientError, match=r"install aerospike-wire\[auth\]") as caught:
        await admin.admin_create_user("new", "new-word", ["read"])
    assert (caught.value.context.user, caught.value.attempts) == ("new", ())
    await admin.admin_create_pki_user("cert", ["read"])  # needs none


async def test_few_rights(admin: Any, make_client: Any, secured: EmbeddedServer) -> None:
    """Records, queries, batches row by row, info commands: what is not allowed is RoleViolation with its facts."""
    await admin.put(KEY, {"a": 1})
    await admin.admin_create_role("narrow", [{"code": "read", "ns": "test", "set": "demo"}])
    await admin.admin_create_user("bob", "bob-word", ["narrow"])
    bob = await log_in(make_client, secured, "bob", "bob-word")
    assert (await bob.get(KEY)).bins == {"a": 1}
    for call in (
        lambda: bob.put(KEY, {"a": 2}),
        lambda: bob.get(("test", "other", 1)),
        lambda: bob.remove(KEY),
        lambda: bob.truncate("test", "demo"),
        lambda: bob.index_integer_create("test", "demo", "a", "ix"),
        bob.admin_query_users_info,
    ):
        with pytest.raises(errors.RoleViolation) as caught:
            await call()
        assert (caught.value.code, caught.value.in_doubt) == (81, False)
    rows = await bob.batch_read([KEY, ("test", "other", 1)])
    assert [row.result for row in rows] == [0, 81]
    assert isinstance(rows[1].error, errors.RoleViolation)
    assert (await admin.get(KEY)).bins == {"a": 1}


async def test_permission_is_named(make_client: Any, secured: EmbeddedServer) -> None:
    """Info commands say which is missing; the error keeps the words."""
    ann = await log_in(make_client, secured, "ann", "ann-word")
    with pytest.raises(errors.RoleViolation, match="requires permission 'sindex-admin'") as caught:
        await ann.index_remove("test", "ix")
    assert caught.value.context.index == "ix"


async def test_quota(admin: Any, make_client: Any, secured: EmbeddedServer) -> None:
    """Over the quota every record is QuotaExceeded until the second is over; a query needs a rate of its own."""
    await admin.admin_create_role("slow", [{"code": "read-write"}], read_quota=2)
    await admin.admin_create_user("snail", "snail-word", ["slow"])
    snail = await log_in(make_client, secured, "snail", "snail-word")
    secured.clock.source = lambda: 1_700_000_000.0
    for _ in range(2):
        assert (await snail.exists(KEY))[1] is None
    with pytest.raises(errors.QuotaExceeded) as caught:
        await snail.exists(KEY)
    assert (caught.value.code, caught.value.in_doubt) == (83, False)
    assert caught.value.context.key[:3] == KEY
    await snail.put(KEY, {"a": 1})
    assert (await admin.admin_query_user_info("snail"))["read_info"][:2] == [2, 2]
    secured.clock.advance(1)
    assert (await snail.exists(KEY))[1] is not None


async def test_whitelist(admin: Any, make_client: Any, secured: EmbeddedServer) -> None:
    """Who comes from elsewhere is NotWhitelisted, with the user's name."""
    await admin.admin_create_role("far-away", [{"code": "read"}], whitelist=["10.0.0.0/8"])
    await admin.admin_create_user("tess", "tess-word", ["far-away"])
    with pytest.raises(errors.NotWhitelisted) as caught:
        await log_in(make_client, secured, "tess", "tess-word")
    assert (caught.value.code, caught.value.user) == (82, "tess")
    with pytest.raises(errors.InvalidWhitelist) as bad:
        await admin.admin_set_whitelist("far-away", ["everywhere"])
    assert bad.value.role == "far-away"


async def test_user_from_outside(make_client: Any, secured: EmbeddedServer) -> None:
    """The clear password goes to the node, which asks whoever keeps it."""
    far = await log_in(make_client, secured, "far", "far-word", auth_mode=2)
    assert (await far.exists(KEY))[1] is None
    with pytest.raises(errors.LDAPAuthenticationError) as caught:
        await log_in(make_client, secured, "far", "bad-word", auth_mode=2)
    assert caught.value.user == "far"
    assert "bad-word" not in str(caught.value) + str(caught.value.to_dict())


@for_each("code", [54, 55, 56, 63, 64, 72, 73, 74, 75, 80, 90, 91])
async def test_every_refusal_carries_user_and_role(admin: Any, secured: EmbeddedServer, code: int) -> None:
    """Whatever the node answers, its class is an AdminError with the user, the role and no password."""
    secured.faults.clear()
    secured.faults.on("create_user").answer(code)
    with pytest.raises(errors.AdminError) as caught:
        await admin.admin_create_user("new", "new-word", ["read"])
    assert (caught.value.code, caught.value.user, caught.value.role) == (code, "new", "read")
    assert "new-word" not in str(caught.value) + str(caught.value.to_dict())


async def test_lists_in_several_frames(make_client: Any) -> None:
    """As large clusters send them."""
    from rawnode import RawNode, member

    from aerospike_wire.proto import admin as wire
    from aerospike_wire.proto.admin import AdminField
    from aerospike_wire.proto.header import FrameType, frame

    def block(name: bytes) -> bytes:
        return wire.pack(fields=[(AdminField.USER, name), (AdminField.ROLES, b"\0")])

    bodies = [block(b"a") + block(b"b"), block(b"c"), wire.pack(result=50)]
    answer = b"".join(frame(FrameType.ADMIN, body) for body in bodies)
    with RawNode(member(lambda _: answer)) as node:
        client = make_client(node.address)
        assert set(await client.admin_query_users_info()) == {"a", "b", "c"}
        assert set(await client.admin_query_users()) == {"a", "b", "c"}
