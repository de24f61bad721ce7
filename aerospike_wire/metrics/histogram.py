"""Latencies in buckets of powers of two, as the official clients count them."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterator


class Latency(enum.StrEnum):
    """Kinds of work whose time is measured."""

    CONN = "conn"
    """Opening a connection, TLS and login included."""
    READ = "read"
    """Commands on one record that only read."""
    WRITE = "write"
    """Commands on one record that may write, functions included."""
    BATCH = "batch"
    """A batch's part on one node."""
    QUERY = "query"
    """A query's or scan's part on one node, from the request to the last record that was taken."""
    INFO = "info"
    ADMIN = "admin"


def limits(columns: int, shift: int) -> tuple[float, ...]:
    """The largest seconds of each bucket but the last, which has no limit.

    Args:
        columns: how many buckets there are.
        shift: powers of two from one limit to the next; the first limit is 1 ms.
    """
    return tuple((1 << number * shift) / 1000 for number in range(columns - 1))


@attrs.frozen
class Histogram:
    """How many of something took how long."""

    counts: tuple[int, ...]
    """By bucket. The first is for at most 1 ms, each further one for at most 2**shift times as much as the
    one before; the last one is for all that took longer."""
    shift: int = 1

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.counts)

    @property
    def limits(self) -> tuple[int, ...]:
        """The largest milliseconds of each bucket but the last."""
        return tuple(1 << number * self.shift for number in range(len(self.counts) - 1))

    def rows(self) -> Iterator[tuple[str, int]]:
        """The buckets with their official names, ``<=1ms``, ``>1ms``, ``>2ms`` ..., and counts."""
        for number, count in enumerate(self.counts):
            yield ("<=1ms" if not number else f">{1 << (number - 1) * self.shift}ms"), count

    def __add__(self, other: Histogram) -> Histogram:
        """Both together; they must have the same buckets."""
        return attrs.evolve(self, counts=tuple(map(sum, zip(self.counts, other.counts, strict=True))))

    def __sub__(self, earlier: Histogram) -> Histogram:
        """What came after an earlier state, or everything if the buckets are others."""
        if earlier.shift != self.shift or len(earlier.counts) != len(self.counts):
            return self
        pairs = zip(self.counts, earlier.counts, strict=True)
        return attrs.evolve(self, counts=tuple(max(0, now - before) for now, before in pairs))
