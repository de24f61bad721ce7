"""The example programs of the official documentation's page on errors run as they are written there.

The page has them without addresses and, in places, without the lines around them: those are
filled in, and nothing else.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest

from aerospike_wire.embedded import EmbeddedServer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.compat.conftest import Done

CONNECTING = """
    import aerospike
    from aerospike import exception as ex

    try:
        config = { 'hosts': [ ('127.0.0.1', PORT)], 'policies': { 'total_timeout': 1200}}
        client = aerospike.client(config)
        client.close()
    except ex.AerospikeError as e:
        print("Error: {0} [{1}]".format(e.msg, e.code))
"""

DOUBT = """
    import aerospike
    from aerospike.exception import AerospikeError

    config = { 'hosts': [ ('127.0.0.1', PORT)], 'policies': { 'total_timeout': 1200}}
    client = aerospike.client(config)

    key = 'test', 'demo', 1
    record = {'some': 'thing'}
    try:
      client.put(key, record)
    except AerospikeError as exc:
      print("The in doubt nature of the operation is: {}".format(exc.args[4]))
"""


@pytest.fixture
def run(run_as_aerospike: Callable[..., Done], tmp_path: Path) -> Callable[[str, int], str]:
    """Runs a text as a program against the node of a port; gives what it prints."""

    def run(text: str, port: int) -> str:
        path = tmp_path / "program.py"
        path.write_text(textwrap.dedent(text).replace("PORT", str(port)))
        done = run_as_aerospike(str(path))
        assert (done.status, done.stderr) == (0, "")
        return done.stdout

    return run


def test_connecting(run: Callable[[str, int], str]) -> None:
    """Nothing is printed if there is a node, and the error if there is none."""
    with EmbeddedServer() as node:
        port = int(node.address.rsplit(":", 1)[1])
        assert run(CONNECTING, port) == ""
    text = run(CONNECTING, port)
    assert text.startswith("Error: cannot connect: 127.0.0.1:")
    assert text.endswith("[-10]\n")


@pytest.mark.parametrize(("lost", "doubt"), [(True, "True"), (False, "False")])
def test_in_doubt_status(run: Callable[[str, int], str], lost: bool, doubt: str) -> None:
    """A write whose answer was lost is in doubt, one that was refused is not."""
    with EmbeddedServer() as node:
        rule = node.faults.on("put")
        rule.close(after=True) if lost else rule.answer(22)
        text = run(DOUBT, int(node.address.rsplit(":", 1)[1]))
    assert text == f"The in doubt nature of the operation is: {doubt}\n"
