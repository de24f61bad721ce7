"""A Lua state in which record UDFs run, closed off from the host.

Lua comes from the ``lupa`` package, which need not be installed. The code of a UDF sees no
Python object, no file and no process; how long it runs and how much memory it takes is
limited. The library that it finds is ``udf_library.lua``.
"""

from __future__ import annotations

import functools
import importlib
import logging
import re
import time
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

import attrs

from aerospike_wire.proto import msgpack
from aerospike_wire.proto.values import Particle
from aerospike_wire.types import GeoJSON, HyperLogLog, KeyOrderedDict, RawParticle

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

MAX_MEMORY: Final = 32 * 1024 * 1024
"""Bytes that one Lua state may take."""

_LEVELS: Final = {1: logging.WARNING, 2: logging.INFO, 3: logging.DEBUG, 4: logging.DEBUG}
_POSITION: Final = re.compile(rb"\A(.*?):(\d+): (.*)\Z", re.DOTALL)
_CHUNK_NAME_SIZE: Final = 59
"""Bytes of a chunk's name that Lua shows in messages."""

log: Final = logging.getLogger(__name__)


class LuaMissingError(RuntimeError):
    """There is no Lua in this Python."""


class ModuleUnusableError(Exception):
    """A module's code cannot be loaded."""


class ArgumentUnusableError(Exception):
    """A value has no counterpart in Lua."""


class ValueUnusableError(Exception):
    """A value from Lua cannot be stored or sent."""


class LuaFailedError(Exception):
    """The function failed. The one argument is its text, None if it gave no text."""


@attrs.frozen
class SourceError:
    """What is wrong with a module's text."""

    line: int
    message: bytes


@attrs.frozen
class RecordFacts:
    """What a UDF can learn about its record."""

    exists: bool
    digest: bytes
    generation: int = 0
    ttl: int = 0
    """Seconds that are left."""
    set: bytes | None = None
    key: Any = None
    last_update: int = 0
    """Milliseconds since 2010."""
    size: int = 0
    """Bytes of all bins."""


@attrs.frozen
class Outcome:
    """What a UDF did."""

    value: Any
    """What the function returned."""
    code: int
    """0, or why an update could not be carried out."""
    updated: bool
    """The record was created, updated or removed."""
    bins: dict[bytes, Any | None]
    """All bins in order; None for those that did not change."""
    ttl: int | None = None
    """What ``record.set_ttl`` was last called with."""
    key_dropped: bool = False


def available() -> bool:
    """Whether Lua is installed."""
    try:
        _lupa()
    except LuaMissingError:
        return False
    return True


def _lupa() -> Any:
    try:
        return importlib.import_module("lupa.lua54")
    except ImportError:
        msg = "Lua is not available in this node: install lupa"
        raise LuaMissingError(msg) from None


@functools.cache
def _library() -> bytes:
    return resources.files(__package__).joinpath("udf_library.lua").read_bytes()


def _no_attribute(_owner: object, _name: object, _setting: bool) -> Any:  # noqa: FBT001  lupa's signature
    msg = "Python objects are closed to Lua"
    raise AttributeError(msg)


def _new_state(find_source: Callable[[Any], Any]) -> tuple[Any, Any, Any]:
    lupa = _lupa()
    runtime = lupa.LuaRuntime(
        encoding=None,
        register_eval=False,
        register_builtins=False,
        unpack_returned_tuples=True,
        attribute_filter=_no_attribute,
        max_memory=MAX_MEMORY,
    )
    return lupa, runtime, runtime.execute(_library(), time.monotonic, find_source)


@functools.cache
def _checker() -> tuple[Any, Any, Any]:
    return _new_state(lambda _name: None)


def source_error(source: bytes) -> SourceError | None:
    """What a Lua compiler objects to in a module; None if nothing, or if there is no Lua."""
    try:
        lupa, _, host = _checker()
    except LuaMissingError:
        return None
    try:
        good, problem = host[b"check"](source, b"@module")
    except lupa.LuaError:
        return SourceError(0, b"not enough memory")
    if good:
        return None
    found = _POSITION.match(problem)
    return SourceError(int(found[2]), found[3]) if found else SourceError(0, problem)


