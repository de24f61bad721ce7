"""How a call tells about the elements that it selects: return types (protocol section 6.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aerospike_wire.embedded.cdt import bodies
from aerospike_wire.embedded.cdt.bodies import ListBody, pack_list, pack_map
from aerospike_wire.embedded.cdt.order import bool_particle, integer_particle, particle
from aerospike_wire.embedded.cdt.selection import indexes, not_applicable, rank_range
from aerospike_wire.proto import msgpack
from aerospike_wire.proto.values import Particle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aerospike_wire.embedded.cdt.selection import Picked, Span
    from aerospike_wire.embedded.cdt.view import View
    from aerospike_wire.embedded.store import Particle as Value

INVERTED: Final = 0x10000
_KINDS: Final = 0xFFFF
NONE, INDEX, REVERSE_INDEX, RANK, REVERSE_RANK, COUNT, KEY, VALUE, KEY_VALUE = range(9)
INDEX_RANGE, REVERSE_INDEX_RANGE, RANK_RANGE, REVERSE_RANK_RANGE, EXISTS = range(9, 14)
UNORDERED_MAP, ORDERED_MAP = 16, 17

_LIST_TYPES: Final = frozenset({*range(KEY), VALUE, *range(INDEX_RANGE, EXISTS + 1)})
_MAP_TYPES: Final = frozenset({*range(EXISTS + 1), UNORDERED_MAP, ORDERED_MAP})


def check_type(return_type: int, *, is_map: bool) -> int:
    """A return type without its flag.

    Raises:
        Refusal: 26, there is no such type for this collection.
    """
    kind = return_type & _KINDS
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
        if not picked.missing or not picked.folds or not view.body.flags:
            raise not_applicable("the inverse of one element")
        inverted = False
    if inverted:
        folded = _folded(view, picked)
        if folded is None:
            return _inverse(view, picked, kind)
        picked = folded
    if kind == NONE:
        return None
    if kind == COUNT:
        return integer_particle(len(set(picked.places)))
    if kind == EXISTS:
        return bool_particle(value=bool(picked.places))
    if kind in (INDEX, REVERSE_INDEX):
        places = list(picked.places) if view.is_map else sorted(picked.places)
        return _selected_numbers(view, picked, picked.index_span, picked.indexes, places, kind == REVERSE_INDEX)
    if kind in (RANK, REVERSE_RANK):
        if picked.rankless:
            raise not_applicable("ranks of a list of keys")
        ranks = [view.rank(place) for place in picked.places]
        span = picked.rank_span
        if span is None and picked.edge is not None and not picked.scanned and not picked.single:
            span = picked.edge
        return _selected_numbers(view, picked, span, picked.ranks, ranks, kind == REVERSE_RANK)
    if kind in (INDEX_RANGE, REVERSE_INDEX_RANGE):
        if picked.missing and picked.folds:
            return _integers((-1, 0))
        return _range(view, picked, picked.index_span, reverse=kind == REVERSE_INDEX_RANGE)
    if kind in (RANK_RANGE, REVERSE_RANK_RANGE):
        return _range(view, picked, picked.rank_span, reverse=kind == REVERSE_RANK_RANGE)
    return _elements(view, picked.places, kind, single=picked.single)


def _folded(view: View, picked: Picked) -> Picked | None:
    """The inverse as a range of its own, if it is one."""
    span = picked.rank_span if picked.index_span is None else picked.index_span
    if not picked.folds or span is None:
        return None
    start, count = span
    if not count:
        span = 0, view.size
    elif not start:
        span = count, view.size - count
    elif start + count == view.size:
        span = 0, start
    else:
        return None
    return rank_range(view, span) if picked.index_span is None else indexes(view, span)


def _inverse(view: View, picked: Picked, kind: int) -> Value | None:
    chosen = set(picked.places)
    rest = [place for place in range(view.size) if place not in chosen]
    if kind == NONE:
        return None
    if kind == COUNT:
        return integer_particle(len(rest))
    if kind == EXISTS:
        # Servers forget the flag then, and tell whether nothing was selected.
        by_rank = picked.rank_span is not None and not view.sorted
        by_index = picked.index_span is not None and view.is_map and not view.body.flags
        if by_index and picked.scanned:
            return bool_particle(value=not picked.places)
        if (by_rank or by_index) and (picked.places or (picked.edge is None and not view.is_map)):
            return bool_particle(value=not picked.places)
        return bool_particle(value=bool(rest))
    everything = _is_everything(view, picked)
    if kind in (INDEX, REVERSE_INDEX):
        spans = [(0, view.size)] if everything else _complement(view, picked.index_span)
        if spans is None and picked.indexes is not None and view.is_map and not view.body.flags:
            spans = _complement(view, *sorted(picked.indexes))
        return _numbers(view, spans, rest, kind == REVERSE_INDEX)
    if kind in (RANK, REVERSE_RANK):
        if picked.rankless:
            raise not_applicable("ranks of a list of keys")
        spans = [(0, view.size)] if everything else _complement(view, picked.rank_span)
        if spans is None and picked.ranks is not None and not view.sorted:
            spans = _complement(view, *sorted(set(picked.ranks)))
        return _numbers(view, spans, [view.rank(place) for place in rest], kind == REVERSE_RANK)
    if kind in (RANK_RANGE, REVERSE_RANK_RANGE) and everything and view.is_map and picked.rank_span is not None:
        return _integers([0, view.size] if view.size else [-1, 0])
    if kind in (INDEX_RANGE, REVERSE_INDEX_RANGE, RANK_RANGE, REVERSE_RANK_RANGE):
        if picked.edge is not None and not rest and not view.is_map and picked.index_span is None:
            return _integers([0, 0])
        raise not_applicable("the inverse as a range")
    return _elements(view, rest, kind, single=False)


def _is_everything(view: View, picked: Picked) -> bool:
    """Whether the inverse is told as a range from beginning to end, positions and ranks alike."""
    if picked.nothing:
        return True
    if view.is_map:
        return not picked.places and picked.rank_span is not None
    return picked.edge is not None and not picked.edge[1] and picked.index_span is not None


def _complement(view: View, *spans: Span | None) -> list[Span] | None:
    """The ranges before, between and behind ranges, which are in their order."""
    found: list[Span] = []
    start = 0
    for span in spans:
        if span is None:
            return None
        found.append((start, span[0] - start))
        start = sum(span)
    return [*found, (start, view.size - start)]


def _numbers(view: View, spans: Sequence[Span] | None, plain: list[int], reverse: bool) -> Value:  # noqa: FBT001
    """Positions or ranks: ranges upwards from either end, anything else one by one."""
    if spans is None:
        return _integers([view.size - 1 - number for number in plain] if reverse else plain)
    found: list[int] = []
    for start, count in spans:
        first = view.size - start - count if reverse else start
        found += range(first, first + count)
    return _integers(found)


def _selected_numbers(
    view: View,
    picked: Picked,
    span: Span | None,
    spans: Sequence[Span] | None,
    plain: list[int],
    reverse: bool,  # noqa: FBT001
) -> Value:
    if picked.missing:
        return integer_particle(-1)
    if picked.single:
        number = plain[0] if span is None else span[0]
        return integer_particle(view.size - 1 - number if reverse else number)
    if span is not None:
        spans = [span]
    elif spans is not None and not view.sorted:
        plain, spans = [number for start, count in spans for number in range(start, start + count)], None
    return _numbers(view, spans, plain, reverse)


def _range(view: View, picked: Picked, span: Span | None, *, reverse: bool) -> Value:
    if picked.edge is not None and not picked.edge[1] and not view.is_map and not picked.single:
        return _integers(picked.edge)
    if span is None:
        raise not_applicable("not a range")
    start, count = span
    if reverse and (count or picked.scanned):
        start = view.size - start - count
    return _integers((start, count))


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
