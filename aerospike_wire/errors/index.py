"""Errors about secondary indexes."""

from __future__ import annotations

from aerospike_wire.errors.base import ServerError
from aerospike_wire.errors.codes import ResultCode


class IndexError(ServerError, code=ResultCode.INDEX):  # noqa: A001
    """The parent of index errors; adds ``name``. Unrelated to the builtin of this name."""

    family_attributes = ("name",)

    @property
    def name(self) -> str | None:
        """Name of the index."""
        return None if self.context is None else self.context.index


class IndexNotFound(IndexError, code=ResultCode.INDEX_NOT_FOUND):
    """There is no such index."""


class IndexFoundError(IndexError, code=ResultCode.INDEX_FOUND):
    """An index of this name exists with another definition."""


class IndexOOM(IndexError, code=ResultCode.INDEX_OOM):
    """The memory for indexes is used up."""


class IndexNotReadable(IndexError, code=ResultCode.INDEX_NOT_READABLE):
    """The index is still being built."""


class IndexNameMaxLen(IndexError, code=ResultCode.INDEX_NAME_MAX_LEN):
    """The index name is too long."""


class IndexNameMaxCount(IndexError, code=ResultCode.INDEX_NAME_MAX_COUNT):
    """The namespace has as many indexes as it may have."""
