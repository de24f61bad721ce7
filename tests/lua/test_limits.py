"""Lua code that runs away or reaches for the host."""

from __future__ import annotations

import time
from typing import Any

import pytest
from cases import for_each

from aerospike_wire import lua

pytestmark = pytest.mark.skipif(not lua.available(), reason="needs lupa")

LIMIT = 0.1
"""Seconds that a call may take here."""
SUBJECT = lua.Subject(lua.RecordFacts(exists=True, digest=bytes(20)), (b"a",), lambda _name: 1)


def call(body: str, *arguments: Any, limit: float = LIMIT) -> Any:
    machine = lua.Machine("/udf", "m", {"m.lua": f"function f(rec, ...)\n{body}\nend".encode()}, limit)
    return machine.call("f", SUBJECT, arguments, limit=limit).value


@for_each(
    "body",
    [
        "while true do end",
        "while true do pcall(function() while true do end end) end",
        "coroutine.wrap(function() while true do end end)()",
        "while true do coroutine.resume(coroutine.create(function() while true do end end)) end",
        "coroutine.wrap(function() while true do end end)()",
        "while true do coroutine.resume(coroutine.create(function() while true do end end)) end",
        "while true do xpcall(function() while true do end end, function() while true do end end) end",
        "local x <close> = setmetatable({}, {__close = function() while true do end end}) while true do end",
        "table.sort({3, 2, 1}, function() while true do end end)",
        "return tostring(setmetatable({}, {__tostring = function() while true do end end}))",
        "local l = list() while true do list.append(l, nil) list.remove(l, 1) end",
        "string.gsub('x', 'x', function() while true do end end)",
        "for i in setmetatable({}, {__call = function() return 1 end}) do end",
    ],
)
def test_endless_loop(body: str) -> None:
    """A function that does not end is stopped at its time limit, whatever it catches."""
    started = time.monotonic()
    with pytest.raises(lua.LuaFailedError) as caught:
        call(body)
    assert caught.value.text is not None
    assert caught.value.text.endswith(b"UDF Execution Timeout")
    assert time.monotonic() - started < LIMIT + 1


def test_endless_loop_while_loading() -> None:
    """A module whose text itself does not end cannot be loaded."""
    with pytest.raises(lua.ModuleUnusableError):
        lua.Machine("/udf", "m", {"m.lua": b"while true do end"}, LIMIT)


@for_each(
    "body",
    [
        "local t = {} for i = 1, 1e9 do t[i] = ('x'):rep(100000) .. i end",
        "return ('x'):rep(1e9)",
        "local l = list() l[1e9] = 1",
        "local s = 'x' while true do s = s .. s end",
        "local function down() return 1 + down() end return down()",
        "local b = bytes() bytes.set_byte(b, 1e9, 1)",
    ],
)
def test_too_much_memory(body: str) -> None:
    """A function that takes too much memory fails; the node lives on."""
    with pytest.raises(lua.LuaFailedError):
        call(body, limit=2)
    assert call("return 1") == 1


@for_each(
    ("body", "text"),
    [
        ("local s = ('a'):rep(100000) return s:find((('.-'):rep(8)) .. 'b')", "pattern takes too long"),
        ("local s = ('a'):rep(100000) return s:match('%s*a-b$')", "pattern takes too long"),
        ("local s = ('a'):rep(1000000) return s:find(('a'):rep(100000) .. 'b', 1, true)", "search takes too long"),
        ("setmetatable({}, {__gc = function() while true do end end})", "__gc is not available"),
        ("table.move({}, 1, 2 ^ 60, 2)", "too many elements to move"),
        ("table.insert(setmetatable({}, {__len = function() return 1e15 end}), 1, 1)", "(table expected, got table)"),
        ("return table.concat(setmetatable({}, {__index = table.concat}), '', 1, 1e15)", "too many elements to join"),
    ],
)
def test_long_calls_inside_the_library(body: str, text: str) -> None:
    """Library functions that would run long where no time limit reaches are refused."""
    started = time.monotonic()
    with pytest.raises(lua.LuaFailedError) as caught:
        call(body)
    assert text.encode() in caught.value.args[0]
    assert time.monotonic() - started < 1


def test_empty_text_repeated() -> None:
    """Nothing, however often repeated, costs nothing."""
    assert call("return (''):rep(1e15)") == ""


def test_ordinary_patterns_work() -> None:
    """The bounds on patterns leave everyday searches alone."""
    assert call("return list{('k=v'):match('^(%w+)=(%w+)$')}") == ["k", "v"]
    assert call("return (('a b '):rep(20000):gsub('%s+', ''))") == "ab" * 20000
    assert call("return ('a.b.c'):find('.', 1, true)") == 2


