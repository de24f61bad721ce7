"""The info protocol of the node (protocol section 9): lines of text in, lines of text out."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Final

from aerospike_wire.embedded import info_cluster as cluster
from aerospike_wire.embedded import info_enterprise as enterprise
from aerospike_wire.embedded import info_index as index
from aerospike_wire.embedded import info_jobs as jobs
from aerospike_wire.embedded import info_machine as machine
from aerospike_wire.embedded import info_state as state
from aerospike_wire.embedded import info_udf as udf
from aerospike_wire.embedded import security
from aerospike_wire.embedded.info_parameters import OK, InfoRefusal, Parameters
from aerospike_wire.embedded.modules import Unfinished
from aerospike_wire.embedded.permissions import INFO as PERMISSIONS
from aerospike_wire.embedded.place import later
from aerospike_wire.errors.codes import ResultCode
from aerospike_wire.proto.keys import PARTITIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from aerospike_wire.embedded.node import Node, Session
    from aerospike_wire.embedded.place import Pending

MAX_NAME: Final = 31
"""Characters of a command's name."""
_NOT_AUTHENTICATED: Final = b"ERROR:80:not authenticated\n"
_UNKNOWN: Final = "unrecognized command"
_NAME: Final = re.compile(r"([^:/;]*)([:/;]?)(.*)\Z", re.DOTALL)
_SUMMARY: Final = (
    "features", "node", "compatibility-id", "edition", "build_ee_sha", "build_arch", "build_os", "build", "version",
    "statistics", "services-alumni", "services", "partition-generation",
)  # fmt: skip
"""What an empty request asks for."""


HANDLERS: Final[dict[str, Callable[[Node, Session, Parameters], str]]] = {
    # the node and its cluster
    "node": cluster.node_name,
    "name": cluster.node_name,
    "build": cluster.build,
    "build_arch": lambda *_: cluster.build_arch(),
    "build_os": lambda *_: cluster.build_os(),
    "build_ee_sha": cluster.constant(""),
    "edition": cluster.edition,
    "version": cluster.version,
    "release": cluster.release,
    "features": cluster.constant(cluster.FEATURES),
    "compatibility-id": cluster.constant(str(cluster.COMPATIBILITY_ID)),
    "digests": cluster.constant("RIPEMD160"),
    "status": cluster.constant(OK),
    "connection": cluster.constant("admin=false"),
    "cluster-name": cluster.cluster_name,
    "cluster-stable": cluster.cluster_stable,
    "recluster": cluster.constant(OK),
    "partitions": cluster.constant(str(PARTITIONS)),
    "partition-generation": cluster.partition_generation,
    "peers-generation": cluster.peers_generation,
    "rebalance-generation": cluster.rebalance_generation,
    "service": cluster.address,
    "service-clear-std": cluster.address,
    "service-clear-alt": cluster.alternate_address,
    "service-tls-std": cluster.tls_address,
    "service-tls-alt": cluster.tls_alternate_address,
    "admin-clear-std": cluster.constant(""),
    "admin-tls-std": cluster.constant(""),
    "services": cluster.services,
    "services-alternate": cluster.constant(""),
    "services-alumni": cluster.services_alumni,
    "peers-clear-std": cluster.peers,
    "peers-clear-alt": cluster.alternate_peers,
    "peers-tls-std": cluster.tls_peers,
    "peers-tls-alt": cluster.tls_alternate_peers,
    "alumni-clear-std": cluster.alumni,
    "alumni-clear-alt": cluster.alumni,
    "rack-ids": cluster.rack_ids,
    "racks": cluster.racks,
    "replicas": cluster.replicas,
    "replicas-all": cluster.replicas_all,
    "replicas-master": cluster.replicas_master,
    "user-agent-set": cluster.user_agent_set,
    "user-agents": cluster.user_agents,
    "health-outliers": cluster.constant(""),
    "health-stats": cluster.constant(""),
    # what it holds
    "statistics": state.statistics,
    "namespaces": state.namespaces,
    "namespace": state.namespace,
    "sets": state.sets,
    "get-config": state.get_config,
    "set-config": state.set_config,
    "truncate": state.truncate,
    "truncate-undo": state.truncate_undo,
    "truncate-namespace": state.truncate_namespace,
    "truncate-namespace-undo": state.truncate_namespace_undo,
    "eviction-reset": state.eviction_reset,
    "histogram": state.histogram,
    "latencies": state.latencies,
    "query-show": jobs.show,
    "query-abort": jobs.abort,
    "query-abort-all": jobs.abort_all,
    # indexes and modules
    "sindex-create": index.create,
    "sindex-delete": index.delete,
    "sindex-exists": index.exists,
    "sindex-list": index.listing,
    "sindex-stat": index.stat,
    "sindex": index.older_stat,
    "udf-put": udf.put,
    "udf-get": udf.get,
    "udf-list": udf.listing,
    "udf-remove": udf.remove,
    "udf-clear-cache": udf.clear_cache,
    # the machine, the log, maintenance
    "build_sha": cluster.constant(""),
    "build_time": cluster.constant(machine.BUILD_TIME),
    "best-practices": cluster.constant("failed_best_practices=none"),
    "logs": machine.logs,
    "log": machine.log,
    "log-set": machine.log_set,
    "set-log": machine.log_set,
    "log-message": machine.log_message,
    "get-stats": machine.get_stats,
    "mcast": machine.mcast,
    "mesh": machine.mesh,
    "objects": machine.objects,
    "index-pressure": machine.index_pressure,
    "get-sl": machine.succession,
    "endpoints": machine.endpoints,
    "tip": machine.tip,
    "tip-clear": machine.tip_clear,
    "smd-show": machine.smd_show,
    "config-get": state.get_config,
    "config-set": state.set_config,
    "services-alumni-reset": cluster.constant(OK),
    "jem-stats": cluster.constant(OK),
    **dict.fromkeys(
        ("dump-cluster", "dump-fabric", "dump-hb", "dump-hlc", "dump-migrates", "dump-rw", "dump-skew"),
        cluster.constant(OK),
    ),
    "dump-wb-summary": machine.needs("namespace"),
    "debug-record": machine.needs("namespace", "keyd"),
    "debug-record-meta": machine.needs("namespace", "keyd"),
    "physical-devices": machine.needs("path"),
    "partition-info": machine.needs(),
    "smd-info": machine.needs(),
    "thread-traces": machine.needs(),
    "help": lambda *_: ";".join(HANDLERS),
    # what Community nodes know of and do not have
    "alumni-tls-alt": cluster.enterprise_only,
    "alumni-tls-std": cluster.enterprise_only,
    "roster": enterprise.roster,
    "roster-set": enterprise.roster_set,
    "quiesce": enterprise.done,
    "quiesce-undo": enterprise.done,
    "revive": enterprise.revive,
    "xdr-set-filter": enterprise.xdr_set_filter,
    "xdr-get-filter": enterprise.xdr_get_filter,
    "xdr-dc-state": enterprise.not_here("XDR"),
    "masking": enterprise.not_here("masking"),
    "masking-show": enterprise.not_here("masking"),
    "feature-key": enterprise.not_here("feature key"),
}
"""Command to handler."""

