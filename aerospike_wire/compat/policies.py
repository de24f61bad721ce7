"""Policies: dicts of the official client, and what this client takes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs

from aerospike_wire.compat.partitions import check_partition_filter
from aerospike_wire.compat.refusal import refused, unsupported
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
from aerospike_wire.transaction import Transaction

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aerospike_wire.compat.values import Translator

_COMMON: Final = frozenset({"connect_timeout", "deserialize", "concurrent", "on_locking_only", "send_set_name", "txn"})
"""Official names that not every class of this client's has."""


def _names(cls: type[Policy], *more: str) -> frozenset[str]:
    return frozenset(field.name for field in attrs.fields(cls) if field.init) | _COMMON | frozenset(more)


OWN: Final[dict[type[Policy], frozenset[str]]] = {}
"""Names that a class takes itself."""


def own_names(cls: type[Policy]) -> frozenset[str]:
    """Names that a class takes itself."""
    found = OWN.get(cls)
    if found is None:
        found = OWN[cls] = frozenset(field.name for field in attrs.fields(cls) if field.init)
    return found


KNOWN: Final[dict[type[Policy], frozenset[str]]] = {
    ReadPolicy: _names(ReadPolicy),
    WritePolicy: _names(WritePolicy),
    OperatePolicy: _names(OperatePolicy),
    RemovePolicy: _names(RemovePolicy),
    ApplyPolicy: _names(ApplyPolicy),
    BatchPolicy: _names(BatchPolicy),
    QueryPolicy: _names(
        QueryPolicy, "partition_filter", "expected_duration", "short_query", "ttl", "durable_delete", "max_records"
    ),
    ScanPolicy: _names(ScanPolicy, "expected_duration"),
    InfoPolicy: frozenset({"timeout", "send_as_is", "check_bounds"}) | own_names(InfoPolicy),
    AdminPolicy: frozenset({"timeout"}) | own_names(AdminPolicy),
    TxnVerifyPolicy: _names(TxnVerifyPolicy),
    TxnRollPolicy: _names(TxnRollPolicy),
}
"""Official names of each kind of policy."""


def invalid_key(name: Any, kind: str = "policy") -> Exception:
    """The error for an entry that is not known, when a client validates keys."""
    return refused(str(name), f'"{name}" is an invalid {kind} dictionary key')


def without_unknown(given: Mapping[str, Any], names: frozenset[str], *, validate: bool) -> dict[str, Any]:
    """A dict without entries that are not known.

    Raises:
        ParamError: there are some, and keys are to be validated.
    """
    found: dict[str, Any] = {}
    for name, value in given.items():
        if name in names:
            found[name] = value
        elif validate:
            raise invalid_key(name)
    return found


def policy_of(cls: type[Policy], given: Any, translator: Translator, *, validate: bool) -> dict[str, Any] | None:
    """A policy for this client; None if none was given.

    What the official client does not know either is passed over, unless keys are
    validated, as it is there.

    Raises:
        ParamError: it is no dict, or an entry cannot be used.
    """
    if given is None:
        return None
    if not isinstance(given, dict):
        raise refused("policy", "policy must be a dict")
    names = KNOWN[cls]
    own = own_names(cls)
    found: dict[str, Any] = {}
    for name, value in given.items():
        if name not in names:
            if validate:
                raise invalid_key(name)
            continue
        if name == "timeout":
            name = "total_timeout"  # noqa: PLW2901  what the official client calls it for info commands
        if value is None and name != "partition_filter":
            continue
        if name == "expressions":
            value = _filter(value, translator)  # noqa: PLW2901
        elif name in ("concurrent", "deserialize", "send_set_name", "send_as_is", "check_bounds"):
            _flag(name, value)
            if name == "deserialize" and not value:
                raise unsupported("deserialize=False", "leave it out; lists and maps are read as they come")
            continue
        elif name == "connect_timeout":
            continue
        elif name == "partition_filter":
            check_partition_filter(value)
        elif name == "txn" and not isinstance(value, Transaction):
            raise refused(name, "txn is not of type aerospike.Transaction")
        elif name not in own and name not in ("txn", "on_locking_only"):
            continue
        found[name] = value
    return found


def _flag(name: str, value: Any) -> None:
    if not isinstance(value, bool):
        raise refused(name, f"{name} is invalid")


def _filter(value: Any, translator: Translator) -> bytes:
    from aerospike_wire.compat.helpers.expressions.resources import bytes_of  # noqa: PLC0415  it needs contexts

    return bytes_of(value, translator)


__all__ = ["KNOWN", "invalid_key", "own_names", "policy_of", "unsupported", "without_unknown"]
