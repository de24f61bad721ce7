"""Expressions evaluated as a real server does, and as plain Python would."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import gold
import pytest
from cases import for_each
from hypothesis import given
from hypothesis import strategies as st

from aerospike_wire import expressions as exp
from aerospike_wire.embedded.cdt import call as cdt
from aerospike_wire.embedded.engines import ENGINES
from aerospike_wire.embedded.refusal import Refusal
from aerospike_wire.errors import ParamError
from aerospike_wire.expressions.evaluate import UNKNOWN, Malformed, Subject, parse
from aerospike_wire.operations import cdt_ctx_all_children
from aerospike_wire.proto import values
from aerospike_wire.proto.keys import resolve
from aerospike_wire.proto.message import OpCode
from aerospike_wire.types import CDTWildcard, GeoJSON, HyperLogLog, Key, KeyOrderedDict

LINES = (Path(gold.__file__).parent / "data" / "behaviour_expressions.jsonl").read_text().splitlines()
ROWS = [json.loads(line) for line in LINES]
RECORD = {name.encode(): (kind, bytes.fromhex(data)) for name, (kind, data) in ROWS[0]["record"].items()}
VALUES = [row for row in ROWS if "expression" in row and row["flags"] == 0]
PATHS = [row["path"] for row in ROWS if "path" in row]
DIGEST_MOD_16 = 13
"""Of the key of the recorded record."""
SUBJECT = Subject(
    bins={name: ENGINES.stored(value) or value for name, value in RECORD.items()},
    digest=bytes(16) + DIGEST_MOD_16.to_bytes(4, "little"),
    set=b"demo",
    last_update=1_700_000_000 * 10**9,
    now=1_700_000_001 * 10**9,
    size=128,
    memory=128,
)


def particle(pair: list[Any] | None) -> Any:
    """The value of a recorded particle; that of a GeoJSON its text, not its cells."""
    return None if pair is None else values.decode(pair[0], bytes.fromhex(pair[1]))


@for_each("row", VALUES, ids=lambda row: row["name"])
def test_recorded_values(row: dict[str, Any]) -> None:
    """Each recorded expression gives the server's value, cannot be told where it could not, or is refused with it."""
    try:
        found = parse(bytes.fromhex(row["expression"])).particle(SUBJECT, ENGINES)
    except Malformed:
        assert row["result"] == 4
        return
    if found is UNKNOWN:
        assert row["result"] == 26
        return
    assert row["result"] == 0
    assert found[0] == row["value"][0]
    expected, got = particle(row["value"]), values.decode(*found)
    assert type(got) is type(expected)
    assert got == expected or (math.isnan(got) and math.isnan(expected))


@for_each("row", PATHS, ids=lambda row: row["name"])
def test_recorded_paths(row: dict[str, Any]) -> None:
    """Each recorded call by path gives the server's value and leaves the server's bin."""
    before = None if row["before"] is None else ENGINES.stored((row["before"][0], bytes.fromhex(row["before"][1])))
    call = bytes.fromhex(row["call"])
    modifies = len(call) > 3 and call[0] == 0x94
    code = OpCode.CDT_MODIFY if modifies else OpCode.CDT_READ
    if row["result"]:
        with pytest.raises(Refusal) as refused:
            cdt.execute(code, before, call)
        assert refused.value.code == row["result"]
        return
    outcome = cdt.execute(code, before, call)
    assert (values.decode(*outcome.value) if outcome.value else None) == particle(row.get("value"))
    if "after" in row:
        assert outcome.stored is not None
        assert values.decode(*outcome.stored) == particle(row["after"])


def test_removal_goes_with_no_value() -> None:
    """A path removes elements; a choice between removing one and a value cannot be told, as on a server."""
    everything = [cdt_ctx_all_children()]
    choice = exp.Cond(exp.Eq(exp.LoopVarInt(1), 3), exp.RemoveResult(), exp.LoopVarInt(1))
    removed = exp.ModifyByPath(everything, 4, exp.RemoveResult(), 0, exp.ListBin("l"))
    assert removed.evaluate(BINS) == []
    assert exp.ModifyByPath(everything, 4, choice, 16, exp.ListBin("l")).evaluate(BINS) is UNKNOWN
    assert exp.RemoveResult().evaluate(BINS) is UNKNOWN


