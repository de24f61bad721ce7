"""The dict ``partition_filter`` of policies, checked with the official client's texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from aerospike_wire.compat.refusal import refused

if TYPE_CHECKING:
    from aerospike_wire.errors import ParamError

_PARTITIONS: Final = 4096
_ARGUMENT: Final = "partition_filter"


def _wrong(text: str) -> ParamError:
    return refused(_ARGUMENT, text)


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def check_partition_filter(given: Any) -> None:
    """Refuse what cannot be a filter. The rest, such as digests, this client checks itself.

    Raises:
        ParamError: a part is of the wrong type or out of range.
    """
    if not isinstance(given, dict):
        return
    begin, count = given.get("begin", 0), given.get("count", _PARTITIONS)
    if not _is_int(begin) or not 0 <= begin < _PARTITIONS:
        raise _wrong(f"invalid partition_filter policy begin, begin must be an int between 0 and 4095, it is {begin!r}")
    if not _is_int(count) or not 1 <= count <= _PARTITIONS:
        raise _wrong(f"invalid partition_filter policy count, count must be an int between 1 and 4096, it is {count!r}")
    if begin + count > _PARTITIONS:
        raise _wrong(f"invalid partition filter range, begin: {begin}, count: {count}, there are {_PARTITIONS}")
    status = given.get("partition_status")
    if isinstance(status, dict) and status:
        _check_status(status)


def _check_status(status: dict[Any, Any]) -> None:
    for name in ("done", "retry"):
        if name not in status:
            raise _wrong(f"partition_status dict missing key {name!r}")
        if not isinstance(status[name], int):
            raise _wrong(f"partition_status dict key {name!r} must be an int")
    for pid, row in status.items():
        if pid in ("done", "retry") or not isinstance(row, tuple) or len(row) != 5:
            continue
        _, init, retry, digest, bval = row
        if not isinstance(init, int):
            raise _wrong(f"invalid init for part_id: {pid}")
        if not isinstance(retry, int):
            raise _wrong(f"invalid retry for part_id: {pid}")
        if not isinstance(digest, bytes | bytearray):
            raise _wrong(f"invalid digest value for part_id: {pid}")
        if not _is_int(bval):
            raise _wrong(f"invalid bval for part_id: {pid}")
