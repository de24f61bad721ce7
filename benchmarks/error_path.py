"""What an error costs: translate with context, raise and catch; what each hook adds; and that success pays nothing.

Figures are microseconds, the least and the median of many repetitions, with an empty raise
and catch of a plain exception beside them, for the same machine in the same run.

    python benchmarks/error_path.py
"""

from __future__ import annotations

import asyncio
import statistics
import timeit

import canned_node

from aerospike_wire import AsyncClient, Client, errors
from aerospike_wire.errors import Attempt, ErrorMiddleware, RecordContext
from aerospike_wire.types import Key

KEY = Key("test", "users", "ada", bytes(range(20)))


def plain() -> None:
    try:
        raise ValueError
    except ValueError:
        pass


def path(hooks: int):
    middleware = ErrorMiddleware([lambda _: None] * hooks)

    def fail() -> None:
        context = RecordContext("get", None, KEY, ())
        attempts = (Attempt("BB9", "127.0.0.1:3000", sent=True, answered=True, code=2, elapsed=0.3),)
        try:
            raise middleware.translate(2, context, attempts=attempts, elapsed=0.3)
        except errors.RecordNotFound:
            pass

    return fail


def measure(number: int = 20_000, rounds: int = 15) -> dict[str, list[float]]:
    cases = {"plain raise and catch": plain} | {
        f"translate, raise, catch; {hooks} hooks": path(hooks) for hooks in (0, 1, 2)
    }
    found: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, case in cases.items():
            found[name].append(timeit.timeit(case, number=number) / number * 1e6)
    return found


def count_on_success() -> tuple[int, int]:
    """Error objects made by 1000 gets that succeed, with each client."""
    made = 0
    # NamedTuples and exceptions are made past __init__, so their makers are watched as well.
    watched = [
        (errors.AerospikeError, "_set"),
        (errors.AerospikeError, "__init__"),
        (errors.RecordContext, "__init__"),
        (errors.ErrorContext, "__init__"),
        (errors.Failure, "__init__"),
        (Attempt, "__new__"),
        (errors.ErrorMiddleware, "error"),
    ]
    kept = [(cls, name, cls.__dict__[name]) for cls, name in watched]

    def counting(function):
        def call(*args, **kwargs):
            nonlocal made
            made += 1
            return function(*args, **kwargs)

        return call

    process, port = canned_node.start()
    try:
        for cls, name, function in kept:
            setattr(cls, name, counting(function))
        with Client(f"127.0.0.1:{port}") as client:
            for number in range(1000):
                client.get(("test", "bench", number))
        blocking, made = made, 0

        async def run() -> None:
            async with AsyncClient(f"127.0.0.1:{port}") as client:
                await asyncio.gather(*(client.get(("test", "bench", number)) for number in range(1000)))

        asyncio.run(run())
        return blocking, made
    finally:
        for cls, name, function in kept:
            setattr(cls, name, function)
        process.kill()
        process.join()


def main() -> None:
    found = measure()
    print(f"{'':<36}{'least':>8}{'median':>8}  microseconds")
    for name, times in found.items():
        print(f"{name:<36}{min(times):>8.2f}{statistics.median(times):>8.2f}")
    none, one, two = (found[f"translate, raise, catch; {hooks} hooks"] for hooks in (0, 1, 2))
    first = statistics.median(b - a for a, b in zip(none, one, strict=True))
    second = statistics.median(b - a for a, b in zip(one, two, strict=True))
    print(f"the first hook adds {first:.2f}, the second {second:.2f}")
    blocking, aio = count_on_success()
    print(f"error objects made by 1000 successful gets: Client {blocking}, AsyncClient {aio}")


if __name__ == "__main__":
    main()
