"""Several operations in one request."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from cases import for_each
from hypothesis import given as example
from hypothesis import settings
from hypothesis import strategies as st
from strategies import damaged
from vectors import encoded, given, vector

from aerospike_wire import operations as op
from aerospike_wire.errors import ProtocolError
from aerospike_wire.policy import Policies
from aerospike_wire.proto.commands.operate import Operate
from aerospike_wire.proto.fields import field
from aerospike_wire.proto.header import MessageHeader
from aerospike_wire.proto.invalid import InvalidArgument
from aerospike_wire.proto.message import Op, pack_message

KEY = ("test", "demo", "k1")

REQUESTS = {
    "message/operate_rw": [op.increment("n", 1), op.read("n"), op.append("s", "x")],
    "message/operate_float_incr": [op.increment("f", 1.5)],
    "message/operate_delete": [op.delete()],
    "message/operate_touch_read": [op.touch(), op.read("a")],
    "message/operate_read_only": [op.read("a")],
}


@for_each("name", REQUESTS)
def test_request_has_the_official_clients_bytes(name: str) -> None:
    """The captured bytes of the official client, flags included."""
    assert encoded(Operate(KEY, operations=REQUESTS[name])).hex() == vector(name).hex(), given(name)


@pytest.mark.parametrize(("operations", "write"), [([op.read("a")], False), ([op.read("a"), op.touch()], True)])
def test_call_is_a_write_if_one_of_its_operations_writes(operations: list[Any], write: bool) -> None:
    """Only then can its failure leave doubt."""
    command = Operate(KEY, operations=operations)
    command.prepare(Policies())
    assert command.write is write


@for_each("operations", [None, "x", [], [5], {"a": 1}, [op.read("a"), None]])
def test_what_is_no_list_of_operations_is_refused(operations: Any) -> None:
    """The error names the argument."""
    with pytest.raises(InvalidArgument) as caught:
        Operate(KEY, operations=operations).prepare(Policies())
    assert caught.value.argument == "list"


def test_names_of_bins_are_known_to_errors() -> None:
    """Each bin once, in order; operations on the whole record have none."""
    command = Operate(KEY, operations=[op.read("b"), op.touch(), op.write("a", 1), op.read("b")])
    command.prepare(Policies())
    assert command.bin_names() == ("b", "a")


def decoded(*rows: Op, fields: tuple[bytes, ...] = ()) -> Any:
    """The bins of a reply with these results."""
    command = Operate(KEY, operations=[op.read("a")])
    command.prepare(Policies())
    body = pack_message(MessageHeader(generation=3), fields, [row.pack() for row in rows])
    return command.decode(body, lambda: 0.0)


def test_results_are_read_and_fields_are_passed_over() -> None:
    """A reply may have fields; the results follow them."""
    record = decoded(Op(1, b"a", 1, bytes(7) + b"\5"), Op(1, b"b", 3, b"x"), fields=(field(3, b"version"),))
    assert record.bins == {"a": 5, "b": "x"}
    assert record.meta == {"ttl": 0xFFFF_FFFF, "gen": 3}


def test_bin_with_several_results_has_the_last() -> None:
    """As with the official client."""
    one = Op(1, b"a", 1, bytes(7) + b"\1")
    items = Op(1, b"b", 20, b"\x91\x01")
    assert decoded(one, items, one, items, one).bins == {"a": 1, "b": [1]}


def test_operations_that_name_no_bin_answer_under_an_empty_name() -> None:
    """As with the official client: touch and delete, where every operation is answered."""
    assert decoded(Op(11, b"", 0, b""), Op(1, b"a", 1, bytes(8))).bins == {"": None, "a": 0}


@example(st.one_of(st.binary(max_size=80), damaged(vector("message/real_operate_reply")[8:])))
@settings(deadline=None, max_examples=300)
def test_any_bytes_are_results_or_a_protocol_error(body: bytes) -> None:
    """Nothing else is raised."""
    command = Operate(KEY, operations=[op.read("a"), op.write("b", 1)])
    command.prepare(Policies())
    with contextlib.suppress(ProtocolError):
        if command.code(body) == 0:
            command.decode(body, lambda: 0.0)
        else:
            command.words(body)
