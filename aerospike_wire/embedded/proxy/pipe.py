"""One direction of a proxied connection, with everything that its network does to it."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final

from aerospike_wire.embedded.proxy.network import NetworkFault, NetworkRule

if TYPE_CHECKING:
    from collections.abc import Callable

    from aerospike_wire.embedded.proxy.network import Direction, Network

HIGH_WATER: Final = 4 * 1024 * 1024
"""Bytes under way from which no more are taken in."""
_TICKS: Final = 50
"""Parts of a second in which a bandwidth gives its bytes out."""


class Conditions:
    """The rules that fall upon one connection: chance is asked once for each."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._decided: dict[NetworkRule, bool] = {}

    def of(self, fault: NetworkFault, direction: Direction | None = None) -> list[NetworkRule]:
        """The rules of a kind that are in force."""
        found = []
        for rule in self._network.every():
            if rule.fault is not fault or (direction is not None and rule.direction not in (None, direction)):
                continue
            if rule not in self._decided:
                self._decided[rule] = rule.falls()
            if self._decided[rule]:
                found.append(rule)
        return found


class Pipe:
    """Takes bytes at one end and writes them at the other, when and as its conditions allow.

    Args:
        conditions: the connection's.
        direction: toward whom the bytes go.
        writer: the other end.
        cut: ends the whole connection.
    """

    def __init__(
        self, conditions: Conditions, direction: Direction, writer: asyncio.StreamWriter, cut: Callable[[], None]
    ) -> None:
        self._conditions = conditions
        self._direction = direction
        self._writer = writer
        self._cut = cut
        self._loop = asyncio.get_running_loop()
        self._queue: deque[tuple[float, bytes | None]] = deque()
        self._size = 0
        self._more = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._due = 0.0
        self._sent = 0

    async def put(self, data: bytes | None) -> None:
        """Take bytes, or None for the end; waits while too many are under way."""
        delay = 0.0
        for rule in self._conditions.of(NetworkFault.LATENCY, self._direction):
            delay += max(rule.milliseconds + rule.random.uniform(-rule.jitter, rule.jitter), 0) / 1000
        self._due = max(self._due, self._loop.time() + delay)
        self._queue.append((self._due, data))
        self._size += len(data or b"")
        self._more.set()
        if self._size > HIGH_WATER:
            self._room.clear()
        await self._room.wait()

    async def run(self) -> None:
        """Write until the end has come."""
        while True:
            while not self._queue:
                self._more.clear()
                await self._more.wait()
            due, data = self._queue.popleft()
            delay = due - self._loop.time()
            if delay > 0:
                await asyncio.sleep(delay)
            if data is None:
                await self._end()
                return
            self._size -= len(data)
            if self._size <= HIGH_WATER:
                self._room.set()
            if not self._conditions.of(NetworkFault.TIMEOUT, self._direction):
                await self._write(data)

    async def _end(self) -> None:
        for rule in self._conditions.of(NetworkFault.SLOW_CLOSE, self._direction):
            await asyncio.sleep(rule.milliseconds / 1000)
        self._writer.close()

    async def _write(self, data: bytes) -> None:
        limits = self._conditions.of(NetworkFault.LIMIT_DATA, self._direction)
        limit = min((rule.size for rule in limits), default=None)
        if limit is not None:
            data = data[: max(limit - self._sent, 0)]
        for piece in self._slices(data):
            await self._paced(piece)
        self._sent += len(data)
        if limit is not None and self._sent >= limit:
            await self._writer.drain()
            self._cut()

    def _slices(self, data: bytes) -> list[bytes]:
        rules = self._conditions.of(NetworkFault.SLICES, self._direction)
        if not rules:
            return [data]
        rule = rules[0]
        found, start = [], 0
        while start < len(data):
            stop = start + rule.size + rule.random.randint(-rule.variation, rule.variation)
            found.append(data[start:stop])
            start = stop
        return found

    async def _paced(self, data: bytes) -> None:
        rates = self._conditions.of(NetworkFault.BANDWIDTH, self._direction)
        rate = min((rule.size for rule in rates), default=None)
        if rate is None:
            self._writer.write(data)
        else:
            step = max(rate // _TICKS, 1)
            for start in range(0, len(data), step):
                part = data[start : start + step]
                self._writer.write(part)
                await asyncio.sleep(len(part) / rate)
        await self._writer.drain()
        pauses = self._conditions.of(NetworkFault.SLICES, self._direction)
        if pauses and pauses[0].milliseconds:
            await asyncio.sleep(pauses[0].milliseconds / 1000)
