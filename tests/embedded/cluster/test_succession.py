"""Who stands for a partition, held against the partition maps of a real cluster."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path

from aerospike_wire.embedded.cluster.succession import fnv, successions
from aerospike_wire.proto.keys import PARTITIONS

DATA = Path(__file__).parents[2] / "data" / "connect.jsonl.gz"


def recorded_maps() -> dict[int, list[bytes]]:
    """The maps that nodes B1, B2 and B3 of a real cluster gave, by connection."""
    with gzip.open(DATA, "rt", encoding="utf-8") as lines:
        scenario = next(row for row in map(json.loads, lines) if row["name"].endswith("three_nodes"))
    found = {}
    for exchange in scenario["exchange"]:
        _, mark, value = bytes.fromhex(exchange["response"]).partition(b"replicas\ttest:0,2,")
        if mark:
            found[exchange["conn"]] = [base64.b64decode(text) for text in value.strip().split(b",")]
    return found


def has(bitmap: bytes | bytearray, pid: int) -> bool:
    return bool(bitmap[pid >> 3] & 0x80 >> (pid & 7))


def test_order_is_that_of_a_real_cluster() -> None:
    maps = recorded_maps()
    assert len(maps) == 3
    for pid, order in enumerate(successions(["B1", "B2", "B3"])):
        for column in (0, 1):
            assert [node for node in range(3) if has(maps[node][column], pid)] == [order[column]]


def test_a_node_that_leaves_moves_only_its_own_partitions() -> None:
    before = successions(["A1", "A2", "A3", "A4"])
    after = successions(["A1", "A2", "A3"])
    for pid in range(PARTITIONS):
        assert after[pid] == tuple(place for place in before[pid] if place != 3)


def test_partitions_are_spread_over_the_nodes() -> None:
    masters = [order[0] for order in successions([f"BB900000000000{number}" for number in range(1, 6)])]
    for place in range(5):
        assert 0.8 < masters.count(place) * 5 / PARTITIONS < 1.2


def test_hash_of_nothing_and_of_a_letter() -> None:
    # The values that the authors of the hash publish.
    assert fnv(b"") == 0xCBF29CE484222325
    assert fnv(b"a") == 0xAF63DC4C8601EC8C
