"""Colours for people, and none for pipes."""

from __future__ import annotations

import os
import shutil
import textwrap
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from typing import TextIO

_NARROW = 60
"""Columns below which text is not wrapped: it would be no easier to read."""


@attrs.frozen
class Style:
    """How text is marked; on a pipe, not at all."""

    colour: bool = False
    width: int | None = None
    """Columns to wrap at, None to leave lines as they are."""

    @classmethod
    def of(cls, stream: TextIO) -> Style:
        """What a stream can show: colours on a terminal, unless the environment has NO_COLOR."""
        if not stream.isatty():
            return cls()
        width = shutil.get_terminal_size().columns
        colour = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        return cls(colour, width if width >= _NARROW else None)

    def bold(self, text: str) -> str:
        """For names."""
        return self._mark(text, "1")

    def dim(self, text: str) -> str:
        """For what leads from one name to the next."""
        return self._mark(text, "2")

    def good(self, text: str) -> str:
        """For what is as it should be."""
        return self._mark(text, "32")

    def bad(self, text: str) -> str:
        """For what is not."""
        return self._mark(text, "31")

    def doubt(self, text: str) -> str:
        """For what deserves a second look."""
        return self._mark(text, "33")

    def _mark(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and text else text

    def wrap(self, text: str, first: str, others: str) -> list[str]:
        """Lines of a text without marks.

        Args:
            text: what to wrap.
            first: what the first line begins with.
            others: what further lines begin with.
        """
        if self.width is None:
            return [first + text]
        return textwrap.wrap(
            text, self.width, initial_indent=first, subsequent_indent=others,
            break_long_words=False, break_on_hyphens=False, drop_whitespace=True,
        )  # fmt: skip
