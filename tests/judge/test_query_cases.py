"""A short run of the random queries: the official client and ours find the same in the embedded node."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from cases import Cases, for_each
from judge.query_differential import Sides, case, differences

from aerospike_wire import lua
from aerospike_wire.embedded import EmbeddedServer

if TYPE_CHECKING:
    from collections.abc import Iterator

RECORDS: Final = 60
COUNTS: Final = {"query": 30, "job": 4, "aggregation": 4 if lua.available() else 0}

pytestmark = pytest.mark.filterwarnings("ignore:.*:DeprecationWarning")


@pytest.fixture(scope="module")
def sides() -> Iterator[Sides]:
    """Both clients and a node with the records and indexes."""
    with EmbeddedServer(namespaces=("test", "bar")) as node, Sides({"node": node.address}, RECORDS) as made:
        yield made


@for_each("kind", COUNTS)
def test_both_clients_find_the_same(kind: str, sides: Sides) -> None:
    """The same rows, or the same class, code and doubt; some queries find something.

    One test for all: where the official client looks for modules is the process', and another client may change it.
    """
    found = 0
    with Cases() as cases:
        for seed in range(COUNTS[kind]):
            call = case(kind, seed)
            with cases.case(f"{kind} {seed}"):
                outcomes, different = differences(sides.all, call)
                assert not different, (call, {name: str(outcome) for name, outcome in outcomes.items()})
                found += any(outcome.rows for outcome in outcomes.values())
    assert found or not COUNTS[kind]
