"""Single-record commands, judged by what a real node answered."""

from __future__ import annotations

from typing import Any

import pytest
from cases import for_each
from wire import (
    GET_ALL,
    NO_BINS,
    READ,
    RESPOND_ALL,
    WRITE,
    Wire,
    bins_of,
    command,
    get,
    op,
    put,
    remove,
)

from aerospike_wire.embedded import Clock, EmbeddedServer, NamespaceConfig
from aerospike_wire.proto.fields import Field
from aerospike_wire.proto.message import Op, OpCode


def test_stored_key_decides(wire: Wire) -> None:
    """A record with a stored key refuses requests with another key by 19, and keeps its key."""
    mine, other = {Field.KEY: b"\x031"}, {Field.KEY: b"\x032"}
    assert wire.ask(put("k", {"a": 1}, extra=mine)).result == 0
    assert wire.ask(put("k", {"a": 2})).result == 0
    for request in (get("k", extra=other), put("k", {"a": 3}, extra=other)):
        reply = wire.ask(request)
        assert (reply.result, reply.header.generation) == (19, 2)
    assert wire.ask(remove("k", extra=other)).result == 19
    right = wire.ask(get("k", extra=mine))
    assert right.result == 0
    assert right.fields == {}


def test_integer_key_has_eight_bytes(wire: Wire) -> None:
    """A write that sends an integer key of another size is refused with 16."""
    assert wire.ask(put(1, {"a": 1}, extra={Field.KEY: b"\x01\x00\x01"})).result == 16


@for_each(("ttl", "code"), [(0, 0), (100, 22), (315_360_000, 22), (315_360_001, 4), (0xFFFFFFFF, 0), (0xFFFFFFFE, 0)])
def test_namespace_that_expires_nothing(wire: Wire, ttl: int, code: int) -> None:
    """Without expiry a TTL is refused with 22, and the special values are taken."""
    assert wire.ask(put(ttl, {"a": 1}, ttl=ttl)).result == code


def test_expiry_follows_the_clock(server: EmbeddedServer, wire: Wire) -> None:
    """A record with a TTL tells when it expires and is gone once the node's time has passed that."""
    reply = wire.ask(put(1, {"a": 1}, ttl=100, namespace="bar"))
    assert abs(reply.header.record_ttl - (server.clock.seconds() + 100)) <= 1
    kept = wire.ask(put(1, {"b": 1}, ttl=0xFFFFFFFE, namespace="bar"))
    assert kept.header.record_ttl == reply.header.record_ttl
    server.clock.advance(101)
    assert wire.ask(get(1, namespace="bar")).result == 2


def test_a_record_lives_through_the_second_in_which_it_expires() -> None:
    """A server compares whole seconds, and drops a record once its last one is over."""
    clock = Clock(source=lambda: 1_800_000_000.5)
    with EmbeddedServer(namespaces=["test"], clock=clock) as server, Wire(server) as wire:
        wire.ask(put(1, {"a": 1}, ttl=10))
        clock.advance(10)
        assert wire.ask(get(1)).result == 0
        clock.advance(1)
        assert wire.ask(get(1)).result == 2


def test_a_read_at_the_threshold_renews() -> None:
    """A record whose time left is just the percentage asked for is renewed, as on a server."""
    clock = Clock(source=lambda: 1_800_000_000.5)
    with EmbeddedServer(namespaces=["test"], clock=clock) as server, Wire(server) as wire:
        first = wire.ask(put(1, {"a": 1}, ttl=10)).header.record_ttl
        clock.advance(5)
        wire.ask(get(1, ttl=50))
        assert wire.ask(get(1)).header.record_ttl == first + 5


@for_each("code", [OpCode.INCREMENT, OpCode.APPEND, OpCode.PREPEND])
@for_each("held", [1, "a", [1], None])
def test_a_change_by_nothing_is_no_question_of_types(wire: Wire, code: int, held: Any) -> None:
    """An operand of no bin's type is refused with 4, whatever the bin holds."""
    wire.ask(put(1, {"b": held, "other": 1}))
    assert wire.ask(command(1, info2=WRITE, ops=[op(code, "b", None)])).result == 4


def test_write_with_the_default_ttl_makes_a_record_permanent(wire: Wire) -> None:
    """A TTL of 0 applies the namespace's default, which is never."""
    wire.ask(put(1, {"a": 1}, ttl=100, namespace="bar"))
    assert wire.ask(put(1, {"a": 1}, namespace="bar")).header.record_ttl == 0


def test_default_ttl_of_the_namespace() -> None:
    """Writes that ask for the default get the namespace's TTL."""
    with EmbeddedServer(namespaces=["test,default-ttl=60"]) as server, Wire(server) as wire:
        reply = wire.ask(put(1, {"a": 1}))
        assert abs(reply.header.record_ttl - (server.clock.seconds() + 60)) <= 1
        assert wire.ask(put(1, {"a": 1}, ttl=0xFFFFFFFF)).header.record_ttl == 0


