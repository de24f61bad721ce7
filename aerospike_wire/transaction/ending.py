"""The end of a transaction: commit and abort (protocol sections 10.5 and 10.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NoReturn

from aerospike_wire import fanout
from aerospike_wire.errors import AerospikeError, Attempt, ParamError, ResultCode, TransactionContext
from aerospike_wire.proto.commands.base import ServerWords
from aerospike_wire.proto.commands.transaction import BatchRoll, BatchVerify, Close, Mark, Roll, Verify, monitor_key
from aerospike_wire.transaction.state import AbortStatus, CommitStatus, Transaction, TransactionState
from aerospike_wire.trouble import REFUSALS, Trouble, as_trouble

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aerospike_wire.batch import BatchResult
    from aerospike_wire.core import Core
    from aerospike_wire.errors import ErrorMiddleware, Hook, HookMapping
    from aerospike_wire.policy import TxnRollPolicy, TxnVerifyPolicy
    from aerospike_wire.proto.commands.base import Command
    from aerospike_wire.transaction.state import Touched
    from aerospike_wire.types import Key

_NAMED: Final = 3
"""Records that an error's message names."""

_AGAIN: Final = (
    "commit it again: that tells whether it is committed, and finishes it if so; "
    "do not repeat its work before that is known"
)


async def commit(core: Core, transaction: Any, hook: Hook | HookMapping | None = None) -> CommitStatus:
    """Make the writes of a transaction final, if what it read is unchanged.

    Raises:
        AerospikeError: it is not committed, or ``in_doubt`` says that it may be.
    """
    return await _Ending(core, transaction, "commit", hook).commit()


async def abort(core: Core, transaction: Any, hook: Hook | HookMapping | None = None) -> AbortStatus:
    """Undo the writes of a transaction.

    Raises:
        AerospikeError: it is committed, or may be.
    """
    return await _Ending(core, transaction, "abort", hook).abort()


