"""Batches: rows, their order and what stops them."""

from __future__ import annotations

from cases import for_each
from wire import (
    DELETE,
    GET_ALL,
    NO_BINS,
    READ,
    RESPOND_ALL,
    WRITE,
    Wire,
    batch,
    bins_of,
    get,
    op,
    put,
    repeat,
    row,
)

from aerospike_wire.proto.fields import Field
from aerospike_wire.proto.message import OpCode

A_IS_1 = bytes.fromhex("9301935102a16101")
"""The filter a == 1."""


def rows_of(wire: Wire, request: bytes) -> tuple[list[tuple[int, int]], int]:
    """Index and result of each row, and the result of the batch."""
    messages, _ = wire.stream(request)
    return [(item.header.transaction_ttl, item.result) for item in messages[:-1]], messages[-1].result


def test_reads_come_back_in_order(wire: Wire) -> None:
    """Each row is answered under its index; a missing record is no failure of the batch."""
    wire.ask(put(1, {"a": 1}))
    wire.ask(put(3, {"a": 3}))
    messages, sizes = wire.stream(batch(row(7, 1, info1=READ | GET_ALL), repeat(0, 2), repeat(5, 3)))
    assert [(item.header.transaction_ttl, item.result, bins_of(item)) for item in messages[:-1]] == [
        (7, 0, {"a": 1}),
        (0, 2, {}),
        (5, 0, {"a": 3}),
    ]
    assert all(not item.fields for item in messages)
    assert messages[-1].last
    assert sizes[-1] == 30


def test_kinds_of_rows(wire: Wire) -> None:
    """Reads of all kinds, writes, deletes and mixed operations travel in one batch."""
    for number in range(5):
        wire.ask(put(number, {"a": number, "s": "x"}))
    messages, _ = wire.stream(
        batch(
            row(0, 0, info1=READ | GET_ALL),
            row(1, 1, info1=READ, ops=[op(OpCode.READ, "a")]),
            row(2, 2, info1=READ | NO_BINS),
            row(3, 3, info2=WRITE | RESPOND_ALL, ops=[op(OpCode.WRITE, "n", 1)]),
            row(4, 4, info2=WRITE | DELETE | RESPOND_ALL),
            row(5, 3, info1=READ, info2=WRITE | RESPOND_ALL, ops=[op(OpCode.INCREMENT, "n", 1), op(OpCode.READ, "n")]),
        )
    )
    assert [item.result for item in messages] == [0] * 7
    assert [[(found.code, found.bin) for found in item.ops] for item in messages] == [
        [(1, "a"), (1, "s")],
        [(1, "a")],
        [],
        [(2, "n")],
        [],
        [(5, "n"), (1, "n")],
        [],
    ]
    assert bins_of(wire.ask(get(3)))["n"] == 2
    assert wire.ask(get(4)).result == 2


def test_failing_rows_do_not_stop_a_batch_that_answers_all(wire: Wire) -> None:
    """With all keys to be answered, each row fails for itself and carries its generation."""
    wire.ask(put(1, {"s": "x"}))
    messages, _ = wire.stream(
        batch(
            row(0, 1, info2=WRITE, ops=[op(OpCode.INCREMENT, "s", 1)]),
            row(1, 2, info2=WRITE, ops=[op(40, "a")]),
            row(2, 3, info2=WRITE, ops=[op(OpCode.WRITE, "a", 1)]),
        )
    )
    assert [(item.result, item.header.generation) for item in messages] == [(12, 1), (4, 0), (0, 1), (0, 0)]


@for_each(
    ("flags", "rows", "code"),
    [
        (0x0D, [(0, 0), (1, 3), (2, 0)], 0),
        (0x04, [(0, 0), (1, 3), (2, 0)], 0),
        (0x09, [(0, 0), (1, 3), (2, 0)], 3),
        (0x01, [], 3),
        (0x00, [], 3),
    ],
)
def test_what_a_failing_row_does(wire: Wire, flags: int, rows: list[tuple[int, int]], code: int) -> None:
    """The flags decide whether a failing row is reported and whether it is the batch's result."""
    for number in range(3):
        wire.ask(put(number, {"a": 1}))
    write = [op(OpCode.WRITE, "a", 2)]
    request = batch(
        row(0, 0, info2=WRITE, ops=write),
        row(1, 1, info2=WRITE | 0x04, generation=9, ops=write),
        row(2, 2, info2=WRITE, ops=write),
        flags=flags,
    )
    assert rows_of(wire, request) == (rows, code)


