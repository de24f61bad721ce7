"""Info commands about the machine, the log and maintenance."""

from __future__ import annotations

import pytest
from cases import for_each

from aerospike_wire.embedded import info
from aerospike_wire.embedded.node import Node, Session
from aerospike_wire.embedded.permissions import INFO, Permission
from aerospike_wire.embedded.store import NamespaceConfig

OBSERVED = {
    "alumni-clear-alt": "0,3000,[]",
    "alumni-tls-alt": "ERROR:25:enterprise only",
    "config-set": "ERROR:4:missing 'context'",
    "debug-record": "ERROR:20:missing 'namespace'",
    "debug-record:namespace=test": "ERROR:4:missing 'keyd'",
    "debug-record:namespace=nope": "ERROR:20:namespace not found on node",
    "dump-cluster:verbose=true": "ok",
    "dump-wb-summary": "ERROR:20:missing 'namespace'",
    "get-config:context=logging": "ERROR:4:invalid context",
    "get-config:context=security": "",
    "get-stats": "ERROR:4:missing 'context'",
    "get-stats:context=service": "ERROR:4:unknown context",
    "index-pressure:": "test:0:0;bar:0:0",
    "jem-stats:": "ok",
    "log/9": "ERROR::bad-id",
    "log/x": "ERROR:4:bad sink-id",
    "log:id=0": "ERROR:4:bad sink-id",
    "log-message": "ERROR:4:missing 'message'",
    "log-message:message=hi": "",
    "log-set": "ERROR:4:missing id",
    "log-set:id=0": "ERROR:4:missing context",
    "log-set:id=x;misc=info": "ERROR:4:bad id",
    "log-set:id=9;misc=info": "ERROR:4:bad parameter",
    "log-set:id=0;misc=nope": "ERROR:4:bad parameter",
    "log-set:misc=info": "ERROR:4:missing id",
    "log-set:id=0;misc=info": "ok",
    "mcast": "ERROR:4:heartbeat is in multicast mode",
    "objects": "0",
    "physical-devices": "ERROR:4:missing 'path'",
    "services-alumni-reset": "ok",
    "set-config:context=service": "ERROR:4:invalid set-config parameter",
    "set-config:context=service;nosuch=4": "ERROR:4:invalid set-config parameter",
    "set-config:context=service;proto-fd-max=abc": "ERROR:4:invalid set-config parameter",
    "set-config:context=service;proto-fd-max=4096": "ok",
    "set-config:context=security;x=y": "ERROR:25:enterprise only",
    "set-config:context=namespace": "ERROR:20:missing 'namespace'",
    "sindex-delete": "ERROR:4:missing 'indexname'ERROR:20:missing 'namespace'",
    "sindex-delete:ns=test": "ERROR:4:missing 'indexname'ok",
    "sindex-exists:namespace=nope": "ERROR:4:missing 'indexname'ERROR:20:namespace not found on node",
    "sindex-exists:namespace=test": "ERROR:4:missing 'indexname'false",
    "sindex-stat:namespace=test": "ERROR:4:missing 'indexname'ERROR:201:no index",
    "sindex-stat:set=x;indexname=a": "ERROR:20:missing 'namespace'",
    "smd-show": "ERROR:4:missing 'module'",
    "smd-show:module=nope": "ERROR:4:unknown 'module'",
    "smd-show:module=udf": "<empty>",
    "tip": "ERROR:4:missing 'host'",
    "tip:host=127.0.0.1": "ERROR:4:missing 'port'",
    "tip:host=127.0.0.1;port=1": "ok",
    "tip-clear": "ERROR:4:missing 'host-port-list'",
    "tip-clear:host-port-list=127.0.0.1:1": "ok",
    "tip-clear:host-port-list=all": "ERROR::0 cleared, 0 not found",
}
"""What a server 8.1.2.0 Community Edition with the same two empty namespaces answered."""


@pytest.fixture
def node() -> Node:
    """A node without a socket."""
    made = Node.of("A1", [NamespaceConfig("test"), NamespaceConfig("bar")])
    made.address = ("127.0.0.1", 4000)
    return made


@for_each("command", OBSERVED)
def test_answers_are_those_of_a_server(command: str, node: Node) -> None:
    """Word for word, errors and their codes included."""
    assert info.answer(node, Session(), command) == OBSERVED[command]


def test_what_a_node_tells_of_itself(node: Node) -> None:
    """In a server's form."""
    told = {
        line: info.answer(node, Session(), line) for line in ("mesh", "get-sl", "logs", "best-practices", "endpoints")
    }
    assert told["mesh"] == "127.0.0.1:4002"
    assert told["get-sl"] == "A1"
    assert told["logs"] == "0:stderr"
    assert told["best-practices"] == "failed_best_practices=none"
    assert told["endpoints"].startswith("service.port=4000;service.addresses=127.0.0.1;service.access-port=4000;")
    assert "sindex-create" in info.answer(node, Session(), "help").split(";")


def test_settings_and_levels_are_kept(node: Node) -> None:
    """What was set is told from then on."""
    assert info.answer(node, Session(), "config-set:context=service;proto-fd-max=4096") == "ok"
    assert "proto-fd-max=4096" in info.answer(node, Session(), "get-config:context=service").split(";")
    assert (
        info.answer(node, Session(), "set-config:context=service;info-max-ms=1")
        == "ERROR:4:invalid set-config parameter"
    )
    assert info.answer(node, Session(), "log-set:id=0;misc=detail;query=warning") == "ok"
    assert {"misc:DETAIL", "query:WARNING", "as:INFO"} <= set(info.answer(node, Session(), "log/0").split(";"))


@for_each("command", ["partition-info", "smd-info", "thread-traces", "physical-devices:path=/"])
def test_what_is_not_here_says_so(command: str, node: Node) -> None:
    """With the code for what is not supported, not as if nobody had heard of it."""
    assert info.answer(node, Session(), command).startswith("ERROR:16:an embedded node")


def test_permissions_are_named_as_servers_do() -> None:
    """Each command that needs one is a command, and the names are those in refusals."""
    assert set(INFO) <= set(info.HANDLERS)
    assert Permission.SINDEX_ADMIN.label == "sindex-admin"
    assert Permission.XDR_SET_FILTER.label == "xdr-set-filter"
