"""Logins: what is sent in each mode, and what becomes of the answers."""

from __future__ import annotations

import ssl
from typing import Any

import pytest
from cases import for_each
from vectors import vector

from aerospike_wire.cluster.cluster import Cluster
from aerospike_wire.cluster.login import Authenticator, LoginRefused, Session
from aerospike_wire.cluster.node import Node, Place
from aerospike_wire.config import parse_config
from aerospike_wire.proto import admin
from aerospike_wire.proto.admin import AdminField
from aerospike_wire.transport import LinkFailure
from aerospike_wire.transport.blocking import BlockingRuntime

pytest.importorskip("bcrypt")


class Runtime:
    """A clock that stands still."""

    def now(self) -> float:
        return 1000.0

    async def compute(self, work: Any) -> Any:
        return work()


class Link:
    """Keeps the requests and gives the answers it was made with."""

    def __init__(self, *answers: bytes) -> None:
        self.answers = list(answers)
        self.requests: list[bytes] = []

    async def exchange(self, call: Any) -> bytes:
        self.requests.append(call.request)
        return self.answers.pop(0)


TOKEN = b"session-token-0123456789"
GIVEN = admin.pack(fields=[(AdminField.SESSION_TOKEN, TOKEN), (AdminField.SESSION_TTL, (3600).to_bytes(4, "big"))])
DONE = admin.pack()


def authenticator(**settings: Any) -> Authenticator:
    """One for a client with these settings."""
    runtime: Any = Runtime()
    return Authenticator(runtime, parse_config("127.0.0.1:3000", **settings))


def refused(code: int) -> bytes:
    """An answer with an error."""
    return admin.pack(result=code)


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"user": "alice", "password": "secret"}, "admin/login_internal"),
        ({"user": "ext", "password": "pw", "auth_mode": 2}, "admin/login_external"),
    ],
)
async def test_login_is_the_official_clients(settings: dict[str, Any], name: str) -> None:
    """User and hashed password; the password itself only for users that the server asks others about."""
    link: Any = Link(GIVEN)
    session = await authenticator(**settings).login(link)
    assert link.requests == [vector(name)]
    assert session == Session(TOKEN, 1000.0 + 3600 - 60)


async def test_login_by_certificate() -> None:
    """The certificate is all there is; the token alone opens further connections."""
    login = authenticator(auth_mode=3, tls=ssl.create_default_context())
    link: Any = Link(GIVEN, DONE)
    session = await login.login(link)
    assert await login.authenticate(link, session) is session
    assert link.requests == [
        admin.request(admin.AdminCommand.LOGIN),
        admin.request(admin.AdminCommand.AUTHENTICATE, [(AdminField.SESSION_TOKEN, TOKEN)]),
    ]
    assert await login.credential() is None


async def test_session_opens_further_connections() -> None:
    """User and token, as captured."""
    link: Any = Link(DONE)
    session = Session(TOKEN, 2000.0)
    assert await authenticator(user="alice", password="secret").authenticate(link, session) is session
    assert link.requests == [vector("admin/authenticate")]


@pytest.mark.parametrize(("ends", "answers"), [(999.0, [GIVEN]), (2000.0, [refused(66), GIVEN])])
async def test_session_that_is_over(ends: float, answers: list[bytes]) -> None:
    """By its time, or because the node says so: a login gives a new one."""
    link: Any = Link(*answers)
    session = await authenticator(user="alice", password="secret").authenticate(link, Session(b"old", ends))
    assert session is not None
    assert session.token == TOKEN
    assert link.requests[-1] == vector("admin/login_internal")


@for_each("code", [51, 60, 62, 65, 80, 82])
async def test_refusal(code: int) -> None:
    """The node's code is kept; the words name the user, never the password."""
    link: Any = Link(refused(code))
    with pytest.raises(LoginRefused) as caught:
        await authenticator(user="alice", password="secret").login(link)
    assert caught.value.code == code
    assert "'alice'" in caught.value.message
    assert "secret" not in str(caught.value)


async def test_security_that_is_switched_off() -> None:
    """Code 52 is as good as a login."""
    link: Any = Link(refused(52))
    assert await authenticator(user="alice", password="secret").login(link) is None


@pytest.mark.parametrize("answer", [b"", b"\0\0", bytes(3)])
async def test_answer_that_makes_no_sense(answer: bytes) -> None:
    """Bytes that are no security message fail the login."""
    link: Any = Link(answer)
    with pytest.raises(LinkFailure):
        await authenticator(user="alice", password="secret").login(link)


async def test_changed_password() -> None:
    """The next login is with the new password; another user's is no concern of the client's."""
    login = authenticator(user="alice", password="other")
    login.changed("bob", "x", b"x")
    before = await login.credential()
    login.changed("alice", "secret", vector("admin/login_internal")[-60:])
    link: Any = Link(GIVEN)
    await login.login(link)
    assert link.requests == [vector("admin/login_internal")]
    assert before != await login.credential()


def test_why_the_last_node_left() -> None:
    """The cluster remembers until another node joins."""
    runtime, config = BlockingRuntime(), parse_config("127.0.0.1:1")
    cluster = Cluster(runtime, config, "agent")
    nodes = [Node(runtime, config, cluster.authenticator, name, Place("h", 1), (8, 1, 2, 0), None) for name in "AB"]
    for node in nodes:
        cluster.add(node)
    cluster.remove(nodes[0], "it is gone")
    assert cluster.why_empty == ""
    cluster.remove(nodes[1], "the node refused the login of user 'bob'")
    assert cluster.why_empty == ": B left: the node refused the login of user 'bob'"
    cluster.add(nodes[0])
    assert cluster.why_empty == ""
