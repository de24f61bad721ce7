"""Lua modules and calls on one record."""

from __future__ import annotations

import base64
import logging
import sys
import time
from typing import Any

import attrs
import pytest
from cases import for_each

from aerospike_wire import lua
from aerospike_wire.embedded import info, udf
from aerospike_wire.embedded.node import Node, Session
from aerospike_wire.embedded.store import Namespace, NamespaceConfig, StoredRecord
from aerospike_wire.proto import msgpack, values
from aerospike_wire.proto.fields import Field
from aerospike_wire.proto.header import Info2, MessageHeader
from aerospike_wire.proto.message import Message, read_message
from aerospike_wire.types import GeoJSON, KeyOrderedDict

needs_lua = pytest.mark.skipif(not lua.available(), reason="needs lupa")

DIGEST = bytes(range(20))
NEVER, KEEP = 0xFFFF_FFFF, 0xFFFF_FFFE
TRUE = bytes.fromhex("93019351" + "02a16101")  # eq(int bin a, 1)


@pytest.fixture
def node() -> Node:
    return Node.of("A1", [NamespaceConfig("test", ttl=False), NamespaceConfig("bar", default_ttl=100)])


def store(node: Node, *, namespace: str = "test", key: bytes | None = None, **bins: Any) -> StoredRecord:
    packed = {name.encode(): tuple(values.encode(value)) for name, value in bins.items()}
    record = StoredRecord(DIGEST, b"s", packed, key=key)
    node.namespaces[namespace].records[DIGEST] = record
    return record


@attrs.frozen
class Reply:
    """The parts of a reply that matter here."""

    code: int
    generation: int
    void_time: int
    name: str | None
    value: Any


def apply(
    node: Node,
    function: str,
    *arguments: Any,
    module: str = "m",
    namespace: str = "test",
    fields: Any = (),
    ttl: int = 0,
) -> Reply:
    wanted = {
        Field.SET: b"s",
        Field.UDF_MODULE: module.encode(),
        Field.UDF_FUNCTION: function.encode(),
        Field.UDF_ARGUMENTS: msgpack.pack(list(arguments)),
        **dict(fields),
    }
    header = MessageHeader(info2=Info2.WRITE, record_ttl=ttl, transaction_ttl=1000)
    message = Message(header, {kind: data for kind, data in wanted.items() if data is not None}, [])
    where: Namespace = node.namespaces[namespace]
    body = udf.apply(node, where, DIGEST, message, node.clock.seconds())
    reply, end = read_message(body)
    assert end == len(body)
    name, value = (reply.ops[0].bin, reply.ops[0].value()) if reply.ops else (None, None)
    return Reply(reply.result, reply.header.generation, reply.header.record_ttl, name, value)


def run(node: Node, source: str, *arguments: Any) -> Any:
    """What a function body returns, with ``rec`` and ``...`` at hand."""
    node.modules.register("m.lua", f"function f(rec, ...)\n{source}\nend".encode())
    reply = apply(node, "f", *arguments)
    assert (reply.code, reply.name) == (0, "SUCCESS"), reply
    return reply.value


def bins(node: Node, namespace: str = "test") -> dict[str, Any]:
    found = node.namespaces[namespace].records[DIGEST].bins
    return {name.decode(): values.decode(*particle) for name, particle in found.items()}


def put(node: Node, source: str, name: str = "m.lua", **parameters: str) -> str:
    content = base64.b64encode(source.encode()).decode()
    given = {"filename": name, "content": content, "content-len": str(len(content)), "udf-type": "LUA", **parameters}
    return info.answer(node, Session(), "udf-put:" + "".join(f"{key}={value};" for key, value in given.items()))


# Modules


def test_register_list_get_and_remove(node: Node) -> None:
    """A module that was put is listed with its hash, can be read back and removed."""
    source = "function f(rec) return 1 end\n"
    assert put(node, source) == "ok"
    assert info.answer(node, Session(), "udf-list") == f"filename=m.lua,hash={node.modules.hash_of('m.lua')},type=LUA;"
    content = base64.b64encode(source.encode()).decode()
    assert info.answer(node, Session(), "udf-get:filename=m.lua;") == f"type=LUA;content={content};"
    assert info.answer(node, Session(), "udf-remove:filename=m.lua;") == "ok"
    assert info.answer(node, Session(), "udf-list") == ""
    assert info.answer(node, Session(), "udf-get:filename=m.lua;") == "error=not_found"


