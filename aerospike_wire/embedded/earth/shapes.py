"""Regions: circles and polygons on the sphere, and how cells and points lie to them."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any, Final, Protocol

from aerospike_wire.embedded.earth.cells import LEVELS, Cell, Vector, level_of_width, on_face, to_vector

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

RADIUS: Final = 6_371_000.0
"""Of the Earth, in metres."""
_FACES: Final = 6
_FLAT: Final = 1e-14
"""Turning less than this is none: either side is as good."""
_ASIDE: Final = 1e-8
"""How far a place that is inside for certain lies from an edge, in radians."""
_PADDING: Final = 1e-15
"""So far outside of a cell an edge still touches it, on a face's plane."""


class Region(Protocol):
    """A part of the sphere."""

    def first(self) -> Iterator[Cell]:
        """Cells that cover it, to begin with."""

    def touches(self, cell: Cell) -> bool:
        """Whether a cell and it may have a point in common."""

    def covers(self, cell: Cell) -> bool:
        """Whether a cell lies in it."""

    def holds(self, point: Vector) -> bool:
        """Whether a point lies in it."""


def _dot(one: Vector, other: Vector) -> float:
    return one[0] * other[0] + one[1] * other[1] + one[2] * other[2]


def _cross(one: Vector, other: Vector) -> Vector:
    return (
        one[1] * other[2] - one[2] * other[1],
        one[2] * other[0] - one[0] * other[2],
        one[0] * other[1] - one[1] * other[0],
    )


def _vertices(cell: Cell) -> list[Vector]:
    low_u, high_u, low_v, high_v = cell.bounds
    found = []
    for u, v in ((low_u, low_v), (high_u, low_v), (high_u, high_v), (low_u, high_v)):
        length = math.sqrt(u * u + v * v + 1)
        found.append((u / length, v / length, 1 / length))
    return found


class Cap:
    """A circle.

    Args:
        centre: a point.
        radians: its radius; below 0 for a circle that holds nothing.
    """

    def __init__(self, centre: Vector, radians: float) -> None:
        self.centre = centre
        self.radians = min(radians, math.pi)
        # Compared with squared lengths of chords, as on a server.
        self._chord = 4 * math.sin(self.radians / 2) ** 2 if radians >= 0 else -1.0

    def first(self) -> Iterator[Cell]:
        if self._chord < 0:
            return iter(())
        level = level_of_width(self.radians) - 1
        if level < 0:
            return map(Cell.of_face, range(_FACES))
        return Cell.of_point(self.centre).around_vertex(level)

    def holds(self, point: Vector) -> bool:
        return self._within(point, self.centre)

    def _within(self, point: Vector, centre: Vector) -> bool:
        return sum((a - b) ** 2 for a, b in zip(point, centre, strict=True)) <= self._chord

    def touches(self, cell: Cell) -> bool:
        centre = on_face(cell.face, self.centre)
        vertices = _vertices(cell)
        return any(self._within(vertex, centre) for vertex in vertices) or _meets(cell, vertices, centre, self._chord)

    def covers(self, cell: Cell) -> bool:
        centre = on_face(cell.face, self.centre)
        vertices = _vertices(cell)
        if not all(self._within(vertex, centre) for vertex in vertices):
            return False
        x, y, z = centre
        return not _meets(cell, vertices, (-x, -y, -z), 4 - self._chord)


def _meets(cell: Cell, vertices: Sequence[Vector], centre: Vector, chord: float) -> bool:
    """Whether a circle that holds none of a cell's vertices meets the cell."""
    if chord >= 2 or chord < 0:
        return False
    low_u, high_u, low_v, high_v = cell.bounds
    if centre[2] > 0 and low_u <= centre[0] / centre[2] <= high_u and low_v <= centre[1] / centre[2] <= high_v:
        return True
    sine = chord * (1 - 0.25 * chord)
    edges: tuple[Vector, ...] = ((0.0, 1.0, -low_v), (-1.0, 0.0, high_u), (0.0, -1.0, high_v), (1.0, 0.0, -low_u))
    for number, edge in enumerate(edges):
        distance = _dot(centre, edge)
        if distance > 0:
            continue
        if distance * distance > sine * _dot(edge, edge):
            return False
        along = _cross(edge, centre)
        if _dot(along, vertices[number]) < 0 < _dot(along, vertices[(number + 1) & 3]):
            return True
    return False


class Loop:
    """A closed line of geodesics; its inside is the smaller side.

    Args:
        vertices: its corners, none repeated.
    """

    def __init__(self, vertices: Sequence[Vector]) -> None:
        if _turning(vertices) < -_FLAT:
            vertices = vertices[::-1]
        self.vertices = vertices
        """Around the inside to the left."""
        self.edges = tuple(itertools.pairwise((*vertices, vertices[0])))
        self._middle: Vector = tuple(map(sum, zip(*vertices, strict=True)))  # type: ignore[assignment]  # three of them
        self._in_hemisphere = all(_dot(vertex, self._middle) > 0 for vertex in vertices)
        start, stop = self.edges[0]
        left = _cross(start, stop)
        length = math.sqrt(_dot(left, left)) or 1.0
        self._inside: Vector = tuple(  # type: ignore[assignment]
            a + b + _ASIDE * c / length for a, b, c in zip(start, stop, left, strict=True)
        )

    def holds(self, point: Vector) -> bool:
        """Whether a point is inside."""
        if self._in_hemisphere:
            # Seen from it, the line goes around.
            return _dot(point, self._middle) > 0 and abs(self._turns_around(point)) > math.pi
        # The way to it from a place that is inside crosses the line an even number of times.
        return sum(_cross_each_other(point, self._inside, *edge) for edge in self.edges) % 2 == 0

    def _turns_around(self, point: Vector) -> float:
        turned = 0.0
        for start, stop in self.edges:
            sine = _dot(point, _cross(start, stop))
            cosine = _dot(start, stop) - _dot(start, point) * _dot(stop, point)
            turned += math.atan2(sine, cosine)
        return turned


