"""Which operations of a call can have given its code: the table against what a real server answered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import attrs
from cases import for_each

from aerospike_wire import GeoJSON, policy
from aerospike_wire import operations as op
from aerospike_wire.errors import FailedOperation
from aerospike_wire.operations import Operation, refusals, strings
from aerospike_wire.proto.commands.operate import suspects

OBSERVED: dict[str, dict[str, list[int]]] = json.loads(
    (Path(__file__).parents[1] / "data" / "operation_codes.json").read_text()
)
NOT_OF_OPERATIONS = {0, 1}
"""Success, and what servers say when they have no better code."""

PATH = [op.cdt_ctx_all_children()]
KINDS: dict[str, Operation] = {
    "append": op.append("b", "x"),
    "delete": op.delete(),
    "expression_read": op.expression_read("b", b"\x07"),
    "expression_write": op.expression_write("b", b"\x07"),
    "increment": op.increment("b", 1),
    "modify_by_path": op.modify_by_path("b", PATH, b"\x07"),
    "prepend": op.prepend("b", "x"),
    "read": op.read("b"),
    "remove_by_path": op.remove_by_path("b", PATH),
    "select_by_path": op.select_by_path("b", PATH),
    "touch": op.touch(),
    "write": op.write("b", GeoJSON("{}")),
}
OF_FAMILIES = {
    "list": (op.list_size("b"), op.list_clear("b")),
    "map": (op.map_size("b"), op.map_clear("b")),
    "bit": (op.bit_get("b", 0, 8), op.bit_not("b", 0, 8)),
    "hll": (op.hll_describe("b"), op.hll_init("b", 8)),
}
READS = ("get", "size", "count", "scan", "describe", "join", "encode")


def kind_of(name: str) -> Operation:
    """An operation of the same kind as those of a function."""
    if name in KINDS:
        return KINDS[name]
    read, modify = OF_FAMILIES[name.partition("_")[0]]
    reads = any(word in name for word in READS) and name not in {"hll_refresh_count", "bit_resize"}
    return attrs.evolve(read if reads else modify, name=name)


def codes(name: str, flags: int) -> frozenset[int]:
    """What the table has."""
    kind = kind_of(name)
    return refusals.codes_of(name, kind.code, kind.particle, flags)


@for_each("name", OBSERVED)
def test_every_code_that_was_seen_is_in_the_table(name: str) -> None:
    """Whatever the flags: an operation is never cleared of a code that it gave."""
    for flags, seen in OBSERVED[name].items():
        assert set(seen) - NOT_OF_OPERATIONS <= codes(name, int(flags)), flags


NOT_SEEN = {
    "hll_fold": {4},  # bits out of range are refused before
    "hll_describe": {4},
    "hll_get_count": {4},
    "hll_refresh_count": {4},
    "modify_by_path": {26},
    "remove_by_path": {26},
    "select_by_path": {26},
}
"""Codes that the table has for a kind of operation, and a function was not seen to give."""


@for_each("name", OBSERVED)
def test_the_table_has_no_code_that_was_never_seen(name: str) -> None:
    """Otherwise operations would be suspected that cannot have failed like this."""
    seen = {code for found in OBSERVED[name].values() for code in found}
    table = frozenset().union(*(codes(name, int(flags)) for flags in OBSERVED[name]))
    assert table - seen <= NOT_SEEN.get(name, set())


def test_every_function_was_observed() -> None:
    """But for those that no server of that version has."""
    names = {
        name
        for name in op.__all__
        if name.islower() and not name.startswith(("cdt_ctx", "index_")) and name != "strings"
    }
    assert names - OBSERVED.keys() == {"list_join", "bit_b64_encode"}


def check(code: int, *operations: Operation, **settings: Any) -> list[int]:
    """Places of the suspects."""
    rules = policy.OperatePolicy(**settings)
    found = suspects(code, operations, rules, rules.expressions)
    assert all(
        row == FailedOperation(row.place, operations[row.place].name, operations[row.place].bin) for row in found
    )
    return [row.place for row in found]


@for_each("given", [lambda flags: flags, lambda flags: op.MapPolicy(**flags)])
@for_each("by_name", [True, False])
def test_flags_decide(given: Any, by_name: bool) -> None:
    """Only writes that create, or update, can find that an element exists, or does not."""

    def put(**flags: int) -> Operation:
        rules = given({f"map_{name}": value for name, value in flags.items()})
        return op.map_put("m", "k", 1, map_policy=rules) if by_name else op.map_put("m", "k", 1, rules)

    calls = put(), put(write_flags=1), put(write_flags=2), put(write_flags=5), put(write_flags=6)
    assert check(24, *calls) == [1]
    assert check(23, *calls) == [2]
    assert check(26, *calls) == [0, 1, 2, 3, 4]


def test_codes_of_records_suspect_no_operation() -> None:
    """A missing record, a wrong generation, a filter: the operations have no part in it."""
    for code in (1, 2, 3, 5, 8, 9, 13, 14, 18, 22, 27, 999):
        assert check(code, op.write("a", 1), op.list_get("l", 0), op.map_put("m", 1, 1, {"map_write_flags": 3})) == []


def test_a_bad_request_can_be_the_fault_of_the_request() -> None:
    """With a filter, or a policy that replaces records, code 4 need not be an operation's."""
    calls = op.read("a"), op.list_get("l", 0)
    assert check(4, *calls) == [1]
    assert check(4, *calls, expressions=b"\x07") == []
    assert check(4, *calls, exists=policy.Exists.REPLACE) == []
    assert check(12, *calls, expressions=b"\x07") == [1]


def test_only_geojson_can_be_wrong_geojson() -> None:
    """Other values that are written cannot."""
    assert check(160, op.write("a", 1), op.write("g", GeoJSON("x"))) == [1]


def test_text() -> None:
    """Operations that were not observed are suspected of everything."""
    assert check(12, strings.upper("s"), op.read("a"), op.write("b", 1)) == [0]
    assert check(29, strings.upper("s"), op.list_get("l", 0)) == [0]
