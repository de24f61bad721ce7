"""Commands that are lines of text: indexes, UDF modules, truncate, info."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given as example
from hypothesis import settings
from hypothesis import strategies as st
from strategies import damaged
from vectors import encoded, given, vector

from aerospike_wire.errors import ProtocolError, ResultCode
from aerospike_wire.policy import Policies
from aerospike_wire.proto.commands.info import IndexCreate, IndexRemove, Info, Truncate, UdfPut, UdfRemove
from aerospike_wire.proto.invalid import InvalidArgument

if TYPE_CHECKING:
    import pathlib

LUA = "function fn(rec) return 1 end\n"

REQUESTS: dict[str, Any] = {
    "info/index_integer": lambda: IndexCreate(None, "test", "demo", "a", 1, "ix_a"),
    "info/index_string": lambda: IndexCreate(None, "test", "demo", "s", 0, "ix_s"),
    "info/index_geo": lambda: IndexCreate(None, "test", "demo", "g", 2, "ix_g"),
    "info/index_remove": lambda: IndexRemove(None, "test", "ix_a"),
    "info/truncate_set": lambda: Truncate(None, "test", "demo"),
    "info/truncate_ns_before": lambda: Truncate(None, "test", None, 1_700_000_000_000_000_000),
    "info/udf_put": lambda: UdfPut(None, "m.lua", LUA),
    "info/udf_remove": lambda: UdfRemove(None, "m.lua"),
    "info/info_all": lambda: Info(None, "namespaces"),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_request_has_the_official_clients_bytes(name: str) -> None:
    """The captured line of the official client."""
    assert encoded(REQUESTS[name]())[8:] == vector(name)[8:], given(name)


def test_module_is_read_from_its_file(tmp_path: pathlib.Path) -> None:
    """A path, as text or as a path object, gives the same bytes as the text itself."""
    path = tmp_path / "m.lua"
    path.write_text(LUA)
    for filename in (path, str(path)):
        assert encoded(UdfPut(None, filename)) == vector("info/udf_put")
    assert encoded(UdfPut(None, "m.lua", LUA.encode())) == vector("info/udf_put")


def test_file_that_cannot_be_read_has_the_official_clients_code(tmp_path: pathlib.Path) -> None:
    """1302, and the path is named."""
    with pytest.raises(InvalidArgument, match=r"none\.lua") as caught:
        UdfPut(None, tmp_path / "none.lua").prepare(Policies())
    assert caught.value.code == ResultCode.LUA_FILE_NOT_FOUND


WRONG: list[tuple[Any, str]] = [
    (lambda: IndexCreate(None, 5, "s", "b", 0, "i"), "namespace"),
    (lambda: IndexCreate(None, "test", 5, "b", 0, "i"), "set"),
    (lambda: IndexCreate(None, "test", "s", 5, 0, "i"), "bin"),
    (lambda: IndexCreate(None, "test", "s", "b", 9, "i"), "index_datatype"),
    (lambda: IndexCreate(None, "test", "s", "b", True, "i"), "index_datatype"),
    (lambda: IndexCreate(None, "test", "s", "b", [], "i"), "index_datatype"),
    (lambda: IndexCreate(None, "test", "s", "b", 0, "i;x"), "name"),
    (lambda: IndexCreate(None, "test", "s", "b", 0, None), "name"),
    (lambda: IndexCreate(None, "test", "s", "b", 0, "\ud800"), "name"),
    (lambda: IndexCreate(None, "te;st", "s", "b", 0, "i"), "namespace"),
    (lambda: IndexCreate(None, "test", "s\n", "b", 0, "i"), "set"),
    (lambda: IndexCreate(None, "test", "s", "b;c", 0, "i"), "bin"),
    (lambda: IndexRemove(None, "test", "a\nb"), "name"),
    (lambda: IndexRemove(None, None, "a"), "namespace"),
    (lambda: IndexRemove(None, "te\nst", "a"), "namespace"),
    (lambda: Truncate(None, 5, "s"), "namespace"),
    (lambda: Truncate(None, "test", "s;lut=1"), "set"),
    (lambda: Truncate(None, "test;set=x", None), "namespace"),
    (lambda: Truncate(None, "test", "s", -1), "nanos"),
    (lambda: Truncate(None, "test", "s", 1.5), "nanos"),
    (lambda: Truncate(None, "test", "s", 2**63), "nanos"),
    (lambda: UdfPut(None, 5), "filename"),
    (lambda: UdfPut(None, "a;b.lua", "x"), "filename"),
    (lambda: UdfPut(None, "a.lua", 5), "source"),
    (lambda: UdfPut(None, "a.lua", "\ud800"), "source"),
    (lambda: UdfRemove(None, 5), "module"),
    (lambda: UdfRemove(None, "a\n"), "module"),
    (lambda: Info(None, 5), "command"),
    (lambda: Info(None, " "), "command"),
    (lambda: Info(None, "a\nb"), "command"),
    (lambda: Info(None, "\ud800"), "command"),
]


@pytest.mark.parametrize(("make", "argument"), WRONG)
def test_argument_that_cannot_be_used_is_refused(make: Any, argument: str) -> None:
    """The error names the argument; a name cannot smuggle another command or option in."""
    command = make()
    with pytest.raises(InvalidArgument) as caught:
        command.prepare(Policies())
    assert caught.value.argument == argument
    assert command.context().operation


def answered(command: Any, value: str) -> tuple[int, str | None]:
    """Code and words of a command whose line was answered with this."""
    command.prepare(Policies())
    body = f"{command.line()}\t{value}\n".encode()
    code = command.code(body)
    if code == 0:
        command.decode(body, lambda: 0.0)
    return code, command.words(body).message


@pytest.mark.parametrize("name", [name for name in REQUESTS if name != "info/info_all"])
def test_ok_is_success_and_errors_have_their_code(name: str) -> None:
    """In either case of letters; the server's words are kept; anything else is no answer."""
    assert answered(REQUESTS[name](), "ok") == (0, None)
    assert answered(REQUESTS[name](), "OK") == (0, None)
    assert answered(REQUESTS[name](), "ERROR:201:no index") == (201, "no index")
    with pytest.raises(ProtocolError, match="perhaps"):
        answered(REQUESTS[name](), "perhaps")


