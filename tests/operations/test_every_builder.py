"""Every builder, parameter by parameter: whatever cannot be used is refused when the operation is made."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from cases import Cases

from aerospike_wire import operations as op
from aerospike_wire.errors import ParamError
from aerospike_wire.operations import strings
from aerospike_wire.types import CDTInfinite, CDTWildcard, HyperLogLog

if TYPE_CHECKING:
    from collections.abc import Callable

BUILDERS: dict[str, Callable[..., Any]] = {
    name: getattr(op, name)
    for name in op.__all__
    if name.islower() and callable(getattr(op, name)) and name not in {"index_type_string", "index_datatype_string"}
} | {
    f"strings.{name}": function
    for name, function in vars(strings).items()
    if inspect.isfunction(function) and hasattr(function, "__wrapped__") and not name.startswith("_")
}

SKETCH = HyperLogLog(b"\x00\x04" + bytes(9) + bytes(12))
PATH = [op.cdt_ctx_all_children()]

GOOD: dict[str, Any] = {
    "action": 0, "amount": 1, "append_item": "x", "bin_name": "b", "bit_offset": 0, "bit_size": 8, "byte_offset": 0,
    "byte_size": 1, "count": 1, "ctx": None, "end": 1, "expr": b"\x07", "expression": b"\x07", "flags": 0, "get_amt": 1,
    "hll_list": [SKETCH], "index": 0, "index_bit_count": 8, "index_start": 0, "inverted": False, "item_dict": {"k": 1},
    "key": "k", "key_list": ["k"], "key_range_end": "z", "key_range_start": "a", "keys": ["k"], "list_order": 0,
    "map_order": 0, "mh_bit_count": 0, "needle": "x", "offset": 0, "order": 0, "pad": False, "pad_string": "x",
    "pattern": "x", "persist_index": False, "policy": None, "prefix": "x", "prepend_item": "x", "rank": 0,
    "rank_start": 0, "remove_amt": 1, "replacement": "x", "return_type": 7, "separator": "x", "shift": 1, "sign": False,
    "start": 0, "suffix": "x", "target_length": 1, "ttl": 1, "value": 1, "value_begin": 1, "value_byte_size": 1,
    "value_end": 2, "value_list": [1], "value_start": 1, "values": [1], "write_item": 1,
}  # fmt: skip
"""What each parameter takes, by its name."""

OF_THEIR_OWN: dict[tuple[str, str], Any] = {
    **{(f"{name}_by_path", "ctx"): PATH for name in ("select", "modify", "remove")},
    **{(f"bit_{name}", "value"): b"x" for name in ("insert", "set", "or", "xor", "and")},
    **{(f"bit_{name}", "value"): True for name in ("lscan", "rscan")},
    **{(f"strings.{name}", "value"): "x" for name in ("insert", "overwrite", "append", "prepend")},
    ("strings.concat", "value_list"): ["x"],
}
"""What parameters of single functions take."""

SAMPLES: dict[str, Any] = {
    "object": object(), "None": None, "True": True, "1": 1, "1.5": 1.5, "text": "x", "bytes": b"x", "tuple": (),
    "list": [], "dict": {}, "list of an object": [object()], "dict of an object": {"a": object()},
    "dict by float": {1.5: 1}, "2**64": 2**64, "-2**63 - 1": -(2**63) - 1, "-1": -1, "99": 99, "infinity": CDTInfinite(),
    "list of a wildcard": [CDTWildcard()],
}  # fmt: skip
"""Values of every kind, most of them wrong for most parameters."""

INTEGER = {"1", "-1", "99"}
COUNT = {"1", "99"}
FLAG = {"True"}
ONE = {"1"}
TEXT = {"text"}
KEY = {"1", "-1", "99", "text", "bytes"}
STORED = KEY | {"None", "True", "1.5", "list", "dict"}
COMPARED = STORED | {"infinity", "list of a wildcard"}
POLICY = {"None", "dict"}
TAKES: dict[str, set[str]] = {
    "action": set(), "amount": INTEGER | {"1.5"}, "append_item": {"text", "bytes"}, "bin_name": TEXT,
    "bit_offset": INTEGER, "bit_size": COUNT, "byte_offset": INTEGER, "byte_size": COUNT, "count": COUNT,
    "ctx": {"None", "tuple", "list"}, "end": INTEGER, "expr": {"bytes"}, "expression": {"bytes"},
    "expression_read_flags": set(), "expression_write_flags": ONE, "flags": set(), "get_amt": COUNT | {"None"},
    "hll_list": {"list"}, "index": INTEGER, "index_bit_count": {"None", "-1"}, "index_start": INTEGER,
    "invert_size": FLAG, "inverted": FLAG, "item_dict": {"dict"}, "key": KEY, "key_list": {"list"},
    "key_range_end": KEY | {"None", "infinity"}, "key_range_start": KEY | {"None", "infinity"}, "keys": {"list"},
    "list_order": ONE, "map_order": ONE, "map_policy": POLICY, "mh_bit_count": {"None", "-1"}, "needle": TEXT,
    "numeric_type": ONE, "occurrence": INTEGER, "offset": INTEGER, "order": ONE, "pad": FLAG, "pad_string": TEXT,
    "pattern": TEXT, "persist_index": FLAG, "policy": POLICY, "prefix": TEXT, "prepend_item": {"text", "bytes"},
    "rank": INTEGER, "rank_start": INTEGER, "regex_flags": ONE, "remove_amt": COUNT | {"None"}, "replacement": TEXT,
    "resize_flags": ONE, "return_type": ONE, "separator": TEXT | {"None"}, "shift": COUNT, "sign": FLAG,
    "sort_flags": ONE, "start": INTEGER, "suffix": TEXT, "target_length": INTEGER, "ttl": {"None", "1", "-1", "99"},
    "value": COMPARED, "value_begin": COMPARED, "value_byte_size": COUNT, "value_end": COMPARED,
    "value_list": {"list", "list of a wildcard"}, "value_start": COMPARED, "values": {"list"}, "write_item": STORED,
}  # fmt: skip
"""Which of the samples each parameter takes, by its name."""

TAKE: dict[tuple[str, str], set[str]] = {
    **{(f"bit_{name}", "value"): {"bytes"} for name in ("insert", "set", "or", "xor", "and")},
    **{(f"bit_{name}", "value"): FLAG for name in ("lscan", "rscan")},
    **{(f"bit_{name}", "value"): COUNT for name in ("add", "subtract")},
    ("bit_set_int", "value"): INTEGER,
    ("bit_b64_encode", "byte_size"): COUNT | {"None"},
    ("hll_add", "values"): {"list", "list of a wildcard"},
    ("hll_fold", "index_bit_count"): set(),
    ("list_increment", "value"): INTEGER | {"1.5"},
    **{(name, "value"): STORED for name in ("list_append", "list_insert", "list_set", "map_put")},
    **{
        (name, "count"): COUNT | {"None"}
        for name in BUILDERS
        if name.endswith(("_range_relative", "_by_index_range", "_by_rank_range"))
    },
    ("map_get_by_key_index_range_relative", "value"): KEY | {"None", "infinity"},
    ("map_remove_by_key_index_range_relative", "key"): KEY | {"None", "infinity"},
    ("map_get_by_value_list", "key_list"): {"list", "list of a wildcard"},
    **{(f"{name}_by_path", "ctx"): set() for name in ("select", "modify", "remove")},
    ("read", "bin_name"): TEXT | {"None"},
    ("select_by_path", "flags"): ONE,
    ("strings.split_separator", "separator"): TEXT,
    **{(f"strings.{name}", "value"): TEXT for name in ("insert", "overwrite", "append", "prepend")},
    ("strings.concat", "value_list"): {"list"},
    ("strings.snip", "end"): INTEGER | {"None"},
    ("strings.repeat", "count"): INTEGER,
}
"""The same for parameters of single functions."""


def parameters() -> list[tuple[str, str]]:
    """Every builder with each of its parameters."""
    return [
        (name, parameter) for name, function in BUILDERS.items() for parameter in inspect.signature(function).parameters
    ]


def test_what_a_parameter_does_not_take_is_refused_by_its_name() -> None:
    """Each sample is taken, or is a ParamError that names the parameter, the bin and the function."""
    with Cases() as cases:
        for name, parameter in parameters():
            with cases.case(f"{name} {parameter}"):
                check_parameter(name, parameter)


def check_parameter(name: str, parameter: str) -> None:
    """One parameter of one builder, with every sample."""
    build = BUILDERS[name]
    given = {
        one: OF_THEIR_OWN.get((name, one), GOOD.get(one))
        for one, found in inspect.signature(build).parameters.items()
        if found.default is inspect.Parameter.empty or (name, one) in OF_THEIR_OWN
    }
    build(**given)
    refusals = {}
    for label, sample in SAMPLES.items():
        try:
            build(**{**given, parameter: sample})
        except ParamError as error:
            refusals[label] = error
    assert SAMPLES.keys() - refusals == TAKE.get((name, parameter), TAKES[parameter])
    for label, error in refusals.items():
        assert str(error.argument).partition("[")[0] == parameter, label
        assert error.msg.startswith(f"{error.argument} "), label
        assert error.context is not None
        assert error.context.operation == name
        if "bin_name" in given and parameter != "bin_name":
            assert f" for bin {given['bin_name']!r} " in error.msg, label
            assert error.context.bins == ("b",)


def test_every_builder_is_here() -> None:
    """The functions of operations and contexts, of which there are as many as the official client has, and text."""
    families = [name.partition("_")[0] for name in BUILDERS if not name.startswith("strings.")]
    assert {family: families.count(family) for family in ("list", "map", "bit", "hll", "cdt")} == {
        "list": 35, "map": 32, "bit": 19, "hll": 11, "cdt": 13,
    }  # fmt: skip
    assert sum(name.startswith("strings.") for name in BUILDERS) > 20
