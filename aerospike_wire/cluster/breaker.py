"""The circuit breaker of one node (protocol section 11.6)."""

from __future__ import annotations

from typing import Final

from aerospike_wire.errors import FACTS

COUNTED: Final = frozenset(int(code) for code, row in FACTS.items() if row.counts)
"""Codes that speak of the node's health, and not of the request."""


class Breaker:
    """Counts a node's errors in a window of time; over the limit nothing more is sent.

    The window begins with its first error. After it the count starts from nothing, as in
    the Java and Go clients; the C client also halves the limit of a node that broke it.

    Args:
        limit: errors that one window may have; 0 for no limit.
        window: seconds.
    """

    __slots__ = ("_ends", "count", "limit", "window")

    def __init__(self, limit: int, window: float) -> None:
        self.limit = limit
        self.window = window
        self.count = 0
        self._ends = 0.0

    def is_open(self, now: float) -> bool:
        """True if the limit is passed and the window not yet over."""
        if self.count and now >= self._ends:
            self.count = 0
        return self.limit > 0 and self.count > self.limit

    def record(self, code: int, now: float) -> bool:
        """Count a failure, if its code speaks of the node; True if that opened the breaker."""
        if code not in COUNTED:
            return False
        if now >= self._ends:
            self.count = 0
            self._ends = now + self.window
        self.count += 1
        return self.count - 1 == self.limit > 0

    def forget(self) -> None:
        """Begin anew, for instance because the node has restarted."""
        self.count = 0
