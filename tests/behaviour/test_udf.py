"""Lua modules and their functions, on both clients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from cases import for_each
from rawnode import RawNode, info_reply, member

from aerospike_wire import errors
from aerospike_wire.errors import UDFReason
from aerospike_wire.policy import Policies
from aerospike_wire.proto.commands.modules import UdfPut

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


@for_each("value", [1, "x", 2.5, b"\x00\x01", [1, "a"], {"k": [1]}, None, True], ids=repr)
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
    error = caught.value
    assert (error.module, error.func) == ("broken", None)
    assert (error.reason, error.lua_file, error.lua_line) == (UDFReason.COMPILE_ERROR, "broken.lua", 1)
    assert await client.udf_list() == []


async def test_file(client: Any, tmp_path: Path) -> None:
    """A module can be read from a file; a missing file is LuaFileNotFound and nothing is sent."""
    file = tmp_path / "filed.lua"
    file.write_text(SOURCE)
    await client.udf_put(file)
    assert await client.apply(KEY, "filed", "echo", [1]) == 1
    with pytest.raises(errors.LuaFileNotFound) as caught:
        await client.udf_put(tmp_path / "none.lua")
    assert not any(attempt.sent for attempt in caught.value.attempts)


async def test_list_and_text(client: Any, module: str) -> None:
    """All modules by file name, and the text of one as it was registered."""
    await client.udf_put("more.lua", source=b"function f(rec) return 1 end")
    rows = await client.udf_list()
    assert [(row["name"], row["type"], len(row["hash"])) for row in rows] == [("more.lua", 0, 40), ("tools.lua", 0, 40)]
    assert await client.udf_get("tools.lua") == SOURCE
    with pytest.raises(errors.UDFError) as caught:
        await client.udf_get("nope.lua")
    assert (caught.value.module, caught.value.reason) == ("nope", UDFReason.MODULE_MISSING)
    assert caught.value.hint


async def test_failures_are_told_apart(client: Any) -> None:
    """Missing module, missing function, an error with and without a place, and a value that cannot be sent."""
    source = (
        "function f(rec)\n  local x = nil\n  return x.y\nend\n"
        "function plain(rec) error('just words', 0) end\nfunction odd(rec) error({}) end"
    )
    await client.udf_put("faulty.lua", source=source)
    seen = {}
    for module, function in [("none", "f"), ("faulty", "g"), ("faulty", "f"), ("faulty", "plain"), ("faulty", "odd")]:
        with pytest.raises(errors.UDFError) as caught:
            await client.apply(KEY, module, function)
        error = caught.value
        assert error.key[:3] == KEY
        assert error.hint
        seen[f"{module}.{function}"] = (error.reason.value, error.lua_line)
        assert error.to_dict()["reason"] == error.reason.value
        if error.lua_line is not None:
            assert error.lua_file.endswith("faulty.lua")
            assert error.lua_message.startswith("attempt to index")
    assert seen == {
        "none.f": ("module_missing", None),
        "faulty.g": ("function_missing", None),
        "faulty.f": ("runtime_error", 3),
        "faulty.plain": ("runtime_error", None),
        "faulty.odd": ("bad_return", None),
    }


async def test_registration_waits_for_every_node(make_client: Any) -> None:
    """Until the list of modules has the new text, and after a removal until it has it no more."""
    put = UdfPut(None, "m.lua", source="x = 1")
    put.prepare(Policies())
    new, old = f"filename=m.lua,hash={put.hash.decode()},type=LUA;", f"filename=m.lua,hash={'0' * 40},type=LUA;"
    lists = ["", old, new, new, ""]
    asked = []

    def answer(request: bytes) -> bytes:
        (line,) = request[8:].decode().splitlines()
        asked.append(line.partition(":")[0])
        return info_reply([(line, lists.pop(0) if line == "udf-list" else "ok")])

    with RawNode(member(answer)) as node:
        client = make_client(node.address)
        await client.udf_put("m.lua", source="x = 1")
        await client.udf_remove("m.lua")
        await client.udf_put("m.lua", source="x = 1", wait=False)
        await client.udf_remove("m.lua", wait=False)
    assert asked == ["udf-put", *["udf-list"] * 3, "udf-remove", *["udf-list"] * 2, "udf-put", "udf-remove"]


async def test_waiting_ends_with_the_deadline(make_client: Any) -> None:
    """The module is registered all the same; nothing is in doubt."""
    with RawNode(
        member(lambda request: info_reply([(request[8:-1].decode(), "ok" if b"put" in request else "")]))
    ) as node:
        client = make_client(node.address)
        await client.connect()
        with client.deadline(1), pytest.raises(errors.TimeoutError, match="not registered on every node") as caught:
            await client.udf_put("m.lua", source="x = 1")
    assert (caught.value.context.module, caught.value.in_doubt) == ("m", False)


async def test_strict_removal(client: Any, module: str) -> None:
    """With ``strict`` a module that is not registered is an error."""
    await client.udf_remove("tools.lua", strict=True)
    await client.udf_remove("tools.lua")
    with pytest.raises(errors.UDFError) as caught:
        await client.udf_remove("tools.lua", strict=True)
    assert (caught.value.code, caught.value.module, caught.value.reason) == (100, "tools", UDFReason.MODULE_MISSING)


@for_each(
    ("method", "args", "argument"),
    [("udf_put", [5], "filename"), ("udf_put", [""], "filename"), ("udf_put", ["a.lua", 1], "udf_type"), ("udf_get", [5], "module"), ("udf_get", ["a.lua", 3], "language"), ("udf_remove", [""], "module")],
)  # fmt: skip
async def test_bad_arguments(client: Any, server: Any, method: str, args: list[Any], argument: str) -> None:
    """A ParamError names the argument."""
    with pytest.raises(errors.ParamError) as caught:
        await getattr(client, method)(*args)
    assert caught.value.argument == argument


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
