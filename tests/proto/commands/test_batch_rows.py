"""Batches whose rows write, or each do something of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from cases import for_each
from vectors import given, names, vector

from aerospike_wire import operations as op
from aerospike_wire.errors import UDFContext
from aerospike_wire.policy import BatchPolicy, Policies
from aerospike_wire.proto import keys
from aerospike_wire.proto.commands.base import OLDEST
from aerospike_wire.proto.commands.batch_rows import (
    Apply,
    BatchApply,
    BatchOperate,
    BatchRemove,
    BatchWrite,
    Read,
    Remove,
    Write,
)
from aerospike_wire.proto.invalid import InvalidArgument

if TYPE_CHECKING:
    from aerospike_wire.proto.commands.batch import Batch

KEYS = [("test", "demo", number) for number in range(5)]
THREE = KEYS[:3]


def captured(digest: str) -> tuple[Any, ...]:
    """A key of the capture whose user key is not told."""
    return ("test", "demo", None, bytes.fromhex(digest))


REQUESTS: dict[str, Batch] = {
    "batch/operate": BatchOperate(THREE, [op.increment("n", 1), op.read("n")]),
    "batch/operate_read_only": BatchOperate(THREE, [op.read("n")]),
    "batch/operate_write_policy": BatchOperate(
        THREE, [op.write("a", 1)], {"gen": 1, "exists": 2, "durable_delete": True, "key": 1, "ttl": 60}
    ),
    "batch/remove": BatchRemove(THREE),
    "batch/remove_policy": BatchRemove(THREE, {"gen": 1, "generation": 4, "durable_delete": True}),
    "batch/apply": BatchApply(THREE, "mod", "fn", [1]),
    "batch/mixed": BatchWrite(
        [
            Read(KEYS[0], [op.read("a")]),
            Write(KEYS[1], [op.write("a", 1)]),
            Remove(KEYS[2]),
            Apply(captured("d21f741e0767636b4bfb3d0d2d432ee663cdf314"), "mod", "fn", []),
            Read(captured("2fc0951636ff521e81b8672fcb5b7fb5350d4faf"), read_all_bins=True),
        ]
    ),
}
OTHER = {
    "batch/rows_same_ops": "rows that ask the same are marked as repetitions; the official client compares objects",
}
"""Captured requests that ours does not make, and why."""


def settled(batch: Batch) -> Batch:
    """The batch, ready to be sent."""
    batch.prepare(Policies())
    return batch


@for_each("name", REQUESTS)
def test_request_has_the_official_clients_bytes(name: str) -> None:
    """The captured bytes of the official client, for every kind of row and policy."""
    batch = settled(REQUESTS[name])
    assert batch.part(range(len(batch.rows))).encode(OLDEST).hex() == vector(name).hex(), given(name)


def test_all_captured_writes_are_covered() -> None:
    """Each captured request that is no plain read is made above, or left out for a reason."""
    captured = {name for name in names("batch/") if not name.startswith(("batch/read_", "batch/real_"))}
    assert captured == REQUESTS.keys() | OTHER.keys()


def test_rows_that_ask_the_same_are_marked_as_repetitions() -> None:
    """Rows of the very same operations are one byte each behind their digest, and so are those that have none."""
    ops = [op.read("a")]
    for rows in (
        [Read(key, ops) for key in THREE],
        [Read(key, read_all_bins=True) for key in THREE],
        [Remove(key) for key in THREE],
    ):
        request = settled(BatchWrite(rows)).part(range(3)).encode(OLDEST)
        assert request.count(b"demo") == 1
        assert len(request) < len(vector("batch/rows_same_ops"))


def test_rows_of_operations_that_only_look_the_same_are_sent_whole() -> None:
    """As the official client does, so that no operations need to be compared."""
    batch = settled(BatchWrite([Read(key, [op.read("a")]) for key in THREE]))
    assert batch.part(range(3)).encode(OLDEST).count(b"demo") == 3


def test_a_row_alone_goes_out_as_a_command_on_one_record() -> None:
    """A batch of one row, or the row of a batch that is alone on its node, is no batch on the wire."""
    batch = settled(BatchRemove(THREE))
    request = batch.part([1]).encode(OLDEST)
    assert request[9:11] == b"\x00\x03"
    assert keys.digest("demo", 1) in request
    assert batch.part([0, 1]).encode(OLDEST)[9] == 8


def test_what_all_rows_have_in_common_is_filtered_once() -> None:
    """The filter of the rows' policy travels once, for the batch."""
    batch = settled(BatchRemove(THREE, {"expressions": b"\x93\x01\x01\x01"}))
    assert batch.part(range(3)).encode(OLDEST).count(b"\x93\x01\x01\x01") == 1
    assert batch.part([2]).encode(OLDEST).count(b"\x93\x01\x01\x01") == 1


