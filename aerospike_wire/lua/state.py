"""A closed-off Lua state: the library of ``library/`` loaded into a bare Lua.

Lua comes from the ``lupa`` package, which need not be installed. Code in the state sees no
Python object, no file and no process; how long it runs and how much memory it takes is
limited.
"""

from __future__ import annotations

import functools
import importlib
import re
import time
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from aerospike_wire.lua import tailcalls
from aerospike_wire.lua.errors import LuaMissingError, SourceError, TimeUpError

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_MEMORY: Final = 64 * 1024 * 1024
"""Bytes that one Lua state may take."""
CALL_LIMIT: Final = 1.0
"""Seconds that one call may take unless the caller says otherwise."""

_OBJECTS: Final = ("objects", "list", "map", "bytes", "record", "stream")
_CHUNK_NAME_SIZE: Final = 59
"""Bytes of a chunk's name that Lua shows in messages."""
_POSITION: Final = re.compile(rb'\A\[string "(.*?)"\]:(\d+): (.*)\Z', re.DOTALL)
_MAX_MESSAGE: Final = 256
"""Bytes of a message without a position that are told, up to the end of its first line."""


def available() -> bool:
    """Whether Lua is installed."""
    try:
        lupa()
    except LuaMissingError:
        return False
    return True


def lupa() -> Any:
    """The module that embeds Lua 5.4.

    Raises:
        LuaMissingError: it is not installed.
    """
    try:
        return importlib.import_module("lupa.lua54")
    except ImportError:
        msg = "there is no Lua in this Python: pip install 'aerospike-wire[lua]' (lupa 2.2 or newer) runs UDFs"
        raise LuaMissingError(msg) from None


@functools.cache
def _library(name: str) -> bytes:
    return resources.files(__package__).joinpath("library", f"{name}.lua").read_bytes()


def _no_attribute(_owner: object, _name: object, _setting: bool) -> Any:  # noqa: FBT001  lupa's signature
    msg = "Python objects are closed to Lua"
    raise AttributeError(msg)


class State:
    """A Lua state and the functions by which the host talks to it."""

    def __init__(
        self,
        path: str,
        find_source: Callable[[Any], tuple[bytes, bytes] | None],
        packed_size: Callable[[Any], int | None] | None = None,
    ) -> None:
        """Make a state.

        Args:
            path: the directory of modules, for texts.
            find_source: text and chunk name of a module that Lua code requires, by its name as
                bytes; None if there is none.
            packed_size: bytes that a list or map of Lua takes as MessagePack; None if it is too large.

        Raises:
            LuaMissingError: lupa is not installed.
        """
        self.lupa = lupa()
        self.runtime = self.lupa.LuaRuntime(
            encoding=None,
            register_eval=False,
            register_builtins=False,
            unpack_returned_tuples=True,
            attribute_filter=_no_attribute,
            max_memory=MAX_MEMORY,
        )
        lib = self.runtime.table()
        lib[b"packed_size"] = packed_size
        for name in _OBJECTS:
            self._run(name, lib)
        self._run("sandbox", lib, find_source, path.encode(errors="surrogateescape"))
        names = frozenset(lib[b"names"]().values())
        lib[b"plain"] = lambda dumped: tailcalls.plain(dumped, names)
        self.host = self._run("host", lib, time.monotonic)

    def _run(self, name: str, *arguments: Any) -> Any:
        return self.runtime.execute(_library(name), *arguments, name=name.encode())


def source_error(
    source: bytes, file_name: str, path: str = "", limit: float = CALL_LIMIT, *, tentative: bool = False
) -> SourceError | None:
    """What is wrong with a module's text: it does not compile, or its top level fails.

    Args:
        source: the text.
        file_name: the module's file name, with ``.lua``.
        path: the directory of modules, for texts.
        limit: seconds that its top level may take.
        tentative: fail where the limit is too short.

    Returns:
        What a server reports; None if nothing is wrong, or if there is no Lua to ask.

    Raises:
        TimeUpError: the top level takes longer, and it was ``tentative``.
    """
    try:
        state = State(path, lambda _name: None)
    except LuaMissingError:
        return None
    try:
        loaded = state.host[b"load"](source, file_name.encode(errors="surrogateescape"), limit, tentative)
    except state.lupa.LuaError as error:
        if tentative and is_time_up(error):
            raise TimeUpError(None) from None
        return SourceError(file_name, 0, b"not enough memory")
    if tentative and state.host[b"is_overdue"]():
        raise TimeUpError(None)
    if not isinstance(loaded, tuple):
        return None
    problem = loaded[1] if isinstance(loaded[1], bytes) else b"(Null error message returned by lua)"
    found = _POSITION.match(problem)
    if found:
        return SourceError(found[1].decode(errors="replace"), int(found[2]), found[3])
    return SourceError("", 0, problem.partition(b"\n")[0][:_MAX_MESSAGE])


def is_time_up(error: BaseException) -> bool:
    """Whether an error of Lua that no guarded call caught is that of the time limit: it strikes at every step."""
    return "UDF Execution Timeout" in str(error)


def chunk_name(path: str, file_name: str) -> bytes:
    """The name under which Lua reports a module's lines, as on a server.

    Args:
        path: the directory of modules.
        file_name: the module's file name, with ``.lua``.
    """
    name = f"{path}/{file_name}".encode(errors="surrogateescape")
    return b"@" + (name if len(name) <= _CHUNK_NAME_SIZE else b"..." + name[3 - _CHUNK_NAME_SIZE :])
