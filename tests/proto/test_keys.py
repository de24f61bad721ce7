"""Digests, partitions and keys."""

from __future__ import annotations

from typing import Any

import pytest
from cases import for_each
from hypothesis import given as example
from hypothesis import settings
from hypothesis import strategies as st
from strategies import INTEGERS, TEXTS
from vectors import given, names, vector

from aerospike_wire.errors import ResultCode
from aerospike_wire.proto import keys
from aerospike_wire.proto.invalid import InvalidArgument
from aerospike_wire.types import Key


def user_key(tagged: dict[str, Any]) -> Any:
    """A vector's user key."""
    (kind, value), *_ = tagged.items()
    return bytearray.fromhex(value) if kind == "blob" else value


@for_each("name", names("digest/"))
def test_digests_and_partitions_are_the_official_clients(name: str) -> None:
    """Every type of key has the digest and the partition that the official client computes."""
    asked = given(name)
    found = keys.digest(asked["set"], user_key(asked["key"]))
    assert found == vector(name)
    assert keys.partition_id(found) == asked["partition_id"]


@example(st.one_of(INTEGERS, TEXTS, st.binary(max_size=50).map(bytearray)))
@settings(deadline=None, max_examples=100)
def test_user_keys_come_back_from_the_key_field(value: Any) -> None:
    """Reading the KEY field's bytes gives the user key."""
    found = keys.read_key_particle(keys.key_particle(value))
    assert found == value
    assert type(found) is type(value)


@example(st.binary(max_size=40))
@settings(deadline=None, max_examples=100)
def test_any_bytes_of_a_key_field_are_read(data: bytes) -> None:
    """A key of an unknown type, or one that is cut off, comes back as bytes: the digest is the address."""
    assert isinstance(keys.read_key_particle(data), int | str | bytes | bytearray | None)


def test_bytearray_and_subclasses_are_keys_of_their_base_type() -> None:
    """What behaves like text or an integer has the digest of its plain twin; bytes count as text."""

    class Name(str):
        __slots__ = ()

    class Number(int):
        pass

    assert keys.digest("s", b"x") == keys.digest("s", "x") != keys.digest("s", bytearray(b"x"))
    assert keys.digest("s", Name("x")) == keys.digest("s", "x")
    assert keys.digest("s", Number(5)) == keys.digest("s", 5)


def test_resolved_key_has_its_digest_and_the_fields_of_its_place() -> None:
    """A plain tuple becomes a Key with a digest; namespace and set are packed for requests."""
    key, place = keys.resolve(("test", "demo", "k1"))
    assert key == Key("test", "demo", "k1", vector("digest/00"))
    assert place.fields == b"\0\0\0\5\0test\0\0\0\5\1demo"
    assert place.set == b"demo"


def test_digest_that_is_given_is_kept() -> None:
    """A key of four parts is addressed by its digest, with or without a user key."""
    digest = bytes(range(20))
    assert keys.resolve(("test", None, None, bytearray(digest)))[0] == Key("test", None, None, digest)
    assert keys.resolve(("test", "s", "other", digest))[0].digest == digest


WRONG: list[tuple[Any, str]] = [
    (["test", "s", 1], "key"),
    (("test", "s"), "key"),
    (("test", "s", 1, None, None), "key"),
    (("test", "s", None), "key"),
    (("test", "s", None, None), "key"),
    (("test", "s", 1.5), "key"),
    (("test", "s", True), "key"),
    (("test", "s", 2**63), "key"),
    (("test", "s", -(2**63) - 1), "key"),
    (("test", "s", "\ud800"), "key"),
    (("test", "s", None, "x" * 20), "key"),
    (("test", "s", None, b"x" * 19), "key"),
    (("test", "s", 1.5, b"x" * 20), "key"),
    ((b"test", "s", 1), "namespace"),
    (("", "s", 1), "namespace"),
    (("n" * 32, "s", 1), "namespace"),
    (("\ud800", "s", 1), "namespace"),
    (([], "s", 1), "namespace"),
    (("test", 5, 1), "set"),
    (("test", "s" * 64, 1), "set"),
    (("test", "š" * 32, 1), "set"),
    (("test", {}, 1), "set"),
]


@for_each(("key", "argument"), WRONG)
def test_key_that_cannot_be_used_is_refused_by_part(key: Any, argument: str) -> None:
    """The error names the part of the key that is wrong."""
    with pytest.raises(InvalidArgument) as caught:
        keys.resolve(key)
    assert caught.value.argument == argument


def test_longest_names_are_accepted() -> None:
    """31 bytes of namespace and 63 bytes of set are allowed."""
    assert keys.resolve(("n" * 31, "s" * 63, 1))[0].digest == keys.digest("s" * 63, 1)


def test_empty_namespace_has_the_code_that_the_official_client_gives_it() -> None:
    """An empty namespace is one that does not exist, 20."""
    with pytest.raises(InvalidArgument) as caught:
        keys.resolve(("", "s", 1))
    assert caught.value.code == ResultCode.NAMESPACE_NOT_FOUND


def test_no_set_and_an_empty_set_are_the_same() -> None:
    """None and "" have the same digest and the same fields."""
    assert keys.resolve(("test", None, 7))[0].digest == keys.resolve(("test", "", 7))[0].digest
    assert keys.resolve(("test", None, 7))[1].fields == keys.resolve(("test", "", 7))[1].fields
