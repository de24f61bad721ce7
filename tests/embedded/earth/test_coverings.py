"""Cells of places and regions, next to those of a server."""

from __future__ import annotations

import functools
import gzip
import itertools
import json
import math
import pathlib
from typing import Any

from cases import for_each
from hypothesis import given
from hypothesis import strategies as st

from aerospike_wire.embedded import geo
from aerospike_wire.embedded.earth import cells, covering, shapes

DATA = pathlib.Path(__file__).parent.parent.parent / "data" / "coverings.jsonl.gz"
PLACES = st.tuples(st.floats(-180, 180), st.floats(-90, 90))


@functools.cache
def observed() -> list[Any]:
    with gzip.open(DATA) as lines:
        return [json.loads(line) for line in lines]


@for_each("number", range(len(observed())))
def test_region_as_on_a_server(number: int) -> None:
    """Circles and polygons of all sizes are kept with the cells of a server."""
    shape, wanted = observed()[number]
    stored = geo.stored(bytes(3) + json.dumps(shape).encode())
    assert [f"{cell:016x}" for cell in geo.cells_of(stored)] == wanted


@given(PLACES)
def test_cells_lie_in_each_other(place: tuple[float, float]) -> None:
    """The cell of a place lies in its larger cells, and ids say so."""
    point = cells.to_vector(*place)
    leaf = cells.Cell.of_point(point)
    found = cells.ancestors(leaf.id)
    assert found[0] == leaf.id
    assert len(found) == cells.LEVELS
    for level in range(1, cells.LEVELS + 1):
        parent = cells.Cell.of_point(point, level)
        assert parent.id == leaf.parent(level).id == found[cells.LEVELS - level]
        low, high = cells.range_of(parent.id)
        assert low <= leaf.id <= high


@given(PLACES, st.floats(1, 5_000_000))
def test_covering_covers(place: tuple[float, float], metres: float) -> None:
    """What lies in a circle lies in one of its cells; there are twelve at most, apart from each other."""
    centre = cells.to_vector(*place)
    cap = shapes.Cap(centre, metres / shapes.RADIUS)
    found = [cells.range_of(cell) for cell in covering.covering(cap)]
    assert len(found) <= covering.MAX_CELLS
    assert all(one[1] < other[0] for one, other in itertools.pairwise(found))
    for direction in range(8):
        # A point close to the border, some way off from the centre.
        longitude, latitude = place
        step = math.degrees(metres / shapes.RADIUS) * 0.99
        latitude += step * math.sin(direction * math.pi / 4)
        if not -90 <= latitude <= 90:
            continue
        longitude += step * math.cos(direction * math.pi / 4)
        point = cells.to_vector((longitude + 180) % 360 - 180, latitude)
        if cap.holds(point):
            leaf = cells.Cell.of_point(point).id
            assert any(low <= leaf <= high for low, high in found)


def test_polygon_with_a_hole() -> None:
    """What is inside two loops is outside."""
    shape = {
        "type": "Polygon",
        "coordinates": [
            [[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]],
            [[4, 4], [6, 4], [6, 6], [4, 6], [4, 4]],
        ],
    }
    region = shapes.region(shape)
    assert region.holds(cells.to_vector(2, 2))
    assert not region.holds(cells.to_vector(5, 5))
    assert not region.holds(cells.to_vector(11, 5))
    assert not region.holds(cells.to_vector(-175, -5))
