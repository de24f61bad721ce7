"""``aerospike_helpers.batch.records``: rows of batches, which carry their own results."""

from __future__ import annotations

from typing import Any

Ops = list[dict[str, Any]]
Policy = dict[str, Any] | None


class BatchRecord:
    """A key of a batch, and after the call what became of it."""

    def __init__(self, key: tuple[Any, ...]) -> None:
        self.key = key
        self.record: tuple[Any, ...] | None = None
        """``(key, meta, bins)`` if the row was carried out."""
        self.result = 0
        """Result code: 0, the server's, or a negative one of the client."""
        self.message: str | None = None
        """The server's own words about a failure, if it sent any."""
        self.subcode = 0
        """The server's finer reason for a failure, 0 if there is none."""
        self.in_doubt = False
        """True if the row may have been carried out although it failed."""


class Write(BatchRecord):
    """A row of operations of which one at least writes."""

    def __init__(
        self, key: tuple[Any, ...], ops: Ops, meta: dict[str, int] | None = None, policy: Policy = None
    ) -> None:
        super().__init__(key)
        self.ops = ops
        self.meta = meta
        self.policy = policy
        self._has_write = True


class Read(BatchRecord):
    """A row that reads."""

    def __init__(
        self,
        key: tuple[Any, ...],
        ops: Ops | None,
        read_all_bins: bool = False,  # noqa: FBT001, FBT002  the official signature
        meta: dict[str, int] | None = None,
        policy: Policy = None,
    ) -> None:
        super().__init__(key)
        self.ops = ops
        self.read_all_bins = read_all_bins
        self.meta = meta
        self.policy = policy
        self._has_write = False


class Apply(BatchRecord):
    """A row that applies a Lua function."""

    def __init__(
        self, key: tuple[Any, ...], module: str, function: str, args: list[Any], policy: Policy = None
    ) -> None:
        super().__init__(key)
        self.module = module
        self.function = function
        self.args = args
        self.policy = policy
        self._has_write = True


class Remove(BatchRecord):
    """A row that deletes its record."""

    def __init__(self, key: tuple[Any, ...], policy: Policy = None) -> None:
        super().__init__(key)
        self.policy = policy
        self._has_write = True


class BatchRecords:
    """Rows, and the result of the batch as a whole."""

    def __init__(self, batch_records: list[BatchRecord] | None = None) -> None:
        self.batch_records = [] if batch_records is None else batch_records
        self.result = 0
        """0, or -16 if a row failed; records that are missing or filtered out are no failures."""


__all__ = ["Apply", "BatchRecord", "BatchRecords", "Read", "Remove", "Write"]
