"""One call of each operation, and the bytes and flags that the official client makes of it."""

from __future__ import annotations

from typing import Any

from cases import for_each
from vectors import encoded, rows

from aerospike_wire import operations as op
from aerospike_wire.operations import strings
from aerospike_wire.proto.commands.operate import Operate
from aerospike_wire.types import CDTInfinite, CDTWildcard, HyperLogLog

VECTORS: dict[str, Any] = {row["name"].removeprefix("cdt/"): row for row in rows("cdt")}

SKETCH = HyperLogLog(bytes.fromhex("0004000000000000000000000000000000000000000000"))
ABOVE_FIVE = bytes.fromhex("9303937a020105")
ABOVE_ONE = bytes.fromhex("9303937a020101")
TEN_MORE = bytes.fromhex("9314937a02010a")
A_PLUS_ONE = bytes.fromhex("9314935102a16101")

CALLS = {
    "list_append": op.list_append("l", "v"),
    "list_append_policy": op.list_append("l", 5, {"list_order": 1, "write_flags": 5}),
    "list_append_items": op.list_append_items("l", [1, "a"]),
    "list_append_items_policy": op.list_append_items("l", [1], {"list_order": 1, "write_flags": 5}),
    "list_insert": op.list_insert("l", 2, "v"),
    "list_insert_policy": op.list_insert("l", -1, 1, {"write_flags": 2}),
    "list_insert_items": op.list_insert_items("l", 0, [1, 2]),
    "list_pop": op.list_pop("l", 0),
    "list_pop_range": op.list_pop_range("l", 1, 2),
    "list_remove": op.list_remove("l", -1),
    "list_remove_range": op.list_remove_range("l", 0, 3),
    "list_set": op.list_set("l", 1, "z"),
    "list_trim": op.list_trim("l", 1, 3),
    "list_clear": op.list_clear("l"),
    "list_increment": op.list_increment("l", 0, 10),
    "list_increment_policy": op.list_increment("l", 0, 2, {"list_order": 0, "write_flags": 0}),
    "list_sort": op.list_sort("l", 2),
    "list_set_order": op.list_set_order("l", 1),
    "list_create": op.list_create("l", 1, False, False),
    "list_create_persist": op.list_create("l", 0, False, True),
    "list_size": op.list_size("l"),
    "list_get": op.list_get("l", 3),
    "list_get_range": op.list_get_range("l", 0, 2),
    "list_get_by_index": op.list_get_by_index("l", -2, 7),
    "list_get_by_index_range": op.list_get_by_index_range("l", 1, 7, 2),
    "list_get_by_index_range_inverted": op.list_get_by_index_range("l", 1, 7, 2, inverted=True),
    "list_get_by_index_range_toend": op.list_get_by_index_range("l", 1, 5),
    "list_get_by_rank": op.list_get_by_rank("l", -1, 7),
    "list_get_by_rank_range": op.list_get_by_rank_range("l", 0, 1, 3),
    "list_get_by_value": op.list_get_by_value("l", "x", 1),
    "list_get_by_value_exists": op.list_get_by_value("l", 1, 13),
    "list_get_by_value_list": op.list_get_by_value_list("l", [1, 2], 5, inverted=True),
    "list_get_by_value_range": op.list_get_by_value_range("l", 7, 1, 9),
    "list_get_by_value_range_open": op.list_get_by_value_range("l", 7, None, 9),
    "list_get_by_value_range_inf": op.list_get_by_value_range("l", 7, 3, CDTInfinite()),
    "list_get_by_value_wildcard": op.list_get_by_value("l", [1, CDTWildcard()], 7),
    "list_get_by_value_rel": op.list_get_by_value_rank_range_relative("l", 5, -1, 7, 2),
    "list_remove_by_index": op.list_remove_by_index("l", 0, 0),
    "list_remove_by_index_range": op.list_remove_by_index_range("l", 0, 5, 2),
    "list_remove_by_rank": op.list_remove_by_rank("l", 0, 7),
    "list_remove_by_rank_range": op.list_remove_by_rank_range("l", 0, 7, 2),
    "list_remove_by_value": op.list_remove_by_value("l", 3, 5),
    "list_remove_by_value_list": op.list_remove_by_value_list("l", [3, 4], 5),
    "list_remove_by_value_range": op.list_remove_by_value_range("l", 5, 1, 3),
    "list_remove_by_value_rel": op.list_remove_by_value_rank_range_relative("l", 5, 0, 7),
    "list_join": op.list_join("l", ","),
    "map_put": op.map_put("m", "k", 1),
    "map_put_ordered": op.map_put("m", "k", 1, {"map_order": 1}),
    "map_put_flags": op.map_put("m", "k", 1, {"map_order": 1, "map_write_flags": 5}),
    "map_put_items": op.map_put_items("m", {"a": 1, "b": [2]}),
    "map_put_items_flags": op.map_put_items("m", {1: 2}, {"map_write_flags": 2}),
    "map_increment": op.map_increment("m", "k", 5),
    "map_decrement": op.map_decrement("m", "k", 2),
    "map_set_policy": op.map_set_policy("m", {"map_order": 3}),
    "map_create": op.map_create("m", 1, False),
    "map_create_persist": op.map_create("m", 1, True),
    "map_size": op.map_size("m"),
    "map_clear": op.map_clear("m"),
    "map_get_by_key": op.map_get_by_key("m", "k", 7),
    "map_get_by_key_range": op.map_get_by_key_range("m", "a", "c", 8),
    "map_get_by_key_list": op.map_get_by_key_list("m", ["a", "b"], 7),
    "map_get_by_key_list_ordered": op.map_get_by_key_list("m", ["a"], 17),
    "map_get_by_index": op.map_get_by_index("m", -1, 6),
    "map_get_by_index_range": op.map_get_by_index_range("m", 0, 2, 8),
    "map_get_by_index_range_inv": op.map_get_by_index_range("m", 0, 2, 8, inverted=True),
    "map_get_by_rank": op.map_get_by_rank("m", 0, 7),
    "map_get_by_rank_range": op.map_get_by_rank_range("m", -2, 2, 7),
    "map_get_by_value": op.map_get_by_value("m", 1, 5),
    "map_get_by_value_range": op.map_get_by_value_range("m", 1, 5, 6),
    "map_get_by_value_list": op.map_get_by_value_list("m", [1, 2], 1),
    "map_get_by_value_rel": op.map_get_by_value_rank_range_relative("m", 5, -1, 7, 2),
    "map_get_by_key_rel": op.map_get_by_key_index_range_relative("m", "k", 0, 7, 2),
    "map_remove_by_key": op.map_remove_by_key("m", "k", 7),
    "map_remove_by_key_list": op.map_remove_by_key_list("m", ["a"], 5),
    "map_remove_by_key_range": op.map_remove_by_key_range("m", 1, 9, 5),
    "map_remove_by_index": op.map_remove_by_index("m", 0, 0),
    "map_remove_by_index_range": op.map_remove_by_index_range("m", 0, 1, 5),
    "map_remove_by_rank": op.map_remove_by_rank("m", 0, 7),
    "map_remove_by_rank_range": op.map_remove_by_rank_range("m", 0, 1, 7),
    "map_remove_by_value": op.map_remove_by_value("m", "v", 6),
    "map_remove_by_value_list": op.map_remove_by_value_list("m", [1], 6),
    "map_remove_by_value_range": op.map_remove_by_value_range("m", 1, 2, 6),
    "map_remove_by_value_rel": op.map_remove_by_value_rank_range_relative("m", 1, 0, 6),
    "map_remove_by_key_rel": op.map_remove_by_key_index_range_relative("m", 1, 0, 6),
    "ctx_list_index": op.list_append("l", 1, ctx=[op.cdt_ctx_list_index(2)]),
    "ctx_list_rank_value": op.list_size("l", [op.cdt_ctx_list_rank(-1), op.cdt_ctx_list_value("v")]),
    "ctx_map_key_index": op.map_put("m", "k", 1, ctx=[op.cdt_ctx_map_key("a"), op.cdt_ctx_map_index(0)]),
    "ctx_map_rank_value": op.map_size("m", [op.cdt_ctx_map_rank(0), op.cdt_ctx_map_value(9)]),
    "ctx_list_index_create": op.list_append("l", 1, ctx=[op.cdt_ctx_list_index_create(0, 1)]),
    "ctx_list_index_create_pad": op.list_append("l", 1, ctx=[op.cdt_ctx_list_index_create(3, 0, pad=True)]),
    "ctx_map_key_create": op.map_put("m", "x", 1, ctx=[op.cdt_ctx_map_key_create("a", 1)]),
    "ctx_map_key_create_unordered": op.map_put("m", "x", 1, ctx=[op.cdt_ctx_map_key_create("a")]),
    "ctx_list_create_nested": op.list_create("l", 0, True, False, [op.cdt_ctx_list_index(0)]),
    "ctx_map_create_nested": op.map_create("m", 1, False, [op.cdt_ctx_map_key("a")]),
    "ctx_list_set_order": op.list_set_order("l", 1, [op.cdt_ctx_list_index(1)]),
    "select_tree": op.select_by_path("m", [op.cdt_ctx_map_key("a"), op.cdt_ctx_all_children()], 0),
    "select_values_filter": op.select_by_path("m", [op.cdt_ctx_all_children_with_filter(ABOVE_FIVE)], 1),
    "select_keys_in": op.select_by_path("m", [op.cdt_ctx_map_keys_in(["a", "b"])], 2),
    "select_and_filter": op.select_by_path("m", [op.cdt_ctx_map_keys_in(["a"]), op.cdt_ctx_and_filter(ABOVE_ONE)], 1),
    "modify_by_path": op.modify_by_path("m", [op.cdt_ctx_all_children()], TEN_MORE, 0),
    "modify_by_path_remove": op.remove_by_path("m", [op.cdt_ctx_all_children()], op.PathModify.NO_FAIL),
    "bit_resize": op.bit_resize("b", 4),
    "bit_resize_flags": op.bit_resize("b", 4, {"bit_write_flags": 4}, 2),
    "bit_insert": op.bit_insert("b", 1, 2, b"\xaa\xbb"),
    "bit_remove": op.bit_remove("b", 0, 1),
    "bit_set": op.bit_set("b", 4, 8, 1, b"\xff"),
    "bit_or": op.bit_or("b", 0, 8, 1, b"\x0f", {"bit_write_flags": 4}),
    "bit_xor": op.bit_xor("b", 0, 8, 1, b"\x0f"),
    "bit_and": op.bit_and("b", 0, 8, 1, b"\x0f"),
    "bit_not": op.bit_not("b", 0, 8),
    "bit_lshift": op.bit_lshift("b", 0, 16, 3),
    "bit_rshift": op.bit_rshift("b", -8, 8, 1),
    "bit_add": op.bit_add("b", 0, 8, 5, False, op.BitOverflow.FAIL),
    "bit_add_signed_wrap": op.bit_add("b", 0, 8, 5, True, op.BitOverflow.WRAP),
    "bit_subtract_sat": op.bit_subtract("b", 0, 8, 5, False, op.BitOverflow.SATURATE),
    "bit_set_int": op.bit_set_int("b", 0, 16, -1),
    "bit_get": op.bit_get("b", 4, 8),
    "bit_count": op.bit_count("b", 0, 16),
    "bit_lscan": op.bit_lscan("b", 0, 16, True),
    "bit_rscan": op.bit_rscan("b", 0, 16, False),
    "bit_get_int": op.bit_get_int("b", 0, 8, False),
    "bit_get_int_signed": op.bit_get_int("b", 0, 8, True),
    "bit_b64_encode": op.bit_b64_encode("b"),
    "hll_init": op.hll_init("h", 8),
    "hll_init_mh": op.hll_init("h", 8, 10, {"flags": 1}),
    "hll_add": op.hll_add("h", ["a", 1]),
    "hll_add_bits": op.hll_add("h", ["a"], 8, 4),
    "hll_set_union": op.hll_set_union("h", [SKETCH]),
    "hll_refresh_count": op.hll_refresh_count("h"),
    "hll_fold": op.hll_fold("h", 6),
    "hll_get_count": op.hll_get_count("h"),
    "hll_get_union": op.hll_get_union("h", [SKETCH]),
    "hll_get_union_count": op.hll_get_union_count("h", [SKETCH]),
    "hll_get_intersect_count": op.hll_get_intersect_count("h", [SKETCH]),
    "hll_get_similarity": op.hll_get_similarity("h", [SKETCH]),
    "hll_describe": op.hll_describe("h"),
    "string_strlen": strings.strlen("s"),
    "string_find": strings.find("s", "ab"),
    "string_insert": strings.insert("s", 1, "x"),
    "string_replace": strings.replace("s", "a", "b"),
    "string_concat": strings.concat("s", ["x", "y"]),
    "string_split_sep": strings.split_separator("s", ","),
    "string_regex_compare": strings.regex_compare("s", "a.*"),
    "string_to_string": strings.to_string("s"),
    "expression_read": op.expression_read("r", A_PLUS_ONE, op.ExpRead.EVAL_NO_FAIL),
    "expression_write": op.expression_write("w", A_PLUS_ONE, op.ExpWrite.CREATE_ONLY),
}


def test_every_vector_has_a_call() -> None:
    """No vector is left out."""
    assert CALLS.keys() == VECTORS.keys()
    assert len(VECTORS) == 146


@for_each("name", VECTORS)
def test_operation_makes_the_captured_bytes(name: str) -> None:
    """An operation makes the bytes of the vector."""
    made, wanted = CALLS[name], VECTORS[name]
    assert (made.data.hex(), made.code, made.particle) == (wanted["hex"], wanted["wire_op"], wanted["particle_type"])


@for_each("name", VECTORS)
def test_request_has_the_captured_flags(name: str) -> None:
    """A call with nothing but the operation sets the request's flags as the vector has them."""
    request = encoded(Operate(("test", "demo", "k"), operations=[CALLS[name]]))
    assert tuple(request[9:11]) == (VECTORS[name]["info1"], VECTORS[name]["info2"])
