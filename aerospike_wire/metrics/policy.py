"""How latencies are measured and who is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import attrs

from aerospike_wire.arguments import whole_number
from aerospike_wire.errors import ParamError

if TYPE_CHECKING:
    from aerospike_wire.metrics.stats import ClientStats, NodeStats

_MAX_INTERVAL: Final = 0x7FFF_FFFF
_MAX_COLUMNS: Final = 64
_MAX_SHIFT: Final = 8


def _between(low: int, high: int) -> Callable[[Any, attrs.Attribute[int], Any], None]:
    def check(_: Any, attribute: attrs.Attribute[int], value: Any) -> None:
        whole_number(attribute.name, value, low, high)

    return check


def _callable(_: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    if value is not None and not callable(value):
        raise ParamError.about(attribute.name, f"must be callable or None, not {type(value).__name__}")


def _labels(_: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    if not isinstance(value, Mapping) or not all(isinstance(item, str) for pair in value.items() for item in pair):
        raise ParamError.about(attribute.name, "must be a dict of str to str")


@attrs.frozen
class MetricsListeners:
    """Functions that are told of metrics; each may be None. They are called while the client works: keep them short."""

    enable_listener: Callable[[], object] | None = attrs.field(default=None, validator=_callable)
    """Metrics were enabled."""
    snapshot_listener: Callable[[ClientStats], object] | None = attrs.field(default=None, validator=_callable)
    """The interval has passed."""
    node_close_listener: Callable[[NodeStats], object] | None = attrs.field(default=None, validator=_callable)
    """A node has left the cluster; gets its last figures."""
    disable_listener: Callable[[ClientStats], object] | None = attrs.field(default=None, validator=_callable)
    """Metrics were disabled, or the client closed; gets the last figures."""


_LISTENERS: Final = tuple(field.name for field in attrs.fields(MetricsListeners))


def _as_listeners(given: Any) -> MetricsListeners:
    """Listeners from None, one function for snapshots, or any object with the official names."""
    if given is None:
        return MetricsListeners()
    if isinstance(given, MetricsListeners):
        return given
    found = {name: getattr(given, name, None) for name in _LISTENERS}
    if any(found.values()):
        return MetricsListeners(**found)
    if callable(given):
        return MetricsListeners(snapshot_listener=given)
    raise ParamError.about("metrics_listeners", f"must be a function or MetricsListeners, not {type(given).__name__}")


@attrs.frozen(kw_only=True)
class MetricsPolicy:
    """How latencies are measured and who is told. Names are the official client's.

    Nothing is written to files: what there is to do with a snapshot is the listener's matter.
    """

    metrics_listeners: MetricsListeners = attrs.field(default=None, converter=_as_listeners)
    """MetricsListeners, one function for snapshots, or None for nobody."""
    interval: int = attrs.field(default=30, validator=_between(1, _MAX_INTERVAL))
    """Seconds between two snapshots. The client looks at the time when it looks at its nodes, which the
    blocking client does along with calls."""
    latency_columns: int = attrs.field(default=7, validator=_between(2, _MAX_COLUMNS))
    """Buckets of a histogram."""
    latency_shift: int = attrs.field(default=1, validator=_between(1, _MAX_SHIFT))
    """Powers of two from one bucket's limit to the next; the first limit is 1 ms."""
    labels: Mapping[str, str] = attrs.field(factory=dict, validator=_labels)
    """Go with each snapshot."""

    @classmethod
    def of(cls, given: MetricsPolicy | Mapping[str, Any] | None) -> MetricsPolicy:
        """The policy that a caller gave.

        Args:
            given: a MetricsPolicy, a dict with its names, None, or the official client's object.

        Raises:
            ParamError: a name is unknown, or a value not acceptable.
        """
        if given is None:
            return cls()
        if isinstance(given, cls):
            return given
        names = tuple(field.name for field in attrs.fields(cls))
        if isinstance(given, Mapping):
            for name in given:
                if name not in names:
                    raise ParamError.about(str(name), f"is not known; MetricsPolicy has {', '.join(names)}")
            return cls(**given)
        found = {name: getattr(given, name) for name in names if getattr(given, name, None) is not None}
        if "interval" not in found:
            raise ParamError.about("policy", f"must be a MetricsPolicy or a dict, not {type(given).__name__}")
        return cls(**found)
