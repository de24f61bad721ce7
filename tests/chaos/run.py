"""One run: a cluster, a client, its workers, trouble, and the look at what is left."""

from __future__ import annotations

import asyncio
import math
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs

from aerospike_wire import AsyncClient, Client, errors

from .book import Book, Cancelled, Tally
from .nodes import Nodes
from .trouble import Trouble
from .workload import NAMESPACE, STILL, Call, Worker

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Sequence

DRAINED: Final = 8.0
"""Seconds within which late answers have come or been given up."""
WITHIN_CALL: Final = (errors.AerospikeError,)


@attrs.frozen
class Plan:
    """What is run."""

    client: str
    """``async`` or ``sync``."""
    calls: int
    seed: int
    workers: int
    nodes: int = 3
    every: int = 400
    """Calls between two events."""
    seconds: float = math.inf
    """When to stop even if there were fewer calls."""
    processes: bool = False
    """Whether each node has a process of its own."""

    def settings(self, seeds: Sequence[tuple[str, int]]) -> dict[str, Any]:
        """The client's."""
        return {"hosts": list(seeds), "tend_interval": 250}


@attrs.define
class Report:
    """What came of it."""

    plan: Plan
    book: Book
    trouble: Trouble
    seconds: float = 0.0
    memory: float = 0.0
    """Most memory that this process has ever held, in MiB; 0 where the system does not tell."""
    leaks: list[str] = attrs.field(factory=list)

    @property
    def good(self) -> bool:
        """True if nothing is wrong."""
        return not (self.book.violations or self.leaks or self.trouble.failure)

    def text(self) -> str:
        """All figures, a line each."""
        plan, figures = self.plan, self.book.figures()
        where = " in processes of their own" if plan.processes else ""
        lines = [
            f"client {plan.client}, seed {plan.seed}, {plan.workers} workers, {plan.nodes} nodes{where}",
            f"{figures['calls']} calls in {self.seconds:.1f} s, {figures['calls'] / self.seconds:.0f} calls/s",
        ]
        lines.append(f"peak memory {self.memory:.0f} MiB, most of it the record of the calls")
        lines += [f"{name}: {value}" for name, value in figures.items() if name != "calls"]
        lines.append(f"events: {dict(self.trouble.events.most_common())}")
        if self.trouble.failure is not None:
            lines.append(f"TROUBLE FAILED: {self.trouble.failure!r}")
        lines += [f"LEAK: {leak}" for leak in self.leaks]
        lines += [
            f"VIOLATION: after {calls} calls: {words}" for words, calls in list(self.book.violations.items())[:20]
        ]
        lines.append("good" if self.good else "BAD")
        return "\n".join(lines)


def peak_memory() -> float:
    """Most memory that this process has ever held, in MiB."""
    if resource is None:
        return 0.0
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1024 / 1024


def open_files() -> int:
    """Descriptors of this process, where the system tells."""
    place = Path("/proc/self/fd")
    return sum(1 for _ in place.iterdir()) if place.exists() else 0


def run(plan: Plan) -> Report:
    """Carry a plan out."""
    book = Book()
    with Nodes(plan.nodes, processes=plan.processes) as nodes:
        prepare(nodes, book)
        trouble = Trouble(nodes, book, plan.seed, plan.every)
        report = Report(plan, book, trouble)
        before = (threading.active_count(), open_files())
        started = time.monotonic()
        book.limit, book.until = plan.calls, started + plan.seconds
        if plan.client == "async":
            asyncio.run(run_tasks(plan, nodes, report))
        else:
            run_threads(plan, nodes, report)
        report.seconds = time.monotonic() - started
        report.memory = peak_memory()
        look_for_leaks(nodes, before, report)
        look_at_everything(nodes, book)
    return report


def prepare(nodes: Nodes, book: Book) -> None:
    """Write what is there from the beginning."""
    book.tallies += [Tally((NAMESPACE, "counters", name)) for name in ("one", "two", "three")]
    with Client(nodes.seeds()) as client:
        for number in range(STILL):
            client.put((NAMESPACE, "still", number), {"i": number})
        for tally in book.tallies:
            client.put(tally.key, {"n": 0})


def workers_of(plan: Plan, book: Book) -> list[Worker]:
    """All workers."""
    made: list[Worker] = []
    made += [Worker(number, plan.seed, book, made) for number in range(plan.workers)]
    return made


def noted(book: Book, call: Call, error: BaseException) -> BaseException:
    """Count and judge what a call raised."""
    book.count(type(error).__name__)
    if isinstance(error, errors.AerospikeError):
        book.judge(error, write=call.write)
    else:
        book.blame(f"{call.method} raised {error!r}, which is no error of the library")
    return error


# Tasks


async def run_tasks(plan: Plan, nodes: Nodes, report: Report) -> None:
    """64 tasks on one loop."""
    book = report.book
    client = AsyncClient(plan.settings(nodes.seeds()))
    await client.connect()
    report.trouble.start()
    tasks = [asyncio.create_task(drive(worker, client, book)) for worker in workers_of(plan, book)]
    try:
        await asyncio.gather(*tasks)
    finally:
        await asyncio.to_thread(report.trouble.stop)
    ends = time.monotonic() + DRAINED
    while waiting(client) and time.monotonic() < ends:  # noqa: ASYNC110  links have no event for it
        await asyncio.sleep(0.01)
    if waiting(client):
        report.leaks.append(f"{waiting(client)} requests are still waited for after quiet")
    await client.close()
    await asyncio.sleep(0)
    left = asyncio.all_tasks() - {asyncio.current_task()}
    if left:
        report.leaks.append(f"{len(left)} tasks are left: {[str(task)[:200] for task in left][:3]}")


