"""Values that are objects of their own in the official client."""

from __future__ import annotations

import json
from typing import Any

from aerospike_wire.compat.refusal import refused
from aerospike_wire.errors import ClientError
from aerospike_wire.types import CDTInfinite, CDTWildcard, HyperLogLog, KeyOrderedDict

_KINDS = "Geospatial data should be a dictionary or raw GeoJSON string"


def _parse(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise ClientError("String is not GeoJSON serializable -> Unable to load GeoJSON") from error


class GeoJSON:
    """A geospatial value, as a dict that can be exchanged.

    Unlike the official client's, two are equal if their data is.

    Args:
        geo_data: a dict, or GeoJSON text.

    Raises:
        ParamError: it is neither.
        ClientError: the text is not JSON.
    """

    geo_data: Any
    """The data: what JSON text or a dict of GeoJSON holds."""

    def __init__(self, geo_data: str | dict[str, Any]) -> None:
        if isinstance(geo_data, str):
            self.geo_data = _parse(geo_data)
        elif isinstance(geo_data, dict):
            self.geo_data = geo_data
        else:
            raise refused("geo_data", _KINDS)

    def wrap(self, geo_data: dict[str, Any]) -> int:
        """Take other data.

        Raises:
            ParamError: it is no dict.
        """
        if not isinstance(geo_data, dict):
            raise refused("geo_data", _KINDS)
        self.geo_data = geo_data
        return 0

    def unwrap(self) -> Any:
        """The data."""
        return self.geo_data

    def loads(self, raw_geo: str) -> int:
        """Take other data from text.

        Raises:
            ParamError: it is no str.
            ClientError: it is not JSON.
        """
        if not isinstance(raw_geo, str):
            raise refused("raw_geo", "Argument should be a GeoJSON string")
        self.geo_data = _parse(raw_geo)
        return 0

    def dumps(self) -> str:
        """The data as text."""
        return json.dumps(self.geo_data)

    def __str__(self) -> str:
        return self.dumps()

    def __repr__(self) -> str:
        return repr(self.dumps())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, GeoJSON):
            return NotImplemented
        return bool(self.geo_data == other.geo_data)

    __hash__ = object.__hash__  # as the official client has it: the data can be exchanged


def geodata(geo_data: dict[str, Any]) -> GeoJSON:
    """A GeoJSON of a dict.

    Raises:
        ParamError: it is no dict.
    """
    if not isinstance(geo_data, dict):
        raise refused("geo_data", "The geospatial data should be a dictionary")
    return GeoJSON(geo_data)


def geojson(geojson_str: str) -> GeoJSON:
    """A GeoJSON of text.

    Raises:
        ParamError: it is no str.
        ClientError: it is not JSON.
    """
    if not isinstance(geojson_str, str):
        raise refused("geojson_str", "The geospatial data should be a GeoJSON string")
    return GeoJSON(geojson_str)


class null:  # noqa: N801  the official name
    """Written to a bin it deletes the bin, as None does."""


__all__ = [
    "CDTInfinite",
    "CDTWildcard",
    "GeoJSON",
    "HyperLogLog",
    "KeyOrderedDict",
    "geodata",
    "geojson",
    "null",
]
