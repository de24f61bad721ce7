"""Calls on lists and maps, judged by what a real node answered."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from wire import GET_ALL, READ, RESPOND_ALL, WRITE, Wire, command

from aerospike_wire.embedded import EmbeddedServer
from aerospike_wire.proto.message import Op, OpCode

if TYPE_CHECKING:
    from collections.abc import Iterator

DATA = Path(__file__).parent.parent / "data"


def lines(name: str) -> list[dict[str, Any]]:
    """The cases of a file."""
    with gzip.open(DATA / name, "rt") as file:
        return [json.loads(line) for line in file]


RANDOM = lines("behaviour_cdt_random.jsonl.gz")


def value(pair: list[Any] | None) -> tuple[int, bytes] | None:
    """Type and bytes of a value."""
    return None if pair is None else (pair[0], bytes.fromhex(pair[1]))


@pytest.fixture(scope="module")
def line() -> Iterator[Wire]:
    """A connection to a node."""
    with EmbeddedServer() as server, Wire(server) as connection:
        yield connection


def play(line: Wire, case: dict[str, Any]) -> None:
    """Write the bin, make the call, read the bin again."""
    before = value(case["before"])
    ops = [Op(OpCode.WRITE, b"other", 1, bytes(8)), Op(OpCode.WRITE, b"b", *(before or (0, b"")))]
    assert line.ask(command("cdt", info2=WRITE, ops=[op.pack() for op in ops])).result == 0
    stored = line.ask(command("cdt", info1=READ | GET_ALL)).ops
    code = case["code"]
    info2 = (0 if case.get("quiet") else RESPOND_ALL) | (WRITE if code == OpCode.CDT_MODIFY else 0)
    info1 = READ if code == OpCode.CDT_READ else 0
    call = Op(code, b"b", 4, bytes.fromhex(case["call"])).pack()
    reply = line.ask(command("cdt", info1=info1, info2=info2, ops=[call]))
    assert reply.result == case["result"]
    found = [(op.code, op.bin, (op.particle, op.data)) for op in reply.ops]
    silent = reply.result != 0 or case.get("quiet")
    assert found == ([] if silent else [(code, "b", value(case["value"]) or (0, b""))])
    after = line.ask(command("cdt", info1=READ | GET_ALL)).ops
    if "after" in case:
        bins = [(op.particle, op.data) for op in after if op.bin == "b"]
        assert bins == [value(case["after"])]
    else:
        assert after == stored


@pytest.mark.parametrize("start", range(0, len(RANDOM), 200))
def test_random_calls(line: Wire, start: int) -> None:
    """Calls with random arguments on random collections come out as on a real node."""
    for case in RANDOM[start : start + 200]:
        play(line, case)
