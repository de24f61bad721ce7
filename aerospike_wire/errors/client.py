"""Errors that are made on this side of the wire."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Any

from aerospike_wire.errors.base import AerospikeError, ClientError
from aerospike_wire.errors.codes import ResultCode

if TYPE_CHECKING:
    from typing import Self


class _BuiltinOSError:
    """For classes that are also a builtin OSError.

    ``OSError.__new__`` takes two to five positional arguments as errno, strerror and
    file names and rewrites ``args``. It must not see ours.
    """

    def __new__(cls, *_args: Any, **_kwargs: Any) -> Self:
        return super().__new__(cls)


class TimeoutError(_BuiltinOSError, AerospikeError, builtins.TimeoutError, code=ResultCode.TIMEOUT):  # noqa: A001
    """Time ran out, on the server (it answered 9) or on the client (no answer came in time).

    The attempts tell which. It is also a builtin ``TimeoutError``.
    """


class ParamError(ClientError, ValueError, code=ResultCode.PARAM):
    """An argument is not acceptable. Nothing was sent. It is also a ``ValueError``."""

    argument: str | None = None
    """Name of the argument, as in the signature of the method or the name of the policy."""
    family_attributes = ("argument",)

    @classmethod
    def about(cls, argument: str, problem: str, kind: str = "") -> Self:
        """The error for an argument.

        Args:
            argument: its name.
            problem: what is wrong with it, as the end of a sentence that begins with the name.
            kind: what stands before the name in the text, where it is not a parameter of the call.
        """
        error = cls(f"{kind}{argument} {problem}")
        error.argument = argument
        return error


class ProtocolError(ClientError):
    """Bytes from the peer do not follow the protocol; the connection cannot be used any more.

    Raised by :mod:`aerospike_wire.proto`. A call whose connection met it raises
    :class:`ClientError` with this as its cause.
    """

    def __init__(self, msg: str) -> None:
        super().__init__(ResultCode.CLIENT, msg)


class InvalidHostError(ClientError, code=ResultCode.INVALID_HOST):
    """A host name could not be resolved."""


InvalidHost = InvalidHostError


class ConnectionError(_BuiltinOSError, ClientError, builtins.ConnectionError, code=ResultCode.CONNECTION):  # noqa: A001
    """No connection, or it was lost. It is also a builtin ``ConnectionError``."""


class TLSError(ClientError, code=ResultCode.TLS):
    """The TLS handshake or the encrypted stream failed."""


class InvalidNodeError(ClientError, code=ResultCode.INVALID_NODE):
    """No active node is known for the partition."""


class NoMoreConnectionsError(ClientError, code=ResultCode.NO_MORE_CONNECTIONS):
    """The pool of the node is exhausted."""


class MaxErrorRateExceeded(ClientError, code=ResultCode.MAX_ERROR_RATE):
    """The circuit breaker of the node is open; nothing was sent."""

    count: int | None = None
    """Errors of the node within the window."""
    limit: int | None = None
    """Errors that the window may have: ``max_error_rate``, or less after windows that had too many."""
    window: float | None = None
    """Length of the window in seconds: ``error_rate_window`` times ``tend_interval``."""
    family_attributes = ("count", "limit", "window")


class MaxRetriesExceeded(ClientError, code=ResultCode.MAX_RETRIES_EXCEEDED):
    """For the number's sake: this client raises the last error, with all attempts on it."""


class AsyncConnectionError(_BuiltinOSError, ClientError, builtins.ConnectionError, code=ResultCode.ASYNC_CONNECTION):
    """Raised by the C client's asynchronous API only."""


class AsyncQueueFull(ClientError, code=ResultCode.ASYNC_QUEUE_FULL):
    """Raised by the C client's asynchronous API only."""


class ClientAbortError(ClientError, code=ResultCode.CLIENT_ABORT):
    """The program stopped a scan or query."""


class NoMoreRecords(ClientError, code=ResultCode.NO_MORE_RECORDS):
    """Internal to the C client; its number has a name here."""


class UseNormalRetry(ClientError, code=ResultCode.USE_NORMAL_RETRY):
    """Internal to the C client; its number has a name here."""


class MetricsConflict(ClientError, code=ResultCode.METRICS_CONFLICT):
    """Raised by the C client only."""


class GRPCError(ClientError, code=ResultCode.GRPC_ERROR):
    """Raised by proxy clients only."""
