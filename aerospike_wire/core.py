"""The story of a call, told once for both clients.

A command is checked, its node found, a link leased, bytes exchanged. If that fails, one
funnel looks at the code's row of facts and decides: does the connection stay, is the
request sent again, may a write have been applied, what is raised. Every failure takes
this way, whether a node said no, a socket died, time ran out or an argument was wrong.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

from aerospike_wire.cluster.routing import Router
from aerospike_wire.deadline import bound, earlier
from aerospike_wire.errors import (
    FACTS,
    AdminError,
    Attempt,
    ConnectContext,
    ConnectionFate,
    ErrorMiddleware,
    MaxErrorRateExceeded,
    ParamError,
    ProtocolError,
    ResultCode,
    Retry,
    is_in_doubt,
)
from aerospike_wire.errors.attempt import attempt_of
from aerospike_wire.pool import PIPELINE_DEPTH
from aerospike_wire.proto.commands.base import RESULT_OFFSET
from aerospike_wire.proto.header import MESSAGE_HEADER_SIZE
from aerospike_wire.proto.invalid import InvalidArgument, Unreadable
from aerospike_wire.proto.keys import partition_id
from aerospike_wire.retries import SETTLED, Budget, Course, Retries
from aerospike_wire.transaction import member as transaction
from aerospike_wire.transport import Call, LinkFailure, note_doubt
from aerospike_wire.trouble import REFUSALS, Trouble, as_trouble, nonsense

if TYPE_CHECKING:
    from aerospike_wire.cluster.cluster import Cluster
    from aerospike_wire.cluster.node import Node
    from aerospike_wire.config import ClientConfig
    from aerospike_wire.errors import ErrorContext, Hook, HookMapping
    from aerospike_wire.policy import Policies, Policy
    from aerospike_wire.proto.commands.base import Command
    from aerospike_wire.transport import Link, Runtime

__all__ = ["REFUSALS", "Core", "Trouble", "as_trouble"]

R = TypeVar("R")

_ROWS: Final = dict(FACTS)
_FRAMES: Final = 4
"""Frames of this package before that of whoever had a failure: two of the middleware, error_of, and its caller."""


class Core:
    """Executes commands for one client.

    Clients that are siblings share the cluster and the retry budget and have cores of their own.
    """

    __slots__ = (
        "_pipelined",
        "cluster",
        "config",
        "errors",
        "meter",
        "now",
        "policies",
        "retries",
        "router",
        "runtime",
        "steps",
        "wall",
    )

    def __init__(
        self,
        runtime: Runtime,
        config: ClientConfig,
        cluster: Cluster,
        errors: ErrorMiddleware,
        retries: Retries | None = None,
    ) -> None:
        self.runtime = runtime
        self.config = config
        self.cluster = cluster
        self.errors = errors
        self.policies: Policies = config.policies
        self.now = runtime.now
        self._pipelined = runtime.pipelined
        self.router = Router(cluster, self.now, config.racks)
        if retries is None:
            budget = Budget(config.retry_budget, config.retry_budget_refill or config.retry_budget, self.now)
            retries = Retries(runtime, cluster, budget, logs_in=config.logs_in)
        self.retries = retries
        self.meter = cluster.meter
        self.steps = False
        """True for a core whose calls are steps of a larger one, and not calls of the program."""
        self.wall = time.time

    def sibling(self, hook: Hook | HookMapping) -> Core:
        """A core on the same cluster whose errors pass through one more hook.

        Raises:
            ParamError: the hook is not acceptable.
        """
        return Core(self.runtime, self.config, self.cluster, self.errors.with_hook(hook), self.retries)

    def without_hooks(self) -> Core:
        """A core for the client's own steps, whose errors are told as part of a larger one."""
        core = Core(self.runtime, self.config, self.cluster, self.errors.without_hooks(), self.retries)
        core.steps = True
        return core

    # Connecting

    async def connect(self) -> None:
        """Find the cluster.

        Raises:
            AerospikeError: no seed could be used; see ``context.seeds``.
        """
        started = self.runtime.now()
        try:
            await self.ensure_connected(bound())
        except REFUSALS as error:
            trouble = as_trouble(error)
        else:
            return
        self.fail(trouble, [], started, ConnectContext("connect"), write=False)

    async def ensure_connected(self, deadline: float | None = None) -> None:
        """Connect at the first call.

        Args:
            deadline: when the call must be over.

        Raises:
            Trouble: the client was closed.
            Unreachable: no seed could be used.
            LinkFailure: the deadline passed, or the client cannot be used here.
        """
        if not self.cluster.closed:
            await self.cluster.connect(deadline)
        if self.cluster.closed:
            raise Trouble(ResultCode.CLUSTER, "the client is closed")

    async def close(self) -> None:
        """Close every link.

        Raises:
            ClientError: the client belongs to another event loop that still runs.
        """
        started = self.runtime.now()
        try:
            await self.cluster.close()
        except LinkFailure as error:
            trouble = as_trouble(error)
        else:
            return
        self.fail(trouble, [], started, ConnectContext("close"), write=False)

    def deadline(self, started: float, policy: Policy) -> float | None:
        """When a call must be over: its own total timeout, or a ``with client.deadline(...)`` around it."""
        total = policy.timing.total
        return earlier(None if total is None else started + total, bound())

    # One command on one node

    async def execute(  # noqa: PLR0915  one story; every frame less is time for every call
        self, command: Command[R], hook: Hook | HookMapping | None = None
    ) -> R:
        """Carry a command out.

        Args:
            command: what to do.
            hook: one more error hook, for this call.

        Raises:
            AerospikeError: it failed; or whatever a hook put in the error's place.
        """
        now = self.now
        started = begun = now()
        attempts: list[Attempt] = []
        errors: ErrorMiddleware | None = None
        cluster = self.cluster
        try:
            if hook is not None:
                errors = self.errors.with_hook(hook)
            policy = command.prepare(self.policies)
            timing = policy.timing
            total = timing.total
            deadline = None if total is None else started + total
            limit = bound()
            if limit is not None and (deadline is None or limit < deadline):
                deadline = limit
            if not cluster.connected:
                await self.ensure_connected(deadline)
        except REFUSALS as error:
            trouble = as_trouble(error)
        else:
            if policy.txn is not None:
                return await transaction.execute(self, command, policy.txn, hook)
            course: Course | None = None
            try:
                while True:
                    node: Node | None = None
                    try:
                        node = self.router.route(command, policy, course)
                        if command.exclusive or not self._pipelined:
                            result = await self._alone(command, policy, node, deadline)
                        else:
                            link = node.pool.first
                            if link is None or not link.ready or len(link.waiting) >= PIPELINE_DEPTH:
                                link = node.pool.pick() or await node.pool.lease_shared(deadline)
                            waiter = link.post(command.encode(node.features), begun, deadline, timing)
                            try:
                                body = await waiter
                            except LinkFailure:
                                raise
                            except BaseException as stopped:
                                if link.give_up(waiter) and command.write:
                                    body = link.answer(waiter)
                                    if not body or not command.refused(body):
                                        note_doubt(stopped)
                                raise
                            if len(body) < MESSAGE_HEADER_SIZE or body[RESULT_OFFSET]:
                                result = self.read(command, body, link, node)
                            else:
                                try:
                                    result = command.decode(body, self.wall)
                                except ProtocolError as error:
                                    self.distrust(error, link, node)
                        if self.meter.measuring is not None:
                            self.meter.done(command, node, now() - begun)
                        if started >= cluster.look_at:
                            self._look(command, deadline)
                        return result
                    except (LinkFailure, Trouble, InvalidArgument, Unreadable) as error:
                        trouble = as_trouble(error)
                    attempts.append(self.attempt(trouble, node or trouble.node, begun))
                    if trouble.code in SETTLED:
                        break
                    if course is None:
                        course = Course()
                    if not await self._again(trouble, node, command, policy, course, deadline):
                        break
                    begun = now()
                if not trouble.sent and not any(attempt.sent for attempt in attempts):
                    # A caller that tries again and again must not keep the tend from finding a node.
                    await self.runtime.sleep(0)
            except BaseException as stopped:
                if attempts and is_in_doubt(attempts, write=command.write):
                    note_doubt(stopped)
                raise
        self.fail(trouble, attempts, started, command.context(), write=command.write, errors=errors)

    def _look(self, command: Command[Any], deadline: float | None) -> None:
        """Look after the cluster once a command has succeeded; that takes a while where nothing runs beside it."""
        try:
            self.cluster.look_soon(deadline)
        except BaseException as stopped:  # such as KeyboardInterrupt
            if command.write:
                note_doubt(stopped)
            raise

    async def _again(
        self,
        trouble: Trouble,
        node: Node | None,
        command: Command[Any],
        policy: Policy,
        course: Course,
        deadline: float | None,
    ) -> bool:
        """Whether to send a command once more."""
        return await self.retries.again(
            trouble,
            node,
            policy,
            course,
            deadline,
            write=command.write,
            elsewhere=lambda: self.router.has_choice(command, policy, node),
        )

    def check_breaker(self, node: Node) -> None:
        """Refuse a node that had too many errors.

        Raises:
            Trouble: it had.
        """
        self.router.check_breaker(node)

    def node_of(self, namespace: str, digest: bytes, policy: Policy, step: int, *, write: bool) -> Node:
        """The node of a record, ``step`` replicas on from the first.

        Raises:
            Trouble: no node has the namespace, or none is active for the partition.
        """
        return self.router.node_of_partition(namespace, partition_id(digest), policy, step, write=write)

    def node_of_partition(self, namespace: str, pid: int, policy: Policy, step: int, *, write: bool) -> Node:
        """The node of a partition, ``step`` replicas on from the first.

        Raises:
            Trouble: no node has the namespace, or none is active for the partition.
        """
        return self.router.node_of_partition(namespace, pid, policy, step, write=write)

    async def _alone(self, command: Command[R], policy: Policy, node: Node, deadline: float | None) -> R:
        """Send a command once, on a link of its own, and read the answer.

        Raises:
            LinkFailure, Trouble: it did not succeed.
        """
        timing = policy.timing
        call = Call(
            command.encode(node.features),
            command.frame_type,
            command.collector(),
            deadline,
            timing.silence,
            command.write,
            timing.drain,
            refused=command.refused,
        )
        pool = node.pool
        link = await pool.lease(deadline)
        keep = False
        body = b""
        try:
            body = await link.exchange(call)
            keep = True
            return self.read(command, body, link, node)
        except LinkFailure as failure:
            keep = not failure.sent  # a link that failed to send is not usable, one that had no time to is
            raise
        except Trouble:
            raise
        except BaseException as stopped:  # a KeyboardInterrupt, which may come at any point
            if body and call.leaves_doubt(body):
                note_doubt(stopped)
            raise
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
            # The answers to other calls on a shared link are still good.
            node.pool.retire(link)
            if row.retry is Retry.RELOGIN:
                node.session = None
        raise Trouble(code, sent=True, answered=True, words=words)

    def distrust(self, error: ProtocolError, link: Link, node: Node) -> NoReturn:
        """An answer that makes no sense: nothing that follows on the link can be trusted.

        Raises:
            Trouble: always.
        """
        node.pool.discard(link)
        raise nonsense(error) from error

    # The funnel

    def attempt(self, trouble: Trouble, node: Node | None, begun: float, *, row: bool = False) -> Attempt:
        """The row of facts about a try that failed; ``row`` if it was one of many in a request."""
        code = trouble.code
        name = address = None
        if node is not None:
            name, address = node.name, node.address
            if not row:
                self.meter.try_failed(name, code)
        elapsed = (self.now() - begun) * 1000
        words = trouble.message or trouble.words.message
        return attempt_of((name, address, trouble.sent, trouble.answered, code, elapsed, words))

    async def again(
        self,
        trouble: Trouble,
        node: Node | None,
        policy: Policy,
        tries: int,
        deadline: float | None,
        *,
        retry_codes: frozenset[int] = frozenset(),
        course: Course | None = None,
        write: bool = False,
    ) -> bool:
        """Whether a request to several nodes goes into another round; sleeps as the policy says before it does.

        Args:
            trouble: what the last round ended with.
            node: the node that failed, whose breaker counts it; None if there were several.
            policy: how often and after which pause.
            tries: how many rounds there were.
            deadline: when the call must be over.
            retry_codes: codes that are worth another try besides those whose row says so.
            course: what is kept from round to round; by default ``tries`` tells all.
            write: whether it can change data.
        """
        return await self.retries.again(
            trouble,
            node,
            policy,
            Course(tries - 1) if course is None else course,
            deadline,
            write=write,
            elsewhere=lambda: len(self.cluster.active()) > 1,
            retry_codes=retry_codes,
        )

    def error_of(
        self,
        trouble: Trouble,
        attempts: list[Attempt],
        elapsed: float,
        context: ErrorContext,
        *,
        write: bool,
        errors: ErrorMiddleware | None = None,
        last: bool = False,
    ) -> BaseException:
        """The exception for a request that failed for good, after all hooks.

        Args:
            trouble: what the last try ended with.
            attempts: all tries.
            elapsed: milliseconds from the start of the call to its failure.
            context: the request.
            write: whether it could change data.
            errors: the middleware, if the call has hooks of its own.
            last: whether the trouble may forget what the error has.
        """
        if errors is None:
            errors = self.errors
        words, subcode, hint, operations = trouble.words
        if trouble.seeds:
            request = None if isinstance(context, ConnectContext) else context
            context = ConnectContext(context.operation, context.policy, trouble.seeds, self.config.user, request)
            # Whatever reached a seed was not the caller's request, so none of these count as sent.
            attempts = [
                Attempt(None, row.address or row.seed, sent=False, answered=False, code=row.code,
                        elapsed=row.elapsed, message=row.message)
                for row in trouble.seeds
            ]  # fmt: skip
        elif trouble.bin is not None or trouble.key is not None:
            context = context.about(trouble.key, trouble.bin)
        elif operations:
            context = context.narrowed(operations)
        in_doubt = write and is_in_doubt(attempts, write=True)
        error = errors.make(
            trouble.code, context, trouble.message, in_doubt, attempts, elapsed, subcode, words, hint, _FRAMES
        )
        if trouble.argument is not None and isinstance(error, ParamError):
            error.argument = trouble.argument
        elif trouble.breaker is not None and isinstance(error, MaxErrorRateExceeded):
            error.count, error.limit = trouble.breaker.count, trouble.breaker.limit
            error.window = trouble.breaker.window
        error.__cause__ = trouble.cause
        if self.config.user is not None and isinstance(error, AdminError):
            error.login = self.config.user
        if last:
            trouble.let_go()
        return errors.apply(error) if errors.hooks else error

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
        if not self.steps:
            self.meter.failed(trouble.code, in_doubt=write and not trouble.seeds and is_in_doubt(attempts, write=True))
        raise self.error_of(trouble, attempts, elapsed, context, write=write, errors=errors, last=True)
