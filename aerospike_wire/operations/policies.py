"""Policies of single operations. Names and defaults are the official client's.

Each is given as an object of its class or as a dict with the same names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import attrs

from aerospike_wire.errors import ParamError
from aerospike_wire.operations import checks
from aerospike_wire.operations.flags import BitWrite, HllWrite, ListOrder, ListWrite, MapOrder, MapWrite, StringWrite
from aerospike_wire.operations.operation import refused
from aerospike_wire.proto.invalid import InvalidArgument


def _choice(kind: Any, default: Any) -> Any:
    return attrs.field(
        default=default,
        validator=lambda _, attribute, value: _checked(checks.choice, value, kind, attribute.name),
    )


def _flags(kind: Any) -> Any:
    return attrs.field(
        default=kind(0),
        validator=lambda _, attribute, value: _checked(checks.flags, value, kind, attribute.name),
    )


def _checked(check: Any, value: Any, kind: Any, name: str) -> None:
    try:
        check(value, kind, f"policy {name}")
    except InvalidArgument as invalid:
        raise refused(invalid) from invalid.__cause__


def _flag(_: Any, attribute: attrs.Attribute[bool], value: Any) -> None:
    try:
        checks.flag(value, f"policy {attribute.name}")
    except InvalidArgument as invalid:
        raise refused(invalid) from invalid.__cause__


@attrs.frozen(kw_only=True)
class ListPolicy:
    """How a list is written."""

    list_order: int = _choice(ListOrder, ListOrder.UNORDERED)
    """Order of the list if this write creates it."""
    write_flags: int = _flags(ListWrite)


@attrs.frozen(kw_only=True)
class MapPolicy:
    """How a map is written."""

    map_order: int = _choice(MapOrder, MapOrder.UNORDERED)
    """Order of the map if this write creates it."""
    map_write_flags: int = _flags(MapWrite)
    persist_index: bool = attrs.field(default=False, validator=_flag)
    """Keep the map's index with it: faster reads, more storage. For the bin's own map only."""


@attrs.frozen(kw_only=True)
class BitPolicy:
    """How a blob is written."""

    bit_write_flags: int = _flags(BitWrite)


@attrs.frozen(kw_only=True)
class HllPolicy:
    """How a HyperLogLog is written."""

    flags: int = _flags(HllWrite)


@attrs.frozen
class StringPolicy:
    """How a string is written."""

    write_flags: int = _flags(StringWrite)


Given = Mapping[str, Any] | None
T = TypeVar("T", ListPolicy, MapPolicy, BitPolicy, HllPolicy, StringPolicy)


def settle(kind: type[T], given: Any, argument: str) -> T | None:
    """The policy, checked; None if none was given.

    Raises:
        InvalidArgument: it is neither of its class nor a dict with its names.
            Or a value of it is not acceptable.
    """
    if given is None or isinstance(given, kind):
        return given
    if not isinstance(given, Mapping):
        raise InvalidArgument(argument, f"must be a {kind.__name__}, a dict or None, not {type(given).__name__}")
    if not given:
        return None
    names = attrs.fields_dict(kind)
    for name in given:
        if name not in names:
            raise InvalidArgument(argument, f"has no entry {name!r}; it takes {', '.join(names)}")
    try:
        return kind(**given)
    except ParamError as error:
        argument = str(error.argument)
        raise InvalidArgument(argument, error.msg.removeprefix(f"{argument} ")) from None
