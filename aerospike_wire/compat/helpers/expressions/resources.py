"""``aerospike_helpers.expressions.resources``: what all expressions have in common.

An expression keeps what it was given and becomes one of this client's, which checks it,
when it is used: the official client finds mistakes then, and programs catch them there.
"""

from __future__ import annotations

import inspect
import operator
from typing import TYPE_CHECKING, Any, ClassVar, Final

from aerospike_wire.compat.contexts import contexts_of
from aerospike_wire.compat.helpers.cdt_ctx import _cdt_ctx
from aerospike_wire.compat.refusal import refused
from aerospike_wire.compat.types import null
from aerospike_wire.compat.values import PLAIN, Translator
from aerospike_wire.errors import InvalidRequest, ParamError
from aerospike_wire.expressions import Compiled, Expression, ResultType
from aerospike_wire.expressions import arithmetic as ours
from aerospike_wire.expressions.base import literal
from aerospike_wire.proto.invalid import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Callable


class ReturnType:
    """A bit of return types that the module of constants has not."""

    LIST_RETURN_INVERTED = 0x10000
    MAP_RETURN_INVERTED = 0x10000


class _BaseExpr:
    """An expression that has not been built yet."""

    _build: ClassVar[Callable[..., Expression]]
    _signature: ClassVar[inspect.Signature]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._signature.bind(*args, **kwargs)  # the mistake that Python itself finds: a TypeError
        self._args = args
        self._kwargs = kwargs

    def compile(self) -> CompiledExpression:
        """The expression as policies and operations take it."""
        return CompiledExpression(self)

    def is_fixed(self) -> bool:
        """Whether it consists of values that nobody can change, such as a list."""
        return all(
            type(value) in PLAIN
            or (isinstance(value, _BaseExpr) and value.is_fixed())
            or (isinstance(value, CompiledExpression) and value.expression.is_fixed())
            for value in (*self._args, *self._kwargs.values())
        )

    def build(self, translator: Translator) -> Expression:
        """This client's expression.

        Raises:
            ParamError: an argument cannot be used.
        """
        args = [_argument(value, translator) for value in self._args]
        kwargs = {name: _argument(value, translator) for name, value in self._kwargs.items()}
        try:
            return type(self)._build(*args, **kwargs)
        except ParamError as error:
            if not _server_refuses(error, [*args, *kwargs.values()]):
                raise
            raise InvalidRequest(msg=error.msg) from error

    def __repr__(self) -> str:
        shown = [repr(value) for value in self._args] + [f"{name}={value!r}" for name, value in self._kwargs.items()]
        return f"{type(self).__name__}({', '.join(shown)})"

    def __add__(self, right: Any) -> _Operator:
        return _joined(ours.Add, self, right)

    def __sub__(self, right: Any) -> _Operator:
        return _joined(ours.Sub, self, right)

    def __mul__(self, right: Any) -> _Operator:
        return _joined(ours.Mul, self, right)

    def __truediv__(self, right: Any) -> _Operator:
        return _joined(ours.Div, self, right)

    def __floordiv__(self, right: Any) -> _Operator:
        return _Operator(ours.Floor, self / right)

    def __pow__(self, right: Any) -> _Operator:
        return _Operator(operator.pow, self, right)

    def __mod__(self, right: Any) -> _Operator:
        return _Operator(operator.mod, self, right)

    def __abs__(self) -> _Operator:
        return _Operator(abs, self)

    def __floor__(self) -> _Operator:
        return _Operator(ours.Floor, self)

    def __ceil__(self) -> _Operator:
        return _Operator(ours.Ceil, self)


class _Operator(_BaseExpr):
    """What ``a + b`` and the like make."""

    def __init__(self, make: Callable[..., Any], *operands: Any) -> None:
        self._make = make
        self._args = operands
        self._kwargs = {}

    def build(self, translator: Translator) -> Expression:
        """This client's expression."""
        args = [_argument(value, translator) for value in self._args]
        try:
            found: Expression = self._make(*args)
        except ParamError as error:
            if not _server_refuses(error, args):
                raise
            raise InvalidRequest(msg=error.msg) from error
        return found


def _joined(make: type[Expression], left: _BaseExpr, right: Any) -> _Operator:
    """``a + b + c`` as one operation of three operands.

    Both sides are taken apart if they are the same operation, as the official client does:
    ``a / Div(b, c)`` is ``a / b / c`` there.
    """
    operands: list[Any] = []
    for side in (left, right):
        same = isinstance(side, _BaseExpr) and make in (getattr(side, "_make", None), getattr(side, "_build", None))
        operands += side._args if same else [side]
    return _Operator(make, *operands)


def _server_refuses(error: ParamError, values: list[Any]) -> bool:
    """Whether a mistake is one that the official client leaves to the server.

    That is an operand of a type that the operation does not take, but that can be sent.
    """
    if " must be an expression or " not in (error.msg or ""):
        return False
    try:
        for value in values:
            if not isinstance(value, Expression | Compiled):
                literal(value, "value")
    except InvalidArgument:
        return False
    return True


class CompiledExpression:
    """What ``compile()`` gives: opaque, for policies and operations."""

    def __init__(self, expression: _BaseExpr) -> None:
        self.expression = expression
        self._built: tuple[Translator, Compiled] | None = None

    def build(self, translator: Translator) -> Compiled:
        """The bytes of the expression. They are kept where nothing in it can change before the next call.

        Raises:
            ParamError: it cannot be used.
        """
        if self._built is not None and self._built[0] is translator:
            return self._built[1]
        made = Compiled(self.expression.build(translator).pack())  # of any size: the official client leaves that, too
        if self.expression.is_fixed():
            self._built = (translator, made)
        return made

    @property
    def compiled(self) -> Compiled:
        """The bytes of the expression, for this client's own calls."""
        return self.build(_PLAIN)

    def __repr__(self) -> str:
        return f"{self.expression!r}.compile()"


TypeExpression = CompiledExpression
_NIL: Final = Compiled(b"\xc0")
_PLAIN: Final = Translator()


def _argument(value: Any, translator: Translator) -> Any:
    if isinstance(value, _BaseExpr):
        return value.build(translator)
    if isinstance(value, CompiledExpression):
        return value.build(translator)
    if isinstance(value, null):
        return _NIL  # which is not the None that leaves a range open
    if isinstance(value, list) and value and isinstance(value[0], _cdt_ctx):
        return contexts_of(value, translator)
    return translator.inward(value)


def bytes_of(given: Any, translator: Translator) -> bytes:
    """The bytes of a compiled expression, of either client.

    Raises:
        ParamError: it is none, or cannot be used.
    """
    if isinstance(given, CompiledExpression):
        return given.build(translator)
    if isinstance(given, Compiled):
        return given
    if isinstance(given, Expression):
        return given.compile()
    kind = type(given).__name__
    hint = "; call compile() on it" if isinstance(given, _BaseExpr) else ""
    raise refused("expressions", f"expressions must be a compiled expression, not {kind}{hint}")


def lazy(build: type[Expression] | Callable[..., Expression], name: str, module: str) -> type[_BaseExpr]:
    """The official client's class for one of this client's expressions."""
    return type(
        name,
        (_BaseExpr,),
        {
            "__doc__": build.__doc__,
            "__module__": module,
            "_build": staticmethod(build),
            "_signature": inspect.signature(build),
            "__signature__": inspect.signature(build),
        },
    )


__all__ = ["CompiledExpression", "ResultType", "ReturnType", "TypeExpression", "bytes_of", "lazy"]
