"""Recorded calls of the official client, and how to make them again with it or with ours.

A scenario is a call with what prepared it, what came of it, and reads that showed its
effect. How values are tagged says :mod:`gold`, which also interprets them for our clients.
"""

from __future__ import annotations

import ast
import atexit
import functools
import importlib
import json
import shutil
import tempfile
from typing import TYPE_CHECKING, Any, Final

import attrs
import gold
from recordings import DATA, recordings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

NEVER: Final = 0xFFFF_FFFF
"""The ttl of a record that never expires."""


JOB_IDS: Final = 1 << 40
"""Larger results are the random ids of jobs."""


@functools.cache
def modules_of_official_clients() -> str:
    """Where the official clients of this process keep copies of modules and look for them: the first settles it for all."""
    path = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


class NotInterpreted(Exception):
    """A client has nothing for a tagged value."""


@attrs.frozen
class Scenario:
    """One recorded call."""

    name: str
    call: dict[str, Any] | None = None
    outcome: dict[str, Any] = attrs.field(factory=dict)
    setup: Sequence[dict[str, Any]] = ()
    after: Sequence[dict[str, Any]] = ()
    """Steps whose outcomes were recorded too."""
    fault: str | None = None
    """What happened to the replies on purpose."""
    state: str | None = None
    """What was special about the server, in words."""

    @property
    def method(self) -> str:
        """The client's method."""
        return str((self.call or {}).get("method"))

    @property
    def failed(self) -> bool:
        """True if the call raised."""
        return "exception" in self.outcome

    @property
    def error(self) -> tuple[str, int | None, bool | None]:
        """Class, code and doubt of what it raised."""
        return self.outcome["exception"], self.outcome.get("code"), self.outcome.get("in_doubt")


def load() -> dict[str, Scenario]:
    """All scenarios by name."""
    return {
        row.name: Scenario(
            row.name,
            row.main.call,
            row.main.outcome,
            [step.call for step in row.setup],
            [{"call": step.call, "outcome": step.outcome} for step in row.after],
            row.fault,
            row.state,
        )
        for row in recordings().values()
    }


class Dialect:
    """What recorded calls are for one kind of client."""

    def __init__(self, ports: Mapping[str, int]) -> None:
        self.ports = ports

    def prepared(self, tagged: Any) -> Any:
        """The same with the ports and files of this run."""
        if isinstance(tagged, list):
            return [self.prepared(item) for item in tagged]
        if not isinstance(tagged, dict):
            return tagged
        if "port" in tagged and len(tagged) == 1:
            return self.ports[tagged["port"]]
        if "lua" in tagged and len(tagged) == 1:
            return str(DATA / "lua" / tagged["lua"])
        return {name: self.prepared(item) for name, item in tagged.items()}

    def value(self, tagged: Any) -> Any:
        """The Python value that a tagged one stands for.

        Raises:
            NotInterpreted: this client has nothing of the kind.
        """
        raise NotImplementedError

    def steps(self, scenario_call: dict[str, Any]) -> Iterator[Step]:
        """The calls of a recorded step in order; each after the first is made on the result of the one before."""
        call = self.prepared(scenario_call)
        if call.get("method") == "put_many":
            for key, bins in call["args"]:
                yield Step("put", [self.value(key), self.value(bins)], {}, fresh=True)
            return
        for part in (call, *call.get("chain", ())):
            if "set_attribute" in part:
                yield Step(f"={part['set_attribute']}", [self.value(part["value"])], {})
            else:
                kwargs = {name: self.value(item) for name, item in part.get("kwargs", {}).items()}
                yield Step(part["method"], [self.value(item) for item in part.get("args", ())], kwargs)


@attrs.frozen
class Step:
    """One method call: of the client, or of what the call before returned."""

    method: str
    """With ``=`` in front, the name of an attribute to be set."""
    args: list[Any]
    kwargs: dict[str, Any]
    fresh: bool = False
    """True if it is a call of the client whatever was called before."""


class Ours(Dialect):
    """Both clients of this package."""

    def value(self, tagged: Any) -> Any:
        try:
            return gold.value(tagged)
        except (KeyError, AttributeError, TypeError) as missing:
            raise NotInterpreted(str(missing)) from missing


