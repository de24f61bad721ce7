"""Operations on lists (protocol section 6.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aerospike_wire.embedded.cdt import answers, numbers, selection
from aerospike_wire.embedded.cdt.bodies import ORDERED, ListBody, pack_list
from aerospike_wire.embedded.cdt.operation import Operation
from aerospike_wire.embedded.cdt.order import NIL, NIL_ITEM, Argument, Item, integer_particle, malformed, particle
from aerospike_wire.embedded.cdt.selection import clip, count_of, not_applicable, one
from aerospike_wire.embedded.cdt.view import View
from aerospike_wire.embedded.refusal import Refusal
from aerospike_wire.errors.codes import ResultCode
from aerospike_wire.proto.values import Particle

if TYPE_CHECKING:
    from collections.abc import Callable

    from aerospike_wire.embedded.cdt.selection import Picked
    from aerospike_wire.embedded.store import Particle as Value

ADD_UNIQUE: Final = 1
BOUNDED: Final = 2
NO_FAIL: Final = 4
PARTIAL: Final = 8

_DESCENDING: Final = 1
_DROP_DUPLICATES: Final = 2
_PERSIST_INDEX: Final = 0x10
_ORDERS: Final = 0xFF
"""Bits of an order that count."""
MAX_PADDED: Final = 8 << 20
"""Elements that padding may bring a list to: no record can be larger than as many bytes."""
_MAX_INDEX: Final = (1 << 31) - 1

_NIL: Final[Item] = (NIL_ITEM, (NIL,))


def order_flags(order: int) -> int:
    """The flags of a list that is made with an order; one that there is not is none."""
    return ORDERED if order & _ORDERS & ~_PERSIST_INDEX == ORDERED else 0


def _flags(arguments: list[Argument], place: int) -> int:
    return arguments[place].integer() if place < len(arguments) else 0


def _size(body: ListBody) -> Value:
    return integer_particle(len(body))


def _exists() -> Refusal:
    return Refusal(ResultCode.ELEMENT_EXISTS, "the list has this element already")


def _unordered(body: ListBody) -> None:
    if body.ordered:
        raise not_applicable("an ordered list decides on places itself")


def _place(body: ListBody, index: int, flags: int) -> int | None:
    """Where an element is put; None if it cannot be and that is no failure."""
    place = index + len(body) if index < 0 else index
    if place < 0:
        raise not_applicable("an index before the beginning")
    if place > len(body) and flags & BOUNDED:
        if flags & NO_FAIL:
            body.declined = True
            return None
        raise not_applicable("an index beyond the end")
    if place > _MAX_INDEX:
        raise not_applicable("an index that no list can have")
    return place


def pad(body: ListBody, place: int) -> None:
    """Fill a list up to a position.

    Raises:
        Refusal: 13, no record could hold as much.
    """
    if place > MAX_PADDED:
        raise Refusal(ResultCode.RECORD_TOO_BIG, "a list filled beyond what a record can hold")
    body.items += [_NIL] * (place - len(body))


def add(body: ListBody, item: Item) -> None:
    """Put an element at the end, or where it belongs in an ordered list."""
    body.items.insert(_sorted_place(body, item) if body.ordered else len(body), item)


def _sorted_place(body: ListBody, item: Item) -> int:
    """Where an element goes in an ordered list: at the first equal one that halving comes upon."""
    low, high = 0, len(body)
    while low < high:
        middle = (low + high) // 2
        other = body.items[middle][1]
        if other == item[1]:
            return middle
        low, high = (middle + 1, high) if other < item[1] else (low, middle)
    return low


def _new(body: ListBody, items: list[Item], flags: int) -> list[Item] | None:
    """Which of several elements may be added; None for none."""
    if not flags & ADD_UNIQUE:
        return items
    stored = body.orders()
    fresh: list[Item] = []
    for item in items:
        in_list = item[1] in stored
        if in_list or any(item[1] == other[1] for other in fresh):
            if not flags & NO_FAIL:
                raise _exists() if in_list else not_applicable("an element is there twice")
            if not flags & PARTIAL:
                return None
            continue
        fresh.append(item)
    return fresh


# Changes


def _set_type(body: ListBody, arguments: list[Argument]) -> None:
    flags = arguments[0].integer()
    if flags & ~(ORDERED | _PERSIST_INDEX):
        raise not_applicable("a list has no such order")
    if flags & ORDERED and not body.ordered:
        body.sort()
    body.flags = flags & ORDERED


def _append(body: ListBody, arguments: list[Argument]) -> Value:
    for item in _new(body, [arguments[0].storable()], _flags(arguments, 2)) or ():
        add(body, item)
    return _size(body)


def _append_items(body: ListBody, arguments: list[Argument]) -> Value:
    items = arguments[0].elements()
    arguments[0].storable()
    for item in _new(body, items, _flags(arguments, 2)) or ():
        add(body, item)
    return _size(body)


def _insert(body: ListBody, arguments: list[Argument]) -> Value:
    return _insert_all(body, arguments, [arguments[1].storable()])


def _insert_items(body: ListBody, arguments: list[Argument]) -> Value:
    items = arguments[1].elements()
    arguments[1].storable()
    return _insert_all(body, arguments, items)


def _insert_all(body: ListBody, arguments: list[Argument], items: list[Item]) -> Value:
    _unordered(body)
    flags = _flags(arguments, 2)
    place = _place(body, arguments[0].integer(), flags) if items else None
    if place is not None:
        fresh = _new(body, items, flags)
        if fresh:
            pad(body, place)
            body.items[place:place] = fresh
    return _size(body)


def _set(body: ListBody, arguments: list[Argument]) -> None:
    _unordered(body)
    item = arguments[1].storable()
    flags = _flags(arguments, 2)
    place = _place(body, arguments[0].integer(), flags)
    if place is None:
        return
    if flags & ADD_UNIQUE and _clashes(body, place, item):
        if flags & NO_FAIL:
            return
        raise _exists()
    pad(body, place)
    body.items[place : place + 1] = [item]


def _clashes(body: ListBody, place: int, item: Item) -> bool:
    return any(other[1] == item[1] for position, other in enumerate(body.items) if position != place)


def _increment(body: ListBody, arguments: list[Argument]) -> Value | None:
    delta = numbers.delta_of(arguments, 1)
    flags = _flags(arguments, 3)
    if body.ordered and arguments[0].integer() > len(body):
        raise not_applicable("an ordered list is not padded")
    place = _place(body, arguments[0].integer(), flags)
    found = body.items[place] if place is not None and place < len(body) else None
    item = numbers.add(found, delta)
    if place is None:
        return particle(item[0])
    if flags & ADD_UNIQUE and _clashes(body, place, item):
        if flags & NO_FAIL:
            return particle(item[0])
        raise _exists()
    if body.ordered:
        del body.items[place : place + 1]
        add(body, item)
    else:
        pad(body, place)
        body.items[place : place + 1] = [item]
    return particle(item[0])


def _sort(body: ListBody, arguments: list[Argument]) -> None:
    flags = _flags(arguments, 0)
    descending = flags & _DESCENDING and not body.ordered
    if descending and flags & _DROP_DUPLICATES and any(item[1] != body.items[0][1] for item in body.items):
        raise malformed("a list cannot be sorted downwards without duplicates")
    if descending:
        body.items.reverse()  # so that equal elements keep their order
    body.sort()
    if flags & _DROP_DUPLICATES:
        body.items = [item for place, item in enumerate(body.items) if not place or item[1] != body.items[place - 1][1]]
    if descending:
        body.items.reverse()


def _clear(body: ListBody, arguments: list[Argument]) -> None:  # noqa: ARG001  one shape for all
    body.items = []


def _pop(body: ListBody, arguments: list[Argument]) -> Value | None:
    return particle(body.items.pop(one(arguments[0].integer(), len(body)))[0])


def _remove(body: ListBody, arguments: list[Argument]) -> Value:
    del body.items[one(arguments[0].integer(), len(body))]
    return integer_particle(1)


def _take(body: ListBody, arguments: list[Argument]) -> list[Item]:
    start, count = clip(arguments[0].integer(), count_of(arguments, 1), len(body))
    taken = body.items[start : start + count]
    del body.items[start : start + count]
    return taken


def _pop_range(body: ListBody, arguments: list[Argument]) -> Value:
    return Particle.LIST.value, pack_list([packed for packed, _ in _take(body, arguments)])


def _remove_range(body: ListBody, arguments: list[Argument]) -> Value:
    return integer_particle(len(_take(body, arguments)))


def _trim(body: ListBody, arguments: list[Argument]) -> Value:
    before = len(body)
    body.items = _take(body, arguments)
    return integer_particle(before - len(body))


# Reads


def _read_size(body: ListBody, arguments: list[Argument]) -> Value:  # noqa: ARG001  one shape for all
    return _size(body)


def _get(body: ListBody, arguments: list[Argument]) -> Value | None:
    return particle(body.items[one(arguments[0].integer(), len(body))][0])


def _get_range(body: ListBody, arguments: list[Argument]) -> Value:
    start, count = clip(arguments[0].integer(), count_of(arguments, 1), len(body))
    return Particle.LIST.value, pack_list([packed for packed, _ in body.items[start : start + count]])


# Selections


def _select(selector: Callable[[View, list[Argument]], Picked]) -> Callable[[ListBody, list[Argument]], Value | None]:
    def read(body: ListBody, arguments: list[Argument]) -> Value | None:
        kind = arguments[0].integer()
        answers.check_type(kind, is_map=False)
        view = View(body)
        return answers.answer(view, selector(view, arguments[1:]), kind)

    return read


def _discard(selector: Callable[[View, list[Argument]], Picked]) -> Callable[[ListBody, list[Argument]], Value | None]:
    def remove(body: ListBody, arguments: list[Argument]) -> Value | None:
        kind = arguments[0].integer()
        answers.check_type(kind, is_map=False)
        view = View(body)
        picked = selector(view, arguments[1:])
        value = answers.answer(view, picked, kind)
        gone = set(picked.places)
        inverted = bool(kind & answers.INVERTED) and not picked.single
        body.items = [item for place, item in enumerate(body.items) if (place in gone) is inverted]
        return value

    return remove


_SELECTIONS: Final = {
    19: (selection.by_index, 1, 1),
    20: (selection.by_first_value, 1, 1),
    21: (selection.by_rank, 1, 1),
    22: (selection.by_value, 1, 1),
    23: (selection.by_value_list, 1, 1),
    24: (selection.by_index_range, 1, 2),
    25: (selection.by_value_interval, 1, 2),
    26: (selection.by_rank_range, 1, 2),
    27: (selection.by_relative_rank, 2, 3),
}
"""Selections, with the least and the most arguments besides the return type."""
_REMOVE: Final = 13
"""From the number of a selection that reads to that of the one that removes."""

OPERATIONS: Final[dict[int, Operation[ListBody]]] = {
    0: Operation(_set_type, 1, modifies=True, creates=True, order_at=0),
    1: Operation(_append, 1, 3, modifies=True, creates=True, order_at=1),
    2: Operation(_append_items, 1, 3, modifies=True, creates=True, order_at=1),
    3: Operation(_insert, 2, 3, modifies=True, creates=True),
    4: Operation(_insert_items, 2, 3, modifies=True, creates=True),
    5: Operation(_pop, 1, modifies=True),
    6: Operation(_pop_range, 1, 2, modifies=True),
    7: Operation(_remove, 1, modifies=True),
    8: Operation(_remove_range, 1, 2, modifies=True),
    9: Operation(_set, 2, 3, modifies=True, creates=True),
    10: Operation(_trim, 2, modifies=True),
    11: Operation(_clear, 0, modifies=True),
    12: Operation(_increment, 1, 4, modifies=True, creates=True, order_at=2),
    13: Operation(_sort, 0, 1, modifies=True, missing=ResultCode.BIN_INCOMPATIBLE_TYPE),
    16: Operation(_read_size, 0),
    17: Operation(_get, 1),
    18: Operation(_get_range, 1, 2),
    **{
        number: Operation(_select(selector), 1 + least, 1 + most)
        for number, (selector, least, most) in _SELECTIONS.items()
    },
    **{
        number + _REMOVE: Operation(_discard(selector), 1 + least, 1 + most, modifies=True)
        for number, (selector, least, most) in _SELECTIONS.items()
    },
}
"""Operations on lists by their numbers."""
