"""Recorded calls of the official client, made again by ours against a node that answers as recorded."""

from __future__ import annotations

import base64
import fnmatch
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
from cases import Cases, by_family
from either import CLIENTS, Either
from gold import Scenario, arguments, same, scenarios
from rawnode import RawNode, Replay, member

from aerospike_wire.operations import refusals

if TYPE_CHECKING:
    import pathlib
    from collections.abc import AsyncIterator, Iterator

NOT_MADE = {
    "hand-made bytes, which no client sends": ("G:raw/*", "G:code9/short_query_1ms_raw", "G:code19/*_raw", "G:code21/raw_*"),
    "about connecting, or about bytes that were held or cut on the way": ("G:connect/*", "G:client/*", "G:code51/connect*"),
    "needs three nodes": ("*three_nodes*",),
    "not about records, or hands in a list where ours takes one and the official client does not": (
        "G:code2/background*", "G:code15/*", "G:code20/query", "G:code22/query*", "G:code201/*", "G:code203/*",
        "G:param/query_ns_int", "G:param/batch_write_wrong_type", "G:param/udf_put_missing_file", "F:udf/put_missing_file",
        "F:txn/*", "F:local/*", "F:info/peers-clear-std", "F:info/peers-generation", "F:info/replicas",
    ),
    "never reaches a client: the serializer of the user, or a class, raises": (
        "A:serializer/json_unsupported_type", "G:code160/not_json",
    ),
}  # fmt: skip
"""Patterns of names of the scenarios that are not made here, by the reason."""

RECORDED = {
    name: scenario
    for name, scenario in scenarios("ABCDFG").items()
    if not any(fnmatch.fnmatchcase(name, pattern) for patterns in NOT_MADE.values() for pattern in patterns)
}

REFUSED = "ours refuses before anything is sent what the official client "
NOT_A_POLICY = REFUSED + "passes over: a policy that ours does not have"

OTHER_REQUEST = {
    "A:put/value_str_nul_inside": "the official client cuts text at its first NUL",
    "A:put/value_map_bool_key": REFUSED + "sends as an empty map",
    "A:put/bin_name_empty": REFUSED + "sends: a bin without a name",
    "A:put/value_list_infinite_wildcard": REFUSED + "sends, and every server refuses: a wildcard to be stored",
    "G:code1/put_wildcard_value": REFUSED + "sends, and every server refuses: a wildcard to be stored",
    "G:code1/put_infinite_value": REFUSED + "sends, and every server refuses: infinity to be stored",
    "A:key/bool": REFUSED + "sends as the integer 0 or 1",
    "A:key/bool_send_key": REFUSED + "sends as the integer 0 or 1",
    "A:select/bin_name_too_long": REFUSED + "sends: a name that no bin can have",
    "A:policy/put_unknown_policy_key": REFUSED + "passes over: a name that it does not know",
    "A:policy/get_deserialize_false": NOT_A_POLICY,
    "B:policy/respond_all_ops": NOT_A_POLICY,
    "D:read/policy_concurrent": NOT_A_POLICY,
    "D:read/policy_send_set_name_false": NOT_A_POLICY,
    "D:read/policy_deserialize_false": NOT_A_POLICY,
    "A:policy/get_read_touch_ttl_101": REFUSED + "sends: a percentage above 100",
    "A:ttl/test_too_big": REFUSED + "cuts off: a TTL of more than 32 bits",
    "A:ttl/bar_too_big": REFUSED + "cuts off: a TTL of more than 32 bits",
    "A:policy/put_error_detail_message": "details of errors are asked only of servers that have them, 8.1.3 and newer",
    "A:policy/get_error_detail_subcode": "details of errors are asked only of servers that have them, 8.1.3 and newer",
    "A:policy/get_error_detail_message": "details of errors are asked only of servers that have them, 8.1.3 and newer",
    "D:read/policy_error_detail": "details of errors are asked only of servers that have them, 8.1.3 and newer",
    "G:list_sort_unknown_flag_is_accepted": REFUSED + "sends: flags that do not exist",
}
"""Scenarios whose requests differ, and why that is right."""

FINER = "a class of its own for a code that the official client has none for"
NO_COMMAND = "see the request"
ARGUMENT = "every argument that cannot be used is a ParamError"

