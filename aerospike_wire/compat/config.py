"""The configuration of a client: the official client's dict, and this client's settings."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

import attrs

from aerospike_wire.compat.helpers.metrics import MetricsPolicy
from aerospike_wire.compat.metrics import checked
from aerospike_wire.compat.policies import invalid_key, policy_of
from aerospike_wire.compat.refusal import refused, unsupported
from aerospike_wire.compat.values import Translator
from aerospike_wire.errors import ClientError, ParamError
from aerospike_wire.policy import (
    AdminPolicy,
    ApplyPolicy,
    BatchPolicy,
    InfoPolicy,
    OperatePolicy,
    Policy,
    QueryPolicy,
    ReadPolicy,
    RemovePolicy,
    ScanPolicy,
    TxnRollPolicy,
    TxnVerifyPolicy,
    WritePolicy,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECTIONS: Final[dict[str, type[Policy]]] = {
    "read": ReadPolicy,
    "write": WritePolicy,
    "operate": OperatePolicy,
    "remove": RemovePolicy,
    "apply": ApplyPolicy,
    "batch": BatchPolicy,
    "query": QueryPolicy,
    "scan": ScanPolicy,
    "info": InfoPolicy,
    "admin": AdminPolicy,
    "txn_verify": TxnVerifyPolicy,
    "txn_roll": TxnRollPolicy,
}
"""Kinds of policies that this client has too."""

_ROWS: Final[dict[str, type[Policy]]] = {
    "batch_write": WritePolicy,
    "batch_apply": ApplyPolicy,
    "batch_remove": RemovePolicy,
}
"""Kinds of policies of rows in batches."""

_SAME: Final = (
    "app_id", "cluster_name", "connect_timeout", "error_detail", "error_hooks", "error_rate_window",
    "fail_if_not_connected", "max_conns_per_node", "max_error_rate", "max_socket_idle", "min_conns_per_node",
    "password", "rack_aware", "rack_id", "rack_ids", "tend_interval", "use_services_alternate", "user",
    "wait_for_connection",
)  # fmt: skip
"""Settings that are the same."""

_IDLE: Final = frozenset({
    "force_single_node", "lua", "max_threads", "shm", "thread_pool_size", "use_shared_connection",
})  # fmt: skip
"""Settings that this client has nothing to do for: it needs no threads and no shared memory."""

_OTHER: Final = frozenset({
    "compression_threshold", "config_provider", "hosts", "policies", "send_bool_as", "serialization", "strict_types",
    "tls", "validate_keys",
})  # fmt: skip

_INNER: Final[dict[str, frozenset[str]]] = {
    "lua": frozenset({"system_path", "user_path"}),
    "shm": frozenset({
        "max_namespaces", "max_nodes", "shm_key", "shm_max_namespaces", "shm_max_nodes", "shm_takeover_threshold_sec",
        "takeover_threshold_sec",
    }),
    "tls": frozenset({
        "cafile", "capath", "cert_blacklist", "certfile", "cipher_suite", "crl_check", "crl_check_all", "enable",
        "for_login_only", "keyfile", "keyfile_pw", "log_session_info", "protocols",
    }),
}  # fmt: skip
_PROVIDER: Final = "AEROSPIKE_CLIENT_CONFIG_URL"
"""The variable of the environment that names a file of settings, as ``config_provider`` does."""
_LUA_PATH: Final = 256
_SHM_KEY: Final = 0xA9000000
_POLICY_NAMES: Final = frozenset({
    "auth_mode", "batch_parent_write", "commit_level", "exists", "gen", "key", "login_timeout_ms", "max_retries",
    "metrics", "read_mode_ap", "read_mode_sc", "replica", "retry", "sleep_between_retries", "socket_timeout", "timeout",
    "total_timeout", "ttl", "durable_delete", "consistency_level",
})  # fmt: skip
_SHARED: Final = frozenset({
    "commit_level", "durable_delete", "exists", "gen", "key", "max_retries", "read_mode_ap", "read_mode_sc", "replica",
    "sleep_between_retries", "socket_timeout", "total_timeout", "ttl",
})  # fmt: skip
"""Entries of ``policies`` that hold for every kind that knows them."""


@attrs.frozen
class Setup:
    """What a client is made from."""

    settings: dict[str, Any]
    """For this client's constructor."""
    translator: Translator
    validate: bool
    """Whether entries of dicts that are not known are refused."""
    rows: Mapping[str, Mapping[str, Any]]
    """Default policies for rows of batches."""
    shm_key: int | None
    """The key of the shared memory that the official client would use."""
    metrics: MetricsPolicy | None
    """What ``enable_metrics()`` does without a policy of its own."""


