"""Where a client counts and measures.

One meter serves a client and its siblings. Counters are plain numbers without a lock, which
would cost more than the counting: each is added to in one step that the interpreter lock of
CPython does not let another thread into. That is why those by code are a defaultdict and no
Counter, whose first look at a number runs Python.
"""

from __future__ import annotations

import logging
import time
from bisect import bisect_left
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from aerospike_wire.errors import ResultCode, class_of
from aerospike_wire.metrics.histogram import Histogram, Latency, limits
from aerospike_wire.metrics.stats import ClientStats, ConnectionStats, NamespaceMetrics, NodeStats
from aerospike_wire.proto.commands.record import RecordCommand
from aerospike_wire.proto.header import FrameType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from aerospike_wire.cluster.node import Node
    from aerospike_wire.config import ClientConfig
    from aerospike_wire.metrics.policy import MetricsPolicy
    from aerospike_wire.proto.commands.base import Command

log: Final = logging.getLogger("aerospike_wire.metrics")

_TIMEOUT: Final = ResultCode.TIMEOUT.value
_DATA: Final = frozenset({ResultCode.RECORD_NOT_FOUND.value, ResultCode.FILTERED_OUT.value})
"""Codes that say something about the data, and not that something failed."""
_READ: Final = Latency.READ.value
_WRITE: Final = Latency.WRITE.value
_OF_FRAMES: Final = {FrameType.INFO: Latency.INFO, FrameType.ADMIN: Latency.ADMIN}


class NodeCounters:
    """What is counted about a node, whether it is in the cluster or not."""

    __slots__ = ("errors", "key_busy", "timeouts")

    def __init__(self) -> None:
        self.errors = 0
        self.timeouts = 0
        self.key_busy = 0


class Measuring:
    """What is measured while metrics are enabled."""

    __slots__ = ("_clock", "_columns", "_due", "_limits", "_shift", "counts", "policy")

    def __init__(self, policy: MetricsPolicy, clock: Callable[[], float]) -> None:
        self.policy = policy
        self._columns = policy.latency_columns
        self._shift = policy.latency_shift
        self._limits = limits(policy.latency_columns, policy.latency_shift)
        self._clock = clock
        self._due = clock() + policy.interval
        self.counts: dict[tuple[str, str, str], list[int]] = {}
        """Buckets by node, namespace and kind of work. Plain strings, because the hash of an enumeration's
        member takes longer than all the rest."""

    def add(self, node: str, namespace: str, kind: str, seconds: float) -> None:
        """Count a latency."""
        counts = self.counts.get((node, namespace, kind))
        if counts is None:
            counts = self.counts.setdefault((node, namespace, kind), [0] * self._columns)
        counts[bisect_left(self._limits, seconds)] += 1

    def due(self) -> bool:
        """Whether the interval has passed; the next one begins then."""
        now = self._clock()
        if now < self._due:
            return False
        self._due = now + self.policy.interval
        return True

    def of_node(self, name: str) -> tuple[NamespaceMetrics, ...]:
        """The histograms of a node, by namespace."""
        found: dict[str, dict[Latency, Histogram]] = {}
        for (node, namespace, kind), counts in tuple(self.counts.items()):
            if node == name:
                found.setdefault(namespace, {})[Latency(kind)] = Histogram(tuple(counts), self._shift)
        return tuple(NamespaceMetrics(namespace, found[namespace]) for namespace in sorted(found))


