"""Finding out who is at an address, who its peers are and what it holds (protocol section 3.7)."""

from __future__ import annotations

import base64
import ipaddress
from typing import TYPE_CHECKING, Final, TypeVar

from aerospike_wire.cluster.login import LoginRefused
from aerospike_wire.cluster.node import OLDEST_BUILD, Node, Place, parse_build
from aerospike_wire.cluster.partitions import Ownership, parse_replicas
from aerospike_wire.cluster.peers import Peer, parse_addresses, parse_peers, parse_racks
from aerospike_wire.deadline import earlier
from aerospike_wire.errors import ProtocolError, ResultCode, SeedFailure, Step
from aerospike_wire.proto import info
from aerospike_wire.proto.header import FrameType
from aerospike_wire.transport import Call, LinkFailure

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aerospike_wire.cluster.login import Authenticator, Session
    from aerospike_wire.cluster.node import Build
    from aerospike_wire.config import ClientConfig, Seed
    from aerospike_wire.transport import Link, Runtime

T = TypeVar("T")

USER_AGENT_VERSION: Final = 1


class StepFailed(Exception):
    """A step of the way to a node failed."""

    def __init__(self, step: Step, failure: LinkFailure) -> None:
        super().__init__(failure.message)
        self.step = step
        self.failure = failure


