"""The MessagePack dialect of lists and maps."""

from __future__ import annotations

import contextlib
import math
import struct
import tracemalloc
from typing import Any

import pytest
from cases import for_each
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import MAP_KEYS, NESTED, damaged, like

from aerospike_wire.errors import ProtocolError
from aerospike_wire.proto import msgpack
from aerospike_wire.proto.invalid import InvalidArgument
from aerospike_wire.types import CDTInfinite, CDTWildcard, KeyOrderedDict, RawParticle


@given(NESTED, st.binary(max_size=5), st.binary(max_size=5))
@settings(deadline=None, max_examples=200)
def test_values_come_back_as_they_were_packed(value: Any, before: bytes, after: bytes) -> None:
    """Nested values are the same after packing and unpacking, alone and in the middle of other bytes."""
    packed = msgpack.pack(value)
    assert like(value, msgpack.unpack(packed))
    found, stop = msgpack.unpack_from(before + packed + after, len(before))
    assert like(value, found)
    assert stop == len(before) + len(packed)


@for_each("bits", range(64))
@for_each("off", [-1, 0, 1])
def test_integers_take_the_shortest_form(bits: int, off: int) -> None:
    """Around every power of two the value is kept, and no shorter form would hold it."""
    for value in ((1 << bits) + off, -(1 << bits) + off):
        if not -(2**63) <= value < 2**63:
            continue
        packed = msgpack.pack(value)
        assert msgpack.unpack(packed) == value
        size = 1 if -32 <= value < 128 else 2 if -128 <= value < 256 else 3 if -32768 <= value < 65536 else 5
        if not -(2**31) <= value < 2**32:
            size = 9
        assert len(packed) == size


@for_each("size", [0, 14, 15, 16, 30, 31, 32, 254, 255, 256, 65534, 65535, 65536])
def test_sizes_at_the_edges_of_each_form(size: int) -> None:
    """Text, lists and maps of all sizes at which the form changes come back whole."""
    for value in ("x" * size, [0] * size, dict.fromkeys(range(size), 0)):
        assert msgpack.unpack(msgpack.pack(value)) == value


@given(st.dictionaries(MAP_KEYS, st.none(), min_size=2, max_size=12))
@settings(deadline=None, max_examples=100)
def test_ordered_maps_are_packed_in_the_servers_order(value: dict[Any, None]) -> None:
    """Integers come first by value, then text, then blobs by their bytes."""
    packed = msgpack.pack(KeyOrderedDict(value))
    found = list(msgpack.unpack(packed))
    rank = {int: 0, str: 1, bytes: 2}
    order = sorted(value, key=lambda key: (rank[type(key)], key.encode() if isinstance(key, str) else key))
    assert found == order


def test_other_maps_are_packed_in_that_order_too() -> None:
    """Servers keep them so, and compare maps with what they keep: integers, then text, then blobs."""
    packed = msgpack.pack({"zz": {"b": 1, "a": 2}, b"q": 0, "b": 0, 3: 0, -1: 0})
    assert packed == msgpack.pack({-1: 0, 3: 0, "b": 0, "zz": {"a": 2, "b": 1}, b"q": 0})
    assert list(msgpack.unpack(packed)) == [-1, 3, "b", "zz", b"q"]


def test_order_markers_are_not_part_of_the_value() -> None:
    """A list with an order marker is a list, a map with one is a KeyOrderedDict."""
    assert msgpack.unpack(b"\x93\xc7\x00\x01\x01\x02") == [1, 2]
    found = msgpack.unpack(b"\x82\xc7\x00\x01\xc0\x01\x02")
    assert found == {1: 2}
    assert type(found) is KeyOrderedDict


def test_wildcard_infinity_and_unknown_types_have_items_of_their_own() -> None:
    """They are packed as the protocol has them and read back."""
    value = [CDTWildcard(), CDTInfinite(), RawParticle(9, b"x")]
    assert msgpack.pack(value) == b"\x93\xd4\xff\x00\xd4\xff\x01\xa2\x09x"
    assert msgpack.unpack(msgpack.pack(value)) == value


def test_floats_of_four_bytes_are_read() -> None:
    """Servers may send short floats; NaN and infinity included."""
    assert msgpack.unpack(b"\xca" + struct.pack(">f", 1.5)) == 1.5
    assert math.isnan(msgpack.unpack(b"\xca" + struct.pack(">f", math.nan)))
    assert msgpack.unpack(b"\xca" + struct.pack(">f", math.inf)) == math.inf


def test_keys_that_python_cannot_hash_become_tuples() -> None:
    """Other clients may use lists and maps as map keys."""
    assert msgpack.unpack(b"\x81\x92\x01\x91\x02\x03") == {(1, (2,)): 3}
    assert msgpack.unpack(b"\x81\x81\x01\x91\x02\x03") == {((1, (2,)),): 3}


def test_nesting_has_a_limit_on_both_ways() -> None:
    """As many levels as are allowed work, one more is refused and not recursed into."""
    value: Any = 1
    for _ in range(msgpack.MAX_DEPTH):
        value = [value]
    packed = msgpack.pack(value)
    assert msgpack.unpack(packed) == value
    with pytest.raises(InvalidArgument, match="deeper"):
        msgpack.pack([value])
    with pytest.raises(ProtocolError, match="deeper"):
        msgpack.unpack(b"\x91" + packed)
    with pytest.raises(ProtocolError, match="deeper"):
        msgpack.unpack(b"\x91" * 100_000)


@for_each(
    "head", [b"\xdd\xff\xff\xff\xff", b"\xdf\xff\xff\xff\xff", b"\xdb\xff\xff\xff\xff", b"\xc9\xff\xff\xff\xff\x01"]
)
def test_size_that_is_a_lie_costs_no_memory(head: bytes) -> None:
    """A claim of four billion items is refused before anything is made for them."""
    tracemalloc.start()
    try:
        with pytest.raises(ProtocolError):
            msgpack.unpack(head + bytes(100))
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()


def test_bytes_after_an_item_are_refused() -> None:
    """One item is one item."""
    with pytest.raises(ProtocolError, match="follow"):
        msgpack.unpack(b"\x01\x02")


@pytest.mark.parametrize("tag", [0xC1])
def test_unknown_tag_is_refused(tag: int) -> None:
    """The one tag without a meaning is a ProtocolError."""
    with pytest.raises(ProtocolError, match="no item"):
        msgpack.unpack(bytes((tag,)))


@given(st.one_of(st.binary(max_size=80), damaged(msgpack.pack([1, {"a": [b"x", 1.5, None, "s" * 40]}, {b"k": {}}]))))
@settings(deadline=None, max_examples=500)
def test_any_bytes_are_an_item_or_a_protocol_error(data: bytes) -> None:
    """Nothing else is raised."""
    with contextlib.suppress(ProtocolError):
        msgpack.unpack(data)
