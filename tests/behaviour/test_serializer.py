"""A user's serializer, in both directions, wherever values are written and read, on both clients."""

from __future__ import annotations

import datetime as dt
import json
import pickle
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from aerospike_wire import CDTInfinite, GeoJSON, Serializer, Transaction, errors, predicates
from aerospike_wire import expressions as exp
from aerospike_wire import operations as ops
from aerospike_wire.batch import Apply, Read, Write
from aerospike_wire.embedded import EmbeddedServer

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = ("test", "serialized", "k")
DAY = dt.date(1815, 12, 10)


@attrs.frozen
class Point:
    """An object that has no type on the server."""

    x: int
    y: int


P = Point(3, 4)
CODEC = Serializer(pickle.dumps, pickle.loads, b"P:")
BLOB = CODEC.data(P)


@pytest.fixture
def plain(make_client: Callable[..., Any], server: EmbeddedServer) -> Any:
    """A client without a serializer, which sees what is stored."""
    return make_client(server.address)


@pytest.fixture
def client(make_client: Callable[..., Any], server: EmbeddedServer) -> Any:
    """A client with a serializer."""
    return make_client(server.address, serializer=CODEC)


async def test_put_and_get(client: Any, plain: Any) -> None:
    """Objects come back, on their own and inside; values that have a type, and foreign blobs, stay as they are."""
    bins = {
        "p": P, "l": [1, P, [DAY]], "m": {"a": P, "b": {1: (DAY,)}}, "t": (1, 2), "i": 5, "blob": b"\x80\x04",
        "g": GeoJSON('{"type": "Point", "coordinates": [1, 2]}'), "mine": CODEC.wrap([1]),
    }  # fmt: skip
    await client.put(KEY, bins)
    assert (await client.get(KEY)).bins == {**bins, "mine": [1]}
    assert (await client.select(KEY, ["p", "i"])).bins == {"p": P, "i": 5}
    stored = (await plain.get(KEY)).bins
    assert stored["p"] == BLOB
    assert stored["l"] == [1, BLOB, [CODEC.data(DAY)]]
    assert stored["m"]["a"] == BLOB
    assert stored["t"] == CODEC.data((1, 2))
    assert stored["blob"] == b"\x80\x04"


async def test_operations(client: Any, plain: Any) -> None:
    """Operations take wrapped objects as values and to compare with; their results are read like bins."""
    p, day = CODEC.wrap(P), CODEC.wrap(DAY)
    record = await client.operate(
        KEY,
        [
            ops.write("p", p),
            ops.list_append_items("l", [1, p]),
            ops.list_append("l", [day]),
            ops.map_put("m", "a", p),
            ops.read("p"),
        ],
    )
    assert record.bins["p"] == P
    found = await client.operate_ordered(
        KEY,
        [
            ops.list_get("l", 1),
            ops.list_get_by_value("l", p, ops.ListReturn.INDEX),
            ops.list_get_by_index("l", 0, ops.ListReturn.VALUE, ctx=[ops.cdt_ctx_list_index(2)]),
            ops.map_get_by_value("m", p, ops.MapReturn.KEY_VALUE),
            ops.expression_read("same", exp.Eq(exp.BlobBin("p"), p)),
        ],
    )
    assert found.bins == [("l", P), ("l", [1]), ("l", DAY), ("m", ["a", P]), ("same", True)]
    assert (await plain.get(KEY)).bins["l"] == [1, BLOB, [CODEC.data(DAY)]]


async def test_operations_are_checked_when_they_are_made() -> None:
    """An object as it is is refused then, whatever client the operation is for."""
    with pytest.raises(errors.ParamError, match="value for bin 'l' holds a value of type Point"):
        ops.list_append("l", P)


async def test_filter(client: Any) -> None:
    """Filter expressions take wrapped objects."""
    await client.put(KEY, {"p": P})
    same = exp.Eq(exp.BlobBin("p"), CODEC.wrap(P))
    assert (await client.get(KEY, {"expressions": same})).bins == {"p": P}
    with pytest.raises(errors.FilteredOut):
        await client.get(KEY, {"expressions": exp.Eq(exp.BlobBin("p"), CODEC.wrap(DAY))})


async def test_batches(client: Any) -> None:
    """Rows write objects and give them."""
    keys = [("test", "serialized", number) for number in range(3)]
    rows = await client.batch_write([Write(key, [ops.write("p", CODEC.wrap(Point(key[2], 0)))]) for key in keys])
    assert rows.ok
    assert [row.record.bins["p"].x for row in await client.batch_read(keys)] == [0, 1, 2]
    assert [row.record.bins["p"].x for row in await client.batch_read(keys[:1], ["p"])] == [0]
    mixed = await client.batch_write([Read(keys[0], read_all_bins=True), Read(keys[1], [ops.read("p")])])
    assert [row.record.bins for row in mixed] == [{"p": Point(0, 0)}, {"p": Point(1, 0)}]
    found = await client.batch_operate(keys, [ops.list_append("l", CODEC.wrap(P)), ops.list_get("l", 0)])
    assert [row.record.bins["l"] for row in found] == [P, P, P]


