"""Names, arguments and numbers of the official client's helpers."""

from __future__ import annotations

import inspect
import json
from typing import Any

from cases import for_each
from gold import DATA, MODULES

from aerospike_wire import operations

HELPERS: dict[str, Any] = json.loads((DATA / "helpers.json").read_text())


@for_each(("family", "name"), [(family, name) for family, names in HELPERS["functions"].items() for name in names])
def test_function_has_the_official_arguments(family: str, name: str) -> None:
    """A function takes the arguments of the official helper, in its order."""
    official = HELPERS["functions"][family][name]
    ours = inspect.signature(getattr(MODULES[family], name)).parameters.values()
    assert [one.name for one in ours] == [argument for argument, _ in official]
    for one, (argument, optional) in zip(ours, official, strict=True):
        has_default = one.default is not inspect.Parameter.empty
        assert has_default or not optional, argument
    assert inspect.getdoc(getattr(MODULES[family], name))


@for_each(
    ("family", "count"),
    [
        ("operations.list_operations", 35),
        ("operations.map_operations", 32),
        ("operations.bitwise_operations", 19),
        ("operations.hll_operations", 11),
        ("operations.string_operations", 39),
        ("cdt_ctx", 15),
    ],
)
def test_number_of_functions(family: str, count: int) -> None:
    """Each family is whole."""
    assert len(HELPERS["functions"][family]) == count


PREFIXES = {
    "LIST_RETURN_": operations.ListReturn,
    "LIST_SORT_": operations.ListSort,
    "LIST_WRITE_": operations.ListWrite,
    "LIST_": operations.ListOrder,
    "MAP_RETURN_": operations.MapReturn,
    "MAP_WRITE_FLAGS_": operations.MapWrite,
    "MAP_WRITE_": operations.MapWrite,
    "MAP_": operations.MapOrder,
    "BIT_WRITE_": operations.BitWrite,
    "BIT_RESIZE_": operations.BitResize,
    "BIT_OVERFLOW_": operations.BitOverflow,
    "HLL_WRITE_": operations.HllWrite,
    "EXP_READ_": operations.ExpRead,
    "EXP_WRITE_": operations.ExpWrite,
    "EXP_PATH_SELECT_": operations.PathSelect,
    "EXP_PATH_MODIFY_": operations.PathModify,
    "RegexFlags.": operations.RegexFlags,
    "WriteFlags.": operations.StringWrite,
    "NumericType.": operations.NumericType,
}


@for_each("name", HELPERS["constants"])
def test_number_of_a_constant(name: str) -> None:
    """A member has the number of the official constant."""
    prefix = next(prefix for prefix in PREFIXES if name.startswith(prefix))
    member = PREFIXES[prefix][name.removeprefix(prefix)]  # type: ignore[index]
    assert member == HELPERS["constants"][name]


@for_each(("number", "name"), [(0, "default"), (1, "list"), (2, "mapkeys"), (3, "mapvalues"), (9, "invalid")])
def test_index_type_string(number: int, name: str) -> None:
    """Types of indexes have names."""
    assert operations.index_type_string(number) == name


@for_each(("number", "name"), [(0, "string"), (1, "numeric"), (2, "geo2dsphere"), (9, "invalid")])
def test_index_datatype_string(number: int, name: str) -> None:
    """Types of indexed data have names."""
    assert operations.index_datatype_string(number) == name


def test_everything_public_exists() -> None:
    """Every name that the package promises is there."""
    assert len(set(operations.__all__)) == len(operations.__all__)
    for name in operations.__all__:
        assert getattr(operations, name) is not None
