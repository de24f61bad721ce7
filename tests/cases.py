"""Many cases of a table in one test: all are tried, and those that fail are told by name."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import TracebackType


class Cases:
    """Collects what fails; raises it at the end, as one group with a note for each case."""

    def __init__(self) -> None:
        self.tried = 0
        self._failed: list[Exception] = []

    @contextlib.contextmanager
    def case(self, name: str) -> Iterator[None]:
        """Try one case."""
        self.tried += 1
        try:
            yield
        except Exception as error:  # noqa: BLE001  told at the end
            error.add_note(f"in case {name}")
            self._failed.append(error)

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
                raise ExceptionGroup(msg, self._failed)


def by_family(names: Iterable[str]) -> dict[str, list[str]]:
    """Names of scenarios by the part before the slash."""
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(name.partition("/")[0], []).append(name)
    return found
