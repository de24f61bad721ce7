"""What a command does besides, when it is part of a transaction (protocol section 10.3).

Before its first write of a record the client tells the transaction's monitor record of it,
so that the server can finish or undo the write whatever becomes of the client. From
every answer it keeps the versions of what was read, and which records were written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import attrs

from aerospike_wire.errors import AerospikeError, ResultCode
from aerospike_wire.policy import WritePolicy
from aerospike_wire.proto import transaction
from aerospike_wire.proto.commands.base import ServerWords, in_doubt_code
from aerospike_wire.proto.commands.record import RecordCommand
from aerospike_wire.proto.commands.transaction import AddKeys, monitor_key
from aerospike_wire.proto.header import MESSAGE_HEADER_SIZE
from aerospike_wire.proto.invalid import InvalidArgument
from aerospike_wire.transaction.state import TransactionState
from aerospike_wire.trouble import Trouble, as_trouble

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from aerospike_wire.batch import BatchResult
    from aerospike_wire.core import Core
    from aerospike_wire.errors import Attempt, ErrorContext, Hook, HookMapping
    from aerospike_wire.fanout import Fanout
    from aerospike_wire.policy import Policies, RecordPolicy
    from aerospike_wire.proto.commands.base import Command, Features
    from aerospike_wire.proto.commands.batch import Batch, Row
    from aerospike_wire.transaction.state import Transaction
    from aerospike_wire.types import Key

    Digests: TypeAlias = bytes | Sequence[bytes]
    """That of one record, or those of a batch."""

R = TypeVar("R")

_WHY_ENDED = {
    TransactionState.VERIFIED: "has been verified, and can only be committed or aborted now",
    TransactionState.COMMITTED: "has been committed",
    TransactionState.ABORTED: "has been aborted",
    TransactionState.COMMIT_FAILED: "may have been committed, and can only be committed again",
}


def admit(txn: Transaction, namespace: str) -> None:
    """Let a command join.

    Raises:
        InvalidArgument: the transaction has ended, or is about another namespace.
    """
    journal = txn.journal
    if journal.state is not TransactionState.OPEN or journal.ending:
        why = _WHY_ENDED.get(journal.state, "is being committed")
        raise InvalidArgument("txn", f"takes no more commands: transaction {txn.id} {why}")
    if journal.namespace is None:
        journal.namespace = namespace
    elif journal.namespace != namespace:
        problem = f"is about one namespace: transaction {txn.id} about {journal.namespace!r}, the command {namespace!r}"
        raise InvalidArgument("txn", problem)


@attrs.define(eq=False)
class Member(RecordCommand[Any, Any]):
    """A command of a transaction, to the core: the same command, of whose answers the transaction learns."""

    inner: Any = attrs.field(kw_only=True)
    txn: Any = attrs.field(kw_only=True)
    operation: str = attrs.field(init=False)  # type: ignore[misc]  # of the inner command, as the next two
    write: bool = attrs.field(init=False)  # type: ignore[misc]
    exclusive: bool = attrs.field(init=False)  # type: ignore[misc]
    unanswered: int = attrs.field(init=False, default=0)
    """Tries that had no definite answer."""
    _learnt: bytes | None = attrs.field(init=False, default=None)
    """The answer that was taken in last."""

    def __attrs_post_init__(self) -> None:
        self.operation = self.inner.operation
        self.write = self.inner.write
        self.exclusive = self.inner.exclusive
        self.place, self.digest = self.inner.place, self.inner.digest

    @classmethod
    def of(cls, command: RecordCommand[Any, Any], txn: Transaction) -> Member:
        """The command as a member."""
        return cls(command.key, command.policy, inner=command, txn=txn)

    def prepare(self, policies: Policies) -> RecordPolicy:
        policy: RecordPolicy = attrs.evolve(self.inner.policy, txn=None)
        return policy

    def encode(self, features: Features) -> bytes:
        self.unanswered += 1
        request: bytes = self.inner.encode(features)
        return request

    def collector(self) -> Callable[[bytes], bool] | None:
        found: Callable[[bytes], bool] | None = self.inner.collector()
        return found

    def code(self, body: bytes) -> int:
        code: int = self.inner.code(body)
        self._learn(body)
        return code

    def _learn(self, body: bytes) -> None:
        """Take in what an answer says of the record's version, once."""
        if self._learnt is body:
            return
        self._learnt = body
        if len(body) >= MESSAGE_HEADER_SIZE and not in_doubt_code(body[5]):
            self.unanswered -= 1
            version = transaction.read_version(body)
            if self.write:
                self.txn.journal.on_write(self.key, version, body[5])
            else:
                self.txn.journal.on_read(self.key, version)

    def refused(self, body: bytes) -> bool:
        found: bool = self.inner.refused(body)
        return found

    def decode(self, body: bytes, wall: Callable[[], float]) -> Any:
        self._learn(body)
        return self.inner.decode(body, wall)

    def words(self, body: bytes) -> ServerWords:
        words: ServerWords = self.inner.words(body)
        return words

    def context(self) -> Any:
        return self.inner.context()


