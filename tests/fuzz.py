"""Mutated frames against the protocol layer: whatever comes is parsed, or a ProtocolError.

    python tests/fuzz.py --frames 10000000 [--seed 1]

Frames of every kind, recorded from real nodes and made here, are mutated and handed to a
channel whole, byte by byte, or many in one chunk; what comes out goes through the decoders
of the command that asked. Anything but a result or a ProtocolError, a buffer that grows with
what a header claims instead of with what came, and a frame that takes longer than a minute
of processor time end the run with the frames and the seed that made them.
"""

from __future__ import annotations

import argparse
import collections
import pathlib
import random
import resource
import signal
import struct
import sys
import time
import zlib
from typing import TYPE_CHECKING, Any, Final

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import vectors

from aerospike_wire import operations
from aerospike_wire.cluster.partitions import parse_replicas
from aerospike_wire.cluster.peers import parse_addresses, parse_peers, parse_racks
from aerospike_wire.errors import ProtocolError
from aerospike_wire.policy import Policies
from aerospike_wire.proto import admin, info
from aerospike_wire.proto.channel import Channel, Exchange
from aerospike_wire.proto.commands.batch import BatchRead
from aerospike_wire.proto.commands.operate import Operate
from aerospike_wire.proto.commands.query.records import Answer
from aerospike_wire.proto.commands.reads import Get
from aerospike_wire.proto.fields import Field, field
from aerospike_wire.proto.header import FrameType, Info3, MessageHeader, frame
from aerospike_wire.proto.message import message_frame

if TYPE_CHECKING:
    from collections.abc import Callable

KEY: Final = ("test", "fuzz", 1)
SLACK: Final = 256 * 1024
"""Bytes that a channel may hold beyond twice what it was given."""
CHUNK: Final = 16
"""Frames in one chunk at most."""
PATIENCE: Final = 60.0
SPECIAL: Final = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF)


class Failed(Exception):
    """An input did what none may do."""


# What is mutated


def _op(name: str, kind: int, data: bytes) -> bytes:
    raw = name.encode()
    return struct.pack(">IBBBB", len(raw) + len(data) + 4, 1, kind, 0, len(raw)) + raw + data


def _made() -> list[bytes]:
    """Frames of all kinds, made here."""
    values = [
        (1, (5).to_bytes(8, "big")), (2, struct.pack(">d", 1.5)), (3, b"text"), (4, b"\x00\xff"), (17, b"\x01"),
        (18, b"hll"), (19, bytes.fromhex("93010203")), (20, bytes.fromhex("82a2036101a2036202")),
        (20, bytes.fromhex("83c7000100c001a2036102")), (23, b'\x00\x00\x00{"type":"Point","coordinates":[1,2]}'),
    ]  # fmt: skip
    ops = [_op(f"bin{place}", kind, data) for place, (kind, data) in enumerate(values)]
    frames = [
        message_frame(MessageHeader(generation=3, record_ttl=100), (), ops),
        message_frame(MessageHeader(result=2)),
        message_frame(MessageHeader(result=4), [field(45, bytes.fromhex("820101a2026869"))]),
        *(message_frame(MessageHeader(generation=1), (), [op]) for op in ops),
    ]
    digest = field(Field.DIGEST, bytes(20)) + b""
    rows = [
        message_frame(MessageHeader(transaction_ttl=place, n_fields=1), [digest], ops[:2])[8:] for place in range(3)
    ]
    end = message_frame(MessageHeader(info3=Info3.LAST))[8:]
    frames.append(frame(FrameType.MESSAGE, b"".join(rows) + end))
    record = [field(Field.NAMESPACE, b"test"), field(Field.DIGEST, bytes(20)), field(Field.SET, b"fuzz")]
    frames.append(
        frame(FrameType.MESSAGE, b"".join(message_frame(MessageHeader(), record, ops[:3])[8:] for _ in "ab") + end)
    )
    inner = frames[0]
    frames.append(frame(FrameType.COMPRESSED, len(inner).to_bytes(8, "big") + zlib.compress(inner)))
    whole = "/" * 683 + "8="
    texts = [
        f"node\tBB9\npartition-generation\t1\nreplicas\ttest:0,1,{whole}\n",
        "peers-clear-std\t6,3000,[[BB905,,[172.17.0.5]],[BB907,tls.name,[[2001::7]:3100,h:1]]]\n",
        "rack-ids\ttest:1;bar:2\nservice-clear-std\t10.0.0.1:3000,[::1]:3100\n",
        "sindex-create\tERROR:200:exists\nudf-put\terror=compile_error;file=a;line=1;message=YQ==\n",
    ]
    frames += [frame(FrameType.INFO, text.encode()) for text in texts]
    frames.append(frame(FrameType.ADMIN, admin.pack(fields=[(5, b"token"), (6, b"\0\0\x0e\x10")])))
    frames.append(
        frame(FrameType.ADMIN, admin.pack(fields=[(0, b"jane"), (10, admin.pack_names([b"read", b"write"]))]))
    )
    return frames


