r"""POSIX regular expressions, basic and extended, put into Python's terms.

Servers leave patterns to the C library, so its extensions hold as well: ``\w``, ``\b``,
``\<`` and so on, and ``\+``, ``\?`` and ``\|`` in basic syntax. Texts are bytes, letters
those of ASCII.
"""

from __future__ import annotations

import functools
import re
from typing import Final

EXTENDED, ICASE, NEWLINE, NOSUB = 1, 2, 4, 8

_MAX_REPEAT: Final = 32767
_LEVELS: Final = 100
"""How deep groups may be nested."""

_OPERATORS: Final = b"(){}|+?"
"""What means something with a backslash in basic syntax, without one in extended syntax."""
_ESCAPES: Final = {
    b"w": rb"\w", b"W": rb"\W", b"s": rb"[ \t\n\r\f\v]", b"S": rb"[^ \t\n\r\f\v]",
}  # fmt: skip
_ANCHORS: Final = {
    b"b": rb"\b", b"B": rb"\B", b"<": rb"\b(?=\w)", b">": rb"\b(?<=\w)", b"`": rb"\A", b"'": rb"\Z",
}  # fmt: skip
_CLASSES: Final = {
    b"alpha": rb"a-zA-Z", b"digit": rb"0-9", b"alnum": rb"a-zA-Z0-9", b"upper": rb"A-Z", b"lower": rb"a-z",
    b"space": rb" \t\n\r\f\v", b"blank": rb" \t", b"punct": rb"!-/:-@\[-`{-~", b"print": rb" -~", b"graph": rb"!-~",
    b"cntrl": rb"\x00-\x1f\x7f", b"xdigit": rb"0-9A-Fa-f",
}  # fmt: skip


class BadPattern(Exception):
    """The pattern is not valid."""


@functools.lru_cache(maxsize=256)
def compiled(pattern: bytes, options: int) -> re.Pattern[bytes]:
    """A pattern for Python.

    Args:
        pattern: POSIX syntax; it ends at its first NUL.
        options: a sum of 1 extended, 2 ignore case, 4 newlines end lines, 8 no report of places.

    Raises:
        BadPattern: it is not valid.
    """
    lines = bool(options & NEWLINE)
    flags = (re.IGNORECASE if options & ICASE else 0) | (re.MULTILINE if lines else re.DOTALL)
    reader = _Pattern(pattern.partition(b"\0")[0], extended=bool(options & EXTENDED), lines=lines)
    try:
        return re.compile(reader.whole(), flags)
    except (re.error, OverflowError, RecursionError) as error:
        msg = f"a regular expression that cannot be compiled: {error}"
        raise BadPattern(msg) from None


def matches(pattern: re.Pattern[bytes], subject: bytes) -> bool:
    """Whether a text, up to its first NUL, has a match anywhere."""
    return pattern.search(subject.partition(b"\0")[0]) is not None


def _bad(why: str) -> BadPattern:
    return BadPattern(f"a regular expression with {why}")


