"""Batches that write, on both clients."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from aerospike_wire import ResultCode, errors
from aerospike_wire import operations as op
from aerospike_wire.batch import Apply, Read, Remove, Write

if TYPE_CHECKING:
    from aerospike_wire.embedded import EmbeddedServer

KEYS = [("test", "rows", number) for number in range(4)]


async def test_the_same_operations_on_many_records(client: Any) -> None:
    """Each row has its own result, and the records are there afterwards."""
    result = await client.batch_operate(KEYS, [op.write("a", 1), op.increment("n", 5), op.read("n")])
    assert result.ok
    assert [row.record.bins["n"] for row in result] == [5] * 4
    assert [row.record.bins for row in await client.batch_read(KEYS)] == [{"a": 1, "n": 5}] * 4


async def test_rows_of_every_kind_in_one_call(client: Any) -> None:
    """Rows keep their order and fail one by one, each with the class of its own failure."""
    await client.batch_operate(KEYS, [op.write("a", 1), op.write("s", "x")])
    result = await client.batch_write(
        [
            Read(KEYS[0], read_all_bins=True),
            Read(KEYS[0]),
            Read(KEYS[0], [op.read("s")]),
            Write(KEYS[1], [op.increment("a", 5), op.read("a")]),
            Write(KEYS[1], [op.append("a", "x")]),
            Write(KEYS[1], [op.write("a", 0)], {"gen": 99}, {"gen": 1}),
            Remove(KEYS[2]),
            Remove(("test", "rows", "none")),
            Apply(KEYS[3], "nomodule", "f", [1]),
            Write(("nowhere", "s", 1), [op.touch()]),
        ]
    )
    assert [row.result for row in result] == [0, 0, 0, 0, 12, 3, 0, 2, 100, 20]
    assert result[0].record.bins == {"a": 1, "s": "x"}
    assert result[1].record.bins == {}
    assert result[2].record.bins == {"s": "x"}
    assert result[3].record.bins == {"a": 6}
    assert isinstance(result[4].error, errors.BinIncompatibleType)
    assert result[4].error.bin == "a"
    assert isinstance(result[5].error, errors.RecordGenerationError)
    assert isinstance(result[7].error, errors.RecordNotFound)
    assert isinstance(result[8].error, errors.UDFError)
    assert (result[8].error.module, result[8].error.func) == ("nomodule", "f")
    assert result[8].error.server_message == "UDF: Execution Error 1"
    assert isinstance(result[9].error, errors.NamespaceNotFound)
    assert not result.ok
    with pytest.raises(ExceptionGroup) as caught:
        result.raise_for_errors()
    assert [type(error).__name__ for error in caught.value.exceptions] == [
        "BinIncompatibleType", "RecordGenerationError", "UDFError", "NamespaceNotFound",
    ]  # fmt: skip


async def test_a_failed_row_knows_its_try(client: Any) -> None:
    """Node, attempt and doubt are the row's own."""
    (row,) = await client.batch_remove(KEYS[:1])
    error = row.error
    assert isinstance(error, errors.RecordNotFound)
    assert error.key.user_key == 0
    assert [(attempt.answered, attempt.code) for attempt in error.attempts] == [(True, 2)]
    assert error.node is not None
    assert not error.in_doubt


async def test_rows_without_an_answer_are_in_doubt_if_they_write(client: Any, server: EmbeddedServer) -> None:
    """A lost batch of writes is in doubt row by row, a lost batch of reads is not."""
    server.faults.on("any").close(after=True)
    for row in await client.batch_operate(KEYS, [op.write("a", 1)]):
        assert isinstance(row.error, errors.ConnectionError)
        assert row.in_doubt
        assert row.error.in_doubt
        assert len(row.error.attempts) == 1
    for row in await client.batch_read(KEYS, None, {"max_retries": 0}):
        assert not row.in_doubt
        assert not row.error.in_doubt
    mixed = await client.batch_write([Read(KEYS[0]), Remove(KEYS[1])])
    assert [row.in_doubt for row in mixed] == [False, True]


async def test_a_batch_that_writes_is_repeated_only_if_asked(client: Any, server: EmbeddedServer) -> None:
    """Its default is no retry; with max_retries the second try succeeds."""
    rule = server.faults.on("any").times(1).close()
    result = await client.batch_operate(KEYS, [op.write("a", 1)])
    assert {row.result for row in result} == {ResultCode.CONNECTION}
    rule = server.faults.on("any").times(1).close()
    assert (await client.batch_operate(KEYS, [op.write("a", 1)], {"max_retries": 1})).ok
    assert rule.hits == 1


async def test_a_refused_batch_raises(client: Any, server: EmbeddedServer) -> None:
    """A node that takes no batches is no matter of rows."""
    server.faults.on("any").answer(ResultCode.BATCH_DISABLED)
    with pytest.raises(errors.BatchDisabledError) as caught:
        await client.batch_remove(KEYS)
    assert caught.value.context.keys[0].user_key == 0


async def test_ttl_and_policies_of_rows(client: Any) -> None:
    """The ttl argument, the policy of all rows and the policy of one row are all kept."""
    key = ("bar", "rows", 1)
    (row,) = await client.batch_operate([key], [op.write("a", 1)], ttl=200)
    assert row.ok
    assert 190 <= (await client.get(key)).meta["ttl"] <= 200
    (row,) = await client.batch_operate([key], [op.write("a", 2)], None, {"exists": 1})
    assert row.result == ResultCode.RECORD_EXISTS
    (row,) = await client.batch_write([Write(key, [op.write("a", 2)], {"ttl": 500}, {"exists": 2})])
    assert row.ok
    assert 490 <= (await client.get(key)).meta["ttl"] <= 500
    (row,) = await client.batch_remove([key], None, {"gen": 1, "generation": 77})
    assert row.result == ResultCode.RECORD_GENERATION


async def test_an_empty_batch_is_no_request(client: Any) -> None:
    """Nothing to do is done at once."""
    begun = time.monotonic()
    result = await client.batch_write([])
    assert (len(result), result.ok) == (0, True)
    assert time.monotonic() - begun < 5


async def test_a_bad_row_is_named_and_nothing_is_sent(client: Any, server: EmbeddedServer) -> None:
    """The error says which row, and the good rows before it are not carried out."""
    rule = server.faults.on("any").delay(0)
    with pytest.raises(errors.ParamError, match=r"batch_records\[1\]"):
        await client.batch_write([Write(KEYS[0], [op.write("a", 1)]), Write(KEYS[1], [])])
    assert rule.hits == 0
    await client.put(KEYS[0], {"a": 1})
