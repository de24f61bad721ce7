"""Which elements a call selects."""

from __future__ import annotations

import bisect
from typing import TYPE_CHECKING

import attrs

from aerospike_wire.embedded.cdt.order import WILDCARD, OpenOrder, probe
from aerospike_wire.embedded.refusal import Refusal
from aerospike_wire.errors.codes import ResultCode

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aerospike_wire.embedded.cdt.order import Argument
    from aerospike_wire.embedded.cdt.view import View
    from aerospike_wire.embedded.normal import Order

Span = tuple[int, int]
"""Start and count."""


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
    edge: Span | None = None
    """A range of nothing, or of everything: of a list, such a range is told both by position and by rank."""
    scanned: bool = False
    """Whether it was found by going through everything, after which even a range of nothing is counted from the end."""
    nothing: bool = False
    """Whether it is asked for by a list of nothing."""
    folds: bool = False
    """Whether the inverse of a range at either end of a map is the range of what remains."""


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


def indexes(view: View, span: Span, *, single: bool = False) -> Picked:
    """Elements from a position on."""
    start, count = span
    return Picked(
        range(start, start + count),
        index_span=span,
        rank_span=span if view.sorted else None,
        edge=_edge(view, span),
        single=single,
        folds=view.is_map,
    )


def _ranks(view: View, span: Span, places: Sequence[int], *, single: bool = False) -> Picked:
    scanned = not (view.sorted or view.is_map)
    return Picked(places, span if view.sorted else None, span, single=single, scanned=scanned)


def by_index(view: View, arguments: list[Argument]) -> Picked:
    """The element at an index."""
    return indexes(view, (one(arguments[0].integer(), view.size), 1), single=True)


def by_index_range(view: View, arguments: list[Argument]) -> Picked:
    """Elements from an index on."""
    return indexes(view, clip(arguments[0].integer(), count_of(arguments, 1), view.size))


def by_rank(view: View, arguments: list[Argument]) -> Picked:
    """The element of a rank."""
    rank = one(arguments[0].integer(), view.size)
    return _ranks(view, (rank, 1), view.ranked(rank, 1), single=True)


def by_rank_range(view: View, arguments: list[Argument]) -> Picked:
    """Elements from a rank on."""
    return rank_range(view, clip(arguments[0].integer(), count_of(arguments, 1), view.size))


def rank_range(view: View, span: Span) -> Picked:
    """Elements from a rank on."""
    return attrs.evolve(_ranks(view, span, view.ranked(*span)), edge=_edge(view, span), folds=view.is_map)


def _edge(view: View, span: Span) -> Span | None:
    return span if span[1] in (0, view.size) else None


def by_value(view: View, arguments: list[Argument]) -> Picked:
    """All elements that are equal to a value."""
    wanted = arguments[0].probe
    places = [place for place, value in enumerate(view.values) if value == wanted]
    span = view.below(wanted), len(places)
    return indexes(view, span) if view.sorted else _by_value_ranks(view, span, places)


def _by_value_ranks(view: View, span: Span, places: list[int]) -> Picked:
    # Servers begin the search in an empty map before its beginning.
    return _ranks(view, span if view.size or not view.is_map else (-1, 0), places)


def by_first_value(view: View, arguments: list[Argument]) -> Picked:
    """The first element that is equal to a value."""
    found = by_value(view, arguments)
    assert found.rank_span is not None
    span = (0, 0) if view.sorted and not found.places else (found.rank_span[0], min(1, found.rank_span[1]))
    picked = _ranks(view, span, found.places[:1], single=True)
    return picked if found.places else attrs.evolve(picked, missing=True)


def by_value_interval(view: View, arguments: list[Argument]) -> Picked:
    """Elements from one value up to another."""
    first, end = _bounds(view.below, arguments, view.size)
    if view.sorted:
        return indexes(view, (first, end - first))
    begin, stop = arguments[0].probe, arguments[1].probe if len(arguments) > 1 else None
    places = [place for place, value in enumerate(view.values) if value >= begin and (stop is None or value < stop)]
    return _by_value_ranks(view, (first, len(places)), places)


def _bounds(below: Callable[[Order | OpenOrder], int], arguments: list[Argument], size: int) -> Span:
    first = below(arguments[0].probe)
    end = below(arguments[1].probe) if len(arguments) > 1 else size
    return first, max(end, first)


def by_value_list(view: View, arguments: list[Argument]) -> Picked:
    """Elements that are equal to any of several values."""
    spans: list[Span] = []
    chosen: set[int] = set()
    for _, order in arguments[0].elements():
        wanted = probe(order)
        places = [place for place, value in enumerate(view.values) if value == wanted]
        if places:
            chosen.update(places)
            spans.append((view.below(wanted), len(places)))
    nothing = not arguments[0].order[1]
    if view.sorted:
        places = [place for start, count in spans for place in range(start, start + count)]
        return Picked(places, indexes=spans, ranks=spans, nothing=nothing)
    return Picked(sorted(chosen), ranks=_last_ones(spans), nothing=nothing)


def _last_ones(spans: list[Span]) -> list[Span]:
    """Of a range that is there several times, only the last."""
    return list(dict.fromkeys(reversed(spans)))[::-1]


def by_relative_rank(view: View, arguments: list[Argument]) -> Picked:
    """Elements from a rank on that is counted from the place of a value."""
    span = _relative(view.below(arguments[0].probe), arguments, view.size)
    return rank_range(view, span)


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
        return Picked((), index_span=(-1, 0), single=True, missing=True, folds=True)
    return indexes(view, (place, 1), single=True)


def _place(view: View, key: Argument) -> int | None:
    if key.kind == WILDCARD:
        return view.size // 2 if view.size else None
    place = bisect.bisect_left(view.keys, key.order)
    return place if place < view.size and view.keys[place] == key.order else None


def by_key_interval(view: View, arguments: list[Argument]) -> Picked:
    """Entries from one key up to another."""
    first, end = _bounds(lambda wanted: _below_key(view, wanted), arguments, view.size)
    scanned = not view.body.flags
    return attrs.evolve(indexes(view, (first, end - first)), scanned=scanned, folds=not scanned)


def by_key_list(view: View, arguments: list[Argument]) -> Picked:
    """The entries of several keys."""
    spans: list[Span] = []
    for _, order in arguments[0].elements():
        wanted = probe(order)
        spans += [(place, 1) for place, key in enumerate(view.keys) if key == wanted]
    places = sorted({place for place, _ in spans})
    if not view.body.flags:
        spans = _last_ones(spans)
    return Picked(places, indexes=spans, rankless=True, nothing=not arguments[0].order[1])


def by_relative_index(view: View, arguments: list[Argument]) -> Picked:
    """Entries from an index on that is counted from the place of a key."""
    return indexes(view, _relative(_below_key(view, arguments[0].probe), arguments, view.size))
