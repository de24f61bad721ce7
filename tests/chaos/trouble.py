"""What happens to the nodes meanwhile: a schedule that a seed decides, driven by the number of calls."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .book import Book
    from .nodes import Nodes

COMMANDS: Final = ("put", "get", "operate", "increment", "remove", "exists", "batch", "query", "any", "read", "write")
CODES: Final = (1, 8, 9, 11, 14, 18, 22)
"""What nodes answer now and then: unknown, full, timeout, unavailable, busy, overload, forbidden."""
STABLE: Final = 60.0
"""Seconds after which a cluster that does not settle is a failure of the node."""


class Trouble(threading.Thread):
    """Breaks a cluster and mends it again, never more than one node at a time.

    Args:
        nodes: the cluster.
        book: counts the calls.
        seed: decides what is done.
        every: calls between two events.
    """

    def __init__(self, nodes: Nodes, book: Book, seed: int, every: int) -> None:
        super().__init__(name="trouble")
        self.nodes = nodes
        self.names: list[str] = nodes.names()
        self.book = book
        self.random = random.Random(seed)
        self.every = every
        self.events: Counter[str] = Counter()
        self.log: list[str] = []
        self.failure: BaseException | None = None
        self._over = threading.Event()

    def run(self) -> None:
        """Until it is told to stop."""
        events = (self.kill, self.blink, self.pause, self.hiccup, self.slow, self.reset, self.hold, *[self.fault] * 8)
        due = self.every
        try:
            while not self._over.wait(0.002):
                if self.book.calls >= due:
                    due = self.book.calls + self.every
                    self.random.choice(events)()
        except BaseException as error:  # noqa: BLE001  reported at the end of the run
            self.failure = error
        self.mend()

    def stop(self) -> None:
        """End the trouble; returns when all is mended."""
        self._over.set()
        self.join()

    def mend(self) -> None:
        """Bring everything back."""
        self.nodes.mend()
        self.settle()

    def settle(self) -> None:
        """Wait until all partitions are where they belong."""
        ends = time.monotonic() + STABLE
        while not self.nodes.stable():
            if time.monotonic() > ends:
                msg = f"the cluster has not settled within {STABLE:g} s"
                raise TimeoutError(msg)
            time.sleep(0.01)

    def some(self) -> int:
        """A node."""
        return self.random.randrange(len(self.names))

    def victim(self) -> int:
        """A node, once it may be taken away without losing data."""
        self.settle()
        return self.some()

    def note(self, name: str, node: int | None = None, *facts: object) -> None:
        """Remember an event."""
        self.events[name] += 1
        where = "" if node is None else f" {self.names[node][-2:]}"
        self.log.append(f"{self.book.calls:>9} {name}{where} {' '.join(map(str, facts))}")

    def calls(self, least: int, most: int) -> None:
        """Let some calls pass, or a second if there are none."""
        wanted = self.book.calls + self.random.randint(least, most)
        ends = time.monotonic() + 1
        while self.book.calls < wanted and time.monotonic() < ends and not self._over.is_set():
            time.sleep(0.002)

    # What happens to nodes

    def kill(self) -> None:
        """A node dies and comes back after a while."""
        node = self.victim()
        self.note("kill", node)
        self.nodes.node(node, "kill")
        self.calls(100, 2000)
        self.settle()
        self.nodes.node(node, "restart")

    def blink(self) -> None:
        """A node dies and is back before the others have noticed."""
        node = self.victim()
        self.note("restart", node)
        self.nodes.node(node, "restart")

    def pause(self) -> None:
        """A node falls silent for so long that the others go on without it."""
        node = self.victim()
        self.note("pause", node)
        self.nodes.node(node, "pause")
        self.calls(100, 1000)
        self.settle()
        self.nodes.node(node, "resume")

    def hiccup(self) -> None:
        """A node falls silent for less than that."""
        node = self.victim()
        self.note("hiccup", node)
        self.nodes.node(node, "pause")
        time.sleep(self.random.uniform(0.01, 0.09))
        self.nodes.node(node, "resume")

    def slow(self) -> None:
        """A node takes its time."""
        node = self.some()
        self.note("slow", node)
        self.nodes.node(node, "slow", self.random.choice((1, 5, 20)))
        self.calls(50, 500)
        self.nodes.node(node, "slow", 0)

    def reset(self) -> None:
        """All connections of a node are reset."""
        node = self.some()
        self.note("reset", node)
        self.nodes.node(node, "close_connections")

    def hold(self) -> None:
        """Partitions stay half moved for a while."""
        node = self.victim()
        self.note("hold migrations", node)
        self.nodes.allow_migrations(False)
        self.nodes.node(node, "restart")
        self.calls(100, 1000)
        self.nodes.allow_migrations(True)

    # What happens to requests

    def fault(self) -> None:
        """Some requests go wrong in one of the ways that the node knows."""
        command = self.random.choice(COMMANDS)
        node = self.some() if self.random.random() < 0.5 else None
        actions: dict[str, tuple[str, dict[str, object]]] = {
            "answer": ("answer", {"code": self.random.choice(CODES)}),
            "answer after executing": ("answer", {"code": 9, "execute": True}),
            "delay": ("delay", {"milliseconds": self.random.choice((1, 10, 60, 500))}),
            "hang": ("hang", {}),
            "close before": ("close", {"before": True}),
            "close after": ("close", {"after": True}),
            "half frame": ("half_frame", {}),
            "garbage": ("garbage", {}),
            "wrong size": ("wrong_size", {}),
            "too few bytes": ("wrong_size", {"size": 5000}),
        }
        name = self.random.choice(tuple(actions))
        self.note(name, node, "on", command)
        rule = self.nodes.fault(node, command, self.random.randint(1, 12), *actions[name])
        self.calls(20, 300)
        self.nodes.remove(rule)
