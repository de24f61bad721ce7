"""A thread with an event loop, in which nodes live apart from the programs that use them."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

T = TypeVar("T")

_SLOW: Final = 5.0
"""Seconds."""


class LoopThread:
    """Runs an event loop until it is stopped."""

    def __init__(self, name: str) -> None:
        # Whatever the program uses for itself: nodes watch their listening sockets, which not all loops can.
        self._loop: asyncio.AbstractEventLoop = asyncio.SelectorEventLoop()
        # In debug mode loops complain of what takes long; a node may, at the cost of its clients only.
        self._loop.slow_callback_duration = _SLOW
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.get_loop().run_forever()

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop."""
        return self._loop

    def here(self) -> bool:
        """True in the thread itself."""
        return threading.current_thread() is self._thread

    def run(self, coroutine: Coroutine[object, object, T]) -> T:
        """Run a coroutine in the thread and wait for its result.

        Raises:
            RuntimeError: this is the thread itself, which cannot wait for itself.
        """
        if self.here():
            coroutine.close()
            msg = "this is the node's own thread"
            raise RuntimeError(msg)
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def call(self, function: Callable[..., T], *args: object) -> T:
        """Run a function in the thread and wait for its result.

        Raises:
            RuntimeError: this is the thread itself.
        """

        async def run() -> T:
            return function(*args)

        return self.run(run())

    def stop(self) -> None:
        """End the loop and the thread; tasks that are left are cancelled."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
