"""What gives the results of a query, portion by portion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from aerospike_wire.core import Core


class Source:
    """Results that are taken one by one, in portions that come when they are asked for."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self.over = False
        """True once there is nothing more to give."""
        self.portion: list[Any] = []
        """The results last given."""
        self.taken = 0
        """How many of them the caller has taken; whoever gives them out keeps count."""

    async def more(self) -> list[Any]:
        """The next results, also as :attr:`portion`; none when there are no more.

        Raises:
            AerospikeError: the query could not be completed.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Give no more. Links on which something is still to come are closed."""
        raise NotImplementedError

    def drop(self) -> None:
        """Close, because nobody asks for more; from any thread."""
        if not self.over:
            self._core.runtime.hand_over(self.close)

    def cursor(self) -> dict[str, Any]:
        """Where the query stands, as JSON values."""
        raise NotImplementedError

    async def collect(self) -> list[Any]:
        """All results that are left.

        Raises:
            AerospikeError: the query could not be completed.
        """
        found: list[Any] = []
        while portion := await self.more():
            found += portion
            self.taken = len(portion)
        return found

    async def feed(self, callback: Callable[[Any], Any]) -> None:
        """Call a function with every result that is left, until it returns False.

        Raises:
            AerospikeError: the query could not be completed.
        """
        try:
            while portion := await self.more():
                for number, result in enumerate(portion, 1):
                    self.taken = number
                    if callback(result) is False:
                        return
        finally:
            self.close()
