"""Info commands about namespaces and sets: what they hold, how they are set up, truncation."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import attrs

from aerospike_wire.embedded import info_machine
from aerospike_wire.embedded.info_cluster import COMPATIBILITY_ID
from aerospike_wire.embedded.info_parameters import LONG_NAMESPACE, MAX_SET, OK, InfoRefusal, Parameters
from aerospike_wire.embedded.transactions.ledger import DEFAULT_DURATION, MAX_DURATION
from aerospike_wire.errors.codes import ResultCode
from aerospike_wire.proto.header import CITRUSLEAF_EPOCH
from aerospike_wire.proto.keys import partition_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aerospike_wire.embedded.node import Node, Session
    from aerospike_wire.embedded.store import Namespace, StoredRecord
    from aerospike_wire.embedded.transactions.ledger import Ledger

_MAX_DIGITS: Final = 63
_DIGITS: Final = re.compile(r"[0-9]{0,63}\Z")
_SECONDS: Final = re.compile(r"([0-9]{1,9})([smhd]?)")
_UNITS: Final = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}
_LEADING_NUMBER: Final = re.compile(r"\s*(-?)\+?(\d+)")
_HISTOGRAMS: Final = ("ttl", "object-size", "object-size-linear")
_NANOSECONDS_PER_MILLISECOND: Final = 1_000_000
_MAX_TTL: Final = 10 * 365 * 24 * 3600
_MIN_RECORD_SIZE: Final = 64
_MAX_RECORD_SIZE: Final = 8 * 1024 * 1024
_NSUP_PERIOD: Final = 120
"""Seconds that are told as the expiry interval of a namespace that takes TTLs; expired
records vanish at once."""


def _joined(items: Mapping[str, object]) -> str:
    return ";".join(f"{name}={_text(value)}" for name, value in items.items())


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _bytes_used(record: StoredRecord) -> int:
    return sum(len(name) + len(data) for name, (_, data) in record.bins.items())


def statistics(node: Node, _session: Session, _parameters: Parameters) -> str:
    """``statistics``: those numbers of a server that this node has."""
    now = node.clock.seconds()
    principal = next(iter(node.place.members), "0")
    return _joined(
        {
            "cluster_size": len(node.place.members),
            "cluster_key": node.place.key,
            "cluster_generation": node.place.generation,
            "cluster_principal": principal,
            "cluster_min_compatibility_id": COMPATIBILITY_ID,
            "cluster_max_compatibility_id": COMPATIBILITY_ID,
            "cluster_integrity": True,
            "cluster_is_member": True,
            "cluster_duplicate_nodes": "null",
            "cluster_clock_skew_stop_writes_sec": 0,
            "cluster_clock_skew_ms": 0,
            "cluster_clock_skew_outliers": "null",
            "objects": sum(sum(1 for _ in namespace.live(now)) for namespace in node.namespaces.values()),
            "tombstones": 0,
            "paxos_principal": principal,
            "migrate_allowed": True,
            "migrate_partitions_remaining": node.place.moving(),
        }
    )


def namespaces(node: Node, _session: Session, _parameters: Parameters) -> str:
    """``namespaces``: their names."""
    return ";".join(node.namespaces)


def namespace(node: Node, _session: Session, parameters: Parameters) -> str:
    """``namespace/NAME``: numbers and settings."""
    found = node.namespaces.get(parameters.text)
    if found is None:
        return "type=unknown"
    records = list(found.live(node.clock.seconds()))
    mine = sum(1 for record in records if node.place.leads(found.name, partition_id(record.digest)))
    copies = sum(1 for record in records if node.place.serves(found.name, partition_id(record.digest)))
    moving = node.place.moving(found.name)
    numbers = {
        "ns_cluster_size": len(node.place.members),
        "effective_replication_factor": node.place.copies(found.name),
        "objects": len(records),
        "tombstones": 0,
        "master_objects": mine,
        "master_tombstones": 0,
        "prole_objects": copies - mine,
        "prole_tombstones": 0,
        "non_replica_objects": len(records) - copies,
        "non_replica_tombstones": 0,
        "unreplicated_records": 0,
        "dead_partitions": 0,
        "unavailable_partitions": 0,
        "clock_skew_stop_writes": False,
        "stop_writes": False,
        "hwm_breached": False,
        "current_time": node.clock.seconds(),
        "non_expirable_objects": sum(1 for record in records if not record.void_time),
        "migrate_tx_partitions_remaining": moving,
        "migrate_rx_partitions_remaining": moving,
        "data_used_bytes": sum(_bytes_used(record) for record in records),
        "sindex_count": sum(1 for _ in node.indexes.of(found.name)),
    }
    ledger = found.ledger
    if ledger is not None:
        numbers["mrt_provisionals"] = len(ledger.provisional)
        numbers["mrt_monitors"] = numbers["mrt_monitors_active"] = len(ledger.monitors)
    return _joined({**numbers, **_namespace_settings(found)})


def _namespace_settings(found: Namespace) -> dict[str, object]:
    config, ledger = found.config, found.ledger
    return {
        "disable-mrt-writes": ledger is not None and ledger.disabled,
        "mrt-duration": DEFAULT_DURATION if ledger is None else ledger.duration,
        "allow-ttl-without-nsup": False,
        "default-ttl": config.default_ttl,
        "max-record-size": config.max_record_size,
        "nsup-period": _NSUP_PERIOD if config.ttl else 0,
        "replication-factor": found.config.replication_factor or 1,
        "strong-consistency": config.strong,
        "strong-consistency-allow-expunge": config.expunge,
        "storage-engine": "memory",
    }


def sets(node: Node, _session: Session, parameters: Parameters) -> str:
    """``sets``, ``sets/NAMESPACE``, ``sets/NAMESPACE/SET``: what sets hold."""
    path = [*parameters.path, "", ""]
    named = len(parameters.path)
    if named < 2 and not path[0]:
        return "".join(_sets_of(node, found) for found in node.namespaces.values())
    found = node.namespaces.get(path[0])
    if found is None:
        return "ns_type=unknown"
    if named < 2:
        return _sets_of(node, found)
    name = path[1].encode(errors="surrogateescape")
    return _set(node, found, name) if named == 2 and name in _set_names(node, found) else ""


def _set_names(node: Node, found: Namespace) -> list[bytes]:
    names = dict.fromkeys(record.set for record in found.live(node.clock.seconds()))
    for index in node.indexes.of(found.name):
        if index.set_index and index.set:
            names.setdefault(index.set.encode(errors="surrogateescape"))
    names.update(
        (name.encode(errors="surrogateescape"), None)
        for namespace_name, name in sorted(node.indexes.listed_sets)
        if namespace_name == found.name
    )
    names.update(dict.fromkeys(found.truncations))
    names.pop(b"", None)
    return list(names)


def _sets_of(node: Node, found: Namespace) -> str:
    return "".join(
        f"ns={found.name}:set={name.decode(errors='surrogateescape')}:{_set(node, found, name)}"
        for name in _set_names(node, found)
    )


def _set(node: Node, found: Namespace, name: bytes) -> str:
    records = [record for record in found.live(node.clock.seconds()) if record.set == name]
    text = name.decode(errors="surrogateescape")
    mine = sum(1 for index in node.indexes.of(found.name) if index.set == text and not index.set_index)
    facts = {
        "objects": len(records),
        "tombstones": 0,
        "data_used_bytes": sum(_bytes_used(record) for record in records),
        "truncate_lut": found.truncations.get(name, 0),
        "sindexes": mine,
        "index_populating": False,
        "truncating": False,
        "default-read-touch-ttl-pct": 0,
        "default-ttl": 0,
        "disable-eviction": False,
        "enable-index": node.indexes.has_set_index(found.name, text),
        "stop-writes-count": found.set_limits.get(name, 0),
        "stop-writes-size": 0,
    }
    return ":".join(f"{key}={_text(value)}" for key, value in facts.items()) + ";"


# Settings


def get_config(node: Node, _session: Session, parameters: Parameters) -> str:
    """``get-config:context=``: those settings of a server that this node has."""
    context = parameters.required("context") if parameters.text else None
    if context == "namespace":
        return _joined(_namespace_settings(parameters.namespace(node, "id", limit=LONG_NAMESPACE)))
    if context == "network":
        return _joined(_network_settings(node))
    if context == "service":
        return _joined(_service_settings(node))
    if context is None:
        return _joined({**_service_settings(node), **_network_settings(node)})
    if context == "security":
        return _joined(_security_settings(node)) if node.security.enabled else ""
    if context == "xdr":
        return ""
    raise InfoRefusal(ResultCode.INVALID_REQUEST, "invalid context")


def _security_settings(node: Node) -> dict[str, object]:
    return {
        "enable-ldap": bool(node.security.external),
        "enable-quotas": node.security.quotas,
        "session-ttl": node.security.session_ttl,
    }


def _service_settings(node: Node) -> dict[str, object]:
    own = {"cluster-name": node.cluster_name or "none", "node-id": node.name}
    return {**own, **info_machine.service_settings(node)}


def _network_settings(node: Node) -> dict[str, object]:
    host, port = node.address
    return {"service.port": port, "service.address": host, "service.tls-port": 0}


def set_config(node: Node, _session: Session, parameters: Parameters) -> str:
    """``set-config:context=namespace``: change a setting that this node has.

    These are a namespace's ``default-ttl`` and ``max-record-size``, of a strongly consistent one
    ``mrt-duration``, ``disable-mrt-writes`` and ``strong-consistency-allow-expunge``, a set's
    ``enable-index`` and ``stop-writes-count``, and some of the service that matter to nothing here. Servers have many
    more; they are refused like names that no server knows.
    """
    context = parameters.required("context")
    if context not in ("service", "network", "namespace", "security", "xdr"):
        raise InfoRefusal(ResultCode.INVALID_REQUEST, "invalid context")
    if context in ("security", "xdr") and not node.edition.security:
        raise InfoRefusal(ResultCode.ENTERPRISE_ONLY, "enterprise only")
    if context == "service" and info_machine.set_service(node, parameters):
        return OK
    if context != "namespace":
        raise _unknown_setting()
    found = parameters.namespace(node, "id", limit=LONG_NAMESPACE)
    set_name = parameters.find("set")
    if set_name is not None:
        if not 0 < len(set_name.encode(errors="surrogateescape")) <= MAX_SET:
            raise _unknown_setting()
        limit = parameters.find("stop-writes-count")
        if limit is not None and limit.isascii() and limit.isdecimal() and len(limit) <= _MAX_DIGITS:
            found.set_limits[set_name.encode(errors="surrogateescape")] = int(limit)
            return OK
        on = parameters.find("enable-index")
        if on not in ("true", "false") or not node.indexes.list_set(found.name, set_name, on=on == "true"):
            raise _unknown_setting()
        return OK
    for part in parameters.text.split(";"):
        name, _, value = part.partition("=")
        number = int(value or "0") if _DIGITS.match(value) else -1
        if name == "default-ttl" and 0 <= number <= _MAX_TTL:
            found.config = attrs.evolve(found.config, default_ttl=number)
            return OK
        if found.ledger is not None and name == "strong-consistency-allow-expunge" and value in ("true", "false"):
            found.config = attrs.evolve(found.config, expunge=value == "true")
            return OK
        if found.ledger is not None and _set_transactions(found.ledger, name, value):
            return OK
        if name == "max-record-size" and _MIN_RECORD_SIZE <= number <= _MAX_RECORD_SIZE:
            found.config = attrs.evolve(found.config, max_record_size=number)
            return OK
    raise _unknown_setting()


def _set_transactions(ledger: Ledger, name: str, value: str) -> bool:
    """Change a setting of a namespace's transactions; whether it is one, with a value that it can have."""
    if name == "disable-mrt-writes" and value in ("true", "false"):
        ledger.disabled = value == "true"
        return True
    match = _SECONDS.fullmatch(value) if name == "mrt-duration" else None
    seconds = int(match[1]) * _UNITS[match[2]] if match else 0
    if not 1 <= seconds <= MAX_DURATION:
        return False
    ledger.duration = seconds
    return True


