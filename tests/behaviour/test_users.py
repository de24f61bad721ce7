"""Logins and users with a node that has security, on both clients."""

from __future__ import annotations

import asyncio
import pickle
import traceback
from typing import TYPE_CHECKING, Any

import pytest
from cases import for_each

from aerospike_wire import errors
from aerospike_wire.embedded import EmbeddedServer

if TYPE_CHECKING:
    from collections.abc import Iterator

pytest.importorskip("bcrypt")

SECRET = "s3cr3t-word"
KEY = ("test", "users", "k")


@pytest.fixture
def secured() -> Iterator[EmbeddedServer]:
    """A node with an administrator and a user who may only read."""
    users = {"admin": (SECRET, ["user-admin", "read-write"]), "reader": (SECRET, ["read"])}
    with EmbeddedServer(users=users) as running:
        yield running


@pytest.fixture
def admin(make_client: Any, secured: EmbeddedServer) -> Any:
    """A client that logs in as the administrator."""
    return make_client(secured.address, user="admin", password=SECRET)


def keeps_the_secret(error: BaseException, *secrets: str) -> None:
    """No text, note, dict or pickle of an error holds a password."""
    assert isinstance(error, errors.AerospikeError)
    texts = [
        str(error), repr(error), str(error.to_dict()), "".join(error.__notes__), repr(error.args), repr(error.context),
        "".join(traceback.format_exception_only(error)), pickle.dumps(error).decode("latin-1"),
    ]  # fmt: skip
    texts += variables_of(error)
    for secret in (SECRET, *secrets):
        assert not any(secret in text for text in texts)
    assert not any("$2a$" in text for text in texts)


def variables_of(error: BaseException | None) -> list[str]:
    """What a report of an error with the variables of its frames shows of the package's own."""
    found = []
    while error is not None:
        for frame, _ in traceback.walk_tb(error.__traceback__):
            if frame.f_globals.get("__name__", "").startswith("aerospike_wire"):
                found += [repr(value) for value in frame.f_locals.values()]
        error = error.__cause__ or error.__context__
    return found


async def test_login(admin: Any) -> None:
    """A user who logs in can use the records the roles allow."""
    await admin.put(KEY, {"a": 1})
    assert (await admin.get(KEY)).bins == {"a": 1}


@pytest.mark.parametrize(
    ("user", "password", "cls"),
    [("admin", "wrong-word", errors.InvalidCredential), ("nobody", "wrong-word", errors.InvalidUser)],
)
async def test_failed_login(make_client: Any, secured: EmbeddedServer, user: str, password: str, cls: Any) -> None:
    """A wrong password and an unknown user are told by class, with the user and every seed, never the password."""
    client = make_client(secured.address, user=user, password=password)
    with pytest.raises(cls) as caught:
        await client.connect()
    error = caught.value
    assert (error.user, error.in_doubt) == (user, False)
    assert [row.step for row in error.context.seeds] == ["logging in"]
    keeps_the_secret(error, password)


async def test_no_login(make_client: Any, secured: EmbeddedServer) -> None:
    """Without a login a secured node lets nobody in."""
    client = make_client(secured.address)
    with pytest.raises(errors.NotAuthenticated):
        await client.get(KEY)


async def test_created_user_can_log_in(admin: Any, make_client: Any, secured: EmbeddedServer) -> None:
    """A new user can log in with the password and has the roles; a dropped one cannot."""
    await admin.put(KEY, {"a": 1})
    await admin.admin_create_user("new", "new-word", ["read"])
    client = make_client(secured.address, user="new", password="new-word")
    assert (await client.get(KEY)).bins == {"a": 1}
    with pytest.raises(errors.RoleViolation) as caught:
        await client.put(KEY, {"a": 2})
    assert caught.value.context.key[:3] == KEY
    assert not caught.value.in_doubt
    keeps_the_secret(caught.value, "new-word")
    await admin.admin_drop_user("new")
    again = make_client(secured.address, user="new", password="new-word")
    with pytest.raises(errors.AdminError):
        await again.connect()


async def test_passwords_do_not_show_in_variables(admin: Any, make_client: Any, secured: EmbeddedServer) -> None:
    """Neither those of the calls that take one, nor those of making a client, whatever goes wrong."""
    secured.faults.on("admin").answer(62)
    for call in (admin.admin_create_user, admin.admin_set_password, admin.admin_change_password):
        with pytest.raises(errors.InvalidPassword) as caught:
            await call("new", "new-word")
        keeps_the_secret(caught.value, "new-word")
    secured.faults.clear()
    for settings in ({"user": 5}, {"passwd": "new-word"}, {"tls": {"keyfile_pw": "new-word", "cafile": "/nowhere"}}):
        with pytest.raises(errors.ParamError) as refused:
            make_client({"hosts": [secured.address], "password": SECRET, **settings})
        keeps_the_secret(refused.value, "new-word")


