"""Errors about Lua modules and functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aerospike_wire.errors.base import ServerError
from aerospike_wire.errors.codes import ResultCode

if TYPE_CHECKING:
    from aerospike_wire.types import Key


class UDFError(ServerError, code=ResultCode.UDF):
    """The parent of UDF errors; adds ``module``, ``func`` and ``key``."""

    family_attributes = ("module", "func", "key")

    @property
    def module(self) -> str | None:
        """Name of the module."""
        return None if self.context is None else self.context.module

    @property
    def func(self) -> str | None:
        """Name of the function."""
        return None if self.context is None else self.context.function

    @property
    def key(self) -> Key | None:
        """Key of the record that the function was applied to."""
        return None if self.context is None else self.context.key


class UDFNotFound(UDFError, code=ResultCode.UDF_NOT_FOUND):
    """No such function. Servers of today answer UDFError (100) instead."""


class LuaFileNotFound(UDFError, code=ResultCode.LUA_FILE_NOT_FOUND):
    """The Lua file could not be read; nothing was sent."""
