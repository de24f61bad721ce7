"""What all tests share: an embedded node, and one client fixture that stands for both clients."""

from __future__ import annotations

import functools
import gc
import os
import signal
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bcrypt
import hypothesis
import pytest
from either import CLIENTS, Either

from aerospike_wire.embedded import EmbeddedServer

# How long an example takes says more of what else the machine does.
hypothesis.settings.register_profile("aerospike_wire", deadline=None)
hypothesis.settings.load_profile("aerospike_wire")

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from contextlib import AbstractAsyncContextManager


def pytest_configure(config: pytest.Config) -> None:
    """Make ready for collecting tests quickly."""
    # Nothing that is made while tests are collected is garbage: looking for some costs seconds.
    gc.disable()
    _keep_compiled(config)
    if int(getattr(config, "workerinput", {}).get("workerid", "gw0")[2:]) % 2:
        # Of two processes each compiles one half of the modules, and reads what the other has made of the rest.
        paths = [Path(config.invocation_params.dir, argument) for argument in config.args]
        if all(map(Path.is_dir, paths)):
            config.args = [str(file) for path in reversed(paths) for file in sorted(path.rglob("test_*.py"))[::-1]]


def _keep_compiled(config: pytest.Config) -> None:
    """Compile sources once, for this process and those it starts, wherever they may be written to."""
    if sys.dont_write_bytecode:
        sys.dont_write_bytecode = False
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        if sys.pycache_prefix is None:
            sys.pycache_prefix = os.environ["PYTHONPYCACHEPREFIX"] = str(config.rootpath / ".pytest_cache" / "compiled")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests run file by file, those that take long before all others, lest one of them is still running at the end."""
    items.sort(key=lambda item: (item.get_closest_marker("long") is None, item.path))


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
def _hashed_once() -> Iterator[None]:
    """A password has one text, since the protocol fixes the salt: it takes 50 ms, and once is enough."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bcrypt, "hashpw", functools.cache(bcrypt.hashpw))
        yield
