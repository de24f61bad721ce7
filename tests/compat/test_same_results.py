"""The same calls through the official client and through the façade, on the same node: the same outcome.

An outcome is the value that came back, with types, or the class and code of the exception.
"""

from __future__ import annotations

import contextlib
import importlib
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from cases import for_each
from compat.conftest import config_of
from judge.calls import modules_of_official_clients

import aerospike_wire.compat as facade
from aerospike_wire.compat import installation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aerospike_wire.embedded import EmbeddedServer

official = pytest.importorskip("aerospike")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

HELPERS = ["batch.records", "cdt_ctx", "expressions", "operations.bitwise_operations", "operations.expression_operations",
           "operations.hll_operations", "operations.list_operations", "operations.map_operations", "operations.operations"]  # fmt: skip
KEY = ("test", "same", 1)
OTHER = ("test", "same", "two")
MISSING = ("test", "same", "missing")
POINT = {"type": "Point", "coordinates": [1.0, 2.0]}


def _side(module: Any, helpers: str, client: Any) -> SimpleNamespace:
    names = {name.rsplit(".", 1)[-1]: importlib.import_module(f"{helpers}.{name}") for name in HELPERS}
    short = {
        "batch": "records", "ctx": "cdt_ctx", "exp": "expressions", "bits": "bitwise_operations",
        "exp_ops": "expression_operations", "hll": "hll_operations", "lists": "list_operations",
        "maps": "map_operations", "ops": "operations",
    }  # fmt: skip
    return SimpleNamespace(
        a=module, c=client, p=module.predicates, **{name: names[found] for name, found in short.items()}
    )


@pytest.fixture(scope="module")
def sides(node: EmbeddedServer) -> Iterator[tuple[SimpleNamespace, SimpleNamespace]]:
    """Both clients with their helpers."""
    # The first official client of a process settles for all where they look for modules.
    theirs = official.client({**config_of(node), "lua": {"user_path": modules_of_official_clients()}})
    ours = facade.client(config_of(node))
    yield _side(official, "aerospike_helpers", theirs), _side(facade, installation._HELPERS, ours)
    theirs.close()
    ours.close()


def _plain(value: Any) -> Any:
    """A value with its types, objects by what they hold."""
    if type(value).__name__ in {"GeoJSON", "Geospatial"}:
        return ("geo", value.unwrap())
    if type(value).__name__ in {"BatchRecord", "Read", "Write", "Remove", "Apply"}:
        return tuple(_plain(getattr(value, name)) for name in ("key", "record", "result", "in_doubt", "subcode"))
    if type(value).__name__ == "BatchRecords":
        return ("batch", value.result, _plain(value.batch_records))
    if isinstance(value, dict):
        return (type(value).__name__, {key: _plain(found) for key, found in value.items()})
    if isinstance(value, list | tuple):
        return (type(value).__name__, [_plain(found) for found in value])
    return (type(value).__name__, value)


def _outcome(call: Callable[[SimpleNamespace], Any], side: SimpleNamespace) -> Any:
    for key in (KEY, OTHER, MISSING):
        with contextlib.suppress(side.a.exception.RecordNotFound):
            side.c.remove(key)
    side.c.put(
        KEY, {"i": 1, "s": "text", "f": 1.5, "b": b"\x01\x02", "l": [1, "x", [2.5]], "m": {"b": 1, "a": [2]}, "t": True}
    )
    side.c.put(OTHER, {"i": 2, "s": "other"})
    try:
        return _plain(call(side))
    except Exception as error:  # noqa: BLE001  it is what is compared
        return ("raised", type(error).__name__, getattr(error, "code", None), getattr(error, "in_doubt", None))


def _where(x: SimpleNamespace, predicate: Any) -> Any:
    query = x.c.query("test", "same")
    query.where(predicate)
    return query


def _foreach(x: SimpleNamespace) -> Any:
    found: list[Any] = []
    x.c.query("test", "same").foreach(found.append)
    return sorted(found, key=lambda row: bytes(row[0][3]))


def _exchanged(geo: Any) -> Any:
    return [geo.wrap({"a": 1}), geo.dumps(), geo.loads('{"b": 2}'), geo.geo_data]


def _told(transaction: Any) -> Any:
    return [type(transaction.id), transaction.state, transaction.timeout, transaction.in_doubt]


