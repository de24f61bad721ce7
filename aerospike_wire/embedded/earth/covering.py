"""Coverings of regions by cells, as the library that servers use chooses them."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

import attrs

from aerospike_wire.embedded.earth.cells import LEVELS, Cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from aerospike_wire.embedded.earth.shapes import Region

MAX_CELLS: Final = 12
MIN_LEVEL: Final = 1
QUERY_LEVEL: Final = 20
"""What a namespace has by default: for its regions, and the smallest cells that queries ask for."""
_FIRST_CELLS: Final = 4
_FACE_SHIFT: Final = 61


@attrs.define(eq=False)
class _Candidate:
    cell: Cell
    terminal: bool
    children: list[_Candidate] = attrs.field(factory=list)


class _Queue:
    """A heap that orders equals as the C++ library's does, on which the choice of cells depends."""

    def __init__(self) -> None:
        self._items: list[tuple[int, _Candidate]] = []

    def __len__(self) -> int:
        return len(self._items)

    def push(self, priority: int, candidate: _Candidate) -> None:
        self._items.append((priority, candidate))
        self._rise(len(self._items) - 1, 0, (priority, candidate))

    def pop(self) -> _Candidate:
        items = self._items
        top, moved = items[0][1], items.pop()
        if items:
            self._sink(moved)
        return top

    def _rise(self, hole: int, top: int, item: tuple[int, _Candidate]) -> None:
        items = self._items
        while hole > top and items[(hole - 1) // 2][0] < item[0]:
            items[hole] = items[(hole - 1) // 2]
            hole = (hole - 1) // 2
        items[hole] = item

    def _sink(self, item: tuple[int, _Candidate]) -> None:
        items, hole, size = self._items, 0, len(self._items)
        while hole < (size - 1) // 2:
            child = 2 * hole + 2
            if items[child][0] < items[child - 1][0]:
                child -= 1
            items[hole] = items[child]
            hole = child
        if size % 2 == 0 and hole == (size - 2) // 2:
            items[hole] = items[2 * hole + 1]
            hole = 2 * hole + 1
        self._rise(hole, 0, item)


class _Coverer:
    def __init__(self, region: Region, max_level: int) -> None:
        self._region = region
        self._max_level = max_level
        self._queue = _Queue()
        self._result: list[int] = []

    def run(self) -> list[int]:
        for cell in _first(self._region, self._max_level):
            self._add(self._candidate(cell))
        while self._queue:
            candidate = self._queue.pop()
            count = len(candidate.children)
            if (
                candidate.cell.level < MIN_LEVEL
                or count == 1
                or len(self._result) + len(self._queue) + count <= MAX_CELLS
            ):
                for child in candidate.children:
                    self._add(child)
            else:
                candidate.terminal = True
                self._add(candidate)
        return list(_denormal(_normal(self._result)))

    def _candidate(self, cell: Cell) -> _Candidate | None:
        if not self._region.touches(cell):
            return None
        terminal = cell.level >= MIN_LEVEL and (cell.level + 1 > self._max_level or self._region.covers(cell))
        return _Candidate(cell, terminal)

    def _add(self, candidate: _Candidate | None) -> None:
        if candidate is None:
            return
        if candidate.terminal:
            self._result.append(candidate.cell.id)
            return
        candidate.children = [child for child in map(self._candidate, candidate.cell.children()) if child is not None]
        closed = sum(child.terminal for child in candidate.children)
        if not candidate.children:
            return
        if closed == 4 and candidate.cell.level >= MIN_LEVEL:
            candidate.terminal = True
            self._add(candidate)
            return
        priority = -((((candidate.cell.level << 2) + len(candidate.children)) << 2) + closed)
        self._queue.push(priority, candidate)


def _first(region: Region, max_level: int) -> Iterator[Cell]:
    """Up to four cells to begin with, or whole faces."""
    found = [cell.parent(max_level) if cell.level > max_level else cell for cell in region.first()]
    ids = _normal([cell.id for cell in found])
    by_id = {cell.id: cell for cell in found}
    while len(ids) > _FIRST_CELLS:
        # Neighbours along the curve with the smallest common ancestor are put together.
        levels = [_common(one, other) for one, other in itertools.pairwise(ids)]
        best = max(levels)
        if best < 0:
            break
        merged = _parent(ids[levels.index(best)], best)
        low, high = merged - ((merged & -merged) - 1), merged + ((merged & -merged) - 1)
        ids = sorted({merged, *(cell for cell in ids if not low <= cell <= high)})
    for cell in ids:
        yield by_id.get(cell) or _of_id(cell)


def _common(one: int, other: int) -> int:
    """The level of the smallest cell that holds two cells; -1 if they lie on different faces."""
    bits = max(one ^ other, one & -one, other & -other)
    highest = bits.bit_length() - 1
    return -1 if highest > _FACE_SHIFT - 1 else (_FACE_SHIFT - 1 - highest) >> 1


def _parent(cell: int, level: int) -> int:
    bit = 1 << 2 * (LEVELS - level)
    return cell & -bit | bit


def _of_id(cell: int) -> Cell:
    found = Cell.of_face(cell >> _FACE_SHIFT)
    level = LEVELS - ((cell & -cell).bit_length() - 1) // 2
    for number in range(level):
        found = tuple(found.children())[cell >> (_FACE_SHIFT - 2 * (number + 1)) & 3]
    return found


def _normal(cells: Iterable[int]) -> list[int]:
    """Sorted, without cells inside others, four quarters of a cell as the cell."""
    out: list[int] = []
    for cell in sorted(cells):
        if out and _holds(out[-1], cell):
            continue
        while out and _holds(cell, out[-1]):
            out.pop()
        while len(out) >= 3 and _are_quarters(out[-3], out[-2], out[-1], cell):
            del out[-3:]
            cell = _parent(cell, LEVELS - ((cell & -cell).bit_length() - 1) // 2 - 1)  # noqa: PLW2901  grows
        out.append(cell)
    return out


def _holds(outer: int, inner: int) -> bool:
    size = (outer & -outer) - 1
    return outer - size <= inner <= outer + size


def _are_quarters(one: int, two: int, three: int, four: int) -> bool:
    if one ^ two ^ three != four:
        return False
    mask = (four & -four) << 1
    mask = ~(mask + (mask << 1))
    same = four & mask
    is_face = four & -four == 1 << (_FACE_SHIFT - 1)
    return one & mask == same and two & mask == same and three & mask == same and not is_face


def _denormal(cells: Iterable[int]) -> Iterator[int]:
    """The same with whole faces in quarters."""
    for cell in cells:
        lowest = cell & -cell
        if lowest < 1 << (_FACE_SHIFT - 1):
            yield cell
            continue
        quarter = lowest >> 2
        yield from range(cell - lowest + quarter, cell + lowest, 2 * quarter)


def covering(region: Region, max_level: int = LEVELS) -> list[int]:
    """The ids of up to twelve cells that cover a region, in order.

    Args:
        region: the region.
        max_level: level of the smallest cells.
    """
    return _Coverer(region, max_level).run()