ENTERPRISE_INFO = (
    "F:info/peers-tls-std", "F:info/racks:", "F:info/revive:namespace=test", "F:info/feature-key", "F:info/masking:",
    "F:xdr/set_filter", "F:xdr/clear_filter",
)  # fmt: skip
OTHER_OUTCOME: dict[str, tuple[str | None, str]] = {
    "A:policy/get_read_mode_sc_linearize": ("EnterpriseOnly", FINER),
    "A:policy/remove_durable_delete": ("EnterpriseOnly", FINER),
    "A:policy/remove_bin_durable_delete": ("EnterpriseOnly", FINER),
    "G:code25/durable_delete": ("EnterpriseOnly", FINER),
    "G:code25/linearize_read": ("EnterpriseOnly", FINER),
    "G:code25/compressed_request": ("EnterpriseOnly", FINER),
    "D:read/policy_compress": ("EnterpriseOnly", "a batch that is refused as a whole is an exception"),
    "G:code25/info_roster": ("EnterpriseOnly", FINER),
    **dict.fromkeys(ENTERPRISE_INFO, ("EnterpriseOnly", FINER)),
    "G:code150/batch_disabled": ("BatchDisabledError", "a batch that is refused as a whole is an exception"),
    "G:code151/batch_write_max_requests": (
        "BatchMaxRequestError", "a batch that is refused as a whole is an exception",
    ),
    "G:code152/batch_queues_full": ("BatchQueueFullError", "a batch that is refused as a whole is an exception"),
    "G:param/apply_args_not_list": ("ParamError", ARGUMENT),
    "G:param/apply_module_int": ("ParamError", ARGUMENT),
    "G:param/str_surrogate": ("ParamError", ARGUMENT),
    "A:select/bin_name_too_long": ("BinNameError", NO_COMMAND),
    **{
        name: ("ParamError", NO_COMMAND)
        for name, reason in OTHER_REQUEST.items()
        if reason.startswith(REFUSED) and name != "A:select/bin_name_too_long"
    },
}  # fmt: skip
"""Scenarios that end otherwise: the class that ours raises, None for a result; and why that is right."""


@pytest.fixture(scope="module")
def replay() -> Iterator[tuple[RawNode, Replay]]:
    """A node that answers as recorded."""
    answers = Replay()
    with RawNode(member(answers.answer)) as node:
        yield node, answers


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=CLIENTS)
async def client(request: pytest.FixtureRequest, replay: tuple[RawNode, Replay]) -> AsyncIterator[Either]:
    """A client of each kind for all recordings: no answer of a server may spoil it for the next."""
    node, _ = replay
    either = Either(CLIENTS[request.param](node.address))
    yield either
    await either.close()


async def make(client: Any, scenario: Scenario, tmp_path: pathlib.Path) -> Any:
    """Make a recorded call; its result, or the exception."""
    try:
        args, kwargs = arguments(scenario)
        if scenario.method == "udf_put" and scenario.exchange:
            # The recording has the module's text, not its file.
            content = scenario.exchange[0][0].partition(b";content=")[2].partition(b";")[0]
            path = tmp_path / args[0].rpartition("/")[2]
            path.write_bytes(base64.b64decode(content))
            args[0] = path
        return await getattr(client, scenario.method)(*args, **kwargs)
    except Exception as error:  # noqa: BLE001  the outcome under test
        return error


FAMILIES = by_family(RECORDED)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("family", FAMILIES)
async def test_calls_make_the_recorded_bytes_and_end_as_recorded(
    family: str, client: Either, replay: tuple[RawNode, Replay], tmp_path: pathlib.Path
) -> None:
    """A call makes the official client's bytes, and their recorded answer ends it with the same record or error."""
    _, answers = replay
    with Cases() as cases:
        for name in FAMILIES[family]:
            with cases.case(name):
                await check(name, client, answers, tmp_path)


async def check(name: str, client: Either, answers: Replay, tmp_path: pathlib.Path) -> None:
    """One recorded call, made again."""
    scenario = RECORDED[name]
    answers.expect([response for _, response in scenario.exchange])
    ours = await make(client, scenario, tmp_path)

    differs = answers.seen != [request for request, _ in scenario.exchange]
    assert differs == (name in OTHER_REQUEST), OTHER_REQUEST.get(name)

    if name in OTHER_OUTCOME:
        wanted, _ = OTHER_OUTCOME[name]
        if wanted is None:
            assert not isinstance(ours, BaseException)
            assert scenario.exception or not same(scenario.outcome["result"], ours)
            return
        assert wanted != scenario.exception
        assert type(ours).__name__ == wanted
        if wanted == "EnterpriseOnly":
            assert (ours.code, ours.in_doubt) == (25, scenario.outcome.get("in_doubt", False))
    elif scenario.exception:
        assert type(ours).__name__ == scenario.exception, ours
        if scenario.outcome.get("python"):
            return
        recorded = scenario.outcome
        assert (ours.code, ours.in_doubt) == (recorded["code"], recorded["in_doubt"])
        assert set(recorded["mro"]) <= {cls.__name__ for cls in type(ours).__mro__}
        if scenario.method in {"operate", "operate_ordered"} and ours.code in refusals.CODES - {4}:
            assert ours.context.operations, "an operation gave a code of operations that the table does not have"
            assert {operation.bin for operation in ours.context.operations} == set(ours.context.bins)
    else:
        assert not isinstance(ours, BaseException), ours
        assert same(scenario.outcome["result"], ours, times=not scenario.volatile)


def test_the_tables_of_differences_name_only_what_was_recorded() -> None:
    """No row of a table of differences is left over from a scenario that is gone."""
    assert OTHER_REQUEST.keys() <= RECORDED.keys()
    assert OTHER_OUTCOME.keys() <= RECORDED.keys()
