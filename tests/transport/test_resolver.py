"""Names of hosts, with a name service that hangs, fails and changes its mind."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from rawnode import RawNode

from aerospike_wire import AsyncClient, Client, errors
from aerospike_wire.embedded import EmbeddedServer
from aerospike_wire.errors import ResultCode, Step
from aerospike_wire.transport import LinkFailure, resolver
from aerospike_wire.transport.aio import AsyncRuntime
from aerospike_wire.transport.blocking import BlockingRuntime

if TYPE_CHECKING:
    from collections.abc import Iterator

TICK = 0.3
"""Seconds that a busy machine may be late."""


class NameService:
    """Stands in for the system's; numbers pass it by."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.error: Exception | None = None
        self.asked: list[str] = []
        self.together = 0
        """Lookups that were under way at once, at most."""
        self._now = 0
        self._open = threading.Event()
        self._open.set()
        self._real = socket.getaddrinfo

    def hang(self) -> None:
        self._open.clear()

    def go_on(self) -> None:
        self._open.set()

    def getaddrinfo(self, host: Any, port: Any, *args: Any, **settings: Any) -> Any:
        try:
            flags = socket.AI_NUMERICHOST
            return self._real(host, port, *args, **{**settings, "flags": flags | settings.get("flags", 0)})
        except OSError:
            if settings.get("flags", 0) & socket.AI_NUMERICHOST:
                raise
        self.asked.append(host)
        self._now += 1
        self.together = max(self.together, self._now)
        self._open.wait(20)
        self._now -= 1
        if self.error is not None:
            raise self.error
        if host not in self.names:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return self._real(self.names[host], port, *args, **settings)


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[NameService]:
    made = NameService()
    monkeypatch.setattr(socket, "getaddrinfo", made.getaddrinfo)
    yield made
    made.go_on()
    ends = time.monotonic() + 5
    while threads() and time.monotonic() < ends:
        time.sleep(0.005)
    assert not threads()


def threads() -> list[threading.Thread]:
    """Those that look names up."""
    return [thread for thread in threading.enumerate() if thread.name == "aerospike-wire-resolver"]


@pytest.fixture(params=["async", "sync"])
def runtime(request: pytest.FixtureRequest) -> Any:
    return AsyncRuntime() if request.param == "async" else BlockingRuntime()


async def failure(work: Any) -> LinkFailure:
    with pytest.raises(LinkFailure) as caught:
        await work
    return caught.value


async def test_numbers_need_no_name_service(runtime: Any, service: NameService) -> None:
    """They are taken as they are, without a thread, even while the name service hangs."""
    service.hang()
    assert await runtime.resolve("127.0.0.1", 3000, 1.0) == [("127.0.0.1", 3000)]
    assert await runtime.resolve("::1", 3000, 1.0) == [("::1", 3000)]
    with RawNode(lambda peer: peer.closed()) as node:
        (await runtime.connect("127.0.0.1", node.port, 5.0)).close()
        await runtime.close()
    assert not service.asked
    assert not threads()


async def test_a_name_is_looked_up_every_time(runtime: Any, service: NameService) -> None:
    """So that names that move are followed."""
    service.names["db"] = "127.0.0.1"
    assert await runtime.resolve("db", 3000, 1.0) == [("127.0.0.1", 3000)]
    service.names["db"] = "127.0.0.2"
    assert await runtime.resolve("db", 3000, 1.0) == [("127.0.0.2", 3000)]


async def test_a_name_service_that_hangs_ends_with_the_time_limit(runtime: Any, service: NameService) -> None:
    """For resolving a seed and for connecting to a peer that has a name."""
    service.hang()
    for work in (runtime.resolve("db", 3000, 0.05), runtime.connect("db", 3000, 0.05)):
        begun = time.monotonic()
        failed = await failure(work)
        assert (failed.code, failed.sent) == (ResultCode.TIMEOUT, False)
        assert "'db' within 50 ms" in failed.message
        assert 0.04 < time.monotonic() - begun < 0.05 + TICK


async def test_tries_share_one_lookup(runtime: Any, service: NameService) -> None:
    """However often a name is tried while the name service hangs, one thread waits for it."""
    service.hang()
    for _ in range(5):
        await failure(runtime.resolve("db", 3000, 0.01))
    assert service.asked == ["db"]
    assert len(threads()) == 1
    service.names["db"] = "127.0.0.1"
    service.go_on()
    assert await runtime.resolve("db", 3000, 5.0) == [("127.0.0.1", 3000)]


async def test_lookups_at_once_are_limited(runtime: Any, service: NameService) -> None:
    """A node that names thousands of peers does not make thousands of threads; each name has its turn."""
    service.hang()
    names = [f"host{number}" for number in range(3 * resolver.AT_ONCE)]
    service.names = dict.fromkeys(names, "127.0.0.1")
    for name in names:
        await failure(runtime.resolve(name, 3000, 0.0))
    assert len(threads()) == resolver.AT_ONCE
    service.go_on()
    assert await runtime.resolve(names[-1], 3000, 5.0) == [("127.0.0.1", 3000)]
    assert service.together <= resolver.AT_ONCE