def setup_of(config: Any) -> Setup:
    """What a configuration says.

    Raises:
        ParamError: it is no dict, or an entry cannot be used.
        ClientError: it asks for what this client has not.
    """
    if not isinstance(config, dict):
        raise refused("config", "Config must be a dict")
    validate = config.get("validate_keys", False)
    if not isinstance(validate, bool):
        raise refused("validate_keys", 'config["validate_keys"] must be a boolean')
    if validate:
        _check_names(config)
    translator = Translator.of(config)
    # At the limit of connections the official client fails at once, and its programs count on that.
    settings: dict[str, Any] = {"hosts": _hosts(config.get("hosts")), "wait_for_connection": False}
    for name in _SAME:
        if config.get(name) is not None:
            settings[name] = config[name]
    if "app_id" in settings and not isinstance(settings["app_id"], str):
        raise TypeError("app_id must be a str")
    _check_idle(config)
    policies, rows = _policies(config, translator, validate=validate, settings=settings)
    settings["policies"] = policies
    tls = config.get("tls")
    if isinstance(tls, dict) and tls.get("enable"):
        settings["tls"] = tls
    shm = config.get("shm")
    shm_key = shm.get("shm_key", _SHM_KEY) if isinstance(shm, dict) else None
    return Setup(settings, translator, validate, rows, shm_key, _metrics(config))


def _check_names(config: dict[str, Any]) -> None:
    known = {*_SAME, *_IDLE, *_OTHER}
    for name in config:
        if name not in known:
            raise invalid_key(name, "client config")
    for section, names in _INNER.items():
        for name in config.get(section) or ():
            if name not in names:
                raise invalid_key(name, "client config")


def _hosts(hosts: Any) -> list[tuple[Any, ...]]:
    if not isinstance(hosts, list):
        raise refused("hosts", "Hosts must be a list")
    if not hosts:
        raise refused("hosts", "Hosts must not be empty")
    found: list[tuple[Any, ...]] = []
    for host in hosts:
        if isinstance(host, str) and host:
            found.append((host,))
        elif not isinstance(host, tuple | list) or not host or not isinstance(host[0], str):
            raise refused("hosts", "Invalid host")
        elif len(host) > 1 and (isinstance(host[1], bool) or not isinstance(host[1], int)):
            raise refused("hosts", "Invalid host -> The host port must be an integer")
        else:
            # As the official client has it, an empty name is this machine.
            found.append((host[0] or "127.0.0.1", *host[1:]))
    return found


def _check_idle(config: dict[str, Any]) -> None:
    """Refuse what would be passed over and is wrong in itself, or cannot be passed over."""
    if config.get("config_provider") is not None:
        raise unsupported("config_provider", "put the settings into the configuration itself")
    if os.environ.get(_PROVIDER):
        raise unsupported(_PROVIDER, "unset it, and put the settings into the configuration itself")
    if config.get("force_single_node"):
        raise unsupported("force_single_node", "leave it out; the client uses all nodes of the cluster")
    lua = config.get("lua")
    if isinstance(lua, dict) and isinstance(lua.get("user_path"), str) and len(lua["user_path"]) >= _LUA_PATH:
        raise refused("lua", "Lua user path too long")
    threshold = config.get("compression_threshold")
    if isinstance(threshold, int) and threshold < 0:
        raise refused("compression_threshold", "Compression value must not be negative")


def _metrics(config: dict[str, Any]) -> MetricsPolicy | None:
    policy = (config.get("policies") or {}).get("metrics")
    if policy is None:
        return None
    if not isinstance(policy, MetricsPolicy):
        problem = (
            "metrics must be an aerospike_helpers.metrics.MetricsPolicy class instance. "
            f"But a {type(policy).__name__} was received instead"
        )
        raise refused("metrics", problem)
    try:
        return checked(policy)
    except ParamError as error:
        raise ClientError(error.msg or "") from error


def _policies(
    config: dict[str, Any], translator: Translator, *, validate: bool, settings: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    given = config.get("policies")
    if given is None:
        given = {}
    if not isinstance(given, dict):
        raise refused("policies", "policies must be a dict")
    found: dict[str, Any] = {}
    rows: dict[str, dict[str, Any]] = {}
    for name, value in given.items():
        if name in _SECTIONS:
            if value is not None:
                found[name] = policy_of(_SECTIONS[name], value, translator, validate=validate)
        elif name in _ROWS:
            policy = policy_of(_ROWS[name], value, translator, validate=validate) or {}
            _ROWS[name].of(policy)
            rows[name] = policy
        elif name == "batch_parent_write":
            policy_of(BatchPolicy, value, translator, validate=validate)
        elif name == "auth_mode":
            if value is not None:
                settings["auth_mode"] = value
        elif name == "login_timeout_ms":
            settings["login_timeout"] = value
        elif name not in _POLICY_NAMES and validate:
            raise invalid_key(name, "client config")
        elif name in _SHARED and value is not None:
            found[name] = value
    threshold = config.get("compression_threshold")
    if isinstance(threshold, int) and threshold:
        found["write"] = {"compression_threshold": threshold, **(found.get("write") or {})}
    return found, rows


__all__ = ["Setup", "setup_of"]
