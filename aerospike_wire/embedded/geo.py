"""GeoJSON values: what a node accepts, and the cell of a point (protocol section 2.6).

A node keeps each geospatial value with the S2 cells that cover it. The cell of a point is
computed here as servers do; regions are kept without cells, which clients skip anyway.
"""

from __future__ import annotations

import json
import math
import struct
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_HEAD: Final = struct.Struct(">BH")
_CELL: Final = struct.Struct(">Q")
_REGION: Final = 0x01
"""Flag of a value that is a region and not a point."""

_LEVELS: Final = 30
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
    _, cells = _HEAD.unpack_from(data)
    start = _HEAD.size + cells * _CELL.size
    if start > len(data):
        msg = f"the value claims {cells} cells and has {len(data)} bytes"
        raise BadGeoJSON(msg)
    text = data[start:]
    shape = parse(text)
    if shape["type"] == "Point":
        longitude, latitude = shape["coordinates"]
        return _HEAD.pack(0, 1) + _CELL.pack(cell_id(longitude, latitude)) + text
    return _HEAD.pack(_REGION, 0) + text


def text_of(data: bytes) -> bytes:
    """The text of a stored GeoJSON particle."""
    _, cells = _HEAD.unpack_from(data)
    return data[_HEAD.size + cells * _CELL.size :]


def cells_of(data: bytes) -> Sequence[int]:
    """The cells that a stored GeoJSON particle is kept with."""
    _, cells = _HEAD.unpack_from(data)
    return [cell for (cell,) in _CELL.iter_unpack(data[_HEAD.size : _HEAD.size + cells * _CELL.size])]


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
    if not isinstance(value, list) or not value:
        msg = "a polygon must be a list of rings"
        raise BadGeoJSON(msg)
    for ring in value:
        if not isinstance(ring, list) or len(ring) < _MIN_RING or ring[0] != ring[-1]:
            msg = "a ring must have four positions or more and end where it began"
            raise BadGeoJSON(msg)
        for position in ring:
            _check_point(position)


def _check_polygons(value: Any) -> None:
    if not isinstance(value, list) or not value:
        msg = "a MultiPolygon must be a list of polygons"
        raise BadGeoJSON(msg)
    for polygon in value:
        _check_polygon(polygon)


def _check_circle(value: Any) -> None:
    if not isinstance(value, list) or len(value) != 2 or not _number(value[1]) or value[1] < 0:
        msg = "an AeroCircle must be [[longitude, latitude], radius in metres]"
        raise BadGeoJSON(msg)
    _check_point(value[0])


_CHECKS: Final = {
    "Point": _check_point,
    "Polygon": _check_polygon,
    "MultiPolygon": _check_polygons,
    "AeroCircle": _check_circle,
}

# The Hilbert curve of S2: for each of the four orientations, which quarter comes at which
# place of the curve, and how the orientation changes in it.
_SWAP, _INVERT = 1, 2
_POSITIONS: Final = ((0, 1, 3, 2), (0, 3, 1, 2), (2, 3, 1, 0), (2, 1, 3, 0))
_TURNS: Final = (_SWAP, 0, 0, _INVERT | _SWAP)


def cell_id(longitude: float, latitude: float) -> int:
    """The S2 leaf cell of a position in degrees: a face of the cube, then a path of quarters."""
    phi, theta = math.radians(latitude), math.radians(longitude)
    x = math.cos(phi) * math.cos(theta)
    y = math.cos(phi) * math.sin(theta)
    z = math.sin(phi)
    face, u, v = _face(x, y, z)
    i, j = _leaf(u), _leaf(v)
    orientation = face & _SWAP
    path = face
    for level in range(_LEVELS - 1, -1, -1):
        quarter = (i >> level & 1) << 1 | (j >> level & 1)
        position = _POSITIONS[orientation][quarter]
        path = path << 2 | position
        orientation ^= _TURNS[position]
    return path << 1 | 1


def _face(x: float, y: float, z: float) -> tuple[int, float, float]:
    axis = max(range(3), key=lambda index: abs((x, y, z)[index]))
    face = axis + 3 if (x, y, z)[axis] < 0 else axis
    return (
        face,
        *(
            lambda: (y / x, z / x),
            lambda: (-x / y, z / y),
            lambda: (-x / z, -y / z),
            lambda: (z / x, y / x),
            lambda: (z / y, -x / y),
            lambda: (-y / z, -x / z),
        )[face](),
    )


def _leaf(ratio: float) -> int:
    """From the face's plane to one of 2^30 steps, so that cells have about equal areas."""
    share = 0.5 * math.sqrt(1 + 3 * ratio) if ratio >= 0 else 1 - 0.5 * math.sqrt(1 - 3 * ratio)
    return max(0, min((1 << _LEVELS) - 1, math.floor(share * (1 << _LEVELS))))


def spans(text: bytes) -> tuple[tuple[int, int], ...]:
    """The spans of cells in which an index looks for what a GeoJSON text asks for, in order.

    Raises:
        BadGeoJSON: it is none.
    """
    parse(text)
    return ((0, 0xFFFF_FFFF_FFFF_FFFF),)
