"""Long work in small steps, so that a node goes on answering others meanwhile.

Such work is a generator. Between two steps it yields what it waits for; whoever runs it, a
connection or :func:`run`, comes back when that is over.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, Final

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future


@attrs.frozen
class Delay:
    """Let others have their turn, and come back after a while."""

    seconds: float = 0.0


@attrs.frozen
class Until:
    """Come back when a thread has done its part."""

    future: Future[Any]


Turn = Delay | Until
NEXT: Final = Delay()
"""Let others have their turn."""


def arm(loop: asyncio.AbstractEventLoop, turn: Turn, resume: Callable[[], None]) -> Callable[[], object]:
    """Call a function when a wait is over.

    Args:
        loop: the node's loop.
        turn: what to wait for.
        resume: is called in the loop.

    Returns:
        What ends the wait.
    """
    if isinstance(turn, Delay):
        handle = loop.call_later(turn.seconds, resume) if turn.seconds else loop.call_soon(resume)
        return handle.cancel
    waiting = True

    def back() -> None:
        if waiting:
            resume()

    def done(_future: Future[Any]) -> None:
        # The node may have been stopped meanwhile, and its loop with it.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(back)

    def forget() -> None:
        nonlocal waiting
        waiting = False

    turn.future.add_done_callback(done)
    return forget


def run(work: Iterator[Turn]) -> None:
    """Run work in the background: its first step now, the others in turn with all else.

    Outside of an event loop, where nobody waits for a turn, it is run to its end.
    """
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        for turn in work:
            if isinstance(turn, Until):
                turn.future.exception()
        return

    def step() -> None:
        turn = next(work, None)
        if turn is not None:
            arm(loop, turn, step)

    step()
