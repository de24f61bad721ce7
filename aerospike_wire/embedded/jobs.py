"""Queries and jobs that a node works on or has worked on (protocol section 5.8)."""

from __future__ import annotations

import collections
import time
from typing import TYPE_CHECKING, Final

import attrs

from aerospike_wire.embedded.refusal import Refusal
from aerospike_wire.errors.codes import ResultCode
from aerospike_wire.proto.fields import Field
from aerospike_wire.proto.keys import PARTITIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aerospike_wire.embedded.node import Session
    from aerospike_wire.proto.message import Message

MAX_DONE: Final = 100
"""Finished jobs that are remembered."""
MAX_THREADS: Final = 128
"""Threads that a node has for queries."""
THREADS: Final = 4
"""Threads that work on a query, unless it is throttled or has fewer partitions."""
SOCKET_TIMEOUT: Final = 10_000
"""Milliseconds that a client may take to take data, if it does not say."""

ABANDONED, ABORTED = int(ResultCode.SERVER), int(ResultCode.SCAN_ABORTED)
RESPONSE_ERROR, RESPONSE_TIMEOUT = -1, -2
"""Why a job ended early: the client is gone, the client does not take what it asked for."""
_RESULTS: Final = {
    0: "ok",
    ABANDONED: "abandoned-unknown",
    ABORTED: "user-aborted",
    RESPONSE_ERROR: "abandoned-response-error",
    RESPONSE_TIMEOUT: "abandoned-response-timeout",
}


@attrs.define(eq=False)
class Job:
    """One long query or background job."""

    id: int
    namespace: str
    set: str
    kind: str
    """``basic``, ``aggregation``, ``background-ops`` or ``background-udf``."""
    client: str
    """``host:port``."""
    index: str | None = None
    rate: int = 0
    """Records per second; 0 for any number."""
    partitions: int = 0
    """Partitions that were asked for; 0 if the job does not say."""
    resumed: int = 0
    """Of these, partitions that go on behind a record."""
    socket_timeout: int = SOCKET_TIMEOUT
    """Milliseconds."""
    udf: tuple[str, str] | None = None
    """Module and function of a background job."""

    started: float = attrs.field(factory=time.monotonic)
    finished: float | None = None
    abandoned: int = 0
    """Why it was given up; 0 if it was not."""
    partition: int = -1
    """The last partition that was begun."""
    throttled: int = 0
    filtered_meta: int = 0
    filtered_bins: int = 0
    succeeded: int = 0
    failed: int = 0
    bytes: int = 0
    """Sent to the client."""
    sending: float = 0.0
    """Seconds that sending took."""

    @property
    def threads(self) -> int:
        """Threads that a server would use for it."""
        if self.finished is not None:
            return 0
        return 1 if self.rate else min(THREADS, self.partitions or THREADS)

    def pause(self) -> float:
        """Seconds until the next record may be taken; 0 if it may be at once."""
        if not self.rate:
            return 0.0
        self.throttled += 1
        ahead = self.throttled / self.rate - (time.monotonic() - self.started)
        return min(ahead, 1.0) if ahead > (_SMALLEST_PAUSE if self.rate < _FAST else _BURST) else 0.0

    def described(self) -> str:
        """The line of ``query-show``."""
        now = time.monotonic()
        end = now if self.finished is None else self.finished
        parts = [f"trid={self.id}", f"ns={self.namespace}"]
        if self.set:
            parts.append(f"set={self.set}")
        if self.index is not None:
            parts.append(f"sindex-name={self.index}")
        if self.partitions:
            parts += [f"n-pids-requested={self.partitions}", f"n-keyds-requested={self.resumed}"]
        state = "active" if self.finished is None else "done"
        done = min(self.partition + 2, PARTITIONS) if self.finished is None else PARTITIONS
        parts += [
            f"rps={self.rate}",
            f"active-threads={self.threads}",
            f"status={state}({_RESULTS.get(self.abandoned, 'abandoned-?')})",
            f"job-progress={100 * done / PARTITIONS:.2f}",
            f"run-time={int((end - self.started) * 1000)}",
            f"time-since-done={0 if self.finished is None else int((now - self.finished) * 1000)}",
            f"recs-throttled={self.throttled}",
            f"recs-filtered-meta={self.filtered_meta}",
            f"recs-filtered-bins={self.filtered_bins}",
            f"recs-succeeded={self.succeeded}",
            f"recs-failed={self.failed}",
            f"from={self.client.replace(':', '+')}",
            f"job-type={self.kind}",
            f"net-io-bytes={self.bytes}",
        ]
        if self.kind in ("basic", "aggregation"):
            parts += [f"net-io-time={int(self.sending * 1000)}", f"socket-timeout={self.socket_timeout}"]
        else:
            parts.append(f"socket-timeout={SOCKET_TIMEOUT}")
        if self.udf is not None:
            parts += [f"udf-filename={self.udf[0]}", f"udf-function={self.udf[1]}", "udf-active=0"]
        elif self.kind == "background-ops":
            parts.append("ops-active=0")
        return ":".join(parts)


