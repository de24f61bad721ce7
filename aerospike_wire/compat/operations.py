"""Operations: dicts that the official helpers make, or programs by hand, and this client's for them.

Each helper is a row: the function of :mod:`aerospike_wire.operations` that it stands for,
the number in the dict's ``op``, and the names under which the dict keeps arguments where
they differ. The same row leads both ways.
"""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any, Final, ParamSpec

import attrs

from aerospike_wire.compat import constants as c
from aerospike_wire.compat.contexts import contexts_of
from aerospike_wire.compat.keys import text_of
from aerospike_wire.compat.policies import without_unknown
from aerospike_wire.compat.refusal import refused
from aerospike_wire.compat.types import null
from aerospike_wire.errors import BinNameError, InvalidRequest, ParamError
from aerospike_wire.operations import checks
from aerospike_wire.operations.operation import Operation
from aerospike_wire.operations.policies import BitPolicy, HllPolicy, ListPolicy, MapPolicy
from aerospike_wire.proto import values
from aerospike_wire.proto.message import OpCode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aerospike_wire.compat.values import Translator

P = ParamSpec("P")

_POLICIES: Final = {
    "list_policy": frozenset(attrs.fields_dict(ListPolicy)),
    "map_policy": frozenset(attrs.fields_dict(MapPolicy)),
    "hll_policy": frozenset(attrs.fields_dict(HllPolicy)),
    "policy": frozenset(attrs.fields_dict(BitPolicy)),
}
"""Keys of dicts that hold a policy, and what the policy may have."""


@attrs.frozen
class Row:
    """One helper."""

    function: Callable[..., Operation]
    keys: Mapping[str, str]
    """Where the dict keeps each parameter."""
    required: frozenset[str]
    """Parameters without a default."""


_JUDGED_BY_SERVERS: Final = frozenset({"index_bit_count", "mh_bit_count"})
"""Numbers of which the official client lets the server say that they are out of range."""

ROWS: dict[int, Row] = {}
"""Rows by the number in ``op``."""


def helper(function: Callable[P, Operation], op: int, **keys: str) -> Callable[P, dict[str, Any]]:
    """A helper function, and its row.

    Args:
        function: this client's own.
        op: the number of the operation.
        keys: for parameters that the dict keeps under another name, that name.
    """
    parameters = inspect.signature(function).parameters
    names = {name: keys.get(name, name) for name in parameters}
    if "bin_name" in names:
        names["bin_name"] = "bin"
    required = frozenset(name for name, found in parameters.items() if found.default is inspect.Parameter.empty)
    ROWS[op] = Row(function, names, required)
    kept = {names[name] for name in required}
    signature = inspect.signature(function)
    order = tuple(parameters)
    defaults = {names[name]: found.default for name, found in parameters.items() if name not in required}
    defaults = {"op": op, **{key: value for key, value in defaults.items() if value is not None}}

    @functools.wraps(function)
    def make(*args: P.args, **kwargs: P.kwargs) -> dict[str, Any]:
        given: dict[str, Any] = dict(zip(order, args, strict=False))
        if len(args) > len(order) or not names.keys() >= kwargs.keys() or not given.keys().isdisjoint(kwargs):
            signature.bind(*args, **kwargs)  # raises TypeError, in Python's words
        given.update(kwargs)
        if not given.keys() >= required:
            signature.bind(*args, **kwargs)
        made = defaults.copy()
        for name, value in given.items():
            key = names[name]
            if value is not None or key in kept:
                made[key] = value
            else:
                made.pop(key, None)
        return made

    return make


def operation_of(given: Any, translator: Translator, *, validate: bool) -> Operation | None:
    """This client's operation for a dict; None for one that is passed over, because types are not strict.

    Args:
        given: the dict; an Operation is taken as it is.
        translator: the way of values.
        validate: refuse entries of policies that are not known, instead of passing over them.

    Raises:
        ParamError: it is no such dict, or has something that cannot be used.
    """
    if isinstance(given, Operation):
        return given
    if not isinstance(given, dict):
        raise refused("list", f"operations must be dicts, not {type(given).__name__}")
    op = given.get("op")
    if op is None:
        raise refused("list", "an operation must have an op")
    row = ROWS.get(op) if isinstance(op, int) else None
    if row is None:
        if not translator.strict:
            return None
        raise refused("list", f"operation {op!r} is not known")
    try:
        raw = _raw(op, given, translator)
        return row.function(**_arguments(row, given, translator, validate=validate)) if raw is None else raw
    except BinNameError:
        if not translator.strict:
            return None
        raise
    except ParamError as error:
        if error.argument in _JUDGED_BY_SERVERS and isinstance(given.get(error.argument), int):
            raise InvalidRequest(error.msg) from error
        raise


def _arguments(row: Row, given: dict[str, Any], translator: Translator, *, validate: bool) -> dict[str, Any]:
    """What the dict has, by the names of the function's parameters."""
    arguments: dict[str, Any] = {}
    for name, key in row.keys.items():
        value = given.get(key)
        if name == "bin_name":
            if value is None:
                raise refused("bin", "Bin is not given")
            arguments[name] = text_of(value)
        elif value is None:
            if key == "return_type" and key not in given:
                value = 0  # nothing is returned, as the official client has it
            elif name in row.required and key not in given:
                raise refused(key, f"operation {row.function.__name__} lacks its {key}")
            if name not in row.required:
                continue
            arguments[name] = value
        elif key == "ctx":
            arguments[name] = contexts_of(value, translator)
        elif key in _POLICIES and isinstance(value, dict):
            arguments[name] = without_unknown(value, _POLICIES[key], validate=validate)
        elif name in ("expression", "expr"):
            from aerospike_wire.compat.helpers.expressions.resources import bytes_of  # noqa: PLC0415  it needs contexts

            arguments[name] = bytes_of(value, translator)
        else:
            arguments[name] = translator.inward(value)
    return arguments


_BINS: Final = {
    c.OPERATOR_APPEND: (OpCode.APPEND, (str, bytes, bytearray)),
    c.OPERATOR_PREPEND: (OpCode.PREPEND, (str, bytes, bytearray)),
    c.OPERATOR_INCR: (OpCode.INCREMENT, (int, float)),
}
"""Operations whose values the official client leaves to the server, and the types that this one takes."""


def _raw(op: int, given: dict[str, Any], translator: Translator) -> Operation | None:
    """An operation with a value that only the server can judge; None if there is nothing unusual about it."""
    if op not in _BINS:
        return None
    code, kinds = _BINS[op]
    value = given.get("val")
    if isinstance(value, kinds) or not (isinstance(value, null) or (value is not None and not translator.strict)):
        return None
    name = checks.bin_of(text_of(given.get("bin")))
    particle, data = values.encode(translator.inward(value), "val")
    return Operation(code.name.lower(), code, name, particle, data, writes=True)


def operations_of(given: Any, translator: Translator, *, validate: bool, argument: str = "list") -> list[Operation]:
    """This client's operations for a list of dicts.

    Raises:
        ParamError: it is no list, empty, or an operation in it cannot be used.
    """
    if not isinstance(given, list):
        raise refused(argument, "Operations should be of type list")
    from aerospike_wire.compat.helpers import operations  # noqa: F401, PLC0415  its modules fill the rows

    found = (operation_of(operation, translator, validate=validate) for operation in given)
    return [operation for operation in found if operation is not None]
