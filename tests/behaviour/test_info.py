"""Info commands, on both clients."""

from __future__ import annotations

from typing import Any

import pytest
from cases import for_each
from rawnode import RawNode, info_reply, member

from aerospike_wire import AsyncClient, Client, errors
from aerospike_wire.embedded.server import NODE_NAME
from aerospike_wire.expressions import Eq, IntBin
from aerospike_wire.operations import cdt_ctx_list_rank, cdt_ctx_map_key


async def test_answer(client: Any) -> None:
    """The answer is given as the node sent it."""
    assert await client.info_random_node("edition") == "edition\tAerospike Community Edition\n"


@for_each(
    ("command", "cls", "code"),
    [
        ("no-such-command", errors.InvalidRequest, 4),
        ("get-config:context=namespace;namespace=nowhere", errors.NamespaceNotFound, 20),
        ("sindex-stat:namespace=test;indexname=nope", errors.IndexNotFound, 201),
        ("roster:namespace=test", errors.EnterpriseOnly, 25),
        ("cluster-stable:size=9;namespace=test", errors.ClusterChangeError, 7),
    ],
)
async def test_refusal(client: Any, command: str, cls: Any, code: int) -> None:
    """An error in the answer's text is raised with its class, the command and the node."""
    with pytest.raises(cls) as caught:
        await client.info_random_node(command)
    error = caught.value
    assert (error.code, error.in_doubt) == (code, False)
    assert error.context.command == command
    assert error.node
    assert error.attempts[-1].answered


@for_each("command", [5, "", "a\tb"])
async def test_bad_command(client: Any, command: Any) -> None:
    """A command that cannot be sent is a ParamError that names the argument."""
    with pytest.raises(errors.ParamError) as caught:
        await client.info_random_node(command)
    assert caught.value.argument == "command"


async def test_several_lines(client: Any) -> None:
    """Several commands in one are answered in order; the first that fails is raised."""
    assert await client.info_random_node("node\npartitions") == f"node\t{NODE_NAME}\npartitions\t4096\n"
    with pytest.raises(errors.InvalidRequest):
        await client.info_random_node("node\nno-such-command")


FACTS = [
    ("sindex-stat:namespace=test;indexname=ix", errors.IndexNotFound, {"namespace": "test", "index": "ix"}),
    ("sindex/test/ix", errors.IndexNotFound, {"namespace": "test", "index": "ix"}),
    ("udf-get:filename=m.lua;", errors.UDFError, {"module": "m"}),
    ("truncate:namespace=test;set=s;lut=abc", errors.InvalidRequest, {"namespace": "test", "set": "s"}),
    ("sindex-list:ns=nowhere", errors.NamespaceNotFound, {"namespace": "nowhere"}),
]


@for_each(("command", "cls", "facts"), FACTS)
async def test_errors_know_what_the_command_was_about(
    client: Any, command: str, cls: Any, facts: dict[str, str]
) -> None:
    """Namespace, set, index and module of a raw command are on its error."""
    with pytest.raises(cls) as caught:
        await client.info_random_node(command)
    error = caught.value
    assert {name: getattr(error.context, name) for name in facts} == facts
    if cls is errors.IndexNotFound:
        assert error.name == "ix"
    if cls is errors.UDFError:
        assert error.module == "m"


async def test_one_node(client: Any, server: Any) -> None:
    """By name, by address, by address and port; another one is refused with the names there are."""
    host, port = server.seeds[0]
    for node in (NODE_NAME, f"{host}:{port}", (host, port)):
        assert await client.info_single_node("node", node) == f"node\t{NODE_NAME}\n"
    for node in ("NOSUCHNODE", 5, None, ""):
        with pytest.raises(errors.ParamError) as caught:
            await client.info_single_node("node", node)
        assert caught.value.argument == "host"
    with pytest.raises(errors.ParamError, match=NODE_NAME):
        await client.info_single_node("node", "NOSUCHNODE")


async def test_all_nodes(client: Any) -> None:
    """Each node's answer, in the official client's form."""
    assert await client.info_all("partitions") == {NODE_NAME: (None, "4096\n")}
    with pytest.raises(errors.InvalidRequest) as caught:
        await client.info_all("no-such-command")
    assert caught.value.node == NODE_NAME
    assert caught.value.context.operation == "info_all"


