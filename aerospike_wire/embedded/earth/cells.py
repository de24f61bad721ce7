"""Cells of the S2 grid (protocol section 2.6).

The Earth is projected on the six faces of a cube, each face is quartered thirty times, and a
Hilbert curve goes through the quarters. A cell's id is its face and its way along the curve,
closed by a one bit: cells that lie in it have ids around its own.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterator

LEVELS: Final = 30
SIZE: Final = 1 << LEVELS
"""Steps along the edge of a face."""
_FACE_SHIFT: Final = 61

Vector = tuple[float, float, float]

# Of the Hilbert curve: for each of the four orientations, which quarter comes at which place
# of the curve, its inverse, and how the orientation changes in it.
_SWAP, _INVERT = 1, 2
_PLACES: Final = ((0, 1, 3, 2), (0, 3, 1, 2), (2, 3, 1, 0), (2, 1, 3, 0))
_QUARTERS: Final = tuple(tuple(places.index(place) for place in range(4)) for places in _PLACES)
_TURNS: Final = (_SWAP, 0, 0, _INVERT | _SWAP)

_MIN_WIDTH: Final = 2 * math.sqrt(2) / 3
"""Width of a face in radians at its narrowest, in the metric of cells."""
_SLACK: Final = 1e-15


def to_vector(longitude: float, latitude: float) -> Vector:
    """A position in degrees as a point of the unit sphere."""
    phi, theta = math.radians(latitude), math.radians(longitude)
    return math.cos(phi) * math.cos(theta), math.cos(phi) * math.sin(theta), math.sin(phi)


def on_face(face: int, point: Vector) -> Vector:
    """A point in the frame of a face: along its two axes, and towards it."""
    x, y, z = point
    return (
        (y, z, x),
        (-x, z, y),
        (-x, -y, z),
        (-z, -y, -x),
        (-z, x, -y),
        (y, x, -z),
    )[face]


def _from_face(face: int, u: float, v: float) -> Vector:
    return (
        (1.0, u, v),
        (-u, 1.0, v),
        (-u, -v, 1.0),
        (-1.0, -v, -u),
        (v, -1.0, -u),
        (v, u, -1.0),
    )[face]


def face_of(point: Vector) -> int:
    """The face on which a point lies."""
    axis = max(range(3), key=lambda index: abs(point[index]))
    return axis + 3 if point[axis] < 0 else axis


def _ratio(place: int) -> float:
    """From a step along a face to its plane."""
    share = place / SIZE
    if share >= 0.5:
        return (4 * share * share - 1) / 3
    return (1 - 4 * (1 - share) * (1 - share)) / 3


def step(ratio: float) -> int:
    """From a face's plane to one of 2^30 steps, so that cells have about equal areas."""
    share = 0.5 * math.sqrt(1 + 3 * ratio) if ratio >= 0 else 1 - 0.5 * math.sqrt(1 - 3 * ratio)
    return max(0, min(SIZE - 1, math.floor(share * SIZE)))


