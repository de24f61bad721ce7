"""Commands about users."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given as example
from hypothesis import settings
from hypothesis import strategies as st
from strategies import damaged
from vectors import encoded, vector

from aerospike_wire.cluster.login import hash_password
from aerospike_wire.errors import ProtocolError, ResultCode
from aerospike_wire.policy import Policies
from aerospike_wire.proto.commands.admin import CreateUser, DropUser
from aerospike_wire.proto.invalid import InvalidArgument


def test_user_is_created_with_the_official_clients_bytes() -> None:
    """Name, hashed password and roles as captured."""
    command = CreateUser("bob", password=hash_password("pw"), roles=["read", "rw"])
    assert encoded(command).hex() == vector("admin/create_user").hex()


def test_user_is_dropped_with_the_official_clients_bytes() -> None:
    """The name as captured."""
    assert encoded(DropUser("bob")) == vector("admin/drop_user")


def test_password_is_hashed_as_the_protocol_says() -> None:
    """The same text as the official client's for the same password."""
    assert vector("admin/login_internal").endswith(hash_password("secret"))


@pytest.mark.parametrize(
    ("make", "argument"),
    [
        (lambda: DropUser(5), "username"),
        (lambda: DropUser(""), "username"),
        (lambda: DropUser("u" * 64), "username"),
        (lambda: CreateUser("u", password=b"x", roles="read"), "roles"),
        (lambda: CreateUser("u", password=b"x", roles=[5]), "roles"),
        (lambda: CreateUser("u", password=b"x", roles=[""]), "roles"),
        (lambda: CreateUser("u", password=b"x", roles=["r" * 64]), "roles"),
        (lambda: CreateUser("u", password=b"x", roles=["r"] * 256), "roles"),
    ],
)
def test_argument_that_cannot_be_used_is_refused(make: Any, argument: str) -> None:
    """The error names the argument, and the context can be made all the same."""
    command = make()
    with pytest.raises(InvalidArgument) as caught:
        command.prepare(Policies())
    assert caught.value.argument == argument
    assert command.context().operation.startswith("admin_")


def test_password_is_not_shown() -> None:
    """Neither the command nor its context show the hash."""
    command = CreateUser("bob", password=b"$2a$10$hash", roles=["read"])
    command.prepare(Policies())
    assert "$2a$" not in repr(command) + repr(command.context()) + str(command.context())


def test_refusal_of_a_server_without_security_has_its_code() -> None:
    """51, as recorded."""
    command = DropUser("bob")
    command.prepare(Policies())
    body = vector("frame/admin_any_reply")[8:]
    assert command.code(body) == ResultCode.SECURITY_NOT_SUPPORTED
    assert command.words(body)[:2] == (None, 0)


def test_success_is_nothing() -> None:
    """Code 0 gives None."""
    command = DropUser("bob")
    command.prepare(Policies())
    assert command.code(bytes(16)) == 0
    assert command.decode(bytes(16), lambda: 0.0) is None


@example(st.one_of(st.binary(max_size=60), damaged(bytes(16))))
@settings(deadline=None, max_examples=150)
def test_any_bytes_are_an_answer_or_a_protocol_error(body: bytes) -> None:
    """Nothing else is raised."""
    command = DropUser("bob")
    with contextlib.suppress(ProtocolError):
        if command.code(body) == 0:
            command.decode(body, lambda: 0.0)
        else:
            command.words(body)
