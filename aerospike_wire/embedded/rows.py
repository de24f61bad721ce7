"""The rows of a batch request (protocol section 4), read lazily as a server does."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final, NamedTuple

import attrs

from aerospike_wire.errors import ProtocolError
from aerospike_wire.proto.fields import Field, read_fields
from aerospike_wire.proto.header import Info1, Info3, MessageHeader
from aerospike_wire.proto.keys import DIGEST_SIZE
from aerospike_wire.proto.message import Message, Op, read_op

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEAD: Final = struct.Struct(">IB")
_INDEX: Final = struct.Struct(">I")
_COUNTS: Final = struct.Struct(">HH")
_GENERATION: Final = struct.Struct(">H")
_TTL: Final = struct.Struct(">I")

# Flags of a batch.
INLINE: Final = 0x01
RESPOND_ALL_KEYS: Final = 0x04
REPORT_STOP: Final = 0x08

# Flags of a row.
_REPEAT: Final = 0x01
_HAS_INFO: Final = 0x02
_HAS_GENERATION: Final = 0x04
_HAS_TTL: Final = 0x08
_HAS_INFO4: Final = 0x10

_SC_READ: Final = Info3.SC_READ_TYPE | Info3.SC_READ_RELAX


class Row(NamedTuple):
    """One row of a batch."""

    position: int
    """Where it is in the client's list."""
    digest: bytes
    message: Message
    """The single-record command that the row stands for."""


@attrs.define
class Rows:
    """The head of a batch and an iterator over its rows."""

    count: int
    flags: int
    _view: memoryview
    _batch: Message

    @classmethod
    def of(cls, batch: Message) -> Rows:
        """The rows of a batch message.

        Raises:
            ProtocolError: there is no batch field, or it has no rows.
        """
        data = batch.fields.get(Field.BATCH)
        if data is None:
            data = batch.fields.get(Field.BATCH_WITH_SET)
        if data is None or len(data) < _HEAD.size:
            msg = "a batch has no rows field"
            raise ProtocolError(msg)
        count, flags = _HEAD.unpack_from(data)
        if count == 0:
            msg = "a batch has no rows"
            raise ProtocolError(msg)
        return cls(count, flags, memoryview(data), batch)

    def __iter__(self) -> Iterator[Row]:
        """Rows in order; the bad row of a batch is only met after those before it.

        Raises:
            ProtocolError: a row is cut off, repeats nothing, or starts with another field
                than the namespace.
        """
        offset = _HEAD.size
        message: Message | None = None
        for number in range(self.count):
            if len(self._view) - offset < _INDEX.size + DIGEST_SIZE + 1:
                msg = f"row {number} of {self.count} is cut off"
                raise ProtocolError(msg)
            (index,) = _INDEX.unpack_from(self._view, offset)
            offset += _INDEX.size
            digest = bytes(self._view[offset : offset + DIGEST_SIZE])
            offset += DIGEST_SIZE
            flags = self._view[offset]
            offset += 1
            if flags & _REPEAT:
                if message is None or Field.KEY in message.fields:
                    msg = f"row {number} repeats a row that cannot be repeated"
                    raise ProtocolError(msg)
            else:
                message, offset = self._content(flags, offset, number)
            yield Row(index, digest, message)

    def _content(self, flags: int, offset: int, number: int) -> tuple[Message, int]:
        try:
            return self._read_content(flags, offset, number)
        except (IndexError, struct.error):
            msg = f"row {number} of {self.count} is cut off"
            raise ProtocolError(msg) from None

    def _read_content(self, flags: int, offset: int, number: int) -> tuple[Message, int]:
        view = self._view
        info1 = view[offset] & ~(Info1.XDR | Info1.COMPRESS_RESPONSE)
        offset += 1
        info2 = info4 = generation = ttl = 0
        info3: int = self._batch.header.info3 & _SC_READ
        if flags & _HAS_INFO:
            info2, info3 = view[offset], view[offset + 1]
            offset += 2
        if flags & _HAS_INFO4:
            info4 = view[offset]
            offset += 1
        if flags & _HAS_GENERATION:
            (generation,) = _GENERATION.unpack_from(view, offset)
            offset += _GENERATION.size
        if flags & _HAS_TTL:
            (ttl,) = _TTL.unpack_from(view, offset)
            offset += _TTL.size
        n_fields, n_ops = _COUNTS.unpack_from(view, offset)
        offset += _COUNTS.size
        fields: dict[int, bytes] = {}
        for kind, content, stop in read_fields(view, offset, max(n_fields, 1)):
            if not fields and kind != Field.NAMESPACE:
                msg = f"row {number} starts with a field of type {kind} and not with its namespace"
                raise ProtocolError(msg)
            fields.setdefault(kind, bytes(content))
            offset = stop
        ops: list[Op] = []
        for _ in range(n_ops):
            op, offset = read_op(view, offset)
            ops.append(op)
        common = self._batch.fields.get(Field.FILTER)
        if common is not None:
            fields.setdefault(Field.FILTER, common)
        header = MessageHeader(
            info1, info2, info3, info4, 0, generation, ttl, self._batch.header.transaction_ttl, n_fields, n_ops
        )
        return Message(header, fields, ops), offset
