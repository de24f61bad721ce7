"""Operations on HyperLogLog sketches, which estimate how many different values they have seen.

Every function raises ParamError, naming the argument, for one that cannot be used, and
BinNameError for a bin name that is too long.
"""

from __future__ import annotations

from typing import Any, Final

from aerospike_wire.operations import checks
from aerospike_wire.operations.calls import sketch_modify, sketch_read
from aerospike_wire.operations.operation import Operation, builder
from aerospike_wire.operations.policies import Given, HllPolicy, settle
from aerospike_wire.proto.invalid import InvalidArgument
from aerospike_wire.types import HyperLogLog

_UNSPECIFIED: Final = -1
INDEX_BITS: Final = (4, 16)
MINHASH_BITS: Final = (4, 51)
"""Bits for similarity of a sketch that has any."""
MAX_BITS: Final = 64
"""Of both together."""


def _flags(policy: Any) -> bytes:
    settled = settle(HllPolicy, policy, "policy")
    return b"\x00" if settled is None else checks.small(settled.flags)


def check_sizes(index_bit_count: Any, mh_bit_count: Any) -> None:
    """Refuse numbers of bits that no sketch can have; None and -1 leave them open (protocol section 6.8).

    Raises:
        InvalidArgument: one is out of its range, or both together are too many.
    """
    for argument, count, least, most in (
        ("index_bit_count", index_bit_count, *INDEX_BITS),
        ("mh_bit_count", mh_bit_count, *MINHASH_BITS),
    ):
        if count is None:
            continue
        checks.integer(count, argument)
        if count != _UNSPECIFIED and not least <= count <= most and (count or argument == "index_bit_count"):
            allowed = f"{least} to {most}" if argument == "index_bit_count" else f"0 or {least} to {most}"
            raise InvalidArgument(argument, f"must be {allowed}, not {count}")
    if index_bit_count is not None and mh_bit_count is not None and index_bit_count + mh_bit_count > MAX_BITS:
        both = f"{index_bit_count} and {mh_bit_count}"
        raise InvalidArgument("mh_bit_count", f"and index_bit_count must be at most {MAX_BITS} together, not {both}")


def _sizes(index_bit_count: Any, mh_bit_count: Any) -> tuple[bytes, bytes]:
    check_sizes(index_bit_count, mh_bit_count)
    return (
        checks.small(_UNSPECIFIED if index_bit_count is None else index_bit_count),
        checks.small(_UNSPECIFIED if mh_bit_count is None else mh_bit_count),
    )


def _sketches(hll_list: Any) -> bytes:
    if isinstance(hll_list, list):
        for at, sketch in enumerate(hll_list):
            if not isinstance(sketch, HyperLogLog):
                raise InvalidArgument(f"hll_list[{at}]", f"must be a HyperLogLog, not {type(sketch).__name__}")
    return checks.items(hll_list, "hll_list")


@builder
def hll_init(
    bin_name: str,
    index_bit_count: int | None = None,
    mh_bit_count: int | None = None,
    policy: HllPolicy | Given = None,
) -> Operation:
    """Create a sketch, or empty the one that is there. No result.

    Args:
        bin_name: the bin.
        index_bit_count: 4 to 16; None for those of the sketch that is there.
        mh_bit_count: bits for similarity, 0 or 4 to 51; None for those of the sketch that is there, or 0.
        policy: HllPolicy, or a dict with its names.
    """
    return sketch_modify(bin_name, 0, *_sizes(index_bit_count, mh_bit_count), _flags(policy))


@builder
def hll_add(
    bin_name: str,
    values: list[Any],
    index_bit_count: int | None = None,
    mh_bit_count: int | None = None,
    policy: HllPolicy | Given = None,
) -> Operation:
    """Add values; with ``index_bit_count`` a missing sketch is created. The number of registers that changed.

    Args:
        bin_name: the bin.
        values: the values.
        index_bit_count: as for :func:`hll_init`.
        mh_bit_count: as for :func:`hll_init`.
        policy: HllPolicy, or a dict with its names.
    """
    return sketch_modify(
        bin_name, 1, checks.items(values, "values"), *_sizes(index_bit_count, mh_bit_count), _flags(policy)
    )


@builder
def hll_set_union(bin_name: str, hll_list: list[HyperLogLog], policy: HllPolicy | Given = None) -> Operation:
    """Add to a sketch what other sketches have seen. No result."""
    return sketch_modify(bin_name, 2, _sketches(hll_list), _flags(policy))


@builder
def hll_refresh_count(bin_name: str) -> Operation:
    """Compute the estimate anew and store it. The estimate."""
    return sketch_modify(bin_name, 3)


@builder
def hll_fold(bin_name: str, index_bit_count: int) -> Operation:
    """Reduce a sketch to fewer index bits, 4 to 16. No result."""
    least, most = INDEX_BITS
    packed = checks.integer(index_bit_count, "index_bit_count")
    if not least <= index_bit_count <= most:
        raise InvalidArgument("index_bit_count", f"must be {least} to {most}, not {index_bit_count}")
    return sketch_modify(bin_name, 4, packed)


@builder
def hll_get_count(bin_name: str) -> Operation:
    """The estimate."""
    return sketch_read(bin_name, 50)


@builder
def hll_get_union(bin_name: str, hll_list: list[HyperLogLog]) -> Operation:
    """The union with other sketches, as a HyperLogLog."""
    return sketch_read(bin_name, 51, _sketches(hll_list))


@builder
def hll_get_union_count(bin_name: str, hll_list: list[HyperLogLog]) -> Operation:
    """The estimate of the union with other sketches."""
    return sketch_read(bin_name, 52, _sketches(hll_list))


@builder
def hll_get_intersect_count(bin_name: str, hll_list: list[HyperLogLog]) -> Operation:
    """The estimate of what this and all the other sketches have seen."""
    return sketch_read(bin_name, 53, _sketches(hll_list))


@builder
def hll_get_similarity(bin_name: str, hll_list: list[HyperLogLog]) -> Operation:
    """How much the sketches have in common, from 0.0 to 1.0."""
    return sketch_read(bin_name, 54, _sketches(hll_list))


@builder
def hll_describe(bin_name: str) -> Operation:
    """The index bits and the bits for similarity, as a list."""
    return sketch_read(bin_name, 55)
