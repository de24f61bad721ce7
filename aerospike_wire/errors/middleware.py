"""The error middleware: from a failure and its context to the exception that is raised.

It is a pure function with a little configuration. The same object serves asyncio calls,
blocking calls, the rows of a batch, and users who translate codes of their own. Whether
to retry, what becomes of the connection and whether a write is in doubt has been decided
before, from the code's row; hooks change what the caller sees and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, TypeAlias

import attrs

from aerospike_wire.errors.base import ABOUT, AerospikeError, about
from aerospike_wire.errors.caller import caller
from aerospike_wire.errors.client import ParamError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from aerospike_wire.errors.attempt import Attempt
    from aerospike_wire.errors.context import ErrorContext
    from aerospike_wire.types import Key

DETAILS: Final = ("full", "digest")
"""Values of ``error_detail``: user keys shown, or only their digests."""


@attrs.frozen(slots=False)  # made in two thirds of the time
class Failure:
    """What a hook is given. Fields may be added in later versions, never removed."""

    code: int
    """The result code: the server's, or a negative one of the client."""
    context: ErrorContext
    """The request's facts; ``context.key``, ``context.operation`` and so on."""
    error: AerospikeError
    """What the library would raise, complete with node, attempts and doubt."""
    replacement: BaseException | None
    """What an earlier hook chose instead, None if none did."""

    @property
    def key(self) -> Key | None:
        """Key of the record, if the request named one."""
        return self.context.key

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """One row per try, oldest first."""
        return self.error.attempts

    @property
    def in_doubt(self) -> bool:
        """True if a write may have been applied although it failed."""
        return self.error.in_doubt


Hook: TypeAlias = Callable[[Failure], BaseException | None]
"""A plain function for both clients; None keeps what was chosen before."""

HookMapping: TypeAlias = Mapping[int | type[AerospikeError], type[BaseException]]
"""``{code or exception class: exception class}``, the short form of a hook."""


@attrs.frozen
class MappingHook:
    """A hook made of a mapping: the code first, then the nearest class.

    A class of this package's hierarchy gets all facts of the error it replaces; any
    other class is called with one argument, the error as text.
    """

    mapping: HookMapping

    def __call__(self, failure: Failure) -> BaseException | None:
        """The exception that the mapping has for this failure, or None."""
        error = failure.error
        found = self.mapping.get(failure.code)
        if found is None:
            for cls in type(error).__mro__:
                found = self.mapping.get(cls)
                if found is not None:
                    break
            else:
                return None
        if issubclass(found, AerospikeError):
            return recast(error, found)
        return found(str(error))


def recast(error: AerospikeError, cls: type[AerospikeError]) -> AerospikeError:
    """The same facts as an instance of another class of the hierarchy."""
    twin = cls.__new__(cls)
    twin.args = error.args
    twin.__setstate__(error.__dict__.copy())
    return twin


def as_hook(hook: Hook | HookMapping, argument: str = "error_hooks") -> Hook:
    """A hook from its long or short form.

    Raises:
        ParamError: it is neither, or the mapping has keys or values of other kinds.
    """
    if isinstance(hook, Mapping):
        for key, cls in hook.items():
            if not isinstance(key, int) and not (isinstance(key, type) and issubclass(key, AerospikeError)):
                raise ParamError.about(argument, f"maps result codes or exception classes of this package, not {key!r}")
            if not (isinstance(cls, type) and issubclass(cls, BaseException)):
                raise ParamError.about(argument, f"maps to exception classes, not to {cls!r}")
        return MappingHook(dict(hook))
    if not callable(hook):
        raise ParamError.about(argument, f"takes callables or mappings, not {type(hook).__name__}")
    return hook


