"""A short run of the random info commands: both clients hand on what the embedded node says, or raise the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aerospike
import pytest
from judge import info_cases
from judge.calls import modules_of_official_clients

from aerospike_wire import Client
from aerospike_wire.embedded import EmbeddedServer
from aerospike_wire.errors import ResultCode

if TYPE_CHECKING:
    from collections.abc import Callable

LINES = 250

pytestmark = pytest.mark.filterwarnings("ignore:.*:DeprecationWarning")


def _outcome(ask: Callable[[str], str], line: str) -> tuple[Any, ...]:
    try:
        return "answer", ask(line)
    except Exception as error:  # noqa: BLE001  compared
        code = getattr(error, "code", None)
        # The official client has no class for what only Enterprise servers can do.
        return "error", "AerospikeError" if code == ResultCode.ENTERPRISE_ONLY else type(error).__name__, code


def test_both_clients_hand_on_the_same() -> None:
    """Each client asks a node of its own, so that both see the same changes."""
    namespaces = ("test,ttl=off", "bar,ttl=off")
    with EmbeddedServer(namespaces=namespaces) as one, EmbeddedServer(namespaces=namespaces) as other:
        official = aerospike.client({"hosts": one.seeds, "lua": {"user_path": modules_of_official_clients()}})
        with Client(other.address) as ours:
            different = []
            for seed in range(LINES):
                line = info_cases.line(seed)
                outcomes = [_outcome(ask, line) for ask in (official.info_random_node, ours.info_random_node)]
                seen = [
                    (kind, info_cases.alike(line, rest[0]) if kind == "answer" else rest) for kind, *rest in outcomes
                ]
                if seen[0] != seen[1]:
                    different.append((line, *outcomes))
        official.close()
    assert different == []


def test_what_is_alike() -> None:
    """Counts, paths and the order of lists do not count; anything else does."""
    assert info_cases.alike("udf-list", "udf-list\tfilename=a,hash=1;filename=b,hash=2;\n") == info_cases.alike(
        "udf-list", "udf-list\tfilename=b,hash=3;filename=a,hash=4;\n"
    )
    assert info_cases.alike("status", "status\tok\n") != info_cases.alike("status", "status\tERROR\n")
