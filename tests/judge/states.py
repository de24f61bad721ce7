"""What was special about the server or the network in a recorded scenario, done to the embedded node."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING, Final, Protocol

import attrs

from aerospike_wire.embedded import EmbeddedServer
from aerospike_wire.embedded.faults import Faults
from aerospike_wire.errors import ResultCode

if TYPE_CHECKING:
    from judge.calls import Scenario

NAMESPACES: Final = ("test,ttl=off", "bar")
"""As the server had them: one that takes no times to live, one that does."""


class Node(Protocol):
    """An embedded node, here or in a process of its own."""

    @property
    def port(self) -> int:
        """Where it listens."""

    @property
    def seeds(self) -> list[tuple[str, int]]:
        """What clients take as hosts."""

    @property
    def faults(self) -> Faults:
        """The rules that make requests fail."""


@attrs.frozen
class Apart:
    """A node in a process of its own."""

    port: int
    faults: Faults = attrs.field(factory=Faults)

    @property
    def seeds(self) -> list[tuple[str, int]]:
        """What clients take as hosts."""
        return [("127.0.0.1", self.port)]


def settle(node: Node) -> None:
    """Wait until jobs in the background are done: a real node was done with a few records before the next request."""
    if not isinstance(node, EmbeddedServer):
        return
    give_up = time.monotonic() + 5
    while not node.call(lambda: all(job.finished is not None for job in node.node.jobs)):
        assert time.monotonic() < give_up, "a job goes on and on"
        time.sleep(0.001)


STATES: Final[dict[str, tuple[str, int]]] = {
    "G:code8/stop_writes_sys_memory": ("put touch increment operate", 8),
    "G:code9/put_replica_does_not_ack": ("put", 9),
    "G:code11/just_started": ("any", 11),
    "G:code13/record_over_max_record_size": ("put", 13),
    "G:code14/hot_key": ("put", 14),
    "G:code18/write_burst": ("put", 18),
    "G:code22/set_stop_writes_count": ("put", 22),
    "G:code22/query_threads_limit": ("query", 22),
    "G:code150/batch_disabled": ("batch", 150),
    "G:code151/batch_write_max_requests": ("batch", 151),
    "G:code152/batch_queues_full": ("batch", 152),
    "G:code203/query_while_index_builds": ("query", 203),
    "G:code206/257th_index": ("sindex-create", 206),
}
"""Scenarios that needed a server in a special state: which commands the node is told to answer so."""

LASTING: Final = {"G:code8/stop_writes_sys_memory", "G:code11/just_started", "G:code203/query_while_index_builds"}
"""Those whose state was still the same in the reads afterwards."""


def misbehave(server: Node, scenario: Scenario) -> None:
    """Make the node do what was done to the replies, or what its state would make it answer."""
    when = server.faults.on("info" if scenario.method.startswith("info") else "any")
    if scenario.fault == "hold_responses":
        when.hang()
    elif scenario.fault == "close_on_request":
        when.close()
    elif scenario.fault == "garbage":
        when.garbage()
    elif scenario.fault == "truncate":
        when.half_frame()
    if scenario.name in STATES:
        commands, code = STATES[scenario.name]
        for command in commands.split():
            server.faults.on(command).answer(code, execute=code == ResultCode.TIMEOUT)


def is_harmful(scenario: Scenario) -> bool:
    """Whether a scenario needs a node and a client of its own: it spoils connections, or the node is a special one."""
    return scenario.fault is not None or scenario.name in STATES or namespaces(scenario) != NAMESPACES


def namespaces(scenario: Scenario) -> tuple[str, ...]:
    """The node's namespaces; one scenario was recorded with a third."""
    return (*NAMESPACES, "dev") if scenario.name == "G:code18/write_burst" else NAMESPACES


def unused_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
