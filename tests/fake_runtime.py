"""A runtime, links and nodes without sockets or time, for tests of what stands on them."""

from __future__ import annotations

import time
from typing import Any

from aerospike_wire.cluster.breaker import Breaker
from aerospike_wire.cluster.partitions import Table
from aerospike_wire.config import parse_config
from aerospike_wire.core import Core
from aerospike_wire.metrics.meter import Meter
from aerospike_wire.proto.commands.base import OLDEST
from aerospike_wire.proto.header import MESSAGE, MESSAGE_HEADER_SIZE
from aerospike_wire.proto.keys import PARTITIONS
from aerospike_wire.transport import Call, LinkFailure


def reply(code: int) -> bytes:
    """The body of an answer with a result code and nothing else."""
    return MESSAGE.pack(MESSAGE_HEADER_SIZE, 0, 0, 0, 0, code, 1, 0, 0, 0, 0)


class FakeRuntime:
    """A clock that moves only when somebody sleeps or works."""

    pipelined = False
    background = False

    def __init__(self) -> None:
        self.clock = 1000.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self.clock

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.clock += seconds

    def enter(self) -> None:
        pass

    def lock(self) -> Any:
        return FakeLock()

    def queue(self) -> FakeQueue:
        return FakeQueue(self)


class FakeQueue:
    """A queue in which ``waits`` says what happens while a call waits; by default its time passes."""

    def __init__(self, runtime: FakeRuntime) -> None:
        self.runtime = runtime
        self.waits: list[Any] = []
        self.called = 0

    def join(self) -> object:
        return object()

    async def wait(self, place: object, deadline: float | None) -> bool:
        if self.waits:
            self.waits.pop(0)()
            return True
        assert deadline is not None, "nobody would ever call"
        self.runtime.clock = max(self.runtime.clock, deadline)
        return False

    def leave(self, place: object) -> None:
        pass

    def call(self) -> None:
        self.called += 1

    def call_all(self) -> None:
        self.called += 1


class FakeLock:
    """A lock that is always free."""

    async def acquire(self, deadline: float | None = None) -> bool:
        return True

    def release(self) -> None:
        pass


class FakeLink:
    """A connection whose answers are given beforehand."""

    def __init__(self, runtime: FakeRuntime, answers: list[bytes | LinkFailure] | None = None) -> None:
        self.runtime = runtime
        self.answers = answers if answers is not None else []
        self.address = "fake:1"
        self.last_used = runtime.now()
        self.usable = True
        self.load = 0
        self.stalled = False
        self.healthy = True
        self.probed = 0
        self.closed = 0
        self.retired = False
        self.calls: list[Call] = []

    @property
    def ready(self) -> bool:
        return self.usable and not self.stalled

    @property
    def waiting(self) -> range:
        return range(self.load)

    async def exchange(self, call: Call) -> bytes:
        self.calls.append(call)
        self.runtime.clock += 0.010
        answer = self.answers.pop(0)
        if isinstance(answer, LinkFailure):
            raise answer
        return answer

    def probe(self) -> bool:
        self.probed += 1
        return self.healthy

    def recovers(self) -> bool:
        return self.stalled

    def settled(self) -> bool:
        return not self.load

    def retire(self) -> None:
        self.retired = True

    def abandon(self) -> None:
        self.usable = False

    def close(self) -> None:
        self.closed += 1
        self.usable = False


class FakePool:
    """Leases the one link of its node, or fails to."""

    def __init__(self, link: FakeLink) -> None:
        self.link = link
        self.failures: list[LinkFailure] = []
        self.given_back: list[bool] = []
        self.discarded = 0

    async def lease(self, deadline: float | None) -> FakeLink:
        if self.failures:
            raise self.failures.pop(0)
        return self.link

    def give_back(self, link: FakeLink, *, keep: bool = True) -> None:
        self.given_back.append(keep)

    def discard(self, link: FakeLink) -> None:
        self.discarded += 1

    def retire(self, link: FakeLink) -> None:
        self.discarded += 1


class FakeNode:
    """A node as the core sees it."""

    features = OLDEST
    build = (6, 0)

    def __init__(self, runtime: FakeRuntime, name: str, answers: list[bytes | LinkFailure], limit: int = 0) -> None:
        self.name = name
        self.address = f"{name}:3000"
        self.active = True
        self.session: Any = "session"
        self.racks: dict[str, int] = {}
        self.link = FakeLink(runtime, answers)
        self.pool = FakePool(self.link)
        self.breaker = Breaker(limit, 1.0)

    @property
    def sent(self) -> int:
        """Requests that reached the link."""
        return len(self.link.calls)


class FakeCluster:
    """One namespace, ``test``, whose replicas are the given nodes in order."""

    def __init__(self, nodes: list[FakeNode]) -> None:
        table: Table[Any] = Table()
        table.columns = [[node] * PARTITIONS for node in nodes]
        self.nodes = {node.name: node for node in nodes}
        self.partitions = type("Partitions", (), {"tables": {"test": table}})()
        self.connected = True
        self.closed = False
        self.why_empty = ""
        self.look_at = float("inf")
        self.meter = Meter(parse_config("fake:1"), time.monotonic)
        self.looks = 0

    async def connect(self, deadline: float | None = None) -> None:
        self.connected = True

    def any_node(self, failed: FakeNode | None = None) -> FakeNode | None:
        nodes = self.active()
        return next((node for node in nodes if node is not failed), nodes[0] if nodes else None)

    def active(self) -> list[FakeNode]:
        return [node for node in self.nodes.values() if node.active]

    def look_soon(self, deadline: float | None = None) -> None:
        self.looks += 1


class Rig:
    """A real core on fake nodes; ``answers`` holds what each node says, one list per node."""

    def __init__(self, *answers: list[bytes | LinkFailure], limit: int = 0, **settings: Any) -> None:
        self.runtime = FakeRuntime()
        self.nodes = [FakeNode(self.runtime, f"N{place}", given, limit) for place, given in enumerate(answers)]
        self.cluster = FakeCluster(self.nodes)
        config = parse_config("fake:1", **settings)
        fakes: Any = (self.runtime, config, self.cluster)
        self.core = Core(*fakes, config.errors)
