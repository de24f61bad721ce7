"""One node as the client knows it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

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
_INDEX_TYPES: Final = (8, 1, 0, 0)
_PKI_USERS: Final = (8, 1, 0, 0)

Build = tuple[int, ...]


def parse_build(text: str) -> Build | None:
    """``8.1.2.0`` or ``8.1.2.0-rc1`` as four numbers; None if it is neither."""
    found = _BUILD.match(text)
    return None if found is None else tuple(int(part or 0) for part in found.groups())


class Place(NamedTuple):
    """Where a node can be reached."""

    host: str
    port: int
    tls_name: str | None = None
    """The name in the node's certificate; None for the host."""

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Node:
    """A node's name, address, build and links."""

    __slots__ = (
        "_authenticator",
        "_config",
        "_login_lock",
        "_login_place",
        "_runtime",
        "active",
        "address",
        "breaker",
        "build",
        "complaint",
        "failed_at",
        "failures",
        "features",
        "name",
        "partition_generation",
        "peers",
        "peers_generation",
        "place",
        "pool",
        "racks",
        "rebalance_generation",
        "session",
        "tend_link",
    )

    def __init__(
        self,
        runtime: Runtime,
        config: ClientConfig,
        authenticator: Authenticator,
        name: str,
        place: Place,
        build: Build,
        session: Session | None,
        login_place: Place | None = None,
    ) -> None:
        self._runtime = runtime
        self._config = config
        self._authenticator = authenticator
        self._login_lock = runtime.lock()
        self._login_place = login_place
        """Where to log in over TLS, if commands go in the clear."""
        self.name = name
        self.place = place
        self.address = str(place)
        self.build = build
        self.features = Features(
            error_details=build >= _ERROR_DETAILS, index_types=build >= _INDEX_TYPES, pki_users=build >= _PKI_USERS
        )
        self.session = session
        self.active = True
        self.failures = 0
        """Looks at the node that failed in a row."""
        self.failed_at = 0.0
        """When the last failure was counted."""
        self.complaint: str | None = None
        """Why the last of them failed."""
        self.peers: frozenset[str] = frozenset()
        """Names of the nodes that it knows."""
        self.peers_generation = ""
        self.partition_generation = ""
        self.rebalance_generation = ""
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
        link = await self._open(self.place, deadline, tls=self._login_place is None)
        if not self._authenticator.needed:
            return link
        try:
            await self._authenticate(link, deadline)
        except LinkFailure as failure:
            link.close()
            # Whatever was sent was the login, not the caller's request.
            failure.sent = False
            raise
        except BaseException:
            link.close()
            raise
        return link

    async def _open(self, place: Place, deadline: float | None, *, tls: bool) -> Link:
        seconds = self._config.connect_timeout / 1000
        if deadline is not None:
            left = deadline - self._runtime.now()
            if left <= 0:
                words = "the total timeout passed before a connection was open"
                raise LinkFailure(ResultCode.TIMEOUT, words, sent=False, charge=False)
            seconds = min(seconds, left)
        settings = self._config.tls
        context = settings.context if tls and settings is not None else None
        return await self._runtime.connect(place.host, place.port, seconds, context, place.tls_name)

    async def _authenticate(self, link: Link, deadline: float | None) -> None:
        """Log a link in; a crowd of links that finds the session over makes one login."""
        session = self.session
        if session is not None and await self._authenticator.present(link, session, deadline):
            return
        if not await self._login_lock.acquire(deadline):
            words = "the total timeout passed while another connection logged in"
            raise LinkFailure(ResultCode.TIMEOUT, words, sent=False, charge=False)
        try:
            fresh = self.session
            if fresh is not None and fresh is not session and await self._authenticator.present(link, fresh, deadline):
                return
            self.session = None
            if self._login_place is None:
                self.session = await self._authenticator.login(link, deadline)
                return
            await self._login_elsewhere(self._login_place, deadline)
            if self.session is not None and not await self._authenticator.present(link, self.session, deadline):
                words = "the node refused the session that it had just given"
                raise LinkFailure(ResultCode.NOT_AUTHENTICATED, words, sent=False)
        finally:
            self._login_lock.release()

    async def _login_elsewhere(self, place: Place, deadline: float | None) -> None:
        """Get a session over TLS for links in the clear."""
        link = await self._open(place, deadline, tls=True)
        try:
            self.session = await self._authenticator.login(link, deadline)
        except LinkFailure as failure:
            failure.sent = False
            raise
        finally:
            link.close()

    def restarted(self) -> None:
        """The node began anew under its old name: what was known of its state is void."""
        self.session = None
        self.breaker.forget()
        self.pool.reset()
        self.forget_generations()

    def forget_generations(self) -> None:
        """Make the next look fetch everything."""
        self.peers_generation = self.partition_generation = self.rebalance_generation = ""

    def close(self) -> None:
        """Stop using the node."""
        self.active = False
        self.pool.close()
        self.drop_tend_link()

    def drop_tend_link(self) -> None:
        """Close the link for looking at the node."""
        link, self.tend_link = self.tend_link, None
        if link is not None:
            link.close()

    def abandon(self) -> None:
        """Let go of every link in a child process."""
        self.active = False
        self.pool.abandon()
        link, self.tend_link = self.tend_link, None
        if link is not None:
            link.abandon()

    def __repr__(self) -> str:
        return f"Node({self.name} {self.address})"
