"""Random expressions of many kinds, worked out by the evaluator and by plain Python beside it.

An expression is drawn together with what it comes to on :data:`BINS`: a value, or UNKNOWN as
soon as a part cannot be told that it needs.
"""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING, Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from aerospike_wire import expressions as exp
from aerospike_wire.expressions.evaluate import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable

Pair = tuple[Any, Any]
"""An expression, and what it comes to."""

EXAMPLES: Final = int(os.environ.get("AEROSPIKE_WIRE_TEST_EXAMPLES", "100"))
WORD: Final = 1 << 64
BINS: Final = {
    "i": 5,
    "n": -8,
    "f": 2.5,
    "g": -0.0,
    "s": "hello",
    "t": "",
    "b": True,
    "l": [3, 1, 2, 3],
    "m": {"a": 1, "k": 7},
}
KINDS: Final = ("integer", "real", "truth", "text", "list")
BIN_KINDS: Final[dict[str, tuple[Any, tuple[str, ...]]]] = {
    "integer": (exp.IntBin, ("i", "n", "s", "none")),
    "real": (exp.FloatBin, ("f", "g", "i", "none")),
    "truth": (exp.BoolBin, ("b", "i", "none")),
    "text": (exp.StrBin, ("s", "t", "i", "none")),
    "list": (exp.ListBin, ("l", "m", "none")),
}
TYPES: Final = {"integer": int, "real": float, "truth": bool, "text": str, "list": list}
LITERALS: Final[dict[str, st.SearchStrategy[Any]]] = {
    "integer": st.integers(-(2**63), 2**63 - 1) | st.integers(-4, 9),
    "real": st.sampled_from([0.0, -0.0, 1.5, -2.25, 1e300, math.inf, -math.inf]),
    "truth": st.booleans(),
    "text": st.sampled_from(["", "a", "hello", "help", "é"]),
    "list": st.lists(st.integers(0, 4), max_size=4),
}


