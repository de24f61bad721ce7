"""Where a program called the client."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from types import FrameType

_PACKAGE: Final = __name__.partition(".")[0]
_OURS: Final = f"{_PACKAGE}."
_PROGRAMS: Final = frozenset({f"{_PACKAGE}.demo.catalogue", f"{_PACKAGE}.__main__", f"{_PACKAGE}.cli"})
"""Modules of the package that call the client as any user would."""


_OUTSIDE, _INSIDE, _LOOP = "outside", "inside", "loop"
_FILES: Final[dict[str, str]] = {}
"""Whose the files are that were met on a stack: looking that up is quicker than judging each frame anew."""
_MOST_FILES: Final = 4096


def caller(depth: int) -> tuple[str | None, int | None]:
    """File and line of the code that called the client: the first frame outside the package.

    A coroutine that runs as a task of its own has no caller on the stack; (None, None) then.

    Args:
        depth: where to begin, counted from this function's own frame; all before are the package's for certain.
    """
    frame: FrameType | None = sys._getframe(depth)
    while frame is not None:
        file = frame.f_code.co_filename
        try:
            whose = _FILES[file]
        except KeyError:
            whose = _judge(file, frame)
        if whose is _OUTSIDE:
            return file, frame.f_lineno
        if whose is _LOOP:
            break
        frame = frame.f_back
    return None, None


def _judge(file: str, frame: FrameType) -> str:
    name = frame.f_globals.get("__name__", "")
    if name.startswith(_OURS) and name not in _PROGRAMS:
        whose = _INSIDE
    else:
        whose = _LOOP if name.startswith("asyncio.") else _OUTSIDE
    if not file.startswith("<") and len(_FILES) < _MOST_FILES:  # code from a string may be anybody's
        _FILES[file] = whose
    return whose
