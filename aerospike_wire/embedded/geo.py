"""GeoJSON values: what a node accepts, and the cell of a point (protocol section 2.6).

A node keeps each geospatial value with the S2 cells that cover it: a point with the smallest
cell around it, a region with up to twelve.
"""

from __future__ import annotations

import functools
import json
import math
import struct
from typing import TYPE_CHECKING, Any, Final

from aerospike_wire.embedded.earth import cells, covering, shapes
from aerospike_wire.embedded.earth.cells import to_vector

if TYPE_CHECKING:
    from collections.abc import Sequence

_HEAD: Final = struct.Struct(">BH")
_CELL: Final = struct.Struct(">Q")
_REGION: Final = 0x01
"""Flag of a value that is a region and not a point."""

_MIN_RING: Final = 4
"""Positions of a ring, the first repeated as the last."""


class BadGeoJSON(ValueError):
    """The text is not GeoJSON that a node stores."""


def stored(data: bytes) -> bytes:
    """The particle a node makes of a GeoJSON particle that a client sends.

    Raises:
        BadGeoJSON: its head is cut off or its text is not acceptable.
    """
    if len(data) < _HEAD.size:
        msg = "the value is shorter than its head"
        raise BadGeoJSON(msg)
    _, count = _HEAD.unpack_from(data)
    start = _HEAD.size + count * _CELL.size
    if start > len(data):
        msg = f"the value claims {count} cells and has {len(data)} bytes"
        raise BadGeoJSON(msg)
    text = data[start:]
    shape = parse(text)
    if shape["type"] == "Point":
        return _HEAD.pack(0, 1) + _CELL.pack(_leaf(shape)) + text
    found = _covering(shape)
    return _HEAD.pack(_REGION, len(found)) + b"".join(map(_CELL.pack, found)) + text


def _covering(shape: dict[str, Any], max_level: int = cells.LEVELS) -> list[int]:
    found = covering.covering(shapes.region(shape), max_level)
    if len(found) > covering.MAX_CELLS:
        msg = f"no {covering.MAX_CELLS} cells cover the region"  # that is about all of the Earth
        raise BadGeoJSON(msg)
    return found


def text_of(data: bytes) -> bytes:
    """The text of a stored GeoJSON particle."""
    _, count = _HEAD.unpack_from(data)
    return data[_HEAD.size + count * _CELL.size :]


def cells_of(data: bytes) -> Sequence[int]:
    """The cells that a stored GeoJSON particle is kept with."""
    _, count = _HEAD.unpack_from(data)
    return [cell for (cell,) in _CELL.iter_unpack(data[_HEAD.size : _HEAD.size + count * _CELL.size])]


def cells_of_text(text: bytes) -> Sequence[int]:
    """The cells of a GeoJSON text inside a collection; none for what is no GeoJSON."""
    try:
        return cells_of(stored(bytes(_HEAD.size) + text))
    except BadGeoJSON:
        return ()


def parse(text: bytes) -> dict[str, Any]:
    """The checked geometry of a GeoJSON text; of a Feature its geometry.

    Raises:
        BadGeoJSON: it is no JSON, of another type than Point, Polygon, MultiPolygon,
            AeroCircle or Feature, or its coordinates are not on Earth.
    """
    try:
        shape = json.loads(text)
    except (ValueError, RecursionError):
        msg = "the text is not JSON"
        raise BadGeoJSON(msg) from None
    if isinstance(shape, dict) and shape.get("type") == "Feature":
        shape = shape.get("geometry")
    kind = shape.get("type") if isinstance(shape, dict) else None
    check = _CHECKS.get(kind) if isinstance(kind, str) else None
    if check is None:
        msg = "the text is no Point, Polygon, MultiPolygon or AeroCircle"
        raise BadGeoJSON(msg)
    check(shape.get("coordinates"))
    found: dict[str, Any] = shape
    return found


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _check_point(value: Any) -> None:
    if (
        not isinstance(value, list)
        or len(value) != 2
        or not all(_number(part) for part in value)
        or not -180 <= value[0] <= 180
        or not -90 <= value[1] <= 90
    ):
        msg = "a position must be [longitude, latitude], -180 to 180 and -90 to 90"
        raise BadGeoJSON(msg)


def _check_polygon(value: Any) -> None:
    if not isinstance(value, list):
        msg = "a polygon must be a list of rings"
        raise BadGeoJSON(msg)
    for ring in value:
        if not isinstance(ring, list):
            msg = "a ring must be a list of positions"
            raise BadGeoJSON(msg)
        for position in ring:
            _check_point(position)
        corners = shapes.corners(ring)
        if len(corners) < _MIN_RING or corners[0] != corners[-1]:
            msg = "a ring must have four positions or more, none twice in a row, and end where it began"
            raise BadGeoJSON(msg)


def _check_polygons(value: Any) -> None:
    if not isinstance(value, list):
        msg = "a MultiPolygon must be a list of polygons"
        raise BadGeoJSON(msg)
    for polygon in value:
        _check_polygon(polygon)


def _check_circle(value: Any) -> None:
    if not isinstance(value, list) or len(value) != 2 or not _number(value[1]):
        msg = "an AeroCircle must be [[longitude, latitude], radius in metres]"
        raise BadGeoJSON(msg)
    _check_point(value[0])


_CHECKS: Final = {
    "Point": _check_point,
    "Polygon": _check_polygon,
    "MultiPolygon": _check_polygons,
    "AeroCircle": _check_circle,
}


def spans(text: bytes) -> tuple[tuple[int, int], ...]:
    """The spans of cells in which an index looks for what a GeoJSON text asks for, in order.

    Raises:
        BadGeoJSON: it is none.
    """
    shape = parse(text)
    if shape["type"] == "Point":
        return tuple((cell, cell) for cell in sorted(cells.ancestors(_leaf(shape))))
    return tuple(cells.range_of(cell) for cell in _covering(shape, covering.QUERY_LEVEL))


def matches(text: bytes, query: bytes) -> bool:
    """Whether a GeoJSON text is what an index is asked for: a place in a region, or a region around a place."""
    try:
        found, wanted = parse(text), parse(query)
    except BadGeoJSON:
        return False
    if wanted["type"] == "Point":
        return found["type"] != "Point" and shapes.region(found).holds(to_vector(*wanted["coordinates"]))
    return found["type"] == "Point" and _region(query).holds(to_vector(*found["coordinates"]))


@functools.lru_cache(maxsize=16)
def _region(text: bytes) -> shapes.Region:
    return shapes.region(parse(text))


def _leaf(shape: dict[str, Any]) -> int:
    return cells.Cell.of_point(to_vector(*shape["coordinates"])).id
