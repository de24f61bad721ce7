"""The rules of retries, one by one: what is tried again, where, how soon, and when no more."""

from __future__ import annotations

from typing import Any

import pytest
from cases import for_each
from fake_runtime import Rig, reply

from aerospike_wire import errors
from aerospike_wire.errors import FACTS, ResultCode
from aerospike_wire.policy import ReadPolicy, WritePolicy
from aerospike_wire.proto.commands.reads import Get
from aerospike_wire.proto.commands.writes import Put
from aerospike_wire.retries import BUDGET_HINT, Budget, pause_before
from aerospike_wire.transport import LinkFailure
from aerospike_wire.transport.blocking import run

KEY = ("test", "retries", 1)


def get(**policy: Any) -> Get:
    return Get(KEY, {"total_timeout": 0, **policy})


def put(**policy: Any) -> Put:
    return Put(KEY, {"total_timeout": 0, **policy}, None, {"a": 1})


def failure(rig: Rig, command: Any) -> errors.AerospikeError:
    with pytest.raises(errors.AerospikeError) as caught:
        run(rig.core.execute(command))
    return caught.value


def nodes(error: errors.AerospikeError) -> list[str | None]:
    return [attempt.node for attempt in error.attempts]


def lost(*, sent: bool = True, charge: bool = True) -> LinkFailure:
    return LinkFailure(ResultCode.CONNECTION, "lost", sent=sent, charge=charge)


def late() -> LinkFailure:
    return LinkFailure(ResultCode.TIMEOUT, "late", sent=True)


# Which replica


@for_each("answer", [reply(18), reply(11), reply(9), lost(), late()])
def test_reads_go_on_to_the_next_replica(answer: Any) -> None:
    """Whatever failed, a read asks the next replica."""
    rig = Rig([answer] * 3, [answer] * 3)
    assert nodes(failure(rig, get(max_retries=3))) == ["N0", "N1", "N0", "N1"]


@pytest.mark.parametrize("answer", [reply(18), reply(11), lost()])
def test_writes_go_on_after_a_refusal_or_a_lost_connection(answer: Any) -> None:
    """A write that the node refused, or whose connection broke, goes to the next replica."""
    rig = Rig([answer] * 3, [answer] * 3)
    assert nodes(failure(rig, put(max_retries=2))) == ["N0", "N1", "N0"]


@pytest.mark.parametrize("answer", [reply(9), late()])
def test_writes_stay_after_a_timeout(answer: Any) -> None:
    """The node may still be carrying the write out, so it is asked again."""
    rig = Rig([answer] * 3, [answer] * 3)
    assert nodes(failure(rig, put(max_retries=2))) == ["N0", "N0", "N0"]


def test_writes_stay_with_an_exhausted_pool() -> None:
    """No connection now does not mean that the node is not the right one."""
    rig = Rig([reply(0)], [reply(0)])
    rig.nodes[0].pool.failures = [LinkFailure(-7, "all in use", sent=False)]
    run(rig.core.execute(put(max_retries=1)))
    assert [node.sent for node in rig.nodes] == [1, 0]


def test_writes_stay_with_an_open_breaker() -> None:
    """A node that is spared for a while is still the one that has the partition."""
    rig = Rig([reply(18)] * 3, [reply(0)], limit=1)
    for _ in range(2):
        failure(rig, get(max_retries=0))
    assert nodes(failure(rig, put(max_retries=2))) == ["N0"] * 3
    assert rig.nodes[1].sent == 0


def test_a_closed_client_tries_nothing_again() -> None:
    """Whatever the code is worth: nobody could carry it out."""
    rig = Rig([lost()] * 3)
    rig.cluster.closed = True
    assert len(failure(rig, get(max_retries=5)).attempts) == 1


def test_what_cannot_be_sent_in_time_is_not_tried_again() -> None:
    """Neither is what would have to wait beyond the deadline for its turn."""
    rig = Rig([reply(18)] * 9)
    assert len(failure(rig, get(max_retries=5, total_timeout=100, sleep_between_retries=101)).attempts) == 1
    assert len(failure(rig, get(max_retries=5, total_timeout=100, sleep_between_retries=40)).attempts) == 3


def test_linearized_reads_stay_after_a_timeout() -> None:
    """A linearized read moves like a write."""
    rig = Rig([late()] * 2, [late()] * 2)
    assert nodes(failure(rig, get(max_retries=1, read_mode_sc=1))) == ["N0", "N0"]


def test_the_rows_that_say_so() -> None:
    """Timeout, exhausted pool and open breaker are the codes after which a write stays."""
    assert {int(code) for code, row in FACTS.items() if row.same_node} == {9, -7, -14}


# How soon


def test_the_first_retry_elsewhere_is_not_paused() -> None:
    """Another node need not be given time to recover; from the second retry on there is a pause."""
    rig = Rig([reply(18)] * 3, [reply(18)] * 3)
    failure(rig, get(max_retries=3, sleep_between_retries=100))
    assert rig.runtime.slept == [0.1, 0.1]


