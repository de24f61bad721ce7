"""A program as users write it, which type checkers take as it is: mypy reads this file like every other.

The official client's types are loose. What is in ``aerospike_wire.compat`` is typed more closely, and must
not refuse what programs do: contexts in operations, meta data that is indexed, policies and hosts as they come.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aerospike_wire.compat as aerospike
from aerospike_wire import exception as ex
from aerospike_wire.compat import predicates as p
from aerospike_wire.compat.helpers import cdt_ctx
from aerospike_wire.compat.helpers import expressions as exp
from aerospike_wire.compat.helpers.batch import records as br
from aerospike_wire.compat.helpers.operations import bitwise_operations as bits
from aerospike_wire.compat.helpers.operations import expression_operations, list_operations, map_operations, operations

if TYPE_CHECKING:
    from aerospike_wire.embedded import EmbeddedServer


def test_records(node: EmbeddedServer) -> None:
    """Single records: values, operations with contexts, expressions, errors."""
    host, port = node.address.rsplit(":", 1)
    config = {"hosts": [(host, int(port))], "policies": {"read": {"total_timeout": 1000}}}
    client: aerospike.Client = aerospike.client(config).connect()
    key = ("test", "typed", "k")
    place = aerospike.GeoJSON({"type": "Point", "coordinates": [1, 2]})
    client.put(key, {"a": 1, "g": place, "n": aerospike.null()}, {"ttl": aerospike.TTL_NEVER_EXPIRE})
    client.put(key, {"b": b"\1"}, meta={"gen": 1}, policy={"gen": aerospike.POLICY_GEN_EQ})
    _, meta, bins = client.get(key)
    assert (meta["gen"], bins["a"] + 1) == (2, 2)
    inside = [cdt_ctx.cdt_ctx_map_key_create("q", aerospike.MAP_KEY_ORDERED)]
    ops = [
        operations.increment("a", 1),
        operations.read("a"),
        map_operations.map_put("m", "x", 1, {"map_order": aerospike.MAP_KEY_ORDERED}, ctx=inside),
        list_operations.list_append("l", 3),
        bits.bit_set("b", 0, 8, 1, bytearray(b"\7")),
        expression_operations.expression_read("e", exp.Add(exp.IntBin("a"), 1).compile()),
    ]
    _, meta, bins = client.operate(key, ops)
    assert (meta["gen"], bins["a"], bins["e"]) == (3, 2, 3)
    _, _, pairs = client.operate_ordered(key, [operations.read("a")], {"ttl": 100})
    assert pairs == [("a", 2)]
    assert client.select(key, ["b"])[2]["b"] == b"\7"
    try:
        client.get(("test", "typed", "nobody"))
    except ex.RecordNotFound as error:
        found: list[Any] = [error.code, error.msg, error.in_doubt, error.key]
        assert found[0] == 2
    client.close()


def test_many_records(client: aerospike.Client) -> None:
    """Batches, queries and scans."""
    keys = [("test", "typed", number) for number in range(3)]
    rows = br.BatchRecords([br.Write(key, [operations.write("n", key[2])], policy={"ttl": 30}) for key in keys])
    client.batch_write(rows)
    assert [row.record is not None and row.record[1]["gen"] >= 1 for row in rows.batch_records] == [True] * 3
    found: list[int] = []

    def take(record: tuple[Any, Any, Any]) -> bool:
        found.append(record[2]["n"])
        return True

    expression = exp.And(exp.GE(exp.IntBin("n"), 1), exp.Eq(exp.SetName(), "typed")).compile()
    client.scan("test", "typed").foreach(take, {"expressions": expression, "total_timeout": 1000})
    assert sorted(found) == [1, 2]
    client.index_single_value_create("test", "typed", "n", aerospike.INDEX_NUMERIC, "typed_n")
    query = client.query("test", "typed")
    query.select("n")
    query.where(p.between("n", 0, 1))
    query.max_records = 10
    assert sorted(bins["n"] for _, _, bins in query.results()) == [0, 1]
    client.index_remove("test", "typed_n")
    for row in client.batch_remove(keys).batch_records:
        assert (row.result, row.in_doubt) == (0, False)
