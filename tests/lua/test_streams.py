"""Stream functions: the node's half, the client's half, and what becomes of them together."""

from __future__ import annotations

from typing import Any

import pytest
from cases import for_each

from aerospike_wire import lua

pytestmark = pytest.mark.skipif(not lua.available(), reason="needs lupa")

SOURCE = b"""
local function a_of(rec) return rec.a end
local function add(one, other) return one + other end
local function odd(value) return value % 2 == 1 end

function all(s) return s end
function values(s) return s : map(a_of) end
function odds(s) return s : map(a_of) : filter(odd) end
function total(s) return s : map(a_of) : reduce(add) end
function scaled(s, factor) return s : map(a_of) : reduce(add) : map(function(v) return v * factor end) end
function twice_reduced(s) return s : map(a_of) : reduce(add) : reduce(add) end
function counted(s)
  return s : map(a_of) : aggregate(map(), function(m, v)
    m[v % 3] = (m[v % 3] or 0) + 1
    return m
  end) : reduce(function(m, n) return map.merge(m, n, add) end)
end
function sums(s) return s : map(a_of) : aggregate(0, add) end
function large(s) return s : aggregate(0, function(sum, rec) return sum + rec.a * 400 end) end
function grouped(s) return s : map(a_of) : groupby(function(v) return v % 2 end) end
function listed(s) return s : aggregate(list(), function(l, rec) list.append(l, rec.a) return l end) end
function first_only(s) return s : map(function(rec) if rec.a < 3 then return rec.a end end) end
function failing(s) return s : map(function(rec) error("no") end) end
function late(s) return s : map(a_of) : reduce(add) : map(function(v) error("late") end) end
function nothing(s) return nil end
function endless(s) return s : map(function(rec) while true do end end) end
function writes(s)
  return s : map(function(rec) rec.a = 9; return list{rec.a, aerospike:update(rec), aerospike:exists(rec)} end)
end
"""


def subject(value: int) -> lua.Subject:
    return lua.Subject(lua.RecordFacts(exists=True, digest=bytes(20)), (b"a",), lambda _name: value)


def node(function: str, *arguments: Any, count: int = 6, limit: float = 1.0) -> list[Any]:
    machine = lua.Machine("/udf", "m", {"m.lua": SOURCE})
    results: list[Any] = []
    machine.aggregate(function, map(subject, range(count)), arguments, results.append, limit=limit)
    return results


@for_each(
    ("function", "arguments", "on_node", "on_client"),
    [
        ("values", (), [0, 1, 2, 3, 4, 5], [0, 1, 2, 3, 4, 5] * 2),
        ("odds", (), [1, 3, 5], [1, 3, 5] * 2),
        ("total", (), [15], [30]),
        ("scaled", (3,), [15], [90]),
        ("twice_reduced", (), [15], [30]),
        ("counted", (), [{0: 2, 1: 2, 2: 2}], [{0: 4, 1: 4, 2: 4}]),
        ("sums", (), [15], [15, 15]),
        # An aggregation hands on what it has from 1000 on, and starts anew.
        ("large", (), [1200, 1200, 1600, 2000, 0], [1200, 1200, 1600, 2000, 0] * 2),
        ("grouped", (), [{0: [0, 2, 4], 1: [1, 3, 5]}], [{0: [0, 2, 4] * 2, 1: [1, 3, 5] * 2}]),
        ("listed", (), [[0, 1, 2, 3, 4, 5]], [[0, 1, 2, 3, 4, 5]] * 2),
        # A stream ends at its first nil.
        ("first_only", (), [0, 1, 2], [0, 1, 2] * 2),
        ("writes", (), [[value, 1, True] for value in range(6)], None),
    ],
)
def test_both_halves(function: str, arguments: Any, on_node: list[Any], on_client: list[Any] | None) -> None:
    """A node does all up to the first reduce; the client reduces what came from all and does the rest."""
    assert node(function, *arguments) == on_node
    if on_client is not None:
        assert lua.reduce(SOURCE, function, arguments, on_node * 2) == on_client


def test_no_records() -> None:
    """Without records an aggregation still gives its first value, a reduce gives nothing."""
    assert node("total", count=0) == []
    assert node("sums", count=0) == [0]
    assert lua.reduce(SOURCE, "total", (), []) == []


@for_each(
    ("function", "text"),
    [
        ("failing", b"/udf/m.lua:23: no"),
        ("nothing", b"attempt to index a nil value"),
        ("missing", b"function not found"),
        ("endless", b"UDF Execution Timeout"),
    ],
)
def test_node_failures(function: str, text: bytes) -> None:
    """What goes wrong on a node has the text of a server."""
    with pytest.raises(lua.LuaFailedError) as caught:
        node(function, limit=0.1)
    assert caught.value.text is not None
    assert text in caught.value.text


def test_client_failures() -> None:
    """What goes wrong in the client's half names the module's line."""
    with pytest.raises(lua.LuaFailedError) as caught:
        lua.reduce(SOURCE, "late", (), [1, 2], file_name="sums.lua")
    assert caught.value.text == b"./sums.lua:24: late"
    with pytest.raises(lua.LuaFailedError):
        lua.reduce(SOURCE, "missing", (), [])
    with pytest.raises(lua.ModuleUnusableError):
        lua.reduce(b"function (", "f", (), [])


def test_values_are_taken_one_by_one() -> None:
    """The client's half does not hold all that the nodes send."""
    taken: list[int] = []

    def values() -> Any:
        for value in range(5):
            taken.append(value)
            yield value

    machine = lua.Machine(".", "m", {"m.lua": SOURCE})
    seen: list[tuple[Any, int]] = []
    machine.reduce("values", values(), (), lambda value: seen.append((value, len(taken))))
    assert seen == [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)]


def test_what_a_source_raises_comes_back() -> None:
    """A source that fails in the middle fails the reduction with its own error."""

    def values() -> Any:
        yield 1
        msg = "the node is gone"
        raise ConnectionError(msg)

    with pytest.raises(ConnectionError, match="the node is gone"):
        lua.reduce(SOURCE, "total", (), values())


def test_results_are_bounded_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many there are, each may be as large as one that a function returns."""
    monkeypatch.setattr("aerospike_wire.lua.machine.MAX_SIZE", 10)
    many = [[1, 2, 3]] * 50
    assert lua.reduce(SOURCE, "all", [], many) == many
    with pytest.raises(lua.LuaFailedError) as caught:
        lua.reduce(SOURCE, "all", [], [list(range(11))])
    assert caught.value.text == b"not enough memory"
