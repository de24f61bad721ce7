"""``aerospike_helpers.metrics``: settings of a client's metrics, and what they tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class ConnectionStats:
    """Connections to one node. Counts are from the client's start on."""

    in_use: int
    in_pool: int
    opened: int
    closed: int
    recovered: int
    aborted: int


class NamespaceMetrics:
    """What one node did for one namespace. Latencies are counts, one for each column of the histogram.

    Failures are counted by node here: they stand with the namespace whose name is empty. Bytes
    are not counted: they are 0.
    """

    ns: str
    bytes_in: int
    bytes_out: int
    error_count: int
    timeout_count: int
    key_busy_count: int
    conn_latency: list[int]
    write_latency: list[int]
    read_latency: list[int]
    batch_latency: list[int]
    query_latency: list[int]


class Node:
    """A node and its metrics."""

    name: str
    address: str
    port: int
    conns: ConnectionStats
    metrics: list[NamespaceMetrics]


class Cluster:
    """All nodes and their metrics."""

    cluster_name: str | None
    app_id: str
    invalid_node_count: int
    command_count: int
    retry_count: int
    nodes: list[Node]


class NodeStats:
    """A node and its counts."""

    name: str
    address: str
    port: int
    conns: ConnectionStats
    error_count: int
    timeout_count: int
    key_busy_count: int


class ClusterStats:
    """All nodes and their counts."""

    nodes: list[NodeStats]
    retry_count: int
    thread_pool_queued_tasks: int
    recover_queue_size: int


class MetricsListeners:
    """Functions that metrics are handed to."""

    def __init__(
        self,
        enable_listener: Callable[[], None],
        snapshot_listener: Callable[[Cluster], None],
        node_close_listener: Callable[[Node], None],
        disable_listener: Callable[[Cluster], None],
    ) -> None:
        self.enable_listener = enable_listener
        self.snapshot_listener = snapshot_listener
        self.node_close_listener = node_close_listener
        self.disable_listener = disable_listener


class MetricsPolicy:
    """Which metrics are gathered, and where they go."""

    def __init__(
        self,
        metrics_listeners: MetricsListeners | None = None,
        report_dir: str = ".",
        report_size_limit: int = 0,
        interval: int = 30,
        latency_columns: int = 7,
        latency_shift: int = 1,
        labels: Mapping[str, str] | None = None,
    ) -> None:
        self.metrics_listeners = metrics_listeners
        self.report_dir = report_dir
        self.report_size_limit = report_size_limit
        self.interval = interval
        self.latency_columns = latency_columns
        self.latency_shift = latency_shift
        self.labels = {} if labels is None else labels


__all__ = [
    "Cluster",
    "ClusterStats",
    "ConnectionStats",
    "MetricsListeners",
    "MetricsPolicy",
    "NamespaceMetrics",
    "Node",
    "NodeStats",
]
