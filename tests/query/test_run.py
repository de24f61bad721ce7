"""Rounds of a query over nodes that fail: every record once, whatever happens."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cases import for_each
from fake_runtime import LinkFailure
from hypothesis import given, settings
from hypothesis import strategies as st
from query.fake_cluster import FEW, Fate, World, end, stored

from aerospike_wire import errors, predicates
from aerospike_wire.errors import ResultCode
from aerospike_wire.proto.commands.query import QueryCommand, Statement
from aerospike_wire.proto.fields import Field
from aerospike_wire.query.run import Run
from aerospike_wire.query.tracker import Partitions
from aerospike_wire.transport.blocking import run

RECORDS = stored(60)
EVERYTHING = sorted(record.digest for record in RECORDS)

_FATES = st.one_of(
    st.builds(Fate, st.just("break"), st.integers(0, 40)),
    st.builds(Fate, st.just("refuse"), st.just(0), st.sampled_from([9, 11, 201, 203])),
    st.builds(Fate, st.just("unavailable"), st.integers(0, 5)),
    st.just(Fate("lease")),
    st.just(Fate()),
)
_PLANS = st.lists(_FATES, max_size=12)
PATIENT = {"max_retries": 100, "partition_filter": {"begin": 0, "count": FEW}}


def command(policy: Any = None, *, indexed: bool = False) -> QueryCommand:
    """A query of everything."""
    predicate = predicates.between("n", -1000, 1000) if indexed else None
    return QueryCommand(Statement("test", "demo", predicate=predicate), policy)


def digests(records: Any) -> list[bytes]:
    """The digests of records."""
    return [record.key.digest for record in records]


@given(_PLANS, st.integers(1, 4), st.booleans(), st.integers(0, 1000))
@settings(deadline=None, max_examples=80)
def test_every_record_comes_once_whatever_fails(plan: list[Fate], nodes: int, indexed: bool, seed: int) -> None:
    """Streams break, nodes refuse, partitions are not there: what was given is not given again, and all is given."""
    world = World(RECORDS, nodes, plan, seed)
    query = Run(world.core, command(PATIENT, indexed=indexed))
    assert sorted(digests(run(query.collect()))) == EVERYTHING
    assert query.state is not None
    assert query.state.done
    assert world.leases == world.given_back


@given(_PLANS, st.lists(st.integers(0, 25), max_size=12), st.booleans(), st.integers(0, 1000))
@settings(deadline=None, max_examples=80)
def test_a_query_that_is_broken_off_and_resumed_gives_every_record_once(
    plan: list[Fate], stops: list[int], indexed: bool, seed: int
) -> None:
    """However often, wherever, and with nodes that fail in between; the cursor goes through JSON."""
    world = World(RECORDS, 3, plan, seed)
    found: list[bytes] = []
    cursor: str | None = None
    for stop in [*stops, 10_000]:
        state = None if cursor is None else Partitions.restore(cursor, "test", "demo")
        query = Run(world.core, command(PATIENT, indexed=indexed), state)
        for _ in range(stop):
            if query.taken == len(query.portion) and not run(query.more()):
                break
            found.append(query.portion[query.taken].key.digest)
            query.taken += 1
        cursor = json.dumps(query.cursor())
        query.close()
        assert json.loads(cursor)["records"] == len(found)
    assert sorted(found) == EVERYTHING
    assert world.leases == world.given_back


@given(_PLANS, st.integers(1, 30), st.integers(1, 4), st.booleans(), st.integers(0, 1000))
@settings(deadline=None, max_examples=80)
def test_pages_give_every_record_once(plan: list[Fate], size: int, nodes: int, indexed: bool, seed: int) -> None:
    """No page is too large, and together they are everything."""
    world = World(RECORDS, nodes, plan, seed)
    state = Partitions(0, FEW)
    found: list[bytes] = []
    for _ in range(200):
        page = digests(
            run(Run(world.core, command({**PATIENT, "max_records": size}, indexed=indexed), state).collect())
        )
        assert len(page) <= size
        found += page
        if state.done:
            break
    assert sorted(found) == EVERYTHING


@given(_PLANS, st.integers(0, 3), st.integers(0, 1000))
@settings(deadline=None, max_examples=60)
def test_a_query_that_fails_says_where_to_go_on(plan: list[Fate], retries: int, seed: int) -> None:
    """The error's cursor is behind the last record that was given, and in front of the next."""
    world = World(RECORDS, 2, plan, seed)
    found: list[bytes] = []
    state = None
    for _ in range(60):
        query = Run(world.core, command({**PATIENT, "max_retries": retries}), state)
        try:
            while portion := run(query.more()):
                found += digests(portion)
                query.taken = len(portion)
            break
        except errors.AerospikeError as error:
            context = error.context
            assert context is not None
            assert (context.partitions_done + context.partitions_left, context.records) == (FEW, len(found))
            assert (len(error.attempts) > retries, error.in_doubt) == (True, False)  # noqa: PT017
            state = Partitions.restore(json.loads(json.dumps(context.cursor)), "test", "demo")
    assert sorted(found) == EVERYTHING
    assert world.leases == world.given_back