@for_each(
    "name",
    ["io", "load", "loadfile", "dofile", "loadstring", "package", "python", "os.execute", "os.exit",
     "os.getenv", "os.remove", "os.tmpname", "string.dump", "debug_"],
)  # fmt: skip
def test_host_is_out_of_reach(name: str) -> None:
    """Nothing that touches files, processes or other code is there."""
    assert call(f"return {name} == nil") is True


@for_each(
    "body",
    [
        "return getmetatable('').__index",
        "getmetatable(list()).__index = nil",
        "setmetatable(list(), {})",
        "return debug.sethook()",
        "return debug.getregistry()",
        "return require('os').execute('true')",
        "return require('m2')",
    ],
)
def test_ways_out_are_closed(body: str) -> None:
    """Neither metatables nor the debug library nor require lead out of the sandbox."""
    with pytest.raises(lua.LuaFailedError):
        call(body)


def test_objects_show_nothing_inside() -> None:
    """Raw access to a list or record is refused, as for the userdata that it is on a server."""
    assert call("return list{pcall(next, rec), pcall(rawlen, list{1}), pcall(rawget, rec, 'a'), #table.pack(list{1})}") == [
        False, False, False, 1
    ]  # fmt: skip


def test_broken_state_is_replaced() -> None:
    """After a time-out the state is marked, so that the next call gets a fresh one."""
    machine = lua.Machine(
        "/udf", "m", {"m.lua": b"function f(rec) while true do pcall(function() while true do end end) end end"}, LIMIT
    )
    with pytest.raises(lua.LuaFailedError):
        machine.call("f", SUBJECT, (), limit=LIMIT)
    assert machine.broken


def test_long_chunk_names_are_shortened() -> None:
    """Lua shows at most 59 bytes of a path, the end of it."""
    name = lua.chunk_name("/a" * 60, "m.lua")
    assert len(name) == 60
    assert name.startswith(b"@...")
    assert name.endswith(b"/m.lua")


def test_deep_values() -> None:
    """Values nested to the limit of the protocol pass; deeper ones are refused."""
    value: Any = 1
    for _ in range(150):
        value = [value]
    assert call("return ...", value) == value
    deeper: Any = 1
    for _ in range(300):
        deeper = [deeper]
    with pytest.raises(lua.ArgumentUnusableError):
        call("return ...", deeper)


def test_odd_map_keys() -> None:
    """A map key that Lua has no counterpart for is refused, not dropped."""
    with pytest.raises(lua.ArgumentUnusableError):
        call("return ...", {(1, 2): 3})


COMPLAINTS = {
    "local x = string.gsub('a', nil, 'x') return x": "bad argument #2 to 'gsub' (string expected, got nil)",
    "local x = string.rep('a', {}) return x": "bad argument #2 to 'rep' (number expected, got table)",
    "local t = {} table.insert(t, 1, 2, 3)": "wrong number of arguments to 'insert'",
    "local x = table.concat({{}}) return x": "invalid value (table) at index 1 in table for 'concat'",
    # A value that is returned at once is no reason to lose the line.
    "return list.size(nil)": "bad argument #1 to 'size' (userdata expected, got nil)",
    "return string.format('%d', 'x')": "bad argument #2 to 'format' (number expected, got string)",
    "return table.insert(5, 1)": "bad argument #1 to 'insert' (table expected, got number)",
    "return map(map(), 'x')": "bad argument #3 to 'map' (number expected, got string)",
    "return next(map())": "bad argument #1 to 'next' (table expected, got Map)",
    "return type()": "bad argument #1 to 'type' (value expected)",
    "return xpcall(1, 2)": "bad argument #2 to 'xpcall' (function expected, got number)",
    "return require()": "bad argument #1 to 'require' (string expected, got no value)",
    "return collectgarbage('x')": "bad argument #1 to 'collectgarbage' (invalid option 'x')",
    "for k in pairs(map()) do end": "bad argument #1 to 'for iterator' (table expected, got Map)",
    # Methods do not count their object, and a function is called what the script calls it.
    "return ('x'):rep({})": "bad argument #1 to 'rep' (number expected, got table)",
    "return ('%d'):format()": "bad argument #1 to 'format' (no value)",
    "return aerospike:update(5)": "bad argument #1 to 'update' (Record expected, got number)",
    "return aerospike.update(aerospike, 5)": "bad argument #2 to 'update' (Record expected, got number)",
    "return aerospike.get_current_time(5)": "bad argument #1 to 'get_current_time' (userdata expected, got number)",
    "local size = list.size local n = size(5) return n": "bad argument #1 to 'size' (userdata expected, got number)",
    "rec['much too long for a bin'] = {}": "can't set bin much too long for a bin to unsupported type",
    "return geojson('x').y": "attempt to index a GeoJSON value",
    "return #rec": "attempt to get length of a Record value",
}
"""What a function says about its line 2, as a server said it."""


