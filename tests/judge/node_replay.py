"""Sends a node what the official client sent, and tells what it answers beside what a real server answered."""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING, Final

from aerospike_wire.proto.header import FrameType, Info1

if TYPE_CHECKING:
    from collections.abc import Iterator

    from recordings import Recording

IN_ANY_ORDER: Final = ("D:read/policy_not_inline",)
"""The rows of a batch that is not carried out inline come as the threads of a real server finish them."""

PATIENCE: Final = 2
"""Seconds to wait for bytes that should come."""
SILENCE: Final = 0.3
"""Seconds to wait for bytes that should not come."""


class Links(contextlib.ExitStack):
    """The connections of a scenario by their numbers."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._port = port
        self._open: dict[int, socket.socket] = {}
        self.got = b""
        """What has come of the last answer."""

    def renew(self) -> None:
        """Forget all connections; the next request opens a new one."""
        self._open.clear()

    def ask(self, number: int, request: bytes, size: int) -> bytes:
        """Send a request; the answer, at least ``size`` bytes of it unless the node closes or has no more."""
        link = self._open.get(number)
        if link is None:
            link = self.enter_context(socket.create_connection(("127.0.0.1", self._port), timeout=PATIENCE))
            self._open[number] = link
        link.sendall(request)
        self.got = b""
        while len(self.got) < size:
            part = link.recv(1 << 20)
            if not part:
                break
            self.got += part
        if not size:
            link.settimeout(SILENCE)
            with contextlib.suppress(TimeoutError):
                self.got = link.recv(1 << 20)
            link.settimeout(PATIENCE)
        return self.got


def is_batch(request: bytes) -> bool:
    """Whether a request has several rows."""
    return request[1] == FrameType.MESSAGE and bool(request[9] & Info1.BATCH)


def messages(data: bytes) -> list[str]:
    """The messages of a reply without their frames."""
    found = []
    while data:
        size = int.from_bytes(data[2:8])
        body, data = data[8 : 8 + size], data[8 + size :]
        at = 0
        while at < len(body):
            stop = at + 22
            for _ in range(int.from_bytes(body[at + 18 : at + 20]) + int.from_bytes(body[at + 20 : at + 22])):
                stop += 4 + int.from_bytes(body[stop : stop + 4])
            found.append(body[at:stop].hex())
            at = stop
    return found


def play(links: Links, scenario: Recording) -> Iterator[tuple[str, object, object]]:
    """The place of each answer with what was recorded and what came, both without what is not repeatable."""
    for where, at, step in scenario.steps():
        for number, item in enumerate(step.exchange):
            if not item.request:
                continue
            got = links.ask(item.connection, item.request, len(item.response))
            place = where, at, number
            if scenario.name in IN_ANY_ORDER or (scenario.group == "X" and is_batch(item.request)):
                yield str(place), sorted(messages(item.response)), sorted(messages(got))
            else:
                yield str(place), scenario.masked(item.response, *place).hex(), scenario.masked(got, *place).hex()
