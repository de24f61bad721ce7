"""The embedded node, sent what the official client sent, answers what a real server answered, byte for byte."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

from cases import Cases, by_family, for_each
from judge.node_replay import IN_ANY_ORDER, Links, play
from recordings import recordings

from aerospike_wire.embedded import EmbeddedServer

if TYPE_CHECKING:
    from collections.abc import Iterator

GROUPS: Final = frozenset("ABCDG")
"""Those that concern records, operations, expressions, batches and error codes."""

LEFT_OUT: Final[dict[str, tuple[str, ...]]] = {
    "bytes were cut or replaced, or the connection closed, on the way; test_our_client does it with faults": (
        "G:client/foreach_callback_raises", "G:client/garbage_get", "G:client/garbage_put", "G:client/max_error_rate",
        "G:client/server_closes_get", "G:client/server_closes_get_retry", "G:client/server_closes_put",
    ),
    "needs a server in a special state; test_our_client does it with faults": (
        "G:code8/stop_writes_sys_memory", "G:code9/put_replica_does_not_ack", "G:code11/just_started", "G:code14/hot_key",
        "G:code18/write_burst", "G:code22/query_threads_limit", "G:code203/query_while_index_builds",
        "G:code206/257th_index",
    ),
    "a query of a thousand records within a millisecond, which a small node manages": ("G:code9/short_query_1ms_raw",),
    "a query that is still running when it is stopped": ("G:code15/query_abort",),
    "all that a node has to tell of itself": ("G:raw/info_empty",),
}  # fmt: skip
"""Names of scenarios that are not replayed, by the reason."""


def left_out(name: str) -> bool:
    """Whether a scenario is not replayed."""
    return any(name in names for names in LEFT_OUT.values())


HERE: Final = {name: found for name, found in recordings().items() if found.group in GROUPS}
REPLAYED: Final = [name for name in HERE if not left_out(name)]


@contextlib.contextmanager
def fresh_links() -> Iterator[Links]:
    """Connections to a node that calls itself as the recorded one did."""
    with EmbeddedServer(namespaces=("test,ttl=off", "bar"), name="A1", cluster_name="gold") as server:
        port = server.port
        server.node.address = ("127.0.0.1", 4100)
        server.node.modules.path = "/data/gold/server/main/usr/udf/lua"
        with Links(port) as links:
            yield links


FAMILIES: Final = by_family(REPLAYED)


@for_each("family", FAMILIES)
def test_recorded_requests_get_the_recorded_answers(family: str) -> None:
    """From an empty node on, every request of a scenario is answered with the recorded bytes."""
    with Cases() as cases:
        for name in FAMILIES[family]:
            with cases.case(name), fresh_links() as links:
                for place, wanted, got in play(links, HERE[name]):
                    assert got == wanted, place


def test_every_scenario_is_counted() -> None:
    """Of the 967 scenarios of these groups all are replayed but for those that are named."""
    named = [name for names in LEFT_OUT.values() for name in names]
    assert set(named) <= HERE.keys()
    assert set(IN_ANY_ORDER) <= set(REPLAYED)
    assert (len(HERE), len(REPLAYED)) == (967, 967 - len(named))
