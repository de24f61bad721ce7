"""Whether a request is sent again, where to, and after which pause.

What a code is worth is on its row in :mod:`aerospike_wire.errors.codes`; here stands what
the rows do not say: how often, how soon, and when the client as a whole has repeated itself
enough.

Where the official clients disagree, the C client's rules hold, on which the official Python
client stands: 9, 11, 18, lost connections, an exhausted pool and an open breaker are tried
again ``max_retries`` times after the first try, a write only if its policy says so. Reads go
on to the next replica each time. Writes (and linearized reads) stay where they were after a
timeout, an exhausted pool or an open breaker, because the node may still be carrying them
out. The pause is left out before the first retry if that goes to another node. A partition
without an active node is tried again too, as the Go and Rust clients do and the C and Java
clients do not: nothing was sent, and the map may be settling. One rule is this client's own:
a node that says that the session is over (66, 80) has refused the request
for certain, so it is repeated once after a new login; so does each further node that it may then
be sent to, for sessions that began together end together.
"""

from __future__ import annotations

import logging
import random
import threading
from typing import TYPE_CHECKING, Any, Final

from aerospike_wire.errors import FACTS, ResultCode, Retry
from aerospike_wire.policy import ReadModeSC, Replica

if TYPE_CHECKING:
    from collections.abc import Callable

    from aerospike_wire.cluster.cluster import Cluster
    from aerospike_wire.cluster.node import Node
    from aerospike_wire.policy import Policy
    from aerospike_wire.transport import Runtime
    from aerospike_wire.trouble import Trouble

log: Final = logging.getLogger("aerospike_wire.retries")
breaker_log: Final = logging.getLogger("aerospike_wire.breaker")

_ROWS: Final = dict(FACTS)
_LOOK_CODES: Final = frozenset(
    {ResultCode.CLUSTER, ResultCode.CLUSTER_CHANGE, ResultCode.CONNECTION, ResultCode.INVALID_NODE}
)
"""Codes that suggest that the cluster is not what it was."""
SETTLED: Final = frozenset(
    code
    for code, row in _ROWS.items()
    if row.retry in {Retry.NEVER, Retry.LATER} and not row.counts and code not in _LOOK_CODES
)
"""Codes after which a single command is over, and nothing about its node or the cluster has to be noted."""
_LONGEST_PAUSE: Final = 60.0
"""Seconds beyond which a multiplier does not stretch a pause."""
BUDGET_HINT: Final = "the retry budget of the client is used up, so it was not tried again"


