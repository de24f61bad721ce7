"""Every family of commands meets every kind of fault: which error, which code, in doubt or not, on both clients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs
import pytest
from cases import for_each

from aerospike_wire import errors, operations
from aerospike_wire.embedded import EmbeddedServer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aerospike_wire.embedded.faults import Rule, When

KEY: Final = ("test", "faults", "k")
ONCE: Final = {"max_retries": 0, "total_timeout": 5000}
BRIEF: Final = {"max_retries": 0, "total_timeout": 400}
SILENT: Final = {"max_retries": 0, "total_timeout": 5000, "socket_timeout": 300}


@attrs.frozen
class Family:
    """Commands that take the same way."""

    fault: str
    """What rules call them."""
    call: Callable[[Any, dict[str, Any]], Awaitable[Any]]
    write: bool


async def batch(client: Any, policy: dict[str, Any]) -> None:
    """A batch; the error of its row is raised."""
    row, _ = await client.batch_read([KEY, KEY], policy=policy)
    if row.error is not None:
        assert row.in_doubt is False
        raise row.error


FAMILIES: Final = {
    "get": Family("get", lambda c, p: c.get(KEY, p), write=False),
    "select": Family("select", lambda c, p: c.select(KEY, ["a"], p), write=False),
    "exists": Family("exists", lambda c, p: c.exists(KEY, p), write=False),
    "put": Family("put", lambda c, p: c.put(KEY, {"a": 2}, None, p), write=True),
    "touch": Family("touch", lambda c, p: c.touch(KEY, 0, None, p), write=True),
    "increment": Family("increment", lambda c, p: c.increment(KEY, "a", 1, None, p), write=True),
    "remove": Family("remove", lambda c, p: c.remove(KEY, None, p), write=True),
    "operate": Family(
        "operate", lambda c, p: c.operate(KEY, [operations.write("a", 2), operations.read("a")], None, p), write=True
    ),
    "read only operate": Family("any", lambda c, p: c.operate(KEY, [operations.read("a")], None, p), write=False),
    "batch": Family("batch", batch, write=False),
    "query": Family("query", lambda c, p: c.query("test", "faults").results(p), write=False),
    "apply": Family("apply", lambda c, p: c.apply(KEY, "m", "f", [], p), write=True),
    "info": Family("build", lambda c, p: c.info_random_node("build", p), write=False),
    "truncate": Family("truncate", lambda c, p: c.truncate("test", "faults", 1, p), write=True),
    "index": Family("sindex-create", lambda c, p: c.index_integer_create("test", "s", "b", "i", p), write=True),
}


@attrs.frozen
class Kind:
    """A way to go wrong."""

    make: Callable[[When], Rule]
    policy: dict[str, Any]
    cls: type[BaseException]
    code: int
    doubt: bool
    """Whether a write is in doubt afterwards; a read never is."""
    answered: bool = False


KINDS: Final = {
    "refused": Kind(lambda when: when.answer(22), ONCE, errors.ForbiddenError, 22, doubt=False, answered=True),
    "overloaded": Kind(lambda when: when.answer(18), ONCE, errors.DeviceOverload, 18, doubt=False, answered=True),
    "timed out by the node": Kind(lambda when: when.answer(9), ONCE, errors.TimeoutError, 9, doubt=True, answered=True),
    "unknown code": Kind(lambda when: when.answer(199), ONCE, errors.ServerError, 199, doubt=False, answered=True),
    "too late": Kind(lambda when: when.delay(2000), BRIEF, errors.TimeoutError, 9, doubt=True),
    "never": Kind(lambda when: when.hang(), BRIEF, errors.TimeoutError, 9, doubt=True),
    "silent": Kind(lambda when: when.hang(), SILENT, errors.TimeoutError, 9, doubt=True),
    "closed before": Kind(lambda when: when.close(before=True), ONCE, errors.ConnectionError, -10, doubt=True),
    "closed after": Kind(lambda when: when.close(after=True), ONCE, errors.ConnectionError, -10, doubt=True),
    "half a frame": Kind(lambda when: when.half_frame(), ONCE, errors.ConnectionError, -10, doubt=True),
    "garbage": Kind(lambda when: when.garbage(), ONCE, errors.ClientError, -1, doubt=True),
    "wrong size": Kind(lambda when: when.wrong_size(), ONCE, errors.ClientError, -1, doubt=True),
}


WAITING: Final = frozenset({"too late", "never", "silent"})


@for_each("family", FAMILIES)
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in WAITING])
async def test_fault(client: Any, server: Any, family: str, kind: str) -> None:
    """The error has the class, code and doubt of the fault, tells its attempt, and the client goes on working."""
    await try_one(client, server, FAMILIES[family], KINDS[kind])


@for_each("family", FAMILIES, at_once=15)
@for_each("kind", sorted(WAITING))
async def test_fault_that_is_waited_for(own_client: Callable[..., Any], family: str, kind: str) -> None:
    """The same if the client is the one that ends it."""
    with EmbeddedServer() as server:
        async with own_client(server.address) as client:
            await try_one(client, server, FAMILIES[family], KINDS[kind])


async def try_one(client: Any, server: EmbeddedServer, command: Family, wrong: Kind) -> None:
    """One cell of the table."""
    await client.put(KEY, {"a": 1})
    rule = wrong.make(server.faults.on(command.fault))
    with pytest.raises(errors.AerospikeError) as caught:
        await command.call(client, wrong.policy)
    error = caught.value
    assert type(error) is wrong.cls
    assert (error.code, error.in_doubt) == (wrong.code, wrong.doubt and command.write)
    assert error.node is not None
    (attempt,) = error.attempts
    assert (attempt.sent, attempt.answered) == (True, wrong.answered)
    assert rule.hits == 1
    server.faults.clear()
    await client.put(KEY, {"a": 5})
    assert (await client.get(KEY)).bins == {"a": 5}
