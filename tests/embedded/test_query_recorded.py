"""Recorded scenarios of scans, queries, jobs, aggregations, indexes and UDFs, replayed to the node."""

from __future__ import annotations

import functools
import gzip
import json
import pathlib
from typing import Any

import pytest
from cases import for_each

from aerospike_wire import lua
from aerospike_wire.embedded import dispatch
from aerospike_wire.embedded.node import Node, Session
from aerospike_wire.embedded.query import Stream
from aerospike_wire.embedded.store import NamespaceConfig
from aerospike_wire.proto.header import FRAME_HEADER_SIZE, FrameType
from aerospike_wire.proto.message import read_messages

DATA = pathlib.Path(__file__).parent.parent / "data" / "gold_queries.jsonl.gz"

UNEQUAL = {
    "E:job_info/finished_query": "tells the client's port and how long the job ran",
    "E:job_info/finished_scan": "likewise",
    "E:query/max_records_3": "which records a limit leaves is up to the threads of a server",
    "E:query/paginate_one_call_too_many": "likewise",
    "E:query/paginate_4_of_10_three_pages": "likewise",
    "E:sindex/paginate_one_call_too_many": "likewise",
    "E:sindex/paginate_4_of_10_three_pages": "likewise",
    "G:code9/short_query_1ms_raw": "how many records come before its time is up is up to the machine",
    "E:query/ttl_records_on_bar": "tells when records expire",
}
"""Scenarios that no other run can repeat, and why."""


@functools.cache
def recorded() -> list[Any]:
    with gzip.open(DATA) as lines:
        return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def node() -> Node:
    made = Node.of("A1", [NamespaceConfig("test", ttl=False), NamespaceConfig("bar")])
    made.modules.path = "/data/gold/server/main/usr/udf/lua"
    return made


def answered(node: Node, session: Session, data: bytes) -> bytes:
    """The bytes that come back for the frames that are sent."""
    out, offset = [], 0
    while offset < len(data):
        kind = data[offset + 1]
        size = int.from_bytes(data[offset + 2 : offset + FRAME_HEADER_SIZE], "big")
        body = data[offset + FRAME_HEADER_SIZE : offset + FRAME_HEADER_SIZE + size]
        reply = dispatch.answer(node, session, kind, body)
        if isinstance(reply, Stream):
            out.append(reply.whole())
        elif isinstance(reply, bytes):
            out.append(reply)
        else:
            out += [item for item in reply if isinstance(item, bytes)]  # type: ignore[union-attr]
        offset += FRAME_HEADER_SIZE + size
    return b"".join(out)


def masked(data: bytes, ranges: list[list[int]]) -> bytes:
    """Bytes without what does not repeat."""
    whole = bytearray(data)
    for begin, end in ranges:
        whole[begin:end] = bytes(len(whole[begin:end]))
    return bytes(whole)


def messages(data: bytes) -> list[str]:
    """The messages of a reply in any order."""
    found, offset = [], 0
    while offset < len(data):
        size = int.from_bytes(data[offset + 2 : offset + FRAME_HEADER_SIZE], "big")
        offset += FRAME_HEADER_SIZE
        found += [repr(message) for message in read_messages(data[offset : offset + size])]
        offset += size
    return sorted(found)


@for_each("scenario", recorded(), ids=lambda scenario: scenario["name"])
def test_scenario(node: Node, scenario: Any) -> None:
    """Every request of a scenario is answered as it was, except for what no run repeats."""
    if any(word in scenario["name"] for word in ("apply", "udf", "aggregate")) and not lua.available():
        pytest.skip("needs lupa")
    sessions: dict[int, Session] = {}
    for step in scenario["steps"]:
        session = sessions.setdefault(step["conn"], Session("127.0.0.1:40000"))
        got = answered(node, session, bytes.fromhex(step["request"]))
        wanted = bytes.fromhex(step["response"])
        if step["open"] or scenario["name"] in UNEQUAL:
            continue
        if wanted[1:2] == bytes((FrameType.MESSAGE,)) and messages(got) == messages(wanted):
            continue
        assert masked(got, step["volatile"]) == masked(wanted, step["volatile"])
