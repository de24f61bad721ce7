"""What stands in the values of info answers."""

from __future__ import annotations

from typing import Any

from cases import for_each
from hypothesis import given, settings
from hypothesis import strategies as st
from vectors import vector

from aerospike_wire.proto import info, info_values


def value(name: str) -> str:
    """The value of a recorded answer of one line."""
    ((_, text),) = info.parse(vector(name)[8:])
    return text


@for_each(
    ("text", "expected"),
    [("12", 12), ("-3", -3), ("0.50", 0.5), ("true", True), ("false", False), ("null", "null"), ("", ""), ("1.2.3", "1.2.3"), ("9" * 5000, "9" * 5000), ("²", "²")],
)  # fmt: skip
def test_scalar(text: str, expected: Any) -> None:
    """Numbers and truths are read, all else stays text."""
    found = info_values.scalar(text)
    assert (found, type(found)) == (expected, type(expected))


def test_statistics() -> None:
    """Names and values; what has no name is left out."""
    assert info_values.facts("a=1;b=x=y;c;d=") == {"a": 1, "b": "x=y", "d": ""}
    assert info_values.facts("") == {}
    assert info_values.number({"a": "x", "b": True, "c": 2.5}, "none", "a", "b", "c") == 2
    assert info_values.number({}, "none") == 0


def test_recorded_list_of_indexes() -> None:
    """Every kind of index that a real server lists."""
    rows = {row.name: row for row in map(info_values.index_row, info_values.rows(value("info/real_sindex_list_reply")))}
    assert rows
    for row in rows.values():
        assert row.namespace == "test"
        assert row.index_type in {"default", "list", "mapkeys", "mapvalues", "set"}
        assert (row.state, row.datatype) == (None, None) if row.index_type == "set" else row.state == "RW"
    kinds = {row.datatype for row in rows.values()}
    assert {"numeric", "geo2dsphere", "blob", None} <= kinds
    assert any(row.expression and row.bin is None for row in rows.values())
    assert any(row.context for row in rows.values())


def test_recorded_sets() -> None:
    """A row for each set."""
    rows = info_values.rows(value("info/real_sets_reply"))
    assert rows
    assert all({"ns", "set", "objects"} <= row.keys() for row in rows)


def test_bins_of_an_older_server() -> None:
    """Two figures stand before the names."""
    assert info_values.bin_names("bin_names=2,bin_names_quota=65535,a,b") == ["a", "b"]
    assert info_values.bin_names("bin_names=0,bin_names_quota=65535") == []


@given(st.text(max_size=80))
@settings(deadline=None, max_examples=200)
def test_any_text_is_read(text: str) -> None:
    """Nothing is raised for what a server says."""
    info_values.facts(text)
    info_values.bin_names(text)
    for row in info_values.rows(text):
        info_values.index_row(row)
