"""Our two clients fare with the embedded node as the official client did with a real one, and say more.

The calls and outcomes are those of the official Python client 19.3.0 with a server 8.1.2.0
Community Edition. Class, code and doubt of every error must be the same, but for the
differences in the tables; on top of that an error must carry the facts of its request.
"""

from __future__ import annotations

import fnmatch
import inspect
import json
from typing import TYPE_CHECKING, Any, Final

import attrs
import gold
import pytest
import pytest_asyncio
from cases import Cases, by_family, for_each
from judge import calls
from judge.calls import NotInterpreted, Ours, Scenario
from judge.states import LASTING, NAMESPACES, is_harmful, misbehave, namespaces, unused_port

from aerospike_wire import AsyncClient, Client, errors
from aerospike_wire.embedded import EmbeddedServer
from aerospike_wire.embedded.server import NODE_NAME
from aerospike_wire.errors import AerospikeError, ParamError, RecordError, UDFError
from aerospike_wire.query.jobs import TaskBase
from aerospike_wire.types import Record

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

CLIENTS: Final = {"async": AsyncClient, "sync": Client}
SCENARIOS: Final = calls.load()

LEFT_OUT: Final[dict[str, tuple[str, ...]]] = {
    "sets limits of a query by attributes, which ours has as arguments": (
        "E:query/max_records_3", "E:query/records_per_second_1000", "E:query/paginate_4_of_10_three_pages",
        "E:query/paginate_one_call_too_many", "E:sindex/paginate_4_of_10_three_pages",
        "E:sindex/paginate_one_call_too_many", "G:code15/query_abort",
    ),
    "hands in a Python callback": (
        "E:scan/foreach", "G:client/foreach_callback_raises", "G:client/foreach_callback_returns_false",
    ),
    "looks at a job before or after it is done, as it happened to be": (
        "E:background/ops_delete_with_filter", "E:background/ops_expression_write", "E:background/ops_touch",
        "E:background/ops_with_sindex", "E:background/ops_write", "E:background/query_apply", "E:background/scan_apply",
        "E:background/udf", "E:background/udf_missing_module", "E:background/udf_runtime_error",
        "E:job_info/finished_query", "E:job_info/finished_scan", "E:scan/execute_background_ops",
    ),
    "transactions; test_transactions plays them": (
        "F:txn/abort_after_commit", "F:txn/abort_empty", "F:txn/commit_after_abort", "F:txn/commit_after_read",
        "F:txn/commit_empty", "F:txn/commit_twice", "F:txn/exists_in_txn", "F:txn/get_in_aborted_txn",
        "F:txn/operate_write_in_txn", "F:txn/put_in_txn", "F:txn/touch_in_txn",
    ),
    "an argument is missing: Python itself raises": ("G:param/get_no_args",),
    "a method that our clients do not have": ("F:local/get_key_partition_id",),
    "a module that is not there is a UDFError": ("E:aggregate/module_not_on_server",),
    "what the node tells of the machine": (
        "F:info/best-practices", "F:info/build_time", "F:info/log/0", "F:info/logs", "F:info/mesh",
    ),
    "ours takes a list of rows, which the official client refuses": ("G:param/batch_write_wrong_type",),
    "raised by a class or by the serializer of the user, before any client knows of it": (
        "A:serializer/json_unsupported_type", "G:code160/not_json",
    ),
    "a map with keys that our clients refuse to write, so there is nothing to read": (
        "A:get/value_map_bool_key", "A:get/value_map_mixed_keys",
    ),
}  # fmt: skip
"""Names of scenarios that are not made with our clients, by the reason."""

