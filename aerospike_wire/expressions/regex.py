"""POSIX regular expressions, basic and extended, put into Python's terms."""

from __future__ import annotations

import functools
import re
from typing import Final

EXTENDED, ICASE, NEWLINE, NOSUB = 1, 2, 4, 8

_SPECIAL: Final = b"(){}|+?"
"""What is special with a backslash in basic syntax, without one in extended syntax."""
_ESCAPES: Final = {
    ord("w"): rb"\w", ord("W"): rb"\W", ord("s"): rb"\s", ord("S"): rb"\S", ord("b"): rb"\b", ord("B"): rb"\B",
    ord("<"): rb"\b(?=\w)", ord(">"): rb"\b(?<=\w)", ord("`"): rb"\A", ord("'"): rb"\Z",
}  # fmt: skip
_CLASSES: Final = {
    b"alpha": rb"a-zA-Z", b"digit": rb"0-9", b"alnum": rb"a-zA-Z0-9", b"upper": rb"A-Z", b"lower": rb"a-z",
    b"space": rb" \t\n\r\f\v", b"blank": rb" \t", b"punct": rb"!-/:-@\[-`{-~", b"print": rb" -~", b"graph": rb"!-~",
    b"cntrl": rb"\x00-\x1f\x7f", b"xdigit": rb"0-9A-Fa-f",
}  # fmt: skip


@functools.lru_cache(maxsize=256)
def compiled(pattern: bytes, options: int) -> re.Pattern[bytes] | None:
    """The pattern; None if it is not valid, which matches nothing.

    Args:
        pattern: POSIX syntax.
        options: a sum of 1 extended, 2 ignore case, 4 newlines end lines, 8 no report of places.
    """
    lines = bool(options & NEWLINE)
    flags = (re.IGNORECASE if options & ICASE else 0) | (re.MULTILINE if lines else re.DOTALL)
    try:
        return re.compile(_translated(pattern, extended=bool(options & EXTENDED), lines=lines), flags)
    except (re.error, IndexError, OverflowError, RecursionError):
        return None


def matches(pattern: bytes, options: int, subject: bytes) -> bool:
    """Whether a text has a match anywhere."""
    found = compiled(pattern, options)
    return found is not None and found.search(subject) is not None


def _translated(pattern: bytes, *, extended: bool, lines: bool) -> bytes:
    out: list[bytes] = []
    at = 0
    while at < len(pattern):
        char = pattern[at : at + 1]
        at += 1
        if char == b"\\":
            escaped = pattern[at]  # a backslash at the end is no pattern
            at += 1
            if escaped in _ESCAPES:
                out.append(_ESCAPES[escaped])
            elif not extended and escaped in _SPECIAL:
                out.append(bytes((escaped,)))
            elif bytes((escaped,)).isdigit():
                out.append(b"(?:\\%c)" % escaped)
            else:
                out.append(re.escape(bytes((escaped,))))
        elif char == b"[":
            bracket, at = _bracket(pattern, at, lines=lines)
            out.append(bracket)
        elif char in _SPECIAL:
            out.append(char if extended else re.escape(char))
        elif char == b"*" and not extended and _at_start(out):
            out.append(rb"\*")
        elif char == b"^":
            out.append(b"^" if extended or _at_start(out) else rb"\^")
        elif char == b"$":
            last = at == len(pattern) or pattern[at : at + 2] in (rb"\)", rb"\|")
            out.append((b"$" if lines else rb"\Z") if extended or last else rb"\$")
        else:
            out.append(char if char in b".*" else re.escape(char))
    return b"".join(out)


def _at_start(out: list[bytes]) -> bool:
    return not out or out[-1] in (b"(", b"|", b"^")


def _bracket(pattern: bytes, at: int, *, lines: bool) -> tuple[bytes, int]:
    """A bracket expression from behind its opening bracket, and the place behind it."""
    negated = pattern[at : at + 1] == b"^"
    at += negated
    content: list[bytes] = []
    first = True
    while True:
        char = pattern[at]
        if char == ord("]") and not first:
            break
        first = False
        mark = pattern[at + 1 : at + 2]
        if char == ord("[") and mark in (b":", b".", b"="):
            end = pattern.index(mark + b"]", at + 2) if mark + b"]" in pattern[at + 2 :] else len(pattern)
            name = pattern[at + 2 : end]
            if mark == b":" and name not in _CLASSES:
                raise IndexError
            content.append(_CLASSES[name] if mark == b":" else re.escape(name))
            at = end + 2
        else:
            content.append(b"-" if char == ord("-") and _range(pattern, at, content) else re.escape(bytes((char,))))
            at += 1
    body = b"".join(content) + (rb"\n" if negated and lines else b"")
    return b"[" + (b"^" if negated else b"") + body + b"]", at + 1


def _range(pattern: bytes, at: int, content: list[bytes]) -> bool:
    """Whether a hyphen stands between two characters."""
    return bool(content) and pattern[at + 1 : at + 2] != b"]"
