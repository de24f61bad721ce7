"""Queries that change records in the background, and stream functions over them, on both clients."""

from __future__ import annotations

import copy
import json
import pickle
import sys
from typing import TYPE_CHECKING, Any

import pytest
from cases import for_each
from rawnode import RawNode, info_reply, member

from aerospike_wire import errors, expressions, operations, predicates
from aerospike_wire.embedded import EmbeddedCluster
from aerospike_wire.proto.header import MESSAGE, FrameType, Info3, frame

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Callable

SET = "jobs"
WRITE = operations.write("x", 1)

MODULE = """
local function one(record)
    return 1
end

local function add(a, b)
    return a + b
end

local function number(record)
    return record.n
end

function count(stream)
    return stream : map(one) : reduce(add)
end

function numbers(stream, least)
    return stream : map(number) : filter(function(n) return n >= least end)
end

function groups(stream)
    local function put(found, record)
        local name = "g" .. record.n % 3
        found[name] = (found[name] or 0) + 1
        return found
    end
    local function merge(a, b)
        return map.merge(a, b, add)
    end
    return stream : aggregate(map(), put) : reduce(merge)
end

function boom(stream)
    return stream : map(function(record) error("no " .. record.n) end)
end

function late(stream)
    return stream : map(one) : reduce(function(a, b) return a + b end) : map(function(n) error("late") end)
end

function set_y(record, value)
    record.y = value
    aerospike:update(record)
    return 0
end

function fails(record)
    error("not this one")
end
"""


async def fill(client: Any, count: int = 20) -> None:
    """Write the records."""
    for number in range(count):
        await client.put(("test", SET, number), {"n": number}, None, {"total_timeout": 30_000})


async def register(client: Any, tmp_path: pathlib.Path) -> pathlib.Path:
    """Register the module."""
    path = tmp_path / "jobmod.lua"
    path.write_text(MODULE)
    await client.udf_put(path)
    return path


async def bins(client: Any) -> list[dict[str, Any]]:
    """The bins of all records, in order."""
    return sorted((record.bins for record in await client.query("test", SET).results()), key=lambda found: found["n"])


async def wait(task: Any, *args: Any, **kwargs: Any) -> Any:
    """Wait for a job, whichever client it is of."""
    found = task.wait(*args, **kwargs)
    return await found if hasattr(found, "__await__") else found


async def call(task: Any, name: str) -> Any:
    """Call a method of a job."""
    found = getattr(task, name)()
    return await found if hasattr(found, "__await__") else found


# Jobs


async def test_writes_in_the_background(client: Any) -> None:
    """Every record of the set is changed, none is created, and the task knows when."""
    await fill(client)
    task = await client.query("test", SET).add_ops([WRITE, operations.increment("n", 100)]).execute_background()
    status = await wait(task, 5000)
    assert (status.done, status.outcome, status.succeeded, status.failed, status.progress) == (True, "ok", 20, 0, 100.0)
    assert [found["n"] for found in await bins(client)] == list(range(100, 120))
    assert await client.job_info(task, "query") == {"progress_pct": 100, "records_read": 20, "status": 2}
    assert await call(task, "done")
    assert await call(task, "progress") == 100.0
    assert await call(task, "abort") is False


async def test_a_task_is_the_number_of_its_job(client: Any) -> None:
    """As the official client returns it; what is copied or pickled is the number alone."""
    await fill(client, 1)
    task = await client.scan("test", SET).add_ops([WRITE]).execute_background()
    assert isinstance(task, int)
    assert task == task.id > 0
    assert str(int(task)) in repr(task)
    assert task.module == "scan"
    assert type(pickle.loads(pickle.dumps(task))) is type(copy.copy(task)) is int
    assert json.dumps(task) == str(int(task))
    await wait(task, 5000)


