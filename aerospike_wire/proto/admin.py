"""Security messages (protocol section 8): a 16-byte header and fields."""

from __future__ import annotations

import enum
import struct
from typing import TYPE_CHECKING, Final, NamedTuple

from aerospike_wire.errors import ProtocolError
from aerospike_wire.proto.header import FrameType, frame
from aerospike_wire.users import Privilege, PrivilegeCode

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HEADER_SIZE: Final = 16
KEEP_QUOTA: Final = 0xFFFF_FFFF
"""In place of a quota: leave it as it is."""
_FIELD: Final = struct.Struct(">IB")


class AdminCommand(enum.IntEnum):
    """Commands of the security protocol."""

    AUTHENTICATE = 0
    CREATE_USER = 1
    DROP_USER = 2
    SET_PASSWORD = 3
    CHANGE_PASSWORD = 4
    GRANT_ROLES = 5
    REVOKE_ROLES = 6
    QUERY_USERS = 9
    CREATE_ROLE = 10
    DROP_ROLE = 11
    GRANT_PRIVILEGES = 12
    REVOKE_PRIVILEGES = 13
    SET_WHITELIST = 14
    SET_QUOTAS = 15
    QUERY_ROLES = 16
    LOGIN = 20


class AdminField(enum.IntEnum):
    """Fields of security messages."""

    USER = 0
    PASSWORD = 1
    OLD_PASSWORD = 2
    CREDENTIAL = 3
    CLEAR_PASSWORD = 4
    SESSION_TOKEN = 5
    SESSION_TTL = 6
    ROLES = 10
    ROLE = 11
    PRIVILEGES = 12
    WHITELIST = 13
    READ_QUOTA = 14
    WRITE_QUOTA = 15
    READ_INFO = 16
    WRITE_INFO = 17
    CONNECTIONS = 18


class AdminMessage(NamedTuple):
    """A security message taken apart."""

    result: int
    command: int
    fields: dict[int, bytes]


def pack(command: int = 0, fields: Sequence[tuple[int, bytes]] = (), *, result: int = 0) -> bytes:
    """The body of a security message; several may follow each other in one frame."""
    head = bytes((0, result, command, len(fields))) + bytes(12)
    return head + b"".join(_FIELD.pack(len(data) + 1, kind) + data for kind, data in fields)


def request(command: AdminCommand, fields: Sequence[tuple[int, bytes]] = ()) -> bytes:
    """A frame with one command."""
    return frame(FrameType.ADMIN, pack(command, fields))


def pack_names(names: Sequence[bytes]) -> bytes:
    """A list of role names: how many, then a length byte and the bytes of each."""
    return bytes((len(names),)) + b"".join(_short(name) for name in names)


def _short(data: bytes) -> bytes:
    return bytes((len(data),)) + data


def read_names(data: bytes) -> list[str]:
    """The role names of a ROLES field.

    Raises:
        ProtocolError: the list is cut off.
    """
    if not data:
        msg = "a list of roles is empty"
        raise ProtocolError(msg)
    names = []
    offset = 1
    for _ in range(data[0]):
        name, offset = _read_short(data, offset, "roles")
        names.append(name)
    return names


def _read_short(data: bytes, offset: int, what: str) -> tuple[str, int]:
    """Text behind a byte with its length, and where it ends.

    Raises:
        ProtocolError: it is cut off.
    """
    end = offset + 1 + data[offset] if offset < len(data) else len(data) + 1
    if end > len(data):
        msg = f"a list of {what} is cut off"
        raise ProtocolError(msg)
    return data[offset + 1 : end].decode(errors="replace"), end


def pack_privileges(privileges: Sequence[tuple[int, bytes, bytes]]) -> bytes:
    """A list of privileges: how many, then code, namespace and set of each; global ones have no places."""
    parts = [bytes((len(privileges),))]
    for code, namespace, set_name in privileges:
        places = (namespace, set_name) if code >= PrivilegeCode.READ else ()
        parts += [bytes((code,)), *map(_short, places)]
    return b"".join(parts)


def read_privileges(data: bytes) -> list[Privilege]:
    """The privileges of a PRIVILEGES field, those with codes that are not known here included.

    Raises:
        ProtocolError: the list is cut off.
    """
    found: list[Privilege] = []
    if not data:
        msg = "a list of privileges is empty"
        raise ProtocolError(msg)
    offset = 1
    for _ in range(data[0]):
        if offset >= len(data):
            msg = "a list of privileges is cut off"
            raise ProtocolError(msg)
        code, namespace, set_name = data[offset], "", ""
        offset += 1
        if code >= PrivilegeCode.READ:
            namespace, offset = _read_short(data, offset, "privileges")
            set_name, offset = _read_short(data, offset, "privileges")
        found.append({"code": code, "ns": namespace, "set": set_name})
    return found


def pack_numbers(numbers: Sequence[int]) -> bytes:
    """A READ_INFO or WRITE_INFO field: how many, then 32 bits each."""
    return bytes((len(numbers),)) + b"".join(number.to_bytes(4, "big") for number in numbers)


def read_numbers(data: bytes) -> list[int]:
    """The numbers of a READ_INFO or WRITE_INFO field.

    Raises:
        ProtocolError: the list is cut off.
    """
    if not data or len(data) < 1 + 4 * data[0]:
        msg = "a list of numbers is cut off"
        raise ProtocolError(msg)
    return [int.from_bytes(data[place : place + 4], "big") for place in range(1, 1 + 4 * data[0], 4)]


def read_number(data: bytes) -> int:
    """A quota or a number of connections.

    Raises:
        ProtocolError: it does not have 32 bits.
    """
    if len(data) != 4:
        msg = f"a number of a security message has {len(data)} bytes, not 4"
        raise ProtocolError(msg)
    return int.from_bytes(data, "big")


def parse(body: bytes | bytearray | memoryview) -> Iterator[AdminMessage]:
    """The messages of a frame, in order.

    Raises:
        ProtocolError: one of them is cut off.
    """
    data = bytes(body)
    offset = 0
    while offset < len(data):
        if len(data) - offset < HEADER_SIZE:
            msg = f"a security message is cut off after {len(data) - offset} bytes"
            raise ProtocolError(msg)
        _, result, command, count = data[offset : offset + 4]
        offset += HEADER_SIZE
        fields: dict[int, bytes] = {}
        for _ in range(count):
            if len(data) - offset < _FIELD.size:
                msg = "a field of a security message is cut off"
                raise ProtocolError(msg)
            size, kind = _FIELD.unpack_from(data, offset)
            stop = offset + 4 + size
            if size < 1 or stop > len(data):
                msg = f"a field of a security message claims {size} bytes, {len(data) - offset - 4} are there"
                raise ProtocolError(msg)
            fields.setdefault(kind, data[offset + 5 : stop])
            offset = stop
        yield AdminMessage(result, command, fields)