async def drive(worker: Worker, client: AsyncClient, book: Book) -> None:
    """Make a worker's calls."""
    work = worker.work()
    call = next(work)
    while not book.over:
        call = work.send(await made(call, client, book))


async def made(call: Call, client: AsyncClient, book: Book) -> Any:
    """Make a call; its result, its error, or that its caller lost patience."""
    if call.cancel_after is None:
        return await waited(call, client, book)
    task = asyncio.ensure_future(waited(call, client, book))
    await asyncio.wait({task}, timeout=call.cancel_after)
    task.cancel()
    return await task


async def waited(call: Call, client: AsyncClient, book: Book) -> Any:
    try:
        if call.method == "query":
            namespace, name, policy = call.args
            result: Any = await client.query(namespace, name).results(policy)
        else:
            result = await getattr(client, call.method)(*call.args)
    except asyncio.CancelledError as stopped:
        book.count("cancelled")
        return Cancelled(in_doubt=bool(getattr(stopped, "in_doubt", False)))
    except Exception as error:  # noqa: BLE001  judged
        return noted(book, call, error)
    book.count("ok")
    return result


# Threads


def run_threads(plan: Plan, nodes: Nodes, report: Report) -> None:
    """16 threads on one client."""
    book = report.book
    client = Client(plan.settings(nodes.seeds()))
    client.connect()
    report.trouble.start()

    def work(worker: Worker) -> None:
        try:
            calls = worker.work()
            call = next(calls)
            while not book.over:
                call = calls.send(blocking(call, client, book))
        except BaseException as error:  # noqa: BLE001  a worker must not die unseen
            book.blame(f"worker {worker.number} died: {error!r}")

    threads = [threading.Thread(target=work, args=(worker,)) for worker in workers_of(plan, book)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    report.trouble.stop()
    if waiting(client):
        report.leaks.append(f"{waiting(client)} requests are still waited for after quiet")
    client.close()


def blocking(call: Call, client: Client, book: Book) -> Any:
    """Make a call of the blocking client."""
    try:
        if call.method == "query":
            namespace, name, policy = call.args
            result: Any = client.query(namespace, name).results(policy)
        else:
            result = getattr(client, call.method)(*call.args)
    except Exception as error:  # noqa: BLE001  judged
        return noted(book, call, error)
    book.count("ok")
    return result


# Afterwards


def waiting(client: AsyncClient | Client) -> int:
    """Requests on the client's links that an answer is still waited for."""
    return sum(node.pool.load for node in client._core.cluster.nodes.values())


def look_for_leaks(nodes: Nodes, before: tuple[int, int], report: Report) -> None:
    """Threads, sockets and connections are as many as before."""
    ends = time.monotonic() + 5
    while time.monotonic() < ends:
        connections = nodes.connections()
        now = (threading.active_count(), open_files())
        if not connections and now[0] <= before[0] and now[1] <= before[1]:
            return
        time.sleep(0.05)
    report.leaks.append(f"threads and files were {before}, are {now}; nodes have {connections} connections")


def look_at_everything(nodes: Nodes, book: Book) -> None:
    """Every acknowledged write is there, every refused one is not, and replicas are the same."""
    with Client(nodes.seeds()) as client:
        for ledger in book.ledgers:
            record = client.get(ledger.key, default=None)
            book.blame(ledger.check(() if record is None else record.bins["t"], ledger.applied()))
        for register in book.registers:
            record = client.get(register.key, default=None)
            book.blame(register.check(None if record is None else record.bins["v"]))
        for tally in book.tallies:
            book.blame(tally.check(client.get(tally.key).bins["n"]))
        if len(client.query(NAMESPACE, "still").results()) != STILL:
            book.blame("a query at the end does not find what nobody has changed")
    for words in nodes.differences(NAMESPACE):
        book.blame(words)


def main(argv: Sequence[str] | None = None) -> int:
    """The command line."""
    import argparse

    parser = argparse.ArgumentParser(
        prog="tests.chaos", description="Many calls while nodes break; nothing may be lost."
    )
    parser.add_argument("--calls", type=int, default=1_000_000, help="calls of each client (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="decides what is called and what breaks (%(default)s)")
    parser.add_argument("--client", choices=("async", "sync", "both"), default="both")
    parser.add_argument("--tasks", type=int, default=64)
    parser.add_argument("--threads", type=int, default=16)
    parser.add_argument("--nodes", type=int, default=3)
    parser.add_argument("--every", type=int, default=400, help="calls between two events (%(default)s)")
    parser.add_argument("--seconds", type=float, default=math.inf, help="stop after so many, even with fewer calls")
    parser.add_argument("--processes", action="store_true", help="give each node a process of its own")
    parser.add_argument("--log", action="store_true", help="print the events")
    given = parser.parse_args(argv)
    good = True
    for client in ("async", "sync") if given.client == "both" else (given.client,):
        workers = given.tasks if client == "async" else given.threads
        plan = Plan(client, given.calls, given.seed, workers, given.nodes, given.every, given.seconds, given.processes)
        report = run(plan)
        if given.log:
            sys.stdout.write("\n".join(report.trouble.log) + "\n")
        sys.stdout.write(report.text() + "\n\n")
        sys.stdout.flush()
        good = good and report.good
    return 0 if good else 1
