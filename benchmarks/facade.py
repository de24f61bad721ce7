"""What the façade of the official client costs: a sync get through it, and directly.

    python benchmarks/facade.py [--seconds 5] [--port 3000]

Both clients ask the same node, in turns, so that whatever else the machine does hits both. The fastest tenth of
the turns is compared as well as the median: on a machine that others use, it is what stays comparable.
Without a port the node in memory runs in a process of its own.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time

import aerospike_wire.compat as aerospike
from aerospike_wire import Client

CALLS = 50
"""Gets of one turn."""


def turn(get, key):
    """Microseconds of one get, on the average of a turn."""
    started = time.perf_counter()
    for _ in range(CALLS):
        get(key)
    return (time.perf_counter() - started) / CALLS * 1e6


def compare(port, seconds, bins):
    """The fastest tenth of many turns, and their median."""
    direct = Client(f"127.0.0.1:{port}").connect()
    facade = aerospike.client({"hosts": [("127.0.0.1", port)]})
    key = ("test", "bench", "facade")
    direct.put(key, bins)
    rows = {"direct": [], "facade": []}
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        rows["direct"].append(turn(direct.get, key))
        rows["facade"].append(turn(facade.get, key))
    direct.close()
    facade.close()
    return {name: (statistics.quantiles(times, n=10)[0], statistics.median(times)) for name, times in rows.items()}


def serve():
    """A node in a process of its own, and its port."""
    command = [sys.executable, "-m", "aerospike_wire", "serve", "--port", "0"]
    node = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    line = node.stdout.readline()
    return node, int("".join(c for c in line.split("127.0.0.1:")[1] if c.isdigit() or c == " ").split()[0])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--port", type=int)
    arguments = parser.parse_args()
    node, port = (None, arguments.port) if arguments.port else serve()
    try:
        for title, bins in (
            ("3 plain bins", {"name": "Ann", "age": 41, "score": 1.5}),
            ("a list and a map of 10", {"list": list(range(10)), "map": {str(n): n for n in range(10)}}),
        ):
            found = compare(port, arguments.seconds, bins)
            for which, direct, facade in zip(
                ("fastest tenth", "median"), found["direct"], found["facade"], strict=True
            ):
                more = (facade / direct - 1) * 100
                print(f"{title}, {which}: direct {direct:.1f} us, façade {facade:.1f} us: {more:+.1f} %")
    finally:
        if node is not None:
            node.terminate()


if __name__ == "__main__":
    main()
