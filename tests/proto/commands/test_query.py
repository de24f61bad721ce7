"""Queries and scans that return records: requests, answers, conditions."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from cases import for_each
from hypothesis import given as example
from hypothesis import settings
from hypothesis import strategies as st
from strategies import damaged
from vectors import bodies, given, names, vector

from aerospike_wire import predicates
from aerospike_wire.errors import AerospikeError, ProtocolError
from aerospike_wire.operations import cdt_ctx_list_index, increment, list_size, write
from aerospike_wire.operations import read as read_bin
from aerospike_wire.operations.contexts import context_value
from aerospike_wire.policy import Policies, QueryPolicy, ScanPolicy
from aerospike_wire.proto.commands.base import NO_WORDS, OLDEST
from aerospike_wire.proto.commands.operate import pack_operation
from aerospike_wire.proto.commands.query import Answer, Predicate, QueryCommand, Statement
from aerospike_wire.proto.fields import Field, field
from aerospike_wire.proto.header import MESSAGE, Info3
from aerospike_wire.proto.invalid import InvalidArgument

FILTER = bytes.fromhex("9301935102a16105")
SQUARE = '{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}'
SCAN = (100, 101)
WHERE = (7,)
FIVE = predicates.equals("a", 5)


def demo(**settings: Any) -> Statement:
    """A statement about the set of the vectors."""
    return Statement("test", "demo", **settings)


REQUESTS: dict[str, tuple[QueryCommand, tuple[int, ...], int]] = {
    "query/scan_two_partitions": (QueryCommand(demo()), SCAN, 0),
    "query/scan_namespace": (QueryCommand(Statement("test", None)), SCAN, 0),
    "query/scan_select": (QueryCommand(demo(bins=["a", "b"])), SCAN, 0),
    "query/scan_nobins": (QueryCommand(demo(), options={"nobins": True}), SCAN, 0),
    "query/scan_max_rps": (QueryCommand(demo(), policy={"records_per_second": 50, "max_records": 10}), SCAN, 10),
    "query/scan_filter": (QueryCommand(demo(), policy={"expressions": FILTER}), SCAN, 0),
    "query/scan_projection_ops": (QueryCommand(demo(operations=[list_size("l")]), method="scan"), SCAN, 0),
    "query/int_equal": (QueryCommand(demo(predicate=FIVE)), WHERE, 0),
    "query/int_range": (QueryCommand(demo(predicate=predicates.between("a", -5, 10))), WHERE, 0),
    "query/string_equal": (QueryCommand(demo(predicate=predicates.equals("s", "abc"))), WHERE, 0),
    "query/blob_equal": (QueryCommand(demo(predicate=predicates.equals("b", b"\1\2"))), WHERE, 0),
    "query/list_contains": (QueryCommand(demo(predicate=predicates.contains("l", 1, 5))), WHERE, 0),
    "query/mapkeys_contains": (QueryCommand(demo(predicate=predicates.contains("m", 2, "k"))), WHERE, 0),
    "query/mapvalues_range": (QueryCommand(demo(predicate=predicates.range("m", 3, 1, 9))), WHERE, 0),
    "query/geo_within": (QueryCommand(demo(predicate=predicates.geo_within_geojson_region("g", SQUARE))), WHERE, 0),
    "query/geo_contains": (
        QueryCommand(
            demo(predicate=predicates.geo_contains_geojson_point("g", '{"type":"Point","coordinates":[0.5,0.2]}'))
        ),
        WHERE,
        0,
    ),
    "query/int_ctx": (
        QueryCommand(demo(predicate=predicates.equals("l", 5), context=context_value([cdt_ctx_list_index(0)]))),
        WHERE,
        0,
    ),
    "query/index_name": (QueryCommand(demo(predicate=predicates.equals(None, 5), index="ix")), WHERE, 0),
    "query/expr_index": (
        QueryCommand(demo(predicate=FIVE, expression=bytes.fromhex("9314935102a16101"))),
        WHERE,
        0,
    ),
    "query/short": (QueryCommand(demo(predicate=FIVE), {"expected_duration": 1}), WHERE, 0),
    "query/long_relax_ap": (QueryCommand(demo(predicate=FIVE), {"expected_duration": 2}), WHERE, 0),
    "query/select_max": (QueryCommand(demo(bins=["a"], predicate=FIVE), {"max_records": 3}), WHERE, 3),
    "query/primary_via_query": (QueryCommand(demo()), WHERE, 0),
}


def prepared(query: QueryCommand) -> QueryCommand:
    """The query, checked."""
    query.prepare(Policies())
    return query


@for_each("name", REQUESTS)
def test_request_has_the_official_clients_bytes(name: str) -> None:
    """The captured bytes of the official client, the task's number included."""
    query, partitions, share = REQUESTS[name]
    request = prepared(query).request(OLDEST, given(name)["task_id"], partitions, share=share)
    assert request.hex() == vector(name).hex(), given(name)