BINS = {"a": 5, "f": 2.5, "s": "hello", "l": [3, 1, 2], "m": {"k": 7}, "b": b"\xaa\x55", "t": True}

ASKED_LIVE: list[tuple[Any, Any]] = [
    (exp.Exclusive(exp.BoolBin("t"), exp.BoolBin("t"), exp.BoolBin("zz")), False),
    (exp.Exclusive(exp.BoolBin("zz"), exp.BoolBin("t"), exp.BoolBin("t")), UNKNOWN),
    (exp.CmpRegex(4, "^b", "a\nb"), True),
    (exp.CmpRegex(8, "^b", "a\nb"), False),
    (exp.CmpRegex(0, "a.b", "a\nb"), True),
    (exp.CmpRegex(4, "a.b", "a\nb"), False),
    (exp.CmpRegex(1, "^(he|x){1,2}[[:alpha:]]+o$", exp.StrBin("s")), True),
    (exp.CmpRegex(0, r"^\(he\)l\{2\}o$", exp.StrBin("s")), True),
    (exp.CmpRegex(0, "l+", exp.StrBin("s")), False),
    (exp.CmpRegex(1, "a**", "caat"), True),
    (exp.Eq([math.nan], exp.Val([math.nan])), True),
    (exp.Eq(math.nan, exp.Val(math.nan)), False),
    (exp.Eq(exp.Val([{"a": 1}]), exp.Val([{"a": 1}])), UNKNOWN),
    (exp.Eq(exp.Val([{}]), exp.Val([{}])), True),
    (exp.LT([{"a": 1}], exp.Val([])), False),
    (exp.LT([1, {"a": 1}], exp.Val([2, {"a": 1}])), True),
    (exp.LT([{"a": 1}], exp.Val([1])), UNKNOWN),
    (exp.Eq(exp.Val({}), KeyOrderedDict({"a": 1})), False),
    (exp.Eq(KeyOrderedDict({"b": 2, "a": 1}), KeyOrderedDict({"a": 1, "b": 2})), True),
    (exp.LT(KeyOrderedDict({"a": 1}), KeyOrderedDict({"a": 0, "b": 2})), True),
    (exp.Eq([3, CDTWildcard()], exp.ListBin("l")), True),
    (exp.Sub(0.0), 0.0),
    (
        exp.MapPut(None, None, "z", 1, exp.MapGetByIndexRange(None, 8, 0, 1, "m")),
        ["k", 7, "z", 1],
    ),  # a map in the order of a result
    (exp.Pow(1e308, 2.0), math.inf),
    (exp.Pow(0.0, -1.0), math.inf),
    (exp.Pow(-0.0, -1.0), -math.inf),
    (exp.Log(0.0, 10.0), -math.inf),
    (exp.Log(5.0, 1.0), math.inf),
    (exp.ToInt(2.0**63), -(2**63)),
    (exp.IntAnd(5), 5),
    (exp.Div(100, 7, 2), 7),
    (exp.MapGetByKey(None, 7, 0, "q", "m"), None),
]


@for_each(("made", "expected"), ASKED_LIVE, ids=[repr(made)[:60] for made, _ in ASKED_LIVE])
def test_fine_points(made: exp.Expression, expected: Any) -> None:
    """Values that a server 8.1.2.0 was asked for, where its rules are not obvious."""
    found = made.evaluate(BINS)
    assert found is expected or found == expected


@for_each(
    "made",
    [
        exp.IntBin("a") + 1.5,
        exp.Eq(exp.IntBin("a"), "x"),
        exp.Eq(exp.Unknown(), 5),
        exp.Eq(exp.GeoBin("g"), exp.GeoBin("g")),
        exp.Var("x"),
        exp.Cond(exp.BoolBin("t"), 1, "x"),
        exp.StrLen("s"),
        exp.ListSize(None, exp.StrBin("s")),
        exp.Let(exp.Def("x", 1), exp.Let(exp.Def("x", 2), exp.Var("x"))),
        exp.Let(exp.Def("x", exp.Let(exp.Def("x", 2), exp.Var("x"))), exp.Var("x")),
        exp.Let(exp.Def("x", exp.Var("x")), exp.Var("x")),
        exp.DigestMod(1 << 40),
        exp.CmpRegex(1, "*", exp.StrBin("s")),
        exp.CmpRegex(0, "a**", exp.StrBin("s")),
        exp.CmpRegex(1, "(", exp.StrBin("s")),
        exp.CmpRegex(0, r"\1", exp.StrBin("s")),
        exp.CmpRegex(0, "[z-a]", exp.StrBin("s")),
    ],
    ids=repr,
)
def test_refused_as_a_server_does(made: exp.Expression) -> None:
    """What a server answers with code 4 is a ParamError before any record is looked at."""
    with pytest.raises(ParamError, match="a server refuses"):
        made.evaluate({})


