"""Bin values as particles."""

from __future__ import annotations

import ast
import contextlib
import enum
from typing import Any

import pytest
from cases import for_each
from hypothesis import given as example
from hypothesis import settings
from hypothesis import strategies as st
from strategies import NESTED, SCALARS, damaged, like
from vectors import given, names, vector

from aerospike_wire.errors import ProtocolError, ResultCode
from aerospike_wire.proto import values
from aerospike_wire.proto.invalid import InvalidArgument
from aerospike_wire.proto.values import Particle
from aerospike_wire.types import GeoJSON, HyperLogLog, KeyOrderedDict, RawParticle


def wanted(name: str) -> Any:
    """The value of a vector."""
    tagged = given(name)
    if name == "particle/geo_point":
        return GeoJSON(vector(name)[3:].decode())
    if name == "particle/hll":
        return HyperLogLog(vector(name))
    if "python" in tagged:
        value = ast.literal_eval(tagged["python"])
        if "keyordered" in name:
            return [KeyOrderedDict(item) for item in value] if isinstance(value, list) else KeyOrderedDict(value)
        return [GeoJSON(item) for item in value] if name == "particle/list_geo" else value
    (kind, content), *_ = tagged.items()
    readers: dict[str, Any] = {"float": float, "blob": bytes.fromhex}
    return readers[kind](content) if kind in readers else content


@for_each("name", names("particle/"))
def test_values_have_the_official_clients_bytes(name: str) -> None:
    """Every value is packed as the official client does it, and read back equal."""
    value = wanted(name)
    kind, data = values.encode(value)
    assert data == vector(name)
    assert like(value, values.decode(kind, data))


@example(st.one_of(SCALARS, NESTED))
@settings(deadline=None, max_examples=200)
def test_values_come_back_as_they_were_written(value: Any) -> None:
    """Every value that a bin can hold is the same, and of the same type, after packing and reading."""
    assert like(value, values.decode(*values.encode(value)))


def test_subclasses_are_stored_as_their_base_type() -> None:
    """An enum member, a bool's neighbour and named text are stored as what they are underneath."""

    class Colour(enum.IntEnum):
        RED = 7

    class Share(float):
        pass

    class Name(str):
        __slots__ = ()

    assert values.encode(Colour.RED) == values.encode(7)
    assert values.encode(Share(0.5)) == values.encode(0.5)
    assert values.encode(Name("x")) == values.encode("x")
    assert values.encode(bytearray(b"x")) == values.encode(b"x")


def test_bool_is_no_integer() -> None:
    """True and False keep their own type."""
    assert values.encode(True) == (Particle.BOOL, b"\x01")
    assert values.decode(Particle.BOOL, b"\x00") is False


def test_value_of_an_unknown_type_is_kept_and_can_be_written_back() -> None:
    """A blob of another client's language is neither read nor lost."""
    found = values.decode(Particle.PYTHON_BLOB, b"\x80\x04.")
    assert found == RawParticle(Particle.PYTHON_BLOB, b"\x80\x04.")
    assert values.encode(found) == (Particle.PYTHON_BLOB, b"\x80\x04.")


def test_text_that_is_not_utf8_is_still_readable() -> None:
    """Foreign bytes in text survive as surrogate escapes, so that one record does not spoil a batch."""
    assert values.decode(Particle.STRING, b"a\xffb") == "a\udcffb"


def test_geojson_skips_the_cells_that_a_server_adds() -> None:
    """The text behind the cells of an indexed value is what is read."""
    assert values.decode(Particle.GEOJSON, b"\0\0\x02" + bytes(16) + b"{}") == GeoJSON("{}")


CYCLE: list[Any] = []
CYCLE.append(CYCLE)


@for_each(
    "value",
    [1 + 2j, object(), (1,), {1}, 2**63, -(2**63) - 1, "\ud800", [object()], {"k": (1,)}, {1.5: 1}, {True: 1},
     {None: 1}, {(1,): 1}, ["\ud800"], [2**63], {2**63: 1}, [-(2**63) - 1], CYCLE],
    ids=lambda value: str(type(value)),
)  # fmt: skip
def test_value_without_a_type_on_the_server_is_refused(value: Any) -> None:
    """The error names the argument, and never shows the value."""
    with pytest.raises(InvalidArgument, match=r"^bin 'b' ") as caught:
        values.encode(value, "bin 'b'")
    assert caught.value.argument == "bin 'b'"
    assert "922337203685477580" not in str(caught.value)


@for_each(
    ("name", "code"),
    [(b"b", -2), (None, -2), ("", -2), ("x" * 16, 21), ("š" * 8, 21), ("a\0b", 21), ("\ud800", -2)],
)
def test_bin_name_that_cannot_be_used_is_refused(name: Any, code: int) -> None:
    """Too long a name has the server's own code, 21."""
    with pytest.raises(InvalidArgument) as caught:
        values.bin_name(name)
    assert caught.value.code == ResultCode(code)


def test_longest_bin_name_is_accepted() -> None:
    """15 bytes are allowed, whatever the letters."""
    assert values.bin_name("x" * 15) == b"x" * 15
    assert values.bin_name("š" * 7 + "x") == ("š" * 7 + "x").encode()


@for_each(
    ("kind", "data"),
    [(1, b""), (1, bytes(7)), (1, bytes(9)), (2, bytes(4)), (17, b""), (17, b"\x02"), (17, bytes(2)), (19, b""),
     (19, b"\x90"), (20, b"\x80"), (20, b"\x91"), (23, b"\0"), (23, b"\0\0\x01{}"), (20, b"\x90\x90")],
)  # fmt: skip
def test_bytes_that_are_no_value_of_their_type_are_refused(kind: int, data: bytes) -> None:
    """A wrong size or wrong content is a ProtocolError."""
    with pytest.raises(ProtocolError):
        values.decode(kind, data)


SAMPLES = [
    values.encode([1, {"a": [b"x", 1.5, None]}, "t" * 40])[1],
    values.encode(KeyOrderedDict({1: [], "b": {}}))[1],
]


@example(st.integers(0, 255), st.one_of(st.binary(max_size=60), *map(damaged, SAMPLES)))
@settings(deadline=None, max_examples=400)
def test_any_bytes_are_a_value_or_a_protocol_error(kind: int, data: bytes) -> None:
    """Nothing else is raised, for any type."""
    with contextlib.suppress(ProtocolError):
        values.decode(kind, data)


@example(st.sampled_from([19, 20, 23]), st.one_of(st.binary(max_size=60), *map(damaged, SAMPLES)))
@settings(deadline=None, max_examples=300)
def test_any_bytes_of_a_nested_type_are_a_value_or_a_protocol_error(kind: int, data: bytes) -> None:
    """Nothing else is raised for the types that are parsed."""
    with contextlib.suppress(ProtocolError):
        values.decode(kind, data)
