"""Buckets of latencies."""

from __future__ import annotations

from bisect import bisect_left

import pytest
from cases import for_each
from hypothesis import given
from hypothesis import strategies as st

from aerospike_wire.errors import ParamError
from aerospike_wire.metrics import Histogram, MetricsListeners, MetricsPolicy
from aerospike_wire.metrics.histogram import limits


def bucket(seconds: float, columns: int, shift: int) -> int:
    """Where a latency is counted."""
    return bisect_left(limits(columns, shift), seconds)


CASES = [
    (0, 7, 1, 0), (0.001, 7, 1, 0), (0.0011, 7, 1, 1), (0.002, 7, 1, 1), (0.0021, 7, 1, 2), (0.004, 7, 1, 2),
    (0.032, 7, 1, 5), (0.033, 7, 1, 6), (10, 7, 1, 6), (0.008, 5, 3, 1), (0.009, 5, 3, 2), (0.064, 5, 3, 2),
    (0.065, 5, 3, 3), (0.6, 5, 3, 4), (1e6, 5, 3, 4), (0.5, 2, 8, 1),
]  # fmt: skip


@for_each(("seconds", "columns", "shift", "wanted"), CASES)
def test_bucket(seconds: float, columns: int, shift: int, wanted: int) -> None:
    """Milliseconds are rounded up and go into the first bucket whose limit they do not exceed."""
    assert bucket(seconds, columns, shift) == wanted


@given(st.integers(0, 10**8), st.integers(2, 20), st.integers(1, 4))
def test_bucket_is_the_first_that_fits(milliseconds: int, columns: int, shift: int) -> None:
    """The same by walking over the limits."""
    seconds = milliseconds / 1000
    fits = [number for number in range(columns) if milliseconds <= 1 << (number * shift)]
    assert bucket(seconds, columns, shift) == min([*fits, columns - 1])


def test_histogram() -> None:
    """Names, limits, sums and differences."""
    first, second = Histogram((1, 2, 3), 3), Histogram((4, 4, 4), 3)
    assert dict(first.rows()) == {"<=1ms": 1, ">1ms": 2, ">8ms": 3}
    assert (first.limits, first.total) == ((1, 8), 6)
    assert (first + second).counts == (5, 6, 7)
    assert (second - first).counts == (3, 2, 1)
    assert second - Histogram((1, 1)) == second


@for_each(
    ("given", "argument"),
    [
        ({"interval": 0}, "interval"),
        ({"latency_columns": 1}, "latency_columns"),
        ({"latency_shift": "x"}, "latency_shift"),
        ({"labels": {"a": 1}}, "labels"),
        ({"metrics_listeners": 5}, "metrics_listeners"),
        ({"report_dir": "/tmp"}, "report_dir"),
        (7, "policy"),
    ],
)
def test_bad_policies(given: object, argument: str) -> None:
    """Each is refused with its name."""
    with pytest.raises(ParamError) as caught:
        MetricsPolicy.of(given)
    assert caught.value.argument == argument


def test_listeners_of_every_form() -> None:
    """A function, the class, or whatever has the official names."""
    assert MetricsPolicy.of({"metrics_listeners": print}).metrics_listeners == MetricsListeners(snapshot_listener=print)

    class Official:
        enable_listener = None
        snapshot_listener = staticmethod(print)
        node_close_listener = None
        disable_listener = None

    assert MetricsPolicy(metrics_listeners=Official()).metrics_listeners == MetricsListeners(snapshot_listener=print)
    with pytest.raises(ParamError):
        MetricsListeners(snapshot_listener=5)