@needs_lua
@pytest.mark.parametrize(
    ("source", "line", "message"),
    [
        ("function f(rec)\n  this is not lua\nend\n", 2, "syntax error near 'is'"),
        ("function x(", 1, "<name> or '...' expected near <eof>"),
        ("not", 1, "unexpected symbol near 'not'"),
        ("error('top')", 1, "top"),
    ],
)
def test_syntax_error(node: Node, source: str, line: int, message: str) -> None:
    """A module that is no Lua is refused with the line and the compiler's words."""
    encoded = base64.b64encode(message.encode()).decode()
    assert put(node, source) == f"error=compile_error;file=m.lua;line={line};message={encoded}"
    assert not node.modules.sources


@for_each(
    ("change", "error"),
    [
        ({"filename": "m"}, "invalid_filename"),
        ({"filename": "m."}, "invalid_filename"),
        ({"filename": ".lua"}, "invalid_filename"),
        ({"filename": "m" * 124 + ".lua"}, "invalid_filename"),
        ({"content-len": "x"}, "invalid_content_len"),
        ({"content-len": "3"}, "invalid_content_len"),
        ({"content-len": "9" * 5000}, "invalid_content_len"),
        ({"content-len": "400"}, "invalid_content"),
        ({"content": "####", "content-len": "4"}, "invalid_base64_content"),
        ({"udf-type": "PY"}, "invalid_udf_type"),
    ],
)
def test_refused_modules(node: Node, change: dict[str, str], error: str) -> None:
    """A module with a bad name, length or content is refused."""
    assert put(node, "function f(rec) end", **change) == f"error={error}"


@needs_lua
def test_module_whose_text_fails_without_a_place(node: Node) -> None:
    """It is refused with an empty file and line 0."""
    assert put(node, "error(5)") == f"error=compile_error;file=;line=0;message={base64.b64encode(b'5').decode()}"


def test_too_large_module(node: Node) -> None:
    """A module may have a mebibyte."""
    assert put(node, "-" * (1024 * 1024 + 4)) == "error=invalid_udf_content_len,>1M"


# Without Lua


