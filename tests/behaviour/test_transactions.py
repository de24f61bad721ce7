"""Transactions against an Enterprise node: what others see, conflicts, commit, abort, doubt."""

from __future__ import annotations

import asyncio
import copy
import pickle
import time
import traceback
from typing import TYPE_CHECKING, Any

import pytest

from aerospike_wire import AbortStatus, CommitStatus, Transaction, TransactionState, batch, errors
from aerospike_wire.embedded import EmbeddedCluster, EmbeddedServer
from aerospike_wire.embedded.transactions.handle import expire
from aerospike_wire.operations import basic
from aerospike_wire.proto.keys import partition_id, resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

A = ("test", "demo", "a")
B = ("test", "demo", "b")
C = ("test", "demo", "c")
DURABLE = {"durable_delete": True}


@pytest.fixture
def server() -> Iterator[EmbeddedServer]:
    """An Enterprise node with a strongly consistent namespace, and one that is not."""
    with EmbeddedServer(namespaces=["test,strong-consistency=on", "other"], enterprise=True) as running:
        yield running


@pytest.fixture
def client(make_client: Callable[..., Any], server: EmbeddedServer) -> Any:
    """A client that does not wait between its tries."""
    quick = {"sleep_between_retries": 0, "total_timeout": 2000, "socket_timeout": 200}
    return make_client(server.address, policies={"txn_verify": quick, "txn_roll": quick})


async def bins(client: Any, key: Any, **policy: Any) -> Any:
    """The bins of a record, None if there is none."""
    record = await client.get(key, policy, default=None)
    return None if record is None else record.bins


def unlocked(server: EmbeddedServer) -> bool:
    """Whether nothing is left of any transaction."""
    ledger = server.node.namespaces["test"].ledger
    assert ledger is not None
    return not ledger.monitors and not ledger.provisional


async def test_commit_makes_all_writes_visible_at_once(client: Any, server: EmbeddedServer) -> None:
    """Others see nothing of it before, and all of it afterwards; the transaction sees its own writes."""
    await client.put(A, {"n": 1})
    txn = Transaction()
    assert (txn.state, txn.namespace, txn.in_doubt) == (TransactionState.OPEN, None, False)
    policy = {"txn": txn}
    assert await bins(client, A, txn=txn) == {"n": 1}
    await client.put(A, {"n": 2}, policy=policy)
    await client.put(B, {"n": 20}, policy=policy)
    assert await bins(client, A, txn=txn) == {"n": 2}
    assert await bins(client, A) == {"n": 1}
    assert await bins(client, B) is None
    assert [record.bins for record in await client.query("test", "demo").results()] == [{"n": 1}]
    assert await client.commit(txn) is CommitStatus.OK
    assert (await bins(client, A), await bins(client, B)) == ({"n": 2}, {"n": 20})
    assert txn.state is TransactionState.COMMITTED
    assert unlocked(server)


async def test_abort_undoes_everything(client: Any, server: EmbeddedServer) -> None:
    """Writes, creations and deletions are undone."""
    await client.put(A, {"n": 1})
    await client.put(B, {"n": 10})
    txn = Transaction()
    policy = {"txn": txn}
    await client.put(A, {"n": 2, "m": 3}, policy=policy)
    await client.remove(B, policy={**policy, **DURABLE})
    await client.put(C, {"n": 100}, policy=policy)
    assert await bins(client, B, txn=txn) is None
    assert await client.abort(txn) is AbortStatus.OK
    assert [await bins(client, key) for key in (A, B, C)] == [{"n": 1}, {"n": 10}, None]
    assert unlocked(server)


