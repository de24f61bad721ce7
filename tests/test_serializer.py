"""A user's serializer by itself: what it may be, what goes through it, what it says when it fails."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest
from cases import for_each
from hypothesis import given
from hypothesis import strategies as st

from aerospike_wire import (
    CDTInfinite,
    CDTWildcard,
    Client,
    GeoJSON,
    HyperLogLog,
    KeyOrderedDict,
    RawParticle,
    Serializer,
)
from aerospike_wire import expressions as exp
from aerospike_wire import operations as ops
from aerospike_wire.errors import ParamError
from aerospike_wire.predicates import equals
from aerospike_wire.proto import msgpack, values
from aerospike_wire.proto.invalid import InvalidArgument, Unreadable

CODEC = Serializer(json.dumps, json.loads, b"J:")


async def later(value: Any) -> bytes:
    """No serializer, which has to be a plain function."""
    return bytes(value)


@for_each(
    ("wrong", "argument", "words"),
    [
        (5, "serializer", "must be a Serializer, have dumps and loads, or be a pair of both, not int"),
        (json.dumps, "serializer", "not function"),
        ((json.dumps,), "serializer", "not tuple"),
        ((json.dumps, 5), "serializer loads", "must be callable, not int"),
        ((None, json.loads), "serializer dumps", "must be callable, not NoneType"),
        ((later, json.loads), "serializer dumps", "must be a plain function"),
    ],
)
def test_what_is_no_serializer(wrong: Any, argument: str, words: str) -> None:
    """A client refuses it by name, given as an argument or among the settings."""
    for make in (
        lambda: Client("127.0.0.1:1", serializer=wrong),
        lambda: Client({"hosts": "127.0.0.1:1", "serializer": wrong}),
    ):
        with pytest.raises(ParamError) as caught:
            make()
        assert caught.value.argument == argument
        assert words in caught.value.msg


def test_prefix_is_bytes() -> None:
    """Nothing else can stand in front of bytes."""
    with pytest.raises(ParamError, match="serializer prefix must be bytes, not str"):
        Serializer(json.dumps, json.loads, "J")  # type: ignore[arg-type]


@pytest.mark.parametrize("serializer", [json, (json.dumps, json.loads), Serializer(json.dumps, json.loads)])
def test_forms(serializer: Any) -> None:
    """A module, a pair and a Serializer are the same; the client has it as a Serializer."""
    found = Client("127.0.0.1:1", serializer=serializer).serializer
    assert found is not None
    assert (found.dumps, found.loads, found.prefix) == (json.dumps, json.loads, b"")
    assert repr(found) == "Serializer(dumps, loads, b'')"


def test_no_serializer() -> None:
    """A client has none unless it is given one."""
    assert Client("127.0.0.1:1").serializer is None


def test_bytes_are_plain_blobs() -> None:
    """What ``dumps`` gives is a blob with the prefix, on its own and inside; text is UTF-8."""
    stored = msgpack.Purpose(stored=True, serializer=CODEC)
    assert values.encode((1, "é"), "v", stored) == (4, b'J:[1, "\\u00e9"]')
    assert msgpack.unpack(values.encode([(1,), {"k": (2,)}], "v", stored)[1]) == [b"J:[1]", {"k": b"J:[2]"}]
    assert Serializer(lambda _: "é", json.loads).data(()) == "é".encode()


UNTOUCHED = [
    None, True, 1, 1.5, "text", b"x", bytearray(b"x"), GeoJSON("{}"), HyperLogLog(b"h"), RawParticle(7, b"x"),
    [1, [2]], {"a": {1: b"x"}}, KeyOrderedDict({"a": 1}),
]  # fmt: skip


@for_each("value", UNTOUCHED, ids=repr)
def test_values_with_a_type_do_not_go_through_it(value: Any) -> None:
    """The bytes are the same with a serializer and without."""
    never = Serializer(lambda _: 1 / 0, lambda _: 1 / 0, b"none")
    assert values.encode(value, "v", msgpack.Purpose(serializer=never)) == values.encode(value)
    assert never.opened(value, "v") == value


@for_each("value", UNTOUCHED, ids=repr)
def test_wrap_sends_any_value_through_it(value: Any) -> None:
    """Also one that has a type on the server."""
    codec = Serializer(pickle.dumps, pickle.loads, b"P")
    kind, data = values.encode(codec.wrap(value))
    assert kind == values.Particle.BLOB
    found = codec.opened(data, "v")
    assert found == value
    assert type(found) is type(value)


def test_wrapped_values_in_arguments() -> None:
    """Operations, contexts, expressions and predicates carry the blob that the value becomes."""
    wrapped, blob = CODEC.wrap((1, 2)), b"J:[1, 2]"
    assert ops.write("b", wrapped) == ops.write("b", blob)
    assert ops.list_append_items("b", [1, wrapped]) == ops.list_append_items("b", [1, blob])
    assert ops.map_put("b", "k", {"in": wrapped}) == ops.map_put("b", "k", {"in": blob})
    assert ops.map_get_by_value("b", wrapped, 7) == ops.map_get_by_value("b", blob, 7)
    assert ops.list_size("b", [ops.cdt_ctx_list_value(wrapped)]) == ops.list_size("b", [ops.cdt_ctx_list_value(blob)])
    assert exp.Eq(exp.BlobBin("b"), wrapped) == exp.Eq(exp.BlobBin("b"), blob)
    assert exp.Val([wrapped]) == exp.Val([blob])
    assert equals("b", wrapped) == equals("b", blob)
    assert repr(ops.write("b", wrapped)) == "write('b', Serialized(tuple))"


@for_each(
    ("dumps", "words"),
    [
        (lambda _: 1 / 0, "holds a value of type Point for which the serializer failed with ZeroDivisionError"),
        (lambda _: 5, "holds a value of type Point of which the serializer made int, not bytes"),
        (lambda _: None, "of which the serializer made NoneType, not bytes"),
        (lambda _: "\ud800", "for which the serializer failed with UnicodeEncodeError"),
    ],
)
def test_dumps_that_fails(dumps: Any, words: str) -> None:
    """The error names the argument and the value's type, says nothing of the value, and keeps its cause."""

    class Point:
        def __repr__(self) -> str:
            return "secret"

    purpose = msgpack.Purpose(stored=True, serializer=Serializer(dumps, json.loads))
    for value, place in ((Point(), ""), ([1, {"k": [Point()]}], " (at [1][...][0])")):
        with pytest.raises(InvalidArgument) as caught:
            values.encode(value, "bin 'p'", purpose)
        assert caught.value.argument == "bin 'p'"
        assert words in str(caught.value)
        assert str(caught.value).endswith(place)
        assert "secret" not in str(caught.value)
    with pytest.raises(ParamError) as refused:
        ops.list_append("p", Serializer(dumps, json.loads).wrap(Point()))
    assert refused.value.argument == "value"
    assert refused.value.msg.startswith("value for bin 'p' holds a value of type Point ")
    assert words in refused.value.msg
    assert type(refused.value.__cause__) is type(caught.value.__cause__)


