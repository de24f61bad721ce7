"""Bit operations on blobs (protocol section 6.7).

The most significant bit of the first byte has offset 0. A call's bits are handled as one
integer: the bytes around them are cut out, changed and put back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs

from aerospike_wire.embedded.outcome import Outcome
from aerospike_wire.embedded.refusal import Refusal
from aerospike_wire.errors import ProtocolError
from aerospike_wire.errors.codes import ResultCode
from aerospike_wire.proto import msgpack
from aerospike_wire.proto.message import OpCode
from aerospike_wire.proto.values import Particle
from aerospike_wire.types import RawParticle

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aerospike_wire.embedded.store import Particle as Value

CREATE_ONLY: Final = 1
UPDATE_ONLY: Final = 2
NO_FAIL: Final = 4
PARTIAL: Final = 8

FROM_FRONT: Final = 1
GROW_ONLY: Final = 2
SHRINK_ONLY: Final = 4

SIGNED: Final = 1
SATURATE: Final = 2
WRAP: Final = 4

MAX_BYTES: Final = 128 * 1024 * 1024
"""Largest size and offset that a call may name."""
MAX_BITS: Final = MAX_BYTES * 8
MAX_RECORD: Final = 8 * 1024 * 1024
"""Bytes of the largest record of any namespace; a longer blob is not even built."""
MAX_INTEGER: Final = 64
"""Bits that an integer can have."""


class _Unmet(Refusal):
    """A refusal that the policy flag "no fail" turns into doing nothing."""


@attrs.frozen
class _Form:
    """The arguments that a call takes, and what it does."""

    run: Callable[..., Any]
    """Called with the blob, the arguments and, for changes, the policy and the last flags."""
    kinds: str
    """One letter for each argument: o and s bit offset and size, n size of an integer, h shift,
    O and S byte offset and size, Z new size, v integer, b blob, t bool."""
    policy: int = 0
    """Policy flags that are understood."""
    options: tuple[int, ...] = (0,)
    """What may be given as flags of the call's own, after the policy."""
    creates: bool = False
    """Whether the call can make a bin."""


@attrs.frozen
class _Call:
    form: _Form
    arguments: Sequence[Any]
    policy: int = 0
    option: int = 0


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
        raise _invalid("a bit operation is not a list with a number")
    return items


def _integer(item: Any) -> int:
    if not isinstance(item, int) or isinstance(item, bool):
        raise _invalid("an argument is no integer")
    return item - (1 << 64) if item >> 63 == 1 else item


def _blob(item: Any) -> bytes:
    if isinstance(item, RawParticle):
        item = item.data
    elif isinstance(item, str):
        item = item.encode(errors="surrogateescape")
    if not isinstance(item, bytes) or not item:
        raise _invalid("an argument is no blob, or an empty one")
    return bytes(item)


_LIMITS: Final = {
    "o": (-MAX_BITS, MAX_BITS),
    "s": (1, MAX_BITS),
    "n": (1, MAX_INTEGER),
    "h": (0, MAX_BITS),
    "O": (-MAX_BYTES, MAX_BYTES),
    "S": (1, MAX_BYTES),
    "Z": (0, MAX_BYTES),
    "v": (-(1 << 63), (1 << 64) - 1),
}


def _argument(kind: str, item: Any) -> Any:
    if kind == "b":
        return _blob(item)
    if kind == "t":
        if not isinstance(item, bool):
            raise _invalid("an argument is no bool")
        return item
    number = _integer(item)
    low, high = _LIMITS[kind]
    if not low <= number <= high:
        raise _invalid(f"an argument is {number}, it must be from {low} to {high}")
    return number


def _parse(payload: bytes, forms: dict[int, _Form], *, has_policy: bool) -> _Call:
    number, *items = _items(payload)
    form = forms.get(number) if isinstance(number, int) and not isinstance(number, bool) else None
    if form is None:
        raise _invalid(f"bit operation {number!r}")
    needed = len(form.kinds)
    flags = [_integer(item) for item in items[needed:]]
    if len(items) < needed or len(flags) > has_policy + (len(form.options) > 1):
        raise _invalid(f"a bit operation has {len(items)} arguments")
    arguments = [_argument(kind, item) for kind, item in zip(form.kinds, items, strict=False)]
    policy = flags.pop(0) if has_policy and flags else 0
    option = flags.pop() if flags else 0
    if policy & ~form.policy or (policy & CREATE_ONLY and policy & UPDATE_ONLY):
        raise _invalid(f"policy flags {policy:#x}")
    if option not in form.options:
        raise _invalid(f"flags {option:#x}")
    return _Call(form, arguments, policy, option)


