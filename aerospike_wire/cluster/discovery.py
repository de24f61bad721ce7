"""Finding out who is at an address, who its peers are and what it holds (protocol section 3.7)."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from aerospike_wire.cluster.login import LoginRefused
from aerospike_wire.cluster.node import OLDEST_BUILD, Node, parse_build
from aerospike_wire.cluster.partitions import Ownership, parse_replicas
from aerospike_wire.errors import ProtocolError, ResultCode, SeedFailure, Step
from aerospike_wire.proto import info
from aerospike_wire.proto.header import FrameType
from aerospike_wire.transport import Call, LinkFailure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aerospike_wire.cluster.login import Authenticator
    from aerospike_wire.config import ClientConfig, Seed
    from aerospike_wire.transport import Link, Runtime

USER_AGENT_VERSION: Final = 1


class StepFailed(Exception):
    """A step of the way to a node failed."""

    def __init__(self, step: Step, failure: LinkFailure) -> None:
        super().__init__(failure.message)
        self.step = step
        self.failure = failure


class Peer(NamedTuple):
    """A node that another node knows."""

    name: str
    addresses: tuple[tuple[str, int], ...]


class Discovery:
    """Asks nodes about themselves. Stateless but for what it was made with."""

    __slots__ = ("_authenticator", "_config", "_runtime", "_user_agent")

    def __init__(self, runtime: Runtime, config: ClientConfig, authenticator: Authenticator, user_agent: str) -> None:
        self._runtime = runtime
        self._config = config
        self._authenticator = authenticator
        self._user_agent = base64.b64encode(user_agent.encode()).decode()

    async def ask(self, link: Link, commands: Sequence[str]) -> dict[str, str]:
        """The values of info commands.

        Raises:
            LinkFailure: no answer, or one that makes no sense.
        """
        seconds = self._config.connect_timeout / 1000
        call = Call(info.request(commands), FrameType.INFO, None, self._runtime.now() + seconds, None)
        body = await link.exchange(call)
        try:
            rows = info.parse(body)
        except ProtocolError as error:
            link.close()
            raise LinkFailure(ResultCode.CLIENT, error.msg or "", sent=True) from error
        for name, value in rows:
            if not name:
                failed = info.error_of(value)
                code = ResultCode.CLIENT.value if failed is None else failed.code
                raise LinkFailure(code, value if failed is None else failed.message or value, sent=True)
        return dict(rows)

    async def resolve(self, seed: Seed) -> list[tuple[str, int]]:
        """A seed's addresses.

        Raises:
            StepFailed: its name cannot be resolved.
        """
        try:
            return await self._runtime.resolve(seed.host, seed.port, self._config.connect_timeout / 1000)
        except LinkFailure as failure:
            raise StepFailed(Step.RESOLVE, failure) from failure

    async def enter(self, host: str, port: int, expected: str | None = None) -> Node:
        """The node at an address, connected, logged in and fit to be used.

        Args:
            host: numeric address or name.
            port: its port.
            expected: the name that the node must have.

        Raises:
            StepFailed: one of the steps did.
        """
        step = Step.CONNECT
        link: Link | None = None
        try:
            link = await self._runtime.connect(host, port, self._config.connect_timeout / 1000)
            step = Step.LOGIN
            session = await self._authenticator.login(link) if self._authenticator.needed else None
            step = Step.INFO
            commands = ["node", "partition-generation", "build"]
            if self._config.cluster_name is not None:
                commands.append("cluster-name")
            answers = await self.ask(link, commands)
            name, build = answers.get("node", ""), parse_build(answers.get("build", ""))
            if not name or build is None:
                raise _unfit(f"it says it is node {name!r} with build {answers.get('build')!r}")
            if expected is not None and name != expected:
                raise _unfit(f"it is node {name}, expected {expected}")
            if build < OLDEST_BUILD:
                raise _unfit(f"its build {answers['build']} is older than {'.'.join(map(str, OLDEST_BUILD))}")
            if answers.get("partition-generation") == "-1":
                raise _unfit("it has not joined its cluster yet", ResultCode.CLUSTER)
            if self._config.cluster_name is not None:
                step = Step.CLUSTER_NAME
                found = answers.get("cluster-name")
                if found != self._config.cluster_name:
                    raise _unfit(f"its cluster is {found!r}, expected {self._config.cluster_name!r}")
            node = Node(self._runtime, self._config, self._authenticator, name, host, port, build, session)
            node.tend_link = link
            if node.takes_user_agent:
                step = Step.INFO
                await self.ask(link, [f"user-agent-set:value={self._user_agent}"])
            return node
        except LinkFailure as failure:
            if link is not None:
                link.close()
            if failure.code == ResultCode.TLS:
                step = Step.TLS
            raise StepFailed(step, failure) from failure
        except BaseException:
            if link is not None:
                link.close()
            raise

    async def link_of(self, node: Node) -> Link:
        """The node's link for looking at it, opened anew if it was lost.

        Raises:
            LinkFailure: it cannot be opened.
        """
        if node.tend_link is None or not node.tend_link.usable:
            node.tend_link = await node.connect(None)
            if node.takes_user_agent:
                await self.ask(node.tend_link, [f"user-agent-set:value={self._user_agent}"])
        return node.tend_link

    async def peers(self, node: Node) -> tuple[str, list[Peer]]:
        """The generation and list of a node's peers.

        Raises:
            LinkFailure: no answer, or one that makes no sense.
        """
        command = "peers-clear-alt" if self._config.use_services_alternate else "peers-clear-std"
        answers = await self.ask(await self.link_of(node), [command])
        try:
            return parse_peers(answers.get(command, ""))
        except ProtocolError as error:
            raise LinkFailure(ResultCode.CLIENT, error.msg or "", sent=True) from error

    async def holdings(self, node: Node) -> tuple[str, list[Ownership]]:
        """The generation of a node's partition map, and what it holds.

        Raises:
            LinkFailure: no answer, or one that makes no sense.
        """
        answers = await self.ask(await self.link_of(node), ["partition-generation", "replicas"])
        try:
            return answers.get("partition-generation", ""), parse_replicas(answers.get("replicas", ""))
        except ProtocolError as error:
            raise LinkFailure(ResultCode.CLIENT, error.msg or "", sent=True) from error


def _unfit(reason: str, code: int = ResultCode.CLIENT) -> LinkFailure:
    return LinkFailure(code, f"the node cannot be used: {reason}", sent=False)


def seed_failure(seed: Seed, address: str | None, failed: StepFailed, elapsed: float) -> SeedFailure:
    """A row for the error that lists all seeds."""
    failure = failed.failure
    message = f"{failure.message} (code {failure.code})" if isinstance(failure, LoginRefused) else failure.message
    return SeedFailure(str(seed), address, failed.step.value, int(failure.code), message, elapsed)


# An IPv6 literal has at least two colons; "[host:port]" is a list of one address.
# Counting them ahead keeps the time linear, whatever the text.
_PEER_TOKEN: Final = re.compile(r"\[(?=[^\[\]:]*:[^\[\]:]*:)[0-9A-Fa-f.:]+(?:%[^\[\],]+)?\]|[^\[\],]+|[\[\],]")


def parse_peers(value: str) -> tuple[str, list[Peer]]:
    """``generation,default port,[[name,tls name,[host:port,...]],...]`` (protocol section 3.5).

    Raises:
        ProtocolError: the text is not of that form.
    """
    head = value.split(",", 2)
    port = _port(head[1] or "3000") if len(head) == 3 and head[0].isascii() and head[0].isdigit() else None
    if port is None:
        msg = f"peers {value[:60]!r} are not generation,port,[...]"
        raise ProtocolError(msg)
    return head[0], _PeerReader(_PEER_TOKEN.findall(head[2]), port).peers()


def _port(text: str) -> int | None:
    """A port number, None if the text is none."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 5 else 0
    return number if 0 < number < 65536 else None


