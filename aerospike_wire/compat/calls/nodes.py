"""Calls on nodes and their data."""

from __future__ import annotations

import base64
from typing import Any

import attrs

from aerospike_wire.compat.calls.base import Base
from aerospike_wire.compat.contexts import contexts_of
from aerospike_wire.compat.helpers.expressions.resources import bytes_of
from aerospike_wire.compat.keys import calc_digest, get_partition_id
from aerospike_wire.compat.refusal import refused
from aerospike_wire.operations.contexts import context_value
from aerospike_wire.policy import InfoPolicy

Policy = dict[str, Any] | None

_DEFAULTS = (
    "read", "write", "apply", "remove", "query", "scan", "operate", "batch", "info", "admin", "txn_verify", "txn_roll",
)  # fmt: skip


class Nodes(Base):
    """Calls on nodes and their data."""

    def truncate(self, namespace: str, set: str | None, nanos: int, policy: Policy = None) -> int:
        """Delete all records of a set or namespace last written before ``nanos`` since 1970; 0 for now."""
        if not isinstance(namespace, str):
            raise refused("namespace", "Namespace must be unicode or string type")
        if set is not None and not isinstance(set, str):
            raise refused("set", "Set must be None, or unicode or string type")
        if isinstance(nanos, bool) or not isinstance(nanos, int):
            raise refused("nanos", "Nanoseconds must be a long type")
        self._native.truncate(namespace, set, nanos, self._policy(InfoPolicy, policy))
        return 0

    def info_all(self, command: str, policy: Policy = None) -> dict[str, tuple[Any, str | None]]:
        """Ask every node.

        Returns:
            ``(error, answer)`` by name of the node; the error is None.
        """
        self._check_open()
        if not isinstance(command, str):
            raise refused("command", "Request must be a string")
        return dict(self._native.info_all(command, self._policy(InfoPolicy, policy)))

    def info_random_node(self, command: str, policy: Policy = None) -> str:
        """Ask one node, by chance."""
        self._check_open()
        if not isinstance(command, str):
            raise refused("command", "Request must be a string")
        return self._native.info_random_node(command, self._policy(InfoPolicy, policy))

    def info_single_node(self, command: str, host: str, policy: Policy = None) -> str:
        """Ask the node of a name."""
        self._check_open()
        if not isinstance(command, str):
            raise refused("command", "Request must be a string")
        if not isinstance(host, str):
            raise refused("host", "Host must be a string")
        return self._native.info_single_node(command, host, self._policy(InfoPolicy, policy))

    def get_nodes(self, *_: Any) -> list[tuple[str, int]]:
        """Host and port of each node. Arguments are passed over, as in the official client."""
        self._check_open()
        return [(host, port) for host, port in self._native.get_nodes()]

    def get_node_names(self) -> list[dict[str, Any]]:
        """``{"address", "port", "node_name"}`` of each node."""
        self._check_open()
        return [dict(row) for row in self._native.get_node_names()]

    def set_xdr_filter(self, data_center: str, namespace: str, expression_filter: Any, policy: Policy = None) -> str:
        """Say which records a datacenter gets of a namespace; Enterprise servers only."""
        expression = None if expression_filter is None else bytes_of(expression_filter, self._translator)
        return self._native.set_xdr_filter(data_center, namespace, expression, self._policy(InfoPolicy, policy))

    def get_key_partition_id(self, ns: str, set: str, key: Any) -> int:
        """The partition of a key, 0 to 4095."""
        return get_partition_id(calc_digest(ns, set, key))

    def get_expression_base64(self, expression: Any) -> str:
        """A compiled expression as text, for info commands."""
        return base64.b64encode(bytes_of(expression, self._translator)).decode()

    def get_cdtctx_base64(self, ctx: list[Any]) -> str:
        """A context as text, for info commands."""
        contexts = contexts_of(ctx, self._translator)
        if contexts is None:
            raise refused("ctx", "cdt_ctx list must not be empty")
        return base64.b64encode(context_value(contexts)).decode()

    def get_policies(self) -> dict[str, dict[str, Any]]:
        """The default policies, by kind of call."""
        found: dict[str, dict[str, Any]] = {}
        for section in _DEFAULTS:
            policy = self._core.policies.named(section)
            fields = [field for field in attrs.fields(type(policy)) if field.init and field.name != "txn"]
            found[section] = {field.name: _plain(getattr(policy, field.name)) for field in fields}
        return found


def _plain(value: Any) -> Any:
    """A value of a policy as plain numbers and bytes."""
    return int(value) if isinstance(value, int) and not isinstance(value, bool) else value
