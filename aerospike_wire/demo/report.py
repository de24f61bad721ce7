"""What the demonstration found, class by class: as a tree for people, as JSON for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs

from aerospike_wire.demo import hierarchy
from aerospike_wire.demo.catalogue import CAUSE_OF, UNRAISED, Cause
from aerospike_wire.demo.sides import SIDES
from aerospike_wire.errors import AerospikeError
from aerospike_wire.errors.context import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aerospike_wire.demo.hierarchy import Place
    from aerospike_wire.demo.stage import Outcome
    from aerospike_wire.terminal import Style

_LABEL: Final = 13
"""Columns of the words that lines about a class begin with."""


@attrs.frozen
class Finding:
    """One class with one client."""

    cls: type[AerospikeError]
    client: str
    outcomes: tuple[Outcome, ...] = ()
    """The provocation that counts, then others of the same class."""
    through: Outcome | None = None
    """For classes that are not raised themselves: what was raised instead and shows them."""
    unraised: str | None = None
    """Why no call raises it."""

    @property
    def raised(self) -> bool:
        """True if every provocation of the class raised it."""
        return bool(self.outcomes) and all(outcome.raised for outcome in self.outcomes)

    @property
    def failed(self) -> bool:
        """True if it should have been raised or seen, and was not."""
        return self.unraised is None and self.through is None and not self.raised

    def as_json(self) -> dict[str, Any]:
        """The finding as JSON-ready values."""
        through = None if self.through is None else self.through.provocation.exception
        found: dict[str, Any] = {
            "exception": self.cls.__name__,
            "aliases": hierarchy.aliases(self.cls),
            "code": hierarchy.own_code(self.cls),
            "parents": [cls.__name__ for cls in hierarchy.parents(self.cls)],
            "client": self.client,
            "raised": self.raised or self.through is not None,
            "through": through,
            "reason": self.unraised,
        }
        outcomes = (self.through,) if self.through is not None else self.outcomes
        first, *others = [_outcome_json(outcome) for outcome in outcomes or (None,)]
        return {**found, **first, "more": others}


def json_rows(found: Sequence[Finding]) -> list[dict[str, Any]]:
    """One object for each class and client; a class with two names has one under each."""
    rows = []
    for finding in found:
        row = finding.as_json()
        rows.append(row)
        rows += [{**row, "exception": alias, "alias_of": row["exception"]} for alias in row["aliases"]]
    return rows


def _outcome_json(outcome: Outcome | None) -> dict[str, Any]:
    if outcome is None:
        return {"call": None, "attributes": {}}
    error = outcome.error
    found: dict[str, Any] = {
        "call": outcome.call,
        "provoked_by": outcome.provocation.cause.value,
        "fault": outcome.fault,
        "attributes": {},
    }
    if not isinstance(error, AerospikeError):
        return {**found, "message": None if error is None else f"{type(error).__name__}: {error}"}
    facts = error.to_dict()
    names = ("code", "msg", "file", "line", "in_doubt", *error.family_attributes)
    kept = ("context", "attempts", "node", "elapsed", "retryable", "subcode", "server_message", "hint")
    return {
        **found,
        "attributes": {name: plain(getattr(error, name)) for name in names},
        "message": str(error),
        **{name: facts[name] for name in kept},
        "notes": list(error.__notes__),
        "cause": None if error.__cause__ is None else f"{type(error.__cause__).__name__}: {error.__cause__}",
    }


_LEGEND: Final = (
    "Every call was made over a socket: `client` is connected to `server`, a node in memory that is told to fail where "
    "its own rules have nothing against the call; `secured` is another, which has users. Calls, errors and facts are "
    f"those of {SIDES[0].name}; {SIDES[1].name} made the same calls without `await`."
)

# From outcomes to findings


def findings(outcomes: Sequence[Outcome]) -> list[Finding]:
    """One finding for each class and client, in the order of the tree."""
    found = []
    for side in SIDES:
        by_class: dict[str, list[Outcome]] = {}
        for outcome in outcomes:
            if outcome.client == side.name:
                by_class.setdefault(outcome.provocation.exception, []).append(outcome)
        seen = {name for name, rows in by_class.items() if all(row.raised for row in rows)}
        found += [_finding(cls, side.name, by_class, seen) for cls in hierarchy.classes()]
    return found


def _finding(cls: type[AerospikeError], client: str, by_class: dict[str, list[Outcome]], seen: set[str]) -> Finding:
    name = cls.__name__
    if name in by_class:
        return Finding(cls, client, tuple(by_class[name]))
    if name in UNRAISED:
        return Finding(cls, client, unraised=UNRAISED[name])
    if name in CAUSE_OF:
        effects = by_class.get(CAUSE_OF[name], ())
        return Finding(cls, client, through=next((row for row in effects if type(_cause(row)) is cls), None))
    children = [by_class[child.__name__][0] for child in hierarchy.children(cls) if child.__name__ in seen]
    real = [outcome for outcome in children if outcome.provocation.cause is Cause.NODE]
    return Finding(cls, client, through=next(iter([*real, *children]), None))


def _cause(outcome: Outcome) -> BaseException | None:
    return None if outcome.error is None else outcome.error.__cause__


# For people


def lines(found: Sequence[Finding], style: Style) -> Iterator[str]:
    """The tree, with what was found about each class, and a summary."""
    yield from style.wrap(_LEGEND, "", "")
    yield ""
    for place in hierarchy.draw():
        mine = [finding for finding in found if finding.cls is place.cls]
        yield _head(place, mine, style)
        for label, text in _facts(mine):
            yield from _line(place, label, text, style)
        yield style.dim(place.below.rstrip())
    yield from _summary(found, style)


def _head(place: Place, mine: Sequence[Finding], style: Style) -> str:
    failed = [finding.client for finding in mine if finding.failed]
    if failed:
        state = style.bad(f"NOT RAISED by {' and '.join(failed)}")
    elif all(finding.raised for finding in mine):
        state = style.good("raised by both clients")
    else:
        state = ""
    return f"{style.dim(place.branch)}{style.bold(hierarchy.title(place.cls))}  {state}".rstrip()


def _facts(mine: Sequence[Finding]) -> Iterator[tuple[str, str]]:
    first = mine[0]
    if first.unraised is not None:
        yield "not raised", first.unraised
    elif first.through is not None:
        name, shown = first.cls.__name__, first.through.provocation.exception
        how = f"{shown}, whose cause it is" if name in CAUSE_OF else f"{shown}, which `except {name}` catches"
        yield "through", how
    for place, outcome in enumerate(first.outcomes):
        yield "call" if not place else "also", outcome.call
        fault = f": {outcome.fault}" if outcome.fault else ""
        yield "provoked by", f"{outcome.provocation.cause.value}{fault}"
        yield from _error_facts(outcome)
    for finding in mine[1:]:
        for outcome in finding.outcomes:
            if not outcome.raised:
                yield finding.client, f"{outcome.call} raised {outcome.error!r}"


def _error_facts(outcome: Outcome) -> Iterator[tuple[str, str]]:
    error = outcome.error
    if not isinstance(error, AerospikeError):
        yield "raised", "nothing" if error is None else repr(error)
        return
    hint = f" Hint: {error.hint}."
    yield "error", str(error).removesuffix(hint)
    facts = [f"{name}={_short(getattr(error, name))}" for name in error.family_attributes]
    facts += [
        f"node={error.node}",
        f"attempts={len(error.attempts)}",
        f"retryable={'yes' if error.retryable else 'no'}",
        f"in_doubt={'yes' if error.in_doubt else 'no'}",
    ]
    yield "facts", " ".join(facts)
    if error.hint:
        yield "hint", error.hint


def _short(value: Any) -> str:
    # Of a key, what the caller gave: the digest is the same for both clients, and long.
    return repr(tuple(value[:3])) if isinstance(value, tuple) else repr(value)


def _line(place: Place, label: str, text: str, style: Style) -> Iterator[str]:
    below = place.below
    head = f"{below}{label:<{_LABEL}}"
    marked = style.dim(head)
    for wrapped in style.wrap(text, head, below + " " * _LABEL):
        start, body = (marked, wrapped[len(head) :]) if wrapped.startswith(head) else (
            style.dim(wrapped[: len(below)]), wrapped[len(below) :]
        )  # fmt: skip
        yield start + body.replace("in_doubt=yes", style.doubt("in_doubt=yes")).replace(
            "in doubt: yes", style.doubt("in doubt: yes")
        )


def _summary(found: Sequence[Finding], style: Style) -> Iterator[str]:
    for side in SIDES:
        mine = [finding for finding in found if finding.client == side.name]
        raised = [finding for finding in mine if finding.raised]
        seen = [finding for finding in mine if finding.through is not None]
        failed = [finding.cls.__name__ for finding in mine if finding.failed]
        causes: dict[str, int] = {}
        for finding in raised:
            cause = finding.outcomes[0].provocation.cause.value
            causes[cause] = causes.get(cause, 0) + 1
        split = ", ".join(f"{count} by {cause}" for cause, count in causes.items())
        text = (
            f"{side.name}: {len(mine)} classes, {len(raised)} raised ({split}), {len(seen)} seen through others, "
            f"{len(mine) - len(raised) - len(seen) - len(failed)} that no call raises, {len(failed)} failed"
        )
        yield style.bad(f"{text}: {', '.join(failed)}") if failed else style.good(text)
