"""Collections as selections see them: positions and ranks."""

from __future__ import annotations

import bisect
import functools
from typing import TYPE_CHECKING

from aerospike_wire.embedded.cdt.bodies import ListBody, MapBody

if TYPE_CHECKING:
    from aerospike_wire.embedded.cdt.bodies import Body
    from aerospike_wire.embedded.cdt.order import OpenOrder
    from aerospike_wire.embedded.normal import Order


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
