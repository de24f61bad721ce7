"""in_doubt: true exactly if some try of a write may have been applied."""

from __future__ import annotations

from typing import Any

import pytest
from cases import for_each

from aerospike_wire import errors
from aerospike_wire.errors import Attempt, is_in_doubt


def attempt(code: int, *, sent: bool, answered: bool) -> Attempt:
    return Attempt("N", "h:1", sent, answered, code, 1.0)


REFUSED = attempt(18, sent=True, answered=True)
BUSY = attempt(14, sent=True, answered=True)
SERVER_TIMEOUT = attempt(9, sent=True, answered=True)
CLIENT_TIMEOUT = attempt(9, sent=True, answered=False)
NOT_SENT_TIMEOUT = attempt(9, sent=False, answered=False)
LOST = attempt(-10, sent=True, answered=False)
NOT_CONNECTED = attempt(-10, sent=False, answered=False)
GARBAGE = attempt(-1, sent=True, answered=False)
NO_LINK = attempt(-7, sent=False, answered=False)
BREAKER = attempt(-14, sent=False, answered=False)
FUTURE = attempt(99, sent=True, answered=True)

SINGLE = [
    (REFUSED, False),
    (BUSY, False),
    (SERVER_TIMEOUT, True),
    (CLIENT_TIMEOUT, True),
    (NOT_SENT_TIMEOUT, False),
    (LOST, True),
    (NOT_CONNECTED, False),
    (GARBAGE, True),
    (NO_LINK, False),
    (BREAKER, False),
    (FUTURE, False),
]
"""One try, and whether it leaves a write in doubt."""

MATRIX = [
    ([], False),
    ([REFUSED, REFUSED, REFUSED], False),
    ([NOT_CONNECTED, NOT_CONNECTED], False),
    ([NOT_CONNECTED, REFUSED], False),
    ([LOST, REFUSED], True),
    ([REFUSED, LOST], True),
    ([LOST, NOT_CONNECTED], True),
    ([CLIENT_TIMEOUT, NOT_SENT_TIMEOUT], True),
    ([SERVER_TIMEOUT, REFUSED, NOT_CONNECTED], True),
    ([NOT_CONNECTED, BREAKER, NO_LINK, REFUSED, FUTURE], False),
    ([LOST, attempt(2, sent=True, answered=True)], True),
    ([LOST, attempt(5, sent=True, answered=True)], True),
]
"""Several tries, oldest first, and whether a write is in doubt after them."""


@for_each(("tried", "doubt"), SINGLE)
def test_one_try(tried: Attempt, doubt: bool) -> None:
    """A try leaves doubt if it was sent and got no definite answer; the server's timeout is none."""
    assert tried.in_doubt is doubt
    assert is_in_doubt([tried], write=True) is doubt


@for_each(("tried", "doubt"), MATRIX)
def test_several_tries_of_a_write(tried: list[Attempt], doubt: bool) -> None:
    """One doubtful try is enough, whatever came before or after it; refusals never add up to doubt."""
    assert is_in_doubt(tried, write=True) is doubt


@for_each("tried", [tried for tried, _ in MATRIX] + [[tried] for tried, _ in SINGLE])
def test_reads_are_never_in_doubt(tried: list[Attempt]) -> None:
    """A read changes nothing, so nothing about it can be in doubt."""
    assert is_in_doubt(tried, write=False) is False


@for_each("code", [code for code in errors.FACTS if code >= 0 and code != 9])
def test_every_definite_answer_ends_doubt(code: int) -> None:
    """Each code of a server but its timeout says that this try changed nothing."""
    assert not attempt(code, sent=True, answered=True).in_doubt


