"""Queries and scans."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given as example
from hypothesis import settings
from hypothesis import strategies as st
from strategies import damaged
from vectors import bodies, given, names, vector

from aerospike_wire import predicates
from aerospike_wire.errors import AerospikeError, ProtocolError, ResultCode
from aerospike_wire.policy import Policies
from aerospike_wire.proto.commands.base import OLDEST
from aerospike_wire.proto.commands.query import Predicate, QueryCommand, QueryPart
from aerospike_wire.proto.invalid import InvalidArgument

FILTER = bytes.fromhex("9301935102a16105")
SCAN = (100, 101)
WHERE = (7,)

REQUESTS: dict[str, tuple[QueryCommand, tuple[int, ...], int]] = {
    "query/scan_two_partitions": (QueryCommand("test", "demo"), SCAN, 0),
    "query/scan_namespace": (QueryCommand("test", None), SCAN, 0),
    "query/scan_select": (QueryCommand("test", "demo", ["a", "b"]), SCAN, 0),
    "query/scan_max_rps": (
        QueryCommand("test", "demo", policy={"records_per_second": 50, "max_records": 10}),
        SCAN,
        10,
    ),
    "query/scan_filter": (QueryCommand("test", "demo", policy={"expressions": FILTER}), SCAN, 0),
    "query/int_equal": (QueryCommand("test", "demo", predicate=predicates.equals("a", 5)), WHERE, 0),
    "query/int_range": (QueryCommand("test", "demo", predicate=predicates.between("a", -5, 10)), WHERE, 0),
    "query/string_equal": (QueryCommand("test", "demo", predicate=predicates.equals("s", "abc")), WHERE, 0),
    "query/blob_equal": (QueryCommand("test", "demo", predicate=predicates.equals("b", b"\1\2")), WHERE, 0),
    "query/select_max": (QueryCommand("test", "demo", ["a"], predicates.equals("a", 5), {"max_records": 3}), WHERE, 3),
    "query/primary_via_query": (QueryCommand("test", "demo"), WHERE, 0),
}


def part_of(query: QueryCommand, partitions: tuple[int, ...] = SCAN, share: int = 0, task_id: int = 1) -> QueryPart:
    """The request for one node."""
    query.prepare(Policies())
    return query.part(partitions, task_id, share)


@pytest.mark.parametrize("name", REQUESTS)
def test_request_has_the_official_clients_bytes(name: str) -> None:
    """The captured bytes of the official client, the task's number included."""
    query, partitions, share = REQUESTS[name]
    part = part_of(query, partitions, share, given(name)["task_id"])
    assert part.encode(OLDEST).hex() == vector(name).hex(), given(name)


@pytest.mark.parametrize(
    ("query", "argument"),
    [
        (QueryCommand(5, "s"), "namespace"),
        (QueryCommand("", "s"), "namespace"),
        (QueryCommand("test", 5), "set"),
        (QueryCommand("test", "s" * 64), "set"),
        (QueryCommand("test", "s", "a"), "bins"),
        (QueryCommand("test", "s", [None]), "bins"),
    ],
)
def test_argument_that_cannot_be_used_is_refused(query: QueryCommand, argument: str) -> None:
    """The error names the argument, and the context can be made all the same."""
    with pytest.raises(InvalidArgument) as caught:
        query.prepare(Policies())
    assert caught.value.argument == argument
    assert query.context().operation == "query"


BETWEEN: Any = predicates.between  # callers without a type checker
EQUALS: Any = predicates.equals


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: EQUALS("a", 1.5), -2),
        (lambda: EQUALS("a", True), -2),
        (lambda: EQUALS("a", None), -2),
        (lambda: EQUALS("a", 2**63), -2),
        (lambda: EQUALS("x" * 16, 1), 21),
        (lambda: BETWEEN("a", 2, 1), -2),
        (lambda: BETWEEN("a", "a", "b"), -2),
        (lambda: BETWEEN(5, 1, 2), -2),
    ],
)
def test_condition_that_no_index_answers_is_refused(make: Any, code: int) -> None:
    """Where it is written, not when the query runs."""
    with pytest.raises(AerospikeError) as caught:
        make()
    assert caught.value.code == code


