"""The records of one namespace: by digest, and by partition in the order in which queries visit them."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any

from aerospike_wire.proto.keys import partition_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from aerospike_wire.embedded.store import StoredRecord


class Records(dict[bytes, "StoredRecord"]):
    """Records by digest.

    A record that changes is set again; whoever keeps something about records, as indexes do,
    learns of it through a set of digests that it gives to :meth:`watch`.
    """

    __slots__ = ("_by_partition", "_sorted", "_watchers", "sets")

    def __init__(self) -> None:
        super().__init__()
        self._by_partition: dict[int, set[bytes]] = {}
        self._sorted: dict[int, list[bytes]] = {}
        self._watchers: list[set[bytes]] = []
        self.sets: dict[bytes, int] = {}
        """How many records each set has; sets that had some once stay known, as on a server."""

    def __setitem__(self, digest: bytes, record: StoredRecord) -> None:
        if digest not in self:
            pid = partition_id(digest)
            self._by_partition.setdefault(pid, set()).add(digest)
            self._sorted.pop(pid, None)
            self.sets[record.set] = self.sets.get(record.set, 0) + 1
        super().__setitem__(digest, record)
        for watcher in self._watchers:
            watcher.add(digest)

    def __delitem__(self, digest: bytes) -> None:
        self.sets[self[digest].set] -= 1
        super().__delitem__(digest)
        pid = partition_id(digest)
        self._by_partition[pid].discard(digest)
        self._sorted.pop(pid, None)
        for watcher in self._watchers:
            watcher.add(digest)

    def pop(self, digest: bytes, *default: Any) -> Any:
        """As of a dict."""
        if digest not in self and default:
            return default[0]
        record = self[digest]
        del self[digest]
        return record

    # Whatever else changes a dict does it through the methods above.
    update = MutableMapping.update
    setdefault = MutableMapping.setdefault
    popitem = MutableMapping.popitem

    def clear(self) -> None:
        """Forget everything, the sets too."""
        for watcher in self._watchers:
            watcher.update(self)
        super().clear()
        self._by_partition.clear()
        self._sorted.clear()
        self.sets.clear()

    def of(self, pid: int) -> tuple[bytes, ...]:
        """The digests of a partition's records, in no order."""
        return tuple(self._by_partition.get(pid, ()))

    def ordered(self, pid: int) -> Sequence[bytes]:
        """The digests of a partition's records, the largest first; not to be changed."""
        found = self._sorted.get(pid)
        if found is None:
            found = self._sorted[pid] = sorted(self._by_partition.get(pid, ()), reverse=True)
        return found

    def drop(self, pid: int) -> None:
        """Forget a partition."""
        for digest in self.of(pid):
            Records.__delitem__(self, digest)

    def partitions(self) -> Iterable[int]:
        """The partitions that have records here."""
        return tuple(pid for pid, digests in self._by_partition.items() if digests)

    def watch(self, changed: set[bytes]) -> None:
        """Add the digest of each record that is set or removed to a set from now on."""
        self._watchers.append(changed)

    def unwatch(self, changed: set[bytes]) -> None:
        """End that."""
        self._watchers = [watcher for watcher in self._watchers if watcher is not changed]
