"""The funnel: what is tried again, what is closed, what is raised."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest
from cases import for_each
from fake_runtime import Rig, reply

import aerospike_wire
from aerospike_wire import errors
from aerospike_wire.errors import FACTS, ConnectionFate, ResultCode, Retry
from aerospike_wire.proto.commands.info import Info
from aerospike_wire.proto.commands.reads import Get
from aerospike_wire.proto.commands.writes import Put
from aerospike_wire.proto.invalid import InvalidArgument
from aerospike_wire.transport import LinkFailure
from aerospike_wire.transport.blocking import run
from aerospike_wire.trouble import Trouble, as_trouble

KEY = ("test", "core", 1)
SERVER_CODES = [code for code in FACTS if 0 < code <= 255]


def get(**policy: Any) -> Get:
    return Get(KEY, {"total_timeout": 0, **policy})


def put(**policy: Any) -> Put:
    return Put(KEY, {"total_timeout": 0, **policy}, None, {"a": 1})


def failure(rig: Rig, command: Any) -> errors.AerospikeError:
    with pytest.raises(errors.AerospikeError) as caught:
        run(rig.core.execute(command))
    return caught.value


def lost(*, sent: bool = True) -> LinkFailure:
    return LinkFailure(ResultCode.CONNECTION, "the connection was lost", sent=sent)


def test_success_at_once() -> None:
    """A request that succeeds is sent once, and its link goes back to the pool."""
    rig = Rig([reply(0)])
    record = run(rig.core.execute(get()))
    assert record.bins == {}
    assert rig.nodes[0].sent == 1
    assert rig.nodes[0].pool.given_back == [True]


def test_success_makes_no_error_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the error machinery is touched as long as nothing fails."""
    rig = Rig([reply(0), reply(0)])

    def unwanted(*args: Any, **kwargs: Any) -> Any:
        pytest.fail("made although nothing failed")

    for place, name in (
        (errors.ErrorMiddleware, "make"),
        (Trouble, "__init__"),
        (type(rig.core), "attempt"),
        (Get, "context"),
        (Put, "context"),
    ):
        monkeypatch.setattr(place, name, unwanted)
    run(rig.core.execute(get()))
    run(rig.core.execute(put()))


@for_each("code", SERVER_CODES)
@for_each("command", [get, put])
def test_each_code_is_retried_as_its_row_says(code: int, command: Any) -> None:
    """Codes whose row says so are tried ``max_retries`` more times, all others once; reads and writes alike."""
    rig = Rig([reply(code)] * 4)
    error = failure(rig, command(max_retries=3))
    tries = 4 if FACTS[code].retry is Retry.AUTO else 1
    assert rig.nodes[0].sent == len(error.attempts) == tries
    assert error.code == code
    assert type(error) is errors.class_of(code)
    assert {row.code for row in error.attempts} == {code}


@pytest.mark.parametrize("code", [code for code in SERVER_CODES if FACTS[code].retry is Retry.AUTO])
def test_a_retry_that_succeeds_hides_the_failure(code: int) -> None:
    """A call whose second try works returns its result."""
    rig = Rig([reply(code), reply(0)])
    run(rig.core.execute(put(max_retries=1)))
    assert rig.nodes[0].sent == 2


def test_no_retries_by_default_for_writes() -> None:
    """Writes are sent once and reads three times unless the policy says otherwise."""
    rig = Rig([reply(18)] * 9)
    assert len(failure(rig, Put(KEY, None, None, {"a": 1})).attempts) == 1
    assert len(failure(rig, Get(KEY, None)).attempts) == 3


@for_each("code", SERVER_CODES)
def test_each_code_decides_the_fate_of_its_connection(code: int) -> None:
    """A link is thrown away exactly if the code's row says that it cannot be trusted."""
    rig = Rig([reply(code)])
    failure(rig, get(max_retries=0))
    assert rig.nodes[0].pool.discarded == (FACTS[code].connection is ConnectionFate.CLOSE)


@pytest.mark.parametrize("code", [66, 80])
def test_an_ended_session_is_forgotten(code: int) -> None:
    """When a node says that the session is over the next link logs in anew."""
    rig = Rig([reply(code)])
    failure(rig, get())
    assert rig.nodes[0].session is None


def test_other_codes_keep_the_session() -> None:
    """A refusal for another reason leaves the login alone."""
    rig = Rig([reply(81)])
    failure(rig, get())
    assert rig.nodes[0].session == "session"


@for_each("body", [b"", b"short", b"\xff" * 22, reply(0)[:21]])
def test_an_answer_that_makes_no_sense(body: bytes) -> None:
    """Bytes that are no answer close the link, are not retried, and leave a write in doubt."""
    rig = Rig([body] * 3)
    error = failure(rig, Get(KEY, None))
    if body == b"\xff" * 22:
        assert type(error) is errors.ServerError
        return
    assert type(error) is errors.ClientError
    assert type(error.__cause__) is errors.ProtocolError
    assert rig.nodes[0].pool.discarded == 1
    assert len(error.attempts) == 1


