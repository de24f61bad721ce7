"""What is known of an operation before it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

import attrs

from aerospike_wire.embedded.cdt.bodies import Body
from aerospike_wire.embedded.cdt.order import malformed

if TYPE_CHECKING:
    from collections.abc import Callable

    from aerospike_wire.embedded.cdt.order import Argument
    from aerospike_wire.embedded.store import Particle as Value

B = TypeVar("B", bound=Body)


@attrs.frozen
class Operation(Generic[B]):
    """An operation on a list or a map."""

    run: Callable[[B, list[Argument]], Value | None]
    """Does it: changes the collection in place and returns the value that it gives."""
    least: int
    """Arguments that it needs."""
    most: int | None = None
    """Arguments that it takes, if some may be left out; else more than it needs are ignored."""
    modifies: bool = attrs.field(default=False, kw_only=True)
    creates: bool = attrs.field(default=False, kw_only=True)
    """Whether it makes a collection where there is none."""
    order_at: int | None = attrs.field(default=None, kw_only=True)
    """Which argument tells the order of a collection that it makes."""
    missing: int = attrs.field(default=0, kw_only=True)
    """The code by which a missing bin is refused; 0 if it is not."""

    def check(self, arguments: list[Argument]) -> None:
        """Refuse too few arguments, or too many of those that may be left out.

        Raises:
            Refusal: 4, there are.
        """
        count = len(arguments)
        if count < self.least or (self.most is not None and count > self.most):
            raise malformed(f"{count} arguments")

    def order(self, arguments: list[Argument]) -> int:
        """The order of a collection that it makes."""
        if self.order_at is None or self.order_at >= len(arguments):
            return 0
        return arguments[self.order_at].integer()