async def test_every_kind_of_command_can_be_a_member(client: Any, server: EmbeddedServer) -> None:
    """Reads, writes, operate, batches of all kinds: nothing of it shows before the commit."""
    lua = (
        "function set(rec, value) rec.n = value; if aerospike:exists(rec) then aerospike:update(rec) "
        "else aerospike:create(rec) end return value end"
    )
    server.call(server.node.modules.register, "m.lua", lua.encode())
    keys = [("test", "demo", number) for number in range(8)]
    await client.put(keys[0], {"n": 0, "s": "x"})
    txn = Transaction()
    policy = {"txn": txn}
    await client.append(keys[0], "s", "y", policy=policy)
    await client.increment(keys[0], "n", 5, policy=policy)
    await client.touch(keys[0], policy=policy)
    record = await client.operate(keys[0], [basic.increment("n", 1), basic.read("n")], policy=policy)
    assert record.bins == {"n": 6}
    assert (await client.select(keys[0], ["s"], policy)).bins == {"s": "xy"}
    assert (await client.exists(keys[1], policy))[1] is None
    assert await client.apply(keys[1], "m", "set", [7], policy=policy) == 7
    assert (await client.batch_operate(keys[2:4], [basic.write("n", 1)], policy)).ok
    assert (await client.batch_apply(keys[4:5], "m", "set", [9], policy)).ok
    result = await client.batch_write(
        [
            batch.Write(keys[5], [basic.write("n", 2)]),
            batch.Read(keys[0], read_all_bins=True),
            batch.Remove(keys[2], policy=DURABLE),
            batch.Apply(keys[6], "m", "set", [3]),
        ],
        policy,
    )
    assert result.ok
    assert result[1].record.bins == {"n": 6, "s": "xy"}
    read = await client.batch_read(keys, policy=policy)
    assert [row.record and row.record.bins.get("n") for row in read] == [6, 7, None, 1, 9, 2, 3, None]
    before = await client.batch_read(keys)
    assert [row.record and row.record.bins for row in before] == [{"n": 0, "s": "x"}, *[None] * 7]
    assert (await client.batch_remove(keys[3:4], policy, DURABLE)).ok
    assert await client.commit(txn) is CommitStatus.OK
    after = await client.batch_read(keys)
    assert [row.record and row.record.bins.get("n") for row in after] == [6, 7, None, None, 9, 2, 3, None]
    assert unlocked(server)


# Conflicts


async def test_a_locked_record_is_blocked_for_others(client: Any) -> None:
    """Writes of others, and reads of other transactions, fail with 120; plain reads go on."""
    txn, rival = Transaction(), Transaction()
    await client.put(A, {"n": 1}, policy={"txn": txn})
    for call in (
        client.put(A, {"n": 5}),
        client.remove(A, policy=DURABLE),
        client.put(A, {"n": 5}, policy={"txn": rival}),
        client.get(A, {"txn": rival}),
    ):
        with pytest.raises(errors.TransactionBlocked) as caught:
            await call
        assert caught.value.code == 120
        assert not caught.value.in_doubt
    assert caught.value.transaction == rival.id
    assert caught.value.context.transaction == rival.id
    assert f"in transaction {rival.id}" in str(caught.value)
    assert caught.value.to_dict()["context"]["transaction"] == rival.id
    row = (await client.batch_operate([A], [basic.write("n", 5)], {"txn": rival}))[0]
    assert row.result == 120
    assert isinstance(row.error, errors.TransactionBlocked)
    assert row.error.transaction == rival.id
    assert await bins(client, A) is None
    assert await client.abort(rival) is AbortStatus.OK
    assert await client.commit(txn) is CommitStatus.OK
    assert await bins(client, A) == {"n": 1}


async def test_a_read_that_changed_fails_the_commit(client: Any, server: EmbeddedServer) -> None:
    """The transaction is aborted; the error names the record, the step, the status and its cause."""
    await client.put(A, {"n": 1})
    txn = Transaction()
    await client.get(A, {"txn": txn})
    await client.put(B, {"n": 2}, policy={"txn": txn})
    await client.put(A, {"n": 9})
    with pytest.raises(errors.TransactionFailed) as caught:
        await client.commit(txn)
    error = caught.value
    assert error.status is CommitStatus.VERIFY_FAILED
    assert (error.transaction, error.in_doubt) == (txn.id, False)
    assert (error.context.step, error.context.state) == ("verify", "aborted")
    assert [key.user_key for key in error.context.keys] == ["a"]
    assert isinstance(error.__cause__, errors.TransactionVersionMismatch)
    assert "test/demo/'a' (121)" in str(error)
    assert txn.state is TransactionState.ABORTED
    assert await bins(client, B) is None
    assert unlocked(server)
    twin = pickle.loads(pickle.dumps(error))
    assert twin.to_dict() == error.to_dict()
    with pytest.raises(errors.TransactionAlreadyAborted) as again:
        await client.commit(txn)
    assert again.value.status is CommitStatus.ALREADY_ABORTED
    assert await client.abort(txn) is AbortStatus.ALREADY_ABORTED