KEY = ("test", "doubt", 1)
WRITES: dict[str, Any] = {
    "put": lambda client, policy: client.put(KEY, {"a": 2}, policy=policy),
    "append": lambda client, policy: client.append(KEY, "s", "x", policy=policy),
    "increment": lambda client, policy: client.increment(KEY, "a", 1, policy=policy),
    "touch": lambda client, policy: client.touch(KEY, policy=policy),
    "remove": lambda client, policy: client.remove(KEY, policy=policy),
    "remove_bin": lambda client, policy: client.remove_bin(KEY, ["a"], policy=policy),
}
READS: dict[str, Any] = {
    "get": lambda client, policy: client.get(KEY, policy=policy),
    "select": lambda client, policy: client.select(KEY, ["a"], policy=policy),
    "exists": lambda client, policy: client.exists(KEY, policy=policy),
}
FAULTS: dict[str, Any] = {
    "server timeout": (lambda on: on.answer(9), True),
    "server timeout though executed": (lambda on: on.answer(9, execute=True), True),
    "overload": (lambda on: on.answer(18), False),
    "lost before": (lambda on: on.close(before=True), True),
    "lost after": (lambda on: on.close(after=True), True),
    "half a frame": (lambda on: on.half_frame(), True),
    "garbage": (lambda on: on.garbage(), True),
    "too large a frame": (lambda on: on.wrong_size(), True),
    "silence": (lambda on: on.hang(), True),
}


@for_each("fault", FAULTS)
@for_each("method", [*WRITES, *READS])
async def test_real_calls(client: Any, server: Any, method: str, fault: str) -> None:
    """On both clients a failing write is in doubt as its fault says, and a failing read never."""
    await client.put(KEY, {"a": 1, "s": "x"})
    make, doubt = FAULTS[fault]
    make(server.faults.on(method))
    call = (WRITES | READS)[method]
    with pytest.raises(errors.AerospikeError) as caught:
        await call(client, {"max_retries": 0, "total_timeout": 60 if fault == "silence" else 1000})
    error = caught.value
    server.faults.clear()
    assert error.in_doubt is error.args[4] is (doubt and method in WRITES)
    assert len(error.attempts) == 1
    assert error.attempts[0].sent
    await client.get(KEY, default=None)


async def test_a_refusal_after_a_lost_try_stays_in_doubt(client: Any, server: Any) -> None:
    """A retried write that was lost first and refused then may have been applied by the first try."""
    server.faults.on("put").once().close(after=True)
    server.faults.on("put").answer(14)
    with pytest.raises(errors.RecordBusy) as caught:
        await client.put(KEY, {"a": 1}, policy={"max_retries": 1})
    assert caught.value.in_doubt
    assert [(row.code, row.sent, row.answered) for row in caught.value.attempts] == [
        (-10, True, False),
        (14, True, True),
    ]
    assert not caught.value.retryable


async def test_a_lost_try_after_which_a_create_collides_is_in_doubt(client: Any, server: Any) -> None:
    """A create that was applied by its lost first try collides with itself: the error says that it may have."""
    server.faults.on("put").once().close(after=True)
    with pytest.raises(errors.RecordExistsError) as caught:
        await client.put(KEY, {"a": 1}, policy={"max_retries": 1, "exists": 1})
    assert caught.value.in_doubt
    assert len(caught.value.attempts) == 2


async def test_a_write_that_could_not_be_sent_is_not_in_doubt(client: Any, server: Any) -> None:
    """If no connection can be had nothing was sent, so nothing is in doubt."""
    await client.put(KEY, {"a": 1})
    server.stop()
    with pytest.raises(errors.AerospikeError):
        await client.put(KEY, {"a": 2}, policy={"max_retries": 0, "total_timeout": 200})
    with pytest.raises(errors.ConnectionError) as caught:
        await client.put(KEY, {"a": 2}, policy={"max_retries": 2, "total_timeout": 500})
    assert not caught.value.in_doubt
    assert not any(row.sent for row in caught.value.attempts)


async def test_a_refused_argument_is_not_in_doubt(client: Any) -> None:
    """A write that was never made has no attempts and no doubt."""
    with pytest.raises(errors.ParamError) as caught:
        await client.put(KEY, {"a": object()})
    assert caught.value.attempts == ()
    assert not caught.value.in_doubt
