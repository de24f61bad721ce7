"""The asyncio client's calls on transactions."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from aerospike_wire import facade
from aerospike_wire.transaction import block, ending

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from types import TracebackType

    from aerospike_wire.facade import ErrorHook
    from aerospike_wire.transaction import AbortStatus, CommitStatus, Transaction

T = TypeVar("T")


class AsyncTransactionBlock(block.BlockBase):
    """What ``client.transaction()`` gives: a context manager, once."""

    __slots__ = ()

    async def __aenter__(self) -> Transaction:
        """The transaction, to be given to commands as ``txn`` of their policies."""
        return self._txn

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Commit, or abort if the block ends with an exception; the exception goes on.

        Raises:
            AerospikeError: the commit failed.
        """
        await block.leave(self._core, self._txn, error, self._hook)


class Transactions(facade.Facade):
    """Calls that end transactions, and two ways to need none of them."""

    __slots__ = ()

    async def commit(self, transaction: Transaction, *, error_hook: ErrorHook | None = None) -> CommitStatus:
        """Make all writes of a transaction final (protocol section 10.5).

        What it has read is verified first: if another has changed one of those records,
        the transaction is aborted.

        Args:
            transaction: the transaction. None of its commands may be under way.
            error_hook: one more hook or mapping for errors, for this call.

        Returns:
            A status that means "committed": OK, ALREADY_COMMITTED, or one that tells that
            the server has to finish the work (``transaction.failures`` has the reasons).

        Raises:
            TransactionFailed: not committed; ``status`` tells the step that failed. If
                ``in_doubt`` is true it may be committed: commit again to find out.
            TransactionAlreadyAborted: it was aborted before.
            ParamError: no transaction, or its commands are still under way.
        """
        return await ending.commit(self._core, transaction, error_hook)

    async def abort(self, transaction: Transaction, *, error_hook: ErrorHook | None = None) -> AbortStatus:
        """Undo all writes of a transaction (protocol section 10.6).

        Args:
            transaction: the transaction.
            error_hook: one more hook or mapping for errors, for this call.

        Returns:
            A status that means "aborted": OK, ALREADY_ABORTED, or one that tells that the
            server has to finish the work (``transaction.failures`` has the reasons).

        Raises:
            TransactionAlreadyCommitted: it was committed before.
            TransactionFailed: a commit of it is in doubt; commit again to find out.
            ParamError: no transaction.
        """
        return await ending.abort(self._core, transaction, error_hook)

    def transaction(self, *, timeout: int = 0, error_hook: ErrorHook | None = None) -> AsyncTransactionBlock:
        """A transaction for a block of code: committed at its end, aborted if it ends with an exception.

        The exception goes on as it is, with a note about the abort.

        Args:
            timeout: seconds from its first write until the server gives it up; 0 for the server's default.
            error_hook: one more hook or mapping for errors of the commit.

        Returns:
            A context manager that gives the transaction.

        Raises:
            ParamError: the timeout is no int, or out of range.
        """
        return AsyncTransactionBlock(self._core, block.make_transaction(self._core, timeout), error_hook)

    async def run_transaction(
        self,
        function: Callable[[Transaction], Awaitable[T]],
        *,
        attempts: int = 5,
        backoff: int = 20,
        max_backoff: int = 1000,
        total_timeout: int = 0,
        timeout: int = 0,
        retry_in_doubt: bool = False,
        error_hook: ErrorHook | None = None,
    ) -> T:
        """Run a function in a transaction of its own, again and again until that is committed.

        It is run again, with a new transaction, when another transaction was in the way:
        codes 120, 121, 122 and 125, and a commit that was refused. Any other exception
        aborts the transaction and goes on. When it is in doubt whether a commit took
        effect, it is asked for once more; if the doubt remains, the error goes on.

        Args:
            function: gets the transaction and does the work, all of it, each time.
            attempts: how often it is run at most.
            backoff: the longest first pause in milliseconds, doubled for each further one;
                each pause is a random part of it.
            max_backoff: the longest pause in milliseconds.
            total_timeout: milliseconds after which it is not run again; 0 for no limit.
            timeout: seconds for each transaction, as for :meth:`transaction`.
            retry_in_doubt: whether to run it again even when it may be committed already.
            error_hook: one more hook or mapping for errors of commits.

        Returns:
            What the function returned.

        Raises:
            TransactionFailed: the last commit failed.
            ParamError: an argument is not acceptable.
            BaseException: what the function raised.
        """
        options = {
            "attempts": attempts, "backoff": backoff, "max_backoff": max_backoff,
            "total_timeout": total_timeout, "retry_in_doubt": retry_in_doubt,
        }  # fmt: skip

        def make() -> Transaction:
            return block.make_transaction(self._core, timeout)

        found: T = await block.run(self._core, function, make, options, error_hook, awaited=True)
        return found
