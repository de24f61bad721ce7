"""Nodes whose ports are in processes of their own, stopped and killed by signals."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import certificates
import pytest

from aerospike_wire import Client, ResultCode, errors
from aerospike_wire.embedded import EmbeddedCluster
from aerospike_wire.embedded.cluster import process

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aerospike_wire.embedded import ClusterNode

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="needs the signals of Unix"),
]

PATIENT = {"max_retries": 50, "sleep_between_retries": 20, "total_timeout": 20_000, "socket_timeout": 150}
KEYS = [("test", "processes", number) for number in range(30)]


@pytest.fixture(scope="module")
def running() -> Iterator[EmbeddedCluster]:
    with EmbeddedCluster(3, heartbeat_timeout=40, migration_pause=0, processes=True) as made:
        yield made


@pytest.fixture
def cluster(running: EmbeddedCluster) -> Iterator[EmbeddedCluster]:
    """All nodes run."""
    yield running
    running.faults.clear()
    for node in running.nodes:
        if not node.running:
            node.restart()
        node.resume()
    running.wait_until_stable()


@pytest.fixture
def client(cluster: EmbeddedCluster) -> Iterator[Client]:
    with Client(cluster.seeds, tend_interval=100, connect_timeout=300) as made:
        for key in KEYS:
            made.put(key, {"a": key[2]}, policy=PATIENT)
        yield made


def check(client: Client) -> None:
    """All records are there."""
    assert [client.get(key, PATIENT).bins["a"] for key in KEYS] == list(range(len(KEYS)))


def until(condition: Callable[[], bool]) -> None:
    ends = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.005)


def alive(pid: int) -> bool:
    """Whether there is such a process that has not ended."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    try:
        return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def kill_it(node: ClusterNode) -> None:
    node.kill()


def kill_9(node: ClusterNode) -> None:
    assert node.pid is not None
    os.kill(node.pid, signal.SIGKILL)
    until(lambda: not node.running)


def stop_it(node: ClusterNode) -> None:
    node.pause()


def kill_stop(node: ClusterNode) -> None:
    assert node.pid is not None
    os.kill(node.pid, signal.SIGSTOP)
    until(lambda: node.paused)


def test_every_node_has_a_process(cluster: EmbeddedCluster, client: Client) -> None:
    pids = [node.pid for node in cluster.nodes]
    assert len({*pids, os.getpid()}) == 4
    assert all(pid is not None and alive(pid) for pid in pids)
    check(client)


@pytest.mark.parametrize("kill", [kill_it, kill_9])
def test_a_killed_process_is_a_killed_node(
    cluster: EmbeddedCluster, client: Client, kill: Callable[[ClusterNode], None]
) -> None:
    """Whoever kills it: connections end, the port is closed, records survive on the others, a restart mends all."""
    node = cluster.nodes[0]
    pid, port = node.pid, node.port
    assert pid is not None
    with socket.create_connection(("127.0.0.1", port), 5) as idle:
        kill(node)
        assert (node.running, node.pid) == (False, None)
        until(lambda: not alive(pid))
        idle.settimeout(5)
        with contextlib.suppress(ConnectionResetError):
            assert idle.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), 5)
    check(client)
    node.restart()
    assert node.running
    assert node.port == port
    assert node.pid not in {None, pid}
    cluster.wait_until_stable()
    check(client)


@pytest.mark.parametrize("stop", [stop_it, kill_stop])
def test_a_stopped_process_is_a_paused_node(
    cluster: EmbeddedCluster, client: Client, stop: Callable[[ClusterNode], None]
) -> None:
    """It can be connected to and says nothing; the others leave it behind; it catches up when it goes on."""
    node, other = cluster.nodes[1:3]
    stop(node)
    assert node.running
    with socket.create_connection(("127.0.0.1", node.port), 5) as silent:
        silent.settimeout(0.05)
        with pytest.raises(TimeoutError):
            silent.recv(1)
    cluster.wait_until_stable()
    client.put(KEYS[0], {"a": 0, "b": 1}, policy=PATIENT)
    check(client)
    if stop is stop_it:
        node.resume()
    else:
        os.kill(node.pid or 0, signal.SIGCONT)
    until(lambda: not node.paused)
    cluster.wait_until_stable()
    other.kill()
    assert client.get(KEYS[0], PATIENT).bins == {"a": 0, "b": 1}


def test_a_stopped_process_can_be_killed(cluster: EmbeddedCluster, client: Client) -> None:
    node = cluster.nodes[2]
    node.pause()
    node.kill()
    assert not node.running
    check(client)


