"""The official client, pointed at the embedded node, fares as it did with a real one.

Each scenario was recorded from the official Python client 19.3.0 against a server
8.1.2.0 Community Edition. Here the same calls go to the embedded node: class, code and
doubt of every error, results, and the reads that show the effect must come out the same.
"""

from __future__ import annotations

import contextlib
import fnmatch
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs
import pytest
from cases import Cases, by_family, for_each
from judge import calls
from judge.calls import Official, Scenario, modules_of_official_clients
from judge.states import LASTING, NAMESPACES, Apart, Node, is_harmful, misbehave, namespaces, settle, unused_port

from aerospike_wire.embedded import EmbeddedServer

if TYPE_CHECKING:
    from collections.abc import Iterator

aerospike = pytest.importorskip("aerospike")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

ROOT: Final = Path(__file__).parents[2]
SCENARIOS: Final = calls.load()

TRANSACTIONS: Final = "made in test_transactions.py, where several calls share a transaction"
AGGREGATION: Final = "needs aggregation with Lua over streams, which the node does not have"
INDEXES: Final = (
    "needs geospatial queries, or indexes on parts of collections or expressions, which the node does not have"
)
JOBS: Final = "a job ends at once here, so nothing is left to be stopped, and its figures are not kept"
SETTINGS: Final = "about the machine, or a setting that a node in memory does not have"
CLUSTER: Final = "needs three nodes"
CALLBACKS: Final = "hands in a Python callback or pages through a query, which the recording cannot say again"
LOCAL: Final = "never reaches a node"

LEFT_OUT: Final[dict[str, tuple[str, ...]]] = {
    TRANSACTIONS: ("F:txn/*",),
    AGGREGATION: ("E:aggregate/*",),
    INDEXES: ("E:sindex/geo_[cw]*", "E:sindex/ctx_map_key_list_index", "E:sindex/where_with_expr"),
    JOBS: ("E:job_info/*", "E:background/udf_runtime_error", "G:code15/query_abort", "G:code9/short_query_1ms_raw"),
    SETTINGS: ("F:info/mesh", "F:info/set-config:context=service;proto-fd-max=4096",
        "F:info/build_time", "F:info/logs", "F:info/log/0", "F:info/best-practices", "G:raw/info_empty"),
    CLUSTER: ("connect:connect/three_nodes", "*:three_nodes/*"),
    CALLBACKS: ("*foreach*", "*/paginate_*"),
    LOCAL: ("G:code160/not_json",),
}  # fmt: skip
"""Names, or patterns of names, of the scenarios that are not made, by the reason."""

OWN_WORDS: Final = {
    "F:local/get_nodes",
    *(f"F:info/{name}"
    for name in (
        "build+node+edition", "cluster-stable:", "cluster-stable:size=1;ignore-migrations=true",
        "get-config:context=namespace;namespace=test", "get-config:context=network", "latencies:",
        "latencies:hist={test}-read", "name", "service", "service-clear-std", "sets", "sets/test",
        "user-agents",
    )),
}  # fmt: skip
"""Scenarios in which a node tells of itself: that it answers is compared, not what."""

SLOW: Final = ("index_", "udf_", "truncate")
"""Methods in which the official client sleeps for seconds; these scenarios run side by side."""

BLOCKING: Final = {"udf_put", "truncate"}
"""Methods in which it also keeps every other thread from running."""


@attrs.frozen
class Outcome:
    """What came of a scenario."""

    error: tuple[str, int | None, bool | None] | None = None
    result: Any = None
    effect: str | None = None
    """What the reads afterwards showed that was not recorded."""


def call(client: Any, dialect: Official, recorded: dict[str, Any]) -> Any:
    """Make a recorded call."""
    target = client
    for step in dialect.steps(recorded):
        if step.method.startswith("="):
            setattr(target, step.method[1:], step.args[0])
        else:
            target = getattr(client if step.fresh else target, step.method)(*step.args, **step.kwargs)
    return target


def attempt(client: Any, dialect: Official, recorded: dict[str, Any]) -> Outcome:
    """Make a recorded call and see what comes of it."""
    try:
        return Outcome(result=call(client, dialect, recorded))
    except aerospike.exception.AerospikeError as error:
        # The instance's own: attributes of the official client's exceptions are the class's.
        return Outcome((type(error).__name__, error.args[0], error.args[4]))
    except TypeError as error:
        return Outcome((type(error).__name__, None, None), str(error))


