"""Calls of the official client with the bytes that went over the wire, and how to repeat them with ours.

Recorded from the official Python client 19.3.0 against a server 8.1.2.0 Community Edition.
The recordings are JSON; what JSON cannot say is tagged: ``{"tuple": [...]}``,
``{"bytes": "00ff"}``, ``{"dict": [[key, value], ...]}``, ``{"fn": "operations.operations.read",
"args": [...]}`` and so on.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import attrs
from recordings import DATA, recordings

from aerospike_wire import batch, expressions, operations, predicates
from aerospike_wire.types import (
    CDTInfinite,
    CDTWildcard,
    GeoJSON,
    HyperLogLog,
    KeyOrderedDict,
    OrderedRecord,
    Record,
)

if TYPE_CHECKING:
    from aerospike_wire.batch import BatchResult

__all__ = ["DATA", "Foreign", "Scenario", "arguments", "same", "scenarios", "value"]


@attrs.frozen
class Scenario:
    """One call as it was recorded."""

    name: str
    method: str
    args: list[Any]
    kwargs: dict[str, Any]
    outcome: dict[str, Any]
    exchange: list[tuple[bytes, bytes]]
    """Requests and the bytes that answered them."""
    volatile: bool
    """True if the reply depends on the time of recording: times to live."""

    @property
    def exception(self) -> str | None:
        """Name of the class that the official client raised."""
        name: str | None = self.outcome.get("exception")
        return name


def scenarios(groups: str) -> dict[str, Scenario]:
    """The main calls of the recordings of some groups, by name."""
    found = {}
    for row in recordings().values():
        if row.group in groups:
            call = row.main.call
            found[row.name] = Scenario(
                row.name,
                call["method"],
                call.get("args", []),
                call.get("kwargs", {}),
                row.main.outcome,
                [(item.request, item.response) for item in row.main.exchange],
                bool(row.volatile),
            )
    return found


class Foreign(complex):
    """Stands for a value of a type that no client can store."""


def value(tagged: Any) -> Any:
    """A recorded value as a Python object."""
    if isinstance(tagged, list):
        return [value(item) for item in tagged]
    if not isinstance(tagged, dict):
        return tagged
    if "fn" in tagged:
        return _function(tagged)
    tag, content = next(iter(tagged.items()))
    if tag in _LEAVES:
        return _LEAVES[tag](content)
    if tag == "tuple":
        return tuple(value(item) for item in content)
    if tag in {"dict", "keyordereddict"}:
        kind = KeyOrderedDict if tag == "keyordereddict" else dict
        return kind((value(name), value(item)) for name, item in content)
    raise KeyError(tag)


_LEAVES: dict[str, Any] = {
    "float": float,
    "bytes": bytes.fromhex,
    "bytearray": lambda text: bytearray(bytes.fromhex(text)),
    "geojson": GeoJSON,
    "expression": bytes.fromhex,
    "hll": lambda text: HyperLogLog(bytes.fromhex(text)),
    "null": lambda _: None,
    "lua": lambda name: str(DATA / "lua" / name),
    "infinite": lambda _: CDTInfinite(),
    "wildcard": lambda _: CDTWildcard(),
    "object": lambda _: Foreign(1, 2),
    "str_surrogate": lambda text: bytes.fromhex(text).decode(errors="surrogatepass"),
}


MODULES: dict[str, Any] = {
    "operations.operations": operations,
    "operations.list_operations": operations,
    "operations.map_operations": operations,
    "operations.bitwise_operations": operations,
    "operations.hll_operations": operations,
    "operations.expression_operations": operations,
    "operations.string_operations": operations.strings,
    "batch.records": batch,
    "cdt_ctx": operations,
}
"""Where ours has the functions of the official client's modules."""


