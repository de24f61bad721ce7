"""Commands about Lua modules."""

from __future__ import annotations

import base64
import contextlib
import pathlib
from typing import Any

import pytest
from cases import for_each
from hypothesis import given as example
from hypothesis import settings
from hypothesis import strategies as st
from strategies import damaged
from vectors import encoded, vector

from aerospike_wire.errors import ProtocolError, ResultCode
from aerospike_wire.policy import Policies
from aerospike_wire.proto import info, info_values
from aerospike_wire.proto.commands.base import OLDEST
from aerospike_wire.proto.commands.modules import MAX_SOURCE, UdfGet, UdfList, UdfPut, UdfRemove
from aerospike_wire.proto.invalid import InvalidArgument

LUA = "function fn(rec) return 1 end\n"
REQUESTS: dict[str, Any] = {
    "info/udf_put": lambda: UdfPut(None, "m.lua", source=LUA),
    "info/udf_remove": lambda: UdfRemove(None, "m.lua"),
    "info/udf_list": UdfList,
    "info/udf_get": lambda: UdfGet(None, "m.lua"),
}


@for_each("name", REQUESTS)
def test_request_has_the_official_clients_bytes(name: str) -> None:
    """The captured line of the official client."""
    assert encoded(REQUESTS[name]())[8:] == vector(name)[8:]


def test_module_is_read_from_its_file(tmp_path: pathlib.Path) -> None:
    """A path, as text or as a path object, gives the same bytes as the text itself."""
    path = tmp_path / "m.lua"
    path.write_text(LUA)
    for filename in (path, str(path)):
        assert encoded(UdfPut(None, filename)) == vector("info/udf_put")
    assert encoded(UdfPut(None, "m.lua", source=LUA.encode())) == vector("info/udf_put")
    assert [file.name for file in tmp_path.iterdir()] == ["m.lua"]


def test_file_that_cannot_be_read_has_the_official_clients_code(tmp_path: pathlib.Path) -> None:
    """1302, and the path is named."""
    with pytest.raises(InvalidArgument, match=r"none\.lua") as caught:
        UdfPut(None, tmp_path / "none.lua").prepare(Policies())
    assert caught.value.code == ResultCode.LUA_FILE_NOT_FOUND


def test_hash_is_the_servers() -> None:
    """A real server lists the module with it."""
    sent = info_values.pairs(vector("info/real_udf_put")[8:].decode().partition(":")[2])
    ((_, listed),) = info.parse(vector("info/real_udf_list_reply")[8:])
    hashes = {row["filename"]: row["hash"] for row in info_values.rows(listed, ",")}
    command = UdfPut(None, sent["filename"], source=base64.b64decode(sent["content"]))
    command.prepare(Policies())
    assert command.hash.decode() == hashes[sent["filename"]]


@for_each(
    ("make", "argument"),
    [
        (lambda: UdfPut(None, 5), "filename"),
        (lambda: UdfPut(None, "a;b.lua", source="x"), "filename"),
        (lambda: UdfPut(None, "a.lua", source=5), "source"),
        (lambda: UdfPut(None, "a.lua", source="\ud800"), "source"),
        (lambda: UdfPut(None, "a.lua", source=b" " * (MAX_SOURCE + 1)), "source"),
        (lambda: UdfPut(None, "a.lua", source="x", language=1), "udf_type"),
        (lambda: UdfRemove(None, 5), "module"),
        (lambda: UdfRemove(None, "a\n"), "module"),
        (lambda: UdfRemove(None, ""), "module"),
        (lambda: UdfGet(None, None), "module"),
        (lambda: UdfGet(None, "a.lua", language=False), "language"),
    ],
)
def test_argument_that_cannot_be_used_is_refused(make: Any, argument: str) -> None:
    """The error names the argument; a name cannot smuggle another command or option in."""
    command = make()
    with pytest.raises(InvalidArgument) as caught:
        command.prepare(Policies())
    assert caught.value.argument == argument
    command.context().describe()


def test_contexts_name_the_module_as_calls_do() -> None:
    """Without folders and without ``.lua``."""
    assert UdfPut(None, pathlib.PurePath("/far/away/m.lua")).context().module == "m"
    assert UdfRemove(None, "m.lua").context().module == "m"
    assert UdfList(None, "m.lua", method="udf_put").context().operation == "udf_put"
    assert UdfList().context().module is None


def test_compile_error_of_a_real_server_is_told_in_words() -> None:
    """File, line and message are decoded from the server's answer."""
    command = UdfPut(None, "bad.lua", source="function x(")
    command.prepare(Policies())
    body = vector("info/real_udf_put_syntax_error_reply")[8:]
    assert command.code(body) == ResultCode.UDF
    words = command.words(body)
    assert words.message
    assert "bad.lua" in words.message
    assert words.hint


@pytest.mark.parametrize("name", ["get_missing", "put_bad_len", "put_bad_name"])
def test_other_refusals_of_a_real_server(name: str) -> None:
    """``error=`` is code 100."""
    command = UdfGet(None, "m.lua")
    command.prepare(Policies())
    assert command.code(vector(f"info/real_udf_{name}_reply")[8:]) == ResultCode.UDF


def test_recorded_answers_are_read() -> None:
    """The text of a module, and the list of all."""
    get, listing = UdfGet(None, "v.lua"), UdfList()
    assert "function" in get.decode(vector("info/real_udf_get_reply")[8:], lambda: 0.0)
    (row, *_) = listing.decode(vector("info/real_udf_list_reply")[8:], lambda: 0.0)
    assert row["name"].endswith(".lua")
    assert (len(row["hash"]), row["type"]) == (40, 0)
    assert listing.decode(b"udf-list\t\n", lambda: 0.0) == []


@pytest.mark.parametrize("value", ["type=LUA;", "type=LUA;content=%%%;", "type=LUA;content=/w==;"])
def test_text_that_cannot_be_read(value: str) -> None:
    """No text, no base64, no UTF-8: a ProtocolError."""
    with pytest.raises(ProtocolError):
        UdfGet(None, "m.lua").decode(f"x\t{value}\n".encode(), lambda: 0.0)


@example(st.one_of(st.binary(max_size=60), *(damaged(vector(f"info/real_udf_{n}_reply")[8:]) for n in ("get", "list"))))
@settings(deadline=None, max_examples=200)
def test_any_bytes_are_an_answer_or_a_protocol_error(answer: bytes) -> None:
    """Nothing else is raised."""
    for command in (UdfPut(None, "m.lua", source="x"), UdfRemove(None, "m.lua"), UdfGet(None, "m.lua"), UdfList()):
        command.prepare(Policies())
        assert command.line(OLDEST)
        with contextlib.suppress(ProtocolError):
            if command.code(answer) == 0:
                command.decode(answer, lambda: 0.0)
            else:
                command.words(answer)
