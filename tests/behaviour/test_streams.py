"""Records of queries as they come, on both clients: leaving early, going on elsewhere, failing half way."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import pickle
from typing import TYPE_CHECKING, Any

import certificates
import pytest
from rawnode import RawNode, member

from aerospike_wire import errors, predicates
from aerospike_wire.embedded import EmbeddedCluster, EmbeddedServer
from aerospike_wire.partition_filter import PartitionFilter, pid_of
from aerospike_wire.proto.fields import Field, field
from aerospike_wire.proto.header import MESSAGE, FrameType, Info3, frame
from aerospike_wire.proto.message import read_message

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Callable

SET = "streams"
PATIENT = {"total_timeout": 30_000}
"""What prepares a test may take its time."""
RECORDS = int(os.environ.get("AEROSPIKE_WIRE_TEST_RECORDS", "1200"))
"""Records of the test of a cluster whose nodes come and go; CONTRIBUTING has the command for many."""


async def fill(client: Any, count: int = 300) -> None:
    """Write the records."""
    for start in range(0, count, 200):
        rows = [(("test", SET, number), number) for number in range(start, min(count, start + 200))]
        if client.kind == "async":
            await asyncio.gather(*(client.put(key, {"n": number}, None, PATIENT) for key, number in rows))
        else:
            for key, number in rows:
                await client.put(key, {"n": number}, None, PATIENT)


def links(client: Any) -> int:
    """Connections that carry requests of queries, or wait for them."""
    core = client.client._core
    pools = [node.pool for node in core.cluster.nodes.values()]
    return sum(len(pool._exclusive) + len(pool._idle) for pool in pools)


def numbers(records: Any) -> list[int]:
    """The values of the records' bin, sorted."""
    return sorted(record.bins["n"] for record in records)


async def test_iterating(client: Any) -> None:
    """Every record once; the link is kept for the next query."""
    await fill(client)
    found = [record async for record in client.query("test", SET)]
    assert numbers(found) == list(range(300))
    assert links(client) == 1
    assert numbers([record async for record in client.scan("test", SET)]) == list(range(300))
    assert links(client) == 1


async def test_leaving_the_loop_early(client: Any) -> None:
    """A loop that is left takes its socket and every task with it."""
    await fill(client)
    await client.query("test", SET).results()
    before = len(asyncio.all_tasks())
    count = 0
    async for _ in client.query("test", SET):
        count += 1
        if count == 10:
            break
    assert (links(client), len(asyncio.all_tasks())) == (0, before)
    assert len(await client.query("test", SET).results()) == 300


async def test_exception_in_the_loop(client: Any) -> None:
    """It comes out as it is, and nothing stays behind."""
    await fill(client, 50)
    query = client.query("test", SET)

    async def work() -> None:
        async for _ in query:
            msg = "mine"
            raise ZeroDivisionError(msg)

    with pytest.raises(ZeroDivisionError, match="mine"):
        await work()
    assert links(client) == 0
    assert query.cursor()["records"] == 1


async def test_dropped_iterator(client: Any) -> None:
    """One that nobody refers to any more is closed with its socket."""
    await fill(client, 50)
    before = len(asyncio.all_tasks())
    stream = client.query("test", SET).records()
    await stream.__anext__()
    assert links(client) == 1
    del stream
    gc.collect()
    assert (links(client), len(asyncio.all_tasks())) == (0, before)


async def test_closed_stream(client: Any) -> None:
    """It gives nothing more, and knows where it stood."""
    await fill(client, 50)
    stream = client.query("test", SET).records()
    await stream.__anext__()
    await stream.__anext__()
    stream.close()
    assert links(client) == 0
    assert [record async for record in stream] == []
    assert stream.cursor()["records"] == 2


async def test_cancelled_task(make_client: Callable[..., Any]) -> None:
    """A task that is cancelled while it waits for a record leaves neither socket nor task."""
    with RawNode(member(lambda request: b"")) as node:
        client = make_client(node.address)
        if client.kind != "async":
            pytest.skip("blocking calls are not cancelled")
        await client.connect()
        before = len(asyncio.all_tasks())
        task = asyncio.create_task(client.query("test", SET).results())
        while links(client) == 0:  # noqa: ASYNC110  nobody tells
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (links(client), len(asyncio.all_tasks())) == (0, before)