# Cutting bits out and putting them back


def _span(blob: bytes, offset: int, size: int, *, clip: bool = False) -> tuple[int, int]:
    """Offset and size of bits that are there."""
    total = len(blob) * 8
    if offset < 0:
        offset += total
        if offset < 0:
            raise _invalid("an offset before the blob")
    if offset >= total or (offset + size > total and not clip):
        raise _Unmet(ResultCode.OP_NOT_APPLICABLE, "bits behind the end of the blob")
    return offset, min(size, total - offset)


def _cut(blob: bytes, offset: int, size: int) -> int:
    stop = (offset + size + 7) // 8
    around = int.from_bytes(blob[offset // 8 : stop], "big")
    return around >> (stop * 8 - offset - size) & ((1 << size) - 1)


def _paste(blob: bytes, offset: int, size: int, bits: int) -> bytes:
    start, stop = offset // 8, (offset + size + 7) // 8
    tail = stop * 8 - offset - size
    mask = ((1 << size) - 1) << tail
    around = int.from_bytes(blob[start:stop], "big") & ~mask | bits << tail
    return blob[:start] + around.to_bytes(stop - start, "big") + blob[stop:]


# Reads


def _get(blob: bytes, offset: int, size: int, option: int) -> Value:  # noqa: ARG001  one shape for all
    offset, size = _span(blob, offset, size)
    length = (size + 7) // 8
    return Particle.BLOB, (_cut(blob, offset, size) << (length * 8 - size)).to_bytes(length, "big")


def _count(blob: bytes, offset: int, size: int, option: int) -> Value:  # noqa: ARG001  one shape for all
    return _number(_cut(blob, *_span(blob, offset, size)).bit_count())


def _wanted(blob: bytes, offset: int, size: int, *, one: bool) -> int:
    """The bits, turned over if zeros are looked for."""
    bits = _cut(blob, offset, size)
    return bits if one else bits ^ ((1 << size) - 1)


def _left_scan(blob: bytes, offset: int, size: int, one: bool, option: int) -> Value:  # noqa: ARG001, FBT001  one shape
    bits = _wanted(blob, *_span(blob, offset, size), one=one)
    return _number(size - bits.bit_length() if bits else -1)


def _right_scan(blob: bytes, offset: int, size: int, one: bool, option: int) -> Value:  # noqa: ARG001, FBT001  one shape
    offset, size = _span(blob, offset, size)
    # A server goes on to the front of the byte in which it began; what it finds there is before the span.
    before = offset % 8
    bits = _wanted(blob, offset - before, before + size, one=one)
    return _number(size - (bits & -bits).bit_length() if bits else -1)


def _get_int(blob: bytes, offset: int, size: int, option: int) -> Value:
    bits = _cut(blob, *_span(blob, offset, size))
    return _number(_signed(bits, size) if option & SIGNED else bits)


def _signed(bits: int, size: int) -> int:
    return bits - (1 << size) if bits >> (size - 1) else bits


def _number(value: int) -> Value:
    return Particle.INTEGER, (value & (1 << 64) - 1).to_bytes(8, "big")


# Changes of whole bytes


def _resize(blob: bytes, size: int, policy: int, option: int) -> bytes:  # noqa: ARG001  one shape for all
    missing = size - len(blob)
    if missing < 0 and option & GROW_ONLY:
        raise _Unmet(ResultCode.INVALID_REQUEST, "the blob would shrink")
    if missing > 0 and option & SHRINK_ONLY:
        raise _Unmet(ResultCode.INVALID_REQUEST, "the blob would grow")
    _check_size(size)
    if option & FROM_FRONT:
        return bytes(missing) + blob if missing > 0 else blob[-missing:]
    return blob + bytes(missing) if missing > 0 else blob[:size]


def _check_size(size: int) -> None:
    if size >= MAX_BYTES:
        raise _invalid(f"a blob of {size} bytes")
    if size > MAX_RECORD:
        raise Refusal(ResultCode.RECORD_TOO_BIG, f"a blob of {size} bytes")


def _insert(blob: bytes, offset: int, part: bytes, policy: int, option: int) -> bytes:  # noqa: ARG001  one shape for all
    offset = _byte_offset(blob, offset)
    _check_size(max(offset, len(blob)) + len(part))
    return blob[:offset] + bytes(max(0, offset - len(blob))) + part + blob[offset:]


def _byte_offset(blob: bytes, offset: int) -> int:
    if offset < 0:
        offset += len(blob)
        if offset < 0:
            raise _invalid("an offset before the blob")
    return offset


def _remove(blob: bytes, offset: int, size: int, policy: int, option: int) -> bytes:  # noqa: ARG001  one shape for all
    offset = _byte_offset(blob, offset)
    if offset >= len(blob) or (offset + size > len(blob) and not policy & PARTIAL):
        raise _Unmet(ResultCode.INVALID_REQUEST, "bytes behind the end of the blob")
    return blob[:offset] + blob[offset + size :]


# Changes of bits


def _combine(change: Callable[[int, int], int]) -> Callable[..., bytes]:
    """A change by the leading bits of a blob."""

    def run(blob: bytes, offset: int, size: int, part: bytes, policy: int, option: int) -> bytes:  # noqa: ARG001  one shape
        offset, size = _span(blob, offset, size, clip=bool(policy & PARTIAL))
        return _paste(blob, offset, size, change(_cut(blob, offset, size), _cut(part, 0, size)))

    return run


def _invert(blob: bytes, offset: int, size: int, policy: int, option: int) -> bytes:  # noqa: ARG001  one shape for all
    offset, size = _span(blob, offset, size, clip=bool(policy & PARTIAL))
    return _paste(blob, offset, size, _wanted(blob, offset, size, one=False))


def _shift_left(blob: bytes, offset: int, size: int, shift: int, policy: int, option: int) -> bytes:  # noqa: ARG001  one shape
    offset, size = _span(blob, offset, size, clip=bool(policy & PARTIAL))
    # What is shifted out is not built first: a shift may be a billion bits.
    left = _cut(blob, offset, size) & ((1 << size - shift) - 1) if shift < size else 0
    return _paste(blob, offset, size, left << shift if left else 0)


def _shift_right(blob: bytes, offset: int, size: int, shift: int, policy: int, option: int) -> bytes:  # noqa: ARG001  one shape
    offset, size = _span(blob, offset, size, clip=bool(policy & PARTIAL))
    return _paste(blob, offset, size, _cut(blob, offset, size) >> shift)


def _set_int(blob: bytes, offset: int, size: int, value: int, policy: int, option: int) -> bytes:  # noqa: ARG001  one shape
    offset, size = _span(blob, offset, size)
    return _paste(blob, offset, size, value & (1 << size) - 1)


def _add(blob: bytes, offset: int, size: int, value: int, policy: int, option: int) -> bytes:  # noqa: ARG001  one shape
    return _sum(blob, _span(blob, offset, size), value, option)


def _subtract(blob: bytes, offset: int, size: int, value: int, policy: int, option: int) -> bytes:  # noqa: ARG001  one shape
    span = _span(blob, offset, size)
    if option & SIGNED:
        return _sum(blob, span, -value, option)
    mask = (1 << size) - 1
    return _settle(blob, span, _cut(blob, *span) - (value & mask), (0, mask), option)


def _sum(blob: bytes, span: tuple[int, int], value: int, option: int) -> bytes:
    offset, size = span
    mask = (1 << size) - 1
    bits, value = _cut(blob, offset, size), value & mask
    if not option & SIGNED:
        return _settle(blob, span, bits + value, (0, mask), option)
    half = 1 << (size - 1)
    total = _signed(bits, size) + _signed(value, size)
    # Twice the smallest number comes to 0 and counts as no overflow, as on a server.
    return _settle(blob, span, 0 if total == -2 * half else total, (-half, half - 1), option)


def _settle(blob: bytes, span: tuple[int, int], total: int, limits: tuple[int, int], option: int) -> bytes:
    """Put a sum back, or what there is instead of one that does not fit."""
    offset, size = span
    low, high = limits
    if not low <= total <= high:
        if option & SATURATE:
            total = low if total < low else high
        elif not option & WRAP:
            raise _Unmet(ResultCode.OP_NOT_APPLICABLE, "a sum does not fit")
    return _paste(blob, offset, size, total & (1 << size) - 1)


_MAKE: Final = CREATE_ONLY | UPDATE_ONLY | NO_FAIL
_WHOLE: Final = UPDATE_ONLY | NO_FAIL
_PART: Final = UPDATE_ONLY | NO_FAIL | PARTIAL
_RESIZES: Final = (0, FROM_FRONT, GROW_ONLY, FROM_FRONT | GROW_ONLY, SHRINK_ONLY, FROM_FRONT | SHRINK_ONLY)
_SUMS: Final = (0, SIGNED, SATURATE, SIGNED | SATURATE, WRAP, SIGNED | WRAP)

_MODIFY: Final[dict[int, _Form]] = {
    0: _Form(_resize, "Z", _MAKE, _RESIZES, creates=True),
    1: _Form(_insert, "Ob", _MAKE, creates=True),
    2: _Form(_remove, "OS", _PART),
    3: _Form(_combine(lambda _, new: new), "osb", _PART),
    4: _Form(_combine(lambda old, new: old | new), "osb", _PART),
    5: _Form(_combine(lambda old, new: old ^ new), "osb", _PART),
    6: _Form(_combine(lambda old, new: old & new), "osb", _PART),
    7: _Form(_invert, "os", _PART),
    8: _Form(_shift_left, "osh", _PART),
    9: _Form(_shift_right, "osh", _PART),
    10: _Form(_add, "onv", _WHOLE, _SUMS),
    11: _Form(_subtract, "onv", _WHOLE, _SUMS),
    12: _Form(_set_int, "onv", _WHOLE),
}
_READ: Final[dict[int, _Form]] = {
    50: _Form(_get, "os"),
    51: _Form(_count, "os"),
    52: _Form(_left_scan, "ost"),
    53: _Form(_right_scan, "ost"),
    54: _Form(_get_int, "on", options=(0, SIGNED)),
}


def _check_part(call: _Call) -> None:
    """Refuse a blob that has fewer bits than are to be changed."""
    if call.form.kinds == "osb":
        _, size, part = call.arguments
        if len(part) * 8 < size:
            raise _invalid("a blob shorter than the bits that it is for")


def read(before: Value | None, payload: bytes) -> Outcome:
    """Do a bit operation that reads.

    Args:
        before: what the bin holds, None for a missing bin.
        payload: the call.

    Raises:
        Refusal: 4 for an impossible call, 12 if the bin holds no blob, 26 for bits that are
            not there.
    """
    if before is None:
        return Outcome()
    call = _parse(payload, _READ, has_policy=False)
    kind, blob = before
    if kind != Particle.BLOB:
        raise Refusal(ResultCode.BIN_INCOMPATIBLE_TYPE, "bit operation on another type")
    return Outcome(value=call.form.run(blob, *call.arguments, call.option))


def modify(before: Value | None, payload: bytes) -> Outcome:
    """Do a bit operation that changes the bin.

    Args:
        before: what the bin holds, None for a missing bin.
        payload: the call.

    Raises:
        Refusal: 4 for an impossible call, 6 or 17 if the bin exists or is missing against
            the policy, 12 if it holds no blob, 13 for a blob larger than any record, 26 for
            bits that are not there and sums that do not fit.
    """
    call = _parse(payload, _MODIFY, has_policy=True)
    _check_part(call)
    try:
        changed = call.form.run(_target(before, call), *call.arguments, call.policy, call.option)
    except _Unmet:
        if call.policy & NO_FAIL:
            return Outcome()
        raise
    if before is None and not changed:
        return Outcome()  # nothing is no reason for a bin
    return Outcome(stored=(Particle.BLOB, changed))


def _target(before: Value | None, call: _Call) -> bytes:
    """The blob to change."""
    if before is None:
        if not call.form.creates or call.policy & UPDATE_ONLY:
            raise _Unmet(ResultCode.BIN_NOT_FOUND, "bit operation on a missing bin")
        return b""
    if call.policy & CREATE_ONLY:
        raise _Unmet(ResultCode.BIN_EXISTS, "the bin exists")
    kind, blob = before
    if kind != Particle.BLOB:
        raise Refusal(ResultCode.BIN_INCOMPATIBLE_TYPE, "bit operation on another type")
    return blob


def execute(code: int, before: Value | None, payload: bytes) -> Outcome:
    """Do a bit operation, reading or changing by its operation code.

    Raises:
        Refusal: as for :func:`read` and :func:`modify`.
    """
    return read(before, payload) if code == OpCode.BITS_READ else modify(before, payload)
