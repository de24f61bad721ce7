"""The records of one namespace on a member of a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aerospike_wire.embedded.table import Records

if TYPE_CHECKING:
    from collections.abc import Callable

    from aerospike_wire.embedded.store import StoredRecord


class Journal(Records):
    """Records of a namespace, which tells what changes so that replicas can follow.

    Args:
        note: is told of each digest whose record is set or removed by a request.
    """

    __slots__ = ("_note",)

    def __init__(self, note: Callable[[bytes], None]) -> None:
        super().__init__()
        self._note = note

    def __setitem__(self, digest: bytes, record: StoredRecord) -> None:
        super().__setitem__(digest, record)
        self._note(digest)

    def __delitem__(self, digest: bytes) -> None:
        super().__delitem__(digest)
        self._note(digest)

    def follow(self, digest: bytes, record: StoredRecord | None) -> None:
        """Take over another member's record, or that it has none; this is not told."""
        if record is not None:
            super().__setitem__(digest, record)
        elif digest in self:
            super().__delitem__(digest)