async def test_two_tasks_on_one_stream(make_client: Callable[..., Any]) -> None:
    """The second one is told; neither hangs."""
    with RawNode(member(lambda request: b"")) as node:
        client = make_client(node.address)
        if client.kind != "async":
            pytest.skip("of threads the second one may come in between")
        stream = client.query("test", SET).records({"socket_timeout": 200, "max_retries": 0})
        first = asyncio.create_task(stream.__anext__())
        await asyncio.sleep(0.05)
        with pytest.raises(RuntimeError, match="another task"):
            await stream.__anext__()
        with pytest.raises(errors.TimeoutError):
            await first


async def test_client_that_is_closed_under_a_query(make_client: Callable[..., Any]) -> None:
    """What has come is given; then the query fails, and is not tried again."""
    part = frame(FrameType.MESSAGE, b"".join(map(message, range(5))))
    with RawNode(member(lambda request: part)) as node:
        client = make_client(node.address)
        found = []
        with pytest.raises(errors.AerospikeError) as caught:
            async for record in client.query("test", SET):
                found.append(record)
                if len(found) == 2:
                    await client.close()
        assert caught.value.code in {-10, 11}
        assert caught.value.context.records == len(found) == 5


async def test_with_block(client: Any) -> None:
    """The end of a block closes the stream."""
    await fill(client, 50)
    stream = client.query("test", SET).records()
    if client.kind == "async":
        async with stream.stream as entered:
            await entered.__anext__()
    else:
        with stream.stream as entered:
            next(entered)
    assert links(client) == 0


async def test_foreach(client: Any) -> None:
    """It gives every record to the callback."""
    await fill(client, 50)
    found: list[Any] = []
    assert await client.query("test", SET).foreach(found.append) is None
    assert numbers(found) == list(range(50))


async def test_foreach_that_is_stopped(client: Any) -> None:
    """Only False ends it; the socket goes with it."""
    await fill(client, 50)
    found: list[Any] = []

    def take(record: Any) -> bool | None:
        found.append(record)
        return False if len(found) == 7 else None

    query = client.scan("test", SET)
    await query.foreach(take)
    assert (len(found), links(client), query.cursor()["records"]) == (7, 0, 7)


async def test_foreach_that_raises(client: Any) -> None:
    """What the callback raises comes out as it is."""
    await fill(client, 50)

    def boom(record: Any) -> None:
        raise KeyError(record.bins["n"])

    with pytest.raises(KeyError):
        await client.query("test", SET).foreach(boom)
    assert links(client) == 0
    with pytest.raises(errors.ParamError) as caught:
        await client.query("test", SET).foreach(5)
    assert caught.value.argument == "callback"


async def test_resuming(client: Any, make_client: Callable[..., Any], server: Any) -> None:
    """A cursor that went through JSON lets another client go on, record by record."""
    await fill(client, 100)
    await client.index_integer_create("test", SET, "n", "by_n")
    for indexed in (False, True):
        found: list[Any] = []
        cursor = None
        for _ in range(200):
            other = make_client(server.address)
            query = other.query("test", SET)
            if indexed:
                query.where(predicates.between("n", 0, 1000))
            if cursor is not None:
                query.resume(cursor)
            async for record in query:
                found.append(record)
                if len(found) % 13 == 0:
                    break
            cursor = json.dumps(query.cursor())
            if query.is_done():
                break
        assert numbers(found) == list(range(100))


async def test_resuming_what_is_done(client: Any) -> None:
    """There is nothing left, and that is no error."""
    await fill(client, 10)
    query = client.query("test", SET)
    await query.results()
    assert query.is_done()
    again = client.query("test", SET).resume(query.cursor())
    assert await again.results() == []
    assert again.is_done()


async def test_cursor_of_something_else(client: Any) -> None:
    """Each way in which it does not fit is a ParamError that names it."""
    await fill(client, 10)
    query = client.query("test", SET)
    await query.results()
    cursor = query.cursor()
    for wrong in (None, 5, "x", {**cursor, "version": 7}):
        with pytest.raises(errors.ParamError) as caught:
            client.query("test", SET).resume(wrong)
        assert caught.value.argument == "cursor"
    with pytest.raises(errors.ParamError, match="set"):
        client.query("test", "other").resume(cursor)
    with pytest.raises(errors.ParamError, match="another query"):
        await client.query("test", SET).where(predicates.equals("n", 1)).resume(cursor).results()


async def test_pages(client: Any) -> None:
    """Pages of at most max_records, until is_done says that there is none; one more is an error."""
    await fill(client, 25)
    query = client.query("test", SET).paginate()
    query.query.max_records = 10
    pages = []
    while not query.is_done():
        pages.append(await query.results())
    assert [len(page) for page in pages[:3]] == [10, 10, 5]
    assert numbers(record for page in pages for record in page) == list(range(25))
    with pytest.raises(errors.InvalidNodeError):
        await query.results()


