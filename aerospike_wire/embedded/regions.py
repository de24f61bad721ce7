"""Which places lie in which regions, for geospatial comparisons.

Regions are taken as they are, not as the cells that a server covers them with.
"""

from __future__ import annotations

from typing import Any, Final

from aerospike_wire.embedded import geo
from aerospike_wire.embedded.earth import shapes
from aerospike_wire.embedded.earth.cells import to_vector

_REGIONS: Final = ("Polygon", "MultiPolygon", "AeroCircle")


def within(left: bytes, right: bytes) -> bool | None:
    """Whether one of two GeoJSON texts, a point, lies within the other, a region; None if one is no GeoJSON.

    It does not matter which side the point stands on. Two points or two regions are never
    within each other, for a server does not compare such.
    """
    try:
        one, other = geo.parse(left), geo.parse(right)
    except geo.BadGeoJSON:
        return None
    if one["type"] in _REGIONS:
        one, other = other, one
    return one["type"] not in _REGIONS and other["type"] in _REGIONS and _holds(other, one["coordinates"])


def _holds(region: dict[str, Any], point: list[float]) -> bool:
    return shapes.region(region).holds(to_vector(*point))