async def test_who_lacks_the_right(make_client: Any, secured: EmbeddedServer) -> None:
    """Errors of security name the user that the client logs in as, whatever the call is about, and in words too."""
    client = make_client(secured.address, user="reader", password=SECRET)
    with pytest.raises(errors.RoleViolation) as caught:
        await client.put(KEY, {"a": 1})
    assert (caught.value.user, caught.value.login, caught.value.to_dict()["user"]) == ("reader",) * 3
    assert "as 'reader'" in str(caught.value)
    assert pickle.loads(pickle.dumps(caught.value)).user == "reader"
    with pytest.raises(errors.RoleViolation) as caught:
        await client.admin_drop_user("admin")
    assert (caught.value.user, caught.value.login) == ("admin", "reader")
    del secured.node.security.users["reader"]
    for call in (lambda: client.get(KEY), lambda: client.info_all("build"), client.query("test").results):
        with pytest.raises(errors.InvalidUser) as dropped:
            await call()
        assert dropped.value.user == "reader"
    rows = await client.batch_read([KEY, (*KEY[:2], "l")])
    assert {(row.result, row.error.user) for row in rows} == {(60, "reader")}


async def test_user_that_exists(admin: Any) -> None:
    """A user's name can be taken once; the error names the user and not the password."""
    with pytest.raises(errors.UserExistsError) as caught:
        await admin.admin_create_user("reader", "other-word", ["read"])
    error = caught.value
    assert (error.user, error.context.operation) == ("reader", "admin_create_user")
    assert error.attempts[0].answered
    keeps_the_secret(error, "other-word")


async def test_unknown_user(admin: Any) -> None:
    """To drop a user who is not there is InvalidUser with the name."""
    with pytest.raises(errors.InvalidUser) as caught:
        await admin.admin_drop_user("nobody")
    assert (caught.value.user, caught.value.context.operation) == ("nobody", "admin_drop_user")


async def test_unknown_role(admin: Any) -> None:
    """A role that is not there is InvalidRole, and the user is not made."""
    with pytest.raises(errors.InvalidRole) as caught:
        await admin.admin_create_user("new", "new-word", ["no-such-role"])
    assert (caught.value.user, caught.value.role) == ("new", "no-such-role")
    with pytest.raises(errors.InvalidUser):
        await admin.admin_drop_user("new")


async def test_user_without_the_right(make_client: Any, secured: EmbeddedServer) -> None:
    """Users are made by those whose role allows it."""
    client = make_client(secured.address, user="reader", password=SECRET)
    with pytest.raises(errors.RoleViolation) as caught:
        await client.admin_create_user("new", "new-word", ["read"])
    assert caught.value.user == "new"
    keeps_the_secret(caught.value, "new-word")


async def test_node_without_security(client: Any) -> None:
    """A node without security says so, with the user of the request."""
    with pytest.raises(errors.SecurityNotSupported) as caught:
        await client.admin_create_user("new", "new-word", ["read"])
    assert (caught.value.code, caught.value.user) == (51, "new")
    keeps_the_secret(caught.value, "new-word")


async def test_lost_answer_is_in_doubt(admin: Any, secured: EmbeddedServer) -> None:
    """A user whose creation got no answer may have been made."""
    await admin.connect()
    secured.faults.on("create_user").once().close(after=True)
    with pytest.raises(errors.ConnectionError) as caught:
        await admin.admin_create_user("new", "new-word", ["read"])
    assert caught.value.in_doubt
    keeps_the_secret(caught.value, "new-word")
    await admin.admin_drop_user("new")


@for_each(
    ("args", "argument"),
    [([5, "new-word"], "username"), (["", "new-word"], "username"), (["x" * 64, "new-word"], "username"), (["new", 5], "password"),
     (["new", "new-word", "read"], "roles")],
)  # fmt: skip
async def test_bad_arguments(admin: Any, args: list[Any], argument: str) -> None:
    """A bad argument is named, and the password is not shown even then."""
    with pytest.raises(errors.ParamError) as caught:
        await admin.admin_create_user(*args)
    assert caught.value.argument == argument
    keeps_the_secret(caught.value, "new-word")


async def test_cancelled_calls_show_no_password(make_client: Any, secured: EmbeddedServer) -> None:
    """Neither a login nor a change that is cancelled while its answer is waited for."""
    client = make_client(secured.address, user="admin", password=SECRET, policies={"total_timeout": 20_000})
    if client.kind == "sync":
        return
    for command, call in (("login", client.client.connect), ("set_password", None)):
        rule = secured.faults.on(command).once().hang()
        work = call() if call is not None else client.client.admin_set_password("reader", "new-word")
        task = asyncio.ensure_future(work)
        for _ in range(2000):
            await asyncio.sleep(0.002)
            if rule.hits:
                break
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        shown = variables_of(caught.value)
        assert shown
        assert not any(word in text for text in shown for word in (SECRET, "new-word", "$2a$"))