class _PeerReader:
    """Walks over the tokens of a peers value."""

    __slots__ = ("_at", "_port", "_tokens")

    def __init__(self, tokens: list[str], default_port: int) -> None:
        self._tokens = tokens
        self._at = 0
        self._port = default_port

    def peers(self) -> list[Peer]:
        found: list[Peer] = []
        self._expect("[")
        while not self._skip("]"):
            found.append(self._peer())
            self._skip(",")
        if self._at != len(self._tokens):
            msg = "peers are followed by other text"
            raise ProtocolError(msg)
        return found

    def _peer(self) -> Peer:
        self._expect("[")
        name = self._word()
        self._expect(",")
        if self._peek() != ",":
            self._word()  # the TLS name
        self._expect(",")
        if self._skip("]"):
            return Peer(name, ())  # departed
        self._expect("[")
        addresses = []
        while not self._skip("]"):
            addresses.append(self._address())
            self._skip(",")
        self._expect("]")
        return Peer(name, tuple(addresses))

    def _address(self) -> tuple[str, int]:
        word = self._word()
        if word.startswith("["):
            host, rest = word[1:-1], ""
            following = self._peek()
            if following is not None and following.startswith(":"):
                rest = self._word()[1:]
        else:
            host, _, rest = word.partition(":")
        port = _port(rest) if rest else self._port
        if port is None:
            msg = f"a peer's address has port {rest[:20]!r}"
            raise ProtocolError(msg)
        return host, port

    def _peek(self) -> str | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _word(self) -> str:
        token = self._peek()
        if token is None or token in {"[", "]", ","}:
            msg = f"peers have {token!r} where a name or address should be"
            raise ProtocolError(msg)
        self._at += 1
        return token

    def _skip(self, token: str) -> bool:
        if self._peek() == token:
            self._at += 1
            return True
        if self._peek() is None:
            msg = "peers are cut off"
            raise ProtocolError(msg)
        return False

    def _expect(self, token: str) -> None:
        if not self._skip(token):
            msg = f"peers have {self._peek()!r} where {token!r} should be"
            raise ProtocolError(msg)
