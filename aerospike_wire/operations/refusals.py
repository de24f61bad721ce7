"""Which result codes each operation can give, so that an error of a call names the one that failed.

Servers do not say which operation of a call it was (protocol sections 2.10 and 6). The table
is what the operations were seen to answer on a real server, over bins of every type and
arguments of every kind; ``tests/data`` has the observations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from aerospike_wire.errors import ResultCode
from aerospike_wire.operations.flags import BitWrite, ExpWrite, HllWrite, ListWrite, MapWrite
from aerospike_wire.proto.message import OpCode
from aerospike_wire.proto.values import Particle

if TYPE_CHECKING:
    from collections.abc import Mapping

_INVALID: Final = ResultCode.INVALID_REQUEST
_EXISTS: Final = ResultCode.BIN_EXISTS
_TYPE: Final = ResultCode.BIN_INCOMPATIBLE_TYPE
_NO_BIN: Final = ResultCode.BIN_NOT_FOUND
_NO_ELEMENT: Final = ResultCode.ELEMENT_NOT_FOUND
_ELEMENT_EXISTS: Final = ResultCode.ELEMENT_EXISTS
_NOT_APPLICABLE: Final = ResultCode.OP_NOT_APPLICABLE
_GEOJSON: Final = ResultCode.INVALID_GEOJSON
_ENCODING: Final = ResultCode.INVALID_ENCODING

Codes = frozenset[int]

_NONE: Final[Codes] = frozenset()
_COLLECTION: Final[Codes] = frozenset({_INVALID, _TYPE, _NOT_APPLICABLE})
_TEXT: Final[Codes] = _COLLECTION | {_EXISTS, _NO_BIN, _ENCODING}
"""Servers that have operations on text were not observed: whatever they may give."""

BY_KIND: Final[Mapping[int, Codes]] = {
    OpCode.READ: _NONE,
    OpCode.WRITE: frozenset({_GEOJSON}),
    OpCode.INCREMENT: frozenset({_TYPE}),
    OpCode.APPEND: frozenset({_TYPE}),
    OpCode.PREPEND: frozenset({_TYPE}),
    OpCode.TOUCH: _NONE,
    OpCode.DELETE_ALL: _NONE,
    OpCode.CDT_READ: _COLLECTION,
    OpCode.CDT_MODIFY: _COLLECTION,
    OpCode.BITS_READ: _COLLECTION,
    OpCode.BITS_MODIFY: frozenset({_INVALID, _TYPE}),
    OpCode.HLL_READ: frozenset({_INVALID, _TYPE}),
    OpCode.HLL_MODIFY: frozenset({_INVALID, _TYPE}),
    OpCode.EXP_READ: frozenset({_INVALID, _NOT_APPLICABLE}),
    OpCode.EXP_MODIFY: frozenset({_INVALID, _NOT_APPLICABLE}),
    OpCode.STRING_READ: _TEXT,
    OpCode.STRING_MODIFY: _TEXT,
    OpCode.TO_STRING: _TEXT,
}
"""What operations of a kind can give, whatever their function and flags."""


class _More(NamedTuple):
    """Codes that a function can give besides."""

    always: Codes = _NONE
    unless: int = 0
    """With one of these flags it gives none of those that follow."""
    anyway: Codes = _NONE
    by_flag: tuple[tuple[int, int], ...] = ()
    """Codes that only a write with a flag gives: flag and code."""

    def codes(self, flags: int) -> Codes:
        """Those of an operation with these flags."""
        if flags & self.unless:
            return self.always
        return self.always | self.anyway | {code for flag, code in self.by_flag if flags & flag}


_LIST_WRITE: Final = _More(unless=ListWrite.NO_FAIL, by_flag=((ListWrite.ADD_UNIQUE, _ELEMENT_EXISTS),))
_MAP_WRITE: Final = _More(
    unless=MapWrite.NO_FAIL,
    by_flag=((MapWrite.CREATE_ONLY, _ELEMENT_EXISTS), (MapWrite.UPDATE_ONLY, _NO_ELEMENT)),
)
_BITS: Final = _More(unless=BitWrite.NO_FAIL, anyway=frozenset({_NO_BIN, _NOT_APPLICABLE}))
_BYTES: Final = _More(
    unless=BitWrite.NO_FAIL, by_flag=((BitWrite.CREATE_ONLY, _EXISTS), (BitWrite.UPDATE_ONLY, _NO_BIN))
)
_SKETCH: Final = _More(
    frozenset({_NOT_APPLICABLE}),
    HllWrite.NO_FAIL,
    by_flag=((HllWrite.CREATE_ONLY, _EXISTS), (HllWrite.UPDATE_ONLY, _NO_BIN)),
)

BY_FUNCTION: Final[Mapping[str, _More]] = {
    **dict.fromkeys(("list_append", "list_append_items", "list_insert", "list_insert_items"), _LIST_WRITE),
    **dict.fromkeys(("list_set", "list_increment"), _LIST_WRITE),
    **dict.fromkeys(("map_put", "map_put_items"), _MAP_WRITE),
    **dict.fromkeys(
        (
            "bit_set", "bit_or", "bit_xor", "bit_and", "bit_not", "bit_lshift", "bit_rshift", "bit_add", "bit_subtract",
            "bit_set_int",
        ),
        _BITS,
    ),
    "bit_remove": _BITS._replace(anyway=frozenset({_NO_BIN})),
    **dict.fromkeys(("bit_resize", "bit_insert"), _BYTES),
    **dict.fromkeys(("hll_init", "hll_set_union"), _SKETCH),
    "hll_add": _SKETCH._replace(by_flag=((HllWrite.CREATE_ONLY, _EXISTS),)),
    "hll_refresh_count": _More(frozenset({_NO_BIN})),
    "hll_fold": _More(frozenset({_NO_BIN, _NOT_APPLICABLE})),
    "expression_write": _More(
        unless=ExpWrite.POLICY_NO_FAIL,
        by_flag=((ExpWrite.CREATE_ONLY, _EXISTS), (ExpWrite.UPDATE_ONLY, _NO_BIN)),
    ),
}  # fmt: skip
"""What single functions can give besides what their kind can."""

CODES: Final[Codes] = frozenset().union(
    *BY_KIND.values(),
    *(more.always | more.anyway | {code for _, code in more.by_flag} for more in BY_FUNCTION.values()),
)
"""All codes that say something of an operation, and not of the record or the request."""


def codes_of(name: str, kind: int, particle: int, flags: int) -> Codes:
    """The codes that an operation can give.

    Args:
        name: its function.
        kind: its code on the wire.
        particle: type of its value.
        flags: of its policy, 0 if it has none.
    """
    if kind == OpCode.WRITE and particle != Particle.GEOJSON:
        return _NONE
    found = BY_KIND.get(kind, CODES)
    more = BY_FUNCTION.get(name)
    return found if more is None else found | more.codes(flags)
