"""Counting in several threads."""

from __future__ import annotations

import sys
import threading
import time

from aerospike_wire.config import parse_config
from aerospike_wire.metrics.histogram import Latency
from aerospike_wire.metrics.meter import Measuring, Meter
from aerospike_wire.metrics.policy import MetricsPolicy


def test_threads_lose_no_count() -> None:
    """Threads that count at the same moment, the first of a code included."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(10):
            meter = Meter(parse_config("127.0.0.1:1"), time.monotonic)
            measuring = Measuring(MetricsPolicy(), time.monotonic)
            start = threading.Barrier(4)

            def count(meter: Meter = meter, measuring: Measuring = measuring, start: threading.Barrier = start) -> None:
                start.wait()
                for number in range(60):
                    meter.failed(number % 7, in_doubt=True)
                    meter.row_failed(100 + number % 5, in_doubt=False)
                    meter.try_failed("A", 9)
                    measuring.add("A", "test", Latency.READ.value, number / 1000)

            threads = [threading.Thread(target=count) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert (sum(meter.codes.values()), sum(meter.rows.values()), meter.doubts) == (240, 240, 240)
            assert sum(measuring.counts["A", "test", "read"]) == 240
            assert meter._nodes["A"].timeouts == 240
    finally:
        sys.setswitchinterval(interval)
