"""What is known of an attempt to connect: the seeds, and how far each one got."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import attrs

from aerospike_wire.errors.context import ErrorContext

if TYPE_CHECKING:
    from aerospike_wire.types import Key


class Step(enum.Enum):
    """How far the connection to a seed got."""

    RESOLVE = "resolving the host name"
    CONNECT = "connecting"
    TLS = "the TLS handshake"
    LOGIN = "logging in"
    INFO = "asking who it is"
    CLUSTER_NAME = "comparing the cluster name"
    PARTITIONS = "reading the partition map"


class SeedFailure(NamedTuple):
    """One seed that could not be used: the rows of ``error.context.seeds``."""

    seed: str
    """``host:port`` as configured."""
    address: str | None
    """The resolved address that was tried last."""
    step: str
    """What failed, a value of :class:`Step`."""
    code: int
    message: str
    elapsed: float = 0.0
    """Milliseconds that were spent on it."""


@attrs.frozen
class ConnectContext(ErrorContext):
    """Connecting to a cluster; the facts of the call that wanted it are those of this context too."""

    seeds: tuple[SeedFailure, ...] = ()
    user: str | None = None
    """The user that was to log in."""
    request: ErrorContext | None = None
    """The call that found no connection, None for ``connect()`` itself."""

    family: ClassVar[str] = "connect"

    @property
    def namespace(self) -> str | None:
        return None if self.request is None else self.request.namespace

    @property
    def set(self) -> str | None:
        return None if self.request is None else self.request.set

    @property
    def key(self) -> Key | None:
        return None if self.request is None else self.request.key

    @property
    def digest(self) -> bytes | None:
        return None if self.request is None else self.request.digest

    @property
    def bins(self) -> tuple[str, ...]:
        return () if self.request is None else self.request.bins

    @property
    def bin(self) -> str | None:
        return None if self.request is None else self.request.bin

    @property
    def index(self) -> str | None:
        return None if self.request is None else self.request.index

    @property
    def module(self) -> str | None:
        return None if self.request is None else self.request.module

    @property
    def function(self) -> str | None:
        return None if self.request is None else self.request.function

    @property
    def role(self) -> str | None:
        return None if self.request is None else self.request.role

    @property
    def transaction(self) -> int | None:
        return None if self.request is None else self.request.transaction

    def target(self) -> str:
        to = f"to {', '.join(dict.fromkeys(row.seed for row in self.seeds))}" if self.seeds else ""
        if self.request is None:
            return to
        return f"{self.request.target()}, connecting {to}".strip(", ")

    def redacted(self) -> ErrorContext:
        return self if self.request is None else attrs.evolve(self, request=self.request.redacted())
