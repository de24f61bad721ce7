"""Batches that a node refuses as a whole, for want of a thread, of room or of a buffer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from aerospike_wire import errors, operations

if TYPE_CHECKING:
    from collections.abc import Callable

    from aerospike_wire.embedded import EmbeddedServer

KEYS = [("test", "refused", number) for number in range(3)]


@pytest.mark.parametrize(
    ("setting", "kind", "code"),
    [
        ("batch-index-threads=0", errors.BatchDisabledError, 150),
        ("batch-max-requests=2", errors.BatchMaxRequestError, 151),
        ("batch-max-buffers-per-queue=0", errors.BatchQueueFullError, 152),
    ],
)
async def test_a_batch_is_refused_as_a_whole(
    make_client: Callable[..., Any], server: EmbeddedServer, setting: str, kind: type[errors.AerospikeError], code: int
) -> None:
    """Every kind of batch raises the error of the setting that a node was given, and nothing was done."""
    client = make_client(server.address)
    await client.put(KEYS[0], {"a": 1})
    node = server.node
    name, _, value = setting.partition("=")
    node.settings[name] = int(value)
    once = {"max_retries": 0}
    calls = (
        client.batch_read(KEYS, policy=once),
        client.batch_operate(KEYS, [operations.write("a", 2)], policy_batch=once),
        client.batch_remove(KEYS, policy_batch=once),
    )
    for call in calls:
        with pytest.raises(kind) as refused:
            await call
        assert (refused.value.code, refused.value.in_doubt) == (code, False)
    assert (await client.get(KEYS[0])).bins == {"a": 1}


async def test_settings_are_made_by_info_commands(make_client: Callable[..., Any], server: EmbeddedServer) -> None:
    """What an operator sets is kept to, told, and taken back."""
    client = make_client(server.address)
    for value, refused in ((1, True), (5000, False)):
        assert "ok" in str(await client.info_random_node(f"set-config:context=service;batch-max-requests={value}"))
        assert f"batch-max-requests={value}" in str(await client.info_random_node("get-config:context=service"))
        if refused:
            with pytest.raises(errors.BatchMaxRequestError):
                await client.batch_read(KEYS, policy={"max_retries": 0})
        else:
            assert [row.result for row in await client.batch_read(KEYS)] == [2, 2, 2]


async def test_a_set_may_be_full(make_client: Callable[..., Any], server: EmbeddedServer) -> None:
    """A set with a limit takes no new records beyond it; those that are there can be written."""
    client = make_client(server.address)
    await client.put(KEYS[0], {"a": 1})
    await client.info_random_node("set-config:context=namespace;namespace=test;set=refused;stop-writes-count=1")
    with pytest.raises(errors.ForbiddenError):
        await client.put(KEYS[1], {"a": 1})
    await client.put(KEYS[0], {"a": 2})
    await client.put(("test", "other", 1), {"a": 1})
