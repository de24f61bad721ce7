"""Aerospike nodes in memory, speaking the real wire protocol, with faults on request; and a proxy with such faults."""

from __future__ import annotations

from aerospike_wire.embedded.cluster.cluster import EmbeddedCluster
from aerospike_wire.embedded.cluster.node import ClusterNode
from aerospike_wire.embedded.faults import Fault, Faults, Rule
from aerospike_wire.embedded.proxy.door import Door
from aerospike_wire.embedded.proxy.network import Network, NetworkFault, NetworkRule
from aerospike_wire.embedded.proxy.proxy import FaultProxy
from aerospike_wire.embedded.server import EmbeddedServer
from aerospike_wire.embedded.store import Clock, NamespaceConfig
from aerospike_wire.embedded.tls import NodeTLS

__all__ = [
    "Clock",
    "ClusterNode",
    "Door",
    "EmbeddedCluster",
    "EmbeddedServer",
    "Fault",
    "FaultProxy",
    "Faults",
    "NamespaceConfig",
    "Network",
    "NetworkFault",
    "NetworkRule",
    "NodeTLS",
    "Rule",
]