def test_missing_and_filtered_rows_never_stop_a_batch(wire: Wire) -> None:
    """Results 2 and 27 are answers, not failures."""
    wire.ask(put(1, {"a": 2}))
    rows = [row(number, number + 1, info1=READ | GET_ALL, extra={Field.FILTER: A_IS_1}) for number in range(2)]
    assert rows_of(wire, batch(*rows, flags=0x01)) == ([(0, 27), (1, 2)], 0)


def test_filter_of_the_batch_is_for_rows_without_one(wire: Wire) -> None:
    """A row's own filter goes before the one in the batch's head."""
    wire.ask(put(1, {"a": 2}))
    literal_true = {Field.FILTER: b"\xc3"}
    rows = [row(0, 1, info1=READ | GET_ALL), row(1, 1, info1=READ | GET_ALL, extra=literal_true)]
    assert rows_of(wire, batch(*rows, extra={Field.FILTER: A_IS_1})) == ([(0, 27), (1, 0)], 0)


@for_each(
    "request_",
    [
        batch(count=0),
        batch(row(0, 1, info1=READ | GET_ALL), count=2),
        batch(repeat(0, 1)),
        batch(row(0, 1, info1=READ | GET_ALL, extra={Field.KEY: b"\x031"}), repeat(1, 2)),
        batch(row(0, 1, info1=READ | GET_ALL, namespace="nope")),
        batch(row(0, 1, info1=READ | GET_ALL)[:-6]),
    ],
    ids=["no rows", "too few rows", "repeats nothing", "repeats a row with a key", "unknown namespace", "cut off"],
)
def test_malformed_batch(wire: Wire, request_: bytes) -> None:
    """A batch that cannot be read is answered by one last message with 4."""
    assert rows_of(wire, request_) == ([], 4)
    assert wire.ask(get(9)).result == 2


def test_rows_before_a_malformed_one_are_executed(wire: Wire) -> None:
    """A write in front of a bad row has happened, though nobody is told."""
    good = row(0, 1, info2=WRITE, ops=[op(OpCode.WRITE, "a", 1)])
    bad = row(1, 2, info1=READ | GET_ALL, namespace="nope")
    assert rows_of(wire, batch(good, bad)) == ([], 4)
    assert bins_of(wire.ask(get(1))) == {"a": 1}


def test_bytes_behind_the_last_row_do_not_matter(wire: Wire) -> None:
    """What follows the announced number of rows is not looked at."""
    assert rows_of(wire, batch(row(0, 1, info1=READ | GET_ALL), b"junk", count=1)) == ([(0, 2)], 0)


def test_long_replies_come_in_frames_of_128_kib(wire: Wire) -> None:
    """Rows are packed into frames of limited size; a larger row has a frame of its own."""
    wire.ask(put(1, {"b": bytes(1000)}))
    wire.ask(put(2, {"b": bytes(200_000)}))
    rows = [row(0, 1, info1=READ | GET_ALL), *(repeat(number, 1) for number in range(1, 300)), repeat(300, 2)]
    messages, sizes = wire.stream(batch(*rows))
    assert [item.header.transaction_ttl for item in messages[:-1]] == list(range(301))
    assert max(sizes[:-2]) <= 128 * 1024
    assert sizes[-2] > 200_000
    assert sizes[-1] == 30


def test_row_with_a_ttl_that_is_refused(wire: Wire) -> None:
    """A row's TTL counts like that of a single write."""
    write = [op(OpCode.WRITE, "a", 1)]
    rows = [row(0, 1, info2=WRITE, ttl=500, ops=write), row(1, 2, info2=WRITE, ttl=0xFFFFFFFF, ops=write)]
    assert rows_of(wire, batch(*rows)) == ([(0, 22), (1, 0)], 0)


@for_each("filter_", [b"\x93\xff\x01", bytes.fromhex("9301935102a161a3036162")])
@for_each("flags", [0x09, 0x0D])
def test_a_batch_with_a_malformed_filter_is_refused_whole(wire: Wire, filter_: bytes, flags: int) -> None:
    """A filter of the whole batch is checked before the first row; nothing is carried out."""
    rows = [row(0, 1, info2=WRITE, ops=[op(OpCode.WRITE, "a", 1)])]
    assert rows_of(wire, batch(*rows, flags=flags, extra={Field.FILTER: filter_})) == ([], 4)
    assert wire.ask(get(1)).result == 2
