"""Which elements a call selects, and how it tells about them."""

from __future__ import annotations

import bisect
import functools
from typing import TYPE_CHECKING, Final

import attrs

from aerospike_wire.embedded.cdt import bodies
from aerospike_wire.embedded.cdt.bodies import ListBody, MapBody, pack_list, pack_map
from aerospike_wire.embedded.cdt.order import (
    WILDCARD,
    OpenOrder,
    bool_particle,
    integer_particle,
    malformed,
    particle,
    probe,
)
from aerospike_wire.embedded.refusal import Refusal
from aerospike_wire.errors.codes import ResultCode
from aerospike_wire.proto import msgpack
from aerospike_wire.proto.values import Particle

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aerospike_wire.embedded.cdt.bodies import Body
    from aerospike_wire.embedded.cdt.order import Argument
    from aerospike_wire.embedded.normal import Order
    from aerospike_wire.embedded.store import Particle as Value

Span = tuple[int, int]
"""Start and count."""

INVERTED: Final = 0x10000
NONE, INDEX, REVERSE_INDEX, RANK, REVERSE_RANK, COUNT, KEY, VALUE, KEY_VALUE = range(9)
INDEX_RANGE, REVERSE_INDEX_RANGE, RANK_RANGE, REVERSE_RANK_RANGE, EXISTS = range(9, 14)
UNORDERED_MAP, ORDERED_MAP = 16, 17

_LIST_TYPES: Final = frozenset({*range(KEY), VALUE, *range(INDEX_RANGE, EXISTS + 1)})
_MAP_TYPES: Final = frozenset({*range(EXISTS + 1), UNORDERED_MAP, ORDERED_MAP})


def not_applicable(reason: str) -> Refusal:
    """A refusal of what cannot be done to this element, with code 26."""
    return Refusal(ResultCode.OP_NOT_APPLICABLE, reason)


@attrs.frozen
class Picked:
    """What a call selects."""

    places: Sequence[int]
    """Positions in the order in which elements are told."""
    index_span: Span | None = None
    """What is selected, if that is a range of positions by its nature."""
    rank_span: Span | None = None
    """What is selected, if that is a range of ranks by its nature."""
    indexes: Sequence[Span] | None = None
    """Ranges of positions in the order in which positions are told, if that is another one."""
    ranks: Sequence[Span] | None = None
    """Ranges of ranks in the order in which ranks are told, if that is another one."""
    single: bool = False
    """Whether the answer is one element and not a list."""
    missing: bool = False
    """Whether a single element is not there."""
    rankless: bool = False
    """Whether it cannot be told by rank."""


class View:
    """A collection as selections see it."""

    def __init__(self, body: Body) -> None:
        self.body = body
        self.size = len(body)
        self.values = body.orders()
        self.is_map = isinstance(body, MapBody)
        self.sorted = isinstance(body, ListBody) and body.ordered
        """Whether positions and ranks are the same."""

    @functools.cached_property
    def keys(self) -> list[Order]:
        """What a map's keys are compared by."""
        assert isinstance(self.body, MapBody)
        return self.body.keys()

    @functools.cached_property
    def by_value(self) -> list[int]:
        """Positions by value; of equal ones, the first position first."""
        return sorted(range(self.size), key=self.values.__getitem__)

    @functools.cached_property
    def sorted_values(self) -> list[Order]:
        """Values in their order."""
        return sorted(self.values)

    @functools.cached_property
    def map_ranks(self) -> list[int]:
        """The rank of each position of a map."""
        found = [0] * self.size
        for rank, place in enumerate(self.by_value):
            found[place] = rank
        return found

    def rank(self, place: int) -> int:
        """The rank that a position has.

        Elements of an unordered list that are equal are all told the first rank of theirs.
        """
        if self.sorted:
            return place
        if self.is_map:
            return self.map_ranks[place]
        return bisect.bisect_left(self.sorted_values, self.values[place])

    def below(self, wanted: Order | OpenOrder) -> int:
        """How many values come before one."""
        return sum(value < wanted for value in self.values)

    def ranked(self, start: int, count: int) -> list[int]:
        """Positions of a range of ranks, in the order in which a server tells them."""
        if self.sorted:
            return list(range(start, start + count))
        if self.is_map:
            return self.by_value[start : start + count]
        return _heap_select(self.values, start, count)


