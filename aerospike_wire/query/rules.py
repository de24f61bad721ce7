"""What the result codes of nodes mean to a query that asks several of them (protocol section 5.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aerospike_wire.errors import FACTS, ConnectionFate, ResultCode, Retry

if TYPE_CHECKING:
    from aerospike_wire.cluster.node import Node
    from aerospike_wire.trouble import Trouble

RETRY_CODES: Final = frozenset(
    {
        ResultCode.TIMEOUT,
        ResultCode.CLUSTER,
        ResultCode.INDEX_NOT_FOUND,
        ResultCode.INDEX_NOT_READABLE,
        ResultCode.CONNECTION,
        ResultCode.INVALID_NODE,
    }
)
"""Codes after which what the node was asked for is asked of another one."""
_RETRIED: Final = (Retry.AUTO, Retry.RELOGIN)


def worth(trouble: Trouble) -> bool:
    """Whether another try can help, by the code alone."""
    row = FACTS.get(trouble.code)
    return not trouble.final and (trouble.code in RETRY_CODES or (row is not None and row.retry in _RETRIED))


def keeps(code: int, node: Node) -> bool:
    """Whether a link can be used again after an answer with this code; a session that is over is forgotten."""
    row = FACTS.get(code)
    if row is not None and row.retry is Retry.RELOGIN:
        node.session = None
    return row is None or row.connection is not ConnectionFate.CLOSE
