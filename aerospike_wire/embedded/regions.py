"""Which places lie in which regions, for geospatial comparisons.

Regions are taken as they are, not as the cells that a server covers them with.
"""

from __future__ import annotations

import math
from typing import Any, Final

from aerospike_wire.embedded import geo
from aerospike_wire.embedded.earth import shapes
from aerospike_wire.embedded.earth.cells import to_vector

_EARTH: Final = 6_371_000.0
"""Radius in metres."""
_REGIONS: Final = ("Polygon", "MultiPolygon", "AeroCircle")


def within(left: bytes, right: bytes) -> bool | None:
    """Whether one of two GeoJSON texts lies within the other; None if one is no GeoJSON.

    A point lies within a region, on whichever side it stands; a region within another if all
    its corners do.
    """
    try:
        one, other = geo.parse(left), geo.parse(right)
    except geo.BadGeoJSON:
        return None
    if one["type"] in _REGIONS and other["type"] in _REGIONS:
        return _covers(other, one) or _covers(one, other)
    if one["type"] in _REGIONS:
        one, other = other, one
    if other["type"] not in _REGIONS:
        return bool(one["coordinates"] == other["coordinates"])
    return _holds(other, one["coordinates"])


def _covers(outer: dict[str, Any], inner: dict[str, Any]) -> bool:
    if inner["type"] == "AeroCircle":
        centre, radius = inner["coordinates"]
        if outer["type"] == "AeroCircle":
            around, reach = outer["coordinates"]
            return bool(_distance(around, centre) + radius <= reach)
        return _holds(outer, centre)
    polygons = inner["coordinates"] if inner["type"] == "MultiPolygon" else [inner["coordinates"]]
    return all(_holds(outer, corner) for polygon in polygons for corner in polygon[0])


def _holds(region: dict[str, Any], point: list[float]) -> bool:
    return shapes.region(region).holds(to_vector(*point))


def _distance(one: list[float], other: list[float]) -> float:
    """Metres between two places."""
    from_x, from_y, to_x, to_y = (math.radians(value) for value in (*one[:2], *other[:2]))
    half = math.sin((to_y - from_y) / 2) ** 2 + math.cos(from_y) * math.cos(to_y) * math.sin((to_x - from_x) / 2) ** 2
    return 2 * _EARTH * math.asin(min(1.0, math.sqrt(half)))
