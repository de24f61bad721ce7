"""Errors about multi-record transactions."""

from __future__ import annotations

from aerospike_wire.errors.base import ClientError, RecordFacts, ServerError
from aerospike_wire.errors.codes import ResultCode


class TransactionError(RecordFacts, ServerError, abstract=True):
    """The parent of the server's transaction errors; adds ``key``."""

    family_attributes = ("key",)


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


class TransactionFailed(ClientError, code=ResultCode.TRANSACTION_FAILED):
    """The transaction could not be completed."""


class TransactionAlreadyCommitted(ClientError, code=ResultCode.TRANSACTION_ALREADY_COMMITTED):
    """The transaction was committed before."""


class TransactionAlreadyAborted(ClientError, code=ResultCode.TRANSACTION_ALREADY_ABORTED):
    """The transaction was aborted before."""
