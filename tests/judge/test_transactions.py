"""Transactions of the official client on the embedded node, and ours against its recordings.

The official Python client 19.3.0 is pointed at an Enterprise node and makes the same calls
as our two: codes, results, statuses and data must be the same. On a Community node it must
fare as it did on a real one, and our requests must be the bytes that it sent there.
"""

from __future__ import annotations

import json
import pathlib
from typing import TYPE_CHECKING, Any, Final

import pytest
from cases import for_each
from gold import value as decode
from rawnode import RawNode, Replay, member

import aerospike_wire
from aerospike_wire import errors, operations
from aerospike_wire.embedded import EmbeddedServer
from aerospike_wire.proto.fields import Field
from aerospike_wire.proto.message import read_message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

aerospike = pytest.importorskip("aerospike")
helpers = pytest.importorskip("aerospike_helpers.operations.operations")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

DATA: Final = json.loads((pathlib.Path(__file__).parents[1] / "data" / "transactions.json").read_text())
SCENARIOS: Final = {row["name"]: row for row in DATA["scenarios"]}
A, B, C, D = (("test", "demo", name) for name in "abcd")
DURABLE: Final = {"durable_delete": True}


# Side by side


class Both:
    """One client in a form that is the same for all: every step gives a plain outcome."""

    def __init__(self, client: Any, ops: Any, transaction: Any, awaited: Any = None) -> None:
        self.client = client
        self.ops = ops
        self.transaction = transaction
        self.outcomes: list[Any] = []
        self.awaited = awaited

    async def do(self, method: str, *args: Any, **kwargs: Any) -> None:
        """Make a call and keep what comes of it."""
        try:
            result = getattr(self.client, method)(*args, **kwargs)
            if self.awaited:
                result = await result
        except (aerospike.exception.AerospikeError, errors.AerospikeError) as error:
            self.outcomes.append((method, "error", error.args[0], error.args[4]))
        else:
            self.outcomes.append((method, _plain(result)))


def _plain(result: Any) -> Any:
    rows = getattr(result, "batch_records", None)
    if rows is None and isinstance(result, aerospike_wire.batch.BatchResult):
        rows = result.rows
    if rows is not None:
        return [(row.result, row.record and row.record[2]) for row in rows]
    if result is None:
        return 0  # what the official client returns for "done"
    if isinstance(result, tuple):
        return result[2] if len(result) == 3 else result[1] and "there"
    return result


async def story(made: Both) -> list[Any]:
    """Commits, aborts, conflicts, batches and misuse, one after the other."""
    do, ops = made.do, made.ops
    await do("put", A, {"n": 1})

    txn = made.transaction()
    policy = {"txn": txn}
    await do("get", A, policy)
    await do("put", B, {"n": 2}, policy=policy)
    await do("get", C, policy)
    await do("operate", A, [ops.increment("n", 5), ops.read("n")], policy=policy)
    await do("select", A, ["n"], policy)
    await do("append", B, "s", "x", policy=policy)
    await do("touch", B, policy=policy)
    await do("get", B)
    await do("commit", txn)
    made.outcomes.append(int(txn.state))
    for key in (A, B):
        await do("get", key)
    await do("commit", txn)
    await do("abort", txn)
    await do("get", A, policy)

    txn, rival = made.transaction(), made.transaction()
    policy, other = {"txn": txn}, {"txn": rival}
    await do("put", A, {"n": 99}, policy=policy)
    await do("put", A, {"n": 5})
    await do("remove", A, policy=DURABLE)
    await do("get", A, other)
    await do("put", A, {"n": 5}, policy=other)
    await do("batch_operate", [A, C], [ops.write("n", 7)], other)
    await do("put", A, {"n": 6}, policy={**policy, "on_locking_only": True})
    await do("get", ("other", "demo", 1), policy)
    await do("abort", txn)
    await do("abort", rival)
    await do("abort", rival)
    await do("commit", rival)
    made.outcomes.append(int(rival.state))
    await do("batch_read", [A, B, C])

    txn = made.transaction()
    policy = {"txn": txn}
    await do("get", A, policy)
    await do("get", D, policy)
    await do("put", A, {"n": 1000})
    await do("put", C, {"n": 1}, policy=policy)
    await do("put", A, {"n": 1001}, policy=policy)
    await do("commit", txn)
    made.outcomes.append(int(txn.state))
    await do("get", C)
    await do("get", A)

    txn = made.transaction()
    policy = {"txn": txn}
    await do("batch_operate", [A, B, C], [ops.write("b", 1)], policy)
    await do("batch_remove", [A, D], policy, DURABLE)
    await do("batch_read", [A, B, C, D], None, policy)
    await do("remove", B, policy=policy)
    await do("remove", B, policy={**policy, **DURABLE})
    await do("remove_bin", C, ["b"], None, {**policy, **DURABLE})
    await do("batch_read", [A, B, C, D])
    await do("commit", txn)
    await do("batch_read", [A, B, C, D])

    txn = made.transaction()
    await do("put", ("other", "demo", 1), {"n": 1}, policy={"txn": txn})
    await do("abort", txn)
    return made.outcomes


@pytest.fixture
def strong() -> Iterator[EmbeddedServer]:
    """An Enterprise node with a strongly consistent namespace, and one that is not."""
    with EmbeddedServer(namespaces=["test,strong-consistency=on", "other"], enterprise=True) as running:
        yield running


