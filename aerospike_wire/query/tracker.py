"""Which partitions of a query are done, and where the others go on (protocol section 5.4).

A server reads each partition in one order, the same on every replica. So the last record
that was given to the caller, and for index queries its value in the index, say where any
node can go on. This module keeps that and nothing else: it knows no nodes and no time.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from aerospike_wire.partition_filter import DIGEST_SIZE, PARTITIONS, PartitionFilter, PartitionStatus, pid_of
from aerospike_wire.proto.invalid import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from aerospike_wire.types import Record

CursorLike: TypeAlias = "dict[str, Any] | str | bytes"
"""A cursor as a dict, or as its JSON text."""

VERSION: Final = 1
"""Of the form of cursors."""
_INT64: Final = 1 << 63


class Partitions:
    """The state of a query, partition by partition.

    Args:
        begin: the first partition of the query.
        count: how many there are.
    """

    __slots__ = ("_done", "begin", "count", "identity", "marks", "records", "tries", "values")

    def __init__(self, begin: int = 0, count: int = PARTITIONS) -> None:
        self.begin = begin
        self.count = count
        self._done: set[int] = set()
        self.marks: dict[int, bytes] = {}
        """Digest of the last record that was given, by partition."""
        self.values: dict[int, int] = {}
        """That record's value in the index."""
        self.tries: dict[int, int] = {}
        """How often a partition could not be read, which says which replica comes next."""
        self.records = 0
        """Records that were given."""
        self.identity: str | None = None
        """Which query this is the state of; None if that is not known yet."""

    @classmethod
    def of(cls, chosen: PartitionFilter | None) -> Partitions:
        """The state of a query that has not begun, or where a filter's status says it stands."""
        if chosen is None:
            return cls()
        found = cls(chosen.begin, chosen.count)
        if chosen.digest is not None:
            found.marks[chosen.begin] = chosen.digest
        for row in chosen.status or ():
            if row.init:
                found.marks[row.id] = bytes(row.digest)
                found.values[row.id] = row.bval
            if not row.retry:
                found.finish((row.id,))
        return found

    # What is left

    def left(self) -> list[int]:
        """The partitions that are not done, in order."""
        done = self._done
        return [pid for pid in self._all() if pid not in done] if done else list(self._all())

    def _all(self) -> range:
        return range(self.begin, self.begin + self.count)

    @property
    def finished(self) -> int:
        """How many partitions are done."""
        return len(self._done)

    @property
    def done(self) -> bool:
        """True if every partition was read to its end."""
        return self.finished == self.count

    def split(self, pids: Iterable[int]) -> tuple[list[int], list[tuple[bytes, int]]]:
        """Partitions to read from their beginning, and digests and values to go on behind in the others."""
        marks, values = self.marks, self.values
        if not marks:
            return list(pids), []
        whole: list[int] = []
        begun: list[tuple[bytes, int]] = []
        for pid in pids:
            mark = marks.get(pid)
            if mark is None:
                whole.append(pid)
            else:
                begun.append((mark, values.get(pid, 0)))
        return whole, begun

    # What happens

    def mark(self, records: Sequence[Record], values: Sequence[int | None]) -> None:
        """Records were given to the caller, in this order."""
        marks, known = self.marks, self.values
        for record, value in zip(records, values, strict=True):
            digest: bytes = record[0][3]  # type: ignore[assignment]  # records of queries have one
            pid = (digest[0] | digest[1] << 8) & 0x0FFF
            marks[pid] = digest
            if value is not None:
                known[pid] = value
        self.records += len(records)

    def pass_over(self, digest: bytes, value: int) -> None:
        """A record is not given again: go on behind it, if its place is behind that of the last one given."""
        pid = pid_of(digest)
        if (value, digest) > (self.values.get(pid, -_INT64), self.marks.get(pid, b"")):
            self.marks[pid] = digest
            self.values[pid] = value

    def finish(self, pids: Iterable[int]) -> None:
        """Partitions were read to their end."""
        self._done.update(pids)

    def missed(self, pids: Iterable[int]) -> None:
        """Partitions could not be read; the next try goes to their next replica."""
        for pid in pids:
            self.tries[pid] = self.tries.get(pid, 0) + 1

    # Storing

    def cursor(self, namespace: str, set_name: str | None) -> dict[str, Any]:
        """The state as JSON values."""
        marks: dict[str, list[Any]] = {}
        for pid, digest in sorted(self.marks.items()):
            # A node may send a record of a partition that it was not asked for.
            if pid in self._all() and pid not in self._done:
                marks[str(pid)] = [digest.hex(), self.values.get(pid)]
        return {
            "version": VERSION,
            "namespace": namespace,
            "set": set_name,
            "query": self.identity,
            "begin": self.begin,
            "count": self.count,
            "done": self._runs(),
            "marks": marks,
            "records": self.records,
        }

    def _runs(self) -> list[list[int]]:
        """The finished partitions as pairs of the first one and how many follow on each other."""
        runs: list[list[int]] = []
        for pid in sorted(self._done):
            if runs and pid == sum(runs[-1]):
                runs[-1][1] += 1
            else:
                runs.append([pid, 1])
        return runs

    @classmethod
    def restore(cls, given: Any, namespace: str, set_name: str | None) -> Partitions:
        """The state in a cursor.

        Args:
            given: what :meth:`cursor` made, or its JSON text.
            namespace: the query's, which must be the cursor's.
            set_name: likewise.

        Raises:
            InvalidArgument: it is no cursor, or one of another query.
        """
        data = _loaded(given)
        if data.get("version") != VERSION:
            _refuse(f"has version {data.get('version')!r}, this client reads {VERSION}")
        for name, wanted in (("namespace", namespace), ("set", set_name or None)):
            found = data.get(name) or None
            if found != wanted:
                _refuse(f"is of {name} {found!r}, the query is of {wanted!r}")
        begin = _number(data, "begin", 0, PARTITIONS - 1)
        count = _number(data, "count", 1, PARTITIONS - begin)
        state = cls(begin, count)
        state.records = _number(data, "records", 0, _INT64)
        identity = data.get("query")
        if identity is not None and not isinstance(identity, str):
            _refuse(f"has a query {identity!r}, expected a str, or null if it had not begun")
        state.identity = identity
        for run in _rows(data, "done", list):
            if not isinstance(run, list) or len(run) != 2 or not all(type(item) is int for item in run):
                _refuse(f"has an entry {run!r} in done, expected [first, how many]")
            first, size = run
            if first < begin or size < 1 or first + size > begin + count:
                _refuse(f"has partitions {run!r} in done that the query does not have")
            state.finish(range(first, first + size))
        for name, row in _rows(data, "marks", dict).items():
            pid, digest, value = _mark(name, row)
            if not begin <= pid < begin + count:
                _refuse(f"has a mark in partition {pid}, which the query does not have")
            state.marks[pid] = digest
            if value is not None:
                state.values[pid] = value
        return state

    def status(self) -> dict[int | str, Any]:
        """The state as the official client has it: rows by partition, and ``done`` and ``retry`` of the whole."""
        found: dict[int | str, Any] = {"done": self.done, "retry": not self.done}
        for pid in self._all():
            mark = self.marks.get(pid)
            value = self.values.get(pid, 0)
            found[pid] = PartitionStatus(
                pid,
                mark is not None,
                pid not in self._done,
                bytearray(mark or bytes(DIGEST_SIZE)),
                value % (1 << 64),  # which the official client shows without sign
            )
        return found