OTHER_ERROR: Final[dict[str, tuple[str, int, tuple[str, ...]]]] = {
    "the server cannot index such keys, and the official client only warns": ("ParamError", -2, ("A:put/value_map_bool_key",)),
    "a wildcard cannot be stored, which every server says too": (
        "ParamError", -2,
        ("A:put/value_list_infinite_wildcard", "G:code1/put_wildcard_value", "G:code1/put_infinite_value"),
    ),
    "an empty bin name is a mistake": ("ParamError", -2, ("A:put/bin_name_empty",)),
    "True and False are no keys; the official client sends 1 and 0": ("ParamError", -2, ("A:key/bool*",)),
    "a bin name that is too long is refused by reads too": ("BinNameError", 21, ("A:select/bin_name_too_long",)),
    "names of policies that are not known are mistakes": (
        "ParamError", -2,
        (
            "A:policy/put_unknown_policy_key",
            "A:policy/*deserialize*", "B:policy/respond_all_ops", "D:read/policy_concurrent",
            "D:read/policy_send_set_name_false", "D:read/policy_deserialize_false",
            "E:query/policy_deserialize_false",
        ),
    ),
    "a percentage over 100 is a mistake": ("ParamError", -2, ("A:policy/get_read_touch_ttl_101",)),
    "a time to live that does not fit is a mistake; the official client cuts it off": ("ParamError", -2, ("A:ttl/*_too_big",)),
    "a batch that a node refuses raises; the official client notes it in the result": (
        "BatchDisabledError", 150, ("G:code150/batch_disabled",),
    ),
    "likewise, and one of a Community node refuses what is compressed": (
        "EnterpriseOnly", 25, ("D:read/policy_compress",),
    ),
    "likewise, one with too many rows": ("BatchMaxRequestError", 151, ("G:code151/batch_write_max_requests",)),
    "flags of list_sort that do not exist are a mistake": ("ParamError", -2, ("G:list_sort_unknown_flag_is_accepted",)),
    "bounds in the wrong order are refused before they are sent": ("ParamError", -2, ("E:sindex/between_int_reversed",)),
    "likewise": ("BatchQueueFullError", 152, ("G:code152/batch_queues_full",)),
    "wrong arguments have one class": (
        "ParamError", -2, ("G:param/apply_args_not_list", "G:param/apply_module_int", "G:param/str_surrogate"),
    ),
}  # fmt: skip
"""Errors of another class than the official client's, or where it has none: reason, what ours raise, scenarios."""

OTHER_RESULT: Final[dict[str, tuple[str, ...]]] = {
    "a row without an answer says why, where the official client says only that there is none": (
        "G:client/hold_responses_batch_write",
    ),
    "our clients write strings whole; the official one ends them at the first NUL": ("A:put/value_str_nul_inside",),
    "our clients send bytes as a blob key; the official one as a string": ("A:key/bytes_send_key",),
    "a node tells of itself": (
        "F:info/cluster-stable:", "F:info/cluster-stable:size=1;ignore-migrations=true", "F:info/get-config:context=n[ae]*", "F:info/latencies:*", "F:info/name", "F:info/service*",
        "F:info/sets*", "F:info/user-agents", "F:info/build+node+edition", "F:local/get_nodes",
    ),
}  # fmt: skip
"""Calls that end differently with our clients: whether they succeed is compared, not with what."""


@attrs.frozen
class Outcome:
    """What came of a call."""

    error: BaseException | None = None
    result: Any = None

    @property
    def facts(self) -> tuple[str, int | None, bool | None]:
        """Class, code and doubt of the error."""
        error = self.error
        return type(error).__name__, getattr(error, "code", None), getattr(error, "in_doubt", None)


async def attempt(client: Any, dialect: Ours, recorded: dict[str, Any]) -> Outcome:
    """Make a recorded call and see what comes of it."""
    target = client
    try:
        for step in dialect.steps(recorded):
            method = getattr(client if step.fresh else target, step.method, None)
            if method is None:
                raise NotInterpreted(step.method)
            target = method(*step.args, **step.kwargs)
            if inspect.isawaitable(target):
                target = await target
    except (AerospikeError, TypeError) as error:
        return Outcome(error)
    return Outcome(result=target)


class Stage:
    """A node and a client of each kind for all scenarios that leave both usable, made when they are first wanted."""

    def __init__(self) -> None:
        self.server = EmbeddedServer(namespaces=NAMESPACES, cluster_name="gold")
        self.clients: dict[str, Any] = {}

    async def client(self, kind: str) -> Any:
        """The client of a kind, connected, and the node empty."""
        if not self.server.running:
            self.server.start()
        if kind not in self.clients:
            self.clients[kind] = await connected(kind, self.server)
        self.server.clear()
        return self.clients[kind]

    async def close(self) -> None:
        """Close all."""
        for client in self.clients.values():
            await closed(client)
        self.server.stop()


