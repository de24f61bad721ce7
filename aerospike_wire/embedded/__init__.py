"""An Aerospike node in memory, speaking the real wire protocol, with faults on request."""

from __future__ import annotations

from aerospike_wire.embedded.cluster.cluster import EmbeddedCluster
from aerospike_wire.embedded.cluster.node import ClusterNode
from aerospike_wire.embedded.faults import Fault, Faults, Rule
from aerospike_wire.embedded.server import EmbeddedServer
from aerospike_wire.embedded.store import Clock, NamespaceConfig
from aerospike_wire.embedded.tls import NodeTLS

__all__ = [
    "Clock",
    "ClusterNode",
    "EmbeddedCluster",
    "EmbeddedServer",
    "Fault",
    "Faults",
    "NamespaceConfig",
    "NodeTLS",
    "Rule",
]
