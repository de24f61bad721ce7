"""Snapshots of what a client has counted and measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

import attrs

from aerospike_wire.metrics.histogram import Histogram, Latency

if TYPE_CHECKING:
    from collections.abc import Mapping

K = TypeVar("K")

_KINDS: Final = frozenset(kind.value for kind in Latency)


def _less(now: Mapping[K, int], before: Mapping[K, int]) -> dict[K, int]:
    found = {key: count - before.get(key, 0) for key, count in now.items()}
    return {key: count for key, count in found.items() if count}


@attrs.frozen
class ConnectionStats:
    """The connections to one node."""

    in_use: int
    """Serve a call right now; for shared ones that is: have requests under way."""
    in_pool: int
    """Are open and idle."""
    opened: int
    """Were opened since the client first met the node."""
    closed: int
    """Were closed since then."""
    requests: int = 0
    """Requests under way on all of them."""

    @property
    def open(self) -> int:
        """Those in use and those in the pool."""
        return self.in_use + self.in_pool

    def __sub__(self, earlier: ConnectionStats) -> ConnectionStats:
        """The same with totals since an earlier state."""
        return attrs.evolve(self, opened=self.opened - earlier.opened, closed=self.closed - earlier.closed)


@attrs.frozen
class NamespaceMetrics:
    """The latencies of one namespace on one node."""

    ns: str
    """The namespace; empty for work that is about none."""
    latencies: Mapping[Latency, Histogram]

    def __getattr__(self, name: str) -> list[int]:
        """``read_latency``, ``write_latency`` and so on, as lists, for code written for the official client."""
        kind, _, rest = name.partition("_")
        if rest != "latency" or kind not in _KINDS:
            raise AttributeError(name)
        found = self.latencies.get(Latency(kind))
        return [] if found is None else list(found.counts)

    def __sub__(self, earlier: NamespaceMetrics) -> NamespaceMetrics:
        """What came after an earlier state."""
        before = earlier.latencies
        return attrs.evolve(
            self,
            latencies={kind: now - before[kind] if kind in before else now for kind, now in self.latencies.items()},
        )


@attrs.frozen
class NodeStats:
    """One node as the client has met it."""

    name: str
    address: str
    """The host."""
    port: int
    conns: ConnectionStats
    error_count: int
    """Tries that failed, missing and filtered-out records apart."""
    timeout_count: int
    """Those of them that took too long."""
    key_busy_count: int
    """Those of them that met a busy key (14)."""
    metrics: tuple[NamespaceMetrics, ...] = ()
    """Empty as long as metrics were not enabled."""

    def __sub__(self, earlier: NodeStats) -> NodeStats:
        """What came after an earlier state."""
        before = {found.ns: found for found in earlier.metrics}
        return attrs.evolve(
            self,
            conns=self.conns - earlier.conns,
            error_count=self.error_count - earlier.error_count,
            timeout_count=self.timeout_count - earlier.timeout_count,
            key_busy_count=self.key_busy_count - earlier.key_busy_count,
            metrics=tuple(found - before[found.ns] if found.ns in before else found for found in self.metrics),
        )


@attrs.frozen
class ClientStats:
    """Everything that a client and its siblings have counted since it was made."""

    time: float
    """When this was taken, in seconds since the Unix epoch."""
    seconds: float
    """How long the counting has taken: since the client was made, or between the two states of a difference."""
    cluster_name: str | None
    app_id: str
    labels: Mapping[str, str]
    enabled: bool
    """Whether commands and latencies are measured."""
    command_count: int
    """Commands that succeeded while metrics were enabled: calls, and parts of batches and queries."""
    retry_count: int
    """Tries after the first."""
    error_count: int
    """Calls that raised."""
    timeout_count: int
    """Those of them that raised TimeoutError."""
    in_doubt_count: int
    """Calls and rows of batches that failed and may have been applied all the same."""
    errors: Mapping[str, int]
    """Calls that raised, by class; the class before hooks replaced it."""
    codes: Mapping[int, int]
    """The same by result code."""
    rows: Mapping[int, int]
    """Rows of batches that failed, by result code; missing and filtered-out records apart."""
    nodes: tuple[NodeStats, ...]
    """The nodes that are in use now."""

    def __sub__(self, earlier: ClientStats) -> Self:
        """What came after an earlier state of the same client."""
        before = {node.name: node for node in earlier.nodes}
        return attrs.evolve(
            self,
            seconds=self.time - earlier.time,
            command_count=self.command_count - earlier.command_count,
            retry_count=self.retry_count - earlier.retry_count,
            error_count=self.error_count - earlier.error_count,
            timeout_count=self.timeout_count - earlier.timeout_count,
            in_doubt_count=self.in_doubt_count - earlier.in_doubt_count,
            errors=_less(self.errors, earlier.errors),
            codes=_less(self.codes, earlier.codes),
            rows=_less(self.rows, earlier.rows),
            nodes=tuple(node - before[node.name] if node.name in before else node for node in self.nodes),
        )

    def latency(self, kind: Latency | str) -> Histogram | None:
        """The latencies of one kind of work, of all nodes and namespaces together; None if there are none."""
        total: Histogram | None = None
        for node in self.nodes:
            for metrics in node.metrics:
                found = metrics.latencies.get(Latency(kind))
                if found is not None:
                    total = found if total is None else total + found
        return total

    def to_dict(self) -> dict[str, Any]:
        """The same as values that JSON can hold; codes as text, histograms as their buckets by name."""
        found: dict[str, Any] = attrs.asdict(self, recurse=False)
        found["labels"] = dict(self.labels)
        found["errors"] = dict(self.errors)
        found["codes"] = {str(code): count for code, count in self.codes.items()}
        found["rows"] = {str(code): count for code, count in self.rows.items()}
        found["nodes"] = [_node_as_dict(node) for node in self.nodes]
        return found


def _node_as_dict(node: NodeStats) -> dict[str, Any]:
    found: dict[str, Any] = attrs.asdict(node, recurse=False)
    found["conns"] = attrs.asdict(node.conns)
    found["metrics"] = [
        {"ns": metrics.ns, "latencies": {kind.value: dict(counts.rows()) for kind, counts in metrics.latencies.items()}}
        for metrics in node.metrics
    ]
    return found