def chunk_name(path: str, file_name: str) -> bytes:
    """The name under which Lua reports a module's lines, as on a server."""
    name = f"{path}/{file_name}".encode()
    return b"@" + (name if len(name) <= _CHUNK_NAME_SIZE else b"..." + name[3 - _CHUNK_NAME_SIZE :])


class Machine:
    """A Lua state with one module loaded."""

    def __init__(self, path: str, module: str, sources: Mapping[str, bytes], limit: float) -> None:
        """Load a module.

        Args:
            path: directory that error positions name.
            module: the module's name, without ``.lua``.
            sources: text of all modules by file name; they may require each other.
            limit: seconds that loading may take.

        Raises:
            LuaMissingError: lupa is not installed.
            ModuleUnusableError: the module does not exist, or its code fails.
        """

        def find_source(name: Any) -> Any:
            file_name = name.decode(errors="replace") + ".lua" if isinstance(name, bytes) else ""
            found = sources.get(file_name)
            return None if found is None else (found, chunk_name(path, file_name))

        self._lupa, self._runtime, self._host = _new_state(find_source)
        self.broken = False
        """The state ran out of time or memory and must not be used again."""
        source = sources.get(f"{module}.lua")
        if source is None:
            msg = f"there is no module {module}"
            raise ModuleUnusableError(msg)
        try:
            loaded = self._host[b"load"](source, chunk_name(path, f"{module}.lua"), limit)
        except self._lupa.LuaError as error:
            raise ModuleUnusableError(str(error)) from None
        if isinstance(loaded, tuple):
            raise ModuleUnusableError(repr(loaded[1]))
        self._environment = loaded

    def call(
        self,
        function: str,
        facts: RecordFacts,
        bins: Mapping[bytes, Any],
        arguments: Sequence[Any],
        *,
        limit: float,
        now: int,
    ) -> Outcome:
        """Run a function on a record.

        Args:
            function: its name.
            facts: about the record.
            bins: name to value.
            arguments: what follows the record.
            limit: seconds that it may take.
            now: milliseconds since 2010.

        Raises:
            ArgumentUnusableError: a bin or an argument has no counterpart in Lua.
            LuaFailedError: the function does not exist, raised an error, or took too long.
            ValueUnusableError: what it returned or stored cannot leave Lua.
        """
        try:
            subject = self._subject(facts, bins)
            given = self._runtime.table()
            for place, argument in enumerate(arguments, 1):
                given[place] = self._to_lua(argument, 0)
            good, value = self._host[b"call"](
                self._environment, function.encode(), subject, given, len(arguments), limit, now
            )
            outcome = self._host[b"outcome"](subject)
            self._write_log(outcome[8])
            if not good:
                raise LuaFailedError(value if isinstance(value, bytes) else None)
            return self._outcome(value, outcome)
        except self._lupa.LuaMemoryError:
            self.broken = True
            raise LuaFailedError(b"not enough memory") from None
        except self._lupa.LuaError as error:
            # An error outside the guarded call: the time limit struck again on its way out.
            self.broken = True
            raise LuaFailedError(str(error).partition("\nstack traceback:")[0].encode()) from None

    def _subject(self, facts: RecordFacts, bins: Mapping[bytes, Any]) -> Any:
        table = self._runtime.table()
        table[b"exists"] = facts.exists
        table[b"gen"] = facts.generation
        table[b"ttl"] = facts.ttl
        table[b"key"] = self._to_lua(facts.key, 0)
        table[b"setname"] = facts.set
        table[b"digest"] = facts.digest
        table[b"last_update_time"] = facts.last_update
        table[b"size"] = facts.size
        names, values = self._runtime.table(), self._runtime.table()
        for place, (name, value) in enumerate(bins.items(), 1):
            names[place] = name
            values[place] = self._to_lua(value, 0)
        return self._host[b"new_record"](table, names, values, len(bins))

    def _outcome(self, value: Any, outcome: Any) -> Outcome:
        code, updated, names, count, bins, changed, ttl, key_dropped, _ = outcome
        stored: dict[bytes, Any | None] = {}
        if updated and not code:
            for place in range(1, count + 1):
                name = names[place]
                stored[name] = self._from_lua(bins[name], 0) if changed[name] else None
        return Outcome(self._from_lua(value, 0), code, bool(updated), stored, ttl, bool(key_dropped))

    def _write_log(self, lines: Any) -> None:
        for line in lines.values():
            log.log(_LEVELS.get(line[1], logging.INFO), "%s", line[2].decode(errors="replace"))

    def _to_lua(self, value: Any, depth: int) -> Any:
        if value is None or isinstance(value, bool | float):
            return value
        if isinstance(value, int):
            return int(value)
        if isinstance(value, GeoJSON):
            return self._host[b"make_opaque"](value.encode(errors="surrogateescape"), Particle.GEOJSON.value)
        if isinstance(value, HyperLogLog):
            return self._host[b"make_opaque"](bytes(value), Particle.HLL.value)
        if isinstance(value, str):
            return value.encode(errors="surrogateescape")
        if isinstance(value, bytes | bytearray):
            return self._host[b"make_bytes"](bytes(value), Particle.BLOB.value)
        if isinstance(value, RawParticle):
            return self._host[b"make_opaque"](value.data, value.type)
        if depth > msgpack.MAX_DEPTH:
            msg = "a value is nested too deep"
            raise ArgumentUnusableError(msg)
        if isinstance(value, list):
            items = self._runtime.table()
            for place, item in enumerate(value, 1):
                items[place] = self._to_lua(item, depth + 1)
            return self._host[b"make_list"](items, len(value))
        if isinstance(value, dict):
            return self._map_to_lua(value, depth)
        msg = f"a {type(value).__name__} has no counterpart in Lua"
        raise ArgumentUnusableError(msg)

    def _map_to_lua(self, value: dict[Any, Any], depth: int) -> Any:
        keys, values = self._runtime.table(), self._runtime.table()
        for place, (key, item) in enumerate(value.items(), 1):
            if not isinstance(key, int | str | bytes):
                msg = f"a map key of type {type(key).__name__} has no counterpart in Lua"
                raise ArgumentUnusableError(msg)
            keys[place] = self._to_lua(key, depth + 1)
            values[place] = self._to_lua(item, depth + 1)
        return self._host[b"make_map"](keys, values, len(value), isinstance(value, KeyOrderedDict))

    def _from_lua(self, value: Any, depth: int) -> Any:
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, bytes):
            return _text(value)
        if depth > msgpack.MAX_DEPTH:
            msg = "a value is nested too deep"
            raise ValueUnusableError(msg)
        kind, *parts = _as_tuple(self._host[b"inspect"](value))
        if kind == b"list":
            items, count = parts
            return [self._from_lua(items[place], depth + 1) for place in range(1, count + 1)]
        if kind == b"map":
            return self._map_from_lua(parts, depth)
        if kind == b"bytes":
            return _particle(parts[0], parts[1], Particle.BLOB)
        if kind == b"opaque":
            return _particle(parts[0], parts[1], None)
        return None

    def _map_from_lua(self, parts: Sequence[Any], depth: int) -> dict[Any, Any]:
        keys, count, values, ordered = parts
        result: dict[Any, Any] = KeyOrderedDict() if ordered else {}
        for place in range(1, count + 1):
            key = self._from_lua(keys[place], depth + 1)
            if not isinstance(key, int | str | bytes):
                msg = f"a {type(key).__name__} cannot be a map key"
                raise ValueUnusableError(msg)
            result[key] = self._from_lua(values[place], depth + 1)
        return result


def _as_tuple(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def _text(data: bytes) -> str | RawParticle:
    # Strings that are not UTF-8 are kept as they are; Python text could not carry them.
    try:
        return data.decode()
    except UnicodeDecodeError:
        return RawParticle(Particle.STRING, data)


def _particle(data: bytes, kind: int, plain: int | None) -> bytes | RawParticle:
    return data if kind == plain else RawParticle(kind, data)
