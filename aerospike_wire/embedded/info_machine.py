"""Info commands about the server's machine, log and maintenance, as far as a node in memory has any."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from aerospike_wire.embedded.info_parameters import OK, InfoRefusal, Parameters
from aerospike_wire.errors.codes import ResultCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from aerospike_wire.embedded.node import Node, Session

    Handler = Callable[[Node, Session, Parameters], str]

BUILD_TIME: Final = "Thu Jan  1 00:00:00 UTC 1970"
"""This node is not built; clients only show the text."""
LOGS: Final = ("stderr",)
"""Where a server that is told nothing else writes its log; this node writes none."""
LOG_CONTEXTS: Final = (
    "misc", "alloc", "arenax", "hardware", "msg", "os", "secrets", "socket", "tls", "vault", "vmapx", "xmem",
    "aggr", "appeal", "as", "audit", "batch", "batch-sub", "bin", "config", "clustering", "deprecation",
    "drv-mem", "drv_pmem", "drv_ssd", "exchange", "exp", "fabric", "flat", "geo", "hb", "health", "hlc", "index",
    "info", "info-command", "key-busy", "migrate", "mrt-audit", "mrt-monitor", "namespace", "nsup", "particle",
    "partition", "proto", "proxy", "proxy-divert", "query", "record", "roster", "rw", "rw-client", "security",
    "service", "service-list", "sindex", "skew", "smd", "storage", "truncate", "tsvc", "udf", "xdr",
    "xdr-client", "masking",
)  # fmt: skip
"""The subjects of a server's log, each with a level of its own."""
LEVELS: Final = ("critical", "warning", "info", "debug", "detail")
FABRIC: Final = 2
"""The heartbeat's port is so much above the clients', as in a server's usual configuration."""
SERVICE_SETTINGS: Final = {
    "proto-fd-max": (15_000, 10, 2**31), "proto-fd-idle-ms": (0, 0, 2**31), "info-max-ms": (10_000, 500, 10_000),
    "ticker-interval": (10, 0, 2**31), "query-max-done": (100, 0, 10_000), "query-threads-limit": (128, 1, 1024),
    "batch-index-threads": (2, 0, 256), "batch-max-requests": (0, 0, 2**32 - 1),
    "batch-max-buffers-per-queue": (255, 0, 2**32 - 1),
}  # fmt: skip
"""Settings of the service that are kept and told: default, least, greatest.

Those of queries are kept to as well; batches are refused where a server's settings leave no thread, too few
rows or no buffer.
"""


_SETTING: Final = re.compile(r"[0-9]{0,11}\Z")
_NUMBER: Final = re.compile(r"-?[0-9]{1,30}\Z")


def wrong(text: str, code: int = ResultCode.INVALID_REQUEST) -> InfoRefusal:
    """A refusal with a server's text."""
    return InfoRefusal(code, text)


def logs(_node: Node, _session: Session, _parameters: Parameters) -> str:
    """``logs``: the sinks by number."""
    return ";".join(f"{number}:{name}" for number, name in enumerate(LOGS))


def log(node: Node, _session: Session, parameters: Parameters) -> str:
    """``log/NUMBER``: the level of each subject."""
    number, slash, subject = (parameters.text or "0").partition("/")
    if not _NUMBER.match(number):
        raise wrong("bad sink-id")
    if not 0 <= int(number) < len(LOGS):
        raise wrong("bad-id", ResultCode.SERVER)
    if slash:
        if subject.lower() not in LOG_CONTEXTS:
            raise wrong("bad-context", ResultCode.SERVER)
        return f"{subject}:{node.log_levels.get(subject.lower(), 'info').upper()}"
    return ";".join(f"{name}:{node.log_levels.get(name, 'info').upper()}" for name in LOG_CONTEXTS)


def log_set(node: Node, _session: Session, parameters: Parameters) -> str:
    """``log-set:id=NUMBER;SUBJECT=LEVEL``: kept and told, and nothing is logged."""
    number = parameters.find("id")
    if number is None:
        raise wrong("missing id")
    if not (number.isascii() and number.isdecimal()):
        raise wrong("bad id")
    parts = [part for part in parameters.text.split(";") if part]
    others = [part for part in parts if part != f"id={number}"]
    if not others:
        raise wrong("missing context")
    levels = [part.partition("=")[::2] for part in others]
    wanted = {subject: level.lower() for subject, level in levels if level.lower() in LEVELS}
    subject, level = levels[0]
    # What is wrong behind it is passed over.
    if not level:
        raise wrong("bad level")
    if int(number) >= len(LOGS) or subject not in (*LOG_CONTEXTS, "any") or subject not in wanted:
        raise wrong("bad parameter")
    for name, set_to in wanted.items():
        node.log_levels.update(dict.fromkeys(LOG_CONTEXTS if name == "any" else (name,), set_to))
    return OK


