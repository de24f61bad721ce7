"""The proxy, seen from a bare socket: what passes, what it answers itself, what it breaks."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING

import certificates
import pytest
import wire
from cases import for_each
from wire import Wire

from aerospike_wire import ResultCode
from aerospike_wire.embedded import EmbeddedCluster, EmbeddedServer, FaultProxy
from aerospike_wire.proto.admin import AdminCommand, request

if TYPE_CHECKING:
    from collections.abc import Callable

    from aerospike_wire.embedded import Network, NetworkRule

DATA = Path(__file__).parents[2] / "data" / "connect.jsonl.gz"


def test_requests_of_every_kind_pass(proxy: FaultProxy, server: EmbeddedServer) -> None:
    with Wire(proxy) as link:
        for number in range(20):
            assert link.ask(wire.put(number, {"a": "x" * 1000 * number})).result == 0
        assert wire.bins_of(link.ask(wire.get(3))) == {"a": "x" * 3000}
        rows = [wire.row(number, number, info1=wire.READ | wire.GET_ALL) for number in range(20)]
        messages, _ = link.stream(wire.batch(*rows))
        assert len(messages) == 21
        messages, _ = link.stream(wire.query())
        assert len(messages) == 21
        assert link.info("build", "namespaces") == {"build": "8.1.2.0", "namespaces": "test;bar"}
        link.send(request(AdminCommand.QUERY_USERS))
        assert link.frame()[0] == 2
        assert wire.bins_of(link.ask(wire.get(3))) == {"a": "x" * 3000}
    assert server.faults.rules == ()


def test_pipelined_requests_are_answered_in_order(proxy: FaultProxy) -> None:
    proxy.faults.on("get", key=("test", "demo", 5)).answer(ResultCode.RECORD_BUSY)
    with Wire(proxy) as link:
        for number in range(10):
            link.ask(wire.put(number, {"a": number}))
        link.send(b"".join(wire.get(number) for number in range(10)))
        replies = [link.message() for _ in range(10)]
        assert [reply.result for reply in replies] == [0, 0, 0, 0, 0, 14, 0, 0, 0, 0]
        assert [wire.bins_of(reply).get("a") for reply in replies] == [0, 1, 2, 3, 4, None, 6, 7, 8, 9]


def test_answers_by_command_set_and_key(proxy: FaultProxy, server: EmbeddedServer) -> None:
    proxy.faults.on("put", set="demo").once().answer(ResultCode.DEVICE_OVERLOAD)
    lie = proxy.faults.on("put", key=("test", "demo", 2)).answer(ResultCode.TIMEOUT, execute=True)
    with Wire(proxy) as link, Wire(server) as direct:
        assert link.ask(wire.put(1, {"a": 1})).result == ResultCode.DEVICE_OVERLOAD
        assert direct.ask(wire.get(1)).result == ResultCode.RECORD_NOT_FOUND
        assert link.ask(wire.put(1, {"a": 1})).result == 0
        assert link.ask(wire.put(2, {"a": 2})).result == ResultCode.TIMEOUT
        assert wire.bins_of(direct.ask(wire.get(2))) == {"a": 2}
    assert lie.hits == 1


def test_batches_and_queries_are_refused_as_a_whole(proxy: FaultProxy) -> None:
    proxy.faults.on("batch").answer(ResultCode.BATCH_DISABLED)
    proxy.faults.on("query").answer(ResultCode.FORBIDDEN)
    with Wire(proxy) as link:
        messages, _ = link.stream(wire.batch(wire.row(0, 1, info1=wire.READ | wire.GET_ALL)))
        assert [message.result for message in messages] == [ResultCode.BATCH_DISABLED]
        assert link.ask(wire.query()).result == ResultCode.FORBIDDEN


def test_single_info_lines_are_answered(proxy: FaultProxy) -> None:
    proxy.faults.on("build").answer(4, "no such thing")
    with Wire(proxy) as link:
        assert link.info("node", "build", "edition") == {
            "node": "BB9000000000001",
            "build": "ERROR:4:no such thing",
            "edition": "Aerospike Community Edition",
        }
        assert link.info("build") == {"build": "ERROR:4:no such thing"}


def test_hang_until_the_rule_goes(proxy: FaultProxy) -> None:
    rule = proxy.faults.on("get").hang()
    with Wire(proxy) as link:
        link.ask(wire.put(1, {"a": 1}))
        link.send(wire.get(1))
        link.socket.settimeout(0.05)
        with pytest.raises(TimeoutError):
            link.receive(1)
        link.socket.settimeout(5)
        rule.remove()
        assert wire.bins_of(link.message()) == {"a": 1}


def test_delay(proxy: FaultProxy) -> None:
    proxy.faults.on("get").delay(60)
    with Wire(proxy) as link:
        begun = time.monotonic()
        link.ask(wire.get(1))
        assert time.monotonic() - begun >= 0.06


@pytest.mark.parametrize(
    ("broken", "data", "applied"),
    [
        (lambda when: when.close(before=True), b"", False),
        (lambda when: when.close(after=True), b"", True),
        (lambda when: when.half_frame(), bytes.fromhex("0203000000000016160000000000000001"), True),
    ],
)
def test_connections_end(
    proxy: FaultProxy, server: EmbeddedServer, broken: Callable[..., object], data: bytes, applied: bool
) -> None:
    broken(proxy.faults.on("put"))
    with Wire(proxy) as link, Wire(server) as direct:
        link.send(wire.put(1, {"a": 1}))
        got = link.receive(1000)
        assert got[:4] == data[:4]
        assert len(got) <= 15
        assert (direct.ask(wire.get(1)).result == 0) is applied


def test_garbage_and_wrong_sizes(proxy: FaultProxy) -> None:
    proxy.faults.on("put").once().garbage()
    proxy.faults.on("put").once().wrong_size(5000)
    with Wire(proxy) as link:
        link.send(wire.put(1, {"a": 1}))
        assert link.receive(4) == b"\xde\xad\xbe\xef"
    with Wire(proxy) as link:
        link.send(wire.put(1, {"a": 1}))
        assert link.receive(8) == bytes.fromhex("0203000000001388")


def test_what_is_no_frame_just_passes(proxy: FaultProxy) -> None:
    """The node closes on nonsense; so does the proxy then."""
    with Wire(proxy) as link:
        link.send(b"GET / HTTP/1.1\r\n\r\n")
        assert link.closed()


def test_node_that_is_not_there() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # The reset may come while the connection is made, or after.
    with FaultProxy(("127.0.0.1", port)) as proxy, contextlib.suppress(ConnectionError), Wire(proxy) as link:
        assert link.receive(1) == b""


def test_node_that_dies_takes_its_connections_along(proxy: FaultProxy, server: EmbeddedServer) -> None:
    with Wire(proxy) as link:
        link.info("node")
        server.close_connections()
        assert link.closed()
    with Wire(proxy) as link:
        assert link.info("node")


# Clusters


def test_addresses_lead_to_the_proxy() -> None:
    with EmbeddedCluster(3, names=["B1", "B2", "B3"]) as cluster, FaultProxy(cluster.nodes[0].address) as proxy:
        link = Wire(proxy)
        answers = link.info("service-clear-std", "peers-clear-std", "services")
        link.socket.close()
        first, second, third = proxy.nodes
        assert [second.name, third.name] == ["B2", "B3"]
        assert answers == {
            "service-clear-std": proxy.address,
            "peers-clear-std": f"4,3000,[[B2,,[{second.address}]],[B3,,[{third.address}]]]",
            "services": f"{second.address};{third.address}",
        }
        with Wire(third) as link:
            assert link.info("node", "service-clear-std") == {"node": "B3", "service-clear-std": third.address}
            # The first node is known under its name from now on, and gets no second port.
            assert f"[B1,,[{first.address}]]" in link.info("peers-clear-std")["peers-clear-std"]
        assert len(proxy.nodes) == 3


def test_recorded_start_of_a_client_behind_the_proxy() -> None:
    with gzip.open(DATA, "rt", encoding="utf-8") as lines:
        scenario = next(row for row in map(json.loads, lines) if row["name"].endswith("three_nodes"))
    with EmbeddedCluster(3, names=["B1", "B2", "B3"]) as cluster, FaultProxy(cluster.nodes[0].address) as proxy:
        links = {0: Wire(proxy)}
        links[0].info("peers-clear-std")
        links.update({1: Wire(proxy.nodes[1]), 2: Wire(proxy.nodes[2])})
        for exchange in scenario["exchange"]:
            link = links[exchange["conn"]]
            link.send(bytes.fromhex(exchange["request"]))
            expected = bytes.fromhex(exchange["response"])[8:]
            for number, node in enumerate(proxy.nodes):
                expected = expected.replace(b":43%d0" % number, b":%d" % node.port)
            assert link.frame() == (1, expected)
        for link in links.values():
            link.socket.close()


def test_faults_of_one_node_and_of_all() -> None:
    with EmbeddedCluster(2) as cluster, FaultProxy(cluster.nodes[0].address) as proxy:
        with Wire(proxy) as link:
            link.info("peers-clear-std")
        one, two = proxy.nodes
        two.faults.on("get").answer(ResultCode.RECORD_BUSY)
        proxy.faults.on("exists").answer(ResultCode.SERVER_FULL)
        with Wire(one) as first, Wire(two) as second:
            assert first.ask(wire.get(1)).result == ResultCode.RECORD_NOT_FOUND
            assert second.ask(wire.get(1)).result == ResultCode.RECORD_BUSY
            for link in (first, second):
                assert link.ask(wire.command(1, info1=wire.READ | wire.NO_BINS)).result == ResultCode.SERVER_FULL


# Networks


def timed(link: Wire, request: bytes) -> float:
    begun = time.monotonic()
    link.ask(request)
    return time.monotonic() - begun


def test_latency_in_both_directions(proxy: FaultProxy) -> None:
    with Wire(proxy) as link:
        rule = proxy.network.latency(30, jitter=5)
        assert timed(link, wire.get(1)) >= 0.05
        rule.remove()
        assert timed(link, wire.get(1)) < 5
        proxy.network.toward("client").latency(40)
        assert timed(link, wire.get(1)) >= 0.04
        assert rule.connections == 1


def test_latency_does_not_add_up(proxy: FaultProxy) -> None:
    proxy.network.toward("server").latency(50)
    with Wire(proxy) as link:
        begun = time.monotonic()
        link.send(b"".join(wire.get(number) for number in range(20)))
        for _ in range(20):
            link.message()
        assert 0.05 <= time.monotonic() - begun < 1


def test_bandwidth(proxy: FaultProxy) -> None:
    with Wire(proxy) as link:
        link.ask(wire.put(1, {"a": "x" * 20_000}))
        proxy.network.toward("client").bandwidth(200_000)
        assert timed(link, wire.get(1)) >= 0.1
        assert wire.bins_of(link.ask(wire.get(1))) == {"a": "x" * 20_000}


def test_slices(proxy: FaultProxy) -> None:
    with Wire(proxy) as link:
        link.ask(wire.put(1, {"a": "x" * 3000}))
        proxy.network.slices(100, variation=50)
        assert wire.bins_of(link.ask(wire.get(1))) == {"a": "x" * 3000}
        proxy.network.clear()
        proxy.network.toward("client").slices(1000, milliseconds=20)
        assert timed(link, wire.get(1)) >= 0.04


def test_limit_data(proxy: FaultProxy) -> None:
    with Wire(proxy) as link:
        link.ask(wire.put(1, {"a": "x" * 3000}))
    proxy.network.toward("client").limit_data(1000)
    with Wire(proxy) as link:
        link.send(wire.get(1))
        assert len(link.receive(5000)) == 1000


def test_reset(proxy: FaultProxy) -> None:
    with Wire(proxy) as link:
        link.info("node")
        proxy.network.reset()
        with pytest.raises(ConnectionResetError):
            link.receive(1)
    proxy.network.clear()
    proxy.network.reset(40)
    with Wire(proxy) as link:
        link.info("node")
        with pytest.raises(ConnectionResetError):
            link.receive(1)


def test_timeout_drops_and_closes(proxy: FaultProxy) -> None:
    with Wire(proxy) as link:
        rule = proxy.network.timeout(60)
        link.send(wire.get(1))
        assert link.receive(1) == b""
        rule.remove()
    with Wire(proxy) as link:
        rule = proxy.network.timeout()
        link.send(wire.get(1))
        link.socket.settimeout(0.05)
        with pytest.raises(TimeoutError):
            link.receive(1)
        rule.remove()
        link.socket.settimeout(5)
        assert link.ask(wire.get(2)).result == ResultCode.RECORD_NOT_FOUND


def test_slow_close(proxy: FaultProxy, server: EmbeddedServer) -> None:
    with Wire(proxy) as link:
        link.info("node")
        proxy.network.slow_close(60)
        begun = time.monotonic()
        server.close_connections()
        assert link.closed()
        assert time.monotonic() - begun >= 0.06


def test_chance_is_asked_once_for_each_connection(proxy: FaultProxy) -> None:
    rule = proxy.network.with_probability(0.5, seed=3).toward("client").limit_data(0)
    ends = []
    for _ in range(20):
        with Wire(proxy) as link:
            link.send(wire.get(1))
            ends.append(link.receive(8) == b"")
    assert 4 < sum(ends) < 16
    assert rule.connections == sum(ends)


@for_each(
    ("sentence", "words"),
    [
        (lambda network: network.latency(-1), "latency"),
        (lambda network: network.latency(1, jitter="x"), "jitter"),
        (lambda network: network.bandwidth(0), "bandwidth"),
        (lambda network: network.bandwidth(1.5), "integer"),
        (lambda network: network.slices(10, variation=10), "variation"),
        (lambda network: network.limit_data(True), "size"),
        (lambda network: network.reset(float("inf")), "time"),
        (lambda network: network.toward("moon"), "moon"),
        (lambda network: network.with_probability(2), "probability"),
    ],
)
def test_bad_network_rules(sentence: Callable[[Network], object], words: str, proxy: FaultProxy) -> None:
    with pytest.raises(ValueError, match=words):
        sentence(proxy.network)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda network: network.latency(5, jitter=1), "latency of 5 ms, 1 ms more or less"),
        (lambda network: network.toward("client").reset(5), "reset after 5 ms toward the client"),
        (lambda network: network.with_probability(0.5).limit_data(7), "close after 7 bytes, with probability 0.5"),
    ],
)
def test_rules_read_as_sentences(make: Callable[[Network], NetworkRule], words: str, proxy: FaultProxy) -> None:
    assert words in repr(make(proxy.network))


# TLS


def test_tls_on_both_sides(tmp_path: Path) -> None:
    import ssl

    pem = certificates.make(tmp_path)
    trusting = ssl.create_default_context(cafile=str(pem.ca))
    with (
        EmbeddedCluster(2, names=["A1", "A2"], tls=pem.tls(name="a.test")) as cluster,
        FaultProxy(cluster.nodes[0].address, tls=pem.tls(), upstream_tls=trusting) as proxy,
    ):
        proxy.faults.on("put").answer(ResultCode.DEVICE_OVERLOAD)
        link = Wire(proxy)
        link.socket = trusting.wrap_socket(link.socket, server_hostname="localhost")
        assert link.ask(wire.put(1, {"a": 1})).result == ResultCode.DEVICE_OVERLOAD
        assert link.info("peers-tls-std") == {"peers-tls-std": f"2,3000,[[A2,a.test,[{proxy.nodes[1].address}]]]"}
        link.socket.close()


def test_tls_that_just_passes(tmp_path: Path) -> None:
    import ssl

    pem = certificates.make(tmp_path)
    with EmbeddedServer(tls=pem.tls()) as server, FaultProxy(server.address) as proxy:
        link = Wire(proxy)
        link.socket = ssl.create_default_context(cafile=str(pem.ca)).wrap_socket(
            link.socket, server_hostname="localhost"
        )
        assert link.info("node") == {"node": "BB9000000000001"}
        link.socket.close()


# Starting and stopping


def test_start_and_stop_are_idempotent(server: EmbeddedServer) -> None:
    proxy = FaultProxy(server.address)
    with pytest.raises(RuntimeError, match="port"):
        _ = proxy.port
    proxy.start()
    port = proxy.start().port
    link = Wire(proxy)
    link.info("node")
    proxy.stop()
    proxy.stop()
    assert not proxy.running
    link.socket.close()
    proxy.start()
    assert proxy.port == port
    proxy.close_connections()
    proxy.stop()
    with pytest.raises(RuntimeError, match="not run"):
        proxy.close_connections()


async def test_async_with(server: EmbeddedServer) -> None:
    async with FaultProxy(server.seeds[0]) as proxy:
        assert proxy.address in repr(proxy)
    with pytest.raises(ValueError, match="host:port"):
        FaultProxy("a:b")
