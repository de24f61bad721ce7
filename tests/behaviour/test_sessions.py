"""Logins that end while the client works, on both clients."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from aerospike_wire import errors
from aerospike_wire.embedded import EmbeddedCluster, EmbeddedServer

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = ("test", "sessions", "k")
LOGIN = {"user": "jane", "password": "secret", "policies": {"total_timeout": 10_000}}
"""The first call hashes the password, which takes its time on a busy machine."""


@pytest.fixture
def secured() -> Iterator[EmbeddedServer]:
    with EmbeddedServer(users={"jane": ("secret", ["read-write", "sys-admin"])}) as server:
        yield server


@pytest.mark.parametrize("code", [66, 80])
@pytest.mark.parametrize("write", [True, False])
async def test_a_session_that_ends_in_the_middle(
    make_client: Any, secured: EmbeddedServer, code: int, write: bool
) -> None:
    """The client logs in anew and repeats the request once, a write without retries too."""
    client = make_client(secured.address, **LOGIN)
    await client.put(KEY, {"a": 1})
    logins = secured.faults.on("login").delay(0)
    rule = secured.faults.on("write" if write else "read").once().answer(code)
    if write:
        await client.put(KEY, {"a": 2}, None, {"max_retries": 0})
    else:
        assert (await client.get(KEY, {"max_retries": 0})).bins == {"a": 1}
    assert rule.hits == 1
    assert logins.hits == 1


@pytest.mark.parametrize("code", [66, 80])
async def test_a_node_that_goes_on_refusing(make_client: Any, secured: EmbeddedServer, code: int) -> None:
    """After one new login the refusal is the answer; both tries are on the error, and nothing is in doubt."""
    client = make_client(secured.address, **LOGIN)
    await client.put(KEY, {"a": 1})
    rule = secured.faults.on("put").answer(code)
    with pytest.raises(errors.class_of(code)) as caught:
        await client.put(KEY, {"a": 2}, None, {"max_retries": 3})
    assert rule.hits == 2
    assert [attempt.code for attempt in caught.value.attempts] == [code, code]
    assert not caught.value.in_doubt


async def test_without_a_user_there_is_no_login(client: Any, server: Any) -> None:
    """A client without a user does not repeat what was refused."""
    await client.put(KEY, {"a": 1})
    rule = server.faults.on("get").answer(80)
    with pytest.raises(errors.NotAuthenticated):
        await client.get(KEY)
    assert rule.hits == 1


@pytest.mark.parametrize("write", [True, False])
async def test_batches_log_in_anew(make_client: Any, secured: EmbeddedServer, write: bool) -> None:
    """A batch that a node refuses as a whole because the session is over is repeated once, queries too."""
    client = make_client(secured.address, **LOGIN)
    await client.put(KEY, {"a": 1})
    keys = [KEY, (*KEY[:2], "another")]  # one alone would be no batch on the wire
    await client.put(keys[1], {"a": 1})
    rule = secured.faults.on("batch").once().answer(66)
    if write:
        rows = await client.batch_remove(keys, policy_batch={"max_retries": 0})
    else:
        rows = await client.batch_read(keys, policy={"max_retries": 0})
    assert [row.result for row in rows] == [0, 0]
    assert rule.hits == 1
    secured.faults.on("query").once().answer(66)
    assert len(await client.query("test", "sessions").results()) == (0 if write else 2)
    rule = secured.faults.on("batch").answer(66)
    with pytest.raises(errors.ExpiredSession):
        await client.batch_read(keys, policy={"max_retries": 5})
    assert rule.hits == 2


async def test_info_commands_log_in_anew(make_client: Any, secured: EmbeddedServer) -> None:
    """An info command whose session is over is repeated too."""
    client = make_client(secured.address, **LOGIN)
    await client.put(KEY, {"a": 1})
    secured.faults.on("build").once().answer(80, "not authenticated")
    assert "8." in await client.info_random_node("build")


async def test_a_crowd_logs_in_once(make_client: Any, secured: EmbeddedServer) -> None:
    """Many links that find the session over make one login, not one each."""
    client = make_client(secured.address, **LOGIN)
    await client.put(KEY, {"a": 1})
    secured.node.security.tokens.clear()
    (node,) = client.client._core.cluster.nodes.values()
    logins = secured.faults.on("login").delay(20)
    if client.kind == "async":
        links = await asyncio.gather(*(node.connect(None) for _ in range(10)))
    else:
        from concurrent.futures import ThreadPoolExecutor

        from aerospike_wire.transport.blocking import run

        with ThreadPoolExecutor(10) as pool:
            links = list(pool.map(lambda _: run(node.connect(None)), range(10)))
    assert logins.hits == 1
    for link in links:
        link.close()


async def test_neighbours_on_the_link_get_their_answers(make_client: Any, secured: EmbeddedServer) -> None:
    """A shared link whose session is over takes no more requests, but what is under way on it is answered."""
    client = make_client(secured.address, **LOGIN)
    keys = [("test", "sessions", number) for number in range(20)]
    await asyncio.gather(*(client.put(key, {"n": key[2]}) for key in keys))
    secured.faults.on("get", key=keys[0]).once().answer(66)
    found = await asyncio.gather(*(client.get(key, {"max_retries": 0}) for key in keys))
    assert [record.bins["n"] for record in found] == list(range(20))


async def test_sessions_that_end_everywhere(make_client: Any) -> None:
    """They began together and end together: a command for any node logs in at each that it comes to."""
    with EmbeddedCluster(3, users={"jane": ("secret", ["user-admin", "read-write"])}) as cluster:
        client = make_client(cluster.seeds, **LOGIN)
        await client.connect()
        for code in (66, 80):
            rules = [node.faults.on("query_users").once().answer(code) for node in cluster.nodes]
            rules += [node.faults.on("build").once().answer(code, "over") for node in cluster.nodes]
            for _ in range(3):
                assert set(await client.admin_query_users()) == {"jane"}
                assert "8." in await client.info_random_node("build")
            assert sum(rule.hits for rule in rules) > 2
            for node in cluster.nodes:
                node.faults.clear()
