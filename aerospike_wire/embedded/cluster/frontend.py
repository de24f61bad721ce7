"""The program of a node's process: takes clients' connections and carries their bytes to the node and back.

It runs by itself, with nothing but the standard library, and is told what to do in lines of
JSON on its standard input, which is a socket: ``{"host": ..., "port": ..., "door": ...}``
makes it listen, and is answered with ``{"port": ...}`` or ``{"errno": ..., "error": ...}``.
When the input ends, because the cluster was stopped or its process has died, so does this one.
"""

from __future__ import annotations

import asyncio
import functools
import json
import os
import socket
import sys
from typing import Any

_BACKLOG = 1024
_PIECE = 64 * 1024
"""Bytes that are carried at once."""


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Everything from one end to the other, until that ends or is lost."""
    try:
        while data := await reader.read(_PIECE):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


async def _connected(door: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Carry for one client. The node is told first whose bytes will come, and says that it has read that."""
    peer = writer.get_extra_info("peername")
    if peer is None:  # it has gone already
        writer.transport.abort()
        return
    try:
        inner_reader, inner_writer = await asyncio.open_unix_connection(door)
        inner_writer.write(json.dumps(peer[:2]).encode() + b"\n")
        await inner_reader.readexactly(1)
    except (OSError, EOFError):
        writer.transport.abort()
        return
    await asyncio.gather(_carry(reader, inner_writer), _carry(inner_reader, writer))


async def _listen(host: str, port: int, door: str) -> asyncio.Server:
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        return await asyncio.start_server(functools.partial(_connected, door), sock=listener, backlog=_BACKLOG)
    except BaseException:
        listener.close()
        raise


async def _obey(control: socket.socket) -> None:
    """Do as the lines say, until there are no more."""
    reader, writer = await asyncio.open_connection(sock=control)
    servers: list[asyncio.Server] = []
    while line := await reader.readline():
        order = json.loads(line)
        answer: dict[str, Any]
        try:
            server = await _listen(order["host"], order["port"], order["door"])
        except OSError as error:
            answer = {"errno": error.errno, "error": error.strerror or str(error)}
        else:
            servers.append(server)
            answer = {"port": server.sockets[0].getsockname()[1]}
        writer.write(json.dumps(answer).encode() + b"\n")
        await writer.drain()


def main() -> None:
    """Run until the input ends."""
    control = socket.socket(fileno=os.dup(sys.stdin.fileno()))

    try:
        asyncio.run(_obey(control))
    except (ConnectionError, KeyboardInterrupt):
        return


if __name__ == "__main__":
    main()