async def test_status_of_partitions(client: Any) -> None:
    """The official client's table: what it says is left is what partition_status makes of it."""
    await fill(client, 40)
    query = client.query("test", SET)
    assert query.get_partitions_status() == {}
    first = []
    async for record in query:
        first.append(record)
        if len(first) == 15:
            break
    status = query.get_partitions_status()
    assert not status["done"]
    rest = await client.query("test", SET).results({"partition_filter": {"partition_status": status}})
    assert numbers([*first, *rest]) == list(range(40))


async def test_partition_filters(client: Any) -> None:
    """One partition, some, and the rest of one behind a record."""
    await fill(client)
    everything = await client.query("test", SET).results()
    by_pid: dict[int, list[Any]] = {}
    for record in everything:
        by_pid.setdefault(pid_of(record.key.digest), []).append(record)
    pid, inside = max(by_pid.items(), key=lambda row: len(row[1]))
    assert numbers(await client.query("test", SET).results({"partition_filter": PartitionFilter.one(pid)})) == numbers(
        inside
    )
    low = await client.query("test", SET).results({"partition_filter": {"begin": 0, "count": 2048}})
    high = await client.query("test", SET).results({"partition_filter": PartitionFilter.range(2048, 2048)})
    assert numbers([*low, *high]) == list(range(300))
    assert low
    assert high
    digests = sorted((record.key.digest for record in inside), reverse=True)
    rest = await client.query("test", SET).results({"partition_filter": PartitionFilter.after(digests[0])})
    assert sorted((record.key.digest for record in rest), reverse=True) == digests[1:]


async def test_metadata_only(client: Any) -> None:
    """Keys and metadata without bins."""
    await fill(client, 5)
    records = await client.query("test", SET).results(None, {"nobins": True})
    assert [record.bins for record in records] == [{}] * 5
    assert all(record.meta["gen"] == 1 for record in records)


async def test_scan_of_one_node(make_client: Callable[..., Any]) -> None:
    """What it is master of, and no more; all nodes together have everything."""
    with EmbeddedCluster(3) as cluster:
        client = make_client(cluster.seeds)
        await fill(client, 60)
        names = [node.name for node in cluster.nodes]
        found = [await client.scan("test", SET).results(None, name) for name in names]
        assert all(0 < len(records) < 60 for records in found)
        assert numbers(record for records in found for record in records) == list(range(60))
        with pytest.raises(errors.InvalidNodeError, match="NOBODY"):
            await client.scan("test", SET).results(None, "NOBODY")
        with pytest.raises(errors.ParamError) as caught:
            await client.scan("test", SET).results(None, 5)
        assert caught.value.argument == "nodename"


# Failing half way


def message(number: int) -> bytes:
    """A record as a node sends it."""
    digest = number.to_bytes(2, "little") + bytes(18)
    fields = [field(Field.NAMESPACE, b"test"), field(Field.DIGEST, digest)]
    return b"".join((MESSAGE.pack(22, 0, 0, 0, 0, 0, 1, 0, 0, len(fields), 0), *fields))


async def test_server_that_stops_half_way(make_client: Callable[..., Any]) -> None:
    """The records that came are given; the error says how many, what is left, and where to go on."""
    part = frame(FrameType.MESSAGE, b"".join(map(message, range(5))))
    with RawNode(member(lambda request: part if not _resumed(request) else None)) as node:
        client = make_client(node.address)
        found = []
        with pytest.raises(errors.TimeoutError) as caught:
            async for record in client.query("test", SET).records({"socket_timeout": 100, "max_retries": 0}):
                found.append(record)  # noqa: PERF401  what came before the error counts
        assert len(found) == 5
        error = caught.value
        context = error.context
        assert isinstance(context, errors.QueryContext)
        assert (context.namespace, context.set, context.records) == ("test", SET, 5)
        assert (context.partitions_done, context.partitions_left) == (0, 4096)
        assert context.cursor is not None
        assert len(context.cursor["marks"]) == 5
        words = "Progress: 5 records were given, 0 of 4096 partitions are done; context.cursor is the place to go on"
        assert words in error.__notes__
        assert pickle.loads(pickle.dumps(error)).context == context
        assert error.attempts[-1].sent
        assert error.in_doubt is False
        assert "cursor" not in error.to_dict()["context"]
        assert links(client) == 0


def _resumed(request: bytes) -> bool:
    return Field.DIGEST_ARRAY in read_message(request[8:])[0].fields