def test_only_what_is_left_is_asked_for_again() -> None:
    """After one stream broke, the next round goes to the other node, for that node's partitions and behind the marks."""
    world = World(RECORDS, 2, [Fate("break", 5), Fate()])
    run(Run(world.core, command(PATIENT)).collect())
    first, second, third = world.requests
    pids = {
        name: set(memoryview(request.fields.get(Field.PID_ARRAY, b"")).cast("H"))
        for name, request in (("first", first), ("second", second), ("third", third))
    }
    assert len(pids["first"]) == len(pids["second"]) == FEW // 2
    marks = third.fields[Field.DIGEST_ARRAY]
    assert pids["third"] < pids["first"]
    assert len(pids["third"]) + len(marks) // 20 == FEW // 2
    assert first.fields[Field.TASK_ID] == second.fields[Field.TASK_ID] != third.fields[Field.TASK_ID]


@for_each("code", [4, 15, 16, 20, 22])
def test_other_refusals_end_the_query(code: int) -> None:
    """Without a further try."""
    world = World(RECORDS, 2, [Fate("refuse", 0, code)])
    with pytest.raises(errors.class_of(code)) as caught:
        run(Run(world.core, command(PATIENT)).collect())
    assert (caught.value.code, len(caught.value.attempts)) == (code, 1)
    assert world.leases == world.given_back


def test_share_of_each_node() -> None:
    """max_records is divided over the nodes; the first ones get one more."""
    world = World(RECORDS, 3)
    run(Run(world.core, command({"max_records": 11})).collect())
    shares = [int.from_bytes(request.fields[Field.MAX_RECORDS], "big") for request in world.requests]
    assert shares == [4, 4, 3]
    world = World(RECORDS, 3)
    assert len(run(Run(world.core, command({"max_records": 2})).collect())) == 2
    assert [int.from_bytes(request.fields[Field.MAX_RECORDS], "big") for request in world.requests] == [1, 1, 1]


def test_pause_between_rounds() -> None:
    """sleep_between_retries is kept."""
    world = World(RECORDS, 1, [Fate("refuse", 0, 11)] * 2)
    run(Run(world.core, command({"sleep_between_retries": 250})).collect())
    assert [pause for pause in world.runtime.slept if pause] == [0.25, 0.25]


def test_a_slow_reader_is_no_failure_of_the_node() -> None:
    """A node that gave up because nobody took its records is asked again, and no retry is counted."""
    world = World(RECORDS, 1, [Fate("break", 3), Fate("break", 3), Fate("break", 3)])
    query = Run(world.core, command({"max_retries": 0, "socket_timeout": 1000}))
    found = []
    while portion := run(query.more()):
        found += digests(portion)
        query.taken = len(portion)
        assert world.frames is not None
        world.frames.gap = 2.0
    assert sorted(found) == EVERYTHING


def test_garbage_ends_the_query_and_the_link() -> None:
    """What a node sends behind garbage is not believed."""
    world = World(RECORDS, 1)

    async def stream(calls: Any) -> Any:
        frames = await world.stream(calls)
        frames.answers[0].insert(1, b"\x16garbage that is no message at all")
        return frames

    runtime: Any = world.runtime
    runtime.stream = stream
    query = Run(world.core, command(PATIENT))
    assert run(query.more())
    with pytest.raises(errors.ClientError, match="claims"):
        while run(query.more()):
            query.taken = len(query.portion)
    assert world.nodes[0].pool.given_back == [False]


