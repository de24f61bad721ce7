"""Expressions as bytes: what the official client compiles, read back and shown."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import gold
import pytest
import vectors
from cases import Cases, for_each

from aerospike_wire import expressions as exp
from aerospike_wire.errors import ParamError
from aerospike_wire.expressions import base, check, decode
from aerospike_wire.expressions.decode import Packed
from aerospike_wire.expressions.evaluate import Malformed
from aerospike_wire.policy import ReadPolicy

DATA = Path(gold.__file__).parent / "data"


def rows(file: str) -> list[dict[str, Any]]:
    """The rows of a compressed file."""
    with gzip.open(DATA / file, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


COMPILED = rows("expressions_compiled.jsonl.gz")
VECTORS = {row["name"]: row["hex"] for row in vectors.rows("expression")}
FILTERS = rows("gold_expressions.jsonl.gz")
BUILT = (
    exp.And(exp.GE(exp.IntBin("age"), 18), exp.Not(exp.BinExists("left"))),
    exp.Cond(exp.Eq(exp.StrBin("kind"), "add"), exp.IntBin("a") + exp.IntBin("b"), exp.Unknown()),
    exp.Let(exp.Def("x", exp.FloatBin("f")), exp.Def("y", 2.0), exp.Var("x") ** exp.Var("y")),
    exp.GT(exp.ListGetByValue(None, 5, [1, {"k": None}], "l", inverted=True), 0),
    exp.MapPut(None, {"map_order": 1}, b"k", exp.StrBin("s"), exp.MapBin("m")),
    exp.BitAdd({"bit_write_flags": 4}, 0, 8, 1, 2, "b"),
    exp.HLLAdd(None, ["a"], 8, None, "h"),
    exp.CmpRegex(1, "^a+", exp.StrBin("s")),
    exp.Val([1, "a", [2.5, None]]),
    exp.ModifyByPath([exp_ctx], 4, exp.RemoveResult(), 0, exp.ListBin("l"))
    if (exp_ctx := gold.value({"fn": "cdt_ctx.cdt_ctx_all_children", "args": []}))
    else None,
)


def test_compiled() -> None:
    """Each class compiles to the official client's bytes, which read back to an equal object that can be shown."""
    with Cases() as cases:
        for row in COMPILED:
            with cases.case(row["name"]):
                check_compiled(row)


def check_compiled(row: dict[str, Any]) -> None:
    """One expression."""
    made = gold.value(row["expression"])
    assert made.compile().hex() == row["hex"]
    back = exp.Expression.from_bytes(bytes.fromhex(row["hex"]))
    assert back == made
    assert not isinstance(back, Packed)
    assert "Packed(" not in repr(back)


def test_every_class_is_compared() -> None:
    """No class of the package lacks a row of the official client's bytes."""
    made = {type(gold.value(row["expression"])).__name__ for row in COMPILED}
    for row in COMPILED:
        made.update(_inside(row["expression"]))
    assert set(exp.__all__) - made <= {"UNKNOWN", "Compiled", "Expression", "LoopVar", "ResultType"}


def _inside(tagged: Any) -> set[str]:
    if isinstance(tagged, list):
        return {name for item in tagged for name in _inside(item)}
    if isinstance(tagged, dict):
        found = {tagged["fn"].rpartition(".")[2]} if "fn" in tagged else set()
        return found.union(*(_inside(item) for item in tagged.values()))
    return set()


@for_each("row", FILTERS, ids=lambda row: row["name"])
def test_recorded_filters(row: dict[str, Any]) -> None:
    """Filters of recorded calls have the recorded bytes."""
    policy = gold.value(row["call"]["kwargs"]["policy"])
    assert policy["expressions"].hex() == row["filter"]


@for_each("name", VECTORS)
def test_vectors_both_ways(name: str) -> None:
    """Bytes of the official compiler read back into objects that compile to the same bytes."""
    data = bytes.fromhex(VECTORS[name])
    found = exp.Expression.from_bytes(data)
    assert found.compile() == data
    assert "Packed(" not in repr(found)


@for_each("made", BUILT, ids=lambda made: type(made).__name__)
def test_repr_and_base64(made: exp.Expression) -> None:
    """An expression survives base64, and its ``repr`` names every part of it."""
    assert exp.Expression.from_base64(made.to_base64()) == made
    assert hash(exp.Expression.from_base64(made.compile().to_base64())) == hash(made)
    assert repr(made).startswith(type(made).__name__ + "(")
    assert repr(made.compile()).startswith("Compiled(")


def test_repr_is_python() -> None:
    """The ``repr`` of an expression is the call that makes it."""
    for made in BUILT[:-1]:
        scope = {name: getattr(exp, name) for name in exp.__all__}
        from aerospike_wire.operations import policies

        scope.update(vars(policies))
        from aerospike_wire.operations import flags

        scope.update(vars(flags))
        assert eval(repr(made), scope) == made


def test_what_no_class_says_is_kept() -> None:
    """Bytes with surplus arguments or unknown operations stay as they are."""
    for data in (
        b"\x92\xcc\xc8\x01",
        b"\x94\x01\x01\x01\x01",
        b"\x95\x7f\x02\x00\x92\x10\x01\x93\x51\x04\xa1l",
        b"\x90",
    ):
        found = exp.Expression.from_bytes(data)
        assert found.compile() == data
        assert repr(found).startswith("Packed(")


