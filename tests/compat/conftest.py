"""The façade and, where it is installed, the official client, on the same node in memory."""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

import aerospike_wire
import aerospike_wire.compat as facade
from aerospike_wire import cli
from aerospike_wire.embedded import EmbeddedServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="session")
def node() -> Iterator[EmbeddedServer]:
    """A node for all tests of the façade."""
    with EmbeddedServer() as server:
        yield server


def config_of(node: EmbeddedServer) -> dict[str, Any]:
    """The configuration of a client of a node."""
    host, port = node.address.rsplit(":", 1)
    return {"hosts": [(host, int(port))]}


@pytest.fixture
def config(node: EmbeddedServer) -> dict[str, Any]:
    """The configuration of a client of the node."""
    return config_of(node)


@pytest.fixture
def client(config: dict[str, Any]) -> Iterator[facade.Client]:
    """The façade's client."""
    made = facade.client(config)
    yield made
    made.close()


@pytest.fixture(autouse=True)
def _no_serializers() -> Iterator[None]:
    """Serializers of the module, which all clients share, do not outlive a test."""
    yield
    facade.unset_serializers()


class Done(NamedTuple):
    """What running a program left."""

    status: object
    stdout: str
    stderr: str


@pytest.fixture
def run_as_aerospike(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., Done]]:
    """Runs ``run-as-aerospike`` in this process, where no official client is imported as far as the program can see.

    That a process of its own does the same is shown once, in ``test_installation.py``.
    """

    def take_out() -> dict[str, Any]:
        names = [name for name in sys.modules if name.partition(".")[0] in {"aerospike", "aerospike_helpers"}]
        return {name: sys.modules.pop(name) for name in names}

    def run(*arguments: str) -> Done:
        try:
            status: object = cli.main(["run-as-aerospike", *arguments])
        except SystemExit as leaving:
            status = leaving.code
        gc.collect()  # the program is over: what it did not close is closed now, as when its process ends
        captured = capsys.readouterr()
        return Done(status, captured.out, captured.err)

    monkeypatch.setattr(sys, "argv", [*sys.argv])
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(aerospike_wire, "__doc__", aerospike_wire.__doc__)
    own = take_out()
    yield run
    take_out()
    sys.modules.update(own)
