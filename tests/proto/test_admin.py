"""Security messages."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from cases import for_each
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import damaged
from vectors import names, vector

from aerospike_wire.errors import ProtocolError
from aerospike_wire.proto import admin
from aerospike_wire.proto.admin import AdminCommand, AdminField

FIELDS = st.dictionaries(st.integers(0, 255), st.binary(max_size=20), max_size=8)


@for_each("name", [name for name in names("admin/") if "reply" not in name])
def test_captured_requests_are_taken_apart_and_put_together_again(name: str) -> None:
    """Reading a request of the official client and packing its parts gives the same bytes."""
    whole = vector(name)
    (message,) = admin.parse(whole[8:])
    assert admin.request(AdminCommand(message.command), list(message.fields.items())) == whole


def test_login_of_the_official_client_is_made() -> None:
    """User and hashed password make the captured bytes."""
    whole = vector("admin/login_internal")
    hashed = whole[-60:]
    assert hashed.startswith(b"$2a$10$")
    fields = [(AdminField.USER, b"alice"), (AdminField.CREDENTIAL, hashed)]
    assert admin.request(AdminCommand.LOGIN, fields) == whole


def test_authentication_of_the_official_client_is_made() -> None:
    """User and session token make the captured bytes."""
    fields = [(AdminField.USER, b"alice"), (AdminField.SESSION_TOKEN, b"session-token-0123456789")]
    assert admin.request(AdminCommand.AUTHENTICATE, fields) == vector("admin/authenticate")


@pytest.mark.parametrize("name", ["frame/admin_any_reply", "frame/admin_version_0_reply"])
def test_recorded_reply_of_a_server_without_security(name: str) -> None:
    """The code is in the second byte."""
    (message,) = admin.parse(vector(name)[8:])
    assert message.result == vector(name)[9]
    assert message.fields == {}


@given(st.lists(st.tuples(st.integers(0, 255), st.integers(0, 255), FIELDS), max_size=4))
@settings(deadline=None, max_examples=100)
def test_messages_come_back_as_they_were_made(rows: list[tuple[int, int, dict[int, bytes]]]) -> None:
    """Several messages in one frame keep code, command and fields."""
    body = b"".join(admin.pack(command, list(fields.items()), result=result) for command, result, fields in rows)
    assert [(row.command, row.result, row.fields) for row in admin.parse(body)] == rows


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=15), max_size=20))
@settings(deadline=None, max_examples=100)
def test_role_names_come_back_as_they_were_made(roles: list[str]) -> None:
    """A list of names survives, the empty one and empty names included."""
    assert admin.read_names(admin.pack_names([role.encode() for role in roles])) == roles


@for_each("data", [b"", b"\1", b"\2\1a", b"\1\5abc", b"\1\xff"])
def test_list_of_names_that_is_cut_off_is_refused(data: bytes) -> None:
    """A name that is not there whole is a ProtocolError."""
    with pytest.raises(ProtocolError, match="roles"):
        admin.read_names(data)


@for_each(
    "data",
    [
        bytes(15),
        bytes(17),
        b"\0\0\0\1" + bytes(12),
        b"\0\0\0\1" + bytes(12) + b"\0\0\0\0\1",
        b"\0\0\0\1" + bytes(12) + b"\0\0\0\3\1a",
    ],
)
def test_message_that_is_cut_off_is_refused(data: bytes) -> None:
    """A header or field that is not there whole is a ProtocolError."""
    with pytest.raises(ProtocolError, match="security message"):
        list(admin.parse(data))


PRIVILEGES = st.tuples(st.integers(0, 255), st.binary(max_size=9), st.binary(max_size=9))


@given(st.lists(PRIVILEGES, max_size=9), st.lists(st.integers(0, 0xFFFF_FFFF), max_size=9))
@settings(deadline=None, max_examples=100)
def test_privileges_and_numbers_come_back_as_they_were_made(
    privileges: list[tuple[int, bytes, bytes]], numbers: list[int]
) -> None:
    """Codes below 10 travel without namespace and set."""
    read = admin.read_privileges(admin.pack_privileges(privileges))
    text = [(code, ns.decode(errors="replace"), name.decode(errors="replace")) for code, ns, name in privileges]
    assert [(row["code"], row["ns"], row["set"]) for row in read] == [
        row if row[0] >= 10 else (row[0], "", "") for row in text
    ]
    assert admin.read_numbers(admin.pack_numbers(numbers)) == numbers


@for_each(
    ("read", "data"),
    [
        (admin.read_privileges, b""),
        (admin.read_privileges, b"\1"),
        (admin.read_privileges, b"\1\x0a\4te"),
        (admin.read_privileges, b"\1\x0a\0"),
        (admin.read_numbers, b""),
        (admin.read_numbers, b"\1\0\0\0"),
        (admin.read_number, b"\0\0\0"),
    ],
)
def test_lists_that_are_cut_off_are_refused(read: Any, data: bytes) -> None:
    """What is not there whole is a ProtocolError."""
    with pytest.raises(ProtocolError):
        read(data)


@given(st.one_of(st.binary(max_size=100), damaged(vector("admin/create_user")[8:])))
@settings(deadline=None, max_examples=300)
def test_any_bytes_are_messages_or_a_protocol_error(data: bytes) -> None:
    """Nothing else is raised, for messages and for lists of names."""
    with contextlib.suppress(ProtocolError):
        list(admin.parse(data))
    with contextlib.suppress(ProtocolError):
        assert all(isinstance(name, str) for name in admin.read_names(data))
