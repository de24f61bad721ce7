"""The story of a query: rounds of streams from nodes, until every partition is done.

Each round asks every node for the partitions it has that are left, reads what they send
as the caller takes it, and strikes off what is complete. What a node could not give goes
to the next replica in the next round, from the last record on that the caller was given.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Final, NoReturn

import attrs

from aerospike_wire.errors import ProtocolError, ResultCode
from aerospike_wire.fanout import Fanout
from aerospike_wire.metrics.histogram import Latency
from aerospike_wire.partition_filter import PARTITIONS, pid_of
from aerospike_wire.policy import Replica
from aerospike_wire.proto.commands.base import ServerWords
from aerospike_wire.proto.commands.query import Answer
from aerospike_wire.proto.header import FrameType
from aerospike_wire.proto.invalid import InvalidArgument, Unreadable
from aerospike_wire.query.repeats import given_before
from aerospike_wire.query.rules import RETRY_CODES, keeps, worth
from aerospike_wire.query.source import Source
from aerospike_wire.query.tracker import Partitions
from aerospike_wire.retries import Course
from aerospike_wire.transport import Call, LinkFailure
from aerospike_wire.trouble import Trouble, as_trouble, nonsense

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aerospike_wire.cluster.node import Node
    from aerospike_wire.cluster.partitions import Table
    from aerospike_wire.core import Core
    from aerospike_wire.errors import Hook, HookMapping, QueryContext
    from aerospike_wire.policy import QueryPolicy
    from aerospike_wire.proto.commands.query import QueryCommand
    from aerospike_wire.query.repeats import Given
    from aerospike_wire.transport import Frames, Link
    from aerospike_wire.types import Record

PORTION: Final = 256
"""Records that are decoded at once."""

_MASTER_FIRST: Final = (Replica.SEQUENCE, Replica.MASTER)


@attrs.define(eq=False)
class _Part:
    """One node's share of a round."""

    node: Node
    pids: list[int]
    link: Link
    share: int
    """Records that the node may send; 0 for all."""
    answer: Answer
    begun: dict[int, tuple[bytes, int]]
    """Where partitions go on, if what was given before can come again; empty if it cannot."""
    repeated: bool = False
    """True if some of what it sent was given before."""
    received: int = 0
    cut: bool = False
    """True if records of it were left out because the caller has enough."""