def log_message(_node: Node, _session: Session, parameters: Parameters) -> str:
    """``log-message:message=``: taken."""
    parameters.required("message")
    return ""


def get_stats(_node: Node, _session: Session, parameters: Parameters) -> str:
    """``get-stats:context=``: of XDR, and there is none."""
    parameters.required("context")
    raise wrong("unknown context")


def mcast(_node: Node, _session: Session, _parameters: Parameters) -> str:
    """``mcast``: nodes here would find each other by mesh. The text is that of servers, wrong as it is."""
    raise wrong("heartbeat is in multicast mode")


def mesh(node: Node, _session: Session, _parameters: Parameters) -> str:
    """``mesh``: where the heartbeat of a server would be."""
    host, port = node.address
    return f"{host}:{port + FABRIC}"


def objects(node: Node, _session: Session, _parameters: Parameters) -> str:
    """``objects``: how many records there are."""
    now = node.clock.seconds()
    return str(sum(sum(1 for _ in namespace.live(now)) for namespace in node.namespaces.values()))


def index_pressure(node: Node, _session: Session, _parameters: Parameters) -> str:
    """``index-pressure``: no index is on a device."""
    return ";".join(f"{name}:0:0" for name in node.namespaces)


def succession(node: Node, _session: Session, _parameters: Parameters) -> str:
    """``get-sl``: the nodes of the cluster, the principal first."""
    return ",".join(sorted(node.place.members, reverse=True)) or node.name


def endpoints(node: Node, _session: Session, _parameters: Parameters) -> str:
    """``endpoints``: where the node listens, and what it tells clients."""
    host, port = node.address
    facts = {
        "service.port": port,
        "service.addresses": host,
        "service.access-port": port,
        "service.access-addresses": host,
        "service.alternate-access-port": port if node.alternate is None else node.alternate[1],
        "service.alternate-access-addresses": "null" if node.alternate is None else node.alternate[0],
    }
    return ";".join(f"{name}={value}" for name, value in facts.items())


def tip(_node: Node, _session: Session, parameters: Parameters) -> str:
    """``tip:``: taken; there is no mesh that could learn from it."""
    parameters.required("host")
    parameters.required("port")
    return OK


def tip_clear(_node: Node, _session: Session, parameters: Parameters) -> str:
    """``tip-clear:``: taken likewise."""
    if parameters.required("host-port-list") == "all":
        raise wrong("0 cleared, 0 not found", ResultCode.SERVER)
    return OK


def smd_show(node: Node, _session: Session, parameters: Parameters) -> str:
    """``smd-show:module=``: what the cluster keeps in common is not kept in that form here."""
    module = parameters.required("module")
    if module not in ("evict", "masking", "roster", "security", "sindex", "truncate", "UDF", "udf", "XDR", "xdr"):
        raise wrong("unknown 'module'")
    if module in ("masking", "roster", "security", "XDR", "xdr") and not node.edition.enterprise_info:
        raise wrong("enterprise only", ResultCode.ENTERPRISE_ONLY)
    kept = {"sindex": node.indexes.by_name, "udf": node.modules.sources}.get(module.lower())
    if kept:
        raise wrong("an embedded node keeps no such metadata", ResultCode.UNSUPPORTED_FEATURE)
    return "<empty>"


def needs(*names: str) -> Handler:
    """A handler that knows what must be given, and has nothing to say then."""

    def answer(node: Node, _session: Session, parameters: Parameters) -> str:
        for name in names:
            if name == "namespace":
                parameters.namespace(node)
            else:
                parameters.required(name)
        raise wrong("an embedded node does not have this", ResultCode.UNSUPPORTED_FEATURE)

    return answer


def set_service(node: Node, parameters: Parameters) -> bool:
    """Change a setting of the service; False if there is no such setting, or the value cannot be."""
    changed = False
    for part in parameters.text.split(";"):
        name, _, value = part.partition("=")
        if name == "context":
            continue
        row = SERVICE_SETTINGS.get(name)
        if row is None or not _SETTING.match(value):
            return False
        value = value or "0"
        _, least, greatest = row
        if not least <= int(value) <= greatest:
            return False
        node.settings[name] = int(value)
        if name == "query-max-done":
            node.jobs.limit_done(int(value))
        elif name == "query-threads-limit":
            node.jobs.max_threads = int(value)
        changed = True
    return changed


def service_settings(node: Node) -> dict[str, object]:
    """The settings of the service, as they are."""
    return {name: node.settings.get(name, row[0]) for name, row in SERVICE_SETTINGS.items()}
