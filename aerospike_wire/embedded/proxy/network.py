"""What a network does to connections: late, slow, cut off, in pieces.

A rule is written as a sentence and takes effect at once, also on connections that are
open already::

    proxy.network.latency(50, jitter=10)
    proxy.network.toward("client").limit_data(1000)
    proxy.network.with_probability(0.1, seed=7).reset()
"""

from __future__ import annotations

import enum
import random
import threading
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable

    Direction = Literal["client", "server"]

N = TypeVar("N", int, float)

_DIRECTIONS: Final = ("client", "server")


class NetworkFault(enum.Enum):
    """What a rule does to the bytes of a connection."""

    LATENCY = "latency"
    BANDWIDTH = "bandwidth"
    SLOW_CLOSE = "slow close"
    TIMEOUT = "timeout"
    RESET = "reset"
    SLICES = "slices"
    LIMIT_DATA = "limit data"


@attrs.define(eq=False, repr=False)
class NetworkRule:
    """One thing that is done to connections."""

    fault: NetworkFault
    direction: Direction | None
    """Toward whom the bytes go; None for both."""
    probability: float
    milliseconds: float = 0
    jitter: float = 0
    """Milliseconds by which the latency is shorter or longer at most."""
    size: int = 0
    """Bytes; for a bandwidth, bytes per second."""
    variation: int = 0
    """Bytes by which a slice is shorter or longer at most."""
    removed: bool = attrs.field(default=False, init=False)
    connections: int = attrs.field(default=0, init=False)
    """How many connections it fell upon."""
    random: random.Random = attrs.field(factory=random.Random)
    _owner: Network | None = attrs.field(default=None, init=False)

    def remove(self) -> None:
        """Take the rule out: connections are as good as before."""
        if self._owner is not None:
            self._owner._remove((self,))

    def falls(self) -> bool:
        """Ask chance, once for each connection, whether the rule is about it."""
        if self.probability < 1 and self.random.random() >= self.probability:
            return False
        self.connections += 1
        return True

    def __repr__(self) -> str:
        where = "" if self.direction is None else f" toward the {self.direction}"
        chance = "" if self.probability == 1 else f", with probability {self.probability:g}"
        details = {
            NetworkFault.LATENCY: f"latency of {self.milliseconds:g} ms"
            + (f", {self.jitter:g} ms more or less" if self.jitter else ""),
            NetworkFault.BANDWIDTH: f"at most {self.size} bytes per second",
            NetworkFault.SLOW_CLOSE: f"close {self.milliseconds:g} ms late",
            NetworkFault.TIMEOUT: "drop everything"
            + (f", close after {self.milliseconds:g} ms" if self.milliseconds else ""),
            NetworkFault.RESET: f"reset after {self.milliseconds:g} ms",
            NetworkFault.SLICES: f"slices of {self.size} bytes, {self.variation} more or less, "
            f"{self.milliseconds:g} ms apart",
            NetworkFault.LIMIT_DATA: f"close after {self.size} bytes",
        }[self.fault]
        state = ", removed" if self.removed else ""
        return f"<{details}{where}{chance}; {self.connections} connections{state}>"


@attrs.frozen
class Where:
    """The first half of a rule's sentence: which bytes, and how likely; a fault completes it."""

    _network: Network
    _direction: Direction | None = None
    _probability: float = 1.0
    _seed: int | None = None

    def toward(self, direction: Direction) -> Where:
        """Only bytes that go to the ``client`` or to the ``server``.

        Raises:
            ValueError: it is neither of these.
        """
        if direction not in _DIRECTIONS:
            msg = f"bytes go toward the client or the server, not {direction!r}"
            raise ValueError(msg)
        return attrs.evolve(self, direction=direction)

    def with_probability(self, probability: float, *, seed: int | None = None) -> Where:
        """Leave it to chance for each connection; with a seed, repeatably.

        Raises:
            ValueError: ``probability`` is not between 0 and 1.
        """
        _check("probability", probability, 0.0, 1.0)
        return attrs.evolve(self, probability=float(probability), seed=seed)

    def latency(self, milliseconds: float, *, jitter: float = 0) -> NetworkRule:
        """All bytes arrive later; their order stays.

        Args:
            milliseconds: how much later.
            jitter: milliseconds that it may be less or more.

        Raises:
            ValueError: a number is negative.
        """
        _check("latency", milliseconds, 0.0)
        _check("jitter", jitter, 0.0)
        return self._make(NetworkFault.LATENCY, milliseconds=milliseconds, jitter=jitter)

    def bandwidth(self, bytes_per_second: int) -> NetworkRule:
        """No more bytes in a second than so many.

        Raises:
            ValueError: it is no positive integer.
        """
        _check("bandwidth", bytes_per_second, 1)
        return self._make(NetworkFault.BANDWIDTH, size=bytes_per_second)

    def slow_close(self, milliseconds: float) -> NetworkRule:
        """A connection that one side closes is closed toward the other after a while.

        Raises:
            ValueError: the time is negative.
        """
        _check("time", milliseconds, 0.0)
        return self._make(NetworkFault.SLOW_CLOSE, milliseconds=milliseconds)

    def timeout(self, milliseconds: float = 0) -> NetworkRule:
        """No byte gets through; the connection is closed after a while.

        Args:
            milliseconds: the while; 0 leaves the connection open until the rule is removed.

        Raises:
            ValueError: the time is negative.
        """
        _check("time", milliseconds, 0.0)
        return self._make(NetworkFault.TIMEOUT, milliseconds=milliseconds)

    def reset(self, milliseconds: float = 0) -> NetworkRule:
        """Connections are reset (TCP RST), at once or after a while.

        Raises:
            ValueError: the time is negative.
        """
        _check("time", milliseconds, 0.0)
        return self._make(NetworkFault.RESET, milliseconds=milliseconds)

    def slices(self, size: int, *, variation: int = 0, milliseconds: float = 0) -> NetworkRule:
        """Bytes arrive in small pieces.

        Args:
            size: bytes of a piece.
            variation: bytes that it may have less or more; less than ``size``.
            milliseconds: pause between two pieces.

        Raises:
            ValueError: a number is out of range.
        """
        _check("size", size, 1)
        _check("variation", variation, 0, size - 1)
        _check("time", milliseconds, 0.0)
        return self._make(NetworkFault.SLICES, size=size, variation=variation, milliseconds=milliseconds)

    def limit_data(self, size: int) -> NetworkRule:
        """A connection is closed after so many bytes.

        Raises:
            ValueError: it is negative or no integer.
        """
        _check("size", size, 0)
        return self._make(NetworkFault.LIMIT_DATA, size=size)

    def _make(self, fault: NetworkFault, **facts: Any) -> NetworkRule:
        rule = NetworkRule(fault, self._direction, self._probability, random=random.Random(self._seed), **facts)  # noqa: S311  chance for tests, no secret
        return self._network._add(rule)