async def test_queries(client: Any) -> None:
    """Records of queries are read like others; a predicate can be a wrapped object."""
    for number in range(5):
        await client.put(("test", "serialized", number), {"p": Point(number, 0)})
    assert {record.bins["p"].x async for record in client.query("test", "serialized")} == set(range(5))
    assert {record.bins["p"].x async for record in client.scan("test", "serialized")} == set(range(5))
    await client.index_blob_create("test", "serialized", "p", "p_blob")
    query = client.query("test", "serialized").where(predicates.equals("p", CODEC.wrap(Point(2, 0))))
    assert [record.bins["p"].x for record in await query.results()] == [2]


async def test_functions(client: Any, plain: Any) -> None:
    """Arguments of functions go through it, and what functions return."""
    source = (
        "function echo(r, v) return v end "
        "function keep(r, v) r.p = v; if aerospike:exists(r) then aerospike:update(r) else aerospike:create(r) end end "
        "local function value(r) return r.p end "
        "function all(s) return s : map(value) end "
        "function last(s, p) return s : map(value) : reduce(function(a, b) return p end) end"
    )
    await client.udf_put("s.lua", source=source)
    assert await client.apply(KEY, "s", "echo", [P]) == P
    assert await client.apply(KEY, "s", "echo", [[1, (2,)]]) == [1, (2,)]
    await client.apply(KEY, "s", "keep", [P])
    assert (await plain.get(KEY)).bins == {"p": BLOB}
    (row,) = await client.batch_apply([KEY], "s", "echo", [P])
    assert list(row.record.bins.values()) == [P]
    assert (await client.batch_write([Apply(KEY, "s", "keep", [DAY])])).ok
    assert (await client.get(KEY)).bins == {"p": DAY}
    assert await client.query("test", "serialized").apply("s", "all").results() == [DAY]
    await client.put(("test", "serialized", "other"), {"p": P})
    assert await client.query("test", "serialized").apply("s", "last", [(1, 2)]).results() == [(1, 2)]


async def test_siblings_keep_it(client: Any) -> None:
    """A client with another hook has the serializer too."""
    sibling = client.with_error_hook(lambda _: None)
    await sibling.put(KEY, {"p": P})
    assert (await sibling.get(KEY)).bins == {"p": P}
    assert sibling.serializer is CODEC


async def test_transactions(make_client: Callable[..., Any]) -> None:
    """What is read and written in a transaction goes through it, and a read that fails leaves the transaction open."""
    with EmbeddedServer(namespaces=["test,strong-consistency=on"], enterprise=True) as server:
        client = make_client(server.address, serializer=CODEC)
        txn = Transaction()
        await client.put(KEY, {"p": P}, policy={"txn": txn})
        assert (await client.get(KEY, {"txn": txn})).bins == {"p": P}
        (row,) = await client.batch_read([KEY], policy={"txn": txn})
        assert row.record.bins == {"p": P}
        failing = make_client(server.address, serializer=Serializer(pickle.dumps, fail, b"P:"))
        with pytest.raises(errors.ClientError, match="bin 'p' holds a blob"):
            await failing.get(KEY, {"txn": txn})
        await client.commit(txn)
        assert (await client.get(KEY)).bins == {"p": P}


# Without, and failing


async def test_without_a_serializer(client: Any, plain: Any) -> None:
    """Blobs are bytes, and objects are refused with bin and type."""
    await client.put(KEY, {"p": P})
    assert (await plain.get(KEY)).bins == {"p": BLOB}
    with pytest.raises(errors.ParamError, match="bin 'p' has type Point, which has no type on the server"):
        await plain.put(KEY, {"p": P})


async def test_wildcard_cannot_be_stored(client: Any, plain: Any) -> None:
    """Infinity in a list that is put is refused, with its place, before the node would refuse it."""
    for either in (client, plain):
        with pytest.raises(errors.ParamError) as caught:
            await either.put(KEY, {"l": [1, {"a": [CDTInfinite()]}]})
        assert caught.value.argument == "bin 'l'"
        assert "cannot be stored (at [1][...][0])" in caught.value.msg
        assert caught.value.attempts == ()


class Broken(Exception):
    """What a serializer of the tests raises."""


def fail(_: Any) -> Any:
    """Fail."""
    raise Broken("of a secret")


