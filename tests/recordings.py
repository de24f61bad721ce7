"""What the official client and a real server said to each other, scenario by scenario.

Recorded from the official Python client 19.3.0 against a server 8.1.2.0 Community Edition:
groups A (single records), B (operate), C (filter expressions), D (batches), E (queries),
F (indexes, modules, truncation, info, transactions) and G (error codes, hand-made bytes,
arguments). How values are tagged says :mod:`gold`.
"""

from __future__ import annotations

import functools
import json
import lzma
import pathlib
from typing import TYPE_CHECKING, Any, Final, Self

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

DATA: Final = pathlib.Path(__file__).parent / "data"


@attrs.frozen
class Exchange:
    """A burst of request bytes and everything that answered it."""

    connection: int
    request: bytes
    response: bytes


@attrs.frozen
class Step:
    """One call of the official client."""

    call: dict[str, Any]
    outcome: dict[str, Any]
    exchange: tuple[Exchange, ...]

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """The step in a row of the file."""
        parts = (Exchange(conn, bytes.fromhex(sent), bytes.fromhex(got)) for conn, sent, got in row["exchange"])
        return cls(row["call"], row["outcome"], tuple(parts))


@attrs.frozen
class Recording:
    """One scenario: what prepares it, its call, and the reads that show the effect."""

    name: str
    group: str
    main: Step
    setup: tuple[Step, ...]
    more: tuple[Step, ...]
    after: tuple[Step, ...]
    teardown: tuple[Step, ...]
    volatile: Sequence[Mapping[str, Any]]
    """What differed when the scenario was recorded a second time: places in the bytes, or a note."""
    fault: str | None
    """What was done to the bytes on purpose."""
    state: str | None
    """What was special about the server, in words."""

    def steps(self) -> Iterator[tuple[str, int, Step]]:
        """All steps in order, with the name of their part and their place in it."""
        yield from (("setup", at, step) for at, step in enumerate(self.setup))
        yield from (("main", at, step) for at, step in enumerate((self.main, *self.more)))
        yield from (("after", at, step) for at, step in enumerate(self.after))
        yield from (("teardown", at, step) for at, step in enumerate(self.teardown))

    def masked(self, data: bytes, where: str, step: int, exchange: int, side: str = "response") -> bytes:
        """Bytes with those that are not repeatable set to zero; empty if none of them are."""
        found = bytearray(data)
        for row in self.volatile:
            if row.get("where", where) != where or row.get("step", step) != step:
                continue
            if row.get("exchange", exchange) != exchange or row.get("side", side) != side:
                continue
            if "lengths" in row or row.get("note", "recorded once only") != "recorded once only":
                return b""
            for start, stop in row.get("ranges", ()):
                end = min(stop, len(found))
                found[start:end] = bytes(max(0, end - start))
        return bytes(found)


@functools.cache
def recordings() -> dict[str, Recording]:
    """All scenarios by name."""
    found = {}
    with lzma.open(DATA / "gold.jsonl.xz", "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            parts = {
                ours: tuple(Step.of(step) for step in row.get(theirs, ()))
                for ours, theirs in (
                    ("setup", "setup"), ("more", "more_calls"), ("after", "after"), ("teardown", "teardown"),
                )
            }  # fmt: skip
            found[row["name"]] = Recording(
                row["name"],
                row["group"],
                Step.of(row),
                **parts,
                volatile=row["volatile"],
                fault=row.get("fault"),
                state=row.get("state"),
            )
    return found
