"""Arithmetic on 64-bit integers and on floats as servers do it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    Numbers = list[Any]

_WORD: Final = 1 << 64
_SIGN: Final = 1 << 63
INT_MIN: Final = -_SIGN
_NOT_A_NUMBER: Final = -math.nan
"""What comes of invalid operations on x86-64, where servers run: its sign is set."""


class CannotTell(Exception):
    """The operation has no result on these values."""


def wrap(value: int) -> int:
    """An integer cut down to 64 bits."""
    return (value + _SIGN) % _WORD - _SIGN


def _unsigned(value: int) -> int:
    return value % _WORD


def add(numbers: Numbers) -> Any:
    """The sum."""
    return _fold(numbers, lambda left, right: left + right)


def mul(numbers: Numbers) -> Any:
    """The product."""
    return _fold(numbers, lambda left, right: left * right)


def sub(numbers: Numbers) -> Any:
    """The first less the others; of one its negative."""
    if len(numbers) == 1:
        return wrap(-numbers[0]) if isinstance(numbers[0], int) else 0.0 - numbers[0]
    return _fold(numbers, lambda left, right: left - right)


def _fold(numbers: Numbers, step: Callable[[Any, Any], Any]) -> Any:
    total = numbers[0]
    for number in numbers[1:]:
        total = step(total, number)
        if isinstance(total, int):
            total = wrap(total)
    return total


def div(numbers: Numbers) -> Any:
    """The first divided by the product of the others; of one its reciprocal."""
    whole = isinstance(numbers[0], int)
    dividend, *divisors = numbers if len(numbers) > 1 else [1 if whole else 1.0, *numbers]
    return _quotient(dividend, mul(divisors)) if whole else float_quotient(dividend, mul(divisors))


def _quotient(left: int, right: int) -> int:
    if right == 0:
        raise CannotTell
    found = abs(left) // abs(right)
    return wrap(found if (left < 0) == (right < 0) else -found)


def float_quotient(left: float, right: float) -> float:
    """A quotient of floats; by zero it is infinite, or no number."""
    if right == 0:
        if left == 0 or math.isnan(left):
            return left if math.isnan(left) else _NOT_A_NUMBER
        return math.copysign(math.inf, left) * math.copysign(1.0, right)
    return left / right


def mod(left: int, right: int) -> int:
    """The remainder, with the sign of the dividend."""
    if right == 0:
        raise CannotTell
    found = abs(left) % abs(right)
    return -found if left < 0 else found


def power(base: float, exponent: float) -> float:
    """A float to the power of another."""
    try:
        return math.pow(base, exponent)
    except OverflowError:
        odd = exponent.is_integer() and exponent % 2 == 1
        return -math.inf if base < 0 and odd else math.inf
    except ValueError:
        # Zero to a negative power is infinite; a negative base to a broken one is no number.
        if base == 0:
            odd = exponent.is_integer() and exponent % 2 == 1
            return math.copysign(math.inf, base) if odd else math.inf
        return _NOT_A_NUMBER


def logarithm(number: float, base: float) -> float:
    """The logarithm of a float to a base."""
    return float_quotient(_ln(number), _ln(base))


def _ln(value: float) -> float:
    if value == 0:
        return -math.inf
    if math.isnan(value):
        return value
    return math.log(value) if value > 0 else _NOT_A_NUMBER


def absolute(value: Any) -> Any:
    """A number without its sign; of the least integer itself."""
    return wrap(abs(value)) if isinstance(value, int) else abs(value)


def floor(value: float) -> float:
    """The next whole float below."""
    return math.copysign(float(math.floor(value)), value) if math.isfinite(value) else value


def ceil(value: float) -> float:
    """The next whole float above."""
    if not math.isfinite(value):
        return value
    return math.copysign(float(math.ceil(value)), value)


def to_int(value: float) -> int:
    """A float cut off; the least integer if it is out of range or no number."""
    if not -(2.0**63) <= value < 2.0**63:
        return INT_MIN
    return math.trunc(value)


def least(numbers: Numbers) -> Any:
    """The least."""
    return min(numbers)


def greatest(numbers: Numbers) -> Any:
    """The greatest."""
    return max(numbers)


def bit_and(numbers: Numbers) -> int:
    """The bits that all have."""
    total: int = numbers[0]
    for number in numbers[1:]:
        total &= number
    return total


def bit_or(numbers: Numbers) -> int:
    """The bits that any has."""
    total: int = numbers[0]
    for number in numbers[1:]:
        total |= number
    return total


def bit_xor(numbers: Numbers) -> int:
    """The bits that an odd number has."""
    total: int = numbers[0]
    for number in numbers[1:]:
        total ^= number
    return total


def left_shift(value: int, shift: int) -> int:
    """Bits moved left, by the shift modulo 64."""
    return wrap(_unsigned(value) << shift % 64)


def right_shift(value: int, shift: int) -> int:
    """Bits moved right with zeros, by the shift modulo 64."""
    return wrap(_unsigned(value) >> shift % 64)


def arithmetic_right_shift(value: int, shift: int) -> int:
    """Bits moved right with the sign, by the shift modulo 64."""
    return value >> shift % 64


def bit_count(value: int) -> int:
    """How many bits are set."""
    return _unsigned(value).bit_count()


def left_scan(value: int, search: bool) -> int:  # noqa: FBT001  an operand
    """Place of the first bit that is set or not, from the left; -1 for none."""
    bits = _unsigned(value if search else ~value)
    return 64 - bits.bit_length() if bits else -1


def right_scan(value: int, search: bool) -> int:  # noqa: FBT001  an operand
    """Place of the last bit that is set or not, from the left; -1 for none."""
    bits = _unsigned(value if search else ~value)
    return 64 - (bits & -bits).bit_length() if bits else -1
