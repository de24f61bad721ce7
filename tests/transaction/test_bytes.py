"""The bytes of a transaction are those of the official client, step by step.

A scripted node answers as a strongly consistent namespace would: reads with a version,
the monitor record with a deadline.
"""

from __future__ import annotations

import json
import pathlib
from typing import TYPE_CHECKING, Any, Final

import pytest
from rawnode import RawNode, member, reply

from aerospike_wire import AbortStatus, CommitStatus, Transaction, TransactionState
from aerospike_wire.embedded.rows import Rows
from aerospike_wire.operations import basic
from aerospike_wire.proto import keys
from aerospike_wire.proto.fields import Field, field
from aerospike_wire.proto.header import Info1, Info3
from aerospike_wire.proto.message import message_frame, read_message
from aerospike_wire.proto.transaction import deadline_field, read_deadline, read_version, version_field

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DATA: Final = json.loads((pathlib.Path(__file__).parents[1] / "data" / "transactions.json").read_text())
VECTORS: Final = {row["name"]: bytes.fromhex(row["hex"]) for row in DATA["vectors"]}
TIMEOUTS: Final = {"total_timeout": 1000, "socket_timeout": 30_000}
VERSION: Final = int.from_bytes(bytes([1, 2, 3, 4, 5, 6, 7]), "little")
DEADLINE: Final = 500_000_000


class Strong:
    """Answers as a node with a strongly consistent namespace, and keeps the requests."""

    def __init__(self) -> None:
        self.seen: list[bytes] = []

    def answer(self, request: bytes) -> bytes:
        self.seen.append(request)
        message, _ = read_message(request[8:])
        if message.header.info1 & Info1.BATCH:
            rows = [reply()[8:] for _ in Rows.of(message)]
            parts = [row[:14] + number.to_bytes(4, "big") + row[18:] for number, row in enumerate(rows)]
            last = message_frame(message.header._replace(info1=0, info3=Info3.LAST, transaction_ttl=0))[8:]
            return (
                bytes.fromhex("0203") + (sum(map(len, parts)) + len(last)).to_bytes(6, "big") + b"".join(parts) + last
            )
        fields = []
        if message.header.info1 & Info1.READ and message.header.info4 == 0:
            fields = [version_field(VERSION)]
        elif message.fields[Field.SET] == b"<ERO~MRT" and message.ops:
            fields = [deadline_field(DEADLINE)]
        return reply(fields=fields)

    def take(self) -> list[bytes]:
        """The requests since the last call."""
        seen, self.seen = self.seen, []
        return seen


@pytest.fixture
def strong() -> Iterator[tuple[str, Strong]]:
    """Address of the node, and what it saw."""
    answers = Strong()
    with RawNode(member(answers.answer)) as node:
        yield node.address, answers


def official(txn: Transaction, number: int, timeout: int) -> Transaction:
    """The transaction with the number that was captured."""
    txn._id = number
    txn.timeout = timeout
    return txn


def content(request: bytes) -> Any:
    """A request in a form that does not depend on the order of a batch's rows."""
    message, _ = read_message(request[8:])
    if not message.header.info1 & Info1.BATCH:
        return request
    rows = Rows.of(message)
    return message.header, rows.flags, sorted((row.digest, row.message) for row in rows)


def wanted(*names: str) -> list[Any]:
    """Captured requests."""
    return [content(VECTORS[f"txn/{name}"]) for name in names]


async def test_every_step_of_a_commit(strong: tuple[str, Strong], make_client: Callable[..., Any]) -> None:
    """Reads, writes, a write that only locks, and the commit send what the official client sends."""
    address, node = strong
    client = make_client(address)
    txn = official(Transaction(), 1136037049431694728, 30)
    policy = {"txn": txn, **TIMEOUTS}
    keys = {name: ("test", "demo", None, digest) for name, digest in DIGESTS.items()}

    async def step(work: Any, *names: str) -> None:
        await work
        assert [content(request) for request in node.take()] == wanted(*names)

    await step(client.get(keys["k1"], policy), "read_0")
    await step(client.put(keys["k1"], {"a": 2}, policy=policy), "write_after_read_0", "write_after_read_1")
    await step(client.put(keys["k2"], {"a": 2}, policy=policy), "write_other_0", "write_other_1")
    await step(client.get(keys["k3"], policy), "read_for_verify_0")
    await step(client.get(keys["k4"], policy), "read_for_verify2_0")
    locking = {**policy, "on_locking_only": True}
    await step(client.put(keys["k2"], {"a": 3}, policy=locking), "on_locking_only_0")
    assert txn.state is TransactionState.OPEN
    assert (len(txn.journal.reads), len(txn.journal.writes)) == (2, 2)
    await step(client.commit(txn), "commit_0", "commit_1", "commit_2", "commit_3")
    assert txn.state is TransactionState.COMMITTED


