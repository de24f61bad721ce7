"""The partition map: reading what nodes say, and merging it."""

from __future__ import annotations

import base64
import contextlib
from typing import Any

import pytest
from cases import for_each
from hypothesis import given
from hypothesis import strategies as st

from aerospike_wire.cluster.partitions import MAX_REPLICAS, Ownership, PartitionMap, owned, parse_replicas
from aerospike_wire.errors import ProtocolError
from aerospike_wire.proto.keys import PARTITIONS

SIZE = PARTITIONS // 8


def bitmap(*pids: int) -> bytes:
    """A map with the bits of some partitions set."""
    data = bytearray(SIZE)
    for pid in pids:
        data[pid >> 3] |= 0x80 >> (pid & 7)
    return bytes(data)


def text(*pids: int) -> str:
    return base64.b64encode(bitmap(*pids)).decode()


ALL = range(PARTITIONS)


def test_bits_are_partitions() -> None:
    """The highest bit of the first byte is partition 0, the lowest of the last one 4095."""
    assert owned(bitmap()) == []
    assert owned(b"\x80" + bytes(SIZE - 1)) == [0]
    assert owned(b"\x01" + bytes(SIZE - 1)) == [7]
    assert list(owned(bytes(SIZE - 1) + b"\x01")) == [4095]
    assert owned(b"\xff" * SIZE) == list(ALL)


@given(st.sets(st.integers(0, PARTITIONS - 1), max_size=50))
def test_owned_finds_exactly_the_bits_that_are_set(pids: set[int]) -> None:
    """Any set of partitions is read back from its map, in order."""
    assert owned(bitmap(*pids)) == sorted(pids)


def test_replicas_of_several_namespaces() -> None:
    """Each namespace has its regime and one map per replica."""
    found = parse_replicas(f"test:0,2,{text(1)},{text(2)};bar:7,1,{text(3)};")
    assert found == [
        Ownership("test", 0, (bitmap(1), bitmap(2))),
        Ownership("bar", 7, (bitmap(3),)),
    ]


def test_a_node_without_namespaces() -> None:
    """No text is no claims."""
    assert parse_replicas("") == []
    assert parse_replicas(f"test:0,0;bar:0,1,{text()}") == [Ownership("test", 0, ()), Ownership("bar", 0, (bitmap(),))]


@for_each(
    "value",
    [
        "test",
        "test:",
        "test:0",
        "test:0,1",
        "test:0,2,AAAA",
        ":0,0",
        "test:x,1,AAAA",
        "test:-1,0",
        "test:0,-1",
        "test:0,1,not base64",
        "test:0,1,AAAA",
        "test:0,1,\u00e9",
        f"test:0,1,{text()}A",
        f"test:0,1,{base64.b64encode(bytes(SIZE + 1)).decode()}",
        f"test:0,{MAX_REPLICAS + 1}," + ",".join([text()] * (MAX_REPLICAS + 1)),
        f"test:0,1,{text()},{text()}",
        "test:99999999999999999999,0",
        "test:\u0661,0",
        "ERROR:4:bad",
    ],
)
def test_what_is_no_map_is_refused(value: str) -> None:
    """Text of another form, counts that lie and maps of another size are a ProtocolError."""
    with pytest.raises(ProtocolError):
        parse_replicas(value)


@given(
    st.text(max_size=80) | st.from_regex(r"[a-z]{0,4}:?[0-9]{0,3},?[0-9]{0,2},?[A-Za-z0-9+/=]{0,12};?", fullmatch=True)
)
def test_no_text_does_worse_than_be_refused(value: str) -> None:
    """Whatever a peer sends, reading it ends in claims or in a ProtocolError."""
    with contextlib.suppress(ProtocolError):
        parse_replicas(value)


def column(found: PartitionMap[str], namespace: str = "test", replica: int = 0) -> list[Any]:
    return found.tables[namespace].columns[replica]


def test_nodes_share_the_partitions() -> None:
    """Each node owns the cells that it claims; the others stay unknown."""
    found: PartitionMap[str] = PartitionMap()
    found.merge("A", [Ownership("test", 0, (bitmap(0, 1), bitmap(2)))])
    found.merge("B", [Ownership("test", 0, (bitmap(2), bitmap(0, 1)))])
    assert column(found)[:4] == ["A", "A", "B", None]
    assert column(found, replica=1)[:4] == ["B", "B", "A", None]
    assert found.holds("A")
    assert found.holds("B")
    assert not found.holds("C")


def test_a_newer_claim_replaces_an_older_one() -> None:
    """The last node that claims a partition has it."""
    found: PartitionMap[str] = PartitionMap()
    found.merge("A", [Ownership("test", 0, (bitmap(*ALL),))])
    found.merge("B", [Ownership("test", 0, (bitmap(5),))])
    assert column(found)[5] == "B"
    assert column(found).count("A") == PARTITIONS - 1


def test_a_missing_claim_clears_nothing() -> None:
    """Nodes report at different times, so that a partition stays with its owner until another claims it."""
    found: PartitionMap[str] = PartitionMap()
    found.merge("A", [Ownership("test", 0, (bitmap(5),))])
    found.merge("A", [Ownership("test", 0, (bitmap(),))])
    assert column(found)[5] == "A"


def test_older_regimes_are_ignored() -> None:
    """In a strongly consistent namespace a claim from before the last rebalance does not count."""
    found: PartitionMap[str] = PartitionMap()
    found.merge("A", [Ownership("test", 9, (bitmap(5),))])
    found.merge("B", [Ownership("test", 8, (bitmap(5, 6),))])
    assert column(found)[5:7] == ["A", "B"]
    found.merge("B", [Ownership("test", 10, (bitmap(5),))])
    assert column(found)[5] == "B"


def test_strength_is_known_from_the_regimes() -> None:
    """Only strongly consistent namespaces have regimes above 0."""
    found: PartitionMap[str] = PartitionMap()
    found.merge("A", [Ownership("test", 0, (bitmap(*ALL),)), Ownership("strong", 3, (bitmap(*ALL),))])
    assert not found.tables["test"].strong
    assert found.tables["strong"].strong


def test_more_replicas_than_before() -> None:
    """A table grows with the replication factor and does not shrink with one node's smaller claim."""
    found: PartitionMap[str] = PartitionMap()
    found.merge("A", [Ownership("test", 0, (bitmap(1),))])
    found.merge("B", [Ownership("test", 0, (bitmap(2), bitmap(1)))])
    found.merge("A", [Ownership("test", 0, (bitmap(1),))])
    assert len(found.tables["test"].columns) == 2
    assert column(found, replica=1)[1] == "B"


def test_shares_are_those_of_the_masters_as_they_are() -> None:
    """Kept until the map changes; replicas and partitions without a master do not count."""
    partitions: PartitionMap[str] = PartitionMap()
    partitions.merge("A", [Ownership("test", 0, (bitmap(0, 1, 7), bitmap(2)))])
    partitions.merge("B", [Ownership("test", 0, (bitmap(2), bitmap(0, 1, 7)))])
    table = partitions.tables["test"]
    assert table.shares() == {"A": [0, 1, 7], "B": [2]}
    assert table.shares() is table.shares()
    partitions.merge("B", [Ownership("test", 0, (bitmap(1, 2, 9), bitmap(0)))])
    assert table.shares() == {"A": [0, 7], "B": [1, 2, 9]}
