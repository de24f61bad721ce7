"""Lua modules and their functions, on both clients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from aerospike_wire import errors

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("lupa")

KEY = ("test", "udf", "k")
SOURCE = """
function add(rec, bin, n)
  rec[bin] = (rec[bin] or 0) + n
  if aerospike:exists(rec) then aerospike:update(rec) else aerospike:create(rec) end
  return rec[bin]
end
function echo(rec, v) return v end
function boom(rec) error("out of order") end
"""


@pytest.fixture
async def module(client: Any) -> str:
    """A registered module."""
    await client.udf_put("tools.lua", source=SOURCE)
    return "tools"


async def test_apply(client: Any, module: str) -> None:
    """A function's result comes back and its changes stay."""
    assert await client.apply(KEY, module, "add", ["n", 5]) == 5
    assert await client.apply(KEY, module, "add", ["n", 2]) == 7
    assert (await client.get(KEY)).bins == {"n": 7}


@pytest.mark.parametrize("value", [1, "x", 2.5, b"\x00\x01", [1, "a"], {"k": [1]}, None, True], ids=repr)
async def test_arguments(client: Any, module: str, value: Any) -> None:
    """Arguments reach the function and come back."""
    assert await client.apply(KEY, module, "echo", [value]) == value


@pytest.mark.parametrize(("function", "words"), [("boom", "out of order"), ("nope", "nope")])
async def test_function_that_fails(client: Any, module: str, function: str, words: str) -> None:
    """A failure names module and function and keeps Lua's words."""
    with pytest.raises(errors.UDFError) as caught:
        await client.apply(KEY, module, function, [])
    error = caught.value
    assert (error.code, error.module, error.func, error.in_doubt) == (100, module, function, False)
    assert error.context.key[:3] == KEY
    assert function == "nope" or words in str(error)


async def test_missing_module(client: Any) -> None:
    """A module that was never registered is UDFError with its name."""
    with pytest.raises(errors.UDFError) as caught:
        await client.apply(KEY, "missing", "f", [])
    assert (caught.value.module, caught.value.func) == ("missing", "f")


async def test_module_that_does_not_compile(client: Any) -> None:
    """Lua text with a mistake is refused with the name of the module."""
    with pytest.raises(errors.UDFError) as caught:
        await client.udf_put("broken.lua", source="function f(rec) this is not lua end")
    assert (caught.value.module, caught.value.func) == ("broken", None)


async def test_file(client: Any, tmp_path: Path) -> None:
    """A module can be read from a file; a missing file is LuaFileNotFound and nothing is sent."""
    file = tmp_path / "filed.lua"
    file.write_text(SOURCE)
    await client.udf_put(file)
    assert await client.apply(KEY, "filed", "echo", [1]) == 1
    with pytest.raises(errors.LuaFileNotFound) as caught:
        await client.udf_put(tmp_path / "none.lua")
    assert not any(attempt.sent for attempt in caught.value.attempts)


async def test_removed_module(client: Any, module: str) -> None:
    """A removed module can be used no more."""
    await client.udf_remove("tools.lua")
    with pytest.raises(errors.UDFError):
        await client.apply(KEY, module, "echo", [1])


async def test_lost_answer_is_in_doubt(client: Any, server: Any, module: str) -> None:
    """A function may have run if its answer was lost."""
    server.faults.on("apply").once().close(after=True)
    with pytest.raises(errors.ConnectionError) as caught:
        await client.apply(KEY, module, "add", ["n", 1])
    assert caught.value.in_doubt
    assert (await client.get(KEY)).bins == {"n": 1}
