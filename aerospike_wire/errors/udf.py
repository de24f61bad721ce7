"""Errors about Lua modules and functions, and what servers' texts say of them."""

from __future__ import annotations

import enum
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from aerospike_wire.errors.base import ServerError
from aerospike_wire.errors.codes import ResultCode

if TYPE_CHECKING:
    from aerospike_wire.types import Key


class UDFReason(enum.StrEnum):
    """What went wrong with a module or function."""

    MODULE_MISSING = "module_missing"
    """No such module is registered, or its code fails when it is loaded."""
    FUNCTION_MISSING = "function_missing"
    """The module has no function of the name."""
    RUNTIME_ERROR = "runtime_error"
    """The function raised an error."""
    BAD_RETURN = "bad_return"
    """The function ended with a value that cannot be sent."""
    BAD_ARGUMENT = "bad_argument"
    """An argument could not be given to the function."""
    TIMEOUT = "timeout"
    """The function ran longer than the server allows."""
    COMPILE_ERROR = "compile_error"
    """The text of the module is not Lua."""
    REFUSED = "refused"
    """The server did not take the module: its name, size or form."""
    OTHER = "other"
    """Something that this version does not know."""


class UDFFailure(NamedTuple):
    """A server's text about a module or function, taken apart."""

    reason: UDFReason
    file: str | None
    """The Lua file, as the server names it."""
    line: int | None
    """The line in it."""
    message: str
    """What Lua says, without file and line."""


_POSITION: Final = re.compile(
    r"(?P<file>[^\n]*?\.lua|\[string \"[^\"\n]*\"\]):(?P<line>[0-9]{1,9}):(?:\s*[0-9]+:)?\s*(?P<text>.*)\Z", re.DOTALL
)
_OF_STREAM: Final = re.compile(r"\AUDF: Execution Error [0-9]+ : ")
"""What stands before the text of a stream function's error."""
_COMPILE: Final = re.compile(
    r"compile error(?: in (?P<file>.*?))?(?: line (?P<line>[0-9]{1,9}))?(?:: (?P<text>.*))?\Z", re.DOTALL
)
_TEXTS: Final = (
    ("UDF: Execution Error 1", UDFReason.MODULE_MISSING),
    ("not found", UDFReason.MODULE_MISSING),
    ("function not found", UDFReason.FUNCTION_MISSING),
    ("UDF: Execution Error 2", UDFReason.BAD_ARGUMENT),
    ("result value type unexpected", UDFReason.BAD_RETURN),
    ("UDF Execution Timeout", UDFReason.TIMEOUT),
    ("timeout", UDFReason.TIMEOUT),
)
_REFUSALS: Final = ("invalid ", "json error", "empty")
_HINTS: Final = {
    UDFReason.RUNTIME_ERROR: "the Lua code itself raised the error; the message is Lua's",
    UDFReason.COMPILE_ERROR: "the text is not Lua; the module is registered no more than it was before",
    UDFReason.MODULE_MISSING: "register the module with udf_put; apply() takes its name without .lua",
    UDFReason.FUNCTION_MISSING: "functions that can be applied are global in the module's file",
    UDFReason.BAD_RETURN: "error() must be given a string, and functions return what can be stored in a bin",
    UDFReason.BAD_ARGUMENT: "arguments must be values that can be stored in a bin",
    UDFReason.TIMEOUT: "the function ran longer than the server's transaction-max-ms; do less in one call",
}


def udf_failure(text: str) -> UDFFailure:
    """What a server's text about a module or function says."""
    found = _COMPILE.match(text)
    if found:
        # A server that knows no place names an empty file and line 0.
        line = int(found["line"] or 0) or None
        return UDFFailure(UDFReason.COMPILE_ERROR, found["file"] or None, line, found["text"] or text)
    text = _OF_STREAM.sub("", text)
    found = _POSITION.match(text)
    file, line, message = (found["file"], int(found["line"]), found["text"]) if found else (None, None, text)
    for known, reason in _TEXTS:
        if message == known:
            return UDFFailure(reason, file, line, message)
    if "UDF Execution Timeout" in message:
        return UDFFailure(UDFReason.TIMEOUT, file, line, message)
    if file is None and message.startswith(_REFUSALS):
        return UDFFailure(UDFReason.REFUSED, None, None, message)
    return UDFFailure(UDFReason.RUNTIME_ERROR, file, line, message)


def udf_hint(text: str) -> str | None:
    """What to do about a server's text; None if the code's own hint says it."""
    return _HINTS.get(udf_failure(text).reason)


class UDFError(ServerError, code=ResultCode.UDF):
    """The parent of UDF errors; adds ``module``, ``func``, ``key`` and what the server's text says.

    ``file`` and ``line`` are those of the Python call, as in every error; those in the Lua
    file are ``lua_file`` and ``lua_line``.
    """

    family_attributes = ("module", "func", "key", "reason", "lua_file", "lua_line", "lua_message")

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

    def _failure(self) -> UDFFailure | None:
        return None if self.server_message is None else udf_failure(self.server_message)

    @property
    def reason(self) -> UDFReason:
        """What went wrong; OTHER if the server sent no text."""
        failure = self._failure()
        return UDFReason.OTHER if failure is None else failure.reason

    @property
    def lua_file(self) -> str | None:
        """The Lua file that failed, as the server names it."""
        failure = self._failure()
        return None if failure is None else failure.file

    @property
    def lua_line(self) -> int | None:
        """The line in the Lua file."""
        failure = self._failure()
        return None if failure is None else failure.line

    @property
    def lua_message(self) -> str | None:
        """What Lua says, without file and line."""
        failure = self._failure()
        return None if failure is None else failure.message


class UDFNotFound(UDFError, code=ResultCode.UDF_NOT_FOUND):
    """No such function. Servers of today answer UDFError (100) instead."""


class LuaFileNotFound(UDFError, code=ResultCode.LUA_FILE_NOT_FOUND):
    """The Lua file could not be read; nothing was sent."""
