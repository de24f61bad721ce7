"""The classes, their parents and codes, against the documentation they follow."""

from __future__ import annotations

import builtins
import json
import re
from pathlib import Path
from typing import NamedTuple

import pytest
from cases import for_each
from error_samples import CLASSES

from aerospike_wire import errors
from aerospike_wire.errors import AerospikeError, ClientError, ResultCode, ServerError

DATA = Path(__file__).parents[1] / "data"
PAGE = (DATA / "aerospike_exceptions.txt").read_text(encoding="utf-8")
OFFICIAL = json.loads((DATA / "result_codes.json").read_text(encoding="utf-8"))

CONTRADICTIONS = {
    "QueryError: prose says parent AerospikeError": "ServerError, as in the tree: the code comes from the server",
    "ClusterError: prose says parent AerospikeError": "ServerError, as in the tree: the code comes from the server",
    "AdminError: prose says no parent": "ServerError, as in the tree",
    "ServerError: prose says no parent": "AerospikeError, as in the tree",
    "ClientError: prose says no parent": "AerospikeError, as in the tree",
    "AerospikeError: prose says no parent": "Exception: the prose has it as 'inherits from exceptions.Exception'",
    "InvalidHostError: missing in the tree": "the class's name, because the official client raises it under this one",
    "InvalidHost: missing in the prose": "the tree's name of InvalidHostError is kept as its alias",
    "InvalidHost: tree says a class of its own": "InvalidHostError under another name, so that both can be caught",
    "TimeoutError: missing in the prose": "as in the tree: 9, directly under AerospikeError",
    "MaxErrorRateExceeded: missing in the tree": "-14 and a ClientError: nothing is sent when it is raised",
    "OpNotApplicable: missing in the tree": "26 and a ServerError, as the prose says of its parent",
    "FilteredOut: missing in the tree": "27 and a ServerError, as the prose says of its parent",
    "UDFError: tree says code None": "100: the code that servers send for every failure of a function",
}
"""Where the page contradicts itself or the servers: what it says, and what holds here and why."""


class Said(NamedTuple):
    """What one part of the page says about a class."""

    parent: str | None
    code: int | None = None


def read_prose(text: str) -> dict[str, Said]:
    """The classes that are described one by one."""
    found = {}
    for part in text.partition("\nException Hierarchy\n")[0].split("\nexception aerospike.exception.")[1:]:
        name = re.match(r"\w+", part)
        parent = re.search(r"^Subclass of (\w+)\.$", part, re.MULTILINE)
        assert name is not None
        found[name[0]] = Said(parent[1] if parent else None)
    return found


def read_tree(text: str) -> dict[str, Said]:
    """The classes of a drawn tree: parents by indentation, codes in parentheses."""
    found: dict[str, Said] = {}
    above: list[tuple[int, str]] = []
    for depth, name, code in re.findall(r"^([ |]*(?:\+-- )?)(\w+) \((\*|-?\d+)\)$", text, re.MULTILINE):
        while above and above[-1][0] >= len(depth):
            above.pop()
        assert name not in found, f"{name} is drawn twice"
        found[name] = Said(above[-1][1] if above else None, None if code == "*" else int(code))
        above.append((len(depth), name))
    return found


def own_code(cls: type[AerospikeError]) -> int | None:
    """The code that a class stands for, None for one that only inherits it."""
    return cls.code if cls.code is not None and errors.class_of(cls.code) is cls else None


def parent_of(cls: type[AerospikeError]) -> str | None:
    """The nearest ancestor within the hierarchy."""
    found = next((base for base in cls.__mro__[1:] if issubclass(base, AerospikeError)), None)
    return None if found is None else found.__name__


def disagreements() -> list[str]:
    """Each point where the page and the classes, or the page's two parts, differ."""
    prose, tree = read_prose(PAGE), read_tree(PAGE)
    found = []
    for name in prose | tree:
        cls = getattr(errors, name)
        if name not in tree:
            found.append(f"{name}: missing in the tree")
        elif name not in prose:
            found.append(f"{name}: missing in the prose")
        if cls.__name__ != name:
            found.append(f"{name}: tree says a class of its own")
        if name in prose and prose[name].parent != (parent_of(cls) or "nothing"):
            found.append(f"{name}: prose says {'parent ' + prose[name].parent if prose[name].parent else 'no parent'}")
        if name in tree and tree[name].parent != parent_of(cls):
            found.append(f"{name}: tree says parent {tree[name].parent}")
        if name in tree and tree[name].code != own_code(cls):
            found.append(f"{name}: tree says code {tree[name].code}")
    return found


def test_the_page_is_read_whole() -> None:
    """The readers of the page find all of its classes, so that the comparison misses none."""
    assert len(read_prose(PAGE)) == PAGE.count("exception aerospike.exception.")
    assert len(read_tree(PAGE)) == 1 + PAGE.count("+-- ")


def test_the_classes_are_those_of_the_page() -> None:
    """Names, parents and codes agree with the page but for the contradictions that are listed."""
    assert sorted(disagreements()) == sorted(CONTRADICTIONS)


