"""Calls on lists, maps, blobs, sketches and strings inside an expression (protocol section 7.4).

The rows of a family say which operation is called with which arguments; the first of them
may be a context, the last is always the collection.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

from aerospike_wire.expressions.arguments import INVERTED, PackedContext, pack_context
from aerospike_wire.expressions.base import ResultType, pack_operand
from aerospike_wire.expressions.rows import Row
from aerospike_wire.proto import msgpack

CALL: Final = 127
MODIFY: Final = 0x40
"""Bit of the system number: the value is the collection as the operation leaves it."""
_CONTEXT: Final = 0xFF
_OF_MAPS: Final = 0x20
"""Bit of a context's type: its step is taken in a map."""

CDT, BITS, HLL, TEXT = range(4)
"""What systems of operations there are."""

_MANY: Final = {
    5: ResultType.INTEGER,
    8: ResultType.MAP,
    13: ResultType.BOOLEAN,
    16: ResultType.MAP,
    17: ResultType.MAP,
}
"""Types of what selections of many elements give, by return type; lists for all others."""


def first_step(ctx: Any) -> int | None:
    """Type of the collection that a context starts from; None without one."""
    if not ctx:
        return None
    kind: int = ctx.first if isinstance(ctx, PackedContext) else ctx[0].type
    return ResultType.MAP if kind & _OF_MAPS else ResultType.LIST


class Call(Row, code=CALL):
    """A call. Its rows name the operation, and what the value's type is."""

    system: ClassVar[int] = CDT
    op: ClassVar[int] = -1
    modify: ClassVar[bool] = False
    gives: ClassVar[int | None] = None
    """Type of the value; None if a return type or the user says."""

    def __init_subclass__(
        cls,
        system: int | None = None,
        op: int | None = None,
        *,
        modify: bool | None = None,
        gives: int | None = None,
        **rest: Any,
    ) -> None:
        if system is not None:
            cls.system = system
        if op is not None:
            cls.op = op
        if modify is not None:
            cls.modify = modify
        if gives is not None:
            cls.gives = gives
        super().__init_subclass__(**rest)

    def result_kind(self) -> int:
        """Type of the value, as it travels."""
        if self.gives is not None:
            # What is modified inside another collection gives the outermost one.
            outermost = first_step(getattr(self, "ctx", None)) if self.modify else None
            return self.gives if outermost is None else outermost
        given = getattr(self, "return_type", 7)
        return _MANY.get(given & ~INVERTED, ResultType.LIST)

    def head(self) -> list[bytes]:
        """Number of the operation and its return type, if it has one."""
        return [msgpack.pack_int(self.op)]

    def tail(self) -> list[bytes]:
        """What follows the arguments: the policy."""
        return []

    def pack(self) -> bytes:
        """The bytes of the call."""
        call = msgpack.pack_call(*self.head(), *self.packed_arguments(), *self.tail())
        contexts = pack_context(getattr(self, "ctx", None), "ctx")
        if contexts is not None:
            call = msgpack.pack_call(msgpack.pack_int(_CONTEXT), contexts, call)
        return msgpack.pack_call(
            msgpack.pack_int(CALL),
            msgpack.pack_int(self.result_kind()),
            msgpack.pack_int(self.system | (MODIFY if self.modify else 0)),
            call,
            pack_operand(self.bin, "bin"),  # type: ignore[attr-defined]  # every row ends with it
        )


class Selection(Call):
    """A call that selects elements of a list or map."""

    def head(self) -> list[bytes]:
        """Number of the operation, and the return type: what reads ask for, nothing for removals."""
        kind: int = getattr(self, "return_type", 0)
        if getattr(self, "inverted", False):
            kind |= INVERTED
        return [msgpack.pack_int(self.op), msgpack.pack_int(kind)]


class Single(Selection):
    """A selection of one element: the user says of what type the value is."""

    def result_kind(self) -> int:
        """Type of the value, as it travels."""
        found: int = self.value_type  # type: ignore[attr-defined]  # every row has it
        return found