async def connected(kind: str, server: EmbeddedServer) -> Any:
    """A client of a kind, connected as the official client is from the start."""
    client = CLIENTS[kind](server.address)
    connecting = client.connect()
    if inspect.isawaitable(connecting):
        await connecting
    return client


async def closed(client: Any) -> None:
    """Close a client of either kind."""
    closing = client.close()
    if closing is not None:
        await closing


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage() -> AsyncIterator[Stage]:
    """What the scenarios share."""
    made = Stage()
    yield made
    await made.close()


async def play(kind: str, scenario: Scenario, stage: Stage) -> tuple[Outcome, str | None]:
    """Prepare a scenario, make its call, and look at the effect."""
    if not is_harmful(scenario):
        return await perform(await stage.client(kind), stage.server, scenario)
    with EmbeddedServer(namespaces=namespaces(scenario), cluster_name="gold") as server:
        client = await connected(kind, server)
        try:
            return await perform(client, server, scenario)
        finally:
            await closed(client)


async def perform(client: Any, server: EmbeddedServer, scenario: Scenario) -> tuple[Outcome, str | None]:
    """Play a scenario with an empty node."""
    assert scenario.call is not None
    dialect = Ours({"node": server.port, "closed": unused_port()})
    for step in scenario.setup:
        if step["method"] != "batch_remove":  # there is nothing to remove from a new node
            await attempt(client, dialect, step)
    misbehave(server, scenario)
    seen = await attempt(client, dialect, scenario.call)
    if scenario.name not in LASTING:
        server.faults.clear()
    return seen, await effect(client, dialect, scenario)


async def effect(client: Any, dialect: Ours, scenario: Scenario) -> str | None:
    """What the reads that follow a scenario show that was not recorded."""
    for step in scenario.after:
        seen, recorded = await attempt(client, dialect, step["call"]), step["outcome"]
        if seen.error is not None or "exception" in recorded:
            same = (
                "exception" in recorded and expected(Scenario(f"after {scenario.name}", outcome=recorded)) == seen.facts
            )
        else:
            same = alike(recorded["result"], seen.result)
        if not same:
            return f"{step['call']['method']}: {seen} instead of {recorded}"
    return None


def alike(recorded: Any, result: Any) -> bool:
    """Whether a result is what was recorded; records of a query may come in any order."""
    if isinstance(recorded, int) and recorded > calls.JOB_IDS:
        return isinstance(result, TaskBase)
    if not (isinstance(recorded, list) and isinstance(result, list)) or not all(
        isinstance(row, Record) for row in result
    ):
        return gold.same(recorded, result, times=False)
    left = list(result)
    for row in recorded:
        found = next((item for item in left if gold.same(gold.value(row), item, times=False)), None)
        if found is None:
            return False
        left.remove(found)
    return not left


def expected(scenario: Scenario) -> tuple[str, int | None, bool | None] | None:
    """Class, code and doubt that our clients must show; None if the call must succeed."""
    if matches(scenario.name, OTHER_RESULT):
        return None
    for other, number, patterns in OTHER_ERROR.values():
        if any(fnmatch.fnmatchcase(scenario.name, pattern) for pattern in patterns):
            return other, number, False
    if not scenario.failed:
        return None
    name, code, doubt = scenario.error
    return ("EnterpriseOnly", 25, doubt) if code == 25 else (name, code, doubt)


def matches(name: str, table: dict[str, tuple[str, ...]]) -> str | None:
    """The reason in a table for a name."""
    found = (reason for reason, patterns in table.items() if any(fnmatch.fnmatchcase(name, p) for p in patterns))
    return next(found, None)


MADE: Final = [scenario for scenario in SCENARIOS.values() if matches(scenario.name, LEFT_OUT) is None]
SPECIAL: Final = {"raw_socket", "aerospike.client", "get x 4 with max_error_rate=1"}
CALLS: Final = [scenario for scenario in MADE if scenario.method not in SPECIAL]


