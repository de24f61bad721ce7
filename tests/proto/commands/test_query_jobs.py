"""Jobs in the background and aggregations: requests and answers."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from cases import for_each
from hypothesis import given as example
from hypothesis import settings
from hypothesis import strategies as st
from strategies import damaged
from vectors import bodies, given, vector

from aerospike_wire import operations, predicates
from aerospike_wire.errors import ProtocolError, ResultCode
from aerospike_wire.policy import Exists, Policies
from aerospike_wire.proto import info
from aerospike_wire.proto.commands.base import OLDEST
from aerospike_wire.proto.commands.query import (
    AggregateCommand,
    BackgroundCommand,
    Function,
    JobCommand,
    ModuleText,
    Statement,
    Values,
    facts,
)
from aerospike_wire.proto.fields import Field
from aerospike_wire.proto.header import MESSAGE, Info2, Info3
from aerospike_wire.proto.message import read_message

FIVE = predicates.equals("a", 5)
WRITE = operations.write("z", 1)


def demo(**more: Any) -> Statement:
    """A statement about the set of the vectors."""
    return Statement("test", "demo", **more)


JOBS = {
    "query/background_ops": BackgroundCommand(demo(operations=[WRITE])),
    "query/background_scan_ops": BackgroundCommand(demo(operations=[WRITE]), scan=True),
    "query/background_scan_udf": BackgroundCommand(demo(function=Function("mod", "fn", [1])), scan=True),
    "query/background_query_udf": BackgroundCommand(demo(function=Function("mod", "fn", [1]), predicate=FIVE)),
}


@for_each("name", JOBS)
def test_job_has_the_official_clients_bytes(name: str) -> None:
    """The captured bytes of the official client, the task's number included."""
    command = JOBS[name]
    command.prepare(Policies())
    command.task_id = given(name)["task_id"]
    assert command.encode(OLDEST).hex() == vector(name).hex()


def test_aggregation_has_the_official_clients_bytes() -> None:
    """The captured bytes of the official client."""
    name = "query/aggregation"
    command = AggregateCommand(demo(function=Function("mod", "agg", []), predicate=FIVE))
    command.prepare(Policies())
    assert command.request(OLDEST, given(name)["task_id"]).hex() == vector(name).hex()


def test_flags_and_bins_of_an_aggregation() -> None:
    """As captured from the official client 19.3.0: they are sent, and the server decides (a short one it refuses)."""
    statement = demo(function=Function("mod", "agg", []), bins=["i"])
    for policy, flags in (({"expected_duration": 1}, "050004"), ({"expected_duration": 2}, "014004")):
        command = AggregateCommand(statement, policy)
        command.prepare(Policies())
        request = command.request(OLDEST, 1)
        assert (request[9:12].hex(), request.hex()[-18:]) == (flags, "000000050100000169")


def test_policy_of_a_job() -> None:
    """What it says about writes is in the header, a time to live of the query goes before its own."""
    policy = {"durable_delete": True, "exists": Exists.UPDATE, "ttl": 77, "commit_level": 1, "gen": 2}
    command = BackgroundCommand(demo(operations=[WRITE]), policy)
    command.prepare(Policies())
    header = read_message(command.encode(OLDEST)[8:])[0].header
    assert header.info2 == Info2.WRITE | Info2.DURABLE_DELETE  # nothing of generations: each record has its own
    assert header.info3 == Info3.UPDATE_ONLY | Info3.COMMIT_LEVEL_MASTER
    assert header.record_ttl == 77
    command = BackgroundCommand(demo(operations=[WRITE]), policy, ttl=-1)
    command.prepare(Policies())
    assert read_message(command.encode(OLDEST)[8:])[0].header.record_ttl == 0xFFFF_FFFF


def test_rate_of_a_job() -> None:
    """The scan's own goes before that of its policy; write policies have none."""
    for own, rate in ((0, 100), (7, 7)):
        command = BackgroundCommand(demo(operations=[WRITE]), {"records_per_second": 100}, None, own, scan=True)
        command.prepare(Policies())
        fields = read_message(command.encode(OLDEST)[8:])[0].fields
        assert fields[Field.RECORDS_PER_SECOND] == rate.to_bytes(4, "big")