def test_attempts_tell_what_happened() -> None:
    """Each try has its row with node, address, fate, code, time and words."""
    rig = Rig([reply(18)], [lost()])
    rig.nodes[1].pool.failures = []
    rig.nodes[0].link.answers.append(reply(9))
    error = failure(rig, get(max_retries=2))
    assert [row.node for row in error.attempts] == ["N0", "N1", "N0"]
    assert [row.address for row in error.attempts] == ["N0:3000", "N1:3000", "N0:3000"]
    assert [row.code for row in error.attempts] == [18, -10, 9]
    assert [(row.sent, row.answered) for row in error.attempts] == [(True, True), (True, False), (True, True)]
    assert [row.message for row in error.attempts] == [None, "the connection was lost", None]
    assert [row.elapsed for row in error.attempts] == pytest.approx([10, 10, 10])
    assert error.elapsed == pytest.approx(30)
    assert error.node == "N0"
    assert error.code == 9


def test_retries_go_to_the_next_replica() -> None:
    """With the sequence policy each try asks the next replica, with master all ask the master."""
    rig = Rig([reply(18)] * 3, [reply(18)] * 3)
    assert [row.node for row in failure(rig, get(max_retries=3)).attempts] == ["N0", "N1", "N0", "N1"]
    rig = Rig([reply(18)] * 3, [reply(18)] * 3)
    assert [row.node for row in failure(rig, get(max_retries=2, replica=0)).attempts] == ["N0"] * 3


def test_a_node_that_left_is_passed_over() -> None:
    """An inactive node gets nothing; its partitions are asked of the next replica."""
    rig = Rig([], [reply(0)])
    rig.nodes[0].active = False
    run(rig.core.execute(get()))
    assert [node.sent for node in rig.nodes] == [0, 1]


def test_no_active_node() -> None:
    """If no replica is active nothing is sent, and the cluster is looked at."""
    rig = Rig([])
    rig.nodes[0].active = False
    error = failure(rig, get(max_retries=5))
    assert type(error) is errors.InvalidNodeError
    assert "partition" in error.msg
    assert error.node is None
    assert [row.sent for row in error.attempts] == [False] * 6
    assert rig.cluster.looks >= 1


def test_an_unknown_namespace_is_final() -> None:
    """A namespace that no node has is not asked for again."""
    rig = Rig([])
    error = failure(rig, Get(("nowhere", "s", 1), {"max_retries": 5}))
    assert type(error) is errors.NamespaceNotFound
    assert len(error.attempts) == 1


def test_no_nodes_at_all() -> None:
    """Without any node the cluster itself is the trouble, for record commands and others; why the last left is told."""
    for command in (Get(KEY, {"max_retries": 0}), Info({"max_retries": 0}, "build")):
        rig = Rig([])
        rig.cluster.nodes.clear()
        rig.cluster.partitions.tables.clear()
        rig.cluster.why_empty = ": A left: the node refused the login of user 'bob'"
        error = failure(rig, command)
        assert type(error) is errors.ClusterError
        assert "'bob'" in (error.msg or "")
        assert not error.attempts[0].sent


def test_pauses_between_retries() -> None:
    """The pause of the policy comes before each retry and not after the last try."""
    rig = Rig([reply(18)] * 3)
    failure(rig, get(max_retries=2, sleep_between_retries=250))
    assert rig.runtime.slept == [0.25, 0.25]


def test_no_pause_unless_asked_for() -> None:
    """Without a pause in the policy retries follow at once."""
    rig = Rig([reply(18)] * 3)
    failure(rig, get(max_retries=2))
    assert rig.runtime.slept == []


def test_the_total_timeout_ends_the_retries() -> None:
    """There is no further try once its pause would pass the deadline."""
    rig = Rig([reply(18)] * 10)
    error = failure(rig, get(max_retries=9, total_timeout=100, sleep_between_retries=50))
    assert len(error.attempts) == 2
    assert rig.runtime.slept == [0.05]


def test_the_deadline_is_handed_to_the_link() -> None:
    """Every try of a call has the deadline of the whole call, and the silence of the policy."""
    rig = Rig([reply(18)] * 3)
    failure(rig, get(max_retries=2, total_timeout=500, socket_timeout=200))
    assert {call.deadline for call in rig.nodes[0].link.calls} == {1000.5}
    assert {call.silence for call in rig.nodes[0].link.calls} == {0.2}
    rig = Rig([reply(18)])
    failure(rig, get(max_retries=0, total_timeout=0, socket_timeout=0))
    (call,) = rig.nodes[0].link.calls
    assert (call.deadline, call.silence) == (None, None)


def test_a_lost_link_is_not_given_back_for_use() -> None:
    """A link that failed during the exchange is not kept."""
    rig = Rig([lost(), reply(0)])
    run(rig.core.execute(get(max_retries=1)))
    assert rig.nodes[0].pool.given_back == [False, True]


