"""Where a query stands: partitions, marks, cursors, and the official client's form of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cases import for_each
from hypothesis import given
from hypothesis import strategies as st
from query.fake_cluster import stored

from aerospike_wire import errors
from aerospike_wire.partition_filter import PartitionFilter, PartitionStatus, pid_of
from aerospike_wire.policy import QueryPolicy
from aerospike_wire.proto.invalid import InvalidArgument
from aerospike_wire.query.tracker import Partitions
from aerospike_wire.types import Key, Record

RECORDS = [Record(Key("test", "demo", None, row.digest), {}, {}) for row in stored(30)]
VALUES = [row.number for row in stored(30)]


def begun() -> Partitions:
    """A state with everything in it."""
    state = Partitions(0, 100)
    state.mark(RECORDS, VALUES)
    state.finish([0, 50, 51, 52, 99])
    state.identity = "0123"
    return state


def test_last_record_of_a_partition_is_its_mark() -> None:
    """With its value; partitions without one are read from their beginning."""
    state = begun()
    assert state.records == 30
    last = {
        pid_of(record.key.digest or b""): (record.key.digest, value)
        for record, value in zip(RECORDS, VALUES, strict=True)
    }
    whole, marks = state.split(range(100))
    assert marks == [last[pid] for pid in sorted(last)]
    assert sorted([*whole, *last]) == list(range(100))


def test_what_is_left() -> None:
    """Neither finished twice nor forgotten."""
    state = begun()
    state.finish([50, 99])
    assert state.finished == 5
    assert state.left() == [pid for pid in range(100) if pid not in {0, 50, 51, 52, 99}]
    assert not state.done
    state.finish(range(100))
    assert (state.done, state.left()) == (True, [])


def test_cursor_is_json_and_comes_back_the_same() -> None:
    """Marks of finished partitions are not kept: nothing is left to do there."""
    state = begun()
    cursor = state.cursor("test", "demo")
    assert cursor["done"] == [[0, 1], [50, 3], [99, 1]]
    assert "0" not in cursor["marks"]
    for given_cursor in (cursor, json.dumps(cursor), json.dumps(cursor).encode()):
        again = Partitions.restore(given_cursor, "test", "demo")
        assert again.cursor("test", "demo") == cursor
        assert again.left() == state.left()


def test_records_of_partitions_that_were_not_asked_for() -> None:
    """A node that sends some leaves no trace in the cursor."""
    state = Partitions(4000, 10)
    state.mark(RECORDS, VALUES)
    cursor = state.cursor("test", None)
    assert cursor["marks"] == {}
    assert Partitions.restore(cursor, "test", None).left() == list(range(4000, 4010))


@given(st.integers(0, 4095), st.data())
def test_any_state_goes_through_its_cursor(begin: int, data: Any) -> None:
    """Whatever partitions are done."""
    count = data.draw(st.integers(1, 4096 - begin))
    state = Partitions(begin, count)
    state.finish(data.draw(st.lists(st.integers(begin, begin + count - 1), max_size=50)))
    cursor = state.cursor("n", None)
    assert json.loads(json.dumps(cursor)) == cursor
    again = Partitions.restore(cursor, "n", "")
    assert (again.left(), again.finished) == (state.left(), state.finished)


GOOD = begun().cursor("test", "demo")
MARK = next(iter(GOOD["marks"]))
DIGEST = GOOD["marks"][MARK][0]


@for_each(
    "change",
    [
        {"version": 2},
        {"version": None},
        {"namespace": "bar"},
        {"set": None},
        {"query": 5},
        {"begin": -1},
        {"begin": 4096},
        {"begin": True},
        {"count": 0},
        {"count": 4097},
        {"count": 5},
        {"records": -1},
        {"records": "1"},
        {"done": None},
        {"done": {}},
        {"done": [5]},
        {"done": [[1, 2, 3]]},
        {"done": [["1", 2]]},
        {"done": [[0, 101]]},
        {"done": [[0, 0]]},
        {"marks": []},
        {"marks": {"x": [DIGEST, 1]}},
        {"marks": {MARK: DIGEST}},
        {"marks": {MARK: [DIGEST]}},
        {"marks": {MARK: ["zz", 1]}},
        {"marks": {MARK: [DIGEST[:-2], 1]}},
        {"marks": {MARK: [5, 1]}},
        {"marks": {"2": [DIGEST, 1]}},
        {"marks": {MARK: [DIGEST, 1 << 63]}},
        {"marks": {MARK: [DIGEST, "1"]}},
    ],
)
def test_cursor_that_is_none_is_refused(change: dict[str, Any]) -> None:
    """Whatever is wrong with it, before anything is asked."""
    with pytest.raises(InvalidArgument) as caught:
        Partitions.restore({**GOOD, **change}, "test", "demo")
    assert caught.value.argument == "cursor"


@for_each("given_cursor", [None, 5, [], "", "{", "[]", "null", b"\xff", "[" * 100_000])
def test_what_is_no_cursor_at_all_is_refused(given_cursor: Any) -> None:
    """Text that is not JSON, and JSON that is no object."""
    with pytest.raises(InvalidArgument):
        Partitions.restore(given_cursor, "test", "demo")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("ab01", max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab01", max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*GOOD]), JSON, max_size=4))
def test_any_json_is_a_cursor_or_refused(change: dict[str, Any]) -> None:
    """Nothing else is raised."""
    try:
        Partitions.restore({**GOOD, **change}, "test", "demo")
    except InvalidArgument as invalid:
        assert invalid.argument == "cursor"  # noqa: PT017  either way is right


def test_official_status_goes_out_and_in() -> None:
    """As get_partitions_status gives it and partition_filter takes it."""
    state = begun()
    status = state.status()
    assert (status["done"], status["retry"]) == (False, True)
    assert set(status) == {"done", "retry", *range(100)}
    row = status[int(MARK)]
    assert isinstance(row, PartitionStatus)
    assert row[:3] == (int(MARK), True, True)
    assert bytes(row.digest).hex() == DIGEST
    chosen = PartitionFilter.of({"begin": 0, "count": 100, "partition_status": status})
    again = Partitions.of(chosen)
    assert again.left() == state.left()
    assert again.split(again.left()) == state.split(state.left())


def test_index_values_below_zero_are_without_sign_in_the_official_form() -> None:
    """And come back with it."""
    state = Partitions()
    state.mark(RECORDS[:1], [-5])
    pid = pid_of(RECORDS[0].key.digest or b"")
    assert state.status()[pid].bval == (1 << 64) - 5
    again = Partitions.of(PartitionFilter.of({"partition_status": state.status()}))
    assert again.values == {pid: -5}


# Filters


def test_filters() -> None:
    """All, one, some, and the rest of one."""
    assert Partitions.of(None).left() == Partitions.of(PartitionFilter.all()).left() == list(range(4096))
    assert Partitions.of(PartitionFilter.one(7)).left() == [7]
    assert Partitions.of(PartitionFilter.range(4094, 2)).left() == [4094, 4095]
    digest = RECORDS[0].key.digest or b""
    rest = Partitions.of(PartitionFilter.after(bytearray(digest)))
    assert rest.split(rest.left()) == ([], [(digest, 0)])


@for_each(
    ("form", "same"),
    [
        ({}, PartitionFilter()),
        ({"begin": 5}, None),
        ({"begin": 5, "count": 3}, PartitionFilter(5, 3)),
        ({"begin": 5, "count": 3, "digest": {"init": False, "value": b"x"}}, PartitionFilter(5, 3)),
        ({"begin": 5, "count": 3, "digest": None}, PartitionFilter(5, 3)),
        (
            {"begin": 5, "count": 1, "digest": {"init": True, "value": bytearray(b"\x05" + bytes(19))}},
            PartitionFilter(5, 1, b"\x05" + bytes(19)),
        ),
        ({"begin": 5, "count": 1, "digest": b"\x05" + bytes(19)}, PartitionFilter(5, 1, b"\x05" + bytes(19))),
    ],
)
def test_official_form_of_filters(form: dict[str, Any], same: PartitionFilter | None) -> None:
    """A dict becomes a filter, in a policy too; a range that goes beyond the end is refused."""
    if same is None:
        with pytest.raises(errors.ParamError, match="ends at partition"):
            PartitionFilter.of(form)
        return
    assert PartitionFilter.of(form) == same
    assert QueryPolicy(partition_filter=form).partition_filter == same  # type: ignore[arg-type]
    assert hash(QueryPolicy(partition_filter=same)) == hash(QueryPolicy(partition_filter=same))


@for_each(
    "form",
    [
        5,
        [],
        {"start": 1},
        {"begin": -1, "count": 1},
        {"begin": 4096, "count": 1},
        {"begin": "1", "count": 1},
        {"begin": True, "count": 1},
        {"begin": 0, "count": 0},
        {"begin": 0, "count": 4097},
        {"begin": 0, "count": 1.0},
        {"begin": 1, "count": 1, "digest": bytes(20)},
        {"begin": 0, "count": 1, "digest": bytes(19)},
        {"begin": 0, "count": 1, "digest": "x" * 20},
        {"begin": 0, "count": 1, "digest": {"init": True}},
        {"partition_status": []},
        {"partition_status": {"x": ()}},
        {"partition_status": {0: 5}},
        {"partition_status": {0: (0, True, True)}},
        {"partition_status": {0: (0, True, True, b"\1" * 20, 0)}},
        {"partition_status": {0: (0, False, True, bytes(20), "0")}},
        {"partition_status": {0: (0, False, True, bytes(20), 1 << 64)}},
        {"partition_status": {5000: (5000, False, True, bytes(20), 0)}},
    ],
)
def test_filter_that_is_none_is_refused(form: Any) -> None:
    """The error names the argument."""
    with pytest.raises(errors.ParamError) as caught:
        PartitionFilter.of(form)
    assert caught.value.argument == "partition_filter"


def test_rows_of_older_clients_have_no_index_value() -> None:
    """They are taken."""
    chosen = PartitionFilter.of({"partition_status": {5: (5, True, True, bytearray(b"\x05" + bytes(19)))}})
    assert Partitions.of(chosen).marks == {5: b"\x05" + bytes(19)}
