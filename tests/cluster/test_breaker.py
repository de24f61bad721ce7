"""The circuit breaker of a node."""

from __future__ import annotations

from cases import for_each

from aerospike_wire import errors
from aerospike_wire.cluster.breaker import Breaker
from aerospike_wire.errors import ResultCode

BAD = ResultCode.DEVICE_OVERLOAD


def test_it_opens_beyond_the_limit() -> None:
    """As many errors as allowed do nothing; one more opens it."""
    breaker = Breaker(3, 1.0)
    for _ in range(3):
        breaker.record(BAD, 10.0)
        assert not breaker.is_open(10.0)
    breaker.record(BAD, 10.1)
    assert breaker.is_open(10.1)
    assert breaker.count == 4


def test_it_closes_with_the_window() -> None:
    """After the window that began with the first error everything is forgotten."""
    breaker = Breaker(1, 1.0)
    breaker.record(BAD, 10.0)
    breaker.record(BAD, 10.9)
    assert breaker.is_open(10.99)
    assert not breaker.is_open(11.0)
    assert breaker.count == 0
    breaker.record(BAD, 11.0)
    assert not breaker.is_open(11.0)


def test_errors_far_apart_do_not_add_up() -> None:
    """Errors of different windows are counted apart."""
    breaker = Breaker(1, 1.0)
    for number in range(10):
        breaker.record(BAD, 10.0 + number * 1.5)
        assert not breaker.is_open(10.0 + number * 1.5)


def break_window(breaker: Breaker, now: float) -> int:
    """Errors until the breaker opens."""
    count = 1
    while not breaker.record(BAD, now):
        count += 1
    return count


def test_a_window_that_broke_the_limit_halves_it() -> None:
    """100 errors are let through at first, then 50, ... and at last 1, as in the C client (1 also stands for 3 // 2)."""
    breaker = Breaker(100, 1.0)
    allowed = [break_window(breaker, 10.0 + window) - 1 for window in range(9)]
    assert allowed == [100, 50, 25, 12, 6, 3, 1, 1, 1]


def test_a_window_that_kept_the_limit_doubles_it() -> None:
    """Up to the limit that was set and no further."""
    breaker = Breaker(10, 1.0)
    for window in range(4):
        break_window(breaker, 10.0 + window)
    limits = []
    for window in range(4, 10):
        breaker.record(BAD, 10.0 + window)
        limits.append(breaker.limit)
    assert limits == [1, 2, 4, 8, 10, 10]


def test_quiet_time_counts_as_windows_that_kept_the_limit() -> None:
    """A node that had no error for three windows, or that nobody asked anything, is trusted with eight times as many."""
    breaker = Breaker(100, 1.0)
    for window in range(7):
        break_window(breaker, 10.0 + window)
    assert not breaker.is_open(17.5)  # the last window ended at 17.0, with the limit at 1
    breaker.record(BAD, 20.5)
    assert breaker.limit == 8
    breaker.record(BAD, 1e9)
    assert breaker.limit == 100


def test_a_quiet_window_is_not_counted_twice() -> None:
    """Looking at the breaker changes nothing."""
    breaker = Breaker(8, 1.0)
    for window in range(4):
        break_window(breaker, 10.0 + window)
    for look in range(50):
        assert not breaker.is_open(14.0 + look / 100)
    breaker.record(BAD, 14.5)
    assert breaker.limit == 1


def test_a_node_that_restarted_begins_with_the_limit_that_was_set() -> None:
    breaker = Breaker(8, 1.0)
    break_window(breaker, 10.0)
    break_window(breaker, 11.0)
    breaker.forget()
    assert (breaker.count, breaker.limit) == (0, 8)


def test_no_limit() -> None:
    """With a limit of 0 it never opens."""
    breaker = Breaker(0, 1.0)
    for _ in range(1000):
        breaker.record(BAD, 10.0)
    assert not breaker.is_open(10.0)


@for_each("code", sorted(errors.FACTS))
def test_only_trouble_of_the_node_counts(code: int) -> None:
    """Timeouts, unavailable partitions, overload and lost connections count; answers about data do not."""
    breaker = Breaker(1, 1.0)
    breaker.record(code, 10.0)
    assert breaker.count == (code in {9, 11, 18, -10})