def test_a_retry_at_the_same_node_is_paused() -> None:
    """With one replica, or with MASTER, every retry waits."""
    for settings, replicas in (({}, 1), ({"replica": 0}, 2)):
        rig = Rig(*[[reply(18)] * 3 for _ in range(replicas)])
        failure(rig, get(max_retries=2, sleep_between_retries=100, **settings))
        assert rig.runtime.slept == [0.1, 0.1]


def test_pauses_grow() -> None:
    """Each pause is longer by the multiplier, up to a minute."""
    policy = WritePolicy(sleep_between_retries=100, sleep_multiplier=2.0)
    assert [pause_before(policy, number) for number in range(4)] == pytest.approx([0.1, 0.2, 0.4, 0.8])
    assert pause_before(policy, 1000) == 60.0
    assert pause_before(WritePolicy(sleep_between_retries=90_000, sleep_multiplier=2.0), 5) == 90.0
    rig = Rig([reply(18)] * 4)
    failure(rig, get(max_retries=3, sleep_between_retries=10, sleep_multiplier=3.0))
    assert rig.runtime.slept == pytest.approx([0.01, 0.03, 0.09])


def test_pauses_are_spread() -> None:
    """Of each pause a share is left to chance, and never more than the pause."""
    found = [pause_before(ReadPolicy(sleep_between_retries=100, sleep_jitter=0.5), 0) for _ in range(200)]
    assert 0.05 <= min(found) < 0.06
    assert 0.09 < max(found) <= 0.1


@for_each(
    ("name", "value"),
    [("sleep_multiplier", 0.5), ("sleep_multiplier", 101), ("sleep_multiplier", "2"), ("sleep_jitter", 1.5),
     ("sleep_jitter", True), ("sleep_jitter", -0.1), ("sleep_jitter", float("nan"))],
)  # fmt: skip
def test_shapes_of_pauses_are_checked(name: str, value: Any) -> None:
    """Out of range or no number is refused by name."""
    with pytest.raises(errors.ParamError, match=name):
        ReadPolicy(**{name: value})


# How often


def test_the_budget_is_shared() -> None:
    """Retries of all calls come out of one bucket, which fills again with time."""
    rig = Rig([reply(18)] * 20, retry_budget=3, retry_budget_refill=2)
    tries = [len(failure(rig, get(max_retries=2)).attempts) for _ in range(3)]
    assert tries == [3, 2, 1]
    error = failure(rig, get(max_retries=2))
    assert error.hint == BUDGET_HINT
    rig.runtime.clock += 1
    assert len(failure(rig, get(max_retries=5)).attempts) == 3


def test_a_budget_of_nothing_is_no_limit() -> None:
    """Without a budget policies alone decide."""
    budget = Budget(0, 0, lambda: 0.0)
    assert all(budget.take() for _ in range(1000))


def test_a_call_that_is_repeated_after_a_login_uses_no_retry() -> None:
    """The repeat after a new login is besides those that the policy allows."""
    rig = Rig([reply(66), reply(18), reply(0)], user="jane", password="secret")
    run(rig.core.execute(put(max_retries=1)))
    assert rig.nodes[0].sent == 3
    rig = Rig([reply(66), reply(66), reply(0)], user="jane", password="secret")
    assert failure(rig, put(max_retries=5)).code == 66
    assert rig.nodes[0].sent == 2
    rig = Rig([reply(66), reply(0)])
    assert failure(rig, put(max_retries=5)).code == 66


# What the breaker counts


def test_one_lost_link_is_one_error() -> None:
    """Of many calls that one lost connection ends, one counts against the node."""
    rig = Rig([lost(), *[lost(charge=False)] * 9], limit=3)
    for _ in range(10):
        failure(rig, get(max_retries=0))
    assert rig.nodes[0].breaker.count == 1


def test_the_breaker_tells_its_counts() -> None:
    """The error has node, count, limit and window as attributes."""
    rig = Rig([reply(18)] * 3, limit=2)
    failure(rig, get(max_retries=2))
    error = failure(rig, get(max_retries=0))
    assert isinstance(error, errors.MaxErrorRateExceeded)
    assert (error.node, error.count, error.limit, error.window) == ("N0", 3, 2, 1.0)
    assert error.to_dict()["count"] == 3


def test_a_bad_window_lowers_the_limit_of_the_next() -> None:
    """Then fewer requests reach a node that is still bad, and the error has the limit that was in force."""
    rig = Rig([reply(18)] * 10, limit=4)
    limits = []
    for _ in range(3):
        before = rig.nodes[0].sent
        error = failure(rig, get(max_retries=0))
        while not isinstance(error, errors.MaxErrorRateExceeded):
            error = failure(rig, get(max_retries=0))
        limits.append((error.limit, rig.nodes[0].sent - before))
        rig.runtime.clock += 1.0
    assert limits == [(4, 5), (2, 3), (1, 2)]


def test_an_open_breaker_sends_reads_elsewhere() -> None:
    """A read that may be tried again asks another replica instead."""
    rig = Rig([reply(18)] * 3, [reply(0)] * 3, limit=2)
    for _ in range(3):
        failure(rig, get(max_retries=0))
    run(rig.core.execute(get(max_retries=1)))
    assert [node.sent for node in rig.nodes] == [3, 1]
