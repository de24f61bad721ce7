"""The cluster, in a process of its own, so that it does not fight with the clients for one interpreter."""

from __future__ import annotations

import multiprocessing
import threading
from typing import TYPE_CHECKING, Any, Self

from aerospike_wire.embedded import EmbeddedCluster

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from aerospike_wire.embedded import Rule


class Orders:
    """What can be done to the cluster; the results travel through a pipe."""

    def __init__(self, cluster: EmbeddedCluster) -> None:
        self.cluster = cluster
        self.rules: dict[int, Rule] = {}

    def seeds(self) -> list[tuple[str, int]]:
        return self.cluster.seeds

    def names(self) -> list[str]:
        return [node.name for node in self.cluster.nodes]

    def node(self, number: int, action: str, *args: Any) -> None:
        """Kill, restart, pause, resume, slow or close the connections of a node."""
        getattr(self.cluster.nodes[number], action)(*args)

    def fault(self, number: int | None, command: str, times: int, action: str, args: dict[str, Any]) -> int:
        """A rule on one node or on all; its number."""
        faults = self.cluster.faults if number is None else self.cluster.nodes[number].faults
        rule = getattr(faults.on(command).times(times), action)(**args)
        self.rules[len(self.rules)] = rule
        return len(self.rules) - 1

    def remove(self, rule: int) -> None:
        self.rules[rule].remove()

    def mend(self) -> None:
        """Bring everything back."""
        self.cluster.faults.clear()
        for node in self.cluster.nodes:
            node.faults.clear()
            node.slow(0)
            if not node.running:
                node.restart()
            elif node.paused:
                node.resume()
        self.cluster.allow_migrations(allowed=True)

    def allow_migrations(self, allowed: bool) -> None:
        self.cluster.allow_migrations(allowed=allowed)

    def stable(self) -> bool:
        return self.cluster.stable

    def connections(self) -> int:
        return sum(node.connections for node in self.cluster.nodes)

    def differences(self, namespace: str) -> list[str]:
        """Records that are not the same on all nodes that should hold them."""

        def compare() -> list[str]:
            found: dict[bytes, list[tuple[Any, ...]]] = {}
            for node in self.cluster.nodes:
                for digest, record in node.node.namespaces[namespace].records.items():
                    found.setdefault(digest, []).append((record.generation, record.set, record.bins))
            return [
                f"record {digest.hex()} is on {len(copies)} nodes, {'all equal' if same else 'not equal'}"
                for digest, copies in found.items()
                for same in [all(one == copies[0] for one in copies)]
                if len(copies) != 2 or not same
            ]

        return self.cluster.call(compare)


def serve(pipe: Connection, nodes: int, heartbeat_timeout: float, processes: bool) -> None:
    """Run a cluster and obey until the other end closes."""
    with EmbeddedCluster(nodes, heartbeat_timeout=heartbeat_timeout, processes=processes) as cluster:
        orders = Orders(cluster)
        pipe.send((True, None))
        while True:
            try:
                name, args = pipe.recv()
            except (EOFError, KeyboardInterrupt):
                return
            try:
                pipe.send((True, getattr(orders, name)(*args)))
            except Exception as error:  # noqa: BLE001  raised again at the other end
                pipe.send((False, repr(error)))


class Nodes:
    """The near end of the pipe; its methods are those of :class:`Orders`."""

    def __init__(self, nodes: int, heartbeat_timeout: float = 100, *, processes: bool = False) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, far = context.Pipe()
        self._process = context.Process(target=serve, args=(far, nodes, heartbeat_timeout, processes), daemon=True)
        self._far = far
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._process.start()
        self._far.close()
        self._pipe.recv()
        return self

    def __exit__(self, *args: object) -> None:
        self._pipe.close()
        self._process.join(10)
        self._process.close()

    def __getattr__(self, name: str) -> Any:
        def order(*args: Any) -> Any:
            with self._lock:
                self._pipe.send((name, args))
                good, result = self._pipe.recv()
            if not good:
                raise RuntimeError(result)
            return result

        return order
