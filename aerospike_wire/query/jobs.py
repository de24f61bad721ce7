"""Jobs in the background: starting them on every node, looking after them, ending them (protocol sections 5.5, 5.8)."""

from __future__ import annotations

import itertools
import math
import secrets
from typing import TYPE_CHECKING, Any, Final, NoReturn

import attrs

from aerospike_wire.errors import ParamError, ResultCode
from aerospike_wire.fanout import Fanout
from aerospike_wire.proto.commands.query import JobCommand, facts
from aerospike_wire.trouble import Trouble

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

    from aerospike_wire.cluster.node import Node
    from aerospike_wire.core import Core
    from aerospike_wire.errors import Hook, HookMapping
    from aerospike_wire.proto.commands.base import Command
    from aerospike_wire.proto.commands.query import BackgroundCommand

JOB_QUERY: Final = "query"
JOB_SCAN: Final = "scan"
JOB_STATUS_UNDEF: Final = 0
JOB_STATUS_INPROGRESS: Final = 1
JOB_STATUS_COMPLETED: Final = 2

_FIRST_PAUSE: Final = 0.01
_LONGEST_PAUSE: Final = 0.5
"""Seconds between two looks at a job."""


@attrs.frozen
class JobStatus:
    """What the nodes say of a job."""

    id: int
    nodes: Mapping[str, Mapping[str, str]]
    """By node, what it said (``status``, ``job-progress``, ``recs-succeeded``, ``run-time`` ...).

    Nodes that do not know the job, or no more, are missing.
    """

    @property
    def done(self) -> bool:
        """True if no node works on it any more."""
        return not any(said.get("status", "").startswith("active") for said in self.nodes.values())

    @property
    def progress(self) -> float:
        """Percent that are done, of the node that is furthest behind; 100 once all are."""
        return 100.0 if self.done else min(_number(said, "job-progress") for said in self.nodes.values())

    @property
    def succeeded(self) -> int:
        """Records that were changed, or read."""
        return int(sum(_number(said, "recs-succeeded", "recs-read") for said in self.nodes.values()))

    @property
    def failed(self) -> int:
        """Records whose change failed; the job goes on with the others."""
        return int(sum(_number(said, "recs-failed") for said in self.nodes.values()))

    @property
    def outcome(self) -> str | None:
        """How it ended: ``ok``, or the first other word a node has for it; None while it runs or if no node knows."""
        if not self.done or not self.nodes:
            return None
        words = [said.get("status", "").removeprefix("done(").removesuffix(")") for said in self.nodes.values()]
        return next((word for word in words if word != "ok"), "ok")


def _number(said: Mapping[str, str], *names: str) -> float:
    for name in names:
        try:
            return float(said[name])
        except (KeyError, ValueError):
            continue
    return 0.0


async def start(core: Core, command: BackgroundCommand, hook: Hook | HookMapping | None = None) -> int:
    """Start a job on every node.

    Returns:
        Its number.

    Raises:
        AerospikeError: a node did not take it; others may have, see ``error.context.task_id``.
    """
    # Set before anything can fail, so that whoever gets an error can look after what was started.
    command.task_id = secrets.randbits(64) | 1
    fan = Fanout(core, hook)
    policy: Any = await fan.prepare(command)
    deadline = fan.deadline(policy)
    waiting = _nodes(core, fan, command)
    for attempt in itertools.count(1):
        outcomes = await fan.round([(node, command) for node in waiting], policy, deadline)
        failed = [(node, trouble) for node, trouble in zip(waiting, outcomes, strict=True) if trouble is not None]
        if not failed:
            return command.task_id
        for node, trouble in failed:
            # A node that may have taken the job would refuse its number the second time.
            lost = trouble.sent and not trouble.answered
            if lost or not await core.again(trouble, node, policy, attempt, deadline):
                fan.fail(trouble, command)
        waiting = [node for node, _ in failed]
    raise AssertionError


def _nodes(core: Core, fan: Fanout, command: Command[Any]) -> list[Node]:
    nodes = core.cluster.active()
    if not nodes:
        fan.fail(Trouble(ResultCode.CLUSTER, "no node of the cluster is connected"), command)
    return nodes