def _check(what: str, value: N, least: N, most: N | None = None) -> None:
    kinds = int if isinstance(least, int) else int | float
    if (
        isinstance(value, bool)
        or not isinstance(value, kinds)
        or not least <= value < float("inf")
        or (most is not None and value > most)
    ):
        number = "an integer" if isinstance(least, int) else "a number"
        upto = "" if most is None else f" to {most}"
        msg = f"{what} is {number} from {least}{upto}{'' if most is not None else ' on'}, not {value!r}"
        raise ValueError(msg)


@attrs.define(eq=False)
class Network:
    """The rules for a node's connections, in the order in which they were made.

    Any thread may add, remove and look at rules.
    """

    common: Network | None = None
    """Rules for all nodes."""
    _rules: tuple[NetworkRule, ...] = attrs.field(default=(), init=False)
    _lock: threading.Lock = attrs.field(factory=threading.Lock, init=False, repr=False)
    _watchers: list[Callable[[], None]] = attrs.field(factory=list, init=False, repr=False)

    @property
    def rules(self) -> tuple[NetworkRule, ...]:
        """All rules that were not removed."""
        return self._rules

    def every(self) -> tuple[NetworkRule, ...]:
        """These rules, and those for all nodes."""
        return self._rules if self.common is None else (*self._rules, *self.common.every())

    def toward(self, direction: Direction) -> Where:
        """Begin a rule about the bytes that go to the ``client`` or to the ``server``.

        Raises:
            ValueError: it is neither of these.
        """
        return Where(self).toward(direction)

    def with_probability(self, probability: float, *, seed: int | None = None) -> Where:
        """Begin a rule that is about some connections only.

        Raises:
            ValueError: ``probability`` is not between 0 and 1.
        """
        return Where(self).with_probability(probability, seed=seed)

    def latency(self, milliseconds: float, *, jitter: float = 0) -> NetworkRule:
        """See :meth:`Where.latency`; in both directions."""
        return Where(self).latency(milliseconds, jitter=jitter)

    def bandwidth(self, bytes_per_second: int) -> NetworkRule:
        """See :meth:`Where.bandwidth`; in both directions."""
        return Where(self).bandwidth(bytes_per_second)

    def slow_close(self, milliseconds: float) -> NetworkRule:
        """See :meth:`Where.slow_close`; in both directions."""
        return Where(self).slow_close(milliseconds)

    def timeout(self, milliseconds: float = 0) -> NetworkRule:
        """See :meth:`Where.timeout`; in both directions."""
        return Where(self).timeout(milliseconds)

    def reset(self, milliseconds: float = 0) -> NetworkRule:
        """See :meth:`Where.reset`."""
        return Where(self).reset(milliseconds)

    def slices(self, size: int, *, variation: int = 0, milliseconds: float = 0) -> NetworkRule:
        """See :meth:`Where.slices`; in both directions."""
        return Where(self).slices(size, variation=variation, milliseconds=milliseconds)

    def limit_data(self, size: int) -> NetworkRule:
        """See :meth:`Where.limit_data`; in both directions."""
        return Where(self).limit_data(size)

    def clear(self) -> None:
        """Take out all rules."""
        self._remove(self._rules)

    def watch(self, callback: Callable[[], None]) -> None:
        """Have something called, in whatever thread, when rules come or go."""
        self._watchers.append(callback)

    def _add(self, rule: NetworkRule) -> NetworkRule:
        with self._lock:
            rule._owner = self
            self._rules = (*self._rules, rule)
        self._tell()
        return rule

    def _remove(self, rules: tuple[NetworkRule, ...]) -> None:
        with self._lock:
            for rule in rules:
                rule.removed = True
            self._rules = tuple(rule for rule in self._rules if not rule.removed)
        self._tell()

    def _tell(self) -> None:
        for callback in tuple(self._watchers):
            callback()
