"""Info commands about the node, its cluster and its partitions."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import TYPE_CHECKING, Final

from aerospike_wire.embedded.info_parameters import OK, InfoRefusal, Parameters, known_namespace
from aerospike_wire.errors.codes import ResultCode
from aerospike_wire.proto.keys import PARTITIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from aerospike_wire.embedded.node import Node, Session

EDITION: Final = "Aerospike Community Edition"
COMPATIBILITY_ID: Final = 15
FEATURES: Final = (
    "batch-any;batch-index;blob-bits;cdt-index;cdt-list;cdt-map;cluster-stable;float;geo;sindex-exists;peers;"
    "pipelining;pquery;pscans;query-show;relaxed-sc;replicas;replicas-all;replicas-master;replicas-max;"
    "truncate-namespace;udf"
)
MAX_USER_AGENT: Final = 88
"""Characters of what a client calls itself."""

_MAX_SIZE_DIGITS: Final = 3
_MAX_SIZE_OF_FLAG: Final = 5
_UNKNOWN_AGENT: Final = base64.b64encode(b"unknown").decode()
_ALL_PARTITIONS: Final = base64.b64encode(b"\xff" * (PARTITIONS // 8)).decode()


def node_name(node: Node, _session: Session, _parameters: Parameters) -> str:
    """``node``: the node's id."""
    return node.name


def build(node: Node, _session: Session, _parameters: Parameters) -> str:
    """``build``: the server version."""
    return node.build


def version(node: Node, _session: Session, _parameters: Parameters) -> str:
    """``version``: edition and server version."""
    return f"{EDITION} build {node.build}"


def release(node: Node, _session: Session, _parameters: Parameters) -> str:
    """``release``: the same as key=value parts."""
    return f"edition={EDITION};version={node.build};os={build_os()};arch={build_arch()}"


def build_os() -> str:
    """The operating system, as servers name it."""
    import platform  # noqa: PLC0415  slow to import, and hardly ever asked for

    return platform.system().lower()


def build_arch() -> str:
    """The processor."""
    import platform  # noqa: PLC0415  as above

    return platform.machine()


def constant(value: str) -> Callable[[Node, Session, Parameters], str]:
    """A handler that always says the same."""

    def answer(_node: Node, _session: Session, _parameters: Parameters) -> str:
        return value

    return answer


def enterprise_only(_node: Node, _session: Session, _parameters: Parameters) -> str:
    """What a Community node says to commands that it knows of but does not have."""
    raise InfoRefusal(ResultCode.ENTERPRISE_ONLY, "enterprise only")


def cluster_name(node: Node, _session: Session, _parameters: Parameters) -> str:
    """``cluster-name``: the name, ``null`` for none."""
    return node.cluster_name or "null"


def cluster_key(node: Node) -> str:
    """The key of the cluster: a number of its own for each set of members."""
    return hashlib.sha256(node.name.encode()).hexdigest()[:12].upper().lstrip("0") or "1"


def cluster_stable(node: Node, _session: Session, parameters: Parameters) -> str:
    """``cluster-stable:``: the cluster's key, if it is as large as expected."""
    size = parameters.optional("size", _MAX_SIZE_DIGITS)
    if size is not None:
        if not size.isdecimal():
            raise InfoRefusal(ResultCode.INVALID_REQUEST, "bad size")
        if int(size) != 1:
            raise InfoRefusal(ResultCode.CLUSTER_CHANGE, "cluster not specified size")
    ignore = parameters.optional("ignore-migrations", _MAX_SIZE_OF_FLAG)
    if ignore not in (None, "true", "false", "yes", "no"):
        raise InfoRefusal(ResultCode.INVALID_REQUEST, "bad ignore migrations")
    name = parameters.namespace_name(required=False)
    if name is not None and ignore not in ("true", "yes"):
        known_namespace(node, name)
    return cluster_key(node)


def address(node: Node, _session: Session, _parameters: Parameters) -> str:
    """``service-clear-std``: where clients reach the node."""
    host, port = node.address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def peers(_node: Node, _session: Session, _parameters: Parameters) -> str:
    """``peers-*``: generation, default port, and no other nodes."""
    return "0,3000,[]"


def replicas(node: Node, _session: Session, parameters: Parameters) -> str:
    """``replicas``: the node is master of every partition."""
    most = parameters.optional("max")
    if most is not None and not most.isdecimal():
        raise InfoRefusal(ResultCode.INVALID_REQUEST, "bad max")
    return ";".join(f"{name}:0,1,{_ALL_PARTITIONS}" for name in node.namespaces)


def replicas_all(node: Node, _session: Session, _parameters: Parameters) -> str:
    """``replicas-all``: the same in the form of older clients."""
    return ";".join(f"{name}:1,{_ALL_PARTITIONS}" for name in node.namespaces)


def replicas_master(node: Node, _session: Session, _parameters: Parameters) -> str:
    """``replicas-master``: the same in a still older form."""
    return ";".join(f"{name}:{_ALL_PARTITIONS}" for name in node.namespaces)


def user_agent_set(_node: Node, session: Session, parameters: Parameters) -> str:
    """``user-agent-set:value=``: the client says what it is, once per connection."""
    value = parameters.required("value", MAX_USER_AGENT)
    try:
        base64.b64decode(value, validate=True)
    except binascii.Error:
        raise InfoRefusal(ResultCode.INVALID_REQUEST, "'value' invalid base64") from None
    if session.user_agent is not None:
        raise InfoRefusal(ResultCode.INVALID_REQUEST, "already set")
    session.user_agent = value
    return OK


def user_agents(_node: Node, session: Session, _parameters: Parameters) -> str:
    """``user-agents``: what the asking connection called itself; others are not counted."""
    return f"user-agent={session.user_agent or _UNKNOWN_AGENT}:count=1;"