def test_complaints_name_the_scripts_line() -> None:
    """What the library complains of is told as if it were C: by the name and line of the script."""
    seen = {}
    for body in COMPLAINTS:
        with pytest.raises(lua.LuaFailedError) as caught:
            call(body)
        seen[body] = caught.value.text
    assert seen == {body: f"/udf/m.lua:2: {text}".encode() for body, text in COMPLAINTS.items()}


def test_calls_without_a_name() -> None:
    """Lua's own functions are known by their full name then, others by none; a server's Lua code names its lines."""
    assert call("return select(2, pcall(list.size, 5))") == "bad argument #1 to '?' (userdata expected, got number)"
    assert (
        call("return select(2, pcall(string.rep))") == "bad argument #1 to 'string.rep' (string expected, got no value)"
    )
    assert call("return select(2, pcall(map.clone, 5))") == (
        "[string \"as.lua\"]:47: bad argument #1 to 'pairs' (userdata expected, got number)"
    )
    assert call("return select(2, pcall(math.sum, 1))") == (
        "[string \"as.lua\"]:53: attempt to perform arithmetic on a nil value (local 'b')"
    )


def test_tail_calls_of_the_scripts_own_functions() -> None:
    """They are what they are elsewhere: as deep as one likes, and without a line of their own."""
    body = "local function down(n) if n == 0 then return 'deep' end return down(n - 1) end return down(300000)"
    assert call(body, limit=5) == "deep"
    with pytest.raises(lua.LuaFailedError) as caught:
        call("local function fail() error('lost', 2) end local function pass() return fail() end return pass()")
    assert caught.value.text == b"lost"


TOO_LARGE = {
    "return doubled": "the result",
    "rec.a = doubled return aerospike:update(rec)": "what is stored",
    "return list.nbytes(doubled)": "a size",
    "return tostring(doubled)": "a text",
    "return map.nbytes(map{a = doubled})": "a size of a map",
    "return ('x'):rep(2000000)": "a text that is returned",
    "return os.date(('%c'):rep(10000))": "a date",
}
"""Small in Lua, and of any size outside."""


def test_values_that_grow_on_their_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is in several places of a value leaves Lua as often; that has a bound, wherever it happens."""
    monkeypatch.setattr("aerospike_wire.lua.machine.MAX_SIZE", 10_000)
    for body, what in TOO_LARGE.items():
        with pytest.raises(lua.LuaFailedError) as caught:
            call(f"local doubled = list{{1}} for i = 1, 40 do doubled = list{{doubled, doubled}} end {body}")
        assert caught.value.text, what
    monkeypatch.undo()
    machine = lua.Machine("/udf", "m", {"m.lua": b"function f(rec) local l = list() l[60000] = 1 return l end"})
    with pytest.raises(lua.TimeUpError):
        machine.call("f", SUBJECT, (), tentative=True)
    assert len(call("local l = list() l[60000] = 1 return l")) == 60_000


def test_coroutines() -> None:
    """They are there as elsewhere, within the same limits of time, memory and depth."""
    body = "local sum = 0 for v in coroutine.wrap(function(n) for i = 1, 4 do coroutine.yield(i) end end) do sum = sum + v end"
    assert call(f"{body} return list{{sum, type(coroutine.running())}}") == [10, "thread"]
    nest = "local function nest() return coroutine.wrap(nest)() end local ok, text = pcall(nest) return text"
    assert "C stack overflow" in call(nest)
    with pytest.raises(lua.LuaFailedError, match="not enough memory"):
        call("local kept = {} while true do kept[#kept + 1] = coroutine.create(print) end", limit=5)
    with pytest.raises(lua.LuaFailedError) as caught:
        call("return coroutine.create(5)")
    assert caught.value.text == b"/udf/m.lua:2: bad argument #1 to 'create' (function expected, got number)"


def test_iterators_need_their_state() -> None:
    """A loop has it; somebody who calls the function alone gets nothing, as on a server."""
    assert call("local step, state = list.iterator(list{7}) return list{step(state), step() or 'none'}") == [7, "none"]
