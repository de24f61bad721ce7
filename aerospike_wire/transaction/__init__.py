"""Transactions over several records of one namespace (protocol section 10).

Servers from 8.0 on have them in strongly consistent namespaces of the Enterprise Edition.
A transaction is begun by making a :class:`Transaction`, joined by commands whose policy
has it as ``txn``, and ended by ``client.commit()`` or ``client.abort()``.
"""

from __future__ import annotations

from aerospike_wire.transaction.state import (
    ABORT_NAMES,
    COMMIT_NAMES,
    AbortStatus,
    CommitStatus,
    Transaction,
    TransactionState,
)

__all__ = ["ABORT_NAMES", "COMMIT_NAMES", "AbortStatus", "CommitStatus", "Transaction", "TransactionState"]
