"""Nodes that have other addresses for some of their clients: ``use_services_alternate``, on both clients."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import certificates
import pytest

from aerospike_wire import errors
from aerospike_wire.cluster import discovery
from aerospike_wire.embedded import EmbeddedCluster

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOWHERE = ("127.0.0.1", 1)
"""Where nobody listens."""
FAST = {"tend_interval": 50, "connect_timeout": 300}
KEYS = [("test", "alternate", number) for number in range(20)]
PATIENT = {"max_retries": 60, "sleep_between_retries": 10, "total_timeout": 10_000}


def hide(cluster: EmbeddedCluster) -> None:
    """Let nodes name an address that this machine does not reach, and their true one as the alternate."""

    def change() -> None:
        for node in cluster.nodes:
            node.node.address, node.node.alternate = NOWHERE, node.seeds[0]

    cluster.call(change)


@pytest.fixture
def hidden() -> Iterator[EmbeddedCluster]:
    """Three nodes that can be reached at their alternate addresses alone."""
    with EmbeddedCluster(3, heartbeat_timeout=40, migration_pause=0) as cluster:
        hide(cluster)
        yield cluster


def places(client: Any) -> dict[str, str]:
    """Where the client has found which node."""
    return {node.name: node.address for node in client.client._core.cluster.active()}


async def eventually(client: Any, wanted: dict[str, str]) -> None:
    """Use the client until it has these nodes."""
    for _ in range(1000):
        if places(client) == wanted:
            return
        await client.exists(KEYS[0], PATIENT)
        await asyncio.sleep(0.01)
    pytest.fail(f"{places(client)} instead of {wanted}")


async def test_peers_are_found_at_their_alternate_addresses(make_client: Any, hidden: EmbeddedCluster) -> None:
    """All of them, so that every command goes straight to the master of its record."""
    client = make_client(hidden.nodes[1].address, use_services_alternate=True, **FAST)
    for key in KEYS:
        await client.put(key, {"n": key[2]})
        assert (await client.get(key)).bins == {"n": key[2]}
    assert places(client) == {node.name: node.address for node in hidden.nodes}


async def test_they_are_not_asked_for_without_being_told_to(make_client: Any, hidden: EmbeddedCluster) -> None:
    """The error has a row for each peer with the address that was tried."""
    client = make_client(hidden.nodes[1].address, **FAST)
    with pytest.raises(errors.AerospikeError) as caught:
        await client.connect()
    tried = [row for row in caught.value.context.seeds if row.address == "127.0.0.1:1"]
    assert len(tried) == 2
    assert all("peer BB" in row.message for row in tried)


async def test_a_peer_without_one_is_not_known(make_client: Any, hidden: EmbeddedCluster) -> None:
    """A node lists only peers that have such an address; it hands on what belongs to the others."""
    apart = hidden.nodes[2]

    def forget() -> None:
        apart.node.alternate = None

    hidden.call(forget)
    client = make_client(hidden.nodes[0].address, use_services_alternate=True, **FAST)
    for key in KEYS:
        await client.put(key, {"n": key[2]})
    assert places(client) == {node.name: node.address for node in hidden.nodes[:2]}


async def test_a_node_that_joins_is_found_at_its_alternate_address(make_client: Any, hidden: EmbeddedCluster) -> None:
    """And one that leaves is forgotten, as with the addresses that all clients use."""
    client = make_client(hidden.nodes[0].address, use_services_alternate=True, **FAST)
    await client.put(KEYS[0], {"n": 1})
    added = hidden.add_node()
    hide(hidden)
    await hidden.until_stable()
    await eventually(client, {node.name: node.address for node in hidden.nodes})
    assert added.name in places(client)
    added.kill()
    await eventually(client, {node.name: node.address for node in hidden.nodes[:3]})


async def test_a_load_balancer_is_left_for_the_alternate_address(
    make_client: Any, hidden: EmbeddedCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A seed that is not a node's own address is left for the address that the client is to use."""
    node = hidden.nodes[0]
    monkeypatch.setattr(discovery, "_is_loopback", lambda host: False)
    client = make_client([("127.0.0.1", node.port)], use_services_alternate=True, **FAST)
    await client.connect()
    assert places(client)[node.name] == node.address


async def test_alternate_addresses_are_translated_too(make_client: Any, hidden: EmbeddedCluster) -> None:
    """``ip_map`` holds for whatever nodes name."""

    def rename() -> None:
        for node in hidden.nodes:
            node.node.alternate = ("10.9.9.9", node.port)

    hidden.call(rename)
    client = make_client(hidden.nodes[0].address, use_services_alternate=True, ip_map={"10.9.9.9": "127.0.0.1"}, **FAST)
    await client.put(KEYS[0], {"n": 1})
    assert len(places(client)) == 3


async def test_alternate_addresses_with_tls(make_client: Any, tmp_path: Path) -> None:
    """The peers' TLS name comes with their alternate addresses as well."""
    pem = certificates.make(tmp_path)
    with EmbeddedCluster(2, tls=pem.tls()) as cluster:

        def change() -> None:
            for node in cluster.nodes:
                node.node.tls_address, node.node.alternate = NOWHERE, node.seeds[0]

        cluster.call(change)
        client = make_client(
            [(*cluster.seeds[0], "localhost")], use_services_alternate=True, tls={"cafile": str(pem.ca)}, **FAST
        )
        await client.put(KEYS[0], {"n": 1})
        assert places(client) == {node.name: node.address for node in cluster.nodes}