def _unknown_setting() -> InfoRefusal:
    return InfoRefusal(ResultCode.INVALID_REQUEST, "invalid set-config parameter")


# Truncation


def truncate(node: Node, _session: Session, parameters: Parameters) -> str:
    """``truncate``: drop the records of a set that were last changed before a time."""
    name = parameters.namespace_name() or ""
    set_name = parameters.required("set", MAX_SET)
    return _truncate(node, name, set_name.encode(errors="surrogateescape"), parameters)


def truncate_namespace(node: Node, _session: Session, parameters: Parameters) -> str:
    """``truncate-namespace``: the same for all sets."""
    return _truncate(node, _whole_namespace(parameters), b"", parameters)


def _whole_namespace(parameters: Parameters) -> str:
    name = parameters.namespace_name() or ""
    if parameters.find("set") is not None:
        raise InfoRefusal(ResultCode.INVALID_REQUEST, "unexpected set name")
    return name


def _truncate(node: Node, name: str, set_name: bytes, parameters: Parameters) -> str:
    now = node.clock.milliseconds()
    text = parameters.optional("lut", _MAX_DIGITS)
    # Without a time, all that is there now goes, also what was written in this millisecond.
    mark = now + 1 if text is None else _mark(text, now)
    found = node.namespaces.get(name)
    if found is None:
        return OK
    for record in list(found.records.values()):
        if record.last_update < mark and (not set_name or record.set == set_name):
            del found.records[record.digest]
    found.truncations[set_name] = max(found.truncations.get(set_name, 0), min(mark, now))
    return OK


