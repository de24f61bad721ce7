"""Puts the façade in the place of the official client, for one process."""

from __future__ import annotations

import importlib
import pkgutil
import runpy
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

_FACADE: Final = "aerospike_wire.compat"
_HELPERS: Final = "aerospike_wire.compat.helpers"
_LEFT_ALONE: Final = "PYTEST_DONT_REWRITE"
_OFFICIAL: Final = ("aerospike", "aerospike_helpers")


def install() -> None:
    """Let ``import aerospike`` and ``import aerospike_helpers`` give this client, from now on and in this process.

    Doing it again changes nothing.

    Raises:
        RuntimeError: the official client was imported before: parts of the program hold
            its objects, and both would be in use.
    """
    for name in _OFFICIAL:
        module = sys.modules.get(name)
        if module is not None and not module.__name__.startswith(_FACADE):
            where = getattr(module, "__file__", None) or "built in"
            msg = (
                f"{name} was imported already, from {where}: "
                "call aerospike_wire.compat.install() before anything imports the official client"
            )
            raise RuntimeError(msg)
    _tell_pytest()
    facade = importlib.import_module(_FACADE)
    sys.modules["aerospike"] = facade
    sys.modules["aerospike.exception"] = importlib.import_module("aerospike_wire.exception")
    sys.modules["aerospike.predicates"] = importlib.import_module(f"{_FACADE}.predicates")
    for name, module in _helpers():
        sys.modules[name] = module


def _tell_pytest() -> None:
    """Keep pytest from warning that it cannot rewrite the assertions of a package that is imported already.

    It has none; and a test suite that makes errors of warnings would not even begin. The word in the docstring is how
    pytest wants to be told.
    """
    package = sys.modules["aerospike_wire"]
    if _LEFT_ALONE not in (package.__doc__ or ""):
        package.__doc__ = f"{package.__doc__}\n\n{_LEFT_ALONE}\n"


def _helpers() -> list[tuple[str, ModuleType]]:
    package = importlib.import_module(_HELPERS)
    found = [("aerospike_helpers", package)]
    for info in pkgutil.walk_packages(package.__path__, f"{_HELPERS}."):
        name = "aerospike_helpers" + info.name.removeprefix(_HELPERS)
        found.append((name, importlib.import_module(info.name)))
    return found


def run_program(program: Sequence[str], *, module: bool) -> None:
    """Run a program with this client in the place of the official one.

    Args:
        program: path of a script, or name of a module, and its arguments.
        module: True for a module, as after ``python -m``.

    Raises:
        RuntimeError: the official client was imported before.
        BaseException: what the program raises.
    """
    install()
    name, *arguments = program
    sys.argv = [name, *arguments]
    if module:
        # As python -m does: the working directory comes first.
        sys.path.insert(0, "")
        runpy.run_module(name, run_name="__main__", alter_sys=True)
    else:
        sys.path.insert(0, str(Path(name).resolve().parent))
        runpy.run_path(name, run_name="__main__")
