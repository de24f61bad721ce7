"""Kinds of arguments: what each takes, and its bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs

from aerospike_wire.errors import ParamError
from aerospike_wire.expressions import items
from aerospike_wire.expressions.base import (
    Compiled,
    Expression,
    ResultType,
    literal,
    pack_operand,
    translated,
)
from aerospike_wire.operations.contexts import packed_path
from aerospike_wire.operations.policies import settle
from aerospike_wire.proto import msgpack, values
from aerospike_wire.proto.invalid import InvalidArgument
from aerospike_wire.types import CDTInfinite, CDTWildcard

if TYPE_CHECKING:
    from collections.abc import Callable

    from aerospike_wire.operations.flags import ListReturn, MapReturn


def _pack_text(value: str, argument: str) -> bytes:  # noqa: ARG001  one shape for all
    return msgpack.pack_raw_string(value.encode())


def _named(kinds: tuple[type, ...]) -> str:
    return " or ".join(kind.__name__ for kind in kinds)


def _matches(value: Any, kinds: tuple[type, ...]) -> bool:
    return isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))


def operand(*kinds: type, default: Any = attrs.NOTHING) -> Any:
    """An argument that is an expression, or a value of one of the types; any value if none is given."""

    def check(_: Any, field: attrs.Attribute[Any], value: Any) -> None:
        if isinstance(value, Expression | Compiled):
            return
        if kinds and not _matches(value, kinds):
            problem = f"must be an expression or {_named(kinds)}, not {type(value).__name__}"
            raise ParamError.about(field.name, problem)
        _packable(value, field.name)

    return attrs.field(default=default, validator=check, metadata={"pack": pack_operand})


def value_or_open() -> Any:
    """An end of a range: an expression or a value; None for no limit, which becomes infinity."""

    def check(_: Any, field: attrs.Attribute[Any], value: Any) -> None:
        if not isinstance(value, Expression | Compiled):
            _packable(value, field.name)

    return attrs.field(
        converter=lambda value: CDTInfinite() if value is None else value,
        validator=check,
        metadata={"pack": pack_operand},
    )


INVERTED: Final = 0x1_0000
"""Bit of the return type: everything but what was selected."""
INDEX: Final = (int, CDTInfinite, CDTWildcard)
"""What an index, a rank or a count may be besides an expression."""


def _packable(value: Any, argument: str) -> None:
    try:
        literal(value, argument)
    except InvalidArgument as invalid:
        raise translated(invalid) from invalid.__cause__


def constant(*kinds: type, default: Any = attrs.NOTHING) -> Any:
    """An argument that is a plain value, never an expression."""

    def check(_: Any, field: attrs.Attribute[Any], value: Any) -> None:
        if not _matches(value, kinds):
            raise ParamError.about(field.name, f"must be {_named(kinds)}, not {type(value).__name__}")
        _packable(value, field.name)

    return attrs.field(default=default, validator=check, metadata={"pack": literal})


def optional(*kinds: type, also: Callable[[Any, Any, Any], None] | None = None) -> Any:
    """An argument that is a plain value, or None; ``also`` checks it together with those before it."""

    def check(expression: Any, field: attrs.Attribute[Any], value: Any) -> None:
        if value is not None and not _matches(value, kinds):
            raise ParamError.about(field.name, f"must be None or {_named(kinds)}, not {type(value).__name__}")
        _packable(value, field.name)
        if also is not None:
            also(expression, field, value)

    return attrs.field(validator=check, metadata={"pack": literal})


def result_type() -> Any:
    """An argument that says of what type the value is."""

    def convert(value: Any, _: Any, field: Any) -> ResultType:
        try:
            if isinstance(value, bool):
                raise ValueError
            return ResultType(value)
        except ValueError:
            allowed = ", ".join(f"{kind.value} ({kind.name})" for kind in ResultType)
            raise ParamError.about(field.name, f"must be one of {allowed}, not {value!r}") from None

    return attrs.field(converter=attrs.Converter(convert, takes_self=True, takes_field=True))


def bin_name() -> Any:
    """The name of a bin."""

    def check(_: Any, field: attrs.Attribute[Any], value: Any) -> None:
        _check_bin_name(value, field.name)

    return attrs.field(validator=check, metadata={"pack": _pack_text})


def _check_bin_name(name: Any, argument: str) -> None:
    try:
        values.bin_name(name, argument)
    except InvalidArgument as invalid:
        raise translated(invalid) from invalid.__cause__


def text() -> Any:
    """Text without a type byte: regular expressions, names of variables."""

    def check(_: Any, field: attrs.Attribute[Any], value: Any) -> None:
        if not isinstance(value, str):
            raise ParamError.about(field.name, f"must be a str, not {type(value).__name__}")
        _packable(value, field.name)

    return attrs.field(validator=check, metadata={"pack": _pack_text})


def expressions(argument: str, given: tuple[Any, ...], least: int, kinds: tuple[type, ...] = ()) -> tuple[Any, ...]:
    """Any number of operands, checked.

    Raises:
        ParamError: there are too few, or one has no encoding or the wrong type.
    """
    if len(given) < least:
        raise ParamError.about(
            argument, f"must hold at least {least} operand{'s' if least > 1 else ''}, not {len(given)}"
        )
    for number, value in enumerate(given):
        if not isinstance(value, Expression | Compiled):
            if kinds and not _matches(value, kinds):
                problem = f"must be an expression or {_named(kinds)}, not {type(value).__name__}"
                raise ParamError.about(f"{argument}[{number}]", problem)
            _packable(value, f"{argument}[{number}]")
    return given


def collection(make: Callable[[str], Expression]) -> Any:
    """The argument that is worked on: an expression, or the name of a bin."""

    def convert(value: Any, _: Any, field: Any) -> Any:
        if isinstance(value, str):
            _check_bin_name(value, field.name)
            return make(value)
        if not isinstance(value, Expression | Compiled):
            raise ParamError.about(field.name, f"must be a bin name or an expression, not {type(value).__name__}")
        return value

    return attrs.field(converter=attrs.Converter(convert, takes_self=True, takes_field=True))


def context(*, paths: bool = False) -> Any:
    """Where in a nested collection the operation works: a list of contexts, None for the whole."""

    def check(_: Any, field: attrs.Attribute[Any], value: Any) -> None:
        if pack_context(value, field.name, paths=paths) is None and paths:
            raise ParamError.about(field.name, "must hold at least one step")

    return attrs.field(validator=check)


def pack_context(given: Any, argument: str, *, paths: bool = False) -> bytes | None:
    """Types and values of contexts; None if there are none.

    Raises:
        ParamError: it is no list of contexts.
    """
    if isinstance(given, PackedContext):
        return given.data
    try:
        return packed_path(given, argument, paths=paths)
    except InvalidArgument as invalid:
        raise translated(invalid) from invalid.__cause__


@attrs.frozen
class PackedContext:
    """A context read back from the bytes of an expression."""

    data: bytes

    @property
    def first(self) -> int:
        """Type of the first step."""
        found: int = items.parse(self.data)[0]
        return found

    def __repr__(self) -> str:
        return f"PackedContext({self.data.hex()!r})"


_INVERTED: Final = 0x10000


def return_type(kind: type[ListReturn | MapReturn]) -> Any:
    """What a selection gives: one of the return types of operations that give something."""
    allowed = {choice.value: choice.name for choice in kind if choice.value}

    def check(_: Any, field: attrs.Attribute[Any], value: Any) -> None:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ParamError.about(field.name, f"must be an int, not {type(value).__name__}")
        if value & ~_INVERTED not in allowed:
            names = ", ".join(f"{name} {number}" for number, name in allowed.items())
            raise ParamError.about(field.name, f"must be one of {kind.__name__} ({names}), not {value}")

    return attrs.field(validator=check)


def value_type() -> Any:
    """Of what type the value is that a selection of one element gives, which its return type may settle."""

    def check(selection: Any, field: attrs.Attribute[Any], value: ResultType) -> None:
        settled = _SETTLED.get(selection.return_type & ~_INVERTED)
        if settled is not None and value is not settled:
            raise ParamError.about(
                field.name, f"must be {settled.value} ({settled.name}), which is what return_type gives"
            )

    found = result_type()
    found.validator(check)
    return found


_SETTLED: Final = {
    **dict.fromkeys((1, 2, 3, 4, 5), ResultType.INTEGER),
    13: ResultType.BOOLEAN,
    **dict.fromkeys((8, 16, 17), ResultType.MAP),
}
"""Types that go with return types."""


def flag(*, default: bool) -> Any:
    """Whether everything but what was selected is meant."""

    def check(_: Any, field: attrs.Attribute[Any], value: Any) -> None:
        if not isinstance(value, bool):
            raise ParamError.about(field.name, f"must be True or False, not {value!r}")

    return attrs.field(default=default, validator=check)


def policy(kind: type[Any]) -> Any:
    """Rules of a write: an object of the class, or a dict with its names; None for the defaults."""

    def convert(value: Any) -> Any:
        try:
            return settle(kind, value, "policy")
        except InvalidArgument as invalid:
            raise translated(invalid) from invalid.__cause__

    return attrs.field(converter=convert)