class Run(Source):
    """One pass over the partitions of a query that are left.

    Args:
        core: whose cluster is asked.
        command: the query.
        state: where the query stands; None to begin as the policy says.
        hook: one more error hook.
        again: True for a further page, of which there is none once the query is done.
    """

    def __init__(
        self,
        core: Core,
        command: QueryCommand,
        state: Partitions | None = None,
        hook: Hook | HookMapping | None = None,
        *,
        again: bool = False,
    ) -> None:
        super().__init__(core)
        self._command = command
        self._fan = Fanout(core, hook)
        self.state = state
        """Where the query stands; None until it has begun without a place to go on at."""
        self._again = again
        self._busy = False
        self._policy: QueryPolicy | None = None
        self._deadline: float | None = None
        self._limit = 0
        self._given = 0
        self._unlimited = False
        """True if nodes are no more told of the limit: they have counted records that they did not send."""
        self._passed: list[tuple[int, Record, int]] = []
        """Records that are not given again, each with the number of those in front of it that are, and its value."""
        self._before: Given | None = None
        """Tells records that were given before the query went on; None if none can come again."""
        self._seen: set[bytes] | None = None
        """Digests of what was given, at most as many as the limit, where that can come again; else None."""
        self._waiting: set[int] = set()
        """Partitions that this pass has still to ask for."""
        self._course = Course()
        self._only: Node | None = None
        """The one node to ask, if it is not all of them."""
        self._failed: dict[int, Node] = {}
        """The node that a partition was last asked of in vain."""
        self._frames: Frames | None = None
        self._heard = False
        """True once a frame of this round has come."""
        self._parts: dict[int, _Part] = {}
        """Those that are under way, by their place among the frames."""
        self._current: _Part | None = None
        """Whose frame is being taken apart."""
        self._trouble: Trouble | None = None
        """The last thing that went wrong in this round."""
        self._excused = True
        """True if nothing went wrong in this round but what the caller's own slowness explains."""
        self._values: list[int | None] = []
        self._settled = 0
        """How many of them the state knows of."""

    # For whoever takes the records

    async def more(self) -> list[Record]:
        """The next records; none when the query is over.

        Raises:
            AerospikeError: the query could not be completed.
            RuntimeError: somebody else is waiting for them.
        """
        if self._busy:
            msg = "another task or thread is waiting for this query's next records"
            raise RuntimeError(msg)
        self.settle()
        self.portion, self._values, self._settled, self.taken, self._passed = [], [], 0, 0, []
        if self.over:
            return []
        self._busy = True
        try:
            if self._policy is None:
                await self._begin()
            while True:
                while self._parts:
                    await self._take()
                    if self.portion:
                        return self.portion
                if not await self._round():
                    self.close()
                    return []
        except BaseException:
            self.close()
            raise
        finally:
            self._busy = False

    def settle(self) -> None:
        """Let the state know what the caller has taken."""
        taken = self.taken
        if taken > self._settled and self.state is not None:
            self.state.mark(self.portion[self._settled : taken], self._values[self._settled : taken])
            self._settled = taken
        if self._passed:
            self._pass_over(taken)

    def cursor(self) -> dict[str, Any]:
        """Where the query stands, as JSON values."""
        self.settle()
        statement = self._command.statement
        state = self.state or Partitions()
        return state.cursor(str(statement.namespace), statement.set or None)

    def close(self) -> None:
        """Read no more: links whose answers are not complete are closed."""
        self.settle()
        self.over = True
        self.portion, self._values, self._settled, self.taken = [], [], 0, 0
        self._current = None
        parts, self._parts = self._parts, {}
        if self._frames is not None:
            self._frames.close()
            self._frames = None
        for part in parts.values():
            part.node.pool.give_back(part.link, keep=False)

    # The story

    async def _begin(self) -> None:
        policy: Any = await self._fan.prepare(self._command)
        statement = self._command.statement
        identity = statement.identity(policy.expressions)
        trouble: Trouble | None = None
        try:
            if self.state is None:
                self.state = Partitions.of(policy.partition_filter)
            elif self.state.identity not in {None, identity}:
                words = "is of another query: its predicate, index, context or filter expression differs"
                raise InvalidArgument("cursor", words)
        except InvalidArgument as invalid:
            trouble = as_trouble(invalid)
        if trouble is not None:
            self._fan.fail(trouble, self._command)
        assert self.state is not None
        if self._again and self.state.done:
            words = "every partition has been read: the query is done, as is_done() says"
            hint = ServerWords(hint="ask is_done() before the next page")
            self._fan.fail(Trouble(ResultCode.INVALID_NODE, words, words=hint, final=True), self._command)
        self.state.identity = identity
        self.state.tries.clear()
        self._policy = policy
        self._deadline = self._fan.deadline(policy)
        self._before = given_before(self._command)
        self._limit = policy.max_records
        if self._limit and self._command.leaves_out and statement.predicate is not None:
            self._seen = set()
        self._waiting = set(self.state.left())
        name = self._command.node
        if name is not None:
            self._only = self._core.cluster.nodes.get(name)
            if self._only is None:
                known = ", ".join(self._core.cluster.nodes)
                self._fail(
                    Trouble(ResultCode.INVALID_NODE, f"there is no node {name!r}, there are {known}", final=True)
                )

    async def _round(self) -> bool:
        """Ask for what is left; False when nothing is."""
        core, policy = self._core, self._policy
        assert policy is not None
        trouble, self._trouble = self._trouble, None
        if not self._waiting or (self._limit and self._given >= self._limit):
            if core.runtime.now() >= core.cluster.look_at:
                core.cluster.look_soon()
            return False
        if trouble is not None:
            if self._excused:
                again = not core.cluster.closed
            else:
                again = await core.again(
                    trouble, None, policy, 0, self._deadline, retry_codes=RETRY_CODES, course=self._course
                )
            if not again:
                self._fail(trouble)
        self._excused = True
        await self._open(policy)
        return True

    def _fail(self, trouble: Trouble) -> NoReturn:
        self.close()
        fan = self._fan
        self._core.fail(trouble, fan.attempts, fan.started, self.context(), write=False, errors=fan.errors)

    def context(self) -> QueryContext:
        """The facts of the query as it stands, for an error."""
        context = self._command.context()
        if self.state is None:
            return context
        done = self.state.finished
        return attrs.evolve(
            context,
            partitions_done=done,
            partitions_left=self.state.count - done,
            records=self.state.records,
            cursor=self.cursor(),
        )

    async def _open(self, policy: QueryPolicy) -> None:
        """Begin a round: one stream for each node."""
        core, state = self._core, self.state
        assert state is not None
        # A node refuses the number of a query that it still has in its list, finished or not.
        task_id = secrets.randbits(64) | 1
        by_node = self._assign(policy)
        silence = policy.socket_timeout / 1000 if policy.socket_timeout else None
        left = self._limit - self._given
        calls: list[tuple[Link, Call]] = []
        self._frames = None
        self._fan.begun = core.runtime.now()
        for place, (node, pids) in enumerate(by_node):
            share = 0
            if self._limit and not self._unlimited:
                share = max(1, left // len(by_node) + (place < left % len(by_node)))
            whole, begun = state.split(pids)
            request = self._command.request(node.features, task_id, whole, begun, share)
            try:
                link = await node.pool.lease(self._deadline)
            except LinkFailure as failure:
                self._went_wrong(as_trouble(failure), node, pids)
                continue
            answer = Answer(self._command.statement.namespace, core.wall, core.policies.serializer)
            marks: dict[int, tuple[bytes, int]] = {}
            if self._before is not None:
                marks = {pid_of(digest): (digest, value) for digest, value in begun}
            self._parts[len(calls)] = _Part(node, pids, link, share, answer, marks)
            calls.append((link, Call(request, FrameType.MESSAGE, None, self._deadline, silence)))
        if calls:
            self._heard = False
            self._frames = await core.runtime.stream(calls)

    def _assign(self, policy: QueryPolicy) -> list[tuple[Node, list[int]]]:
        """The partitions that are left, by the node to ask; those without one wait for the next round."""
        core, state = self._core, self.state
        assert state is not None
        namespace = self._command.statement.namespace
        tries, failed, only = state.tries, self._failed, self._only
        table = core.cluster.partitions.tables.get(namespace)
        # What nearly always holds for all partitions, without the calls that decide everything else.
        masters: Sequence[Node | None] = ()
        if table is not None and not table.strong and policy.replica in _MASTER_FIRST and table.columns:
            masters = table.columns[0]
            if only is None and not tries and not failed and len(self._waiting) == PARTITIONS:
                whole = self._shares(table)
                if whole:
                    return whole
        by_node: dict[Node, list[int]] = {}
        refused: dict[Node, Trouble] = {}
        lost: list[int] = []
        reason: Trouble | None = None
        for pid in sorted(self._waiting):
            found = masters[pid] if masters and pid not in tries else None
            if found is not None and found in by_node:
                by_node[found].append(pid)
                continue
            step = tries.get(pid, 0) if only is None else 0
            try:
                node = core.router.node_of_partition(namespace, pid, policy, step, write=False, failed=failed.get(pid))
                if only is not None and node is not only:
                    self._waiting.discard(pid)  # not part of this pass
                    continue
                if node not in by_node:
                    if node in refused:
                        raise refused[node]
                    try:
                        core.check_breaker(node)
                    except Trouble as trouble:
                        refused[node] = as_trouble(trouble)
                        raise
                    by_node[node] = []
            except Trouble as trouble:
                found_none = as_trouble(trouble)
            else:
                by_node[node].append(pid)
                continue
            if found_none.final:
                self._fail(found_none)
            reason = reason or found_none
            lost.append(pid)
        if reason is not None:
            self._went_wrong(reason, reason.node, lost)
        # In one order for all calls, so that no two of them hold links that the other waits for.
        return sorted(by_node.items(), key=lambda item: item[0].name)

    def _shares(self, table: Table[Node]) -> list[tuple[Node, list[int]]] | None:
        """All partitions by their masters, if each has one that can be asked."""
        shares = sorted(table.shares().items(), key=lambda item: item[0].name)
        if sum(len(pids) for _, pids in shares) != PARTITIONS:
            return None
        if any(not node.active or node.breaker.count for node, _ in shares):
            return None
        return [(node, list(pids)) for node, pids in shares]

    def _went_wrong(self, trouble: Trouble, node: Node | None, pids: list[int]) -> None:
        """A part of a round failed; whether the query can go on is decided when the round is over."""
        core, state = self._core, self.state
        assert state is not None
        self._fan.attempts.append(core.attempt(trouble, node, self._fan.begun))
        if node is not None:
            core.retries.charge(trouble, node)
            self._failed.update(dict.fromkeys(pids, node))
        state.missed(pids)
        self._trouble = trouble
        self._excused = False
        if not worth(trouble):
            self._fail(trouble)

    async def _take(self) -> None:
        """Take records of the frame at hand; or, when the caller has all of them, look what comes next."""
        part = self._current
        if part is None:
            part = await self._next_frame()
        elif part.answer.drained:
            # Not before now: the end of a partition counts once the caller has what was in front of it.
            self._current = None
            if part.answer.code is not None:
                self._ended(part)
            return
        if part is None:
            return
        answer = part.answer
        try:
            records = answer.take(PORTION)
        except ProtocolError as error:
            self._current = None
            self._leave(part, keep=False)
            self._went_wrong(nonsense(error), part.node, part.pids)
            return
        except Unreadable as unreadable:
            trouble = as_trouble(unreadable)
            self._fan.attempts.append(self._core.attempt(trouble, part.node, self._fan.begun))
            self._fail(trouble)
        part.received += len(records)
        values = answer.values
        if part.begun:
            records = self._without_repeats(part, records, values)
        if self._seen is not None:
            records, values = self._unseen(records, values, self._seen)
        if self._limit and self._given + len(records) > self._limit:
            records = records[: self._limit - self._given]
            part.cut = True
        self._given += len(records)
        if self._unlimited and self._given >= self._limit:
            for other in tuple(self._parts.values()):
                self._leave(other, keep=False)
            self._current = None
        self.portion, self._values = records, values[: len(records)]
        if self._core.runtime.pipelined:
            await self._core.runtime.sleep(0)  # others of the loop have their turn

    def _without_repeats(self, part: _Part, records: list[Record], values: list[int | None]) -> list[Record]:
        """Without the records that were given before the query went on; ``values`` loses theirs."""
        before = self._before
        assert before is not None
        kept: list[Record] = []
        kept_values: list[int | None] = []
        for record, value in zip(records, values, strict=True):
            mark = part.begun.get(pid_of(record.key.digest or b""))
            if mark is not None and value is not None and before(record, *mark):
                self._passed.append((len(kept), record, value))
                part.repeated = True
            else:
                kept.append(record)
                kept_values.append(value)
        values[:] = kept_values
        if not kept:
            self._pass_over(0)
        return kept

    def _pass_over(self, taken: int) -> None:
        """Let the state know that the caller has all that came before some records that are not given again."""
        assert self.state is not None
        waiting = []
        for place, record, value in self._passed:
            if place <= taken:
                self.state.pass_over(record.key.digest or b"", value)
            else:
                waiting.append((place, record, value))
        self._passed = waiting

    def _unseen(
        self, records: list[Record], values: list[int | None], seen: set[bytes]
    ) -> tuple[list[Record], list[int | None]]:
        """Without the records that were given before: an index of collections finds one again by a greater value."""
        if self._unlimited:
            kept = [pair for pair in zip(records, values, strict=True) if pair[0].key.digest not in seen]
            records, values = [record for record, _ in kept], [value for _, value in kept]
        seen.update(record.key.digest or b"" for record in records)
        return records, values

    async def _next_frame(self) -> _Part | None:
        """The part that has a new frame; None if a stream broke instead."""
        assert self._frames is not None
        if self._heard and self._deadline is not None and self._core.runtime.now() >= self._deadline:
            # Nodes that go on sending would not let it pass; silent ones fail by themselves.
            node = next(iter(self._parts.values())).node
            trouble = Trouble(ResultCode.TIMEOUT, "the total timeout passed before all records were given", sent=True)
            self._fan.attempts.append(self._core.attempt(trouble, node, self._fan.begun))
            self._fail(trouble)
        place, data = await self._frames.next()
        part = self._parts[place]
        if isinstance(data, LinkFailure):
            self._lost(place, part, data)
            return None
        self._heard = True
        part.answer.feed(data)
        self._current = part
        return part

    def _leave(self, part: _Part, *, keep: bool) -> None:
        place = next(place for place, found in self._parts.items() if found is part)
        del self._parts[place]
        assert self._frames is not None
        clean = self._frames.finish(place)
        part.node.pool.give_back(part.link, keep=keep and clean and part.answer.clean)

    def _lost(self, place: int, part: _Part, failure: LinkFailure) -> None:
        """A node's stream broke."""
        assert self._frames is not None
        assert self._policy is not None
        neglected = self._frames.neglected(place) * 1000
        del self._parts[place]
        part.node.pool.give_back(part.link, keep=not failure.sent)
        trouble = as_trouble(failure)
        if failure.code == ResultCode.CONNECTION and 0 < self._policy.socket_timeout <= neglected:
            # The node gave up because nobody took what it sent for as long as it had been told
            # to wait. That is no failure of the node, and says nothing about the next try.
            self._fan.attempts.append(self._core.attempt(trouble, part.node, self._fan.begun))
            self._trouble = trouble
            return
        self._went_wrong(trouble, part.node, part.pids)

    def _ended(self, part: _Part) -> None:
        """A node said that it has sent everything, or why it does not."""
        answer, state = part.answer, self.state
        assert state is not None
        code = answer.code
        if code:
            self._leave(part, keep=keeps(code, part.node))
            explained = self._command.explained(code, answer.words, part.node.build)
            trouble = Trouble(code, sent=True, answered=True, words=explained)
            self._went_wrong(trouble, part.node, part.pids)
            return
        self._leave(part, keep=True)
        meter = self._core.meter
        if meter.measuring is not None:
            seconds = self._core.now() - self._fan.begun
            meter.part_done(Latency.QUERY, part.node, str(self._command.statement.namespace), seconds)
        missing = set(answer.unavailable).intersection(part.pids)
        read = [pid for pid in part.pids if pid not in missing] if missing else part.pids
        if part.share and part.received < part.share and not part.cut and self._command.leaves_out:
            # Whether the node came to the end or to the limit cannot be seen: the rest is asked for without one.
            self._unlimited = True
        elif part.repeated and part.received == part.share:
            pass  # the limit went on what was given before: the rest is asked for
        else:
            self._waiting.difference_update(read)
            if not part.cut and (not part.share or part.received < part.share):
                state.finish(read)
        if missing:
            some = "partitions are" if len(missing) > 1 else "partition is"
            words = f"{len(missing)} {some} not available, the first is {min(missing)}"
            trouble = Trouble(ResultCode.CLUSTER, words, sent=True, answered=True)
            self._went_wrong(trouble, part.node, sorted(missing))
