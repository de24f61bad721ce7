"""What tells a Community node from an Enterprise one."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest
from cases import for_each

from aerospike_wire import Client, errors
from aerospike_wire.embedded import EmbeddedCluster, EmbeddedServer, info
from aerospike_wire.embedded.node import Node, Session
from aerospike_wire.embedded.store import NamespaceConfig
from aerospike_wire.proto import admin
from aerospike_wire.proto.admin import AdminCommand

if TYPE_CHECKING:
    from collections.abc import Iterator

ENTERPRISE_INFO = {
    "roster:namespace=test": "roster=null:pending_roster=null:observed_nodes=A1",
    "roster:": "ns=test:roster=null:pending_roster=null:observed_nodes=A1",
    "roster-set:namespace=test;nodes=A1": "ok",
    "quiesce:": "ok",
    "quiesce-undo:": "ok",
    "revive:namespace=test": "ok",
    "xdr-set-filter:dc=far;namespace=test;exp=kwGTUQKhYQE=": "ok",
    "xdr-get-filter:dc=far;namespace=test": "namespace=test:exp=kwGTUQKhYQE=",
    "xdr-get-filter:dc=near": "namespace=test:exp=null",
    "xdr-dc-state": "ERROR:16:an embedded node has no XDR",
    "masking:": "ERROR:16:an embedded node has no masking",
    "feature-key": "ERROR:16:an embedded node has no feature key",
    "xdr-set-filter:namespace=test;exp=null": "ERROR:4:missing 'dc'",
    "xdr-set-filter:dc=far;namespace=nope;exp=null": "ERROR:20:namespace not found on node",
    "edition": "Aerospike Enterprise Edition",
    "version": "Aerospike Enterprise Edition build 8.1.2.0",
}


def node(*, enterprise: bool) -> Node:
    """A node without a socket."""
    return Node.of("A1", [NamespaceConfig("test")], enterprise=enterprise)


def test_info_of_an_enterprise_node() -> None:
    """What it has is answered, what this node cannot do says so."""
    made = node(enterprise=True)
    assert {line: info.answer(made, Session(), line) for line in ENTERPRISE_INFO} == ENTERPRISE_INFO
    info.answer(made, Session(), "xdr-set-filter:dc=far;namespace=test;exp=null")
    assert made.xdr_filters == {}


@for_each("line", [line for line in ENTERPRISE_INFO if line not in {"edition", "version"}])
def test_info_of_a_community_node(line: str) -> None:
    """It knows the names, and says 25 before it looks at any parameter."""
    assert info.answer(node(enterprise=False), Session(), line) == "ERROR:25:enterprise only"


@pytest.fixture(params=[False, True], ids=["community", "enterprise"])
def client(request: pytest.FixtureRequest) -> Iterator[tuple[Client, bool]]:
    """A client of a node of either edition."""
    with EmbeddedServer(enterprise=request.param) as server, Client(server.address) as made:
        yield made, request.param


def refused(call: Any) -> int | None:
    """The code that a call ends with."""
    try:
        call()
    except errors.AerospikeError as error:
        return error.code
    return None


def test_data_commands(client: tuple[Client, bool]) -> None:
    """Durable deletes, linearized reads and compression: 25, or carried out."""
    made, enterprise = client
    key = ("test", "editions", 1)
    made.put(key, {"text": "x" * 500})
    code = None if enterprise else 25
    assert refused(lambda: made.put(key, {"text": "x" * 500}, policy={"compress": True})) == code
    assert refused(lambda: made.get(key, {"read_mode_sc": 1})) == code
    assert refused(lambda: made.remove(key, policy={"durable_delete": True})) == code


def test_security_without_users(client: tuple[Client, bool]) -> None:
    """A Community node has none, an Enterprise one has it switched off; to log in there is no mistake."""
    made, enterprise = client
    assert refused(made.admin_query_users_info) == (52 if enterprise else 51)
    secret = Client(made.get_nodes(), user="somebody", password="secret")
    try:
        assert refused(secret.connect) == (None if enterprise else 51)
    finally:
        secret.close()


def test_what_users_and_compression_need() -> None:
    """They make a node an Enterprise one; together with the opposite they are a mistake."""
    pytest.importorskip("bcrypt")
    users = {"admin": ("admin", ["user-admin"])}
    assert EmbeddedServer(users=users).node.edition.security
    assert EmbeddedServer(compression=True).node.edition.durable_delete
    assert not EmbeddedServer().node.edition.security
    assert EmbeddedServer(enterprise=True).node.compression
    assert not EmbeddedServer(enterprise=True, compression=False).node.compression
    for cls in (EmbeddedServer, EmbeddedCluster):
        with pytest.raises(ValueError, match="users need an Enterprise node"):
            cls(users=users, enterprise=False)
        with pytest.raises(ValueError, match="compression need an Enterprise node"):
            cls(compression=True, enterprise=False)


def test_recorded_refusal_of_a_community_node() -> None:
    """Byte for byte what a real one sends."""
    wanted = bytes.fromhex("0202000000000010" + "00330000" + "00" * 12)
    with EmbeddedServer() as server, socket.create_connection(server.seeds[0]) as link:
        for command in (AdminCommand.LOGIN, AdminCommand.CREATE_USER):
            link.sendall(admin.request(command))
            assert link.recv(100) == wanted


def test_node_without_quotas() -> None:
    """Roles cannot have any."""
    pytest.importorskip("bcrypt")
    users = {"admin": ("admin", ["user-admin"])}
    with (
        EmbeddedServer(users=users, quotas=False) as server,
        Client(server.address, user="admin", password="admin") as made,
    ):
        with pytest.raises(errors.QuotasNotEnabled) as caught:
            made.admin_create_role("slow", [{"code": "read"}], read_quota=1)
        assert caught.value.role == "slow"


def test_settings_of_transactions() -> None:
    """A strongly consistent namespace has them; the statistics tell how many transactions there are."""
    made = Node.of(
        "A1", [NamespaceConfig.parse("test,strong-consistency=on"), NamespaceConfig("other")], enterprise=True
    )
    ledger = made.namespaces["test"].ledger
    assert ledger is not None
    change = "set-config:context=namespace;namespace={};{}"
    for setting, expected in (("mrt-duration=20", 20), ("mrt-duration=2m", 120), ("mrt-duration=121", 120)):
        answer = info.answer(made, Session(), change.format("test", setting))
        assert (answer == "ok", ledger.duration) == (setting != "mrt-duration=121", expected)
    assert info.answer(made, Session(), change.format("test", "disable-mrt-writes=true")) == "ok"
    told = info.answer(made, Session(), "namespace/test")
    for fact in ("mrt_monitors=0", "mrt_provisionals=0", "disable-mrt-writes=true", "mrt-duration=120"):
        assert fact in told.split(";")
    assert info.answer(made, Session(), change.format("other", "mrt-duration=20")).startswith("ERROR:4")


@for_each("module", ["masking", "roster", "security", "xdr"])
def test_metadata_that_only_enterprise_nodes_keep(module: str) -> None:
    """A Community node says 25, as a real one does."""
    line = f"smd-show:module={module}"
    assert info.answer(node(enterprise=False), Session(), line) == "ERROR:25:enterprise only"
    assert info.answer(node(enterprise=True), Session(), line) == "<empty>"