@pytest.mark.parametrize(
    ("query", "flags", "operations"),
    [
        (QueryCommand(demo(operations=[list_size("l")])), "018004", "00000007030400016c9110"),
        (QueryCommand(demo(operations=[list_size("l")]), options={"nobins": True}), "218004", "00000007030400016c9110"),
        (QueryCommand(demo(bins=["i"]), options={"nobins": True}), "210004", "000000050100000169"),
    ],
    ids=["ops", "ops without bins", "select without bins"],
)
def test_what_is_asked_of_records_is_asked_as_the_official_client_does(
    query: QueryCommand, flags: str, operations: str
) -> None:
    """As captured from the official client 19.3.0: what a query's operations give is wanted of all records."""
    request = prepared(query).request(OLDEST, 1, [7])
    assert (request[9:12].hex(), request.hex()[-len(operations) :]) == (flags, operations)


def test_request_goes_on_behind_a_record() -> None:
    """With a digest the partition is not named; an index query says the record's value too."""
    name = "query/scan_after_digest"
    request = prepared(QueryCommand(demo())).request(OLDEST, given(name)["task_id"], [], [(bytes(20), 0)])
    assert request == vector(name)
    name = "query/real_index_resume"
    statement = Statement("test", "vq", bins=["a"], predicate=predicates.between("a", 372, 10028))
    digest, value = bytes.fromhex("2d11babb2e6de938d2189d8ff410536e90abce67"), 372
    command = prepared(QueryCommand(statement, {"socket_timeout": 3000}))
    made = command.request(OLDEST, 212904446139, [], [(digest, value)])
    assert made == vector(name)


def test_settings_of_the_query_go_before_those_of_its_policy() -> None:
    """And are checked as those are."""
    query = QueryCommand(demo(), {"max_records": 5}, {"max_records": 7, "records_per_second": 1})
    policy = query.prepare(Policies())
    assert (policy.max_records, policy.records_per_second) == (7, 1)
    with pytest.raises(AerospikeError, match="max_records"):
        QueryCommand(demo(), None, {"max_records": -1}).prepare(Policies())


def test_scans_have_policies_of_their_own_and_take_those_of_queries() -> None:
    """The client's defaults for scans hold for scans."""
    policies = Policies({"scan": {"max_retries": 9}, "query": {"max_retries": 8}})
    scan = QueryCommand(demo(), method="scan")
    assert (scan.prepare(policies).max_retries, type(scan.policy)) == (9, ScanPolicy)
    assert QueryCommand(demo()).prepare(policies).max_retries == 8
    given_policy = QueryPolicy(max_retries=1)
    assert QueryCommand(demo(), given_policy, method="scan").prepare(policies) is given_policy


