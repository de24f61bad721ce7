"""What the errors of sockets are to the core."""

from __future__ import annotations

import errno
import ssl

from aerospike_wire.errors import ResultCode
from aerospike_wire.transport import LinkFailure


def words_of(error: OSError) -> str:
    """What the system says about an error, with its short name."""
    name = errno.errorcode.get(error.errno or 0)
    text = error.strerror or str(error)
    return f"{text} ({name})" if name else text


def address_of(host: str, port: int) -> str:
    """``host:port``, with an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def connect_failure(error: OSError, address: str, timeout: float, *, tls: bool = False) -> LinkFailure:
    """What a failed connection attempt is to the core."""
    if isinstance(error, TimeoutError):
        return LinkFailure(ResultCode.TIMEOUT, f"no connection to {address} within {timeout * 1000:.0f} ms", sent=False)
    if isinstance(error, ssl.SSLError):
        return LinkFailure(ResultCode.TLS, f"TLS with {address} failed: {error}", sent=False)
    if tls and isinstance(error, ConnectionResetError | ConnectionAbortedError):
        words = f"{address} ended the connection during the TLS handshake: {words_of(error)}"
        return LinkFailure(ResultCode.TLS, words, sent=False)
    return LinkFailure(ResultCode.CONNECTION, f"cannot connect to {address}: {words_of(error)}", sent=False)
