"""What is known of a record besides its bins, mostly without reading it from storage."""

from __future__ import annotations

from aerospike_wire.errors import ParamError
from aerospike_wire.expressions.arguments import constant
from aerospike_wire.expressions.base import ResultType
from aerospike_wire.expressions.rows import Row


class KeyInt(Row, code=80, result=ResultType.INTEGER):
    """The stored user key, an integer; cannot be told if none was stored or it has another type."""


class KeyStr(Row, code=80, result=ResultType.STRING):
    """The stored user key, a string; cannot be told if none was stored or it has another type."""


class KeyBlob(Row, code=80, result=ResultType.BLOB):
    """The stored user key, a blob; cannot be told if none was stored or it has another type."""


class KeyExists(Row, code=71):
    """Whether the user key is stored with the record: true or false."""


class SetName(Row, code=70):
    """The name of the record's set: a string."""


class DeviceSize(Row, code=65):
    """Bytes on the device, 0 in memory: an integer. Servers from 7.0 on have :class:`RecordSize`."""


class MemorySize(Row, code=73):
    """Bytes in memory: an integer. Servers from 7.0 on have :class:`RecordSize`."""


class RecordSize(Row, code=74):
    """Bytes of the record in storage: an integer."""


class LastUpdateTime(Row, code=66):
    """When the record was last written: nanoseconds since 1970, an integer."""


class SinceUpdateTime(Row, code=67):
    """How long ago the record was last written: milliseconds, an integer."""


class VoidTime(Row, code=68):
    """When the record expires: nanoseconds since 1970, -1 for never, an integer."""


class TTL(Row, code=69):
    """Seconds until the record expires, -1 for never: an integer."""


class IsTombstone(Row, code=72):
    """Whether the record is the mark of a deleted one: true or false."""


class DigestMod(Row, code=64):
    """The remainder of part of the key's digest: an integer that spreads records evenly."""

    mod: int = constant(int)

    def __attrs_post_init__(self) -> None:
        if self.mod == 0:
            raise ParamError.about("mod", "must not be 0")
