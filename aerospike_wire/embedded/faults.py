"""Faults on request: make any request of a client fail, dally or break.

A rule is written as a sentence and takes effect at once::

    server.faults.on("put", key=("test", "demo", 1)).answer(ResultCode.DEVICE_OVERLOAD)
    server.faults.on("get", set="users").times(2).answer(9)
    server.faults.on("any").with_probability(0.1, seed=7).close()
    server.faults.on("sindex-create").answer(206, "too many indexes")

The first rule that matches a request and is still live decides what happens to it.
"""

from __future__ import annotations

import enum
import random
import threading
from typing import TYPE_CHECKING, Any, Final

import attrs

from aerospike_wire.embedded import commands
from aerospike_wire.errors.codes import ResultCode
from aerospike_wire.proto import keys
from aerospike_wire.proto.header import MAX_FRAME_BODY

if TYPE_CHECKING:
    from collections.abc import Callable

    from aerospike_wire.embedded.commands import Request

MAX_CODE: Final = 0xFF
"""Largest result code of a data or security message; info text carries any number."""


class Fault(enum.Enum):
    """What a rule does to a request."""

    ANSWER = "answer"
    DELAY = "delay"
    HANG = "hang"
    CLOSE = "close"
    HALF_FRAME = "half frame"
    GARBAGE = "garbage"
    WRONG_SIZE = "wrong size"


@attrs.frozen
class Condition:
    """Which requests a rule is about."""

    command: str
    namespace: str | None = None
    set: str | None = None
    key: tuple[str, bytes] | None = None
    """Namespace and digest."""
    key_text: str | None = None
    """The key as it was given, for people."""
    limit: int | None = None
    """How often the rule applies; None for ever."""
    probability: float | None = None
    seed: int | None = None

    def matches(self, request: Request) -> bool:
        """True if the request is one of these; chance is not asked."""
        return (
            self.command in request.names
            and (self.namespace is None or self.namespace in request.namespaces)
            and (self.set is None or self.set in request.sets)
            and (self.key is None or self.key in request.keys)
        )

    def __str__(self) -> str:
        words = [f"on {self.command}"]
        if self.key_text is not None:
            words.append(f"of key {self.key_text}")
        places = (("namespace", self.namespace), ("set", self.set))
        place = [f"{what} {name}" for what, name in places if name is not None]
        if place:
            words.append("in " + ", ".join(place))
        text = " ".join(words)
        if self.limit is not None:
            text += f", {self.limit} time{'s' * (self.limit != 1)}"
        if self.probability is not None:
            text += f", with probability {self.probability:g}"
            if self.seed is not None:
                text += f" (seed {self.seed})"
        return text


@attrs.define(eq=False, repr=False)
class Rule:
    """A condition and what to do to the requests that meet it."""

    condition: Condition
    fault: Fault
    code: int = 0
    text: str | None = None
    """Words of the error, where the reply can carry any."""
    subcode: int = 0
    milliseconds: float = 0
    execute: bool = True
    """Whether the request takes effect before it goes wrong."""
    size: int = 0
    """What the frame header claims, for a wrong size."""
    hits: int = attrs.field(default=0, init=False)
    """How many requests the rule was applied to."""
    removed: bool = attrs.field(default=False, init=False)
    _owner: Faults | None = attrs.field(default=None, init=False)
    _random: random.Random = attrs.field(init=False)
    _waiting: list[Callable[[], None]] = attrs.field(factory=list, init=False)

    @_random.default
    def _own_random(self) -> random.Random:
        return random.Random(self.condition.seed)  # noqa: S311  chance for tests, no secret

    @property
    def live(self) -> bool:
        """True as long as the rule can still apply to a request."""
        limit = self.condition.limit
        return not self.removed and (limit is None or self.hits < limit)

    def remove(self) -> None:
        """Take the rule out. Requests that hang because of it are answered normally now."""
        if self._owner is not None:
            self._owner._remove((self,))

    def when_removed(self, callback: Callable[[], None]) -> bool:
        """Have a hanging request told when the rule goes; False if it has gone already.

        The callback comes from the thread that removes the rule.
        """
        owner = self._owner
        if owner is None:
            return False
        with owner._lock:
            if self.removed:
                return False
            self._waiting.append(callback)
            return True

    def forget(self, callback: Callable[[], None]) -> None:
        """The request behind the callback is gone."""
        owner = self._owner
        if owner is not None:
            with owner._lock:
                if callback in self._waiting:
                    self._waiting.remove(callback)

    def _action(self) -> str:
        name = f" ({ResultCode(self.code).name})" if self.code in _CODES else ""
        text = f", saying {self.text!r}" if self.text else ""
        return {
            Fault.ANSWER: f"{'execute, then ' if self.execute else ''}answer {self.code}{name}{text}",
            Fault.DELAY: f"wait {self.milliseconds:g} ms, then answer normally",
            Fault.HANG: "never answer",
            Fault.CLOSE: f"close the connection {'after' if self.execute else 'before'} executing it",
            Fault.HALF_FRAME: "send half of the reply, then close the connection",
            Fault.GARBAGE: "answer garbage",
            Fault.WRONG_SIZE: f"answer a frame that claims {self.size} bytes",
        }[self.fault]

    def __repr__(self) -> str:
        state = "" if self.live else ", removed" if self.removed else ", used up"
        return f"<{self.condition}: {self._action()}; {self.hits} hit{'s' * (self.hits != 1)}{state}>"