async def test_a_known_name_survives_a_name_service_that_fails(
    runtime: Any, service: NameService, caplog: pytest.LogCaptureFixture
) -> None:
    """Connecting falls back to the address that the name had; a name that is said not to exist is not connected to."""
    caplog.set_level(logging.WARNING, "aerospike_wire.cluster")
    service.names["db"] = "127.0.0.1"
    with RawNode(lambda peer: peer.closed()) as node:
        (await runtime.connect("db", node.port, 5.0)).close()
        service.hang()
        begun = time.monotonic()
        (await runtime.connect("db", node.port, 0.2)).close()
        assert time.monotonic() - begun < 0.2 + TICK
        assert "the address that it had before" in caplog.text
        service.go_on()
        service.error = socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        (await runtime.connect("db", node.port, 5.0)).close()
        service.error = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        assert (await failure(runtime.connect("db", node.port, 5.0))).code == ResultCode.INVALID_HOST
        await runtime.close()


async def test_the_next_address_of_a_name_is_tried(runtime: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that refuses costs nothing, and one that is silent no more than its share of the time."""
    with RawNode(lambda peer: peer.closed()) as node:

        async def find(host: str, port: int, timeout: float) -> list[tuple[str, int]]:
            return [("127.0.0.1", silent), ("127.0.0.1", node.port)]

        monkeypatch.setattr(resolver.Names, "find", lambda self, *args: find(*args))
        with socket.socket() as full:
            # A queue that is full lets nobody in and refuses nobody.
            full.bind(("127.0.0.1", 0))
            full.listen(0)
            silent = full.getsockname()[1]
            crowd = [socket.socket() for _ in range(3)]
            for one in crowd:
                one.setblocking(False)
                one.connect_ex(("127.0.0.1", silent))
            begun = time.monotonic()
            (await runtime.connect("db", 3000, 0.4)).close()
            assert time.monotonic() - begun < 0.4
            for one in crowd:
                one.close()
        await runtime.close()


async def test_no_thread_to_be_had(runtime: Any, service: NameService, monkeypatch: pytest.MonkeyPatch) -> None:
    """That is a failure to resolve, and the next try begins anew."""
    service.names["db"] = "127.0.0.1"

    def start(thread: threading.Thread) -> None:
        msg = "can't start new thread"
        raise RuntimeError(msg)

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", start)
        failed = await failure(runtime.resolve("db", 3000, 1.0))
    assert (failed.code, "new thread" in failed.message) == (ResultCode.INVALID_HOST, True)
    assert await runtime.resolve("db", 3000, 1.0) == [("127.0.0.1", 3000)]


# What a user sees


@pytest.mark.parametrize("kind", ["async", "sync"])
async def test_connecting_ends_in_time_and_says_how_far_it_got(service: NameService, kind: str) -> None:
    """The error names the seed and the step; a seed with a number is used all the same."""
    service.hang()
    settings: dict[str, Any] = {"connect_timeout": 100}
    begun = time.monotonic()
    with pytest.raises(errors.TimeoutError) as caught:
        await connected(kind, [("db.example", 3000)], settings)
    assert time.monotonic() - begun < 0.1 + TICK
    (seed,) = caught.value.context.seeds
    assert (seed.seed, seed.step, seed.code) == ("db.example:3000", Step.RESOLVE.value, ResultCode.TIMEOUT)
    with EmbeddedServer() as server:
        await connected(kind, [("db.example", 3000), *server.seeds], settings)


@pytest.mark.parametrize("kind", ["async", "sync"])
async def test_a_deadline_bounds_the_lookup(service: NameService, kind: str) -> None:
    """The first call connects, and is over when its time is, not when the connect timeout is."""
    service.hang()
    begun = time.monotonic()
    policy = {"total_timeout": 80}
    with pytest.raises(errors.TimeoutError):
        if kind == "async":
            client = AsyncClient([("db.example", 3000)], connect_timeout=20_000)
            try:
                await client.get(("test", "s", 1), policy)
            finally:
                await client.close()
        else:
            with_name = Client([("db.example", 3000)], connect_timeout=20_000)
            try:
                with_name.get(("test", "s", 1), policy)
            finally:
                with_name.close()
    assert time.monotonic() - begun < 0.08 + TICK


async def connected(kind: str, seeds: list[tuple[str, int]], settings: dict[str, Any]) -> None:
    """Connect and close."""
    if kind == "async":
        async with AsyncClient(seeds, **settings):
            pass
    else:
        with Client(seeds, **settings):
            pass


PROGRAM = """
import asyncio, socket, threading, time
real = socket.getaddrinfo
def getaddrinfo(host, *args, **settings):
    if host == "db.example" and not settings.get("flags", 0) & socket.AI_NUMERICHOST:
        time.sleep(60)
    return real(host, *args, **settings)
socket.getaddrinfo = getaddrinfo
from aerospike_wire import AsyncClient, Client, errors
async def main():
    try:
        async with AsyncClient([("db.example", 3000)], connect_timeout=50):
            pass
    except errors.TimeoutError:
        print("async")
asyncio.run(main())
try:
    Client([("db.example", 3000)], connect_timeout=50).connect()
except errors.TimeoutError:
    print("sync")
"""


def test_a_lookup_that_hangs_keeps_no_program_from_ending() -> None:
    """Neither ``asyncio.run`` nor the interpreter waits for it."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.split() == ["async", "sync"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_process_does_not_wait_for_its_parent_s_lookups(service: NameService) -> None:
    """The parent's thread is not there; the child looks the name up itself."""
    service.hang()
    lookup = resolver._lookups.start("db", 3000)
    read, write = os.pipe()
    child = os.fork()
    if not child:
        service.names["db"] = "127.0.0.1"
        service.go_on()
        found = resolver._lookups.start("db", 3000).result(5)
        os.write(write, repr(found).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        assert pipe.read() == "[('127.0.0.1', 3000)]"
    os.waitpid(child, 0)
    assert not lookup.done()
