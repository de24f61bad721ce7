"""The example programs of the official documentation's page on errors run as they are written there.

The page has them without addresses and, in places, without the lines around them: those are
filled in, and nothing else.
"""

from __future__ import annotations

import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest

from aerospike_wire.embedded import EmbeddedServer

if TYPE_CHECKING:
    from pathlib import Path

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


def _run(text: str, port: int, folder: Path) -> str:
    path = folder / "program.py"
    path.write_text(textwrap.dedent(text).replace("PORT", str(port)))
    command = [sys.executable, "-m", "aerospike_wire", "run-as-aerospike", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == ""
    return done.stdout


def test_connecting(tmp_path: Path) -> None:
    """Nothing is printed if there is a node, and the error if there is none."""
    with EmbeddedServer() as node:
        port = int(node.address.rsplit(":", 1)[1])
        assert _run(CONNECTING, port, tmp_path) == ""
    text = _run(CONNECTING, port, tmp_path)
    assert text.startswith("Error: cannot connect: 127.0.0.1:")
    assert text.endswith("[-10]\n")


@pytest.mark.parametrize(("lost", "doubt"), [(True, "True"), (False, "False")])
def test_in_doubt_status(lost: bool, doubt: str, tmp_path: Path) -> None:
    """A write whose answer was lost is in doubt, one that was refused is not."""
    with EmbeddedServer() as node:
        rule = node.faults.on("put")
        rule.close(after=True) if lost else rule.answer(22)
        text = _run(DOUBT, int(node.address.rsplit(":", 1)[1]), tmp_path)
    assert text == f"The in doubt nature of the operation is: {doubt}\n"
