"""Calls on Lua functions and modules."""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import Any, Final

from aerospike_wire.compat import constants as c
from aerospike_wire.compat.calls.base import Base
from aerospike_wire.compat.keys import key_of
from aerospike_wire.compat.refusal import refused
from aerospike_wire.errors import ClientError, LuaFileNotFound
from aerospike_wire.policy import ApplyPolicy, InfoPolicy
from aerospike_wire.proto.commands.udf import Apply
from aerospike_wire.transport.blocking import run

Policy = dict[str, Any] | None
_LONGEST_NAME: Final = 254
"""Characters of a module's file name."""


class Functions(Base):
    """Calls on Lua functions and modules."""

    def apply(self, key: tuple[Any, ...], module: str, function: str, args: list[Any], policy: Policy = None) -> Any:
        """Apply a Lua function to a record.

        Returns:
            What the function returned.
        """
        if not isinstance(args, list):
            raise refused("args", "expected UDF method arguments in a list")
        values = self._translator.inward(args)
        command = Apply(key_of(key), self._policy(ApplyPolicy, policy), module, function, values)
        return self._translator.outward(run(self._core.execute(command)))

    def udf_put(self, filename: str, udf_type: int = 0, policy: Policy = None) -> int:
        """Register a Lua module."""
        if isinstance(udf_type, bool) or not isinstance(udf_type, int):
            raise TypeError(f"udf_type must be an int, not {type(udf_type).__name__}")
        if not isinstance(filename, str):
            raise refused("filename", "Filename should be a string")
        name = PurePath(filename).name
        if not name or len(name) > _LONGEST_NAME:
            raise refused("filename", f"Filename should end with a name of 1 to {_LONGEST_NAME} characters")
        if udf_type != c.UDF_TYPE_LUA:
            raise ClientError(f"Invalid UDF language {udf_type}: servers know Lua only")
        path = Path(filename)
        if path.is_file() and not path.stat().st_size:
            raise LuaFileNotFound(msg=f"{filename} is empty")
        self._native.udf_put(filename, udf_type, self._policy(InfoPolicy, policy))
        return 0

    def udf_remove(self, module: str, policy: Policy = None) -> int:
        """Remove a Lua module."""
        if not isinstance(module, str):
            raise refused("module", "Filename should be a string")
        self._native.udf_remove(module, self._policy(InfoPolicy, policy))
        return 0

    def udf_list(self, policy: Policy = None) -> list[dict[str, Any]]:
        """The registered modules, each ``{"name", "hash", "content", "type"}``."""
        rows = self._native.udf_list(self._policy(InfoPolicy, policy))
        return [{**row, "hash": bytearray(row["hash"]), "content": bytearray(row["content"])} for row in rows]

    def udf_get(self, module: str, language: int = 0, policy: Policy = None) -> str:
        """The text of a module."""
        if not isinstance(module, str):
            raise ClientError("Module name should be a string")
        if isinstance(language, bool) or not isinstance(language, int):
            raise TypeError(f"language must be an int, not {type(language).__name__}")
        if language != c.UDF_TYPE_LUA:
            raise ClientError(f"Invalid language {language}: servers know Lua only")
        return str(self._native.udf_get(module, language, self._policy(InfoPolicy, policy)))
