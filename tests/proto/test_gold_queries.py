"""Recorded queries of the official client, made again by ours against a node that answers as recorded."""

from __future__ import annotations

import functools
import gzip
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from gold import DATA, _same, value
from rawnode import RawNode, Replay, member

from aerospike_wire.query.jobs import TaskBase
from aerospike_wire.types import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FINER = "a function that fails is a UDFError with the server's words"
OWN = "what a callback raises comes out as it is"

OTHER_REQUEST = {
    "E:aggregate/module_not_local": "a module that the caller does not give is asked of the cluster",
    "E:query/policy_deserialize_false": "ours refuses what it does not do: values left packed",
    "E:query/policy_error_detail": "details of errors are asked only of servers that have them, 8.1.3 and newer",
    "E:sindex/between_int_reversed": "ours refuses before anything is sent what no server accepts",
}
"""Scenarios whose requests differ, and why that is right."""

OTHER_OUTCOME: dict[str, tuple[str | None, str]] = {
    "E:aggregate/module_not_local": ("ClientError", "what was recorded is no answer to what ours asks first"),
    "E:aggregate/module_not_on_server": ("UDFError", FINER),
    "E:query/policy_deserialize_false": ("ParamError", "see the request"),
    "E:sindex/between_int_reversed": ("ParamError", "see the request"),
    "G:client/foreach_callback_raises": ("Stop", OWN),
}
"""Scenarios that end otherwise: the class that ours raises, None for a result; and why that is right."""


class Stop(Exception):
    """What a callback raises."""


@functools.cache
def recorded() -> dict[str, dict[str, Any]]:
    """The scenarios by name."""
    with gzip.open(DATA / "gold_query_calls.jsonl.gz", "rt", encoding="utf-8") as lines:
        return {row["name"]: row for row in map(json.loads, lines)}


@pytest.fixture(scope="module")
def replay() -> Iterator[tuple[RawNode, Replay]]:
    """A node that answers as recorded."""
    answers = Replay()
    with RawNode(member(answers.answer)) as node:
        yield node, answers


class Callback:
    """Collects records, and stops or raises as it was recorded."""

    def __init__(self, stop: int | None, *, raises: bool) -> None:
        self.found: list[Any] = []
        self.stop = stop
        self.raises = raises

    def __call__(self, record: Any) -> bool | None:
        self.found.append(record)
        if self.raises:
            raise Stop
        return False if self.stop is not None and len(self.found) >= self.stop else None


async def make(client: Any, call: dict[str, Any]) -> Any:
    """Make a recorded call and those on the object that it returns; what came back."""
    made = getattr(client, call["method"])(*[value(item) for item in call.get("args", [])])
    if hasattr(made, "__await__"):
        made = await made
    results: list[Any] = []
    for step in call.get("chain", []):
        if "set_attribute" in step:
            setattr(made.query, step["set_attribute"], value(step["value"]))
            continue
        name, given = step["method"], step.get("args", [])
        callback = None
        if name == "foreach":
            callback = Callback(given[0]["stop"], raises=given[0]["raises"])
            args = [callback, *(value(item) for item in given[1:])]
        else:
            args = [value(item) for item in given]
        keywords = {}
        if name == "apply":
            path = DATA / "lua" / f"{args[0]}.lua"
            keywords = {"source": path} if path.exists() else {}
        answer = getattr(made, name)(*args, **keywords)
        if hasattr(answer, "__await__"):
            answer = await answer
        if name in {"results", "is_done", "execute_background", "get_partitions_status"}:
            results.append(answer)
        elif callback is not None:
            results.append(callback.found)
    if not results:
        return made
    return results[0] if len(results) == 1 else results


_TASK = re.compile(rb"(\x00\x00\x00\x09\x07).{8}", re.DOTALL)


def without_task(request: bytes) -> bytes:
    """A request with the numbers blotted out that are drawn anew for each task."""
    if request[1] == 1:
        return re.sub(
            rb"^(.{8}query-show:id=)[0-9]{10,}", rb"\1N", re.sub(rb"^.{8}", b"........", request, flags=re.DOTALL)
        )
    return _TASK.sub(rb"\1........", request, count=1)


def alike(recorded_result: Any, ours: Any) -> bool:
    """The same result; rows in any order."""
    if isinstance(ours, TaskBase):
        return isinstance(recorded_result, int) and ours > 0
    if isinstance(recorded_result, list) and isinstance(ours, list):
        if len(recorded_result) != len(ours):
            return False
        if ours and isinstance(ours[0], Record):
            left = sorted(recorded_result, key=lambda row: bytes(row[0][3]))
            return all(map(same_record, left, sorted(ours, key=lambda record: record.key.digest)))
        if all(isinstance(item, int) and not isinstance(item, bool) for item in ours):
            return sorted(recorded_result) == sorted(ours)
        return all(map(alike, recorded_result, ours))
    return _same(recorded_result, ours, times=True)


def same_record(row: Any, ours: Any) -> bool:
    """The same record; a time to live that runs out is a number of seconds."""
    lasting = row[1]["ttl"] == 0xFFFF_FFFF
    return _same(row, ours, times=lasting) and (lasting or ours.meta["ttl"] > 0)


@pytest.mark.parametrize("name", recorded())
async def test_query_makes_the_recorded_bytes_and_ends_as_recorded(
    name: str, make_client: Callable[..., Any], replay: tuple[RawNode, Replay]
) -> None:
    """A query makes the official client's bytes, and their recorded answer ends it with the same rows or error."""
    node, answers = replay
    scenario = recorded()[name]
    answers.expect([bytes.fromhex(response) for _, response in scenario["exchange"]])
    try:
        ours = await make(make_client(node.address), scenario["call"])
    except Exception as error:  # noqa: BLE001  the outcome under test
        ours = error

    wanted = [without_task(bytes.fromhex(request)) for request, _ in scenario["exchange"]]
    differs = list(map(without_task, answers.seen)) != wanted
    assert differs == (name in OTHER_REQUEST), (OTHER_REQUEST.get(name), ours)

    outcome = scenario["outcome"]
    if name in OTHER_OUTCOME:
        cls, _ = OTHER_OUTCOME[name]
        assert cls != outcome.get("exception")
        assert type(ours).__name__ == cls, ours
    elif "exception" in outcome:
        assert type(ours).__name__ == outcome["exception"], ours
        assert isinstance(ours, BaseException)
        assert ((ours.args[0], ours.args[4])) == (outcome["code"], outcome["in_doubt"])
        assert set(outcome["mro"]) <= {cls.__name__ for cls in type(ours).__mro__}
    else:
        assert not isinstance(ours, BaseException), ours
        assert alike(value(outcome["result"]), ours)


def test_the_tables_of_differences_name_only_what_was_recorded() -> None:
    """No row of a table of differences is left over from a scenario that is gone."""
    assert OTHER_REQUEST.keys() <= recorded().keys()
    assert OTHER_OUTCOME.keys() <= recorded().keys()
