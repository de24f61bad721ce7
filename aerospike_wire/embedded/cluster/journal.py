"""The records of one namespace on a member of a cluster."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any

from aerospike_wire.proto.keys import partition_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from aerospike_wire.embedded.store import StoredRecord


class Journal(dict[bytes, "StoredRecord"]):
    """Records by digest, sorted by partition too, which tells what changes so that replicas can follow.

    Args:
        note: is told of each digest whose record is set or removed by a request.
    """

    __slots__ = ("_by_partition", "_note")

    def __init__(self, note: Callable[[bytes], None]) -> None:
        super().__init__()
        self._note = note
        self._by_partition: dict[int, set[bytes]] = {}

    def __setitem__(self, digest: bytes, record: StoredRecord) -> None:
        self.follow(digest, record)
        self._note(digest)

    def __delitem__(self, digest: bytes) -> None:
        super().__delitem__(digest)
        self._by_partition[partition_id(digest)].discard(digest)
        self._note(digest)

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
        """Forget everything; this is not told."""
        super().clear()
        self._by_partition.clear()

    def follow(self, digest: bytes, record: StoredRecord | None) -> None:
        """Take over another member's record, or that it has none; this is not told."""
        if record is not None:
            if digest not in self:
                self._by_partition.setdefault(partition_id(digest), set()).add(digest)
            super().__setitem__(digest, record)
        elif digest in self:
            super().__delitem__(digest)
            self._by_partition[partition_id(digest)].discard(digest)

    def of(self, pid: int) -> tuple[bytes, ...]:
        """The digests of a partition's records."""
        return tuple(self._by_partition.get(pid, ()))

    def drop(self, pid: int) -> None:
        """Forget a partition; this is not told."""
        for digest in self._by_partition.pop(pid, ()):
            super().__delitem__(digest)

    def partitions(self) -> Iterable[int]:
        """The partitions that have records here."""
        return tuple(self._by_partition)
