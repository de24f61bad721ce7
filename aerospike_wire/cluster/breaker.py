"""The circuit breaker of one node (protocol section 11.6)."""

from __future__ import annotations

from typing import Final

from aerospike_wire.errors import FACTS

COUNTED: Final = frozenset(int(code) for code, row in FACTS.items() if row.counts)
"""Codes that speak of the node's health, and not of the request."""


class Breaker:
    """Counts a node's errors in a window of time; over the limit nothing more is sent.

    The limit adapts as the C client's does: a window that goes beyond it halves the limit of
    those that follow, so that a node in trouble is left alone after fewer errors each time, and
    every window that keeps it doubles the limit again, up to the one that was set. Here a window
    begins with its first error and not with a round of the tend; time without errors counts as
    windows that keep the limit.

    Args:
        limit: errors that one window may have; 0 for no limit.
        window: seconds.
    """

    __slots__ = ("_ends", "_most", "count", "limit", "window")

    def __init__(self, limit: int, window: float) -> None:
        self._most = limit
        self.limit = limit
        """Errors that the present window may have."""
        self.window = window
        self.count = 0
        """Errors of the present window."""
        self._ends = 0.0

    def is_open(self, now: float) -> bool:
        """True if the limit is passed and the window not yet over."""
        if self.count and now >= self._ends:
            self._end_window()
        return self.limit > 0 and self.count > self.limit

    def record(self, code: int, now: float) -> bool:
        """Count a failure, if its code speaks of the node; True if that opened the breaker."""
        if code not in COUNTED:
            return False
        if now >= self._ends:
            if self.count:
                self._end_window()
            if self.limit < self._most:
                self._recover(now)
            self._ends = now + self.window
        self.count += 1
        return self.count - 1 == self.limit > 0

    def _end_window(self) -> None:
        """The next window has half the limit if this one broke it, and up to twice as much if it did not."""
        if self.count <= self.limit:
            self.limit = min(self.limit * 2, self._most)
        elif self.limit:
            self.limit = max(self.limit // 2, 1)
        self.count = 0

    def _recover(self, now: float) -> None:
        """Take the time since the last window for windows that kept the limit."""
        quiet = int((now - self._ends) / self.window) if self.window else self._most
        while quiet > 0 and self.limit < self._most:
            self.limit = min(self.limit * 2, self._most)
            quiet -= 1

    def forget(self) -> None:
        """Begin anew, for instance because the node has restarted."""
        self.count = 0
        self.limit = self._most
