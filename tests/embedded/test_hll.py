"""HyperLogLog operations, judged by what a real node answered."""

from __future__ import annotations

import math
import struct
from typing import Any

import pytest
from cases import Cases
from embedded.recorded_calls import executed, particle, recorded
from hypothesis import given
from hypothesis import strategies as st
from strategies import damaged
from wire import READ, RESPOND_ALL, WRITE, Wire, bins_of, command, get, op

from aerospike_wire.embedded import hll, sketch
from aerospike_wire.embedded.murmur import murmur3
from aerospike_wire.embedded.refusal import Refusal
from aerospike_wire.embedded.sketch import Sketch
from aerospike_wire.errors.codes import ResultCode
from aerospike_wire.proto import msgpack
from aerospike_wire.proto.message import OpCode
from aerospike_wire.proto.values import Particle
from aerospike_wire.types import HyperLogLog

# Recorded by sending each call to a server 8.1.2.0 Community Edition.
CASES = recorded("behaviour_hll.jsonl")

BITS = st.sampled_from([(4, 0), (5, 4), (6, 0), (6, 7), (8, 51)])
RANGES = st.tuples(st.integers(0, 300), st.integers(0, 200)).map(lambda pair: range(pair[0], pair[0] + pair[1]))


def filled(numbers: range, index_bits: int = 8, minhash_bits: int = 0) -> Sketch:
    """A sketch that saw these numbers."""
    made = Sketch.empty(index_bits, minhash_bits)
    made.add(msgpack.pack(number) for number in numbers)
    return made


def test_recorded() -> None:
    """Code, value and sketch are those of a real node, counts and shares included."""
    with Cases() as cases:
        for case in CASES:
            with cases.case(case["name"]):
                check_recorded(case)


def check_recorded(case: dict[str, Any]) -> None:
    """One recorded operation."""
    before = particle(case["before"])
    code, outcome = executed(hll.execute, case["op"], before, bytes.fromhex(case["payload"]))
    assert code == case["result"]
    if outcome is None:
        return
    value = particle(case["value"])
    if value is not None and value[0] == Particle.FLOAT and outcome.value is not None:
        # The last bit of a power may differ between C libraries.
        (given_share,), (expected,) = struct.unpack(">d", outcome.value[1]), struct.unpack(">d", value[1])
        assert given_share == pytest.approx(expected, rel=1e-12, nan_ok=True)
    else:
        assert outcome.value == value
    assert (outcome.stored or before) == particle(case["after"])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", (0, 0)),
        (b"hello", (0xCBD8A7B341BD9B02, 0x5B1E906A48AE1D19)),
        (b"The quick brown fox jumps over the lazy dog", (0xE34BBC7BBC071B6C, 0x7A433CA9C49A9347)),
    ],
)
def test_hash(data: bytes, words: tuple[int, int]) -> None:
    """The hash gives the values published for MurmurHash3 x64 128."""
    assert murmur3(data) == words


@given(BITS, RANGES)
def test_packed_and_back(bits: tuple[int, int], numbers: range) -> None:
    """A sketch survives its particle, whatever the width of its registers."""
    made = filled(numbers, *bits)
    assert Sketch.unpack(made.pack()) == made


@given(BITS, RANGES, RANGES)
def test_union_is_what_saw_both(bits: tuple[int, int], first: range, second: range) -> None:
    """The union of two sketches is the sketch that saw the elements of both."""
    together = filled(first, *bits)
    together.add(msgpack.pack(number) for number in second)
    assert sketch.union([filled(first, *bits), filled(second, *bits)]).registers == together.registers


@given(RANGES, st.integers(4, 8))
def test_folded_is_as_if_made_smaller(numbers: range, index_bits: int) -> None:
    """A folded sketch is the one that had fewer bits from the beginning."""
    assert filled(numbers, 8).folded(index_bits, 0) == filled(numbers, index_bits)


@given(BITS, RANGES)
def test_what_was_added_may_be_contained(bits: tuple[int, int], numbers: range) -> None:
    """A sketch never denies an element that it saw."""
    assert filled(numbers, *bits).may_contain(msgpack.pack(number) for number in numbers)


@pytest.mark.parametrize("size", [1000, 20000])
def test_error_of_the_estimate(size: int) -> None:
    """The estimate is within four standard errors of the truth."""
    made = filled(range(size), 10)
    assert abs(made.estimate() - size) < 4 * 1.04 / math.sqrt(1 << 10) * size


def test_minhash_similarity() -> None:
    """With a minhash the share of common elements is near the truth."""
    share = sketch.similarity([filled(range(1500), 10, 20), filled(range(500, 2000), 10, 20)])
    assert share == pytest.approx(0.5, abs=0.06)


@given(st.sampled_from(CASES).flatmap(lambda case: st.tuples(st.just(case), damaged(bytes.fromhex(case["payload"])))))
def test_damaged_calls(pair: tuple[dict[str, Any], bytes]) -> None:
    """Damaged calls are refused or understood, they break nothing."""
    case, payload = pair
    code, outcome = executed(hll.execute, case["op"], particle(case["before"]), payload)
    assert (code == 0) == (outcome is not None)


@given(damaged(filled(range(40), 5, 4).pack()))
def test_damaged_sketches(data: bytes) -> None:
    """A sketch that is none is refused with 4 as an argument."""
    call = msgpack.pack([52, [HyperLogLog(data)]])
    before = (Particle.HLL, filled(range(9), 5, 4).pack())
    try:
        sketch.check(data)
    except sketch.NotASketch:
        with pytest.raises(Refusal) as refused:
            hll.read(before, call)
        assert refused.value.code == ResultCode.INVALID_REQUEST
    else:
        assert hll.read(before, call).value is not None


@pytest.mark.parametrize("place", [0, 1, 2])
def test_impossible_heads(place: int) -> None:
    """A particle with an impossible flag, index or minhash cannot be written."""
    data = bytearray(filled(range(9), 4).pack())
    data[place] = 3
    with pytest.raises(sketch.NotASketch):
        sketch.check(bytes(data))


def test_over_the_wire(wire: Wire) -> None:
    """The operations work on the bins of a record, and a sketch that was read can be written."""
    calls = [(OpCode.HLL_MODIFY, [1, ["a", "b", 1], 6]), (OpCode.HLL_READ, [50]), (OpCode.HLL_READ, [55])]
    ops = [op(code, "h", msgpack.pack(call)) for code, call in calls]
    reply = wire.ask(command("h", ops=ops, info1=READ, info2=WRITE | RESPOND_ALL))
    assert reply.result == 0
    assert [part.value() for part in reply.ops] == [3, 3, [6, 0]]
    held = bins_of(wire.ask(get("h")))["h"]
    assert isinstance(held, HyperLogLog)
    assert wire.ask(command("i", ops=[op(OpCode.WRITE, "h", held)], info2=WRITE)).result == 0
    assert bins_of(wire.ask(get("i"))) == {"h": held}


def test_no_sketch_is_refused_as_a_bin(wire: Wire) -> None:
    """A bin that claims to be a sketch and is none is refused with 4."""
    broken = HyperLogLog(b"\1" + filled(range(9), 4).pack()[1:])
    assert wire.ask(command("h", ops=[op(OpCode.WRITE, "h", broken)], info2=WRITE)).result == ResultCode.INVALID_REQUEST
