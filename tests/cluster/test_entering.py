"""Entering a cluster through addresses that are not what they seem, on both clients."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest
from rawnode import Peer, RawNode, info_reply, membership

from aerospike_wire.cluster import discovery
from aerospike_wire.embedded import EmbeddedServer

if TYPE_CHECKING:
    from collections.abc import Callable


def named(facts: dict[str, Callable[[], str]]) -> Callable[[Peer], None]:
    """A script of a node that says these things about itself, and the usual about the rest."""

    def script(peer: Peer) -> None:
        while True:
            request = peer.frame()
            names = request[8:].decode().splitlines()
            usual = [name for name in names if name not in facts]
            rows = [(name, facts[name]()) for name in names if name in facts]
            if usual:
                body = membership(b"\x02\x01" + request[2:8] + "".join(f"{name}\n" for name in usual).encode()) or b""
                rows += [
                    tuple(line.split("\t", 1))  # type: ignore[misc]  # two parts
                    for line in body[8:].decode().splitlines()
                ]
            peer.send(info_reply(rows))

    return script


def node_of(client: Any) -> Any:
    (node,) = client.client._core.cluster.active()
    return node


async def test_a_load_balancer_is_left(make_client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A seed that is not among the node's own addresses is left for one that is the same node."""
    monkeypatch.setattr(discovery, "_is_loopback", lambda _: False)
    places: list[str] = []
    script = named({"service-clear-std": lambda: places[0]})
    with RawNode(script) as node, RawNode(script) as balancer:
        places.append(f"127.0.0.1:{node.port}")
        client = make_client(balancer.address)
        await client.connect()
        assert node_of(client).address == node.address
        await client.close()


async def test_a_load_balancer_that_hides_its_node(make_client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """If no address of the node can be used the seed's own is kept."""
    monkeypatch.setattr(discovery, "_is_loopback", lambda _: False)
    with RawNode(named({"service-clear-std": lambda: "127.0.0.1:1,127.0.0.1:2"})) as balancer:
        client = make_client(balancer.address, connect_timeout=300)
        await client.connect()
        assert node_of(client).address == balancer.address
        await client.close()


async def test_a_lone_node_whose_peers_cannot_be_reached(make_client: Any) -> None:
    """That is no connection to the cluster, unless the client may begin without one."""
    script = named({"peers-clear-std": lambda: "1,3000,[[BB9AAA,,[127.0.0.1:1]]]"})
    with RawNode(script) as node:
        client = make_client(node.address, connect_timeout=300)
        with pytest.raises(Exception, match="peer BB9AAA") as caught:
            await client.connect()
        rows = caught.value.context.seeds  # type: ignore[attr-defined]
        assert [row.address for row in rows] == ["127.0.0.1:1", node.address]
        lenient = make_client(node.address, connect_timeout=300, fail_if_not_connected=False)
        await lenient.connect()
        assert lenient.is_connected()
        await lenient.close()


async def test_addresses_are_translated(make_client: Any) -> None:
    """ip_map stands between what nodes name and what the client uses."""
    with EmbeddedServer() as server:
        host, port = server.seeds[0]
        client = make_client([("db.example", port)], ip_map={"db.example": host})
        await client.put(("test", "entering", 1), {"a": 1})


async def test_ipv6(make_client: Any) -> None:
    """An IPv6 literal stands in brackets, in seeds and in what errors and nodes are called."""
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            pass
    except OSError:
        pytest.skip("there is no IPv6 here")
    with EmbeddedServer(host="::1") as server:
        port = server.seeds[0][1]
        client = make_client(f"[::1]:{port}")
        await client.put(("test", "entering", 1), {"a": 1})
        assert node_of(client).address == f"[::1]:{port}"
        assert all(link.address == f"[::1]:{port}" for link in node_of(client).pool.links())
