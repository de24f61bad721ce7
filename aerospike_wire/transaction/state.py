"""What a client knows of a transaction: its number, its state, what it has read and written."""

from __future__ import annotations

import enum
import secrets
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import attrs

from aerospike_wire.arguments import whole_number

if TYPE_CHECKING:
    from aerospike_wire.transport import Lock, Runtime
    from aerospike_wire.types import Key

_MAX_CAPACITY: Final = 0xFFFF_FFFF
_MAX_TIMEOUT: Final = 0x7FFF_FFFF


class TransactionState(enum.IntEnum):
    """How far a transaction is. Numbers are the official client's ``TXN_STATE_...``."""

    OPEN = 0
    """Commands may join."""
    VERIFIED = 1
    """Its reads were found unchanged; the commit was then refused and may be repeated, or the transaction aborted."""
    COMMITTED = 2
    ABORTED = 3
    COMMIT_FAILED = 4
    """Whether it is committed is in doubt: only another commit can tell."""


class CommitStatus(enum.IntEnum):
    """What became of a commit. Numbers are the official client's ``COMMIT_...``.

    ``commit()`` returns only those that mean that the transaction is committed; the others
    are the ``status`` of the errors that it raises.
    """

    OK = 0
    ALREADY_COMMITTED = 1
    ALREADY_ABORTED = 2
    VERIFY_FAILED = 3
    """A record that was read has changed since: the transaction was aborted."""
    MARK_ROLL_FORWARD_ABANDONED = 4
    """The decision could not be recorded, or it is in doubt whether it was."""
    ROLL_FORWARD_ABANDONED = 5
    """Committed; some records are still locked until the server has finished the work."""
    CLOSE_ABANDONED = 6
    """Committed; the server will remove the transaction's monitor record."""


class AbortStatus(enum.IntEnum):
    """What became of an abort. Numbers are the official client's ``ABORT_...``."""

    OK = 0
    ALREADY_ABORTED = 1
    ALREADY_COMMITTED = 2
    ROLL_BACK_ABANDONED = 3
    """Aborted; some records are still locked until the server has finished the work."""
    CLOSE_ABANDONED = 4
    """Aborted; the server will remove the transaction's monitor record."""
    COMMIT_FAILED = 5
    """Not aborted, because it may be committed."""


COMMIT_NAMES: Final = {f"COMMIT_{status.name}": status for status in CommitStatus}
ABORT_NAMES: Final = {f"ABORT_{status.name}": status for status in AbortStatus}
"""The constants of the official client."""


class Touched(NamedTuple):
    """A record that a transaction has read or written."""

    key: Key
    version: int | None = None
    """The version that was read, a 56-bit number; 0 for a record that was not there, None for none known."""


