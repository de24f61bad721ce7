"""What all tests share: an embedded node, and one client fixture that stands for both clients."""

from __future__ import annotations

import functools
import gc
import os
import signal
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import bcrypt
import pytest
from either import CLIENTS, Either

from aerospike_wire.embedded import EmbeddedServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from contextlib import AbstractAsyncContextManager


def pytest_configure() -> None:
    """Nothing that is made while tests are collected is garbage: looking for some costs seconds."""
    gc.disable()


def pytest_collection_finish() -> None:
    """What tests leave is looked for again, but not among the tests themselves, which are many."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()


@pytest.fixture
def server() -> Iterator[EmbeddedServer]:
    """A node with a namespace that refuses TTLs, ``test``, and one that takes them, ``bar``."""
    with EmbeddedServer(namespaces=["test,ttl=off", "bar"]) as running:
        yield running


@pytest.fixture(params=CLIENTS)
async def make_client(request: pytest.FixtureRequest) -> AsyncIterator[Callable[..., Either]]:
    """Makes clients of the kind under test and closes them in the end."""
    made: list[Either] = []

    def make(hosts: Any, **settings: Any) -> Either:
        either = Either(CLIENTS[request.param](hosts, **settings))
        made.append(either)
        return either

    yield make
    for either in made:
        await either.close()


@pytest.fixture(params=CLIENTS)
def own_client(request: pytest.FixtureRequest) -> Callable[..., AbstractAsyncContextManager[Either]]:
    """Makes a client of the kind under test for a block, of whatever thread and event loop that is."""

    @asynccontextmanager
    async def made(hosts: Any, **settings: Any) -> AsyncIterator[Either]:
        either = Either(CLIENTS[request.param](hosts, **settings))
        try:
            yield either
        finally:
            await either.close()

    return made


@pytest.fixture
def client(make_client: Callable[..., Either], server: EmbeddedServer) -> Either:
    """A client of the kind under test, for ``server``."""
    return make_client(server.address)


@pytest.fixture(autouse=True, scope="session")
def _interruptible() -> None:
    """Control-C interrupts, also where a shell runs the tests in the background, which ignores it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True, scope="session")
def _compiled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The programs that tests start compile the package once, wherever its sources may be written to."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
        if "PYTHONPYCACHEPREFIX" not in os.environ:
            patch.setenv("PYTHONPYCACHEPREFIX", str(tmp_path_factory.getbasetemp() / "compiled"))
        yield


@pytest.fixture(autouse=True, scope="session")
def _hashed_once() -> Iterator[None]:
    """A password has one text, since the protocol fixes the salt: it takes 50 ms, and once is enough."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bcrypt, "hashpw", functools.cache(bcrypt.hashpw))
        yield