class _Pattern:
    """A pattern that is being read, token by token.

    A token is the operator that it is, in extended syntax, or ``c`` and a character, or ``a``
    and an anchor, or ``e`` and an escaped class, or ``d`` and the digit of a group.
    """

    def __init__(self, pattern: bytes, *, extended: bool, lines: bool) -> None:
        self.pattern = pattern
        self.extended = extended
        self.lines = lines
        self.at = 0
        self.start = 0
        """Where the alternative begins that is being read."""
        self.groups = 0
        self.complete: set[int] = set()
        """Numbers of groups that were closed, to which a back reference may go."""

    def whole(self) -> bytes:
        found = self.alternatives(0)
        assert self.peek() is None
        return found

    # Tokens

    def peek(self) -> tuple[bytes, bytes, int] | None:
        """Kind, content and length of the next token; None at the end."""
        char = self.pattern[self.at : self.at + 1]
        if not char:
            return None
        if char == b"\\":
            return self._escaped(self.pattern[self.at + 1 : self.at + 2])
        if char in (b"*", b"[", b"."):
            return char, b"", 1
        if char in (b"^", b"$"):
            anchor = self._opens() if char == b"^" else self._closes()
            return (b"a", self._anchor(char), 1) if anchor else (b"c", char, 1)
        if self.extended and char in _OPERATORS:
            return char, b"", 1
        return b"c", char, 1

    def _escaped(self, char: bytes) -> tuple[bytes, bytes, int]:
        if not char:
            raise _bad("a backslash at its end")
        if char in _ANCHORS:
            return b"a", _ANCHORS[char], 2
        if char in _ESCAPES:
            return b"e", _ESCAPES[char], 2
        if b"1" <= char <= b"9":
            return b"d", char, 2
        if not self.extended and char in _OPERATORS:
            return char, b"", 2
        return b"c", char, 2

    def _opens(self) -> bool:
        """Whether a circumflex stands where a line may begin."""
        return self.extended or self.at == self.start

    def _closes(self) -> bool:
        """Whether a dollar stands where a line may end."""
        behind = self.pattern[self.at + 1 : self.at + 3]
        return self.extended or behind in (b"", rb"\)", rb"\|")

    def _anchor(self, char: bytes) -> bytes:
        if char == b"^":
            return b"^" if self.lines else rb"\A"
        return b"$" if self.lines else rb"\Z"

    # Grammar

    def alternatives(self, depth: int) -> bytes:
        if depth > _LEVELS:
            raise _bad("groups that are nested too deep")
        found = [self.branch(depth)]
        while (token := self.peek()) is not None and token[0] == b"|":
            self.at += token[2]
            found.append(self.branch(depth))
        return b"|".join(found)

    def branch(self, depth: int) -> bytes:
        parts: list[bytes] = []
        self.start = self.at
        while (token := self.peek()) is not None and token[0] != b"|":
            if token[0] == b")" and depth:
                break
            parts.append(self.piece(token, depth))
        return b"".join(parts)

    def piece(self, token: tuple[bytes, bytes, int], depth: int) -> bytes:
        kind, content, size = token
        self.at += size
        if kind == b"a":
            return content  # what repeats it is about nothing
        found = self.atom(kind, content, size, depth)
        while (token := self.peek() or (b"", b"", 0))[0] in (b"*", b"+", b"?", b"{"):
            self.at += token[2]
            repeat = self.interval() if token[0] == b"{" else token[0]
            found = b"(?:" + found + b")" + repeat
            following = self.peek()
            if not self.extended and following is not None and following[0] in (b"*", b"{"):
                raise _bad("a repetition of a repetition")
        return found

    def atom(self, kind: bytes, content: bytes, size: int, depth: int) -> bytes:
        if kind == b"c":
            return re.escape(content)
        if kind == b"e":
            return content
        if kind == b"d":
            number = int(content)
            if number not in self.complete:
                raise _bad(f"a reference to group {number}, which is not there yet")
            return b"(?:\\%d)" % number
        if kind == b".":
            return b"."
        if kind == b"[":
            return self.bracket()
        if kind == b"(":
            return self.group(depth)
        if kind == b"{" or (kind in (b"*", b"+", b"?") and self.extended):
            raise _bad("a repetition of nothing")
        if kind == b")" and not self.extended:
            raise _bad("a parenthesis that is not opened")
        return re.escape(self.pattern[self.at - 1 : self.at] if size else b"")

    def group(self, depth: int) -> bytes:
        self.groups += 1
        number = self.groups
        found = self.alternatives(depth + 1)
        token = self.peek()
        if token is None or token[0] != b")":
            raise _bad("a parenthesis that is not closed")
        self.at += token[2]
        self.complete.add(number)
        return b"(" + found + b")"

    def interval(self) -> bytes:
        """How often something is repeated, from behind the opening brace."""
        least, mark = self.number()
        most: int | None = least
        if mark == b",":
            most, mark = self.number()
            least = least or 0
            if mark == b",":
                raise _bad("braces with two commas")
        elif least is None:
            raise _bad("empty braces")
        if mark != b"}":
            raise _bad("braces that are not closed")
        if most is not None and (least or 0) > most:
            raise _bad("braces whose bounds are the wrong way round")
        if (least if most is None else most or 0) > _MAX_REPEAT:
            raise _bad(f"more than {_MAX_REPEAT} repetitions")
        return b"{%d,%s}" % (least or 0, b"" if most is None else b"%d" % most)

    def number(self) -> tuple[int | None, bytes]:
        """A bound in braces, None if it is left out, and the mark behind it."""
        digits = b""
        while True:
            token = self.peek()
            if token is None:
                raise _bad("braces that are not closed")
            self.at += token[2]
            if token[0] == b"}" or token[:2] == (b"c", b","):
                # So large a number is too large whatever its other digits are.
                return (int(digits[:8]) if digits else None), (b"}" if token[0] == b"}" else b",")
            if token[0] != b"c" or not b"0" <= token[1] <= b"9":
                raise _bad("braces with something else than numbers")
            digits += token[1]

    # Brackets

    def bracket(self) -> bytes:
        """A set of characters, from behind its opening bracket."""
        negated = self.pattern[self.at : self.at + 1] == b"^"
        self.at += negated
        content: list[bytes] = []
        first = True
        while first or self.pattern[self.at : self.at + 1] != b"]":
            if (
                not first
                and self.pattern[self.at : self.at + 1] == b"-"
                and self.pattern[self.at + 1 : self.at + 2] != b"]"
            ):
                raise _bad("a hyphen in a set that is no range")
            low, is_class = self._element()
            first = False
            if self.pattern[self.at : self.at + 1] != b"-" or self.pattern[self.at + 1 : self.at + 2] in (b"]", b""):
                content.append(low if is_class else re.escape(low))
                continue
            self.at += 1
            high, other_class = self._element()
            if is_class or other_class or low > high:
                raise _bad("a range that goes backwards, or from or to a class")
            content.append(re.escape(low) + b"-" + re.escape(high))
        self.at += 1
        body = b"".join(content) + (rb"\n" if negated and self.lines else b"")
        return b"[" + (b"^" if negated else b"") + body + b"]"

    def _element(self) -> tuple[bytes, bool]:
        """A character, or the characters of a class, of a set."""
        char = self.pattern[self.at : self.at + 1]
        mark = self.pattern[self.at + 1 : self.at + 2]
        if not char:
            raise _bad("a bracket that is not closed")
        if char != b"[" or mark not in (b":", b".", b"="):
            self.at += 1
            return char, False
        name, end, _ = self.pattern[self.at + 2 :].partition(mark + b"]")
        if not end:
            raise _bad("a bracket that is not closed")
        self.at += len(name) + 4
        if mark == b":":
            if name not in _CLASSES:
                raise _bad("a class that there is not")
            return _CLASSES[name], True
        if len(name) != 1:
            raise _bad("a collating element that there is not")
        return name, False