class ErrorMiddleware:
    """Turns failures into exceptions, and lets hooks replace them.

    Instances are immutable: :meth:`with_hook` gives a sibling.

    Args:
        hooks: callables or mappings, applied in this order; each sees what the one
            before it chose.
        error_detail: ``"full"``, or ``"digest"`` to keep user keys out of errors.

    Raises:
        ParamError: a hook or ``error_detail`` is not acceptable.
    """

    __slots__ = ("error_detail", "hooks")

    def __init__(self, hooks: Iterable[Hook | HookMapping] = (), *, error_detail: str = "full") -> None:
        if error_detail not in DETAILS:
            raise ParamError.about(
                "error_detail", f"must be one of {', '.join(map(repr, DETAILS))}, not {error_detail!r}"
            )
        if isinstance(hooks, Mapping) or not hasattr(hooks, "__iter__"):
            raise ParamError.about("error_hooks", "must be a list of hooks")
        self.hooks: tuple[Hook, ...] = tuple(as_hook(hook) for hook in hooks)
        self.error_detail = error_detail

    def with_hook(self, *hooks: Hook | HookMapping) -> ErrorMiddleware:
        """A sibling that applies further hooks after those of this one.

        Raises:
            ParamError: a hook is not acceptable.
        """
        more = [as_hook(hook, "error_hook") for hook in hooks]
        return ErrorMiddleware((*self.hooks, *more), error_detail=self.error_detail)

    def without_hooks(self) -> ErrorMiddleware:
        """A sibling for the client's own steps, whose failures are told as part of a larger one."""
        return self if not self.hooks else ErrorMiddleware(error_detail=self.error_detail)

    def error(
        self,
        code: int,
        context: ErrorContext,
        *,
        msg: str | None = None,
        in_doubt: bool = False,
        attempts: Sequence[Attempt] = (),
        elapsed: float | None = None,
        subcode: int = 0,
        server_message: str | None = None,
        hint: str | None = None,
    ) -> AerospikeError:
        """The library's own exception for a failure, before any hook has seen it."""
        return self.make(code, context, msg, in_doubt, attempts, elapsed, subcode, server_message, hint)

    def make(
        self,
        code: int,
        context: ErrorContext,
        msg: str | None,
        in_doubt: bool,  # noqa: FBT001
        attempts: Sequence[Attempt],
        elapsed: float | None,
        subcode: int,
        server_message: str | None,
        hint: str | None,
        depth: int = 2,
    ) -> AerospikeError:
        """The same by position, for the core: names of arguments cost a fifth of the whole.

        The search for the program's line begins ``depth`` frames up, see ``errors/caller.py``:
        with whoever called this, or later if the next frames are the package's for certain.
        """
        if type(code) is not int:
            code = int(code)
        if self.error_detail == "digest":
            context = context.redacted()
        try:
            cls, meaning, known, in_doubt_known = ABOUT[code]
        except KeyError:
            cls, meaning, known, in_doubt_known = about(code)
        if msg is None:
            msg = server_message or meaning
        if hint is None:
            hint = in_doubt_known if in_doubt else known
        file, line = caller(depth)
        error = cls.__new__(cls)
        error.args = (code, msg, file, line, in_doubt)
        # Past __init__: every miss of a cache comes by here, and a dict in one piece takes
        # half the time of as many assignments.
        error.__dict__ = {
            "code": code,
            "msg": msg,
            "file": file,
            "line": line,
            "in_doubt": in_doubt,
            "context": context,
            "attempts": tuple(attempts),
            "elapsed": elapsed,
            "subcode": subcode,
            "server_message": server_message,
            "hint": hint,
        }
        return error

    def apply(self, error: AerospikeError) -> BaseException:
        """What to raise for an error: the error, or what the hooks put in its place.

        A replaced error becomes the cause of its replacement. A hook that raises is a
        mistake in the hook and surfaces, with the error as its context.
        """
        if not self.hooks:
            return error
        failure = Failure(error.args[0], error.context, error, None)  # type: ignore[arg-type]  # made by error()
        for hook in self.hooks:
            try:
                chosen = hook(failure)
            except BaseException as mistake:
                if mistake.__context__ is None:
                    mistake.__context__ = error
                raise
            if chosen is not None and chosen is not failure.replacement:
                if not isinstance(chosen, BaseException):
                    msg = f"error hook {hook!r} must return an exception or None, not {type(chosen).__name__}"
                    raise TypeError(msg) from error
                failure = Failure(failure.code, failure.context, error, chosen)
        chosen = failure.replacement
        if chosen is None or chosen is error:
            return error
        if chosen.__cause__ is None:
            chosen.__cause__ = error
        return chosen

    def translate(
        self,
        code: int,
        context: ErrorContext,
        *,
        msg: str | None = None,
        in_doubt: bool = False,
        attempts: Sequence[Attempt] = (),
        elapsed: float | None = None,
        subcode: int = 0,
        server_message: str | None = None,
        hint: str | None = None,
    ) -> BaseException:
        """The exception to raise for a failure: :meth:`error`, then :meth:`apply`.

        Args:
            code: the server's code, or a negative one of the client.
            context: the request's facts.
            msg: what happened, in words; by default the server's, else the code's meaning.
            in_doubt: True if a write may have been applied.
            attempts: one row per try, oldest first.
            elapsed: milliseconds from the start of the call.
            subcode: the server's finer reason.
            server_message: the server's words.
            hint: what to do about it; by default the code's.
        """
        error = self.make(code, context, msg, in_doubt, attempts, elapsed, subcode, server_message, hint)
        return self.apply(error) if self.hooks else error
