"""What can go wrong with Lua code. Private signals: node and client translate them."""

from __future__ import annotations

import attrs


class LuaMissingError(RuntimeError):
    """There is no Lua in this Python."""


class ModuleUnusableError(Exception):
    """A module does not exist, or its code cannot be loaded. The one argument says why."""


class ArgumentUnusableError(Exception):
    """A value has no counterpart in Lua."""


class ValueUnusableError(Exception):
    """A value from Lua cannot be stored or sent."""


class LuaFailedError(Exception):
    """The function failed. The one argument is its text as bytes, None if it gave no text."""

    @property
    def text(self) -> bytes | None:
        """What the function said."""
        found: bytes | None = self.args[0]
        return found


class TimeUpError(LuaFailedError):
    """A tentative call ran out of its time: what it did counts for nothing."""


@attrs.frozen
class SourceError:
    """What is wrong with a module's text."""

    file: str
    """The chunk that the compiler names; empty if it names none."""
    line: int
    """Line in it, from 1; 0 if the compiler names none."""
    message: bytes