async def test_the_official_client_and_ours_fare_alike(make_client: Callable[..., Any]) -> None:
    """The same calls on two Enterprise nodes come out the same, error for error and row for row."""
    found = []
    for ours in (True, False):
        with EmbeddedServer(namespaces=["test,strong-consistency=on", "other"], enterprise=True) as server:
            if ours:
                made = Both(make_client(server.address), operations, aerospike_wire.Transaction, awaited=True)
                found.append(await story(made))
            else:
                client = aerospike.client({"hosts": server.seeds}).connect()
                found.append(await story(Both(client, helpers, aerospike.Transaction)))
                client.close()
            ledger = server.node.namespaces["test"].ledger
            assert ledger is not None
            assert not ledger.provisional
            assert not ledger.monitors
    assert len(found[0]) == len(found[1])
    for number, (ours, theirs) in enumerate(zip(*found, strict=True)):
        assert ours == theirs, number


def test_the_official_client_retries_until_the_deadline(strong: EmbeddedServer) -> None:
    """Its commit after the deadline fails as documented, and its data is gone."""
    client = aerospike.client({"hosts": strong.seeds}).connect()
    txn = aerospike.Transaction()
    txn.timeout = 5
    client.put(A, {"n": 1}, policy={"txn": txn})
    strong.clock.advance(6)
    with pytest.raises(aerospike.exception.AerospikeError) as late:
        client.put(B, {"n": 1}, policy={"txn": txn})
    assert late.value.args[0] in (122, 125)
    with pytest.raises(aerospike.exception.AerospikeError):
        client.commit(txn)
    client.put(A, {"n": 2})
    assert client.get(A)[2] == {"n": 2}
    client.close()


# Recordings of a Community node


class Shared:
    """The transactions of a scenario."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._shared: Any = None

    def value(self, tagged: Any) -> Any:
        """A recorded argument."""
        if isinstance(tagged, dict) and "shared" in tagged:
            return self.one()
        if isinstance(tagged, dict) and "dict" in tagged:
            return {
                key: self.one() if isinstance(item, dict) and "transaction" in item else decode(item)
                for key, item in tagged["dict"]
            }
        return decode(tagged)

    def one(self) -> Any:
        """The transaction, made when it is first needed."""
        if self._shared is None:
            self._shared = self._make()
        return self._shared


def _call(step: dict[str, Any], shared: Shared) -> tuple[str, list[Any], dict[str, Any]]:
    call = step["call"]
    args = [shared.value(item) for item in call.get("args", [])]
    return call["method"], args, {name: shared.value(item) for name, item in call.get("kwargs", {}).items()}


def _outcome(outcome: dict[str, Any]) -> Any:
    return outcome["code"] if "exception" in outcome else outcome.get("result")


@for_each("name", SCENARIOS)
def test_the_official_client_on_a_community_node(name: str) -> None:
    """Codes and statuses are those that it got from a real Community node."""
    scenario = SCENARIOS[name]
    steps = [*scenario.get("setup", ()), scenario, *scenario.get("after", ()), *scenario.get("teardown", ())]
    with EmbeddedServer(namespaces=["test,ttl=off"]) as server:
        client = aerospike.client({"hosts": server.seeds}).connect()
        shared = Shared(aerospike.Transaction)
        for step in steps:
            method, args, kwargs = _call(step, shared)
            if method == "operate":
                args[1] = [helpers.write("a", 3)]
            try:
                seen = getattr(client, method)(*args, **kwargs)
            except aerospike.exception.AerospikeError as error:
                seen = error.args[0]
            assert seen == _outcome(step["outcome"]), step["call"]
        client.close()


def _number_in(requests: list[bytes]) -> int | None:
    """The transaction that recorded requests belong to."""
    for request in requests:
        message, _ = read_message(request[8:])
        if Field.MRT_ID in message.fields:
            return int.from_bytes(message.fields[Field.MRT_ID], "little")
    return None


@for_each("name", SCENARIOS)
async def test_our_clients_send_the_recorded_bytes(name: str, make_client: Callable[..., Any]) -> None:
    """With the transaction's recorded number, every request is the recorded one, and so is what comes of it."""
    scenario = SCENARIOS[name]
    steps = [*scenario.get("setup", ()), scenario, *scenario.get("after", ()), *scenario.get("teardown", ())]
    exchange = [item for step in steps for item in step.get("exchange", ())]
    requests = [bytes.fromhex(item["request"]) for item in exchange]

    def make() -> aerospike_wire.Transaction:
        txn = aerospike_wire.Transaction()
        txn._id = _number_in(requests) or txn.id
        return txn

    answers = Replay()
    answers.expect([bytes.fromhex(item["response"]) for item in exchange])
    shared = Shared(make)
    with RawNode(member(answers.answer)) as node:
        client = make_client(node.address)
        for step in steps:
            method, args, kwargs = _call(step, shared)
            try:
                seen = await getattr(client, method)(*args, **kwargs)
            except errors.AerospikeError as error:
                seen = error.code
            outcome = _outcome(step["outcome"])
            assert seen == outcome or (seen is None and outcome == 0), step["call"]
    assert answers.seen == requests