async def test_job_on_what_an_index_finds(client: Any) -> None:
    """Only those records; a filter narrows them further."""
    await fill(client)
    await client.index_integer_create("test", SET, "n", "jobs_n")
    query = client.query("test", SET).where(predicates.between("n", 5, 9)).add_ops([WRITE])
    even = expressions.Eq(expressions.Mod(expressions.IntBin("n"), 2), 0)
    await wait(await query.execute_background({"expressions": even.compile()}), 5000)
    assert [found["n"] for found in await bins(client) if "x" in found] == [6, 8]


async def test_function_in_the_background(client: Any, tmp_path: pathlib.Path) -> None:
    """It is applied to every record; what fails for one is counted."""
    await fill(client, 5)
    await register(client, tmp_path)
    await wait(await client.query("test", SET).apply("jobmod", "set_y", [7]).execute_background(), 5000)
    assert [found["y"] for found in await bins(client)] == [7] * 5
    status = await wait(await client.query("test", SET).apply("jobmod", "fails").execute_background(), 5000)
    assert (status.outcome, status.failed) == ("ok", 5)


async def test_query_apply_and_scan_apply(client: Any, tmp_path: pathlib.Path) -> None:
    """They wait until the job is done."""
    await fill(client, 5)
    await register(client, tmp_path)
    await client.index_integer_create("test", SET, "n", "jobs_n")
    task = await client.query_apply("test", SET, predicates.between("n", 1, 2), "jobmod", "set_y", [1])
    assert [found.get("y") for found in await bins(client)] == [None, 1, 1, None, None]
    assert task > 0
    await client.scan_apply("test", SET, "jobmod", "set_y", [2])
    assert [found["y"] for found in await bins(client)] == [2] * 5


async def test_unknown_set_has_nothing_to_change(client: Any) -> None:
    """That is no error, as with the official client."""
    task = await client.query("test", "never_written").add_ops([WRITE]).execute_background()
    status = await wait(task, 1000)
    assert (status.done, status.nodes, status.outcome) == (True, {}, None)


@for_each(
    ("make", "argument"),
    [
        (lambda query: query, "ops"),
        (lambda query: query.add_ops([]), "ops"),
        (lambda query: query.add_ops([operations.read("n")]), "ops"),
        (lambda query: query.add_ops([WRITE]).apply("m", "f"), "ops"),
        (lambda query: query.add_ops([WRITE]).select("n"), "select"),
        (lambda query: query.apply("", "f"), "module"),
        (lambda query: query.apply("m", 5), "function"),
        (lambda query: query.apply("m", "f", "x"), "arguments"),
        (lambda query: query.apply("m", "f", [object()]), None),
    ],
)
async def test_job_that_cannot_be(client: Any, server: Any, make: Any, argument: str | None) -> None:
    """It is refused before anything is sent."""
    await client.connect()
    rule = server.faults.on("query").answer(1)
    with pytest.raises(errors.ParamError) as caught:
        await make(client.query("test", SET)).execute_background()
    assert argument is None or caught.value.argument == argument
    assert rule.hits == 0


async def test_settings_of_a_job_are_checked(client: Any) -> None:
    """Those that are attributes too."""
    for name, wrong in (("ttl", "x"), ("ttl", 1 << 40), ("records_per_second", -1), ("records_per_second", "x")):
        query = client.query("test", SET).add_ops([WRITE])
        setattr(query.query, name, wrong)
        with pytest.raises(errors.ParamError) as caught:
            await query.execute_background()
        assert caught.value.argument == name


async def test_refused_job(client: Any, tmp_path: pathlib.Path) -> None:
    """With the class of the code, and the job's number."""
    await fill(client, 1)
    with pytest.raises(errors.IndexNotFound) as caught:
        await client.query("test", SET).where(predicates.equals("n", 1)).add_ops([WRITE]).execute_background()
    context = caught.value.context
    assert isinstance(context, errors.QueryContext)
    assert (context.operation, context.bin) == ("execute_background", "n")
    assert context.task_id
    assert caught.value.in_doubt is False
    with pytest.raises(errors.NamespaceNotFound):
        await client.query("nowhere", SET).add_ops([WRITE]).execute_background()
    senseless = operations.expression_write("e", expressions.GT(expressions.IntBin("n"), "a").compile())
    with pytest.raises(errors.InvalidRequest, match="by expression_write") as refused:
        await client.query("test", SET).add_ops([WRITE, senseless]).execute_background()
    assert [operation.place for operation in refused.value.context.operations] == [1]


