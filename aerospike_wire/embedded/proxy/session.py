"""One client behind the proxy, and its connection to the node."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections import deque
from typing import TYPE_CHECKING, Final

import attrs

from aerospike_wire.embedded import dispatch
from aerospike_wire.embedded.connection import GARBAGE
from aerospike_wire.embedded.faults import Fault
from aerospike_wire.embedded.proxy import addresses
from aerospike_wire.embedded.proxy.network import NetworkFault
from aerospike_wire.embedded.proxy.pipe import Conditions, Pipe
from aerospike_wire.embedded.proxy.replies import end_of
from aerospike_wire.errors import ProtocolError
from aerospike_wire.proto import compression, info
from aerospike_wire.proto.header import FRAME_HEADER_SIZE, FrameType, frame, frame_header, read_frame_header

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aerospike_wire.embedded.faults import Rule
    from aerospike_wire.embedded.proxy.door import Door
    from aerospike_wire.embedded.proxy.replies import Ends

_CHUNK: Final = 64 * 1024
_NO_LINGER: Final = struct.pack("ii", 1, 0)


@attrs.define(eq=False)
class Turn:
    """A request whose answer is due: from the node, or ready already."""

    ends: Ends | None = None
    """Tells the answer's last frame; None if nothing comes from the node."""
    change: Callable[[bytes], Awaitable[bytes]] | None = None
    """Makes of the whole answer what the client gets; None if it gets the frames as they come."""
    ready: bytes = b""
    """What the client gets, if nothing comes from the node."""
    close: bool = False
    """Whether the connection ends with it."""
    frames: list[bytes] = attrs.field(factory=list, init=False)