async def execute(core: Core, command: Command[R], txn: Transaction, hook: Hook | HookMapping | None) -> R:
    """Carry a command out as part of a transaction.

    Args:
        core: carries commands out.
        command: prepared; only commands on records have policies with a transaction.
        txn: the transaction.
        hook: one more error hook, for this call.

    Raises:
        AerospikeError: as for :meth:`Core.execute`; also the monitor record could not be written.
    """
    assert isinstance(command, RecordCommand)
    started = core.now()
    attempts: tuple[Attempt, ...] = ()
    member = Member.of(command, txn)
    journal = txn.journal
    try:
        journal.under_way.add(member)
        admit(txn, command.key.namespace)
        if command.write and command.key.digest not in journal.writes:
            await _register(core, txn, command.key.digest, command.policy, command.context)
    except InvalidArgument as error:
        journal.under_way.discard(member)
        trouble = as_trouble(error)
    except _MonitorFailed as failed:
        journal.under_way.discard(member)
        trouble, attempts = failed.trouble, failed.attempts
    except BaseException:
        journal.under_way.discard(member)
        raise
    else:
        try:
            result: R = await core.execute(member, hook)
        except BaseException:
            if member.write and member.unanswered:
                journal.on_doubt(member.key)
            raise
        finally:
            journal.under_way.discard(member)
        return result
    errors = core.errors if hook is None else core.errors.with_hook(hook)
    # The record itself has not been written to, whatever became of the monitor.
    core.fail(trouble, list(attempts), started, command.context(), write=False, errors=errors)


async def batch(
    core: Core, fan: Fanout, command: Batch, txn: Transaction, rounds: Callable[[], Coroutine[Any, Any, BatchResult]]
) -> BatchResult:
    """Carry a batch out as part of a transaction.

    Args:
        core: carries commands out.
        fan: what the batch is carried out with.
        command: prepared.
        txn: the transaction.
        rounds: sends the batch and takes the answers in.

    Raises:
        AerospikeError: as for a batch; also the monitor record could not be written.
    """
    attempts: tuple[Attempt, ...] = ()
    journal = txn.journal
    try:
        journal.under_way.add(command)
        for row in command.rows:
            admit(txn, row.key.namespace)
        # As the official clients: all of them, those that are known included; the list takes each once.
        written = [row.key.digest for row in command.rows if row.write and row.key.digest]
        if written:
            await _register(core, txn, written, command.policy, command.context)
            if len(command.rows) == 1 and written[0] not in journal.writes:
                # It goes out as a command on one record, and announces its key as those do.
                await _register(core, txn, written[0], command.policy, command.context)
        # Once more, now that the deadline is known.
        command.rows = command.make_rows(core.policies, command.policy)
    except InvalidArgument as error:
        journal.under_way.discard(command)
        trouble = as_trouble(error)
    except _MonitorFailed as failed:
        journal.under_way.discard(command)
        trouble, attempts = failed.trouble, failed.attempts
    except BaseException:
        journal.under_way.discard(command)
        raise
    else:
        done = False
        try:
            result = await rounds()
            done = True
        finally:
            for row in command.rows:
                _settle(txn, row, done=done)
            journal.under_way.discard(command)
        return result
    core.fail(trouble, list(attempts), fan.started, command.context(), write=False, errors=fan.errors)


def _settle(txn: Transaction, row: Row, *, done: bool) -> None:
    """Take what a row's answer says into the journal."""
    journal = txn.journal
    answered = row.code != ResultCode.NO_RESPONSE and not in_doubt_code(row.code)
    if not row.write:
        journal.on_read(row.key, row.version)
    elif answered:
        journal.on_write(row.key, row.version, row.code)
    elif not done or any(attempt.in_doubt for attempt in row.attempts):
        journal.on_doubt(row.key)


# The monitor record


class _MonitorFailed(Exception):
    """The monitor record could not be written, so the command that wanted to write was not sent."""

    def __init__(self, error: AerospikeError) -> None:
        super().__init__(error)
        self.attempts = error.attempts
        words = ServerWords(error.server_message, error.subcode, None)
        message = f"the transaction's monitor record could not be written, so nothing was sent: {error.msg}"
        self.trouble = Trouble(error.code or ResultCode.CLIENT, message, words=words, final=True, cause=error.__cause__)


async def _register(
    core: Core,
    txn: Transaction,
    digests: bytes | Sequence[bytes],
    policy: RecordPolicy,
    request: Callable[[], ErrorContext],
) -> None:
    """Tell the monitor record which records are about to be written; make it with the first.

    Raises:
        _MonitorFailed: it could not be done.
    """
    journal = txn.journal
    if journal.deadline:
        await _add_keys(core, txn, digests, policy, request)
        return
    gate = journal.gate(core.runtime)
    if not await gate.acquire(core.deadline(core.now(), policy)):
        raise _MonitorFailed(AerospikeError(ResultCode.TIMEOUT, "another command was still making it"))
    try:
        await _add_keys(core, txn, digests, policy, request)
    finally:
        gate.release()


async def _add_keys(
    core: Core,
    txn: Transaction,
    digests: bytes | Sequence[bytes],
    policy: RecordPolicy,
    request: Callable[[], ErrorContext],
) -> None:
    journal = txn.journal
    patience = WritePolicy(
        socket_timeout=policy.socket_timeout,
        total_timeout=policy.total_timeout,
        max_retries=policy.max_retries,
        sleep_between_retries=policy.sleep_between_retries,
        timeout_delay=policy.timeout_delay,
    )
    key: Key = monitor_key(txn)
    bare = core.without_hooks()

    def add(*, begin: bool) -> AddKeys:
        return AddKeys(key, patience, txn=txn, digests=digests, begin=begin, request=request)

    begin = not journal.deadline
    try:
        try:
            deadline = await bare.execute(add(begin=begin))
        except AerospikeError as error:
            ours = journal.monitor_in_doubt or error.in_doubt
            if error.code != ResultCode.TRANSACTION_MONITOR_EXISTS or not ours:
                raise
            # A try that seemed lost had made it after all.
            deadline = await bare.execute(add(begin=False))
    except AerospikeError as error:
        journal.monitor_in_doubt = journal.monitor_in_doubt or error.in_doubt
        raise _MonitorFailed(error) from error
    except BaseException:
        journal.monitor_in_doubt = True
        raise
    journal.deadline = journal.deadline or deadline
