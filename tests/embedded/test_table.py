"""Records by partition, and the hash of texts."""

from __future__ import annotations

from cases import for_each

from aerospike_wire.embedded.store import StoredRecord
from aerospike_wire.embedded.table import Records
from aerospike_wire.embedded.wyhash import wyhash64
from aerospike_wire.proto.keys import digest, partition_id


def record(number: int, set_name: str = "s") -> StoredRecord:
    return StoredRecord(digest(set_name, number), set_name.encode(), {})


def test_partitions_and_sets() -> None:
    """Records are found by partition, the largest digest first, and counted by set."""
    records = Records()
    changed: set[bytes] = set()
    for number in range(300):
        found = record(number, "s" if number % 3 else "t")
        records[found.digest] = found
    records.watch(changed)
    assert sorted(each for pid in records.partitions() for each in records.of(pid)) == sorted(records)
    for pid in records.partitions():
        assert list(records.ordered(pid)) == sorted(records.of(pid), reverse=True)
        assert {partition_id(each) for each in records.of(pid)} == {pid}
    assert records.sets == {b"s": 200, b"t": 100}
    assert changed == set()
    gone = record(1)
    del records[gone.digest]
    assert gone.digest not in records.ordered(partition_id(gone.digest))
    assert (changed, records.sets[b"s"]) == ({gone.digest}, 199)
    records.drop(partition_id(record(2).digest))
    assert record(2).digest not in records
    records.clear()
    assert (len(records), list(records.partitions())) == (0, [])
    records.unwatch(changed)
    seen = set(changed)
    records[gone.digest] = gone
    assert changed == seen


@for_each(
    ("start", "size", "value"),
    [
        (0, 1, 0x28CB0012CE6C2A4A),
        (2, 3, 0x67AFA28E312F46B5),
        (3, 4, 0x77C04C82605324E9),
        (10, 16, 0xCA419EF127D9E676),
        (11, 17, 0xE64AB9C99A3E1287),
        (17, 48, 0xFFB7EBA355AD8A15),
        (18, 49, 0xF12E87DC27D3EF7D),
        (22, 97, 0x26EC6D7989EDDCD6),
        (26, 200, 0x4B0F64FFF75CC8A9),
    ],
)
def test_hashes_are_those_of_a_server(start: int, size: int, value: int) -> None:
    """Blobs are indexed under the values that a server tells with the rows of a query."""
    assert wyhash64(bytes((place * 7 + start) % 256 for place in range(size))) == value