@for_each(
    ("query", "argument"),
    [
        (QueryCommand(Statement(5, "s")), "namespace"),
        (QueryCommand(Statement("", "s")), "namespace"),
        (QueryCommand(Statement("test", 5)), "set"),
        (QueryCommand(Statement("test", "s" * 64)), "set"),
        (QueryCommand(demo(bins="a")), "bins"),
        (QueryCommand(demo(bins=[None])), "bins"),
        (QueryCommand(demo(), options=[]), "options"),
        (QueryCommand(demo(), options={"nobin": True}), "options"),
        (QueryCommand(demo(), options={"nobins": 1}), "options"),
        (QueryCommand(demo(operations=[increment("a", 1)])), "ops"),
        (QueryCommand(demo(operations="a")), "ops"),
        (QueryCommand(demo(operations=[list_size("l")], bins=["a"])), "ops"),
        (QueryCommand(demo(predicate=predicates.equals(None, 5))), "predicate"),
        (QueryCommand(demo(predicate=FIVE, index="")), "index_name"),
        (QueryCommand(demo(predicate=FIVE, index="x" * 64)), "index_name"),
    ],
)
def test_argument_that_cannot_be_used_is_refused(query: QueryCommand, argument: str) -> None:
    """The error names the argument, and the context can be made all the same."""
    with pytest.raises(InvalidArgument) as caught:
        query.prepare(Policies())
    assert caught.value.argument == argument
    assert query.context().operation == "query"


P: Any = predicates  # callers without a type checker


@for_each(
    ("make", "code", "argument"),
    [
        (lambda: P.equals("a", 1.5), -2, "val"),
        (lambda: P.equals("a", True), -2, "val"),
        (lambda: P.equals("a", None), -2, "val"),
        (lambda: P.equals("a", 2**63), -2, "val"),
        (lambda: P.equals("a", "x" * 2048), -2, "val"),
        (lambda: P.equals("x" * 16, 1), 21, None),
        (lambda: P.between("a", 2, 1), -2, "min"),
        (lambda: P.between("a", "a", "b"), -2, "min"),
        (lambda: P.between("a", 1, True), -2, "max"),
        (lambda: P.between(5, 1, 2), -2, "bin"),
        (lambda: P.contains("a", 4, 1), -2, "index_type"),
        (lambda: P.contains("a", True, 1), -2, "index_type"),
        (lambda: P.contains("a", "list", 1), -2, "index_type"),
        (lambda: P.range("a", 1, 5, 4), -2, "min"),
        (lambda: P.range("a", 1, 5, None), -2, "max"),
        (lambda: P.geo_within_geojson_region("a", 5), -2, "shape"),
        (lambda: P.geo_within_geojson_region("a", "\ud800"), -2, "shape"),
        (lambda: P.geo_within_radius("a", "1", 2, 3), -2, "long"),
        (lambda: P.geo_within_radius("a", 1, float("nan"), 3), -2, "lat"),
        (lambda: P.geo_within_radius("a", 1, 2, None), -2, "radius_meters"),
        (lambda: P.geo_contains_geojson_point("a", b"{}"), -2, "point"),
        (lambda: P.geo_contains_point("a", 1, True), -2, "lat"),
    ],
)
def test_condition_that_no_index_answers_is_refused(make: Any, code: int, argument: str | None) -> None:
    """Where it is written, not when the query runs."""
    with pytest.raises(AerospikeError) as caught:
        make()
    assert caught.value.code == code
    assert getattr(caught.value, "argument", None) == argument


def test_smallest_range_is_one_value() -> None:
    """Both ends are included."""
    assert predicates.between("a", 5, 5) == predicates.equals("a", 5) == Predicate("a", 5, 5)


def test_a_condition_shows_no_value() -> None:
    """What is looked for is the value of a bin, and not shown."""
    assert "secret" not in repr(predicates.equals("s", "secret"))


def test_identity_tells_queries_apart() -> None:
    """It depends on what decides which records come in which order, and on nothing else."""
    base = demo(predicate=FIVE).identity(None)
    assert demo(predicate=FIVE, bins=["a"]).identity(None) == base
    others = [
        demo().identity(None),
        Statement("test", "other", predicate=FIVE).identity(None),
        demo(predicate=predicates.equals("a", 6)).identity(None),
        demo(predicate=FIVE, index="ix").identity(None),
        demo(predicate=FIVE).identity(FILTER),
    ]
    assert len({base, *others}) == 6


