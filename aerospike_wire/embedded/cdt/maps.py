"""Operations on maps (protocol section 6.4)."""

from __future__ import annotations

import bisect
from typing import TYPE_CHECKING, Final

from aerospike_wire.embedded.cdt import answers, numbers, selection
from aerospike_wire.embedded.cdt.bodies import MAP_ORDERS, Entry, MapBody
from aerospike_wire.embedded.cdt.operation import Operation
from aerospike_wire.embedded.cdt.order import (
    BLOB,
    INTEGER,
    MAP,
    STRING,
    Argument,
    Item,
    integer_particle,
    malformed,
    particle,
)
from aerospike_wire.embedded.cdt.selection import not_applicable
from aerospike_wire.embedded.cdt.view import View
from aerospike_wire.embedded.refusal import Refusal
from aerospike_wire.errors.codes import ResultCode
from aerospike_wire.proto.values import Particle

if TYPE_CHECKING:
    from collections.abc import Callable

    from aerospike_wire.embedded.cdt.selection import Picked
    from aerospike_wire.embedded.normal import Order
    from aerospike_wire.embedded.store import Particle as Value

CREATE_ONLY: Final = 1
UPDATE_ONLY: Final = 2
NO_FAIL: Final = 4
PARTIAL: Final = 8
_LENIENT_UPDATE: Final = UPDATE_ONLY | NO_FAIL | PARTIAL

_PERSIST_INDEX: Final = 0x10
_ORDER_BITS: Final = 0xFF
"""Bits of an order that count."""

_BLOBS: Final = range(Particle.BLOB, Particle.ERLANG_BLOB + 1)
"""Type bytes of blobs."""


def order_flags(order: int) -> int:
    """The flags of a map that is made with an order; one that there is not is none."""
    flags = order & _ORDER_BITS & ~_PERSIST_INDEX
    return flags if flags <= MAP_ORDERS else 0


def _key(argument: Argument) -> Item:
    check_key(argument.order)
    return argument.packed, argument.order


def check_key(order: Order) -> None:
    """Refuse what is no key.

    Raises:
        Refusal: 4, it is neither an integer, nor a string, nor a blob.
    """
    kind = order[0]
    if kind not in (INTEGER, STRING, BLOB) or (kind == BLOB and order[1] and order[1][0] not in _BLOBS):
        raise malformed("a map key must be an integer, a string or a blob")


def find(body: MapBody, key: Order) -> int | None:
    """The position of a key's entry; None if there is none."""
    place = bisect.bisect_left(body.entries, key, key=lambda entry: entry.key[1])
    return place if place < len(body) and body.entries[place].key[1] == key else None


def put(body: MapBody, entry: Entry) -> None:
    """Set a key's value."""
    place = find(body, entry.key[1])
    if place is None:
        bisect.insort_left(body.entries, entry, key=lambda other: other.key[1])
    else:
        body.entries[place] = Entry(body.entries[place].key, entry.value)


def _put_all(body: MapBody, entries: list[Entry], flags: int) -> Value:
    accepted: list[Entry] = []
    for entry in entries:
        there = find(body, entry.key[1]) is not None
        if flags & CREATE_ONLY and there:
            refusal = Refusal(ResultCode.ELEMENT_EXISTS, "the map has this key already")
        elif flags & UPDATE_ONLY and not there:
            refusal = Refusal(ResultCode.ELEMENT_NOT_FOUND, "the map does not have this key")
        else:
            accepted.append(entry)
            continue
        if not flags & NO_FAIL:
            raise refusal
        if not flags & PARTIAL:
            accepted = []
            break
    body.declined = bool(entries) and not accepted
    for entry in accepted:
        put(body, entry)
    return integer_particle(len(body))


def _entries(argument: Argument) -> list[Entry]:
    if argument.kind != MAP:
        raise malformed("an argument is not a map")
    argument.storable()
    entries = MapBody.read(argument.packed).entries
    for entry in entries:
        check_key(entry.key[1])
    return entries


# Changes


def _set_type(body: MapBody, arguments: list[Argument]) -> None:
    flags = arguments[0].integer()
    if flags & ~(MAP_ORDERS | _PERSIST_INDEX):
        raise not_applicable("a map has no such order")
    body.flags = flags & MAP_ORDERS


def _put_one(flags: int, place: int | None = None) -> Callable[[MapBody, list[Argument]], Value]:
    def run(body: MapBody, arguments: list[Argument]) -> Value:
        entry = Entry(_key(arguments[0]), arguments[1].storable())
        given = arguments[place].integer() if place is not None and place < len(arguments) else 0
        return _put_all(body, [entry], flags | given)

    return run


