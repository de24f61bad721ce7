"""Requests to several nodes at once, and batches.

Each round sends to every node that still has something to do, waits for all of them, and
decides from the same facts as for single commands what goes into the next round.
"""

from __future__ import annotations

import contextlib
import itertools
from typing import TYPE_CHECKING, Any, NoReturn

from aerospike_wire.batch import BatchResult, BatchRow
from aerospike_wire.errors import Attempt, ProtocolError, ResultCode, is_in_doubt
from aerospike_wire.metrics.histogram import Latency
from aerospike_wire.retries import Course
from aerospike_wire.transaction import member as transaction
from aerospike_wire.transport import Call, LinkFailure, note_doubt
from aerospike_wire.trouble import REFUSALS, Trouble, as_trouble

if TYPE_CHECKING:
    from aerospike_wire.cluster.node import Node
    from aerospike_wire.core import Core
    from aerospike_wire.errors import Hook, HookMapping
    from aerospike_wire.policy import Policy
    from aerospike_wire.proto.commands.base import Command
    from aerospike_wire.proto.commands.batch import Batch, BatchPart, Row
    from aerospike_wire.transport import Link


class Fanout:
    """Runs one command on several nodes."""

    __slots__ = ("_core", "_hook", "attempts", "begun", "errors", "started")

    def __init__(self, core: Core, hook: Hook | HookMapping | None) -> None:
        self._core = core
        self._hook = hook
        self.errors = core.errors
        self.started = core.runtime.now()
        self.attempts: list[Attempt] = []
        """The parts that failed, of all rounds."""
        self.begun = self.started
        """When the last round began."""

    async def prepare(self, command: Command[Any]) -> Policy:
        """Check the command and be connected, or fail."""
        core = self._core
        try:
            if self._hook is not None:
                self.errors = self.errors.with_hook(self._hook)
            policy = command.prepare(core.policies)
            await core.ensure_connected(core.deadline(self.started, policy))
        except REFUSALS as error:
            trouble = as_trouble(error)
        else:
            return policy
        self.fail(trouble, command)

    def deadline(self, policy: Policy) -> float | None:
        """When the whole call must be over."""
        return self._core.deadline(self.started, policy)

    def fail(self, trouble: Trouble, command: Command[Any]) -> NoReturn:
        """Raise for the whole command."""
        self._core.fail(
            trouble, self.attempts, self.started, command.context(), write=command.write, errors=self.errors
        )

    async def round(
        self, parts: list[tuple[Node, Command[None]]], policy: Policy, deadline: float | None
    ) -> list[Trouble | None]:
        """Send every part to its node and take in the answers; what went wrong, part by part."""
        core = self._core
        begun = core.runtime.now()
        silence = policy.socket_timeout / 1000 if policy.socket_timeout else None
        outcomes: list[Trouble | None] = [None] * len(parts)
        leased: list[tuple[int, Link, Call]] = []
        answers: list[bytes | LinkFailure] = []
        try:
            # In one order for all calls, so that no two of them hold what the other waits for.
            for place in sorted(range(len(parts)), key=lambda place: parts[place][0].name):
                node, part = parts[place]
                request = part.encode(node.features)
                try:
                    link = await node.pool.lease(deadline)
                except LinkFailure as failure:
                    outcomes[place] = as_trouble(failure)
                    continue
                call = Call(
                    request, part.frame_type, part.collector(), deadline, silence, part.write, refused=part.refused
                )
                leased.append((place, link, call))
            answers = await core.runtime.exchange_all([(link, call) for _, link, call in leased])
            for (place, link, _), answer in zip(leased, answers, strict=True):
                node, part = parts[place]
                outcomes[place] = self._take(node, part, link, answer)
        except BaseException as stopped:  # after the answers only a KeyboardInterrupt
            for (_, _, call), answer in zip(leased, answers, strict=False):
                if answer.sent and call.write if isinstance(answer, LinkFailure) else call.leaves_doubt(answer):
                    note_doubt(stopped)
            raise
        finally:
            for place, link, _ in leased:
                trouble = outcomes[place]
                parts[place][0].pool.give_back(link, keep=trouble is None or trouble.answered or not trouble.sent)
        for (node, _), trouble in zip(parts, outcomes, strict=True):
            if trouble is not None:
                self.attempts.append(core.attempt(trouble, node, begun))
        self.begun = begun
        return outcomes

    def _take(self, node: Node, part: Command[None], link: Link, answer: bytes | LinkFailure) -> Trouble | None:
        if isinstance(answer, LinkFailure):
            return as_trouble(answer)
        try:
            self._core.read(part, answer, link, node)
        except Trouble as trouble:
            return as_trouble(trouble)
        return None


# Batches


async def batch(core: Core, command: Batch, hook: Hook | HookMapping | None = None) -> BatchResult:
    """Carry out a batch, all nodes at once.

    Raises:
        AerospikeError: every node refused its part of the batch as a whole, or the arguments
            are wrong. What only some nodes or rows fail with is reported in the result.
    """
    fan = Fanout(core, hook)
    policy: Any = await fan.prepare(command)
    if policy.txn is None:
        return await _rounds(core, fan, command)

    return await transaction.batch(core, fan, command, policy.txn, lambda: _rounds(core, fan, command))


