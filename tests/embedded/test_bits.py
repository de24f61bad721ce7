"""Bit operations, judged by what a real node answered and by a model on one integer."""

from __future__ import annotations

from typing import Any

import pytest
from cases import Cases
from embedded.recorded_calls import executed, particle, recorded
from hypothesis import given
from hypothesis import strategies as st
from strategies import damaged
from wire import READ, RESPOND_ALL, WRITE, Wire, bins_of, command, get, op, put

from aerospike_wire.embedded import bits
from aerospike_wire.embedded.refusal import Refusal
from aerospike_wire.errors.codes import ResultCode
from aerospike_wire.proto import msgpack
from aerospike_wire.proto.message import OpCode
from aerospike_wire.proto.values import Particle

# Recorded by sending each call to a server 8.1.2.0 Community Edition.
CASES = recorded("behaviour_bits.jsonl")

BLOBS = st.binary(min_size=1, max_size=20)


def changed(blob: bytes, *call: Any) -> bytes:
    """What a call makes of a blob."""
    outcome = bits.modify((Particle.BLOB, blob), msgpack.pack(list(call)))
    assert outcome.stored is not None
    return outcome.stored[1]


def seen(blob: bytes, *call: Any) -> bytes:
    """The bytes that a call gives for a blob."""
    outcome = bits.read((Particle.BLOB, blob), msgpack.pack(list(call)))
    assert outcome.value is not None
    return outcome.value[1]


def integer(data: bytes) -> int:
    """The value of an integer particle."""
    return int.from_bytes(data, "big", signed=True)


def as_text(blob: bytes) -> str:
    """A blob as zeros and ones: the model, in which a bit's offset is its place."""
    return f"{int.from_bytes(blob, 'big'):0{8 * len(blob)}b}"


