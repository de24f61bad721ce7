"""Batches: one request for many records."""

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

from aerospike_wire.errors import ProtocolError, ResultCode
from aerospike_wire.policy import Policies
from aerospike_wire.proto.commands.base import OLDEST, Features
from aerospike_wire.proto.commands.batch import BatchPart, BatchRead, message_offsets
from aerospike_wire.proto.fields import field
from aerospike_wire.proto.header import Info3, MessageHeader
from aerospike_wire.proto.invalid import InvalidArgument
from aerospike_wire.proto.message import Op, pack_message

THREE = [("test", "demo", number) for number in range(3)]
FILTER = bytes.fromhex("9301935102a16105")

REQUESTS: dict[str, BatchRead] = {
    "batch/read_all": BatchRead(THREE),
    "batch/read_bins": BatchRead(THREE, ["a", "b"]),
    "batch/read_header": BatchRead(THREE, []),
    "batch/read_policies": BatchRead(
        THREE, None, policy={"allow_inline": False, "allow_inline_ssd": True, "respond_all_keys": False}
    ),
    "batch/read_filter": BatchRead(THREE, None, policy={"expressions": FILTER}),
    "batch/read_compress": BatchRead(THREE[:2], None, policy={"compress": True}),
}

OTHER = {
    "batch/read_one_key": "the official client sends a batch of one key as a plain get; ours remains a batch",
}
"""Captured requests that ours does not make, and why."""


def part_of(batch: BatchRead, indexes: list[int] | None = None) -> BatchPart:
    """The request for some of the rows, or all."""
    batch.prepare(Policies())
    return batch.part(range(len(batch.rows)) if indexes is None else indexes)


@for_each("name", REQUESTS)
def test_request_has_the_official_clients_bytes(name: str) -> None:
    """The captured bytes of the official client, for bins and every policy."""
    assert part_of(REQUESTS[name]).encode(OLDEST).hex() == vector(name).hex(), given(name)


def test_all_captured_reads_are_covered() -> None:
    """Each captured request is made above, or left out for a reason."""
    assert set(names("batch/read_")) == REQUESTS.keys() | OTHER.keys()


def test_rows_of_another_set_are_packed_in_full() -> None:
    """Rows repeat the one before only while namespace and set stay."""
    keys = [("test", "a", 1), ("test", "a", 2), ("test", "b", 3), ("bar", "b", 4), ("bar", "b", 5)]
    whole = part_of(BatchRead(keys)).encode(OLDEST)
    assert (whole.count(b"test"), whole.count(b"bar")) == (2, 1)


def test_details_of_errors_are_asked_of_servers_that_have_them() -> None:
    """The header's fourth flag byte differs."""
    part = part_of(BatchRead(THREE))
    assert part.encode(Features(error_details=True))[12] == 0x40
    assert part.encode(OLDEST)[12] == 0


@for_each(
    ("batch", "argument"),
    [
        (BatchRead(5), "keys"),
        (BatchRead(iter(THREE)), "keys"),
        (BatchRead([*THREE, ("test", "demo")]), "keys[3]"),
        (BatchRead([5]), "keys[0]"),
        (BatchRead(THREE, "a"), "bins"),
        (BatchRead(THREE, [1]), "bins"),
    ],
)
def test_argument_that_cannot_be_used_is_refused(batch: BatchRead, argument: str) -> None:
    """The error names the argument, and of keys which one."""
    with pytest.raises(InvalidArgument) as caught:
        batch.prepare(Policies())
    assert caught.value.argument == argument


# Replies


def take(part: BatchPart, *frames: bytes) -> int:
    """Collect and read an answer; its code."""
    collect = part.collector()
    ends = [collect(body) for body in frames]
    assert ends == [False] * (len(frames) - 1) + [True]
    code = part.code(frames[-1])
    part.read_rows(lambda: 0.0)
    return code


def test_rows_of_a_real_server_are_filled_in() -> None:
    """Records, missing ones, and the order by index."""
    batch = BatchRead([("test", "demo", number) for number in range(4)])
    assert take(part_of(batch), *bodies("batch/real_get_all_reply")) == 0
    assert [row.code for row in batch.rows] == [0, 2, 0, 0]
    assert [row.record is not None for row in batch.rows] == [True, False, True, True]


