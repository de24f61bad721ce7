"""Every way to select elements of lists and entries of maps, with every return type, against plain Python."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, Final

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aerospike_wire.embedded.cdt import call
from aerospike_wire.proto import msgpack, values
from aerospike_wire.proto.message import OpCode
from aerospike_wire.types import KeyOrderedDict

EXAMPLES: Final = int(os.environ.get("AEROSPIKE_WIRE_TEST_EXAMPLES", "150"))
INVERTED: Final = 0x10000
INDEX, REVERSE_INDEX, RANK, REVERSE_RANK, COUNT, KEY, VALUE, EXISTS = 1, 2, 3, 4, 5, 6, 7, 13

Places = Sequence[int]


@attrs.frozen
class Content:
    """A collection as a model: keys, None for a list, and values, by their positions."""

    keys: list[Any] | None
    values: list[int]

    @property
    def ranked(self) -> list[int]:
        """Positions in the order of values."""
        return sorted(range(len(self.values)), key=lambda place: (self.values[place], place))

    def below(self, value: int) -> int:
        """How many values are less."""
        return sum(found < value for found in self.values)

    def keys_below(self, key: int) -> int:
        """How many keys are less."""
        return sum(found < key for found in self.keys or ())

    def all(self, test: Callable[[int], bool]) -> Places:
        """Positions of values that pass."""
        return [place for place, value in enumerate(self.values) if test(value)]


def span(start: int, count: int | None, size: int) -> slice:
    """The part of a range that exists; from the end if it starts below zero."""
    start += size if start < 0 else 0
    stop = size if count is None else max(start + count, 0)
    return slice(max(start, 0), max(min(stop, size), 0))


def relative(base: int, start: int, count: int | None, size: int) -> slice:
    """A range that is counted from a place, cut off where nothing is."""
    first = base + start
    stop = size if count is None else first + count
    return slice(max(first, 0), max(min(stop, size), 0))


def everything(content: Content) -> list[int]:
    """All positions."""
    return list(range(len(content.values)))


Selector = tuple[int, int, Callable[..., list[Any]], Callable[..., Places]]
"""Operations that read and that remove, the arguments of a call, and the positions that it selects."""


def _some(*arguments: Any) -> list[Any]:
    return [argument for argument in arguments if argument is not None]


def _two(value: int, more: int | None) -> list[int]:
    """Two values; given twice, an ordered list would tell of its element twice."""
    return [value, value + 1 + (more or 0)]


SHARED: Final[dict[str, tuple[Any, Any]]] = {
    "index_range": (_some, lambda c, start, count: everything(c)[span(start, count, len(c.values))]),
    "rank_range": (_some, lambda c, start, count: c.ranked[span(start, count, len(c.values))]),
    "interval": (
        lambda low, high: [low, low + (high or 0)],
        lambda c, low, high: c.all(lambda v: low <= v < low + (high or 0)),
    ),
    "value": (lambda value, _: [value], lambda c, value, _: c.all(lambda found: found == value)),
    "value_list": (
        lambda value, more: [_two(value, more)],
        lambda c, value, more: c.all(lambda found: found in _two(value, more)),
    ),
}
"""What selects in both: arguments and positions, of an integer and an optional count."""
LISTS: Final[dict[str, tuple[int, int]]] = {
    "index_range": (24, 37), "rank_range": (26, 39), "interval": (25, 38), "value": (22, 35), "value_list": (23, 36),
}  # fmt: skip
MAPS: Final[dict[str, tuple[int, int]]] = {
    "index_range": (104, 85), "rank_range": (106, 87), "interval": (105, 86), "value": (102, 82), "value_list": (108, 83),
    "key_interval": (103, 84), "key_list": (107, 81), "relative_index": (109, 88), "relative_rank": (110, 89),
}  # fmt: skip
OF_MAPS: Final[dict[str, tuple[Any, Any]]] = {
    "key_interval": (
        lambda low, high: [low, low + (high or 0)],
        lambda c, low, high: [at for at, key in enumerate(c.keys) if low <= key < low + (high or 0)],
    ),
    "key_list": (
        lambda key, more: [_two(key, more)],
        lambda c, key, more: [at for at, found in enumerate(c.keys) if found in _two(key, more)],
    ),
}
NUMBERS: Final = st.integers(-3, 7)
COUNTS: Final = st.none() | st.integers(0, 5)
RETURNS: Final = st.sampled_from([INDEX, REVERSE_INDEX, RANK, REVERSE_RANK, COUNT, VALUE, EXISTS])


def ask(stored: tuple[int, bytes], code: int, *arguments: Any) -> tuple[Any, tuple[int, bytes]]:
    """What a call gives, and what the bin holds then."""
    outcome = call.execute(code, stored, msgpack.pack(list(arguments)))
    return None if outcome.value is None else values.decode(*outcome.value), outcome.stored or stored


def told(content: Content, places: Places, return_type: int) -> Any:
    """What a return type says of some positions; lists in any order."""
    size, ranks = len(content.values), {place: rank for rank, place in enumerate(content.ranked)}
    if return_type == COUNT:
        return len(places)
    if return_type == EXISTS:
        return bool(places)
    said = {
        INDEX: lambda place: place,
        REVERSE_INDEX: lambda place: size - 1 - place,
        RANK: lambda place: ranks[place],
        REVERSE_RANK: lambda place: size - 1 - ranks[place],
        VALUE: lambda place: content.values[place],
        KEY: lambda place: (content.keys or [])[place],
    }[return_type]
    return sorted(map(said, places))


def select(
    content: Content, stored: tuple[int, bytes], name: str, number: int, count: int | None, return_type: int, flip: bool
) -> None:
    """Make a call that reads and one that removes, and compare both with the model."""
    of_map = content.keys is not None
    arguments, places_of = _way(name, content)
    read, remove = (MAPS if of_map else _lists())[name]
    places = sorted(set(places_of(content, number, count)))
    if flip:
        places = [place for place in everything(content) if place not in places]
    asked = return_type | INVERTED * flip
    wanted = told(content, places, return_type)
    given_back, _ = ask(stored, OpCode.CDT_READ, read, asked, *arguments(number, count))
    assert (sorted(given_back) if isinstance(given_back, list) else given_back) == wanted, name
    _, left = ask(stored, OpCode.CDT_MODIFY, remove, COUNT | INVERTED * flip, *arguments(number, count))
    kept = [place for place in everything(content) if place not in places]
    after = values.decode(*left)
    assert (list(after.values()) if of_map else after) == [content.values[place] for place in kept], name


def _lists() -> dict[str, tuple[int, int]]:
    return {**LISTS, "relative_rank": (27, 40)}


def _way(name: str, content: Content) -> tuple[Any, Any]:
    if name in SHARED:
        return SHARED[name]
    if name in OF_MAPS:
        return OF_MAPS[name]
    size = len(content.values)
    if name == "relative_index":
        return lambda key, count: _some(key, 1, count), lambda c, key, count: everything(c)[
            relative(c.keys_below(key), 1, count, size)
        ]
    return lambda value, count: _some(value, -1, count), lambda c, value, count: c.ranked[
        relative(c.below(value), -1, count, size)
    ]


@pytest.mark.parametrize("ordered", [False, True])
@settings(max_examples=EXAMPLES, deadline=None)
@given(
    items=st.lists(st.integers(-2, 8), unique=True, max_size=6),
    name=st.sampled_from(sorted([*LISTS, "relative_rank"])),
    number=NUMBERS,
    count=COUNTS,
    return_type=RETURNS,
    flip=st.booleans(),
)
def test_lists(
    items: list[int], name: str, number: int, count: int | None, return_type: int, flip: bool, *, ordered: bool
) -> None:
    """Whatever is selected in a list, it is what Python selects, and the rest stays."""
    _, stored = ask((20, b"\x90"), OpCode.CDT_MODIFY, 0, int(ordered))
    _, stored = ask(stored, OpCode.CDT_MODIFY, 2, items)
    content = Content(None, sorted(items) if ordered else items)
    select(content, stored, name, number, count, return_type, flip and return_type != EXISTS)


@pytest.mark.parametrize("ordered", [False, True])
@settings(max_examples=EXAMPLES, deadline=None)
@given(
    entries=st.dictionaries(st.integers(-2, 8), st.integers(0, 5), max_size=6),
    name=st.sampled_from(sorted(MAPS)),
    number=NUMBERS,
    count=COUNTS,
    return_type=RETURNS | st.just(KEY),
    flip=st.booleans(),
)
def test_maps(
    entries: dict[int, int], name: str, number: int, count: int | None, return_type: int, flip: bool, *, ordered: bool
) -> None:
    """Whatever is selected in a map, it is what Python selects, and the rest stays."""
    kind = KeyOrderedDict if ordered else dict
    stored = values.encode(kind(sorted(entries.items())))
    content = Content(sorted(entries), [entries[key] for key in sorted(entries)])
    if name == "key_list" and return_type in {RANK, REVERSE_RANK}:
        return_type = INDEX  # a list of keys has no ranks to tell
    select(content, stored, name, number, count, return_type, flip and return_type != EXISTS)
