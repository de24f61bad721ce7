"""The form that every operation has."""

from __future__ import annotations

from typing import Any

import attrs


@attrs.frozen(repr=False)
class Operation:
    """One step of an ``operate`` call, checked and encoded.

    Made by the functions of :mod:`aerospike_wire.operations`.
    """

    name: str
    """The function that made it."""
    code: int
    """Code on the wire, protocol section 2.5."""
    bin: str | None
    """The bin it works on, None for the whole record."""
    particle: int = 0
    data: bytes = b""
    arguments: tuple[Any, ...] = attrs.field(default=(), repr=False)
    """What the function was given besides the bin, for ``repr``."""
    writes: bool = False
    """True if it may change the record."""

    def __repr__(self) -> str:
        shown = [repr(self.bin)] if self.bin is not None else []
        shown += [repr(argument) for argument in self.arguments]
        return f"{self.name}({', '.join(shown)})"
