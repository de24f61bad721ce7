"""What goes into a batch row by row, and what comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from aerospike_wire.errors import ResultCode
from aerospike_wire.proto.commands.batch_rows import Apply, Read, Remove, Write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aerospike_wire.types import Key, Record

__all__ = ["Apply", "BatchResult", "BatchRow", "Read", "Remove", "Write"]

_DATA = frozenset({ResultCode.RECORD_NOT_FOUND, ResultCode.FILTERED_OUT})
"""Codes that say something about the data, and not that the row failed."""


@attrs.frozen
class BatchRow:
    """One key of a batch and what became of it."""

    key: Key
    result: int
    """Result code: 0, the server's, or a negative one of the client."""
    record: Record | None
    in_doubt: bool
    """True if the row was a write that may have been applied although it failed."""
    _make_error: Callable[[], BaseException] | None = attrs.field(default=None, repr=False, eq=False)

    @property
    def ok(self) -> bool:
        """True if the row was carried out."""
        return self.result == ResultCode.OK

    @property
    def error(self) -> BaseException | None:
        """The exception for this row, made when asked for; None if it was carried out.

        It has passed through the client's error hooks. A missing record is one too:
        whether that is an error is for the caller to say.
        """
        return None if self._make_error is None else self._make_error()


@attrs.frozen
class BatchResult:
    """The rows of a batch, in the order of the keys."""

    rows: tuple[BatchRow, ...]

    def __iter__(self) -> Iterator[BatchRow]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> BatchRow:
        return self.rows[index]

    @property
    def ok(self) -> bool:
        """True if no row failed; missing and filtered-out records are no failures."""
        return not self.failed()

    def failed(self, *, missing: bool = False) -> list[BatchRow]:
        """The rows that failed.

        Args:
            missing: count records that are missing or filtered out as failed too.
        """
        return [row for row in self.rows if not row.ok and (missing or row.result not in _DATA)]

    @property
    def errors(self) -> list[BaseException]:
        """One exception for each row that failed."""
        return [error for row in self.failed() if (error := row.error) is not None]

    def raise_for_errors(self, *, missing: bool = False) -> None:
        """Raise all failures together.

        Args:
            missing: treat records that are missing or filtered out as failures too.

        Raises:
            ExceptionGroup: with one exception for each row that failed.
        """
        errors = [error for row in self.failed(missing=missing) if (error := row.error) is not None]
        if errors:
            msg = f"{len(errors)} of {len(self.rows)} rows failed"
            raise BaseExceptionGroup(msg, errors)