async def ask(
    core: Core, task_id: Any, module: Any, policy: Any, method: str, hook: Hook | HookMapping | None
) -> list[JobCommand]:
    """Ask every node about a job, or to end it; the commands with their answers.

    Raises:
        AerospikeError: a node could not be asked.
    """
    fan = Fanout(core, hook)
    first = JobCommand(task_id, module, policy, method)
    settled: Any = await fan.prepare(first)
    deadline = fan.deadline(settled)
    waiting = [(node, JobCommand(task_id, module, settled, method, node.build)) for node in _nodes(core, fan, first)]
    answered: list[JobCommand] = []
    for attempt in itertools.count(1):
        outcomes = await fan.round(list(waiting), settled, deadline)
        failed = []
        for (node, command), trouble in zip(waiting, outcomes, strict=True):
            if trouble is None:
                command.node = node.name
                answered.append(command)
            elif await core.again(trouble, node, settled, attempt, deadline):
                failed.append((node, command))
            else:
                fan.fail(trouble, first)
        if not failed:
            return answered
        waiting = failed
    raise AssertionError


async def status(core: Core, task_id: Any, module: Any, policy: Any, hook: Hook | HookMapping | None) -> JobStatus:
    """What the nodes say of a job.

    Raises:
        AerospikeError: a node could not be asked.
    """
    asked = await ask(core, task_id, module, policy, "job_info", hook)
    known = {command.node: facts(command.answer) for command in asked if command.answer is not None}
    return JobStatus(int(task_id), known)


async def info(core: Core, task_id: Any, module: Any, policy: Any, hook: Hook | HookMapping | None) -> dict[str, int]:
    """The official client's form of :func:`status`: ``progress_pct``, ``records_read``, ``status``.

    Raises:
        AerospikeError: a node could not be asked.
    """
    found = await status(core, task_id, module, policy, hook)
    return {
        "progress_pct": int(found.progress) if found.nodes else 0,
        "records_read": found.succeeded,
        "status": JOB_STATUS_COMPLETED if found.done else JOB_STATUS_INPROGRESS,
    }


async def abort(core: Core, task_id: Any, module: Any, policy: Any, hook: Hook | HookMapping | None) -> bool:
    """End a job; True if a node worked on it.

    Raises:
        AerospikeError: a node could not be asked.
    """
    asked = await ask(core, task_id, module, policy, "job_abort", hook)
    return any(command.answer is not None for command in asked)


async def wait(core: Core, task: TaskBase, timeout: Any, policy: Any, hook: Hook | HookMapping | None) -> JobStatus:
    """Wait until no node works on a job any more.

    Args:
        core: whose cluster is asked.
        task: the job.
        timeout: milliseconds; None for no limit.
        policy: for the questions.
        hook: one more error hook.

    Raises:
        TimeoutError: it was still running after ``timeout``.
        ScanAbortedError: somebody ended it.
        AerospikeError: a node could not be asked, or gave the job up.
    """
    if timeout is not None and (
        isinstance(timeout, bool) or not isinstance(timeout, int | float) or not 0 <= timeout < math.inf
    ):
        raise ParamError.about("timeout", f"must be milliseconds or None, not {timeout!r}")
    fan = Fanout(core, hook)
    give_up = None if timeout is None else core.runtime.now() + timeout / 1000
    pause = _FIRST_PAUSE
    while True:
        found = await status(core, int(task), task.module, policy, hook)
        if found.done:
            break
        now = core.runtime.now()
        if give_up is not None and now >= give_up:
            words = f"the job is still running, {found.progress:.0f} % of it are done"
            _fail(fan, task, Trouble(ResultCode.TIMEOUT, words, final=True))
        await core.runtime.sleep(pause if give_up is None else min(pause, max(0.0, give_up - now)))
        pause = min(pause * 2, _LONGEST_PAUSE)
    if found.outcome not in {None, "ok"}:
        code = ResultCode.SCAN_ABORTED if found.outcome == "user-aborted" else ResultCode.SERVER
        _fail(fan, task, Trouble(code, f"the job ended early: {found.outcome}", answered=True, sent=True, final=True))
    return found


def _fail(fan: Fanout, task: TaskBase, trouble: Trouble) -> NoReturn:
    fan.fail(trouble, JobCommand(int(task), task.module, None, "wait"))


class TaskBase(int):
    """The number of a job, which knows how to look after it."""

    _core: Core
    module: str
    """``query`` or ``scan``."""

    def __new__(cls, core: Core, task_id: int, module: str) -> Self:
        """The task of a job that was started."""
        task = super().__new__(cls, task_id)
        task._core = core
        task.module = module
        return task

    def __reduce__(self) -> tuple[type[int], tuple[int]]:
        """Of a task that is copied or pickled the number is left; ``job_info`` takes it."""
        return int, (int(self),)

    @property
    def id(self) -> int:
        """The job's number, the same on every node."""
        return int(self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {int(self)}>"