def effect(client: Any, dialect: Official, scenario: Scenario) -> str | None:
    """Make the reads that follow a scenario and compare them."""
    for step in scenario.after:
        seen, recorded = attempt(client, dialect, step["call"]), step["outcome"]
        if seen.error is not None or "exception" in recorded:
            wanted = Scenario("", outcome=recorded).error if "exception" in recorded else None
            text = None if seen.error == wanted else f"{seen.error} instead of {wanted or recorded}"
        else:
            text = calls.outcome_differs(recorded["result"], seen.result, unordered="chain" in step["call"])
        if text:
            return f"{step['call']['method']}: {text}"
    return None


def perform(client: Any, scenario: Scenario, server: Node) -> Outcome:
    """Prepare a scenario, make its call and look at the effect."""
    assert scenario.call is not None
    dialect = Official({"node": server.port, "closed": unused_port()})
    for step in scenario.setup:
        attempt(client, dialect, step)
    misbehave(server, scenario)
    seen = attempt(client, dialect, scenario.call)
    if scenario.name not in LASTING:
        server.faults.clear()
    if scenario.after:
        settle(server)
    return attrs.evolve(seen, effect=effect(client, dialect, scenario))


@contextlib.contextmanager
def connected(server: Node) -> Iterator[Any]:
    """An official client."""
    client = aerospike.client({"hosts": server.seeds, "lua": {"user_path": modules_of_official_clients()}})
    try:
        yield client
    finally:
        client.close()


def play(scenario: Scenario, server: Node) -> Outcome:
    """A scenario with a client of its own."""
    with connected(server) as client:
        return perform(client, scenario, server)


_APART: Final = """
import contextlib
import sys
from aerospike_wire.embedded import EmbeddedServer
with contextlib.ExitStack() as stack:
    for _ in range(int(sys.argv[1])):
        server = stack.enter_context(EmbeddedServer(namespaces=["test,ttl=off", "bar"], cluster_name="gold"))
        print(server.port, flush=True)
    sys.stdin.read()
"""


