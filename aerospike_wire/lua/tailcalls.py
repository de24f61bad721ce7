"""Tail calls of library functions, made plain calls.

What a server's library does is C, this library is Lua itself. The one difference that a
script would notice is ``return list.size(x)``: a tail call of a Lua function takes the place
of its caller, whose line would be missing in the error's text. So these calls are changed in
the compiled form of a module, in which each is one instruction. Tail calls of the script's
own functions stay what they are.

The compiled form is that of Lua 5.4 and comes from the compiler at hand, never from a user.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_HEADER: Final = bytes.fromhex("1b4c7561540019930d0a1a0a040808") + struct.pack("<qd", 0x5678, 370.5)
"""Signature, version 5.4, format 0, check of conversions, sizes of numbers, and one of each."""

_GETTABUP, _GETFIELD, _SELF, _CALL, _TAILCALL = 11, 14, 20, 68, 69
_MOVE, _GETUPVAL, _CLOSURE = 0, 9, 79
_LOADS: Final = frozenset({_GETTABUP, _GETFIELD, _SELF, _CALL, _MOVE, _GETUPVAL, _CLOSURE, 12, 13})
"""Instructions that put what is called in its place."""
_STRINGS: Final = frozenset({0x04, 0x14})
_NUMBERS: Final = frozenset({0x03, 0x13})
_KEEPS: Final = 0x7FFF | 0xFF << 16
"""Opcode, register and number of arguments of an instruction."""


class _Unknown(Exception):
    """The compiled form is not the one that is known here."""


def plain(dumped: bytes, names: Collection[bytes]) -> bytes | None:
    """The compiled form of a module in which calls of functions of these names are no tail calls.

    Args:
        dumped: what ``string.dump`` made of it.
        names: of functions, however they are reached: ``name()``, ``x.name()``, ``x:name()``.

    Returns:
        None if there is nothing to change, or the form is an unknown one.
    """
    if not dumped.startswith(_HEADER):
        return None
    reader = _Reader(dumped, len(_HEADER) + 1, names)
    try:
        reader.function()
    except (_Unknown, IndexError, struct.error):
        return None
    if reader.at != len(dumped) or not reader.changed:
        return None
    made = bytearray(dumped)
    for place, instruction in reader.changed.items():
        struct.pack_into("<I", made, place, instruction)
    return bytes(made)


class _Reader:
    def __init__(self, data: bytes, at: int, names: Collection[bytes]) -> None:
        self.at = at
        self.changed: dict[int, int] = {}
        """Place to instruction."""
        self._data = data
        self._names = names

    def function(self) -> None:
        self._string()  # where it comes from
        self._number()  # its first line
        self._number()  # its last
        self.at += 3  # parameters, varargs, registers
        count = self._number()
        start = self._skip(4 * count)
        code = struct.unpack_from(f"<{count}I", self._data, start)
        constants = [self._constant() for _ in range(self._number())]
        self._skip(3 * self._number())  # upvalues
        self._change(start, code, constants)
        for _ in range(self._number()):
            self.function()
        self._skip(self._number())  # lines
        for _ in range(self._number()):
            self._number()
            self._number()
        for _ in range(self._number()):  # locals
            self._string()
            self._number()
            self._number()
        for _ in range(self._number()):  # names of upvalues
            self._string()

    def _change(self, start: int, code: Sequence[int], constants: Sequence[bytes | None]) -> None:
        for place, instruction in enumerate(code):
            if instruction & 0x7F == _TAILCALL and _called(code, place, constants) in self._names:
                # All results, whatever their number, as the return behind it takes them.
                self.changed[start + 4 * place] = instruction & _KEEPS & ~0x7F | _CALL

    def _constant(self) -> bytes | None:
        kind = self._data[self.at]
        self.at += 1
        if kind in _STRINGS:
            return self._string()
        if kind in _NUMBERS:
            self._skip(8)
        elif kind not in (0x00, 0x01, 0x11):
            raise _Unknown
        return None

    def _skip(self, size: int) -> int:
        at, self.at = self.at, self.at + size
        if self.at > len(self._data):
            raise _Unknown
        return at

    def _number(self) -> int:
        """Seven bits a byte, the highest first; the last byte has its eighth bit set."""
        value = 0
        while True:
            byte = self._data[self.at]
            self.at += 1
            value = value << 7 | byte & 0x7F
            if byte & 0x80:
                return value
            if value >> 31:
                raise _Unknown

    def _string(self) -> bytes | None:
        size = self._number()
        if not size:
            return None
        at = self._skip(size - 1)
        return self._data[at : at + size - 1]


def _called(code: Sequence[int], place: int, constants: Sequence[bytes | None]) -> bytes | None:
    """The name under which a call finds its function; None if it has none."""
    register = code[place] >> 7 & 0xFF
    for before in range(place - 1, -1, -1):
        instruction = code[before]
        kind = instruction & 0x7F
        # Arguments are put behind the function: the nearest that puts something in its place put it there.
        if kind in _LOADS and instruction >> 7 & 0xFF == register:
            key = instruction >> 24
            named = kind in (_GETTABUP, _GETFIELD) or (kind == _SELF and instruction >> 15 & 1)
            return constants[key] if named and key < len(constants) else None
    return None
