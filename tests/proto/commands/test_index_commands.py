"""Commands about secondary indexes."""

from __future__ import annotations

import contextlib
from typing import Any

import attrs
import pytest
from cases import for_each
from hypothesis import given as example
from hypothesis import settings
from hypothesis import strategies as st
from strategies import damaged
from vectors import encoded, given, vector

from aerospike_wire.errors import ProtocolError, ResultCode
from aerospike_wire.expressions import Add, IntBin
from aerospike_wire.info import IndexInfo
from aerospike_wire.operations import cdt_ctx_all_children, cdt_ctx_map_key
from aerospike_wire.policy import Policies
from aerospike_wire.proto import info, info_values
from aerospike_wire.proto.commands.base import OLDEST, Features
from aerospike_wire.proto.commands.indexes import (
    IndexCreate,
    IndexExists,
    IndexList,
    IndexRemove,
    IndexStat,
    SetIndexCreate,
)
from aerospike_wire.proto.invalid import InvalidArgument

NEW = Features(index_types=True)
REQUESTS: dict[str, Any] = {
    "info/index_integer": lambda: IndexCreate(None, "test", "demo", "ix_a", "a", 1),
    "info/index_string": lambda: IndexCreate(None, "test", "demo", "ix_s", "s", "string"),
    "info/index_geo": lambda: IndexCreate(None, "test", "demo", "ix_g", "g", 2),
    "info/index_list_ctx": lambda: IndexCreate(None, "test", "demo", "ix_l", "l", 4, "list", [cdt_ctx_map_key("k")]),
    "info/index_mapkeys": lambda: IndexCreate(None, "test", "demo", "ix_m", "m", 0, 2),
    "info/index_expr": lambda: IndexCreate(None, "test", "demo", "ix_e", None, "integer", 0, None, Add(IntBin("a"), 1)),
    "info/index_set": lambda: SetIndexCreate(None, "test", "demo", "ix_set"),
    "info/index_remove": lambda: IndexRemove(None, "test", None, "ix_a"),
}
OLDER: dict[str, Any] = {
    "info/index_integer_8_0": REQUESTS["info/index_integer"],
    "info/index_integer_6_4": REQUESTS["info/index_integer"],
    "info/index_list_8_0": lambda: IndexCreate(None, "test", "demo", "ix_l", "l", 0, "list"),
    "info/index_remove_8_0": REQUESTS["info/index_remove"],
}


@for_each(("name", "features"), [*((n, NEW) for n in REQUESTS), *((n, OLDEST) for n in OLDER)])
def test_request_has_the_official_clients_bytes(name: str, features: Features) -> None:
    """The captured line of the official client, in the form of the server's version."""
    made = {**REQUESTS, **OLDER}[name]()
    assert encoded(made, features)[8:] == vector(name)[8:], given(name)


def test_other_lines() -> None:
    """What is asked about indexes, in the form of the server's version."""
    stat = IndexStat(None, "test", None, "ix")
    assert encoded(stat, NEW)[8:] == b"sindex-stat:namespace=test;indexname=ix\n"
    assert encoded(stat)[8:] == b"sindex/test/ix\n"
    exists = IndexExists(None, "test", None, "ix")
    assert encoded(exists, NEW)[8:] == b"sindex-exists:namespace=test;indexname=ix\n"
    assert encoded(exists)[8:] == b"sindex-exists:ns=test;indexname=ix\n"
    assert encoded(IndexList(None, "test"), NEW)[8:] == b"sindex-list:namespace=test;b64=true\n"
    assert encoded(IndexList(None), NEW)[8:] == b"sindex-list:b64=true\n"
    assert encoded(IndexList(None, "test"))[8:] == b"sindex-list:ns=test\n"
    assert encoded(IndexList(None))[8:] == b"sindex-list\n"


