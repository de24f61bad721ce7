"""Arguments that cannot be used."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import pytest
from cases import for_each

from aerospike_wire import operations as op
from aerospike_wire.errors import BinNameError, ParamError
from aerospike_wire.operations import strings
from aerospike_wire.operations.contexts import context_value
from aerospike_wire.types import CDTInfinite, CDTWildcard, HyperLogLog

if TYPE_CHECKING:
    from collections.abc import Callable

CHILDREN = [op.cdt_ctx_all_children()]

BAD: list[tuple[Callable[[], Any], str, str]] = [
    (lambda: op.read(5), "bin_name", "must be a str, not int"),  # type: ignore[arg-type]
    (lambda: op.read(""), "bin_name", "must not be empty"),
    (lambda: op.list_size(None), "bin_name", "must be a str, not NoneType"),  # type: ignore[arg-type]
    (lambda: op.write("b", object()), "write_item", "has type object"),
    (lambda: op.write("b", 2**63), "write_item", "does not fit in 64 bits"),
    (lambda: op.append("b", 5), "append_item", "must be str or bytes or bytearray, not int"),  # type: ignore[arg-type]
    (lambda: op.prepend("b", True), "prepend_item", "not bool"),  # type: ignore[arg-type]
    (lambda: op.increment("b", "1"), "amount", "must be int or float, not str"),  # type: ignore[arg-type]
    (lambda: op.touch("1"), "ttl", "must be an int, not str"),  # type: ignore[arg-type]
    (lambda: op.touch(2**33), "ttl", "must fit in 32 bits"),
    # lists
    (lambda: op.list_append("l", object()), "value", "holds a value of type object"),
    (lambda: op.list_append("l", [{1.5: 1}]), "value", "map key of type float"),
    (lambda: op.list_append("l", [1, [CDTWildcard()]]), "value", "which cannot be stored (at [1][0])"),
    (lambda: op.list_append_items("l", [CDTInfinite()]), "values", "holds a CDTInfinite"),
    (lambda: op.list_insert("l", 0, CDTWildcard()), "value", "holds a CDTWildcard"),
    (lambda: op.list_insert_items("l", 0, [1, CDTWildcard()]), "values", "(at [1])"),
    (lambda: op.list_set("l", 0, {"a": [CDTInfinite()]}), "value", "(at [...][0])"),
    (lambda: op.map_put("m", "a", CDTInfinite()), "value", "holds a CDTInfinite"),
    (lambda: op.map_put_items("m", {"a": CDTWildcard()}), "item_dict", "(at [...])"),
    (lambda: op.write("b", [CDTWildcard()]), "write_item", "which cannot be stored (at [0])"),
    (lambda: op.list_append("l", 1, "x"), "policy", "must be a ListPolicy, a dict or None, not str"),  # type: ignore[arg-type]
    (lambda: op.list_append("l", 1, {"order": 1}), "policy", "has no entry 'order'; it takes list_order, write_flags"),
    (lambda: op.list_append("l", 1, {"list_order": 2}), "policy list_order", "UNORDERED 0, ORDERED 1), not 2"),
    (lambda: op.list_append("l", 1, {"write_flags": 16}), "policy write_flags", "PARTIAL 8), not 16"),
    (lambda: op.list_append("l", 1, {"write_flags": "1"}), "policy write_flags", "not str"),
    (lambda: op.ListPolicy(list_order=9), "policy list_order", "not 9"),
    (lambda: op.list_append_items("l", (1, 2)), "values", "must be a list, not tuple"),  # type: ignore[arg-type]
    (lambda: op.list_insert("l", "0", 1), "index", "must be an int, not str"),  # type: ignore[arg-type]
    (lambda: op.list_insert("l", True, 1), "index", "must be an int, not bool"),
    (lambda: op.list_insert("l", 2**63, 1), "index", "at most 64 bits"),
    (lambda: op.list_increment("l", 0, "1"), "value", "must be an int or float, not str"),  # type: ignore[arg-type]
    (lambda: op.list_pop_range("l", 0, -1), "count", "must be 0 or more"),
    (lambda: op.list_trim("l", 0, None), "count", "must be an int, not NoneType"),  # type: ignore[arg-type]
    (lambda: op.list_get_by_index("l", 0, 99), "return_type", "must be one of ListReturn"),
    (lambda: op.list_get_by_index("l", 0, 6), "return_type", "not 6"),
    (lambda: op.list_get_by_index("l", 0, "VALUE"), "return_type", "not str"),  # type: ignore[arg-type]
    (lambda: op.list_get_by_index_range("l", 0, 7, 1, 1), "inverted", "must be True or False, not int"),  # type: ignore[arg-type]
    (lambda: op.list_get_by_value_list("l", 5, 7), "value_list", "must be a list, not int"),  # type: ignore[arg-type]
    (lambda: op.list_get_by_value_range("l", 7, object(), 1), "value_begin", "holds a value of type object"),
    (lambda: op.list_get_by_value_range("l", 7, 1, object()), "value_end", "holds a value of type object"),
    (lambda: op.list_get_by_value_rank_range_relative("l", 1, None, 7), "offset", "must be an int"),  # type: ignore[arg-type]
    (lambda: op.list_create("l", 3, False, False), "list_order", "not 3"),
    (lambda: op.list_create("l", 1, 0, False), "pad", "must be True or False"),  # type: ignore[arg-type]
    (lambda: op.list_create("l", 1, False, 1), "persist_index", "must be True or False"),  # type: ignore[arg-type]
    (lambda: op.list_set_order("l", None), "list_order", "not NoneType"),  # type: ignore[arg-type]
    (lambda: op.list_sort("l", 99), "sort_flags", "DROP_DUPLICATES 2), not 99"),
    (lambda: op.list_join("l", 5), "separator", "must be a str, not int"),  # type: ignore[arg-type]
    # maps
    (lambda: op.map_put("m", 1.5, 1), "key", "which can be keys of a map, not float"),  # type: ignore[arg-type]
    (lambda: op.map_put("m", True, 1), "key", "not bool"),
    (lambda: op.map_put("m", None, 1), "key", "not NoneType"),  # type: ignore[arg-type]
    (lambda: op.map_put("m", "k", object()), "value", "holds a value of type object"),
    (lambda: op.map_put("m", "k", 1, {"write_flags": 1}), "map_policy", "has no entry 'write_flags'"),
    (lambda: op.map_put("m", "k", 1, {"map_order": 2}), "policy map_order", "not 2"),
    (lambda: op.map_put("m", "k", 1, {"persist_index": 1}), "policy persist_index", "must be True or False"),
    (lambda: op.map_put_items("m", [1]), "item_dict", "must be a dict, not list"),  # type: ignore[arg-type]
    (lambda: op.map_put_items("m", {1.5: 1}), "item_dict", "map key of type float"),
    (lambda: op.map_increment("m", "k", None), "amount", "must be an int or float"),  # type: ignore[arg-type]
    (lambda: op.map_create("m", 2, False), "map_order", "not 2"),
    (lambda: op.map_set_policy("m", 1), "policy", "must be a MapPolicy"),  # type: ignore[arg-type]
    (lambda: op.map_get_by_key("m", CDTInfinite(), 7), "key", "not CDTInfinite"),  # type: ignore[arg-type]
    (lambda: op.map_get_by_key("m", "k", 14), "return_type", "must be one of MapReturn"),
    (lambda: op.map_get_by_key_list("m", ["a", 1.5], 7), "key_list[1]", "not float"),
    (lambda: op.map_get_by_key_range("m", 1.5, None, 7), "key_range_start", "not float"),
    (lambda: op.map_get_by_key_range("m", None, [], 7), "key_range_end", "not list"),
    (lambda: op.map_get_by_index_range("m", 0, -1, 7), "get_amt", "must be 0 or more"),
    (lambda: op.map_remove_by_rank_range("m", 0, "1", 7), "remove_amt", "must be an int"),  # type: ignore[arg-type]
    # bits
    (lambda: op.bit_set("b", 0, 8, 1, "x"), "value", "must be bytes or a bytearray, not str"),  # type: ignore[arg-type]
    (lambda: op.bit_set("b", 0, 8, None, b"x"), "value_byte_size", "must be an int"),  # type: ignore[arg-type]
    (lambda: op.bit_set("b", None, 8, 1, b"x"), "bit_offset", "must be an int"),  # type: ignore[arg-type]
    (lambda: op.bit_set("b", 0, 1.5, 1, b"x"), "bit_size", "must be an int"),  # type: ignore[arg-type]
    (lambda: op.bit_add("b", 0, 8, 2**64, False, 0), "value", "must be an int from 0 to"),
    (lambda: op.bit_subtract("b", 0, 8, -1, False, 0), "value", "must be an int from 0 to"),
    (lambda: op.bit_add("b", 0, 8, True, False, 0), "value", "must be an int, not bool"),
    (lambda: op.bit_add("b", 0, 8, 1, 0, 0), "sign", "must be True or False"),  # type: ignore[arg-type]
    (lambda: op.bit_add("b", 0, 8, 1, False, 1), "action", "must be one of BitOverflow"),
    (lambda: op.bit_resize("b", 8, None, 8), "resize_flags", "SHRINK_ONLY 4), not 8"),
    (lambda: op.bit_resize("b", "8"), "byte_size", "must be an int"),  # type: ignore[arg-type]
    (lambda: op.bit_not("b", 0, 8, {"flags": 1}), "policy", "it takes bit_write_flags"),
    (lambda: op.bit_lscan("b", 0, 8, 1), "value", "must be True or False"),  # type: ignore[arg-type]
    (lambda: op.bit_b64_encode("b", invert_size=1), "invert_size", "must be True or False"),  # type: ignore[arg-type]
    # sketches
    (lambda: op.hll_init("h", "8"), "index_bit_count", "must be an int"),  # type: ignore[arg-type]
    (lambda: op.hll_init("h", 8, 1.5), "mh_bit_count", "must be an int"),  # type: ignore[arg-type]
    (lambda: op.hll_init("h", 99), "index_bit_count", "must be 4 to 16, not 99"),
    (lambda: op.hll_init("h", 3), "index_bit_count", "must be 4 to 16, not 3"),
    (lambda: op.hll_init("h", 8, 3), "mh_bit_count", "must be 0 or 4 to 51, not 3"),
    (lambda: op.hll_init("h", 8, 52), "mh_bit_count", "must be 0 or 4 to 51, not 52"),
    (lambda: op.hll_init("h", 16, 49), "mh_bit_count", "must be at most 64 together, not 16 and 49"),
    (lambda: op.hll_add("h", ["a"], 17), "index_bit_count", "must be 4 to 16, not 17"),
    (lambda: op.hll_fold("h", 3), "index_bit_count", "must be 4 to 16, not 3"),
    (lambda: op.hll_fold("h", -1), "index_bit_count", "must be 4 to 16, not -1"),
    (lambda: op.hll_add("h", "abc"), "values", "must be a list, not str"),  # type: ignore[arg-type]
    (lambda: op.hll_get_union("h", [b"x"]), "hll_list[0]", "must be a HyperLogLog, not bytes"),  # type: ignore[list-item]
    (lambda: op.hll_get_union("h", HyperLogLog(b"x")), "hll_list", "must be a list"),  # type: ignore[arg-type]
    (lambda: op.hll_set_union("h", [], {"flags": 16}), "policy flags", "not 16"),
    # text
    (lambda: strings.append("s", 5), "value", "must be a str, not int"),  # type: ignore[arg-type]
    (lambda: strings.find("s", "a", "1"), "occurrence", "must be an int"),  # type: ignore[arg-type]
    (lambda: strings.concat("s", ["a", 1]), "value_list[1]", "must be a str"),  # type: ignore[list-item]
    (lambda: strings.replace("s", "a", None), "replacement", "must be a str"),  # type: ignore[arg-type]
    (lambda: strings.is_numeric("s", 3), "numeric_type", "not 3"),
    (lambda: strings.regex_compare("s", "a", 32), "regex_flags", "not 32"),
    (lambda: strings.upper("s", 4), "policy", "must be a StringPolicy"),  # type: ignore[arg-type]
    (lambda: strings.append("s", "\ud800"), "value", "lone surrogates"),
    # expressions and paths
    (lambda: op.expression_read("r", "x"), "expression", "must be an expression, or the bytes of one, not str"),
    (lambda: op.expression_read("r", b""), "expression", "must be an expression"),
    (lambda: op.expression_write("w", b"\x07", 32), "expression_write_flags", "not 32"),
    (lambda: op.select_by_path("m", []), "ctx", "must hold at least one step"),
    (lambda: op.select_by_path("m", None), "ctx", "must hold at least one step"),
    (lambda: op.select_by_path("m", CHILDREN, 4), "flags", "not 4"),
    (lambda: op.modify_by_path("m", CHILDREN, None), "expr", "must be an expression"),
    # contexts
    (lambda: op.list_size("l", 5), "ctx", "must be a list of cdt_ctx steps, not int"),  # type: ignore[arg-type]
    (lambda: op.list_size("l", [op.cdt_ctx_list_index(0), 5]), "ctx[1]", "must be made by a cdt_ctx function"),  # type: ignore[list-item]
    (lambda: op.list_size("l", CHILDREN), "ctx[0]", "which only operations by path take"),
    (lambda: op.cdt_ctx_list_index("0"), "index", "must be an int"),  # type: ignore[arg-type]
    (lambda: op.cdt_ctx_list_rank(None), "rank", "must be an int"),  # type: ignore[arg-type]
    (lambda: op.cdt_ctx_map_key(1.5), "key", "not float"),  # type: ignore[arg-type]
    (lambda: op.cdt_ctx_map_key_create("k", 2), "order", "not 2"),
    (lambda: op.cdt_ctx_list_index_create(0, 3), "order", "not 3"),
    (lambda: op.cdt_ctx_list_index_create(0, 0, 1), "pad", "must be True or False"),  # type: ignore[arg-type]
    (lambda: op.cdt_ctx_list_value(object()), "value", "holds a value of type object"),
    (lambda: op.cdt_ctx_map_keys_in("ab"), "keys", "must be a list"),  # type: ignore[arg-type]
    (lambda: op.cdt_ctx_and_filter(5), "expression", "must be an expression"),
    (lambda: op.cdt_ctx_all_children_with_filter(None), "expression", "must be an expression"),
]


@for_each(("call", "argument", "words"), BAD, ids=[f"{at}-{row[1]}" for at, row in enumerate(BAD)])
def test_bad_argument_is_refused_by_name(call: Callable[[], Any], argument: str, words: str) -> None:
    """An argument that cannot be used is a ParamError that names it, when the operation is made."""
    with pytest.raises(ParamError) as caught:
        call()
    assert caught.value.argument == argument
    assert caught.value.msg.startswith(f"{argument} ")
    assert words in caught.value.msg
    assert caught.value.in_doubt is False


@for_each(
    "make",
    [op.read, op.list_size, op.map_clear, op.hll_describe, op.hll_get_count, strings.upper, strings.to_string],
)
def test_long_bin_name_has_its_own_error(make: Callable[[str], Any]) -> None:
    """A bin name of 16 bytes is a BinNameError, as from a server."""
    make("a" * 15)
    with pytest.raises(BinNameError, match="at most 15 bytes"):
        make("a" * 16)


def test_refusal_names_the_bin() -> None:
    """A builder's error has the bin in its words and, with the function, in its context."""
    with pytest.raises(ParamError) as caught:
        op.write("pair", (1, 2))
    error = caught.value
    assert error.msg == "write_item for bin 'pair' has type tuple, which has no type on the server"
    assert error.context is not None
    assert (error.context.operation, error.context.bin) == ("write", "pair")
    assert str(error).startswith("ParamError (-2) in write bin pair: write_item for bin 'pair' has type tuple")
    assert pickle.loads(pickle.dumps(error)).context == error.context
    with pytest.raises(ParamError, match=r"policy write_flags for bin 'pair' must be flags"):
        op.list_append(bin_name="pair", value=1, policy={"write_flags": 99})


def test_missing_argument_is_pythons_own_error() -> None:
    """A call with too few arguments names the function and what is missing."""
    with pytest.raises(TypeError, match=r"list_append\(\) missing 1 required positional argument: 'value'"):
        op.list_append("l")  # type: ignore[call-arg]


def test_empty_context_is_none() -> None:
    """An empty context is the bin's own list or map."""
    assert op.list_size("l", []) == op.list_size("l") == op.list_size("l", ctx=())


def test_context_as_a_value() -> None:
    """Indexes carry a context as types and values in turn."""
    assert context_value([op.cdt_ctx_map_key("a"), op.cdt_ctx_list_index(-1)]).hex() == "9422a2036110ff"


def test_an_expression_is_anything_with_its_bytes() -> None:
    """Objects that have their bytes as ``compiled`` are taken for expressions."""

    class Seven:
        compiled = b"\x07"

    assert op.expression_read("r", Seven()) == op.expression_read("r", b"\x07")


def test_string_policy_takes_its_flags_in_place() -> None:
    """A StringPolicy is made as the official client's."""
    policy = op.StringPolicy(op.StringWrite.NO_FAIL)
    assert strings.upper("s", policy) == strings.upper("s", {"write_flags": 4})
