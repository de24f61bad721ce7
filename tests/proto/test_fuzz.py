"""A short run of the fuzzer, and claims that no peer may make."""

from __future__ import annotations

import zlib

import fuzz
import pytest
from cases import Cases, for_each

from aerospike_wire.errors import ProtocolError
from aerospike_wire.proto.channel import Channel, Exchange
from aerospike_wire.proto.header import FrameType, frame


@for_each("seed", range(4))
def test_mutated_frames(seed: int) -> None:
    """Whatever a peer sends is parsed, or a ProtocolError; ``python tests/fuzz.py`` does it ten million times."""
    run = fuzz.Run(seed)
    run.go(2_000)
    assert run.counts["bodies parsed"] > 200
    assert run.counts["bodies refused"] > 200
    assert run.counts["refused"] > 20


@for_each("size", [1 << 31, (1 << 31) - 1, 1 << 47, (128 << 20) + 1])
def test_claims_of_gigabytes(size: int) -> None:
    """A header that claims more than the limit is refused as soon as it is there."""
    channel = Channel()
    channel.send(Exchange())
    with pytest.raises(ProtocolError):
        channel.receive(b"\x02\x03" + size.to_bytes(6, "big"))
    assert len(channel._buffer) <= 1 << 17


def test_a_large_claim_costs_nothing_before_the_bytes_come() -> None:
    """Within the limit the buffer grows with what has come, not with what was announced."""
    channel = Channel()
    channel.send(Exchange())
    assert channel.receive(b"\x02\x03" + (100 << 20).to_bytes(6, "big") + bytes(1000)) == []
    assert len(channel._buffer) <= 1 << 17


def test_decompression_bombs() -> None:
    """What inflates to more than it claims, or may, is refused without being inflated whole."""
    bomb = zlib.compress(bytes(200 << 20), 9)
    with Cases() as cases:
        for claim in (100, 1 << 31, 200 << 20):
            with cases.case(str(claim)):
                channel = Channel()
                channel.send(Exchange())
                with pytest.raises(ProtocolError):
                    channel.receive(frame(FrameType.COMPRESSED, claim.to_bytes(8, "big") + bomb))
