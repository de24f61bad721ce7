"""The tables of docs/migrating.md are true."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from cases import for_each

from aerospike_wire import exception as ours

official = pytest.importorskip("aerospike.exception")

TEXT = (Path(__file__).parents[2] / "docs" / "migrating.md").read_text()
ROWS = re.findall(r"^\| `(\w+)` \| `(\w+)` \| (-?\d*) ?\|", TEXT, re.MULTILINE)
KNOWN = {name for name in dir(official) if isinstance(getattr(official, name), type)}


def test_every_class_has_a_row() -> None:
    """The official ones and those that are only here; InvalidHost is another name of InvalidHostError."""
    assert {name for name, *_ in ROWS if name in KNOWN} == KNOWN
    assert {name for name, *_ in ROWS} == {*ours.__all__} - {"InvalidHost"}
    assert len(ROWS) == len({name for name, *_ in ROWS})


@for_each(("name", "parent", "code"), ROWS)
def test_row(name: str, parent: str, code: str) -> None:
    """Parent and code are those of the official class and of this client's."""
    found: Any = getattr(ours, name)
    assert parent in {kind.__name__ for kind in found.__mro__[1:]}
    assert found.code == (int(code) if code else None)
    if name in KNOWN:
        theirs: Any = getattr(official, name)
        assert parent == theirs.__mro__[1].__name__
        assert [kind.__name__ for kind in theirs.__mro__ if kind.__name__ in KNOWN] == [
            kind.__name__ for kind in found.__mro__ if kind.__name__ in KNOWN and kind.__module__ != "builtins"
        ]
    attributes = re.findall(r"`(\w+)`", next(line for line in TEXT.splitlines() if line.startswith(f"| `{name}` |")))
    builtin = {"TimeoutError", "ConnectionError", "ValueError", "InvalidHost"}
    made = found("text")
    assert [one for one in attributes[2:] if one not in builtin and not hasattr(made, one)] == []