def test_smallest_range_is_one_value() -> None:
    """Both ends are included."""
    assert predicates.between("a", 5, 5) == predicates.equals("a", 5) == Predicate("a", 5, 5)


# Replies


def take(part: QueryPart, *frames: bytes) -> int:
    """Collect and read an answer; its code."""
    collect = part.collector()
    ends = [collect(body) for body in frames]
    assert ends == [False] * (len(frames) - 1) + [True]
    code = part.code(frames[-1])
    if code == 0:
        part.decode(frames[-1], lambda: 0.0)
    return code


@pytest.mark.parametrize(
    ("name", "count"),
    [("scan_partition", 4), ("scan_no_bins", 4), ("scan_select", 4), ("scan_select_missing", 0), ("scan_max", 2),
     ("scan_unknown_set", 0), ("int_range", 3), ("blob_equal", 1), ("geo_within", 1), ("string_equal", 0)],
)  # fmt: skip
def test_records_of_a_real_server_are_read(name: str, count: int) -> None:
    """As many records as were sent, each with digest, set and generation."""
    part = part_of(QueryCommand("test", "vq"))
    assert take(part, *bodies(f"query/real_{name}_reply")) == 0
    assert len(part.records) == count
    for record in part.records:
        assert len(record.key.digest or b"") == 20
        assert record.key.namespace == "test"
        assert record.key.set
        assert record.meta == {"ttl": 0xFFFF_FFFF, "gen": 1}


def test_stored_user_key_is_read() -> None:
    """A record whose key was stored has it, others have None."""
    part = part_of(QueryCommand("test", "vq"))
    take(part, *bodies("query/real_scan_partition_reply"))
    assert sum(record.key.user_key is not None for record in part.records) == 1


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("scan_bad_pid", 4),
        ("scan_no_pids", 16),
        ("unknown_namespace", 20),
        ("index_not_found", 201),
        ("range_reversed", 4),
    ],
)
def test_refusal_of_a_real_server_ends_the_query(name: str, code: int) -> None:
    """A refusal is one message without a mark, and has the code."""
    assert take(part_of(QueryCommand("test", "vq")), *bodies(f"query/real_{name}_reply")) == code


def test_unknown_set_of_older_servers_is_no_error() -> None:
    """A set without records has none, whatever the server calls it."""
    assert take(part_of(QueryCommand("test", "vq")), *bodies("query/real_background_unknown_set_reply")) == 0


def test_partition_that_is_not_available_is_noted() -> None:
    """The query goes on, and knows what is missing and why."""
    part = part_of(QueryCommand("test", "demo"), (6, 7, 8))
    assert take(part, *bodies("query/partition_done_error")) == 0
    assert part.unavailable == {7: ResultCode.CLUSTER}


GOOD = bodies("query/real_scan_partition_reply")[0]


@example(st.lists(st.one_of(st.binary(max_size=80), damaged(GOOD)), min_size=1, max_size=2))
@settings(deadline=None, max_examples=300)
def test_any_bytes_are_records_or_a_protocol_error(frames: list[bytes]) -> None:
    """Nothing else is raised, in any step of reading."""
    part = part_of(QueryCommand("test", "demo"))
    with contextlib.suppress(ProtocolError):
        collect = part.collector()
        for body in frames:
            collect(body)
        if part.code(frames[-1]) == 0:
            part.decode(frames[-1], lambda: 0.0)
        else:
            part.words(frames[-1])


def test_recorded_replies_of_all_queries_end() -> None:
    """No recorded answer leaves a reader waiting for more."""
    for name in names("query/real_", "_reply"):
        collect = part_of(QueryCommand("test", "vq")).collector()
        assert [collect(body) for body in bodies(name)][-1], name