def test_metadata_and_key() -> None:
    """Metadata and key of the record at hand can be given."""
    key = ("test", "people", 7)
    now = 1_700_000_000 * 10**9
    meta = {"ttl": 60, "last_update": now, "size": 640}
    assert exp.SetName().evaluate({}, key) == "people"
    assert exp.KeyInt().evaluate({}, key) == 7
    assert exp.KeyStr().evaluate({}, key) is UNKNOWN
    assert exp.KeyExists().evaluate({}, key) is True
    assert exp.KeyExists().evaluate({}) is False
    assert exp.TTL().evaluate({}, meta=meta) == 60
    assert exp.TTL().evaluate({}) == -1
    assert exp.LastUpdateTime().evaluate({}, meta=meta) == now
    assert exp.RecordSize().evaluate({}, meta=meta) == 640
    digest = resolve(Key(*key))[0].digest or b""
    assert exp.DigestMod(16).evaluate({}, key) == int.from_bytes(digest[16:], "little") % 16
    with pytest.raises(ParamError) as refused:
        exp.TTL().evaluate({}, meta={"tll": 5})
    assert refused.value.argument == "meta"


@pytest.mark.parametrize(("name", "value"), [("x" * 16, 1), ("a", object()), ("m", {None: 1})])
def test_bins_that_cannot_be(name: str, value: Any) -> None:
    """A bin that no server could hold is refused."""
    with pytest.raises(Exception, match="bin"):
        exp.IntBin("a").evaluate({name: value})


def test_values_come_back_as_python() -> None:
    """Every type of value comes back as its Python type."""
    sketch = HyperLogLog(bytes((0, 4, 0)) + bytes(8) + bytes(12))
    bins = {**BINS, "g": GeoJSON('{"type":"Point","coordinates":[1,2]}'), "h": sketch}
    kinds = {"a": exp.IntBin, "f": exp.FloatBin, "s": exp.StrBin, "l": exp.ListBin, "m": exp.MapBin, "b": exp.BlobBin}
    kinds |= {"t": exp.BoolBin, "g": exp.GeoBin, "h": exp.HLLBin}
    for name, kind in kinds.items():
        found = kind(name).evaluate(bins)
        assert (type(found), found) == (type(bins[name]), bins[name])


def test_places() -> None:
    """A point is compared with polygons and circles, whichever side it stands on."""
    point = GeoJSON('{"type":"Point","coordinates":[1.5,2.5]}')
    square = GeoJSON('{"type":"Polygon","coordinates":[[[0,0],[5,0],[5,5],[0,5],[0,0]]]}')
    hole = GeoJSON('{"type":"Polygon","coordinates":[[[0,0],[5,0],[5,5],[0,5],[0,0]],[[1,2],[2,2],[2,3],[1,3],[1,2]]]}')
    circle = GeoJSON('{"type":"AeroCircle","coordinates":[[1.5,2.6],12000]}')
    small = GeoJSON('{"type":"AeroCircle","coordinates":[[1.5,2.6],11000]}')
    found = [exp.CmpGeo(exp.GeoBin("g"), region).evaluate({"g": point}) for region in (square, hole, circle, small)]
    assert found == [True, False, True, False]
    assert exp.CmpGeo(square, exp.GeoBin("g")).evaluate({"g": point}) is True


# Random expressions and plain Python


WORD = 1 << 64
SMALL = st.integers(-(2**63), 2**63 - 1) | st.integers(-9, 9)


