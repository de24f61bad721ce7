"""What a client is told when it is made: seeds, credentials, limits, policies, hooks."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import attrs

from aerospike_wire.arguments import whole_number
from aerospike_wire.errors import ErrorMiddleware, ParamError
from aerospike_wire.policy import Policies
from aerospike_wire.pool import PoolLimits
from aerospike_wire.secret import Secret, concealed, revealed
from aerospike_wire.serializer import Serializer
from aerospike_wire.transport.tls import TLS, parse_tls

if TYPE_CHECKING:
    from aerospike_wire.errors import Hook, HookMapping

DEFAULT_PORT: Final = 3000
MAX_CREDENTIAL: Final = 63
"""Bytes of a user's name or password."""


class AuthMode(enum.IntEnum):
    """How the user proves who it is (``auth_mode``)."""

    INTERNAL = 0
    """The server keeps the password's hash."""
    EXTERNAL = 1
    """The server asks LDAP; only over TLS."""
    EXTERNAL_INSECURE = 2
    """As EXTERNAL, without TLS."""
    PKI = 3
    """The client's TLS certificate names the user."""


class Seed(NamedTuple):
    """An address to begin with."""

    host: str
    port: int
    tls_name: str | None = None

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@attrs.frozen(kw_only=True)
class ClientConfig:
    """A client's settings, checked."""

    seeds: tuple[Seed, ...]
    user: str | None = None
    password: Secret | None = None
    auth_mode: AuthMode = AuthMode.INTERNAL
    cluster_name: str | None = None
    app_id: str | None = None
    connect_timeout: int = 1_000
    """Milliseconds for opening a connection."""
    login_timeout: int = 5_000
    """Milliseconds for a login."""
    tend_interval: int = 1_000
    """Milliseconds between looks at the cluster."""
    max_error_rate: int = 100
    """Errors of one node within the window before nothing more is sent to it; 0 for no limit. A window that
    had more halves the limit of the next, one that had not doubles it again."""
    error_rate_window: int = 1
    """Length of the window in tend intervals."""
    use_services_alternate: bool = False
    fail_if_not_connected: bool = True
    """Whether ``connect()`` fails if no seed can be used; otherwise the client goes on looking for the cluster."""
    racks: tuple[int, ...] = ()
    """Racks that reads prefer under ``Replica.PREFER_RACK``, best first; empty if the client knows no racks."""
    tend_thread: bool = False
    """Whether the blocking client looks after the cluster in a thread of its own, instead of as it is used."""
    retry_budget: int = 0
    """Retries that all calls of the client together may make at once; 0 for no limit."""
    retry_budget_refill: int = 0
    """Retries that come back to the budget each second; 0 for as many as it holds."""
    ip_map: Mapping[str, str] = attrs.field(factory=dict)
    """Hosts to use instead of those that nodes name."""
    tls: TLS | None = None
    pool: PoolLimits = attrs.field(factory=PoolLimits)
    policies: Policies = attrs.field(factory=Policies, repr=False)
    errors: ErrorMiddleware = attrs.field(factory=ErrorMiddleware, repr=False)

    @property
    def logs_in(self) -> bool:
        """True if connections begin with a login."""
        return self.user is not None or self.auth_mode is AuthMode.PKI


def _number(name: str, value: Any, low: int, high: int = 0x7FFF_FFFF) -> int:
    return whole_number(name, value, low, high)