def _put_items(flags: int, place: int | None = None) -> Callable[[MapBody, list[Argument]], Value]:
    def run(body: MapBody, arguments: list[Argument]) -> Value:
        given = arguments[place].integer() if place is not None and place < len(arguments) else 0
        if not body.entries and given & _LENIENT_UPDATE == _LENIENT_UPDATE:
            given = 0  # servers do not look for keys in an empty map then
        return _put_all(body, _entries(arguments[0]), flags | given)

    return run


def _add(*, negative: bool) -> Callable[[MapBody, list[Argument]], Value | None]:
    def run(body: MapBody, arguments: list[Argument]) -> Value | None:
        key = _key(arguments[0])
        place = find(body, key[1])
        found = None if place is None else body.entries[place].value
        item = numbers.add(found, numbers.delta_of(arguments, 1), negative=negative)
        put(body, Entry(key, item))
        return particle(item[0])

    return run


def _clear(body: MapBody, arguments: list[Argument]) -> None:  # noqa: ARG001  one shape for all
    body.entries = []


def _size(body: MapBody, arguments: list[Argument]) -> Value:  # noqa: ARG001  one shape for all
    return integer_particle(len(body))


# Selections


def _select(selector: Callable[[View, list[Argument]], Picked]) -> Callable[[MapBody, list[Argument]], Value | None]:
    def read(body: MapBody, arguments: list[Argument]) -> Value | None:
        kind = arguments[0].integer()
        answers.check_type(kind, is_map=True)
        view = View(body)
        return answers.answer(view, selector(view, arguments[1:]), kind)

    return read


def _discard(selector: Callable[[View, list[Argument]], Picked]) -> Callable[[MapBody, list[Argument]], Value | None]:
    def remove(body: MapBody, arguments: list[Argument]) -> Value | None:
        kind = arguments[0].integer()
        answers.check_type(kind, is_map=True)
        view = View(body)
        picked = selector(view, arguments[1:])
        value = answers.answer(view, picked, kind)
        gone = set(picked.places)
        inverted = bool(kind & answers.INVERTED) and not picked.single
        body.entries = [entry for place, entry in enumerate(body.entries) if (place in gone) is inverted]
        return value

    return remove


_SELECTIONS: Final = (
    (97, 76, selection.by_key, 1, 1),
    (98, 77, selection.by_index, 1, 1),
    (99, 78, selection.by_first_value, 1, 1),
    (100, 79, selection.by_rank, 1, 1),
    (102, 82, selection.by_value, 1, 1),
    (103, 84, selection.by_key_interval, 1, 2),
    (104, 85, selection.by_index_range, 1, 2),
    (105, 86, selection.by_value_interval, 1, 2),
    (106, 87, selection.by_rank_range, 1, 2),
    (107, 81, selection.by_key_list, 1, 1),
    (108, 83, selection.by_value_list, 1, 1),
    (109, 88, selection.by_relative_index, 2, 3),
    (110, 89, selection.by_relative_rank, 2, 3),
)
"""Number of the call that reads and of that which removes, what is selected, and the least and
the most arguments besides the return type."""

OPERATIONS: Final[dict[int, Operation[MapBody]]] = {
    64: Operation(_set_type, 1, modifies=True, creates=True, order_at=0),
    65: Operation(_put_one(CREATE_ONLY), 2, 3, modifies=True, creates=True, order_at=2),
    66: Operation(_put_items(CREATE_ONLY), 1, 2, modifies=True, creates=True, order_at=1),
    67: Operation(_put_one(0, 3), 2, 4, modifies=True, creates=True, order_at=2),
    68: Operation(_put_items(0, 2), 1, 3, modifies=True, creates=True, order_at=1),
    69: Operation(_put_one(UPDATE_ONLY), 2, modifies=True, missing=ResultCode.ELEMENT_NOT_FOUND),
    70: Operation(_put_items(UPDATE_ONLY), 1, modifies=True, missing=ResultCode.ELEMENT_NOT_FOUND),
    73: Operation(_add(negative=False), 1, 3, modifies=True, creates=True, order_at=2),
    74: Operation(_add(negative=True), 1, 3, modifies=True, creates=True, order_at=2),
    75: Operation(_clear, 0, modifies=True),
    96: Operation(_size, 0),
    **{read: Operation(_select(pick), 1 + least, 1 + most) for read, _, pick, least, most in _SELECTIONS},
    **{
        remove: Operation(_discard(pick), 1 + least, 1 + most, modifies=True)
        for _, remove, pick, least, most in _SELECTIONS
    },
}
"""Operations on maps by their numbers."""