async def _rounds(core: Core, fan: Fanout, command: Batch) -> BatchResult:
    """Send a batch until each row has an answer, or no further try is due; the rows as they are told."""
    troubles: dict[int, Trouble] = {}
    refusals: list[Trouble] = []
    try:
        await _send(core, fan, command, troubles, refusals)
        if core.runtime.now() >= core.cluster.look_at:
            core.cluster.look_soon()
    except BaseException as stopped:
        if any(row.write and (row.code == ResultCode.OK or is_in_doubt(row.attempts, write=True))
               for row in command.rows):  # fmt: skip
            note_doubt(stopped)
        raise
    if refusals and all(
        row.code == ResultCode.NO_RESPONSE and troubles[index].answered for index, row in enumerate(command.rows)
    ):
        # By every node. Where only some refused, rows of the others may have been carried out:
        # that is told row by row.
        fan.fail(refusals[0], command)
    rows = [_row(core, command, row, troubles.get(index), fan) for index, row in enumerate(command.rows)]
    return BatchResult(tuple(rows))


async def _send(core: Core, fan: Fanout, command: Batch, troubles: dict[int, Trouble], refusals: list[Trouble]) -> None:
    """Send a batch in rounds; ``troubles`` gets what each row ended with, ``refusals`` those of whole nodes."""
    policy: Any = command.policy
    deadline = fan.deadline(policy)
    left = list(range(len(command.rows)))
    step = 0
    logged_in: tuple[Node | None, ...] = ()
    for attempt in itertools.count():
        parts = _split(core, command, left, step, troubles)
        if not parts:
            await core.runtime.sleep(0)  # lets the tend run, however often the caller tries
        outcomes = await fan.round(list(parts), policy, deadline)
        left = []
        moves = False
        relogs: tuple[Node | None, ...] = ()
        for (node, part), trouble in zip(parts, outcomes, strict=True):
            if trouble is not None:
                with contextlib.suppress(ProtocolError):  # that is the trouble, or is told by it
                    part.read_rows(core.wall)  # what came before the failure is good
            missing = _note_attempts(core, part, node, trouble, fan.begun)
            if trouble is None:
                if core.meter.measuring is not None:
                    namespace = command.rows[part.indexes[0]].key.namespace
                    core.meter.part_done(Latency.BATCH, node, namespace, core.runtime.now() - fan.begun)
                continue
            troubles.update(dict.fromkeys(missing, trouble))
            course = Course(attempt)
            course.logged_in = logged_in
            if await core.again(trouble, node, policy, attempt + 1, deadline, course=course, write=command.write):
                left += missing
                moves |= course.step > 0
                relogs += course.logged_in
            elif trouble.answered and not part.answered:
                refusals.append(trouble)
        if not left:
            break
        # By the rules for single commands: rows go on to their next replicas, or stay where they were.
        step += moves
        logged_in += relogs


def _split(
    core: Core, command: Batch, indexes: list[int], attempt: int, troubles: dict[int, Trouble]
) -> list[tuple[Node, BatchPart]]:
    """The rows by node; rows without one keep the reason in ``troubles``."""
    by_node: dict[str, tuple[Node, list[int]]] = {}
    for index in indexes:
        key = command.rows[index].key
        try:
            node = core.node_of(key.namespace, key.digest or b"", command.policy, attempt, write=command.write)
            core.check_breaker(node)
        except Trouble as trouble:
            troubles[index] = as_trouble(trouble)
            continue
        by_node.setdefault(node.name, (node, []))[1].append(index)
    return [(node, command.part(found)) for node, found in by_node.values()]


def _note_attempts(core: Core, part: BatchPart, node: Node, trouble: Trouble | None, begun: float) -> list[int]:
    """Note the try on every row that it did not carry out; gives the rows without an answer."""
    missing = []
    for index in part.indexes:
        row = part.batch.rows[index]
        if row.code == ResultCode.OK:
            continue
        if row.code == ResultCode.NO_RESPONSE:
            missing.append(index)
        reason = _refusal(row, trouble or Trouble(ResultCode.NO_RESPONSE, sent=True))
        row.attempts.append(core.attempt(reason, node, begun, row=True))
    return missing


def _refusal(row: Row, unanswered: Trouble) -> Trouble:
    """Why a row is no success; ``unanswered`` if no node said anything about it."""
    if row.code == ResultCode.NO_RESPONSE:
        return unanswered
    if row.unreadable is not None:
        return as_trouble(row.unreadable)
    return Trouble(row.code, sent=True, answered=True, words=row.words)


def _row(
    core: Core,
    command: Batch,
    row: Row,
    trouble: Trouble | None,
    fan: Fanout,
) -> BatchRow:
    if row.code == ResultCode.OK:
        return BatchRow(row.key, 0, row.record, in_doubt=False)
    reason = _refusal(row, trouble or Trouble(ResultCode.NO_RESPONSE))
    attempts = row.attempts
    context = command.row_context(row)
    elapsed = (core.runtime.now() - fan.started) * 1000

    def error() -> BaseException:
        return core.error_of(reason, attempts, elapsed, context, write=row.write, errors=fan.errors)

    in_doubt = is_in_doubt(attempts, write=row.write)
    core.meter.row_failed(reason.code, in_doubt=in_doubt)
    return BatchRow(row.key, reason.code, None, in_doubt, error)
