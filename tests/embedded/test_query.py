"""Scans and queries."""

from __future__ import annotations

import struct
import time
from typing import TYPE_CHECKING

import pytest
from cases import for_each
from wire import (
    NO_BINS,
    READ,
    RESPOND_ALL,
    WRITE,
    Wire,
    bins_of,
    equal,
    get,
    integers,
    op,
    put,
    query,
)

from aerospike_wire.proto import keys
from aerospike_wire.proto.fields import Field
from aerospike_wire.proto.message import OpCode, read_messages

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aerospike_wire.embedded import EmbeddedServer
    from aerospike_wire.proto.message import Message

COUNT = 40


@pytest.fixture
def filled(wire: Wire) -> Wire:
    """A connection to a node with forty records in the set and one outside it."""
    wire.ask(put("other", {"a": 1}, set_name="other"))
    for number in range(COUNT):
        extra = {Field.KEY: b"\x01" + struct.pack(">q", number)} if number % 2 else None
        bins = {"a": number, "s": f"s{number % 4}", "l": [number, "x"], "m": {f"k{number}": number}}
        wire.ask(put(number, {**bins, "b": bytes((number,))}, extra=extra))
    return wire


def numbers(messages: Iterable[Message]) -> list[int]:
    """Bin a of each record."""
    return [bins_of(message)["a"] for message in messages if message.fields]


def test_scan_of_a_set(filled: Wire) -> None:
    """All records of the set come, with namespace, digest, set and the key where one is stored."""
    messages, _ = filled.stream(query())
    assert sorted(numbers(messages)) == list(range(COUNT))
    for message in messages[:-1]:
        number = bins_of(message)["a"]
        expected = {Field.NAMESPACE: b"test", Field.DIGEST: keys.digest("demo", number), Field.SET: b"demo"}
        if number % 2:
            expected[Field.KEY] = b"\x01" + struct.pack(">q", number)
        assert message.fields == expected
    assert messages[-1].last
    assert messages[-1].result == 0


def test_scan_of_a_namespace(filled: Wire) -> None:
    """Without a set the whole namespace is visited."""
    messages, _ = filled.stream(query({Field.SET: b""}))
    assert len(messages) == COUNT + 2


def test_scan_of_an_unknown_set(filled: Wire) -> None:
    """A set without records is empty, not an error."""
    messages, _ = filled.stream(query({Field.SET: b"nobody"}))
    assert [(message.last, message.result) for message in messages] == [(True, 0)]


def test_only_the_partitions_asked_for(filled: Wire) -> None:
    """Each record is found in its partition and in no other."""
    wanted = keys.partition_id(keys.digest("demo", 7))
    messages, _ = filled.stream(query(partitions=[wanted]))
    assert 7 in numbers(messages)
    messages, _ = filled.stream(query(partitions=[pid for pid in range(4096) if pid != wanted]))
    assert 7 not in numbers(messages)


def test_scan_without_bins(filled: Wire) -> None:
    """Metadata alone is marked as such."""
    messages, _ = filled.stream(query(info1=READ | NO_BINS))
    assert len(messages) == COUNT + 1
    assert all(message.header.info1 == NO_BINS and not message.ops for message in messages[:-1])


def test_selected_bins(filled: Wire) -> None:
    """Records that have none of the selected bins are left out, unless every operation is answered."""
    filled.ask(put("bare", {"z": 1}))
    ops = [op(OpCode.READ, "z"), op(OpCode.READ, "nope")]
    messages, _ = filled.stream(query(ops=ops))
    assert [bins_of(message) for message in messages] == [{"z": 1}, {}]
    messages, _ = filled.stream(query(ops=ops, info2=RESPOND_ALL))
    assert len(messages) == COUNT + 2


def test_limit_and_resume(filled: Wire) -> None:
    """A scan goes on behind the last record of each partition, and gets every record once."""
    found: list[bytes] = []
    behind: dict[int, bytes] = {}
    while True:
        pids = [pid for pid in range(4096) if pid not in behind]
        fields = {Field.MAX_RECORDS: struct.pack(">Q", 7)}
        if behind:
            fields[Field.DIGEST_ARRAY] = b"".join(behind.values())
        messages, _ = filled.stream(query(fields, partitions=pids))
        page = [message.fields[Field.DIGEST] for message in messages[:-1]]
        assert len(page) <= 7
        found += page
        behind.update({keys.partition_id(digest): digest for digest in page})
        if len(page) < 7:
            break
    assert len(found) == len(set(found)) == COUNT


def test_order_within_a_partition(wire: Wire) -> None:
    """A scan walks down the digests of a partition."""
    partition, same = crowd()
    for number in same:
        wire.ask(put(number, {"a": number}))
    messages, _ = wire.stream(query(partitions=[partition]))
    digests = [message.fields[Field.DIGEST] for message in messages[:-1]]
    assert len(digests) == len(same) > 3
    assert digests == sorted(digests, reverse=True)


