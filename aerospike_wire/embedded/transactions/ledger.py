"""What a namespace knows of its transactions: monitor records, and versions that are not final.

A record that a transaction writes stays as it was for everybody else. The new version waits
here, together with the lock that it means, until the transaction is rolled forward or back:
by the client, or when the deadline passes.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable

    from aerospike_wire.embedded.store import Namespace, StoredRecord

DEFAULT_DURATION: Final = 10
"""Seconds that a transaction may take if it does not say (the server's mrt-duration)."""
MAX_DURATION: Final = 120
"""Seconds that it may ask for, or be given by the setting."""
MAX_WRITES: Final = 4096
"""Records that a transaction may write."""
_OVER: Final = 1
"""A deadline that has passed; 0 is none."""
REMEMBERED: Final = 100_000
"""Transactions that have ended, of which the node still knows how."""


@attrs.define
class Provisional:
    """What a record will be once its transaction is committed."""

    transaction: int
    namespace: Namespace
    """Where the record is."""
    record: StoredRecord | None
    """None if the transaction deletes it."""


@attrs.define
class Monitor:
    """The monitor record of a transaction that has not ended."""

    transaction: int
    deadline: int
    """Seconds since 2010."""
    record: StoredRecord
    forward: bool = False
    """Whether it has been decided that the transaction is committed."""
    locked: set[bytes] = attrs.field(factory=set)
    """Digests of the records that it has written."""


@attrs.define
class Ledger:
    """The transactions of a namespace. The nodes of a cluster share one."""

    monitors: dict[bytes, Monitor] = attrs.field(factory=dict)
    """By the digest of the monitor record."""
    provisional: dict[bytes, Provisional] = attrs.field(factory=dict)
    """By the digest of the record."""
    ended: OrderedDict[bytes, bool] = attrs.field(factory=OrderedDict)
    """How transactions ended, True for committed, by the digest of their monitor record."""
    duration: int = DEFAULT_DURATION
    """Seconds that a transaction may take if it does not say."""
    disabled: bool = False
    """Whether no transaction may write any more (the server's disable-mrt-writes)."""
    max_writes: int = MAX_WRITES
    place: Callable[[bytes], Namespace | None] | None = None
    """Gives the namespace on the node that a record is mastered by, if there are several nodes; None while
    that node is away."""
    _by_number: dict[int, Monitor] = attrs.field(factory=dict)
    _next_deadline: int = 0
    """Seconds since 2010; no transaction expires before."""

    def begin(self, digest: bytes, monitor: Monitor) -> None:
        """A transaction makes its monitor record."""
        self.monitors[digest] = monitor
        self._by_number[monitor.transaction] = monitor
        if not self._next_deadline or monitor.deadline < self._next_deadline:
            self._next_deadline = monitor.deadline

    def monitor(self, transaction: int) -> Monitor | None:
        """The monitor of a transaction that has not ended."""
        return self._by_number.get(transaction)

    def hold(self, digest: bytes, monitor: Monitor, namespace: Namespace, record: StoredRecord | None) -> None:
        """Keep the new version of a record, and its lock."""
        self.provisional[digest] = Provisional(monitor.transaction, namespace, record)
        monitor.locked.add(digest)

    def roll(self, digest: bytes, namespace: Namespace | None) -> None:
        """Make the new version of a record final, or forget it.

        Args:
            digest: the record's.
            namespace: where the new version goes; None to forget it.
        """
        held = self.provisional.pop(digest)
        monitor = self._by_number.get(held.transaction)
        if monitor is not None:
            monitor.locked.discard(digest)
        if namespace is not None:
            namespace.put(digest, held.record)

    def end(self, digest: bytes) -> None:
        """Remove a monitor record; what it still locks is rolled as it was decided.

        The monitor stays, and is looked at with the next command, while the master of a
        record that is to be rolled forward is away.
        """
        monitor = self.monitors[digest]
        for locked in tuple(monitor.locked):
            namespace = self.provisional[locked].namespace if self.place is None else self.place(locked)
            if not monitor.forward or namespace is not None:
                self.roll(locked, namespace if monitor.forward else None)
        if monitor.locked:
            monitor.deadline = self._next_deadline = _OVER
            return
        del self.monitors[digest]
        del self._by_number[monitor.transaction]
        self.ended[digest] = monitor.forward
        if len(self.ended) > REMEMBERED:
            self.ended.popitem(last=False)

    def expire(self, now: int) -> None:
        """End the transactions whose deadline has passed.

        Args:
            now: seconds since 2010.
        """
        if not self._next_deadline or now < self._next_deadline:
            return
        for digest, monitor in tuple(self.monitors.items()):
            if monitor.deadline <= now:
                self.end(digest)
        self._next_deadline = min((monitor.deadline for monitor in self.monitors.values()), default=0)
