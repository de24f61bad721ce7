"""Nodes of a cluster whose ports are in processes of their own.

Each node has a process that takes the connections of its clients; see
:mod:`aerospike_wire.embedded.cluster.frontend`. What nodes store, and how they agree, stays in
the cluster's thread, to which the processes carry the bytes over sockets that only this user
can reach. So ``kill -9`` and ``kill -STOP`` do to a node's clients just what they do on a real
machine, whoever sends the signal, and the cluster notices as soon as the system does.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from aerospike_wire.embedded.acceptor import HANDSHAKE, SHUTDOWN, Acceptor, bound_path
from aerospike_wire.embedded.connection import Connection
from aerospike_wire.embedded.listener import Listener

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from aerospike_wire.embedded.node import Node
    from aerospike_wire.embedded.tls import NodeTLS

PROGRAM: Final = Path(__file__).with_name("frontend.py")
_START: Final = 20.0
"""Seconds that a process may take to listen."""
_END: Final = 2.0
"""Seconds that it may take to end by itself."""
_LINE: Final = 1000
"""Bytes of the longest line that a process sends."""

_processes: Final[weakref.WeakSet[NodeProcess]] = weakref.WeakSet()


def check_supported() -> None:
    """See whether this system has what nodes in processes need.

    Raises:
        ValueError: it has not.
    """
    if not (hasattr(os, "WUNTRACED") and hasattr(signal, "SIGSTOP") and hasattr(socket, "AF_UNIX")):
        msg = "processes=True needs the signals and sockets of Unix; on this system all nodes share a process"
        raise ValueError(msg)


class Change(enum.Enum):
    """What becomes of a process."""

    STOPPED = "stopped"
    CONTINUED = "continued"
    ENDED = "ended"


class NodeProcess:
    """A process that takes a node's connections.

    Args:
        notice: is called in the running loop when the process was stopped, goes on, or has ended.

    Raises:
        OSError: it cannot be started.
    """

    def __init__(self, notice: Callable[[Change], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._notice = notice
        self._control, theirs = socket.socketpair()
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self.running = True
        self._stopped = False
        self.ended = asyncio.Event()
        try:
            # In a process group of its own: Ctrl-C is for the program, and should the program die while
            # this process is stopped, the system ends it as an orphan.
            command = [sys.executable, "-I", "-S", os.fspath(PROGRAM)]
            self._child = subprocess.Popen(command, stdin=theirs.fileno(), process_group=0)  # noqa: S603  ours
        except BaseException:
            self._control.close()
            raise
        finally:
            theirs.close()
        self.pid = self._child.pid
        _processes.add(self)
        self._watcher = threading.Thread(target=self._watch, name=f"aerospike-node-{self.pid}", daemon=True)
        self._watcher.start()

    def _watch(self) -> None:
        """Wait for what the system says of the process; in a thread, because it says so to nobody else."""
        change: Change | None = None
        while change is not Change.ENDED:
            try:
                _, status = os.waitpid(self.pid, os.WUNTRACED | os.WCONTINUED)
            except ChildProcessError:  # somebody else has waited for it
                status, change = 0, Change.ENDED
            if os.WIFSTOPPED(status):
                change = Change.STOPPED
                self._stopped = True
            elif os.WIFCONTINUED(status):
                change = Change.CONTINUED
                self._stopped = False
            else:
                change = Change.ENDED
                self.running = False
                self._child.returncode = os.waitstatus_to_exitcode(status)
            with contextlib.suppress(RuntimeError):  # the cluster was stopped meanwhile
                self._loop.call_soon_threadsafe(self._changed, change)

    def _changed(self, change: Change) -> None:
        if change is Change.ENDED:
            self.ended.set()
        self._notice(change)

    def send(self, number: signal.Signals) -> None:
        """Send a signal, if the process has not ended."""
        if self.running:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    async def listen(self, host: str, port: int, door: str) -> int:
        """Let the process take connections.

        Args:
            host: address of this machine.
            port: 0 takes a free one.
            door: the Unix socket to which it carries them.

        Returns:
            The port.

        Raises:
            OSError: the address cannot be used.
            RuntimeError: the process has ended, or does not answer.
        """
        if self._streams is None:
            self._streams = await asyncio.open_connection(sock=self._control, limit=_LINE)
        reader, writer = self._streams
        try:
            async with asyncio.timeout(_START):
                writer.write(json.dumps({"host": host, "port": port, "door": door}).encode() + b"\n")
                await writer.drain()
                answer: Any = json.loads(await reader.readuntil(b"\n"))
        except (TimeoutError, EOFError, ConnectionError, ValueError, asyncio.LimitOverrunError) as error:
            msg = f"the process of a node, {self.pid}, did not say that it listens: {error!r}"
            raise RuntimeError(msg) from error
        found = answer.get("port")
        if isinstance(found, int):
            return found
        raise OSError(answer.get("errno"), f"{host}:{port}: {answer.get('error')}")

    async def end(self) -> None:
        """Let the process end; returns when it has. One that is stopped, or takes too long, is killed."""
        self._hang_up()
        if self._stopped:
            self.send(signal.SIGKILL)
        try:
            async with asyncio.timeout(_END):
                await self.ended.wait()
        except TimeoutError:
            self.send(signal.SIGKILL)
            await self.ended.wait()
        self._watcher.join()

    def _hang_up(self) -> None:
        if self._streams is None:
            self._control.close()
        else:
            self._streams[1].close()

    def abandon(self) -> None:
        """Keep a child process of the program from holding the socket whose end ends the process."""
        with contextlib.suppress(OSError):
            self._control.close()


def _let_go() -> None:
    for process in tuple(_processes):
        process.abandon()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go)


class ProcessListener(Listener):
    """The ports of a node that has a process for them, and the connections that came through them.

    Args:
        node: is told the addresses.
        host: address of this machine to listen on.
        port: 0 takes a free one.
        tls: takes connections with TLS at this port.
        notice: is called when the process was stopped, goes on, or has ended without being told to.
    """

    def __init__(self, node: Node, host: str, port: int, tls: NodeTLS | None, notice: Callable[[Change], None]) -> None:
        super().__init__(node, host, port, tls)
        self._notice = notice
        self.process: NodeProcess | None = None
        self._place: str | None = None
        """A directory that only this user can look into."""
        self._arriving: set[_Arrival] = set()

    async def _take(self, port: int, context: ssl.SSLContext | None) -> int:
        if self.process is None:
            self._place = tempfile.mkdtemp(prefix="aerospike-")
            self.process = made = NodeProcess(lambda change: self._noticed(made, change))
        door = os.path.join(self._place or "", f"{len(self._acceptors)}")  # noqa: PTH118  a text for sockets
        self._acceptors.append(Acceptor(bound_path(door), lambda: _Arrival(self._arriving, self._known, context)))
        return await self.process.listen(self._host, port, door)

    def _known(self, peer: tuple[str, int]) -> Connection:
        return Connection(self._node, self.connections, peer)

    def _noticed(self, process: NodeProcess, change: Change) -> None:
        if process is self.process:
            self._notice(change)

    async def close(self) -> None:
        """Take no more connections, end the process, and reset what is left; returns when all are gone."""
        process, self.process = self.process, None
        if process is not None:
            await process.end()
        for arrival in tuple(self._arriving):
            arrival.abort()
        await super().close()
        place, self._place = self._place, None
        if place is not None:
            shutil.rmtree(place, ignore_errors=True)


class _Arrival(asyncio.Protocol):
    """A connection from a node's process, until it has said whose it is."""

    def __init__(
        self,
        arriving: set[_Arrival],
        known: Callable[[tuple[str, int]], Connection],
        context: ssl.SSLContext | None,
    ) -> None:
        self._arriving = arriving
        self._known = known
        self._context = context
        self._line = b""
        self._transport: asyncio.Transport | None = None
        self._task: asyncio.Task[None] | None = None
        self._timer = asyncio.get_running_loop().call_later(HANDSHAKE, self.abort)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The process has connected."""
        self._transport = cast("asyncio.Transport", transport)
        self._arriving.add(self)

    def data_received(self, data: bytes) -> None:
        """A piece of the line; what the client sends follows after the answer to it."""
        transport = self._transport
        self._line += data
        if transport is None or not self._line.endswith(b"\n"):
            if len(self._line) > _LINE:
                self.abort()
            return
        try:
            host, port = json.loads(self._line)
            connection = self._known((str(host), int(port)))
        except (ValueError, TypeError):
            self.abort()
            return
        if self._context is None:
            self._leave()
            transport.set_protocol(connection)
            connection.connection_made(transport)
        else:
            transport.pause_reading()
            self._task = asyncio.get_running_loop().create_task(self._secure(transport, connection, self._context))
        transport.write(b"\n")

    async def _secure(self, transport: asyncio.Transport, connection: Connection, context: ssl.SSLContext) -> None:
        try:
            secured = await asyncio.get_running_loop().start_tls(
                transport, connection, context, server_side=True,
                ssl_handshake_timeout=HANDSHAKE, ssl_shutdown_timeout=SHUTDOWN,
            )  # fmt: skip
        except (OSError, asyncio.CancelledError):
            transport.abort()
        else:
            if secured is not None:
                connection.connection_made(secured)
                connection.wake()  # requests may have come together with the end of the handshake
        finally:
            self._leave()

    def connection_lost(self, exc: Exception | None) -> None:
        """The process, or its client, has gone."""
        self._leave()

    def _leave(self) -> None:
        self._timer.cancel()
        self._arriving.discard(self)

    def abort(self) -> None:
        """Give the connection up."""
        if self._task is not None:
            self._task.cancel()
        if self._transport is not None:
            self._transport.abort()
