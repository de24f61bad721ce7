"""What an index knows of the records of one node: values and digests, sorted by partition."""

from __future__ import annotations

import bisect
from typing import TYPE_CHECKING, Final

from aerospike_wire.embedded import index_values, turns
from aerospike_wire.proto.keys import partition_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aerospike_wire.embedded.indexes import Index
    from aerospike_wire.embedded.store import StoredRecord
    from aerospike_wire.embedded.table import Records

STEP: Final = 500
"""Records that are looked at before others have their turn."""

_LARGEST: Final = b"\xff" * 21
"""Behind every digest."""
_MASK: Final = 0xFFFF_FFFF_FFFF_FFFF

Entry = tuple[int, bytes]
"""A value and a digest. Cells of the Earth are kept as unsigned numbers, all else as signed."""


class Contents:
    """The entries of one index.

    It follows the records by itself: whatever changes is looked at again before the next
    query. Entries of a partition are sorted by value and digest, the order in which queries
    go through them and behind which they resume.

    Args:
        index: its definition.
        records: the records, of all sets.
    """

    def __init__(self, index: Index, records: Records) -> None:
        self.index = index
        self._records = records
        self._changed: set[bytes] = set()
        self._values: dict[bytes, tuple[int, ...]] = {}
        self._entries: dict[int, list[Entry]] = {}
        self._left = len(records)
        self._set = None if index.set is None else index.set.encode(errors="surrogateescape")
        self._unsigned = index.kind == "geo2dsphere"
        self.size = 0
        """Entries; a record may have several."""
        records.watch(self._changed)

    @property
    def unsigned(self) -> bool:
        """Whether its values are unsigned numbers: cells of the Earth."""
        return self._unsigned

    @property
    def complete(self) -> bool:
        """Whether it has been built; before, queries cannot use it."""
        return self._left == 0

    @property
    def progress(self) -> int:
        """Per cent of the records that are in it."""
        total = len(self._records)
        return 100 if not self._left or not total else min(99, 100 * (total - self._left) // total)

    def build(self, now: int) -> Iterator[turns.Turn]:
        """Look at all records that there are, in steps."""
        digests = tuple(self._records)
        self._left = len(digests)
        for place in range(0, len(digests), STEP):
            part = digests[place : place + STEP]
            for digest in part:
                self._changed.discard(digest)
                self._add(digest, now)
            self._left -= len(part)
            if self._left:
                yield turns.NEXT

    def refresh(self, now: int) -> None:
        """Take in what has changed since."""
        changed = tuple(self._changed)
        self._changed.clear()
        for digest in changed:
            self._remove(digest)
            self._add(digest, now)

    def follows(self, records: Records) -> bool:
        """Whether these are the records that it follows."""
        return self._records is records

    def close(self) -> None:
        """Follow the records no longer."""
        self._records.unwatch(self._changed)

    def values(self, digest: bytes) -> Sequence[int]:
        """The values by which it finds a record."""
        return self._values.get(digest, ())

    def entries(self, pid: int, low: int, high: int, after: Entry | None = None) -> Sequence[Entry]:
        """The entries of a partition from one value to another, both included.

        Args:
            pid: the partition.
            low: the smallest value.
            high: the largest value.
            after: begin behind this entry.
        """
        found = self._entries.get(pid)
        if found is None:
            return ()
        start = bisect.bisect_left(found, (low, b""))
        if after is not None:
            start = max(start, bisect.bisect_right(found, after))
        return found[start : bisect.bisect_right(found, (high, _LARGEST))]

    def _add(self, digest: bytes, now: int) -> None:
        record = self._records.get(digest)
        if record is None or (self._set is not None and record.set != self._set):
            return
        values = self._of(record, now)
        if not values:
            return
        self._values[digest] = values
        self.size += len(values)
        entries = self._entries.setdefault(partition_id(digest), [])
        for value in values:
            bisect.insort(entries, (value, digest))

    def _of(self, record: StoredRecord, now: int) -> tuple[int, ...]:
        if self.index.set_index:
            return (0,)
        found = index_values.of_record(self.index, record, now)
        return tuple(value & _MASK for value in found) if self._unsigned else found

    def _remove(self, digest: bytes) -> None:
        values = self._values.pop(digest, ())
        if not values:
            return
        self.size -= len(values)
        entries = self._entries[partition_id(digest)]
        for value in values:
            place = bisect.bisect_left(entries, (value, digest))
            del entries[place]
