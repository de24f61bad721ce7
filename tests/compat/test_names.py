"""The façade has what the official modules have: constants, functions, classes, signatures."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import warnings
from pathlib import Path
from typing import Any

import pytest
from cases import for_each

import aerospike_wire.compat as facade
from aerospike_wire.compat import installation
from aerospike_wire.expressions import base as expressions_base

official = pytest.importorskip("aerospike")
official_helpers = pytest.importorskip("aerospike_helpers")


def _public(module: Any) -> list[str]:
    return [name for name in dir(module) if not name.startswith("_")]


def test_every_name_of_the_module_is_there() -> None:
    """Nothing that ``dir(aerospike)`` shows is missing."""
    assert [name for name in _public(official) if not hasattr(facade, name)] == []


def test_constants_are_equal() -> None:
    """All 366 constants have the official values, and there are no others."""
    constants = {
        name: getattr(official, name) for name in _public(official) if isinstance(getattr(official, name), int | str)
    }
    assert len(constants) == 366
    assert {name: getattr(facade, name) for name in facade.constants.__all__} == constants


@pytest.mark.parametrize("name", ["aerospike.exception", "aerospike.predicates"])
def test_every_name_of_the_submodules_is_there(name: str) -> None:
    """Neither exceptions nor predicates are missing."""
    ours = importlib.import_module(
        name.replace("aerospike.", "aerospike_wire." if "exc" in name else "aerospike_wire.compat.")
    )
    assert [found for found in _public(importlib.import_module(name)) if not hasattr(ours, found)] == []


HELPERS = [
    "aerospike_helpers",
    *(info.name for info in pkgutil.walk_packages(official_helpers.__path__, "aerospike_helpers.")),
]


def _own_names(module: Any) -> list[str]:
    """What a module defines itself; its package's and typing's names are no part of it."""
    return [
        name
        for name in _public(module)
        if (inspect.isclass(found := getattr(module, name)) or inspect.isfunction(found))
        and str(found.__module__).startswith(module.__name__)
    ]


@for_each("name", HELPERS)
def test_every_name_of_the_helpers_is_there(name: str) -> None:
    """Each helper module exists and has the functions and classes that the official one shows, other modules' too."""
    theirs = importlib.import_module(name)
    ours = importlib.import_module(installation._HELPERS + name.removeprefix("aerospike_helpers"))
    shown = [
        found
        for found, value in vars(theirs).items()
        if not found.startswith("_") and str(getattr(value, "__module__", "")).startswith("aerospike_helpers")
    ]
    assert [found for found in shown if not hasattr(ours, found)] == []


def test_lists_of_names_are_true() -> None:
    """What a module says it has, it has."""
    for name, module in installation._helpers():
        assert [found for found in module.__all__ if not hasattr(module, found)] == [], name


def _parameters(function: Any) -> list[str]:
    return [name for name in inspect.signature(function).parameters if name != "self"]


def _stub() -> ast.Module:
    found = next(Path(folder) / "aerospike-stubs" / "__init__.pyi" for folder in _site_packages())
    return ast.parse(
        (found.parent / "aerospike.pyi").read_text() if found.with_name("aerospike.pyi").exists() else found.read_text()
    )


def _site_packages() -> list[str]:
    return [str(Path(official_helpers.__file__).parent.parent)]


STUBS = {
    node.name: {item.name: item for item in node.body if isinstance(item, ast.FunctionDef)}
    for node in _stub().body
    if isinstance(node, ast.ClassDef)
}
OTHER_NAMES = {
    # The stub and the documentation disagree; both are taken from the C module's own keyword lists.
    ("Client", "select"),
}


@for_each(
    ("kind", "name"),
    [
        (kind, name)
        for kind in ("Client", "Query", "Scan")
        for name in STUBS[kind]
        if not name.startswith("_") and (kind, name) not in OTHER_NAMES
    ],
)
def test_methods_have_the_official_signatures(kind: str, name: str) -> None:
    """Parameters have the names and the order of the official stubs; more may follow."""
    arguments = STUBS[kind][name].args
    theirs = [argument.arg for argument in arguments.args if argument.arg != "self"]
    if name.startswith("admin_"):
        theirs = ["user" if one == "username" else one for one in theirs]  # the keyword that the C module takes
    ours = _parameters(getattr(getattr(facade, kind), name))
    if arguments.vararg is None:
        assert ours[: len(theirs)] == theirs
        rest = list(inspect.signature(getattr(getattr(facade, kind), name)).parameters.values())[len(theirs) + 1 :]
        assert all(one.default is not one.empty or one.kind is one.VAR_POSITIONAL for one in rest)


def _operation_helpers() -> list[Any]:
    found = []
    for name in HELPERS:
        if name.startswith("aerospike_helpers.operations."):
            module = importlib.import_module(name)
            found += [(name, function) for function in _own_names(module)]
    return found


@for_each(("module", "name"), _operation_helpers())
def test_operations_are_the_official_dicts(module: str, name: str) -> None:
    """A helper makes the dict that the official one makes, entries without a value aside."""
    theirs = getattr(importlib.import_module(module), name)
    ours = getattr(importlib.import_module(installation._HELPERS + module.removeprefix("aerospike_helpers")), name)
    assert _parameters(ours) == _parameters(theirs)
    parameters = inspect.signature(theirs).parameters.values()
    for given in (list(parameters), [one for one in parameters if one.default is inspect.Parameter.empty]):
        arguments = {one.name: True if one.name == "inverted" else f"<{one.name}>" for one in given}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = theirs(**arguments)
        made = ours(**arguments)
        assert _told(made) == _told(expected)


def _told(operation: dict[str, Any]) -> dict[str, Any]:
    # -1 stands for "not given" in HyperLogLog operations, False for "not inverted": both are the defaults here.
    return {key: value for key, value in operation.items() if value not in (None, -1, False, 0) or key in {"op", "bin"}}


def test_expressions_take_the_official_arguments() -> None:
    """Each class has the parameters of the official one; those of any number may have another name."""
    import aerospike_helpers.expressions as theirs

    from aerospike_wire.compat.helpers import expressions as ours

    different = []
    for name in _public(theirs):
        found = getattr(theirs, name)
        if not inspect.isclass(found) or not hasattr(found, "compile"):
            continue
        a, b = inspect.signature(found).parameters.values(), inspect.signature(getattr(ours, name)).parameters.values()
        if [one.name for one in a] != [one.name for one in b] and not any(one.kind is one.VAR_POSITIONAL for one in a):
            different.append(name)
    assert different == []
    assert issubclass(ours.GT, ours.base._BaseExpr if hasattr(ours.base, "_BaseExpr") else object)
    assert isinstance(ours.GT(ours.IntBin("a"), 1).compile().compiled, expressions_base.Compiled)
