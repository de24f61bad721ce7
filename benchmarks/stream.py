"""Records per second and memory of one long query: ours on asyncio and blocking, and the official client's.

By default a node of its own process sends the same million records over and over again,
as fast as it can; ``--host`` takes a real node instead, whose set is read as it is. Each
client runs in a process of its own, so that its memory can be told::

    python benchmarks/stream.py --records 1000000 --bins 1 --bins 10
    python benchmarks/stream.py --host 127.0.0.1:3000 --namespace test --set demo

Memory is the process's peak resident size after the first tenth of the records and at the
end: the difference is what a longer query costs.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import resource
import struct
import subprocess
import sys
import time

import canned_node

HEADER = struct.Struct(">Q")
MESSAGE = struct.Struct(">BBBBBBIIIHH")
PARTITIONS = 4096
FRAME = 1024 * 1024
"""Bytes of a frame, as servers send them."""


def record(number: int, count: int) -> bytes:
    """A record of ``count`` bins: integers, and one text of 100 bytes."""
    digest = (number % PARTITIONS).to_bytes(2, "little") + number.to_bytes(18, "little")
    fields = (
        struct.pack(">IB", 5, 0) + b"test" + struct.pack(">IB", 21, 4) + digest + struct.pack(">IB", 5, 1) + b"demo"
    )
    ops = []
    for place in range(count):
        name = b"b%d" % place
        kind, data = (3, b"x" * 100) if place == 0 else (1, number.to_bytes(8, "big"))
        ops.append(struct.pack(">IBBBB", 4 + len(name) + len(data), 1, kind, 0, len(name)) + name + data)
    return MESSAGE.pack(22, 0, 0, 0, 0, 0, 1, 0, 0, 3, count) + fields + b"".join(ops)


def frames(bins: int) -> tuple[bytes, int]:
    """A frame of records, and how many are in it."""
    parts, size = [], 0
    while size < FRAME:
        parts.append(record(len(parts), bins))
        size += len(parts[-1])
    body = b"".join(parts)
    return HEADER.pack(2 << 56 | 3 << 48 | len(body)) + body, len(parts)


def serve(ready: object, records: int, bins: int) -> None:
    whole, inside = frames(bins)
    last = MESSAGE.pack(22, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0)
    end = HEADER.pack(2 << 56 | 3 << 48 | len(last)) + last

    def stream(send: object) -> None:
        for _ in range(-(-records // inside)):
            send(whole)  # type: ignore[operator]
        send(end)  # type: ignore[operator]

    canned_node.serve(ready, stream=stream)


# Clients, each in a process of its own


def peak() -> float:
    """Mebibytes that this process has had at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class Watch:
    """Counts records, and looks at the memory after the first tenth."""

    def __init__(self, expected: int) -> None:
        self.early_at = max(1, expected // 10)
        self.early = 0.0
        self.count = 0

    def look(self, count: int) -> None:
        self.count = count
        if not self.early and count >= self.early_at:
            self.early = peak()


async def run_async(args: argparse.Namespace, watch: Watch) -> None:
    from aerospike_wire import AsyncClient  # noqa: PLC0415  each process imports what it measures

    async with AsyncClient(args.host) as client:
        count = 0
        async for _ in client.query(args.namespace, args.set):
            count += 1
            if not count & 1023:
                watch.look(count)
        watch.look(count)


def run_sync(args: argparse.Namespace, watch: Watch) -> None:
    from aerospike_wire import Client  # noqa: PLC0415

    with Client(args.host) as client:
        count = 0
        for _ in client.query(args.namespace, args.set):
            count += 1
            if not count & 1023:
                watch.look(count)
        watch.look(count)


def run_list(args: argparse.Namespace, watch: Watch) -> None:
    from aerospike_wire import Client  # noqa: PLC0415

    with Client(args.host) as client:
        watch.look(len(client.query(args.namespace, args.set).results()))


def run_foreach(args: argparse.Namespace, watch: Watch) -> None:
    """The official client's callback."""
    import aerospike  # noqa: PLC0415

    host, port = args.host.split(":")
    client = aerospike.client({"hosts": [(host, int(port))]}).connect()
    count = 0

    def take(_: object) -> None:
        nonlocal count
        count += 1
        if not count & 1023:
            watch.look(count)

    client.query(args.namespace, args.set).foreach(take)
    watch.look(count)
    client.close()


def run_results(args: argparse.Namespace, watch: Watch) -> None:
    """The official client's list."""
    import aerospike  # noqa: PLC0415

    host, port = args.host.split(":")
    client = aerospike.client({"hosts": [(host, int(port))]}).connect()
    watch.look(len(client.query(args.namespace, args.set).results()))
    client.close()


KINDS = {
    "ours, async for": lambda args, watch: asyncio.run(run_async(args, watch)),
    "ours, for": run_sync,
    "ours, results": run_list,
    "official, foreach": run_foreach,
    "official, results": run_results,
}


def one(args: argparse.Namespace) -> None:
    """Run one client and print what it took."""
    watch = Watch(args.records)
    begun, cpu = time.perf_counter(), time.process_time()
    KINDS[args.only](args, watch)
    seconds, busy = time.perf_counter() - begun, time.process_time() - cpu
    print(json.dumps({
        "records": watch.count, "seconds": seconds, "cpu": busy, "early": watch.early or peak(), "late": peak(),
    }))  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--bins", type=int, action="append", help="bins of a record; may be given several times")
    parser.add_argument("--host", help="a real node instead of the canned one")
    parser.add_argument("--namespace", default="test")
    parser.add_argument("--set", default="demo")
    parser.add_argument("--only", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.only:
        one(args)
    elif args.host is not None:
        compare(args)
    else:
        for bins in args.bins or [1, 10]:
            context = multiprocessing.get_context("spawn")
            ready = context.Queue()
            process = context.Process(target=serve, args=(ready, args.records, bins), daemon=True)
            process.start()
            args.host = f"127.0.0.1:{ready.get(timeout=30)}"
            print(f"{bins} bin{'s' if bins > 1 else ''}")
            compare(args)
            process.terminate()


def compare(args: argparse.Namespace) -> None:
    """Let every client read the same records, one after the other."""
    print(f"{'':20}{'records':>12}{'records/s':>12}{'CPU us':>9}{'MiB early':>11}{'MiB late':>10}")
    for kind in KINDS:
        command = [sys.executable, __file__, "--only", kind, "--host", args.host, "--records", str(args.records)]
        command += ["--namespace", args.namespace, "--set", args.set]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["?"])[-1]
            print(f"{kind:20}{reason[:80]}")
            continue
        row = json.loads(done.stdout)
        print(
            f"{kind:20}{row['records']:12,}{row['records'] / row['seconds']:12,.0f}"
            f"{row['cpu'] / max(1, row['records']) * 1e6:9.2f}{row['early']:11.1f}{row['late']:10.1f}"
        )


if __name__ == "__main__":
    main()
