"""Info commands about the node, its cluster and its partitions."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Final

from aerospike_wire.embedded.info_parameters import OK, InfoRefusal, Parameters, known_namespace
from aerospike_wire.errors.codes import ResultCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from aerospike_wire.embedded.node import Node, Session
    from aerospike_wire.embedded.place import Neighbour

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
DEFAULT_PORT: Final = 3000
"""What peers commands give as the port of addresses without one."""
_GENERATION: Final = re.compile(r"[0-9]{1,18}\Z")


def node_name(node: Node, _session: Session, _parameters: Parameters) -> str:
    """``node``: the node's id."""
    return node.name


def build(node: Node, _session: Session, _parameters: Parameters) -> str:
    """``build``: the server version."""
    return node.build


def version(node: Node, _session: Session, _parameters: Parameters) -> str:
    """``version``: edition and server version."""
    return f"{node.edition.name} build {node.build}"


def release(node: Node, _session: Session, _parameters: Parameters) -> str:
    """``release``: the same as key=value parts."""
    return f"edition={node.edition.name};version={node.build};os={build_os()};arch={build_arch()}"


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


def edition(node: Node, _session: Session, _parameters: Parameters) -> str:
    """``edition``: the edition's name."""
    return node.edition.name


def enterprise_only(_node: Node, _session: Session, _parameters: Parameters) -> str:
    """What a node says to commands about things that it does not have here: TLS, racks."""
    raise InfoRefusal(ResultCode.ENTERPRISE_ONLY, "enterprise only")


def cluster_name(node: Node, _session: Session, _parameters: Parameters) -> str:
    """``cluster-name``: the name, ``null`` for none."""
    return node.cluster_name or "null"


def cluster_stable(node: Node, _session: Session, parameters: Parameters) -> str:
    """``cluster-stable:``: the cluster's key, if it is as large as expected and no partition is being moved."""
    place = node.place
    size = parameters.optional("size", _MAX_SIZE_DIGITS)
    if size is not None:
        if not size.isdecimal():
            raise InfoRefusal(ResultCode.INVALID_REQUEST, "bad size")
        if int(size) != len(place.members):
            raise InfoRefusal(ResultCode.CLUSTER_CHANGE, "cluster not specified size")
    ignore = parameters.optional("ignore-migrations", _MAX_SIZE_OF_FLAG)
    if ignore not in (None, "true", "false"):
        raise InfoRefusal(ResultCode.INVALID_REQUEST, "bad ignore migrations")
    if ignore != "true":
        name = parameters.namespace_name(required=False)
        if name is not None:
            known_namespace(node, name)
        if place.moving(name):
            raise _unstable()
    if not place.members:
        raise _unstable()
    return place.key


def _unstable() -> InfoRefusal:
    return InfoRefusal(ResultCode.CLUSTER_CHANGE, "unstable cluster")


def partition_generation(node: Node, _session: Session, _parameters: Parameters) -> str:
    """``partition-generation``: counts changes of the node's partition maps; -1 before it has any."""
    return str(node.place.partition_generation)


def peers_generation(node: Node, _session: Session, _parameters: Parameters) -> str:
    """``peers-generation``: counts nodes that came and left."""
    return str(node.place.peers_generation)


def rebalance_generation(node: Node, _session: Session, _parameters: Parameters) -> str:
    """``rebalance-generation``: counts new distributions of the partitions."""
    return str(node.place.rebalance_generation)


# Addresses (protocol section 3.5)