def test_operations_that_a_query_can_be_refused_for() -> None:
    """Those that can give the code, if nothing else can; what older servers do not know is said."""
    old, new = (7, 2), (8, 1, 2)
    plain = prepared(QueryCommand(demo(operations=[list_size("l"), read_bin("b")])))
    assert (
        plain.explained(4, NO_WORDS, old).hint == "queries with other operations than read() need server 8.1.2 or newer"
    )
    words = plain.explained(4, NO_WORDS, new)
    assert (words.hint, [found.name for found in words.operations]) == (None, ["list_size"])
    assert plain.explained(201, NO_WORDS, new) is NO_WORDS
    filtered = prepared(QueryCommand(demo(operations=[list_size("l")]), {"expressions": FILTER}))
    assert filtered.explained(4, NO_WORDS, new).operations == ()
    indexed = prepared(QueryCommand(demo(operations=[list_size("l")], predicate=FIVE)))
    assert indexed.explained(4, NO_WORDS, new).operations == ()
    context = plain.context().narrowed(words.operations)
    assert context.target() == "test/demo by list_size"


# Replies


def answer(namespace: str = "test") -> Answer:
    """An answer of which nothing has come."""
    return Answer(namespace, lambda: 0.0)


def read(made: Answer, frames: list[bytes], portion: int = 1000) -> list[Any]:
    """All records of these frames."""
    found = []
    for body in frames:
        made.feed(body)
        while not made.drained:
            found += made.take(portion)
    return found


@for_each("portion", [1, 2, 1000])
@for_each(
    ("name", "count"),
    [("scan_partition", 4), ("scan_no_bins", 4), ("scan_select", 4), ("scan_select_missing", 0), ("scan_max", 2),
     ("scan_unknown_set", 0), ("int_range", 3), ("blob_equal", 1), ("geo_within", 1), ("string_equal", 0),
     ("scan_projection", 4), ("list_contains", 1), ("by_name", 1), ("by_expression", 1), ("by_context", 1)],
)  # fmt: skip
def test_records_of_a_real_server_are_read(name: str, count: int, portion: int) -> None:
    """As many records as were sent, each with digest, set and generation, in portions of any size."""
    made = answer()
    records = read(made, bodies(f"query/real_{name}_reply"), portion)
    assert (len(records), made.code, made.clean) == (count, 0, True)
    for record in records:
        assert len(record.key.digest or b"") == 20
        assert record.key.namespace == "test"
        assert record.key.set
        assert record.meta == {"ttl": 0xFFFF_FFFF, "gen": 1}


def test_index_values_come_with_the_records_of_index_queries() -> None:
    """One for each record; scans have none."""
    made = answer()
    made.feed(bodies("query/real_int_range_reply")[0])
    records = made.take(1000)
    assert made.values == [record.bins["a"] for record in records] == sorted(made.values)
    made = answer()
    made.feed(bodies("query/real_scan_partition_reply")[0])
    made.take(1000)
    assert made.values == [None] * 4


def test_records_that_look_alike_and_then_do_not() -> None:
    """Integers that stand one behind the other are read at once, and no record is taken for what others were."""
    steady = {"a": 1, "b": -2, "s": "text", "c": 3, "d": 4, "e": 5}
    records: list[dict[str, Any]] = [{**steady, "a": number, "s": "x" * number} for number in range(40)]
    others: list[dict[str, Any]] = [
        {"a": 1}, {"a": 1, "b": 2}, {"a": 1, "c": 2}, {"b": 1, "a": 2}, {"a": "b", "b": 2}, {"a": 1, "b": 2.5}, {},
        {"a": 1, "b": 2, "s": 3, "c": 4, "d": 5, "e": 6}, {**steady, "f": 7}, {**steady, "e": None}, {"longer": 1, "b": 2},
        {"a": 2**63 - 1, "b": -(2**63), "s": "", "c": 0, "d": 1, "e": 2}, {"a": b"12345678", "b": 2}, {"a": True, "b": 2},
    ]  # fmt: skip
    for other in others:
        records += [other, steady, *[{**steady, "b": number} for number in range(20)]]
    fields = field(Field.NAMESPACE, b"test") + field(Field.DIGEST, bytes(20))
    body = b""
    for bins in records:
        ops = [pack_operation(write(name, value)) for name, value in bins.items()]
        body += MESSAGE.pack(22, 0, 0, 0, 0, 0, 1, 0, 0, 2, len(ops)) + fields + b"".join(ops)
    for portion in (1, 17, 1000):
        found = read(answer(), [body, body], portion)
        assert [record.bins for record in found] == records * 2
    for cut in range(len(body) - 90, len(body)):  # within the last record
        made = answer()
        made.feed(body[:cut])
        with pytest.raises(ProtocolError):
            while made.take(1000):
                pass