def _recorded() -> list[bytes]:
    """Frames that a real node sent."""
    found = []
    for name in vectors.names(""):
        data = vectors.vector(name)
        while len(data) >= 8 and data[0] == 2 and 1 <= data[1] <= 4:
            end = 8 + int.from_bytes(data[2:8], "big")
            if end > len(data):
                break
            found.append(data[:end])
            data = data[end:]
    return found


def corpus() -> list[bytes]:
    """All frames to begin with, none larger than 4 KiB so that none takes the others' time."""
    return [data for data in (*_made(), *_recorded()) if len(data) <= 4096]


# How it is mutated


def mutated(chance: random.Random, frames: list[bytes]) -> bytes:
    """A frame with some mistakes; in most cases its header is right about its size."""
    roll = chance.random  # far cheaper than randrange and choice, and there are ten million of these
    data = bytearray(frames[int(roll() * len(frames))])
    for _ in range(_MISTAKES[int(roll() * 6)]):
        if not data:
            break
        at = int(roll() * len(data))
        kind = int(roll() * 8)
        if kind == 0:
            data[at] ^= 1 << int(roll() * 8)
        elif kind == 1:
            data[at] = _BYTES[int(roll() * 7)] if roll() < 0.8 else int(roll() * 256)
        elif kind == 2:
            data[at : at + 4] = SPECIAL[int(roll() * len(SPECIAL))].to_bytes(4, "big")
        elif kind == 3:
            data[at : at + 2] = (SPECIAL[int(roll() * len(SPECIAL))] & 0xFFFF).to_bytes(2, "big")
        elif kind == 4:
            del data[at : at + _SIZES[int(roll() * 5)]]
        elif kind == 5:
            data[at:at] = data[at : at + _SIZES[int(roll() * 5)]]
        elif kind == 6:
            other = frames[int(roll() * len(frames))]
            data[at:] = other[int(roll() * len(other)) :]
        else:
            data[at:at] = chance.randbytes(_SIZES[int(roll() * 4)])
    if roll() < 0.7 and len(data) >= 8:
        data[2:8] = (len(data) - 8).to_bytes(6, "big")
        data[0] = 2
    return bytes(data)


_MISTAKES: Final = (1, 1, 1, 2, 3, 8)
_BYTES: Final = (0, 1, 0x7F, 0x80, 0xC7, 0xDF, 0xFF)
_SIZES: Final = (1, 2, 4, 22, 64)


# Where it goes


def _get(body: bytes) -> None:
    code = _GET.code(body)
    if code:
        _GET.words(body)
    else:
        _GET.decode(body, time.time)


def _operate(body: bytes) -> None:
    if _OPERATE.code(body) == 0:
        _OPERATE.decode(body, time.time)
    else:
        _OPERATE.words(body)


def _batch(body: bytes) -> None:
    for row in _BATCH.rows:
        row.attempts.clear()
    part = _BATCH.part([0, 1, 2])
    part.collector()(body)
    part.code(body)
    part.read_rows(time.time)


def _query(body: bytes) -> None:
    answer = Answer("test", time.time)
    answer.feed(body)
    while not answer.drained:
        if not answer.take(100):
            break


_PARSERS: Final[tuple[Callable[[str], Any], ...]] = (parse_replicas, parse_peers, parse_racks, parse_addresses)


def _info(body: bytes) -> None:
    for _, value in info.parse(body):
        info.error_of(value)
        for parse in _PARSERS:
            try:
                parse(value)
            except ProtocolError:
                continue


def _admin(body: bytes) -> None:
    for message in admin.parse(body):
        for data in message.fields.values():
            try:
                admin.read_names(data)
            except ProtocolError:
                continue