@for_each("text", ["not base64!", "kwE=", "é", ""])
def test_broken_text(text: str) -> None:
    """Text that is no base64, or not of an expression, is refused."""
    with pytest.raises(ParamError):
        exp.Expression.from_base64(text)


def test_policy_takes_all_forms() -> None:
    """A policy keeps the bytes of an expression, of a compiled one, or those given."""
    made = exp.Eq(exp.IntBin("a"), 5)
    forms = [made, made.compile(), bytes(made.compile())]
    assert {ReadPolicy(expressions=form).expressions for form in forms} == {bytes.fromhex("9301935102a16105")}
    with pytest.raises(ParamError) as refused:
        ReadPolicy(expressions="a = 5")
    assert refused.value.argument == "expressions"


def test_long() -> None:
    """Servers take expressions of more than a mebibyte, so they are built, read back and evaluated."""
    made = exp.Eq(exp.StrBin("s"), "x" * 1_350_000)
    data = made.compile()
    assert exp.Expression.from_bytes(data) == made
    assert made.evaluate({"s": "x" * 1_350_000}) is True


def test_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """What no frame can carry is refused when it is compiled, read back and evaluated."""
    made = exp.Eq(exp.StrBin("s"), "x" * 1000)
    data = made.compile()
    for module in (base, check, decode):
        monkeypatch.setattr(module, "MAX_SIZE", 1000)
    with pytest.raises(ParamError, match="a frame takes 1000"):
        made.compile()
    with pytest.raises(ParamError, match="a frame takes 1000"):
        exp.Expression.from_bytes(data)
    with pytest.raises(Malformed):
        check.check(data)


def test_operators() -> None:
    """Operators build arithmetic, in the order in which it is written."""
    a, b = exp.IntBin("a"), exp.IntBin("b")
    assert a + b + 1 == exp.Add(a, b, 1)
    assert a - (b - 1) == exp.Sub(a, exp.Sub(b, 1))
    assert a * 2 / b == exp.Div(exp.Mul(a, 2), b)
    assert a % 3 == exp.Mod(a, 3)
    assert abs(a) == exp.Abs(a)
    assert exp.FloatBin("f") // 2.0 == exp.Floor(exp.Div(exp.FloatBin("f"), 2.0))


@for_each(
    ("make", "argument"),
    [
        (lambda: exp.IntBin(5), "bin"),
        (lambda: exp.And(True), "exprs"),
        (lambda: exp.And(True, 1), "exprs[1]"),
        (exp.Not, "exprs"),
        (lambda: exp.Not(True, False), "exprs"),
        (lambda: exp.Cond(True, 1), "exprs"),
        (lambda: exp.Let(exp.Var("x")), "exprs"),
        (lambda: exp.Let(exp.Def("x", 1), exp.Def("x", 2), exp.Var("x")), "exprs"),
        (lambda: exp.Def("1x", 1), "var_name"),
        (lambda: exp.Var("a-b"), "var_name"),
        (lambda: exp.Eq(exp.IntBin("a"), object()), "expr1"),
        (lambda: exp.Eq(exp.IntBin("a"), 1 << 64), "expr1"),
        (lambda: exp.Pow(2, 3), "base"),
        (lambda: exp.Mod(exp.IntBin("a"), 1.5), "denominator"),
        (lambda: exp.Add(exp.IntBin("a"), "1"), "exprs[1]"),
        (lambda: exp.DigestMod(0), "mod"),
        (lambda: exp.DigestMod("4"), "mod"),
        (lambda: exp.CmpRegex("i", "a", exp.StrBin("s")), "options"),
        (lambda: exp.CmpRegex(0, b"a", exp.StrBin("s")), "regex_str"),
        (lambda: exp.ListSize(None, 5), "bin"),
        (lambda: exp.ListSize("ctx", "l"), "ctx"),
        (lambda: exp.ListGetByIndex(None, 7, 42, 0, "l"), "value_type"),
        (lambda: exp.ListGetByIndex(None, "7", 2, 0, "l"), "return_type"),
        (lambda: exp.ListGetByIndex(None, 7, 2, "0", "l"), "index"),
        (lambda: exp.ListGetByValue(None, 7, 1, "l", inverted=1), "inverted"),
        (lambda: exp.ListAppend(None, {"write_flag": 1}, 1, "l"), "policy"),
        (lambda: exp.MapPutItems(None, None, [1], "m"), "map"),
        (lambda: exp.BitSet(None, 0, 8, "ff", "b"), "value"),
        (lambda: exp.HLLAdd(None, "a", None, None, "h"), "list"),
        (lambda: exp.LoopVar(1), "var_id"),
        (lambda: exp.SelectByPath(None, 4, 1, exp.ListBin("l")), "ctx"),
        (lambda: exp.StartsWith(5, "s"), "prefix"),
    ],
)
def test_bad_arguments(make: Any, argument: str) -> None:
    """A bad argument is refused when the expression is made, by its name."""
    with pytest.raises(ParamError) as refused:
        make()
    assert refused.value.argument == argument
    assert str(refused.value)