@pytest.mark.parametrize(
    ("make", "argument"),
    [
        (lambda: IndexCreate(None, "test", "s", "i", None, 0, 0, None, Add(IntBin("a"), 1)), "expressions"),
        (lambda: SetIndexCreate(None, "test", "s", "i"), "set"),
    ],
)
def test_what_an_older_server_cannot_do_is_not_sent(make: Any, argument: str) -> None:
    """Code 16, as from a server, and the argument is named."""
    with pytest.raises(InvalidArgument, match=r"servers from 8\.1") as caught:
        encoded(make())
    assert (caught.value.argument, caught.value.code) == (argument, ResultCode.UNSUPPORTED_FEATURE)


WRONG: list[tuple[Any, str]] = [
    (lambda: IndexCreate(None, 5, "s", "i", "b"), "ns"),
    (lambda: IndexCreate(None, "test", 5, "i", "b"), "set"),
    (lambda: IndexCreate(None, "test", "s", "i", 5), "bin"),
    (lambda: IndexCreate(None, "test", "s", "i", None), "bin"),
    (lambda: IndexCreate(None, "test", "s", "i", "b", 9), "index_datatype"),
    (lambda: IndexCreate(None, "test", "s", "i", "b", True), "index_datatype"),
    (lambda: IndexCreate(None, "test", "s", "i", "b", []), "index_datatype"),
    (lambda: IndexCreate(None, "test", "s", "i", "b", "float"), "index_datatype"),
    (lambda: IndexCreate(None, "test", "s", "i", "b", 0, 4), "index_type"),
    (lambda: IndexCreate(None, "test", "s", "i", "b", 0, "map"), "index_type"),
    (lambda: IndexCreate(None, "test", "s", "i", "b", 0, 0, "x"), "ctx"),
    (lambda: IndexCreate(None, "test", "s", "i", "b", 0, 0, [5]), "ctx[0]"),
    (lambda: IndexCreate(None, "test", "s", "i", "b", 0, 0, [cdt_ctx_all_children()]), "ctx[0]"),
    (lambda: IndexCreate(None, "test", "s", "i", None, 0, 0, None, "x"), "expressions"),
    (lambda: IndexCreate(None, "test", "s", "i;x", "b"), "name"),
    (lambda: IndexCreate(None, "test", "s", None, "b"), "name"),
    (lambda: IndexCreate(None, "test", "s", "\ud800", "b"), "name"),
    (lambda: IndexCreate(None, "te;st", "s", "i", "b"), "ns"),
    (lambda: IndexCreate(None, "test", "s\n", "i", "b"), "set"),
    (lambda: IndexCreate(None, "test", "s", "i", "b;c"), "bin"),
    (lambda: SetIndexCreate(None, "test", None, "i"), "set"),
    (lambda: SetIndexCreate(None, "test", "", "i"), "set"),
    (lambda: IndexRemove(None, "test", None, "a\nb"), "name"),
    (lambda: IndexRemove(None, None, None, "a"), "ns"),
    (lambda: IndexRemove(None, "te\nst", None, "a"), "ns"),
    (lambda: IndexStat(None, "test", None, ""), "name"),
    (lambda: IndexExists(None, "test", None, 5), "name"),
    (lambda: IndexList(None, 5), "ns"),
]


@for_each(("make", "argument"), WRONG)
def test_argument_that_cannot_be_used_is_refused(make: Any, argument: str) -> None:
    """The error names the argument; a name cannot smuggle another command or option in."""
    command = make()
    with pytest.raises(InvalidArgument) as caught:
        command.prepare(Policies())
    assert caught.value.argument == argument
    command.context().describe()


def test_contexts() -> None:
    """Place, index and bin, under the name of the method that was called."""
    context = IndexCreate(None, "test", "s", "i", "b", method="index_list_create").context()
    assert (context.operation, context.namespace, context.set, context.index, context.bin) == (
        "index_list_create", "test", "s", "i", "b",
    )  # fmt: skip
    assert IndexStat(None, "test", None, "i").context().operation == "index_stat"


def body(command: Any, value: str) -> bytes:
    """An answer to a command."""
    command.prepare(Policies())
    return f"{command.line(NEW)}\t{value}\n".encode()


STAT = "entries=4;used_bytes=16777216;load_pct=100"