async def test_several_changed_reads_come_as_a_group(client: Any) -> None:
    """Each has an error of its own, also a record that was missing and is there now."""
    await client.put(A, {"n": 1})
    txn = Transaction()
    policy = {"txn": txn}
    await client.get(A, policy)
    await client.batch_read([B, C], policy=policy)
    await client.put(A, {"n": 2})
    await client.put(B, {"n": 2})
    with pytest.raises(errors.TransactionFailed) as caught:
        await client.commit(txn)
    group = caught.value.__cause__
    assert isinstance(group, BaseExceptionGroup)
    assert sorted(error.key.user_key for error in group.exceptions) == ["a", "b"]
    assert {type(error) for error in group.exceptions} == {errors.TransactionVersionMismatch}


async def test_a_write_over_a_changed_read_fails_at_once(client: Any) -> None:
    """The version that was read goes with the write."""
    await client.put(A, {"n": 1})
    txn = Transaction()
    await client.get(A, {"txn": txn})
    await client.put(A, {"n": 2})
    with pytest.raises(errors.TransactionVersionMismatch):
        await client.put(A, {"n": 3}, policy={"txn": txn})
    assert await client.abort(txn) is AbortStatus.OK


async def test_on_locking_only(client: Any) -> None:
    """The second write of a record fails with 126, and the transaction goes on."""
    txn = Transaction()
    locking = {"txn": txn, "on_locking_only": True}
    await client.put(A, {"n": 1}, policy=locking)
    with pytest.raises(errors.TransactionAlreadyLocked):
        await client.put(A, {"n": 2}, policy=locking)
    row = (await client.batch_operate([A], [basic.write("n", 3)], {"txn": txn}, {"on_locking_only": True}))[0]
    assert row.result == 126
    await client.commit(txn)
    assert await bins(client, A) == {"n": 1}


async def test_the_deadline_aborts(client: Any, server: EmbeddedServer) -> None:
    """After its timeout the server undoes it, and further commands and the commit say so."""
    await client.put(A, {"n": 1})
    txn = Transaction(timeout=5)
    await client.put(A, {"n": 2}, policy={"txn": txn})
    with pytest.raises(errors.TransactionBlocked):
        await client.put(A, {"n": 3})
    server.clock.advance(6)
    await client.put(A, {"n": 3})
    with pytest.raises(errors.TransactionExpired) as late:
        await client.put(A, {"n": 4}, policy={"txn": txn})
    assert late.value.transaction == txn.id
    with pytest.raises(errors.TransactionAborted):
        await client.put(B, {"n": 4}, policy={"txn": txn})
    with pytest.raises(errors.TransactionFailed) as caught:
        await client.commit(txn)
    assert caught.value.status is CommitStatus.ALREADY_ABORTED
    assert not caught.value.in_doubt
    assert await bins(client, A) == {"n": 3}
    assert unlocked(server)


async def test_writes_that_the_node_does_not_take(client: Any, server: EmbeddedServer) -> None:
    """Transactions may only read while their writes are switched off; none may ask for more than two minutes."""
    ledger = server.node.namespaces["test"].ledger
    assert ledger is not None
    ledger.disabled = True
    txn = Transaction()
    assert await client.get(A, {"txn": txn}, default=None) is None
    with pytest.raises(errors.ForbiddenError):
        await client.put(A, {"n": 1}, policy={"txn": txn})
    assert await client.abort(txn) is AbortStatus.OK
    ledger.disabled = False
    with pytest.raises(errors.InvalidRequest):
        await client.put(A, {"n": 1}, policy={"txn": Transaction(timeout=121)})
    assert unlocked(server)


async def test_too_many_writes(client: Any, server: EmbeddedServer) -> None:
    """The monitor takes so many keys and no more."""
    ledger = server.node.namespaces["test"].ledger
    assert ledger is not None
    assert ledger.max_writes == 4096
    ledger.max_writes = 64
    txn = Transaction()
    keys = [("test", "demo", number) for number in range(65)]
    policy = {"txn": txn}
    with pytest.raises(errors.TransactionTooManyWrites):
        await client.batch_operate(keys, [basic.write("n", 1)], policy)
    assert (await client.batch_operate(keys[:10], [basic.write("n", 1)], policy)).ok
    assert await client.abort(txn) is AbortStatus.OK


# Misuse


