"""``file`` and ``line`` are where the program called the client."""

from __future__ import annotations

import asyncio
import inspect
from pathlib import Path
from typing import Any

import pytest
from cases import for_each

import aerospike_wire
from aerospike_wire import AsyncClient, Client, errors
from aerospike_wire.errors import caller as facts

KEY = ("test", "caller", 1)


def here() -> int:
    """The line of whoever calls this."""
    frame = inspect.currentframe()
    assert frame is not None
    assert frame.f_back is not None
    return frame.f_back.f_lineno


def test_of_a_blocking_call(server: Any) -> None:
    """The blocking client reports this file and the line of the call."""
    with Client(server.address) as client, pytest.raises(errors.RecordNotFound) as caught:
        line = here() + 1
        client.get(KEY)
    assert (caught.value.file, caught.value.line) == (__file__, line)
    assert caught.value.args[2:4] == (__file__, line)


async def test_of_an_awaited_call(server: Any) -> None:
    """The asyncio client reports the line that awaits the call."""
    async with AsyncClient(server.address) as client:
        with pytest.raises(errors.RecordNotFound) as caught:
            line = here() + 1
            await client.get(KEY)
    assert (caught.value.file, caught.value.line) == (__file__, line)


async def test_of_a_call_inside_a_task(server: Any) -> None:
    """A program's own coroutine is found although it runs as a task."""
    lines = []

    async def work(client: AsyncClient) -> None:
        lines.append(here() + 1)
        await client.get(KEY)

    async with AsyncClient(server.address) as client:
        with pytest.raises(errors.RecordNotFound) as caught:
            await asyncio.create_task(work(client))
    assert (caught.value.file, caught.value.line) == (__file__, lines[0])


async def test_of_a_call_that_is_a_task_itself(server: Any) -> None:
    """Where the client's method itself is the task nobody called it: no file, no line, and no wrong one."""
    async with AsyncClient(server.address) as client:
        with pytest.raises(errors.RecordNotFound) as caught:
            await asyncio.create_task(client.get(KEY))
    assert (caught.value.file, caught.value.line) == (None, None)
    assert caught.value.args[2:4] == (None, None)


def test_of_a_loop_that_is_run_here(server: Any) -> None:
    """``asyncio.run`` is not taken for the caller; the program's coroutine is."""
    lines = []

    async def main() -> None:
        async with AsyncClient(server.address) as client:
            lines.append(here() + 1)
            await client.get(KEY)

    with pytest.raises(errors.RecordNotFound) as caught:
        asyncio.run(main())
    assert (caught.value.file, caught.value.line) == (__file__, lines[0])


async def test_of_an_innermost_function(client: Any) -> None:
    """It is the innermost frame outside the package, so that a helper is named and not its caller."""

    async def helper() -> None:
        lines.append(here() + 1)
        await client.client.get(KEY) if client.kind == "async" else client.client.get(KEY)

    lines: list[int] = []
    with pytest.raises(errors.RecordNotFound) as caught:
        await helper()
    assert (caught.value.file, caught.value.line) == (__file__, lines[0])


@for_each(
    "call",
    [
        lambda c: c.get(None),
        lambda c: c.put(KEY, {"a": object()}),
        lambda c: c.batch_read("no list"),
        lambda c: c.query("nowhere").results(),
        lambda c: c.index_integer_create("test", "s", "b", ""),
        lambda c: c.apply(KEY, "no_module", "f", []),
        lambda c: c.admin_drop_user("nobody"),
        lambda c: c.udf_put("no-such-file.lua"),
    ],
)
def test_is_never_inside_the_package(server: Any, call: Any) -> None:
    """For calls of all families the reported file is outside the package."""
    with Client(server.address) as client, pytest.raises(errors.AerospikeError) as caught:
        call(client)
    assert caught.value.file == __file__
    assert not Path(caught.value.file).is_relative_to(Path(aerospike_wire.__file__).parent)


def test_of_a_connect(server: Any) -> None:
    """A failing ``with`` reports its own line."""
    server.stop()
    with pytest.raises(errors.ConnectionError) as caught:
        line = here() + 1
        with Client(server.address):
            pass
    assert (caught.value.file, caught.value.line) == (__file__, line)


def test_of_code_without_a_file(server: Any) -> None:
    """Code from a string, as in a console or notebook, is a caller like any other, whatever ran before."""
    with Client(server.address) as client:
        for name in ("first", "second"):
            space = {"__name__": name, "client": client, "key": KEY}
            with pytest.raises(errors.RecordNotFound) as caught:
                exec("\n\nclient.get(key)", space)
            assert (caught.value.file, caught.value.line) == ("<string>", 3)


def test_of_more_files_than_are_kept(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that compiles files without end gets its lines and costs no memory."""
    known: dict[str, str] = {}
    monkeypatch.setattr(facts, "_FILES", known)
    monkeypatch.setattr(facts, "_MOST_FILES", 3)
    with Client(server.address) as client:
        for number in range(5):
            with pytest.raises(errors.RecordNotFound) as caught:
                exec(compile("client.get(key)", f"made-{number}.py", "exec"), {"client": client, "key": KEY})
            assert (caught.value.file, caught.value.line) == (f"made-{number}.py", 1)
    assert len(known) == 3
