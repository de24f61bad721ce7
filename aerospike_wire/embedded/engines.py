"""The node's lists, maps, bits and sketches at the service of expressions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aerospike_wire.embedded import bits, hll, operations, regions
from aerospike_wire.embedded.cdt import call as cdt
from aerospike_wire.embedded.refusal import Refusal
from aerospike_wire.expressions import items
from aerospike_wire.proto.message import OpCode
from aerospike_wire.proto.values import Particle

if TYPE_CHECKING:
    from collections.abc import Callable

    from aerospike_wire.embedded.outcome import Outcome
    from aerospike_wire.embedded.store import Particle as Value

_EXECUTE: Final[dict[int, tuple[int, int, Callable[[int, Value | None, bytes], Outcome]]]] = {
    0: (OpCode.CDT_READ, OpCode.CDT_MODIFY, cdt.execute),
    1: (OpCode.BITS_READ, OpCode.BITS_MODIFY, bits.execute),
    2: (OpCode.HLL_READ, OpCode.HLL_MODIFY, hll.execute),
}
"""Systems of an expression's calls: operation codes to read and to modify, and who does it."""
_HLL: Final = 2
_PRESERVED: Final = 8
"""Order of a map that a selection gave."""
_OF_SKETCHES: Final = frozenset({51, 52, 53, 54})
"""Operations on a list of sketches; a single one may stand in its place."""


class NodeEngines:
    """Carries out the calls of expressions as the node does those of operations."""

    def call(self, system: int, call: bytes, value: Value, *, modify: bool) -> Value | None:
        """Make a call on a value; None if it gives nothing or is refused."""
        to_read, to_modify, execute = _EXECUTE[system]
        if system == _HLL:
            call = _with_list(call)
        try:
            outcome = execute(to_modify if modify else to_read, value, call)
        except Refusal:
            return None
        if not modify:
            return outcome.value
        return value if outcome.stored is None else _in_its_order(value, outcome.stored)

    def within(self, left: bytes, right: bytes) -> bool | None:
        """Whether one of two GeoJSON texts lies within the other."""
        return regions.within(left, right)

    def stored(self, value: Value) -> Value | None:
        """The particle that the node keeps for one that an expression made; None if it keeps none."""
        if value[0] == Particle.NULL or (value[0] == Particle.MAP and items.parse(value[1]).order == _PRESERVED):
            return value  # what a selection gave stays in its order
        try:
            return operations.stored(*value)
        except Refusal:
            return None


def _in_its_order(before: Value, after: Value) -> Value:
    """A changed map; one that was in the order of a result stays in it, with what is new behind it."""
    if before[0] != Particle.MAP or after[0] != Particle.MAP:
        return after
    old = items.parse(before[1])
    changed = items.parse(after[1])
    if old.order != _PRESERVED or changed.order:
        return after
    places = {items.order(key): place for place, (key, _) in enumerate(old.entries)}
    entries = sorted(changed.entries, key=lambda entry: places.get(items.order(entry[0]), len(places)))
    marker = (items.Extension(_PRESERVED, b""), None)
    return after[0], items.pack(items.Map([marker, *entries]))


def _with_list(call: bytes) -> bytes:
    operation, *arguments = items.parse(call)
    if operation in _OF_SKETCHES and arguments and isinstance(arguments[0], items.Text):
        return items.pack([operation, [arguments[0]], *arguments[1:]])
    return call


ENGINES: Final = NodeEngines()
"""The one object; it has no state."""