async def test_job_whose_node_does_not_answer(make_client: Callable[..., Any]) -> None:
    """It may have started: in doubt, and not sent again."""
    sent = []

    def answer(request: bytes) -> None:
        sent.append(request)

    with RawNode(member(answer)) as node:
        client = make_client(node.address)
        with pytest.raises(errors.ConnectionError) as caught:
            await client.query("test", SET).add_ops([WRITE]).execute_background({"max_retries": 5})
    assert len(sent) == 1
    assert caught.value.in_doubt is True


def jobs_node(answers: list[str]) -> Callable[..., bytes]:
    """A node with a job that is in these states, one after the other."""
    started = frame(FrameType.MESSAGE, MESSAGE.pack(22, 0, 0, Info3.LAST, 0, 0, 0, 0, 0, 0, 0))

    def answer(request: bytes) -> bytes:
        if request[1] == FrameType.MESSAGE:
            return started
        line = request[8:].decode().strip()
        return info_reply([(line, answers.pop(0))])

    return answer


ACTIVE = "trid=1:ns=test:status=active(ok):job-progress=25.50:recs-succeeded=3:recs-failed=1"
DONE = "trid=1:ns=test:status=done(ok):job-progress=100.00:recs-succeeded=9:recs-failed=1"


async def test_waiting(make_client: Callable[..., Any]) -> None:
    """Until no node works on it; in between it can be looked at."""
    with RawNode(member(jobs_node([ACTIVE, ACTIVE, ACTIVE, ACTIVE, DONE]))) as node:
        client = make_client(node.address)
        task = await client.query("test", SET).add_ops([WRITE]).execute_background()
        assert await call(task, "progress") == 25.5
        assert await client.job_info(task, "query") == {"progress_pct": 25, "records_read": 3, "status": 1}
        status = await wait(task)
        assert (status.outcome, status.succeeded, status.failed) == ("ok", 9, 1)


async def test_waiting_in_vain(make_client: Callable[..., Any]) -> None:
    """A TimeoutError that says how far the job is, and names it."""
    with RawNode(member(jobs_node([ACTIVE] * 100))) as node:
        client = make_client(node.address)
        task = await client.query("test", SET).add_ops([WRITE]).execute_background()
        with pytest.raises(errors.TimeoutError, match=r"2[56] %") as caught:
            await wait(task, 50)
        context = caught.value.context
        assert isinstance(context, errors.QueryContext)
        assert context.task_id == task
        with pytest.raises(errors.ParamError):
            await wait(task, -1)


@pytest.mark.parametrize(
    ("said", "cls"),
    [("done(user-aborted)", errors.ScanAbortedError), ("done(abandoned-unknown)", errors.ServerError)],
)
async def test_job_that_ended_early(make_client: Callable[..., Any], said: str, cls: type[Exception]) -> None:
    """Waiting for it raises; looking at it does not."""
    state = DONE.replace("done(ok)", said)
    with RawNode(member(jobs_node([state, state]))) as node:
        client = make_client(node.address)
        task = await client.query("test", SET).add_ops([WRITE]).execute_background()
        with pytest.raises(cls) as caught:
            await wait(task)
        assert type(caught.value) is cls
        assert await call(task, "done")


async def test_aborting(make_client: Callable[..., Any]) -> None:
    """True if a node worked on it; one that did not know it is no error, one that refuses is."""
    with RawNode(member(jobs_node(["ok", "ERROR:2:id not active", "ERROR:4:bad id"]))) as node:
        client = make_client(node.address)
        assert await client.job_abort(5) is True
        assert await client.job_abort(5, "scan") is False
        with pytest.raises(errors.InvalidRequest) as caught:
            await client.job_abort(5)
        assert caught.value.server_message == "bad id"


