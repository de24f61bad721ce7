"""Every step of a transaction goes wrong in every way: status, doubt, and data that is all old or all new."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Final

import pytest
from cases import for_each

from aerospike_wire import AbortStatus, CommitStatus, Transaction, TransactionState, errors
from aerospike_wire.embedded import EmbeddedServer
from aerospike_wire.operations import basic
from aerospike_wire.policy import Policies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

A, B, READ = ("test", "demo", "a"), ("test", "demo", "b"), ("test", "demo", "r")
OLD, NEW = [{"n": 1}, None], [{"n": 2}, {"n": 20}]

FAULTS: Final[dict[str, Callable[[Any], Any]]] = {
    "refused": lambda when: when.answer(22),
    "overloaded": lambda when: when.answer(18),
    "timed out by the node": lambda when: when.answer(9, execute=True),
    "timed out by the node, not done": lambda when: when.answer(9),
    "closed before": lambda when: when.close(),
    "closed after": lambda when: when.close(after=True),
    "half an answer": lambda when: when.half_frame(),
    "garbage": lambda when: when.garbage(),
    "never": lambda when: when.hang(),
}
DOUBTFUL: Final = {*FAULTS} - {"refused", "overloaded"}
each_fault = for_each("fault", FAULTS)


@pytest.fixture
def server() -> Iterator[EmbeddedServer]:
    """An Enterprise node with a strongly consistent namespace."""
    with EmbeddedServer(namespaces=["test,strong-consistency=on"], enterprise=True) as running:
        yield running


@pytest.fixture
def client(make_client: Callable[..., Any], server: EmbeddedServer) -> Any:
    """A client that tries each step once."""
    return make_client(server.address, policies=once("refused"), max_error_rate=0)


def limit(fault: str) -> int:
    """Milliseconds that a step may take: few if nothing else ends it, many on a busy machine."""
    return 200 if fault == "never" else 10_000


def once(fault: str) -> dict[str, Any]:
    """Policies of steps that are tried once."""
    step = {"max_retries": 0, "total_timeout": limit(fault), "socket_timeout": limit(fault)}
    return {"txn_verify": step, "txn_roll": step}


def go_wrong(client: Any, server: EmbeddedServer, fault: str, step: str) -> None:
    """Make a step fail from now on."""
    client.client._core.policies = Policies(once(fault))
    FAULTS[fault](server.faults.on(step))


async def begun(client: Any, server: EmbeddedServer) -> Transaction:
    """A transaction that has read a record and written two, on a node that has no others."""
    server.clear()
    await client.put(A, {"n": 1})
    await client.put(READ, {"n": 0})
    txn = Transaction()
    await client.get(READ, {"txn": txn})
    await client.put(A, {"n": 2}, policy={"txn": txn})
    await client.put(B, {"n": 20}, policy={"txn": txn})
    return txn


async def data(client: Any) -> list[Any]:
    """The bins of the two records that are written."""
    return [row.record and row.record.bins for row in await client.batch_read([A, B])]


async def settled(client: Any, server: EmbeddedServer) -> list[Any]:
    """The same once the server has cleaned up after the transaction, and that nothing is locked any more."""
    server.faults.clear()
    server.clock.advance(60)
    found = await data(client)
    for key in (A, B):
        await client.put(key, {"n": 99})
    ledger = server.node.namespaces["test"].ledger
    assert ledger is not None
    assert not ledger.monitors
    assert not ledger.provisional
    return found


@each_fault
async def test_verify_fails(client: Any, server: EmbeddedServer, fault: str) -> None:
    """Whatever becomes of it, the transaction is aborted; there is no doubt, for nothing was decided."""
    txn = await begun(client, server)
    go_wrong(client, server, fault, "verify")
    with pytest.raises(errors.TransactionFailed) as caught:
        await client.commit(txn)
    assert caught.value.status is CommitStatus.VERIFY_FAILED
    assert not caught.value.in_doubt
    assert isinstance(caught.value.__cause__, errors.AerospikeError)
    assert txn.state is TransactionState.ABORTED
    assert await data(client) == OLD
    assert await settled(client, server) == OLD


@each_fault
async def test_mark_fails(client: Any, server: EmbeddedServer, fault: str) -> None:
    """The one step that can leave a doubt: then abort is refused, and another commit tells."""
    txn = await begun(client, server)
    go_wrong(client, server, fault, "mark")
    with pytest.raises(errors.TransactionFailed) as caught:
        await client.commit(txn)
    doubt = fault in DOUBTFUL
    assert caught.value.status is CommitStatus.MARK_ROLL_FORWARD_ABANDONED
    assert caught.value.in_doubt is doubt
    assert txn.in_doubt is doubt
    assert await data(client) == OLD
    with pytest.raises(errors.ParamError):
        await client.get(A, {"txn": txn})
    if not doubt:
        assert txn.state is TransactionState.VERIFIED
        server.faults.clear()
        assert await client.abort(txn) is AbortStatus.OK
        assert await settled(client, server) == OLD
        return
    assert txn.state is TransactionState.COMMIT_FAILED
    with pytest.raises(errors.TransactionFailed) as refused:
        await client.abort(txn)
    assert refused.value.status is AbortStatus.COMMIT_FAILED
    with pytest.raises(errors.TransactionFailed) as again:
        await client.commit(txn)
    assert again.value.in_doubt
    server.faults.clear()
    assert await client.commit(txn) in (CommitStatus.OK, CommitStatus.ALREADY_COMMITTED)
    assert await data(client) == NEW
    assert txn.state is TransactionState.COMMITTED
    assert await settled(client, server) == NEW


@each_fault
async def test_mark_fails_and_nobody_asks_again(client: Any, server: EmbeddedServer, fault: str) -> None:
    """At the deadline the server finishes what was decided: all new if the mark had come, all old if not."""
    txn = await begun(client, server)
    go_wrong(client, server, fault, "mark")
    with pytest.raises(errors.TransactionFailed):
        await client.commit(txn)
    ledger = server.node.namespaces["test"].ledger
    assert ledger is not None
    (monitor,) = ledger.monitors.values()
    decided = monitor.forward
    found = await settled(client, server)
    if fault == "never":  # it may still come, once the node goes on
        decided = found == NEW
    assert found == (NEW if decided else OLD)
    if not txn.in_doubt:
        return
    if decided:
        assert await client.commit(txn) is CommitStatus.ALREADY_COMMITTED
    else:
        with pytest.raises(errors.TransactionFailed) as caught:
            await client.commit(txn)
        assert caught.value.status is CommitStatus.ALREADY_ABORTED
        assert not caught.value.in_doubt


@each_fault
async def test_roll_forward_fails(client: Any, server: EmbeddedServer, fault: str) -> None:
    """The transaction is committed all the same; the server finishes it, or a further commit does."""
    txn = await begun(client, server)
    go_wrong(client, server, fault, "roll")
    assert await client.commit(txn) is CommitStatus.ROLL_FORWARD_ABANDONED
    assert txn.state is TransactionState.COMMITTED
    assert txn.failures
    assert all(isinstance(error, errors.AerospikeError) for error in txn.failures)
    server.faults.clear()
    assert await client.commit(txn) is CommitStatus.ALREADY_COMMITTED
    assert await data(client) == NEW
    assert not txn.failures
    assert await settled(client, server) == NEW


async def test_roll_forward_is_left_to_the_server(client: Any, server: EmbeddedServer) -> None:
    """Others see the old records, locked, until the deadline; then the new ones."""
    txn = await begun(client, server)
    server.faults.on("roll").close()
    await client.commit(txn)
    assert await data(client) == OLD
    with pytest.raises(errors.TransactionBlocked):
        await client.put(A, {"n": 3})
    assert await settled(client, server) == NEW


@each_fault
async def test_close_fails(client: Any, server: EmbeddedServer, fault: str) -> None:
    """The transaction is committed, and the monitor record is left to the server."""
    txn = await begun(client, server)
    go_wrong(client, server, fault, "close")
    assert await client.commit(txn) is CommitStatus.CLOSE_ABANDONED
    assert len(txn.failures) == 1
    assert await data(client) == NEW
    assert await settled(client, server) == NEW


@each_fault
@for_each("step", ["roll", "close"])
async def test_abort_fails(client: Any, server: EmbeddedServer, fault: str, step: str) -> None:
    """An abort never raises for trouble on the way: the server finishes it."""
    txn = await begun(client, server)
    go_wrong(client, server, fault, step)
    status = await client.abort(txn)
    assert status is (AbortStatus.ROLL_BACK_ABANDONED if step == "roll" else AbortStatus.CLOSE_ABANDONED)
    assert txn.state is TransactionState.ABORTED
    assert txn.failures
    assert await data(client) == OLD
    assert await settled(client, server) == OLD


@each_fault
async def test_add_keys_fails(client: Any, server: EmbeddedServer, fault: str) -> None:
    """Nothing was sent to the record, so the write is in no doubt; the transaction can still be aborted."""
    server.clear()
    await client.put(A, {"n": 1})
    txn = Transaction()
    go_wrong(client, server, fault, "add_keys")
    policy = {"txn": txn, "total_timeout": limit(fault)}
    with pytest.raises(errors.AerospikeError) as caught:
        await client.put(A, {"n": 2}, policy=policy)
    assert not caught.value.in_doubt
    assert "monitor" in str(caught.value)
    assert caught.value.context.operation == "put"
    assert caught.value.context.key.user_key == "a"
    assert caught.value.transaction == txn.id if isinstance(caught.value, errors.TransactionError) else True
    with pytest.raises(errors.AerospikeError):
        await client.batch_remove([A, B], policy)
    server.faults.clear()
    await client.put(B, {"n": 20}, policy={"txn": txn})  # the same transaction goes on
    assert await client.commit(txn) is CommitStatus.OK
    assert await data(client) == [{"n": 1}, {"n": 20}]
    await settled(client, server)


@each_fault
async def test_a_write_in_doubt_is_undone_too(client: Any, server: EmbeddedServer, fault: str) -> None:
    """A write without an answer counts as written: rolled back with the rest, and the monitor stays for stragglers."""
    txn = await begun(client, server)
    late = ("test", "demo", "late")
    go_wrong(client, server, fault, "put")
    with pytest.raises(errors.AerospikeError) as caught:
        await client.put(late, {"n": 3}, policy={"txn": txn, "total_timeout": limit(fault), "max_retries": 0})
    doubt = fault in DOUBTFUL
    assert caught.value.in_doubt is doubt
    assert txn.journal.write_in_doubt is doubt
    server.faults.clear()
    assert await client.abort(txn) is AbortStatus.OK
    assert (await client.get(late, default=None)) is None
    await client.put(late, {"n": 4})
    assert await settled(client, server) == OLD


@each_fault
async def test_a_batch_in_doubt_is_undone_too(client: Any, server: EmbeddedServer, fault: str) -> None:
    """The same for rows of a batch."""
    txn = await begun(client, server)
    keys = [("test", "demo", number) for number in range(3)]
    go_wrong(client, server, fault, "batch_operate")
    policy = {"txn": txn, "total_timeout": limit(fault), "max_retries": 0}
    doubtful: list[bool] = []
    with contextlib.suppress(errors.AerospikeError):  # a batch that is refused as a whole raises
        doubtful = [row.in_doubt for row in await client.batch_operate(keys, [basic.write("n", 1)], policy)]
    assert all(doubtful)
    assert bool(doubtful) is (fault in DOUBTFUL and "by the node" not in fault)
    server.faults.clear()
    assert await client.abort(txn) is AbortStatus.OK
    assert not [row for row in await client.batch_read(keys) if row.ok]
    assert await settled(client, server) == OLD


async def test_run_transaction_asks_once_more(client: Any, server: EmbeddedServer) -> None:
    """A commit whose mark had no answer is asked for again; the function is not run twice."""
    runs = []

    async def write(txn: Transaction) -> str:
        runs.append(txn)
        await client.put(A, {"n": 2}, policy={"txn": txn})
        return "done"

    def plain(txn: Transaction) -> str:
        runs.append(txn)
        client.client.put(A, {"n": 2}, policy={"txn": txn})
        return "done"

    function = write if client.kind == "async" else plain
    server.faults.on("mark").once().close(after=True)
    assert await client.run_transaction(function) == "done"
    assert len(runs) == 1
    server.faults.on("mark").close(after=True)
    with pytest.raises(errors.TransactionFailed) as caught:
        await client.run_transaction(function)
    assert caught.value.in_doubt
    assert len(runs) == 2
    assert "the commit is in doubt" in str(caught.value)
    assert caught.value.transaction == runs[1].id


async def test_a_block_whose_commit_is_refused_aborts(client: Any, server: EmbeddedServer) -> None:
    """Nothing stays locked behind a commit that was refused."""
    server.faults.on("mark").answer(22)

    async def write(txn: Transaction) -> None:
        await client.put(A, {"n": 2}, policy={"txn": txn})

    def plain(txn: Transaction) -> None:
        client.client.put(A, {"n": 2}, policy={"txn": txn})

    with pytest.raises(errors.TransactionFailed) as caught:
        await client.run_transaction(write if client.kind == "async" else plain, attempts=1)
    assert any("aborted" in note for note in caught.value.__notes__)
    await client.put(A, {"n": 3})


@for_each(("code", "doubt", "state", "in_doubt"), [
    (22, False, TransactionState.VERIFIED, False),
    (120, False, TransactionState.VERIFIED, False),
    (122, False, TransactionState.VERIFIED, False),
    (125, False, TransactionState.ABORTED, False),
    (9, False, TransactionState.COMMIT_FAILED, True),
    (22, True, TransactionState.COMMIT_FAILED, True),
    (122, True, TransactionState.COMMIT_FAILED, True),
    (125, True, TransactionState.ABORTED, False),
    (9, True, TransactionState.COMMIT_FAILED, True),
    (124, False, TransactionState.COMMITTED, None),
    (124, True, TransactionState.COMMITTED, None),
])  # fmt: skip
async def test_what_the_mark_is_answered(
    client: Any, server: EmbeddedServer, code: int, doubt: bool, state: TransactionState, in_doubt: bool | None
) -> None:
    """As the C client has it: only 124 and 125 settle a doubt; that the monitor is gone (122) may mean either."""
    server.faults.clear()
    txn = Transaction()
    key = ("test", "mark", txn.id & 0xFFFF)
    await client.put(key, {"n": 2}, policy={"txn": txn})
    if doubt:
        server.faults.on("mark").once().answer(9)
        with pytest.raises(errors.TransactionFailed):
            await client.commit(txn)
    server.faults.on("mark").answer(code, execute=code == 124)
    if in_doubt is None:
        assert await client.commit(txn) is CommitStatus.ALREADY_COMMITTED
    else:
        with pytest.raises(errors.TransactionFailed) as caught:
            await client.commit(txn)
        assert (caught.value.in_doubt, txn.in_doubt) == (in_doubt, in_doubt)
    assert txn.state is state
    server.faults.clear()
    if state is TransactionState.VERIFIED:
        assert await client.abort(txn) is AbortStatus.OK
    server.clock.advance(60)
