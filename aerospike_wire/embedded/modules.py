"""Registered Lua modules, and where their functions run.

A function is first tried where the node does everything, for a moment: most are done by
then. One that is not is begun anew in a thread, so that the node goes on answering others
whatever the function does. :class:`Unfinished` tells whoever asked for it to come back.
"""

from __future__ import annotations

import asyncio
import base64
import concurrent.futures
import contextlib
import functools
import hashlib
import json
import time
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

import attrs

from aerospike_wire import lua

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

PATH: Final = "/opt/aerospike/usr/udf/lua"
"""Where a server keeps modules; positions in error texts name it."""
MOMENT: Final = 0.02
"""Seconds that a function may take before it has to go on in a thread."""
THREADS: Final = 8
"""Functions that run at once in threads; others wait for one of them to end."""

_GRACE: Final = 4.0
"""Seconds that a function may wait for a thread, or overstay inside a function of C."""
_KEPT: Final = 30.0
"""Seconds after which the results of those who did not come back are thrown away."""


class Unfinished(Exception):
    """A function goes on in a thread. To do the same once more when it is done gives its result."""

    def __init__(self, future: concurrent.futures.Future[Any], seconds: float) -> None:
        super().__init__(future)
        self.future = future
        self.seconds = seconds
        """After so long nobody needs to come back: it did not end, or never got a thread."""


class Attempt(Protocol[T_co]):
    """Runs Lua code within a number of seconds, tentatively or not."""

    def __call__(self, seconds: float, *, tentative: bool) -> T_co:
        """Run it."""


class Work(Protocol[T_co]):
    """The same in a machine that it is given. It must not touch anything of the node's."""

    def __call__(self, machine: lua.Machine, seconds: float, *, tentative: bool) -> T_co:
        """Run it."""


@attrs.define
class Modules:
    """The Lua modules that were registered."""

    sources: dict[str, bytes] = attrs.field(factory=dict)
    """File name to text."""
    path: str = PATH
    """The directory that positions in error texts name."""
    time_limit: float = 1.0
    """Seconds that one call may take at most; a shorter time that the client asked for counts."""
    _machines: dict[str, lua.Machine] = attrs.field(factory=dict, init=False, repr=False, eq=False)
    _idle: dict[str, list[lua.Machine]] = attrs.field(factory=dict, init=False, repr=False, eq=False)
    """Machines for threads."""
    _slow: set[Hashable] = attrs.field(factory=set, init=False, repr=False, eq=False)
    """What took longer than a moment before and is not tried again."""
    _runs: dict[Hashable, tuple[float, concurrent.futures.Future[Any]]] = attrs.field(
        factory=dict, init=False, repr=False, eq=False
    )
    """What goes on in threads, or is done there and not yet asked for."""
    _executor: concurrent.futures.Executor | None = attrs.field(default=None, init=False, repr=False, eq=False)
    _waits: bool = attrs.field(default=False, init=False, repr=False, eq=False)

    def register(self, file_name: str, source: bytes) -> None:
        """Add or replace a module."""
        self.sources[file_name] = source
        self.clear()

    def remove(self, file_name: str) -> None:
        """Forget a module; one that is not there is no error."""
        self.sources.pop(file_name, None)
        self.clear()

    def hash_of(self, file_name: str) -> str:
        """The hash that servers list a module with: SHA-1 of the metadata they keep of it."""
        content = base64.b64encode(self.sources[file_name]).decode()
        kept = json.dumps({"content64": content, "type": "LUA", "name": file_name})
        return hashlib.sha1(kept.encode(), usedforsecurity=False).hexdigest()

    def clear(self) -> None:
        """Drop all Lua states; the next calls make new ones."""
        self._machines, self._idle, self._slow, self._runs = {}, {}, set(), {}

    def problem(self, source: bytes, file_name: str) -> lua.SourceError | None:
        """What is wrong with a module's text.

        Raises:
            Unfinished: its top level takes long.
        """
        look = functools.partial(lua.source_error, source, file_name, self.path)
        return self._done(file_name, lambda: (file_name, source), self.time_limit, look, look)

    def call(
        self,
        module: str,
        function: str,
        work: Work[T],
        state: Callable[[], Hashable],
        limit: float,
    ) -> T:
        """Run a function.

        Args:
            module: the module's name.
            function: the function's name.
            work: runs it.
            state: all that the result depends on. What was done in a thread counts for a call
                of the same function in the same state.
            limit: seconds that it may take.

        Raises:
            Unfinished: it goes on in a thread.
            LuaMissingError: lupa is not installed.
            ModuleUnusableError: the module is not registered, or its code fails.
        """
        machines, sources = self._machines, dict(self.sources)
        idle = self._idle.setdefault(module, [])

        def machine(*, tentative: bool) -> lua.Machine:
            seconds = MOMENT if tentative else self.time_limit
            return lua.Machine(self.path, module, sources, seconds, tentative=tentative)

        def here(seconds: float, *, tentative: bool) -> T:
            # Kept from call to call, as on a server.
            found = machines.get(module)
            if found is None:
                found = machines[module] = machine(tentative=tentative)
            try:
                return work(found, seconds, tentative=tentative)
            finally:
                if found.broken:
                    machines.pop(module, None)

        def there(seconds: float, *, tentative: bool) -> T:
            found = idle.pop() if idle else machine(tentative=tentative)
            try:
                return work(found, seconds, tentative=tentative)
            finally:
                if not found.broken:
                    idle.append(found)

        return self._done((module, function), lambda: (module, function, state()), limit, here, there)

    @contextlib.contextmanager
    def at_once(self) -> Iterator[None]:
        """Within the block functions run to their end, whoever has to wait."""
        self._waits = True
        try:
            yield
        finally:
            self._waits = False

    def _done(
        self,
        what: Hashable,
        key_of: Callable[[], Hashable],
        limit: float,
        here: Attempt[T],
        there: Attempt[T],
    ) -> T:
        if self._waits or not _others_wait():
            return here(limit, tentative=False)
        if what not in self._slow:
            try:
                return here(min(limit, MOMENT), tentative=True)
            except lua.TimeUpError:
                self._slow.add(what)
        key = key_of()
        begun, future = self._runs.get(key, (0.0, None))
        if future is None:
            begun = time.monotonic()
            self._forget(begun - _KEPT)
            future = self._threads().submit(there, limit, tentative=False)
            self._runs[key] = begun, future
        if not future.done():
            raise Unfinished(future, self.time_limit + _GRACE)
        del self._runs[key]
        found: T = future.result()
        return found

    def _forget(self, before: float) -> None:
        for key, (begun, future) in tuple(self._runs.items()):
            if begun < before and future.done():
                del self._runs[key]

    def _threads(self) -> concurrent.futures.Executor:
        if self._executor is None:
            self._executor = concurrent.futures.ThreadPoolExecutor(THREADS, "aerospike-udf")
        return self._executor


def _others_wait() -> bool:
    """Whether this is an event loop, in which others wait for their turn."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
