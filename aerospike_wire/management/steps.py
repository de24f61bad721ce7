"""A call of several requests: its hook, its clock, its failures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

from aerospike_wire.deadline import bound
from aerospike_wire.errors import ResultCode
from aerospike_wire.trouble import REFUSALS, Trouble, as_trouble

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aerospike_wire.cluster.node import Node
    from aerospike_wire.core import Core
    from aerospike_wire.errors import ErrorMiddleware
    from aerospike_wire.facade import ErrorHook
    from aerospike_wire.proto.commands.base import Command

R = TypeVar("R")

_FIRST_PAUSE: Final = 0.005
_LONGEST_PAUSE: Final = 1.0
"""Seconds between two looks at something that is waited for; each is twice the one before."""
SPREAD: Final = 10.0
"""Seconds after which a change that a node took has reached every other node, or never will."""


class Steps:
    """One call of a user's that asks more than once."""

    __slots__ = ("_hook", "core", "errors", "started")

    def __init__(self, core: Core, hook: ErrorHook | None) -> None:
        self.core = core
        self.started = core.now()
        self.errors: ErrorMiddleware = core.errors
        self._hook = hook

    async def begin(self, command: Command[Any]) -> None:
        """Check the arguments and be connected, or fail; for calls that must know the nodes first."""
        core = self.core
        try:
            if self._hook is not None:
                self.errors = core.errors.with_hook(self._hook)
            command.prepare(core.policies)
            await core.ensure_connected(bound())
        except REFUSALS as error:
            trouble = as_trouble(error)
        else:
            return
        self.fail(trouble, command)

    async def ask(self, command: Command[R]) -> R:
        """One request, with everything that belongs to one."""
        return await self.core.execute(command, self._hook)

    def nodes(self) -> list[Node]:
        """The nodes in use, by name."""
        return sorted(self.core.cluster.active(), key=lambda node: node.name)

    def waited(self) -> float:
        """Seconds since the call began."""
        return self.core.now() - self.started

    async def until(self, done: Callable[[], Awaitable[bool]], command: Command[Any], what: str) -> None:
        """Look again and again until something is done.

        Args:
            done: looks once.
            command: what is waited for, for the error.
            what: the same in words.

        Raises:
            TimeoutError: a deadline of the caller's passed; see :mod:`aerospike_wire.deadline`.
        """
        pause = _FIRST_PAUSE
        while not await done():
            limit = bound()
            if limit is not None and self.core.now() + pause >= limit:
                words = f"{what} after {self.waited():.1f} s, when the deadline passed"
                self.fail(Trouble(ResultCode.TIMEOUT, words, final=True), command)
            await self.core.runtime.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def fail(self, trouble: Trouble, command: Command[Any]) -> NoReturn:
        """Raise for the call; nothing is in doubt, for whatever was sent was answered."""
        self.core.fail(trouble, [], self.started, command.context(), write=False, errors=self.errors)
