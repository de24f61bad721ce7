"""The state of one node, apart from sockets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from aerospike_wire.embedded.faults import Faults
from aerospike_wire.embedded.indexes import Indexes
from aerospike_wire.embedded.security import Security
from aerospike_wire.embedded.store import Clock, Namespace, NamespaceConfig
from aerospike_wire.embedded.udf import Modules

if TYPE_CHECKING:
    from collections.abc import Sequence

BUILD: Final = "8.1.2.0"
"""The server version whose behaviour the node has."""


@attrs.define
class Node:
    """Everything that a node knows; its handlers are functions over this."""

    name: str
    namespaces: dict[str, Namespace]
    address: tuple[str, int] = ("127.0.0.1", 0)
    """What the node tells clients to connect to."""
    build: str = BUILD
    compression: bool = False
    """Whether compressed requests are understood, and replies compressed for those who ask: an Enterprise feature."""
    cluster_name: str | None = None
    clock: Clock = attrs.field(factory=Clock)
    faults: Faults = attrs.field(factory=Faults)
    indexes: Indexes = attrs.field(factory=Indexes)
    modules: Modules = attrs.field(factory=Modules)
    security: Security = attrs.field(factory=Security)

    @classmethod
    def of(cls, name: str, namespaces: Sequence[NamespaceConfig]) -> Node:
        """A node with empty namespaces."""
        return cls(name, {config.name: Namespace(config) for config in namespaces})


@attrs.define
class Session:
    """One client connection, as the handlers see it."""

    peer: str = ""
    """``host:port`` of the client."""
    user: str | None = None
    """The user that logged in on this connection."""
    user_agent: str | None = None
    """What the client called itself, once it has."""
