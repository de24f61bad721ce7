"""Transactions as blocks of code, and functions that are run until their transaction is committed."""

from __future__ import annotations

import inspect
import random
from typing import TYPE_CHECKING, Any, Final, TypeVar

import attrs

from aerospike_wire.arguments import whole_number
from aerospike_wire.deadline import bound, earlier, grace
from aerospike_wire.errors import AerospikeError, ParamError, ResultCode, TransactionContext
from aerospike_wire.transaction.ending import abort, commit
from aerospike_wire.transaction.state import AbortStatus, Transaction, TransactionState
from aerospike_wire.trouble import REFUSALS, Trouble, as_trouble

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aerospike_wire.core import Core
    from aerospike_wire.errors import Hook, HookMapping

T = TypeVar("T")

REPEATABLE: Final = frozenset(
    {
        ResultCode.TRANSACTION_BLOCKED,
        ResultCode.TRANSACTION_VERSION_MISMATCH,
        ResultCode.TRANSACTION_EXPIRED,
        ResultCode.TRANSACTION_ABORTED,
        ResultCode.TRANSACTION_FAILED,
        ResultCode.TRANSACTION_ALREADY_ABORTED,
    }
)
"""Codes that mean: try the whole transaction again."""

_GRACE: Final = 1.0
"""Seconds that the abort of a block has at least, even if the error is that a deadline has passed."""
_STILL_OPEN: Final = frozenset({TransactionState.OPEN, TransactionState.VERIFIED})
_MAX_ATTEMPTS: Final = 1_000_000
_MAX_MILLISECONDS: Final = 0x7FFF_FFFF


def make_transaction(core: Core, timeout: Any) -> Transaction:
    """A new transaction.

    Raises:
        ParamError: the timeout is not acceptable.
    """
    started = core.now()
    try:
        return Transaction(timeout=timeout)
    except ParamError as error:
        refused = error
    core.fail(as_trouble(refused), [], started, TransactionContext("transaction"), write=False)


async def leave(core: Core, txn: Transaction, error: BaseException | None, hook: Hook | HookMapping | None) -> None:
    """End the transaction of a block: commit, or abort because of an error.

    The error goes on with its own traceback; what became of the abort is a note on it.
    Nothing is done if the block has ended the transaction itself.

    Raises:
        AerospikeError: the commit failed.
    """
    if error is None:
        if txn.state in _STILL_OPEN:
            try:
                await commit(core, txn, hook)
            except BaseException as failed:
                # Errors of the commit itself say what became of it.
                if txn.state in _STILL_OPEN or not isinstance(failed, AerospikeError):
                    await leave(core, txn, failed, hook)
                raise
        return
    if txn.state is TransactionState.COMMITTED:
        error.add_note(f"Transaction {txn.id}: had been committed before this")
    elif txn.state is TransactionState.ABORTED:
        error.add_note(f"Transaction {txn.id}: aborted")
    elif txn.state is TransactionState.COMMIT_FAILED:
        error.add_note(f"Transaction {txn.id}: its commit is in doubt, so it was not aborted; only a commit can tell")
    else:
        try:
            with grace(_GRACE):
                status = await abort(core.without_hooks(), txn)
        except AerospikeError as failed:
            error.add_note(f"Transaction {txn.id}: could not be aborted: {failed}")
        else:
            left = "" if status is AbortStatus.OK else f" ({status.name}: the server finishes it)"
            error.add_note(f"Transaction {txn.id}: aborted{left}")


def _errors_in(error: BaseException | None, seen: set[int]) -> Iterator[AerospikeError]:
    """Every error of ours in an exception: itself, its causes, the members of a group."""
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, BaseExceptionGroup):
            for member in error.exceptions:
                yield from _errors_in(member, seen)
        if isinstance(error, AerospikeError):
            yield error
        error = error.__cause__ or error.__context__


def repeatable(error: BaseException) -> bool:
    """Whether an exception means that the whole transaction is worth another try."""
    return any(found.code in REPEATABLE for found in _errors_in(error, set()))