class Discovery:
    """Asks nodes about themselves. Stateless but for what it was made with."""

    __slots__ = ("_authenticator", "_config", "_peers_command", "_runtime", "_service_command", "_user_agent")

    def __init__(self, runtime: Runtime, config: ClientConfig, authenticator: Authenticator, user_agent: str) -> None:
        self._runtime = runtime
        self._config = config
        self._authenticator = authenticator
        self._user_agent = base64.b64encode(user_agent.encode()).decode()
        kind = "clear" if config.tls is None else "tls"
        which = "alt" if config.use_services_alternate else "std"
        self._peers_command = f"peers-{kind}-{which}"
        self._service_command = f"service-{kind}-{which}"

    def question(self, commands: Sequence[str], deadline: float | None = None) -> Call:
        """The request for the values of info commands."""
        limit = earlier(self._runtime.now() + self._config.connect_timeout / 1000, deadline)
        return Call(info.request(commands), FrameType.INFO, None, limit, None)

    async def ask(self, link: Link, commands: Sequence[str], deadline: float | None = None) -> dict[str, str]:
        """The values of info commands.

        Raises:
            LinkFailure: no answer, or one that makes no sense.
        """
        return self.values(link, await link.exchange(self.question(commands, deadline)))

    def values(self, link: Link, body: bytes) -> dict[str, str]:
        """The values in an answer.

        Raises:
            LinkFailure: it makes no sense, or is an error as a whole.
        """
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

    async def resolve(self, seed: Seed, deadline: float | None = None) -> list[tuple[str, int]]:
        """A seed's addresses.

        Raises:
            StepFailed: its name cannot be resolved.
        """
        seconds = self._config.connect_timeout / 1000
        if deadline is not None:
            seconds = max(0.0, min(seconds, deadline - self._runtime.now()))
        host = self._config.ip_map.get(seed.host, seed.host)
        try:
            return await self._runtime.resolve(host, seed.port, seconds)
        except LinkFailure as failure:
            raise StepFailed(Step.RESOLVE, failure) from failure

    async def enter(
        self, place: Place, expected: str | None = None, deadline: float | None = None, *, seed: bool = False
    ) -> Node:
        """The node at an address, connected, logged in and fit to be used.

        Args:
            place: where it is.
            expected: the name that the node must have.
            deadline: when the call that wants it must be over.
            seed: True if the address was given by the user. It may then be that of a load
                balancer, which is left for the node's own address where that can be reached.

        Raises:
            StepFailed: one of the steps did.
        """
        step = Step.CONNECT
        link: Link | None = None
        try:
            link = await self._connect(place, deadline)
            step = Step.LOGIN
            session = await self._authenticator.login(link, deadline) if self._authenticator.needed else None
            step = Step.INFO
            own = seed and not _is_loopback(place.host)
            commands = ["node", "partition-generation", "build"]
            if self._config.cluster_name is not None:
                commands.append("cluster-name")
            if own:
                commands.append(self._service_command)
            if self._login_only:
                commands.append(self._clear_service_command)
            answers = await self.ask(link, commands, deadline)
            name, build = self._check(answers, expected)
            if self._config.cluster_name is not None:
                step = Step.CLUSTER_NAME
                found = answers.get("cluster-name")
                if found != self._config.cluster_name:
                    raise _unfit(f"its cluster is {found!r}, expected {self._config.cluster_name!r}")
            step = Step.CONNECT
            addresses = self._addresses(answers.get(self._service_command, ""))
            if own and addresses and (place.host, place.port) not in addresses:
                direct = await self._behind(addresses, place, name, deadline)
                if direct is not None:
                    link.close()
                    return direct
            node = self._node(name, place, build, session, answers)
            if self._login_only:
                link.close()
                link = await node.connect(deadline)
            node.tend_link = link
            if node.takes_user_agent:
                step = Step.INFO
                await self.ask(link, [f"user-agent-set:value={self._user_agent}"], deadline)
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

    @staticmethod
    def _check(answers: dict[str, str], expected: str | None) -> tuple[str, Build]:
        """A node's name and build.

        Raises:
            LinkFailure: the node cannot be used.
        """
        name, build = answers.get("node", ""), parse_build(answers.get("build", ""))
        if not name or build is None:
            raise _unfit(f"it says it is node {name!r} with build {answers.get('build')!r}")
        if expected is not None and name != expected:
            raise _unfit(f"it is node {name}, expected {expected}")
        if build < OLDEST_BUILD:
            raise _unfit(f"its build {answers['build']} is older than {'.'.join(map(str, OLDEST_BUILD))}")
        if answers.get("partition-generation") == "-1":
            raise _unfit("it has not joined its cluster yet", ResultCode.CLUSTER)
        return name, build

    async def _connect(self, place: Place, deadline: float | None) -> Link:
        seconds = self._config.connect_timeout / 1000
        if deadline is not None:
            left = deadline - self._runtime.now()
            if left <= 0:
                words = "the total timeout passed before a connection was open"
                raise LinkFailure(ResultCode.TIMEOUT, words, sent=False, charge=False)
            seconds = min(seconds, left)
        context = None if self._config.tls is None else self._config.tls.context
        return await self._runtime.connect(place.host, place.port, seconds, context, place.tls_name)

    @property
    def _login_only(self) -> bool:
        return self._config.tls is not None and self._config.tls.for_login_only

    @property
    def _clear_service_command(self) -> str:
        return f"service-clear-{'alt' if self._config.use_services_alternate else 'std'}"

    def _addresses(self, value: str) -> list[tuple[str, int]]:
        """A node's own addresses, as this client sees them; none if the node has none to tell."""
        if info.error_of(value) is not None:
            return []
        return [(self._config.ip_map.get(host, host), port) for host, port in self._parsed(parse_addresses, value)]

    async def _behind(
        self, addresses: Sequence[tuple[str, int]], place: Place, name: str, deadline: float | None
    ) -> Node | None:
        """The node itself, if the place was a load balancer's; None if it can be reached only through that."""
        for host, port in addresses:
            try:
                return await self.enter(Place(host, port, place.tls_name), name, deadline)
            except StepFailed:
                continue
        return None

    def _node(self, name: str, place: Place, build: Build, session: Session | None, answers: dict[str, str]) -> Node:
        login_place = None
        if self._login_only:
            clear = self._addresses(answers.get(self._clear_service_command, ""))
            if not clear:
                raise _unfit("it names no address for connections without TLS")
            place, login_place = Place(*clear[0]), place
        return Node(self._runtime, self._config, self._authenticator, name, place, build, session, login_place)

    async def link_of(self, node: Node, deadline: float | None = None) -> Link:
        """The node's link for looking at it, opened anew if it was lost.

        Raises:
            LinkFailure: it cannot be opened.
        """
        if node.tend_link is None or not node.tend_link.usable or node.tend_link.load:
            node.drop_tend_link()
            link = await node.connect(deadline)
            if not node.active:  # meanwhile the client was closed
                link.close()
                raise LinkFailure(ResultCode.CONNECTION, "the node is not in use any more", sent=False)
            node.tend_link = link
            if node.takes_user_agent:
                await self.ask(link, [f"user-agent-set:value={self._user_agent}"], deadline)
        return node.tend_link

    async def peers(self, node: Node, deadline: float | None = None) -> tuple[str, list[Peer]]:
        """The generation and list of a node's peers, at addresses as this client sees them.

        Raises:
            LinkFailure: no answer, or one that makes no sense.
        """
        answers = await self.ask(await self.link_of(node, deadline), [self._peers_command], deadline)
        generation, peers = self._parsed(parse_peers, answers.get(self._peers_command, ""))
        ip_map = self._config.ip_map
        if ip_map:
            peers = [
                peer._replace(addresses=tuple((ip_map.get(host, host), port) for host, port in peer.addresses))
                for peer in peers
            ]
        return generation, peers

    async def holdings(self, node: Node, deadline: float | None = None) -> tuple[str, list[Ownership]]:
        """The generation of a node's partition map, and what it holds.

        Raises:
            LinkFailure: no answer, or one that makes no sense.
        """
        answers = await self.ask(await self.link_of(node, deadline), ["partition-generation", "replicas"], deadline)
        claims = self._parsed(parse_replicas, answers.get("replicas", ""))
        return answers.get("partition-generation", ""), claims

    async def racks(self, node: Node, deadline: float | None = None) -> tuple[str, dict[str, int]]:
        """The generation of a node's racks and its rack in each namespace; none where the server knows no racks.

        Raises:
            LinkFailure: no answer, or one that makes no sense.
        """
        link = await self.link_of(node, deadline)
        answers = await self.ask(link, ["rebalance-generation", "rack-ids"], deadline)
        value = answers.get("rack-ids", "")
        racks = {} if info.error_of(value) is not None else self._parsed(parse_racks, value)
        return answers.get("rebalance-generation", ""), racks

    @staticmethod
    def _parsed(parse: Callable[[str], T], value: str) -> T:
        try:
            return parse(value)
        except ProtocolError as error:
            raise LinkFailure(ResultCode.CLIENT, error.msg or "", sent=True) from error


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _unfit(reason: str, code: int = ResultCode.CLIENT) -> LinkFailure:
    return LinkFailure(code, f"the node cannot be used: {reason}", sent=False)


def seed_failure(seed: Seed, address: str | None, failed: StepFailed, elapsed: float) -> SeedFailure:
    """A row for the error that lists all seeds."""
    failure = failed.failure
    message = f"{failure.message} (code {failure.code})" if isinstance(failure, LoginRefused) else failure.message
    return SeedFailure(str(seed), address, failed.step.value, int(failure.code), message, elapsed)
