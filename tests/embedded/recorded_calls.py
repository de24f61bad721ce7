"""Calls on one bin as a real node answered them, for the engines that carry them out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from recordings import DATA

from aerospike_wire.embedded.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from aerospike_wire.embedded.outcome import Outcome


def recorded(file: str) -> list[dict[str, Any]]:
    """The rows of a file of the test data."""
    return [json.loads(line) for line in (DATA / file).read_text().splitlines()]


def particle(pair: list[Any] | None) -> tuple[int, bytes] | None:
    """Type and bytes from a row of the file."""
    return None if pair is None else (pair[0], bytes.fromhex(pair[1]))


def executed(
    execute: Callable[[int, tuple[int, bytes] | None, bytes], Outcome],
    code: int,
    before: tuple[int, bytes] | None,
    payload: bytes,
) -> tuple[int, Outcome | None]:
    """Result code of a call, and what it comes to."""
    try:
        return 0, execute(code, before, payload)
    except Refusal as refusal:
        return refusal.code, None