@pytest.mark.parametrize(
    ("build", "line"),
    [
        ("8.1.2.0", "query-show:id=5"),
        ("7.2.0.1", "query-show:trid=5"),
        ("5.2.0.1", "jobs:module=scan;cmd=get-job;trid=5"),
    ],
)
async def test_words_of_older_servers(make_client: Callable[..., Any], build: str, line: str) -> None:
    """Each version is asked in its own."""
    asked = []

    def answer(request: bytes) -> bytes:
        asked.append(request[8:].decode().strip())
        return info_reply([(asked[-1], "ERROR:2:job not found")])

    with RawNode(member(answer, build=build)) as node:
        client = make_client(node.address)
        assert await client.job_info(5, "scan") == {"progress_pct": 0, "records_read": 0, "status": 2}
    assert asked == [line]


@for_each(
    ("args", "argument"),
    [(("5", "query"), "job_id"), ((-1, "query"), "job_id"), ((1 << 64, "query"), "job_id"), ((5, "udf"), "module")],
)
async def test_question_about_no_job(client: Any, args: tuple[Any, ...], argument: str) -> None:
    """Refused with the argument's name."""
    for method in (client.job_info, client.job_abort):
        with pytest.raises(errors.ParamError) as caught:
            await method(*args)
        assert caught.value.argument == argument


# Aggregations


async def test_aggregation(client: Any, tmp_path: pathlib.Path) -> None:
    """One value of a reduce, all values of a stream without one; the module comes from the cluster."""
    await fill(client)
    await register(client, tmp_path)
    assert await client.query("test", SET).apply("jobmod", "count").results() == [20]
    assert sorted(await client.scan("test", SET).apply("jobmod", "numbers", [15]).results()) == [15, 16, 17, 18, 19]
    assert await client.query("test", SET).apply("jobmod", "groups").results() == [{"g0": 7, "g1": 7, "g2": 6}]


async def test_aggregation_of_what_an_index_finds(client: Any, tmp_path: pathlib.Path) -> None:
    """The predicate decides what the function sees."""
    await fill(client)
    await register(client, tmp_path)
    await client.index_integer_create("test", SET, "n", "jobs_n")
    query = client.query("test", SET).where(predicates.between("n", 3, 6)).apply("jobmod", "count")
    assert [value async for value in query] == [4]
    found: list[Any] = []
    query = client.query("test", SET).where(predicates.between("n", 3, 6)).apply("jobmod", "numbers", [5])
    await query.foreach(found.append)
    assert sorted(found) == [5, 6]
    with pytest.raises(errors.ParamError, match="cursor"):
        query.records().cursor()


async def test_module_from_the_caller(client: Any, tmp_path: pathlib.Path) -> None:
    """As text, bytes or a file; the cluster is not asked then."""
    await fill(client, 3)
    path = await register(client, tmp_path)
    for source in (MODULE, MODULE.encode(), path):
        assert await client.query("test", SET).apply("jobmod", "count", source=source).results() == [3]
    with pytest.raises(errors.LuaFileNotFound):
        await client.query("test", SET).apply("jobmod", "count", source=tmp_path / "no.lua").results()
    with pytest.raises(errors.ParamError) as caught:
        client.query("test", SET).apply("jobmod", "count", source=5)
    assert caught.value.argument == "source"


async def test_aggregation_over_several_nodes(make_client: Callable[..., Any], tmp_path: pathlib.Path) -> None:
    """Each node aggregates what it is master of, and the rest is done here."""
    with EmbeddedCluster(3) as cluster:
        client = make_client(cluster.seeds)
        await fill(client, 60)
        await register(client, tmp_path)
        assert await client.query("test", SET).apply("jobmod", "count").results() == [60]
        assert sorted(await client.query("test", SET).apply("jobmod", "numbers", [50]).results()) == list(range(50, 60))
        status = await wait(await client.query("test", SET).add_ops([WRITE]).execute_background(), 5000)
        assert (len(status.nodes), status.succeeded) == (3, 60)


