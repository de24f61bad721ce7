"""What metrics cost a pipelined get: microseconds of CPU with and without, in turns.

python benchmarks/metrics.py [--seconds 0.5] [--rounds 9] [--tasks 64]
"""

from __future__ import annotations

import argparse
import asyncio
import statistics

import canned_node
from pipelining import measure

from aerospike_wire import AsyncClient


async def main(seconds: float, rounds: int, tasks: int) -> None:
    process, port = canned_node.start()
    found: dict[str, list[float]] = {"off": [], "on": []}
    try:
        async with AsyncClient(f"127.0.0.1:{port}") as client:

            def get(number: int) -> object:
                return client.get(("test", "bench", number))

            await measure(get, tasks, 0.3)
            for _ in range(rounds):
                for name, column in found.items():
                    if name == "on":
                        client.enable_metrics()
                    column.append((await measure(get, tasks, seconds))[1])
                    client.disable_metrics()
    finally:
        process.kill()
        process.join()
    off, on = (statistics.median(column) for column in found.values())
    print(f"{tasks} tasks: {off:.2f} us without, {on:.2f} us with metrics, {on / off - 1:+.1%}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=0.5, help="length of each measurement")
    parser.add_argument("--rounds", type=int, default=9, help="how often each is repeated")
    parser.add_argument("--tasks", type=int, default=64, help="calls under way at a time")
    arguments = parser.parse_args()
    asyncio.run(main(arguments.seconds, arguments.rounds, arguments.tasks))