CALLS: dict[str, Callable[[SimpleNamespace], Any]] = {
    # Single records
    "get": lambda x: x.c.get(KEY),
    "get with the key": lambda x: x.c.get(KEY, {"key": x.a.POLICY_KEY_SEND}),
    "get by digest": lambda x: x.c.get(("test", "same", None, x.a.calc_digest("test", "same", 1))),
    "get missing": lambda x: x.c.get(MISSING),
    "get no namespace": lambda x: x.c.get(("nowhere", "same", 1)),
    "get bad key": lambda x: x.c.get("key"),
    "get key without user key": lambda x: x.c.get(("test", "same", None)),
    "get by a bool": lambda x: x.c.get(("test", "same", True))[2],
    "put by a bool": lambda x: (x.c.put(("test", "same", True), {"i": 7}), x.c.get(KEY)[2]["i"]),
    "batch of bools": lambda x: x.c.batch_operate([("test", "same", True), ("test", "same", False)], [x.ops.read("i")]),
    "get by a float": lambda x: x.c.get(("test", "same", 1.5)),
    "get by a dict": lambda x: x.c.get({"ns": "test", "set": "same", "key": 1})[2],
    "get nothing": lambda x: x.c.get(),
    "get too much": lambda x: x.c.get(KEY, {}, 1),
    "get bad policy": lambda x: x.c.get(KEY, 5),
    "get bad timeout": lambda x: x.c.get(KEY, {"total_timeout": "1"}),
    "get unknown policy": lambda x: x.c.get(KEY, {"nonsense": 1})[2],
    "get filtered out": lambda x: x.c.get(KEY, {"expressions": x.exp.Eq(x.exp.IntBin("i"), 7).compile()}),
    "get filtered in": lambda x: x.c.get(KEY, {"expressions": x.exp.Eq(x.exp.IntBin("i"), 1).compile()}),
    "select": lambda x: x.c.select(KEY, ["i", "none"]),
    "select bad bins": lambda x: x.c.select(KEY, "i"),
    "exists": lambda x: x.c.exists(KEY),
    "exists missing": lambda x: x.c.exists(MISSING),
    "put": lambda x: (x.c.put(KEY, {"i": 5}), x.c.get(KEY)[2]),
    "put null": lambda x: (x.c.put(KEY, {"i": x.a.null(), "s": None}), sorted(x.c.get(KEY)[2])),
    "put geo": lambda x: (x.c.put(KEY, {"g": x.a.GeoJSON(POINT), "l": [x.a.GeoJSON(POINT)]}), x.c.select(KEY, ["g", "l"])[2]),
    "put ordered map": lambda x: (x.c.put(KEY, {"m": x.a.KeyOrderedDict({"z": 1, "a": 2})}), x.c.select(KEY, ["m"])[2]),
    "put nested null": lambda x: (x.c.put(KEY, {"l": [x.a.null(), 1]}), x.c.select(KEY, ["l"])[2]),
    "put tuple": lambda x: x.c.put(KEY, {"a": (1, 2)}),
    "put object": lambda x: x.c.put(KEY, {"a": object()}),
    "put no bins": lambda x: x.c.put(KEY, 5),
    "put long bin name": lambda x: x.c.put(KEY, {"a" * 16: 1}),
    "put bad meta": lambda x: x.c.put(KEY, {"a": 1}, 5),
    "put too large": lambda x: x.c.put(KEY, {"a": 2**63}),
    "put create only": lambda x: x.c.put(KEY, {"a": 1}, policy={"exists": x.a.POLICY_EXISTS_CREATE}),
    "put update only": lambda x: x.c.put(MISSING, {"a": 1}, policy={"exists": x.a.POLICY_EXISTS_UPDATE}),
    "put generation": lambda x: x.c.put(KEY, {"a": 1}, {"gen": 99}, {"gen": x.a.POLICY_GEN_EQ}),
    "put ttl": lambda x: (x.c.put(KEY, {"a": 1}, {"ttl": 1000}), x.c.get(KEY)[1]["ttl"] > 900),
    "remove": lambda x: x.c.remove(KEY),
    "remove missing": lambda x: x.c.remove(MISSING),
    "touch": lambda x: x.c.touch(KEY, 100),
    "touch missing": lambda x: x.c.touch(MISSING),
    "touch bad": lambda x: x.c.touch(KEY, "x"),
    "append": lambda x: (x.c.append(KEY, "s", "!"), x.c.get(KEY)[2]["s"]),
    "append to int": lambda x: x.c.append(KEY, "i", "!"),
    "prepend": lambda x: (x.c.prepend(KEY, "s", "!"), x.c.get(KEY)[2]["s"]),
    "increment": lambda x: (x.c.increment(KEY, "i", 4), x.c.get(KEY)[2]["i"]),
    "increment text": lambda x: x.c.increment(KEY, "s", 4),
    "increment by text": lambda x: x.c.increment(KEY, "i", "x"),
    "remove_bin": lambda x: (x.c.remove_bin(KEY, ["i"]), sorted(x.c.get(KEY)[2])),
    # Operations
    "operate": lambda x: x.c.operate(KEY, [x.ops.increment("i", 3), x.ops.read("i"), x.ops.append("s", "?"), x.ops.read("s")])[2],
    "operate ordered": lambda x: x.c.operate_ordered(KEY, [x.ops.read("i"), x.ops.write("i", 9), x.ops.read("i")])[2],
    "operate by hand": lambda x: x.c.operate(KEY, [{"op": x.a.OPERATOR_READ, "bin": "i"}])[2],
    "operate no list": lambda x: x.c.operate(KEY, 5),
    "operate empty": lambda x: x.c.operate(KEY, []),
    "operate without bin": lambda x: x.c.operate(KEY, [{"op": x.a.OPERATOR_READ}]),
    "operate unknown": lambda x: x.c.operate(KEY, [{"op": 4711, "bin": "i"}]),
    "operate list": lambda x: x.c.operate_ordered(KEY, [
        x.lists.list_append("l", 5), x.lists.list_get_by_index_range("l", 0, x.a.LIST_RETURN_VALUE, 2),
        x.lists.list_get_by_value("l", 5, x.a.LIST_RETURN_INDEX), x.lists.list_size("l"),
        x.lists.list_set("l", 0, 7, {"write_flags": x.a.LIST_WRITE_NO_FAIL}), x.lists.list_pop("l", 0),
    ])[2],
    "operate list to the end": lambda x: x.c.operate_ordered(KEY, [
        x.lists.list_get_range("l", 1, -1), x.lists.list_trim("l", 1, -9), x.ops.read("l"),
        x.lists.list_append("l", 5, ctx=[x.ctx.cdt_ctx_list_index(-1)]),
        x.lists.list_trim("l", 1, -1, ctx=[x.ctx.cdt_ctx_list_index(-1)]), x.ops.read("l"),
    ])[2],
    "operate list pop to the end": lambda x: (x.c.operate(KEY, [x.lists.list_pop_range("l", 1, -1)])[2], x.c.get(KEY)[2]["l"]),
    "operate list remove to the end": lambda x: (x.c.operate(KEY, [x.lists.list_remove_range("l", 1, -1)])[2], x.c.get(KEY)[2]["l"]),
    "operate list count of text": lambda x: x.c.operate(KEY, [x.lists.list_trim("l", 1, "x")]),
    "operate list out of bounds": lambda x: x.c.operate(KEY, [x.lists.list_get("l", 99)]),
    "operate list nested": lambda x: x.c.operate(KEY, [x.lists.list_append("l", 8, ctx=[x.ctx.cdt_ctx_list_index(2)])])[2],
    "operate bad context": lambda x: x.c.operate(KEY, [x.lists.list_append("l", 8, ctx=["x"])])[2],
    "operate map": lambda x: x.c.operate_ordered(KEY, [
        x.maps.map_put("m", "c", 3, {"map_order": x.a.MAP_KEY_ORDERED}), x.maps.map_get_by_key("m", "b", x.a.MAP_RETURN_VALUE),
        x.maps.map_get_by_index_range("m", 0, 9, x.a.MAP_RETURN_KEY_VALUE), x.maps.map_size("m"),
        x.maps.map_get_by_key_list("m", ["a", "c"], x.a.MAP_RETURN_KEY, inverted=True),
    ])[2],
    "operate map create only": lambda x: x.c.operate(KEY, [
        x.maps.map_put("m", "b", 3, {"map_write_flags": x.a.MAP_WRITE_FLAGS_CREATE_ONLY})
    ]),
    "operate map of infinity": lambda x: x.c.operate(KEY, [
        x.maps.map_get_by_key_range("m", "a", x.a.CDTInfinite(), x.a.MAP_RETURN_COUNT)
    ])[2],
    "operate bits": lambda x: x.c.operate_ordered(KEY, [
        x.bits.bit_set("b", 0, 8, 1, bytearray(b"\xff")), x.bits.bit_get("b", 0, 16), x.bits.bit_count("b", 0, 8),
        x.bits.bit_get_int("b", 0, 8, False),
    ])[2],
    "operate hll": lambda x: x.c.operate_ordered(KEY, [
        x.hll.hll_add("h", ["a", "b"], 8), x.hll.hll_get_count("h"), x.hll.hll_describe("h"), x.ops.read("h"),
    ])[2],
    "operate hll bits": lambda x: x.c.operate(KEY, [x.hll.hll_init("h", 99)]),
    "operate hll minhash": lambda x: x.c.operate(KEY, [x.hll.hll_add("h", ["a"], 16, 49)]),
    "operate hll text": lambda x: x.c.operate(KEY, [x.hll.hll_init("h", "8")]),
    "operate expression": lambda x: x.c.operate_ordered(KEY, [
        x.exp_ops.expression_read("r", x.exp.Add(x.exp.IntBin("i"), 41).compile()),
        x.exp_ops.expression_write("w", (x.exp.IntBin("i") * 2).compile()), x.ops.read("w"),
    ])[2],
    "operate delete": lambda x: (x.c.operate(KEY, [x.ops.delete()])[2], x.c.exists(KEY)[1]),
    # Batches
    "batch_read": lambda x: x.c.batch_read([KEY, OTHER, MISSING]),
    "batch_read bins": lambda x: x.c.batch_read([KEY, MISSING], ["i"]),
    "batch_read no bins": lambda x: x.c.batch_read([KEY, MISSING], []),
    "batch_read nothing": lambda x: x.c.batch_read([]),
    "batch_read bad": lambda x: x.c.batch_read(5),
    "batch_operate": lambda x: x.c.batch_operate([KEY, OTHER], [x.ops.increment("i", 1), x.ops.read("i")]),
    "batch_operate nothing": lambda x: x.c.batch_operate([KEY], []),
    "batch_remove": lambda x: x.c.batch_remove([KEY, MISSING]),
    "batch_write": lambda x: x.c.batch_write(x.batch.BatchRecords([
        x.batch.Read(KEY, [x.ops.read("i")]), x.batch.Read(OTHER, None, read_all_bins=True), x.batch.Write(KEY, [x.ops.write("n", 1)]),
        x.batch.Write(MISSING, [x.ops.write("n", 1)], policy={"exists": x.a.POLICY_EXISTS_UPDATE}), x.batch.Remove(MISSING),
    ])),
    "batch_write bad": lambda x: x.c.batch_write([x.batch.Read(KEY, None)]),
    # Nodes
    "get_nodes": lambda x: x.c.get_nodes(),
    "get_node_names": lambda x: x.c.get_node_names(),
    "info_all": lambda x: x.c.info_all("build"),
    "info_random_node": lambda x: x.c.info_random_node("build"),
    "info bad": lambda x: x.c.info_all(5),
    "truncate bad": lambda x: x.c.truncate("test", "same", "now"),
    "is_connected": lambda x: x.c.is_connected(),
    "shm_key": lambda x: x.c.shm_key(),
    "partition": lambda x: x.c.get_key_partition_id("test", "same", 1),
    "digest": lambda x: x.a.calc_digest("test", "same", "x"),
    "digest of a bool": lambda x: x.a.calc_digest("test", "same", True),
    "digest of a float": lambda x: x.a.calc_digest("test", "same", 1.5),
    "context as text": lambda x: x.c.get_cdtctx_base64([x.ctx.cdt_ctx_map_key("a"), x.ctx.cdt_ctx_list_index(-1)]),
    "expression as text": lambda x: x.c.get_expression_base64(x.exp.And(x.exp.GT(x.exp.IntBin("i"), 1), x.exp.BinExists("s")).compile()),
    "udf missing": lambda x: x.c.udf_put("no such file.lua"),
    "udf_list": lambda x: x.c.udf_list(),
    "apply missing": lambda x: x.c.apply(KEY, "none", "none", []),
    "users": lambda x: x.c.admin_query_users_info(),
    # Queries
    "scan": lambda x: sorted(x.c.scan("test", "same").results(), key=lambda row: bytes(row[0][3])),
    "query bins": lambda x: sorted(x.c.query("test", "same").select("i").results(), key=lambda row: bytes(row[0][3])),
    "query no bins": lambda x: sorted(x.c.query("test", "same").results(options={"nobins": True}), key=lambda row: bytes(row[0][3])),
    "query without index": lambda x: _where(x, x.p.equals("nope", 1)).results(),
    "query bad namespace": lambda x: x.c.query("nowhere", "same").results(),
    "query bad set": lambda x: x.c.query("test", 5),
    "predicate bad": lambda x: _where(x, "i"),
    "predicate": lambda x: [x.p.equals("i", 1), x.p.between("i", 1, 2), x.p.contains("l", x.a.INDEX_TYPE_LIST, "x"),
                            x.p.range("l", x.a.INDEX_TYPE_LIST, 1, 2), x.p.geo_within_radius("g", 1.0, 2.0, 3.0)],
    "foreach": _foreach,
    "foreach raises": lambda x: x.c.scan("test", "same").foreach(lambda row: row[99]),
    "foreach nothing": lambda x: x.c.scan("test", "same").foreach(5),
    "select twice": lambda x: x.c.query("test", "same").select("a").select("b"),
    "constructed": lambda x: x.a.Query("test", "same"),
}  # fmt: skip