async def test_one_namespace_for_each_transaction(client: Any) -> None:
    """A command on another namespace is refused before anything is sent, and names both."""
    txn = Transaction()
    await client.put(A, {"n": 1}, policy={"txn": txn})
    with pytest.raises(errors.ParamError, match=r"'test'.*'other'") as caught:
        await client.get(("other", "demo", 1), {"txn": txn})
    assert caught.value.argument == "txn"
    assert caught.value.context.transaction == txn.id
    with pytest.raises(errors.ParamError, match="one namespace"):
        await client.batch_read([A, ("other", "demo", 1)], policy={"txn": txn})
    await client.abort(txn)


async def test_no_use_after_the_end(client: Any) -> None:
    """A transaction that has ended takes no commands and cannot end in the other way."""
    committed, aborted = Transaction(), Transaction()
    assert await client.commit(committed) is CommitStatus.OK
    assert await client.abort(aborted) is AbortStatus.OK
    for txn, word in ((committed, "committed"), (aborted, "aborted")):
        with pytest.raises(errors.ParamError, match=f"has been {word}"):
            await client.get(A, {"txn": txn})
        with pytest.raises(errors.ParamError, match=f"has been {word}"):
            await client.batch_operate([A], [basic.write("n", 1)], {"txn": txn})
    assert await client.commit(committed) is CommitStatus.ALREADY_COMMITTED
    assert await client.abort(aborted) is AbortStatus.ALREADY_ABORTED
    with pytest.raises(errors.TransactionAlreadyCommitted) as caught:
        await client.abort(committed)
    assert caught.value.status is AbortStatus.ALREADY_COMMITTED
    with pytest.raises(errors.TransactionAlreadyAborted):
        await client.commit(aborted)


async def test_no_command_joins_while_it_is_committed(make_client: Callable[..., Any], server: EmbeddedServer) -> None:
    """One that came during the verification would be neither rolled forward nor back."""
    client = make_client(server.address)
    await client.put(A, {"n": 1})
    txn = Transaction()
    await client.get(A, {"txn": txn})
    rule = server.faults.on("verify").delay(60)
    inner = client.client
    if client.kind == "async":
        commit: Any = asyncio.ensure_future(inner.commit(txn))
    else:
        commit = asyncio.get_running_loop().run_in_executor(None, inner.commit, txn)
    for _ in range(500):
        await asyncio.sleep(0.002)
        if rule.hits:
            break
    with pytest.raises(errors.ParamError, match="is being committed"):
        await client.put(B, {"n": 1}, policy={"txn": txn})
    with pytest.raises(errors.ParamError, match="is being committed"):
        await client.batch_read([A, B], policy={"txn": txn})
    assert await commit is CommitStatus.OK
    assert unlocked(server)


async def test_bad_arguments(client: Any) -> None:
    """What is no transaction, or cannot be in one, is refused with the argument's name."""
    for call, argument in (
        (client.commit("x"), "transaction"),
        (client.abort(None), "transaction"),
        (client.get(A, {"txn": 5}), "txn"),
        (client.query("test", "demo").results({"txn": Transaction()}), "txn"),
        (client.run_transaction(None), "function"),
        (client.run_transaction(lambda _: None, attempts=0), "attempts"),
        (client.run_transaction(lambda _: None, backoff=-1), "backoff"),
        (client.run_transaction(lambda _: None, timeout="x"), "timeout"),
        (client.batch_write([batch.Read(A, policy={"txn": Transaction()})]), "batch_records[0]"),
    ):
        with pytest.raises(errors.ParamError) as caught:
            await call
        assert caught.value.argument == argument
    for bad in (-1, "x", True, 1.5):
        with pytest.raises(errors.ParamError):
            Transaction(timeout=bad)
        with pytest.raises(errors.ParamError):
            Transaction(bad)
    with pytest.raises(TypeError):
        copy.copy(Transaction())
    with pytest.raises(errors.ParamError, match="call by call"):
        type(client.client)("127.0.0.1:1", policies={"write": {"txn": Transaction()}})


async def test_available_namespaces_and_community_nodes_have_none(
    client: Any, make_client: Callable[..., Any], server: EmbeddedServer
) -> None:
    """Code 16 of an Enterprise node, 25 of a Community one; nothing is left behind either way."""
    txn = Transaction()
    with pytest.raises(errors.UnsupportedFeature):
        await client.put(("other", "demo", 1), {"n": 1}, policy={"txn": txn})
    assert await client.abort(txn) is AbortStatus.OK
    with EmbeddedServer() as community:
        plain = make_client(community.address)
        txn = Transaction()
        with pytest.raises(errors.AerospikeError) as caught:
            await plain.put(A, {"n": 1}, policy={"txn": txn})
        assert caught.value.code == 25
        assert await plain.abort(txn) is AbortStatus.OK


