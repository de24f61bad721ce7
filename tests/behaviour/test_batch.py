"""Reading many records at once, on both clients."""

from __future__ import annotations

from typing import Any

import pytest
from cases import for_each

from aerospike_wire import errors

KEYS = [("test", "batch", number) for number in range(20)]


async def fill(client: Any, numbers: Any = range(20)) -> None:
    """Write some of the records."""
    for number in numbers:
        await client.put(KEYS[number], {"n": number, "s": f"v{number}"})


async def test_order_is_kept(client: Any) -> None:
    """Rows come in the order of the keys, duplicates included."""
    await fill(client)
    wanted = [7, 3, 19, 3, 0]
    result = await client.batch_read([KEYS[number] for number in wanted])
    assert [row.record.bins["n"] for row in result] == wanted
    assert [row.key.user_key for row in result] == wanted
    assert result.ok


async def test_missing_rows_are_data(client: Any) -> None:
    """A missing record is a row with code 2 and no failure, unless that is asked for."""
    await fill(client, [0])
    result = await client.batch_read(KEYS[:3])
    assert [row.result for row in result] == [0, 2, 2]
    assert [row.ok for row in result] == [True, False, False]
    assert result.ok
    assert result.failed() == []
    assert len(result.failed(missing=True)) == 2
    result.raise_for_errors()
    assert result[1].record is None


async def test_selected_bins(client: Any) -> None:
    """Bins are read as named; with an empty list only meta."""
    await fill(client, [0])
    assert (await client.batch_read(KEYS[:1], ["s", "nope"]))[0].record.bins == {"s": "v0"}
    (row,) = await client.batch_read(KEYS[:1], [])
    assert row.record.meta["gen"] == 1
    assert not row.record.bins


async def test_several_namespaces(client: Any) -> None:
    """A batch may span namespaces and sets."""
    await client.put(("bar", "b", 1), {"a": 1})
    await client.put(("test", "c", 1), {"a": 2})
    result = await client.batch_read([("bar", "b", 1), ("test", "c", 1)])
    assert [row.record.bins for row in result] == [{"a": 1}, {"a": 2}]


async def test_error_of_a_row(client: Any) -> None:
    """A row's error is the typed exception for its key, made when asked for."""
    await fill(client, [0])
    result = await client.batch_read(KEYS[:2])
    assert result[0].error is None
    error = result[1].error
    assert isinstance(error, errors.RecordNotFound)
    assert (error.key[:3], error.in_doubt) == (KEYS[1], False)
    assert error.context.operation == "batch_read"


async def test_errors_of_rows_pass_through_hooks(client: Any) -> None:
    """Hooks see the errors of rows and may replace them."""

    class Gone(Exception):
        """A program's own."""

    seen = []

    def hook(failure: Any) -> Gone:
        seen.append(failure.key[2])
        return Gone(str(failure.key[2]))

    result = await client.with_error_hook(hook).batch_read(KEYS[:2])
    assert seen == []
    assert [type(row.error) for row in result] == [Gone, Gone]
    assert seen == [0, 1]
    assert isinstance(result[0].error.__cause__, errors.RecordNotFound)


async def test_raise_for_errors(client: Any) -> None:
    """Failed rows are raised together, to be told apart with except*."""
    await fill(client, [0])
    result = await client.batch_read([*KEYS[:3], ("nowhere", "s", 1)])
    caught: dict[str, list[Any]] = {"missing": [], "namespace": []}
    try:
        result.raise_for_errors(missing=True)
    except* errors.RecordNotFound as group:
        caught["missing"] = [error.key[2] for error in group.exceptions]
    except* errors.NamespaceNotFound as group:
        caught["namespace"] = [error.context.namespace for error in group.exceptions]
    assert caught == {"missing": [1, 2], "namespace": ["nowhere"]}


@for_each(
    ("code", "cls"),
    [(150, errors.BatchDisabledError), (151, errors.BatchMaxRequestError), (152, errors.BatchQueueFullError)],
)
async def test_refused_batch(client: Any, server: Any, code: int, cls: Any) -> None:
    """A batch that the node refuses as a whole raises, with the keys in the context."""
    server.faults.on("batch").answer(code)
    with pytest.raises(cls) as caught:
        await client.batch_read(KEYS[:3], policy={"max_retries": 0})
    error = caught.value
    assert (error.code, error.in_doubt) == (code, False)
    assert [key[:3] for key in error.context.keys] == KEYS[:3]
    assert error.attempts[0].answered


async def test_lost_connection(client: Any, server: Any) -> None:
    """Rows without an answer carry the reason; reads are not in doubt."""
    await fill(client, [0])
    server.faults.on("batch").close()
    result = await client.batch_read(KEYS[:2], policy={"max_retries": 0})
    assert [row.result for row in result] == [-10, -10]
    assert not any(row.in_doubt for row in result)
    assert len(result.errors) == 2
    assert all(isinstance(error, errors.ConnectionError) for error in result.errors)


async def test_retried_batch(client: Any, server: Any) -> None:
    """A batch whose connection was lost once is read again."""
    await fill(client, [0, 1])
    server.faults.on("batch").once().close()
    assert (await client.batch_read(KEYS[:2])).ok


async def test_empty_batch(client: Any) -> None:
    """No keys, no rows."""
    assert len(await client.batch_read([])) == 0


@for_each("keys", [5, [("test", "s")], [5]])
async def test_bad_keys(client: Any, keys: Any) -> None:
    """Keys that are none are a ParamError that names the argument."""
    with pytest.raises(errors.ParamError) as caught:
        await client.batch_read(keys)
    assert "key" in caught.value.argument