EVERYWHERE: Final = frozenset({"truncate", "truncate-undo", "truncate-namespace", "truncate-namespace-undo"})
"""Commands that change what all nodes of a cluster know. Modules, indexes and users are theirs in common anyway."""


def answer(node: Node, session: Session, command: str) -> str:
    """The value of one line, without its newline."""
    found = _NAME.match(command)
    name, mark, rest = found.groups() if found else (command, "", "")
    handler = HANDLERS.get(name)
    parameters = Parameters(rest, is_path=mark == "/")
    try:
        if handler is None or len(name) > MAX_NAME:
            raise InfoRefusal(ResultCode.INVALID_REQUEST, _UNKNOWN)
        _check(node, session, name, parameters)
        if name in EVERYWHERE:
            mine, *_ = [handler(each, session, parameters) for each in node.place.everywhere()]
            return mine
        return handler(node, session, parameters)
    except InfoRefusal as refusal:
        return refusal.value


def _check(node: Node, session: Session, name: str, parameters: Parameters) -> None:
    needed = PERMISSIONS.get(name)
    if needed is None or not node.security.enabled:
        return
    namespace = parameters.find("namespace") or parameters.find("ns") or ""
    if not node.security.allows(session.user or "", needed, namespace, parameters.find("set") or ""):
        text = f"role violation - requires permission '{needed.label}'"
        raise InfoRefusal(ResultCode.ROLE_VIOLATION, text)


def handle(node: Node, session: Session, body: bytes) -> bytes | Pending[bytes]:
    """The body of the reply to an info frame.

    Every line of the request must end in a newline; what follows the last one is ignored.
    Each is answered by a line: the request, a tab, the value.
    """
    if security.check(node, session):
        return _NOT_AUTHENTICATED
    lines = body.decode(errors="surrogateescape").split("\n")[:-1] if body else list(_SUMMARY)
    return _answered(node, session, lines, [])


def _answered(node: Node, session: Session, lines: list[str], answers: list[str]) -> bytes | Pending[bytes]:
    """The reply to lines of which the first have answers already."""

    def body() -> bytes:
        return "".join(answers).encode(errors="surrogateescape")

    for line in lines[len(answers) :]:
        try:
            answers.append(f"{line}\t{answer(node, session, line)}\n")
        except Unfinished as unfinished:
            again = functools.partial(_answered, node, session, lines, answers)
            return later(unfinished, again, body)
    return body()
