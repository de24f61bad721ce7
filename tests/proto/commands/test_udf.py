"""Functions applied to a record."""

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

from aerospike_wire.errors import ProtocolError, ResultCode
from aerospike_wire.policy import Policies
from aerospike_wire.proto.commands.udf import Apply
from aerospike_wire.proto.header import MessageHeader
from aerospike_wire.proto.invalid import InvalidArgument
from aerospike_wire.proto.message import Op, pack_message

KEY = ("test", "demo", "k1")


@pytest.mark.parametrize(("name", "arguments"), [("udf_apply", [1, "x"]), ("udf_apply_noargs", [])])
def test_request_has_the_official_clients_bytes(name: str, arguments: list[Any]) -> None:
    """The captured bytes of the official client."""
    command = Apply(KEY, module="mod", function="fn", arguments=arguments)
    assert encoded(command).hex() == vector(f"message/{name}").hex(), given(f"message/{name}")


def answered(name: str) -> tuple[int, Any, Any]:
    """Code, result and words of a recorded reply."""
    command = Apply(KEY, module="v", function="ret")
    command.prepare(Policies())
    body = vector(f"message/real_udf_{name}_reply")[8:]
    code = command.code(body)
    return code, command.decode(body, lambda: 0.0) if code == 0 else None, command.words(body).message


@for_each(
    ("name", "result"),
    [("success_int", 7), ("success_nil", None), ("success_str", "x"), ("success_list", [1, 2]), ("success_bool", True),
     ("success_double", 1.5)],
)  # fmt: skip
def test_result_of_a_real_function_is_read(name: str, result: Any) -> None:
    """Every type of result comes back."""
    code, found, _ = answered(name)
    assert (code, found) == (0, result)
    assert type(found) is type(result)


def test_map_of_a_real_function_is_read() -> None:
    """A map comes back as a dict."""
    code, found, _ = answered("success_map")
    assert code == 0
    assert isinstance(found, dict)


@pytest.mark.parametrize("name", ["failure", "missing_function", "failure_code"])
def test_failure_of_a_real_function_has_the_servers_words(name: str) -> None:
    """Code 100 and the text in the reply's FAILURE bin."""
    code, _, words = answered(name)
    assert code == ResultCode.UDF
    assert words


def test_failure_that_is_damaged_has_no_words() -> None:
    """Words are a courtesy: bytes that cannot be read do not hide the code."""
    command = Apply(KEY, module="v", function="ret")
    command.prepare(Policies())
    body = vector("message/real_udf_failure_reply")[8:-3]
    assert command.code(body) == ResultCode.UDF
    assert command.words(body)[:2] == (None, 0)


def test_reply_with_another_bin_is_refused() -> None:
    """A result has the name SUCCESS."""
    command = Apply(KEY, module="v", function="ret")
    command.prepare(Policies())
    body = pack_message(MessageHeader(), (), [Op(1, b"OTHER", 1, bytes(8)).pack()])
    with pytest.raises(ProtocolError, match="OTHER"):
        command.decode(body, lambda: 0.0)


@for_each(
    ("make", "argument"),
    [
        (lambda: Apply(KEY, module=5, function="f"), "module"),
        (lambda: Apply(KEY, module="m", function=b"f"), "function"),
        (lambda: Apply(KEY, module="m", function="f", arguments=5), "args"),
        (lambda: Apply(KEY, module="m", function="f", arguments="text"), "args"),
        (lambda: Apply(KEY, module="m", function="f", arguments=[object()]), "args"),
        (lambda: Apply(KEY, module="\ud800", function="f"), "module"),
        (lambda: Apply(KEY, module="m", function="\ud800"), "function"),
    ],
)
def test_argument_that_cannot_be_used_is_refused(make: Any, argument: str) -> None:
    """The error names the argument, and the context can be made all the same."""
    command = make()
    with pytest.raises(InvalidArgument) as caught:
        command.prepare(Policies())
    assert caught.value.argument == argument
    assert command.context().operation == "apply"


@example(
    st.one_of(
        st.binary(max_size=80),
        damaged(vector("message/real_udf_failure_reply")[8:]),
        damaged(vector("message/real_udf_success_map_reply")[8:]),
    )
)
@settings(deadline=None, max_examples=300)
def test_any_bytes_are_a_result_or_a_protocol_error(body: bytes) -> None:
    """Nothing else is raised."""
    command = Apply(KEY, module="m", function="f")
    command.prepare(Policies())
    with contextlib.suppress(ProtocolError):
        if command.code(body) == 0:
            command.decode(body, lambda: 0.0)
        else:
            command.words(body)
