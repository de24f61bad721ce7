"""What the blocking client counts and measures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aerospike_wire import facade

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from aerospike_wire.metrics import ClientStats, MetricsPolicy


class Metrics(facade.Facade):
    """Calls about the client itself: nothing is sent."""

    __slots__ = ()

    def stats(self) -> ClientStats:
        """Everything that the client and its siblings have counted and measured so far.

        Two of them can be subtracted: the difference is what came between.

        Returns:
            Failures by class and code, retries, timeouts, calls in doubt, and for each node
            its connections, failed tries and latencies; ``to_dict()`` makes JSON of it.
        """
        return facade.stats_of(self._core)

    def enable_metrics(self, policy: MetricsPolicy | Mapping[str, Any] | None = None) -> None:
        """Measure commands and latencies from now on; if they are measured already, anew.

        Args:
            policy: MetricsPolicy, or a dict with its names: who is told and how often, and the buckets.

        Raises:
            ParamError: the policy is not acceptable.
        """
        facade.enable_metrics(self._core, policy)

    def disable_metrics(self) -> None:
        """Measure them no longer, and forget what was measured; the listener gets it for the last time."""
        facade.disable_metrics(self._core)