@for_each(
    ("name", "code"),
    [("ops", 0), ("udf", 0), ("unknown_set", 0), ("ops_with_read", 4)],
)
def test_answers_of_a_real_server_to_jobs(name: str, code: int) -> None:
    """An unknown set is no error: there is nothing to change."""
    (body,) = bodies(f"query/real_background_{name}_reply")
    assert JOBS["query/background_ops"].code(body) == code


# Aggregations


def read(frames: list[bytes]) -> Values:
    """What these frames say."""
    values = Values()
    for body in frames:
        values.feed(body)
    return values


@pytest.mark.parametrize(("name", "found"), [("aggregate_count", [5]), ("aggregate_values", [372, 6440, 10028])])
def test_values_of_a_real_server(name: str, found: list[Any]) -> None:
    """One for each message."""
    values = read(bodies(f"query/real_{name}_reply"))
    assert (values.code, values.known, values.clean) == (0, True, True)
    assert len(values.found) == len(found)
    assert name == "aggregate_count" or values.found == found


def test_failure_of_a_real_server() -> None:
    """Its text comes first; the general code at the end says no more."""
    values = read(bodies("query/real_aggregate_fail_reply"))
    assert values.code == ResultCode.UDF
    assert values.words.message == "UDF: Execution Error 2 : function not found"


def test_unknown_set_has_no_values() -> None:
    """One message with code 2."""
    values = read(bodies("query/real_background_unknown_set_reply"))
    assert (values.code, values.known, values.found) == (0, False, [])


def test_what_follows_the_end_is_noted() -> None:
    """The link is not used again."""
    last = MESSAGE.pack(22, 0, 0, Info3.LAST, 0, 0, 0, 0, 0, 0, 0)
    assert not read([last + last]).clean


COUNT = bodies("query/real_aggregate_values_reply")[0]


@example(st.lists(st.one_of(st.binary(max_size=80), damaged(COUNT)), min_size=1, max_size=2))
@settings(deadline=None, max_examples=200)
def test_any_bytes_are_values_or_a_protocol_error(frames: list[bytes]) -> None:
    """Nothing else is raised."""
    with contextlib.suppress(ProtocolError):
        read(frames)


# Questions


def answer(text: str) -> bytes:
    """The body of an info reply."""
    return f"query-show:id=5\t{text}\n".encode()


def test_what_a_node_says_of_a_job() -> None:
    """Its parts by name; a node that does not know the job is no error."""
    command = JobCommand(5)
    body = answer("trid=5:ns=test:status=done(ok):from=127.0.0.1+1234")
    assert command.code(body) == 0
    command.decode(body, lambda: 0.0)
    assert command.answer is not None
    assert facts(command.answer) == {"trid": "5", "ns": "test", "status": "done(ok)", "from": "127.0.0.1+1234"}
    command = JobCommand(5)
    body = answer("ERROR:2:job not found")
    assert command.code(body) == 0
    command.decode(body, lambda: 0.0)
    assert command.answer is None
    assert command.code(answer("ERROR:4:bad id")) == 4
    assert command.words(answer("ERROR:4:bad id")).message == "bad id"


def test_text_of_a_module() -> None:
    """Base64 between other parts; anything else is a protocol error."""
    command = ModuleText(None, "m.lua")
    assert info.parse(command.encode(OLDEST)[8:]) == [("", "udf-get:filename=m.lua;")]
    command.decode(answer("type=LUA;content=cmV0dXJuIDE=;gen=x;"), lambda: 0.0)
    assert command.text == b"return 1"
    for wrong in ("type=LUA", "content=%%%", ""):
        with pytest.raises(ProtocolError):
            command.decode(answer(wrong) if wrong else b"", lambda: 0.0)
    assert command.code(answer("error=not_found")) == ResultCode.UDF
    assert "m.lua" in str(command.words(answer("error=not_found")).message)