async def test_unknown_set_has_no_values(client: Any, tmp_path: pathlib.Path) -> None:
    """Not even the one of a reduce."""
    await fill(client, 1)
    await register(client, tmp_path)
    assert await client.query("test", "never_written").apply("jobmod", "count").results() == []


@pytest.mark.parametrize(
    ("function", "words"),
    [("boom", "no 0"), ("late", "late"), ("nothing_like_it", "function not found")],
)
async def test_function_that_fails(client: Any, tmp_path: pathlib.Path, function: str, words: str) -> None:
    """A UDFError with module, function and the words, wherever it failed."""
    await fill(client, 1)
    await register(client, tmp_path)
    with pytest.raises(errors.UDFError) as caught:
        await client.query("test", SET).apply("jobmod", function).results()
    error = caught.value
    assert (error.module, error.func) == ("jobmod", function)
    assert words in str(error)
    assert error.context.namespace == "test"
    assert error.lua_message == words
    lines = MODULE.splitlines()
    where = next((number for number, line in enumerate(lines, 1) if f'error("{words[:3]}' in line), None)
    assert error.lua_line == where
    assert (error.lua_file or "jobmod.lua").endswith("jobmod.lua")
    assert error.reason == ("runtime_error" if where else "function_missing")


async def test_module_that_is_not_there(client: Any) -> None:
    """Found out before any node works."""
    await fill(client, 1)
    with pytest.raises(errors.UDFError, match="nomodule"):
        await client.query("test", SET).apply("nomodule", "count").results()
    with pytest.raises(errors.UDFError):
        await client.query("test", SET).apply("nomodule", "count", source="this is no Lua").results()


async def test_aggregation_without_lua(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says what to install; nothing is sent."""
    await fill(client, 1)
    monkeypatch.setitem(sys.modules, "lupa.lua54", None)
    monkeypatch.setitem(sys.modules, "lupa", None)
    with pytest.raises(errors.ClientError, match=r"aerospike-wire\[lua\]"):
        await client.query("test", SET).apply("jobmod", "count").results()


async def test_aggregation_that_a_node_refuses(client: Any, server: Any, tmp_path: pathlib.Path) -> None:
    """The class is the code's; a filter is refused like that by every server."""
    await fill(client, 3)
    await register(client, tmp_path)
    only = expressions.Eq(expressions.IntBin("n"), 1).compile()
    with pytest.raises(errors.UnsupportedFeature):
        await client.query("test", SET).apply("jobmod", "count").results({"expressions": only})
    with pytest.raises(errors.ParamError) as caught:
        await client.query("test", SET).apply("jobmod", "count").results({"partition_filter": {"begin": 1, "count": 1}})
    assert caught.value.argument == "partition_filter"
    server.faults.on("query").once().answer(9)
    assert await client.query("test", SET).apply("jobmod", "count").results() == [3]


async def test_broken_aggregation_begins_anew(make_client: Callable[..., Any]) -> None:
    """Values of a stream that broke do not count."""
    tries = []
    value = bytes.fromhex("0000001301010007") + b"SUCCESS" + (5).to_bytes(8, "big")

    def answer(request: bytes) -> bytes | None:
        tries.append(request)
        part = MESSAGE.pack(22, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1) + value
        if len(tries) == 1:
            return frame(FrameType.MESSAGE, part) + frame(FrameType.MESSAGE, part)[:9]
        return frame(FrameType.MESSAGE, part + MESSAGE.pack(22, 0, 0, Info3.LAST, 0, 0, 0, 0, 0, 0, 0))

    with RawNode(member(answer)) as node:
        client = make_client(node.address)
        query = client.query("test", SET).apply("jobmod", "count", source=MODULE)
        assert await query.results({"socket_timeout": 100}) == [5]
        with pytest.raises(errors.TimeoutError):
            tries.clear()
            await (
                client.query("test", SET)
                .apply("jobmod", "count", source=MODULE)
                .results({"socket_timeout": 50, "max_retries": 0})
            )
