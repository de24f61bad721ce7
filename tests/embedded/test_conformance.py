"""The embedded node against 2056 single operations and what a real node answered and kept."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import pytest
from cases import for_each
from conformance import cases, differences
from wire import Wire

from aerospike_wire.embedded import EmbeddedServer

if TYPE_CHECKING:
    from collections.abc import Iterator

AREAS: Final = {
    "list/read": 432, "list/remove": 88, "list/order": 6, "list/modify": 141, "list/path": 7,
    "map/read": 594, "map/remove": 112, "map/modify": 88, "map/path": 24,
    "bit": 87, "hll": 58, "record": 208, "expression": 190, "expression/write": 21,
}  # fmt: skip
"""How many cases there are of each kind: all of them are played, none may come out otherwise."""


@pytest.fixture(scope="module")
def line() -> Iterator[Wire]:
    """A connection to a node whose namespace takes TTLs, as the recorded one did."""
    with EmbeddedServer() as server, Wire(server) as connection:
        yield connection


def test_every_case_is_counted() -> None:
    """The file has 2056 cases, and the table all of their areas."""
    assert Counter(case.area for case in cases()) == AREAS
    assert sum(AREAS.values()) == 2056


@for_each("area", AREAS)
def test_cases_of_an_area(area: str, line: Wire) -> None:
    """Each case gives the recorded code and value, and leaves what was recorded."""
    played = {case.name: list(differences(line, case)) for case in cases() if case.area == area}
    assert {name: found for name, found in played.items() if found} == {}
    assert len(played) == AREAS[area]
