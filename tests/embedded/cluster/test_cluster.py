"""A cluster in memory: partitions and replicas, and what becomes of them when nodes come and go."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest
import wire
from cases import for_each
from wire import Wire

from aerospike_wire import ResultCode
from aerospike_wire.embedded import EmbeddedCluster, dispatch
from aerospike_wire.embedded.node import Session
from aerospike_wire.proto import keys
from aerospike_wire.proto.header import FrameType

if TYPE_CHECKING:
    from aerospike_wire.embedded import ClusterNode

COUNT = 300


def pid(number: int) -> int:
    return keys.partition_id(keys.digest(wire.SET, number))


def fill(node: ClusterNode, count: int = COUNT) -> None:
    with Wire(node) as link:
        for number in range(count):
            assert link.ask(wire.put(number, {"a": number})).result == 0


def check(node: ClusterNode, count: int = COUNT) -> None:
    with Wire(node) as link:
        for number in range(count):
            reply = link.ask(wire.get(number))
            assert (reply.result, wire.bins_of(reply)) == (0, {"a": number})


def holdings(cluster: EmbeddedCluster) -> list[int]:
    """How many records each node has."""
    return cluster.call(lambda: [len(node.node.namespaces["test"].records) for node in cluster.nodes])


def test_every_node_answers_for_every_record(cluster: EmbeddedCluster) -> None:
    fill(cluster.nodes[0])
    for node in cluster.nodes:
        check(node)
    assert sum(holdings(cluster)) == 2 * COUNT
    assert min(holdings(cluster)) > COUNT // 2


def test_replicas_have_every_write_when_it_is_answered(cluster: EmbeddedCluster) -> None:
    with Wire(cluster.nodes[0]) as link:
        link.ask(wire.put(1, {"a": 1}))
        holders = cluster.replicas("test", pid(1))
        assert len(holders) == 2
        digest = keys.digest(wire.SET, 1)

        def stored() -> list[bool]:
            return cluster.call(lambda: [digest in node.node.namespaces["test"].records for node in holders])

        assert stored() == [True, True]
        link.ask(wire.remove(1))
        assert stored() == [False, False]


def test_no_record_is_lost_with_one_node_at_a_time(cluster: EmbeddedCluster) -> None:
    fill(cluster.nodes[0])
    for node in cluster.nodes:
        node.kill()
        assert holdings(cluster)[cluster.nodes.index(node)] == 0
        cluster.wait_until_stable()
        check(next(other for other in cluster.nodes if other.running))
        node.restart()
        cluster.wait_until_stable()
        check(node)
    assert sum(holdings(cluster)) == 2 * COUNT


def test_killed_node_loses_its_memory() -> None:
    with EmbeddedCluster(1) as cluster:
        (node,) = cluster.nodes
        fill(node, 3)
        node.restart()
        cluster.wait_until_stable()
        with Wire(node) as link:
            assert link.ask(wire.get(1)).result == ResultCode.RECORD_NOT_FOUND


def test_kill_resets_connections_and_closes_the_port(cluster: EmbeddedCluster) -> None:
    node = cluster.nodes[0]
    with Wire(node) as link:
        link.info("node")
        node.kill()
        assert link.closed()
    with pytest.raises(ConnectionRefusedError):
        Wire(node)
    node.kill()  # once is enough
    node.restart()
    with Wire(node) as link:
        assert link.info("node") == {"node": "B1"}


def test_added_node_takes_its_share(cluster: EmbeddedCluster) -> None:
    fill(cluster.nodes[0])
    node = cluster.add_node()
    cluster.wait_until_stable()
    check(node)
    assert sum(holdings(cluster)) == 2 * COUNT
    assert COUNT // 4 < holdings(cluster)[3] < COUNT


def test_request_for_a_silent_node_waits_until_it_is_left_behind(cluster: EmbeddedCluster) -> None:
    fill(cluster.nodes[0])
    master = cluster.master("test", pid(7))
    other = next(node for node in cluster.nodes if node is not master)
    with Wire(other) as link:
        master.kill()
        reply = link.ask(wire.put(7, {"a": 8}))
        assert reply.result == 0
        assert cluster.master("test", pid(7)) is not master
        assert wire.bins_of(link.ask(wire.get(7))) == {"a": 8}


def test_write_whose_replica_is_silent_is_answered_with_a_timeout_yet_done() -> None:
    with EmbeddedCluster(2, heartbeat_timeout=10_000) as cluster:
        master = cluster.master("test", pid(7))
        replica = next(node for node in cluster.nodes if node is not master)
        replica.pause()
        with Wire(master) as link:
            link.send(wire.command(7, ops=[wire.op(2, "a", 7)], info2=wire.WRITE, transaction_ttl=50))
            reply = link.message()
            assert reply.result == ResultCode.TIMEOUT
            assert wire.bins_of(link.ask(wire.get(7))) == {"a": 7}
        replica.resume()
        digest = keys.digest(wire.SET, 7)
        # The replica has caught up although nobody waits for it any more.
        assert cluster.call(lambda: digest in replica.node.namespaces["test"].records)


def test_paused_node_is_left_behind_and_catches_up(cluster: EmbeddedCluster) -> None:
    fill(cluster.nodes[0])
    node, other, _ = cluster.nodes
    node.pause()
    assert node.paused
    with Wire(node) as waiting:  # it can be connected to, but does not answer
        waiting.send(wire.get(0))
        cluster.wait_until_stable()
        with Wire(other) as link:
            for number in range(COUNT):
                assert link.ask(wire.put(number, {"a": number, "b": 1})).result == 0
            assert link.ask(wire.remove(1)).result == 0
        waiting.socket.settimeout(0.05)
        with pytest.raises(TimeoutError):
            waiting.receive(1)
        waiting.socket.settimeout(5)
        node.resume()
        # What it says then is what the others know, never what it remembers.
        assert wire.bins_of(waiting.message()) == {"a": 0, "b": 1}
        assert waiting.ask(wire.get(1)).result == ResultCode.RECORD_NOT_FOUND
    cluster.wait_until_stable()
    assert sum(holdings(cluster)) == 2 * (COUNT - 1)


def test_slow_node_takes_its_time(cluster: EmbeddedCluster) -> None:
    node = cluster.nodes[0]
    with Wire(node) as link:
        node.slow(60)
        begun = time.monotonic()
        link.info("node")
        assert time.monotonic() - begun >= 0.06
        node.slow(0)
        link.info("node")
    with pytest.raises(ValueError, match="milliseconds"):
        node.slow(-1)


def test_split_and_heal_keep_the_later_version(cluster: EmbeddedCluster) -> None:
    fill(cluster.nodes[0], 60)
    one, two, three = cluster.nodes
    cluster.split([one], [two, three])
    wait_for(lambda: len(one.member.members) == 1 and len(two.member.members) == 2)
    with Wire(one) as alone, Wire(two) as pair:
        assert alone.ask(wire.put(1, {"a": 100})).result == 0
        assert pair.ask(wire.put(1, {"a": 200})).result == 0
        assert pair.ask(wire.put(1, {"a": 201})).result == 0
        assert alone.ask(wire.put(1000, {"a": 1000})).result == 0
        assert pair.ask(wire.put(1001, {"a": 1001})).result == 0
    cluster.heal()
    wait_for(lambda: len(one.member.members) == 3)
    cluster.wait_until_stable()
    for node in cluster.nodes:
        with Wire(node) as link:
            for number, value in ((1, 201), (2, 2), (59, 59), (1000, 1000), (1001, 1001)):
                assert wire.bins_of(link.ask(wire.get(number))) == {"a": value}, number
    assert sum(holdings(cluster)) == 2 * 62


def wait_for(condition: object) -> None:
    assert callable(condition)
    ends = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.005)


def test_batch_goes_over_all_nodes(cluster: EmbeddedCluster) -> None:
    fill(cluster.nodes[0], 50)
    with Wire(cluster.nodes[1]) as link:
        rows = [wire.row(number, number, info1=wire.READ | wire.GET_ALL) for number in range(50)]
        messages, _ = link.stream(wire.batch(*rows))
        assert [wire.bins_of(message) for message in messages[:-1]] == [{"a": number} for number in range(50)]


def test_batch_waits_for_a_silent_node(cluster: EmbeddedCluster) -> None:
    fill(cluster.nodes[0], 50)
    with Wire(cluster.nodes[1]) as link:
        cluster.nodes[0].kill()
        rows = [wire.row(number, number, info1=wire.READ | wire.GET_ALL) for number in range(50)]
        messages, _ = link.stream(wire.batch(*rows))
        assert [wire.bins_of(message) for message in messages[:-1]] == [{"a": number} for number in range(50)]


def held(node: ClusterNode) -> set[int]:
    """The partitions of which a node is a replica; all at once, which asking for each would take seconds for."""
    assert node.member.view is not None
    cells = node.member.view.cells["test"]
    return {number for number, cell in enumerate(cells) if node.member in (cell.master, *cell.replicas)}


def test_query_tells_which_partitions_it_cannot_serve(cluster: EmbeddedCluster) -> None:
    fill(cluster.nodes[0])
    found: set[bytes] = set()
    for node in cluster.nodes:
        with Wire(node) as link:
            messages, _ = link.stream(wire.query(partitions=range(4096)))
        refused = {m.header.generation: m.result for m in messages if m.header.info3 & wire.PARTITION_DONE}
        mine = cluster.call(held, node)
        assert refused == dict.fromkeys(set(range(4096)) - mine, ResultCode.CLUSTER)
        found |= {message.fields[4] for message in messages if 4 in message.fields}
    assert len(found) == COUNT


def test_background_job_changes_each_record_once(cluster: EmbeddedCluster) -> None:
    fill(cluster.nodes[0], 100)
    for node in cluster.nodes:
        with Wire(node) as link:
            messages, _ = link.stream(wire.query(info1=0, ops=[wire.op(5, "a", 1000)], info2=wire.WRITE))
            assert messages[-1].result == 0
    with Wire(cluster.nodes[0]) as link:
        for number in range(100):
            reply = link.ask(wire.get(number))
            assert (wire.bins_of(reply), reply.header.generation) == ({"a": number + 1000}, 2)


def test_metadata_is_the_same_on_all_nodes(cluster: EmbeddedCluster) -> None:
    fill(cluster.nodes[0], 50)
    one, two, _ = cluster.nodes
    with Wire(one) as first, Wire(two) as second:
        first.info("sindex-create:ns=test;set=demo;indexname=i;indexdata=a,numeric")
        assert "indexname=i" in second.info("sindex-list:")["sindex-list:"]
        command = "truncate:namespace=test;set=demo"
        assert second.info(command) == {command: "ok"}
        assert first.ask(wire.get(1)).result == ResultCode.RECORD_NOT_FOUND
    assert holdings(cluster) == [0, 0, 0]


def test_node_that_has_not_joined_refuses_data(cluster: EmbeddedCluster) -> None:
    node = cluster.nodes[0]
    cluster.call(node.member.forget)
    with Wire(node) as link:
        assert link.ask(wire.get(1)).result == ResultCode.CLUSTER
        messages, _ = link.stream(wire.batch(*[wire.row(number, number, info1=wire.READ) for number in (4, 7)]))
        assert [(message.result, message.header.transaction_ttl) for message in messages] == [(11, 4), (11, 7), (0, 0)]


def test_faults_of_the_cluster_and_of_one_node(cluster: EmbeddedCluster) -> None:
    one, two, _ = cluster.nodes
    cluster.faults.on("get").times(2).answer(ResultCode.DEVICE_OVERLOAD)
    two.faults.on("get").once().answer(ResultCode.RECORD_BUSY)
    codes = []
    for node in (one, two, two, two):
        with Wire(node) as link:
            codes.append(link.ask(wire.get(1)).result)
    assert codes == [18, 14, 18, 2]


def test_replication_factor_by_namespace() -> None:
    spaces = ["test", "all,replication-factor=3", "one,replication-factor=1"]
    with EmbeddedCluster(3, namespaces=spaces) as cluster:
        assert [len(cluster.replicas(name, 9)) for name in ("test", "all", "one")] == [2, 3, 1]


def test_data_survive_two_nodes_with_three_replicas() -> None:
    with EmbeddedCluster(3, replication_factor=3, heartbeat_timeout=20, migration_pause=0) as cluster:
        fill(cluster.nodes[0], 50)
        cluster.nodes[0].kill()
        cluster.nodes[1].kill()
        cluster.wait_until_stable()
        check(cluster.nodes[2], 50)


def test_writes_go_on_while_partitions_move(cluster: EmbeddedCluster) -> None:
    """Four threads count while nodes leave and join: no count is lost."""
    counts = [0] * 4
    failed: list[BaseException] = []
    ended = threading.Event()

    def count(worker: int) -> None:
        try:
            with Wire(cluster.nodes[0]) as link:
                while not ended.is_set():
                    reply = link.ask(
                        wire.command(worker, ops=[wire.op(5, "a", 1)], info2=wire.WRITE, transaction_ttl=5000)
                    )
                    assert reply.result == 0
                    counts[worker] += 1
        except BaseException as error:  # noqa: BLE001  looked at in the main thread
            failed.append(error)

    threads = [threading.Thread(target=count, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    for node in cluster.nodes[1:]:
        node.restart()
        cluster.wait_until_stable()
    ended.set()
    for thread in threads:
        thread.join()
    assert not failed
    with Wire(cluster.nodes[1]) as link:
        assert [wire.bins_of(link.ask(wire.get(worker)))["a"] for worker in range(4)] == counts


async def test_async_with() -> None:
    async with EmbeddedCluster(2) as cluster:
        cluster.nodes[1].kill()
        await cluster.until_stable()
        assert cluster.address == cluster.nodes[0].address
    assert not cluster.running


def test_cluster_can_be_started_again_empty(cluster: EmbeddedCluster) -> None:
    fill(cluster.nodes[0], 5)
    addresses = cluster.addresses
    cluster.stop()
    cluster.stop()
    assert not cluster.running
    cluster.start()
    assert cluster.addresses == addresses
    assert len(cluster.fabric.members) == 3
    with Wire(cluster.nodes[0]) as link:
        assert link.ask(wire.get(1)).result == ResultCode.RECORD_NOT_FOUND
        assert link.ask(wire.put(1, {"a": 1})).result == 0


def test_all_nodes_may_die_and_come_back(cluster: EmbeddedCluster) -> None:
    fill(cluster.nodes[0], 5)
    for node in cluster.nodes:
        node.kill()
    with pytest.raises(RuntimeError, match="no node"):
        cluster.master("test", 0)
    for node in reversed(cluster.nodes):
        node.restart()
    cluster.wait_until_stable()
    assert len(cluster.nodes[0].member.members) == 3
    with Wire(cluster.nodes[0]) as link:
        assert link.ask(wire.get(1)).result == ResultCode.RECORD_NOT_FOUND
    fill(cluster.nodes[0], 5)
    check(cluster.nodes[1], 5)


def test_ipv6() -> None:
    try:
        cluster = EmbeddedCluster(2, names=["A1", "A2"], host="::1").start()
    except OSError:
        pytest.skip("this machine has no IPv6")
    with cluster, Wire(cluster.nodes[0]) as link:
        port = cluster.nodes[1].port
        assert link.info("peers-clear-std") == {"peers-clear-std": f"2,3000,[[A2,,[[::1]:{port}]]]"}
        assert cluster.nodes[0].address.startswith("[::1]:")


@for_each(
    ("arguments", "words"),
    [
        ({"nodes": 0}, "nodes"),
        ({"nodes": True}, "nodes"),
        ({"replication_factor": 0}, "replication_factor"),
        ({"rack_ids": [1]}, "rack_ids"),
        ({"names": ["A1"]}, "names"),
        ({"names": ["A1", "A1", "A2"]}, "names"),
        ({"names": ["A1", "x", "A2"]}, "hexadecimal"),
        ({"namespaces": []}, "namespaces"),
        ({"namespaces": ["test", "test"]}, "namespaces"),
        ({"namespaces": ["test,replication-factor=0"]}, "replication-factor"),
        ({"heartbeat_timeout": -1}, "heartbeat_timeout"),
        ({"migration_pause": "x"}, "migration_pause"),
        ({"port": 65534}, "port"),
    ],
)
def test_bad_arguments(arguments: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        EmbeddedCluster(**arguments)  # type: ignore[arg-type]


def test_node_on_two_sides_is_refused(cluster: EmbeddedCluster) -> None:
    with pytest.raises(ValueError, match="two sides"):
        cluster.split([0, 1], [cluster.nodes[1]])


def test_stopped_cluster_says_so() -> None:
    cluster = EmbeddedCluster(2)
    with pytest.raises(RuntimeError, match="port"):
        _ = cluster.nodes[0].port
    with pytest.raises(RuntimeError, match="not run"):
        _ = cluster.stable
    with pytest.raises(RuntimeError, match="not run"):
        cluster.nodes[0].pause()


def test_requests_that_reach_a_killed_node_are_refused(cluster: EmbeddedCluster) -> None:
    """What is still read from its connections before they are gone finds no empty memory, and is carried out nowhere."""
    fill(cluster.nodes[0])
    node = cluster.nodes[1]
    mine = next(number for number in range(COUNT) if cluster.master("test", pid(number)) is node)

    def late() -> list[int]:
        # What kill() does, up to the point at which the connections are closed.
        cluster.fabric.lose(node.member)
        answers = [
            dispatch.answer(node.node, Session(), FrameType.MESSAGE, request[8:])
            for request in (wire.get(mine), wire.put(mine, {"a": -1}), wire.query(partitions=range(4096)))
        ]
        return [answer[8 + 5] for answer in answers if isinstance(answer, bytes)]

    assert cluster.call(late) == [ResultCode.CLUSTER] * 3
    cluster.thread.run(node.shut())
    node.restart()
    cluster.wait_until_stable()
    check(node)