@attrs.frozen(kw_only=True)
class Patience:
    """How often a transaction is tried, and after which pauses."""

    attempts: int
    backoff: int
    """Milliseconds; the most that the first pause lasts, doubled for each further one."""
    max_backoff: int
    """Milliseconds; the most that any pause lasts."""
    total_timeout: int
    """Milliseconds after which no further try is begun; 0 for no limit."""
    retry_in_doubt: bool

    def __attrs_post_init__(self) -> None:
        whole_number("attempts", self.attempts, 1, _MAX_ATTEMPTS)
        whole_number("backoff", self.backoff, 0, _MAX_MILLISECONDS)
        whole_number("max_backoff", self.max_backoff, 0, _MAX_MILLISECONDS)
        whole_number("total_timeout", self.total_timeout, 0, _MAX_MILLISECONDS)
        if not isinstance(self.retry_in_doubt, bool):
            raise ParamError.about("retry_in_doubt", f"must be True or False, not {self.retry_in_doubt!r}")

    def pause(self, tries: int) -> float:
        """Seconds to wait after so many tries: anything up to the limit, so that rivals part."""
        return random.uniform(0, min(self.max_backoff, self.backoff * 2.0 ** min(tries - 1, 62))) / 1000  # noqa: S311


async def run(
    core: Core,
    function: Callable[[Transaction], Any],
    make: Callable[[], Transaction],
    options: dict[str, Any],
    hook: Hook | HookMapping | None,
    *,
    awaited: bool,
) -> Any:
    """Run a function in a transaction, again and again until it is committed.

    Args:
        core: carries commands out.
        function: does the work with the transaction that it gets.
        make: makes a transaction.
        options: of :class:`Patience`.
        hook: one more error hook, for commits and aborts.
        awaited: whether what the function gives is to be awaited.

    Raises:
        BaseException: what the function raised, or the commit, if it is no matter for
            another try or there have been enough.
    """
    started = core.now()
    trouble: Trouble | None = None
    try:
        patience = Patience(**options)
        if not callable(function):
            raise ParamError.about("function", f"must be callable, not {type(function).__name__}")
        txn = make()
    except REFUSALS as error:
        trouble = as_trouble(error)
    if trouble is not None:
        core.fail(trouble, [], started, TransactionContext("run_transaction"), write=False)
    tries = 0
    while True:
        tries += 1
        try:
            result = function(txn)
            if awaited is not inspect.isawaitable(result):
                trouble = as_trouble(_other_kind(result, awaited=awaited))
                break
            if awaited:
                result = await result
        except BaseException as error:
            await leave(core, txn, error, hook)
            if not isinstance(error, Exception) or not await _again(core, txn, patience, tries, started, error):
                raise
        else:
            try:
                await _commit(core, txn, hook)
            except Exception as error:
                if not await _again(core, txn, patience, tries, started, error):
                    raise
            else:
                return result
        txn = make()
    core.fail(trouble, [], started, TransactionContext("run_transaction"), write=False)


def _other_kind(result: Any, *, awaited: bool) -> ParamError:
    """The refusal of a function of the other client's kind. What it did not do needs no abort."""
    if inspect.iscoroutine(result):
        result.close()
    given = type(result).__name__
    if awaited:
        return ParamError.about("function", f"must be an async function, or give something to be awaited, not {given}")
    return ParamError.about(
        "function", f"must be a plain function, not one that gives a {given}: that is for AsyncClient"
    )


async def _commit(core: Core, txn: Transaction, hook: Hook | HookMapping | None) -> None:
    """Commit; where that leaves a doubt, ask once more, which most often clears it up.

    Raises:
        BaseException: not committed, or still in doubt.
    """
    try:
        await leave(core, txn, None, hook)
    except Exception:
        if not txn.in_doubt:
            raise
        await commit(core, txn, hook)


async def _again(
    core: Core, txn: Transaction, patience: Patience, tries: int, started: float, error: Exception
) -> bool:
    """Whether to try once more; pauses if so."""
    if txn.state is TransactionState.COMMITTED or not repeatable(error) or tries >= patience.attempts:
        return False
    if txn.in_doubt and not patience.retry_in_doubt:
        return False
    pause = patience.pause(tries)
    limit = earlier(started + patience.total_timeout / 1000 if patience.total_timeout else None, bound())
    if limit is not None and core.now() + pause >= limit:
        return False
    await core.runtime.sleep(pause)
    return True


class BlockBase:
    """A transaction that a block of code is to be carried out in."""

    __slots__ = ("_core", "_hook", "_txn")

    def __init__(self, core: Core, txn: Transaction, hook: Hook | HookMapping | None) -> None:
        self._core = core
        self._txn = txn
        self._hook = hook

    def __repr__(self) -> str:
        return f"<block of {self._txn!r}>"