async def test_deletes_must_be_durable(client: Any, server: EmbeddedServer) -> None:
    """A strongly consistent namespace refuses others, in transactions even if it is told to take them."""
    await client.put(A, {"n": 1})
    with pytest.raises(errors.ForbiddenError):
        await client.remove(A)
    await client.remove(A, policy=DURABLE)
    assert await bins(client, A) is None
    change = "set-config:context=namespace;namespace=test;strong-consistency-allow-expunge=true"
    assert "ok" in await client.info_random_node(change)
    for key in (A, B):
        await client.put(key, {"n": 1})
    txn = Transaction()
    with pytest.raises(errors.ForbiddenError):
        await client.remove(B, policy={"txn": txn})
    await client.abort(txn)
    await client.remove(A)
    assert await bins(client, A) is None


# Blocks and functions


def block(client: Any, **settings: Any) -> Any:
    """``client.transaction()`` of either client as an asynchronous context manager."""
    made = client.client.transaction(**settings)
    if client.kind == "async":
        return made

    class Wrapped:
        async def __aenter__(self) -> Any:
            return made.__enter__()

        async def __aexit__(self, *args: object) -> Any:
            return made.__exit__(*args)

    return Wrapped()


async def test_a_block_commits(client: Any) -> None:
    """Leaving a block makes its writes final."""
    async with block(client, timeout=3) as txn:
        assert txn.timeout == 3
        await client.put(A, {"n": 1}, policy={"txn": txn})
    assert txn.state is TransactionState.COMMITTED
    assert await bins(client, A) == {"n": 1}


async def test_a_block_aborts_on_an_exception(client: Any) -> None:
    """The exception goes on as it was raised, with a note about the abort."""
    mistake = KeyError("mine")
    with pytest.raises(KeyError) as caught:
        async with block(client) as txn:
            await client.put(A, {"n": 1}, policy={"txn": txn})
            raise mistake
    assert caught.value is mistake
    assert mistake.__notes__ == [f"Transaction {txn.id}: aborted"]
    assert "raise mistake" in "".join(traceback.format_exception(mistake))
    assert await bins(client, A) is None
    assert txn.state is TransactionState.ABORTED


async def test_a_block_that_ends_by_itself(client: Any) -> None:
    """What the block has ended is left as it is."""
    async with block(client) as txn:
        await client.abort(txn)
    assert txn.state is TransactionState.ABORTED
    with pytest.raises(ValueError, match="later") as caught:
        async with block(client) as txn:
            await client.commit(txn)
            raise ValueError("later")
    assert caught.value.__notes__ == [f"Transaction {txn.id}: had been committed before this"]


async def test_a_block_whose_abort_fails_says_so(client: Any, server: EmbeddedServer) -> None:
    """The note tells that the server has to finish the work."""
    with pytest.raises(ValueError, match="mine") as caught:
        async with block(client) as txn:
            await client.put(A, {"n": 1}, policy={"txn": txn})
            server.faults.on("roll").close()
            raise ValueError("mine")
    server.faults.clear()
    (note,) = caught.value.__notes__
    assert "ROLL_BACK_ABANDONED" in note
    assert txn.failures


def work(client: Any, function: Callable[[Transaction], Any]) -> Any:
    """An async function for either client."""
    if client.kind == "async":
        return function

    def plain(txn: Transaction) -> Any:
        coroutine = function(txn)
        try:
            coroutine.send(None)
        except StopIteration as stop:
            return stop.value
        raise AssertionError("suspended")

    return plain


async def test_a_function_is_run_again_after_a_conflict(client: Any) -> None:
    """Another write comes between read and commit, once: the second run commits."""
    await client.put(A, {"n": 1})
    seen: list[int] = []

    async def increase(txn: Transaction) -> int:
        found = (await client.get(A, {"txn": txn})).bins["n"]
        seen.append(found)
        if len(seen) == 1:
            await client.put(A, {"n": 10})
        await client.put(A, {"n": found + 1}, policy={"txn": txn})
        return found + 1

    assert await client.run_transaction(work(client, increase), backoff=1) == 11
    assert seen == [1, 10]
    assert await bins(client, A) == {"n": 11}