@contextlib.contextmanager
def apart(count: int) -> Iterator[list[Apart]]:
    """Nodes in a process of their own: for some replies the official client waits without letting other threads run."""
    with subprocess.Popen(
        [sys.executable, "-c", _APART, str(count)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stdout is not None
        yield [Apart(int(process.stdout.readline())) for _ in range(count)]
        process.communicate()


def fresh(scenario: Scenario) -> Outcome:
    """A scenario with a node of its own."""
    with EmbeddedServer(namespaces=namespaces(scenario), cluster_name="gold") as server:
        return play(scenario, server)


def left_out(name: str) -> str | None:
    """Why a scenario is not made."""
    for reason, patterns in LEFT_OUT.items():
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns):
            return reason
    return None


MADE: Final = [scenario for scenario in SCENARIOS.values() if left_out(scenario.name) is None]
SPECIAL: Final = {"raw_socket", "aerospike.client", "get x 4 with max_error_rate=1"}
CALLS: Final = [scenario for scenario in MADE if scenario.method not in SPECIAL]


def is_slow(scenario: Scenario) -> bool:
    """True if the official client sleeps in it."""
    assert scenario.call is not None
    return any(
        step.get("method", "").startswith(SLOW)
        for step in (scenario.call, *scenario.setup, *(step["call"] for step in scenario.after))
    )


SLOW_CALLS: Final = [scenario for scenario in CALLS if is_slow(scenario)]
QUICK: Final = by_family(scenario.name for scenario in CALLS if not is_slow(scenario))


@pytest.fixture(scope="module")
def stage() -> Iterator[tuple[EmbeddedServer, Any]]:
    """A node and a client for all scenarios that leave both usable."""
    with EmbeddedServer(namespaces=NAMESPACES, cluster_name="gold") as server, connected(server) as client:
        yield server, client


def check(scenario: Scenario, outcome: Outcome) -> None:
    """A call ends as with a real node: same class, code and doubt, or same result, and same effect."""
    if scenario.failed:
        assert outcome.error == scenario.error
    else:
        assert outcome.error is None
        if scenario.name not in OWN_WORDS:
            recorded, unordered = scenario.outcome["result"], "chain" in (scenario.call or {})
            assert calls.outcome_differs(recorded, outcome.result, unordered=unordered) is None
    assert outcome.effect is None


@pytest.mark.parametrize("family", QUICK)
def test_calls(family: str, stage: tuple[EmbeddedServer, Any]) -> None:
    """Calls end as with a real node."""
    server, client = stage
    with Cases() as cases:
        for name in QUICK[family]:
            scenario = SCENARIOS[name]
            with cases.case(name):
                if is_harmful(scenario):
                    outcome = fresh(scenario)
                else:
                    server.clear()
                    outcome = perform(client, scenario, server)
                check(scenario, outcome)


@pytest.mark.long
def test_slow_calls() -> None:
    """Those in which the official client sleeps end as with a real node; most are made side by side."""
    own = [scenario for scenario in SLOW_CALLS if is_harmful(scenario)]
    gentle = [scenario for scenario in SLOW_CALLS if scenario not in own and scenario.method not in BLOCKING]
    others = [scenario for scenario in SLOW_CALLS if scenario not in own and scenario.method in BLOCKING]
    with apart(len(gentle) + len(others)) as nodes, ThreadPoolExecutor(len(gentle)) as pool:
        waiting = pool.map(play, gentle, nodes)
        outcomes = [*map(fresh, own), *map(play, others, nodes[len(gentle) :])]
        outcomes += waiting
    with Cases() as cases:
        for scenario, outcome in zip(own + others + gentle, outcomes, strict=True):
            with cases.case(scenario.name):
                check(scenario, outcome)


@for_each("scenario", [s for s in MADE if s.method == "aerospike.client"], ids=lambda scenario: scenario.name)
def test_connect(scenario: Scenario) -> None:
    """Connecting ends as with a real node: same class, code and doubt, or a connected client."""
    with EmbeddedServer(namespaces=NAMESPACES, cluster_name="gold") as server:
        dialect = Official({"node": server.port, "closed": unused_port()})
        (step,) = dialect.steps(scenario.call)
        if scenario.failed:
            with pytest.raises(aerospike.exception.AerospikeError) as caught:
                aerospike.client(*step.args)
            error = caught.value
            assert (type(error).__name__, error.args[0], error.args[4]) == scenario.error
        else:
            client = aerospike.client(*step.args)
            assert client.is_connected()
            client.close()


def test_max_error_rate() -> None:
    """After two lost connections the official client's breaker opens for this node too."""
    scenario = SCENARIOS["G:client/max_error_rate"]
    with EmbeddedServer() as server:
        (step,) = Official({"node": server.port}).steps({**scenario.call, "method": "client"})
        client = aerospike.client(*step.args)
        server.faults.on("any").close()
        errors = []
        for _ in range(4):
            with pytest.raises(aerospike.exception.AerospikeError) as caught:
                client.get(("test", "breaker", 1), {"max_retries": 0})
            errors.append((type(caught.value).__name__, caught.value.args[0], caught.value.args[4]))
        client.close()
    assert errors[-1] == scenario.error


def raw(server: EmbeddedServer, request: bytes, size: int) -> bytes:
    """Send bytes; the reply, as many bytes as there should be, or until the node closes."""
    reply = b""
    with socket.create_connection(("127.0.0.1", server.port), timeout=2) as link:
        link.sendall(request)
        while len(reply) < size or not size:
            part = link.recv(65536)
            if not part:
                break
            reply += part
    return reply


@for_each("scenario", [s for s in MADE if s.method == "raw_socket"], ids=lambda scenario: scenario.name)
def test_raw_message(scenario: Scenario) -> None:
    """Bytes that no client would send are answered byte for byte as by a real node."""
    wanted = bytes.fromhex(dict(scenario.outcome["result"]["dict"])["raw"]["bytes"])
    with EmbeddedServer(namespaces=NAMESPACES) as server:
        client = aerospike.client({"hosts": server.seeds})
        dialect = Official({"node": server.port})
        for step in scenario.setup:
            attempt(client, dialect, step)
        client.close()
        assert raw(server, bytes.fromhex(scenario.call["args"][0]["bytes"]), len(wanted)) == wanted


def test_every_scenario_is_made_or_left_out_for_a_reason() -> None:
    """No recorded scenario is forgotten, and no reason is kept for scenarios that are gone."""
    unused = [
        pattern
        for patterns in LEFT_OUT.values()
        for pattern in patterns
        if not any(fnmatch.fnmatchcase(name, pattern) for name in SCENARIOS)
    ]
    assert unused == []
