"""What an error costs: translate with context, raise and catch; what each hook adds; and that success pays nothing.

Figures are microseconds of processor time of the thread, the least and the median of many
repetitions in turns. An empty raise and catch of a plain exception stands beside them, for
the same machine in the same run.

The first part is what the core does when a request has failed for good: the row of the try,
the context of the request, the error, the raise, and the caller's ``except``. The second is
a whole get of a missing record over a socket, which raises or gives a default. The replies
are the same bytes, so the difference is all that a failure costs: noticing it, the row of
facts, the retry that is none, metrics, and the first part.

    python benchmarks/error_path.py
"""

from __future__ import annotations

import asyncio
import statistics
import time
import timeit

import canned_node

from aerospike_wire import AsyncClient, Client, errors
from aerospike_wire.core import Core
from aerospike_wire.errors import Attempt, ErrorMiddleware, RecordContext
from aerospike_wire.errors.attempt import attempt_of
from aerospike_wire.trouble import Trouble
from aerospike_wire.types import Key

PATIENT = {"read": {"total_timeout": 0}}
"""A machine that is busy otherwise must not end a run."""
KEY = Key("test", "users", "ada", bytes(range(20)))


def plain() -> None:
    try:
        raise ValueError
    except ValueError:
        pass


def path(hooks: int):
    middleware = ErrorMiddleware([lambda _: None] * hooks)

    def fail() -> None:
        attempts = (attempt_of(("BB9", "127.0.0.1:3000", True, True, 2, 0.3, None)),)
        context = RecordContext("get", None, KEY, ())
        try:
            error = middleware.make(2, context, None, False, attempts, 0.3, 0, None, None)  # noqa: FBT003  as the core does
            raise middleware.apply(error) if middleware.hooks else error
        except errors.RecordNotFound:
            pass

    return fail


def by_name() -> None:
    """The public way to the same error, with arguments by name."""
    context = RecordContext("get", None, KEY, ())
    attempts = (Attempt("BB9", "127.0.0.1:3000", sent=True, answered=True, code=2, elapsed=0.3),)
    try:
        raise MIDDLEWARE.translate(2, context, attempts=attempts, elapsed=0.3)
    except errors.RecordNotFound:
        pass


MIDDLEWARE = ErrorMiddleware()
HOOKS = {hooks: f"translate, raise, catch; {hooks} hooks" for hooks in (0, 1, 2)}
RAISES, GIVES = "a get that finds nothing, raising", "the same, giving a default"


def measure(cases: dict, number: int, rounds: int) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, case in cases.items():
            found[name].append(timeit.timeit(case, number=number, timer=time.thread_time) / number * 1e6)
    return found


def measure_calls() -> dict[str, list[float]]:
    """A get of a missing record over a socket, both ways."""
    process, port = canned_node.start(miss=True)
    try:
        with Client(f"127.0.0.1:{port}", policies=PATIENT) as client:

            def raises() -> None:
                try:  # noqa: SIM105  what callers write
                    client.get(KEY)
                except errors.RecordNotFound:
                    pass

            return measure({RAISES: raises, GIVES: lambda: client.get(KEY, default=None)}, 200, 200)
    finally:
        process.kill()
        process.join()


def count_on_success() -> tuple[int, int, int]:
    """Error objects made by 1000 gets that succeed, with each client; and tries of both that failed all the same."""
    made = 0
    # Rows and exceptions are made past __init__, so their makers are watched.
    watched = [
        (errors.AerospikeError, "__init__"),
        (errors.RecordContext, "__init__"),
        (errors.ErrorContext, "__init__"),
        (errors.Failure, "__init__"),
        (Core, "attempt"),
        (errors.ErrorMiddleware, "make"),
        (Trouble, "__init__"),
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
        with Client(f"127.0.0.1:{port}", policies=PATIENT) as client:
            for number in range(1000):
                client.get(("test", "bench", number))
            repeated = client.stats().retry_count
        blocking, made = made, 0

        async def run() -> int:
            async with AsyncClient(f"127.0.0.1:{port}", policies=PATIENT) as client:
                await asyncio.gather(*(client.get(("test", "bench", number)) for number in range(1000)))
                return client.stats().retry_count

        repeated += asyncio.run(run())
        return blocking, made, repeated
    finally:
        for cls, name, function in kept:
            setattr(cls, name, function)
        process.kill()
        process.join()


def main() -> None:
    cases = {"plain raise and catch": plain} | {name: path(hooks) for hooks, name in HOOKS.items()}
    found = measure(cases | {"the same by name, no hook": by_name}, 1000, 300) | measure_calls()
    print(f"{'':<36}{'least':>8}{'median':>8}  microseconds")
    for name, times in found.items():
        print(f"{name:<36}{min(times):>8.2f}{statistics.median(times):>8.2f}")
    none, one, two = (min(found[HOOKS[hooks]]) for hooks in (0, 1, 2))
    print(f"the first hook adds {one - none:.2f}, the second {two - one:.2f}")
    print(f"a whole failed call costs {min(found[RAISES]) - min(found[GIVES]):.2f} more than one that does not fail")
    blocking, aio, repeated = count_on_success()
    print(f"error objects made by 1000 successful gets: Client {blocking}, AsyncClient {aio}")
    if repeated:  # on a machine that is so busy that a connection takes seconds
        print(f"they are of {repeated} tries that failed and were repeated")


if __name__ == "__main__":
    main()
