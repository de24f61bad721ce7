"""Gets per second with 1, 16, 64 and 256 tasks, beside a bare pipelined loop of send and parse.

The node answers canned records from a process of its own. The bare loop is what plain
asyncio reaches on one pipelined connection with no client at all: each call makes the
request of its own key (digest included), those of a turn of the loop leave in one write, and
each reply is parsed whole, into a tuple that equals the client's record; the run begins with
a look that it does. It has no deadlines, no nodes to choose from, no
policies, and a cancelled task would leave its queue out of step. Both run in turns; the
figures are medians over the rounds, and each round's share of speed is that of two
measurements right after each other. Where other programs take part of the processors, many
short rounds tell more than a few long ones, and the share of CPU more than that of speed.

    python benchmarks/pipelining.py [--tasks 1 16 64 256] [--seconds 1.0] [--rounds 5]
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import statistics
import struct
import time
from collections import deque

import canned_node

from aerospike_wire import AsyncClient

FRAME = struct.Struct(">Q")
MESSAGE = struct.Struct(">BBBBBBIIIHH")
OP = struct.Struct(">IBBBB")
PLACE = struct.pack(">IB", 5, 0) + b"test" + struct.pack(">IB", 6, 1) + b"bench" + struct.pack(">IB", 21, 4)
HEAD = FRAME.pack(2 << 56 | 3 << 48 | 22 + len(PLACE) + 20) + MESSAGE.pack(22, 3, 0, 0, 0, 0, 0, 0, 1000, 3, 0) + PLACE
BLANK = hashlib.new("ripemd160", usedforsecurity=False)


class Bare(asyncio.BufferedProtocol):
    """One connection, a queue of futures, one write per turn of the loop."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.waiting: deque[tuple[asyncio.Future[object], int, bytes]] = deque()
        self.out: list[bytes] = []
        self.buffer = bytearray(1 << 18)
        self.view = memoryview(self.buffer)
        self.end = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def get(self, number: int) -> asyncio.Future[object]:
        state = BLANK.copy()
        state.update(b"bench\x01" + number.to_bytes(8, "big"))
        future = self.loop.create_future()
        digest = state.digest()
        self.waiting.append((future, number, digest))
        if not self.out:
            self.loop.call_soon(self.flush)
        self.out.append(HEAD + digest)
        return future

    def flush(self) -> None:
        self.transport.write(b"".join(self.out))
        self.out.clear()

    def get_buffer(self, sizehint: int) -> memoryview:
        return self.view[self.end :]

    def buffer_updated(self, nbytes: int) -> None:
        self.end += nbytes
        start = 0
        while self.end - start >= 8:
            (word,) = FRAME.unpack_from(self.buffer, start)
            stop = start + 8 + (word & 0xFFFFFFFFFFFF)
            if stop > self.end:
                break
            future, number, digest = self.waiting.popleft()
            meta, bins = parse(bytes(self.view[start + 8 : stop]))
            future.set_result((("test", "bench", number, digest), meta, bins))
            start = stop
        left = self.end - start
        if left and start:
            self.buffer[:left] = self.buffer[start : self.end]
        self.end = left


def parse(body: bytes) -> tuple[dict[str, int], dict[str, object]]:
    """Meta data and bins: what anybody needs of a record."""
    _, _, _, _, _, code, generation, void_time, _, fields, ops = MESSAGE.unpack_from(body)
    if code:
        raise KeyError(code)
    ttl = void_time + 1262304000 - int(time.time()) if void_time else 0xFFFFFFFF
    offset = 22
    for _ in range(fields):
        offset += 4 + int.from_bytes(body[offset : offset + 4], "big")
    bins: dict[str, object] = {}
    for _ in range(ops):
        size, _, kind, _, length = OP.unpack_from(body, offset)
        stop = offset + 4 + size
        value: object = body[offset + 8 + length : stop]
        if kind == 1:
            value = int.from_bytes(value, "big", signed=True)  # type: ignore[arg-type]
        elif kind == 3:
            value = value.decode()  # type: ignore[attr-defined]
        bins[body[offset + 8 : offset + 8 + length].decode()] = value
        offset = stop
    return {"ttl": ttl, "gen": generation}, bins


async def measure(get, tasks: int, seconds: float) -> tuple[float, float]:
    """Calls per second, and microseconds of this process's CPU for each."""
    counts = [0] * tasks
    stop = time.perf_counter() + seconds

    async def work(place: int) -> None:
        clock = time.perf_counter
        number = place
        while clock() < stop:
            await get(number)
            number += 1
            counts[place] += 1

    begun, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(work(place) for place in range(tasks)))
    wall, used = time.perf_counter() - begun, time.process_time() - cpu
    return sum(counts) / wall, used / sum(counts) * 1e6


async def main(counts: list[int], seconds: float, rounds: int) -> None:
    process, port = canned_node.start()
    try:
        _, bare = await asyncio.get_running_loop().create_connection(Bare, "127.0.0.1", port)
        async with AsyncClient(f"127.0.0.1:{port}") as client:
            ways = {"bare loop": bare.get, "client": lambda number: client.get(("test", "bench", number))}
            for number in (0, 1, 1 << 40):
                assert await bare.get(number) == await client.get(("test", "bench", number))
            found: dict[tuple[str, int], list[tuple[float, float]]] = {}
            for way in ways.values():
                await measure(way, 64, 0.2)
            for _ in range(rounds):
                for tasks in counts:
                    for name, way in ways.items():
                        found.setdefault((name, tasks), []).append(await measure(way, tasks, seconds))
        bare.transport.close()
    finally:
        process.kill()
        process.join()
    print(f"{'tasks':>5}  {'bare loop':>22}  {'client':>22}  {'client/bare':>11}  {'by CPU':>6}")
    for tasks in counts:
        row = {name: [statistics.median(column) for column in zip(*found[name, tasks], strict=True)] for name in ways}
        text = [f"{speed:>9,.0f}/s {cpu:>6.1f} us" for speed, cpu in row.values()]
        pairs = list(zip(found["client", tasks], found["bare loop", tasks], strict=True))
        share = statistics.median(client[0] / bare_[0] for client, bare_ in pairs)
        by_cpu = statistics.median(bare_[1] / client[1] for client, bare_ in pairs)
        print(f"{tasks:>5}  {text[0]:>22}  {text[1]:>22}  {share:>11.0%}  {by_cpu:>6.0%}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--tasks", type=int, nargs="+", default=[1, 16, 64, 256], help="tasks at once, one after another"
    )
    parser.add_argument("--seconds", type=float, default=1.0, help="length of each measurement")
    parser.add_argument("--rounds", type=int, default=5, help="how often each is repeated")
    arguments = parser.parse_args()
    asyncio.run(main(arguments.tasks, arguments.seconds, arguments.rounds))