def _refuse(problem: str) -> None:
    raise InvalidArgument("cursor", problem)


def _loaded(given: Any) -> dict[str, Any]:
    if isinstance(given, str | bytes):
        try:
            given = json.loads(given)
        except ValueError as error:
            raise InvalidArgument("cursor", f"is not JSON: {error}") from None
        except RecursionError:
            raise InvalidArgument("cursor", "is JSON in too many layers") from None
    if not isinstance(given, dict):
        raise InvalidArgument("cursor", f"must be a dict or its JSON text, not {type(given).__name__}")
    return given


def _number(data: dict[str, Any], name: str, low: int, high: int) -> int:
    value = data.get(name)
    if type(value) is not int or not low <= value <= high:
        raise InvalidArgument("cursor", f"has {name} {value!r}, expected a number from {low} to {high}")
    return value


def _rows(data: dict[str, Any], name: str, kind: type) -> Any:
    found = data.get(name)
    if not isinstance(found, kind):
        _refuse(f"has no {name}")
    return found


def _mark(name: Any, row: Any) -> tuple[int, bytes, int | None]:
    try:
        pid = int(name)
        text, value = row
        digest = bytes.fromhex(text)
    except (TypeError, ValueError):
        raise InvalidArgument("cursor", f"has a mark {name!r}: {row!r} that cannot be read") from None
    if len(digest) != DIGEST_SIZE or pid_of(digest) != pid:
        raise InvalidArgument("cursor", f"has a mark in partition {name} with a digest that is not of it")
    if value is not None and (type(value) is not int or not -_INT64 <= value < _INT64):
        raise InvalidArgument("cursor", f"has a mark in partition {name} with an index value {value!r}")
    return pid, digest, value
