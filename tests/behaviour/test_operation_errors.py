"""Which operation of a call failed: told where it is certain, narrowed down where it is not, on both clients."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from cases import for_each

from aerospike_wire import errors
from aerospike_wire import expressions as exp
from aerospike_wire import operations as ops
from aerospike_wire.batch import Read, Write
from aerospike_wire.errors import FailedOperation

KEY = ("test", "operations", "k")
BINS = {"n": 1, "s": "x", "l": [1, 2], "m": {"a": 1}, "b": b"\x00"}


@pytest.fixture
async def client(client: Any) -> Any:
    """A client, and a record with bins of several types."""
    await client.put(KEY, BINS)
    return client


CERTAIN = [
    (errors.OpNotApplicable, [ops.increment("n", 1), ops.read("s"), ops.list_get("l", 9)], 2),
    (errors.OpNotApplicable, [ops.expression_read("r", exp.IntBin("s")), ops.write("n", 2), ops.append("s", "x")], 0),
    (errors.BinIncompatibleType, [ops.write("l", 5), ops.increment("s", 1), ops.read("n")], 1),
    (errors.BinIncompatibleType, [ops.read("n"), ops.list_append("n", 1)], 1),
    (errors.ElementExistsError, [ops.map_put("m", "b", 1), ops.map_put("m", "a", 1, {"map_write_flags": 1})], 1),
    (errors.ElementNotFoundError, [ops.map_put("m", "z", 1, {"map_write_flags": 2}), ops.map_put("m", "b", 1)], 0),
    (errors.ElementExistsError, [ops.list_append("l", 1), ops.list_append("l", 2, {"write_flags": 1})], 1),
    (errors.BinNotFound, [ops.bit_not("none", 0, 8), ops.map_size("m"), ops.bit_count("b", 0, 8)], 0),
    (errors.BinExistsError, [ops.list_size("l"), ops.bit_resize("b", 2, {"bit_write_flags": 1})], 1),
    (errors.InvalidRequest, [ops.increment("n", 1), ops.list_sort("l", 3), ops.write("n", 1)], 1),
]  # fmt: skip


@for_each(("kind", "calls", "place"), CERTAIN)
@for_each("method", ["operate", "operate_ordered"])
async def test_the_only_one_that_can_have_failed(
    client: Any, kind: type[errors.AerospikeError], calls: list[Any], place: int, method: str
) -> None:
    """It is named with place, function and bin, and the others' bins are left out."""
    with pytest.raises(kind) as caught:
        await getattr(client, method)(KEY, calls)
    error: Any = caught.value
    failed = calls[place]
    assert error.context.operation == method
    assert error.context.operations == (FailedOperation(place, failed.name, failed.bin),)
    assert error.context.bin == failed.bin
    assert getattr(error, "bin", failed.bin) == failed.bin
    assert f" bin {failed.bin} by {failed.name}: " in str(error)
    assert error.to_dict()["context"]["operations"] == [{"place": place, "name": failed.name, "bin": failed.bin}]
    assert pickle.loads(pickle.dumps(error)).context == error.context
    assert (await client.get(KEY)).bins == BINS


async def test_several_that_can_have_failed(client: Any) -> None:
    """All of them are named, and none that cannot have given the code."""
    calls = [ops.write("n", 5), ops.list_append("s", 1), ops.increment("n", 1), ops.read("b"), ops.map_size("m")]
    with pytest.raises(errors.BinIncompatibleType) as caught:
        await client.operate(KEY, calls)
    context: Any = caught.value.context
    assert [(row.place, row.name, row.bin) for row in context.operations] == [
        (1, "list_append", "s"), (2, "increment", "n"), (4, "map_size", "m"),
    ]  # fmt: skip
    assert context.bins == ("s", "n", "m")
    assert context.bin is None
    assert " bins s, n, m by list_append or increment or map_size: " in str(caught.value)


async def test_one_bin_of_several_operations(client: Any) -> None:
    """Where all of them work on one bin, that is the bin, whichever it was."""
    with pytest.raises(errors.OpNotApplicable) as caught:
        await client.operate(KEY, [ops.write("n", 1), ops.list_get("l", 0), ops.list_get("l", 9)])
    assert caught.value.context is not None
    assert caught.value.context.bin == "l"


async def test_many_that_can_have_failed(client: Any) -> None:
    """Of more than three functions the number is told in words; the context has them all."""
    calls = [
        ops.list_get("l", 0),
        ops.list_size("l"),
        ops.map_size("m"),
        ops.bit_count("b", 0, 8),
        ops.list_pop("l", 9),
    ]
    with pytest.raises(errors.OpNotApplicable, match=r" bins l, m, b by one of 5: ") as caught:
        await client.operate(KEY, calls)
    assert len(caught.value.context.operations) == 5  # type: ignore[union-attr]


async def test_what_is_about_the_record_names_no_operation(client: Any) -> None:
    """A missing record and a wrong generation are not an operation's; the bins are those of the call."""
    calls = [ops.list_get("l", 0), ops.map_put("m", "x", 1)]
    with pytest.raises(errors.RecordGenerationError) as caught:
        await client.operate(KEY, calls, {"gen": 7}, {"gen": 1})
    assert caught.value.context.operations == ()  # type: ignore[union-attr]
    assert caught.value.context.bins == ("l", "m")  # type: ignore[union-attr]


async def test_rows_of_batches(client: Any) -> None:
    """Rows that fail tell their operation as well, also one that is alone."""
    calls = [ops.read("n"), ops.list_get("l", 9), ops.write("s", "y")]
    other = ("test", "operations", "other")
    await client.put(other, BINS)
    for keys in ([KEY], [KEY, other]):
        for row in await client.batch_operate(keys, calls):
            assert type(row.error) is errors.OpNotApplicable
            assert row.error.context.operations == (FailedOperation(1, "list_get", "l"),)
            assert row.error.context.bin == "l"
    read, write = await client.batch_write(
        [Read(KEY, [ops.read("n"), ops.list_get("l", 9)]), Write(other, [ops.increment("s", 1), ops.write("l", 1)])]
    )
    assert read.error.context.operations == (FailedOperation(1, "list_get", "l"),)
    assert write.error.context.operations == (FailedOperation(0, "increment", "s"),)
    assert write.error.bin == "s"
