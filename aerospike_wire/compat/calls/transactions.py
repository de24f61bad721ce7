"""Calls that end transactions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aerospike_wire.compat.calls.base import Base
from aerospike_wire.transaction import Transaction as Native

if TYPE_CHECKING:
    from aerospike_wire.compat.transaction import Transaction


class Transactions(Base):
    """Calls that end transactions."""

    def commit(self, transaction: Transaction) -> int:
        """Make all writes of a transaction final.

        Returns:
            One of the constants ``COMMIT_...``.
        """
        _check(transaction)
        return int(self._native.commit(transaction))

    def abort(self, transaction: Transaction) -> int:
        """Undo all writes of a transaction.

        Returns:
            One of the constants ``ABORT_...``.
        """
        _check(transaction)
        return int(self._native.abort(transaction))


def _check(transaction: object) -> None:
    if not isinstance(transaction, Native):
        raise TypeError(f"transaction must be an aerospike.Transaction, not {type(transaction).__name__}")