def test_wildcard_is_no_value_to_be_serialized() -> None:
    """What stands for other values is refused with a serializer as without."""
    stored = msgpack.Purpose(stored=True, serializer=CODEC)
    for value in (CDTWildcard(), CDTInfinite()):
        with pytest.raises(InvalidArgument, match=r"cannot be stored \(at \[0\]\)"):
            values.encode([value], "v", stored)
        with pytest.raises(InvalidArgument, match="has type CDT"):
            values.encode(value, "v", stored)


def test_loads_that_fails() -> None:
    """The error names the bin and keeps its cause; blobs without the prefix are left alone."""
    assert CODEC.bins({"a": b"{", "b": [b"", {"k": b"x"}]}) == {"a": b"{", "b": [b"", {"k": b"x"}]}
    with pytest.raises(Unreadable, match="bin 'b' holds a blob for which the serializer failed with JSON") as caught:
        CODEC.bins({"a": b"J:1", "b": [{"k": b"J:{"}]})
    assert caught.value.bin == "b"
    assert isinstance(caught.value.__cause__, json.JSONDecodeError)


NESTED = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text() | st.binary() | st.dates() | st.complex_numbers(allow_nan=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(-(2**63), 2**63 - 1), inner) | st.tuples(inner),
    max_leaves=20,
)  # fmt: skip


@given(NESTED)
def test_any_nested_value_comes_back(value: Any) -> None:
    """Whatever pickles, as far as the server has no type for it, wherever it is; and the rest as it was."""
    codec = Serializer(pickle.dumps, pickle.loads, b"\x00pickled by the test\x00")
    kind, data = values.encode(value, "v", msgpack.Purpose(stored=True, serializer=codec))
    found = codec.opened(values.decode(kind, data), "v")
    assert found == value
    assert type(found) is type(value)
