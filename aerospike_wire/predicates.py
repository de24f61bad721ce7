"""Conditions for ``query().where()``, with the official client's names.

The bin may be None where the query says with ``where_with_index_name`` or
``where_with_expr`` what is compared. ``index_type`` is 0 for an index on the bin's value,
1 on the elements of a list, 2 on the keys and 3 on the values of a map.
"""

from __future__ import annotations

import functools
import json
import math
from typing import TYPE_CHECKING, Any, Final, ParamSpec

from aerospike_wire.operations.operation import refused
from aerospike_wire.proto.commands.query import Predicate, check_geojson, check_predicate
from aerospike_wire.proto.invalid import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")

INDEX_TYPE_DEFAULT: Final = 0
INDEX_TYPE_LIST: Final = 1
INDEX_TYPE_MAPKEYS: Final = 2
INDEX_TYPE_MAPVALUES: Final = 3


def _predicate(function: Callable[P, Predicate]) -> Callable[P, Predicate]:
    """Arguments that cannot be used become the typed error for them."""

    @functools.wraps(function)
    def make(*args: P.args, **kwargs: P.kwargs) -> Predicate:
        try:
            return function(*args, **kwargs)
        except InvalidArgument as invalid:
            raise refused(invalid) from invalid.__cause__

    return make


def _integers(**bounds: Any) -> None:
    for argument, value in bounds.items():
        if isinstance(value, bool) or not isinstance(value, int):
            raise InvalidArgument(argument, f"must be an int, not {type(value).__name__}")


def _place(**degrees: Any) -> None:
    for argument, value in degrees.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InvalidArgument(argument, f"must be a number, not {type(value).__name__}")
        if not math.isfinite(value):
            raise InvalidArgument(argument, f"must be finite, not {value}")


@_predicate
def equals(bin: str | None, val: int | str | bytes) -> Predicate:
    """The bin has this value.

    Raises:
        ParamError, BinNameError: the bin name or value is not acceptable.
    """
    return check_predicate(bin, val, val)


@_predicate
def between(bin: str | None, min: int, max: int) -> Predicate:
    """The bin has an integer from ``min`` to ``max``, both included.

    Raises:
        ParamError, BinNameError: the bin name or a bound is not acceptable.
    """
    _integers(min=min, max=max)
    return check_predicate(bin, min, max)


@_predicate
def contains(bin: str | None, index_type: int, val: int | str | bytes) -> Predicate:
    """The bin's list or map holds this value.

    Args:
        bin: the bin.
        index_type: 1 for elements of a list, 2 for keys, 3 for values of a map.
        val: the value.

    Raises:
        ParamError, BinNameError: an argument is not acceptable.
    """
    return check_predicate(bin, val, val, index_type)


@_predicate
def range(bin: str | None, index_type: int, min: int, max: int) -> Predicate:  # noqa: A001  the official name
    """The bin's list or map holds an integer from ``min`` to ``max``, both included.

    A record that holds several of them is given once. When the query goes on, with a page or a
    cursor or after a failure, it may come again if the bin is not among those that are read.

    Args:
        bin: the bin.
        index_type: 1 for elements of a list, 2 for keys, 3 for values of a map.
        min: the smallest value.
        max: the greatest value.

    Raises:
        ParamError, BinNameError: an argument is not acceptable.
    """
    _integers(min=min, max=max)
    return check_predicate(bin, min, max, index_type)


@_predicate
def geo_within_geojson_region(bin: str | None, shape: str, index_type: int = 0) -> Predicate:
    """The bin's point lies within a region.

    Args:
        bin: the bin.
        shape: GeoJSON text of a Polygon, MultiPolygon or AeroCircle.
        index_type: what of the bin is indexed.

    Raises:
        ParamError, BinNameError: an argument is not acceptable. Whether the text is a
            region only the server finds out: it answers InvalidRequest.
    """
    region = check_geojson("shape", shape)
    return check_predicate(bin, region, region, index_type)


@_predicate
def geo_within_radius(bin: str | None, long: float, lat: float, radius_meters: float, index_type: int = 0) -> Predicate:
    """The bin's point lies within a circle.

    Args:
        bin: the bin.
        long: longitude of the centre, degrees.
        lat: latitude of the centre, degrees.
        radius_meters: radius, metres.
        index_type: what of the bin is indexed.

    Raises:
        ParamError, BinNameError: an argument is not acceptable.
    """
    _place(long=long, lat=lat, radius_meters=radius_meters)
    circle = check_geojson("shape", json.dumps({"type": "AeroCircle", "coordinates": [[long, lat], radius_meters]}))
    return check_predicate(bin, circle, circle, index_type)


@_predicate
def geo_contains_geojson_point(bin: str | None, point: str, index_type: int = 0) -> Predicate:
    """The bin's region contains a point.

    Args:
        bin: the bin.
        point: GeoJSON text of a Point.
        index_type: what of the bin is indexed.

    Raises:
        ParamError, BinNameError: an argument is not acceptable.
    """
    found = check_geojson("point", point)
    return check_predicate(bin, found, found, index_type)


@_predicate
def geo_contains_point(bin: str | None, long: float, lat: float, index_type: int = 0) -> Predicate:
    """The bin's region contains a point.

    Args:
        bin: the bin.
        long: longitude of the point, degrees.
        lat: latitude of the point, degrees.
        index_type: what of the bin is indexed.

    Raises:
        ParamError, BinNameError: an argument is not acceptable.
    """
    _place(long=long, lat=lat)
    point = check_geojson("point", json.dumps({"type": "Point", "coordinates": [long, lat]}))
    return check_predicate(bin, point, point, index_type)
