"""The circuit breaker of one node."""

from __future__ import annotations

from typing import Final

from aerospike_wire.errors import ResultCode

COUNTED: Final = frozenset({ResultCode.TIMEOUT, ResultCode.CLUSTER, ResultCode.DEVICE_OVERLOAD, ResultCode.CONNECTION})
"""Codes that speak of the node's health, and not of the request."""


class Breaker:
    """Counts a node's errors in a window of time; over the limit nothing more is sent.

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

    def record(self, code: int, now: float) -> None:
        """Count a failure, if its code speaks of the node."""
        if code not in COUNTED:
            return
        if now >= self._ends:
            self.count = 0
            self._ends = now + self.window
        self.count += 1