@attrs.define(eq=False)
class Journal:
    """What the client keeps of a transaction. Its methods never suspend, so tasks cannot come between.

    Threads may share it: each step is one operation on a dict or a set.
    """

    namespace: str | None = None
    state: TransactionState = TransactionState.OPEN
    deadline: int = 0
    """Seconds since 2010, told by the server with the first write; 0 until then."""
    reads: dict[bytes, Touched] = attrs.field(factory=dict)
    """By digest; verified by the commit."""
    writes: dict[bytes, Touched] = attrs.field(factory=dict)
    """By digest; rolled forward or back in the end."""
    write_in_doubt: bool = False
    """A write has had no answer: it may arrive late, so the monitor record is left to the server."""
    monitor_in_doubt: bool = False
    """The monitor record may have been made though nothing said so."""
    unfinished: bool = False
    """Committed or aborted, but records are not rolled yet."""
    under_way: set[object] = attrs.field(factory=set)
    """Commands that have begun and not ended."""
    ending: bool = False
    """Being committed: no further command may join, though the state is still OPEN."""
    _gates: dict[str, Lock] = attrs.field(factory=dict)
    """The one lock, in a dict because threads that make it at the same moment must get the same."""

    @property
    def monitored(self) -> bool:
        """Whether there may be a monitor record."""
        return self.deadline != 0 or self.monitor_in_doubt

    def gate(self, runtime: Runtime) -> Lock:
        """Held while the monitor record is made, and while the transaction ends."""
        gate = self._gates.get("gate")
        return self._gates.setdefault("gate", runtime.lock()) if gate is None else gate

    def version(self, digest: bytes) -> int | None:
        """The version of a record that was read."""
        found = self.reads.get(digest)
        return None if found is None else found.version

    def on_read(self, key: Key, version: int | None) -> None:
        """A read was answered."""
        assert key.digest is not None
        if version is not None:
            self.reads[key.digest] = Touched(key, version)

    def on_write(self, key: Key, version: int | None, code: int) -> None:
        """A write was answered. A version comes only if nothing was changed."""
        assert key.digest is not None
        if version is not None:
            self.reads[key.digest] = Touched(key, version)
        elif code == 0:
            self.reads.pop(key.digest, None)
            self.writes.setdefault(key.digest, Touched(key))

    def on_doubt(self, key: Key) -> None:
        """A write may or may not have been carried out."""
        assert key.digest is not None
        self.reads.pop(key.digest, None)
        self.writes.setdefault(key.digest, Touched(key))
        self.write_in_doubt = True


class Transaction:
    """Several commands on one namespace that take effect together, or not at all.

    Making one sends nothing. It is begun by its first command, that is one whose policy
    has it as ``txn``, and ended by ``client.commit()`` or ``client.abort()``. Tasks or
    threads may send its commands at the same time; all must be back before it ends.

    Args:
        reads_capacity: how many records it will read, about; there is no limit, and nothing is reserved.
        writes_capacity: how many records it will write, about. Servers allow 4096.
        timeout: seconds from its first write until the server gives it up; 0 for the server's default, ten seconds.
            Servers allow 120.

    Raises:
        ParamError: an argument is no int, or out of range.
    """

    __slots__ = ("_id", "_timeout", "failures", "journal")

    def __init__(self, reads_capacity: int = 128, writes_capacity: int = 128, *, timeout: int = 0) -> None:
        whole_number("reads_capacity", reads_capacity, 0, _MAX_CAPACITY)
        whole_number("writes_capacity", writes_capacity, 0, _MAX_CAPACITY)
        self._timeout = whole_number("timeout", timeout, 0, _MAX_TIMEOUT)
        self._id = 0
        while not self._id:
            self._id = secrets.randbits(63)
        self.journal = Journal()
        """What the client keeps of it; not for programs."""
        self.failures: tuple[BaseException, ...] = ()
        """Why the last commit or abort left work to the server; empty if it did not."""

    @property
    def id(self) -> int:
        """A random number, not 0."""
        return self._id

    @property
    def timeout(self) -> int:
        """Seconds from the first write until the server gives it up; 0 for the server's default."""
        return self._timeout

    @timeout.setter
    def timeout(self, seconds: int) -> None:
        self._timeout = whole_number("timeout", seconds, 0, _MAX_TIMEOUT)

    @property
    def state(self) -> TransactionState:
        """How far it is."""
        return self.journal.state

    @property
    def in_doubt(self) -> bool:
        """True while it is not known whether it is committed."""
        return self.journal.state is TransactionState.COMMIT_FAILED

    @property
    def namespace(self) -> str | None:
        """The namespace of its records; None before its first command."""
        return self.journal.namespace

    def __repr__(self) -> str:
        journal = self.journal
        where = f" in {journal.namespace}" if journal.namespace else ""
        counts = f"{len(journal.reads)} reads, {len(journal.writes)} writes"
        return f"<Transaction {self._id}{where}, {journal.state.name}, {counts}>"

    def __reduce__(self) -> Any:
        msg = "a Transaction belongs to the process that began it and cannot be pickled or copied"
        raise TypeError(msg)
