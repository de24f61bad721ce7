"""Every class of expressions, argument by argument: what cannot be used is refused when it is made."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import attrs
import gold
import pytest
from cases import Cases, for_each

from aerospike_wire import expressions as exp
from aerospike_wire.errors import AerospikeError, BinNameError, ParamError
from aerospike_wire.types import CDTInfinite

VARIADIC = {
    "Add": 1, "And": 2, "Cond": 3, "Div": 1, "Exclusive": 2, "IntAnd": 1, "IntOr": 1, "IntXOr": 1, "Let": 2, "Max": 1,
    "Min": 1, "Mul": 1, "Not": 1, "Or": 2, "Sub": 1,
}  # fmt: skip
"""Classes that take any number of operands, and the least number."""


def examples() -> dict[str, Any]:
    """An expression of each class with named arguments."""
    found: dict[str, Any] = {}
    with gzip.open(
        Path(gold.__file__).parent / "data" / "expressions_compiled.jsonl.gz", "rt", encoding="utf-8"
    ) as lines:
        for line in lines:
            collect(gold.value(json.loads(line)["expression"]), found)
    return dict(sorted(found.items()))


def collect(value: Any, found: dict[str, Any]) -> None:
    """Note an expression, and those inside of it."""
    if isinstance(value, exp.Expression):
        kind: Any = type(value)
        inner = [getattr(value, field.name) for field in attrs.fields(kind)] if attrs.has(kind) else value.exprs  # type: ignore[attr-defined]
        if attrs.has(kind):
            found.setdefault(kind.__name__, value)
        for item in inner:
            collect(item, found)


EXAMPLES = examples()
SAMPLES: dict[str, Any] = {
    "object": object(), "list of an object": [object()], "dict of an object": {"a": object()}, "dict by float": {1.5: 1},
    "tuple": (), "None": None, "True": True, "1": 1, "1.5": 1.5, "text": "x", "bytes": b"x", "list": [], "dict": {},
    "2**64": 2**64, "-1": -1, "99": 99, "infinity": CDTInfinite(), "surrogate": "\ud800",
}  # fmt: skip
NEVER = {"object", "list of an object", "tuple", "2**64", "surrogate"}
"""Samples that no argument takes."""


def arguments() -> list[tuple[str, str]]:
    """Every class with each of its arguments."""
    return [(name, field.name) for name, example in EXAMPLES.items() for field in attrs.fields(type(example))]


def test_what_an_argument_does_not_take_is_refused_by_its_name() -> None:
    """Each sample is taken and compiles, or the error names the argument and the class."""
    with Cases() as cases:
        for name, argument in arguments():
            with cases.case(f"{name} {argument}"):
                check_argument(name, argument)


def check_argument(name: str, argument: str) -> None:
    """One argument of one class, with every sample."""
    kind = type(EXAMPLES[name])
    given = {field.name: getattr(EXAMPLES[name], field.name) for field in attrs.fields(kind)}
    assert kind(**given) == EXAMPLES[name]
    refused = {}
    for label, sample in SAMPLES.items():
        try:
            assert kind(**{**given, argument: sample}).compile()
        except AerospikeError as error:
            refused[label] = error
    assert refused.keys() >= NEVER - ({"tuple"} if argument == "ctx" else set())
    for label, error in refused.items():
        assert isinstance(error, ParamError | BinNameError), label
        assert error.context is not None, label
        assert error.context.operation == name
        assert str(error).startswith(f"{type(error).__name__} ({error.code}) in {name}: "), label
        if isinstance(error, ParamError):
            assert str(error.argument).removeprefix("policy ").partition("[")[0] == argument or (
                error.argument.startswith("policy ") and argument == "policy"  # type: ignore[union-attr]
            ), label


def test_every_class_is_here() -> None:
    """Those with named arguments, and those with any number of operands; but for what they derive from."""
    kinds = {
        name
        for name in exp.__all__
        if isinstance(getattr(exp, name), type) and issubclass(getattr(exp, name), exp.Expression)
    }
    assert kinds - {"Expression", "LoopVar"} == EXAMPLES.keys() | VARIADIC.keys()


@for_each("name", VARIADIC)
def test_too_few_operands(name: str) -> None:
    """A number of operands that cannot be is refused by class and argument."""
    for count in range(VARIADIC[name]):
        with pytest.raises(ParamError) as caught:
            getattr(exp, name)(*[exp.BoolBin("b")] * count)
        assert caught.value.argument == "exprs"
        assert str(caught.value).startswith(f"ParamError (-2) in {name}: exprs must ")


@pytest.mark.parametrize("count", [4, 6])
def test_a_cond_without_default(count: int) -> None:
    """An even number of operands lacks the default."""
    with pytest.raises(ParamError, match="in Cond: exprs must be pairs of condition and value, then a default"):
        exp.Cond(*[exp.BoolBin("b")] * count)


@for_each("name", [name for name, example in EXAMPLES.items() if attrs.fields(type(example))])
def test_wrong_number_of_arguments_is_pythons_own_error(name: str) -> None:
    """It names the class."""
    kind: Any = type(EXAMPLES[name])
    count = len(attrs.fields(kind)) + 1
    with pytest.raises(TypeError, match=rf"^{name}\.__init__\(\) takes "):
        kind(*[1] * count)
    if any(field.default is attrs.NOTHING for field in attrs.fields(kind)):
        with pytest.raises(TypeError, match=rf"^{name}\.__init__\(\) missing "):
            kind()
