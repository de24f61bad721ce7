"""The embedded node, sent what the official client sent, answers what a real server answered, byte for byte."""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING, Final

import pytest
from judge.node_replay import IN_ANY_ORDER, Links, play
from recordings import recordings

from aerospike_wire.embedded import EmbeddedServer

if TYPE_CHECKING:
    from collections.abc import Iterator

GROUPS: Final = frozenset("ABCDG")
"""Those that concern records, operations, expressions, batches and error codes."""

LEFT_OUT: Final[dict[str, tuple[str, ...]]] = {
    "bytes were held, cut or replaced on the way; test_our_client does it with faults": ("G:client/*",),
    "needs a server in a special state; test_our_client does it with faults": (
        "G:code8/*", "G:code9/put_replica_does_not_ack", "G:code11/*", "G:code13/record_over_max_record_size",
        "G:code14/*", "G:code18/*", "G:code22/set_stop_writes_count", "G:code22/query_threads_limit", "G:code150/*",
        "G:code151/*", "G:code152/*", "G:code203/*", "G:code206/*",
    ),
    "needs three nodes": ("*three_nodes*",),
    "a query of a thousand records within a millisecond, which a small node manages": ("G:code9/short_query_1ms_raw",),
    "a query that is still running when it is stopped": ("G:code15/query_abort",),
    "a real node sends a region with the S2 cells that cover it, ours with none; clients skip them": (
        "A:[gp][eu]t/value_geojson_circle", "A:[gp][eu]t/value_geojson_polygon",
    ),
    "all that a node has to tell of itself": ("G:raw/info_empty",),
}  # fmt: skip
"""Names, or patterns of names, of scenarios that are not replayed, by the reason."""


def left_out(name: str) -> bool:
    """Whether a scenario is not replayed."""
    return any(fnmatch.fnmatchcase(name, pattern) for patterns in LEFT_OUT.values() for pattern in patterns)


HERE: Final = {name: found for name, found in recordings().items() if found.group in GROUPS}
REPLAYED: Final = [name for name in HERE if not left_out(name)]


@pytest.fixture
def links() -> Iterator[Links]:
    """Connections to a node that calls itself as the recorded one did."""
    with EmbeddedServer(namespaces=("test,ttl=off", "bar"), name="A1", cluster_name="gold") as server:
        port = server.port
        server.node.address = ("127.0.0.1", 4100)
        server.node.modules.path = "/data/gold/server/main/usr/udf/lua"
        with Links(port) as links:
            yield links


@pytest.mark.parametrize("name", REPLAYED)
def test_recorded_requests_get_the_recorded_answers(name: str, links: Links) -> None:
    """From an empty node on, every request of a scenario is answered with the recorded bytes."""
    for place, wanted, got in play(links, HERE[name]):
        assert got == wanted, place


def test_nothing_is_left_out_that_is_gone() -> None:
    """Every pattern stands for a scenario, and most scenarios are replayed."""
    patterns = [pattern for patterns in LEFT_OUT.values() for pattern in patterns]
    assert [p for p in patterns if not any(fnmatch.fnmatchcase(name, p) for name in HERE)] == []
    assert set(IN_ANY_ORDER) <= set(REPLAYED)
    assert len(REPLAYED) > 900
