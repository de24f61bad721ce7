"""Records that a query which goes on would give once more.

An index of a list or map has a record as often as the collection has values. A node gives
the record once, by the smallest value that the query asks for; one that goes on behind a value
knows nothing of that, and gives it again by the next greater one. What it has of the record shows
by which value it was given first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from aerospike_wire.proto.commands.query import QueryCommand
    from aerospike_wire.types import Record

_PARTS: Final[dict[int, Callable[[Any], Iterable[Any]]]] = {
    1: lambda found: found if isinstance(found, list) else (),
    2: lambda found: found if isinstance(found, dict) else (),
    3: lambda found: found.values() if isinstance(found, dict) else (),
}
"""What of a collection is indexed, by the index type."""

Given: TypeAlias = "Callable[[Record, bytes, int], bool]"
"""Whether a record was given before, if its partition was read up to a digest and a value."""


def given_before(command: QueryCommand) -> Given | None:
    """How to tell a record that was given before; None if there is none such, or it cannot be told.

    It cannot where the collection is not among the bins that are read: where others are
    selected, where the index is on a part of the bin, or asked for by its name.
    """
    statement = command.statement
    predicate = statement.predicate
    if predicate is None or predicate.bin is None or predicate.index_type not in _PARTS or command.reads_no_bins:
        return None
    if statement.index is not None or statement.expression is not None or statement.context is not None:
        return None
    low, high = predicate.begin, predicate.end
    if not isinstance(low, int) or not isinstance(high, int) or low == high or statement.checked:
        return None
    name, parts = predicate.bin, _PARTS[predicate.index_type]
    if statement.names and name not in statement.names:
        return None

    def before(record: Record, digest: bytes, value: int) -> bool:
        items = parts((record.bins or {}).get(name))
        met = [item for item in items if isinstance(item, int) and not isinstance(item, bool) and low <= item <= high]
        return bool(met) and (min(met), record.key.digest or b"") <= (value, digest)

    return before
