"""The checker's own record of every call: what was written for sure, what may have been, what was not.

Ledgers are records that only grow: each write puts a token of its own into a map, so that
one look at the record tells of every single write whether it was applied. Registers hold
one value that one worker overwrites. Counters are incremented by everybody.
"""

from __future__ import annotations

import enum
import math
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

KeyTuple = tuple[str, str, Any]


class State(enum.Enum):
    """What is known of a write."""

    FLYING = 0
    """Its call has not ended."""
    APPLIED = 1
    """It was acknowledged."""
    DOUBTFUL = 2
    """The error said that it may have been applied."""
    REFUSED = 3
    """The error said that it was not."""


@attrs.frozen
class Cancelled:
    """The caller lost patience."""

    in_doubt: bool


def state_of(outcome: Any) -> State:
    """What is known of a write after its call: what it returned, what it raised, or Cancelled."""
    if isinstance(outcome, Cancelled | BaseException):
        return State.DOUBTFUL if getattr(outcome, "in_doubt", False) else State.REFUSED
    return State.APPLIED


@attrs.define(eq=False)
class Ledger:
    """A record that only grows."""

    key: KeyTuple
    tokens: dict[str, State] = attrs.field(factory=dict)
    why: dict[str, str] = attrs.field(factory=dict)
    """How the writes that were refused for sure ended, in words."""

    def applied(self) -> frozenset[str]:
        """What a read that begins now has to find."""
        return frozenset(token for token, state in tuple(self.tokens.items()) if state is State.APPLIED)

    def end(self, token: str, outcome: Any) -> None:
        """A write's call has ended: a result, an error, or its caller lost patience."""
        state = state_of(outcome)
        self.tokens[token] = state
        if state is State.REFUSED:
            self.why[token] = f"{outcome} {getattr(outcome, 'attempts', '')}"

    def check(self, found: Iterable[str], must: frozenset[str]) -> str | None:
        """What is wrong with what a read found; None if nothing is."""
        got = set(found)
        lost = must - got
        if lost:
            return f"{self.key}: {len(lost)} acknowledged writes are missing: {sorted(lost)[:3]}"
        wrong = [token for token in got if self.tokens.get(token, State.REFUSED) is State.REFUSED]
        if wrong:
            return f"{self.key}: writes that were refused for sure are there: {[(token, self.why.get(token)) for token in wrong[:3]]}"
        return None


@attrs.define(eq=False)
class Register:
    """A record with one value, written by one worker."""

    key: KeyTuple
    settled: Any = None
    """What the last acknowledged write left: a value, or None for no record."""
    doubtful: set[Any] = attrs.field(factory=set)
    """What writes in doubt would leave. A request may be carried out long after its caller gave
    up, so these stay possible for ever."""

    def check(self, found: Any) -> str | None:
        """What is wrong with what a read of the owner found; None if nothing is."""
        if found == self.settled or found in self.doubtful:
            return None
        return f"{self.key}: read {found!r}, possible are {self.settled!r} and {sorted(map(str, self.doubtful))[:5]}"


@attrs.define(eq=False)
class Tally:
    """A record that everybody increments."""

    key: KeyTuple
    applied: int = 0
    doubtful: int = 0
    lock: Any = attrs.field(factory=threading.Lock, repr=False)

    def count(self, *, doubtful: bool) -> None:
        """One increment more."""
        with self.lock:
            if doubtful:
                self.doubtful += 1
            else:
                self.applied += 1

    def check(self, found: int) -> str | None:
        """What is wrong with the final value; None if nothing is."""
        if self.applied <= found <= self.applied + self.doubtful:
            return None
        return f"{self.key}: is {found}, expected {self.applied} to {self.applied + self.doubtful}"


class Book:
    """Everything that was called, and what came of it."""

    def __init__(self) -> None:
        self.ledgers: list[Ledger] = []
        self.registers: list[Register] = []
        self.tallies: list[Tally] = []
        self.calls = 0
        self.limit = 0
        """Calls after which the workers stop."""
        self.until = math.inf
        """When they stop in any case."""
        self.outcomes: Counter[str] = Counter()
        """How often calls ended how."""
        self.doubts = 0
        self.tries: Counter[int] = Counter()
        """How many attempts failed calls had."""
        self.violations: dict[str, int] = {}
        """What is wrong, and after how many calls it was seen first."""
        self._lock = threading.Lock()

    @property
    def over(self) -> bool:
        """True once the workers have done enough."""
        return self.calls >= self.limit or time.monotonic() >= self.until

    def blame(self, words: str | None) -> None:
        """Note that something is wrong, if anything is."""
        if words is not None:
            with self._lock:
                self.violations.setdefault(words, self.calls)

    def count(self, name: str) -> int:
        """One call has ended; how many there were by now."""
        with self._lock:
            self.outcomes[name] += 1
            self.calls += 1
            return self.calls

    def judge(self, error: BaseException, *, write: bool) -> None:
        """Hold an error's doubt against its own attempts: the rule, said once more and independently.

        A write is in doubt if and only if some attempt was sent and got no definite answer:
        none at all, or the node's own timeout.
        """
        attempts = getattr(error, "attempts", ())
        expected = write and any(row.sent and (not row.answered or row.code == 9) for row in attempts)
        doubt = bool(getattr(error, "in_doubt", False))
        with self._lock:
            self.doubts += doubt
            self.tries[len(attempts)] += 1
        if doubt != expected:
            self.blame(f"{error}: in_doubt is {doubt}, its attempts say {expected}")
        if not attempts and getattr(error, "elapsed", None) is None:
            self.blame(f"{error!r} carries no facts")

    def figures(self) -> Mapping[str, Any]:
        """Numbers for people."""
        tokens = Counter(state for ledger in self.ledgers for state in ledger.tokens.values())
        return {
            "calls": self.calls,
            "outcomes": dict(self.outcomes.most_common()),
            "tokens": {state.name.lower(): count for state, count in tokens.items()},
            "in_doubt": self.doubts,
            "attempts_of_failures": dict(sorted(self.tries.items())),
            "ledgers": len(self.ledgers),
            "counters": {tally.key[2]: (tally.applied, tally.doubtful) for tally in self.tallies},
            "violations": len(self.violations),
        }