async def test_dumps_that_fails(make_client: Callable[..., Any], server: EmbeddedServer) -> None:
    """A ParamError that names the bin, with the cause; nothing was sent, and the client goes on."""
    client = make_client(server.address, serializer=(fail, json.loads))
    await client.put(KEY, {"i": 1})
    with pytest.raises(errors.ParamError) as caught:
        await client.put(KEY, {"i": 2, "p": [P]})
    error = caught.value
    assert error.argument == "bin 'p'"
    assert "holds a value of type Point for which the serializer failed with Broken (at [0])" in error.msg
    assert isinstance(error.__cause__, Broken)
    assert "secret" not in str(error)
    assert error.attempts == ()
    assert error.in_doubt is False
    with pytest.raises(errors.ParamError, match="args holds a value of type Point") as caught:
        await client.apply(KEY, "m", "f", [P])
    assert isinstance(caught.value.__cause__, Broken)
    with pytest.raises(errors.ParamError, match=r"batch_records\[0\] args holds") as caught:
        await client.batch_write([Apply(KEY, "m", "f", [P])])
    assert isinstance(caught.value.__cause__, Broken)
    assert (await client.get(KEY)).bins == {"i": 1}


@pytest.fixture
def unreadable(make_client: Callable[..., Any], server: EmbeddedServer) -> Any:
    """A client whose ``loads`` fails."""
    return make_client(server.address, serializer=Serializer(pickle.dumps, fail, b"P:"))


def check(error: Any, key: tuple[Any, ...] = KEY, *, in_doubt: bool = False) -> None:
    """The error of a bin ``p`` that cannot be read; a write was applied all the same, as its doubt says."""
    assert type(error) is errors.ClientError
    assert "bin 'p' holds a blob for which the serializer failed with Broken" in error.msg
    assert isinstance(error.__cause__, Broken)
    assert "secret" not in str(error)
    assert error.context.key[:3] == key
    assert error.context.bin == "p"
    assert error.in_doubt is in_doubt
    assert error.retryable is False
    assert [(attempt.sent, attempt.answered) for attempt in error.attempts] == [(True, True)]


async def test_loads_that_fails(unreadable: Any, server: EmbeddedServer) -> None:
    """A ClientError with key, bin and cause, whatever the call; connections stay, and the client goes on."""
    await unreadable.put(KEY, {"i": 1, "p": P})

    def writing() -> Any:
        return unreadable.operate(KEY, [ops.increment("i", 1), ops.read("p")])

    calls = [
        lambda: unreadable.get(KEY),
        lambda: unreadable.select(KEY, ["i", "p"]),
        writing,
        lambda: unreadable.operate_ordered(KEY, [ops.read("p"), ops.read("i")]),
    ]
    for call in calls:
        with pytest.raises(errors.ClientError) as caught:
            await call()
        check(caught.value, in_doubt=call is writing)
    assert (await unreadable.select(KEY, ["i"])).bins == {"i": 2}
    (node,) = unreadable.stats().nodes
    assert node.conns.closed == 0


async def test_rows_that_cannot_be_read(unreadable: Any) -> None:
    """Only the row concerned fails."""
    other = ("test", "serialized", "other")
    await unreadable.put(KEY, {"p": P})
    await unreadable.put(other, {"i": 1})
    bad, good = await unreadable.batch_read([KEY, other])
    assert (bad.ok, bad.result, bad.record, bad.in_doubt) == (False, errors.ResultCode.CLIENT, None, False)
    check(bad.error)
    assert good.record.bins == {"i": 1}
    with pytest.raises(ExceptionGroup, match="1 of 2 rows failed"):
        (await unreadable.batch_read([KEY, other])).raise_for_errors()


async def test_query_that_cannot_be_read(unreadable: Any, plain: Any) -> None:
    """A query ends at the record, whose key the error has; the cursor stands in front of it."""
    await unreadable.put(KEY, {"p": P})
    query = unreadable.query("test", "serialized")
    with pytest.raises(errors.ClientError) as caught:
        await query.results()
    assert caught.value.context.operation == "query"
    check(caught.value, ("test", "serialized", None))
    rest = await plain.query("test", "serialized").resume(caught.value.context.cursor).results()
    assert [record.bins for record in rest] == [{"p": BLOB}]
    assert (await unreadable.exists(KEY))[1] is not None


async def test_result_of_a_function_that_cannot_be_read(unreadable: Any) -> None:
    """The error has module and function."""
    await unreadable.udf_put("s.lua", source="function echo(r, v) return v end")
    with pytest.raises(errors.ClientError, match="the result holds a blob") as caught:
        await unreadable.apply(KEY, "s", "echo", [P])
    assert (caught.value.context.module, caught.value.context.function) == ("s", "echo")
    assert caught.value.in_doubt is True
