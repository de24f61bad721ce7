"""What the client counts and measures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aerospike_wire.compat.calls.base import Base
from aerospike_wire.compat.metrics import Reporter, checked, stats_of

if TYPE_CHECKING:
    from aerospike_wire.compat.helpers.metrics import ClusterStats, MetricsPolicy


class Metrics(Base):
    """What the client counts and measures."""

    _reporter: Reporter | None = None

    def get_stats(self) -> ClusterStats:
        """Connections of each node, and counts of failures and retries."""
        self._check_open()
        return stats_of(self._native.stats())

    def enable_metrics(self, policy: MetricsPolicy | None = None) -> None:
        """Measure from now on, and hand snapshots to listeners, or write them to files.

        Args:
            policy: what to measure and whom to tell, by default what the configuration says. Without
                listeners files are written to its ``report_dir``.

        Raises:
            ParamError: the policy is not acceptable.
            ClientError: the listener raised, which is the cause; or no file can be written.
        """
        self._check_open()
        reporter = Reporter(checked(self._setup.metrics if policy is None else policy))
        if self._reporter is not None:
            self.disable_metrics()
        reporter.begin()
        self._reporter = reporter
        self._native.enable_metrics(reporter.native_policy())

    def disable_metrics(self) -> None:
        """Measure no longer; the listener gets the last snapshot.

        Raises:
            ClientError: the listener raised, which is the cause.
        """
        reporter, self._reporter = self._reporter, None
        if reporter is None:
            return
        # Without calls nobody has looked at the clock: a snapshot that is due is not lost.
        reporter.catch_up(self._native.stats())
        self._native.disable_metrics()
        reporter.raise_failure()

    def close(self) -> None:
        """Close all connections, and the files of metrics. ``connect()`` opens the client again."""
        if self._reporter is not None and not self._core.cluster.closed:
            self.disable_metrics()
        super().close()
