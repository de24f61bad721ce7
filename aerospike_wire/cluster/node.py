"""One node as the client knows it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from aerospike_wire.cluster.breaker import Breaker
from aerospike_wire.errors import ResultCode
from aerospike_wire.pool import Pool
from aerospike_wire.proto.commands.base import Features
from aerospike_wire.transport import LinkFailure

if TYPE_CHECKING:
    from aerospike_wire.cluster.login import Authenticator, Session
    from aerospike_wire.config import ClientConfig
    from aerospike_wire.transport import Link, Runtime

_BUILD: Final = re.compile(r"(\d+)\.(\d+)\.(\d+)(?:\.(\d+))?")
OLDEST_BUILD: Final = (4, 9, 0, 3)
"""The first build with the partition scans that every query uses."""
_ERROR_DETAILS: Final = (8, 1, 3, 0)
_USER_AGENT: Final = (8, 1, 0, 0)

Build = tuple[int, ...]


def parse_build(text: str) -> Build | None:
    """``8.1.2.0`` or ``8.1.2.0-rc1`` as four numbers; None if it is neither."""
    found = _BUILD.match(text)
    return None if found is None else tuple(int(part or 0) for part in found.groups())


class Node:
    """A node's name, address, build and links."""

    __slots__ = (
        "_authenticator",
        "_config",
        "_runtime",
        "active",
        "address",
        "breaker",
        "build",
        "complaint",
        "failures",
        "features",
        "host",
        "name",
        "partition_generation",
        "peers_generation",
        "pool",
        "port",
        "racks",
        "session",
        "tend_link",
    )

    def __init__(
        self,
        runtime: Runtime,
        config: ClientConfig,
        authenticator: Authenticator,
        name: str,
        host: str,
        port: int,
        build: Build,
        session: Session | None,
    ) -> None:
        self._runtime = runtime
        self._config = config
        self._authenticator = authenticator
        self.name = name
        self.host = host
        self.port = port
        self.address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self.build = build
        self.features = Features(error_details=build >= _ERROR_DETAILS)
        self.session = session
        self.active = True
        self.failures = 0
        """Looks at the node that failed in a row."""
        self.complaint: str | None = None
        """Why the last of them failed."""
        self.peers_generation = ""
        self.partition_generation = ""
        self.racks: dict[str, int] = {}
        """The node's rack in each namespace."""
        self.tend_link: Link | None = None
        """A link of its own for looking at the node, so that it never waits behind commands."""
        self.pool = Pool(runtime, self.connect, config.pool)
        self.breaker = Breaker(config.max_error_rate, config.error_rate_window * config.tend_interval / 1000)

    @property
    def takes_user_agent(self) -> bool:
        """True if the node wants to be told which client this is."""
        return self.build >= _USER_AGENT

    async def connect(self, deadline: float | None) -> Link:
        """A new link, logged in.

        Raises:
            LinkFailure: it could not be opened or logged in.
        """
        seconds = self._config.connect_timeout / 1000
        if deadline is not None:
            left = deadline - self._runtime.now()
            if left <= 0:
                words = "the total timeout passed before a connection was open"
                raise LinkFailure(ResultCode.TIMEOUT, words, sent=False)
            seconds = min(seconds, left)
        link = await self._runtime.connect(self.host, self.port, seconds)
        if self._authenticator.needed:
            try:
                self.session = await self._authenticator.authenticate(link, self.session)
            except LinkFailure as failure:
                link.close()
                # Whatever was sent was the login, not the caller's request.
                failure.sent = False
                raise
            except BaseException:
                link.close()
                raise
        return link

    def close(self) -> None:
        """Stop using the node."""
        self.active = False
        self.pool.close()
        if self.tend_link is not None:
            self.tend_link.close()
            self.tend_link = None

    def __repr__(self) -> str:
        return f"Node({self.name} {self.address})"