async def test_a_function_is_not_run_for_ever(client: Any, server: EmbeddedServer) -> None:
    """After the last attempt the conflict itself is raised; every attempt was aborted."""
    holder = Transaction()
    await client.put(A, {"n": 1}, policy={"txn": holder})
    runs: list[Transaction] = []

    async def write(txn: Transaction) -> None:
        runs.append(txn)
        await client.put(B, {"n": 1}, policy={"txn": txn})
        result = await client.batch_operate([A], [basic.write("n", 2)], {"txn": txn})
        result.raise_for_errors()

    with pytest.raises(ExceptionGroup) as caught:
        await client.run_transaction(work(client, write), attempts=3, backoff=1)
    assert caught.group_contains(errors.TransactionBlocked)
    assert len({txn.id for txn in runs}) == 3
    assert all(txn.state is TransactionState.ABORTED for txn in runs)
    await client.abort(holder)
    assert unlocked(server)
    runs.clear()

    async def broken(txn: Transaction) -> None:
        runs.append(txn)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await client.run_transaction(work(client, broken))
    assert len(runs) == 1


async def test_a_function_of_the_other_kind_is_refused(client: Any, server: EmbeddedServer) -> None:
    """One that would not do its work before the commit: nothing is sent, nothing left behind."""

    async def work_of_tasks(_: Transaction) -> None:
        raise AssertionError("begun")

    def plain_work(_: Transaction) -> int:
        return 5

    with pytest.raises(errors.ParamError, match="function must be") as caught:
        await client.run_transaction(plain_work if client.kind == "async" else work_of_tasks)
    assert (caught.value.argument, caught.value.context.target()) == ("function", "")
    assert unlocked(server)


async def test_a_deadline_that_passes_in_a_block(client: Any, server: EmbeddedServer) -> None:
    """The abort has a moment of its own, so that nothing stays locked; another try is not begun too late."""
    made = client.client

    def late() -> None:
        time.sleep(0.15)

    with pytest.raises(errors.TimeoutError) as caught, made.deadline(0.12):
        if client.kind == "async":
            async with made.transaction() as txn:
                await made.put(A, {"n": 1}, policy={"txn": txn})
                await asyncio.sleep(0.15)
                await made.get(B, {"txn": txn})
        else:
            with made.transaction() as txn:
                made.put(A, {"n": 1}, policy={"txn": txn})
                late()
                made.get(B, {"txn": txn})
    assert caught.value.__notes__[-1].endswith(": aborted")
    assert unlocked(server)
    holder = Transaction()
    await client.put(A, {"n": 1}, policy={"txn": holder})

    async def write(txn: Transaction) -> None:
        await client.put(A, {"n": 2}, policy={"txn": txn})

    # The deadline may pass in a pause, before which nothing is begun any more, or in a try.
    with pytest.raises((errors.TransactionBlocked, errors.TimeoutError)), made.deadline(0.1):
        await client.run_transaction(work(client, write), attempts=1000, backoff=30)


async def test_what_a_cancelled_commit_came_to(make_client: Callable[..., Any], server: EmbeddedServer) -> None:
    """The note says whether it is committed, or that only another commit can tell."""
    client = make_client(server.address)
    if client.kind == "sync":
        return
    for step, words in (("mark", "in doubt"), ("roll", "had been committed"), ("verify", "aborted")):
        rule = server.faults.on(step).once().delay(50)

        async def block() -> None:
            async with client.client.transaction() as txn:
                await client.exists(B, {"txn": txn})
                await client.put(A, {"n": 1}, policy={"txn": txn})

        task = asyncio.create_task(block())
        for _ in range(500):
            await asyncio.sleep(0.002)
            if rule.hits or task.done():
                break
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        assert words in caught.value.__notes__[-1]
        await asyncio.sleep(0.06)
        server.clock.advance(60)


async def test_hooks_see_one_error(client: Any, server: EmbeddedServer) -> None:
    """A commit that fails passes through the hooks once, as a whole."""
    seen: list[Any] = []

    class Mine(Exception):
        pass

    def hook(failure: Any) -> BaseException:
        seen.append(failure)
        return Mine()

    hooked = client.with_error_hook(hook)
    await client.put(A, {"n": 1})
    txn = Transaction()
    await hooked.get(A, {"txn": txn})
    await client.put(A, {"n": 2})
    with pytest.raises(Mine) as caught:
        await hooked.commit(txn)
    assert [failure.code for failure in seen] == [-17]
    assert isinstance(caught.value.__cause__, errors.TransactionFailed)
    assert seen[0].context.family == "transaction"


