"""HyperLogLog operations (protocol section 6.8)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, Final

import attrs

from aerospike_wire.embedded import sketch
from aerospike_wire.embedded.outcome import Outcome
from aerospike_wire.embedded.refusal import Refusal
from aerospike_wire.embedded.sketch import Sketch
from aerospike_wire.errors import ProtocolError
from aerospike_wire.errors.codes import ResultCode
from aerospike_wire.proto import msgpack
from aerospike_wire.proto.message import OpCode
from aerospike_wire.proto.values import Particle

if TYPE_CHECKING:
    from collections.abc import Callable

    from aerospike_wire.embedded.store import Particle as Value

CREATE_ONLY: Final = 1
UPDATE_ONLY: Final = 2
NO_FAIL: Final = 4
ALLOW_FOLD: Final = 8

UNSPECIFIED: Final = -1
"""Stands for bits that the call leaves open."""

_F64: Final = struct.Struct(">d")
_LIST_HEADS: Final = {0xDC: 3, 0xDD: 5}
_STRING_HEADS: Final = {0xC4: 2, 0xC5: 3, 0xC6: 5, 0xD9: 2, 0xDA: 3, 0xDB: 5}


class _Unmet(Refusal):
    """A refusal that the policy flag "no fail" turns into doing nothing."""


@attrs.frozen
class _Form:
    """The arguments that a call takes, and what it does."""

    run: Callable[..., Any]
    """Called with the sketch, None for a missing bin, and the arguments."""
    kinds: str = ""
    """One letter for each argument: e elements, h sketches, i index bits, m minhash bits,
    p policy."""
    needed: int = 0
    """Arguments that cannot be left out."""
    policy: int = 0
    """Policy flags that are understood."""
    creates: bool = False
    """Whether the call can make a bin."""


# Arguments


def _invalid(reason: str) -> Refusal:
    return Refusal(ResultCode.INVALID_REQUEST, reason)


def _items(payload: bytes) -> list[Any]:
    """Number and arguments of a call; bytes behind it do not matter."""
    try:
        items, _ = msgpack.unpack_from(payload, 0)
    except ProtocolError as error:
        raise _invalid(str(error)) from None
    if not isinstance(items, list) or not items:
        raise _invalid("a HyperLogLog operation is not a list with a number")
    return items


def _form(number: Any, forms: dict[int, _Form]) -> _Form:
    form = forms.get(number) if isinstance(number, int) and not isinstance(number, bool) else None
    if form is None:
        raise _invalid(f"HyperLogLog operation {number!r}")
    return form


def _bits(item: Any, low: int, high: int) -> int:
    if not isinstance(item, int) or isinstance(item, bool) or (item != UNSPECIFIED and not low <= item <= high):
        raise _invalid(f"a number of bits is {item!r}, it must be from {low} to {high}")
    return item


def _index_bits(item: Any) -> int:
    return _bits(item, sketch.MIN_INDEX_BITS, sketch.MAX_INDEX_BITS)


def _minhash_bits(item: Any) -> int:
    if item == 0 and not isinstance(item, bool):
        return 0
    return _bits(item, sketch.MIN_MINHASH_BITS, sketch.MAX_MINHASH_BITS)


def _policy(item: Any, form: _Form) -> int:
    if not isinstance(item, int) or isinstance(item, bool) or item & ~form.policy:
        raise _invalid(f"policy flags {item!r}")
    if item & CREATE_ONLY and item & UPDATE_ONLY:
        raise _invalid("policy flags that contradict each other")
    return item


def _sketches(item: Any) -> list[Sketch]:
    """The sketches of a call; one need not be in a list."""
    items = item if isinstance(item, list) else [item]
    if not items or not all(isinstance(part, bytes) for part in items):
        raise _invalid("an argument is no list of sketches, or an empty one")
    try:
        return [Sketch.unpack(bytes(part)) for part in items]
    except sketch.NotASketch as error:
        raise _invalid(str(error)) from None


def _elements(payload: bytes) -> list[bytes]:
    """The elements of a call, each as it is hashed: its shortest MessagePack."""
    _, offset = msgpack.unpack_from(payload, _LIST_HEADS.get(payload[0], 1))
    tag = payload[offset]
    head = _LIST_HEADS.get(tag, 1)
    count = int.from_bytes(payload[offset + 1 : offset + head], "big") if head > 1 else tag & 0x0F
    offset += head
    found = []
    for _ in range(count):
        value, end = msgpack.unpack_from(payload, offset)
        found.append(_element(value, payload[offset:end]))
        offset = end
    if not found:
        raise _invalid("no elements")
    return found


def _element(value: Any, packed: bytes) -> bytes:
    if isinstance(value, list | dict):
        raise _invalid("an element is a list or a map")
    if isinstance(value, int) and not isinstance(value, bool):
        return msgpack.pack_int(value)
    head = _STRING_HEADS.get(packed[0])
    return packed if head is None else msgpack.pack_raw_string(packed[head:])


def _arguments(form: _Form, items: list[Any], payload: bytes) -> tuple[list[Any], int]:
    """The arguments in full but for the policy, and the policy."""
    if not form.needed <= len(items) <= len(form.kinds):
        raise _invalid(f"a HyperLogLog operation has {len(items)} arguments")
    arguments: list[Any] = []
    policy = 0
    for place, kind in enumerate(form.kinds):
        given = place < len(items)
        item = items[place] if given else UNSPECIFIED
        if kind == "e":
            if not isinstance(item, list):
                raise _invalid("the elements are no list")
            arguments.append(_elements(payload))
        elif kind == "h":
            arguments.append(_sketches(item))
        elif kind == "i":
            arguments.append(_index_bits(item))
        elif kind == "m":
            arguments.append(_minhash_bits(item))
        elif given:
            policy = _policy(item, form)
    if "m" in form.kinds and not sketch.fits(*arguments[-2:]):
        raise _invalid("index and minhash bits are too many together")
    return arguments, policy


# Changes


def _init(found: Sketch | None, index_bits: int, minhash_bits: int, policy: int) -> tuple[Sketch, None]:  # noqa: ARG001  one shape for all
    if index_bits == UNSPECIFIED:
        if found is None:
            raise Refusal(ResultCode.OP_NOT_APPLICABLE, "a new sketch needs index bits")
        index_bits = found.index_bits
    if minhash_bits == UNSPECIFIED:
        minhash_bits = 0 if found is None else found.minhash_bits
    if not sketch.fits(index_bits, minhash_bits):
        raise Refusal(ResultCode.OP_NOT_APPLICABLE, "index and minhash bits are too many together")
    return Sketch.empty(index_bits, minhash_bits), None


def _add(
    found: Sketch | None, elements: list[bytes], index_bits: int, minhash_bits: int, policy: int
) -> tuple[Sketch, int]:
    if found is None:
        found, _ = _init(None, index_bits, minhash_bits, policy)
    return found, found.add(elements)


def _set_union(found: Sketch | None, others: list[Sketch], policy: int) -> tuple[Sketch, None]:
    if found is None:
        return sketch.union(others), None
    together = [found, *others]
    if sketch.common_bits(together) != (found.index_bits, found.minhash_bits) and not policy & ALLOW_FOLD:
        raise Refusal(ResultCode.OP_NOT_APPLICABLE, "the sketch would have to be folded")
    return sketch.union(together), None


def _refresh(found: Sketch, policy: int) -> tuple[Sketch, int]:  # noqa: ARG001  one shape for all
    found.cached = found.count()
    return found, found.cached


def _fold(found: Sketch, index_bits: int, policy: int) -> tuple[Sketch, None]:  # noqa: ARG001  one shape for all
    if found.minhash_bits or not 0 <= index_bits <= found.index_bits:
        raise Refusal(ResultCode.OP_NOT_APPLICABLE, "a sketch cannot be folded up, nor with a minhash")
    return found.folded(index_bits, 0), None


_MODIFY: Final[dict[int, _Form]] = {
    0: _Form(_init, "imp", policy=CREATE_ONLY | UPDATE_ONLY | NO_FAIL, creates=True),
    1: _Form(_add, "eimp", needed=1, policy=CREATE_ONLY | NO_FAIL, creates=True),
    2: _Form(_set_union, "hp", needed=1, policy=CREATE_ONLY | UPDATE_ONLY | NO_FAIL | ALLOW_FOLD, creates=True),
    3: _Form(_refresh),
    4: _Form(_fold, "i", needed=1),
}


# Reads


def _number(value: int) -> Value:
    return Particle.INTEGER, value.to_bytes(8, "big")


def _count(found: Sketch) -> Value:
    return _number(found.count())


def _union(found: Sketch, others: list[Sketch]) -> Value:
    return Particle.HLL, sketch.union([found, *others]).pack()


def _union_count(found: Sketch, others: list[Sketch]) -> Value:
    return _number(sketch.union([found, *others]).estimate())


def _intersect_count(found: Sketch, others: list[Sketch]) -> Value:
    return _number(sketch.intersect_count([found, *others]))


def _similarity(found: Sketch, others: list[Sketch]) -> Value:
    share = sketch.similarity([found, *others])
    return Particle.FLOAT, _F64.pack(share)


def _describe(found: Sketch) -> Value:
    return Particle.LIST, msgpack.pack([found.index_bits, found.minhash_bits])


def _may_contain(found: Sketch, elements: list[bytes]) -> Value:
    return _number(int(found.may_contain(elements)))


_READ: Final[dict[int, _Form]] = {
    50: _Form(_count),
    51: _Form(_union, "h", needed=1),
    52: _Form(_union_count, "h", needed=1),
    53: _Form(_intersect_count, "h", needed=1),
    54: _Form(_similarity, "h", needed=1),
    55: _Form(_describe),
    56: _Form(_may_contain, "e", needed=1),
}


def _found(before: Value) -> Sketch:
    kind, data = before
    if kind != Particle.HLL:
        raise Refusal(ResultCode.BIN_INCOMPATIBLE_TYPE, "HyperLogLog operation on another type")
    try:
        return Sketch.unpack(data)
    except sketch.NotASketch as error:
        raise _invalid(str(error)) from None


def read(before: Value | None, payload: bytes) -> Outcome:
    """Do a HyperLogLog operation that reads.

    Args:
        before: what the bin holds, None for a missing bin.
        payload: the call.

    Raises:
        Refusal: 4 for an impossible call, 12 if the bin holds no sketch, 26 if its minhash
            keeps it from being intersected with so many.
    """
    if before is None:
        return Outcome()
    number, *items = _items(payload)
    form = _form(number, _READ)
    found = _found(before)
    arguments, _ = _arguments(form, items, payload)
    try:
        return Outcome(value=form.run(found, *arguments))
    except sketch.TooManySketches as error:
        if sketch.common_bits(arguments[0])[1]:  # it is the bin that has another minhash, the call could be good
            raise Refusal(ResultCode.OP_NOT_APPLICABLE, str(error)) from None
        raise _invalid(str(error)) from None


def modify(before: Value | None, payload: bytes) -> Outcome:
    """Do a HyperLogLog operation that changes the bin.

    Args:
        before: what the bin holds, None for a missing bin.
        payload: the call.

    Raises:
        Refusal: 4 for an impossible call, 6 or 17 if the bin exists or is missing against
            the policy, 12 if it holds no sketch, 26 for bits that a sketch cannot get.
    """
    number, *items = _items(payload)
    form = _form(number, _MODIFY)
    found = None if before is None else _found(before)
    arguments, policy = _arguments(form, items, payload)
    try:
        if found is not None and policy & CREATE_ONLY:
            raise _Unmet(ResultCode.BIN_EXISTS, "the bin exists")
        if found is None and (not form.creates or policy & UPDATE_ONLY):
            raise _Unmet(ResultCode.BIN_NOT_FOUND, "HyperLogLog operation on a missing bin")
        changed, value = form.run(found, *arguments, policy)
    except _Unmet:
        if policy & NO_FAIL:
            return Outcome()
        raise
    return Outcome(
        value=None if value is None else _number(value),
        stored=(Particle.HLL, changed.pack()),
    )


def execute(code: int, before: Value | None, payload: bytes) -> Outcome:
    """Do a HyperLogLog operation, reading or changing by its operation code.

    Raises:
        Refusal: as for :func:`read` and :func:`modify`.
    """
    return read(before, payload) if code == OpCode.HLL_READ else modify(before, payload)
