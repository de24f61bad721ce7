"""Fields of data messages (protocol section 2.7): four bytes of size, one of type, the data."""

from __future__ import annotations

import enum
import struct
from typing import TYPE_CHECKING, Final

from aerospike_wire.errors import ProtocolError

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEAD: Final = struct.Struct(">IB")


class Field(enum.IntEnum):
    """Types of fields."""

    NAMESPACE = 0
    SET = 1
    KEY = 2
    RECORD_VERSION = 3
    DIGEST = 4
    MRT_ID = 5
    MRT_DEADLINE = 6
    TASK_ID = 7
    SOCKET_TIMEOUT = 9
    RECORDS_PER_SECOND = 10
    PID_ARRAY = 11
    DIGEST_ARRAY = 12
    MAX_RECORDS = 13
    LAST_UPDATE_TIME = 14
    BVAL_ARRAY = 15
    INDEX_NAME = 21
    INDEX_RANGE = 22
    INDEX_CONTEXT = 23
    INDEX_EXPRESSION = 24
    INDEX_TYPE = 26
    UDF_MODULE = 30
    UDF_FUNCTION = 31
    UDF_ARGUMENTS = 32
    UDF_OP = 33
    QUERY_BINS = 40
    BATCH = 41
    BATCH_WITH_SET = 42
    FILTER = 43
    ERROR_DETAILS = 45


def field(kind: int, data: bytes) -> bytes:
    """One field's bytes."""
    return _HEAD.pack(len(data) + 1, kind) + data


def read_fields(view: memoryview, offset: int, count: int) -> Iterator[tuple[int, memoryview, int]]:
    """Walk over ``count`` fields: (type, data, offset behind it) each.

    Raises:
        ProtocolError: a field is cut off or has no type.
    """
    end = len(view)
    for number in range(count):
        if end - offset < 5:
            msg = f"field {number} of {count} is cut off"
            raise ProtocolError(msg)
        size, kind = _HEAD.unpack_from(view, offset)
        stop = offset + 4 + size
        if size < 1 or stop > end:
            msg = f"field {number} of {count} claims {size} bytes, {end - offset - 4} are there"
            raise ProtocolError(msg)
        yield kind, view[offset + 5 : stop], stop
        offset = stop