# Many at once


async def test_tasks_share_a_transaction(server: EmbeddedServer, make_client: Callable[..., Any]) -> None:
    """Writes of many tasks at once make one monitor record and are all committed."""
    client = make_client(server.address)
    if client.kind == "sync":
        pytest.skip("threads are tested below")
    txn = Transaction()
    keys = [("test", "demo", number) for number in range(50)]
    await asyncio.gather(*(client.put(key, {"n": 1}, policy={"txn": txn}) for key in keys))
    policy = {"txn": txn}
    _, early = await asyncio.gather(client.get(keys[0], policy), client.commit(txn), return_exceptions=True)
    assert isinstance(early, errors.ParamError)
    assert (early.argument, "under way" in early.msg) == ("transaction", True)
    assert await client.commit(txn) is CommitStatus.OK
    assert all(row.ok for row in await client.batch_read(keys))


async def test_threads_share_a_transaction(server: EmbeddedServer, make_client: Callable[..., Any]) -> None:
    """The same with threads."""
    client = make_client(server.address)
    if client.kind == "async":
        pytest.skip("tasks are tested above")
    txn = Transaction()
    keys = [("test", "demo", number) for number in range(40)]
    plain = client.client
    await asyncio.gather(*(asyncio.to_thread(plain.put, key, {"n": 1}, policy={"txn": txn}) for key in keys))
    assert plain.commit(txn) is CommitStatus.OK
    assert all(row.ok for row in plain.batch_read(keys))


async def test_records_of_several_nodes(make_client: Callable[..., Any]) -> None:
    """Keys, monitor and roll-forward are spread over a cluster; commit, abort and deadline work all the same."""
    with EmbeddedCluster(3, namespaces=["test,strong-consistency=on"], enterprise=True) as cluster:
        client = make_client(cluster.seeds)
        keys = [("test", "demo", number) for number in range(30)]
        for outcome in ("commit", "abort", "deadline"):
            txn = Transaction()
            before = [row.record and row.record.bins for row in await client.batch_read(keys)]
            await client.put(keys[0], {"n": outcome}, policy={"txn": txn})
            assert (await client.batch_operate(keys[1:], [basic.write("n", outcome)], {"txn": txn})).ok
            if outcome == "commit":
                assert await client.commit(txn) is CommitStatus.OK
                before = [{"n": "commit"}] * len(keys)
            elif outcome == "abort":
                assert await client.abort(txn) is AbortStatus.OK
            else:
                cluster.clock.advance(60)
            assert [row.record and row.record.bins for row in await client.batch_read(keys)] == before


async def test_a_node_is_away_when_the_server_finishes(make_client: Callable[..., Any]) -> None:
    """What is committed waits for the next master of a record that was on a node that has just been killed."""
    strong = {"namespaces": ["test,strong-consistency=on"], "enterprise": True}
    with EmbeddedCluster(2, heartbeat_timeout=400, **strong) as cluster:
        client = make_client(cluster.seeds, policies={"txn_roll": {"max_retries": 0, "total_timeout": 500}})
        masters = {
            cluster.master("test", partition_id(resolve(key)[0].digest)): key for key in map(_numbered, range(30))
        }
        gone, other = masters
        txn = Transaction()
        for key in masters.values():
            await client.put(key, {"n": 1})
            await client.put(key, {"n": 2}, policy={"txn": txn})
        cluster.faults.on("roll").close()
        assert await client.commit(txn) is CommitStatus.ROLL_FORWARD_ABANDONED
        cluster.faults.clear()
        cluster.clock.advance(60)
        gone.kill()  # and nobody has noticed yet
        cluster.call(expire, other.node)
        ledger = other.node.namespaces["test"].ledger
        assert ledger is not None
        assert set(ledger.provisional) == {resolve(masters[gone])[0].digest}
        await cluster.until_stable() if client.kind == "async" else cluster.wait_until_stable()
        assert [
            await bins(client, key, total_timeout=5000, max_retries=50, sleep_between_retries=20)
            for key in masters.values()
        ] == [{"n": 2}] * 2
        assert not ledger.monitors


def _numbered(number: int) -> tuple[str, str, int]:
    return ("test", "demo", number)
