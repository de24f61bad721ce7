"""The state of one node, apart from sockets."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import attrs

from aerospike_wire.embedded.edition import COMMUNITY, ENTERPRISE, Edition
from aerospike_wire.embedded.faults import Faults
from aerospike_wire.embedded.indexes import Indexes
from aerospike_wire.embedded.jobs import Jobs
from aerospike_wire.embedded.modules import Modules
from aerospike_wire.embedded.place import Place
from aerospike_wire.embedded.quotas import Rate
from aerospike_wire.embedded.security import Security
from aerospike_wire.embedded.store import Clock, Namespace, NamespaceConfig
from aerospike_wire.embedded.transactions.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Sequence

BUILD: Final = "8.1.2.0"
"""The server version whose behaviour the node has."""


MAX_NAME: Final = 16
"""Digits of a node id."""


def check_name(name: str) -> str:
    """The same name.

    Raises:
        ValueError: it is no node id.
    """
    if not isinstance(name, str) or not 0 < len(name) <= MAX_NAME or set(name) - set("0123456789ABCDEF"):
        msg = f"a node's name has 1 to {MAX_NAME} upper-case hexadecimal digits, not {name!r}"
        raise ValueError(msg)
    return name


@attrs.define
class Node:
    """Everything that a node knows; its handlers are functions over this."""

    name: str
    namespaces: dict[str, Namespace]
    address: tuple[str, int] = ("127.0.0.1", 0)
    """What the node tells clients to connect to."""
    alternate: tuple[str, int] | None = None
    """What it tells clients that ask for alternate addresses."""
    clear: bool = True
    """Whether it takes connections without TLS at its address."""
    tls_address: tuple[str, int] | None = None
    """What it tells clients to connect to with TLS, if it has that."""
    tls_name: str = ""
    """The name in its certificate."""
    build: str = BUILD
    enterprise: bool = False
    """Whether it does what an Enterprise node does; see :mod:`aerospike_wire.embedded.edition`."""
    compression: bool = False
    """Whether compressed requests are understood, and replies compressed for those who ask: an Enterprise feature."""
    cluster_name: str | None = None
    clock: Clock = attrs.field(factory=Clock)
    faults: Faults = attrs.field(factory=Faults)
    indexes: Indexes = attrs.field(factory=Indexes)
    modules: Modules = attrs.field(factory=Modules)
    jobs: Jobs = attrs.field(factory=Jobs)
    security: Security = attrs.field(factory=Security)
    connections: Counter[str] = attrs.field(factory=Counter)
    """Connections by the user that logged in on them."""
    rates: dict[str, tuple[Rate, Rate]] = attrs.field(factory=dict)
    """What users read and write, for their quotas, which hold at each node."""
    settings: dict[str, int] = attrs.field(factory=dict)
    """Settings of the service that were changed."""
    log_levels: dict[str, str] = attrs.field(factory=dict)
    """Levels of the log that were changed."""
    xdr_filters: dict[tuple[str, str], str] = attrs.field(factory=dict)
    """Expressions by datacenter and namespace; nothing is shipped anywhere."""
    place: Place = attrs.field(init=False, repr=False, eq=False)
    """The node's part in its cluster."""
    paused: bool = attrs.field(default=False, init=False)
    """Whether it has been stopped: it reads nothing and says nothing."""
    lag: float = attrs.field(default=0.0, init=False)
    """Seconds that each request waits before the node looks at it."""

    @place.default
    def _alone(self) -> Place:
        return Place(self)

    @property
    def edition(self) -> Edition:
        """What it has, and what it refuses."""
        return ENTERPRISE if self.enterprise else COMMUNITY

    def rates_of(self, user: str) -> tuple[Rate, Rate]:
        """What a user reads and writes here."""
        return self.rates.setdefault(user, (Rate(), Rate()))

    def renew(self, other: Node) -> None:
        """Take over what another node knows; addresses, connections, faults and the clock stay."""
        self.jobs.abort_all()
        for name in _KNOWLEDGE:
            setattr(self, name, getattr(other, name))

    @classmethod
    def of(cls, name: str, namespaces: Sequence[NamespaceConfig], *, enterprise: bool = False) -> Node:
        """A node with empty namespaces.

        Raises:
            ValueError: a namespace is strongly consistent, and the node is no Enterprise one.
        """
        strong = [config.name for config in namespaces if config.strong]
        if strong and not (ENTERPRISE if enterprise else COMMUNITY).strong_consistency:
            msg = f"strong consistency, as of namespace {strong[0]}, needs an Enterprise node"
            raise ValueError(msg)
        made = {
            config.name: Namespace(config, enterprise=enterprise, ledger=Ledger() if config.strong else None)
            for config in namespaces
        }
        return cls(name, made, enterprise=enterprise)


_KNOWLEDGE: Final = (
    "namespaces",
    "cluster_name",
    "compression",
    "indexes",
    "modules",
    "jobs",
    "security",
    "rates",
    "settings",
    "log_levels",
    "xdr_filters",
)
"""What is gone if a node forgets everything."""


@attrs.define
class Session:
    """One client connection, as the handlers see it."""

    peer: str = ""
    """``host:port`` of the client."""
    user: str | None = None
    """The user that logged in on this connection."""
    certified: str | None = None
    """Whom the client's certificate names, if it showed one."""
    user_agent: str | None = None
    """What the client called itself, once it has."""