class _Ending:
    """One commit or abort."""

    __slots__ = ("_bare", "_core", "_errors", "_hook", "_operation", "_started", "_txn")

    def __init__(self, core: Core, transaction: Any, operation: str, hook: Hook | HookMapping | None) -> None:
        self._core = core
        self._bare = core.without_hooks()
        self._txn: Transaction = transaction
        self._operation = operation
        self._hook = hook
        self._errors: ErrorMiddleware = core.errors
        self._started = core.now()

    async def commit(self) -> CommitStatus:
        """Commit, one caller at a time."""
        await self._check()
        gate = self._txn.journal.gate(self._core.runtime)
        await gate.acquire()
        try:
            return await self._commit()
        finally:
            gate.release()

    async def abort(self) -> AbortStatus:
        """Abort, one caller at a time."""
        await self._check()
        gate = self._txn.journal.gate(self._core.runtime)
        await gate.acquire()
        try:
            return await self._abort()
        finally:
            gate.release()

    async def _check(self) -> None:
        try:
            if self._hook is not None:
                self._errors = self._errors.with_hook(self._hook)
            if not isinstance(self._txn, Transaction):
                raise ParamError.about("transaction", f"must be a Transaction, not {type(self._txn).__name__}")
        except REFUSALS as error:
            trouble = as_trouble(error)
        else:
            return
        context = TransactionContext(self._operation)
        self._core.fail(trouble, [], self._started, context, write=False, errors=self._errors)

    # The steps

    async def _commit(self) -> CommitStatus:
        journal = self._txn.journal
        if journal.state is TransactionState.COMMITTED:
            if journal.unfinished:
                await self._finish(forward=True)
            return CommitStatus.ALREADY_COMMITTED
        if journal.state is TransactionState.ABORTED:
            self._fail(ResultCode.TRANSACTION_ALREADY_ABORTED, CommitStatus.ALREADY_ABORTED)
        journal.ending = True  # first, so that no command of another thread comes between this and the look
        try:
            if journal.under_way:
                words = f"{len(journal.under_way)} commands of the transaction are still under way; wait for them first"
                self._fail(ResultCode.PARAM, None, words)
            if journal.state is TransactionState.OPEN:
                await self._verify()
        finally:
            journal.ending = False
        already = False
        if journal.monitored:
            already = await self._mark()
        journal.state = TransactionState.COMMITTED
        status = await self._finish(forward=True)
        if status is None:
            return CommitStatus.ALREADY_COMMITTED if already else CommitStatus.OK
        return CommitStatus.ROLL_FORWARD_ABANDONED if status == "roll" else CommitStatus.CLOSE_ABANDONED

    async def _verify(self) -> None:
        """Look whether what was read is unchanged; if not, abort."""
        journal = self._txn.journal
        policy: TxnVerifyPolicy = self._core.policies.named("txn_verify")
        touched = tuple(journal.reads.values())
        failures: list[tuple[Key, BaseException]] = []
        if len(touched) == 1:
            (record,) = touched
            assert record.version is not None
            failures = await self._single(Verify(record.key, policy, version=record.version), record.key)
        elif touched:
            rows = BatchVerify(policy=policy, txn=self._txn, keys=[record.key for record in touched])
            failures = await self._batch(rows, touched)
        if not failures:
            journal.state = TransactionState.VERIFIED
            return
        journal.state = TransactionState.ABORTED
        left = await self._finish(forward=False)
        named = ", ".join(_named(key, error) for key, error in failures[:_NAMED])
        more = f" and {len(failures) - _NAMED} more" if len(failures) > _NAMED else ""
        after = {None: "", "roll": "; rolling back was left to the server", "close": ""}[left]
        words = f"aborted, because what it read could not be verified: {named}{more}{after}"
        self._fail(
            ResultCode.TRANSACTION_FAILED, CommitStatus.VERIFY_FAILED, words, "verify", failures,
            hint="another change came first: repeat the whole transaction",
        )  # fmt: skip

    async def _mark(self) -> bool:
        """Record the decision; True if it had been recorded before."""
        journal = self._txn.journal
        before = journal.state
        journal.state = TransactionState.COMMIT_FAILED  # also what a cancelled caller leaves behind
        policy: TxnRollPolicy = self._core.policies.named("txn_roll")
        try:
            await self._bare.execute(Mark(monitor_key(self._txn), policy, txn=self._txn))
        except AerospikeError as caught:
            error = caught
        else:
            return False
        status = CommitStatus.MARK_ROLL_FORWARD_ABANDONED
        if error.code == ResultCode.TRANSACTION_COMMITTED:
            return True
        if error.code == ResultCode.TRANSACTION_ABORTED:
            journal.state = TransactionState.ABORTED
            status = CommitStatus.ALREADY_ABORTED
            words = f"the server has aborted it: {error.msg}"
            self._fail(ResultCode.TRANSACTION_FAILED, status, words, "mark", [(None, error)])
        # A monitor record that is not there (122) settles no doubt: it goes when all is done, too.
        if error.in_doubt or before is TransactionState.COMMIT_FAILED:
            words = f"the commit is in doubt: {error.msg}"
            self._fail(
                ResultCode.TRANSACTION_FAILED, status, words, "mark", [(None, error)], hint=_AGAIN,
                attempts=error.attempts if error.in_doubt else _DOUBTFUL,
            )  # fmt: skip
        journal.state = before
        words = f"not committed: {error.msg}"
        hint = "commit it again, or abort it"
        self._fail(
            ResultCode.TRANSACTION_FAILED, status, words, "mark", [(None, error)], hint=hint, attempts=error.attempts
        )

    async def _abort(self) -> AbortStatus:
        journal = self._txn.journal
        if journal.state is TransactionState.ABORTED:
            if journal.unfinished:
                await self._finish(forward=False)
            return AbortStatus.ALREADY_ABORTED
        if journal.state is TransactionState.COMMITTED:
            self._fail(ResultCode.TRANSACTION_ALREADY_COMMITTED, AbortStatus.ALREADY_COMMITTED)
        if journal.state is TransactionState.COMMIT_FAILED:
            words = "not aborted, because it may have been committed"
            self._fail(ResultCode.TRANSACTION_FAILED, AbortStatus.COMMIT_FAILED, words, hint=_AGAIN)
        journal.state = TransactionState.ABORTED
        if journal.under_way:
            # What they write may come after the roll-back: the monitor record has to stay.
            journal.write_in_doubt = True
        status = await self._finish(forward=False)
        if status is None:
            return AbortStatus.OK
        return AbortStatus.ROLL_BACK_ABANDONED if status == "roll" else AbortStatus.CLOSE_ABANDONED

    async def _finish(self, *, forward: bool) -> str | None:
        """Roll the writes and remove the monitor record; the step that was left to the server, if one was."""
        journal = self._txn.journal
        journal.unfinished = True
        self._txn.failures = ()
        policy: TxnRollPolicy = self._core.policies.named("txn_roll")
        touched = tuple(journal.writes.values())
        failures: list[tuple[Key, BaseException]] = []
        if len(touched) == 1:
            (record,) = touched
            failures = await self._single(Roll(record.key, policy, txn=self._txn, forward=forward), record.key)
        elif touched:
            rows = BatchRoll(policy=policy, txn=self._txn, keys=[record.key for record in touched], forward=forward)
            failures = await self._batch(rows, touched)
        if failures:
            self._txn.failures = tuple(error for _, error in failures)
            return "roll"
        journal.unfinished = False
        if journal.write_in_doubt or not journal.monitored:
            return None  # a write that comes late is for the server to undo
        try:
            await self._bare.execute(Close(monitor_key(self._txn), policy, txn=self._txn))
        except AerospikeError as error:
            if error.code != ResultCode.RECORD_NOT_FOUND:
                self._txn.failures = (error,)
                return "close"
        return None

    # Sending

    async def _single(self, command: Command[None], key: Key) -> list[tuple[Key, BaseException]]:
        try:
            await self._bare.execute(command)
        except AerospikeError as error:
            return [(key, error)]
        return []

    async def _batch(
        self, command: BatchVerify | BatchRoll, touched: Sequence[Touched]
    ) -> list[tuple[Key, BaseException]]:
        try:
            result: BatchResult = await fanout.batch(self._bare, command)
        except AerospikeError as error:
            return [(touched[0].key, error)]
        return [(row.key, row.error) for row in result if row.error is not None]

    # Failing

    def _fail(
        self,
        code: int,
        status: CommitStatus | AbortStatus | None,
        message: str | None = None,
        step: str | None = None,
        failures: Sequence[tuple[Key | None, BaseException]] = (),
        *,
        hint: str | None = None,
        attempts: Sequence[Attempt] = (),
    ) -> NoReturn:
        journal = self._txn.journal
        context = TransactionContext(
            self._operation,
            None,
            self._txn.id,
            journal.namespace,
            journal.state.name.lower(),
            step,
            status,
            len(journal.reads),
            len(journal.writes),
            tuple(key for key, _ in failures if key is not None),
        )
        causes = [error for _, error in failures]
        cause: BaseException | None = causes[0] if causes else None
        if len(causes) > 1:
            cause = BaseExceptionGroup(f"{step} failed for {len(causes)} records", causes)
        argument = "transaction" if code == ResultCode.PARAM else None
        words = ServerWords(None, 0, hint)
        trouble = Trouble(code, message, words=words, argument=argument, final=True, cause=cause)
        self._core.fail(trouble, list(attempts), self._started, context, write=True, errors=self._errors)


_DOUBTFUL: Final = (
    Attempt(None, None, sent=True, answered=False, code=ResultCode.TIMEOUT, elapsed=0.0,
            message="an earlier commit had no answer"),
)  # fmt: skip
"""Stands for the commit that left the doubt, when a later one could not clear it up."""


def _named(key: Key, error: BaseException) -> str:
    from_key = "/".join(str(part) for part in key[:2] if part)
    what = repr(key.user_key) if key.user_key is not None else (key.digest or b"").hex()
    code = getattr(error, "code", None)
    return f"{from_key}/{what} ({code})"