def test_link_that_said_more_than_it_should_is_closed() -> None:
    """And the query is none the worse."""
    world = World(RECORDS, 1)

    async def stream(calls: Any) -> Any:
        frames = await world.stream(calls)
        frames.answers[0].append(end())
        return frames

    runtime: Any = world.runtime
    runtime.stream = stream
    assert len(run(Run(world.core, command()).collect())) == len(RECORDS)
    assert world.nodes[0].pool.given_back == [False]


def test_total_timeout_ends_the_query() -> None:
    """Between rounds no time is left for another."""
    world = World(RECORDS, 1, [Fate("refuse", 0, 11)] * 50)
    with pytest.raises(errors.ClusterError) as caught:
        run(
            Run(world.core, command({"total_timeout": 1000, "sleep_between_retries": 300, "max_retries": 49})).collect()
        )
    assert 2 <= len(caught.value.attempts) <= 4


def test_total_timeout_ends_a_query_that_has_more_to_give() -> None:
    """Nodes that go on sending do not let it pass."""
    world = World(RECORDS, 2)
    query = Run(world.core, command({"total_timeout": 1000}))
    assert run(query.more())
    query.taken = len(query.portion)
    world.runtime.clock += 2.0
    with pytest.raises(errors.TimeoutError, match="total timeout") as caught:
        while run(query.more()):
            query.taken = len(query.portion)
    assert caught.value.context is not None
    assert caught.value.context.cursor
    assert world.leases == world.given_back


def test_timeout_of_a_stream_is_told_as_one() -> None:
    """With the class and code of timeouts."""
    world = World(RECORDS, 1)

    async def stream(calls: Any) -> Any:
        frames = await world.stream(calls)
        frames.answers[0][1:] = [LinkFailure(ResultCode.TIMEOUT, "the socket was silent for too long", sent=True)]
        return frames

    runtime: Any = world.runtime
    runtime.stream = stream
    with pytest.raises(errors.TimeoutError) as caught:
        run(Run(world.core, command({"max_retries": 0})).collect())
    context = caught.value.context
    assert context is not None
    assert context.records
    assert context.cursor


def test_namespace_that_no_node_has() -> None:
    """Nothing is sent."""
    world = World(RECORDS, 1)
    with pytest.raises(errors.NamespaceNotFound):
        run(Run(world.core, QueryCommand(Statement("nowhere"))).collect())
    assert world.requests == []


def test_partition_without_a_node() -> None:
    """The others are read; the one that nobody has fails the query in the end."""
    world = World(RECORDS, 1)
    world.cluster.partitions.tables["test"].columns[0][0] = None
    query = Run(world.core, command({"max_retries": 1}))
    found = []
    with pytest.raises(errors.InvalidNodeError) as caught:
        while portion := run(query.more()):
            found += digests(portion)
            query.taken = len(portion)
    assert set(found) == {digest for digest in EVERYTHING if digest[:2] != b"\0\0"}
    context = caught.value.context
    assert context is not None
    assert (context.partitions_done, context.partitions_left) == (4095, 1)


def test_cursor_of_another_query_is_refused() -> None:
    """Its marks say nothing about this one's order."""
    world = World(RECORDS, 1)
    query = Run(world.core, command(indexed=True))
    run(query.more())
    state = Partitions.restore(query.cursor(), "test", "demo")
    query.close()
    with pytest.raises(errors.ParamError, match="another query"):
        run(Run(world.core, command(), state).collect())


def test_a_finished_query_has_no_further_page() -> None:
    """As with the official client."""
    world = World(RECORDS, 1)
    state = Partitions()
    run(Run(world.core, command(), state).collect())
    assert run(Run(world.core, command(), state).collect()) == []
    with pytest.raises(errors.InvalidNodeError):
        run(Run(world.core, command(), state, again=True).collect())


def test_closing_gives_links_back_closed() -> None:
    """Those whose answers are not complete."""
    world = World(RECORDS, 2)
    query = Run(world.core, command())
    assert run(query.more())
    query.close()
    query.close()
    assert [node.pool.given_back for node in world.nodes] == [[False], [False]]
    assert run(query.more()) == []
