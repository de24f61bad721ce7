"""A Lua state with one module loaded: functions on records and on streams."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

import attrs

from aerospike_wire.lua.bridge import MAX_SIZE, TENTATIVE_SIZE, Bridge, TooLargeError
from aerospike_wire.lua.errors import LuaFailedError, ModuleUnusableError, TimeUpError
from aerospike_wire.lua.state import CALL_LIMIT, State, chunk_name, is_time_up

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

_LEVELS: Final = {1: logging.WARNING, 2: logging.INFO, 3: logging.DEBUG, 4: logging.DEBUG}

log: Final = logging.getLogger(__name__)


@attrs.frozen
class RecordFacts:
    """What a function can learn about its record."""

    exists: bool
    digest: bytes
    generation: int = 0
    ttl: int = 0
    """Seconds that are left."""
    set: bytes | None = None
    """This, the key and the size are also those of a record that the function creates."""
    key: Any = None
    last_update: int = 0
    """Milliseconds since 2010."""
    size: int = 0
    """Bytes of all bins."""


@attrs.frozen
class Subject:
    """A record as functions get it: facts, the names of its bins in order, and their values when they are asked for."""

    facts: RecordFacts
    bins: Sequence[bytes]
    fetch: Callable[[bytes], Any]
    """The value of one of the bins, as a value of Python."""


@attrs.frozen
class Outcome:
    """What a function did with its record."""

    value: Any
    """What it returned."""
    code: int
    """0, or the result code of an update that could not be carried out."""
    updated: bool
    """The record was created, updated or removed."""
    bins: dict[bytes, Any | None]
    """All bins in order; None for those that did not change."""
    ttl: int | None = None
    """What ``record.set_ttl`` was last called with."""
    key_dropped: bool = False


class Machine:
    """A Lua state with one module loaded. One thread at a time may use it."""

    def __init__(
        self,
        path: str,
        module: str,
        sources: Mapping[str, bytes],
        limit: float = CALL_LIMIT,
        *,
        tentative: bool = False,
    ) -> None:
        """Load a module.

        Args:
            path: directory that error positions name.
            module: the module's name, without ``.lua``.
            sources: text of all modules by file name; they may require each other.
            limit: seconds that loading may take.
            tentative: fail with TimeUpError where the limit is too short.

        Raises:
            LuaMissingError: lupa is not installed.
            TimeUpError: loading takes longer, and is ``tentative``.
            ModuleUnusableError: the module does not exist, or its code fails.
        """

        def find_source(name: Any) -> Any:
            file_name = name.decode(errors="replace") + ".lua" if isinstance(name, bytes) else ""
            found = sources.get(file_name)
            return None if found is None else (found, chunk_name(path, file_name))

        def packed_size(value: Any) -> int | None:
            # The bridge needs the state, and the state this.
            return self._bridge.packed_size(value)

        self._state = State(path, find_source, packed_size)
        self._host = self._state.host
        self._bridge = Bridge(self._state)
        self.broken = False
        """The state ran out of time or memory and must not be used again."""
        source = sources.get(f"{module}.lua")
        if source is None:
            msg = f"there is no module {module}"
            raise ModuleUnusableError(msg)
        try:
            loaded = self._host[b"load"](source, chunk_name(path, f"{module}.lua"), limit, tentative)
        except self._state.lupa.LuaError as error:
            if tentative and is_time_up(error):
                raise TimeUpError(None) from None
            raise ModuleUnusableError(str(error)) from None
        if tentative and self._host[b"is_overdue"]():
            raise TimeUpError(None)
        if isinstance(loaded, tuple):
            problem = loaded[1]
            text = problem.decode(errors="replace") if isinstance(problem, bytes) else repr(problem)
            raise ModuleUnusableError(text)
        self._environment = loaded

    def call(
        self,
        function: str,
        subject: Subject,
        arguments: Sequence[Any],
        *,
        limit: float = CALL_LIMIT,
        now: int = 0,
        tentative: bool = False,
    ) -> Outcome:
        """Run a function on a record.

        Args:
            function: its name.
            subject: the record.
            arguments: what follows the record.
            limit: seconds that it may take.
            now: milliseconds since 1970, for ``aerospike:get_current_time``.
            tentative: fail with TimeUpError where the limit is too short, whatever the code
                catches, and log nothing; the machine is broken then.

        Raises:
            ArgumentUnusableError: an argument has no counterpart in Lua.
            TimeUpError: the function takes longer, and the call is ``tentative``.
            LuaFailedError: the function does not exist, raised an error, or took too long or
                too much memory.
            ValueUnusableError: what it returned or stored cannot leave Lua.
        """
        with _Guard(self, tentative=tentative):
            record = self._record(subject, read_only=False)
            given = self._bridge.items(arguments)
            good, value = self._host[b"call"](
                self._environment, _name(function), record, given, len(arguments), limit, now, tentative
            )
            if tentative and (self._host[b"is_overdue"]() or self._bridge.left < 0):
                self.broken = True
                raise TimeUpError(None)
            self._write_log()
            if not good:
                raise LuaFailedError(value if isinstance(value, bytes) else self._said(value))
            return self._outcome(value, self._host[b"outcome"](record))

    def aggregate(
        self,
        function: str,
        subjects: Iterable[Subject],
        arguments: Sequence[Any],
        write: Callable[[Any], None],
        *,
        limit: float = CALL_LIMIT,
        now: int = 0,
    ) -> None:
        """Run the node's half of a stream function: all up to and including its first reduce.

        Args:
            function: its name.
            subjects: the records; functions can read them, not change them.
            arguments: what follows the stream.
            write: takes each result.
            limit: seconds that all of it may take.
            now: milliseconds since 1970.

        Raises:
            ArgumentUnusableError: an argument has no counterpart in Lua.
            LuaFailedError: as for :meth:`call`.
            ValueUnusableError: a result cannot leave Lua.
        """
        source = iter(subjects)

        def read() -> Any:
            subject = next(source, None)
            return None if subject is None else self._record(subject, read_only=True)

        self._stream(function, read, write, arguments, limit, now, for_client=False)

    def reduce(
        self,
        function: str,
        values: Iterable[Any],
        arguments: Sequence[Any],
        write: Callable[[Any], None],
        *,
        limit: float = CALL_LIMIT,
        now: int = 0,
    ) -> None:
        """Run the client's half of a stream function: its first reduce and all that follows it.

        Args:
            function: its name.
            values: what the nodes sent.
            arguments: what follows the stream.
            write: takes each result.
            limit: seconds that all of it may take.
            now: milliseconds since 1970.

        Raises:
            ArgumentUnusableError: an argument or a value has no counterpart in Lua.
            LuaFailedError: as for :meth:`call`.
            ValueUnusableError: a result cannot leave Lua.
        """
        source = iter(values)

        def read() -> Any:
            return self._bridge.into_lua(next(source, None))

        self._stream(function, read, write, arguments, limit, now, for_client=True)

    def _stream(
        self,
        function: str,
        read: Callable[[], Any],
        write: Callable[[Any], None],
        arguments: Sequence[Any],
        limit: float,
        now: int,
        *,
        for_client: bool,
    ) -> None:
        bridge = self._bridge

        def give(value: Any) -> None:
            bridge.left = MAX_SIZE  # of each result, however many there are
            write(bridge.from_lua(value))

        with _Guard(self):
            given = bridge.items(arguments)
            found = self._host[b"stream"](
                self._environment,
                _name(function),
                for_client,
                read,
                give,
                given,
                len(arguments),
                limit,
                now,
            )
            self._write_log()
            good, problem = found if isinstance(found, tuple) else (found, None)
            if not good:
                if isinstance(problem, Exception):
                    # What a callback of the host raised passes through Lua as it is.
                    raise problem
                raise LuaFailedError(problem if isinstance(problem, bytes) else None)

    def _said(self, problem: object) -> bytes | None:
        """The text of an error of Lua that passed through a callback of the host."""
        if not isinstance(problem, self._state.lupa.LuaError):
            return None
        return str(problem).partition("\nstack traceback:")[0].encode()

    def _record(self, subject: Subject, *, read_only: bool) -> Any:
        facts = subject.facts
        table = self._state.runtime.table()
        table[b"exists"] = facts.exists
        table[b"gen"] = facts.generation
        table[b"ttl"] = facts.ttl
        table[b"key"] = self._bridge.into_lua(facts.key)
        table[b"setname"] = facts.set
        table[b"digest"] = facts.digest
        table[b"last_update_time"] = facts.last_update
        table[b"size"] = table[b"memory_size"] = facts.size
        names = self._state.runtime.table()
        for place, name in enumerate(subject.bins, 1):
            names[place] = name

        def fetch(name: bytes) -> Any:
            return self._bridge.into_lua(subject.fetch(name))

        return self._host[b"make_record"](table, names, len(subject.bins), fetch, read_only)

    def _outcome(self, value: Any, outcome: Any) -> Outcome:
        code, updated, names, count, changed, ttl, key_dropped = outcome
        stored: dict[bytes, Any | None] = {}
        if updated and not code:
            for place in range(1, count + 1):
                name = names[place]
                found = changed[name]
                stored[name] = None if found is None else self._bridge.from_lua(found)
        return Outcome(self._bridge.from_lua(value), code, bool(updated), stored, ttl, bool(key_dropped))

    def _write_log(self) -> None:
        for line in self._host[b"logged"]().values():
            log.log(_LEVELS.get(line[1], logging.INFO), "%s", line[2].decode(errors="replace"))


class _Guard:
    """Turns what breaks a state into failures, and marks the machine that it broke."""

    def __init__(self, machine: Machine, *, tentative: bool = False) -> None:
        self._machine = machine
        self._tentative = tentative
        machine._bridge.left = TENTATIVE_SIZE if tentative else MAX_SIZE  # noqa: SLF001  a part of it

    def __enter__(self) -> None:
        """Nothing to do."""

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        """Translate errors of Lua that no guarded call caught."""
        machine = self._machine
        lupa = machine._state.lupa  # noqa: SLF001  a part of it
        if isinstance(error, TooLargeError):
            if self._tentative:
                raise TimeUpError(None) from None
            raise LuaFailedError(b"not enough memory") from None
        if isinstance(error, lupa.LuaMemoryError):
            machine.broken = True
            raise LuaFailedError(b"not enough memory") from None
        if isinstance(error, lupa.LuaError):
            # An error outside the guarded call: the time limit struck again on its way out.
            machine.broken = True
            if self._tentative and is_time_up(error):
                raise TimeUpError(None) from None
            raise LuaFailedError(machine._said(error)) from None  # noqa: SLF001  as above


def _name(function: str) -> bytes:
    return function.encode(errors="surrogateescape")


def reduce(
    source: bytes,
    function: str,
    arguments: Sequence[Any],
    values: Iterable[Any],
    *,
    file_name: str = "aggregation.lua",
    sources: Mapping[str, bytes] | None = None,
    limit: float = CALL_LIMIT,
) -> list[Any]:
    """The client's half of an aggregation: the first reduce over what all nodes sent, and what follows it.

    A stream function that has no reduce leaves the client nothing to do: the values that the
    nodes sent are its results, in the order in which they came.

    Args:
        source: text of the module.
        function: name of the stream function.
        arguments: what follows the stream.
        values: what the nodes sent; taken one by one.
        file_name: the module's file name, which positions in error texts show.
        sources: other modules that it may require, by file name.
        limit: seconds that loading and reducing may take each.

    Returns:
        The results, in order.

    Raises:
        LuaMissingError: lupa is not installed.
        ModuleUnusableError: the module does not load.
        ArgumentUnusableError: an argument or a value has no counterpart in Lua.
        LuaFailedError: the function does not exist, raised an error, or took too long or too
            much memory.
        ValueUnusableError: a result cannot leave Lua.
    """
    known = {**(sources or {}), file_name: source}
    machine = Machine(".", file_name.removesuffix(".lua"), known, limit)
    results: list[Any] = []
    machine.reduce(function, values, arguments, results.append, limit=limit)
    return results
