"""Finding out who is at an address and who its peers are."""

from __future__ import annotations

from typing import Any

import pytest
from cases import for_each
from hypothesis import given
from hypothesis import strategies as st

from aerospike_wire import errors
from aerospike_wire.cluster.node import parse_build
from aerospike_wire.cluster.peers import Peer, parse_peers
from aerospike_wire.embedded import EmbeddedServer
from aerospike_wire.errors import ProtocolError, Step


@for_each(
    ("value", "generation", "peers"),
    [
        ("0,3000,[]", "0", []),
        ("7,,[]", "7", []),
        ("1,3000,[[BB9,,[10.0.0.1]]]", "1", [Peer("BB9", (("10.0.0.1", 3000),))]),
        ("1,,[[BB9,,[10.0.0.1]]]", "1", [Peer("BB9", (("10.0.0.1", 3000),))]),
        ("1,3100,[[BB9,,[10.0.0.1,10.0.0.2:3200]]]", "1", [Peer("BB9", (("10.0.0.1", 3100), ("10.0.0.2", 3200)))]),
        ("1,3000,[[BB9,tls.name,[h:4333]]]", "1", [Peer("BB9", (("h", 4333),), "tls.name")]),
        ("1,3000,[[A1,,[a:1]],[B2,,[b:2]]]", "1", [Peer("A1", (("a", 1),)), Peer("B2", (("b", 2),))]),
        ("1,3000,[[BB9,,]]", "1", [Peer("BB9", ())]),
        ("1,3000,[[BB9,,[]]]", "1", [Peer("BB9", ())]),
        ("1,3000,[[BB9,,[[2001:db8::1]:3100]]]", "1", [Peer("BB9", (("2001:db8::1", 3100),))]),
        ("1,3000,[[BB9,,[[2001:db8::1]]]]", "1", [Peer("BB9", (("2001:db8::1", 3000),))]),
        ("1,3000,[[BB9,,[[::1]:3100,10.0.0.1:3200]]]", "1", [Peer("BB9", (("::1", 3100), ("10.0.0.1", 3200)))]),
        ("1,3000,[[BB9,,[[fe80::1%eth0]:3100]]]", "1", [Peer("BB9", (("fe80::1%eth0", 3100),))]),
    ],
)
def test_peers(value: str, generation: str, peers: list[Peer]) -> None:
    """Names and addresses are read in every form that servers write, departed peers without addresses."""
    assert parse_peers(value) == (generation, peers)


@for_each(
    "value",
    ["", "1", "1,3000", "1,3000,", "x,3000,[]", "1,x,[]", "1,3000,[", "1,3000,[[", "1,3000,[[BB9", "1,3000,[[BB9,,[h:1]]",
     "1,3000,[[BB9,,[h:x]]]", "1,3000,[[BB9,,[h:0]]]", "1,3000,[[BB9,,[h:65536]]]", "1,3000,[]]", "1,3000,[]x",
     "1,3000,[[,,[h]]]", "1,3000,[[BB9]]", "1,3000,[[BB9,]]", "-1,3000,[]", "ERROR:4:bad", "1,70000,[[BB9,,[h]]]",
     "1,99999999999999999999,[]", "1,0,[[BB9,,[h]]]", "\u0661,3000,[]", "\u00b2,3000,[]", "1,\u00b2,[]"],
)  # fmt: skip
def test_what_is_no_list_of_peers_is_refused(value: str) -> None:
    """Cut-off lists, impossible ports and other text are a ProtocolError."""
    with pytest.raises(ProtocolError):
        parse_peers(value)


@given(st.text(max_size=60) | st.text("[],:0123456789abc.%", max_size=60).map(lambda text: f"1,3000,{text}"))
def test_no_text_does_worse_than_be_refused(value: str) -> None:
    """Whatever a peer sends, reading it ends in peers with possible ports or in a ProtocolError."""
    try:
        _, peers = parse_peers(value)
    except ProtocolError:
        return
    for peer in peers:
        assert peer.name
        assert all(0 < port < 65536 for _, port in peer.addresses)


@for_each(
    ("text", "build"),
    [("8.1.2.0", (8, 1, 2, 0)), ("8.1.2", (8, 1, 2, 0)), ("8.1.2.0-rc1", (8, 1, 2, 0)), ("10.0.0.12", (10, 0, 0, 12)),
     ("", None), ("8", None), ("8.1", None), ("null", None), ("v8.1.2", None)],
)  # fmt: skip
def test_builds(text: str, build: tuple[int, ...] | None) -> None:
    """A server's build is four numbers, whatever follows them."""
    assert parse_build(text) == build


async def test_what_is_learnt_of_a_node(client: Any, server: Any) -> None:
    """After connecting the node's name, address, build and partitions are known, and its generations."""
    await client.connect()
    cluster = client.client._core.cluster
    (node,) = cluster.nodes.values()
    assert (node.name, node.address) == (server.node.name, server.address)
    assert node.build == (8, 1, 2, 0)
    assert not node.features.error_details
    assert set(cluster.partitions.tables) == {"test", "bar"}
    assert all(found is node for found in cluster.partitions.tables["test"].columns[0])
    assert node.peers_generation == "0"
    assert node.partition_generation


@pytest.mark.parametrize(("build", "words"), [("4.9.0.2", "older than 4.9.0.3"), ("junk", "'junk'"), ("", "build ''")])
async def test_servers_that_are_too_old_or_say_nonsense(make_client: Any, build: str, words: str) -> None:
    """A node whose build is too old or unreadable is not used; the error says which build it has."""
    with EmbeddedServer() as old:
        old.node.build = build
        with pytest.raises(errors.ClientError) as caught:
            await make_client(old.address).connect()
    (row,) = caught.value.context.seeds
    assert row.step == Step.INFO.value
    assert words in row.message


async def test_the_oldest_supported_server(make_client: Any) -> None:
    """The oldest build with partition scans is taken."""
    with EmbeddedServer() as old:
        old.node.build = "4.9.0.3"
        client = make_client(old.address)
        await client.put(("test", "s", 1), {"a": 1})
        assert (await client.get(("test", "s", 1))).bins == {"a": 1}


async def test_an_info_command_that_fails(make_client: Any, server: Any) -> None:
    """A node that refuses to say what it holds cannot be used; the reason is in the seed's row."""
    server.faults.on("replicas").answer(4, "not today")
    with pytest.raises(errors.AerospikeError) as caught:
        await make_client(server.address).connect()
    (row,) = caught.value.context.seeds
    assert row.step == Step.PARTITIONS.value
    assert row.message


async def test_a_client_says_who_it_is(make_client: Any, server: Any) -> None:
    """Servers of today are told the client's name and version when it connects."""
    rule = server.faults.on("user-agent-set").delay(0)
    await make_client(server.address, app_id="shop").connect()
    assert rule.hits == 1
