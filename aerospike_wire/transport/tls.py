"""What TLS a client speaks: certificates, checked when the client is made.

The names are those of the official client's ``tls`` dict. Certificates of nodes are always
verified, against the CA file given or those that the system trusts, and must be made for
the node's TLS name or host. A program that wants something else hands in an ``ssl.SSLContext``
of its own.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import attrs

from aerospike_wire.errors import ParamError
from aerospike_wire.secret import Secret

_NAMES: Final = (
    "cadata",
    "cafile",
    "capath",
    "certfile",
    "cipher_suite",
    "context",
    "crl_check",
    "crl_check_all",
    "enable",
    "for_login_only",
    "keyfile",
    "keyfile_pw",
    "protocols",
)
_IDLE: Final = {"cert_blacklist": None, "log_session_info": False}
"""Official names that change nothing here, and the values under which that is no matter."""

_VERSIONS: Final = {
    "TLSV1": ssl.TLSVersion.TLSv1,
    "TLSV1.1": ssl.TLSVersion.TLSv1_1,
    "TLSV1.2": ssl.TLSVersion.TLSv1_2,
    "TLSV1.3": ssl.TLSVersion.TLSv1_3,
}


@attrs.frozen
class TLS:
    """The TLS settings of a client."""

    context: ssl.SSLContext = attrs.field(repr=False)
    for_login_only: bool = False
    """True if connections go on in the clear after the login."""
    client_certificate: bool = False
    """True if the client shows a certificate of its own, as far as that is known."""

    def __reduce__(self) -> str:
        msg = "TLS settings hold keys and are not pickled"
        raise TypeError(msg)


def _refuse(name: str, problem: str) -> ParamError:
    return ParamError.about(f"tls {name}", problem)


def parse_tls(given: Any) -> TLS | None:
    """The TLS settings in a configuration's ``tls``; None if TLS is off.

    Args:
        given: a dict with the official names, an ``ssl.SSLContext``, True for the system's
            CAs and nothing else, or None or False for no TLS.

    Raises:
        ParamError: a name is unknown, a file cannot be used, or values contradict each other.
    """
    if given is None or given is False:
        return None
    if given is True:
        given = {}
    if isinstance(given, ssl.SSLContext):
        given = {"context": given}
    if not isinstance(given, Mapping):
        raise ParamError.about("tls", f"must be a dict or an ssl.SSLContext, not {type(given).__name__}")
    _check_names(given)
    if not _flag(given, "enable", default=True):
        return None
    for_login_only = _flag(given, "for_login_only")
    context = given.get("context")
    if context is not None:
        if not isinstance(context, ssl.SSLContext):
            raise _refuse("context", f"must be an ssl.SSLContext, not {type(context).__name__}")
        others = [name for name in given if name not in {"context", "enable", "for_login_only"}]
        if others:
            raise _refuse(others[0], "cannot be given together with a context, which settles it")
        return TLS(context, for_login_only, client_certificate=True)
    return TLS(_context(given), for_login_only, client_certificate=given.get("certfile") is not None)


def _check_names(given: Mapping[str, Any]) -> None:
    for name, value in given.items():
        if name in _IDLE:
            if value not in {_IDLE[name], None, "", False}:
                raise _refuse(str(name), f"is not supported in this version; leave it out instead of {value!r}")
        elif name not in _NAMES:
            raise _refuse(str(name), f"is not known; tls has {', '.join(_NAMES)}")


def _flag(given: Mapping[str, Any], name: str, *, default: bool = False) -> bool:
    value = given.get(name, default)
    if not isinstance(value, bool):
        raise _refuse(name, f"must be True or False, not {value!r}")
    return value


def _text(given: Mapping[str, Any], name: str) -> str | None:
    value = given.get(name)
    if value is not None and not isinstance(value, str | Path):
        raise _refuse(name, f"must be a str, not {type(value).__name__}")
    return None if value is None else str(value)


def _readable(given: Mapping[str, Any], name: str) -> str | None:
    path = _text(given, name)
    if path is None:
        return None
    try:
        if name == "capath":
            next(Path(path).iterdir(), None)
        else:
            with Path(path).open("rb"):
                pass
    except OSError as error:
        raise _refuse(name, f"cannot be read: {path!r}: {error.strerror or error}") from error
    return path


def _context(given: Mapping[str, Any]) -> ssl.SSLContext:
    cafile, capath = _readable(given, "cafile"), _readable(given, "capath")
    cadata = given.get("cadata")
    if cadata is not None and not isinstance(cadata, str | bytes):
        raise _refuse("cadata", f"must be PEM text or DER bytes, not {type(cadata).__name__}")
    try:
        context = ssl.create_default_context(cafile=cafile, capath=capath, cadata=cadata)
    except (ssl.SSLError, ValueError) as error:
        name = "cadata" if cadata is not None else "cafile"
        raise _refuse(name, f"holds no certificate that can be used: {error}") from error
    _load_certificate(context, given)
    ciphers = _text(given, "cipher_suite")
    if ciphers is not None:
        try:
            context.set_ciphers(ciphers)
        except ssl.SSLError as error:
            raise _refuse("cipher_suite", f"names no cipher that OpenSSL has: {ciphers!r}") from error
    protocols = _text(given, "protocols")
    if protocols:
        _limit_versions(context, protocols)
    if _flag(given, "crl_check_all"):
        context.verify_flags |= ssl.VerifyFlags.VERIFY_CRL_CHECK_CHAIN
    elif _flag(given, "crl_check"):
        context.verify_flags |= ssl.VerifyFlags.VERIFY_CRL_CHECK_LEAF
    return context


def _load_certificate(context: ssl.SSLContext, given: Mapping[str, Any]) -> None:
    certfile, keyfile = _readable(given, "certfile"), _readable(given, "keyfile")
    password = Secret(given.get("keyfile_pw"))
    if not isinstance(password.reveal(), str | bytes | None):
        raise _refuse("keyfile_pw", f"must be a str, not {type(password.reveal()).__name__}")
    if certfile is None:
        if keyfile is not None:
            raise _refuse("keyfile", "is of no use without a certfile")
        return

    def secret() -> str | bytes:
        # Without this OpenSSL would ask on the terminal.
        return password.reveal() or b""

    try:
        context.load_cert_chain(certfile, keyfile, secret)
    except (ssl.SSLError, ValueError, OSError) as error:
        reason = getattr(error, "reason", None) or "the password is wrong, or a file holds something else"
        words = f"and keyfile cannot be used together: {reason}"
        # The original error is left out: nobody can say what OpenSSL put into it.
        raise _refuse("certfile", words) from None


def _limit_versions(context: ssl.SSLContext, text: str) -> None:
    """Allow what the official client's ``protocols`` say: ``TLSv1.2``, or ``-all +TLSv1.2 +TLSv1.3``.

    Python's contexts know a lowest and a highest version, so there may be no hole between.
    """
    wanted: set[str] = set()
    for word in text.split():
        sign, name = (word[0], word[1:]) if word[0] in "+-" else ("+", word)
        names = set(_VERSIONS) if name.lower() == "all" else {name.upper()}
        if not names <= set(_VERSIONS):
            raise _refuse("protocols", f"has {word!r}; known are all, TLSv1, TLSv1.1, TLSv1.2, TLSv1.3")
        wanted = wanted | names if sign == "+" else wanted - names
    order = list(_VERSIONS)
    places = sorted(order.index(name) for name in wanted)
    if not places or places[-1] - places[0] + 1 != len(places):
        raise _refuse("protocols", f"must allow one unbroken range of versions, which {text!r} does not")
    context.minimum_version = _VERSIONS[order[places[0]]]
    context.maximum_version = _VERSIONS[order[places[-1]]]