@for_each("name", CALLS)
def test_same(name: str, sides: tuple[SimpleNamespace, SimpleNamespace]) -> None:
    """Both clients come to the same."""
    theirs, ours = sides
    expected = _outcome(CALLS[name], theirs)
    assert _outcome(CALLS[name], ours) == expected


DATA: dict[str, Callable[[SimpleNamespace], Any]] = {
    "geo text": lambda x: [str(x.a.GeoJSON(POINT)), repr(x.a.GeoJSON(POINT)), x.a.GeoJSON('{"a": 1}').unwrap()],
    "geo wrap": lambda x: _exchanged(x.a.GeoJSON(POINT)),
    "geo no text": lambda x: x.a.GeoJSON("xx"),
    "geo number": lambda x: x.a.GeoJSON(5),
    "geo wrap text": lambda x: x.a.GeoJSON(POINT).wrap("x"),
    "geo load dict": lambda x: x.a.GeoJSON(POINT).loads({}),
    "geodata": lambda x: x.a.geodata("x"),
    "geojson": lambda x: x.a.geojson({}),
    "no config": lambda x: x.a.client(),
    "config no dict": lambda x: x.a.client(5),
    "config no hosts": lambda x: x.a.client({}),
    "config empty hosts": lambda x: x.a.client({"hosts": []}),
    "config bad host": lambda x: x.a.client({"hosts": [3000]}),
    "config bad port": lambda x: x.a.client({"hosts": [("127.0.0.1", "3000")]}),
    "config unknown": lambda x: x.a.client({"hosts": [("127.0.0.1", 1)], "nonsense": 1, "validate_keys": True}),
    "config bad policy": lambda x: x.a.client({"hosts": [("127.0.0.1", 1)], "policies": {"read": {"total_timeout": "x"}}}),
    "config unreachable": lambda x: x.a.client({"hosts": [("127.0.0.1", 1)]}),
    "log level": lambda x: x.a.set_log_level("x"),
    "log level set": lambda x: x.a.set_log_level(x.a.LOG_LEVEL_ERROR),
    "serializer": lambda x: x.a.set_serializer(5),
    "transaction": lambda x: _told(x.a.Transaction(1, 2)),
    "transaction bad": lambda x: x.a.Transaction("x"),
}  # fmt: skip


@for_each("name", DATA)
def test_same_without_a_node(name: str, sides: tuple[SimpleNamespace, SimpleNamespace]) -> None:
    """So they do where no node is asked."""
    found = []
    for side in sides:
        try:
            found.append(_plain(DATA[name](side)))
        except Exception as error:  # noqa: BLE001  it is what is compared
            found.append(("raised", type(error).__name__, getattr(error, "code", None)))
    assert found[1] == found[0]