_CODES: Final = frozenset(int(code) for code in ResultCode)


@attrs.frozen
class When:
    """The first half of a rule's sentence; a method that names a fault completes it."""

    _faults: Faults
    _condition: Condition

    def times(self, count: int) -> When:
        """Apply to the next ``count`` matching requests only.

        Raises:
            ValueError: ``count`` is not a positive integer.
        """
        if not _is_integer(count) or count < 1:
            msg = f"times must be a positive integer, not {count!r}"
            raise ValueError(msg)
        return attrs.evolve(self, condition=attrs.evolve(self._condition, limit=count))

    def once(self) -> When:
        """Apply to the next matching request only."""
        return self.times(1)

    def with_probability(self, probability: float, *, seed: int | None = None) -> When:
        """Leave it to chance for each matching request; with a seed, repeatably.

        Raises:
            ValueError: ``probability`` is not between 0 and 1.
        """
        if isinstance(probability, bool) or not isinstance(probability, int | float) or not 0 <= probability <= 1:
            msg = f"probability must be a number from 0 to 1, not {probability!r}"
            raise ValueError(msg)
        return attrs.evolve(self, condition=attrs.evolve(self._condition, probability=float(probability), seed=seed))

    def answer(self, code: int, text: str | None = None, *, subcode: int = 0, execute: bool = False) -> Rule:
        """Reply with a result code.

        Args:
            code: 0 to 255; for info commands any number that is not negative.
            text: the server's words. Info replies and failures of UDFs (code 100) always
                carry them, data messages if the client asked for error details.
            subcode: goes with ``text`` in the error details.
            execute: let the request take effect first, so that the answer is a lie.

        Raises:
            ValueError: the code does not fit into the reply.
        """
        limit = None if self._condition.command in commands.INFO_COMMANDS else MAX_CODE
        if not _is_integer(code) or code < 0 or (limit is not None and code > limit):
            allowed = "0 or more" if limit is None else f"0 to {limit}"
            msg = f"{self._condition.command} can be answered with a code of {allowed}, not {code!r}"
            raise ValueError(msg)
        if text is not None and not isinstance(text, str):
            msg = f"text must be a str or None, not {type(text).__name__}"
            raise ValueError(msg)
        if text is not None and any(char in text for char in "\n\t\0"):
            msg = "text must not hold a newline, a tab or a NUL: info replies end there"
            raise ValueError(msg)
        return self._make(Fault.ANSWER, code=int(code), text=text, subcode=subcode, execute=execute)

    def delay(self, milliseconds: float) -> Rule:
        """Handle the request normally, after a while.

        Raises:
            ValueError: ``milliseconds`` is negative or no number.
        """
        if (
            isinstance(milliseconds, bool)
            or not isinstance(milliseconds, int | float)
            or not 0 <= milliseconds < float("inf")
        ):
            msg = f"a delay must be a number of milliseconds from 0 on, not {milliseconds!r}"
            raise ValueError(msg)
        return self._make(Fault.DELAY, milliseconds=float(milliseconds))

    def hang(self) -> Rule:
        """Say nothing until the rule is removed or the client closes; then answer normally.

        Later requests on the connection wait behind it, as on a real node.
        """
        return self._make(Fault.HANG)

    def close(self, *, before: bool | None = None, after: bool | None = None) -> Rule:
        """Close the connection instead of answering.

        Args:
            before: close without executing the request; the default.
            after: execute the request, then close: the client cannot know that it was.

        Raises:
            ValueError: both or neither are wanted.
        """
        if after is None:
            after = before is False
        if before is None:
            before = not after
        if bool(before) == bool(after):
            msg = "close takes before=True or after=True, one of the two"
            raise ValueError(msg)
        return self._make(Fault.CLOSE, execute=bool(after))

    def half_frame(self) -> Rule:
        """Execute the request, send the first half of the reply, close the connection."""
        return self._make(Fault.HALF_FRAME)

    def garbage(self, *, execute: bool = True) -> Rule:
        """Send 64 bytes that are no frame; the connection stays open."""
        return self._make(Fault.GARBAGE, execute=execute)

    def wrong_size(self, size: int = MAX_FRAME_BODY + 1, *, execute: bool = True) -> Rule:
        """Send the reply under a frame header that claims ``size`` bytes.

        Args:
            size: more than 128 MiB by default, which no peer may accept. A size just
                above the true one leaves the client waiting for the rest.
            execute: let the request take effect first.

        Raises:
            ValueError: ``size`` does not fit in the header's 48 bits.
        """
        if not _is_integer(size) or not 0 <= size < 1 << 48:
            msg = f"a frame's size is a number of 48 bits, not {size!r}"
            raise ValueError(msg)
        return self._make(Fault.WRONG_SIZE, size=size, execute=execute)

    def _make(self, fault: Fault, **facts: Any) -> Rule:
        return self._faults._add(Rule(self._condition, fault, **facts))


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


