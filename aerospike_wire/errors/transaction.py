"""Errors about multi-record transactions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aerospike_wire.errors.base import ClientError, RecordFacts, ServerError
from aerospike_wire.errors.codes import ResultCode

if TYPE_CHECKING:
    from aerospike_wire.errors.context import ErrorContext


class TransactionFacts:
    """Adds the transaction that an error is about."""

    context: ErrorContext | None

    @property
    def transaction(self) -> int | None:
        """The transaction's number."""
        return None if self.context is None else self.context.transaction


class TransactionEndFacts(TransactionFacts):
    """Adds what became of a commit or abort that failed."""

    @property
    def status(self) -> int | None:
        """A CommitStatus or AbortStatus: how far the commit or abort got."""
        return getattr(self.context, "status", None)


class TransactionError(TransactionFacts, RecordFacts, ServerError, abstract=True):
    """The parent of the server's transaction errors; adds ``key`` and ``transaction``."""

    family_attributes = ("key", "transaction")


class TransactionBlocked(TransactionError, code=ResultCode.TRANSACTION_BLOCKED):
    """Another transaction holds the record."""


class TransactionVersionMismatch(TransactionError, code=ResultCode.TRANSACTION_VERSION_MISMATCH):
    """A record that the transaction read has changed since."""


class TransactionExpired(TransactionError, code=ResultCode.TRANSACTION_EXPIRED):
    """The transaction passed its deadline."""


class TransactionTooManyWrites(TransactionError, code=ResultCode.TRANSACTION_TOO_MANY_WRITES):
    """The transaction wrote more records than it may."""


class TransactionCommitted(TransactionError, code=ResultCode.TRANSACTION_COMMITTED):
    """The server has the transaction as committed."""


class TransactionAborted(TransactionError, code=ResultCode.TRANSACTION_ABORTED):
    """The server has the transaction as aborted."""


class TransactionAlreadyLocked(TransactionError, code=ResultCode.TRANSACTION_ALREADY_LOCKED):
    """This same transaction holds the record already."""


class TransactionMonitorExists(TransactionError, code=ResultCode.TRANSACTION_MONITOR_EXISTS):
    """The transaction's monitor record exists already."""


class TransactionFailed(TransactionEndFacts, ClientError, code=ResultCode.TRANSACTION_FAILED):
    """The transaction could not be completed; adds ``transaction`` and ``status``."""

    family_attributes = ("transaction", "status")


class TransactionAlreadyCommitted(TransactionEndFacts, ClientError, code=ResultCode.TRANSACTION_ALREADY_COMMITTED):
    """The transaction was committed before; adds ``transaction`` and ``status``."""

    family_attributes = ("transaction", "status")


class TransactionAlreadyAborted(TransactionEndFacts, ClientError, code=ResultCode.TRANSACTION_ALREADY_ABORTED):
    """The transaction was aborted before; adds ``transaction`` and ``status``."""

    family_attributes = ("transaction", "status")