def _mark(text: str, now: int) -> int:
    digits = _LEADING_NUMBER.match(text)
    if digits and digits[1]:
        # Servers read a negative number as a huge one.
        raise InfoRefusal(ResultCode.INVALID_REQUEST, "would truncate in the future")
    nanoseconds = int(digits[2]) if digits else 0
    mark = nanoseconds // _NANOSECONDS_PER_MILLISECOND - CITRUSLEAF_EPOCH * 1000
    if mark <= 0:
        raise InfoRefusal(ResultCode.INVALID_REQUEST, "would truncate to 0")
    if mark > now:
        raise InfoRefusal(ResultCode.INVALID_REQUEST, "would truncate in the future")
    return mark


def truncate_undo(node: Node, _session: Session, parameters: Parameters) -> str:
    """``truncate-undo``: forget the mark of a truncation; the records stay gone."""
    name = parameters.namespace_name() or ""
    set_name = parameters.required("set", MAX_SET)
    return _forget(node, name, set_name.encode(errors="surrogateescape"))


def truncate_namespace_undo(node: Node, _session: Session, parameters: Parameters) -> str:
    """``truncate-namespace-undo``: the same for a namespace."""
    return _forget(node, _whole_namespace(parameters), b"")


def _forget(node: Node, name: str, set_name: bytes) -> str:
    found = node.namespaces.get(name)
    if found is not None:
        found.truncations.pop(set_name, None)
    return OK