class Session:
    """A connection of a client, and one of its own to the node.

    Args:
        door: through which the client came.
        reader: what the client sends.
        writer: what it gets.
    """

    def __init__(self, door: Door, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._door = door
        self._reader = reader
        self._writer = writer
        self._loop = asyncio.get_running_loop()
        self._conditions = Conditions(door.network)
        self._turns: deque[Turn] = deque()
        self._raw = False
        """Whether the client speaks something else: then its bytes just pass."""
        self._upstream: asyncio.StreamWriter | None = None
        self._task = asyncio.current_task()
        self._timers: dict[object, asyncio.TimerHandle] = {}

    async def run(self) -> None:
        """Until one of the two has closed."""
        try:
            reader, upstream = await self._door.connect()
        except OSError:
            self.abort()
            return
        self._upstream = upstream
        try:
            to_server = Pipe(self._conditions, "server", upstream, self._end)
            to_client = Pipe(self._conditions, "client", self._writer, self._end)
            self.look()
            # Whichever side closes ends the connection, once what was under way has come through.
            work = [
                asyncio.ensure_future(part)
                for part in (
                    self._requests(to_server, to_client),
                    self._replies(reader, to_client),
                    to_server.run(),
                    to_client.run(),
                )
            ]
            try:
                await asyncio.wait(work[2:], return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in work:
                    task.cancel()
                await asyncio.gather(*work, return_exceptions=True)
        finally:
            for timer in self._timers.values():
                timer.cancel()
            upstream.close()
            self._writer.close()

    # Rules that do not wait for bytes

    def look(self) -> None:
        """Take notice of rules that came, or went."""
        for fault, end in ((NetworkFault.RESET, self.abort), (NetworkFault.TIMEOUT, self._end)):
            for rule in self._conditions.of(fault):
                if rule not in self._timers and (rule.milliseconds or fault is NetworkFault.RESET):

                    def due(rule: object = rule, end: Callable[[], None] = end) -> None:
                        if not rule.removed:  # type: ignore[attr-defined]  # a NetworkRule
                            end()

                    self._timers[rule] = self._loop.call_later(rule.milliseconds / 1000, due)

    def abort(self) -> None:
        """Reset both connections."""
        for writer in (self._writer, self._upstream):
            if writer is not None:
                found = writer.get_extra_info("socket")
                if found is not None:
                    with contextlib.suppress(OSError):
                        found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
                writer.transport.abort()
        self._end()

    def _end(self) -> None:
        if self._task is not None:
            self._task.cancel()

    # Requests

    async def _requests(self, to_server: Pipe, to_client: Pipe) -> None:
        try:
            while True:
                head = await self._reader.readexactly(FRAME_HEADER_SIZE)
                try:
                    kind, size = read_frame_header(head)
                except ProtocolError:
                    self._raw = True
                    await to_server.put(head)
                    break
                body = await self._reader.readexactly(size)
                await self._request(kind, head + body, to_server, to_client)
            while data := await self._reader.read(_CHUNK):
                await to_server.put(data)
        except asyncio.IncompleteReadError as rest:
            if rest.partial:
                await to_server.put(rest.partial)
        except OSError:
            pass  # the client is gone
        await to_server.put(None)

    async def _request(self, kind: int, data: bytes, to_server: Pipe, to_client: Pipe) -> None:
        inner, body = kind, data[FRAME_HEADER_SIZE:]
        if kind == FrameType.COMPRESSED:
            try:
                inner, body = FrameType.MESSAGE, compression.inflated(body)
            except ProtocolError:
                inner = kind
        verdict = dispatch.judge(self._door.faults, inner, body)
        if verdict.lines:
            await self._lines(body, verdict.lines, to_server, to_client)
            return
        rule = verdict.rule
        if rule is not None and rule.fault is Fault.DELAY:
            await asyncio.sleep(rule.milliseconds / 1000)
            rule = None
        elif rule is not None and rule.fault is Fault.HANG:
            await self._hang(rule)
            rule = None
        if rule is None:
            change = self._rewrite if inner == FrameType.INFO and self._tells(body) else None
            await self._pass(Turn(end_of(inner, body), change), data, to_server)
            return
        await self._misbehave(rule, inner, body, data, to_server, to_client)

    async def _pass(self, turn: Turn, data: bytes, to_server: Pipe) -> None:
        self._turns.append(turn)
        await to_server.put(data)

    async def _misbehave(
        self, rule: Rule, kind: int, body: bytes, data: bytes, to_server: Pipe, to_client: Pipe
    ) -> None:
        close = rule.fault in (Fault.CLOSE, Fault.HALF_FRAME)
        needs_reply = rule.fault in (Fault.HALF_FRAME, Fault.WRONG_SIZE)
        if not rule.execute and not needs_reply:
            self._turns.append(Turn(ready=self._made(rule, kind, body, b""), close=close))
            await self._deliver(to_client)
            return

        async def change(reply: bytes) -> bytes:
            return self._made(rule, kind, body, reply)

        if not rule.execute:  # a wrong size over an answer that never was
            self._turns.append(Turn(ready=self._made(rule, kind, body, bytes(FRAME_HEADER_SIZE)), close=close))
            await self._deliver(to_client)
            return
        await self._pass(Turn(end_of(kind, body), change, close=close), data, to_server)

    @staticmethod
    def _made(rule: Rule, kind: int, body: bytes, reply: bytes) -> bytes:
        """What the client gets in place of a reply."""
        if rule.fault is Fault.ANSWER:
            return dispatch.refuse(kind, body, rule)
        if rule.fault is Fault.HALF_FRAME:
            return reply[: max(len(reply) // 2, 1)]
        if rule.fault is Fault.GARBAGE:
            return GARBAGE
        if rule.fault is Fault.WRONG_SIZE:
            return frame_header(kind, rule.size) + reply[FRAME_HEADER_SIZE:]
        return b""

    async def _hang(self, rule: Rule) -> None:
        removed = asyncio.Event()

        def tell() -> None:
            with contextlib.suppress(RuntimeError):  # the proxy has stopped meanwhile
                self._loop.call_soon_threadsafe(removed.set)

        if rule.when_removed(tell):
            try:
                await removed.wait()
            finally:
                rule.forget(tell)

    async def _lines(self, body: bytes, rules: dict[int, Rule], to_server: Pipe, to_client: Pipe) -> None:
        """An info request some of whose lines fail: the node is asked for the others."""
        lines = body.decode(errors="surrogateescape").split("\n")[:-1]
        asked = [line for number, line in enumerate(lines) if number not in rules or rules[number].execute]

        async def change(reply: bytes) -> bytes:
            answered = reply[FRAME_HEADER_SIZE:].decode(errors="surrogateescape").split("\n")[:-1]
            answers = dict(zip(asked, answered, strict=False))
            text = "".join(
                f"{line}\t{dispatch.refused_line(rules[number])}\n" if number in rules else f"{answers.get(line, '')}\n"
                for number, line in enumerate(lines)
            )
            return await self._rewrite(frame(FrameType.INFO, text.encode(errors="surrogateescape")))

        if asked:
            await self._pass(Turn(end_of(FrameType.INFO, body), change), info.request(asked), to_server)
        else:
            self._turns.append(Turn(ready=await change(bytes(FRAME_HEADER_SIZE))))
            await self._deliver(to_client)

    # Replies

    async def _replies(self, reader: asyncio.StreamReader, to_client: Pipe) -> None:
        try:
            while not self._raw:
                head = await reader.readexactly(FRAME_HEADER_SIZE)
                try:
                    kind, size = read_frame_header(head)
                except ProtocolError:
                    self._raw = True
                    await to_client.put(head)
                    break
                await self._reply(kind, head + await reader.readexactly(size), to_client)
            while data := await reader.read(_CHUNK):
                await to_client.put(data)
        except asyncio.IncompleteReadError as rest:
            if rest.partial:
                await to_client.put(rest.partial)
        except OSError:
            pass  # the node is gone
        await to_client.put(None)

    async def _reply(self, kind: int, data: bytes, to_client: Pipe) -> None:
        turn = self._turns[0] if self._turns else None
        if turn is None or turn.ends is None:
            await to_client.put(data)  # nobody has asked; the client will know what to do
            return
        if turn.change is None:
            await to_client.put(data)
        else:
            turn.frames.append(data)
        if turn.ends(kind, data[FRAME_HEADER_SIZE:]):
            self._turns.popleft()
            if turn.change is not None:
                await to_client.put(await turn.change(b"".join(turn.frames)))
            if turn.close:
                await to_client.put(None)
            await self._deliver(to_client)

    async def _deliver(self, to_client: Pipe) -> None:
        """Give the client what is ready, up to the next answer that the node still owes."""
        while self._turns and self._turns[0].ends is None:
            turn = self._turns.popleft()
            if turn.ready:
                await to_client.put(turn.ready)
            if turn.close:
                await to_client.put(None)

    # Addresses

    @staticmethod
    def _tells(body: bytes) -> bool:
        lines = body.decode(errors="surrogateescape").split("\n")
        return not body or any(addresses.tells_addresses(line) for line in lines)

    async def _rewrite(self, data: bytes) -> bytes:
        parts = []
        for line in data[FRAME_HEADER_SIZE:].decode(errors="surrogateescape").split("\n")[:-1]:
            command, tab, value = line.partition("\t")
            if tab:
                value = await addresses.rewritten(command, value, self._door.advertised, self._door.locate)
            parts.append(f"{command}{tab}{value}\n")
        return frame(FrameType.INFO, "".join(parts).encode(errors="surrogateescape"))
