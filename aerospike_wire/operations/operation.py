"""The form that every operation has, and how its functions make it."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, ParamSpec

import attrs

from aerospike_wire.errors import AerospikeError, ParamError, RecordContext, class_of
from aerospike_wire.operations import flags, refusals
from aerospike_wire.proto.invalid import InvalidArgument

if TYPE_CHECKING:
    import enum
    from collections.abc import Callable

P = ParamSpec("P")

_complete: Final = object.__setattr__
_SHOWN: Final = 200
"""Characters of an argument that are shown; what is longer says that it was cut."""


@attrs.frozen(repr=False)
class Operation:
    """One step of an ``operate`` call, checked and encoded.

    Made by the functions of :mod:`aerospike_wire.operations`.
    """

    name: str
    """The function that made it."""
    code: int
    """Code on the wire, protocol section 2.5."""
    bin: str | None
    """The bin it works on, None for the whole record."""
    particle: int = 0
    data: bytes = b""
    arguments: tuple[Any, ...] = attrs.field(default=(), repr=False, eq=False)
    """What the function was given, in order, for ``repr``."""
    writes: bool = False
    """True if it may change the record."""
    keywords: Mapping[str, Any] = attrs.field(factory=dict, repr=False, eq=False)
    """What the function was given by name, for ``repr``."""
    responds: bool = False
    """True if its request asks the server for a result of every operation, in order."""
    since: str | None = None
    """The first server version that has it, if not every supported one does."""
    ttl: int | None = None
    """Seconds that the whole call gives the record to live, as the header carries them; None if it does not say."""

    @property
    def write_flags(self) -> int:
        """The flags that its function was given, on their own or in a policy; 0 if it was given none."""
        names = _PARAMETERS.get(self.name, ())
        given = {**dict(zip(names, self.arguments, strict=False)), **self.keywords}
        found: Any = next((given[name] for name in _WITH_FLAGS if given.get(name) is not None), 0)
        if isinstance(found, int):
            return int(found)
        policy = found if isinstance(found, Mapping) else attrs.asdict(found)
        return int(next((policy[name] for name in _FLAGS if name in policy), 0))

    def can_give(self, code: int) -> bool:
        """Whether a server can answer a call with this code because of this operation."""
        return code in refusals.codes_of(self.name, self.code, self.particle, self.write_flags)

    def __repr__(self) -> str:
        names = _PARAMETERS.get(self.name, ())
        shown = [
            _show(self.name, names[at] if at < len(names) else "", value) for at, value in enumerate(self.arguments)
        ]
        shown += [f"{name}={_show(self.name, name, value)}" for name, value in self.keywords.items()]
        return f"{self.name}({', '.join(shown)})"


_WITH_FLAGS: Final = ("policy", "map_policy", "expression_write_flags")
"""Parameters that have a write's flags."""
_FLAGS: Final = ("write_flags", "map_write_flags", "bit_write_flags", "flags")
"""Where policies have them."""

_PARAMETERS: dict[str, tuple[str, ...]] = {}
"""Names of the positional parameters of each function."""

_KINDS: Final[Mapping[str, type[enum.IntEnum | enum.IntFlag]]] = {
    "list_order": flags.ListOrder,
    "map_order": flags.MapOrder,
    "sort_flags": flags.ListSort,
    "resize_flags": flags.BitResize,
    "action": flags.BitOverflow,
    "expression_read_flags": flags.ExpRead,
    "expression_write_flags": flags.ExpWrite,
    "numeric_type": flags.NumericType,
    "regex_flags": flags.RegexFlags,
    "select_by_path flags": flags.PathSelect,
    "modify_by_path flags": flags.PathModify,
    "remove_by_path flags": flags.PathModify,
}


def _show(function: str, parameter: str, value: Any) -> str:
    """An argument as text; plain numbers that stand for something by its name."""
    if type(value) is int:
        kind = _KINDS.get(parameter) or _KINDS.get(f"{function} {parameter}")
        if parameter == "return_type":
            kind = flags.MapReturn if function.startswith("map_") else flags.ListReturn
        if kind is not None:
            return repr(kind(value))
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}... ({len(text)} characters)"


def refused(invalid: InvalidArgument, function: str | None = None, bin_name: str | None = None) -> AerospikeError:
    """The error for an argument that a function does not take.

    Args:
        invalid: what is wrong.
        function: the operation's function.
        bin_name: the operation's bin.
    """
    context = None
    words = str(invalid)
    if function is not None:
        context = RecordContext(function, bins=() if bin_name is None else (bin_name,))
    if bin_name is not None:
        words = f"{invalid.argument} for bin {bin_name!r} {invalid.problem}"
    error = class_of(invalid.code)(words, context=context)
    if isinstance(error, ParamError):
        error.argument = invalid.argument
    return error


def builder(function: Callable[P, Operation]) -> Callable[P, Operation]:
    """Make of a function that encodes one that also says who made the operation, and from what.

    Arguments that cannot be encoded become the typed error for them.
    """
    return _builder(function, function.__name__)


def string_builder(function: Callable[P, Operation]) -> Callable[P, Operation]:
    """The same for functions whose names are used through their module."""
    return _builder(function, f"strings.{function.__name__}")


def _builder(function: Callable[P, Operation], name: str) -> Callable[P, Operation]:
    code = function.__code__
    parameters = _PARAMETERS[name] = code.co_varnames[: code.co_argcount]
    with_bin = parameters[:1] == ("bin_name",)

    @functools.wraps(function)
    def build(*args: P.args, **kwargs: P.kwargs) -> Operation:
        try:
            made = function(*args, **kwargs)
        except InvalidArgument as invalid:
            given: Any = (args[0] if args else kwargs.get("bin_name")) if with_bin else None
            named = isinstance(given, str) and invalid.argument != "bin_name"
            raise refused(invalid, name, given if named else None) from invalid.__cause__
        # Nobody else has seen it yet, so it is completed in place: made anew it would cost twice.
        _complete(made, "name", name)
        _complete(made, "arguments", args)
        if kwargs:
            _complete(made, "keywords", kwargs)
        return made

    return build
