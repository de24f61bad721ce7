"""How operations and contexts look, compare and travel."""

from __future__ import annotations

import copy
import pickle

import pytest
from cases import for_each

from aerospike_wire import operations as op
from aerospike_wire.operations import strings
from aerospike_wire.types import CDTInfinite

TEXTS = {
    "read('i')": op.read("i"),
    "read()": op.read(),
    "write('i', 1)": op.write("i", 1),
    "increment('i', 2.5)": op.increment("i", 2.5),
    "touch()": op.touch(),
    "touch(ttl=100)": op.touch(ttl=100),
    "delete()": op.delete(),
    "list_append('l', 'v')": op.list_append("l", "v"),
    "list_append('l', 5, {'list_order': 1, 'write_flags': 5}, [cdt_ctx_map_key('k')])": op.list_append(
        "l", 5, {"list_order": 1, "write_flags": 5}, [op.cdt_ctx_map_key("k")]
    ),
    "list_append('l', 5, policy=ListPolicy(list_order=ListOrder.ORDERED, write_flags=ListWrite.ADD_UNIQUE | ListWrite.NO_FAIL))": op.list_append(
        "l",
        5,
        policy=op.ListPolicy(
            list_order=op.ListOrder.ORDERED, write_flags=op.ListWrite.ADD_UNIQUE | op.ListWrite.NO_FAIL
        ),
    ),
    "list_create('l', ListOrder.ORDERED, False, True)": op.list_create("l", 1, False, True),
    "list_sort('l', ListSort.DESCENDING | ListSort.DROP_DUPLICATES)": op.list_sort("l", 3),
    "list_get_by_index_range('l', 1, ListReturn.VALUE, count=2, inverted=True)": op.list_get_by_index_range(
        "l", 1, 7, count=2, inverted=True
    ),
    "list_get_by_value_range('l', ListReturn.RANK, None, CDTInfinite())": op.list_get_by_value_range(
        "l", op.ListReturn.RANK, None, CDTInfinite()
    ),
    "map_get_by_key('m', 'k', MapReturn.KEY_VALUE, ctx=[cdt_ctx_list_index(-1), cdt_ctx_map_key_create('q', order=MapOrder.KEY_ORDERED)])": op.map_get_by_key(
        "m",
        "k",
        8,
        ctx=[op.cdt_ctx_list_index(-1), op.cdt_ctx_map_key_create("q", order=op.MapOrder.KEY_ORDERED)],
    ),
    "map_create('m', MapOrder.KEY_VALUE_ORDERED, False)": op.map_create("m", 3, False),
    "bit_add('b', 0, 8, 1, True, BitOverflow.WRAP)": op.bit_add("b", 0, 8, 1, True, 4),
    "bit_resize('b', 4, resize_flags=BitResize.FROM_FRONT)": op.bit_resize("b", 4, resize_flags=1),
    "hll_add('h', ['a'], 8, policy={'flags': 4})": op.hll_add("h", ["a"], 8, policy={"flags": 4}),
    "strings.append('s', 'z')": strings.append("s", "z"),
    "strings.is_numeric('s', NumericType.FLOAT)": strings.is_numeric("s", 2),
    "expression_read('r', b'\\x07', ExpRead.EVAL_NO_FAIL)": op.expression_read("r", b"\x07", 16),
    "select_by_path('m', [cdt_ctx_all_children()], PathSelect.VALUE | PathSelect.NO_FAIL)": op.select_by_path(
        "m", [op.cdt_ctx_all_children()], 17
    ),
    "remove_by_path('m', [cdt_ctx_map_keys_in(['a'])], PathModify.NO_FAIL)": op.remove_by_path(
        "m", [op.cdt_ctx_map_keys_in(["a"])], 16
    ),
}


@for_each("text", TEXTS)
def test_operation_reads_as_the_call_that_made_it(text: str) -> None:
    """An operation shows its function, its arguments, context and policy, and the names of what numbers stand for."""
    assert repr(TEXTS[text]) == text


def test_long_arguments_are_cut() -> None:
    """An argument of any length makes a line that can be read."""
    text = repr(op.list_append("l", "x" * 100_000))
    assert len(text) < 300
    assert "(100002 characters)" in text


@for_each("made", TEXTS.values(), ids=TEXTS)
def test_operation_can_be_copied_and_pickled(made: op.Operation) -> None:
    """A copy of an operation is equal to it and looks the same."""
    for other in (copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
        assert other == made
        assert hash(other) == hash(made)
        assert repr(other) == repr(made)


def test_operations_compare_by_what_travels() -> None:
    """Two ways to write the same operation are equal, others are not."""
    assert op.list_get("l", 1) == op.list_get("l", index=1)
    assert op.list_get("l", 1) != op.list_get("l", 2)
    assert op.list_append("l", 1, {"write_flags": 1}) == op.list_append("l", 1, op.ListPolicy(write_flags=1))
    assert op.cdt_ctx_list_index(1) == op.cdt_ctx_list_index(index=1)
    assert op.cdt_ctx_list_index(1) != op.cdt_ctx_map_index(1)


def test_operation_cannot_be_changed() -> None:
    """An operation may be used in many calls, since none can change it."""
    with pytest.raises(AttributeError):
        op.read("i").bin = "j"  # type: ignore[misc]


def test_help_shows_the_function() -> None:
    """The functions keep their names, documentation and signatures."""
    assert op.list_append.__name__ == "list_append"
    assert (op.list_append.__doc__ or "").startswith("Add a value at the end")
