"""Errors about queries and scans."""

from __future__ import annotations

from aerospike_wire.errors.base import ServerError
from aerospike_wire.errors.codes import ResultCode


class QueryError(ServerError, code=ResultCode.QUERY):
    """The parent of query errors."""


class QueryQueueFull(QueryError, code=ResultCode.QUERY_QUEUE_FULL):
    """Too many queries wait on the node."""


class QueryTimeout(QueryError, code=ResultCode.QUERY_TIMEOUT):
    """The query ran out of time on the server."""


class QueryNetworkError(QueryError, code=ResultCode.QUERY_NET_IO):
    """The server could not send the query's results."""


class QueryDuplicate(QueryError, code=ResultCode.QUERY_DUPLICATE):
    """A query with this task id runs already."""


class QueryAbortedError(ServerError, code=ResultCode.QUERY_ABORTED):
    """The query was ended on the server. Not a QueryError, as in the official client."""


class ScanAbortedError(ServerError, code=ResultCode.SCAN_ABORTED):
    """An operator ended the scan or query."""
