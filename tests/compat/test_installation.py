"""run-as-aerospike and install(): whole programs, in processes of their own."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from aerospike_wire.embedded import EmbeddedServer

PROGRAM = """
    import sys
    import aerospike
    from aerospike import exception as ex, predicates
    import aerospike.exception
    from aerospike_helpers.operations import list_operations, operations
    from aerospike_helpers.batch.records import BatchRecords, Read
    from aerospike_helpers import cdt_ctx, expressions as exp
    import aerospike_helpers.metrics

    client = aerospike.client({"hosts": [("127.0.0.1", int(sys.argv[1]))]}).connect()
    key = ("test", "demo", "program")
    client.put(key, {"a": 1, "l": [1, 2]})
    _, meta, bins = client.operate(key, [operations.increment("a", 2), operations.read("a"), list_operations.list_size("l")])
    print(sorted(bins.items()), __name__, sys.argv[2:], aerospike.__name__)
    try:
        client.get(("test", "demo", "nobody"))
    except ex.RecordNotFound as error:
        print(error.code, error.args[4])
    client.close()
"""


def _run(*arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, timeout=60, check=False, **more)


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A program written for the official client."""
    path = tmp_path / "program.py"
    path.write_text(textwrap.dedent(PROGRAM))
    return path


def test_script(program: Path, node: EmbeddedServer) -> None:
    """A script runs as it is, with its own arguments."""
    port = node.address.rsplit(":", 1)[1]
    done = _run("-m", "aerospike_wire", "run-as-aerospike", str(program), port, "-x", "--flag")
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "[('a', 3), ('l', 2)] __main__ ['-x', '--flag'] aerospike_wire.compat",
        "2 False",
    ]


def test_module(program: Path, node: EmbeddedServer) -> None:
    """So does a module, found from the working directory."""
    port = node.address.rsplit(":", 1)[1]
    done = _run("-m", "aerospike_wire", "run-as-aerospike", "-m", "program", port, cwd=program.parent)
    assert done.stderr == ""
    assert done.stdout.splitlines()[1] == "2 False"


def test_exit_status_is_the_programs(tmp_path: Path) -> None:
    """What a program exits with comes out."""
    path = tmp_path / "leaves.py"
    path.write_text("raise SystemExit(7)\n")
    assert _run("-m", "aerospike_wire", "run-as-aerospike", str(path)).returncode == 7


def test_no_such_program() -> None:
    """A path that is none is said to be none."""
    done = _run("-m", "aerospike_wire", "run-as-aerospike", "no/such.py")
    assert done.returncode == 2
    assert "there is no program 'no/such.py'" in done.stderr


def test_install_after_the_official_client_is_refused() -> None:
    """Both in one process would mix their objects."""
    pytest.importorskip("aerospike")
    done = _run("-c", "import aerospike, aerospike_wire.compat as c; c.install()")
    assert "RuntimeError: aerospike was imported already" in done.stderr
    assert "call aerospike_wire.compat.install() before" in done.stderr


def test_install_twice_is_no_matter() -> None:
    """And what was imported through the official names is the façade."""
    code = (
        "import aerospike_wire.compat as c; c.install(); import aerospike; c.install();"
        "import aerospike_helpers.expressions.base as b, aerospike.predicates as p;"
        "print(aerospike is c, b.__name__, p is c.predicates, aerospike.exception.RecordNotFound.__module__)"
    )
    done = _run("-c", code)
    assert done.stderr == ""
    assert done.stdout.split() == [
        "True", "aerospike_wire.compat.helpers.expressions.base", "True", "aerospike_wire.errors",
    ]  # fmt: skip
