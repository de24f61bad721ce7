"""Many cases of a table in one test: all are tried, and those that fail are told by name."""

from __future__ import annotations

import asyncio
import contextlib
import enum
import functools
import inspect
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Self

import pytest

from aerospike_wire.embedded import EmbeddedServer

ParameterSet = type(pytest.param())

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from types import TracebackType

    Ids = Sequence[str | None] | Callable[[Any], object] | None


class Cases:
    """Collects what fails; raises it at the end, as one group with a note for each case."""

    def __init__(self) -> None:
        self.tried = 0
        self._skipped: list[BaseException] = []
        self._failed: list[BaseException] = []

    @contextlib.contextmanager
    def case(self, name: str) -> Iterator[None]:
        """Try one case."""
        self.tried += 1
        try:
            yield
        except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001  told at the end
            error.add_note(f"in case {name}")
            self._failed.append(error)
        except pytest.skip.Exception as skipped:
            self._skipped.append(skipped)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is None:
            assert self.tried, "there are no cases"
            if self._failed:
                names = ", ".join(failed.__notes__[-1].removeprefix("in case ") for failed in self._failed[:20])
                msg = f"{len(self._failed)} of {self.tried} cases: {names}"
                raise BaseExceptionGroup(msg, self._failed)
            if len(self._skipped) == self.tried:
                raise self._skipped[0]


def by_family(names: Iterable[str], *, least: int = 5) -> dict[str, list[str]]:
    """Names of scenarios by the part before the slash; families of few are taken together by the part before the colon."""
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(name.partition("/")[0], []).append(name)
    joined: dict[str, list[str]] = {}
    for family, members in found.items():
        joined.setdefault(family if len(members) >= least else family.partition(":")[0], []).extend(members)
    return joined


def for_each(
    names: str | Sequence[str], table: Iterable[Any], ids: Ids = None, *, at_once: int = 1
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Try a test with each row of a table, as ``pytest.mark.parametrize`` does, but all rows as one test.

    One test of pytest's own costs some milliseconds, so a table of hundreds of rows is better one test. What else the
    test takes (fixtures, parameters of ``pytest.mark.parametrize``) is the same for all rows; a node that it takes as
    ``server`` is cleared before each. Decorators that stand above each other try every combination.

    Args:
        names: what a row consists of; one text with commas, or several.
        table: the rows; one that is marked (``pytest.param(..., marks=...)``) needs a test of its own.
        ids: the rows' names, or what makes one of each value (``None`` leaves it to us); for the report of failures.
        at_once: how many rows are tried at the same time, each in a thread and an event loop of its own; for tests that
            wait, and share neither client nor node.
    """
    columns = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
    single = isinstance(names, str) and len(columns) == 1
    rows = list(_rows(columns, (row if isinstance(row, ParameterSet) or not single else [row] for row in table), ids))

    def decorate(test: Callable[..., Any]) -> Callable[..., Any]:
        inner, below = getattr(test, "for_each", (test, [("", {})]))
        combined = [
            ("-".join(filter(None, [first, second])), {**some, **others})
            for first, some in below
            for second, others in rows
        ]

        if at_once > 1:

            @functools.wraps(inner)
            def tried(**shared: Any) -> None:
                with Cases() as cases, ThreadPoolExecutor(at_once) as threads:
                    begun = [(name, threads.submit(asyncio.run, inner(**shared, **row))) for name, row in combined]
                    for name, end in begun:
                        with cases.case(name):
                            end.result()

        elif inspect.iscoroutinefunction(inner):

            @functools.wraps(inner)
            async def tried(**shared: Any) -> None:
                with Cases() as cases:
                    for name, row in combined:
                        with cases.case(name):
                            _cleared(shared)
                            await inner(**shared, **row)
        else:

            @functools.wraps(inner)
            def tried(**shared: Any) -> None:
                with Cases() as cases:
                    for name, row in combined:
                        with cases.case(name):
                            _cleared(shared)
                            inner(**shared, **row)

        signature = inspect.signature(test)
        missing = set(columns) - set(signature.parameters)
        assert not missing, f"{inner.__name__} does not take {missing}"
        left = [parameter for name, parameter in signature.parameters.items() if name not in columns]
        tried.__signature__ = signature.replace(parameters=left)  # type: ignore[attr-defined]
        tried.for_each = (inner, combined)  # type: ignore[attr-defined]
        return tried

    return decorate


def _cleared(shared: dict[str, Any]) -> None:
    """Make the node of a test as it was at first."""
    if isinstance(shared.get("server"), EmbeddedServer):
        shared["server"].clear()


def _rows(columns: list[str], table: Iterable[Any], ids: Ids) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and arguments of each row."""
    given = None if ids is None or callable(ids) else list(ids)
    for number, row in enumerate(table):
        name, values = given[number] if given else None, row
        if isinstance(row, ParameterSet):
            assert not row.marks, "a row that is marked needs a test of its own"
            name, values = row.id or name, row.values
        assert len(values) == len(columns), f"{columns} do not fit {values!r}"
        if name is None:
            named = [str((callable(ids) and ids(value)) or _name(value)) for value in values]
            name = "-".join(text or f"{column}{number}" for text, column in zip(named, columns, strict=True))
        yield name, dict(zip(columns, values, strict=True))


def _name(value: object) -> str:
    """What a value is called; nothing, if it has neither a name nor a short text."""
    if isinstance(value, (str, bytes, int, float, bool, complex, enum.Enum)) or value is None:
        return str(value)[:60]
    return str(getattr(value, "__name__", ""))
