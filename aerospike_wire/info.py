"""What nodes tell of themselves, read: the answers of the ``info_*`` and ``index_*`` calls.

Whatever a server says beyond the fields of a class is in its ``values``, so that nothing of
a newer server is lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, TypedDict

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping

Value: TypeAlias = int | float | bool | str
"""``12``, ``0.5``, ``true``, and whatever else, as text."""


class NodeName(TypedDict):
    """A node's name and address, in the official client's form."""

    address: str
    port: int
    node_name: str


class ModuleInfo(TypedDict):
    """A registered Lua module, in the official client's form."""

    name: str
    """Its file name."""
    hash: bytes
    """SHA-1 of what the server keeps of it, not of its text alone; 40 hexadecimal digits."""
    type: int
    """0, Lua."""
    content: bytes
    """Empty; ``udf_get`` gives the text."""


@attrs.frozen
class NodeInfo:
    """A node of the cluster."""

    name: str
    address: str
    """``host:port`` that this client uses."""
    build: str
    """The server's version: ``8.1.2.0``."""
    edition: str
    """``Aerospike Community Edition``, ``Aerospike Enterprise Edition``, ..."""
    cluster_name: str | None
    features: frozenset[str]
    """Names of what the server can do: ``"pquery"``, ``"sindex-exists"``, ..."""

    @property
    def enterprise(self) -> bool:
        """True if the node has security, transactions, compression and the like."""
        return "enterprise" in self.edition.lower() or "federal" in self.edition.lower()


@attrs.frozen
class NodeStatistics:
    """A node's own numbers."""

    node: str
    cluster_size: int
    cluster_key: str
    uptime: int
    """Seconds."""
    objects: int
    """Records, copies of other nodes' included."""
    tombstones: int
    client_connections: int
    migrate_partitions_remaining: int
    """Partitions that still have to move before the cluster is as it should be."""
    values: Mapping[str, Value] = attrs.field(repr=False)
    """Everything, by the server's names."""


@attrs.frozen
class NamespaceInfo:
    """A namespace, over all nodes."""

    name: str
    objects: int
    """Records, each counted once."""
    tombstones: int
    """Deleted records that are remembered, each counted once."""
    replication_factor: int
    strong_consistency: bool
    default_ttl: int
    """Seconds, 0 for never."""
    nsup_period: int
    """Seconds between two searches for expired records; 0 if records cannot expire."""
    stop_writes: bool
    """True if any node takes no more writes."""
    data_used_bytes: int
    """Of all nodes."""
    nodes: Mapping[str, Mapping[str, Value]] = attrs.field(repr=False)
    """Everything that each node says, by the server's names."""


@attrs.frozen
class SetInfo:
    """A set, over all nodes."""

    namespace: str
    name: str
    objects: int
    """Records, copies included: each counts as often as the namespace is replicated."""
    tombstones: int
    """Deleted records that are remembered, copies included."""
    data_used_bytes: int
    """Copies included; 0 where servers do not tell."""
    truncate_lut: int
    """Milliseconds since 2010 before which records were truncated; 0 for never."""
    sindexes: int
    """Secondary indexes on the set."""
    nodes: Mapping[str, Mapping[str, Value]] = attrs.field(repr=False)
    """Everything that each node says, by the server's names."""


@attrs.frozen
class IndexInfo:
    """A secondary index."""

    name: str
    namespace: str
    set: str | None
    """None for an index over all sets."""
    bin: str | None
    """None for an index of an expression or of a set."""
    datatype: str | None
    """``"numeric"``, ``"string"``, ``"blob"`` or ``"geo2dsphere"``; None for an index of a set."""
    index_type: str
    """``"default"``, ``"list"``, ``"mapkeys"``, ``"mapvalues"`` or ``"set"``."""
    context: str | None
    """Base64 of the path to what is indexed inside the bin; older servers write it for people."""
    expression: str | None
    """Base64 of the expression whose value is indexed."""
    state: str | None
    """``"RW"`` once the node can use it, ``"WO"`` while it is built."""
    values: Mapping[str, Value] = attrs.field(repr=False)
    """Everything, by the server's names."""


@attrs.frozen
class IndexStatistics:
    """How far an index is, over all nodes."""

    namespace: str
    name: str
    load_pct: int
    """Percent built, of the slowest node: 100 once queries can use it everywhere."""
    entries: int
    """Values in the index, copies included."""
    used_bytes: int
    nodes: Mapping[str, Mapping[str, Value]] = attrs.field(repr=False)
    """Everything that each node says, by the server's names."""

    @property
    def ready(self) -> bool:
        """True once every node can use it."""
        return self.load_pct >= 100
