"""What the encoders raise when the caller's values cannot be put on the wire."""

from __future__ import annotations

from typing import Any

from aerospike_wire.errors.codes import ResultCode


class InvalidArgument(ValueError):
    """An argument cannot be encoded; nothing was sent.

    The client turns it into the exception of ``code``: ParamError, or a more precise one
    that a server would have sent for the same mistake.
    """

    def __init__(self, argument: str, problem: str, code: int = ResultCode.PARAM) -> None:
        super().__init__(f"{argument} {problem}")
        self.problem = problem
        self.argument = argument
        """Name of the argument, as in the method's signature or the policy."""
        self.code = code


class Unreadable(ValueError):
    """A value arrived that the user's serializer cannot read. The connection is in order."""

    def __init__(self, name: str | None, problem: str) -> None:
        place = "the result" if name is None else f"bin {name!r}"
        super().__init__(f"{place} holds a blob {problem}")
        self.bin = name
        """The bin; None for what a function gave."""
        self.key: Any = None
        """The record's key, if the request does not say it."""


def utf8(argument: str, text: str) -> bytes:
    """Text as it travels.

    Raises:
        InvalidArgument: it has lone surrogates, which UTF-8 cannot carry.
    """
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise InvalidArgument(argument, "must be text that UTF-8 can carry, without lone surrogates") from None
