"""Which partitions a query visits, and where in them it begins (protocol section 5.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

import attrs

from aerospike_wire.errors import ParamError

if TYPE_CHECKING:
    from collections.abc import Iterable

PARTITIONS: Final = 4096
DIGEST_SIZE: Final = 20
_ARGUMENT: Final = "partition_filter"


class PartitionStatus(NamedTuple):
    """How far a query has come in one partition, as ``get_partitions_status`` gives it."""

    id: int
    """The partition."""
    init: bool
    """True if ``digest`` is that of a record."""
    retry: bool
    """True if the partition has still to be read, to its end or at all."""
    digest: bytearray
    """Digest of the last record that was read, 20 bytes."""
    bval: int
    """That record's value in the index; 0 for a scan."""


def _refuse(problem: str) -> ParamError:
    return ParamError.about(_ARGUMENT, problem)


def _number(name: str, value: Any, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _refuse(f"{name} must be an int, not {type(value).__name__}")
    if not low <= value <= high:
        raise _refuse(f"{name} must be between {low} and {high}, not {value}")
    return value


def _digest(value: Any) -> bytes:
    if not isinstance(value, bytes | bytearray):
        raise _refuse(f"digest must be bytes, not {type(value).__name__}")
    if len(value) != DIGEST_SIZE:
        raise _refuse(f"digest must have {DIGEST_SIZE} bytes, not {len(value)}")
    return bytes(value)


def pid_of(digest: bytes) -> int:
    """The partition of a record (protocol section 3.2)."""
    return (digest[0] | digest[1] << 8) & (PARTITIONS - 1)


@attrs.frozen
class PartitionFilter:
    """A range of partitions; with a digest the first of them is read from behind that record on.

    Made by :meth:`all`, :meth:`one`, :meth:`range` and :meth:`after`.

    Raises:
        ParamError: a number is out of range, or the digest is not of the first partition.
    """

    begin: int = 0
    """The first partition, 0 to 4095."""
    count: int = PARTITIONS
    """How many partitions, 1 to 4096."""
    digest: bytes | None = None
    """A record of the first partition to go on behind, 20 bytes."""
    status: tuple[PartitionStatus, ...] | None = attrs.field(default=None, repr=False, hash=False)
    """Where an earlier query stood; see :meth:`of`."""

    def __attrs_post_init__(self) -> None:
        _number("begin", self.begin, 0, PARTITIONS - 1)
        _number("count", self.count, 1, PARTITIONS)
        if self.begin + self.count > PARTITIONS:
            raise _refuse(f"ends at partition {self.begin + self.count - 1}, the last one is {PARTITIONS - 1}")
        if self.digest is not None and pid_of(_digest(self.digest)) != self.begin:
            raise _refuse(f"digest is of partition {pid_of(self.digest)}, not of the first one, {self.begin}")

    @classmethod
    def all(cls) -> Self:
        """All partitions."""
        return cls()

    @classmethod
    def one(cls, partition: int) -> Self:
        """One partition."""
        return cls(partition, 1)

    @classmethod
    def range(cls, begin: int, count: int) -> Self:
        """So many partitions from one on."""
        return cls(begin, count)

    @classmethod
    def after(cls, digest: bytes | bytearray) -> Self:
        """The rest of one partition: what a query finds behind the record with this digest."""
        found = _digest(digest)
        return cls(pid_of(found), 1, found)

    @classmethod
    def of(cls, given: Any) -> Self:
        """A filter from the official client's form.

        Args:
            given: a filter, or a dict with any of ``begin``, ``count``,
                ``digest`` (``{"init": bool, "value": 20 bytes}``, or the bytes) and ``partition_status``
                (what ``get_partitions_status`` returned).

        Raises:
            ParamError: it is something else.
        """
        if isinstance(given, cls):
            return given
        if not isinstance(given, Mapping):
            raise _refuse(f"must be a PartitionFilter or a dict, not {type(given).__name__}")
        unknown = [name for name in given if name not in {"begin", "count", "digest", "partition_status"}]
        if unknown:
            raise _refuse(f"has no entry {unknown[0]!r}; it takes begin, count, digest and partition_status")
        begin = _number("begin", given.get("begin", 0), 0, PARTITIONS - 1)
        count = _number("count", given.get("count", PARTITIONS), 1, PARTITIONS)
        digest = given.get("digest")
        if isinstance(digest, Mapping):
            digest = _digest(digest.get("value")) if digest.get("init") else None
        elif digest is not None:
            digest = _digest(digest)
        status = given.get("partition_status")
        return cls(begin, count, digest, None if status is None else _statuses(status, begin, count))


def _statuses(given: Any, begin: int, count: int) -> tuple[PartitionStatus, ...]:
    if not isinstance(given, Mapping):
        raise _refuse(f"partition_status must be a dict, not {type(given).__name__}")
    rows = {name: row for name, row in given.items() if name not in {"done", "retry"}}
    return tuple(_status(pid, row) for pid, row in sorted(_inside(rows, begin, count)))


def _inside(rows: Mapping[Any, Any], begin: int, count: int) -> Iterable[tuple[int, Any]]:
    for pid, row in rows.items():
        _number("partition_status id", pid, 0, PARTITIONS - 1)
        if begin <= pid < begin + count:
            yield pid, row


def _status(pid: int, row: Any) -> PartitionStatus:
    # Rows of older clients have no index value.
    if not isinstance(row, tuple | list) or not 4 <= len(row) <= 5:
        raise _refuse(f"partition_status of {pid} must be (id, init, retry, digest, bval)")
    _, init, retry, digest, *rest = row
    if init and pid_of(_digest(digest)) != pid:
        raise _refuse(f"partition_status of {pid} has a digest of partition {pid_of(bytes(digest))}")
    bval = rest[0] if rest else 0
    if isinstance(bval, bool) or not isinstance(bval, int) or not -(1 << 63) <= bval < 1 << 64:
        raise _refuse(f"partition_status of {pid} has an index value that does not fit in 64 bits")
    # The official client shows them without sign.
    signed = bval - (1 << 64) if bval >= 1 << 63 else bval
    return PartitionStatus(pid, bool(init), bool(retry), bytearray(digest or bytes(DIGEST_SIZE)), signed)
