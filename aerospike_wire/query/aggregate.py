"""Aggregations: stream functions on every node, and the last reduce here (protocol section 5.7).

What the nodes send cannot be taken up half way. So nothing is given before all of them have
sent everything, and a round in which one fails is begun anew as a whole.
"""

from __future__ import annotations

import pathlib
import re
import secrets
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeAlias

from aerospike_wire import lua
from aerospike_wire.errors import ParamError, ProtocolError, ResultCode
from aerospike_wire.errors.udf import udf_hint
from aerospike_wire.fanout import Fanout
from aerospike_wire.proto.commands.base import ServerWords
from aerospike_wire.proto.commands.query import ModuleText, Values
from aerospike_wire.proto.header import FrameType
from aerospike_wire.proto.invalid import InvalidArgument, Unreadable
from aerospike_wire.query.rules import RETRY_CODES, keeps, worth
from aerospike_wire.query.source import Source
from aerospike_wire.retries import Course
from aerospike_wire.transport import Call, LinkFailure
from aerospike_wire.trouble import Trouble, as_trouble, nonsense

if TYPE_CHECKING:
    from collections.abc import Callable

    from aerospike_wire.cluster.node import Node
    from aerospike_wire.core import Core
    from aerospike_wire.errors import Hook, HookMapping
    from aerospike_wire.policy import QueryPolicy
    from aerospike_wire.proto.commands.query import AggregateCommand
    from aerospike_wire.transport import Link

ModuleSource: TypeAlias = "str | bytes | pathlib.Path | None"
"""A module's text, or where its file is."""

REDUCE_LIMIT: Final = 60.0
"""Seconds that the last reduce may take if the policy says nothing."""
_REQUIRED: Final = re.compile(rb"""\brequire\s*\(?\s*["']([^"']+)["']""")
_WITHOUT_LUA: Final = (
    "the last step of an aggregation runs in Lua on this side, and this Python has none: install aerospike-wire[lua]"
)


def check_source(given: Any) -> None:
    """Refuse what is neither a module's text nor the path of its file.

    Raises:
        ParamError: it is something else.
    """
    if given is not None and not isinstance(given, str | bytes | pathlib.Path):
        raise ParamError.about("source", f"must be the module's text or a pathlib.Path, not {type(given).__name__}")