def _text(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def address(node: Node, _session: Session, _parameters: Parameters) -> str:
    """``service-clear-std``: where clients reach the node."""
    return _text(*node.address) if node.clear else ""


def alternate_address(node: Node, _session: Session, _parameters: Parameters) -> str:
    """``service-clear-alt``: another address of the node, if it has one."""
    return _text(*node.alternate) if node.clear and node.alternate is not None else ""


def tls_address(node: Node, session: Session, parameters: Parameters) -> str:
    """``service-tls-std``: where clients reach the node with TLS."""
    return enterprise_only(node, session, parameters) if node.tls_address is None else _text(*node.tls_address)


def tls_alternate_address(node: Node, session: Session, parameters: Parameters) -> str:
    """``service-tls-alt``: another address with TLS, if it has one."""
    if node.tls_address is None:
        return enterprise_only(node, session, parameters)
    return _text(*node.alternate) if not node.clear and node.alternate is not None else ""


def _address_of(node: Node, *, alternate: bool, tls: bool) -> tuple[str, int] | None:
    if alternate:
        return node.alternate if node.clear is not tls else None
    if tls:
        return node.tls_address
    return node.address if node.clear else None


def _peer(known: Neighbour, *, alternate: bool, tls: bool) -> str | None:
    if known.node is None:
        return f"[{known.name},,]"
    found = _address_of(known.node, alternate=alternate, tls=tls)
    if found is None:
        return None
    host, port = found
    text = f"[{host}]" if ":" in host else host
    if port != DEFAULT_PORT:
        text += f":{port}"
    return f"[{known.name},{known.node.tls_name if tls else ''},[{text}]]"


def _peers(node: Node, parameters: Parameters, *, alternate: bool = False, tls: bool = False) -> str:
    since = parameters.find("generation")
    if since is not None and not _GENERATION.match(since):
        since = None
    found = [
        _peer(known, alternate=alternate, tls=tls)
        for known in node.place.neighbours()
        if (known.node is not None if since is None else known.since > int(since))
    ]
    listed = ",".join(text for text in found if text is not None)
    return f"{node.place.peers_generation},{DEFAULT_PORT},[{listed}]"


def peers(node: Node, _session: Session, parameters: Parameters) -> str:
    """``peers-clear-std``: generation, default port, the other nodes; with ``generation=`` what changed since."""
    return _peers(node, parameters)


def alternate_peers(node: Node, _session: Session, parameters: Parameters) -> str:
    """``peers-clear-alt``: the same with their other addresses."""
    return _peers(node, parameters, alternate=True)


def tls_peers(node: Node, session: Session, parameters: Parameters) -> str:
    """``peers-tls-std``: the same with TLS names."""
    return (
        enterprise_only(node, session, parameters) if node.tls_address is None else _peers(node, parameters, tls=True)
    )


def tls_alternate_peers(node: Node, session: Session, parameters: Parameters) -> str:
    """``peers-tls-alt``: the same with their other addresses."""
    if node.tls_address is None:
        return enterprise_only(node, session, parameters)
    return _peers(node, parameters, alternate=True, tls=True)


def alumni(node: Node, _session: Session, _parameters: Parameters) -> str:
    """``alumni-clear-std``: every node that was ever seen, under the address that it had last."""
    known = ((each.name, each.address) for each in node.place.neighbours())
    listed = ",".join(f"[{name},,[{_text(*where)}]]" for name, where in known)
    return f"{node.place.peers_generation},{DEFAULT_PORT},[{listed}]"


def services(node: Node, _session: Session, _parameters: Parameters) -> str:
    """``services``: the addresses of the other nodes, in the form of older clients."""
    return ";".join(_text(*each.address) for each in node.place.neighbours() if each.node is not None)


def services_alumni(node: Node, _session: Session, _parameters: Parameters) -> str:
    """``services-alumni``: the same for every node that was ever seen."""
    return ";".join(_text(*each.address) for each in node.place.neighbours())


# Partition maps (protocol section 3.3)


def _columns(node: Node, name: str) -> list[str]:
    return [base64.b64encode(bitmap).decode() for bitmap in node.place.maps(name)]


def replicas(node: Node, _session: Session, parameters: Parameters) -> str:
    """``replicas``: for each namespace its regime, the number of maps, and the maps."""
    most = parameters.optional("max")
    if most is not None and not most.isdecimal():
        raise InfoRefusal(ResultCode.INVALID_REQUEST, "bad max")
    parts = []
    for name, found in node.namespaces.items():
        maps = _columns(node, name)[: int(most or 0) or None]
        parts.append(f"{name}:{found.regime},{len(maps)},{','.join(maps)}")
    return ";".join(parts)


def replicas_all(node: Node, _session: Session, _parameters: Parameters) -> str:
    """``replicas-all``: the same in the form of older clients."""
    columns = {name: _columns(node, name) for name in node.namespaces}
    return ";".join(f"{name}:{len(maps)},{','.join(maps)}" for name, maps in columns.items())


def replicas_master(node: Node, _session: Session, _parameters: Parameters) -> str:
    """``replicas-master``: the masters' alone, in a still older form."""
    return ";".join(f"{name}:{_columns(node, name)[0]}" for name in node.namespaces)


def rack_ids(node: Node, session: Session, parameters: Parameters) -> str:
    """``rack-ids``: the node's rack in each namespace, if racks are in use."""
    if not node.place.racks:
        return enterprise_only(node, session, parameters)
    return ";".join(f"{name}:{node.place.rack}" for name in node.namespaces)


def racks(node: Node, session: Session, parameters: Parameters) -> str:
    """``racks:``: the nodes of each rack, if racks are in use."""
    if not node.place.racks:
        return enterprise_only(node, session, parameters)
    text = ":".join(f"rack_{rack}={','.join(names)}" for rack, names in sorted(node.place.racks.items()))
    if parameters.namespace_name(required=False) is not None:
        return text
    return ";".join(f"ns={name}:{text}" for name in node.namespaces)


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
