"""Hooks on both clients: given at construction, to a sibling, for one call."""

from __future__ import annotations

from typing import Any

import pytest
from cases import for_each

from aerospike_wire import errors
from aerospike_wire.errors import Failure, ParamError

KEY = ("test", "hooks", "u1")


class AppError(Exception):
    """A program's own."""


class UserMissing(errors.RecordNotFound):
    """A program's own, inside the hierarchy."""


def replace(failure: Failure) -> BaseException | None:
    """A hook that replaces a missing record and nothing else."""
    return AppError(failure.key) if failure.code == 2 else None


@pytest.mark.parametrize(
    "hook", [replace, {2: AppError}, {errors.RecordNotFound: AppError}, {errors.ServerError: AppError}]
)
async def test_at_construction(make_client: Any, server: Any, hook: Any) -> None:
    """A hook of the client turns its errors into the program's, with the original as cause."""
    client = make_client(server.address, error_hooks=[hook])
    with pytest.raises(AppError) as caught:
        await client.get(KEY)
    cause = caught.value.__cause__
    assert type(cause) is errors.RecordNotFound
    assert cause.key is not None
    assert cause.key.user_key == "u1"
    assert len(cause.attempts) == 1
    assert "test/hooks/'u1'" in str(caught.value) or caught.value.args[0] == cause.key


async def test_in_the_configuration_dict(make_client: Any, server: Any) -> None:
    """The dict form of the configuration takes hooks too."""
    client = make_client({"hosts": server.seeds, "error_hooks": [{2: AppError}]})
    with pytest.raises(AppError):
        await client.get(KEY)


async def test_the_keyword_wins_over_the_dict(make_client: Any, server: Any) -> None:
    """Hooks given beside the dict are used instead of the dict's, not dropped."""
    client = make_client({"hosts": server.seeds, "error_hooks": [{2: KeyError}]}, error_hooks=[{2: AppError}])
    with pytest.raises(AppError):
        await client.get(KEY)


async def test_into_the_hierarchy(make_client: Any, server: Any) -> None:
    """A class of the hierarchy in a mapping arrives with key, attempts and all."""
    client = make_client(server.address, error_hooks=[{2: UserMissing}])
    with pytest.raises(UserMissing) as caught:
        await client.get(KEY)
    assert caught.value.key is not None
    assert caught.value.key.user_key == "u1"
    assert caught.value.node == server.node.name
    assert type(caught.value.__cause__) is errors.RecordNotFound


async def test_what_a_hook_sees(make_client: Any, server: Any) -> None:
    """A hook sees the key, every attempt, the doubt and the operation."""
    seen: list[Failure] = []
    client = make_client(server.address, error_hooks=[seen.append])
    server.faults.on("increment").answer(18)
    with pytest.raises(errors.DeviceOverload) as caught:
        await client.increment(KEY, "a", 1, policy={"max_retries": 2})
    (failure,) = seen
    assert failure.error is caught.value
    assert failure.key == caught.value.context.key
    assert failure.context.operation == "increment"
    assert failure.context.bin == "a"
    assert [row.code for row in failure.attempts] == [18, 18, 18]
    assert failure.in_doubt is False


async def test_a_sibling_has_one_more_hook(client: Any, server: Any) -> None:
    """``with_error_hook`` makes a client on the same connections; the parent's errors stay as they were."""
    sibling = client.with_error_hook({2: AppError})
    grandchild = sibling.with_error_hook(lambda failure: KeyError("last") if failure.replacement else None)
    with pytest.raises(errors.RecordNotFound):
        await client.get(KEY)
    with pytest.raises(AppError):
        await sibling.get(KEY)
    with pytest.raises(KeyError, match="last"):
        await grandchild.get(KEY)
    assert sibling.client._core.cluster is client.client._core.cluster
    assert type(sibling.client) is type(client.client)


async def test_for_one_call(client: Any) -> None:
    """``error_hook=`` holds for its call, after the client's own hooks."""
    with pytest.raises(AppError):
        await client.get(KEY, error_hook={2: AppError})
    with pytest.raises(errors.RecordNotFound):
        await client.get(KEY)
    outer = client.with_error_hook({2: KeyError})
    chosen: list[Any] = []
    with pytest.raises(KeyError):
        await outer.get(KEY, error_hook=lambda failure: chosen.append(failure.replacement))
    assert type(chosen[0]) is KeyError


CALLS: dict[str, Any] = {
    "get": lambda c, hook: c.get(KEY, error_hook=hook),
    "select": lambda c, hook: c.select(KEY, ["a"], error_hook=hook),
    "exists": lambda c, hook: c.exists(KEY, error_hook=hook),
    "put": lambda c, hook: c.put(KEY, {"a": 1}, error_hook=hook),
    "remove": lambda c, hook: c.remove(KEY, error_hook=hook),
    "touch": lambda c, hook: c.touch(KEY, error_hook=hook),
    "append": lambda c, hook: c.append(KEY, "a", "x", error_hook=hook),
    "increment": lambda c, hook: c.increment(KEY, "a", 1, error_hook=hook),
    "remove_bin": lambda c, hook: c.remove_bin(KEY, ["a"], error_hook=hook),
    "apply": lambda c, hook: c.apply(KEY, "m", "f", [], error_hook=hook),
    "batch_read": lambda c, hook: c.batch_read([KEY, KEY], error_hook=hook),
    "query": lambda c, hook: c.query("test", "hooks").results(error_hook=hook),
}


