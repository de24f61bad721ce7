"""Taking connections, and ceasing to."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
from typing import TYPE_CHECKING

import certificates
import pytest
from cases import for_each

from aerospike_wire.embedded.acceptor import Acceptor, bound

if TYPE_CHECKING:
    from pathlib import Path


class Greeter(asyncio.Protocol):
    """Says a word and knows how it ended."""

    def __init__(self, made: list[Greeter]) -> None:
        self.transport: asyncio.Transport | None = None
        self.lost = False
        made.append(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(b"hello")

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True


def connected(port: int, count: int) -> list[socket.socket]:
    """So many connections, of which the other side knows nothing yet."""
    return [socket.create_connection(("127.0.0.1", port)) for _ in range(count)]


@for_each("turns", range(5))
async def test_what_was_accepted_when_it_closes_has_a_protocol_or_is_closed(turns: int) -> None:
    """However soon it is closed after connections came, no socket is left to the garbage collector."""
    made: list[Greeter] = []
    acceptor = Acceptor(listener := bound("127.0.0.1", 0), lambda: Greeter(made))
    clients = connected(listener.getsockname()[1], 100)
    for _ in range(turns):
        await asyncio.sleep(0)
    await acceptor.close()
    for protocol in made:
        assert protocol.transport is not None
        protocol.transport.abort()
    await asyncio.sleep(0)
    assert all(protocol.lost for protocol in made)
    for client in clients:
        with contextlib.suppress(ConnectionError):  # those that had not been accepted are reset
            assert client.recv(5) in {b"hello", b""}
        client.close()
    gc.collect()  # a transport that was left open would be an error here


async def test_it_takes_connections_until_it_is_closed() -> None:
    """More than it takes at once are taken one turn after the other; then the port is free."""
    made: list[Greeter] = []
    acceptor = Acceptor(listener := bound("127.0.0.1", 0), lambda: Greeter(made))
    port = listener.getsockname()[1]
    clients = connected(port, 150)
    for _ in range(20):
        await asyncio.sleep(0)
    await acceptor.close()
    assert all(client.recv(5) == b"hello" for client in clients)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))
    for protocol, client in zip(made, clients, strict=True):
        assert protocol.transport is not None
        protocol.transport.close()
        client.close()
    await asyncio.sleep(0)


async def test_a_handshake_that_does_not_end_is_given_up(tmp_path: Path) -> None:
    """A client that connects and says nothing does not keep a port with TLS from being closed."""
    context = certificates.make(tmp_path).tls().context()
    made: list[Greeter] = []
    acceptor = Acceptor(listener := bound("127.0.0.1", 0), lambda: Greeter(made), context)
    (client,) = connected(listener.getsockname()[1], 1)
    for _ in range(10):
        await asyncio.sleep(0)
    await asyncio.wait_for(acceptor.close(), 2)
    assert made
    assert made[0].transport is None
    with contextlib.suppress(ConnectionError):
        assert client.recv(1) == b""
    client.close()


async def test_without_sockets_left_it_tries_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Running out of sockets is no end: the client that waited is taken once there is one."""
    monkeypatch.setattr("aerospike_wire.embedded.acceptor._EXHAUSTED", 0.01)
    made: list[Greeter] = []
    listener = bound("127.0.0.1", 0)
    failures = [OSError(24, "too many open files")]

    class Scarce:
        def __getattr__(self, name: str) -> object:
            return getattr(listener, name)

        def accept(self) -> object:
            if failures:
                raise failures.pop()
            return listener.accept()

    acceptor = Acceptor(Scarce(), lambda: Greeter(made))  # type: ignore[arg-type]
    (client,) = connected(listener.getsockname()[1], 1)
    client.setblocking(False)
    assert await asyncio.wait_for(asyncio.get_running_loop().sock_recv(client, 5), 5) == b"hello"
    assert not failures
    await acceptor.close()
    assert made[0].transport is not None
    made[0].transport.close()
    await asyncio.sleep(0)
    client.close()