def _prepared(command: Any) -> Any:
    command.prepare(Policies())
    return command


_GET: Final = _prepared(Get(KEY, None))
_OPERATE: Final = _prepared(Operate(KEY, None, [operations.read("bin0"), operations.read("bin1")], None))
_BATCH: Final = _prepared(BatchRead([KEY, ("test", "fuzz", 2), ("test", "fuzz", 3)], None, policy=None))
_DECODERS: Final[dict[int, tuple[Callable[[bytes], None], ...]]] = {
    FrameType.MESSAGE: (_get, _operate, _batch, _query),
    FrameType.INFO: (_info,),
    FrameType.ADMIN: (_admin,),
}


class Run:
    """A run over many frames."""

    def __init__(self, seed: int, patience: float = 0.0) -> None:
        """Make a run.

        Args:
            seed: decides everything.
            patience: seconds of processor time after which SIGVTALRM ends a frame; 0 for none.
        """
        self.seed = seed
        self._patience = patience
        self.frames = corpus()
        self.counts: collections.Counter[str] = collections.Counter()

    def go(self, total: int, *, tell: Callable[[str], None] | None = None) -> None:
        """Mutate so many frames.

        Raises:
            Failed: one of them did what none may do.
        """
        done = 0
        number = 0
        told = time.monotonic()
        while done < total:
            chance = random.Random(f"{self.seed}/{number}")
            number += 1
            for _ in range(64):
                if done >= total:
                    break
                done += self._one(chance, number)
            if tell is not None and time.monotonic() - told > 30:
                told = time.monotonic()
                tell(f"{done} frames: {self.summary()}")

    def _one(self, chance: random.Random, number: int) -> int:
        """One channel's worth of frames; how many they were."""
        dice = chance.random()
        if self._patience:
            # Of processor time, because a busy or halted machine makes any frame take long.
            signal.setitimer(signal.ITIMER_VIRTUAL, self._patience)
        way = "chunk" if dice < 0.4 else "whole" if dice < 0.9 else "bytes"
        batch = [
            mutated(chance, self.frames) for _ in range(2 + int(chance.random() * (CHUNK - 2)) if way == "chunk" else 1)
        ]
        self.counts[way] += len(batch)
        channel = Channel()
        for data in batch:
            kind = data[1] if len(data) > 1 and data[1] in _DECODERS else FrameType.MESSAGE
            channel.send(Exchange(kind))
        pieces = [b"".join(batch)] if way != "bytes" else [batch[0][at : at + 1] for at in range(len(batch[0]))]
        given = 0
        try:
            for piece in pieces:
                given += len(piece)
                for done in channel.receive(piece):
                    self._decode(done)
                if len(channel._buffer) > 2 * given + SLACK:
                    msg = f"a channel that was given {given} bytes holds {len(channel._buffer)}"
                    raise Failed(msg)
        except ProtocolError:
            self.counts["refused"] += 1
        except Failed:
            raise
        except BaseException as error:
            msg = f"seed {self.seed}, block {number}: {type(error).__name__} {error} from {[data.hex() for data in batch]}"
            raise Failed(msg) from error
        return len(batch)

    def _decode(self, done: Exchange) -> None:
        for decode in _DECODERS[done.frame_type]:
            try:
                decode(done.body)
            except ProtocolError:
                self.counts["bodies refused"] += 1
            else:
                self.counts["bodies parsed"] += 1

    def summary(self) -> str:
        """The figures so far."""
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        return ", ".join(f"{name} {count}" for name, count in sorted(self.counts.items())) + f", peak {memory} MiB"


def _too_long(*_: object) -> None:
    msg = f"it takes longer than {PATIENCE:g} s"
    raise RuntimeError(msg)


def say(words: str) -> None:
    """A line on the terminal, at once."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=10_000_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    arguments = parser.parse_args()
    signal.signal(signal.SIGVTALRM, _too_long)
    run = Run(arguments.seed, PATIENCE)
    begun = time.monotonic()
    say(f"seed {arguments.seed}, {len(run.frames)} frames to begin with")
    try:
        run.go(arguments.frames, tell=say)
    except Failed as failed:
        say(f"FAILED: {failed}")
        return 1
    say(f"{arguments.frames} frames in {time.monotonic() - begun:.0f} s: {run.summary()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