@for_each("method", CALLS)
async def test_calls_of_every_family_take_a_hook(client: Any, server: Any, method: str) -> None:
    """All commands that send data messages pass their failures through the hook of the call."""
    server.faults.on("any").answer(22)
    with pytest.raises(AppError) as caught:
        await CALLS[method](client, {22: AppError})
    assert type(caught.value.__cause__) is errors.ForbiddenError


@for_each("method", CALLS)
async def test_a_bad_hook_is_refused_before_anything_is_sent(client: Any, server: Any, method: str) -> None:
    """A call with a hook that cannot work fails at once, not only once there is a failure to hide."""
    await client.connect()
    rule = server.faults.on("any").delay(0)
    with pytest.raises(ParamError, match="error_hook takes callables or mappings, not str") as caught:
        await CALLS[method](client, "no hook")
    assert caught.value.argument == "error_hook"
    assert rule.hits == 0


async def test_bad_hooks_of_a_client(make_client: Any, client: Any) -> None:
    """Constructor and sibling refuse bad hooks by the name of their argument."""
    for bad in (["no hook"], [{KeyError: AppError}], {2: AppError}, 5):
        with pytest.raises(ParamError) as caught:
            make_client("127.0.0.1:3000", error_hooks=bad)
        assert caught.value.argument == "error_hooks"
    with pytest.raises(ParamError) as caught:
        client.with_error_hook("no hook")
    assert caught.value.argument == "error_hook"


@pytest.mark.parametrize("way", ["construction", "sibling", "call"])
async def test_a_hook_cannot_disable_a_retry(make_client: Any, server: Any, way: str) -> None:
    """A failure that the next try mends never reaches a hook, and the call succeeds."""
    seen: list[Failure] = []

    def stop(failure: Failure) -> BaseException:
        seen.append(failure)
        return AppError("stop")

    client = make_client(server.address, error_hooks=[stop] if way == "construction" else [])
    if way == "sibling":
        client = client.with_error_hook(stop)
    options = {"error_hook": stop} if way == "call" else {}
    rule = server.faults.on("put").times(2).answer(18)
    await client.put(KEY, {"a": 1}, policy={"max_retries": 2}, **options)
    assert rule.hits == 2
    assert seen == []
    assert (await client.get(KEY, **options)).bins == {"a": 1}


async def test_a_hook_cannot_cause_a_retry(make_client: Any, server: Any) -> None:
    """A hook that answers with a transient error does not make the client try again."""
    client = make_client(server.address, error_hooks=[lambda failure: errors.DeviceOverload("try again")])
    rule = server.faults.on("get").answer(2)
    with pytest.raises(errors.DeviceOverload):
        await client.get(KEY, policy={"max_retries": 5})
    assert rule.hits == 1


async def test_a_mistake_in_a_hook_surfaces(make_client: Any, server: Any) -> None:
    """What a hook raises reaches the caller, chained to the error, and the client works on."""

    def broken(failure: Failure) -> None:
        raise ZeroDivisionError("mistake")

    client = make_client(server.address, error_hooks=[broken])
    with pytest.raises(ZeroDivisionError) as caught:
        await client.get(KEY)
    assert type(caught.value.__context__) is errors.RecordNotFound
    await client.put(KEY, {"a": 1})
    assert (await client.get(KEY)).bins == {"a": 1}


async def test_a_wrong_answer_of_a_hook(make_client: Any, server: Any) -> None:
    """A hook that returns no exception is a TypeError that has the error as its cause."""
    client = make_client(server.address, error_hooks=[lambda failure: "text"])
    with pytest.raises(TypeError, match="must return an exception or None, not str") as caught:
        await client.get(KEY)
    assert type(caught.value.__cause__) is errors.RecordNotFound


async def test_every_kind_of_failure_passes_the_hooks(make_client: Any, server: Any) -> None:
    """Refusals of nodes, lost connections, deadlines, bad arguments and failed connects all pass."""
    seen: list[int] = []
    client = make_client(server.address, error_hooks=[lambda failure: seen.append(failure.code)])
    server.faults.on("get").once().answer(22)
    server.faults.on("put").once().close()
    server.faults.on("touch").hang()
    for call, code in [
        (client.get(KEY), 22),
        (client.put(KEY, {"a": 1}), -10),
        (client.touch(KEY, policy={"total_timeout": 40}), 9),
        (client.get(None), -2),
        (client.put(KEY, {"a" * 16: 1}), 21),
        (client.get(("nowhere", "s", 1)), 20),
    ]:
        with pytest.raises(errors.AerospikeError):
            await call
        assert seen.pop() == code
    server.stop()
    elsewhere = make_client(server.address, error_hooks=[lambda failure: seen.append(failure.code)])
    with pytest.raises(errors.ConnectionError):
        await elsewhere.connect()
    with pytest.raises(errors.ConnectionError):
        await elsewhere.get(KEY)
    assert seen == [-10, -10]


async def test_rows_of_a_batch_pass_the_hooks(client: Any, server: Any) -> None:
    """The error of a row has passed through the hooks, and knows the row's own key."""
    await client.put(KEY, {"a": 1})
    other = ("test", "hooks", "other")
    rows = await client.batch_read([KEY, other], error_hook={2: AppError})
    assert rows[0].error is None
    assert type(rows[1].error) is AppError
    assert rows[1].error.__cause__.key.user_key == "other"


async def test_a_default_hides_the_miss_from_hooks(make_client: Any, server: Any) -> None:
    """A miss that has a default is no failure, so no hook hears of it."""
    seen: list[Failure] = []
    client = make_client(server.address, error_hooks=[seen.append])
    assert await client.get(KEY, default=None) is None
    assert seen == []
