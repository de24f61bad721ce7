"""Retries, pauses, deadlines and the circuit breaker, on both clients."""

from __future__ import annotations

import time
from typing import Any

import pytest
from cases import for_each

from aerospike_wire import errors

KEY = ("test", "retries", "k")


async def test_reads_are_retried(client: Any, server: Any) -> None:
    """A read is sent again after lost connections, up to max_retries."""
    await client.put(KEY, {"a": 1})
    rule = server.faults.on("get").times(2).close()
    assert (await client.get(KEY)).bins == {"a": 1}
    assert rule.hits == 2


async def test_writes_are_not_retried(client: Any, server: Any) -> None:
    """A write is sent once, unless its policy says otherwise."""
    rule = server.faults.on("put").close()
    with pytest.raises(errors.ConnectionError) as caught:
        await client.put(KEY, {"a": 1})
    assert (rule.hits, len(caught.value.attempts), caught.value.in_doubt) == (1, 1, True)


@pytest.mark.parametrize("retries", [0, 1, 4])
async def test_max_retries(client: Any, server: Any, retries: int) -> None:
    """A request is sent at most max_retries times more, and each try has a row."""
    rule = server.faults.on("put").answer(18)
    with pytest.raises(errors.DeviceOverload) as caught:
        await client.put(KEY, {"a": 1}, policy={"max_retries": retries})
    assert rule.hits == retries + 1
    assert [attempt.code for attempt in caught.value.attempts] == [18] * (retries + 1)
    assert not caught.value.in_doubt


async def test_doubt_of_an_earlier_try(client: Any, server: Any) -> None:
    """A try without an answer keeps the write in doubt, whatever the later tries were answered."""
    server.faults.on("put").once().close(after=True)
    server.faults.on("put").answer(18)
    with pytest.raises(errors.DeviceOverload) as caught:
        await client.put(KEY, {"a": 1}, policy={"max_retries": 1})
    assert [attempt.code for attempt in caught.value.attempts] == [-10, 18]
    assert caught.value.in_doubt
    assert not caught.value.retryable


@for_each("code", [2, 3, 4, 5, 12, 20, 22, 27])
async def test_definite_answers_are_final(client: Any, server: Any, code: int) -> None:
    """What the node decided about the request is not asked again."""
    rule = server.faults.on("get").answer(code)
    with pytest.raises(errors.class_of(code)):
        await client.get(KEY, {"max_retries": 5})
    assert rule.hits == 1


async def test_pause_between_retries(client: Any, server: Any) -> None:
    """Before each retry the client waits as long as the policy says."""
    await client.connect()
    server.faults.on("get").answer(18)
    with pytest.raises(errors.DeviceOverload) as caught:
        await client.get(KEY, {"max_retries": 2, "sleep_between_retries": 30})
    assert caught.value.elapsed >= 60
    assert len(caught.value.attempts) == 3


@pytest.mark.parametrize("pause", [0, 20])
async def test_total_deadline(client: Any, server: Any, pause: int) -> None:
    """Neither silence nor retries nor pauses carry a call past its total timeout."""
    await client.connect()
    server.faults.on("get").delay(40)
    begun = time.monotonic()
    with pytest.raises(errors.TimeoutError) as caught:
        await client.get(
            KEY, {"total_timeout": 100, "socket_timeout": 15, "max_retries": 50, "sleep_between_retries": pause}
        )
    assert time.monotonic() - begun < 0.1 + 0.05
    assert caught.value.elapsed < 150
    assert 2 <= len(caught.value.attempts) <= 8


async def test_no_retry_past_the_deadline(client: Any, server: Any) -> None:
    """A pause that would outlast the deadline is not begun."""
    await client.connect()
    rule = server.faults.on("get").answer(18)
    with pytest.raises(errors.DeviceOverload) as caught:
        await client.get(KEY, {"total_timeout": 200, "max_retries": 5, "sleep_between_retries": 1000})
    assert rule.hits == 1
    assert caught.value.elapsed < 200


async def test_breaker(make_client: Any, server: Any) -> None:
    """Over the limit nothing more is sent to the node, until its window is over."""
    client = make_client(server.address, max_error_rate=2, error_rate_window=1, tend_interval=250)
    await client.put(KEY, {"a": 1})
    rule = server.faults.on("get").times(3).answer(18)
    for _ in range(3):
        with pytest.raises(errors.DeviceOverload):
            await client.get(KEY, {"max_retries": 0})
    with pytest.raises(errors.MaxErrorRateExceeded) as caught:
        await client.get(KEY, {"max_retries": 0})
    assert rule.hits == 3
    assert not caught.value.attempts[-1].sent
    assert not caught.value.in_doubt
    deadline = time.monotonic() + 5
    while True:
        try:
            record = await client.get(KEY, {"max_retries": 0})
        except errors.MaxErrorRateExceeded:
            assert time.monotonic() < deadline
            time.sleep(0.02)  # noqa: ASYNC251  both clients; nothing else runs meanwhile
        else:
            break
    assert record.bins == {"a": 1}


async def test_misses_do_not_open_the_breaker(make_client: Any, server: Any) -> None:
    """Answers about the data do not count against the node."""
    client = make_client(server.address, max_error_rate=2, error_rate_window=100)
    for _ in range(10):
        with pytest.raises(errors.RecordNotFound):
            await client.get(KEY)


async def test_hook_cannot_prevent_a_retry(client: Any, server: Any) -> None:
    """Hooks are asked once, about the failure of the whole call."""
    seen = []

    def hook(failure: Any) -> None:
        seen.append(len(failure.attempts))

    server.faults.on("get").answer(18)
    with pytest.raises(errors.DeviceOverload):
        await client.with_error_hook(hook).get(KEY, {"max_retries": 2})
    assert seen == [3]