def test_filter(filled: Wire) -> None:
    """Only records for which the expression is true come; limits count after it."""
    over_30 = bytes.fromhex("9303935102a1611e")
    messages, _ = filled.stream(query({Field.FILTER: over_30, Field.MAX_RECORDS: struct.pack(">Q", 5)}))
    assert len(messages) == 6
    assert min(numbers(messages)) > 30
    missing_bin = bytes.fromhex("9303935102a17a1e")
    messages, _ = filled.stream(query({Field.FILTER: missing_bin}))
    assert len(messages) == 1


def crowd() -> tuple[int, list[int]]:
    """A partition in which several of the first few thousand keys are, and those keys."""
    places: dict[int, list[int]] = {}
    for number in range(9000):
        places.setdefault(keys.partition_id(keys.digest("demo", number)), []).append(number)
    return max(places.items(), key=lambda item: len(item[1]))


def index(wire: Wire, name: str, bin_name: str, kind: str, index_type: str | None = None) -> None:
    """Make an index."""
    where = f";indextype={index_type}" if index_type else ""
    line = f"sindex-create:namespace=test;set=demo;indexname={name}{where};bin={bin_name};type={kind}"
    assert wire.info(line)[line] == "ok"


@for_each(
    ("definition", "fields", "wanted"),
    [
        (("a", "NUMERIC"), {Field.INDEX_RANGE: integers("a", 3, 6)}, [3, 4, 5, 6]),
        (("a", "NUMERIC"), {Field.INDEX_RANGE: integers("a", 7, 7)}, [7]),
        (("a", "NUMERIC"), {Field.INDEX_RANGE: integers("a", 100, 200)}, []),
        (("a", "NUMERIC"), {Field.INDEX_RANGE: integers("", 3, 6), Field.INDEX_NAME: b"ix"}, [3, 4, 5, 6]),
        (("s", "STRING"), {Field.INDEX_RANGE: equal("s", 3, b"s1")}, list(range(1, COUNT, 4))),
        (("b", "BLOB"), {Field.INDEX_RANGE: equal("b", 4, b"\x05")}, [5]),
        (
            ("l", "NUMERIC", "LIST"),
            {Field.INDEX_TYPE: b"\x01", Field.INDEX_RANGE: integers("l", 8, 9)},
            [8, 9],
        ),
        (("m", "STRING", "MAPKEYS"), {Field.INDEX_TYPE: b"\x02", Field.INDEX_RANGE: equal("m", 3, b"k9")}, [9]),
        (
            ("m", "NUMERIC", "MAPVALUES"),
            {Field.INDEX_TYPE: b"\x03", Field.INDEX_RANGE: integers("m", 30, 31)},
            [30, 31],
        ),
    ],
)
def test_index_query(filled: Wire, definition: tuple[str, ...], fields: dict[int, bytes], wanted: list[int]) -> None:
    """An index finds the records whose value is in the range, and says by which."""
    filled.info("sindex-delete:namespace=test;indexname=ix")
    index(filled, "ix", *definition)
    messages, _ = filled.stream(query(fields))
    assert sorted(numbers(messages)) == wanted
    assert all(len(message.fields[Field.BVAL_ARRAY]) == 8 for message in messages[:-1])
    if definition[1] == "NUMERIC":
        assert [struct.unpack("<q", message.fields[Field.BVAL_ARRAY])[0] for message in messages[:-1]] == numbers(
            messages
        )


def test_index_query_resumes_behind_value_and_digest(wire: Wire) -> None:
    """Within a partition an index query walks up the values, and goes on behind the one named."""
    partition, same = crowd()
    for number in same:
        wire.ask(put(number, {"a": number}))
    index(wire, "ix", "a", "NUMERIC")
    everything = {Field.INDEX_RANGE: integers("a", 0, 10_000)}
    messages, _ = wire.stream(query(everything, partitions=[partition]))
    assert numbers(messages) == same
    first = messages[0].fields
    fields = {
        **everything,
        Field.DIGEST_ARRAY: first[Field.DIGEST],
        Field.BVAL_ARRAY: first[Field.BVAL_ARRAY],
    }
    messages, _ = wire.stream(query(fields, partitions=None))
    assert numbers(messages) == same[1:]