def test_rows_of_a_batch_that_stopped_are_kept() -> None:
    """What came before the failure is good, and the end has the failure's code."""
    batch = BatchRead(THREE)
    part = part_of(batch)
    assert take(part, *bodies("batch/real_stop_on_error_reply")) == ResultCode.RECORD_GENERATION
    assert [row.code for row in batch.rows] == [0, 3, 0]
    assert part.answered


@for_each("name", ["zero_rows", "bad_namespace", "bad_second_row", "stop_no_report"])
def test_batch_that_is_refused_as_a_whole_answers_no_row(name: str) -> None:
    """The last message's code, and every row still without an answer."""
    batch = BatchRead(THREE)
    part = part_of(batch)
    assert take(part, *bodies(f"batch/real_{name}_reply")) != 0
    assert not part.answered
    assert {row.code for row in batch.rows} == {ResultCode.NO_RESPONSE}


def message(index: int, code: int = 0, *ops: Op, last: bool = False) -> bytes:
    """One message of a reply."""
    header = MessageHeader(info3=Info3.LAST if last else 0, result=code, generation=1, transaction_ttl=index)
    return pack_message(header, (), [op.pack() for op in ops])


def test_answer_may_come_in_several_frames() -> None:
    """Rows are collected over frames until the last."""
    batch = BatchRead(THREE)
    value = Op(1, b"a", 1, bytes(7) + b"\5")
    first = message(2, 0, value) + message(0, 2)
    assert take(part_of(batch), first, message(1, 0, value), message(0, last=True)) == 0
    assert [row.code for row in batch.rows] == [2, 0, 0]
    assert batch.rows[2].record is not None
    assert batch.rows[2].record.bins == {"a": 5}


def test_fields_of_a_row_are_passed_over() -> None:
    """A row may have fields; its bins follow them, also behind other rows."""
    batch = BatchRead(THREE)
    op = Op(1, b"a", 3, b"x").pack()
    rows = [
        pack_message(MessageHeader(transaction_ttl=index), [field(4, bytes(20)), field(3, b"v")], [op])
        for index in range(3)
    ]
    take(part_of(batch), b"".join(rows) + message(0, last=True))
    assert [row.record.bins for row in batch.rows if row.record] == [{"a": "x"}] * 3


def test_row_that_was_not_asked_for_is_refused() -> None:
    """An answer for somebody else's row is nonsense."""
    part = part_of(BatchRead(THREE), [0, 2])
    collect = part.collector()
    assert collect(message(1) + message(0, last=True))
    with pytest.raises(ProtocolError, match="row 1"):
        part.read_rows(lambda: 0.0)


def test_second_try_forgets_what_the_first_collected() -> None:
    """Half an answer of a connection that died is not mixed with the next one."""
    batch = BatchRead(THREE)
    part = part_of(batch)
    assert part.collector()(message(0, 5)) is False
    assert take(part, message(1, 2) + message(0, last=True)) == 0
    assert [row.code for row in batch.rows] == [ResultCode.NO_RESPONSE, 2, ResultCode.NO_RESPONSE]


@example(
    st.lists(
        st.one_of(st.binary(max_size=80), damaged(bodies("batch/real_get_all_reply")[0]), st.just(message(1))),
        min_size=1,
        max_size=3,
    )
)
@settings(deadline=None, max_examples=300)
def test_any_bytes_are_rows_or_a_protocol_error(frames: list[bytes]) -> None:
    """Nothing else is raised, in any step of reading."""
    part = part_of(BatchRead([("test", "demo", number) for number in range(4)]))
    with contextlib.suppress(ProtocolError):
        collect: Any = part.collector()
        for body in frames:
            collect(body)
        part.code(frames[-1])
        part.decode(frames[-1], lambda: 0.0)


@example(damaged(bodies("batch/real_read_bins_reply")[0]))
@settings(deadline=None, max_examples=200)
def test_messages_found_lie_inside_the_frame(body: bytes) -> None:
    """Every offset is that of a whole header."""
    with contextlib.suppress(ProtocolError):
        assert all(offset + 22 <= len(body) for offset in message_offsets(body))