def test_a_row_after_one_with_its_key_is_never_a_repetition() -> None:
    """Servers refuse a repetition of a row that carries a key."""
    batch = settled(BatchRemove([KEYS[0], KEYS[0]], {"key": 1}))
    assert batch.part(range(2)).encode(OLDEST).count(b"demo") == 2


@for_each(
    ("batch", "write"),
    [
        (BatchOperate(THREE, [op.read("a")]), False),
        (BatchOperate(THREE, [op.read("a"), op.touch()]), True),
        (BatchWrite([Read(KEYS[0]), Read(KEYS[1])]), False),
        (BatchWrite([Read(KEYS[0]), Remove(KEYS[1])]), True),
        (BatchWrite([]), False),
    ],
)
def test_a_batch_writes_if_a_row_does(batch: Batch, *, write: bool) -> None:
    """Only then is it not repeated by itself, unless the caller asks for it."""
    assert settled(batch).write is write
    assert batch.policy.max_retries == (0 if write else 2)


def test_retries_that_are_asked_for_are_kept() -> None:
    """A dict or object that names them says what it wants."""
    asked: list[Any] = [{"max_retries": 3}, BatchPolicy(max_retries=3)]
    for policy in asked:
        assert settled(BatchRemove(THREE, policy=policy)).policy.max_retries == 3


def test_rows_that_apply_a_function_have_its_name_in_their_context() -> None:
    """An error of such a row says module and function."""
    batch = settled(BatchApply(THREE, "mod", "fn"))
    context = batch.row_context(batch.rows[0])
    assert isinstance(context, UDFContext)
    assert (context.module, context.function, context.key) == ("mod", "fn", batch.rows[0].key)


@for_each(
    ("batch", "argument"),
    [
        (BatchWrite(5), "batch_records"),
        (BatchWrite([5]), "batch_records[0]"),
        (BatchWrite([Read(KEYS[0]), Write(KEYS[1], [])]), "batch_records[1]"),
        (BatchWrite([Write(KEYS[0], [op.read("a")])]), "batch_records[0]"),
        (BatchWrite([Read(KEYS[0], [op.write("a", 1)])]), "batch_records[0]"),
        (BatchWrite([Write(KEYS[0], [op.touch()], {"gen": "x"})]), "batch_records[0]"),
        (BatchWrite([Apply(KEYS[0], 5, "f")]), "batch_records[0]"),
        (BatchWrite([Apply(KEYS[0], "m", "f", 5)]), "batch_records[0]"),
        (BatchOperate(5, [op.touch()]), "keys"),
        (BatchOperate([("test",)], [op.touch()]), "keys[0]"),
        (BatchOperate(THREE, 5), "ops"),
        (BatchApply(THREE, "m", None), "function"),
        (BatchRemove({}), "keys"),
    ],
)
def test_argument_that_cannot_be_used_is_refused(batch: Batch, argument: str) -> None:
    """Before anything is sent, with the argument's name and the row's number."""
    with pytest.raises(InvalidArgument) as caught:
        settled(batch)
    assert caught.value.argument == argument
