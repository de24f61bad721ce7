"""What nodes say about their cluster, as nobody should say it: parsed, or a ProtocolError."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any

import pytest
from cases import for_each
from hypothesis import given
from hypothesis import strategies as st

from aerospike_wire.cluster.partitions import MAX_REPLICAS, PartitionMap, parse_replicas
from aerospike_wire.cluster.peers import Peer, parse_addresses, parse_peers, parse_racks
from aerospike_wire.errors import ProtocolError
from aerospike_wire.proto import info

if TYPE_CHECKING:
    from collections.abc import Callable

PARSERS: list[Callable[[str], Any]] = [parse_replicas, parse_peers, parse_racks, parse_addresses]
PIECES = st.sampled_from(
    ["test", "bar", ":", ",", ";", "[", "]", "0", "1", "3000", "99999", "-1", "BB9", "10.0.0.1", "::1", "fe80::1%eth0",
     "\t", "\n", "=", "ERROR:4:no", "A" * 683 + "8=", "/" * 683 + "8=", "é", "\0", " "]
)  # fmt: skip
NEAR = st.lists(PIECES, max_size=30).map("".join)


@pytest.mark.parametrize("parse", PARSERS)
@given(text=st.one_of(st.text(max_size=200), NEAR))
def test_any_text(parse: Callable[[str], Any], text: str) -> None:
    """Any text is taken apart or refused, and gives no more than it holds."""
    try:
        found = parse(text)
    except ProtocolError:
        return
    assert len(repr(found)) < 100 * len(text) + 1000


@given(body=st.one_of(st.binary(max_size=300), NEAR.map(str.encode)))
def test_any_reply(body: bytes) -> None:
    """Any bytes are lines, or refused; every line's error is understood or none."""
    try:
        rows = info.parse(body)
    except ProtocolError:
        return
    for _, value in rows:
        info.error_of(value)


@for_each(
    "text",
    [
        "1,3000," + "[" * 100_000,
        "1,3000,[" + "[a,,[b]]," * 50_000,
        "1,3000,[[a,,[" + "h:1," * 100_000,
        "1,3000,[[a,,[" + "[::1]:" * 50_000,
        ":" * 200_000,
        ("test:1;" * 100_000) + "x",
        "test:0,8," + ",".join(["A" * 684] * 8) + ";" + "x" * 200_000,
    ],
)
def test_long_texts_take_no_long_time(text: str) -> None:
    """However a text is made, the time it takes grows with its length and no faster."""
    for parse in PARSERS:
        begun = time.process_time()
        with contextlib.suppress(ProtocolError):
            parse(text)
        assert time.process_time() - begun < 5


def test_claims_of_many_maps() -> None:
    """More maps than there can be replicas are refused before any is decoded."""
    with pytest.raises(ProtocolError, match="claim"):
        parse_replicas(f"test:0,{MAX_REPLICAS + 1}," + ",".join(["x"] * (MAX_REPLICAS + 1)))
    with pytest.raises(ProtocolError):
        parse_replicas("test:0,999999999999999999,x")


@for_each(
    ("text", "racks"), [("", {}), ("test:1", {"test": 1}), ("test:1;bar:0", {"test": 1, "bar": 0}), ("t:7;", {"t": 7})]
)
def test_racks(text: str, racks: dict[str, int]) -> None:
    """The rack of each namespace."""
    assert parse_racks(text) == racks


@for_each("text", ["test", ":1", "test:x", "test:-1", "test:²", "test:99999999999", "test:1,bar:2"])
def test_racks_that_are_none(text: str) -> None:
    """Anything else is refused."""
    with pytest.raises(ProtocolError):
        parse_racks(text)


def test_addresses() -> None:
    """A node's own addresses, IPv6 ones in brackets."""
    assert parse_addresses("10.0.0.1:3000,[2001:db8::1]:4000,db:1") == [
        ("10.0.0.1", 3000),
        ("2001:db8::1", 4000),
        ("db", 1),
    ]
    assert parse_addresses("") == []
    for bad in ("h", "h:0", "h:65536", ":3000", "h:x"):
        with pytest.raises(ProtocolError):
            parse_addresses(bad)


def test_peers_with_tls_names() -> None:
    """The name in a peer's certificate comes with its addresses."""
    assert parse_peers("12,4333,[[A1,clusternode,[10.0.0.7,10.1.0.7:4444]]]") == (
        "12",
        [Peer("A1", (("10.0.0.7", 4333), ("10.1.0.7", 4444)), "clusternode")],
    )


def test_a_claim_takes_partitions_from_others() -> None:
    """Whoever loses a partition is named, so that it can be asked anew; an older regime takes nothing."""
    whole = "/" * 682 + "8="
    one = "gA" + "A" * 680 + "A="
    table: PartitionMap[str] = PartitionMap()
    assert table.merge("A", parse_replicas(f"test:0,1,{whole}")) == []
    assert table.merge("B", parse_replicas(f"test:0,1,{one}")) == ["A"]
    assert table.tables["test"].columns[0][:2] == ["B", "A"]
    assert table.merge("B", parse_replicas(f"test:0,1,{one}")) == []
    table.merge("A", parse_replicas(f"sc:5,1,{whole}"))
    assert table.merge("B", parse_replicas(f"sc:4,1,{one}")) == []
    assert table.tables["sc"].columns[0][0] == "A"
    assert table.merge("B", parse_replicas(f"sc:6,1,{one}")) == ["A"]