async def test_every_step_of_an_abort(strong: tuple[str, Strong], make_client: Callable[..., Any]) -> None:
    """A write and its undoing send what the official client sends."""
    address, node = strong
    client = make_client(address)
    txn = official(Transaction(), 9929306774066274480, 0)
    key = ("test", "demo", None, DIGESTS["k1"])
    await client.put(key, {"a": 2}, policy={"txn": txn, **TIMEOUTS})
    assert await client.abort(txn) is AbortStatus.OK
    names = ("abort_write_0", "abort_write_1", "abort_0", "abort_1")
    assert [content(request) for request in node.take()] == wanted(*names)


async def test_a_batch_adds_all_its_keys_at_once(strong: tuple[str, Strong], make_client: Callable[..., Any]) -> None:
    """One message to the monitor for all rows that write; rows carry the transaction and the deadline."""
    address, node = strong
    client = make_client(address)
    txn = Transaction()
    keys = [("test", "demo", number) for number in range(3)]
    policy = {"txn": txn}
    result = await client.batch_operate(keys, [basic.write("a", 1)], policy)
    assert result.ok
    monitor, batch = node.take()
    message, _ = read_message(monitor[8:])
    assert [op.bin for op in message.ops] == ["id", "keyds"]
    assert message.ops[1].data[:2] == bytes([0x94, 0x02])
    assert all(row.key.digest in message.ops[1].data for row in result)
    for row in Rows.of(read_message(batch[8:])[0]):
        assert [*row.message.fields][:2] == [Field.NAMESPACE, Field.SET]
        assert row.message.fields[Field.MRT_ID] == txn.id.to_bytes(8, "little")
        assert row.message.fields[Field.MRT_DEADLINE] == DEADLINE.to_bytes(4, "little")
    reads = await client.batch_read(keys, policy=policy)
    assert reads.ok
    (batch,) = node.take()  # nothing for the monitor
    for row in Rows.of(read_message(batch[8:])[0]):
        assert Field.MRT_ID in row.message.fields
        assert Field.MRT_DEADLINE not in row.message.fields
    assert await client.commit(txn) is CommitStatus.OK


def test_fields_of_a_reply() -> None:
    """Version and deadline are found behind fields of other types, and only in their own sizes."""
    odd = reply(fields=[field(Field.NAMESPACE, b"test"), version_field(7), deadline_field(9)])[8:]
    assert (read_version(odd), read_deadline(odd)) == (7, 9)
    short = reply(fields=[field(Field.RECORD_VERSION, b"123"), field(Field.MRT_DEADLINE, b"1")])[8:]
    assert (read_version(short), read_deadline(short)) == (None, 0)
    assert read_version(reply()[8:]) is None


DIGESTS: Final = {
    "k1": bytes.fromhex("b747f5854d0b33259928d0cfab7fad81d6abfbf6"),
    "k2": bytes.fromhex("a933ee0e8f82c106697150d15e504f08b2b2e01d"),
    "k3": bytes.fromhex("c4ce8e13c42f3b2fca10203a870ba2be3f6bfc0d"),
    "k4": bytes.fromhex("3240e74ec54ff4e7b0c29d9edf0709dc17629432"),
}


async def test_batches_announce_their_keys_as_the_official_clients_do(
    strong: tuple[str, Strong], make_client: Callable[..., Any]
) -> None:
    """All of them, twice if they are there twice or known; one alone as a batch, and then as a command does."""
    address, node = strong
    client = make_client(address)
    policy = {"txn": Transaction()}
    one, two = ("test", "demo", 1), ("test", "demo", 2)

    async def announced(work: Any) -> list[tuple[int, int]]:
        """For each message to the monitor the list operation, and how often a digest of the two is in it."""
        await work
        found = []
        for request in node.take():
            ops = {op.bin: op for op in read_message(request[8:])[0].ops}
            if "keyds" in ops:
                code = bytes(ops["keyds"].data)[1]
                digests = [keys.resolve(key)[0].digest or b"" for key in (one, two)]
                found.append((code, sum(bytes(ops["keyds"].data).count(digest) for digest in digests)))
        return found

    append, append_items = 1, 2
    write = [basic.write("a", 1)]
    assert await announced(client.batch_operate([one], write, policy)) == [(append_items, 1), (append, 1)]
    assert await announced(client.batch_operate([one], write, policy)) == [(append_items, 1)]
    assert await announced(client.batch_operate([one, one, two], write, policy)) == [(append_items, 3)]
    assert await announced(client.put(two, {"a": 1}, policy=policy)) == []
