"""The circuit breaker of a node."""

from __future__ import annotations

import pytest

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


def test_no_limit() -> None:
    """With a limit of 0 it never opens."""
    breaker = Breaker(0, 1.0)
    for _ in range(1000):
        breaker.record(BAD, 10.0)
    assert not breaker.is_open(10.0)


@pytest.mark.parametrize("code", sorted(errors.FACTS))
def test_only_trouble_of_the_node_counts(code: int) -> None:
    """Timeouts, unavailable partitions, overload and lost connections count; answers about data do not."""
    breaker = Breaker(1, 1.0)
    breaker.record(code, 10.0)
    assert breaker.count == (code in {9, 11, 18, -10})