def test_no_link_to_be_had() -> None:
    """If no link can be leased nothing was sent, and the pool's reason is raised."""
    rig = Rig([reply(0)])
    rig.nodes[0].pool.failures = [LinkFailure(-7, "all connections are in use", sent=False)]
    error = failure(rig, put(max_retries=0))
    assert type(error) is errors.NoMoreConnectionsError
    assert error.msg == "all connections are in use"
    assert not error.in_doubt
    assert rig.nodes[0].sent == 0


@for_each(
    ("answers", "doubt"),
    [
        ([reply(18), reply(18)], False),
        ([lost(sent=False), lost(sent=False)], False),
        ([lost(sent=False), reply(18)], False),
        ([lost(), reply(18)], True),
        ([reply(18), lost()], True),
        ([reply(9), reply(5)], True),
        ([lost(sent=False), reply(5)], False),
    ],
)
def test_doubt_over_several_tries(answers: list[Any], doubt: bool) -> None:
    """A write is in doubt exactly if one of its tries is, a read never."""
    assert failure(Rig(list(answers)), put(max_retries=1)).in_doubt is doubt
    assert failure(Rig(list(answers)), get(max_retries=1)).in_doubt is False


def test_the_breaker_stops_requests() -> None:
    """After too many errors a node gets nothing until the window is over, and the error says why."""
    rig = Rig([reply(18)] * 3 + [reply(0)], limit=2)
    failure(rig, get(max_retries=2))
    error = failure(rig, get(max_retries=0))
    assert type(error) is errors.MaxErrorRateExceeded
    assert error.node == "N0"
    assert "3 errors" in error.msg
    assert rig.nodes[0].sent == 3
    assert not error.in_doubt
    rig.runtime.clock += 2
    run(rig.core.execute(get()))
    assert rig.nodes[0].sent == 4


def test_answers_about_data_do_not_trip_the_breaker() -> None:
    """Misses are no errors of the node."""
    rig = Rig([reply(2)] * 5, limit=1)
    for _ in range(5):
        assert failure(rig, get()).code == 2


@pytest.mark.parametrize("code", [11, 7])
def test_signs_of_a_changed_cluster_make_it_look(code: int) -> None:
    """A node that is not responsible any more makes the client look at the cluster."""
    rig = Rig([reply(code)])
    failure(rig, get(max_retries=0))
    assert rig.cluster.looks == 1
    rig = Rig([reply(2)])
    failure(rig, get())
    assert rig.cluster.looks == 0


def test_bad_arguments_reach_no_node() -> None:
    """A command that cannot be prepared has no attempts."""
    rig = Rig([])
    error = failure(rig, Put(KEY, None, None, {"a": object()}))
    assert type(error) is errors.ParamError
    assert error.argument == "bin 'a'"
    assert error.attempts == ()
    assert rig.nodes[0].sent == 0


def test_a_server_that_is_not_asked_to_explain_is_quoted_if_it_does() -> None:
    """The server's words and subcode are taken from whatever answer has them."""
    words = as_trouble(Trouble(4, None, sent=True, answered=True))
    assert words.words.message is None
    assert words.words.subcode == 0


def test_all_that_ends_a_try_becomes_trouble() -> None:
    """Failures of links, refusals of arguments and errors of the hierarchy speak the funnel's language."""
    reason = OSError("reset")
    link = LinkFailure(-10, "lost", sent=True)
    link.__cause__ = reason
    trouble = as_trouble(link)
    assert (trouble.code, trouble.message, trouble.sent, trouble.answered) == (-10, "lost", True, False)
    assert trouble.cause is reason
    assert not trouble.final
    refused = as_trouble(InvalidArgument("bins", "must be a dict"))
    assert (refused.code, refused.message, refused.argument, refused.final) == (-2, "bins must be a dict", "bins", True)
    param = errors.ParamError("policy x is not known")
    param.argument = "x"
    assert (as_trouble(param).argument, as_trouble(param).final) == ("x", True)
    assert as_trouble(errors.ClientError("no bcrypt")).code == -1


def test_the_cause_of_a_lost_link_is_kept() -> None:
    """What the operating system said is the cause of the error that is raised."""
    reason = ConnectionResetError(104, "reset by peer")
    link = lost()
    link.__cause__ = reason
    assert failure(Rig([link]), get(max_retries=0)).__cause__ is reason


def test_there_is_one_raise_for_translated_errors() -> None:
    """Nowhere else in the package is the middleware's result raised."""
    found = []
    names = {"error_of", "translate", "apply", "error"}
    for path in Path(aerospike_wire.__file__).parent.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if not re.search(rf"\.\s*({'|'.join(names)})\b", text):
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                called = node.exc.func
                if isinstance(called, ast.Attribute) and called.attr in names:
                    found.append(f"{path.name}:{ast.unparse(called)}")
    assert found == ["core.py:self.error_of"]