def test_stored_user_key_is_read() -> None:
    """A record whose key was stored has it, others have None."""
    records = read(answer(), bodies("query/real_scan_partition_reply"))
    assert sum(record.key.user_key is not None for record in records) == 1


def test_a_reply_for_another_namespace_is_read_too() -> None:
    """The quick way through the fields is not the only one."""
    quick = read(answer(), bodies("query/real_scan_partition_reply"))
    slow = read(answer("another"), bodies("query/real_scan_partition_reply"))
    assert [record.bins for record in quick] == [record.bins for record in slow]
    assert [record.key.digest for record in quick] == [record.key.digest for record in slow]


@for_each(
    ("name", "code"),
    [
        ("scan_bad_pid", 4),
        ("scan_dup_pid", 4),
        ("scan_no_pids", 16),
        ("scan_write_op", 4),
        ("unknown_namespace", 20),
        ("index_not_found", 201),
        ("index_name_not_found", 201),
        ("string_index_integer_range", 201),
        ("range_reversed", 4),
        ("two_ranges", 4),
    ],
)
def test_refusal_of_a_real_server_ends_the_query(name: str, code: int) -> None:
    """A refusal is one message without a mark, and has the code."""
    made = answer()
    assert read(made, bodies(f"query/real_{name}_reply")) == []
    assert (made.code, made.clean) == (code, True)


def test_unknown_set_of_older_servers_is_no_error() -> None:
    """A set without records has none, whatever the server calls it."""
    made = answer()
    assert read(made, bodies("query/real_background_unknown_set_reply")) == []
    assert made.code == 0


def test_partition_that_is_not_available_is_noted() -> None:
    """The query goes on, and knows what is missing."""
    made = answer()
    assert read(made, bodies("query/partition_done_error")) == []
    assert (made.code, made.unavailable) == (0, [7])


def message(info3: int = 0, code: int = 0, generation: int = 0) -> bytes:
    """A message without fields and bins."""
    return MESSAGE.pack(22, 0, 0, info3, 0, code, generation, 0, 0, 0, 0)


def test_partition_that_does_not_exist_is_a_protocol_error() -> None:
    """There are 4096."""
    made = answer()
    made.feed(message(Info3.PARTITION_DONE, 11, 4096))
    with pytest.raises(ProtocolError, match="4096"):
        made.take(1)


def test_what_follows_the_end_is_noted() -> None:
    """The link on which it came is not to be used again."""
    made = answer()
    made.feed(message(Info3.LAST) + message(Info3.LAST))
    assert made.take(1) == []
    assert (made.code, made.clean) == (0, False)


def test_records_in_front_of_damage_are_given() -> None:
    """Then the damage is told."""
    whole = bodies("query/real_scan_partition_reply")[0]
    made = answer()
    made.feed(whole[:-40])
    records = made.take(1000)
    assert 1 <= len(records) <= 4
    assert not made.drained
    with pytest.raises(ProtocolError):
        made.take(1000)


GOOD = bodies("query/real_scan_partition_reply")[0]
INDEXED = bodies("query/real_int_range_reply")[0]


@example(st.lists(st.one_of(st.binary(max_size=80), damaged(GOOD), damaged(INDEXED)), min_size=1, max_size=2))
@settings(deadline=None, max_examples=300)
def test_any_bytes_are_records_or_a_protocol_error(frames: list[bytes]) -> None:
    """Nothing else is raised, and reading ends."""
    with contextlib.suppress(ProtocolError):
        read(answer(), frames, 2)


def test_recorded_replies_of_all_queries_end() -> None:
    """No recorded answer leaves a reader waiting for more."""
    for name in names("query/real_", "_reply"):
        if "aggregate" not in name:
            made = answer()
            read(made, bodies(name))
            assert made.code is not None, name