@attrs.define(eq=False)
class Faults:
    """The rules of a node, in the order in which they were made.

    Any thread may add, remove and look at rules while the node runs.
    """

    common: Faults | None = None
    """Rules of a whole cluster, which apply where none of these does."""
    _rules: tuple[Rule, ...] = attrs.field(default=(), init=False)
    _lock: threading.Lock = attrs.field(factory=threading.Lock, init=False, repr=False)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """All rules that were not removed, used-up ones included."""
        return self._rules

    def on(
        self,
        command: str,
        *,
        namespace: str | None = None,
        set: str | None = None,
        key: tuple[Any, ...] | None = None,
    ) -> When:
        """Begin a rule about some requests.

        Args:
            command: a client method (``get``, ``select``, ``exists``, ``put``, ``remove``,
                ``remove_bin``, ``touch``, ``append``, ``prepend``, ``increment``,
                ``operate``, ``batch``, ``query``, ``scan``, ``apply``; clients send the
                only row of a batch that is for this node as one of the others), a step of a
                transaction (``add_keys``, ``verify``, ``mark``, ``roll``, ``close``), ``read`` or
                ``write`` for any single-record command of that kind, ``info`` or the name
                of an info command (``sindex-create``, ``udf-put``, ``truncate``),
                ``admin`` or the name of a security command (``login``, ``create-user``),
                or ``any``: every data message. Info and security messages, with which
                clients also keep house, are only hit by their own names.
            namespace: only requests that touch this namespace.
            set: only requests that touch this set.
            key: only requests for this record, ``(namespace, set, user_key)``; a batch
                matches if one of its rows does.

        A request is judged by its bytes: ``operate`` with nothing but one increment is the
        same message as ``increment`` and goes by that name.

        Raises:
            ValueError: no such command, or the key is none.
        """
        name = commands.canonical(command)
        for what, value in (("namespace", namespace), ("set", set)):
            if value is not None and not isinstance(value, str):
                msg = f"{what} must be a str, not {type(value).__name__}"
                raise ValueError(msg)
        place = None
        if key is not None:
            found, _ = keys.resolve(key)
            place = (found.namespace, found.digest or b"")
        text = None if key is None else repr(tuple(key[:3]))
        return When(self, Condition(name, namespace, set, place, text))

    def clear(self) -> None:
        """Take out all rules; hanging requests are answered normally now."""
        self._remove(self._rules)

    def decide(self, request: Request) -> Rule | None:
        """The rule that applies to a request, which counts as a hit; None if none does."""
        for rule in self._rules:
            if rule.condition.matches(request) and self._hit(rule):
                return rule
        return None if self.common is None else self.common.decide(request)

    def _hit(self, rule: Rule) -> bool:
        with self._lock:
            if not rule.live:
                return False
            probability = rule.condition.probability
            if probability is not None and rule._random.random() >= probability:
                return False
            rule.hits += 1
            return True

    def _add(self, rule: Rule) -> Rule:
        with self._lock:
            rule._owner = self
            self._rules = (*self._rules, rule)
        return rule

    def _remove(self, rules: tuple[Rule, ...]) -> None:
        waiting: list[Callable[[], None]] = []
        with self._lock:
            for rule in rules:
                rule.removed = True
                waiting += rule._waiting
                rule._waiting.clear()
            self._rules = tuple(rule for rule in self._rules if not rule.removed)
        for callback in waiting:
            callback()

    def __bool__(self) -> bool:
        return bool(self._rules) or bool(self.common)
