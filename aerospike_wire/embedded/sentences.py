"""Faults in words, as people type them: on command lines, and to a proxy that runs.

``put answer 18``, ``get delay 50 times 3``, ``any close after probability 0.1``,
``put set users answer 22 "not now"``, ``latency 50 jitter 10``, ``client limit-data 1000``
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any, Final

from aerospike_wire.errors.codes import ResultCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from aerospike_wire.embedded.faults import Faults, Rule, When
    from aerospike_wire.embedded.proxy.network import Network, NetworkRule, Where

HELP: Final = """\
COMMAND [namespace N] [set S] [times N] [probability P] ACTION, where COMMAND is as in put, get, batch, query,
  any, sindex-create, login, and ACTION is one of: answer CODE [TEXT], lie CODE, delay MS, hang, close,
  close after, half-frame, garbage, wrong-size [BYTES]
[client|server] [probability P] CONDITION, where CONDITION is one of: latency MS [jitter MS], bandwidth BYTES/S,
  slow-close MS, timeout [MS], reset [MS], slices BYTES [pause MS], limit-data BYTES
list: the rules; clear: take all of them out"""

NETWORK: Final = frozenset(
    {"client", "server", "latency", "bandwidth", "slow-close", "timeout", "reset", "slices", "limit-data"}
)


class _Words:
    """The words of a sentence, one after the other."""

    def __init__(self, text: str) -> None:
        self._words = shlex.split(text)
        self._at = 0

    def peek(self) -> str | None:
        return self._words[self._at] if self._at < len(self._words) else None

    def take(self, what: str) -> str:
        word = self.peek()
        if word is None:
            msg = f"the sentence ends where {what} should be"
            raise ValueError(msg)
        self._at += 1
        return word

    def skip(self, word: str) -> bool:
        found = self.peek() == word
        self._at += found
        return found

    def number(self, what: str) -> float:
        word = self.take(what)
        try:
            number = float(word)
        except ValueError:
            msg = f"{what} is a number, not {word!r}"
            raise ValueError(msg) from None
        return int(number) if number.is_integer() else number

    def integer(self, what: str) -> int:
        number = self.number(what)
        if not isinstance(number, int):
            msg = f"{what} is an integer, not {number:g}"
            raise ValueError(msg)
        return number

    def optional(self, what: str, default: float = 0) -> float:
        word = self.peek()
        return default if word is None or not word[:1].isdigit() else self.number(what)

    def end(self) -> None:
        word = self.peek()
        if word is not None:
            msg = f"{word!r} is one word too many"
            raise ValueError(msg)


def is_network(text: str) -> bool:
    """True if a sentence is about the network, and not about requests."""
    words = shlex.split(text)
    while words[:1] == ["probability"]:
        words = words[2:]
    return bool(words) and words[0] in NETWORK


def add_fault(faults: Faults, text: str) -> Rule:
    """Add the rule that a sentence about requests describes.

    Raises:
        ValueError: it cannot be understood; the text says where.
    """
    words = _Words(text)
    command = words.take("a command")
    where: dict[str, Any] = {}
    limit: int | None = None
    chance: float | None = None
    while True:
        if words.skip("namespace"):
            where["namespace"] = words.take("a namespace")
        elif words.skip("set"):
            where["set"] = words.take("a set")
        elif words.skip("times"):
            limit = words.integer("times")
        elif words.skip("probability"):
            chance = words.number("probability")
        else:
            break
    when = faults.on(command, **where)
    when = when if limit is None else when.times(limit)
    when = when if chance is None else when.with_probability(chance)
    make = _fault(words.take("an action"), words)
    words.end()
    return make(when)


def _fault(action: str, words: _Words) -> Callable[[When], Rule]:
    if action in ("answer", "lie"):
        code = _code(words.take("a result code"))
        text = words.take("a text") if action == "answer" and words.peek() is not None else None
        return lambda when: when.answer(code, text, execute=action == "lie")
    if action == "delay":
        milliseconds = words.number("milliseconds")
        return lambda when: when.delay(milliseconds)
    if action == "close":
        after = words.skip("after")
        return lambda when: when.close(after=after, before=not after)
    if action == "wrong-size":
        size = int(words.optional("bytes", -1))
        return lambda when: when.wrong_size() if size < 0 else when.wrong_size(size)
    simple: dict[str, Callable[[When], Rule]] = {
        "hang": lambda when: when.hang(),
        "half-frame": lambda when: when.half_frame(),
        "garbage": lambda when: when.garbage(),
    }
    if action in simple:
        return simple[action]
    msg = f"there is no action {action!r}"
    raise ValueError(msg)


def _code(word: str) -> int:
    if word.isascii() and word.isdigit():
        return int(word)
    found = ResultCode.__members__.get(word.upper().replace("-", "_"))
    if found is None:
        msg = f"there is no result code {word!r}"
        raise ValueError(msg)
    return int(found)


def add_condition(network: Network, text: str) -> NetworkRule:
    """Add the rule that a sentence about the network describes.

    Raises:
        ValueError: it cannot be understood; the text says where.
    """
    words = _Words(text)
    where = network.with_probability(1)
    while True:
        if words.skip("client"):
            where = where.toward("client")
        elif words.skip("server"):
            where = where.toward("server")
        elif words.skip("probability"):
            where = where.with_probability(words.number("probability"))
        else:
            break
    name = words.take("a condition")
    make = _condition(name, words)
    words.end()
    return make(where)


def _condition(name: str, words: _Words) -> Callable[[Where], NetworkRule]:
    facts: dict[str, Any] = {}
    if name == "latency":
        value = words.number("milliseconds")
        if words.skip("jitter"):
            facts["jitter"] = words.number("milliseconds")
        return lambda where: where.latency(value, **facts)
    if name == "slices":
        size = words.integer("bytes")
        if words.skip("pause"):
            facts["milliseconds"] = words.number("milliseconds")
        return lambda where: where.slices(size, **facts)
    if name == "bandwidth":
        rate = words.integer("bytes per second")
        return lambda where: where.bandwidth(rate)
    if name == "limit-data":
        limit = words.integer("bytes")
        return lambda where: where.limit_data(limit)
    milliseconds = words.number("milliseconds") if name == "slow-close" else words.optional("milliseconds")
    simple: dict[str, Callable[[Where], NetworkRule]] = {
        "slow-close": lambda where: where.slow_close(milliseconds),
        "timeout": lambda where: where.timeout(milliseconds),
        "reset": lambda where: where.reset(milliseconds),
    }
    if name in simple:
        return simple[name]
    msg = f"there is no condition {name!r}"
    raise ValueError(msg)
