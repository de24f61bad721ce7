"""The two clients behind one face, so that each provocation is written once.

The functions of the catalogue are coroutines that await every call. On the blocking
client a call has been carried out before it is awaited, so the coroutine never suspends.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from aerospike_wire.aio import AsyncClient
from aerospike_wire.errors import AerospikeError
from aerospike_wire.sync import Client
from aerospike_wire.transport import blocking

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Generator
    from contextlib import AbstractAsyncContextManager

T = TypeVar("T")

_POLL = 0.001
"""Seconds between looks at whether a call that runs beside has got where it should be."""


class Side(Protocol):
    """One of the clients, and how coroutines run that use it."""

    name: str
    """Name of the client's class."""
    prefix: str
    """What a call begins with in a program."""

    def client(self, hosts: Any, settings: dict[str, Any]) -> Any:
        """A client whose calls can be awaited."""

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end."""

    def beside(
        self, work: Callable[[], Awaitable[Any]], until: Callable[[], bool]
    ) -> AbstractAsyncContextManager[None]:
        """Have a call under way meanwhile; it may fail as it likes."""


class AsyncSide:
    """AsyncClient."""

    name = AsyncClient.__name__
    prefix = "await "

    def client(self, hosts: Any, settings: dict[str, Any]) -> AsyncClient:
        """The client itself."""
        return AsyncClient(hosts, **settings)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """In an event loop of its own."""
        return asyncio.run(work)

    @contextlib.asynccontextmanager
    async def beside(self, work: Callable[[], Awaitable[Any]], until: Callable[[], bool]) -> AsyncIterator[None]:
        """As a task."""
        task = asyncio.ensure_future(_quietly(work))
        try:
            while not (until() or task.done()):  # noqa: ASYNC110  it is another thread that gets there
                await asyncio.sleep(_POLL)
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])


class BlockingSide:
    """Client."""

    name = Client.__name__
    prefix = ""

    def client(self, hosts: Any, settings: dict[str, Any]) -> Done:
        """The client, wrapped."""
        return Done(Client(hosts, **settings))

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """At once, for it never suspends."""
        return blocking.run(work)

    @contextlib.asynccontextmanager
    async def beside(self, work: Callable[[], Awaitable[Any]], until: Callable[[], bool]) -> AsyncIterator[None]:
        """In a thread."""
        thread = threading.Thread(target=lambda: blocking.run(_quietly(work)), daemon=True)
        thread.start()
        try:
            while thread.is_alive() and not until():
                time.sleep(_POLL)  # noqa: ASYNC251  no event loop runs on this side
            yield
        finally:
            thread.join()


async def _quietly(work: Callable[[], Awaitable[Any]]) -> None:
    with contextlib.suppress(AerospikeError):
        await work()


class Done:
    """A result that is there already, behind ``await``; methods of it give such results."""

    __slots__ = ("_result",)

    def __init__(self, result: Any) -> None:
        self._result = result

    def __getattr__(self, name: str) -> Callable[..., Done]:
        method = getattr(self._result, name)

        def call(*args: Any, **kwargs: Any) -> Done:
            return Done(method(*args, **kwargs))

        return call

    def __await__(self) -> Generator[Any, None, Any]:
        yield from ()
        return self._result


SIDES: tuple[Side, ...] = (AsyncSide(), BlockingSide())
