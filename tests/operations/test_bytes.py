"""What the official client's helpers make, made again by ours."""

from __future__ import annotations

import collections
import functools
import gzip
import json
from typing import Any

import pytest
from cases import for_each
from gold import DATA, value

from aerospike_wire.errors import ParamError
from aerospike_wire.proto.header import Info1, Info2

TO_THE_END = "takes None for all entries that follow, as for lists; the official client refuses it"
FLAG_OF_ITS_OWN = "refuses a flag that is not the caller's; the official client drops it"

OTHERWISE = {
    'operations.map_operations.map_get_by_index_range["m",-1,null,8]': TO_THE_END,
    'operations.map_operations.map_get_by_rank_range["m",-1,null,8]': TO_THE_END,
    'operations.map_operations.map_remove_by_index_range["m",-1,null,8]': TO_THE_END,
    'operations.map_operations.map_remove_by_rank_range["m",-1,null,8]': TO_THE_END,
    'operations.operations.select_by_path["m",[{"fn":"cdt_ctx.cdt_ctx_all_children","args":[]}],4]': FLAG_OF_ITS_OWN,
    'operations.operations.select_by_path["m",[{"fn":"cdt_ctx.cdt_ctx_all_children","args":[]}],5]': FLAG_OF_ITS_OWN,
    'operations.operations.modify_by_path["m",[{"fn":"cdt_ctx.cdt_ctx_all_children","args":[]}],{"expression":"9314937a02010a"},4]': FLAG_OF_ITS_OWN,
}
"""Calls that end otherwise than the official client's."""


@functools.cache
def recorded() -> dict[str, list[dict[str, Any]]]:
    """The calls by function."""
    found = collections.defaultdict(list)
    with gzip.open(DATA / "operations.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            found[row["fn"]].append(row)
    return found


def label(row: dict[str, Any]) -> str:
    """A call as text."""
    return row["fn"] + json.dumps(row["args"], separators=(",", ":"))


@for_each("name", recorded())
def test_helper_makes_the_official_bytes(name: str) -> None:
    """A helper makes the code, the value and the flags of the request that the official client makes."""
    for row in recorded()[name]:
        if label(row) in OTHERWISE:
            continue
        call = {"fn": row["fn"], "args": row["args"], "kwargs": row.get("kwargs", {})}
        if "refused" in row:
            with pytest.raises(ParamError):
                value(call)
            continue
        made = value(call)
        info1 = 0 if made.writes else Info1.READ
        info2 = (Info2.WRITE if made.writes else 0) | (Info2.RESPOND_ALL_OPS if made.responds else 0)
        assert (made.code, made.particle, made.bin or "", made.data.hex(), info1, info2) == (
            row["code"],
            row["particle"],
            row["bin"],
            row["data"],
            row["info1"],
            row["info2"],
        ), made


@for_each("text", [text for text, reason in OTHERWISE.items() if reason == TO_THE_END])
def test_a_count_of_none_is_left_out(text: str) -> None:
    """Ranges of maps without a count end after the return type and the start."""
    row = next(row for rows in recorded().values() for row in rows if label(row) == text)
    assert "refused" in row
    made = value({"fn": row["fn"], "args": row["args"]})
    assert made.data[0] == 0x93
    assert made.data.endswith(b"\x08\xff")


@pytest.mark.parametrize("text", [text for text, reason in OTHERWISE.items() if reason == FLAG_OF_ITS_OWN])
def test_a_flag_that_does_not_exist_is_refused(text: str) -> None:
    """Flags of operations by path are only those that the caller may set."""
    row = next(row for rows in recorded().values() for row in rows if label(row) == text)
    assert "refused" not in row
    with pytest.raises(ParamError, match=r"flags for bin '.*' must be flags of Path"):
        value({"fn": row["fn"], "args": row["args"]})


def test_every_recorded_call_is_known() -> None:
    """No difference is listed for a call that was not recorded."""
    texts = {label(row) for rows in recorded().values() for row in rows}
    assert OTHERWISE.keys() <= texts
    assert sum(map(len, recorded().values())) == 1144
