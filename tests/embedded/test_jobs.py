"""Queries and background jobs as the node lists, throttles, aborts and ends them."""

from __future__ import annotations

import struct
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
import wire as raw
from cases import for_each
from wire import WRITE, Wire, get, op, put, query

from aerospike_wire import lua
from aerospike_wire.embedded import info
from aerospike_wire.embedded.jobs import Job, Jobs
from aerospike_wire.embedded.node import Session
from aerospike_wire.embedded.refusal import Refusal
from aerospike_wire.proto.fields import Field
from aerospike_wire.proto.header import Info2
from aerospike_wire.proto.message import OpCode, read_messages

if TYPE_CHECKING:
    from collections.abc import Callable

    from aerospike_wire.embedded import EmbeddedServer

needs_lua = pytest.mark.skipif(not lua.available(), reason="needs lupa")

MODULE = b"""
local function one(rec) return 1 end
local function add(a, b) return a + b end
function count(s) return s : map(one) : reduce(add) end
function endless(s) return s : map(function(rec) while true do end end) end
function hungry(s) return s : map(function(rec) local t = {} for i = 1, 1e9 do t[i] = ('x'):rep(1e5) .. i end end) end
function mark(rec, n) rec.n = n aerospike:update(rec) end
function fail(rec) error("no") end
"""


def task(number: int) -> dict[Any, bytes]:
    return {Field.TASK_ID: struct.pack(">Q", number)}


def rate(number: int) -> dict[Any, bytes]:
    return {Field.RECORDS_PER_SECOND: struct.pack(">I", number)}


def call(function: str, kind: int, arguments: bytes = b"\x90") -> dict[Any, bytes]:
    return {
        Field.UDF_OP: bytes((kind,)),
        Field.UDF_MODULE: b"m",
        Field.UDF_FUNCTION: function.encode(),
        Field.UDF_ARGUMENTS: arguments,
    }


def aggregate(function: str, **fields: Any) -> bytes:
    return query({**call(function, 1), **fields}, partitions=None)


def job(fields: dict[Any, bytes], ops: list[bytes] | None = None) -> bytes:
    return query(fields, info1=0, info2=WRITE, info3=0, ops=ops or [], partitions=None)


def shown(wire: Wire, number: int) -> dict[str, str]:
    line = wire.info(f"query-show:id={number}")[f"query-show:id={number}"]
    return dict(part.split("=", 1) for part in line.split(":"))


def status(wire: Wire, number: int) -> str:
    """Of a job; its refusal if the node does not know it yet."""
    line = wire.info(f"query-show:id={number}")[f"query-show:id={number}"]
    return line.partition("status=")[2].partition(":")[0] or line


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def filled(server: EmbeddedServer, wire: Wire) -> Wire:
    for number in range(30):
        wire.ask(put(number, {"a": number}))
    server.call(server.node.modules.register, "m.lua", MODULE)
    return wire


# What is listed


def test_finished_job(filled: Wire) -> None:
    """A job that is done tells its numbers; its id cannot be used again while it is remembered."""
    request = job({**task(77), Field.FILTER: bytes.fromhex("9303935102a16109")}, [op(OpCode.WRITE, "b", 1)])
    assert filled.ask(request).result == 0
    until(lambda: status(filled, 77) == "done(ok)")
    found = shown(filled, 77)
    assert {key: found[key] for key in ("ns", "set", "status", "job-progress", "job-type", "rps")} == {
        "ns": "test", "set": "demo", "status": "done(ok)", "job-progress": "100.00", "job-type": "background-ops",
        "rps": "10000",
    }  # fmt: skip
    assert (found["recs-succeeded"], found["recs-filtered-bins"], found["recs-failed"]) == ("20", "10", "0")
    assert filled.ask(request).result == 4
    assert filled.info("query-show:id=0x4d")["query-show:id=0x4d"].startswith("trid=77:")


def test_flags_that_count_for_nothing_in_jobs(filled: Wire) -> None:
    """As on a server: generations are not compared, and records that are there are changed whatever else is asked."""
    flags = Info2.WRITE | Info2.GENERATION | Info2.GENERATION_GT | Info2.CREATE_ONLY
    request = query(task(1), info1=0, info2=flags, info3=0, ops=[op(OpCode.WRITE, "b", 1)], partitions=None)
    assert filled.ask(request).result == 0
    until(lambda: status(filled, 1) == "done(ok)")
    assert (shown(filled, 1)["recs-succeeded"], shown(filled, 1)["recs-failed"]) == ("30", "0")


