"""Bins of the record. A bin that is missing or of another type cannot be told."""

from __future__ import annotations

from aerospike_wire.expressions.arguments import bin_name
from aerospike_wire.expressions.base import ResultType, literal
from aerospike_wire.expressions.rows import Row


class _Bin(Row, code=81):
    bin: str = bin_name()


class BoolBin(_Bin, result=ResultType.BOOLEAN):
    """A bin that holds a bool."""


class IntBin(_Bin, result=ResultType.INTEGER):
    """A bin that holds an integer."""


class StrBin(_Bin, result=ResultType.STRING):
    """A bin that holds a string."""


class FloatBin(_Bin, result=ResultType.FLOAT):
    """A bin that holds a float."""


class BlobBin(_Bin, result=ResultType.BLOB):
    """A bin that holds a blob."""


class GeoBin(_Bin, result=ResultType.GEOJSON):
    """A bin that holds GeoJSON."""


class ListBin(_Bin, result=ResultType.LIST):
    """A bin that holds a list."""


class MapBin(_Bin, result=ResultType.MAP):
    """A bin that holds a map."""


class HLLBin(_Bin, result=ResultType.HLL):
    """A bin that holds a HyperLogLog sketch."""


class BinType(Row, code=82):
    """The particle type of a bin, 0 if there is no such bin: an integer."""

    bin: str = bin_name()


class BinExists(Row, code=2):
    """Whether the record has a bin. Travels as "its type is not 0"."""

    bin: str = bin_name()

    def packed_arguments(self) -> list[bytes]:
        """The two sides of the comparison."""
        return [BinType(self.bin).pack(), literal(0, "bin")]