def eviction_reset(_node: Node, _session: Session, parameters: Parameters) -> str:
    """``eviction-reset``: nothing is ever evicted here, so there is nothing to forget."""
    parameters.namespace_name()
    return OK


def histogram(node: Node, _session: Session, parameters: Parameters) -> str:
    """``histogram``: empty, as on a server that has not made one."""
    parameters.namespace(node, limit=LONG_NAMESPACE)
    kind = parameters.required("type")
    set_name = parameters.optional("set", MAX_SET)
    if kind not in _HISTOGRAMS:
        raise InfoRefusal(ResultCode.INVALID_REQUEST, "unknown hist name")
    return "" if set_name is None else "hist-unavailable"


def latencies(node: Node, _session: Session, parameters: Parameters) -> str:
    """``latencies``: all histograms are empty, as on a server that has had no traffic."""
    kinds = ("read", "write", "udf", "batch-sub-read", "batch-sub-write", "batch-sub-udf", "pi-query", "si-query")
    names = ["batch-index", *(f"{{{name}}}-{kind}" for name in node.namespaces for kind in kinds)]
    wanted = parameters.optional("hist")
    if wanted is not None:
        if wanted not in names:
            raise InfoRefusal(ResultCode.INVALID_REQUEST, "bad hist name")
        return f"{wanted}:"
    return ";".join(f"{name}:" for name in names)
