"""What the codec costs: its share of a whole call, and how it grows with the size of what it carries.

    python benchmarks/codec.py [--rounds 9] [--seconds 0.02]

"encode" is from the arguments of a call to the bytes of its request: policies, checks, digests
of the keys of a batch, and all. "decode" is from the body of a reply to the records. "call" is the
same call of the blocking client, answered by a node in a process of its own that always sends the
same bytes. Figures are medians, in microseconds, of turns that are taken in rotation.

The second table shows nanoseconds per element; they stay level where the time grows with the size.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import canned_node

from aerospike_wire import Client
from aerospike_wire.policy import Policies
from aerospike_wire.proto.commands.base import OLDEST
from aerospike_wire.proto.commands.batch import BatchPart, BatchRead
from aerospike_wire.proto.commands.reads import Get
from aerospike_wire.proto.commands.writes import Put
from aerospike_wire.proto.fields import Field, field
from aerospike_wire.proto.header import MESSAGE, MESSAGE_HEADER_SIZE, FrameType, Info3, frame_header
from aerospike_wire.proto.message import Op, OpCode
from aerospike_wire.proto.values import encode
from aerospike_wire.types import KeyOrderedDict

POLICIES = Policies({})
KEY = ("test", "bench", "codec")
SIZES = (10, 100, 1000, 10_000)
Turn = Callable[[], Any]


def bins_of(count: int) -> dict[str, Any]:
    """Bins of the plain types, in turn."""
    kinds = (
        lambda n: n * 1_000_003,
        lambda n: f"text {n}",
        lambda n: n / 7,
        lambda n: bytes(20 + n % 2),
        lambda n: n > 5,
    )
    return {f"bin{n}": kinds[n % len(kinds)](n) for n in range(count)}


def nested_list() -> list[Any]:
    return [[[n, f"item {n}", n / 3] for n in range(10)] for _ in range(10)]


def nested_map() -> dict[str, Any]:
    return {f"k{n}": {f"i{m}": {"a": m, "b": str(n)} for m in range(10)} for n in range(10)}


def batch_keys(rows: int) -> list[Any]:
    return [("test", "bench", n) for n in range(rows)]


def message(bins: dict[str, Any], *, index: int = 0, info3: int = 0, fields: tuple[bytes, ...] = ()) -> bytes:
    """A reply with a record."""
    ops = [Op(OpCode.READ, name.encode(), *encode(value)).pack() for name, value in bins.items()]
    head = MESSAGE.pack(MESSAGE_HEADER_SIZE, 0, 0, info3, 0, 0, 1, 0, index, len(fields), len(ops))
    return b"".join((head, *fields, *ops))


def batch_body(rows: int, fields: tuple[bytes, ...] = ()) -> bytes:
    """A reply with a record of three bins for each row, in one frame."""
    found = [message(bins_of(3), index=n, fields=fields) for n in range(rows)]
    return b"".join((*found, message({}, info3=Info3.LAST)))


def framed(body: bytes) -> bytes:
    return frame_header(FrameType.MESSAGE, len(body)) + body


def encode_put(bins: dict[str, Any]) -> bytes:
    command = Put(KEY, bins=bins)
    command.prepare(POLICIES)
    return command.encode(OLDEST)


def encode_get() -> bytes:
    command = Get(KEY)
    command.prepare(POLICIES)
    return command.encode(OLDEST)


def decode_get(body: bytes) -> Turn:
    command = Get(KEY)
    command.prepare(POLICIES)
    return lambda: command.decode(body, time.time)


def prepared_batch(rows: int) -> BatchPart:
    batch = BatchRead(keys=batch_keys(rows))
    batch.prepare(POLICIES)
    return batch.part(range(rows))


def encode_batch(rows: int) -> Turn:
    keys = batch_keys(rows)

    def run() -> bytes:
        batch = BatchRead(keys=keys)
        batch.prepare(POLICIES)
        return batch.part(range(rows)).encode(OLDEST)

    return run


def decode_batch(rows: int, fields: tuple[bytes, ...] = ()) -> Turn:
    part, body = prepared_batch(rows), batch_body(rows, fields)

    def run() -> None:
        collect = part.collector()
        assert collect is not None
        collect(body)
        part.code(body)
        part.decode(body, time.time)

    return run


def microseconds(run: Turn, least: float) -> float:
    """The time of one run, on the average of a turn."""
    clock = time.perf_counter
    started, count = clock(), 0
    while True:
        run()
        count += 1
        taken = clock() - started
        if taken >= least:
            return taken / count * 1e6


def in_rotation(cases: dict[str, Turn], rounds: int, least: float) -> dict[str, float]:
    """The median of each, after a run that warms up."""
    for run in cases.values():
        run()
    found: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, run in cases.items():
            found[name].append(microseconds(run, least))
    return {name: statistics.median(times) for name, times in found.items()}


def against_node(reply: bytes, call: Callable[[Client], Any], codec: dict[str, Turn], rounds: int, least: float):
    """Medians of the parts of the codec, and of the whole call."""
    process, port = canned_node.start(reply=reply)
    try:
        with Client(f"127.0.0.1:{port}") as client:
            return in_rotation({**codec, "call": lambda: call(client)}, rounds, least)
    finally:
        process.kill()
        process.join()


def shares(rounds: int, least: float) -> None:
    print(f"{'':<26}{'encode':>9}{'decode':>9}{'call':>10}  microseconds, share of the codec")

    def show(title: str, found: dict[str, float]) -> None:
        cells = "".join(f"{found[name]:>9.1f}" if name in found else f"{'':>9}" for name in ("encode", "decode"))
        share = sum(found.values()) / found["call"] - 1
        print(f"{title:<26}{cells}{found['call']:>10.1f}{share:>7.0%}", flush=True)

    done = framed(message({}))
    for title, bins in (
        ("1 bin", bins_of(1)),
        ("10 bins", bins_of(10)),
        ("100 bins", bins_of(100)),
        ("nested list, 300 leaves", {"list": nested_list()}),
        ("nested map, 200 leaves", {"map": nested_map()}),
    ):
        put = {"encode": lambda bins=bins: encode_put(bins)}
        show(f"put {title}", against_node(done, lambda c, bins=bins: c.put(KEY, bins), put, rounds, least))
        body = message(bins)
        get = {"encode": encode_get, "decode": decode_get(body)}
        show(f"get {title}", against_node(framed(body), lambda c: c.get(KEY), get, rounds, least))
    for rows in (100, 1000):
        keys, codec = batch_keys(rows), {"encode": encode_batch(rows), "decode": decode_batch(rows)}
        reply = framed(batch_body(rows))
        found = against_node(reply, lambda c, keys=keys: c.batch_read(keys), codec, rounds, least)
        show(f"batch_read {rows} rows", found)


def growth(rounds: int, least: float) -> None:
    version = (field(Field.RECORD_VERSION, bytes(7)),)
    cases: dict[str, tuple[Callable[[int], Turn], Callable[[int], Turn]]] = {}

    def of_value(make: Callable[[int], Any]) -> tuple[Callable[[int], Turn], Callable[[int], Turn]]:
        def to_bytes(size: int) -> Turn:
            bins = {"b": make(size)}
            return lambda: encode_put(bins)

        return to_bytes, lambda size: decode_get(message({"b": make(size)}))

    cases["list of integers"] = of_value(lambda size: list(range(size)))
    cases["list of strings"] = of_value(lambda size: [f"item {n}" for n in range(size)])
    cases["map"] = of_value(lambda size: {f"k{n}": n for n in reversed(range(size))})
    cases["key-ordered map"] = of_value(lambda size: KeyOrderedDict((n, str(n)) for n in range(size)))
    cases["lists of ten in a list"] = of_value(lambda size: [list(range(10)) for _ in range(size // 10)])

    def put_bins(size: int) -> Turn:
        bins = bins_of(size)
        return lambda: encode_put(bins)

    cases["bins"] = (put_bins, lambda size: decode_get(message(bins_of(size))))
    cases["batch rows"] = (encode_batch, decode_batch)
    cases["batch rows with a field"] = (encode_batch, lambda size: decode_batch(size, version))
    print(f"\n{'nanoseconds per element':<34}" + "".join(f"{size:>9}" for size in SIZES))
    for title, directions in cases.items():
        for direction, make in zip(("encode", "decode"), directions, strict=True):
            found = in_rotation({str(size): make(size) for size in SIZES}, rounds, least)
            cells = "".join(f"{found[str(size)] / size * 1000:>9.0f}" for size in SIZES)
            print(f"{title + ', ' + direction:<34}{cells}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9, help="how often each measurement is repeated")
    parser.add_argument("--seconds", type=float, default=0.02, help="least length of each measurement")
    arguments = parser.parse_args()
    shares(arguments.rounds, arguments.seconds)
    growth(arguments.rounds, arguments.seconds)


if __name__ == "__main__":
    main()