@for_each(
    ("request_", "code"),
    [
        (query(info3=0), 16),
        (query(partitions=None), 16),
        (query(partitions=[5, 5]), 4),
        (query(partitions=[4096]), 4),
        (query({Field.PID_ARRAY: b"\x00"}), 4),
        (query({Field.DIGEST_ARRAY: bytes(19)}, partitions=None), 4),
        (query({Field.DIGEST_ARRAY: bytes(20)}, partitions=[0]), 4),
        (query({Field.NAMESPACE: b"nope"}), 20),
        (query({Field.SET: b"s" * 64}), 4),
        (query({Field.MAX_RECORDS: b"\x01"}), 4),
        (query({Field.FILTER: b"\x01"}), 4),
        (query(ops=[op(OpCode.WRITE, "a", 1)]), 4),
        (query({Field.INDEX_RANGE: integers("a", 1, 2)}), 201),
        (query({Field.INDEX_RANGE: integers("", 1, 2), Field.INDEX_NAME: b"nope"}), 201),
        (query({Field.INDEX_RANGE: integers("a", 2, 1)}), 4),
        (query({Field.INDEX_RANGE: b"\x02" + integers("a", 1, 2)[1:]}), 4),
        (query({Field.INDEX_RANGE: integers("a", 1, 2)[:-1]}), 4),
        (query({Field.INDEX_RANGE: equal("a", 5, b"x")}), 4),
        (query({Field.INDEX_RANGE: equal("s", 3, b"x" * 2048)}), 4),
    ],
)
def test_refused_queries(wire: Wire, request_: bytes, code: int) -> None:
    """A query that cannot begin is answered by one message that does not end a stream."""
    refusal = wire.ask(request_)
    assert (refusal.result, refusal.last) == (code, False)
    assert wire.ask(get(1)).result == 2


def test_large_results_come_in_chunks(wire: Wire) -> None:
    """A frame is sent when it has grown past a mebibyte."""
    for number in range(40):
        wire.ask(put(number, {"a": number, "b": bytes(100_000)}))
    messages, sizes = wire.stream(query())
    assert len(messages) == 41
    assert len(sizes) >= 4
    assert max(sizes) < 1_200_000


def test_short_query_gives_up(wire: Wire) -> None:
    """A short query that takes longer than it may ends with 9."""
    for number in range(3000):
        wire.send(put(number, {"a": number}))
    for _ in range(3000):
        wire.frame()
    messages, _ = wire.stream(query(info1=READ | 0x04, transaction_ttl=1))
    assert (messages[-1].result, messages[-1].last) == (9, True)


def test_background_write(filled: Wire) -> None:
    """A job changes every record of the set that its filter lets through, and creates none."""
    over_30 = bytes.fromhex("9303935102a1611e")
    request = query(
        {Field.FILTER: over_30}, info1=0, info2=WRITE, info3=0, ops=[op(OpCode.WRITE, "bg", 1)], partitions=None
    )
    messages, sizes = filled.stream(request)
    assert [(message.result, message.last) for message in messages] == [(0, True)]
    assert sizes == [30]
    changed = [number for number in range(COUNT) if "bg" in bins_of(filled.ask(get(number)))]
    assert changed == list(range(31, COUNT))


@for_each(
    ("fields", "ops", "code"),
    [
        ({}, [op(OpCode.WRITE, "bg", 1), op(OpCode.READ, "a")], 4),
        ({}, [], 4),
        ({Field.SET: b"nobody"}, [op(OpCode.WRITE, "bg", 1)], 2),
        ({Field.NAMESPACE: b"nope"}, [op(OpCode.WRITE, "bg", 1)], 20),
        ({Field.INDEX_RANGE: integers("a", 1, 2)}, [op(OpCode.WRITE, "bg", 1)], 201),
        (
            {
                Field.UDF_MODULE: b"m",
                Field.UDF_FUNCTION: b"f",
                Field.UDF_ARGUMENTS: b"\x90",
                Field.UDF_OP: b"\x01",
                Field.FILTER: bytes.fromhex("9303935102a1611e"),
            },
            [],
            16,
        ),
    ],
    ids=["reads", "nothing", "unknown set", "unknown namespace", "no index", "aggregation with a filter"],
)
def test_refused_jobs(filled: Wire, fields: dict[int, bytes], ops: list[bytes], code: int) -> None:
    """A job that cannot begin is refused and changes nothing."""
    refusal = filled.ask(query(fields, info1=0, info2=WRITE, info3=0, ops=ops, partitions=None))
    assert (refusal.result, refusal.last) == (code, False)
    assert "bg" not in bins_of(filled.ask(get(1)))


def test_other_clients_are_served_during_a_long_scan(server: EmbeddedServer, wire: Wire) -> None:
    """A client that does not take the frames of its scan holds up nobody else."""
    for number in range(200):
        wire.send(put(number, {"b": bytes(100_000)}))
        wire.frame()
    wire.send(query())
    with Wire(server) as other:
        begin = time.monotonic()
        assert other.ask(get(1)).result == 0
        assert time.monotonic() - begin < 1
    messages: list[Message] = []
    while not messages or not messages[-1].last:
        messages += read_messages(wire.frame()[1])
    assert len(messages) == 201