@for_each(
    ("name", "parent", "code"),
    [
        ("QueryError", "ServerError", 213),
        ("ClusterError", "ServerError", 11),
        ("AdminError", "ServerError", None),
        ("InvalidHostError", "ClientError", -4),
        ("MaxErrorRateExceeded", "ClientError", -14),
        ("OpNotApplicable", "ServerError", 26),
        ("FilteredOut", "ServerError", 27),
        ("ElementNotFoundError", "ServerError", 23),
        ("ElementExistsError", "ServerError", 24),
        ("UDFError", "ServerError", 100),
        ("TimeoutError", "AerospikeError", 9),
    ],
)
def test_contradictions_are_resolved_as_listed(name: str, parent: str, code: int | None) -> None:
    """Where the page disagrees with itself the class has the parent and code that the table gives."""
    cls = getattr(errors, name)
    assert (parent_of(cls), own_code(cls)) == (parent, code)


def draw(cls: type[AerospikeError], indent: str = "") -> list[str]:
    """A class and what is below it as an indented list, ordered by code, families first."""
    code = own_code(cls)
    lines = [f"{indent}{'+-- ' if indent else ''}{cls.__name__} ({'*' if code is None else code})"]
    for child in sorted((child for child in CLASSES if parent_of(child) == cls.__name__), key=_place):
        lines += draw(child, f"{indent}     " if indent else " ")
    return lines


def _place(cls: type[AerospikeError]) -> tuple[bool, int, bool]:
    code = own_code(cls)
    if code is not None:
        return True, abs(code), code < 0
    below = [abs(child.code) for child in CLASSES if issubclass(child, cls) and child is not cls and child.code]
    return False, min(below, default=0), False


def _indented(line: str) -> tuple[int, str]:
    text = line.lstrip(" |")
    return len(line) - len(text), text


def test_the_docstring_draws_the_hierarchy() -> None:
    """The tree in the docstring of ``errors`` is the one that its classes form, in order of codes."""
    drawn = [line[4:] for line in (errors.__doc__ or "").splitlines() if re.search(r"\((\*|-?\d+)\)$", line)]
    assert [_indented(line) for line in drawn] == [_indented(line) for line in draw(AerospikeError)]


def test_the_docstring_draws_no_line_below_a_last_child() -> None:
    """A vertical line in the drawn tree always leads to a further sibling."""
    drawn = [line for line in (errors.__doc__ or "").splitlines() if re.search(r"\((\*|-?\d+)\)$", line)]
    for number, line in enumerate(drawn):
        for column in (place for place, sign in enumerate(line) if sign == "|"):
            below = next(row for row in drawn[number + 1 :] if row[column : column + 1] != "|")
            assert below[column] == "+", f"a line ends in nothing at {line!r}"


@for_each("row", [row for row in OFFICIAL if row["exception"]], ids=lambda row: row["exception"])
def test_official_classes_keep_their_parents_and_codes(row: dict[str, object]) -> None:
    """Every class of the official client exists with the same code and nearest parent."""
    cls = getattr(errors, str(row["exception"]))
    assert (parent_of(cls) or "Exception", own_code(cls)) == (row["parent"], row["code"])


@for_each("code", sorted({row["code"] for row in OFFICIAL} - {None, 0}))
def test_every_known_code_has_a_class_a_row_and_a_name(code: int) -> None:
    """A code that any server or client uses has a class of its own, a row of facts and a ResultCode."""
    cls = errors.class_of(code)
    row = errors.FACTS[code]
    assert own_code(cls) == code
    assert row.code == code
    assert row.exception == cls.__name__
    assert ResultCode(code) is row.code


def test_codes_and_classes_are_one_to_one() -> None:
    """No two classes stand for a code, and no code of the table lacks its class."""
    with_code = {own_code(cls): cls for cls in CLASSES if own_code(cls) is not None}
    assert len(with_code) == sum(own_code(cls) is not None for cls in CLASSES)
    assert set(with_code) == set(errors.FACTS) - {0}


def test_a_second_class_for_a_code_is_refused() -> None:
    """Defining another class for a code that has one is a TypeError that names both."""
    with pytest.raises(TypeError, match="code 2 belongs to RecordNotFound, Impostor cannot take it"):
        type("Impostor", (ServerError,), {}, code=2)
    assert errors.class_of(2) is errors.RecordNotFound


def test_codes_of_the_server_are_never_client_errors() -> None:
    """``except ServerError`` catches every positive code but the timeout, ``except ClientError`` every negative one."""
    for code in errors.FACTS:
        cls = errors.class_of(code)
        if code < 0:
            assert issubclass(cls, ClientError), cls
        elif code not in (ResultCode.OK, ResultCode.TIMEOUT):
            assert issubclass(cls, ServerError), cls


@for_each(
    ("name", "builtin"),
    [("TimeoutError", TimeoutError), ("ConnectionError", ConnectionError), ("AsyncConnectionError", ConnectionError),
     ("ParamError", ValueError)],
)  # fmt: skip
def test_builtin_bases(name: str, builtin: type[Exception]) -> None:
    """Handlers for the builtin exceptions of the same meaning catch ours."""
    cls = getattr(errors, name)
    assert issubclass(cls, builtin)
    with pytest.raises(builtin):
        raise cls("it failed")


def test_index_error_is_not_the_builtin() -> None:
    """A failure of a secondary index is not mistaken for a list index out of range."""
    assert not issubclass(errors.IndexError, builtins.IndexError)


@for_each("cls", CLASSES)
def test_every_class_is_public_and_described(cls: type[AerospikeError]) -> None:
    """Each class is importable where its ``__module__`` says and has a docstring of its own."""
    assert cls.__module__ == "aerospike_wire.errors"
    assert getattr(errors, cls.__name__) is cls
    assert cls.__doc__ is not None
    assert cls.__doc__ != AerospikeError.__doc__ or cls is AerospikeError