def wrap(value: int) -> int:
    """An integer in 64 bits."""
    return (value + WORD // 2) % WORD - WORD // 2


def _binary(kind: Any, model: Any) -> Any:
    def make(left: tuple[Any, Any], right: tuple[Any, Any]) -> tuple[Any, Any]:
        missing = left[1] is None or right[1] is None
        return kind(left[0], right[0]), None if missing else model(left[1], right[1])

    return make


def _model_div(left: int, right: int) -> int | None:
    if right == 0:
        return None
    found = abs(left) // abs(right)
    return wrap(found if (left < 0) == (right < 0) else -found)


def _model_mod(left: int, right: int) -> int | None:
    return None if right == 0 else int(math.copysign(1, left)) * (abs(left) % abs(right))


INTEGERS: st.SearchStrategy[Any] = st.recursive(
    st.tuples(SMALL).map(lambda found: (found[0], found[0]))
    | st.sampled_from([(exp.IntBin("a"), 5), (exp.IntBin("missing"), None), (exp.IntBin("s"), None)]),
    lambda inner: st.builds(
        lambda build, left, right: build(left, right),
        st.sampled_from(
            [
                _binary(exp.Add, lambda left, right: wrap(left + right)),
                _binary(exp.Sub, lambda left, right: wrap(left - right)),
                _binary(exp.Mul, lambda left, right: wrap(left * right)),
                _binary(exp.Div, _model_div),
                _binary(exp.Mod, _model_mod),
                _binary(exp.Min, min),
                _binary(exp.Max, max),
                _binary(exp.IntAnd, lambda left, right: left & right),
                _binary(exp.IntOr, lambda left, right: left | right),
                _binary(exp.IntXOr, lambda left, right: left ^ right),
                _binary(exp.IntLeftShift, lambda left, right: wrap(left << right % 64)),
                _binary(exp.IntArithmeticRightShift, lambda left, right: left >> right % 64),
                _binary(exp.IntRightShift, lambda left, right: wrap(left % WORD >> right % 64)),
            ]
        ),
        inner,
        inner,
    ),
    max_leaves=12,
)


@given(INTEGERS)
def test_integers_like_python(pair: tuple[Any, int | None]) -> None:
    """Random arithmetic gives what plain Python gives modulo 2**64, UNKNOWN as soon as a part is."""
    made, expected = pair
    if not isinstance(made, exp.Expression):
        made = exp.Val(made)
    found = made.evaluate(BINS)
    assert found is UNKNOWN if expected is None else found == expected
    assert exp.Expression.from_bytes(made.compile()) == made


def _all(values: list[bool | None]) -> bool | None:
    return False if False in values else None if None in values else True


def _any(values: list[bool | None]) -> bool | None:
    return True if True in values else None if None in values else False


def _flip(value: bool | None) -> bool | None:
    return None if value is None else not value


def _choose(parts: list[tuple[Any, bool | None]]) -> tuple[Any, bool | None]:
    (test, tested), (yes, if_yes), (no, if_no) = (*parts, *parts)[:3]
    return exp.Cond(test, yes, no), None if tested is None else if_yes if tested else if_no


BOOLEANS: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from([(True, True), (exp.BoolBin("t"), True), (exp.Eq(exp.IntBin("a"), 6), False)])
    | st.just((exp.BoolBin("missing"), None)),
    lambda inner: st.lists(inner, min_size=2, max_size=3).flatmap(
        lambda parts: st.sampled_from(
            [
                (exp.And(*(part for part, _ in parts)), _all([value for _, value in parts])),
                (exp.Or(*(part for part, _ in parts)), _any([value for _, value in parts])),
                (exp.Not(parts[0][0]), _flip(parts[0][1])),
                _choose(parts),
            ]
        )
    ),
    max_leaves=12,
)


@given(BOOLEANS)
def test_logic_of_three_values(pair: tuple[Any, bool | None]) -> None:
    """Random logic follows the rules of true, false and unknown."""
    made, expected = pair
    if not isinstance(made, exp.Expression):
        made = exp.Val(made)
    found = made.evaluate(BINS)
    assert found is (UNKNOWN if expected is None else expected)


@given(st.binary(max_size=40))
def test_any_bytes(data: bytes) -> None:
    """Whatever the bytes, they are evaluated, or refused as malformed."""
    try:
        parse(data).run(SUBJECT, ENGINES)
    except Malformed:
        pass
    else:
        assert exp.Expression.from_bytes(data).compile() == data


def test_nesting() -> None:
    """Deep expressions are refused, not recursed into without end."""
    data = b"\x92\x12" * 100_000 + b"\xc3"
    with pytest.raises(Malformed):
        parse(data)
    assert parse(b"\x92\x12" * 100 + b"\xc3").run(SUBJECT) is True
