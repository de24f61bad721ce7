"""The root of the hierarchy, and the way from a result code to its class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from aerospike_wire.errors.codes import DOUBT_HINT, FACTS, CodeFacts, ResultCode
from aerospike_wire.errors.context import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aerospike_wire.errors.attempt import Attempt
    from aerospike_wire.errors.context import ErrorContext
    from aerospike_wire.types import Key

BY_CODE: dict[int, type[AerospikeError]] = {}
_ROWS = dict(FACTS)
About: TypeAlias = "tuple[type[AerospikeError], str, str | None, str]"
ABOUT: dict[int, About] = {}
"""What :func:`about` has found so far."""


def about(code: int) -> About:
    """What an error has from its code alone, found in one look: class, message, hint, and hint for a write in doubt."""
    found = ABOUT.get(code)
    if found is not None:
        return found
    row = _ROWS.get(code)
    if row is None:
        # Not kept: a peer that makes numbers up must not fill a table.
        return class_of(code), f"result code {code} is not known to this version", None, DOUBT_HINT
    in_doubt = f"{DOUBT_HINT}; {row.hint}" if row.hint else DOUBT_HINT
    return ABOUT.setdefault(code, (class_of(code), row.meaning, row.hint, in_doubt))


class AerospikeError(Exception):
    """The parent of every exception of this package.

    ``args`` is always ``(code, msg, file, line, in_doubt)``, whatever the class, and the
    same five are attributes. All state is the instance's own: a later failure never
    changes an error that you hold. Errors pickle and copy with all their fields.

    To raise one yourself, in a fake for instance, the first argument may be just the
    message; code and meaning then come from the class.

    Args:
        code: the result code; by default the one the class stands for.
        msg: what happened, in words; by default the meaning of the code.
        file: source file of the call that failed.
        line: line in that file.
        in_doubt: True if a write may have been applied although the call failed.
        context: the request's own facts.
        attempts: one row per try, oldest first.
        elapsed: milliseconds from the start of the call to its failure.
        subcode: the server's finer reason (servers newer than 8.1.2), 0 if there is none.
        server_message: the server's own words, if it sent any.
        hint: what to do about it; by default the hint of the code.
    """

    code: int | None = None
    """The result code: the server's number, or a negative one of the client."""

    _own_code: ClassVar[int | None] = None

    def __init_subclass__(cls, *, code: int | None = None, abstract: bool = False) -> None:
        """Register the class for ``code``; a code has one class.

        An abstract class has no code. Any other class without one inherits its parent's,
        so that a program's own subclass stands for the same failure.
        """
        super().__init_subclass__()
        if abstract:
            cls.code = cls._own_code = None
        if code is None:
            return
        owner = BY_CODE.setdefault(int(code), cls)
        if owner is not cls:
            msg = f"code {code} belongs to {owner.__name__}, {cls.__name__} cannot take it"
            raise TypeError(msg)
        cls.code = cls._own_code = int(code)

    def __init__(
        self,
        code: int | str | None = None,
        msg: str | None = None,
        file: str | None = None,
        line: int | None = None,
        in_doubt: bool = False,  # noqa: FBT001, FBT002  the fifth of args, positional by contract
        *,
        context: ErrorContext | None = None,
        attempts: Sequence[Attempt] = (),
        elapsed: float | None = None,
        subcode: int = 0,
        server_message: str | None = None,
        hint: str | None = None,
    ) -> None:
        if isinstance(code, str):
            code, msg = None, code if msg is None else msg
        code = self._own_code if code is None else int(code)
        if code is None:
            meaning, known, in_doubt_known = "", None, DOUBT_HINT
        else:
            _, meaning, known, in_doubt_known = about(code)
        if msg is None:
            msg = meaning
        if hint is None:
            hint = in_doubt_known if in_doubt else known
        self.args = (code, msg, file, line, in_doubt)
        # The same attributes as ErrorMiddleware.make gives, in one piece there.
        self.code = code
        self.msg = msg
        self.file = file
        self.line = line
        self.in_doubt = in_doubt
        self.context = context
        self.attempts = tuple(attempts)
        self.elapsed = elapsed
        self.subcode = subcode
        self.server_message = server_message
        self.hint = hint

    # Facts that follow from others

    @property
    def facts(self) -> CodeFacts | None:
        """The row of this error's code; None for a code that this version does not know."""
        return None if self.code is None else _ROWS.get(self.code)

    @property
    def node(self) -> str | None:
        """Name of the node of the last try, or its address while the name is not known."""
        if not self.attempts:
            return None
        last = self.attempts[-1]
        return last.node or last.address

    @property
    def retryable(self) -> bool:
        """True if sending the same call again may succeed and cannot apply a write twice."""
        row = self.facts
        return row is not None and row.transient and not self.in_doubt

    def matches(self, *codes: int) -> bool:
        """True if this error has one of the codes."""
        return self.code in codes

    # Words

    def __str__(self) -> str:
        """One line: class, code, what was asked of what, node, attempts, doubt, hint."""
        name = type(self).__name__
        head = name if self.code is None else f"{name} ({self.code})"
        if self.context is not None:
            head = f"{head} in {self.context.describe()}"
        parts = [f"{head}: {self.msg}"]
        if self.attempts:
            tries = len(self.attempts)
            parts.append(f"[node {self._where()}, {tries} attempt{'s' if tries != 1 else ''}")
            if self.elapsed is not None:
                parts[-1] += f", {self.elapsed:.1f} ms"
            parts[-1] += f", in doubt: {'yes' if self.in_doubt else 'no'}]"
        elif self.in_doubt:
            parts.append("[in doubt: yes]")
        if self.hint:
            parts.append(f"Hint: {self.hint}.")
        return " ".join(" ".join(parts).splitlines())

    def _where(self) -> str:
        """The node of the last try in words."""
        last = self.attempts[-1]
        return " ".join(part for part in (last.node, last.address) if part) or "no node"

    def __repr__(self) -> str:
        code, msg, _, _, in_doubt = self.args
        return f"{type(self).__name__}(code={code!r}, msg={msg!r}, in_doubt={in_doubt!r})"

    # Notes are words too, and most errors are caught and never printed, so they are made
    # when a traceback asks for them. The interpreter and BaseException.add_note() both
    # read the attribute, and add_note() appends to the list it gets.
    @property
    def __notes__(self) -> list[str]:
        notes: list[str] | None = self.__dict__.get("_notes")
        if notes is None:
            notes = self.__dict__["_notes"] = self._make_notes()
        return notes

    @__notes__.setter
    def __notes__(self, notes: list[str]) -> None:
        self.__dict__["_notes"] = notes

    def _make_notes(self) -> list[str]:
        notes = []
        if self.context is not None:
            notes.append(f"Request: {self.context.describe()}")
            progress = self.context.progress()
            if progress:
                notes.append(f"Progress: {progress}")
        notes.extend(f"Attempt {number}: {_attempt_text(attempt)}" for number, attempt in enumerate(self.attempts, 1))
        if self.in_doubt:
            notes.append("In doubt: the write may have been applied")
        if self.hint:
            notes.append(f"Hint: {self.hint}")
        return notes

    def to_dict(self) -> dict[str, Any]:
        """Everything this error knows as JSON-ready values; no bin value, password or token."""
        row = self.facts
        found: dict[str, Any] = {
            "exception": type(self).__name__,
            "code": self.code,
            "code_name": row.code.name if row is not None else None,
            "message": self.msg,
            "file": self.file,
            "line": self.line,
            "in_doubt": self.in_doubt,
            "retryable": self.retryable,
            "node": self.node,
            "elapsed": self.elapsed,
            "subcode": self.subcode,
            "server_message": self.server_message,
            "hint": self.hint,
            "context": None if self.context is None else self.context.to_dict(),
            "attempts": [plain(attempt) for attempt in self.attempts],
        }
        found.update((name, plain(getattr(self, name))) for name in self.family_attributes)
        return found

    family_attributes: ClassVar[tuple[str, ...]] = ()
    """The attributes that this family adds to the common ones."""

    # Copies

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle and copy by state, past ``__init__``: subclasses may have any signature."""
        return _rebuild, (type(self), self.args), self.__dict__.copy()

    def __setstate__(self, state: dict[str, Any] | None) -> None:
        state = dict(state or {})
        notes = state.get("_notes")
        if notes is not None:
            state["_notes"] = list(notes)  # a copy gets no notes that are added to the original
        self.__dict__.update(state)


def _rebuild(cls: type[AerospikeError], args: tuple[Any, ...]) -> AerospikeError:
    error: AerospikeError = cls.__new__(cls)
    error.args = args
    return error


def _attempt_text(attempt: Attempt) -> str:
    where = " ".join(part for part in (attempt.node, attempt.address) if part) or "no node"
    if attempt.answered:
        fate = "answered"
    elif attempt.sent:
        fate = "sent, not answered"
    else:
        fate = "not sent"
    text = f"{where}, {fate} in {attempt.elapsed:.1f} ms, code {attempt.code}"
    return f"{text}: {attempt.message}" if attempt.message else text


class ServerError(AerospikeError, code=ResultCode.SERVER):
    """The cluster answered with an error; also codes that have no class of their own."""


class ClientError(AerospikeError, code=ResultCode.CLIENT):
    """The client itself failed: misuse, a lost connection, bytes that made no sense."""


class RecordFacts:
    """Adds the record that an error is about; also to classes that are no RecordError in the official tree."""

    family_attributes: ClassVar[tuple[str, ...]] = ("key", "bin")
    context: ErrorContext | None

    @property
    def key(self) -> Key | None:
        """Key of the record: ``(namespace, set, user_key, digest)``."""
        return None if self.context is None else self.context.key

    @property
    def bin(self) -> str | None:
        """Name of the bin, if the request was about one bin."""
        return None if self.context is None else self.context.bin


def class_of(code: int) -> type[AerospikeError]:
    """The class for a code.

    A code without a class raises the base of its side, so that ``except ServerError``
    catches whatever a future server may send; the number is kept by the instance.
    """
    found = BY_CODE.get(code)
    if found is not None:
        return found
    return ServerError if code >= 0 else ClientError