class Aggregation(Source):
    """One aggregation; its values come when all are there.

    Args:
        core: whose cluster is asked.
        command: the query.
        source: the module for this side; None to ask the cluster for it.
        hook: one more error hook.
    """

    def __init__(
        self,
        core: Core,
        command: AggregateCommand,
        source: ModuleSource,
        hook: Hook | HookMapping | None = None,
    ) -> None:
        super().__init__(core)
        self._command = command
        self._source = source
        self._fan = Fanout(core, hook)
        self._open: dict[int, tuple[Node, Link]] = {}
        """Links of nodes that are still sending."""

    async def more(self) -> list[Any]:
        """All values at the first call, none at the next.

        Raises:
            AerospikeError: the aggregation could not be completed.
        """
        if self.over:
            self.portion, self.taken = [], 0
            return []
        try:
            self.portion = self._opened(await self._run())
        finally:
            self._drop()
            self.over = True
        return self.portion

    def _opened(self, found: list[Any]) -> list[Any]:
        serializer = self._core.policies.serializer
        if serializer is None:
            return found
        try:
            return [serializer.opened(value, None) for value in found]
        except Unreadable as unreadable:
            trouble = as_trouble(unreadable)
        self._fail(trouble)

    def close(self) -> None:
        """Wait for no more: links whose answers are not complete are closed."""
        self._drop()
        self.over = True
        self.portion, self.taken = [], 0

    def cursor(self) -> dict[str, Any]:
        """There is none.

        Raises:
            ParamError: always.
        """
        raise ParamError("an aggregation gives its values when it has read everything: there is no cursor in it")

    def _drop(self) -> None:
        links, self._open = self._open, {}
        for node, link in links.values():
            node.pool.give_back(link, keep=False)

    def _fail(self, trouble: Trouble) -> NoReturn:
        self._drop()
        fan = self._fan
        self._core.fail(trouble, fan.attempts, fan.started, self._command.context(), write=False, errors=fan.errors)

    async def _run(self) -> list[Any]:
        policy: Any = await self._fan.prepare(self._command)
        if not lua.available():
            self._fail(Trouble(ResultCode.CLIENT, _WITHOUT_LUA, final=True))
        deadline = self._fan.deadline(policy)
        sources = await self._sources(policy)
        # Over nothing first: what is wrong with module, function or arguments is found before nodes work.
        await self._reduce(sources, [], deadline)
        course = Course()
        while True:
            answers, trouble = await self._round(policy, deadline)
            if trouble is None:
                break
            if not worth(trouble) or not await self._core.again(
                trouble, None, policy, 0, deadline, retry_codes=RETRY_CODES, course=course
            ):
                self._fail(trouble)
        if not any(answer.known for answer in answers):
            return []
        values = [value for answer in answers for value in answer.found]
        return await self._reduce(sources, values, deadline)

    # The nodes' half

    async def _round(self, policy: QueryPolicy, deadline: float | None) -> tuple[list[Values], Trouble | None]:
        """Ask every node; what they sent, or what went wrong with one."""
        core, fan = self._core, self._fan
        nodes = core.cluster.active()
        if not nodes:
            return [], Trouble(ResultCode.CLUSTER, "no node of the cluster is connected")
        fan.begun = core.runtime.now()
        task_id = secrets.randbits(64) | 1
        silence = policy.socket_timeout / 1000 if policy.socket_timeout else None
        calls: list[tuple[Link, Call]] = []
        try:
            for node in nodes:
                try:
                    core.check_breaker(node)
                    link = await node.pool.lease(deadline)
                except (LinkFailure, Trouble) as error:
                    return [], self._note(as_trouble(error), node)
                self._open[len(calls)] = (node, link)
                request = self._command.request(node.features, task_id)
                calls.append((link, Call(request, FrameType.MESSAGE, None, deadline, silence)))
            return await self._read(calls)
        finally:
            self._drop()

    async def _read(self, calls: list[tuple[Link, Call]]) -> tuple[list[Values], Trouble | None]:
        answers = [Values() for _ in calls]
        frames = await self._core.runtime.stream(calls)
        try:
            while self._open:
                place, data = await frames.next()
                node, link = self._open[place]
                answer = answers[place]
                if isinstance(data, LinkFailure):
                    return [], self._note(as_trouble(data), node)
                try:
                    answer.feed(data)
                except ProtocolError as error:
                    return [], self._note(nonsense(error), node)
                if answer.code is None:
                    continue
                clean = frames.finish(place)
                del self._open[place]
                node.pool.give_back(link, keep=clean and answer.clean and keeps(answer.code, node))
                if answer.code:
                    trouble = Trouble(answer.code, sent=True, answered=True, words=answer.words)
                    return [], self._note(trouble, node)
        finally:
            frames.close()
        return answers, None

    def _note(self, trouble: Trouble, node: Node) -> Trouble:
        self._fan.attempts.append(self._core.attempt(trouble, node, self._fan.begun))
        self._core.retries.charge(trouble, node)
        return trouble

    # This side's half

    async def _sources(self, policy: QueryPolicy) -> dict[str, bytes]:
        """The module and those it requires, by file name."""
        function = self._command.statement.function
        assert function is not None
        first = f"{function.module}.lua"
        try:
            found = {first: await self._text(self._source, first, policy)}
            missing = _required(found[first]) - found.keys()
            while missing:
                name = missing.pop()
                try:
                    found[name] = await self._text(None, name, policy)
                except Trouble:
                    continue  # Lua says which one it lacks, if it comes to it
                missing |= _required(found[name]) - found.keys()
        except Trouble as error:
            trouble = as_trouble(error)
        else:
            return found
        self._fail(trouble)

    async def _text(self, given: ModuleSource, name: str, policy: QueryPolicy) -> bytes:
        if isinstance(given, bytes):
            return given
        if isinstance(given, str):
            try:
                return given.encode()
            except UnicodeEncodeError:
                raise Trouble(ResultCode.PARAM, "source must be text that UTF-8 can carry", argument="source",
                              final=True) from None  # fmt: skip
        if given is not None:
            try:
                return await self._core.runtime.compute(given.read_bytes)
            except OSError as error:
                words = f"the module's file cannot be read: {error}"
                raise Trouble(ResultCode.LUA_FILE_NOT_FOUND, words, final=True, cause=error) from error
        asked = ModuleText(None, name)
        node = self._core.cluster.any_node()
        if node is None:
            raise Trouble(ResultCode.CLUSTER, "no node of the cluster is connected")
        (trouble,) = await self._fan.round([(node, asked)], policy, self._fan.deadline(policy))
        if trouble is not None:
            raise trouble
        return asked.text

    async def _reduce(self, sources: dict[str, bytes], values: list[Any], deadline: float | None) -> list[Any]:
        function = self._command.statement.function
        assert function is not None
        first = f"{function.module}.lua"
        limit = REDUCE_LIMIT if deadline is None else max(0.01, deadline - self._core.runtime.now())

        def work() -> list[Any]:
            return lua.reduce(
                sources[first],
                function.name,
                function.sent(self._core.policies.serializer),
                values,
                file_name=first,
                sources=sources,
                limit=limit,
            )

        return await self._guarded(work)

    async def _guarded(self, work: Callable[[], list[Any]]) -> list[Any]:
        """Run Lua; what goes wrong in it is told as what goes wrong in a node's."""
        try:
            return await self._core.runtime.compute(work)
        except lua.LuaFailedError as error:
            text = "the function failed without a word" if error.text is None else error.text.decode(errors="replace")
            trouble = Trouble(ResultCode.UDF, words=ServerWords(text, 0, udf_hint(text)), final=True, cause=error)
        except (lua.ModuleUnusableError, lua.ValueUnusableError) as error:
            trouble = Trouble(ResultCode.UDF, str(error), final=True, cause=error)
        except lua.ArgumentUnusableError as error:
            trouble = as_trouble(InvalidArgument("arguments", f"cannot be handed to Lua: {error}"))
        self._fail(trouble)


def _required(text: bytes) -> set[str]:
    """File names of the modules that a module requires."""
    names = {name.decode(errors="replace") for name in _REQUIRED.findall(text)}
    return {f"{name}.lua" for name in names if name != "aerospike"}
