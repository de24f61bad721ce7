"""Queries, jobs and aggregations next to what a server answered."""

from __future__ import annotations

import functools
import gzip
import json
import pathlib
from typing import Any

import pytest
from cases import for_each

from aerospike_wire import lua
from aerospike_wire.embedded import dispatch, info
from aerospike_wire.embedded.node import Node, Session
from aerospike_wire.embedded.query import Stream
from aerospike_wire.embedded.store import NamespaceConfig
from aerospike_wire.proto.header import FRAME_HEADER_SIZE, FrameType
from aerospike_wire.proto.message import read_messages

DATA = pathlib.Path(__file__).parent.parent / "data" / "queries.jsonl.gz"


@functools.cache
def observed() -> list[Any]:
    with gzip.open(DATA) as lines:
        return [json.loads(line) for line in lines]


def send(node: Node, request: bytes) -> bytes:
    reply = dispatch.answer(node, Session(), FrameType.MESSAGE, request[FRAME_HEADER_SIZE:])
    if isinstance(reply, Stream):
        return reply.whole()
    assert isinstance(reply, bytes)
    return reply


def messages(reply: bytes) -> list[Any]:
    found, offset = [], 0
    while offset < len(reply):
        size = int.from_bytes(reply[offset + 2 : offset + 8], "big")
        for message in read_messages(reply[offset + 8 : offset + 8 + size]):
            header = message.header
            found.append(
                [
                    header.result,
                    header.info3,
                    0 if message.fields else header.generation,
                    header.info1,
                    sorted([kind, data.hex()] for kind, data in message.fields.items()),
                    [[op.code, op.name.hex(), op.particle, op.data.hex()] for op in message.ops],
                ]
            )
        offset += 8 + size
    return found


@pytest.fixture(scope="module")
def node() -> Node:
    made = Node.of("BB9", [NamespaceConfig("test", ttl=False), NamespaceConfig("bar")])
    setup = observed()[0]
    for request in setup["setup"]:
        send(made, bytes.fromhex(request))
    for command in setup["info"]:
        assert info.answer(made, Session(), command) == "ok"
    made.modules.register("qdm.lua", setup["module"].encode())
    return made


def test_entries(node: Node) -> None:
    """Each index has as many entries as on the server, and is listed with the same words."""
    setup = observed()[0]
    for name, count in setup["entries"].items():
        found = info.answer(node, Session(), f"sindex-stat:namespace=test;indexname={name}")
        assert found.startswith(f"entries={count};"), name
    assert sorted(info.answer(node, Session(), "sindex-list:namespace=test").split(";")) == setup["listed"]


@for_each("case", observed()[1:], ids=lambda case: case["name"])
def test_answer(node: Node, case: Any) -> None:
    """A request is answered with the messages of the server, rows in any order."""
    if case["name"].startswith("udf") and not lua.available():
        pytest.skip("needs lupa")
    answered = messages(send(node, bytes.fromhex(case["request"])))
    assert sorted(answered) == sorted(case["messages"])
