"""``aerospike.predicates``: conditions of queries, as the tuples that the official client makes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from aerospike_wire import predicates as ours
from aerospike_wire.compat import constants as c
from aerospike_wire.compat.keys import text_of
from aerospike_wire.compat.refusal import refused

if TYPE_CHECKING:
    from aerospike_wire.proto.commands.query import Predicate

Tuple = tuple[Any, ...]

_EQUAL: Final = 0
_RANGE: Final = 1


def equals(bin: str | None, val: int | str | bytes) -> Tuple:
    """The bin has this value."""
    return (_EQUAL, _data_type(val), bin, val)


def between(bin: str | None, min: int, max: int) -> Tuple:
    """The bin has an integer from ``min`` to ``max``, both included."""
    return (_RANGE, c.INDEX_NUMERIC, bin, min, max)


def contains(bin: str | None, index_type: int, val: int | str | bytes) -> Tuple:
    """The bin's list or map holds this value."""
    return (_EQUAL, _data_type(val), bin, val, None, index_type)


def range(bin: str | None, index_type: int, min: int, max: int) -> Tuple:  # noqa: A001  the official name
    """The bin's list or map holds an integer from ``min`` to ``max``, both included."""
    return (_RANGE, c.INDEX_NUMERIC, bin, min, max, index_type)


def geo_within_geojson_region(bin: str | None, shape: str, index_type: int = c.INDEX_TYPE_DEFAULT) -> Tuple:
    """The bin's point lies within a region, given as GeoJSON text."""
    return (_RANGE, c.INDEX_GEO2DSPHERE, bin, shape, None, index_type)


def geo_within_radius(
    bin: str | None, long: float, lat: float, radius_meters: float, index_type: int = c.INDEX_TYPE_DEFAULT
) -> Tuple:
    """The bin's point lies within a circle; longitude and latitude in degrees, the radius in metres."""
    shape = json.dumps({"type": "AeroCircle", "coordinates": [[long, lat], radius_meters]})
    return (_RANGE, c.INDEX_GEO2DSPHERE, bin, shape, None, index_type)


def geo_contains_geojson_point(bin: str | None, point: str, index_type: int = c.INDEX_TYPE_DEFAULT) -> Tuple:
    """The bin's region contains a point, given as GeoJSON text."""
    return (_RANGE, c.INDEX_GEO2DSPHERE, bin, point, None, index_type)


def geo_contains_point(bin: str | None, long: float, lat: float, index_type: int = c.INDEX_TYPE_DEFAULT) -> Tuple:
    """The bin's region contains a point; longitude and latitude in degrees."""
    point = json.dumps({"type": "Point", "coordinates": [long, lat]})
    return (_RANGE, c.INDEX_GEO2DSPHERE, bin, point, None, index_type)


def _data_type(value: Any) -> int | None:
    if isinstance(value, str):
        return c.INDEX_STRING
    if isinstance(value, bytes | bytearray):
        return c.INDEX_BLOB
    return c.INDEX_NUMERIC if isinstance(value, int) else None


def predicate_of(given: Any) -> Predicate:
    """This client's predicate for a tuple.

    Raises:
        ParamError: it is no tuple that one of the functions here made, or a part of it cannot be used.
    """
    if not isinstance(given, tuple) or not 4 <= len(given) <= 6:
        raise refused("predicate", "predicate is invalid.")
    parts: tuple[Any, ...] = (*given, None, None)[:6]
    plain: list[Any] = [int(part) if isinstance(part, bool) else part for part in parts]
    kind, data_type, bin_name, low, high, index_type = plain
    bin_name = text_of(bin_name)
    if index_type is None:
        index_type = c.INDEX_TYPE_DEFAULT
    if kind not in (_EQUAL, _RANGE) or data_type is None:
        raise refused("predicate", "predicate is invalid.")
    if data_type == c.INDEX_GEO2DSPHERE:
        return ours.geo_within_geojson_region(bin_name, low, index_type)
    if kind == _RANGE:
        return ours.range(bin_name, index_type, low, high)
    return ours.contains(bin_name, index_type, low)


__all__ = [
    "between",
    "contains",
    "equals",
    "geo_contains_geojson_point",
    "geo_contains_point",
    "geo_within_geojson_region",
    "geo_within_radius",
    "range",
]
