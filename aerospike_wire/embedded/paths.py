"""Selecting and changing many elements of nested collections by a path (protocol section 6.10)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs

from aerospike_wire.embedded.outcome import Outcome
from aerospike_wire.embedded.refusal import Refusal
from aerospike_wire.errors import ProtocolError
from aerospike_wire.errors.codes import ResultCode
from aerospike_wire.expressions import items
from aerospike_wire.expressions.evaluate import (
    REMOVED,
    UNKNOWN,
    Malformed,
    Subject,
    from_literal,
    parse,
    to_item,
    to_particle,
)
from aerospike_wire.proto.message import OpCode
from aerospike_wire.proto.values import Particle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aerospike_wire.embedded.store import Particle as Value
    from aerospike_wire.expressions.evaluate import Engines, Program

SELECT: Final = 0xFE
TREE, VALUES, KEYS, PAIRS, APPLY = range(5)
"""What is made of the elements that a path leads to."""
_NO_FAIL: Final = 0x10
_MAX_STEPS: Final = 64

_EXPRESSION, _KEYS_IN, _AND = 0x04, 0x2A, 0x204
_LIST_INDEX, _LIST_RANK, _LIST_VALUE = 0x10, 0x11, 0x13
_MAP_INDEX, _MAP_RANK, _MAP_KEY, _MAP_VALUE = 0x20, 0x21, 0x22, 0x23
_SINGLE: Final = frozenset({
    _LIST_INDEX, _LIST_RANK, _LIST_VALUE, _MAP_INDEX, _MAP_RANK, _MAP_KEY, _MAP_VALUE,
})  # fmt: skip
_OF_MAPS: Final = 0x20


@attrs.frozen
class _Child:
    """An element of a collection."""

    key: Any
    """Its key in a map, None in a list."""
    value: Any
    index: int
    in_map: bool


@attrs.frozen
class _Step:
    """One step of a path: what it selects, and a further condition."""

    kind: int
    value: Any
    filters: list[Program]


@attrs.frozen
class _Path:
    steps: list[_Step]
    mode: int
    no_fail: bool
    change: Program | None
    engines: Engines


def _invalid(reason: str) -> Refusal:
    return Refusal(ResultCode.INVALID_REQUEST, reason)


def is_path(payload: bytes) -> bool:
    """Whether a call on a list or map is one by path."""
    return payload[1:3] == b"\xcc\xfe" and payload[:1] in (b"\x93", b"\x94")


def execute(code: int, before: Value | None, payload: bytes, engines: Engines) -> Outcome:
    """Make a call by path on a bin.

    Args:
        code: operation code; it tells whether the call may change the bin.
        before: what the bin holds; None for a missing bin.
        payload: the call.
        engines: for the calls in the path's expressions.

    Raises:
        Refusal: 4 for what is no path, 12 for a bin that is neither list nor map, 4 or 1 if
            an expression cannot be told on an element.
    """
    path = _parse(payload, engines)
    if (path.mode == APPLY) != (code == OpCode.CDT_MODIFY):
        raise _invalid("an operation that reads must select, one that modifies must apply")
    if before is None:
        if path.mode == APPLY:
            raise Refusal(ResultCode.BIN_INCOMPATIBLE_TYPE, "nothing to change")
        return Outcome()
    if before[0] not in (Particle.LIST, Particle.MAP):
        raise Refusal(ResultCode.BIN_INCOMPATIBLE_TYPE, "a path into a bin of another type")
    whole = items.parse(before[1])
    if path.mode in (TREE, APPLY):
        made = _rebuilt(whole, path, 0)
        value = before[0], items.pack(made)
        return Outcome(value) if path.mode == TREE else Outcome(None, value)
    found = [part for leaf in _leaves(whole, path, 0) for part in _shown(leaf, path.mode)]
    return Outcome((Particle.LIST.value, items.pack(found)))


def _parse(payload: bytes, engines: Engines) -> _Path:
    try:
        call = items.parse(payload)
    except ProtocolError as error:
        raise _invalid(str(error)) from None
    if not isinstance(call, list) or not 3 <= len(call) <= 4 or call[0] != SELECT:
        raise _invalid("no call by path")
    context, flags = call[1:3]
    if isinstance(flags, bool) or not isinstance(flags, int) or flags & ~(_NO_FAIL | 0x0F):
        raise _invalid("flags of a path")
    mode = flags & 0x0F
    if mode > APPLY or (mode == APPLY) != (len(call) == 4):
        raise _invalid("mode of a path")
    change = _program(call[3]) if mode == APPLY else None
    return _Path(_steps(context), mode, bool(flags & _NO_FAIL), change, engines)


def _program(item: Any) -> Program:
    try:
        return parse(items.pack(item))
    except Malformed as error:
        raise _invalid(str(error)) from None


def _steps(context: Any) -> list[_Step]:
    if not isinstance(context, list) or not context or len(context) % 2 or len(context) > 2 * _MAX_STEPS:
        raise _invalid("steps of a path")
    steps: list[_Step] = []
    for kind, value in zip(context[::2], context[1::2], strict=True):
        if kind == _AND:
            if not steps or steps[-1].kind == _EXPRESSION:
                raise _invalid("a condition without a step")
            steps[-1].filters.append(_program(value))
        elif kind == _EXPRESSION:
            steps.append(_Step(kind, None, [] if value is True else [_program(value)]))
        elif kind in _SINGLE or (kind == _KEYS_IN and isinstance(value, list)):
            steps.append(_Step(kind, value, []))
        else:
            raise _invalid(f"step {kind} of a path")
    return steps


# Walking


def _children(item: Any) -> list[_Child]:
    if isinstance(item, items.Map):
        return [_Child(key, value, index, in_map=True) for index, (key, value) in enumerate(item.entries)]
    if isinstance(item, list):
        return [_Child(None, value, index, in_map=False) for index, value in enumerate(items.elements(item))]
    return []


def _selected(item: Any, path: _Path, depth: int) -> list[_Child]:
    step = path.steps[depth]
    found = _children(item)
    if step.kind == _KEYS_IN:
        wanted = {items.order(key) for key in step.value}
        found = [child for child in found if child.in_map and items.order(child.key) in wanted]
    elif step.kind != _EXPRESSION:
        found = _single(found, step)
    return [child for child in found if all(_passes(child, program, path) for program in step.filters)]


def _single(children: list[_Child], step: _Step) -> list[_Child]:
    children = [child for child in children if child.in_map == bool(step.kind & _OF_MAPS)]
    if step.kind == _MAP_KEY:
        return [child for child in children if items.order(child.key) == items.order(step.value)]
    if step.kind in (_LIST_VALUE, _MAP_VALUE):
        return [child for child in children if items.order(child.value) == items.order(step.value)][:1]
    if step.kind in (_LIST_RANK, _MAP_RANK):
        children = sorted(children, key=lambda child: items.order(child.value))
    if isinstance(step.value, bool) or not isinstance(step.value, int):
        raise _invalid("an index that is no integer")
    return [children[step.value]] if -len(children) <= step.value < len(children) else []


def _passes(child: _Child, program: Program, path: _Path) -> bool:
    found = program.run(_about(child), path.engines)
    if isinstance(found, bool):
        return found
    if not path.no_fail:
        raise _invalid("a condition of a path cannot be told")
    return False


def _about(child: _Child) -> Subject:
    parts = {1: child.value, 2: child.index}
    if child.in_map:
        parts[0] = child.key
    return Subject(bins={}, loop=dict(_particles(parts)))


def _particles(parts: dict[int, Any]) -> Iterator[tuple[int, Value]]:
    for number, item in parts.items():
        if isinstance(item, list):
            yield number, (Particle.LIST.value, items.pack(item))
        else:
            typed = from_literal(item)
            if typed is not None:
                yield number, to_particle(*typed)


def _leaves(item: Any, path: _Path, depth: int) -> Iterator[_Child]:
    last = depth == len(path.steps) - 1
    for child in _selected(item, path, depth):
        if last:
            yield child
        else:
            yield from _leaves(child.value, path, depth + 1)


def _shown(leaf: _Child, mode: int) -> list[Any]:
    if mode == VALUES:
        return [leaf.value]
    if not leaf.in_map:
        raise Refusal(ResultCode.OP_NOT_APPLICABLE, "keys of elements of a list")
    return [leaf.key] if mode == KEYS else [leaf.key, leaf.value]


def _rebuilt(item: Any, path: _Path, depth: int) -> Any:
    """A collection with nothing but the path's branches, or with its leaves changed."""
    chosen = {child.index: child for child in _selected(item, path, depth)}
    last = depth == len(path.steps) - 1
    kept: list[_Child] = []
    for child in _children(item):
        if child.index not in chosen:
            if path.mode == APPLY:
                kept.append(child)
            continue
        value = child.value
        if not last:
            if not isinstance(value, list | items.Map):
                kept.append(child)
                continue
            value = _rebuilt(value, path, depth + 1)
        elif path.mode == APPLY:
            value = _changed(child, path)
            if value is REMOVED:
                continue
        kept.append(attrs.evolve(child, value=value))
    return _collected(item, kept)


def _changed(child: _Child, path: _Path) -> Any:
    program = path.change
    assert program is not None
    found = program.run(_about(child), path.engines)
    if found is UNKNOWN:
        if not path.no_fail:
            raise Refusal(ResultCode.SERVER, "the new value of an element cannot be told")
        return child.value
    return found if found is REMOVED else to_item(program.kind, found)


def _collected(item: Any, children: list[_Child]) -> Any:
    if isinstance(item, items.Map):
        marker = [item.pairs[0]] if item.order or len(item.pairs) > len(item.entries) else []
        return items.Map([*marker, *((child.key, child.value) for child in children)])
    values = [child.value for child in children]
    if len(items.elements(item)) == len(item):
        return values
    sort: Callable[[Any], Any] = items.order
    return [item[0], *(sorted(values, key=sort) if item[0].kind & 1 else values)]