FAMILIES: Final = by_family(scenario.name for scenario in CALLS)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("kind", CLIENTS)
@pytest.mark.parametrize("family", FAMILIES)
async def test_calls(family: str, kind: str, stage: Stage) -> None:
    """Calls end as the official client's did, with the same effect, and errors know their request."""
    with Cases() as cases:
        for name in FAMILIES[family]:
            with cases.case(name):
                check(SCENARIOS[name], *await play(kind, SCENARIOS[name], stage))


def check(scenario: Scenario, seen: Outcome, unlike: str | None) -> None:
    """What came of a scenario is what the official client saw; ``unlike`` is what the effect was instead."""
    wanted = expected(scenario)
    if wanted is not None:
        assert seen.facts == wanted
        assert isinstance(seen.error, AerospikeError)
        check_facts(scenario, seen.error)
        assert unlike is None or not scenario.failed or scenario.name in OTHER_EFFECT
    else:
        assert seen.error is None
        if matches(scenario.name, OTHER_RESULT) is None:
            assert alike(scenario.outcome["result"], seen.result)
            assert unlike is None


RECORD_COMMANDS: Final = {
    "put", "get", "select", "exists", "remove", "touch", "append", "prepend", "increment", "remove_bin", "operate", "apply",
}  # fmt: skip
"""Names of operations in errors that are not the method's."""
ONE_BIN: Final = {"append", "prepend", "increment"}


BEFORE_THE_CALL: Final = {
    "E:sindex/between_int_reversed",
    "G:code21/client_side_operate",
    "G:list_sort_unknown_flag_is_accepted",
    "G:param/query_ns_int",
}
"""Errors of what is made before there is a call, a predicate for instance."""
OTHER_EFFECT: Final = {
    "G:code11/just_started",  # the batch that follows is refused as a whole, on the real node its one row was
    "A:put/value_list_infinite_wildcard",  # the real node stores the record, and then nobody can read it
}
"""Failing scenarios whose effect is another, too."""


def check_facts(scenario: Scenario, error: AerospikeError) -> None:
    """An error knows its request: operation, key, bin, index, module, function, node and attempts."""
    context = error.context
    if scenario.name in BEFORE_THE_CALL:
        return
    assert context is not None
    json.dumps(error.to_dict())
    method = scenario.method
    assert context.operation == ("execute_background" if "background/" in scenario.name else method)
    if scenario.name.startswith(("E:background/", "E:aggregate/")):
        return  # many nodes were asked, or none but the module of the caller
    if error.code is not None and error.code > 0 and not local(error):
        check_attempts(error)
    if isinstance(error, ParamError) or scenario.name.startswith("G:param"):
        return
    dialect = Ours({})
    args = next(dialect.steps(scenario.call or {})).args
    if method in RECORD_COMMANDS:
        assert context.key is not None
        assert tuple(context.key[:3]) == tuple(args[0][:3])
        assert (context.namespace, context.set) == tuple(args[0][:2])
        if isinstance(error, RecordError):
            assert error.key == context.key
    if method in ONE_BIN:
        assert context.bin == args[1]
    if method == "put" and len(args[1]) == 1:
        assert context.bins == tuple(args[1])
        assert context.bin == next(iter(args[1]))
    if method == "apply":
        assert (context.module, context.function) == tuple(args[1:3])
    if isinstance(error, UDFError) and method != "info_random_node":
        assert error.module
        assert error.func == context.function
    if method.startswith("index_"):
        assert context.index == args[-1]
        assert context.namespace == args[0]
    if isinstance(error, errors.IndexError):
        assert error.name == context.index
    if method.startswith("admin_") and args:
        assert args[0] in {context.user, context.role}
    if method in {"query", "truncate"}:
        assert context.namespace == args[0]


def local(error: AerospikeError) -> bool:
    """True if the client itself knew better than to send the request."""
    return error.code in {20, 21, 1302} and not any(attempt.sent for attempt in error.attempts)


