"""Fields that tie requests and replies to a transaction (protocol section 10.2)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from aerospike_wire.proto.fields import Field, field, read_fields
from aerospike_wire.proto.header import MESSAGE_HEADER_SIZE

if TYPE_CHECKING:
    from aerospike_wire.transaction import Transaction

MONITOR_SET: Final = "<ERO~MRT"
"""Where servers keep the monitor records of transactions."""
VERSION_SIZE: Final = 7

_ID: Final = struct.Struct("<Q")
_DEADLINE: Final = struct.Struct("<I")


def signed(transaction: int) -> int:
    """A transaction's number as a user key or a bin holds it."""
    return transaction - (1 << 64) if transaction >> 63 else transaction


def id_field(transaction: int) -> bytes:
    """The transaction that a request belongs to."""
    return field(Field.MRT_ID, _ID.pack(transaction))


def version_field(version: int) -> bytes:
    """The version of a record that was read."""
    return field(Field.RECORD_VERSION, version.to_bytes(VERSION_SIZE, "little"))


def deadline_field(deadline: int) -> bytes:
    """When the transaction ends by itself, in seconds since 2010."""
    return field(Field.MRT_DEADLINE, _DEADLINE.pack(deadline))


def member_fields(transaction: Transaction, digest: bytes, *, write: bool, row: bool = False) -> list[bytes]:
    """What a command of a transaction carries.

    Args:
        transaction: which one.
        digest: the record.
        write: whether the command may change it.
        row: whether it is a row of a batch, where a deadline that is not known is left out.
    """
    journal = transaction.journal
    fields = [id_field(transaction.id)]
    version = journal.version(digest)
    if version is not None:
        fields.append(version_field(version))
    if write and (journal.deadline or not row):
        fields.append(deadline_field(journal.deadline))
    return fields


def read_version(body: bytes, offset: int = 0) -> int | None:
    """The version in the reply that begins at ``offset``, None if there is none.

    Raises:
        ProtocolError: a field is cut off.
    """
    data = _find(body, offset, Field.RECORD_VERSION, VERSION_SIZE)
    return None if data is None else int.from_bytes(data, "little")


def read_deadline(body: bytes) -> int:
    """The deadline in a reply, seconds since 2010; 0 if there is none.

    Raises:
        ProtocolError: a field is cut off.
    """
    data = _find(body, 0, Field.MRT_DEADLINE, _DEADLINE.size)
    return 0 if data is None else int.from_bytes(data, "little")


def _find(body: bytes, offset: int, wanted: int, size: int) -> memoryview | None:
    count = int.from_bytes(body[offset + 18 : offset + 20], "big")
    if count:
        for kind, data, _ in read_fields(memoryview(body), offset + MESSAGE_HEADER_SIZE, count):
            if kind == wanted and len(data) == size:
                return data
    return None