def _function(tagged: dict[str, Any]) -> Any:
    family, _, name = tagged["fn"].rpartition(".")
    if name == "BatchRecords":  # ours takes the list itself
        return value(tagged["args"][0]) if tagged.get("args") else []
    if family in MODULES:
        arguments = [value(item) for item in tagged["args"]]
        keywords = {name: value(item) for name, item in tagged.get("kwargs", {}).items()}
        return getattr(MODULES[family], name)(*arguments, **keywords)
    if family == "predicates":
        return getattr(predicates, name)(*[value(item) for item in tagged["args"]])
    if family.partition(".")[0] == "expressions":
        arguments = [value(item) for item in tagged.get("args", ())]
        keywords = {name: value(item) for name, item in tagged.get("kwargs", {}).items()}
        made = getattr(expressions, name)(*arguments, **keywords)
        return made.compile() if tagged.get("compiled") else made
    raise KeyError(tagged["fn"])


def arguments(scenario: Scenario) -> tuple[list[Any], dict[str, Any]]:
    """What to call the method with."""
    return [value(item) for item in scenario.args], {name: value(item) for name, item in scenario.kwargs.items()}


# Outcomes


def same(recorded: Any, ours: Any, *, times: bool = True) -> bool:
    """Whether a result is what the official client returned, apart from the two clients' habits.

    The official client returns 0 where ours returns None, a bytearray where ours gives
    bytes, and drops the user key from some results.

    Args:
        recorded: the value.
        ours: the value.
        times: compare times to live as well.
    """
    if isinstance(recorded, dict) and "batch_records" in recorded:
        return _same_batch(recorded["batch_records"], ours, times=times)
    return _same(value(recorded), ours, times=times)


def _same(recorded: Any, ours: Any, *, times: bool) -> bool:
    if isinstance(ours, Record | OrderedRecord):
        key, meta, *rest = recorded
        bins = rest[0] if rest else {}  # the official client leaves out what was not asked for
        return _same_key(key, ours.key) and _same_meta(meta, ours.meta, times=times) and _alike(bins, ours.bins)
    if isinstance(ours, tuple) and isinstance(recorded, tuple) and len(recorded) == 2:
        return _same_key(recorded[0], ours[0]) and _same_meta(recorded[1], ours[1], times=times)
    return (recorded == 0 and ours is None) or _alike(recorded, ours)


def _same_key(recorded: Any, ours: Any) -> bool:
    places = recorded[0] == ours[0] and (recorded[1] or None) == (ours[1] or None)
    return (
        places
        and (recorded[2] is None or recorded[2] == ours[2])
        and (len(recorded) == 3 or recorded[3] is None or bytes(recorded[3]) == ours[3])
    )


def _same_meta(recorded: Any, ours: Any, *, times: bool) -> bool:
    if recorded is None or ours is None:
        return recorded is ours
    return recorded["gen"] == ours["gen"] and (not times or recorded["ttl"] == ours["ttl"])


def _alike(recorded: Any, ours: Any) -> bool:
    """Equal, and of the same types all the way down."""
    if isinstance(recorded, bytes | bytearray):
        return isinstance(ours, bytes) and bytes(recorded) == ours
    if isinstance(recorded, GeoJSON):
        return isinstance(ours, GeoJSON) and json.loads(recorded) == json.loads(ours)
    if isinstance(recorded, float):
        return isinstance(ours, float) and (recorded.hex() == ours.hex() or (math.isnan(recorded) and math.isnan(ours)))
    if isinstance(recorded, list | tuple):
        return type(ours) is type(recorded) and len(recorded) == len(ours) and all(map(_alike, recorded, ours))
    if isinstance(recorded, dict):
        return (
            isinstance(ours, dict)
            and isinstance(ours, KeyOrderedDict) == isinstance(recorded, KeyOrderedDict)
            and recorded.keys() == ours.keys()
            and all(_alike(item, ours[name]) for name, item in recorded.items())
        )
    return type(recorded) is type(ours) and bool(recorded == ours)


def _same_batch(recorded: dict[str, Any], ours: BatchResult, *, times: bool) -> bool:
    rows = [row["batch_record"] for row in recorded["rows"]]
    if len(rows) != len(ours):
        return False
    for row, mine in zip(rows, ours, strict=True):
        if (
            row["result"] != mine.result
            or row["in_doubt"] != mine.in_doubt
            or not _same_key(value(row["key"]), mine.key)
        ):
            return False
        if mine.record is None or row["record"] is None:
            if mine.record is not row["record"]:
                return False
        elif not _same(value(row["record"]), mine.record, times=times):
            return False
    return True
