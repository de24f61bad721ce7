"""The official client's ``Transaction``."""

from __future__ import annotations

from typing import Final

from aerospike_wire.transaction import Transaction as Native

_LARGEST: Final = 0xFFFF_FFFF


def _capacity(name: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be an integer")
    if not 0 <= value <= _LARGEST:
        raise ValueError(f"{name} is too large for an unsigned 32-bit integer")
    return value


class Transaction(Native):
    """Several commands that take effect together, or not at all; given as ``txn`` of their policies.

    Args:
        reads_capacity: how many records it will read, about.
        writes_capacity: how many records it will write, about.

    Raises:
        TypeError: a capacity is no int.
        ValueError: a capacity is out of range.
    """

    __slots__ = ()

    def __init__(self, reads_capacity: int = 128, writes_capacity: int = 128) -> None:
        super().__init__(_capacity("reads_capacity", reads_capacity), _capacity("writes_capacity", writes_capacity))

    @property
    def state(self) -> int:  # type: ignore[override]
        """One of the constants ``TXN_STATE_...``."""
        return int(self.journal.state)


__all__ = ["Transaction"]
