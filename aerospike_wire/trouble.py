"""Whatever ended a try, in the terms of the funnel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from aerospike_wire.errors import AerospikeError, ClientError, ParamError, ProtocolError, ResultCode, class_of
from aerospike_wire.proto.commands.base import NO_WORDS
from aerospike_wire.proto.invalid import InvalidArgument, Unreadable
from aerospike_wire.transport import LinkFailure

if TYPE_CHECKING:
    from aerospike_wire.cluster.breaker import Breaker
    from aerospike_wire.cluster.node import Node
    from aerospike_wire.errors import SeedFailure
    from aerospike_wire.proto.commands.base import ServerWords


class Trouble(Exception):
    """Why a try failed, in the terms of the funnel."""

    code: int
    message: str | None
    sent: bool
    answered: bool
    words: ServerWords
    argument: str | None
    seeds: tuple[SeedFailure, ...]
    final: bool
    """True if no retry can help, whatever the code's row says."""
    charge: bool
    """False if the node had no part in it, or was charged with it before, whatever the code's row says."""
    cause: BaseException | None
    node: Node | None
    """The node that was not even asked."""
    breaker: Breaker | None
    """The breaker that kept the request back."""
    bin: str | None
    """The one of the request's bins that it is about, where that is known."""
    key: Any
    """The record that it is about, where the request does not say it."""

    def __init__(
        self,
        code: int,
        message: str | None = None,
        *,
        sent: bool = False,
        answered: bool = False,
        words: ServerWords = NO_WORDS,
        argument: str | None = None,
        seeds: tuple[SeedFailure, ...] = (),
        final: bool = False,
        charge: bool = True,
        cause: BaseException | None = None,
        node: Node | None = None,
        breaker: Breaker | None = None,
        bin: str | None = None,
        key: Any = None,
    ) -> None:
        # In one piece, as the state of an error is: every refusal of a node comes by here.
        self.__dict__ = {
            "code": code,
            "message": message,
            "sent": sent,
            "answered": answered,
            "words": words,
            "argument": argument,
            "seeds": seeds,
            "final": final,
            "charge": charge,
            "cause": cause,
            "node": node,
            "breaker": breaker,
            "bin": bin,
            "key": key,
        }

    def __str__(self) -> str:
        return self.message or str(self.code)

    def let_go(self) -> None:
        """Forget what the error has from now on: a traceback in it may lead to the frame that keeps this."""
        if self.cause is not None or self.__context__ is not None:
            self.cause = self.__cause__ = self.__context__ = None


class Unreachable(Exception):
    """No seed led to a usable node."""

    def __init__(self, seeds: tuple[SeedFailure, ...]) -> None:
        super().__init__("no seed could be used")
        self.seeds = seeds


REFUSALS: Final = (InvalidArgument, ParamError, Trouble, Unreachable, ClientError, LinkFailure)
"""What can end a call before anything is sent."""


def as_trouble(error: BaseException) -> Trouble:
    """Whatever ended a try, in the terms of the funnel.

    Tracebacks of what goes on inside the client end here. They lead to the frames that keep
    the failure, and that cycle would keep links and buffers until the garbage collector
    comes by; on the cause of an error they would keep them for as long as the error is kept.
    """
    if isinstance(error, Trouble):
        error.__traceback__ = None
        return error
    if isinstance(error, LinkFailure):
        error.__traceback__ = None
        cause = error.__cause__
        if cause is not None:
            _cut(cause)
        return Trouble(error.code, error.message, sent=error.sent, charge=error.charge, cause=cause)
    if isinstance(error, InvalidArgument):
        return Trouble(error.code, str(error), argument=error.argument, final=True, cause=error.__cause__)
    if isinstance(error, Unreadable):
        return Trouble(
            ResultCode.CLIENT, str(error), sent=True, answered=True, final=True, charge=False, cause=error.__cause__,
            bin=error.bin, key=error.key,
        )  # fmt: skip
    if isinstance(error, ParamError):
        return Trouble(ResultCode.PARAM, error.msg, argument=error.argument, final=True)
    if isinstance(error, AerospikeError):
        return Trouble(error.code or ResultCode.CLIENT, error.msg, final=True, cause=error.__cause__)
    assert isinstance(error, Unreachable)
    return _unreachable(error)


def nonsense(error: ProtocolError) -> Trouble:
    """The trouble with an answer that makes no sense. Nothing that follows on its link can be trusted."""
    _cut(error)
    return Trouble(ResultCode.CLIENT, error.msg, sent=True, cause=error)


def _cut(cause: BaseException) -> None:
    """Cut a traceback off, see :func:`as_trouble`; of a ProtocolError the reader that raised it stays as a note."""
    step, cause.__traceback__ = cause.__traceback__, None
    if step is None or not isinstance(cause, ProtocolError):
        return
    while step.tb_next is not None:
        step = step.tb_next
    frame = step.tb_frame
    cause.add_note(f"Found by {frame.f_code.co_qualname} in {frame.f_globals['__name__']}, line {step.tb_lineno}")


def _unreachable(error: Unreachable) -> Trouble:
    """One failure for all seeds: the cause lists them, each as an error of its own.

    Its code is the refusal of a node that could be talked to, if there is one; the code
    that all seeds have in common; or "no connection".
    """
    codes = [row.code for row in error.seeds]
    refusals = [code for code in codes if code > 0 and code != ResultCode.TIMEOUT]
    if refusals:
        code = refusals[0]
    elif len(set(codes)) == 1:
        code = codes[0]
    else:
        code = ResultCode.CONNECTION.value
    rows = [f"{row.seed}{f' ({row.address})' if row.address else ''}: {row.step} failed: {row.message}"
            for row in error.seeds]  # fmt: skip
    message = f"cannot connect: {'; '.join(rows)}"
    cause: BaseException | None = None
    if len(rows) > 1:
        group: list[AerospikeError] = [
            class_of(row.code)(row.code, text) for row, text in zip(error.seeds, rows, strict=True)
        ]
        cause = ExceptionGroup("no seed could be used", group)
    return Trouble(code, message, seeds=error.seeds, final=True, cause=cause)
