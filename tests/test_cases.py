"""Tables of cases: every row is tried, and what fails is told by name."""

from __future__ import annotations

import inspect
import threading
from typing import Any

import pytest
from cases import Cases, by_family, for_each


def _notes(test: Any, **shared: Any) -> list[str]:
    with pytest.raises(BaseExceptionGroup) as caught:
        test(**shared)
    return [note for error in caught.value.exceptions for note in error.__notes__]


def test_every_row_is_tried_and_failures_are_named() -> None:
    """A row that fails ends none of the others."""
    tried = []

    @for_each("number", [1, 2, 3, 4])
    def test(number: int) -> None:
        tried.append(number)
        assert number % 2

    assert _notes(test) == ["in case 2", "in case 4"]
    assert tried == [1, 2, 3, 4]


def test_what_does_not_raise_is_a_failure_of_its_row() -> None:
    """Pytest's own failures are collected too."""

    @for_each("text", ["1", "x"])
    def test(text: str) -> None:
        with pytest.raises(ValueError, match="invalid"):
            int(text)

    assert _notes(test) == ["in case 1"]


def test_names_of_rows() -> None:
    """Given ones, those of ``pytest.param``, and those made of the values."""

    @for_each("a, b", [(1, None), pytest.param(2, 2, id="two"), (str, object())])
    def test(a: Any, b: Any) -> None:
        pytest.fail("always")

    @for_each("a", ["x", "y"], ids=["first", None])
    def given(a: str) -> None:
        pytest.fail("always")

    @for_each("a", ["x", "yy"], ids=len)
    def made(a: str) -> None:
        pytest.fail("always")

    assert _notes(test) == ["in case 1-None", "in case two", "in case str-b2"]
    assert _notes(given) == ["in case first", "in case y"]
    assert _notes(made) == ["in case 1", "in case 2"]


def test_combinations_and_fixtures() -> None:
    """Tables above each other are multiplied; what is in none is left to pytest."""

    @for_each("a", [1, 2])
    @for_each("b", ["x", "y"])
    def test(a: int, tmp_path: str, b: str) -> None:
        assert (a, tmp_path, b) == (1, "here", "x")

    assert list(inspect.signature(test).parameters) == ["tmp_path"]
    assert _notes(test, tmp_path="here") == ["in case x-2", "in case y-1", "in case y-2"]


async def test_coroutines() -> None:
    """Coroutines are awaited one after the other."""

    @for_each("a", [1, 2, 3])
    async def test(a: int) -> None:
        assert a != 2

    with pytest.raises(BaseExceptionGroup) as caught:
        await test()
    assert [error.__notes__ for error in caught.value.exceptions] == [["in case 2"]]


def test_rows_at_once() -> None:
    """Rows that wait do so at the same time, and a row that fails ends none of the others."""
    met = threading.Barrier(3)

    @for_each("a", [1, 2, 3], at_once=3)
    async def test(a: int) -> None:
        met.wait(10)
        assert a != 2

    assert _notes(test) == ["in case 2"]


def test_tables_that_try_nothing() -> None:
    """An empty table, a row that does not fit and a name that the test does not take are mistakes."""

    @for_each("a", [])
    def empty(a: int) -> None:
        pass

    with pytest.raises(AssertionError, match="no cases"):
        empty()
    with pytest.raises(AssertionError, match="do not fit"):
        for_each("a, b", [(1, 2, 3)])
    with pytest.raises(AssertionError, match="marked"):
        for_each("a", [pytest.param(1, marks=pytest.mark.skip)])
    with pytest.raises(AssertionError, match="does not take"):
        for_each("a, c", [(1, 2)])(lambda a: a)


def test_case_outside_of_a_decorator() -> None:
    """The block alone does the same."""
    with pytest.raises(ExceptionGroup, match="1 of 2 cases: second"), Cases() as cases:
        for name in ("first", "second"):
            with cases.case(name):
                assert name == "first"


def test_rows_that_are_skipped() -> None:
    """A row that is skipped hides no failure; if all are, the test is skipped."""

    @for_each("a", [1, 2, 3])
    def some(a: int) -> None:
        if a == 1:
            pytest.skip("not here")
        assert a == 2

    @for_each("a", [1, 2, 3])
    def all_of_them(a: int) -> None:
        pytest.skip("not here")

    assert _notes(some) == ["in case 3"]
    with pytest.raises(pytest.skip.Exception):
        all_of_them()


def test_families() -> None:
    """No name is lost, whatever it is called."""
    names = ["A:put/1", "A:put/2", "A:get/1", "B:list/1", "alone"]
    assert by_family(names, least=2) == {"A:put": names[:2], "A": names[2:3], "B": names[3:4], "alone": names[4:]}
