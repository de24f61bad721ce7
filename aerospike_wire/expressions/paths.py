"""Paths into nested collections: selecting and changing many elements at once.

Servers from 8.1.1 on have them. A step of the path may be an expression: it sees the element
at hand through loop variables, and neither bins nor variables of the expression around it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aerospike_wire.errors import ParamError
from aerospike_wire.expressions.arguments import constant, context, operand, pack_context, result_type
from aerospike_wire.expressions.base import Compiled, Expression, ResultType, pack_operand
from aerospike_wire.expressions.calls import CALL, MODIFY
from aerospike_wire.expressions.rows import Row
from aerospike_wire.proto import msgpack

if TYPE_CHECKING:
    from aerospike_wire.operations.contexts import Contexts

SELECT = 0xFE
_APPLY = 4
"""Flag of a path that changes what it selects."""


class LoopVar(Row, code=122):
    """The element at hand: ``var_id`` 0 is its key, 1 its value, 2 its index. Its subclasses say of what type."""

    var_id: int = constant(int)

    def __attrs_post_init__(self) -> None:
        if self.result is None:
            raise ParamError.about("var_id", "needs one of the classes that name a type, such as LoopVarInt")


class LoopVarNil(LoopVar, result=ResultType.NIL):
    """Key, value or index of the element at hand, which is None."""


class LoopVarBool(LoopVar, result=ResultType.BOOLEAN):
    """Key, value or index of the element at hand, a bool."""


class LoopVarInt(LoopVar, result=ResultType.INTEGER):
    """Key, value or index of the element at hand, an integer."""


class LoopVarStr(LoopVar, result=ResultType.STRING):
    """Key, value or index of the element at hand, a string."""


class LoopVarList(LoopVar, result=ResultType.LIST):
    """Key, value or index of the element at hand, a list."""


class LoopVarMap(LoopVar, result=ResultType.MAP):
    """Key, value or index of the element at hand, a map."""


class LoopVarBlob(LoopVar, result=ResultType.BLOB):
    """Key, value or index of the element at hand, a blob."""


class LoopVarFloat(LoopVar, result=ResultType.FLOAT):
    """Key, value or index of the element at hand, a float."""


class LoopVarGeoJson(LoopVar, result=ResultType.GEOJSON):
    """Key, value or index of the element at hand, GeoJSON."""


class LoopVarHLL(LoopVar, result=ResultType.HLL):
    """Key, value or index of the element at hand, a HyperLogLog sketch."""


class RemoveResult(Row, code=100):
    """In place of a new value in :class:`ModifyByPath`: the element goes.

    It does not go together with values in a :class:`Cond`; let the path choose what to remove.
    """


class SelectByPath(Row, code=CALL):
    """What a path selects, of type ``value_type``.

    ``flags``: 0 the collection with nothing else, 1 a list of values, 2 of keys, 3 of keys and
    values; and 16 to leave out elements about which an expression of the path cannot tell.
    """

    ctx: Contexts = context(paths=True)
    value_type: int = result_type()
    flags: int = constant(int)
    bin: Any = operand()

    def pack(self) -> bytes:
        """The bytes of the call."""
        return _packed(self.ctx, self.value_type, 0, [msgpack.pack_int(self.flags)], self.bin)


class ModifyByPath(Row, code=CALL):
    """The collection with each element that a path selects replaced by an expression's value.

    ``flags``: 0, or 16 to leave alone elements about which an expression cannot tell.
    """

    ctx: Contexts = context(paths=True)
    value_type: int = result_type()
    mod_exp: Expression | Compiled = operand()
    flags: int = constant(int)
    bin: Any = operand()

    def pack(self) -> bytes:
        """The bytes of the call."""
        parts = [msgpack.pack_int(self.flags | _APPLY), pack_operand(self.mod_exp, "mod_exp")]
        return _packed(self.ctx, self.value_type, MODIFY, parts, self.bin)


def _packed(ctx: Contexts, value_type: int, system: int, parts: list[bytes], collection: Any) -> bytes:
    path = pack_context(ctx, "ctx", paths=True) or b""
    call = msgpack.pack_call(msgpack.pack_int(SELECT), path, *parts)
    head = [msgpack.pack_int(number) for number in (CALL, value_type, system)]
    return msgpack.pack_call(*head, call, pack_operand(collection, "bin"))
