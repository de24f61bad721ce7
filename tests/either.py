"""Both clients behind one face, so that a behaviour test is written once."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from aerospike_wire import AsyncClient, Client

if TYPE_CHECKING:
    from collections.abc import Callable

CLIENTS = {"async": AsyncClient, "sync": Client}


class Either:
    """One of the two clients behind one face, so that a behaviour test is written once.

    Every method is awaited; on the blocking client it has finished by then. Attributes
    that are no calls to the server, such as ``with_error_hook``, work as they are.
    """

    def __init__(self, client: Any) -> None:
        self.client = client

    @property
    def kind(self) -> str:
        """``async`` or ``sync``."""
        return "async" if isinstance(self.client, AsyncClient) else "sync"

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.client, name)
        twin = getattr(AsyncClient, name, None)
        if name == "with_error_hook":
            return lambda *args, **kwargs: Either(found(*args, **kwargs))
        if name in {"query", "scan"}:
            return lambda *args, **kwargs: _Query(found(*args, **kwargs))
        if inspect.iscoroutinefunction(twin):
            return _awaitable(found)
        return found


class _Query:
    """A query or scan; iterating over it with ``async for`` works for both kinds."""

    _RUNNING = frozenset({"results", "foreach", "execute_background", "wait"})

    def __init__(self, query: Any) -> None:
        self.query = query

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.query, name)
        if name in self._RUNNING:
            return _awaitable(found)
        if not callable(found):
            return found

        def call(*args: Any, **kwargs: Any) -> Any:
            result = found(*args, **kwargs)
            if result is self.query:
                return self
            return _Stream(result) if name == "records" else result

        return call

    def __aiter__(self) -> _Stream:
        return self.records()  # type: ignore[no-any-return]


class _Stream:
    """The records of either kind of query; one that is dropped drops the client's own."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream

    def __aiter__(self) -> _Stream:
        return self

    async def __anext__(self) -> Any:
        if hasattr(self.stream, "__anext__"):
            return await self.stream.__anext__()
        try:
            return next(self.stream)
        except StopIteration:
            raise StopAsyncIteration from None

    def cursor(self) -> dict[str, Any]:
        return self.stream.cursor()  # type: ignore[no-any-return]

    def close(self) -> None:
        self.stream.close()


def _awaitable(method: Callable[..., Any]) -> Callable[..., Any]:
    async def call(*args: Any, **kwargs: Any) -> Any:
        result = method(*args, **kwargs)
        return await result if inspect.isawaitable(result) else result

    return call
