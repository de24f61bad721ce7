"""Deadlines that bound whatever is called inside them.

A bound is kept in a context variable, so it holds for the calls of this thread or task and
of the tasks that it starts, through any number of functions that know nothing of it.
"""

from __future__ import annotations

import contextlib
import math
import time
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

from aerospike_wire.errors import ParamError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextvars import Token
    from typing import Self

_bound: Final[ContextVar[float | None]] = ContextVar("aerospike_wire_deadline", default=None)

bound: Final = _bound.get
"""When calls of the present context must be over, in seconds of ``time.monotonic``; None for no limit."""


class Deadline:
    """A limit of time for every call inside a ``with`` block.

    Inside another one it can only be earlier: whichever ends first holds.

    Args:
        seconds: from the entry of the block.

    Raises:
        ParamError: ``seconds`` is no number, or negative.
    """

    __slots__ = ("_ends", "_seconds", "_token")

    def __init__(self, seconds: float) -> None:
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < math.inf:
            raise ParamError.about("seconds", f"must be a number of seconds from 0 on, not {seconds!r}")
        self._seconds = float(seconds)
        self._ends: float | None = None
        self._token: Token[float | None] | None = None

    @property
    def remaining(self) -> float:
        """Seconds that are left, 0.0 when the time is over; before the block all of them."""
        return self._seconds if self._ends is None else max(0.0, self._ends - time.monotonic())

    def __enter__(self) -> Self:
        if self._token is not None:
            msg = "a deadline holds for one block at a time; make another one for the inner block"
            raise RuntimeError(msg)
        ends = time.monotonic() + self._seconds
        outer = _bound.get()
        self._ends = ends if outer is None else min(ends, outer)
        self._token = _bound.set(self._ends)
        return self

    def __exit__(self, *_: object) -> None:
        token, self._token = self._token, None
        if token is not None:
            _bound.reset(token)

    def __repr__(self) -> str:
        return f"Deadline({self._seconds:g}, remaining={self.remaining:.3f})"


@contextlib.contextmanager
def grace(seconds: float) -> Iterator[None]:
    """A block that has so many seconds even if the deadline of the context is over, for what must be cleared up."""
    ends = _bound.get()
    token = None if ends is None else _bound.set(max(ends, time.monotonic() + seconds))
    try:
        yield
    finally:
        if token is not None:
            _bound.reset(token)


def earlier(one: float | None, other: float | None) -> float | None:
    """The earlier of two deadlines, either of which may be None for "never"."""
    if one is None or other is None:
        return one if other is None else other
    return min(one, other)
