"""Carries out the catalogue: nodes, clients, and what became of each provocation."""

from __future__ import annotations

import contextlib
import importlib.util
from typing import TYPE_CHECKING, Any, Final, Self

import attrs

from aerospike_wire.demo.catalogue import ANN, CATALOGUE, Provocation, connect
from aerospike_wire.demo.sides import SIDES, Side
from aerospike_wire.demo.source import Said, Text
from aerospike_wire.embedded import EmbeddedServer
from aerospike_wire.errors import AerospikeError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

_NAMESPACES = ("test", "eternal,ttl=off", "tiny,max-record-size=4096")
_USERS: Final[dict[str, tuple[str | None, tuple[str, ...]]]] = {
    "admin": ("admin-secret", ("user-admin",)),
    "reader": ("reader-secret", ("read",)),
    "robot": (None, ("read",)),  # who has a certificate instead
}


@attrs.frozen
class Outcome:
    """What became of one provocation with one client."""

    provocation: Provocation
    client: str
    """Name of the client's class."""
    call: str
    """The call as source text."""
    fault: str | None
    """How the node was told to fail, as source text."""
    error: BaseException | None
    """What was raised, None if nothing was."""

    @property
    def raised(self) -> bool:
        """True if exactly the expected class was raised."""
        return type(self.error).__name__ == self.provocation.exception and isinstance(self.error, AerospikeError)


def play() -> list[Outcome]:
    """Make every provocation of the catalogue with both clients."""
    chosen = choose(CATALOGUE)
    with contextlib.ExitStack() as stack:
        open_node = stack.enter_context(EmbeddedServer(namespaces=_NAMESPACES))
        # Without bcrypt nobody can log in, so that node then has no users.
        users = _USERS if _installed("bcrypt") else {}
        secured = stack.enter_context(EmbeddedServer(namespaces=_NAMESPACES, users=users))
        outcomes = []
        for side in SIDES:
            outcomes += side.run(_play(side, chosen, open_node, secured))
        return outcomes


def choose(catalogue: Sequence[Provocation]) -> list[Provocation]:
    """The first provocation of each class that can be made here, and those made besides."""
    chosen = []
    settled: set[str] = set()
    for provocation in catalogue:
        if provocation.needs is not None and not _installed(provocation.needs):
            continue
        if not provocation.more:
            if provocation.exception in settled:
                continue
            settled.add(provocation.exception)
        chosen.append(provocation)
    return chosen


def _installed(library: str) -> bool:
    return importlib.util.find_spec(library) is not None


async def _play(
    side: Side, chosen: Sequence[Provocation], open_node: EmbeddedServer, secured: EmbeddedServer
) -> list[Outcome]:
    async with _Clients(side, open_node, secured) as clients:
        client = clients.of(Provocation(exception="", call=_prepare))
        await _prepare(client)
        return [await _provoke(side, clients, provocation) for provocation in chosen]


async def _prepare(client: Any) -> None:
    await client.put(ANN, {"age": 41, "name": "Ann"})


async def _provoke(side: Side, clients: _Clients, provocation: Provocation) -> Outcome:
    node = clients.node_of(provocation)
    client = clients.of(provocation)
    error: BaseException | None = None
    try:
        async with contextlib.AsyncExitStack() as stack:
            if provocation.secured and provocation.call is not connect:
                await connect(client)  # a login may take longer than calls have time
            if provocation.before is not None:
                await provocation.before(client)
            if provocation.faults is not None:
                provocation.faults(node.faults)
                stack.callback(node.faults.clear)
            beside = provocation.beside
            if beside is not None:
                await stack.enter_async_context(
                    side.beside(lambda: beside(client), lambda: any(rule.hits for rule in node.faults.rules))
                )
                stack.callback(node.faults.clear)  # first, so that what runs beside comes to its end
            await provocation.call(client)
    except Exception as raised:  # noqa: BLE001  whatever it is, it is the outcome
        error = raised
    fault = None
    if provocation.faults is not None:
        fault = provocation.faults(Text("server.faults")).text
    return Outcome(provocation, side.name, _call_text(side, provocation), fault, error)


def _call_text(side: Side, provocation: Provocation) -> str:
    name = "client"
    if provocation.hosts is not None or provocation.settings or provocation.secured:
        hosts = provocation.hosts or Text("secured.address" if provocation.secured else "server.address")
        name = Text(side.name)(hosts, **provocation.settings).text
    try:
        provocation.call(Text(name)).send(None)
    except Said as said:
        return f"{side.prefix}{said.text}"
    msg = f"{provocation.call.__name__} makes no call"
    raise RuntimeError(msg)


class _Clients:
    """The clients of one side, one for each way to connect; closed in the end."""

    def __init__(self, side: Side, open_node: EmbeddedServer, secured: EmbeddedServer) -> None:
        self._side = side
        self._nodes = {False: open_node, True: secured}
        self._made: dict[str, Any] = {}

    def node_of(self, provocation: Provocation) -> EmbeddedServer:
        """The node that a provocation is for."""
        return self._nodes[provocation.secured]

    def of(self, provocation: Provocation) -> Any:
        """The client for a provocation."""
        hosts = provocation.hosts or self.node_of(provocation).address
        which = f"{hosts} {sorted(provocation.settings.items())}"
        if which not in self._made:
            self._made[which] = self._side.client(hosts, provocation.settings)
        return self._made[which]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for client in self._made.values():
            await client.close()
