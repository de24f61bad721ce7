"""Passwords that do not show.

Tools that report exceptions print the variables of every frame of a traceback. So a password
is put into a :class:`Secret` by the first function of this package that gets it, and the
variable it came in is forgotten.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, TypeVar

T = TypeVar("T")


class Secret:
    """Something that shows in no repr and goes into no pickle."""

    __slots__ = ("_value",)

    def __init__(self, value: Any) -> None:
        self._value = value.reveal() if isinstance(value, Secret) else value

    def reveal(self) -> Any:
        """What it is; a str, if the program gave what it should."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(...)"

    def __reduce__(self) -> str:
        msg = "secrets are not pickled"
        raise TypeError(msg)


_SECRETS: Final = re.compile("pass|pw", re.IGNORECASE)
"""Names of settings that are secrets, and those that somebody has misspelt."""


def concealed(given: T) -> T:
    """Settings with secrets in place of passwords, those for TLS included."""
    if not isinstance(given, Mapping):
        return given
    found: Any = {
        name: Secret(value) if _hidden(name, value) else concealed(value) if name == "tls" else value
        for name, value in given.items()
    }
    return found  # type: ignore[no-any-return]


def _hidden(name: Any, value: Any) -> bool:
    return value is not None and isinstance(name, str) and _SECRETS.search(name) is not None


def revealed(value: Any) -> Any:
    """What a secret hides, or the value itself if it is none."""
    return value.reveal() if isinstance(value, Secret) else value
