"""Which places lie in which regions, for geospatial comparisons.

Regions are taken as they are, not as the cells that a server covers them with; close to a
border the two may differ.
"""

from __future__ import annotations

import itertools
import math
from typing import Any, Final

from aerospike_wire.embedded import geo

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
    coordinates = region["coordinates"]
    if region["type"] == "AeroCircle":
        centre, radius = coordinates
        return bool(_distance(centre, point) <= radius)
    polygons = coordinates if region["type"] == "MultiPolygon" else [coordinates]
    return any(
        _inside(polygon[0], point) and not any(_inside(hole, point) for hole in polygon[1:]) for polygon in polygons
    )


def _inside(ring: list[list[float]], point: list[float]) -> bool:
    """Whether a ray from a point crosses a ring an odd number of times."""
    longitude, latitude = point[:2]
    found = False
    for (start_x, start_y, *_), (end_x, end_y, *_) in itertools.pairwise(ring):
        if (start_y > latitude) != (end_y > latitude):
            crossing = start_x + (latitude - start_y) * (end_x - start_x) / (end_y - start_y)
            if longitude < crossing:
                found = not found
    return found


def _distance(one: list[float], other: list[float]) -> float:
    """Metres between two places."""
    from_x, from_y, to_x, to_y = (math.radians(value) for value in (*one[:2], *other[:2]))
    half = math.sin((to_y - from_y) / 2) ** 2 + math.cos(from_y) * math.cos(to_y) * math.sin((to_x - from_x) / 2) ** 2
    return 2 * _EARTH * math.asin(min(1.0, math.sqrt(half)))
