"""Every privilege, for all, for a namespace and for a set, against every kind of command (protocol section 8.3)."""

from __future__ import annotations

from typing import Any, Final

import pytest
from cases import for_each

from aerospike_wire.embedded import info, security
from aerospike_wire.embedded.node import Node, Session
from aerospike_wire.embedded.store import NamespaceConfig
from aerospike_wire.embedded.users import Grant, Role, Security, User
from aerospike_wire.proto import admin
from aerospike_wire.proto.admin import AdminCommand
from aerospike_wire.proto.fields import Field
from aerospike_wire.proto.header import Info1, Info2, MessageHeader
from aerospike_wire.proto.message import Message
from aerospike_wire.users import PrivilegeCode as Privilege

pytest.importorskip("bcrypt")

RECORDS: Final[dict[str, tuple[int, int, dict[int, bytes]]]] = {
    "get": (Info1.READ, 0, {Field.DIGEST: bytes(20)}),
    "put": (0, Info2.WRITE, {Field.DIGEST: bytes(20)}),
    "remove": (0, Info2.WRITE | Info2.DELETE, {Field.DIGEST: bytes(20)}),
    "operate": (Info1.READ, Info2.WRITE, {Field.DIGEST: bytes(20)}),
    "apply": (0, Info2.WRITE, {Field.DIGEST: bytes(20), Field.UDF_MODULE: b"m"}),
    "query": (Info1.READ, 0, {}),
    "aggregation": (Info1.READ, 0, {Field.UDF_MODULE: b"m"}),
    "job": (0, Info2.WRITE, {}),
    "udf job": (0, Info2.WRITE, {Field.UDF_MODULE: b"m"}),
}
"""Flags and fields of commands on records."""
TEXTS: Final = {
    "truncate": "truncate:namespace={};set={};lut=1",
    "index": "sindex-create:namespace={};set={};indexname=i;bin=a;type=numeric",
    "module": "udf-remove:filename=none.lua",
    "abort": "query-abort:trid=1",
    "configure": "set-config:context=service;batch-max-requests=100",
    "log": "log-set:id=0;info=info",
    "tip": "tip-clear:host-port-list=all",
    "evict": "eviction-reset:namespace={}",
    "debug": "debug-record:namespace={};keyd=00",
    "mask": "masking:namespace={};set={}",
    "look": "sets",
}
READS, WRITES = {"get", "query"}, {"put", "remove", "job"}
MAY: Final[dict[Privilege, set[str]]] = {
    Privilege.USER_ADMIN: {"users"},
    Privilege.SYS_ADMIN: {"configure", "log", "tip"},
    Privilege.DATA_ADMIN: {"truncate", "index", "module", "abort", "evict", "debug"},
    Privilege.UDF_ADMIN: {"module"},
    Privilege.SINDEX_ADMIN: {"index"},
    Privilege.READ: READS,
    Privilege.WRITE: WRITES,
    Privilege.READ_WRITE: READS | WRITES | {"operate"},
    Privilege.READ_WRITE_UDF: READS | WRITES | {"operate", "apply", "aggregation", "udf job"},
    Privilege.TRUNCATE: {"truncate"},
    Privilege.MASKING_ADMIN: {"mask"},
    Privilege.READ_MASKED: set(),
    Privilege.WRITE_MASKED: set(),
}


@pytest.fixture(scope="module")
def node() -> Node:
    made = Node.of("A1", [NamespaceConfig("test"), NamespaceConfig("bar")], enterprise=True)
    made.security = Security(enabled=True)
    made.security.users["ann"] = User(b"", ["mine"])
    return made


def allowed(node: Node, namespace: str, set_name: str) -> set[str]:
    """What ann may do to a set."""
    session = Session("127.0.0.1:1")
    session.user = "ann"
    found: set[str] = set()
    for name, (info1, info2, more) in RECORDS.items():
        fields: dict[int, Any] = {Field.NAMESPACE: namespace.encode(), Field.SET: set_name.encode(), **more}
        header = MessageHeader(info1=int(info1), info2=int(info2))
        code = security.check_data(node, session, Message(header, fields, []))
        assert code in {0, 81}
        found |= {name} if code == 0 else set()
    for name, text in TEXTS.items():
        if not info.answer(node, session, text.format(namespace, set_name)).startswith("ERROR:81:role violation"):
            found.add(name)
    (*_, reply) = admin.parse(security.handle(node, session, admin.pack(AdminCommand.QUERY_USERS)))
    return found | ({"users"} if reply.result == 50 else set())


@for_each("privilege", list(Privilege))
def test_what_a_privilege_allows(node: Node, privilege: Privilege) -> None:
    """For all it allows its own everywhere; for a namespace or a set only there."""
    own = MAY[privilege] | {"look"}
    node.security.roles["mine"] = Role([Grant(privilege)])
    assert allowed(node, "test", "s") == own
    if not privilege.scoped:
        return
    places = [("test", "s"), ("test", "other"), ("bar", "s")]
    for grant, expected in (
        (Grant(privilege, "test"), [own, own, {"look"}]),
        (Grant(privilege, "test", "s"), [own, {"look"}, {"look"}]),
    ):
        node.security.roles["mine"] = Role([grant])
        assert [allowed(node, *place) for place in places] == expected


def test_what_is_limited_to_a_set_says_nothing_of_the_namespace(node: Node) -> None:
    """A query over all sets, and a role that is put together."""
    node.security.roles["mine"] = Role([Grant(Privilege.READ, "test", "s"), Grant(Privilege.WRITE, "test")])
    assert allowed(node, "test", "") == {"look", *WRITES}
    assert allowed(node, "test", "s") == {"look", *READS, *WRITES, "operate"}