def test_reading_renews_a_ttl(server: EmbeddedServer, wire: Wire) -> None:
    """A read with a touch percentage renews the TTL once less than that share of it is left."""
    first = wire.ask(put(1, {"a": 1}, ttl=1000, namespace="bar")).header
    wire.ask(get(1, namespace="bar", ttl=80))
    assert wire.ask(get(1, namespace="bar")).header.record_ttl == first.record_ttl
    server.clock.advance(300)
    reply = wire.ask(get(1, namespace="bar", ttl=80)).header
    assert reply.record_ttl == first.record_ttl
    later = wire.ask(get(1, namespace="bar")).header
    assert abs(later.record_ttl - first.record_ttl - 300) <= 1
    assert later.generation == first.generation


@pytest.mark.parametrize("percent", [101, 0xFFFFFFFE])
def test_impossible_touch_percentage(wire: Wire, percent: int) -> None:
    """A touch percentage out of range is refused with 4, if the record has a TTL."""
    wire.ask(put(1, {"a": 1}, ttl=1000, namespace="bar"))
    assert wire.ask(get(1, namespace="bar", ttl=percent)).result == 4


def test_record_size_has_a_limit() -> None:
    """A record larger than the namespace allows is refused with 13 and stays as it was."""
    config = NamespaceConfig("test", max_record_size=1000)
    with EmbeddedServer(namespaces=[config]) as server, Wire(server) as wire:
        wire.ask(put(1, {"a": 1}))
        reply = wire.ask(put(1, {"b": b"x" * 1000}))
        assert (reply.result, reply.header.generation) == (13, 1)
        assert bins_of(wire.ask(get(1))) == {"a": 1}


def test_last_bin_takes_the_place_of_a_deleted_one(wire: Wire) -> None:
    """Deleting a bin moves the last one into its place, as servers do."""
    wire.ask(put(1, {"a": 1, "b": 2, "c": 3, "d": 4}))
    wire.ask(put(1, {"b": None}))
    assert list(bins_of(wire.ask(get(1)))) == ["a", "d", "c"]
    wire.ask(put(1, {"c": None}))
    assert list(bins_of(wire.ask(get(1)))) == ["a", "d"]


def test_failing_operation_undoes_the_others(wire: Wire) -> None:
    """If one operation of a message fails, none of them has happened."""
    wire.ask(put(1, {"a": 1, "s": "x"}))
    ops = [op(OpCode.WRITE, "a", 2), op(OpCode.INCREMENT, "s", 1)]
    reply = wire.ask(command(1, info2=WRITE, ops=ops))
    assert (reply.result, reply.header.generation) == (12, 1)
    assert bins_of(wire.ask(get(1))) == {"a": 1, "s": "x"}


def test_reads_before_the_record_goes_are_answered(wire: Wire) -> None:
    """A message that reads and then deletes all bins answers what it read."""
    wire.ask(put(1, {"a": 7}))
    ops = [op(OpCode.READ, "a"), op(OpCode.DELETE_ALL)]
    reply = wire.ask(command(1, info1=READ, info2=WRITE, ops=ops))
    assert (reply.result, reply.header.generation) == (0, 0)
    assert bins_of(reply) == {"a": 7}
    assert wire.ask(get(1)).result == 2


def test_touch_is_not_answered_even_among_all_operations(wire: Wire) -> None:
    """With an answer for each operation wanted, a touch still gives none."""
    wire.ask(put(1, {"a": 7}))
    ops = [op(OpCode.TOUCH), op(OpCode.READ, "a"), op(OpCode.WRITE, "b", 1)]
    reply = wire.ask(command(1, info1=READ, info2=WRITE | RESPOND_ALL, ops=ops))
    assert [(item.code, item.bin) for item in reply.ops] == [(1, "a"), (2, "b")]


def test_generations_wrap(server: EmbeddedServer, wire: Wire) -> None:
    """After generation 65535 comes 1."""
    wire.ask(put(1, {"a": 1}))

    def age() -> None:
        (record,) = server.node.namespaces["test"].records.values()
        record.generation = 0xFFFF

    server.call(age)
    assert wire.ask(put(1, {"a": 2})).header.generation == 1


def test_points_come_back_with_their_cell(wire: Wire) -> None:
    """A GeoJSON point is stored with its S2 cell, the same as a server computes."""
    text = b'{"type": "Point", "coordinates": [-122.4, 37.8]}'
    wire.ask(command(1, info2=WRITE, ops=[Op(2, b"g", 23, b"\x00\x00\x00" + text).pack()]))
    (item,) = wire.ask(get(1)).ops
    assert item.data == b"\x00\x00\x01" + bytes.fromhex("8085805f0d32c5bf") + text


@for_each(
    "text",
    [
        "",
        "not json",
        "[]",
        "{}",
        '{"type": "Nope"}',
        '{"type": "Point", "coordinates": [0, 95]}',
        '{"type": "Point", "coordinates": [0]}',
        '{"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [0, 0]]]}',
        '{"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1]]]}',
        '{"type": "AeroCircle", "coordinates": [[0, 0], "1"]}',
    ],
)
def test_bad_geojson(wire: Wire, text: str) -> None:
    """What is no place on Earth is refused with 160."""
    data = b"\x00\x00\x00" + text.encode()
    assert wire.ask(command(1, info2=WRITE, ops=[Op(2, b"g", 23, data).pack()])).result == 160


def test_header_read_of_many_flags(wire: Wire) -> None:
    """Asking for no bins wins over asking for all."""
    wire.ask(put(1, {"a": 1}))
    assert wire.ask(command(1, info1=READ | GET_ALL | NO_BINS)).ops == []