def test_compile_error_of_a_real_server_is_told_in_words() -> None:
    """File, line and message are decoded from the server's answer."""
    command = UdfPut(None, "bad.lua", "function x(")
    command.prepare(Policies())
    body = vector("info/real_udf_put_syntax_error_reply")[8:]
    assert command.code(body) == ResultCode.UDF
    words = command.words(body).message
    assert words
    assert "bad.lua" in words


def test_raw_info_is_given_as_it_came() -> None:
    """The whole answer comes back; what a data command calls unknown is data here."""
    command = Info(None, "namespace/nope")
    command.prepare(Policies())
    body = vector("info/real_namespace_unknown_reply")[8:]
    assert command.code(body) == 0
    assert command.decode(body, lambda: 0.0) == body.decode()


def test_raw_info_that_a_server_does_not_know_is_an_error() -> None:
    """An error in the answer is one, also for a raw command."""
    command = Info(None, "nosuchcommand")
    command.prepare(Policies())
    body = vector("info/real_unknown_reply")[8:]
    assert command.code(body) == ResultCode.INVALID_REQUEST
    assert command.words(body).message


def test_empty_answer_is_refused() -> None:
    """A command without an answer was not carried out."""
    with pytest.raises(ProtocolError, match="empty"):
        Truncate(None, "test", "s").code(b"")


@example(
    st.one_of(st.binary(max_size=60), damaged(b"sindex-create:ns=test\tERROR:201:no index\n"), damaged(b"x\tok\n"))
)
@settings(deadline=None, max_examples=300)
def test_any_bytes_are_an_answer_or_a_protocol_error(body: bytes) -> None:
    """Nothing else is raised."""
    for command in (Truncate(None, "test", "s"), Info(None, "x")):
        command.prepare(Policies())
        with contextlib.suppress(ProtocolError):
            if command.code(body) == 0:
                command.decode(body, lambda: 0.0)
            else:
                command.words(body)
