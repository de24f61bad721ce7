"""Calls as source text, taken from the functions that make them.

A function of the catalogue runs twice: on a :class:`Text`, which only notes what is
called with what, and on a client. So what is shown is what was called.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any, Final

from aerospike_wire.proto.commands.query import Predicate

if TYPE_CHECKING:
    from collections.abc import Generator

_LONG: Final = 16
"""Characters or bytes from which a text that repeats one of them is written as a product."""
_SECRET: Final = frozenset({"password"})


class Text:
    """Stands for an object; what is done to it becomes source text."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __getattr__(self, name: str) -> Text:
        return Text(f"{self.text}.{name}")

    def __call__(self, *args: Any, **kwargs: Any) -> Text:
        given = [source(value) for value in args]
        given += [f"{name}={'...' if name in _SECRET else source(value)}" for name, value in kwargs.items()]
        return Text(f"{self.text}({', '.join(given)})")

    def __await__(self) -> Generator[Any, None, Any]:
        raise Said(self.text)
        yield


class Said(Exception):
    """A function that ran on a :class:`Text` has come to its call."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


def source(value: Any) -> str:
    """A value as one would write it in a program."""
    if isinstance(value, Text):
        return value.text
    if isinstance(value, enum.Enum):
        return f"{type(value).__name__}.{value.name}"
    if isinstance(value, str | bytes):
        if len(value) >= _LONG and len(set(value)) == 1:
            return f"{source(value[:1])} * {len(value)}"
        return f"b{_quoted(repr(value)[1:])}" if isinstance(value, bytes) else _quoted(repr(value))
    if isinstance(value, tuple):
        return f"({', '.join(map(source, value))}{',' * (len(value) == 1)})"
    if isinstance(value, list):
        return f"[{', '.join(map(source, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{source(name)}: {source(item)}' for name, item in value.items())}}}"
    if isinstance(value, Predicate):
        bounds = (value.begin,) if value.begin == value.end else (value.begin, value.end)
        return f"{'equals' if len(bounds) == 1 else 'between'}({', '.join(map(source, (value.bin, *bounds)))})"
    return repr(value)


def _quoted(text: str) -> str:
    inner = text[1:-1]
    return text if '"' in inner or "\\'" in inner else f'"{inner}"'
