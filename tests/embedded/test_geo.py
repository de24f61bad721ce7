"""What a node takes for GeoJSON, and what lies in a region, as observed on a server 8.1.2."""

from __future__ import annotations

from typing import Final

import pytest

from aerospike_wire.embedded import geo
from aerospike_wire.embedded.earth.cells import to_vector
from aerospike_wire.embedded.earth.shapes import Loop

ACCEPTED: Final = (
    '{"type":"Polygon","coordinates":[]}',
    '{"type":"MultiPolygon","coordinates":[]}',
    '{"type":"MultiPolygon","coordinates":[[]]}',
    '{"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[1,1],[0,0]]],[]]}',
    '{"type":"Polygon","coordinates":[[[0,0],[1,1],[1,0],[0,0]]]}',
    '{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,0],[1,1],[0,0]]]}',
    '{"type":"AeroCircle","coordinates":[[0,0],0]}',
    '{"type":"AeroCircle","coordinates":[[0,0],-1]}',
    '{"type":"Feature","geometry":{"type":"Point","coordinates":[1,1]}}',
    ' {"type":"Point","coordinates":[1,1],"a":1}',
)
REFUSED: Final = (
    '{"type":"Polygon","coordinates":[[]]}',
    '{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1]]]}',
    '{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,1]]]}',
    '{"type":"Polygon","coordinates":[[[0,0],[0,0],[0,0],[0,0]]]}',
    '{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,0],[0,0]]]}',
    '{"type":"Polygon","coordinates":[[[0,0,5],[1,0,5],[1,1,5],[0,0,5]]]}',
    '{"type":"AeroCircle","coordinates":[[0,0],1e9]}',
    '{"type":"AeroCircle","coordinates":[[0,100],5]}',
    '{"type":"LineString","coordinates":[[0,0],[1,1]]}',
    '{"type":"Point","coordinates":[1,1]} x',
)


def test_what_is_stored_and_what_is_refused() -> None:
    """Regions that hold nothing are stored; corners that only repeat the one before do not count."""
    for text in ACCEPTED:
        geo.stored(bytes(3) + text.encode())
    for text in REFUSED:
        with pytest.raises(geo.BadGeoJSON):
            geo.stored(bytes(3) + text.encode())


def test_regions_that_hold_nothing_have_no_cells() -> None:
    """A query for them finds nothing."""
    for text in (ACCEPTED[0], ACCEPTED[2], ACCEPTED[7]):
        assert geo.spans(text.encode()) == ()


def test_loops_longer_than_a_hemisphere() -> None:
    """A strip along the equator holds what is in it, from end to end, whichever way it is drawn."""
    ring = [(-100, -5), (0, -5), (100, -5), (100, 5), (0, 5), (-100, 5)]
    for corners in (ring, ring[::-1]):
        loop = Loop([to_vector(*corner) for corner in corners])
        assert all(loop.holds(to_vector(longitude, 1)) for longitude in (-95, -40, 0, 3, 60, 95))
        outside = [(110, 0), (180, 0), (-110, 1), (0, 10), (50, -20), (0, 90), (0, -90), (179, 1)]
        assert not any(loop.holds(to_vector(*place)) for place in outside)