def wrap(value: int) -> int:
    """An integer in 64 bits."""
    return (value + WORD // 2) % WORD - WORD // 2


def strict(make: Callable[..., Any], model: Callable[..., Any], *pairs: Pair) -> Pair:
    """An operation that needs all its parts."""
    parts, found = zip(*pairs, strict=True)
    return make(*parts), UNKNOWN if UNKNOWN in [UNKNOWN if part is UNKNOWN else None for part in found] else model(
        *found
    )


def quotient(left: int, *rest: int) -> Any:
    """The first by the product of the others, cut off towards zero."""
    divisor = wrap(math.prod(rest))
    if divisor == 0:
        return UNKNOWN
    found = abs(left) // abs(divisor)
    return wrap(found if (left < 0) == (divisor < 0) else -found)


def remainder(left: int, right: int) -> Any:
    """With the sign of the dividend."""
    if right == 0:
        return UNKNOWN
    found = abs(left) % abs(right)
    return -found if left < 0 else found


def whole(value: float) -> int:
    """A float cut off; the least integer if it does not fit."""
    return int(value) if -(2.0**63) <= value < 2.0**63 else -(2**63)


def junction(make: Any, decisive: bool, *pairs: Pair) -> Pair:
    """And, or: a part decides even if others cannot be told."""
    parts, found = zip(*pairs, strict=True)
    if any(value is decisive for value in found):
        return make(*parts), decisive
    return make(*parts), UNKNOWN if any(value is UNKNOWN for value in found) else not decisive


def choice(tests: list[Pair], values: list[Pair]) -> Pair:
    """The value of the first test that holds; the first that cannot be told ends it."""
    made = exp.Cond(
        *(part for pair in zip(tests, values, strict=False) for part in (pair[0][0], pair[1][0])), values[-1][0]
    )
    for (_, held), (_, value) in zip(tests, values, strict=False):
        if held is UNKNOWN:
            return made, UNKNOWN
        if held:
            return made, value
    return made, values[-1][1]


def element(found: list[Any], index: int) -> Any:
    """An integer of a list."""
    inside = -len(found) <= index < len(found)
    return found[index] if inside and type(found[index]) is int else UNKNOWN


class Model:
    """Draws pairs.

    Args:
        draw: of hypothesis.
    """

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.scope: dict[str, tuple[str, Any]] = {}
        """Variables with their types and values."""
        self.defined = 0

    def one(self, kind: str, depth: int) -> Pair:
        """A pair of a type."""
        how = self.draw(st.integers(0, 11))
        if depth <= 0 or how < 2:
            return self.leaf(kind)
        if how == 2:
            return choice(
                [self.one("truth", depth - 1) for _ in range(2)], [self.one(kind, depth - 1) for _ in range(3)]
            )
        if how == 3:
            return self.let(kind, depth - 1)
        return self.draw(st.sampled_from(OPERATIONS[kind]))(lambda part: self.one(part, depth - 1))

    def leaf(self, kind: str) -> Pair:
        """A variable, a bin or a literal."""
        named = [name for name, (found, _) in self.scope.items() if found == kind]
        how = self.draw(st.integers(0, 5))
        if named and how < 3:
            name = self.draw(st.sampled_from(named))
            return exp.Var(name), self.scope[name][1]
        if how < 4:
            make, names = BIN_KINDS[kind]
            name = self.draw(st.sampled_from(names))
            value = BINS.get(name)
            return make(name), value if type(value) is TYPES[kind] else UNKNOWN
        value = self.draw(LITERALS[kind])
        return exp.Val(value), value

    def let(self, kind: str, depth: int) -> Pair:
        """A variable and an expression that may use it."""
        name = f"v{self.defined}"  # nowhere defined twice, which a server refuses
        self.defined += 1
        of = self.draw(st.sampled_from(KINDS))
        made, value = self.one(of, depth)
        before, self.scope = self.scope, {**self.scope, name: (of, value)}
        inner, found = self.one(kind, depth)
        self.scope = before
        return exp.Let(exp.Def(name, made), inner), found


COMPARISONS: Final = {
    exp.Eq: lambda left, right: left == right,
    exp.NE: lambda left, right: left != right,
    exp.GT: lambda left, right: left > right,
    exp.GE: lambda left, right: left >= right,
    exp.LT: lambda left, right: left < right,
    exp.LE: lambda left, right: left <= right,
}
OPERATIONS: Final[dict[str, list[Any]]] = {
    "integer": [
        lambda one: strict(exp.Add, lambda *all_: wrap(sum(all_)), one("integer"), one("integer"), one("integer")),
        lambda one: strict(exp.Sub, lambda left, right: wrap(left - right), one("integer"), one("integer")),
        lambda one: strict(exp.Mul, lambda left, right: wrap(left * right), one("integer"), one("integer")),
        lambda one: strict(exp.Div, quotient, one("integer"), one("integer"), one("integer")),
        lambda one: strict(exp.Mod, remainder, one("integer"), one("integer")),
        lambda one: strict(exp.Abs, lambda value: wrap(abs(value)), one("integer")),
        lambda one: strict(exp.ToInt, whole, one("real")),
        lambda one: strict(exp.Min, min, one("integer"), one("integer")),
        lambda one: strict(exp.Max, max, one("integer"), one("integer")),
        lambda one: strict(exp.IntNot, lambda value: ~value, one("integer")),
        lambda one: strict(exp.IntXOr, lambda left, right: left ^ right, one("integer"), one("integer")),
        lambda one: strict(exp.IntCount, lambda value: (value % WORD).bit_count(), one("integer")),
        lambda one: strict(lambda made: exp.ListSize(None, made), len, one("list")),
        lambda one: strict(
            lambda where, made: exp.ListGetByIndex(None, 7, 2, where, made),
            lambda index, found: element(found, index),
            one("integer"), one("list"),
        ),
        lambda one: strict(
            lambda value, made: exp.ListGetByValue(None, 5, value, made),
            lambda value, found: found.count(value),
            one("integer"), one("list"),
        ),
    ],
    "real": [
        lambda one: strict(exp.Add, lambda left, right: left + right, one("real"), one("real")),
        lambda one: strict(exp.Sub, lambda left, right: left - right, one("real"), one("real")),
        lambda one: strict(exp.Mul, lambda left, right: left * right, one("real"), one("real")),
        lambda one: strict(exp.ToFloat, float, one("integer")),
        lambda one: strict(exp.Abs, abs, one("real")),
    ],
    "truth": [
        *(
            lambda one, make=make, model=model, kind=kind: strict(make, model, one(kind), one(kind))
            for make, model in COMPARISONS.items()
            for kind in ("integer", "real", "text", "truth")
        ),
        lambda one: junction(exp.And, False, one("truth"), one("truth"), one("truth")),
        lambda one: junction(exp.Or, True, one("truth"), one("truth")),
        lambda one: strict(exp.Not, lambda value: not value, one("truth")),
        lambda one: strict(exp.InList, lambda value, found: value in found, one("integer"), one("list")),
        lambda one: strict(
            lambda made: exp.CmpRegex(1, "^(he|a).*", made), lambda text: text.startswith(("he", "a")), one("text")
        ),
    ],
    "text": [lambda one: one("text")],
    "list": [
        lambda one: strict(
            lambda value, made: exp.ListAppend(None, None, value, made), lambda value, found: [*found, value],
            one("integer"), one("list"),
        ),
        lambda one: strict(lambda made: exp.ListSort(None, 0, made), sorted, one("list")),
        lambda one: strict(
            lambda value, made: exp.ListRemoveByValue(None, value, made),
            lambda value, found: [kept for kept in found if kept != value],
            one("integer"), one("list"),
        ),
    ],
}  # fmt: skip


@st.composite
def pairs(draw: st.DrawFn) -> Pair:
    """An expression of any type, and what it comes to."""
    return Model(draw).one(draw(st.sampled_from(KINDS)), 4)


def same(expected: Any, found: Any) -> bool:
    """Equal and of the same type; NaN is NaN, and zeros have signs."""
    if isinstance(expected, float) and isinstance(found, float):
        return (expected, math.copysign(1, expected)) == (found, math.copysign(1, found)) or (
            math.isnan(expected) and math.isnan(found)
        )
    return type(found) is type(expected) and bool(found == expected)


@settings(max_examples=EXAMPLES, deadline=None)
@given(pairs())
def test_evaluator_agrees_with_python(pair: Pair) -> None:
    """Arithmetic, logic, choices, variables, conversions and calls on lists come to what Python says."""
    made, expected = pair
    found = made.evaluate(BINS)
    assert same(expected, found) or (expected is UNKNOWN and found is UNKNOWN)
    assert exp.Expression.from_bytes(made.compile()) == made