def _text(name: str, value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise ParamError.about(name, f"must be a str, not {type(value).__name__}")
    return value


def _password(value: Any) -> Secret:
    found = Secret(value)
    del value
    if not isinstance(found.reveal(), str):
        raise ParamError.about("password", f"must be a str, not {type(found.reveal()).__name__}")
    return found


def _check_credential(name: str, value: str | Secret | None) -> None:
    try:
        size = len((revealed(value) or "").encode())
    except UnicodeEncodeError:
        raise ParamError.about(name, "must be text that UTF-8 can carry, without lone surrogates") from None
    if size > MAX_CREDENTIAL:
        raise ParamError.about(name, f"must have at most {MAX_CREDENTIAL} bytes, not {size}")


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ParamError.about(name, f"must be True or False, not {value!r}")
    return value


def parse_seed(text: str) -> Seed:
    """``host``, ``host:port``, ``[v6]:port`` or ``host:tls_name:port``.

    Raises:
        ParamError: the text is none of these.
    """
    host, rest = text.strip(), ""
    if host.startswith("["):
        host, bracket, rest = host[1:].partition("]")
        if not bracket:
            raise ParamError.about("hosts", f"has {text!r}, which lacks a ']'")
        if rest and not rest.startswith(":"):
            raise ParamError.about("hosts", f"has {text!r}, with something between ']' and the port")
        rest = rest.removeprefix(":")
    elif "::" in host or host.count(":") > 2:  # a bare IPv6 address
        rest = ""
    else:
        host, _, rest = host.partition(":")
    if not host:
        raise ParamError.about("hosts", f"has {text!r}, which names no host")
    tls_name, _, port = rest.rpartition(":")
    if not port:
        return Seed(host, DEFAULT_PORT, tls_name or None)
    if not port.isascii() or not port.isdigit() or len(port) > 9:
        raise ParamError.about("hosts", f"has {text!r}, whose port is not a number")
    return Seed(host, _port(int(port)), tls_name or None)


def _port(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ParamError.about("hosts", f"has a port of type {type(value).__name__}, which must be an int")
    if not 0 < value <= 65535:
        raise ParamError.about("hosts", f"has port {value}; ports are 1 to 65535")
    return value


def _seed(entry: Any) -> Seed:
    if isinstance(entry, str):
        return parse_seed(entry)
    if isinstance(entry, Sequence) and 1 <= len(entry) <= 3 and isinstance(entry[0], str):
        if not entry[0]:
            raise ParamError.about("hosts", f"has {entry!r}, which names no host")
        port = _port(entry[1]) if len(entry) > 1 else DEFAULT_PORT
        return Seed(entry[0], port, _text("hosts", entry[2]) if len(entry) == 3 else None)
    raise ParamError.about("hosts", f"takes 'host:port' or (host, port[, tls_name]), not {entry!r}")


def _seeds(hosts: Any) -> tuple[Seed, ...]:
    if isinstance(hosts, str):
        return tuple(parse_seed(part) for part in hosts.split(",")) if hosts.strip() else _no_seeds()
    if not isinstance(hosts, Sequence):
        raise ParamError.about("hosts", f"must be a list of (host, port) or 'host:port', not {type(hosts).__name__}")
    if len(hosts) == 2 and isinstance(hosts[0], str) and isinstance(hosts[1], int):
        return (_seed(hosts),)
    return tuple(_seed(entry) for entry in hosts) or _no_seeds()


def _no_seeds() -> tuple[Seed, ...]:
    raise ParamError.about("hosts", "must name at least one host")


_LIMITS: Final = {
    "connect_timeout": 1,
    "login_timeout": 1,
    "tend_interval": 1,
    "max_error_rate": 0,
    "error_rate_window": 1,
    "retry_budget": 0,
    "retry_budget_refill": 0,
}
"""Settings that are numbers, and the least each may be."""


def parse_config(
    hosts: Any,
    *,
    error_hooks: Sequence[Hook | HookMapping] = (),
    error_detail: str = "full",
    **more: Any,
) -> ClientConfig:
    """The settings of a client from what its constructor was given.

    Args:
        hosts: ``"host:port"``, several joined by commas, a list of these or of
            ``(host, port[, tls_name])``, or a dict with ``hosts`` and further settings.
        error_hooks: hooks or mappings for the error middleware.
        error_detail: ``"full"`` or ``"digest"``.
        more: settings by name, on top of the dict's.

    Raises:
        ParamError: a setting is unknown or not acceptable; the message names it.
    """
    hosts, more = concealed(hosts), concealed(more)
    given: dict[str, Any] = {}
    if isinstance(hosts, Mapping):
        given.update(hosts)
        if "hosts" not in given:
            raise ParamError.about("hosts", "is missing in the configuration")
    else:
        given["hosts"] = hosts
    given.update({name: value for name, value in more.items() if value is not None})
    hooks = given.pop("error_hooks", ())
    settings: dict[str, Any] = {
        "seeds": _seeds(given.pop("hosts")),
        "errors": ErrorMiddleware(error_hooks or hooks, error_detail=given.pop("error_detail", error_detail)),
        "policies": Policies(given.pop("policies", None), Serializer.of(given.pop("serializer", None))),
    }
    for name in ("user", "cluster_name", "app_id"):
        if name in given:
            settings[name] = _text(name, given.pop(name))
    if given.get("password") is not None:
        settings["password"] = _password(given["password"])
    given.pop("password", None)
    for name in ("user", "password"):
        _check_credential(name, settings.get(name))
    for name, low in _LIMITS.items():
        if name in given:
            settings[name] = _number(name, given.pop(name), low)
    for name in _FLAGS:
        if name in given:
            settings[name] = _flag(name, given.pop(name))
    if "auth_mode" in given:
        mode = given.pop("auth_mode")
        try:
            settings["auth_mode"] = AuthMode(mode)
        except ValueError:
            raise ParamError.about(
                "auth_mode", f"must be one of {', '.join(m.name for m in AuthMode)}, not {mode!r}"
            ) from None
    settings["racks"] = _racks(given)
    settings["ip_map"] = _ip_map(given.pop("ip_map", None))
    settings["tls"] = parse_tls(given.pop("tls", None))
    settings["pool"] = _pool(given)
    if given:
        known = sorted([*_LIMITS, *_FLAGS, "app_id", "auth_mode", "cluster_name", "error_detail", "error_hooks",
                        "hosts", "ip_map", "max_conns_per_node", "max_socket_idle", "min_conns_per_node", "password",
                        "pipelines_per_node", "policies", "rack_aware", "rack_id", "rack_ids", "serializer", "tls",
                        "user", "wait_for_connection"])  # fmt: skip
        name = next(iter(given))
        raise ParamError.about(str(name), f"is not a setting; settings are {', '.join(known)}")
    _check_credentials_fit(settings)
    return ClientConfig(**settings)


_FLAGS: Final = ("fail_if_not_connected", "tend_thread", "use_services_alternate")
"""Settings that are True or False."""


def _check_credentials_fit(settings: Mapping[str, Any]) -> None:
    """Refuse ways to log in that cannot work.

    Raises:
        ParamError: something is missing, or too much.
    """
    mode, tls = settings.get("auth_mode", AuthMode.INTERNAL), settings["tls"]
    if settings.get("user") is None and settings.get("password") is not None:
        raise ParamError.about("user", "must be given together with a password")
    if mode is AuthMode.EXTERNAL and tls is None:
        raise ParamError.about(
            "auth_mode", "EXTERNAL sends the password as it is and needs tls; EXTERNAL_INSECURE does without"
        )
    if mode is AuthMode.PKI and (tls is None or not tls.client_certificate):
        raise ParamError.about("auth_mode", "PKI needs tls with a certfile: the certificate names the user")
    if tls is not None and tls.for_login_only and settings.get("user") is None and mode is not AuthMode.PKI:
        raise ParamError.about("tls for_login_only", "needs a user to log in")


def _racks(given: dict[str, Any]) -> tuple[int, ...]:
    """The racks of ``rack_aware``, ``rack_id`` and ``rack_ids``, best first."""
    aware = _flag("rack_aware", given.pop("rack_aware", False))
    single, several = given.pop("rack_id", None), given.pop("rack_ids", None)
    if single is not None:
        _number("rack_id", single, 0, 1_000_000)
    if several is not None and (isinstance(several, str) or not isinstance(several, Sequence)):
        raise ParamError.about("rack_ids", f"must be a list of ints, not {type(several).__name__}")
    racks = tuple(_number("rack_ids", rack, 0, 1_000_000) for rack in several or ())
    if not aware:
        if single or racks:
            raise ParamError.about("rack_aware", "must be True where racks are given")
        return ()
    if racks and single and single not in racks:
        raise ParamError.about("rack_id", f"is {single}, which rack_ids {list(racks)} do not have; give one of the two")
    return racks or (single or 0,)


def _ip_map(given: Any) -> Mapping[str, str]:
    if given is None:
        return {}
    if not isinstance(given, Mapping) or not all(
        isinstance(name, str) and isinstance(host, str) and name and host for name, host in given.items()
    ):
        raise ParamError.about("ip_map", "must be a dict from hosts that nodes name to hosts to use instead")
    return dict(given)


def _pool(given: dict[str, Any]) -> PoolLimits:
    limits = PoolLimits()
    if "max_conns_per_node" in given:
        limits = attrs.evolve(limits, maximum=_number("max_conns_per_node", given.pop("max_conns_per_node"), 1))
    if "min_conns_per_node" in given:
        limits = attrs.evolve(limits, minimum=_number("min_conns_per_node", given.pop("min_conns_per_node"), 0))
        if limits.minimum > limits.maximum:
            raise ParamError.about(
                "min_conns_per_node", f"is {limits.minimum}, more than max_conns_per_node, which is {limits.maximum}"
            )
    if "wait_for_connection" in given:
        limits = attrs.evolve(limits, wait=_flag("wait_for_connection", given.pop("wait_for_connection")))
    if "pipelines_per_node" in given:
        limits = attrs.evolve(limits, pipelines=_number("pipelines_per_node", given.pop("pipelines_per_node"), 1))
        if limits.pipelines > limits.maximum:
            raise ParamError.about(
                "pipelines_per_node", f"is {limits.pipelines}, more than max_conns_per_node, which is {limits.maximum}"
            )
    if "max_socket_idle" in given:
        seconds = _number("max_socket_idle", given.pop("max_socket_idle"), 0)
        limits = attrs.evolve(limits, idle=float(seconds) or PoolLimits().idle)
    return limits
