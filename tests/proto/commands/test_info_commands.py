"""Info commands as they are, those whose answers are read, truncate and XDR filters."""

from __future__ import annotations

import contextlib
import datetime as dt
from typing import Any

import pytest
from cases import for_each
from hypothesis import given as example
from hypothesis import settings
from hypothesis import strategies as st
from strategies import damaged
from vectors import encoded, given, vector

from aerospike_wire.errors import ProtocolError, ResultCode
from aerospike_wire.expressions import Eq, IntBin
from aerospike_wire.policy import Policies
from aerospike_wire.proto.commands.base import OLDEST
from aerospike_wire.proto.commands.info import (
    Info,
    InfoValue,
    InfoValues,
    NamespaceValue,
    SetXdrFilter,
    Truncate,
)
from aerospike_wire.proto.invalid import InvalidArgument

REQUESTS: dict[str, Any] = {
    "info/truncate_set": lambda: Truncate(None, "test", "demo"),
    "info/truncate_ns_before": lambda: Truncate(None, "test", None, 1_700_000_000_000_000_000),
    "info/info_all": lambda: Info(None, "namespaces"),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_request_has_the_official_clients_bytes(name: str) -> None:
    """The captured line of the official client."""
    assert encoded(REQUESTS[name]())[8:] == vector(name)[8:], given(name)


def test_truncate_takes_a_date() -> None:
    """A datetime is the same moment in nanoseconds, whatever its time zone."""
    moment = dt.datetime(2023, 11, 14, 22, 13, 20, tzinfo=dt.UTC)
    for given_time in (moment, moment.astimezone(dt.timezone(dt.timedelta(hours=5)))):
        assert encoded(Truncate(None, "test", None, given_time)) == vector("info/truncate_ns_before")
    finer = encoded(Truncate(None, "test", "s", moment + dt.timedelta(microseconds=1)))
    assert finer.endswith(b"lut=1700000000000001000\n")


def test_xdr_filter_has_the_recorded_bytes() -> None:
    """An expression, its compiled bytes, or nothing."""
    line = b"xdr-set-filter:dc=dc1;namespace=test;exp="
    expression = Eq(IntBin("a"), 1)
    for given_filter in (expression, expression.compile()):
        assert encoded(SetXdrFilter(None, "dc1", "test", given_filter))[8:] == line + b"kwGTUQKhYQE=\n"
    assert encoded(SetXdrFilter(None, "dc1", "test"))[8:] == line + b"null\n"


def test_several_commands_in_one_request() -> None:
    """A raw command may be several lines; so may commands whose answers are read."""
    assert encoded(Info(None, "build\nnode\n"))[8:] == b"build\nnode\n"
    assert encoded(InfoValues(None, commands=("build", "node")))[8:] == b"build\nnode\n"
    assert encoded(NamespaceValue(None, "sets", "info_sets", "test"))[8:] == b"sets/test\n"


WRONG: list[tuple[Any, str]] = [
    (lambda: Truncate(None, 5, "s"), "namespace"),
    (lambda: Truncate(None, "test", "s;lut=1"), "set"),
    (lambda: Truncate(None, "test;set=x", None), "namespace"),
    (lambda: Truncate(None, "test", "s", -1), "nanos"),
    (lambda: Truncate(None, "test", "s", 1.5), "nanos"),
    (lambda: Truncate(None, "test", "s", True), "nanos"),
    (lambda: Truncate(None, "test", "s", 2**63), "nanos"),
    (lambda: Truncate(None, "test", "s", dt.datetime(2023, 1, 1)), "nanos"),
    (lambda: Truncate(None, "test", "s", dt.datetime(1960, 1, 1, tzinfo=dt.UTC)), "nanos"),
    (lambda: Info(None, 5), "command"),
    (lambda: Info(None, " "), "command"),
    (lambda: Info(None, "a\tb"), "command"),
    (lambda: Info(None, "\ud800"), "command"),
    (lambda: Info(None, "build", node=""), "host"),
    (lambda: Info(None, "build", node=5), "host"),
    (lambda: NamespaceValue(None, "sets", "info_sets", 5), "namespace"),
    (lambda: NamespaceValue(None, "sets", "info_sets", "a/b"), "namespace"),
    (lambda: NamespaceValue(None, "sets", "info_sets", "a\nb"), "namespace"),
    (lambda: SetXdrFilter(None, "", "test"), "data_center"),
    (lambda: SetXdrFilter(None, "a;b", "test"), "data_center"),
    (lambda: SetXdrFilter(None, "dc", None), "namespace"),
    (lambda: SetXdrFilter(None, "dc", "test", "x"), "expression_filter"),
]


@for_each(("make", "argument"), WRONG)
def test_argument_that_cannot_be_used_is_refused(make: Any, argument: str) -> None:
    """The error names the argument; a name cannot smuggle another command or option in."""
    command = make()
    with pytest.raises(InvalidArgument) as caught:
        command.prepare(Policies())
    assert caught.value.argument == argument
    assert command.context().operation


def test_done_is_ok_and_nothing_else() -> None:
    """In either case of letters; the server's words are kept."""
    command = Truncate(None, "test", "s")
    command.prepare(Policies())

    def answered(value: str) -> tuple[int, str | None]:
        body = f"{command.line(OLDEST)}\t{value}\n".encode()
        code = command.code(body)
        if code == 0:
            command.decode(body, lambda: 0.0)
        return code, command.words(body).message

    assert answered("ok") == answered("OK") == (0, None)
    assert answered("ERROR:22:not now") == (22, "not now")
    with pytest.raises(ProtocolError, match="perhaps"):
        answered("perhaps")


def test_raw_info_is_given_as_it_came() -> None:
    """The whole answer comes back; what a data command calls unknown is data here."""
    command = Info(None, "namespace/nope")
    command.prepare(Policies())
    body = vector("info/real_namespace_unknown_reply")[8:]
    assert command.code(body) == 0
    assert command.decode(body, lambda: 0.0) == body.decode()
    read = InfoValue(None, "namespace/nope")
    assert read.code(body) == ResultCode.NAMESPACE_NOT_FOUND


def test_raw_info_that_a_server_does_not_know_is_an_error() -> None:
    """An error in the answer is one, also for a raw command, also in a later line."""
    command = Info(None, "nosuchcommand")
    command.prepare(Policies())
    body = vector("info/real_unknown_reply")[8:]
    assert command.code(body) == ResultCode.INVALID_REQUEST
    assert command.words(body).message
    assert command.code(vector("info/real_multi_reply")[8:]) == ResultCode.INVALID_REQUEST
    assert command.code(b"ERROR:80:not authenticated\n") == ResultCode.NOT_AUTHENTICATED


@for_each(
    ("command", "facts"),
    [
        ("sindex-stat:namespace=test;indexname=ix", ("test", None, "ix", None)),
        ("sets/test/demo", ("test", "demo", None, None)),
        ("udf-get:filename=m.lua;", (None, None, None, "m")),
        ("build", (None, None, None, None)),
    ],
)
def test_context_knows_what_a_raw_command_is_about(command: str, facts: tuple[str | None, ...]) -> None:
    """Namespace, set, index and module."""
    context = Info(None, command).context()
    assert (context.namespace, context.set, context.index, context.module) == facts
    assert context.command == command


def test_long_command_is_told_in_part() -> None:
    """A module's text does not fill the log."""
    context = Info(None, "udf-put:filename=m.lua;content=" + "x" * 5000).context()
    assert context.command is not None
    assert len(context.command) < 250
    assert context.module == "m"


@pytest.mark.parametrize("command", [Truncate(None, "test", "s"), Info(None, "build")])
def test_empty_answer_is_refused(command: Any) -> None:
    """A command without an answer was not carried out."""
    with pytest.raises(ProtocolError, match="empty"):
        command.code(b"")


COMMANDS = [Truncate(None, "test", "s"), Info(None, "x"), InfoValue(None, "x"), InfoValues(None, commands=("x", "y")), SetXdrFilter(None, "dc", "test")]  # fmt: skip


@example(
    st.one_of(st.binary(max_size=60), damaged(b"sindex-create:ns=test\tERROR:201:no index\n"), damaged(b"x\tok\n"))
)
@settings(deadline=None, max_examples=300)
def test_any_bytes_are_an_answer_or_a_protocol_error(body: bytes) -> None:
    """Nothing else is raised."""
    for command in COMMANDS:
        command.prepare(Policies())
        with contextlib.suppress(ProtocolError):
            if command.code(body) == 0:
                command.decode(body, lambda: 0.0)
            else:
                command.words(body)