class Official(Dialect):
    """The official Python client; importing it is the caller's risk."""

    def __init__(self, ports: Mapping[str, int]) -> None:
        super().__init__(ports)
        self.module: Any = importlib.import_module("aerospike")
        helpers: Any = importlib.import_module("aerospike_helpers")
        self.leaves: dict[str, Callable[[Any], Any]] = {
            "float": float,
            "bytes": bytes.fromhex,
            "bytearray": bytearray.fromhex,
            "geojson": self.module.geojson,
            "hll": lambda text: helpers.HyperLogLog(bytes.fromhex(text)),
            "null": lambda _: self.module.null(),
            "infinite": lambda _: self.module.CDTInfinite(),
            "wildcard": lambda _: self.module.CDTWildcard(),
            "str_surrogate": lambda text: bytes.fromhex(text).decode("utf-8", "surrogatepass"),
        }

    def value(self, tagged: Any) -> Any:
        if isinstance(tagged, list):
            return [self.value(item) for item in tagged]
        if not isinstance(tagged, dict):
            return tagged
        if "fn" in tagged:
            return self.helper(tagged)
        if "object" in tagged:
            return ast.literal_eval(tagged["repr"])
        tag, content = next(iter(tagged.items()))
        if tag in self.leaves:
            return self.leaves[tag](content)
        if tag == "tuple":
            return tuple(self.value(item) for item in content)
        if tag in {"dict", "keyordereddict"}:
            pairs = {self.value(key): self.value(item) for key, item in content}
            return self.module.KeyOrderedDict(pairs) if tag == "keyordereddict" else pairs
        raise NotInterpreted(tag)

    def helper(self, tagged: dict[str, Any]) -> Any:
        """What a helper of the official client's package makes."""
        module, _, name = tagged["fn"].rpartition(".")
        place = (
            self.module.predicates if module == "predicates" else importlib.import_module(f"aerospike_helpers.{module}")
        )
        kwargs = {name: self.value(item) for name, item in tagged.get("kwargs", {}).items()}
        made = getattr(place, name)(*[self.value(item) for item in tagged.get("args", ())], **kwargs)
        return made.compile() if tagged.get("compiled") else made


# Comparing


def differs(expected: Any, got: Any, place: str = "result") -> str | None:
    """Where a live value is not what was recorded; None if it is the same.

    Bytes may be any bytes-like type. A time to live may be some seconds less. Order
    counts in lists, not in maps.
    """
    tag, content = next(iter(expected.items())) if isinstance(expected, dict) and len(expected) == 1 else (None, None)
    if isinstance(expected, list) or tag == "tuple":
        return _list_differs(expected if isinstance(expected, list) else content, got, place)
    if tag in {"dict", "keyordereddict"}:
        return _dict_differs(content, got, place)
    if tag in {"bytes", "bytearray", "hll"}:
        same = isinstance(got, bytes | bytearray) and bytes(got).hex() == content
    elif tag == "float":
        same = isinstance(got, float) and repr(got) == content
    elif tag == "geojson":
        same = _json(got) == json.loads(content)
    else:
        same = type(got) is type(expected) and got == expected
    return None if same else f"{place}: {got!r} instead of {expected!r}"


def _list_differs(items: list[Any], got: Any, place: str) -> str | None:
    if not isinstance(got, list | tuple) or len(got) != len(items):
        return f"{place}: {got!r} instead of {items!r}"
    found = (differs(item, got[at], f"{place}[{at}]") for at, item in enumerate(items))
    return next((text for text in found if text), None)


def _json(got: Any) -> Any:
    dumps = getattr(got, "dumps", None)
    try:
        return json.loads(dumps() if dumps is not None else got)
    except (TypeError, ValueError):
        return None


def _dict_differs(pairs: list[list[Any]], got: Any, place: str) -> str | None:
    if not isinstance(got, dict) or len(got) != len(pairs):
        return f"{place}: {got!r} instead of {pairs!r}"
    left = list(got.items())
    for key, value in pairs:
        found = next((item for item in left if differs(key, item[0]) is None), None)
        if found is None:
            return f"{place}: no {key!r} in {got!r}"
        left.remove(found)
        if key == "ttl" and isinstance(value, int) and 0 < value < NEVER and isinstance(found[1], int):
            if not value - 5 <= found[1] <= value + 1:
                return f"{place}[ttl]: {found[1]} instead of {value}"
            continue
        text = differs(value, found[1], f"{place}[{key!r}]")
        if text:
            return text
    return None


def records_differ(expected: list[Any], got: Any) -> str | None:
    """Where the records of a query are not what was recorded; their order does not count."""
    if not isinstance(got, list) or len(got) != len(expected):
        return f"{len(got)} records instead of {len(expected)}"
    left = list(got)
    for record in expected:
        found = next((item for item in left if differs(record, item) is None), None)
        if found is None:
            return f"no record {record!r}"
        left.remove(found)
    return None


def batch_differs(expected: dict[str, Any], rows: Sequence[Any]) -> str | None:
    """Where the rows of a batch are not what was recorded."""
    wanted = [row["batch_record"] for row in expected["batch_records"]["rows"]]
    if len(rows) != len(wanted):
        return f"{len(rows)} rows instead of {len(wanted)}"
    for at, (row, want) in enumerate(zip(rows, wanted, strict=True)):
        if (row.result, row.in_doubt) != (want["result"], want["in_doubt"]):
            return f"row {at}: {row.result}, {row.in_doubt} instead of {want['result']}, {want['in_doubt']}"
        text = differs(want["record"], row.record, f"row {at}")
        if text:
            return text
    return None


def outcome_differs(expected: Any, got: Any, *, unordered: bool = False) -> str | None:
    """Where a result is not what was recorded, whatever it is."""
    if isinstance(expected, dict) and "batch_records" in expected:
        return batch_differs(expected, got.batch_records if hasattr(got, "batch_records") else got)
    if unordered and isinstance(expected, list):
        return records_differ(expected, got)
    if isinstance(expected, int) and expected > JOB_IDS and isinstance(got, int) and got:
        return None
    return differs(expected, got)