class Meter:
    """Counts and measures for one client and its siblings."""

    __slots__ = (
        "_clock",
        "_config",
        "_nodes",
        "_since",
        "_started",
        "codes",
        "doubts",
        "measuring",
        "retries",
        "rows",
        "timeouts",
    )

    def __init__(self, config: ClientConfig, clock: Callable[[], float]) -> None:
        self._config = config
        self._clock = clock
        self._since = clock()
        self.measuring: Measuring | None = None
        """None while metrics are not enabled."""
        self.retries = 0
        self.timeouts = 0
        self.doubts = 0
        self.codes: defaultdict[int, int] = defaultdict(int)
        self.rows: defaultdict[int, int] = defaultdict(int)
        self._nodes: dict[str, NodeCounters] = {}

    # Counting

    def done(self, command: Command[Any], node: Node, seconds: float) -> None:
        """A command on one node succeeded; only to be told while metrics are enabled."""
        measuring = self.measuring
        if measuring is None:
            return
        if isinstance(command, RecordCommand):
            measuring.add(node.name, command.key[0], _WRITE if command.write else _READ, seconds)
        else:
            measuring.add(node.name, "", _OF_FRAMES.get(command.frame_type, Latency.QUERY).value, seconds)

    def part_done(self, kind: Latency, node: Node, namespace: str, seconds: float) -> None:
        """A part of a batch or query succeeded, or a connection was opened."""
        if self.measuring is not None:
            self.measuring.add(node.name, namespace, kind.value, seconds)

    def try_failed(self, node: str | None, code: int) -> None:
        """A try failed."""
        if node is None or code in _DATA:
            return
        counters = self._nodes.get(node)
        if counters is None:
            counters = self._nodes.setdefault(node, NodeCounters())
        counters.errors += 1
        if code == ResultCode.TIMEOUT:
            counters.timeouts += 1
        elif code == ResultCode.RECORD_BUSY:
            counters.key_busy += 1

    def failed(self, code: int, *, in_doubt: bool) -> None:
        """A call raises."""
        self.codes[code if type(code) is int else int(code)] += 1
        if code == _TIMEOUT:
            self.timeouts += 1
        if in_doubt:
            self.doubts += 1

    def row_failed(self, code: int, *, in_doubt: bool) -> None:
        """A row of a batch failed."""
        if code not in _DATA:
            self.rows[int(code)] += 1
        if in_doubt:
            self.doubts += 1

    # Telling

    def enable(self, policy: MetricsPolicy, nodes: Iterable[Node]) -> None:
        """Measure from now on, anew."""
        if self.measuring is not None:
            self.disable(nodes)
        self.measuring = Measuring(policy, self._clock)
        listener = policy.metrics_listeners.enable_listener
        if listener is not None:
            _tell(listener)

    def disable(self, nodes: Iterable[Node]) -> None:
        """Measure no longer."""
        measuring = self.measuring
        if measuring is None:
            return
        stats = self.stats(nodes)
        self.measuring = None
        listener = measuring.policy.metrics_listeners.disable_listener
        if listener is not None:
            _tell(listener, stats)

    def tick(self, nodes: Iterable[Node]) -> None:
        """Tell the listener, if the interval has passed."""
        measuring = self.measuring
        if measuring is None or not measuring.due():
            return
        listener = measuring.policy.metrics_listeners.snapshot_listener
        if listener is not None:
            _tell(listener, self.stats(nodes))

    def left(self, node: Node) -> None:
        """A node is in use no longer."""
        measuring = self.measuring
        if measuring is None:
            return
        listener = measuring.policy.metrics_listeners.node_close_listener
        if listener is not None:
            _tell(listener, self._of_node(node))

    def stats(self, nodes: Iterable[Node]) -> ClientStats:
        """Everything as it is now."""
        measuring = self.measuring
        config = self._config
        return ClientStats(
            time=time.time(),
            seconds=self._clock() - self._since,
            cluster_name=config.cluster_name,
            app_id=config.app_id or config.user or "not-set",
            labels={} if measuring is None else dict(measuring.policy.labels),
            enabled=measuring is not None,
            command_count=0 if measuring is None else _commands(measuring),
            retry_count=self.retries,
            error_count=sum(self.codes.values()),
            timeout_count=self.timeouts,
            in_doubt_count=self.doubts,
            errors=self._errors(),
            codes=dict(self.codes),
            rows=dict(self.rows),
            nodes=tuple(self._of_node(node) for node in nodes),
        )

    def _errors(self) -> dict[str, int]:
        """The codes by exception class."""
        found: defaultdict[str, int] = defaultdict(int)
        for code, count in dict(self.codes).items():
            found[class_of(code).__name__] += count
        return dict(found)

    def _of_node(self, node: Node) -> NodeStats:
        counters = self._nodes.get(node.name) or NodeCounters()
        pool = node.pool
        open_links = pool.size
        in_use = min(pool.in_use, open_links)
        return NodeStats(
            node.name,
            node.place.host,
            node.place.port,
            ConnectionStats(in_use, open_links - in_use, pool.total_opened, pool.total_closed, pool.load),
            counters.errors,
            counters.timeouts,
            counters.key_busy,
            () if self.measuring is None else self.measuring.of_node(node.name),
        )


def _commands(measuring: Measuring) -> int:
    return sum(sum(counts) for (_, _, kind), counts in tuple(measuring.counts.items()) if kind != Latency.CONN.value)


def _tell(listener: Callable[..., object], *args: object) -> None:
    """Call a listener; what it does wrong must not fail the command that happened to be under way."""
    try:
        listener(*args)
    except Exception:
        log.exception("a metrics listener failed")
