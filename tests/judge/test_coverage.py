"""Which of the 1200 recorded scenarios no test makes with our clients, and which none replays to the node."""

from __future__ import annotations

import gzip
import importlib.util
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from judge import test_our_client, test_replay
from recordings import DATA, recordings

if TYPE_CHECKING:
    from collections.abc import Iterator

TESTS: Final = Path(__file__).parents[1]

WITHOUT_CLIENT: Final = {
    "A:serializer/json_unsupported_type": "the user's serializer raises, before any byte is sent",
    "F:local/get_key_partition_id": "a method that our clients do not have; partitions of keys have vectors",
    "G:code160/not_json": "raised by a class, before any client knows of it",
    "G:param/batch_write_wrong_type": "ours takes the list that the official client refuses",
}
"""Scenarios that are made with neither of our clients, and why."""

ABOUT_THE_MACHINE: Final = "tells of the machine or of the server's own state; test_info_machine looks at its form"
THREADS: Final = "which records a limit leaves, and how they are ordered, is up to the threads of a server"
WITHOUT_NODE: Final = {
    **dict.fromkeys(
        (
            "F:info/best-practices", "F:info/build_time", "F:info/cluster-stable:",
            "F:info/cluster-stable:size=1;ignore-migrations=true", "F:info/get-config:context=namespace;namespace=test",
            "F:info/get-config:context=network", "F:info/get-stats", "F:info/latencies:",
            "F:info/latencies:hist={test}-read", "F:info/log-set:id=0;aio=info", "F:info/log/0", "F:info/logs",
            "F:info/mcast", "F:info/mesh", "F:info/set-config:context=service;proto-fd-max=4096", "F:info/sets",
            "F:info/sets/test", "F:info/user-agents", "E:job_info/finished_query", "E:job_info/finished_scan",
        ),
        ABOUT_THE_MACHINE,
    ),
    **dict.fromkeys(
        (
            "E:query/max_records_3", "E:query/paginate_4_of_10_three_pages", "E:query/paginate_one_call_too_many",
            "E:sindex/paginate_4_of_10_three_pages", "E:sindex/paginate_one_call_too_many",
        ),
        THREADS,
    ),
    "E:query/ttl_records_on_bar": "tells when records expire",
    **dict.fromkeys(
        ("F:local/get_cdtctx_base64", "F:local/get_key_partition_id", "F:local/get_nodes"), "no node is asked",
    ),
    **{name: reason for reason, names in test_replay.LEFT_OUT.items() for name in names},
}  # fmt: skip
"""Scenarios whose requests are not replayed to the node, and why."""


def module(path: str) -> Any:
    """Another test's module."""
    spec = importlib.util.spec_from_file_location(f"covered_{Path(path).stem}", TESTS / path)
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def names_in(file: str) -> Iterator[str]:
    """Names of the scenarios of a file that tests play as a whole."""
    if file == "transactions.json":
        yield from (row["name"] for row in json.loads((DATA / file).read_text())["scenarios"])
        return
    with gzip.open(DATA / file, "rt", encoding="utf-8") as lines:
        yield from (json.loads(line)["name"] for line in lines)


def test_every_scenario_is_made_with_our_clients() -> None:
    """But for those that are named."""
    played = set(module("proto/test_gold.py").RECORDED) | set(module("proto/test_gold_queries.py").recorded())
    played |= {scenario.name for scenario in test_our_client.MADE}
    played |= {*names_in("transactions.json"), *names_in("connect.jsonl.gz")}
    assert set(recordings()) - played == WITHOUT_CLIENT.keys()
    assert len(recordings()) == 1200


def test_every_scenario_is_replayed_to_the_node() -> None:
    """But for those that are named."""
    queries = module("embedded/test_query_recorded.py")
    played = {row["name"] for row in queries.recorded()} - queries.UNEQUAL.keys()
    played |= {*test_replay.REPLAYED, *names_in("recorded_info.jsonl.gz")}
    played |= {*names_in("transactions.json"), *names_in("connect.jsonl.gz")}
    assert set(recordings()) - played == WITHOUT_NODE.keys()
