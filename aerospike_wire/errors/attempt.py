"""The tries of a request, and whether they leave doubt."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from aerospike_wire.errors.codes import FACTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class Attempt(NamedTuple):
    """One try of a request: the rows of ``error.attempts``, oldest first."""

    node: str | None
    """Name of the node, None if it was never learnt."""
    address: str | None
    """``host:port`` that was used or tried."""
    sent: bool
    """True once all bytes of the request had been handed to the socket."""
    answered: bool
    """True if the node's whole answer arrived."""
    code: int
    """Result code of this try: the node's, or a negative one of the client."""
    elapsed: float
    """Milliseconds from the start of this try to its end."""
    message: str | None = None
    """What went wrong, in words, where the code does not say it."""

    @property
    def in_doubt(self) -> bool:
        """True if a write of this try may have been applied: sent, and no definite answer."""
        if not self.sent:
            return False
        if not self.answered:
            return True
        row = FACTS.get(self.code)
        return row is not None and row.doubt


attempt_of: Final[Callable[[tuple[str | None, str | None, bool, bool, int, float, str | None]], Attempt]] = partial(
    tuple.__new__, Attempt
)
"""An attempt from all of its facts, in half the time that the class takes: the core makes one for each failure."""


def is_in_doubt(attempts: Iterable[Attempt], *, write: bool) -> bool:
    """True if a request may have changed something although it failed.

    Only a write can, and only if some try reached a socket and got no definite answer:
    no reply, a lost connection, or the server's own timeout (9). Tries that were
    refused do not count, however many there were.
    """
    return write and any(attempt.in_doubt for attempt in attempts)