async def test_nodes(client: Any, server: Any) -> None:
    """Who the nodes are, as the client knows them and as they say."""
    host, port = server.seeds[0]
    assert await client.get_nodes() == [(host, port)]
    assert await client.get_node_names() == [{"address": host, "port": port, "node_name": NODE_NAME}]
    (node,) = await client.info_nodes()
    assert (node.name, node.address, node.build) == (NODE_NAME, f"{host}:{port}", "8.1.2.0")
    assert "Community" in node.edition
    assert not node.enterprise
    assert "sindex-exists" in node.features


async def test_namespaces_and_sets(client: Any) -> None:
    """What people look for first, read and added up."""
    for number in range(5):
        await client.put(("test", "s", number), {"a": number})
    await client.put(("bar", "t", 1), {"a": 1})
    assert await client.info_namespaces() == ["test", "bar"]
    found = await client.info_namespace("test")
    assert (found.name, found.objects, found.replication_factor, found.stop_writes) == ("test", 5, 1, False)
    assert (found.nsup_period, found.strong_consistency) == (0, False)
    assert found.nodes[NODE_NAME]["master_objects"] == 5
    rows = await client.info_sets("test")
    assert [(row.namespace, row.name, row.objects) for row in rows] == [("test", "s", 5)]
    assert {(row.namespace, row.name) for row in await client.info_sets()} == {("test", "s"), ("bar", "t")}
    (statistics,) = await client.info_statistics()
    assert (statistics.node, statistics.cluster_size, statistics.objects) == (NODE_NAME, 1, 6)
    assert statistics.values["migrate_allowed"] is True


@pytest.mark.parametrize("method", ["info_namespace", "info_sets"])
async def test_unknown_namespace(client: Any, method: str) -> None:
    """Servers only say that it is unknown; here it is the error it is for any other call."""
    with pytest.raises(errors.NamespaceNotFound) as caught:
        await getattr(client, method)("nowhere")
    assert (caught.value.context.operation, caught.value.context.namespace) == (method, "nowhere")
    with pytest.raises(errors.ParamError) as bad:
        await getattr(client, method)("a/b")
    assert bad.value.argument == "namespace"


async def test_bins_of_older_servers(make_client: Any, client: Any) -> None:
    """Their names where a server keeps them, an error where it does not."""
    with pytest.raises(errors.InvalidRequest):
        await client.info_bins("test")
    answer = info_reply([("bins/test", "bin_names=2,bin_names_quota=65535,b,a")])
    with RawNode(member(lambda _: answer, build="6.4.0.1")) as node:
        assert await make_client(node.address).info_bins("test") == ["a", "b"]


async def test_xdr_filter(client: Any, make_client: Any) -> None:
    """A Community node has no XDR; another one takes an expression or nothing."""
    with pytest.raises(errors.EnterpriseOnly) as caught:
        await client.set_xdr_filter("dc", "test", Eq(IntBin("a"), 1))
    assert caught.value.context.namespace == "test"
    line = "xdr-set-filter:dc=dc;namespace=test;exp=null"
    with RawNode(member(lambda _: info_reply([(line, "ok")]))) as node:
        assert await make_client(node.address).set_xdr_filter("dc", "test", None) == f"{line}\tok\n"


def test_texts_for_info_commands() -> None:
    """Contexts and expressions in the form that info commands have them in."""
    for cls in (AsyncClient, Client):
        client = cls("127.0.0.1:3000")
        assert client.get_cdtctx_base64([cdt_ctx_map_key("a"), cdt_ctx_list_rank(-1)]) == "lCKiA2ER/w=="
        assert client.get_expression_base64(Eq(IntBin("a"), 1)) == "kwGTUQKhYQE="
        for bad in ([], "a", [5]):
            with pytest.raises(errors.ParamError):
                client.get_cdtctx_base64(bad)  # type: ignore[arg-type]  # what is refused
        with pytest.raises(errors.ParamError):
            client.get_expression_base64("a")  # type: ignore[arg-type]  # likewise


async def test_silence(client: Any, server: Any) -> None:
    """A node that does not answer is a TimeoutError; reading is not in doubt."""
    await client.connect()
    server.faults.on("build").hang()
    with pytest.raises(errors.TimeoutError) as caught:
        await client.info_random_node("build", {"timeout": 60})
    assert not caught.value.in_doubt
    server.faults.clear()
    assert await client.info_random_node("build")