def test_faults_moves_and_slowness_work_across_processes(cluster: EmbeddedCluster, client: Client) -> None:
    """What is not a matter of signals is the same as for nodes that share a process."""
    rule = cluster.faults.on("put").once().answer(ResultCode.DEVICE_OVERLOAD)
    with pytest.raises(errors.DeviceOverload):
        client.put(KEYS[0], {"a": 0}, policy={"max_retries": 0})
    assert rule.hits == 1
    cluster.nodes[0].faults.on("get").once().close()
    cluster.nodes[1].slow(20)
    check(client)
    cluster.nodes[1].slow(0)
    cluster.allow_migrations(allowed=False)
    cluster.nodes[0].restart()
    assert not cluster.stable
    check(client)
    cluster.allow_migrations(allowed=True)
    cluster.split([0], [1, 2])
    cluster.heal()
    cluster.wait_until_stable()
    for node in cluster.nodes:
        node.close_connections()
    check(client)


def test_the_node_knows_its_clients_by_their_addresses(cluster: EmbeddedCluster) -> None:
    """Not by that of the process between them."""
    node = cluster.nodes[0]
    with socket.create_connection(("127.0.0.1", node.port), 5) as own:

        def peers() -> set[str]:
            return {connection._session.peer for connection in node._listener.connections}

        name = "{}:{}".format(*own.getsockname())
        until(lambda: name in cluster.call(peers))
        assert node.connections >= 1
    until(lambda: name not in cluster.call(peers))


def test_tls_ends_at_the_node(tmp_path: Path) -> None:
    """The process carries what it cannot read; what is no TLS ends the connection."""
    pem = certificates.make(tmp_path)
    with (
        EmbeddedCluster(2, processes=True, tls=pem.tls()) as cluster,
        Client(cluster.seeds, tls={"cafile": str(pem.ca)}) as client,
    ):
        client.put(KEYS[0], {"a": 1})
        assert client.get(KEYS[0]).bins == {"a": 1}
        with socket.create_connection(cluster.seeds[0], 5) as wrong:
            wrong.sendall(b"no TLS at all\n" * 10)
            wrong.settimeout(5)
            while wrong.recv(1000):
                pass


def test_stopping_leaves_nothing_behind() -> None:
    """No process, thread or file, also if a node was stopped or killed by a signal just before."""
    threads = threading.active_count()
    cluster = EmbeddedCluster(3, processes=True).start()
    pids = [node.pid or 0 for node in cluster.nodes]
    places = [Path(node._listener._place) for node in cluster.nodes]
    assert all(place.stat().st_mode & 0o777 == 0o700 for place in places)
    with Client(cluster.seeds) as client:
        client.put(KEYS[0], {"a": 1})
        os.kill(pids[0], signal.SIGSTOP)
        os.kill(pids[1], signal.SIGKILL)
        cluster.stop()
    assert not any(alive(pid) for pid in pids)
    assert not any(place.exists() for place in places)
    assert threading.active_count() == threads
    with cluster.start(), Client(cluster.seeds) as client:
        client.put(KEYS[0], {"a": 2})


def test_a_port_that_is_taken() -> None:
    """The process says so, and what was started is ended again."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        cluster = EmbeddedCluster(1, port=port, processes=True)
        with pytest.raises(OSError, match=f"127.0.0.1:{port}"):
            cluster.start()
        assert cluster.nodes[0].pid is None


def test_a_process_that_cannot_be_started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("raise SystemExit(3)")
    monkeypatch.setattr(process, "PROGRAM", broken)
    with pytest.raises(RuntimeError, match="did not say that it listens"):
        EmbeddedCluster(1, processes=True).start()


def test_systems_without_signals_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(signal, "SIGSTOP")
    with pytest.raises(ValueError, match="processes=True needs the signals and sockets of Unix"):
        EmbeddedCluster(1, processes=True)


PROGRAM = """
import os, signal, sys
from aerospike_wire.embedded import EmbeddedCluster
cluster = EmbeddedCluster(2, processes=True).start()
cluster.nodes[1].pause()
if os.fork() == 0:  # a child that outlives the program, and knows nothing of the cluster
    signal.pause()
print(*[node.pid for node in cluster.nodes], flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_no_process_outlives_the_program() -> None:
    """Not even a stopped one, or while a fork of the program lives on."""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as program:
        assert program.stdout is not None
        pids = [int(word) for word in program.stdout.readline().split()]
        assert len(pids) == 2
        try:
            assert program.wait(20) == -signal.SIGKILL
            until(lambda: not any(alive(pid) for pid in pids))
        finally:
            os.killpg(program.pid, signal.SIGKILL)
