"""What a request is called: the names by which faults are asked for, derived from its bytes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import attrs

from aerospike_wire.embedded.rows import Rows
from aerospike_wire.errors import ProtocolError
from aerospike_wire.proto.admin import HEADER_SIZE, AdminCommand
from aerospike_wire.proto.fields import Field
from aerospike_wire.proto.header import Info1, Info2, Info4
from aerospike_wire.proto.message import OpCode
from aerospike_wire.proto.transaction import MONITOR_SET

if TYPE_CHECKING:
    from aerospike_wire.proto.message import Message

RECORD_READS: Final = frozenset({"get", "select", "exists"})
RECORD_WRITES: Final = frozenset({"put", "remove", "remove-bin", "touch", "append", "prepend", "increment", "apply"})
BATCHES: Final = frozenset({"batch", "batch-read", "batch-write", "batch-operate", "batch-remove", "batch-apply"})
QUERIES: Final = frozenset({"query", "scan"})
TRANSACTION_STEPS: Final = frozenset({"add-keys", "verify", "mark", "roll", "close"})
"""What clients send of their own accord for a transaction; rules for other names do not mean it."""
DATA_COMMANDS: Final = (
    RECORD_READS | RECORD_WRITES | BATCHES | QUERIES | TRANSACTION_STEPS | {"operate", "read", "write", "any"}
)
_ADMIN_NAMES: Final = {int(command): command.name.lower().replace("_", "-") for command in AdminCommand}
ADMIN_COMMANDS: Final = frozenset({"admin", *_ADMIN_NAMES.values()})
INFO_COMMANDS: Final = frozenset(
    {
        "info", "node", "build", "build-os", "edition", "release", "version", "partition-generation",
        "peers-generation", "rebalance-generation", "partitions", "features", "cluster-name", "cluster-stable",
        "peers-clear-std", "peers-clear-alt", "peers-tls-std", "peers-tls-alt", "service", "service-clear-std",
        "service-clear-alt", "service-tls-std", "service-tls-alt", "services", "services-alternate", "replicas",
        "replicas-all", "replicas-master", "rack-ids", "racks", "namespaces", "namespace", "statistics", "sets",
        "bins", "sindex", "sindex-create", "sindex-delete", "sindex-list", "sindex-stat", "sindex-exists",
        "udf-put", "udf-get", "udf-list", "udf-remove", "udf-clear-cache", "truncate", "truncate-undo",
        "truncate-namespace", "truncate-namespace-undo", "query-show", "query-abort", "query-abort-all",
        "get-config", "set-config", "latencies", "histogram", "logs", "log", "status", "user-agent-set",
        "user-agents", "recluster", "quiesce", "roster", "roster-set", "jobs", "scan-show",
    }
)  # fmt: skip

_ALIASES: Final = {
    "index-create": "sindex-create",
    "index-remove": "sindex-delete",
    "query-users-info": "query-users",
    "query-user-info": "query-users",
    "query-roles": "query-roles",
    "query-role": "query-roles",
    "get-roles": "query-roles",
    "get-role": "query-roles",
}

_PARAMETER: Final = re.compile(r"(?:^|[:;])(namespace|ns|set)=([^;]*)")


def canonical(command: str) -> str:
    """The name in the form used here; underscores and the clients' method names do as well.

    Raises:
        ValueError: there is no such command.
    """
    if not isinstance(command, str):
        msg = f"a command is named by a str, not {type(command).__name__}"
        raise ValueError(msg)
    name = command.lower().replace("_", "-")
    name = name.removeprefix("admin-") if name != "admin" else name
    name = _ALIASES.get(name, name)
    if name in DATA_COMMANDS or name in ADMIN_COMMANDS or name in INFO_COMMANDS:
        return name
    msg = (
        f"there is no command {command!r}; data: {', '.join(sorted(DATA_COMMANDS))}; "
        f"security: {', '.join(sorted(ADMIN_COMMANDS))}; info: {', '.join(sorted(INFO_COMMANDS))}"
    )
    raise ValueError(msg)


@attrs.frozen
class Request:
    """A request as rules see it: what it may be called, and what it is about."""

    names: frozenset[str]
    namespaces: frozenset[str] = frozenset()
    sets: frozenset[str] = frozenset()
    keys: frozenset[tuple[str, bytes]] = frozenset()
    """Namespaces and digests."""


def of_message(message: Message) -> Request:
    """Names and subjects of a data message."""
    info1 = message.header.info1
    if info1 & Info1.BATCH:
        return _batch(message)
    namespace = _text(message.fields.get(Field.NAMESPACE))
    set_name = _text(message.fields.get(Field.SET))
    digest = message.fields.get(Field.DIGEST)
    names = _query_names(message) if digest is None else {*_record_names(message), "any"}
    return Request(
        frozenset(names),
        frozenset() if namespace is None else frozenset({namespace}),
        frozenset() if set_name is None else frozenset({set_name}),
        frozenset() if namespace is None or digest is None else frozenset({(namespace, digest)}),
    )


def of_info(line: str) -> Request:
    """Names and subjects of one line of an info request."""
    name = re.split("[:/;]", line, maxsplit=1)[0]
    found: dict[str, set[str]] = {"namespace": set(), "set": set()}
    for key, value in _PARAMETER.findall(line[len(name) :]):
        found["set" if key == "set" else "namespace"].add(value)
    return Request(frozenset({"info", name}), frozenset(found["namespace"]), frozenset(found["set"]))


def of_admin(body: bytes) -> Request:
    """Names of a security message."""
    names = {"admin"}
    if len(body) >= HEADER_SIZE:
        name = _ADMIN_NAMES.get(body[2])
        if name is not None:
            names.add(name)
    return Request(frozenset(names))


def _text(data: bytes | None) -> str | None:
    return None if data is None else data.decode(errors="surrogateescape")


def _query_names(message: Message) -> set[str]:
    names = {"query", "any"}
    if Field.INDEX_RANGE not in message.fields:
        names.add("scan")
    return names


_SOLE_OPS: Final = {
    OpCode.TOUCH: "touch",
    OpCode.APPEND: "append",
    OpCode.PREPEND: "prepend",
    OpCode.INCREMENT: "increment",
}


def _step(message: Message) -> str | None:
    """The step of a transaction that a message is, if it is one."""
    header = message.header
    if header.info4 & Info4.MRT_VERIFY_READ:
        return "verify"
    if header.info4 & (Info4.MRT_ROLL_FORWARD | Info4.MRT_ROLL_BACK):
        return "roll"
    if message.fields.get(Field.SET) != MONITOR_SET.encode() or not header.info2 & Info2.WRITE:
        return None
    if header.info2 & Info2.DELETE:
        return "close"
    return "mark" if any(op.name == b"fwd" for op in message.ops) else "add-keys"


def _record_names(message: Message) -> set[str]:
    header = message.header
    step = _step(message)
    if step is not None:
        return {step}
    if header.info2 & Info2.WRITE:
        return {*_write_names(message), "write"}
    codes = {op.code for op in message.ops}
    if header.info1 & Info1.GET_NO_BINS:
        return {"exists", "read"}
    if header.info1 & Info1.GET_ALL:
        return {"get", "read"}
    if codes <= {OpCode.READ} and not header.info2 & Info2.RESPOND_ALL_OPS:
        return {"select", "read"}
    return {"operate", "read"}


def _write_names(message: Message) -> set[str]:
    if Field.UDF_MODULE in message.fields:
        return {"apply"}
    if message.header.info2 & Info2.DELETE:
        return {"remove"}
    codes = {op.code for op in message.ops}
    if len(codes) == 1:
        sole = codes.pop()
        if sole in _SOLE_OPS:
            return {_SOLE_OPS[OpCode(sole)]}
        if sole == OpCode.WRITE:
            # To remove a bin is to write nothing into it: put() may have meant the same.
            return {"put", "remove-bin"} if all(op.particle == 0 for op in message.ops) else {"put"}
    return {"operate"} if codes else {"put"}


def _batch(message: Message) -> Request:
    kinds: set[str] = set()
    namespaces: set[str] = set()
    sets: set[str] = set()
    found: set[tuple[str, bytes]] = set()
    try:
        for row in Rows.of(message):
            kinds |= _row_kinds(row.message)
            namespace = _text(row.message.fields.get(Field.NAMESPACE)) or ""
            namespaces.add(namespace)
            sets.add(_text(row.message.fields.get(Field.SET)) or "")
            found.add((namespace, row.digest))
    except ProtocolError:
        pass  # What could be read is what the rules go by; the node answers the rest.
    names = {"batch", "any", kinds.pop() if len(kinds) == 1 else "batch-write"}
    return Request(frozenset(names), frozenset(namespaces), frozenset(sets), frozenset(found))


def _row_kinds(message: Message) -> set[str]:
    header = message.header
    step = _step(message)
    if step is not None:
        return {step}
    if not header.info2 & Info2.WRITE:
        return {"batch-read"}
    if Field.UDF_MODULE in message.fields:
        return {"batch-apply"}
    return {"batch-remove" if header.info2 & Info2.DELETE else "batch-operate"}
