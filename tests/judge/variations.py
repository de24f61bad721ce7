"""Recorded scenarios with a few of their arguments changed at random.

What is changed is of the same kind as before: an integer becomes another integer, a helper
another one with as many arguments, a policy gains or loses a setting. So the calls stay near
what people make, and reach what no scenario happened to be recorded for.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import json
from typing import TYPE_CHECKING, Any, Final

from recordings import recordings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from judge.cases import Call, Pool, Tagged

NEAR: Final = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, -1, -2, -3, 10, 13, 16, 64, 100, 255)
WORDS: Final = ("", "a", "b", "c", "i", "l", "m", "s", "k", "x", "hello world", "ä", "world", "h.*", "zz")
REALS: Final = ("0.0", "-0.0", "1.5", "2.5", "-3.75", "1e10", "inf", "-inf", "nan", "2.0")
RAW: Final = ("", "00", "01", "0102", "ff00", "010203f0", "ffffffffffffffff")
PLACES: Final = (
    '{"type": "Point", "coordinates": [-122.0, 37.5]}',
    '{"type": "Point", "coordinates": [0.0, 0.0]}',
    '{"type": "AeroCircle", "coordinates": [[-122.0, 37.5], 1000.0]}',
    '{"type": "Polygon", "coordinates": [[[-123, 37], [-121, 37], [-121, 38], [-123, 38], [-123, 37]]]}',
)
SETTINGS: Final[dict[str, tuple[Any, ...]]] = {
    "key": (0, 1),
    "gen": (0, 1, 2),
    "exists": (0, 1, 2, 3, 4),
    "commit_level": (0, 1),
    "durable_delete": (False, True),
    "replica": (0, 1, 2, 3),
    "read_mode_ap": (0, 1),
    "read_mode_sc": (0, 1, 2, 3),
    "compress": (False, True),
    "read_touch_ttl_percent": (-1, 0, 1, 50, 100),
    "total_timeout": (1000, 5000),
    "max_retries": (0, 3),
    "list_order": (0, 1),
    "write_flags": (0, 1, 2, 4, 5, 8, 12, 13),
    "map_order": (0, 1, 3),
    "map_write_flags": (0, 1, 2, 4, 5, 6, 8, 12),
    "bit_write_flags": (0, 1, 2, 4, 5, 6, 8, 12),
    "flags": (0, 1, 2, 4, 5, 6, 8),
    "ttl": (0, -1, -2),
    "gen_value": (0, 1, 2, 3),
}
"""Settings of policies and some values that they may have."""
KEPT: Final = ("compressed", "max_error_rate", "G:param", "three_nodes", "policy_compress", "200_keys", "100k", "key/")
"""Parts of names of scenarios that are about something else than their arguments."""
NAMES: Final = {
    *SETTINGS,
    "expressions",
    "gen",
    "ttl",
    "generation",
    "socket_timeout",
    "max_retries",
    "respond_all_keys",
}
METHODS: Final = frozenset({
    "put", "get", "select", "exists", "touch", "append", "prepend", "increment", "remove", "remove_bin", "operate",
    "operate_ordered", "batch_read", "batch_write", "batch_operate", "batch_remove",
})  # fmt: skip


@functools.cache
def _scenarios() -> list[Any]:
    return [
        row
        for row in recordings().values()
        if row.group in "ABCDG"
        and row.main.call.get("method") in METHODS
        and not row.fault
        and not row.state
        and not any(part in row.name for part in KEPT)
    ]


def vary(pool: Pool, number: int) -> Call:
    """A recorded scenario with one to three changes."""
    row = pool.pick(_scenarios())
    case = {
        "call": row.main.call,
        "setup": [step.call for step in row.setup],
        "after": [step.call for step in row.after],
    }
    case = json.loads(json.dumps(case))
    case["about"] = row.name
    case["call"] = _Change(pool).some(case["call"])
    if pool.chance(25):
        puts = [step for step in case["setup"] if step["method"] == "put"]
        if puts:
            step = pool.pick(puts)
            step["args"][1] = _Change(pool).some(step["args"][1])
    _tame(case["call"])
    if not any(step["method"] == "remove" for step in case["setup"]):
        case["setup"] = [*({"method": "remove", "args": [key]} for key in _keys(case["call"])), *case["setup"]]
    if not case["after"]:
        case["after"] = [{"method": "get", "args": [key]} for key in _keys(case["call"])]
    _ = number
    return case


def _tame(tagged: Tagged) -> None:
    """Take back what ends a server 8.1.2: padding a list that is to be created before its first element."""
    for item in _walk(tagged):
        if isinstance(item, dict) and item.get("fn") == "cdt_ctx.cdt_ctx_list_index_create":
            item["args"][0] = max(0, item["args"][0]) if isinstance(item["args"][0], int) else 0


def _keys(tagged: Tagged) -> list[Tagged]:
    """The keys that a call is about."""
    found: list[Tagged] = []
    for item in _walk(tagged):
        if _is_key(item) and item not in found:
            found.append(item)
    return found


def _walk(tagged: Tagged) -> Iterator[Tagged]:
    yield tagged
    if isinstance(tagged, dict):
        for item in tagged.values():
            yield from _walk(item)
    elif isinstance(tagged, list):
        for item in tagged:
            yield from _walk(item)


def _is_key(tagged: Tagged) -> bool:
    return isinstance(tagged, dict) and "tuple" in tagged and tagged["tuple"][:1] in (["test"], ["bar"])


class _Change:
    """Changes some leaves of a tagged value."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    def some(self, tagged: Tagged) -> Tagged:
        """One to three leaves changed."""
        leaves = len(list(self._spots(tagged)))
        for _ in range(self.pool.pick((1, 1, 2, 3))):
            at = self.pool.random.randrange(leaves) if leaves else 0
            spots = list(self._spots(tagged))
            if not spots:
                return tagged
            spots[at % len(spots)]()
        return tagged

    def _spots(self, tagged: Tagged, *, skip: bool = False) -> Iterator[Callable[[], None]]:
        """Everything that can be changed, as functions that do it."""
        if isinstance(tagged, dict):
            if _is_key(tagged):
                return
            if "fn" in tagged:
                yield functools.partial(self._helper, tagged)
            if "dict" in tagged and not skip:
                yield functools.partial(self._pairs, tagged)
            if "dict" in tagged or "keyordereddict" in tagged:
                for pair in next(iter(tagged.values())):
                    yield from self._pair(pair)
                return
            for name, item in tagged.items():
                if name in {"fn", "method", "compiled", "geojson", "float", "bytes", "bytearray", "hll"}:
                    continue
                yield from self._within(tagged, name, item)
        elif isinstance(tagged, list):
            if tagged and not _is_key(tagged[0]) and not skip:
                yield functools.partial(self._elements, tagged)
            for at, item in enumerate(tagged):
                yield from self._within(tagged, at, item)

    def _pair(self, pair: list[Tagged]) -> Iterator[Callable[[], None]]:
        """The value of a pair, and its key unless that is the name of a setting."""
        if not (isinstance(pair[0], str) and pair[0] in NAMES) and self.pool.chance(30):
            yield from self._within(pair, 0, pair[0])
        yield from self._within(pair, 1, pair[1])

    def _within(self, holder: Any, at: Any, item: Tagged) -> Iterator[Callable[[], None]]:
        if isinstance(item, (bool, int, str)) or item is None or _is_leaf(item):
            yield lambda: holder.__setitem__(at, self._leaf(item))
        elif isinstance(item, dict | list):
            yield from self._spots(item, skip=at == "args" or at == "kwargs")

    def _leaf(self, item: Tagged) -> Tagged:
        pick, chance = self.pool.pick, self.pool.chance
        if chance(4):
            return self.pool.value(1)
        if isinstance(item, bool):
            return not item
        if isinstance(item, int):
            return pick(NEAR) if chance(80) else item + pick((-1, 1)) if abs(item) < 1 << 60 else -item
        if isinstance(item, str):
            return pick(WORDS)
        if item is None:
            return pick((None, 1, "a", []))
        ((tag, _),) = item.items()
        return {tag: {"float": pick(REALS), "geojson": pick(PLACES)}.get(tag, pick(RAW))} if tag != "hll" else item

    def _elements(self, items: list[Tagged]) -> None:
        """A list with an element more or fewer, or in another order."""
        kind = self.pool.random.randrange(3)
        at = self.pool.random.randrange(len(items))
        if kind == 0 and len(items) > 1:
            del items[at]
        elif kind == 1:
            items.insert(at, json.loads(json.dumps(self.pool.pick(items))))
        else:
            self.pool.random.shuffle(items)

    def _pairs(self, tagged: Tagged) -> None:
        """A dict with another setting, or without one of its pairs."""
        pairs = tagged["dict"]
        known = [pair for pair in pairs if isinstance(pair[0], str) and pair[0] in SETTINGS]
        if known:
            pair = self.pool.pick(known)
            pair[1] = self.pool.pick(SETTINGS[pair[0]])
        elif pairs and self.pool.chance(50):
            pairs.remove(self.pool.pick(pairs))

    def _helper(self, tagged: Tagged) -> None:
        """Another helper of the same module that takes the same number of arguments."""
        family, _, name = tagged["fn"].rpartition(".")
        others = _alike(family, name)
        if others:
            tagged["fn"] = f"{family}.{self.pool.pick(others)}"


def _is_leaf(item: Tagged) -> bool:
    return isinstance(item, dict) and len(item) == 1 and next(iter(item)) in {
        "float", "bytes", "bytearray", "geojson", "hll",
    }  # fmt: skip


@functools.cache
def _alike(family: str, name: str) -> tuple[str, ...]:
    """Helpers of a module with the same parameters, or classes with as many."""
    module = importlib.import_module(f"aerospike_helpers.{family}")
    mine = _shape(getattr(module, name))
    prefix = name.partition("_")[0]
    return tuple(
        other
        for other, found in sorted(vars(module).items())
        if callable(found)
        and other != name
        and not other.startswith("_")
        and (family == "expressions" or other.partition("_")[0] == prefix)
        and other not in {"Def", "Let", "Var", "list_join", "MapIncrement"}
        and not other.endswith("List")  # an empty one, inverted, ends a server 8.1.2
        and getattr(found, "__module__", "").startswith("aerospike_helpers")
        and _shape(found) == mine
        and (mine or family == "expressions")
    )


def _shape(helper: Any) -> tuple[str, ...]:
    try:
        return tuple(inspect.signature(helper).parameters)
    except (TypeError, ValueError):
        return ()