def _heap_select(values: list[Order], start: int, count: int) -> list[int]:
    """Positions of the elements with some ranks, as taking them from a heap yields them.

    Servers take them from whichever end is nearer. Which of several equal elements are
    selected, and in what order, comes of how the heap is built.
    """
    size = len(values)
    behind = size - start - count
    heap = list(range(size))

    def before(first: int, second: int) -> bool:
        if start <= behind:
            return values[first] < values[second]
        return values[second] < values[first]

    def sift(place: int, end: int) -> None:
        while (child := 2 * place + 1) < end:
            if child + 1 < end and before(heap[child + 1], heap[child]):
                child += 1
            if not before(heap[child], heap[place]):
                return
            heap[place], heap[child] = heap[child], heap[place]
            place = child

    for place in reversed(range(size // 2)):
        sift(place, size)
    skipped = min(start, behind)
    for end in range(size - 1, size - 1 - skipped - count, -1):
        heap[0], heap[end] = heap[end], heap[0]
        sift(0, end)
    last = size - skipped
    return heap[last - count : last]


# Selectors


def clip(index: int, count: int | None, size: int) -> Span:
    """The positions that a range covers, which may start before the beginning."""
    if index < 0:
        index += size
        if index < 0:
            count = None if count is None else max(count + index, 0)
            index = 0
    index = min(index, size)
    rest = size - index
    return index, rest if count is None else min(count, rest)


def one(index: int, size: int) -> int:
    """The position of one element.

    Raises:
        Refusal: 26, there is none.
    """
    found = index + size if index < 0 else index
    if not 0 <= found < size:
        raise not_applicable("no element at this index or rank")
    return found


def count_of(arguments: list[Argument], place: int) -> int | None:
    """The count that an argument says; None, to the end, if it is not there.

    Raises:
        Refusal: 4, it is no count.
    """
    if place >= len(arguments):
        return None
    return arguments[place].integer() & 0xFFFF_FFFF_FFFF_FFFF


def _indexes(view: View, span: Span, *, single: bool = False) -> Picked:
    return Picked(range(span[0], sum(span)), index_span=span, rank_span=span if view.sorted else None, single=single)


def _ranks(view: View, span: Span, places: Sequence[int], *, single: bool = False) -> Picked:
    return Picked(places, index_span=span if view.sorted else None, rank_span=span, single=single)


def by_index(view: View, arguments: list[Argument]) -> Picked:
    """The element at an index."""
    return _indexes(view, (one(arguments[0].integer(), view.size), 1), single=True)


def by_index_range(view: View, arguments: list[Argument]) -> Picked:
    """Elements from an index on."""
    return _indexes(view, clip(arguments[0].integer(), count_of(arguments, 1), view.size))


def by_rank(view: View, arguments: list[Argument]) -> Picked:
    """The element of a rank."""
    rank = one(arguments[0].integer(), view.size)
    return _ranks(view, (rank, 1), view.ranked(rank, 1), single=True)


def by_rank_range(view: View, arguments: list[Argument]) -> Picked:
    """Elements from a rank on."""
    span = clip(arguments[0].integer(), count_of(arguments, 1), view.size)
    return _ranks(view, span, view.ranked(*span))


def by_value(view: View, arguments: list[Argument]) -> Picked:
    """All elements that are equal to a value."""
    wanted = arguments[0].probe
    places = [place for place, value in enumerate(view.values) if value == wanted]
    return _ranks(view, (_start(view, wanted, places), len(places)), places)


def _start(view: View, wanted: Order | OpenOrder, places: list[int]) -> int:
    if not places and (view.sorted or view.is_map):
        return view.size
    return view.below(wanted)


def by_first_value(view: View, arguments: list[Argument]) -> Picked:
    """The first element that is equal to a value."""
    found = by_value(view, arguments)
    if not found.places:
        return Picked((), single=True, missing=True)
    assert found.rank_span is not None
    return _ranks(view, (found.rank_span[0], 1), found.places[:1], single=True)


def by_value_interval(view: View, arguments: list[Argument]) -> Picked:
    """Elements from one value up to another."""
    first, end = _bounds(view.below, arguments, view.size)
    if view.sorted:
        return _indexes(view, (first, end - first))
    begin, stop = arguments[0].probe, arguments[1].probe if len(arguments) > 1 else None
    places = [
        place for place, value in enumerate(view.values) if value >= begin and (stop is None or value < stop)
    ]
    return _ranks(view, (first, len(places)), places)


def _bounds(below: Callable[[Order | OpenOrder], int], arguments: list[Argument], size: int) -> Span:
    first = below(arguments[0].probe)
    end = below(arguments[1].probe) if len(arguments) > 1 else size
    return first, max(end, first)


def by_value_list(view: View, arguments: list[Argument]) -> Picked:
    """Elements that are equal to any of several values."""
    spans: list[Span] = []
    chosen: set[int] = set()
    for _, order in arguments[0].items():
        wanted = probe(order)
        places = [place for place, value in enumerate(view.values) if value == wanted and place not in chosen]
        if places:
            chosen.update(places)
            spans.append((view.below(wanted), len(places)))
    return Picked(sorted(chosen), indexes=spans if view.sorted else None, ranks=spans)


def by_relative_rank(view: View, arguments: list[Argument]) -> Picked:
    """Elements from a rank on that is counted from the place of a value."""
    span = _relative(view.below(arguments[0].probe), arguments, view.size)
    return _ranks(view, span, view.ranked(*span))


def _relative(base: int, arguments: list[Argument], size: int) -> Span:
    start = base + arguments[1].integer()
    count = count_of(arguments, 2)
    if start < 0:
        count = None if count is None else max(count + start, 0)
        start = 0
    return clip(start, count, size)


# Selectors of maps alone


def _below_key(view: View, wanted: Order | OpenOrder) -> int:
    return sum(key < wanted for key in view.keys)


def by_key(view: View, arguments: list[Argument]) -> Picked:
    """The entry of a key."""
    place = _place(view, arguments[0])
    if place is None:
        return Picked((), index_span=(-1, 0), single=True, missing=True)
    return _indexes(view, (place, 1), single=True)


def _place(view: View, key: Argument) -> int | None:
    if key.kind == WILDCARD:
        return view.size // 2 if view.size else None
    place = bisect.bisect_left(view.keys, key.order)
    return place if place < view.size and view.keys[place] == key.order else None


def by_key_interval(view: View, arguments: list[Argument]) -> Picked:
    """Entries from one key up to another."""
    first, end = _bounds(lambda wanted: _below_key(view, wanted), arguments, view.size)
    return _indexes(view, (first, end - first))


def by_key_list(view: View, arguments: list[Argument]) -> Picked:
    """The entries of several keys."""
    spans: list[Span] = []
    for _, order in arguments[0].items():
        wanted = probe(order)
        places = [place for place, key in enumerate(view.keys) if key == wanted]
        spans += [(place, 1) for place in places if (place, 1) not in spans]
    return Picked(sorted(place for place, _ in spans), indexes=spans, rankless=True)


def by_relative_index(view: View, arguments: list[Argument]) -> Picked:
    """Entries from an index on that is counted from the place of a key."""
    return _indexes(view, _relative(_below_key(view, arguments[0].probe), arguments, view.size))


Selector = "Callable[[View, list[Argument]], Picked]"


# Answers


def check_type(return_type: int, *, is_map: bool) -> int:
    """A return type without its flag.

    Raises:
        Refusal: 26, there is no such type for this collection.
    """
    kind = return_type & ~INVERTED
    if kind not in (_MAP_TYPES if is_map else _LIST_TYPES):
        raise not_applicable(f"return type {return_type:#x}")
    return kind


def answer(view: View, picked: Picked, return_type: int) -> Value | None:
    """What a call gives about the elements that it selects.

    Raises:
        Refusal: 26, they cannot be told about in this way.
    """
    kind = check_type(return_type, is_map=view.is_map)
    inverted = bool(return_type & INVERTED)
    if inverted and picked.single:
        if not picked.missing:
            raise not_applicable("the inverse of one element")
        inverted = False
    if inverted:
        return _inverse(view, picked, kind)
    if kind == NONE:
        return None
    if kind == COUNT:
        return integer_particle(len(picked.places))
    if kind == EXISTS:
        return bool_particle(value=bool(picked.places))
    if kind in (INDEX, REVERSE_INDEX):
        return _numbers(view, picked, picked.index_span, picked.indexes, list(picked.places), kind == REVERSE_INDEX)
    if kind in (RANK, REVERSE_RANK):
        if picked.rankless:
            raise not_applicable("ranks of a list of keys")
        ranks = [view.rank(place) for place in picked.places]
        return _numbers(view, picked, picked.rank_span, picked.ranks, ranks, kind == REVERSE_RANK)
    if kind in (INDEX_RANGE, REVERSE_INDEX_RANGE):
        return _range(view, picked.index_span, kind == REVERSE_INDEX_RANGE)
    if kind in (RANK_RANGE, REVERSE_RANK_RANGE):
        return _range(view, picked.rank_span, kind == REVERSE_RANK_RANGE)
    return _elements(view, picked.places, kind, single=picked.single)


def _inverse(view: View, picked: Picked, kind: int) -> Value | None:
    chosen = set(picked.places)
    rest = [place for place in range(view.size) if place not in chosen]
    if kind == NONE:
        return None
    if kind == COUNT:
        return integer_particle(len(rest))
    if kind == EXISTS:
        by_rank_alone = picked.rank_span is not None and not view.sorted
        return bool_particle(value=not picked.places if by_rank_alone else bool(rest))
    if kind in (INDEX, REVERSE_INDEX):
        return _integers([view.size - 1 - place for place in rest] if kind == REVERSE_INDEX else rest)
    if kind in (RANK, REVERSE_RANK):
        if picked.rankless:
            raise not_applicable("ranks of a list of keys")
        if picked.rank_span is not None:
            start, count = picked.rank_span
            ranks = [*range(start), *range(start + count, view.size)]
        else:
            ranks = [view.rank(place) for place in rest]
        return _integers([view.size - 1 - rank for rank in ranks] if kind == REVERSE_RANK else ranks)
    if kind in (INDEX_RANGE, REVERSE_INDEX_RANGE, RANK_RANGE, REVERSE_RANK_RANGE):
        raise not_applicable("the inverse as a range")
    return _elements(view, rest, kind, single=False)


def _numbers(
    view: View,
    picked: Picked,
    span: Span | None,
    spans: Sequence[Span] | None,
    plain: list[int],
    reverse: bool,  # noqa: FBT001
) -> Value:
    """Positions or ranks of what was selected: ranges as ranges, anything else one by one."""
    if picked.missing:
        return integer_particle(-1)
    if picked.single:
        return integer_particle(view.size - 1 - plain[0] if reverse else plain[0])
    if span is not None:
        spans = [span]
    if spans is None:
        return _integers([view.size - 1 - number for number in plain] if reverse else plain)
    found: list[int] = []
    for start, count in spans:
        first = view.size - start - count if reverse else start
        found += range(first, first + count)
    return _integers(found)


def _range(view: View, span: Span | None, reverse: bool) -> Value:  # noqa: FBT001
    if span is None:
        raise not_applicable("not a range")
    start, count = span
    if reverse and count:
        start = view.size - start - count
    return Particle.LIST.value, pack_list([msgpack.pack_int(start), msgpack.pack_int(count)])


def _integers(numbers: Sequence[int]) -> Value:
    return Particle.LIST.value, pack_list([msgpack.pack_int(number) for number in numbers])


def _elements(view: View, places: Sequence[int], kind: int, *, single: bool) -> Value | None:
    body = view.body
    if isinstance(body, ListBody):
        packed = [body.items[place][0] for place in places]
    elif kind in (KEY_VALUE, UNORDERED_MAP, ORDERED_MAP):
        if kind == ORDERED_MAP:
            places = sorted(places)
        flags = {KEY_VALUE: bodies.PRESERVE, ORDERED_MAP: bodies.ORDERED}.get(kind, 0)
        return Particle.MAP.value, pack_map([body.entries[place].pack() for place in places], flags)
    elif kind == KEY:
        packed = [body.entries[place].key[0] for place in places]
    else:
        packed = [body.entries[place].value[0] for place in places]
    if single:
        return particle(packed[0]) if packed else None
    return Particle.LIST.value, pack_list(packed)


__all__ = [
    "answer", "by_first_value", "by_index", "by_index_range", "by_key", "by_key_interval", "by_key_list", "by_rank",
    "by_rank_range", "by_relative_index", "by_relative_rank", "by_value", "by_value_interval", "by_value_list",
    "check_type", "clip", "malformed", "not_applicable", "one",
]  # fmt: skip
