"""Compares a real server with the embedded node on random info commands.

    python tests/judge/info_differential.py HOST:PORT [--seed N] [--count N] [--show N]

Both are sent the same lines over a link of their own. After an index was made, the lists of
indexes are compared, too. Indexes and modules of the server are removed, sets truncated, and
settings tried: take one that can be thrown away, without TTLs in its namespaces ``test`` and
``bar``. What may differ is listed with reasons in ``info_cases.py``.
"""

from __future__ import annotations

import collections
import contextlib
import re
import socket
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

sys.path.insert(0, str(Path(__file__).parents[1]))

import attrs
from judge import command, info_cases

from aerospike_wire.embedded import EmbeddedServer
from aerospike_wire.proto.header import FRAME_HEADER_SIZE, FrameType, frame, read_frame_header

if TYPE_CHECKING:
    from collections.abc import Sequence

NAMESPACES: Final = ("test", "bar")
PATIENCE: Final = 5.0
FRESH: Final = 150
"""Lines after which indexes and modules are removed."""
SETTLED: Final = 0.004
"""Seconds after which what metadata says has come to the index or the module."""


class Link(contextlib.ExitStack):
    """A connection for info commands.

    Args:
        address: host and port of the server.
    """

    def __init__(self, address: str) -> None:
        super().__init__()
        host, _, port = address.rpartition(":")
        self._place = host, int(port)
        self._socket: socket.socket | None = None

    def ask(self, line: str) -> str:
        """The answer to a line; a server that closes the connection for it is asked once more.

        Raises:
            OSError: it does not answer.
        """
        try:
            return self._asked(line)
        except (EOFError, ConnectionError):
            self._socket = None
            return self._asked(line)

    def _asked(self, line: str) -> str:
        if self._socket is None:
            self._socket = self.enter_context(socket.create_connection(self._place, PATIENCE))
        self._socket.sendall(frame(FrameType.INFO, (line + "\n").encode()))
        _, size = read_frame_header(self._read(FRAME_HEADER_SIZE))
        return self._read(size).decode("utf-8", "surrogateescape")

    def _read(self, size: int) -> bytes:
        assert self._socket is not None
        data = b""
        while len(data) < size:
            part = self._socket.recv(size - len(data))
            if not part:
                raise EOFError
            data += part
        return data

    def clean(self) -> None:
        """Remove the indexes and modules."""
        for namespace in NAMESPACES:
            for entry in _value(self.ask(f"sindex-list:namespace={namespace}")).split(";"):
                if name := re.search("indexname=([^:]*.*?):set=", entry):
                    self.ask(f"sindex-delete:namespace={namespace};indexname={name[1]}")
        for namespace in info_cases.ABSENT:  # lists leave out the indexes of these
            for index in info_cases.INDEX_NAMES:
                self.ask(f"sindex-delete:namespace={namespace};indexname={index}")
        for entry in _value(self.ask("udf-list")).split(";"):
            if name := re.search("filename=([^,]*)", entry):
                self.ask(f"udf-remove:filename={name[1]};")
        time.sleep(0.3)


def _value(answer: str) -> str:
    return answer.partition("\t")[2].strip()


@attrs.frozen
class Difference:
    """A line that was answered differently."""

    line: str
    server: str
    node: str

    def __str__(self) -> str:
        return f"{self.line[:300]!r}\n  server: {self.server[:300]!r}\n  node:   {self.node[:300]!r}"


def difference(server: Link, node: Link, line: str) -> Difference | None:
    """What a line comes to on both, if that differs."""
    told, ours = server.ask(line), node.ask(line)
    if line.startswith(("sindex-create", "sindex-delete", "udf-")):
        time.sleep(SETTLED)
    if info_cases.alike(line, told) != info_cases.alike(line, ours):
        return Difference(line, told, ours)
    if line.startswith("sindex-create") and told.endswith("\tok\n"):
        for look in ("sindex-list:b64=true", "sindex-list:namespace=test"):
            entries, others = (_entries(link.ask(look)) for link in (server, node))
            if any(info_cases.PACKED.search(entry) for entry in entries - others):
                continue
            if entries != others:
                return Difference(line, f"{look} {entries - others}", f"{look} {others - entries}")
    return None


def _entries(answer: str) -> set[str]:
    """Of a list of indexes; whether they are full yet is up to chance."""
    return {re.sub(":state=..", "", entry) for entry in _value(answer).split(";")}


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; its exit status is 1 if there was a difference."""
    options = command.options().parse_args(arguments)
    counts: collections.Counter[str] = collections.Counter()
    with (
        EmbeddedServer(namespaces=tuple(f"{name},ttl=off" for name in NAMESPACES)) as embedded,
        Link(options.server) as server,
        Link(embedded.address) as node,
    ):
        for number in range(options.count):
            line = info_cases.line(options.seed * 1_000_000 + number)
            counts["lines"] += 1
            try:
                if number % FRESH == 0:
                    server.clean()
                    node.clean()
                different = difference(server, node, line)
            except (OSError, EOFError) as gone:
                sys.stdout.write(f"no answer any more after {line!r}: {gone!r}\n")
                return 1
            if different and info_cases.NOT_THERE in different.node:
                counts["not there"] += 1
            elif different:
                counts["different"] += 1
                if counts["different"] <= options.show:
                    sys.stdout.write(f"{different}\n")
        server.clean()
    sys.stdout.write(f"{dict(counts)}\n")
    return int(bool(counts["different"]))


if __name__ == "__main__":
    sys.exit(main())