def test_without_lua(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without lupa a module can be registered, and a call says what is missing."""
    monkeypatch.setitem(sys.modules, "lupa", None)
    monkeypatch.setitem(sys.modules, "lupa.lua54", None)
    assert not lua.available()
    assert put(node, "this is not checked") == "ok"
    reply = apply(node, "f")
    assert (reply.code, reply.name) == (100, "FAILURE")
    assert "pip install 'aerospike-wire[lua]'" in reply.value


# Calls


@needs_lua
@for_each(
    "value",
    [None, True, False, 0, -(2**63), 2**63 - 1, 2.5, "text", "", "ключ", b"\x00\xff", [], [1, "a", [2.5, None]], {}],
)
def test_values_come_back(node: Node, value: Any) -> None:
    """An argument that is returned is what it was."""
    assert run(node, "return ...", value) == value


@needs_lua
def test_rare_values_come_back(node: Node) -> None:
    """Ordered maps, GeoJSON and text that is not UTF-8 pass through Lua unchanged."""
    value = run(node, "return ...", KeyOrderedDict({"a": 1, "b": [1]}))
    assert (type(value), value) == (KeyOrderedDict, {"a": 1, "b": [1]})
    place = GeoJSON('{"type":"Point","coordinates":[1,2]}')
    store(node, a=1, g=place)
    assert run(node, "rec.a = 2 aerospike:update(rec) return tostring(rec.g)") == f'"{place}"'
    assert bins(node)["g"] == place
    assert run(node, "return string.char(255, 200)") == "\udcff\udcc8"


@needs_lua
def test_create_update_and_remove(node: Node) -> None:
    """A function makes a record, changes it and removes it; each write counts one generation."""
    node.modules.register(
        "m.lua",
        b"""
        function add(rec, n)
          rec.a = (rec.a or 0) + n
          if aerospike:exists(rec) then aerospike:update(rec) else aerospike:create(rec) end
          return rec.a
        end
        function drop(rec) return aerospike:remove(rec) end
        """,
    )
    assert apply(node, "add", 5) == Reply(0, 1, 0, "SUCCESS", 5)
    assert apply(node, "add", 5) == Reply(0, 2, 0, "SUCCESS", 10)
    record = node.namespaces["test"].records[DIGEST]
    assert (record.set, record.generation) == (b"s", 2)
    assert record.last_update > 0
    assert apply(node, "drop") == Reply(0, 3, 0, "SUCCESS", 0)
    assert not node.namespaces["test"].records
    assert apply(node, "drop") == Reply(0, 0, 0, "SUCCESS", 1)


@needs_lua
def test_reading_changes_nothing(node: Node) -> None:
    """A function that writes nothing leaves generation and time of the record alone."""
    record = store(node, a=1)
    before = attrs.evolve(record)
    assert run(node, "rec.a = 7 return record.gen(rec)") == 1
    assert node.namespaces["test"].records[DIGEST] == before


@needs_lua
def test_untouched_bins_keep_their_bytes(node: Node) -> None:
    """Only bins that were set are written again; the last one takes the place of one that goes."""
    record = store(node, a=1, b=2)
    odd = (4, b"\x01")
    record.bins[b"odd"] = odd
    record.bins[b"lang"] = (9, b"pickled")
    run(node, "rec.new = 1 rec.a = nil return aerospike:update(rec)")
    assert list(record.bins) == [b"new", b"b", b"odd", b"lang"]
    assert record.bins[b"odd"] == odd
    assert record.bins[b"lang"] == (9, b"pickled")


@needs_lua
def test_what_is_stored_is_a_copy(node: Node) -> None:
    """A list that changes after the update does not change in the record."""
    store(node, a=1)
    run(node, "local l = list{1} rec.l = l aerospike:update(rec) list.append(l, 2) return 0")
    assert bins(node)["l"] == [1]


@needs_lua
def test_failure_undoes_everything(node: Node) -> None:
    """A function that fails after an update leaves the record as it was."""
    store(node, a=1)
    node.modules.register("m.lua", b"function f(rec) rec.a = 2 aerospike:update(rec) error('after') end")
    assert apply(node, "f").code == 100
    assert bins(node) == {"a": 1}


@needs_lua
@for_each(
    ("body", "text"),
    [
        ("error('boom')", "/opt/aerospike/usr/udf/lua/m.lua:2: boom"),
        ("error('plain', 0)", "plain"),
        ("local x = nil; return x.y", "/opt/aerospike/usr/udf/lua/m.lua:2: attempt to index a nil value (local 'x')"),
        ("error({1})", "result value type unexpected"),
        ("error()", "result value type unexpected"),
        (
            "rec.x = {1}",
            "/opt/aerospike/usr/udf/lua/m.lua:2: can't set bin x to unsupported type",
        ),
        (
            "list.append(1, 2)",
            "/opt/aerospike/usr/udf/lua/m.lua:2: bad argument #1 to 'append' (userdata expected, got number)",
        ),
        (
            "local l = list() l.foo = 1",
            "/opt/aerospike/usr/udf/lua/m.lua:2: bad argument #2 to 'newindex' (number expected, got string)",
        ),
        ("return nil .. 'x'", "/opt/aerospike/usr/udf/lua/m.lua:2: attempt to concatenate a nil value"),
        ("local n = #aerospike", "/opt/aerospike/usr/udf/lua/m.lua:2: attempt to get length of a Aerospike value"),
        ("local n = pairs()", "/opt/aerospike/usr/udf/lua/m.lua:2: bad argument #1 to 'pairs' (value expected)"),
        ("table.unpack(rec)", "attempt to get length of a Record value"),
        (
            "local n = table.concat(rec, ',', 1)",
            "/opt/aerospike/usr/udf/lua/m.lua:2: bad argument #1 to 'concat' (table expected, got Record)",
        ),
        (
            "local n = string.gsub('a', 'a', list())",
            "/opt/aerospike/usr/udf/lua/m.lua:2: bad argument #3 to 'gsub' (string/function/table expected, got List)",
        ),
        (
            "local n = map.diff(map{b = 1}, list())",
            "[string \"as.lua\"]:34: bad argument #2 to 'index' (number expected, got string)",
        ),
        (
            "local n = map.diff(map{b = 1}, geojson('x'))",
            "[string \"as.lua\"]:34: attempt to index a GeoJSON value (local 'm2')",
        ),
    ],
)
def test_failures(node: Node, body: str, text: str) -> None:
    """What goes wrong in Lua comes back as code 100 and a server's text."""
    store(node, a=1)
    node.modules.register("m.lua", f"function f(rec)\n{body}\nend".encode())
    assert apply(node, "f") == Reply(100, 1, 0, "FAILURE", text)


@needs_lua
def test_missing_module_and_function(node: Node) -> None:
    """A module or function that is not there has a text of its own."""
    store(node, a=1)
    assert apply(node, "f", module="nope") == Reply(100, 1, 0, "FAILURE", "UDF: Execution Error 1")
    node.modules.register("m.lua", b"local function hidden(rec) end")
    assert apply(node, "hidden") == Reply(100, 1, 0, "FAILURE", "function not found")
    assert apply(node, "f", module="m.lua").value == "UDF: Execution Error 1"
    node.modules.register("bad.lua", b"error('at load')")
    assert apply(node, "f", module="bad").value == "UDF: Execution Error 1"


@needs_lua
def test_new_text_of_a_module_counts_at_once(node: Node) -> None:
    """A module that is registered again replaces the one that ran."""
    assert run(node, "return 1") == 1
    assert run(node, "return 2") == 2


@needs_lua
def test_modules_require_each_other(node: Node) -> None:
    """A module may use another registered one, and only those."""
    node.modules.register("helper.lua", b"local H = {} function H.twice(n) return 2 * n end return H")
    assert run(node, "return require('helper').twice(21)") == 42
    node.modules.register("m.lua", b"function f(rec) return require('socket') end")
    assert "module 'socket' not found:\n" in apply(node, "f").value


@needs_lua
def test_functions_and_tables_are_no_results(node: Node) -> None:
    """A result that has no type on the server is nil."""
    assert run(node, "return function() end") is None
    assert run(node, "return {1, 2}") is None
    assert run(node, "return rec") is None


@needs_lua
def test_bin_names(node: Node) -> None:
    """A bin name that is too long is passed over; a number is taken as text."""
    store(node, a=1)
    assert run(node, "rec.abcdefghijklmnop = 1 rec[1] = 2 return aerospike:update(rec)") == 0
    assert bins(node) == {"a": 1, "1": 2}
    assert node.namespaces["test"].records[DIGEST].generation == 2


# Checks before and after


@pytest.mark.parametrize("missing", [Field.UDF_FUNCTION, Field.UDF_ARGUMENTS])
def test_incomplete_call(node: Node, missing: Field) -> None:
    """A call without function or arguments is refused with 4."""
    assert apply(node, "f", fields={missing: None}) == Reply(4, 0, 0, None, None)


@needs_lua
@for_each("arguments", [b"\x01", b"\x92\x01", b"", b"\x80", b"\xc1"])
def test_bad_arguments(node: Node, arguments: bytes) -> None:
    """Arguments that are no list are none."""
    node.modules.register("m.lua", b"function f(rec, ...) return select('#', ...) end")
    assert apply(node, "f", fields={Field.UDF_ARGUMENTS: arguments}).value == 0


def test_names_of_an_impossible_size(node: Node) -> None:
    """Names of modules and functions have 127 bytes at most."""
    assert apply(node, "f" * 128).code == 4
    assert apply(node, "f", module="m" * 128).code == 4


def test_filter(node: Node) -> None:
    """A record that does not pass the filter is not touched; a missing record is not filtered."""
    store(node, a=2)
    assert apply(node, "f", fields={Field.FILTER: TRUE}) == Reply(27, 1, 0, None, None)
    assert apply(node, "f", fields={Field.FILTER: b"\x90"}).code == 4


@needs_lua
def test_keys(node: Node) -> None:
    """A key that is sent is stored with a write, seen by Lua, and must be the stored one afterwards."""
    key = b"\x03user"
    node.modules.register(
        "m.lua",
        b"""
        function write(rec) rec.a = 1 return aerospike:exists(rec) and aerospike:update(rec) or aerospike:create(rec) end
        function key(rec) return record.key(rec) end
        function forget(rec) record.drop_key(rec) return aerospike:update(rec) end
        """,
    )
    apply(node, "write", fields={Field.KEY: key})
    assert node.namespaces["test"].records[DIGEST].key == key
    assert apply(node, "key").value == "user"
    assert apply(node, "key", fields={Field.KEY: b"\x03other"}) == Reply(19, 1, 0, None, None)
    apply(node, "forget")
    assert node.namespaces["test"].records[DIGEST].key is None


@needs_lua
def test_times_to_live(node: Node) -> None:
    """The TTL of the request or of the function decides; a namespace may refuse it with 22."""
    node.modules.register(
        "m.lua",
        b"function f(rec, ttl) if ttl then record.set_ttl(rec, ttl) end rec.a = 1 return aerospike:update(rec) end",
    )
    store(node, a=1)
    assert apply(node, "f", 100) == Reply(22, 1, 0, None, None)
    assert apply(node, "f", 400_000_000).code == 4
    store(node, namespace="bar", a=1)
    now = node.clock.seconds()
    assert apply(node, "f", namespace="bar").void_time - now in range(100, 103)
    assert apply(node, "f", 50, namespace="bar").void_time - now in range(50, 53)
    assert apply(node, "f", namespace="bar", ttl=70).void_time - now in range(70, 73)
    assert apply(node, "f", namespace="bar", ttl=KEEP).void_time - now in range(70, 73)
    assert apply(node, "f", -1, namespace="bar").void_time == 0


@needs_lua
def test_too_large_record(node: Node) -> None:
    """A record that would outgrow the namespace's limit stays as it was."""
    store(node, a=1)
    node.modules.register("m.lua", b"function f(rec) rec.a = string.rep('x', 2000000) return aerospike:update(rec) end")
    assert apply(node, "f") == Reply(13, 1, 0, None, None)
    assert bins(node) == {"a": 1}


@needs_lua
def test_value_that_contains_itself(node: Node) -> None:
    """A list in itself can neither be stored nor returned."""
    store(node, a=1)
    node.modules.register(
        "m.lua",
        b"""
        function stored(rec) local l = list() list.append(l, l) rec.l = l return aerospike:update(rec) end
        function returned(rec) local l = list() list.append(l, l) rec.a = 2 aerospike:update(rec) return l end
        """,
    )
    assert apply(node, "stored").code == 12
    assert apply(node, "returned").code == 12
    assert bins(node) == {"a": 1}


# The library


@needs_lua
@for_each(
    ("body", "value"),
    [
        ("local l = list{1, 2, 3} list.append(l, 4) list.prepend(l, 0) list.insert(l, 2, 9) list.remove(l, 1) return l", [9, 1, 2, 3, 4]),
        ("local l = list{1, 2, 3, 4} list.trim(l, 3) return l", [1, 2]),
        ("return list{list.take(list{1, 2, 3}, 2), list.drop(list{1, 2, 3}, 1)}", [[1, 2], [2, 3]]),
        ("local l = list{1} list.concat(l, list{2}) return list{l, list.merge(l, list{3})}", [[1, 2], [1, 2, 3]]),
        ("local l = list() l[3] = 'x' return list{l, #l, list.size(l)}", [[None, None, "x"], 3, 3]),
        ("local s = 0 for v in list.iterator(list{1, 2, 3}) do s = s + v end return s", 6),
        ("return tostring(list{1, 'a', list{2}})", '[1, "a", [2]]'),
        ("local l = list{1} local c = list.clone(l) list.append(c, 2) return list{#l, #c}", [1, 2]),
        ("local m = map{a = 1} m.b = 2 m[3] = 'x' map.remove(m, 'a') return m", {"b": 2, 3: "x"}),
        ("local m = map() m.a = 1 m.a = nil m[1.5] = 2 m[true] = 3 return m", {"a": None}),
        ("local m = map{a = 1} m.a = {} return m", {}),
        ("return map{b = 1, a = 2, [10] = 3, [9] = 4}", {9: 4, 10: 3, "a": 2, "b": 1}),
        ("return tostring(map{b = 1, a = 2, [10] = 3, [9] = 4})", '{9:4, 10:3, "a":2, "b":1}'),
        ("local l = list() list.append(l, nil) list.append(l, {}) list.append(l, rec) return l", [None]),
        ("return list{false, 'a\\0b', 1.5}", [False, "a", 1.5]),
        ("return list.new(2, 0) == nil", False),
        ("local l = list.new(2, 0) for i = 1, 5 do list.append(l, i) end return l", [1, 2]),
        ("return list{getmetatable(list()) == List, getmetatable(map()) == Map, getmetatable(bytes()) == Bytes}", [True] * 3),
        ("return list{math.sum(1, 2), math.product(3, 4)}", [3, 12]),
        ("return list.nbytes(list{1, 'two'}) + map.nbytes(map{a = 1})", 12),
        ("local n = 0 for k, v in map.pairs(map{a = 1, b = 2}) do n = n + v end return n", 3),
        ("local n = 0 for k in map.keys(map{a = 1}) do n = n + #k end for v in map.values(map{a = 5}) do n = n + v end return n", 6),
        ("return map.merge(map{a = 1}, map{a = 2, b = 3}, function(x, y) return x + y end)", {"a": 3, "b": 3}),
        ("return map.merge(map{a = 1}, map{a = 2})", {"a": 2}),
        ("return map.diff(map{a = 1, b = 2}, map{b = 2, c = 3})", {"a": 1, "c": 3}),
        ("return map.size(map.clone(map{a = 1}))", 1),
        ("local b = bytes(4) b[1] = 65 bytes.append_string(b, 'xy') bytes.append_int16(b, 258) bytes.append_byte(b, 7) return b", b"Axy\x01\x02\x07"),
        ("local b = bytes() bytes.append_int32_le(b, 1) bytes.append_int64_be(b, -2) return list{bytes.size(b), bytes.get_int32_le(b, 1), bytes.get_int64(b, 5)}", [12, 1, -2]),
        ("local b = bytes() bytes.set_string(b, 1, 'AB') return list{tostring(b), bytes.get_string(b, 2, 1), bytes.get_byte(b, 1)}", ["41 42", "B", 65]),
        ("return type(list()) .. type(map()) .. type(rec) .. type(record) .. type(1)", "userdata" * 3 + "table" + "number"),
        ("return list{6 / 2, 7 // 2, 2 ^ 3}", [3.0, 3, 8.0]),
        ("local l, m = list{list()}, map{a = map()} return list{l == l, l[1] == l[1], m.a == m.a, l[1] ~= nil}", [True, False, False, True]),
        ("local l = list{list()} list.append(l[1], 5) return l", [[5]]),
        ("rec.l = list() list.append(rec.l, 5) return list{rec.l == rec.l, rec.l}", [False, [5]]),
        ("return list{bytes.get_type(bytes(), 1), list.new(-1, 'x') == nil}", [4, True]),
    ],
)  # fmt: skip
def test_library(node: Node, body: str, value: Any) -> None:
    """Lists, maps and bytes have the functions that servers document."""
    result = run(node, body)
    assert result == value
    assert type(result) is type(value)


@needs_lua
def test_record_functions(node: Node) -> None:
    """A function can ask its record about itself."""
    record = store(node, a=1, b="x")
    record.generation = 7
    record.void_time = node.clock.seconds() + 1000
    result = run(
        node,
        """
        local names = list()
        for _, name in ipairs(record.bin_names(rec)) do list.append(names, name) end
        return map{gen = record.gen(rec), set = record.setname(rec), n = record.numbins(rec), names = names,
                   digest = record.digest(rec), here = aerospike:exists(rec), ttl = record.ttl(rec) > 990}
        """,
    )
    assert result == {
        "gen": 7, "set": "s", "n": 2, "names": ["a", "b"], "digest": DIGEST, "here": True, "ttl": True
    }  # fmt: skip


@needs_lua
def test_record_that_does_not_exist(node: Node) -> None:
    """A missing record has no bins, no generation and cannot be updated."""
    body = (
        "return list{rec.a == nil, record.gen(rec), record.numbins(rec), aerospike:exists(rec), aerospike:update(rec)}"
    )
    assert run(node, body) == [True, 0, 0, False, -2]


@needs_lua
def test_key_and_set_of_a_call(node: Node) -> None:
    """A key that is sent is the record's, also of one that the function creates; until then it has none."""
    body = """
        function f(rec)
          local before = record.key(rec) or 'none'
          rec.a = 1
          aerospike:create(rec)
          local after = list{before, record.key(rec), record.setname(rec), record.size(rec) > 0}
          record.drop_key(rec)
          return list{after, record.key(rec) == nil}
        end
        """
    node.modules.register("m.lua", body.encode())
    assert apply(node, "f", fields={Field.KEY: b"\x03user"}).value == [["none", "user", "s", True], True]
    store(node, a=1)
    assert run(node, "return record.key(rec)") is None
    node.modules.register("m.lua", body.encode())
    assert apply(node, "f", fields={Field.KEY: b"\x03user"}).value == [["user", "user", "s", True], True]


@needs_lua
def test_time(node: Node) -> None:
    """A function is told the time since 1970, and when its record was written since 2010."""
    record = store(node, a=1)
    record.last_update = 5
    now, last = run(node, "return list{aerospike:get_current_time(), record.last_update_time(rec)}")
    assert abs(now - time.time() * 1000) < 60_000
    assert last == 5


@needs_lua
def test_log(node: Node, caplog: pytest.LogCaptureFixture) -> None:
    """What a function logs appears in the host's log."""
    with caplog.at_level(logging.DEBUG, logger="aerospike_wire.lua"):
        run(node, "warn('careful: %s', 5) info('fine') debug('detail')")
    assert [(entry.levelname, entry.getMessage()) for entry in caplog.records] == [
        ("WARNING", "careful: 5"),
        ("INFO", "fine"),
        ("DEBUG", "detail"),
    ]
