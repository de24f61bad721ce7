"""Expressions in requests to the embedded node: filters, and operations that hold them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gold
import pytest
from cases import for_each

from aerospike_wire import Client, errors
from aerospike_wire import expressions as exp
from aerospike_wire.embedded import EmbeddedServer, computed
from aerospike_wire.embedded.engines import ENGINES
from aerospike_wire.embedded.refusal import Refusal
from aerospike_wire.embedded.store import StoredRecord
from aerospike_wire.operations import expression_read, expression_write
from aerospike_wire.proto import values
from aerospike_wire.proto.message import Op, OpCode

if TYPE_CHECKING:
    from collections.abc import Iterator

DATA = Path(gold.__file__).parent / "data"
with gzip.open(DATA / "gold_expressions.jsonl.gz", "rt", encoding="utf-8") as _lines:
    RECORDED = [json.loads(line) for line in _lines]
WRITES = [
    row["write"]
    for row in map(json.loads, (DATA / "behaviour_expressions.jsonl").read_text().splitlines())
    if "write" in row
]
KEY = ("test", "exp", "k")


@pytest.fixture(scope="module")
def node() -> Iterator[Client]:
    """A client of a node that all recorded calls share; each has a record of its own."""
    with EmbeddedServer(namespaces=["test,ttl=off", "bar"]) as server, Client(server.address) as client:
        yield client


@for_each("row", RECORDED, ids=lambda row: row["name"])
def test_recorded_outcomes(node: Client, row: dict[str, Any]) -> None:
    """With a recorded filter a call succeeds, or fails with the recorded code, as it did with a real node."""
    for step in row["setup"]:
        try:
            _call(node, step)
        except errors.RecordNotFound:
            assert step["method"] == "remove"
    outcome = row["outcome"]
    if "exception" in outcome:
        with pytest.raises(errors.AerospikeError) as failed:
            _call(node, row["call"])
        assert (type(failed.value).__name__, failed.value.code) == (outcome["exception"], outcome["code"])
    else:
        assert gold.same(outcome["result"], _call(node, row["call"]), times=False)


def _call(client: Client, call: dict[str, Any]) -> Any:
    args = [gold.value(item) for item in call.get("args", ())]
    kwargs = {name: gold.value(item) for name, item in call.get("kwargs", {}).items()}
    return getattr(client, call["method"])(*args, **kwargs)


@for_each("row", WRITES, ids=lambda row: row["name"])
def test_recorded_writes(row: dict[str, Any]) -> None:
    """An expression that is written gives the server's code and leaves the server's bins."""
    before = {name.encode(): (kind, bytes.fromhex(data)) for name, (kind, data) in (row["before"] or {}).items()}
    record = StoredRecord(bytes(20), b"exp", dict(before))
    op = Op(OpCode.EXP_MODIFY, row["bin"].encode(), 4, bytes.fromhex(row["data"]))
    bins = dict(before)
    if row["result"]:
        with pytest.raises(Refusal) as refused:
            computed.run(record, 0, bins, op)
        assert refused.value.code == row["result"]
        return
    assert computed.run(record, 0, bins, op) is None
    expected = row["after"] if row["after"] is not None else row["before"]
    assert {name.decode(): values.decode(*value) for name, value in bins.items()} == {
        name: values.decode(kind, bytes.fromhex(data)) for name, (kind, data) in expected.items()
    }


async def test_read_and_write(make_client: Any, server: EmbeddedServer) -> None:
    """Operations see what those before them wrote; reading gives a value under any name."""
    client = make_client(server.address)
    await client.put(KEY, {"a": 5, "s": "x"})
    total = exp.IntBin("a") + 1
    record = await client.operate(
        KEY,
        [
            expression_write("a", total.compile()),
            expression_read("b", total.compile()),
            expression_read("g", exp.GeoBin("s"), 16),
        ],
    )
    assert record.bins["b"] == 7
    assert record.bins.get("g") is None
    assert (await client.get(KEY)).bins == {"a": 6, "s": "x"}
    with pytest.raises(errors.OpNotApplicable):
        await client.operate(KEY, [expression_read("b", exp.IntBin("s"))])
    with pytest.raises(errors.InvalidRequest):
        await client.operate(KEY, [expression_read("b", exp.Eq(exp.IntBin("a"), "x"))])


async def test_filter_of_a_query(make_client: Any, server: EmbeddedServer) -> None:
    """A query returns the records for which the filter is true, not those about which it cannot tell."""
    client = make_client(server.address)
    for number in range(6):
        await client.put(("test", "exp", number), {"n": number} if number else {"other": 1})
    query = client.query("test", "exp")
    found = await query.results({"expressions": exp.GE(exp.IntBin("n"), 3)})
    assert sorted(record.bins["n"] for record in found) == [3, 4, 5]


async def test_filter_as_an_object(make_client: Any, server: EmbeddedServer) -> None:
    """A policy takes the expression itself; a record that does not match is filtered out."""
    client = make_client(server.address)
    await client.put(KEY, {"a": 5})
    assert (await client.get(KEY, policy={"expressions": exp.Eq(exp.IntBin("a"), 5)})).bins
    with pytest.raises(errors.FilteredOut):
        await client.remove(KEY, policy={"expressions": exp.Eq(exp.IntBin("a"), 6)})


def test_paths_through_the_node(node: Client) -> None:
    """A call by path that an operation makes changes the bin as the expression of the same path shows."""
    key = ("test", "exp", "path")
    node.put(key, {"m": {"a": [1, 5], "b": [7]}})
    from aerospike_wire.operations import cdt_ctx_all_children, cdt_ctx_all_children_with_filter

    where = [cdt_ctx_all_children(), cdt_ctx_all_children_with_filter(exp.GT(exp.LoopVarInt(1), 4).compile())]
    shown = exp.ModifyByPath(where, 5, exp.RemoveResult(), 0, exp.MapBin("m"))
    assert shown.evaluate({"m": {"a": [1, 5], "b": [7]}}) == {"a": [1], "b": []}
    record = node.operate(key, [expression_read("r", exp.SelectByPath(where, 4, 1, exp.MapBin("m")))])
    assert record.bins == {"r": [5, 7]}


def test_the_engines_refuse_quietly() -> None:
    """A call that cannot be made gives nothing, whatever its system."""
    for system, kind in ((0, 20), (1, 4), (2, 18)):
        assert ENGINES.call(system, b"\x91\xcc\xc8", (kind, b"\x90"), modify=False) is None
