"""Random interleavings of transactions over few keys, against a model that is serial by construction.

The model holds the committed records. A commit that succeeds takes effect at once: what
the transaction read must be what is committed at that moment, and its writes become the
committed records all together. Whatever was not committed is never seen by others.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, Final

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aerospike_wire import Client, Transaction, TransactionState, errors, operations
from aerospike_wire.embedded import EmbeddedServer

if TYPE_CHECKING:
    from collections.abc import Iterator

KEYS: Final = 2
TRANSACTIONS: Final = 3
OUTSIDE: Final = None

actors = st.sampled_from([OUTSIDE, *range(TRANSACTIONS), *range(TRANSACTIONS)])
works = st.sampled_from(
    ["get", "get", "get", "put", "put", "increment", "remove", "batch_read", "batch_write", "commit", "commit", "abort"]
)
steps = st.lists(st.tuples(actors, works, st.integers(0, KEYS - 1)), min_size=25, max_size=50)
_sets = itertools.count()


@attrs.define
class Actor:
    """A transaction, and what the model knows of it."""

    txn: Transaction
    read: dict[int, int | None] = attrs.field(factory=dict)
    """What it saw of the committed records, by key, when it first read them."""
    written: dict[int, int | None] = attrs.field(factory=dict)


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """A client of an Enterprise node."""
    with (
        EmbeddedServer(namespaces=["test,strong-consistency=on"], enterprise=True) as server,
        Client(server.address) as client,
    ):
        yield client


class World:
    """The node and its model, side by side."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.set = f"s{next(_sets)}"
        self.committed: dict[int, int | None] = dict.fromkeys(range(KEYS))
        self.actors: dict[int, Actor] = {}
        self.values = itertools.count(100)

    def key(self, number: int) -> tuple[str, str, int]:
        return "test", self.set, number

    def actor(self, number: int) -> Actor:
        found = self.actors.get(number)
        if found is None:
            found = self.actors[number] = Actor(Transaction())
        return found

    def locked(self, key: int, but: Actor | None) -> bool:
        """Whether another transaction holds a record."""
        return any(key in actor.written for actor in self.actors.values() if actor is not but)

    def step(self, number: int | None, work: str, key: int) -> None:
        """Do something on both sides."""
        if work in ("commit", "abort"):
            if number is not None and number in self.actors:
                self.end(self.actors.pop(number), work)
            return
        actor = None if number is None else self.actor(number)
        keys = [key, (key + 1) % KEYS] if work.startswith("batch") else [key]
        policy: dict[str, Any] = {} if actor is None else {"txn": actor.txn}
        if work in ("get", "batch_read"):
            rows = self.client.batch_read([self.key(each) for each in keys], policy=policy)
            for each, row in zip(keys, rows, strict=True):
                self.was_read(actor, each, row.result, row.record)
            return
        value = next(self.values)
        if work == "put":
            ops = [operations.write("n", value)]
        elif work == "remove":
            rows = self.client.batch_remove([self.key(key)], policy, {"durable_delete": True})
            self.was_written(actor, key, rows[0].result, None)
            return
        else:
            ops = [operations.increment("n", 1)]
        rows = self.client.batch_operate([self.key(each) for each in keys], ops, policy)
        for each, row in zip(keys, rows, strict=True):
            after = value if work == "put" else (self.seen(actor, each) or 0) + 1
            self.was_written(actor, each, row.result, after)

    def seen(self, actor: Actor | None, key: int) -> int | None:
        """What a record is to somebody."""
        if actor is not None and key in actor.written:
            return actor.written[key]
        return self.committed[key]

    def stale(self, actor: Actor | None, key: int) -> bool:
        """Whether somebody's earlier read of a record no longer holds."""
        return actor is not None and key in actor.read and key not in actor.written

    def was_read(self, actor: Actor | None, key: int, code: int, record: Any) -> None:
        if code == 120:
            assert actor is not None
            assert self.locked(key, actor)
        elif code == 121:
            assert self.stale(actor, key)
        else:
            assert code in (0, 2)
            assert not (actor is not None and self.locked(key, actor))
            found = None if code else record.bins["n"]
            assert found == self.seen(actor, key)
            if actor is not None and key not in actor.written:
                actor.read.setdefault(key, found)
                assert actor.read[key] == found  # a second read of another value would have been refused

    def was_written(self, actor: Actor | None, key: int, code: int, value: int | None) -> None:
        if code == 120:
            assert self.locked(key, actor)
        elif code == 121:
            assert self.stale(actor, key)
        elif code == 2:
            assert value is None
            assert self.seen(actor, key) is None
            if actor is not None and key not in actor.written:
                actor.read.setdefault(key, None)  # a write that found nothing is a read
        else:
            assert code == 0
            assert not self.locked(key, actor)
            if actor is None:
                self.committed[key] = value
            else:
                if key in actor.read and key not in actor.written:
                    assert actor.read[key] == self.committed[key]
                actor.written[key] = value

    def end(self, actor: Actor, work: str) -> None:
        if work == "abort":
            self.client.abort(actor.txn)
            return
        try:
            self.client.commit(actor.txn)
        except errors.TransactionFailed:
            assert actor.txn.state is TransactionState.ABORTED
            return
        for key, value in actor.read.items():
            assert self.committed[key] == value, "committed although what it read had changed"
            assert not any(key in other.written for other in self.actors.values()), "verified a locked record"
        self.committed.update(actor.written)

    def check(self) -> None:
        """What anybody sees is what is committed."""
        rows = self.client.batch_read([self.key(key) for key in range(KEYS)])
        assert [row.record and row.record.bins["n"] for row in rows] == list(self.committed.values())

    def check_scan(self) -> None:
        """The same as a scan sees it."""
        found = sorted(record.bins["n"] for record in self.client.query("test", self.set).results())
        assert found == sorted(value for value in self.committed.values() if value is not None)


@settings(max_examples=12, deadline=None)
@given(steps)
def test_interleavings_are_serial(client: Client, steps: list[tuple[int | None, str, int]]) -> None:
    """Committed means all of it, on top of what was read; aborted means nothing of it."""
    world = World(client)
    try:
        for step in steps:
            world.step(*step)
            world.check()
        world.check_scan()
    finally:
        for actor in world.actors.values():
            client.abort(actor.txn)
    world.actors.clear()
    world.check()
    for key in range(KEYS):
        client.put(world.key(key), {"n": 1})  # nothing is left locked