def check_attempts(error: AerospikeError) -> None:
    """There is a row for each try, with node and address, and what is known of its fate."""
    assert error.attempts
    for attempt in error.attempts:
        assert attempt.node == NODE_NAME
        assert attempt.address is not None
        assert attempt.address.startswith("127.0.0.1:")
        assert attempt.sent
        assert attempt.elapsed >= 0
    last = error.attempts[-1]
    assert error.node == NODE_NAME
    assert last.code == error.code
    assert error.elapsed is not None


# Connecting


@pytest.mark.parametrize("kind", CLIENTS)
async def test_refused_port(kind: str) -> None:
    """A port on which nobody listens is a ConnectionError that lists the seed."""
    error = await connect_error(kind, ("127.0.0.1", unused_port()))
    assert (type(error).__name__, error.code, error.in_doubt) == SCENARIOS["G:connect/refused_port"].error
    assert error.context is not None
    assert [row.step for row in error.context.seeds] == ["connecting"]


@pytest.mark.parametrize("kind", CLIENTS)
async def test_unknown_host_name(kind: str) -> None:
    """A host that has no address is InvalidHostError, where the official client has its general class."""
    error = await connect_error(kind, ("gold.invalid", 3000))
    assert (type(error).__name__, error.code, error.in_doubt) == ("InvalidHostError", -4, False)


@pytest.mark.parametrize("kind", CLIENTS)
async def test_login_without_security(kind: str) -> None:
    """A login with a node that has no security is refused with the official client's class."""
    with EmbeddedServer() as server:
        error = await connect_error(kind, server.seeds[0], user="admin", password="admin")
    assert (type(error).__name__, error.code, error.in_doubt) == SCENARIOS["G:code51/connect_with_user"].error
    assert error.context is not None
    assert error.context.user == "admin"


@pytest.mark.parametrize("kind", CLIENTS)
async def test_wrong_cluster_name(kind: str) -> None:
    """A cluster of another name than asked for is refused with the official client's class."""
    with EmbeddedServer(cluster_name="gold") as server:
        error = await connect_error(kind, server.seeds[0], cluster_name="other")
    assert (type(error).__name__, error.code, error.in_doubt) == SCENARIOS["G:connect/wrong_cluster_name"].error


@for_each("kind", CLIENTS)
@for_each(
    "hosts", [{}, [("127.0.0.1", "3000")], {"hosts": [("127.0.0.1", 3000)], "gold": 1}], ids=["none", "port", "unknown"]
)
def test_wrong_configuration(kind: str, hosts: Any) -> None:
    """A configuration that makes no sense is a ParamError, raised at once."""
    with pytest.raises(ParamError) as caught:
        CLIENTS[kind](hosts)
    assert caught.value.code == -2
    assert not caught.value.in_doubt


async def connect_error(kind: str, seed: tuple[str, int], **settings: Any) -> AerospikeError:
    """What connecting raises."""
    client = CLIENTS[kind]([seed], **settings)
    with pytest.raises(AerospikeError) as caught:
        connecting = client.connect()
        if inspect.isawaitable(connecting):
            await connecting
    await closed(client)
    return caught.value


@pytest.mark.parametrize("kind", CLIENTS)
async def test_max_error_rate(kind: str) -> None:
    """After two lost connections the breaker opens, as the official client's does."""
    with EmbeddedServer() as server:
        client = CLIENTS[kind](server.address, max_error_rate=1, error_rate_window=100)
        dialect = Ours({})
        get = {"method": "get", "args": [{"tuple": ["test", "breaker", 1]}, {"dict": [["max_retries", 0]]}]}
        await attempt(client, dialect, get)
        server.faults.on("any").close()
        seen = [(await attempt(client, dialect, get)).facts for _ in range(4)]
        await closed(client)
    assert seen[-1] == SCENARIOS["G:client/max_error_rate"].error


def test_tables_name_scenarios() -> None:
    """No table has a row for a scenario that is gone."""
    patterns = [
        *(pattern for row in (*LEFT_OUT.values(), *OTHER_RESULT.values()) for pattern in row),
        *(pattern for row in OTHER_ERROR.values() for pattern in row[2]),
    ]
    assert [p for p in patterns if not any(fnmatch.fnmatchcase(name, p) for name in SCENARIOS)] == []