def as_blob(text: str) -> bytes:
    """The way back from :func:`as_text`."""
    return int(text, 2).to_bytes(len(text) // 8, "big")


@st.composite
def spans(draw: st.DrawFn, widest: int = 160) -> tuple[bytes, int, int, int]:
    """A blob, an offset as the call gives it, the same from the front, and a size that fits."""
    blob = draw(BLOBS)
    total = 8 * len(blob)
    offset = draw(st.integers(0, total - 1))
    size = draw(st.integers(1, min(widest, total - offset)))
    return blob, offset - draw(st.sampled_from([0, total])), offset, size


def test_recorded() -> None:
    """Code, value and bin are those of a real node."""
    with Cases() as cases:
        for case in CASES:
            with cases.case(case["name"]):
                check_recorded(case)


def check_recorded(case: dict[str, Any]) -> None:
    """One recorded operation."""
    before = particle(case["before"])
    code, outcome = executed(bits.execute, case["op"], before, bytes.fromhex(case["payload"]))
    assert code == case["result"]
    if outcome is None:
        return
    assert outcome.value == particle(case["value"])
    assert (outcome.stored or before) == particle(case["after"])


@given(spans())
def test_get_and_count(span: tuple[bytes, int, int, int]) -> None:
    """The bits of a span come left-aligned, and as many ones are counted as it has."""
    blob, given_offset, offset, size = span
    part = as_text(blob)[offset : offset + size]
    assert as_text(seen(blob, 50, given_offset, size)) == part.ljust((size + 7) // 8 * 8, "0")
    assert integer(seen(blob, 51, given_offset, size)) == part.count("1")


@given(spans(), st.booleans())
def test_scans(span: tuple[bytes, int, int, int], one: bool) -> None:
    """A scan gives the first or last place of a bit in the span, -1 if there is none.

    From the right, it also finds one before the span, in the byte where that begins, as a server 8.1.2 does.
    """
    blob, given_offset, offset, size = span
    part = as_text(blob)[offset : offset + size]
    assert integer(seen(blob, 52, given_offset, size, one)) == part.find(str(int(one)))
    longer = as_text(blob)[offset - offset % 8 : offset + size]
    found = longer.rfind(str(int(one)))
    assert integer(seen(blob, 53, given_offset, size, one)) == (-1 if found < 0 else found - offset % 8)


@given(spans(64))
def test_get_int(span: tuple[bytes, int, int, int]) -> None:
    """A span of up to 64 bits is an integer with or without a sign."""
    blob, given_offset, offset, size = span
    part = int(as_text(blob)[offset : offset + size], 2)
    assert int.from_bytes(seen(blob, 54, given_offset, size), "big") == part
    signed = part - (1 << size) if part >> (size - 1) else part
    assert integer(seen(blob, 54, given_offset, size, 1)) == signed


@given(spans(), st.data())
def test_set_or_xor_and_not(span: tuple[bytes, int, int, int], data: st.DataObject) -> None:
    """Bits are combined with the leading bits of the argument, all others stay."""
    blob, given_offset, offset, size = span
    text = as_text(blob)
    part = data.draw(st.binary(min_size=(size + 7) // 8, max_size=(size + 7) // 8 + 2))
    old, new = int(text[offset : offset + size], 2), int(as_text(part)[:size], 2)
    for number, expected in ((3, new), (4, old | new), (5, old ^ new), (6, old & new)):
        whole = f"{text[:offset]}{expected:0{size}b}{text[offset + size :]}"
        assert changed(blob, number, given_offset, size, part) == as_blob(whole)
    turned = text[offset : offset + size].translate(str.maketrans("01", "10"))
    assert changed(blob, 7, given_offset, size) == as_blob(text[:offset] + turned + text[offset + size :])


@given(spans(), st.integers(0, 200))
def test_shifts(span: tuple[bytes, int, int, int], shift: int) -> None:
    """Bits are shifted inside their span, zeros come in."""
    blob, given_offset, offset, size = span
    text = as_text(blob)
    part = text[offset : offset + size]
    left = part[shift:].ljust(size, "0")
    right = part[: max(0, size - shift)].rjust(size, "0")
    assert changed(blob, 8, given_offset, size, shift) == as_blob(text[:offset] + left + text[offset + size :])
    assert changed(blob, 9, given_offset, size, shift) == as_blob(text[:offset] + right + text[offset + size :])


@given(spans(64), st.integers(-(2**63), 2**63 - 1), st.sampled_from([10, 11]))
def test_sums_wrap(span: tuple[bytes, int, int, int], value: int, number: int) -> None:
    """With "wrap", a sum is that of integers modulo the span, signed or not."""
    blob, given_offset, offset, size = span
    text = as_text(blob)
    old = int(text[offset : offset + size], 2)
    total = (old + value if number == 10 else old - value) % (1 << size)
    whole = as_blob(f"{text[:offset]}{total:0{size}b}{text[offset + size :]}")
    assert changed(blob, number, given_offset, size, value, 0, 4) == whole
    assert changed(blob, number, given_offset, size, value, 0, 5) == whole


@given(spans(64), st.data(), st.sampled_from([10, 11]))
def test_sums_fail_or_saturate(span: tuple[bytes, int, int, int], data: st.DataObject, number: int) -> None:
    """A sum without sign that does not fit is refused with 26, or becomes the largest or smallest."""
    blob, given_offset, offset, size = span
    text = as_text(blob)
    limit = (1 << size) - 1
    value = data.draw(st.integers(0, min(limit, 2**63 - 1)))
    old = int(text[offset : offset + size], 2)
    total = old + value if number == 10 else old - value
    kept = min(max(total, 0), limit)
    whole = as_blob(f"{text[:offset]}{kept:0{size}b}{text[offset + size :]}")
    assert changed(blob, number, given_offset, size, value, 0, 2) == whole
    if kept == total:
        assert changed(blob, number, given_offset, size, value) == whole
    else:
        with pytest.raises(Refusal) as refused:
            changed(blob, number, given_offset, size, value)
        assert refused.value.code == ResultCode.OP_NOT_APPLICABLE


@given(spans(64), st.integers(-(2**63), 2**63 - 1))
def test_set_int(span: tuple[bytes, int, int, int], value: int) -> None:
    """An integer's low bits replace the span and are read back."""
    blob, given_offset, _, size = span
    after = changed(blob, 12, given_offset, size, value)
    assert int.from_bytes(seen(after, 54, given_offset, size), "big") == value % (1 << size)


@given(BLOBS, BLOBS, st.data())
def test_insert_and_remove(blob: bytes, part: bytes, data: st.DataObject) -> None:
    """What was inserted can be removed again; a gap before it is filled with zeros."""
    offset = data.draw(st.integers(0, len(blob) + 3))
    after = changed(blob, 1, offset, part)
    assert after == blob[:offset].ljust(offset, b"\0") + part + blob[offset:]
    assert changed(after, 2, offset, len(part)) == blob[:offset].ljust(offset, b"\0") + blob[offset:]


@given(BLOBS, st.integers(0, 30))
def test_resize(blob: bytes, size: int) -> None:
    """A blob grows by zeros and loses bytes at its end, or at its front if asked."""
    assert changed(blob, 0, size) == blob[:size].ljust(size, b"\0")
    front = blob[len(blob) - size :] if size <= len(blob) else blob.rjust(size, b"\0")
    assert changed(blob, 0, size, 0, 1) == front


@given(st.sampled_from(CASES).flatmap(lambda case: st.tuples(st.just(case), damaged(bytes.fromhex(case["payload"])))))
def test_damaged_calls(pair: tuple[dict[str, Any], bytes]) -> None:
    """Damaged calls are refused or understood, they break nothing."""
    case, payload = pair
    code, outcome = executed(bits.execute, case["op"], particle(case["before"]), payload)
    assert (code == 0) == (outcome is not None)


def test_huge_sizes_build_nothing() -> None:
    """A blob larger than any record is refused with 13 before it is built."""
    for call in ([0, 1 << 26], [1, 1 << 26, b"\1"]):
        with pytest.raises(Refusal) as refused:
            bits.modify((Particle.BLOB, b"\1"), msgpack.pack(call))
        assert refused.value.code == ResultCode.RECORD_TOO_BIG


def test_huge_shift() -> None:
    """A shift by a billion bits costs nothing and leaves zeros."""
    assert changed(b"\xff\xff", 8, 4, 8, 1 << 30) == b"\xf0\x0f"
    assert changed(b"\xff\xff", 9, 4, 8, 1 << 30) == b"\xf0\x0f"


def test_over_the_wire(wire: Wire) -> None:
    """The operations work on the bins of a record, in order."""
    wire.ask(put("b", {"b": b"\xaa\x55"}))
    reply = wire.ask(
        command(
            "b",
            ops=[
                op(OpCode.BITS_MODIFY, "b", msgpack.pack([3, 0, 8, b"\x0f"])),
                op(OpCode.BITS_READ, "b", msgpack.pack([51, 0, 16])),
            ],
            info1=READ,
            info2=WRITE | RESPOND_ALL,
        )
    )
    assert reply.result == 0
    assert [(part.code, part.value()) for part in reply.ops] == [(OpCode.BITS_MODIFY, None), (OpCode.BITS_READ, 8)]
    assert bins_of(wire.ask(get("b"))) == {"b": b"\x0f\x55"}