@needs_lua
def test_functions_on_records(filled: Wire) -> None:
    """A function runs on every record; those that fail are counted, and the job is not stopped by them."""
    filled.ask(job({**task(1), **call("mark", 2, b"\x91\x07")}))
    until(lambda: status(filled, 1) == "done(ok)")
    assert raw.bins_of(filled.ask(get(3))) == {"a": 3, "n": 7}
    assert (shown(filled, 1)["recs-succeeded"], shown(filled, 1)["udf-function"]) == ("30", "mark")
    filled.ask(job({**task(2), **call("fail", 2)}))
    until(lambda: status(filled, 2) == "done(ok)")
    assert shown(filled, 2)["recs-failed"] == "30"


@for_each(
    ("command", "answer"),
    [
        ("query-show:id=5", "ERROR:2:job not found"),
        ("query-show:trid=5", "ERROR:2:job not found"),
        ("query-show:id=x", "ERROR:4:bad id"),
        ("query-show:id=0", "ERROR:4:bad id"),
        ("query-show", ""),
        ("query-abort:id=5", "ERROR:2:id not active"),
        ("query-abort:", "ERROR:4:missing 'id'"),
        ("query-abort-all:", "number-of-queries-killed:0"),
    ],
)
def test_commands_without_jobs(wire: Wire, command: str, answer: str) -> None:
    """Each command has its words for a job that is not there."""
    found = wire.info(command)
    assert list(found.values()) == [answer]


def test_jobs_that_are_remembered() -> None:
    """The newest come first, and only so many."""
    jobs = Jobs(max_done=3)
    for number in range(1, 6):
        made = Job(number, "test", "", "basic", "1.2.3.4:5")
        jobs.start(made)
        jobs.finish(made)
    assert [found.id for found in jobs] == [5, 4, 3]
    jobs.start(Job(6, "test", "", "basic", "1.2.3.4:5"))
    assert [found.id for found in jobs] == [6, 5, 4, 3]
    with pytest.raises(Refusal) as caught:
        jobs.start(Job(6, "test", "", "basic", ""))
    assert caught.value.code == 4


def test_too_many_queries() -> None:
    """With no thread left a query is refused with 22."""
    jobs = Jobs(max_threads=1)
    jobs.start(Job(1, "test", "", "basic", ""))
    with pytest.raises(Refusal) as caught:
        jobs.start(Job(2, "test", "", "basic", ""))
    assert caught.value.code == 22


def test_limits_are_settings(server: EmbeddedServer, filled: Wire) -> None:
    """How many queries run and how many are remembered can be set, as on a server."""
    setting = "set-config:context=service;query-threads-limit=1"
    assert filled.info(setting) == {setting: "ok"}
    filled.send(query({**task(4), **rate(1)}))
    with Wire(server) as other:
        until(lambda: status(other, 4) == "active(ok)")
        assert other.ask(query()).result == 22
        other.info("query-abort-all:")
        until(lambda: status(other, 4) == "done(user-aborted)")
        setting = "set-config:context=service;query-max-done=0"
        assert other.info(setting) == {setting: "ok"}
        assert status(other, 4) == "ERROR:2:job not found"


# How they end


def test_throttled_query_is_aborted(server: EmbeddedServer, filled: Wire) -> None:
    """An aborted query sends what it has and ends with 15; the connection goes on."""
    filled.send(query({**task(9), **rate(1)}))
    with Wire(server) as other:
        until(lambda: status(other, 9) == "active(ok)" and shown(other, 9)["recs-succeeded"] != "0")
        assert shown(other, 9)["status"] == "active(ok)"
        assert other.info("query-abort:id=9") == {"query-abort:id=9": "ok"}
        messages = list(read_messages(filled.frame()[1]))
        while not messages[-1].last:
            messages += read_messages(filled.frame()[1])
        assert 2 <= len(messages) < 30
        assert messages[-1].result == 15
        assert shown(other, 9)["status"] == "done(user-aborted)"
    assert filled.ask(get(1)).result == 0