def _turning(vertices: Sequence[Vector]) -> float:
    """By how much a line turns to the left at its corners: 2 pi less the area at its left side."""
    turned = 0.0
    for before, here, after in zip((vertices[-1], *vertices), vertices, (*vertices[1:], vertices[0]), strict=False):
        one, other = _cross(before, here), _cross(here, after)
        across = _cross(one, other)
        turned += math.atan2(math.copysign(math.sqrt(_dot(across, across)), _dot(across, here)), _dot(one, other))
    return turned


def _cross_each_other(one: Vector, other: Vector, start: Vector, stop: Vector) -> bool:
    """Whether two geodesics, from one point to the other and from start to stop, have a point in common."""
    way, edge = _cross(one, other), _cross(start, stop)
    a, b = -_dot(way, start), _dot(way, stop)
    c, d = -_dot(edge, other), _dot(edge, one)
    return a * b > 0 and a * c > 0 and a * d > 0


class Polygon:
    """An area between loops: what is inside an odd number of them."""

    def __init__(self, loops: Iterable[Loop]) -> None:
        self._loops = tuple(loops)
        self._edges = tuple(edge for loop in self._loops for edge in loop.edges)

    def first(self) -> Iterator[Cell]:
        # On each face the smallest cell that holds all of it.
        for face in range(_FACES):
            cell = Cell.of_face(face)
            if not self.touches(cell):
                continue
            while cell.level < LEVELS:
                inner = [child for child in cell.children() if self.touches(child)]
                if len(inner) != 1:
                    break
                cell = inner[0]
            yield cell

    def holds(self, point: Vector) -> bool:
        return sum(loop.holds(point) for loop in self._loops) % 2 == 1

    def touches(self, cell: Cell) -> bool:
        return self._crosses(cell) or self.holds(_off_face(cell))

    def covers(self, cell: Cell) -> bool:
        return not self._crosses(cell) and self.holds(_off_face(cell))

    def _crosses(self, cell: Cell) -> bool:
        low_u, high_u, low_v, high_v = cell.bounds
        sides = (low_u - _PADDING, high_u + _PADDING, low_v - _PADDING, high_v + _PADDING)
        return any(_enters(on_face(cell.face, start), on_face(cell.face, stop), sides) for start, stop in self._edges)


class Union:
    """Several regions."""

    def __init__(self, parts: Iterable[Region]) -> None:
        self._parts = tuple(parts)

    def first(self) -> Iterator[Cell]:
        return map(Cell.of_face, range(_FACES))

    def holds(self, point: Vector) -> bool:
        return any(part.holds(point) for part in self._parts)

    def touches(self, cell: Cell) -> bool:
        return any(part.touches(cell) for part in self._parts)

    def covers(self, cell: Cell) -> bool:
        return any(part.covers(cell) for part in self._parts)


def _off_face(cell: Cell) -> Vector:
    """A cell's middle as a point of the sphere."""
    u, v, w = cell.centre
    return ((w, u, v), (-u, w, v), (-u, -v, w), (-w, -v, -u), (v, -w, -u), (v, u, -w))[cell.face]


def _enters(start: Vector, stop: Vector, sides: tuple[float, float, float, float]) -> bool:
    """Whether a geodesic, in the frame of a face, has a point in a rectangle of its plane.

    On the plane the geodesic is straight. Each side of the rectangle keeps a part of it: where
    a number that changes evenly along the chord is not negative.
    """
    low_u, high_u, low_v, high_v = sides
    (a, b, c), (x, y, z) = start, stop
    first, last = 0.0, 1.0
    for begin, end in (
        (a - low_u * c, x - low_u * z),
        (high_u * c - a, high_u * z - x),
        (b - low_v * c, y - low_v * z),
        (high_v * c - b, high_v * z - y),
    ):
        if begin < 0 and end < 0:
            return False
        if begin < 0:
            first = max(first, begin / (begin - end))
        elif end < 0:
            last = min(last, begin / (begin - end))
        if first > last:
            return False
    return True


def region(shape: dict[str, Any]) -> Region:
    """The region that a checked GeoJSON geometry describes."""
    coordinates = shape["coordinates"]
    if shape["type"] == "AeroCircle":
        (longitude, latitude), metres = coordinates
        return Cap(to_vector(longitude, latitude), metres / RADIUS)
    if shape["type"] == "Polygon":
        return _polygon(coordinates)
    return Union(map(_polygon, coordinates))


def _polygon(rings: list[Any]) -> Polygon:
    return Polygon(map(_loop, rings))


def _loop(ring: list[Any]) -> Loop:
    return Loop(corners(ring)[:-1])


def corners(ring: list[Any]) -> list[Vector]:
    """The positions of a ring as points of the sphere, those that only repeat the one before left out."""
    points = [to_vector(longitude, latitude) for longitude, latitude in ring]
    return [point for number, point in enumerate(points) if not number or point != points[number - 1]]
