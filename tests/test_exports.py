"""The public names of the package."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import pytest

import aerospike_wire
from aerospike_wire import errors, exception

if TYPE_CHECKING:
    import types

MODULES = [aerospike_wire, errors, exception]
each_module = pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)


def _place(name: str) -> tuple[int, str]:
    """Constants come first, then classes, then the rest, as the linter wants them."""
    return 0 if name.isupper() else 1 if name[0].isupper() else 2, name


@each_module
def test_names_are_sorted_unique_and_there(module: types.ModuleType) -> None:
    """``__all__`` lists each public name once, in order, and each of them exists."""
    names = module.__all__
    assert len(set(names)) == len(names)
    assert list(names) == sorted(names, key=_place)
    for name in names:
        assert hasattr(module, name), name
        assert not name.startswith("_")


@each_module
def test_names_are_documented(module: types.ModuleType) -> None:
    """Every public class and function has a docstring, and so has the module."""
    assert module.__doc__
    for name in module.__all__:
        found = getattr(module, name)
        if inspect.isclass(found) or inspect.isroutine(found) or inspect.ismodule(found):
            assert inspect.getdoc(found), name


def test_exception_holds_every_exception_class() -> None:
    """The drop-in module has each exception of ``errors`` under its name, aliases included."""
    wanted = {
        name
        for name in errors.__all__
        if inspect.isclass(getattr(errors, name)) and issubclass(getattr(errors, name), BaseException)
    }
    assert set(exception.__all__) == wanted
    for name in wanted:
        assert getattr(exception, name) is getattr(errors, name)


def test_exception_holds_nothing_else() -> None:
    """Nothing but exception classes is visible in the drop-in module."""
    public = {name for name in vars(exception) if not name.startswith(("_", "@"))}  # pytest adds names with @
    assert public - {"annotations"} == set(exception.__all__)


def test_import_star() -> None:
    """``from aerospike_wire.exception import *`` brings the classes in, as with the official client."""
    space: dict[str, object] = {}
    exec("from aerospike_wire.exception import *", space)
    assert space["RecordNotFound"] is errors.RecordNotFound
    assert set(space) - {"__builtins__"} == set(exception.__all__)


def test_the_root_offers_what_a_program_starts_with() -> None:
    """Both clients, the codes, the middleware and the value types are at the top."""
    needed = {"AsyncClient", "Client", "ErrorMiddleware", "Failure", "Hook", "Key", "Record", "ResultCode", "errors"}
    assert needed | {"exception", "GeoJSON", "HyperLogLog"} <= set(aerospike_wire.__all__)
    assert aerospike_wire.ResultCode is errors.ResultCode
