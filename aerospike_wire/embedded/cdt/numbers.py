"""Adding to numbers inside collections."""

from __future__ import annotations

import math

from aerospike_wire.embedded.cdt.order import FLOAT, INTEGER, NIL, Argument, Item, float_item, integer_item, malformed

_LIMIT = 1 << 63


def delta_of(arguments: list[Argument], place: int) -> Item:
    """What an argument says to add: 1 if it is not there, or nil.

    Raises:
        Refusal: 4, it is no number.
    """
    if place >= len(arguments) or arguments[place].kind == NIL:
        return integer_item(1)
    found = arguments[place]
    if found.kind not in (INTEGER, FLOAT):
        raise malformed("an increment by something that is no number")
    return found.packed, found.order


def add(found: Item | None, delta: Item, *, negative: bool = False) -> Item:
    """A number and what is added to it, or taken from it; of the number's type.

    Args:
        found: the number; None for one that is not there, which takes the type of what is added.
        delta: what is added.
        negative: whether it is subtracted.

    Raises:
        Refusal: 4, it is no number.
    """
    sign = -1 if negative else 1
    kind, amount = delta[1][0], sign * delta[1][1]
    if found is None:
        return integer_item(amount) if kind == INTEGER else float_item(0.0 + amount)  # there is no negative zero then
    if found[1][0] == INTEGER:
        return integer_item(found[1][1] + (amount if kind == INTEGER else _truncated(amount)))
    if found[1][0] == FLOAT:
        return float_item(found[1][1] + amount)
    raise malformed("an increment of something that is no number")


def _truncated(value: float) -> int:
    """A float as an integer; what does not fit becomes the smallest, as processors have it."""
    if not math.isfinite(value) or not -_LIMIT <= value < _LIMIT:
        return -_LIMIT
    return int(value)
