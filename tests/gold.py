"""Calls of the official client with the bytes that went over the wire, and how to repeat them with ours.

Recorded from the official Python client 19.3.0 against a server 8.1.2.0 Community Edition.
The recordings are JSON; what JSON cannot say is tagged: ``{"tuple": [...]}``,
``{"bytes": "00ff"}``, ``{"dict": [[key, value], ...]}``, ``{"fn": "operations.operations.read",
"args": [...]}`` and so on.
"""

from __future__ import annotations

import functools
import gzip
import json
import math
import pathlib
from typing import TYPE_CHECKING, Any

import attrs

from aerospike_wire import expressions, operations, predicates
from aerospike_wire.proto.fields import Field
from aerospike_wire.proto.message import read_message
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

DATA = pathlib.Path(__file__).parent / "data"


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


@functools.cache
def scenarios(file: str) -> dict[str, Scenario]:
    """The scenarios of a file of ``tests/data``, by name."""
    found = {}
    with gzip.open(DATA / file, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            call = row["call"]
            found[row["name"]] = Scenario(
                row["name"],
                call["method"],
                call.get("args", []),
                call.get("kwargs", {}),
                row["outcome"],
                [(bytes.fromhex(request), bytes.fromhex(response)) for request, response in row["exchange"]],
                row.get("volatile", False),
            )
    return found


class Foreign(complex):
    """Stands for a value of a type that no client can store."""


def value(tagged: Any, compiled: bytes | None = None) -> Any:
    """A recorded value as a Python object.

    Args:
        tagged: the JSON.
        compiled: bytes to use for a compiled filter expression.
    """
    if isinstance(tagged, list):
        return [value(item, compiled) for item in tagged]
    if not isinstance(tagged, dict):
        return tagged
    if "fn" in tagged:
        return _function(tagged, compiled)
    tag, content = next(iter(tagged.items()))
    if tag in _LEAVES:
        return _LEAVES[tag](content)
    if tag == "tuple":
        return tuple(value(item, compiled) for item in content)
    if tag in {"dict", "keyordereddict"}:
        kind = KeyOrderedDict if tag == "keyordereddict" else dict
        return kind((value(name, compiled), value(item, compiled)) for name, item in content)
    raise KeyError(tag)


_LEAVES: dict[str, Any] = {
    "float": float,
    "bytes": bytes.fromhex,
    "bytearray": lambda text: bytearray(bytes.fromhex(text)),
    "geojson": GeoJSON,
    "expression": bytes.fromhex,
    "hll": lambda text: HyperLogLog(bytes.fromhex(text)),
    "null": lambda _: None,
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
    "cdt_ctx": operations,
}
"""Where ours has the functions of the official client's modules."""


def _function(tagged: dict[str, Any], compiled: bytes | None) -> Any:
    family, _, name = tagged["fn"].rpartition(".")
    if family in MODULES:
        arguments = [value(item, compiled) for item in tagged["args"]]
        keywords = {name: value(item, compiled) for name, item in tagged.get("kwargs", {}).items()}
        return getattr(MODULES[family], name)(*arguments, **keywords)
    if family == "predicates":
        return getattr(predicates, name)(*[value(item) for item in tagged["args"]])
    if family.partition(".")[0] == "expressions":
        arguments = [value(item, compiled) for item in tagged.get("args", ())]
        keywords = {name: value(item, compiled) for name, item in tagged.get("kwargs", {}).items()}
        made = getattr(expressions, name)(*arguments, **keywords)
        return made.compile() if tagged.get("compiled") else made
    if tagged.get("compiled"):
        assert compiled is not None, "a filter without bytes"
        return compiled
    raise KeyError(tagged["fn"])


def compiled_filter(scenario: Scenario) -> bytes | None:
    """The bytes of the filter expression in the recorded request, None if it has none."""
    for request, _ in scenario.exchange:
        if request[1] == 3:
            message, _ = read_message(request[8:])
            return message.fields.get(Field.FILTER)
    return None


def _with_expressions(scenario: Scenario) -> list[Any]:
    """The arguments, with the bytes of the recorded request for the expressions of operations."""
    if scenario.method not in {"operate", "operate_ordered"} or not scenario.exchange:
        return scenario.args
    message, _ = read_message(scenario.exchange[0][0][8:])
    found = []
    for row, op in zip(scenario.args[1], message.ops, strict=True):
        if row["fn"].startswith("operations.expression_operations."):
            # The value is a list of the expression and its flags, which fit in one byte.
            name, _, *flags = row["args"]
            found.append({**row, "args": [name, {"bytes": op.data[1:-1].hex()}, *flags]})
        else:
            found.append(row)
    return [scenario.args[0], found, *scenario.args[2:]]


def arguments(scenario: Scenario) -> tuple[list[Any], dict[str, Any]]:
    """What to call the method with."""
    compiled = compiled_filter(scenario)
    args = [value(item, compiled) for item in _with_expressions(scenario)]
    kwargs = {name: value(item, compiled) for name, item in scenario.kwargs.items()}
    return args, kwargs


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
        key, meta, bins = recorded
        return _same_key(key, ours.key) and _same_meta(meta, ours.meta, times=times) and _alike(bins, ours.bins)
    if isinstance(ours, tuple) and isinstance(recorded, tuple) and len(recorded) == 2:
        return _same_key(recorded[0], ours[0]) and _same_meta(recorded[1], ours[1], times=times)
    return (recorded == 0 and ours is None) or _alike(recorded, ours)


def _same_key(recorded: Any, ours: Any) -> bool:
    places = recorded[0] == ours[0] and (recorded[1] or None) == (ours[1] or None)
    return (
        places
        and (recorded[2] is None or recorded[2] == ours[2])
        and (recorded[3] is None or bytes(recorded[3]) == ours[3])
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
