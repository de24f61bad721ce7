"""run-as-aerospike and install(): whole programs, one of them in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from types import ModuleType
from typing import TYPE_CHECKING

import pytest
from _pytest.assertion.rewrite import AssertionRewriter

import aerospike_wire
import aerospike_wire.compat as facade

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from aerospike_wire.embedded import EmbeddedServer
    from tests.compat.conftest import Done

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


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A program written for the official client."""
    path = tmp_path / "program.py"
    path.write_text(textwrap.dedent(PROGRAM))
    return path


@pytest.mark.long
def test_script(program: Path, node: EmbeddedServer) -> None:
    """A script runs as it is, with its own arguments."""
    port = node.address.rsplit(":", 1)[1]
    command = [sys.executable, "-m", "aerospike_wire", "run-as-aerospike", str(program), port, "-x", "--flag"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "[('a', 3), ('l', 2)] __main__ ['-x', '--flag'] aerospike_wire.compat",
        "2 False",
    ]


def test_module(
    program: Path, node: EmbeddedServer, run_as_aerospike: Callable[..., Done], monkeypatch: pytest.MonkeyPatch
) -> None:
    """So does a module, found from the working directory."""
    monkeypatch.chdir(program.parent)
    done = run_as_aerospike("-m", "program", node.address.rsplit(":", 1)[1])
    assert done.stderr == ""
    assert done.stdout.splitlines()[1] == "2 False"


def test_exit_status_is_the_programs(tmp_path: Path, run_as_aerospike: Callable[..., Done]) -> None:
    """What a program exits with comes out."""
    path = tmp_path / "leaves.py"
    path.write_text("raise SystemExit(7)\n")
    assert run_as_aerospike(str(path)).status == 7


def test_no_such_program(run_as_aerospike: Callable[..., Done]) -> None:
    """A path that is none is said to be none."""
    done = run_as_aerospike("no/such.py")
    assert done.status == 2
    assert "there is no program 'no/such.py'" in done.stderr


def test_install_after_the_official_client_is_refused(
    run_as_aerospike: Callable[..., Done], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both in one process would mix their objects; nothing of what was imported is touched."""
    for name in ("aerospike", "aerospike_helpers"):
        theirs = ModuleType(name)
        monkeypatch.setitem(sys.modules, name, theirs)
        with pytest.raises(RuntimeError, match=f"{name} was imported already") as caught:
            facade.install()
        assert "call aerospike_wire.compat.install() before" in str(caught.value)
        assert sys.modules.pop(name) is theirs


def test_a_test_suite_that_makes_errors_of_warnings_begins(run_as_aerospike: Callable[..., Done]) -> None:
    """Pytest looks at packages with plugins first, and warns of those that are imported; unless their docstring says no."""
    for _ in range(2):
        facade.install()
        assert AssertionRewriter.is_rewrite_disabled(aerospike_wire.__doc__ or "")
        assert (aerospike_wire.__doc__ or "").count("PYTEST") == 1


def test_install_twice_is_no_matter(tmp_path: Path, run_as_aerospike: Callable[..., Done]) -> None:
    """And what was imported through the official names is the façade."""
    path = tmp_path / "twice.py"
    path.write_text(
        "import aerospike_wire.compat as c; c.install(); import aerospike; c.install()\n"
        "import aerospike_helpers.expressions.base as b, aerospike.predicates as p\n"
        "print(aerospike is c, b.__name__, p is c.predicates, aerospike.exception.RecordNotFound.__module__)\n"
    )
    assert run_as_aerospike(str(path)).stdout.split() == [
        "True", "aerospike_wire.compat.helpers.expressions.base", "True", "aerospike_wire.errors",
    ]  # fmt: skip