@attrs.frozen
class Cell:
    """One cell."""

    face: int
    i: int
    """Steps along the first axis, in units of the smallest cells."""
    j: int
    level: int
    orientation: int
    path: int
    """Face, then two bits for each level."""

    @classmethod
    def of_face(cls, face: int) -> Cell:
        """A whole face."""
        return cls(face, 0, 0, 0, face & _SWAP, face)

    @classmethod
    def at(cls, face: int, i: int, j: int, level: int) -> Cell:
        """The cell of a level that holds a place on a face."""
        orientation, path = face & _SWAP, face
        for bit in range(LEVELS - 1, LEVELS - 1 - level, -1):
            place = _PLACES[orientation][(i >> bit & 1) << 1 | (j >> bit & 1)]
            path = path << 2 | place
            orientation ^= _TURNS[place]
        size = 1 << (LEVELS - level)
        return cls(face, i & -size, j & -size, level, orientation, path)

    @classmethod
    def of_point(cls, point: Vector, level: int = LEVELS) -> Cell:
        """The cell of a level that holds a point."""
        face = face_of(point)
        u, v, w = on_face(face, point)
        return cls.at(face, step(u / w), step(v / w), level)

    @property
    def id(self) -> int:
        """Its id, unsigned."""
        return (self.path << 1 | 1) << (2 * (LEVELS - self.level))

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Where it lies on its face's plane: from and to along both axes."""
        size = 1 << (LEVELS - self.level)
        return _ratio(self.i), _ratio(self.i + size), _ratio(self.j), _ratio(self.j + size)

    @property
    def centre(self) -> Vector:
        """Its middle, in the frame of its face."""
        half = 1 << (LEVELS - self.level) >> 1
        u, v = (_ratio(self.i + half), _ratio(self.j + half)) if half else _middle(self.bounds)
        length = math.sqrt(u * u + v * v + 1)
        return u / length, v / length, 1 / length

    def children(self) -> Iterator[Cell]:
        """Its four quarters, in the order of the curve."""
        half = 1 << (LEVELS - self.level - 1)
        for place in range(4):
            quarter = _QUARTERS[self.orientation][place]
            yield Cell(
                self.face,
                self.i + half * (quarter >> 1),
                self.j + half * (quarter & 1),
                self.level + 1,
                self.orientation ^ _TURNS[place],
                self.path << 2 | place,
            )

    def parent(self, level: int) -> Cell:
        """The cell of a level that it lies in."""
        return Cell.at(self.face, self.i, self.j, level)

    def around_vertex(self, level: int) -> Iterator[Cell]:
        """The cells of a level around the vertex that is the nearest; three or four."""
        half = 1 << (LEVELS - level - 1)
        size = half << 1
        i_step = size if self.i & half else -size
        j_step = size if self.j & half else -size
        i_same, j_same = 0 <= self.i + i_step < SIZE, 0 <= self.j + j_step < SIZE
        yield self.parent(level)
        yield _wrapped(self.face, self.i + i_step, self.j, level)
        yield _wrapped(self.face, self.i, self.j + j_step, level)
        if i_same or j_same:
            yield _wrapped(self.face, self.i + i_step, self.j + j_step, level)


def _middle(bounds: tuple[float, float, float, float]) -> tuple[float, float]:
    return (bounds[0] + bounds[1]) / 2, (bounds[2] + bounds[3]) / 2


def _wrapped(face: int, i: int, j: int, level: int) -> Cell:
    """The cell at a place that may lie beyond the edge of a face."""
    if 0 <= i < SIZE and 0 <= j < SIZE:
        return Cell.at(face, i, j, level)
    limit = 1 + _SLACK
    u, v = (max(-limit, min(limit, (2 * (max(-1, min(SIZE, n)) - SIZE // 2) + 1) / SIZE)) for n in (i, j))
    point = _from_face(face, u, v)
    other = face_of(point)
    a, b, w = on_face(other, point)
    return Cell.at(other, _flat(a / w), _flat(b / w), level)


def _flat(ratio: float) -> int:
    return max(0, min(SIZE - 1, math.floor(0.5 * (ratio + 1) * SIZE)))


def range_of(cell: int) -> tuple[int, int]:
    """The smallest and the largest id of the smallest cells in a cell."""
    lowest = cell & -cell
    return cell - (lowest - 1), cell + (lowest - 1)


def ancestors(cell: int) -> list[int]:
    """A cell and the larger ones that it lies in, down to quarters of a face."""
    found = []
    bit = cell & -cell
    while bit < 1 << (_FACE_SHIFT - 1):
        found.append(cell & -bit | bit)
        bit <<= 2
    return found


def level_of_width(radians: float) -> int:
    """The level of the smallest cells that are at least so wide everywhere."""
    if radians <= 0:
        return LEVELS
    return max(0, min(LEVELS, math.frexp(_MIN_WIDTH / radians)[1] - 1))