class Budget:
    """How many retries a client may make, over all its calls: a bucket of tokens.

    Each retry takes a token; tokens come back at a steady rate. When a cluster is in
    trouble, calls then fail after their first try instead of multiplying its load.

    Args:
        size: tokens that the bucket holds, and begins with; 0 for no limit.
        per_second: tokens that come back each second.
        now: the clock.
    """

    __slots__ = ("_at", "_lock", "_now", "_per_second", "_size", "_tokens")

    def __init__(self, size: int, per_second: float, now: Callable[[], float]) -> None:
        self._size = size
        self._per_second = per_second
        self._now = now
        self._tokens = float(size)
        self._at = now()
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Take a token; False if there is none."""
        if not self._size:
            return True
        with self._lock:
            now = self._now()
            self._tokens = min(float(self._size), self._tokens + (now - self._at) * self._per_second)
            self._at = now
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True


class Course:
    """What the tries of one call have come to so far."""

    __slots__ = ("failed", "logged_in", "pauses", "step", "tries")

    def __init__(self, tries: int = 0, step: int = 0) -> None:
        self.tries = tries
        """Tries that count against ``max_retries``."""
        self.step = step
        """Replicas to go on from the first."""
        self.failed: Node | None = None
        """The node of the last try, if the next is to go elsewhere."""
        self.pauses = 0
        """Retries for which a pause was due."""
        self.logged_in: tuple[Node | None, ...] = ()
        """Nodes for which the call was repeated after a new login."""


def pause_before(policy: Policy, number: int) -> float:
    """Seconds to wait before a retry.

    Args:
        policy: ``sleep_between_retries``, stretched by ``sleep_multiplier`` each time; of the
            result the share ``sleep_jitter`` is left to chance.
        number: 0 for the first pause of a call.
    """
    pause = policy.sleep_between_retries / 1000
    if not pause:
        return 0.0
    if number and policy.sleep_multiplier != 1:
        stretched = pause * policy.sleep_multiplier ** min(number, 64)
        pause = min(stretched, max(pause, _LONGEST_PAUSE))
    if policy.sleep_jitter:
        pause *= 1 - policy.sleep_jitter * random.random()  # noqa: S311  spreads load
    return pause


class Retries:
    """Decides about retries for one client."""

    __slots__ = ("_cluster", "_logs_in", "_runtime", "budget")

    def __init__(self, runtime: Runtime, cluster: Cluster, budget: Budget, *, logs_in: bool) -> None:
        self._runtime = runtime
        self._cluster = cluster
        self.budget = budget
        self._logs_in = logs_in

    async def again(
        self,
        trouble: Trouble,
        node: Node | None,
        policy: Policy,
        course: Course,
        deadline: float | None,
        *,
        write: bool,
        elsewhere: Callable[[], bool],
        retry_codes: frozenset[int] = frozenset(),
    ) -> bool:
        """Whether to send the request once more; sleeps as the policy says before it is.

        Args:
            trouble: what the last try ended with.
            node: the node of the last try, whose breaker counts it.
            policy: how often and after which pause.
            course: the call's tries; brought up to date.
            deadline: when the call must be over.
            write: whether the request can change data.
            elsewhere: whether another node than the last may get the request.
            retry_codes: codes that are worth another try besides those whose row says so.
        """
        code = trouble.code
        if node is not None:
            self.charge(trouble, node)
        if code in _LOOK_CODES:
            self._cluster.look_soon(deadline)
        course.tries += 1
        row = _ROWS.get(code)
        if trouble.final or self._cluster.closed or (row is None and code not in retry_codes):
            return False
        if row is not None and row.retry is Retry.RELOGIN:
            if not self._logs_in or node in course.logged_in or self._late(deadline, 0.0):
                return False
            course.logged_in += (node,)
            course.tries -= 1
            log.info("the session with node %s is over (%d): logging in anew", _name(node), code)
            self._cluster.meter.retries += 1
            return True
        if code not in retry_codes and (row is None or row.retry is not Retry.AUTO):
            return False
        if course.tries > policy.max_retries:
            return False
        moves = (not write and not _linearized(policy)) or row is None or not row.same_node
        if moves:
            course.step += 1
            course.failed = node
        else:
            course.failed = None
        pause = pause_before(policy, course.pauses)
        if pause and moves and course.tries == 1 and _has_replicas(policy) and elsewhere():
            pause = 0.0
        elif pause:
            course.pauses += 1
        if self._late(deadline, pause):
            return False
        if not self.budget.take():
            trouble.words = trouble.words._replace(hint=BUDGET_HINT)
            log.warning("no retry after %d from node %s: the retry budget is used up", code, _name(node))
            return False
        log.debug("try %d ended with %d (%s) on node %s, next in %.0f ms", course.tries, code, trouble.message,
                  _name(node), pause * 1000)  # fmt: skip
        self._cluster.meter.retries += 1
        if pause:
            await self._runtime.sleep(pause)
        return True

    def charge(self, trouble: Trouble, node: Node) -> None:
        """Let the node's breaker count a failure, if it speaks of the node."""
        if trouble.charge and node.breaker.record(trouble.code, self._runtime.now()):
            breaker = node.breaker
            breaker_log.warning(
                "node %s %s had more than %d errors within %.1f s: nothing is sent to it until they are over",
                node.name,
                node.address,
                breaker.limit,
                breaker.window,
            )

    def _late(self, deadline: float | None, pause: float) -> bool:
        return deadline is not None and self._runtime.now() + pause >= deadline


def _name(node: Node | None) -> str:
    return "-" if node is None else node.name


def _linearized(policy: Any) -> bool:
    return getattr(policy, "read_mode_sc", None) is ReadModeSC.LINEARIZE


def _has_replicas(policy: Any) -> bool:
    return getattr(policy, "replica", Replica.SEQUENCE) is not Replica.MASTER
