"""Errors about one record or one of its bins."""

from __future__ import annotations

from aerospike_wire.errors.base import RecordFacts, ServerError
from aerospike_wire.errors.codes import ResultCode


class RecordError(RecordFacts, ServerError, abstract=True):
    """The parent of record and bin errors; adds ``key`` and ``bin``."""


class RecordKeyMismatch(RecordError, code=ResultCode.RECORD_KEY_MISMATCH):
    """The key sent is not the key stored with the record."""


class RecordNotFound(RecordError, code=ResultCode.RECORD_NOT_FOUND):
    """No live record has the key; from reads, and from writes that only update."""


class RecordGenerationError(RecordError, code=ResultCode.RECORD_GENERATION):
    """The record's generation does not satisfy the write policy."""


class RecordExistsError(RecordError, code=ResultCode.RECORD_EXISTS):
    """The record exists and the write was to create it."""


class RecordTooBig(RecordError, code=ResultCode.RECORD_TOO_BIG):
    """The record would be larger than the namespace allows."""


class RecordBusy(RecordError, code=ResultCode.RECORD_BUSY):
    """Too many requests wait for the record: a hot key."""


class RecordVersionMismatch(RecordError, code=ResultCode.RECORD_VERSION_MISMATCH):
    """The record's version is not the expected one."""


class XDRKeyBusy(RecordError, code=ResultCode.XDR_KEY_BUSY):
    """XDR must first ship the record's former version."""


class BinNameError(RecordError, code=ResultCode.BIN_NAME):
    """A bin name is longer than 15 bytes or not acceptable."""


class BinExistsError(RecordError, code=ResultCode.BIN_EXISTS):
    """The bin exists and the operation was to create it."""


class BinNotFound(RecordError, code=ResultCode.BIN_NOT_FOUND):
    """The bin does not exist and the operation was only to update it."""


class BinIncompatibleType(RecordError, code=ResultCode.BIN_INCOMPATIBLE_TYPE):
    """The operation does not fit the type of value in the bin."""


class InvalidEncoding(RecordError, code=ResultCode.INVALID_ENCODING):
    """A string operation met text that is not well-formed UTF-8."""
