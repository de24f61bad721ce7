"""What a client counts and measures, as data.

Failures, retries, doubts and connections are always counted, because they are rare.
Latencies and commands are measured between ``client.enable_metrics()`` and
``client.disable_metrics()``. ``client.stats()`` gives everything at any time; a listener
gets the same at intervals.
"""

from __future__ import annotations

from aerospike_wire.metrics.histogram import Histogram, Latency
from aerospike_wire.metrics.policy import MetricsListeners, MetricsPolicy
from aerospike_wire.metrics.stats import ClientStats, ConnectionStats, NamespaceMetrics, NodeStats

__all__ = [
    "ClientStats",
    "ConnectionStats",
    "Histogram",
    "Latency",
    "MetricsListeners",
    "MetricsPolicy",
    "NamespaceMetrics",
    "NodeStats",
]