_SMALLEST_PAUSE: Final = 0.001
_FAST: Final = 10_000
_BURST: Final = 0.05
"""Seconds that a job without a rate of its own may be ahead of the node's rate: short ones need no pause."""


@attrs.define
class Jobs:
    """The jobs of a node."""

    max_done: int = MAX_DONE
    max_threads: int = MAX_THREADS
    _active: list[Job] = attrs.field(factory=list, init=False)
    _done: collections.deque[Job] = attrs.field(factory=collections.deque, init=False)
    _last_id: int = attrs.field(default=0, init=False)

    def fresh_id(self) -> int:
        """An id for a job whose client gave none."""
        self._last_id += 1
        return self._last_id

    def check_room(self) -> None:
        """Whether another query can be started.

        Raises:
            Refusal: 22, too many are running.
        """
        if sum(job.threads for job in self._active) >= self.max_threads:
            raise Refusal(ResultCode.FORBIDDEN, "too many queries")

    def start(self, job: Job) -> None:
        """Register a job.

        Raises:
            Refusal: 22, too many are running; 4, one of this id runs or is remembered.
        """
        self.check_room()
        if self.find(job.id) is not None:
            raise Refusal(ResultCode.INVALID_REQUEST, f"there is a job {job.id} already")
        self._active.append(job)

    def finish(self, job: Job) -> None:
        """A job has come to its end."""
        if job.finished is not None:
            return
        job.finished = time.monotonic()
        if job in self._active:
            self._active.remove(job)
        self._done.append(job)
        self.limit_done(self.max_done)

    def limit_done(self, count: int) -> None:
        """Remember so many finished jobs from now on."""
        self.max_done = count
        while len(self._done) > count:
            self._done.popleft()

    def find(self, job_id: int) -> Job | None:
        """A job that runs or is remembered."""
        return next((job for job in self if job.id == job_id), None)

    def abort(self, job_id: int) -> bool:
        """Stop a job; False if none of this id runs."""
        job = next((job for job in self._active if job.id == job_id), None)
        if job is None:
            return False
        job.abandoned = ABORTED
        return True

    def abort_all(self) -> int:
        """Stop all jobs; how many there were."""
        for job in self._active:
            job.abandoned = ABORTED
        return len(self._active)

    def __iter__(self) -> Iterator[Job]:
        """All jobs: those that run, then those that are done, the newest first."""
        yield from reversed(self._active)
        yield from reversed(self._done)


def of_message(
    jobs: Jobs, message: Message, session: Session, kind: str, *, index: str | None = None, rate: int = 0
) -> Job:
    """The job that a request asks for; it is not registered yet.

    Raises:
        Refusal: 4, its socket timeout is of an impossible size.
    """
    fields = message.fields
    task = fields.get(Field.TASK_ID, b"")
    timeout = fields.get(Field.SOCKET_TIMEOUT)
    if timeout is not None and len(timeout) != 4:
        raise Refusal(ResultCode.INVALID_REQUEST, "a socket timeout of an impossible size")
    return Job(
        (int.from_bytes(task, "big") if len(task) == 8 else 0) or jobs.fresh_id(),
        fields.get(Field.NAMESPACE, b"").decode(errors="surrogateescape"),
        fields.get(Field.SET, b"").decode(errors="surrogateescape"),
        kind,
        session.peer,
        index,
        rate,
        socket_timeout=SOCKET_TIMEOUT if timeout is None else int.from_bytes(timeout, "big"),
    )