@for_each(
    ("command", "value", "expected"),
    [
        (IndexRemove(None, "test", None, "i"), "OK", None),
        (IndexCreate(None, "test", "s", "i", "b"), "ok", None),
        (IndexExists(None, "test", None, "i"), "true", True),
        (IndexExists(None, "test", None, "i"), "false", False),
        (IndexStat(None, "test", None, "i"), STAT, {"entries": 4, "used_bytes": 16777216, "load_pct": 100}),
        (IndexStat(None, "test", None, "i", absent_is_none=True), "ERROR:201:no index", None),
        (IndexStat(None, "test", None, "i", absent_is_none=True), "FAIL:201:no-index", None),
        (IndexList(None, "test"), "", []),
    ],
)
def test_answers(command: Any, value: str, expected: Any) -> None:
    """Each is read."""
    answer = body(command, value)
    assert command.code(answer) == 0
    assert command.decode(answer, lambda: 0.0) == expected


@for_each(
    ("command", "value", "code"),
    [
        (IndexCreate(None, "test", "s", "i", "b"), "ERROR:200:'indexname' already exists with different definition", 200),
        (IndexCreate(None, "test", "s", "i", "b"), "FAIL:200:index exists", 200),
        (IndexCreate(None, "test", "s", "i", "b"), "ERROR:206:already at sindex definition limit", 206),
        (IndexStat(None, "test", None, "i"), "ERROR:201:no index", 201),
        (IndexStat(None, "test", None, "i", absent_is_none=True), "ERROR:20:namespace not found on node", 20),
        (IndexStat(None, "test", None, "i"), "ns_type=unknown", 20),
        (IndexList(None, "test"), "ERROR:81:role violation - requires permission 'sindex-admin'", 81),
    ],
)  # fmt: skip
def test_refusals(command: Any, value: str, code: int) -> None:
    """The code in the text, of every server version."""
    assert command.code(body(command, value)) == code


@for_each(
    ("command", "value"),
    [
        (IndexRemove(None, "test", None, "i"), "perhaps"),
        (IndexExists(None, "test", None, "i"), "perhaps"),
        (IndexStat(None, "test", None, "i"), "entries=4"),
        (IndexStat(None, "test", None, "i"), "load_pct=x"),
    ],
)
def test_answers_that_make_no_sense(command: Any, value: str) -> None:
    """What cannot be read is a ProtocolError."""
    with pytest.raises(ProtocolError):
        command.decode(body(command, value), lambda: 0.0)


def test_same_definition() -> None:
    """What a server would only rename, told from its list; a set index has its own kind."""
    ((_, listed),) = info.parse(vector("info/real_sindex_list_reply")[8:])
    rows = [info_values.index_row(row) for row in info_values.rows(listed)]
    plain = next(row for row in rows if row.index_type == "default" and row.bin and not row.context)
    command = IndexCreate(None, "test", plain.set, "other", plain.bin, plain.datatype)
    command.prepare(Policies())
    assert command.same_definition(plain)
    for change in (
        {"bin": "x"},
        {"datatype": "geo2dsphere"},
        {"set": None},
        {"context": "kQ=="},
        {"index_type": "list"},
    ):
        assert not command.same_definition(attrs.evolve(plain, **change))
    row = IndexInfo("i", "test", "s", None, None, "set", None, None, None, {})
    assert SetIndexCreate(None, "test", "s", "other").same_definition(row)
    assert not SetIndexCreate(None, "test", "t", "other").same_definition(row)


COMMANDS = [IndexCreate(None, "test", "s", "i", "b"), IndexRemove(None, "test", None, "i"), IndexExists(None, "test", None, "i"), IndexStat(None, "test", None, "i"), IndexList(None)]  # fmt: skip


@example(
    st.one_of(
        st.binary(max_size=60), damaged(f"x\t{STAT}\n".encode()), damaged(vector("info/real_sindex_list_reply")[8:])
    )
)
@settings(deadline=None, max_examples=200)
def test_any_bytes_are_an_answer_or_a_protocol_error(answer: bytes) -> None:
    """Nothing else is raised."""
    for command in COMMANDS:
        command.prepare(Policies())
        with contextlib.suppress(ProtocolError):
            if command.code(answer) == 0:
                command.decode(answer, lambda: 0.0)
            else:
                command.words(answer)
