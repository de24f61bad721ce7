"""The story of a call, told once for both clients.

A command is checked, its node found, a link leased, bytes exchanged. If that fails, one
funnel looks at the code's row of facts and decides: does the connection stay, is the
request sent again, may a write have been applied, what is raised. Every failure takes
this way, whether a node said no, a socket died, time ran out or an argument was wrong.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

from aerospike_wire.cluster.replicas import choose, for_reading
from aerospike_wire.errors import (
    FACTS,
    Attempt,
    ConnectContext,
    ConnectionFate,
    ErrorMiddleware,
    ParamError,
    ProtocolError,
    ResultCode,
    Retry,
    is_in_doubt,
)
from aerospike_wire.policy import ReadModeSC, Replica
from aerospike_wire.pool import PIPELINE_DEPTH
from aerospike_wire.proto.commands.record import RecordCommand
from aerospike_wire.proto.invalid import InvalidArgument
from aerospike_wire.proto.keys import partition_id
from aerospike_wire.transport import SENT_NOTE, Call, LinkFailure
from aerospike_wire.trouble import REFUSALS, Trouble, as_trouble

if TYPE_CHECKING:
    from aerospike_wire.cluster.cluster import Cluster
    from aerospike_wire.cluster.node import Node
    from aerospike_wire.config import ClientConfig
    from aerospike_wire.errors import ErrorContext, Hook, HookMapping
    from aerospike_wire.policy import Policies, Policy
    from aerospike_wire.proto.commands.base import Command
    from aerospike_wire.transport import Link, Runtime

R = TypeVar("R")

_ROWS: Final = dict(FACTS)
_SEQUENCE: Final = Replica.SEQUENCE


class Core:
    """Executes commands for one client.

    Clients that are siblings share the cluster and have cores of their own.
    """

    __slots__ = ("_pipelined", "_tables", "cluster", "config", "errors", "now", "policies", "runtime", "wall")

    def __init__(self, runtime: Runtime, config: ClientConfig, cluster: Cluster, errors: ErrorMiddleware) -> None:
        self.runtime = runtime
        self.config = config
        self.cluster = cluster
        self.errors = errors
        self.policies: Policies = config.policies
        self.now = runtime.now
        self._pipelined = runtime.pipelined
        self._tables = cluster.partitions.tables
        self.wall = time.time

    def sibling(self, hook: Hook | HookMapping) -> Core:
        """A core on the same cluster whose errors pass through one more hook.

        Raises:
            ParamError: the hook is not acceptable.
        """
        return Core(self.runtime, self.config, self.cluster, self.errors.with_hook(hook))

    # Connecting

    async def connect(self) -> None:
        """Find the cluster.

        Raises:
            AerospikeError: no seed could be used; see ``context.seeds``.
        """
        started = self.runtime.now()
        try:
            await self.ensure_connected()
        except REFUSALS as error:
            trouble = as_trouble(error)
        else:
            return
        self.fail(trouble, [], started, ConnectContext("connect"), write=False)

    async def close(self) -> None:
        """Close every link."""
        await self.cluster.close()

    # One command on one node

    async def execute(self, command: Command[R], hook: Hook | HookMapping | None = None) -> R:
        """Carry a command out.

        Args:
            command: what to do.
            hook: one more error hook, for this call.

        Raises:
            AerospikeError: it failed; or whatever a hook put in the error's place.
        """
        started = begun = self.now()
        attempts: list[Attempt] = []
        errors: ErrorMiddleware | None = None
        cluster = self.cluster
        try:
            if hook is not None:
                errors = self.errors.with_hook(hook)
            policy = command.prepare(self.policies)
            if not cluster.connected:
                await self.ensure_connected()
        except REFUSALS as error:
            trouble = as_trouble(error)
        else:
            timing = policy.timing
            deadline = None if timing.total is None else started + timing.total
            while True:
                node: Node | None = None
                try:
                    node = self._route(command, policy, len(attempts))
                    if command.exclusive or not self._pipelined:
                        result = await self._alone(command, policy, node, deadline)
                    else:
                        link = node.pool.only
                        if link is None or not link.takes(PIPELINE_DEPTH):
                            link = await node.pool.lease_shared(deadline)
                        future = link.post(command.encode(node.features), begun, deadline, timing)
                        try:
                            body = await future
                        except LinkFailure:
                            raise
                        except BaseException as stopped:
                            if link.give_up(future) and command.write:
                                stopped.add_note(SENT_NOTE)
                            raise
                        try:
                            code = command.code(body)
                            result = (
                                command.decode(body, self.wall)
                                if code == 0
                                else self.refuse(code, command, body, link, node)
                            )
                        except ProtocolError as error:
                            self.distrust(error, link, node)
                    if started >= cluster.look_at:
                        cluster.look_soon()
                    return result
                except (LinkFailure, Trouble, InvalidArgument) as error:
                    trouble = as_trouble(error)
                attempts.append(self.attempt(trouble, node or trouble.node, begun))
                if not await self.again(trouble, node, policy, len(attempts), deadline):
                    break
                begun = self.now()
        self.fail(trouble, attempts, started, command.context(), write=command.write, errors=errors)

    async def ensure_connected(self) -> None:
        """Connect at the first call.

        Raises:
            Trouble: the client was closed.
            Unreachable: no seed could be used.
        """
        if not self.cluster.closed:
            await self.cluster.connect()
        if self.cluster.closed:
            raise Trouble(ResultCode.CLUSTER, "the client is closed")

    def _route(self, command: Command[Any], policy: Policy, attempt: int) -> Node:
        """The node for a command.

        Raises:
            Trouble: there is none, or its breaker is open.
        """
        if not isinstance(command, RecordCommand):
            found = self.cluster.any_node()
            if found is None:
                raise Trouble(ResultCode.CLUSTER, "no node of the cluster is connected")
            self.check_breaker(found)
            return found
        namespace, _, _, digest = command.key
        table = self._tables.get(namespace)
        if not attempt and table is not None and not table.strong and policy.replica is _SEQUENCE:  # type: ignore[attr-defined]  # record commands have one
            # What nearly always happens, without the calls that decide everything else.
            node: Node | None = table.columns[0][(digest[0] | digest[1] << 8) & 0x0FFF]
            if node is not None and node.active and not node.breaker.count:
                return node
        node = self.node_of(namespace, digest, policy, attempt, write=command.write)
        self.check_breaker(node)
        return node

    def check_breaker(self, node: Node) -> None:
        """Refuse a node that had too many errors.

        Raises:
            Trouble: it had.
        """
        breaker = node.breaker
        if breaker.is_open(self.runtime.now()):
            errors = f"{breaker.count} errors within {breaker.window:.1f} s"
            words = f"node {node.name} had {errors}, the limit is {breaker.limit}"
            raise Trouble(ResultCode.MAX_ERROR_RATE, words, node=node)

    def node_of(self, namespace: str, digest: bytes, policy: Policy, attempt: int, *, write: bool) -> Node:
        """The node of a record.

        Raises:
            Trouble: no node has the namespace, or none is active for the partition.
        """
        return self.node_of_partition(namespace, partition_id(digest), policy, attempt, write=write)

    def node_of_partition(self, namespace: str, pid: int, policy: Policy, attempt: int, *, write: bool) -> Node:
        """The node of a partition.

        Raises:
            Trouble: no node has the namespace, or none is active for the partition.
        """
        table = self.cluster.partitions.tables.get(namespace)
        if table is None:
            if not self.cluster.nodes:
                raise Trouble(ResultCode.CLUSTER, "no node of the cluster is connected")
            raise Trouble(ResultCode.NAMESPACE_NOT_FOUND, f"no node has a namespace {namespace!r}", final=True)
        replica: Replica = getattr(policy, "replica", Replica.SEQUENCE)
        if not write and table.strong:
            replica = for_reading(replica, getattr(policy, "read_mode_sc", ReadModeSC.SESSION), strong=True)
        node = choose(table.columns, pid, replica, attempt, write=write)
        if node is None:
            if self.cluster.closed:  # by another thread or task, after the call had begun
                raise Trouble(ResultCode.CLUSTER, "the client is closed", final=True)
            raise Trouble(ResultCode.INVALID_NODE, f"no active node is known for partition {pid} of {namespace!r}")
        return node

    async def _alone(self, command: Command[R], policy: Policy, node: Node, deadline: float | None) -> R:
        """Send a command once, on a link of its own, and read the answer.

        Raises:
            LinkFailure, Trouble: it did not succeed.
        """
        silence, _, drain = policy.timing
        request, collect = command.encode(node.features), command.collector()
        call = Call(request, command.frame_type, collect, deadline, silence, command.write, drain)
        pool = node.pool
        link = await pool.lease(deadline)
        keep = False
        try:
            body = await link.exchange(call)
            keep = True
            return self.read(command, body, link, node)
        finally:
            pool.give_back(link, keep=keep)

    def read(self, command: Command[R], body: bytes, link: Link, node: Node) -> R:
        """The result in an answer.

        Raises:
            Trouble: the answer is an error, or makes no sense.
        """
        try:
            code = command.code(body)
            if code == 0:
                return command.decode(body, self.wall)
            self.refuse(code, command, body, link, node)
        except ProtocolError as error:
            self.distrust(error, link, node)

    def refuse(self, code: int, command: Command[Any], body: bytes, link: Link, node: Node) -> NoReturn:
        """A node's "no": what becomes of the link is on the code's row.

        Raises:
            Trouble: always.
        """
        words = command.words(body)
        row = _ROWS.get(code)
        if row is not None and row.connection is ConnectionFate.CLOSE:
            node.pool.discard(link)
            if code in _SESSION_CODES:
                node.session = None
        raise Trouble(code, sent=True, answered=True, words=words)

    def distrust(self, error: ProtocolError, link: Link, node: Node) -> NoReturn:
        """An answer that makes no sense: nothing that follows on the link can be trusted.

        Raises:
            Trouble: always.
        """
        node.pool.discard(link)
        raise Trouble(ResultCode.CLIENT, error.msg, sent=True, cause=error) from error

    # The funnel

    def attempt(self, trouble: Trouble, node: Node | None, begun: float) -> Attempt:
        """The row of facts about a try that failed."""
        return Attempt(
            None if node is None else node.name,
            None if node is None else node.address,
            trouble.sent,
            trouble.answered,
            trouble.code,
            (self.runtime.now() - begun) * 1000,
            trouble.message or trouble.words.message,
        )

    async def again(
        self,
        trouble: Trouble,
        node: Node | None,
        policy: Policy,
        tries: int,
        deadline: float | None,
        *,
        retry_codes: frozenset[int] = frozenset(),
    ) -> bool:
        """Whether to send the request once more; sleeps as the policy says before it is.

        Args:
            trouble: what the last try ended with.
            node: the node of the last try, whose breaker counts it.
            policy: how often and after which pause.
            tries: how many there were.
            deadline: when the call must be over.
            retry_codes: codes that are worth another try besides those whose row says so.
        """
        if node is not None:
            node.breaker.record(trouble.code, self.runtime.now())
        if trouble.code in _LOOK_CODES:
            self.cluster.look_soon()
        row = _ROWS.get(trouble.code)
        worth = trouble.code in retry_codes or (row is not None and row.retry is Retry.AUTO)
        if trouble.final or not worth or tries > policy.max_retries or self.cluster.closed:
            return False
        pause = policy.sleep_between_retries / 1000
        if deadline is not None and self.runtime.now() + pause >= deadline:
            return False
        if pause:
            await self.runtime.sleep(pause)
        return True

    def error_of(
        self,
        trouble: Trouble,
        attempts: list[Attempt],
        elapsed: float,
        context: ErrorContext,
        *,
        write: bool,
        errors: ErrorMiddleware | None = None,
    ) -> BaseException:
        """The exception for a request that failed for good, after all hooks.

        Args:
            trouble: what the last try ended with.
            attempts: all tries.
            elapsed: milliseconds from the start of the call to its failure.
            context: the request.
            write: whether it could change data.
            errors: the middleware, if the call has hooks of its own.
        """
        if errors is None:
            errors = self.errors
        if trouble.seeds:
            request = None if isinstance(context, ConnectContext) else context
            context = ConnectContext(context.operation, context.policy, trouble.seeds, self.config.user, request)
            # Whatever reached a seed was not the caller's request, so none of these count as sent.
            attempts = [
                Attempt(None, row.address or row.seed, sent=False, answered=False, code=row.code,
                        elapsed=row.elapsed, message=row.message)
                for row in trouble.seeds
            ]  # fmt: skip
        error = errors.error(
            trouble.code,
            context,
            msg=trouble.message,
            in_doubt=is_in_doubt(attempts, write=write),
            attempts=attempts,
            elapsed=elapsed,
            subcode=trouble.words.subcode,
            server_message=trouble.words.message,
            hint=trouble.words.hint,
        )
        if isinstance(error, ParamError):
            error.argument = trouble.argument
        error.__cause__ = trouble.cause
        return errors.apply(error)

    def fail(
        self,
        trouble: Trouble,
        attempts: list[Attempt],
        started: float,
        context: ErrorContext,
        *,
        write: bool,
        errors: ErrorMiddleware | None = None,
    ) -> NoReturn:
        """Raise the exception for a request that failed for good: the one place that does."""
        elapsed = (self.now() - started) * 1000
        raise self.error_of(trouble, attempts, elapsed, context, write=write, errors=errors)


_SESSION_CODES: Final = frozenset({ResultCode.NOT_AUTHENTICATED, ResultCode.EXPIRED_SESSION})
_LOOK_CODES: Final = frozenset(
    {ResultCode.CLUSTER, ResultCode.CLUSTER_CHANGE, ResultCode.CONNECTION, ResultCode.INVALID_NODE}
)
"""Codes that suggest that the cluster is not what it was."""