async def test_broken_stream_goes_on_behind_the_last_record(make_client: Callable[..., Any]) -> None:
    """The next try names the records that were given; what was given is not given again."""
    requests = []

    def answer(request: bytes) -> bytes:
        requests.append(read_message(request[8:])[0])
        if len(requests) == 1:
            # The second frame says that it is longer than it is; then the node is silent.
            return frame(FrameType.MESSAGE, message(1) + message(2)) + frame(FrameType.MESSAGE, message(3))[:-4]
        end = MESSAGE.pack(22, 0, 0, Info3.LAST, 0, 0, 0, 0, 0, 0, 0)
        return frame(FrameType.MESSAGE, message(3) + end)

    with RawNode(member(answer)) as node:
        client = make_client(node.address)
        found = await client.query("test", SET).results({"socket_timeout": 100})
        assert [record.key.digest[0] for record in found] == [1, 2, 3]
    marks = requests[1].fields[Field.DIGEST_ARRAY]
    assert marks == b"\1".ljust(20, b"\0") + b"\2".ljust(20, b"\0")
    assert len(requests[1].fields[Field.PID_ARRAY]) == 2 * 4094


async def test_unavailable_partition(make_client: Callable[..., Any]) -> None:
    """It is asked for again, alone; if it stays away the error counts it."""
    end = MESSAGE.pack(22, 0, 0, Info3.LAST, 0, 0, 0, 0, 0, 0, 0)
    gone = MESSAGE.pack(22, 0, 0, Info3.PARTITION_DONE, 0, 11, 7, 0, 0, 0, 0)
    asked = []

    def answer(request: bytes) -> bytes:
        asked.append(len(read_message(request[8:])[0].fields[Field.PID_ARRAY]) // 2)
        return frame(FrameType.MESSAGE, gone + end)

    with RawNode(member(answer)) as node:
        client = make_client(node.address)
        with pytest.raises(errors.ClusterError, match="1 partition is not available, the first is 7") as caught:
            await client.query("test", SET).results({"max_retries": 2})
    assert asked == [4096, 1, 1]
    context = caught.value.context
    assert isinstance(context, errors.QueryContext)
    assert (context.partitions_done, context.partitions_left) == (4095, 1)
    assert len(caught.value.attempts) == 3


async def test_cluster_whose_nodes_come_and_go(make_client: Callable[..., Any]) -> None:
    """Broken off and resumed while nodes are restarted and partitions move: each record once."""
    with EmbeddedCluster(3) as cluster:
        client = make_client(cluster.seeds)
        await fill(client, RECORDS)
        found: list[int] = []
        cursor: str | None = None
        policy = {"max_retries": 50, "sleep_between_retries": 50}
        for number in range(1000):
            other = make_client(cluster.seeds, tend_interval=250)
            query = other.query("test", SET)
            if cursor is not None:
                query.resume(cursor)
            async for record in query.records(policy):
                found.append(record.bins["n"])
                if len(found) == (number + 1) * (RECORDS // 4) + 17:
                    break
            cursor = json.dumps(query.cursor())
            if query.is_done():
                break
            if number < 3:
                cluster.nodes[number].restart()
                cluster.wait_until_stable()
            await other.close()
        assert len(found) == RECORDS
        assert sorted(found) == list(range(RECORDS))


async def test_node_that_dies_under_a_query(make_client: Callable[..., Any]) -> None:
    """The replica takes over behind the last record that was given."""
    with EmbeddedCluster(3) as cluster:
        client = make_client(cluster.seeds, tend_interval=250)
        await fill(client, 600)
        found = []
        policy = {"max_retries": 100, "sleep_between_retries": 20}
        async for record in client.query("test", SET).records(policy):
            found.append(record.bins["n"])
            if len(found) == 100:
                cluster.nodes[1].kill()
        assert sorted(found) == list(range(600))


async def test_stream_over_tls(make_client: Callable[..., Any], tmp_path: pathlib.Path) -> None:
    """Bytes that wait inside TLS, where the system does not see them, are read too."""
    pem = certificates.make(tmp_path)
    with EmbeddedServer(tls=pem.tls()) as server:
        client = make_client(server.address, tls={"cafile": str(pem.ca)})
        big = "x" * 20_000
        for number in range(150):
            await client.put(("test", SET, number), {"n": number, "s": big})
        found = [record async for record in client.query("test", SET)]
        assert numbers(found) == list(range(150))
        assert all(record.bins["s"] == big for record in found)
        async for _ in client.query("test", SET):
            break
        assert links(client) == 0
        assert len(await client.query("test", SET).results()) == 150
