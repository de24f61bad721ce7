"""What the nodes of a cluster say of themselves, as real clusters were seen to."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from wire import Wire

from aerospike_wire.embedded import EmbeddedCluster, EmbeddedServer

if TYPE_CHECKING:
    from aerospike_wire.embedded import ClusterNode

DATA = Path(__file__).parents[2] / "data" / "connect.jsonl.gz"


def ask(node: ClusterNode, *lines: str) -> list[str]:
    with Wire(node) as wire:
        return list(wire.info(*lines).values())


def scenarios() -> dict[str, list[dict[str, str]]]:
    with gzip.open(DATA, "rt", encoding="utf-8") as lines:
        return {row["name"]: row["exchange"] for row in map(json.loads, lines)}


def test_start_of_a_client_gets_the_bytes_of_a_real_cluster(cluster: EmbeddedCluster) -> None:
    ports = {b":43%d0" % number: b":%d" % node.port for number, node in enumerate(cluster.nodes)}
    wires = [Wire(node) for node in cluster.nodes]
    for exchange in scenarios()["connect:connect/three_nodes"]:
        wire = wires[int(exchange["conn"])]
        wire.send(bytes.fromhex(exchange["request"]))
        expected = bytes.fromhex(exchange["response"])[8:]
        for old, new in ports.items():
            expected = expected.replace(old, new)
        assert wire.frame() == (1, expected)
    for wire in wires:
        wire.socket.close()


@pytest.mark.parametrize("name", ["connect:connect/single_node", "connect:connect/single_node_tend_3s"])
def test_start_of_a_client_gets_the_bytes_of_a_real_node(name: str) -> None:
    with EmbeddedServer(name="A1", namespaces=["test", "bar"]) as server, Wire(server) as wire:
        for exchange in scenarios()[name]:
            wire.send(bytes.fromhex(exchange["request"]))
            assert wire.frame() == (1, bytes.fromhex(exchange["response"])[8:])


def test_peers_and_generations_when_a_node_leaves_and_comes_back(cluster: EmbeddedCluster) -> None:
    # The numbers are those of a real cluster: two for each node that comes, one for each that leaves.
    one, two, three = cluster.nodes
    b2, b3 = f"[B2,,[127.0.0.1:{two.port}]]", f"[B3,,[127.0.0.1:{three.port}]]"
    asked = ("peers-generation", "peers-clear-std", "peers-clear-alt", "alumni-clear-std")
    assert ask(one, *asked) == ["4", f"4,3000,[{b2},{b3}]", "4,3000,[]", f"4,3000,[{b2},{b3}]"]
    assert ask(one, "services", "services-alumni") == [f"{two.address};{three.address}"] * 2
    three.kill()
    cluster.wait_until_stable()
    assert ask(one, *asked) == ["5", f"5,3000,[{b2}]", "5,3000,[]", f"5,3000,[{b2},{b3}]"]
    assert ask(one, "peers-clear-std:generation=4") == ["5,3000,[[B3,,]]"]
    assert ask(one, "services", "services-alumni") == [two.address, f"{two.address};{three.address}"]
    three.restart()
    cluster.wait_until_stable()
    assert ask(one, *asked) == ["7", f"7,3000,[{b2},{b3}]", "7,3000,[]", f"7,3000,[{b2},{b3}]"]
    assert ask(one, "peers-clear-std:generation=5") == [f"7,3000,[{b3}]"]
    assert ask(three, "peers-generation", "rebalance-generation") == ["4", "1"]
    assert ask(three, "peers-clear-std:generation=4") == ["4,3000,[]"]


def test_cluster_stable_knows_size_and_migrations(cluster: EmbeddedCluster) -> None:
    one = cluster.nodes[0]
    keys = {ask(node, "cluster-stable:size=3")[0] for node in cluster.nodes}
    assert len(keys) == 1
    assert ask(one, "cluster-stable:size=2") == ["ERROR:7:cluster not specified size"]
    cluster.allow_migrations(allowed=False)
    cluster.nodes[2].kill()
    while ask(one, "cluster-stable:size=2;ignore-migrations=true")[0].startswith("ERROR"):
        pass
    assert ask(one, "cluster-stable:") == ["ERROR:7:unstable cluster"]
    assert ask(one, "cluster-stable:namespace=test") == ["ERROR:7:unstable cluster"]
    cluster.allow_migrations(allowed=True)
    cluster.wait_until_stable()
    (key,) = ask(one, "cluster-stable:size=2;namespace=test")
    assert not key.startswith("ERROR")
    assert {key} != keys


def test_a_node_that_has_not_joined_has_no_partitions(cluster: EmbeddedCluster) -> None:
    one = cluster.nodes[0]
    cluster.call(one.member.forget)
    nothing = base64.b64encode(bytes(512)).decode()
    asked = ("partition-generation", "replicas", "peers-clear-std", "cluster-stable:")
    assert ask(one, *asked) == ["-1", f"test:0,1,{nothing}", "0,3000,[]", "ERROR:7:unstable cluster"]


def test_replication_factor_sinks_with_the_number_of_nodes(cluster: EmbeddedCluster) -> None:
    one, two, three = cluster.nodes
    two.kill()
    three.kill()
    cluster.wait_until_stable()
    everything = base64.b64encode(b"\xff" * 512).decode()
    assert ask(one, "replicas") == [f"test:0,1,{everything}"]
    assert ask(one, "replicas-all", "replicas-master") == [f"test:1,{everything}", f"test:{everything}"]
    facts = dict(part.split("=", 1) for part in ask(one, "namespace/test")[0].split(";"))
    assert (facts["ns_cluster_size"], facts["effective_replication_factor"], facts["replication-factor"]) == (
        "1",
        "1",
        "2",
    )


def test_replicas_can_be_asked_for_some_maps_only(cluster: EmbeddedCluster) -> None:
    (every,) = ask(cluster.nodes[0], "replicas")
    (some,) = ask(cluster.nodes[0], "replicas:max=1")
    assert every.split(",")[:1] + every.split(",")[2:3] == some.split(",")[:1] + some.split(",")[2:]
    assert some.startswith("test:0,1,")


def test_principal_is_the_node_with_the_highest_name(cluster: EmbeddedCluster) -> None:
    facts = dict(part.split("=", 1) for part in ask(cluster.nodes[0], "statistics")[0].split(";"))
    assert (facts["cluster_size"], facts["cluster_principal"]) == ("3", "B3")


def test_racks() -> None:
    with EmbeddedCluster(3, names=["A1", "A2", "A3"], rack_ids=[1, 2, 2], namespaces=["test", "bar"]) as cluster:
        assert ask(cluster.nodes[1], "rack-ids") == ["test:2;bar:2"]
        assert ask(cluster.nodes[0], "racks:namespace=test") == ["rack_1=A1:rack_2=A3,A2"]
        for pid in range(4096):
            assert {node.member.rack for node in cluster.replicas("test", pid)} == {1, 2}
    with EmbeddedCluster(1) as cluster:
        assert ask(cluster.nodes[0], "rack-ids", "racks:") == ["ERROR:25:enterprise only"] * 2