def test_throttled_job_is_aborted(filled: Wire) -> None:
    """A job in the background can be stopped half way."""
    filled.ask(job({**task(8), **rate(5)}, [op(OpCode.WRITE, "b", 1)]))
    assert filled.info("query-abort-all:") == {"query-abort-all:": "number-of-queries-killed:1"}
    until(lambda: status(filled, 8) == "done(user-aborted)")
    assert 0 < int(shown(filled, 8)["recs-succeeded"]) < 30


def test_client_that_goes_away(server: EmbeddedServer, filled: Wire) -> None:
    """The query of a client that closes its connection is given up."""
    with Wire(server) as leaving:
        leaving.send(query({**task(5), **rate(1)}))
        until(lambda: status(filled, 5) == "active(ok)" and shown(filled, 5)["recs-succeeded"] != "0")
    until(lambda: status(filled, 5) == "done(abandoned-response-error)")


def test_client_that_takes_nothing(server: EmbeddedServer, filled: Wire) -> None:
    """A client that leaves its data untaken for longer than it said loses its connection."""
    for number in range(200):
        filled.ask(put(number, {"b": bytes(100_000)}))
    with Wire(server) as slow:
        slow.send(query({**task(6), Field.SOCKET_TIMEOUT: struct.pack(">I", 100)}))
        until(lambda: status(filled, 6) == "done(abandoned-response-timeout)")
        assert int(shown(filled, 6)["recs-succeeded"]) < 200
    assert filled.ask(get(1)).result == 0


# Aggregations


@needs_lua
def test_aggregation(filled: Wire) -> None:
    """Each partition gives its value; together they are the whole."""
    messages, _ = filled.stream(aggregate("count"))
    values = [message.ops[0].value() for message in messages[:-1]]
    assert sum(values) == 30
    assert messages[-1].result == 0


@needs_lua
@pytest.mark.parametrize(
    ("function", "text", "limit"),
    [
        ("endless", "UDF Execution Timeout", 0.5),
        ("hungry", "not enough memory", 20.0),
        ("missing", "function not found", 1.0),
    ],
)
def test_functions_that_run_wild(server: EmbeddedServer, filled: Wire, function: str, text: str, limit: float) -> None:
    """Whatever a function does, its caller gets a text and a result of 1, and others are served meanwhile."""
    server.node.modules.time_limit = limit
    filled.send(aggregate(function))
    with Wire(server) as other:
        for _ in range(5):
            assert other.ask(get(1)).result == 0
    messages = list(read_messages(filled.frame()[1]))
    while not messages[-1].last:
        messages += read_messages(filled.frame()[1])
    (failure,) = messages[0].ops
    assert failure.name == b"FAILURE"
    assert failure.value().startswith("UDF: Execution Error 2 : ")
    assert text in failure.value()
    assert messages[-1].result == 1
    assert filled.ask(get(1)).result == 0


def test_without_lua(filled: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without lupa an aggregation says what to install."""
    monkeypatch.setitem(sys.modules, "lupa", None)
    monkeypatch.setitem(sys.modules, "lupa.lua54", None)
    messages, _ = filled.stream(aggregate("count"))
    assert "pip install 'aerospike-wire[lua]'" in messages[0].ops[0].value()
    assert messages[-1].result == 1


# Indexes that are being built


def test_index_over_many_records(server: EmbeddedServer, wire: Wire) -> None:
    """While an index is built it is listed as such and queries get 203; what is written meanwhile is in it."""
    for number in range(3000):
        wire.send(put(number, {"a": number}))
    for _ in range(3000):
        wire.frame()
    answers = []

    def create() -> None:
        answers.append(
            info.answer(server.node, Session(), "sindex-create:namespace=test;set=demo;indexname=i;bin=a;type=numeric")
        )
        answers.append(info.answer(server.node, Session(), "sindex-list:namespace=test"))
        answers.append(info.answer(server.node, Session(), "sindex-stat:namespace=test;indexname=i"))

    server.call(create)
    assert answers[0] == "ok"
    assert answers[1].endswith("state=WO")
    assert "load_pct=100" not in answers[2]
    wire.ask(put(5000, {"a": 1}))
    stat = "sindex-stat:namespace=test;indexname=i"
    until(lambda: "load_pct=100;" in wire.info(stat)[stat])
    assert wire.info(stat)[stat].startswith("entries=3001;")
    messages, _ = wire.stream(query({Field.INDEX_RANGE: raw.integers("a", 1, 2)}))
    assert sorted(raw.bins_of(message)["a"] for message in messages[:-1]) == [1, 1, 2]
