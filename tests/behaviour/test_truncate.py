"""Truncate, on both clients."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

import pytest
from cases import for_each

from aerospike_wire import errors


async def test_set(client: Any) -> None:
    """Truncating a set deletes its records and no others."""
    await client.put(("test", "t", 1), {"a": 1})
    await client.put(("test", "kept", 1), {"a": 1})
    await client.truncate("test", "t")
    assert await client.get(("test", "t", 1), default=None) is None
    assert (await client.get(("test", "kept", 1))).bins == {"a": 1}


async def test_namespace(client: Any) -> None:
    """Without a set the whole namespace is emptied."""
    await client.put(("test", "t", 1), {"a": 1})
    await client.put(("test", "u", 1), {"a": 1})
    await client.truncate("test", None)
    assert await client.query("test").results() == []


async def test_an_empty_name_empties_nothing(client: Any) -> None:
    """A set without a name is refused: only None stands for the whole namespace."""
    await client.put(("test", "t", 1), {"a": 1})
    with pytest.raises(errors.InvalidRequest):
        await client.truncate("test", "")
    assert (await client.get(("test", "t", 1))).bins == {"a": 1}


async def test_records_written_later(client: Any) -> None:
    """Records that were written after the given time stay."""
    before = time.time_ns() - 10**12
    await client.put(("test", "t", 1), {"a": 1})
    await client.truncate("test", "t", before)
    assert (await client.get(("test", "t", 1))).bins == {"a": 1}


async def test_date(client: Any, server: Any) -> None:
    """The time may be a date."""
    await client.put(("test", "t", 1), {"a": 1})
    await client.truncate("test", "t", dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
    assert (await client.get(("test", "t", 1))).bins == {"a": 1}
    server.clock.advance(10)
    await client.truncate("test", "t", dt.datetime.now(dt.UTC) + dt.timedelta(seconds=5))
    assert await client.get(("test", "t", 1), default=None) is None


async def test_time_in_the_future(client: Any) -> None:
    """A time that has not come is refused; the error says of what."""
    with pytest.raises(errors.InvalidRequest) as caught:
        await client.truncate("test", "t", time.time_ns() + 10**15)
    context = caught.value.context
    assert (context.operation, context.namespace, context.set) == ("truncate", "test", "t")
    assert not caught.value.in_doubt


async def test_lost_answer_is_in_doubt(client: Any, server: Any) -> None:
    """A truncate without an answer may have happened."""
    await client.put(("test", "t", 1), {"a": 1})
    server.faults.on("truncate").once().close(after=True)
    with pytest.raises(errors.ConnectionError) as caught:
        await client.truncate("test", "t")
    assert caught.value.in_doubt


@for_each("args", [[1, "t"], ["test", "t", -1], ["test", "t", "x"], ["test", 5]])
async def test_bad_arguments(client: Any, args: list[Any]) -> None:
    """Bad arguments are ParamErrors."""
    with pytest.raises(errors.ParamError):
        await client.truncate(*args)
