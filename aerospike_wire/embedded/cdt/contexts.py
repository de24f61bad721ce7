"""Ways to collections inside collections (protocol section 6.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from aerospike_wire.embedded import normal
from aerospike_wire.embedded.cdt import lists, maps, selection
from aerospike_wire.embedded.cdt.bodies import ORDERED, Body, Entry, ListBody, MapBody
from aerospike_wire.embedded.cdt.order import (
    Argument,
    Item,
    malformed,
    read_call,
)
from aerospike_wire.embedded.cdt.selection import not_applicable
from aerospike_wire.embedded.cdt.view import View
from aerospike_wire.embedded.refusal import Refusal
from aerospike_wire.errors.codes import ResultCode

if TYPE_CHECKING:
    from collections.abc import Callable

INDEX, RANK, KEY, VALUE, EXPRESSION = range(5)
"""What an entry goes by."""
IN_LIST: Final = 0x10
IN_MAP: Final = 0x20
_KINDS: Final = 0x0F
_CREATE: Final = 0xC0
_PAD: Final = 0x80
_LIST_FLAGS: Final = {0x40: 0, 0x80: 0, 0xC0: ORDERED}
_MAP_FLAGS: Final = {0x40: 0, 0x80: 1, 0xC0: 3}


@attrs.frozen
class Step:
    """One entry of a context."""

    type: int
    value: Argument

    @property
    def kind(self) -> int:
        """What it goes by."""
        return self.type & _KINDS

    @property
    def create(self) -> int:
        """The flags that let it create what is not there; only an index of a list and a key of a map do."""
        return self.type & _CREATE if self.is_place else 0

    @property
    def is_place(self) -> bool:
        """Whether it goes by an index of a list or a key of a map, where something can be put."""
        return self.type & (IN_LIST | IN_MAP | _KINDS) in (IN_LIST | INDEX, IN_MAP | KEY)

    def fits(self, body: Body) -> bool:
        """Whether it can be looked up in a collection of this kind."""
        wanted = self.type & (IN_LIST | IN_MAP)
        return not wanted or bool(wanted & (IN_LIST if isinstance(body, ListBody) else IN_MAP))

    def container(self, *, inside: bool = False) -> Body:
        """A new collection of the kind in which it can be looked up.

        Args:
            inside: whether it is for an element that is created as well, in which places
                need no leave.

        Raises:
            Refusal: 26, it does not create any.
        """
        if not self.create and not (inside and self.is_place):
            raise not_applicable("a context leads nowhere")
        if self.type & IN_MAP:
            return MapBody(flags=_MAP_FLAGS.get(self.create, 0))
        return ListBody(flags=_LIST_FLAGS.get(self.create, 0))


def read_context(argument: Argument) -> list[Step]:
    """The entries of a context.

    Raises:
        Refusal: 4, it is none; 26, one of them is of no known type.
    """
    items = read_call(argument.raw)
    if not items or len(items) % 2:
        raise malformed("a context of an odd number of items, or of none")
    steps = [Step(kind.integer(), value) for kind, value in zip(items[::2], items[1::2], strict=True)]
    for step in steps:
        check_step(step)
    return steps


def check_step(step: Step) -> None:
    """Refuse an entry of no known type.

    Raises:
        Refusal: 26, it is; 4, its index or rank is no integer.
    """
    where = step.type & (IN_LIST | IN_MAP)
    keyed_list = step.kind == KEY and where == IN_LIST
    if step.kind > VALUE or where == (IN_LIST | IN_MAP) or keyed_list or (step.type & _CREATE and not where):
        raise not_applicable(f"context type {step.type:#x}")
    if step.kind in (INDEX, RANK):
        step.value.integer()


def body_of(packed: bytes) -> Body | None:
    """The collection that an item is; None for anything else."""
    tag = packed[0]
    if 0x90 <= tag < 0xA0 or tag in normal._LISTS:
        return ListBody.read(packed)
    if 0x80 <= tag < 0x90 or tag in normal._MAPS:
        return MapBody.read(packed)
    return None


def find(body: Body, step: Step) -> int | None:
    """The position that an entry leads to; None if it is not there."""
    if not step.fits(body):
        raise not_applicable("a context entry for another kind of collection")
    if step.kind in (INDEX, RANK):
        number = step.value.integer()
        place = number + len(body) if number < 0 else number
        if not 0 <= place < len(body):
            return None
        return place if step.kind == INDEX else View(body).ranked(place, 1)[0]
    if step.kind == KEY:
        if not isinstance(body, MapBody):
            raise not_applicable("a key of a list")
        view = View(body)
        return next(iter(selection.by_key(view, [step.value]).places), None)
    wanted = step.value.probe
    return next((place for place, order in enumerate(body.orders()) if order == wanted), None)


def child(body: Body, place: int) -> bytes:
    """What stands at a position: an element, or the value of an entry."""
    return body.items[place][0] if isinstance(body, ListBody) else body.entries[place].value[0]


def read_at(body: Body, steps: list[Step]) -> bytes:
    """The item that a context leads to.

    Raises:
        Refusal: 26, it is not there.
    """
    packed = b""
    inner: Body | None = body
    for step in steps:
        if inner is None:
            raise not_applicable("a context leads into something that is no collection")
        place = find(inner, step)
        if place is None:
            raise not_applicable("a context leads nowhere")
        packed = child(inner, place)
        inner = body_of(packed)
    return packed


def change_at(body: Body, steps: list[Step], change: Callable[[bytes | None], bytes], *, fresh: bool = False) -> None:
    """Change the item that a context leads to.

    Args:
        body: the outermost collection, changed in place.
        steps: the context; not empty.
        change: given the item, or None if it is to be created, returns what takes its place.
        fresh: whether the collection was created on the way.

    Raises:
        Refusal: 26, it is not there and cannot be created.
    """
    step, *rest = steps
    place = find(body, step)
    packed = None if place is None else child(body, place)
    if packed is None and not step.create and not (fresh and step.is_place):
        raise not_applicable("a context leads nowhere")
    if place is None:
        _check_place(body, step)
    if rest:
        inner = rest[0].container(inside=True) if packed is None else body_of(packed)
        if inner is None:
            raise not_applicable("a context leads into something that is no collection")
        change_at(inner, rest, change, fresh=packed is None)
        changed = inner.pack()
    else:
        changed = change(packed)
    item = (changed, normal.order_of(changed))
    if place is None:
        _create(body, step, item)
    else:
        replace(body, place, item)


def replace(body: Body, place: int, item: Item) -> None:
    """Put another element, or another value of an entry, at a position."""
    if isinstance(body, MapBody):
        body.entries[place] = Entry(body.entries[place].key, item)
    elif body.ordered:
        del body.items[place]
        lists.add(body, item)
    else:
        body.items[place] = item


def _check_place(body: Body, step: Step) -> None:
    """Refuse an entry that cannot create what it leads to.

    Raises:
        Refusal: 4, no key of a map; 26, no position in the list.
    """
    if isinstance(body, MapBody):
        maps.check_key(step.value.order)
        return
    place = step.value.integer()
    anywhere = step.create == _PAD or body.ordered
    # Counted from the end of an empty list, only the last position is one.
    if (place > len(body) and not anywhere) or (place < 0 and (body.items or place < -1)):
        raise not_applicable("a context leads beyond the end")


def _create(body: Body, step: Step, item: Item) -> None:
    if isinstance(body, MapBody):
        maps.put(body, Entry((step.value.packed, step.value.order), item))
        return
    if not body.ordered:
        lists.pad(body, step.value.integer())
    lists.add(body, item)


def of_type(packed: bytes, *, is_map: bool) -> Body:
    """The collection that an item is.

    Raises:
        Refusal: 12, it is none, or of the other kind.
    """
    body = body_of(packed)
    if body is None or isinstance(body, MapBody) is not is_map:
        raise Refusal(ResultCode.BIN_INCOMPATIBLE_TYPE, "operation on a value of another type")
    return body
