"""Selecting and changing many elements of nested collections at once (protocol section 6.10)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from aerospike_wire.embedded import normal
from aerospike_wire.embedded.cdt import contexts, lists
from aerospike_wire.embedded.cdt.bodies import Entry, ListBody, MapBody, pack_list
from aerospike_wire.embedded.cdt.contexts import Step, body_of, child
from aerospike_wire.embedded.cdt.order import FALSE, TRUE, integer_particle, malformed, particle, read_call
from aerospike_wire.embedded.outcome import Outcome
from aerospike_wire.embedded.refusal import Refusal
from aerospike_wire.errors import ProtocolError
from aerospike_wire.errors.codes import ResultCode
from aerospike_wire.expressions import items
from aerospike_wire.expressions.evaluate import REMOVED, UNKNOWN, Malformed, Subject, parse, parse_filter, to_item
from aerospike_wire.proto.values import Particle

if TYPE_CHECKING:
    from aerospike_wire.embedded.cdt.bodies import Body
    from aerospike_wire.embedded.cdt.order import Argument, Item
    from aerospike_wire.embedded.normal import Order
    from aerospike_wire.embedded.store import Particle as Value
    from aerospike_wire.expressions.evaluate import Engines, Program

TREE, VALUES, KEYS, KEYS_AND_VALUES, APPLY = range(5)
NO_FAIL: Final = 0x10
_RESULTS: Final = 0x0F

_KEYS_IN: Final = 0x2A
_AND: Final = 0x204
_MAX_LEVELS: Final = 64
_KEY, _VALUE, _INDEX = range(3)
"""Loop variables."""
_OF_RECORDS: Final = range(64, 83)
"""Operations of expressions that are about records, which paths do not see."""
_UNKNOWN: Final = b"\x91\x00"
"""The expression that cannot be told about anything."""


@attrs.frozen
class Level:
    """One entry of a path, with what else is asked of the elements that it leads to."""

    step: Step
    filters: list[Program] = attrs.Factory(list)
    conditions: list[Program] = attrs.Factory(list)
    """What is asked in addition; what cannot be told does not hold."""
    keys: list[Order] | None = None
    """Keys of maps to go to, if it is a list of keys."""


@attrs.frozen
class Path:
    """A path and what to do with the elements at its end."""

    levels: list[Level]
    flags: int
    change: Program | None = None
    """What replaces the elements, if the path is to change them."""

    @property
    def lenient(self) -> bool:
        """Whether elements about which an expression cannot tell are left out."""
        return bool(self.flags & NO_FAIL)


def read_path(arguments: list[Argument], *, modifies: bool) -> Path:
    """A path from the arguments of a call.

    Raises:
        Refusal: 4, it is none.
    """
    if len(arguments) < (3 if modifies else 2):
        raise malformed("a path without all its arguments")
    flags = arguments[1].integer()
    if (flags & _RESULTS > APPLY) or (flags & _RESULTS == APPLY) is not modifies:
        raise malformed(f"path flags {flags:#x}")
    change = _program(arguments[2], truth=False) if modifies else None
    return Path(_levels(arguments[0]), flags, change)


def _levels(context: Argument) -> list[Level]:
    entries = read_call(context.raw)
    if not entries or len(entries) % 2:
        raise malformed("a path of an odd number of items, or of none")
    levels: list[Level] = []
    for kind, value in zip(entries[::2], entries[1::2], strict=True):
        step = Step(kind.integer(), value)
        if step.type == _AND:
            if not levels or levels[-1].step.type == contexts.EXPRESSION:
                raise malformed("an additional condition of nothing")
            levels[-1].conditions.append(_program(value, truth=True))
        elif step.type == contexts.EXPRESSION:
            levels.append(Level(step, [] if value.kind == TRUE else [_program(value, truth=True)]))
        elif step.type == _KEYS_IN:
            levels.append(Level(step, keys=[order for _, order in value.elements()]))
        else:
            levels.append(Level(_checked(step)))
    if len(levels) > _MAX_LEVELS:
        raise malformed("a path of too many levels")
    return levels


def _checked(step: Step) -> Step:
    try:
        contexts.check_step(step)
    except Refusal as refusal:
        raise malformed(refusal.reason) from None
    return step


def _program(argument: Argument, *, truth: bool) -> Program:
    try:
        if argument.kind == FALSE:
            raise malformed("a path that leads nowhere")
        found = parse_filter(argument.raw) if truth else parse(argument.raw)
        return parse(_UNKNOWN) if _about_record(items.parse(argument.raw)) else found
    except (Malformed, ProtocolError) as error:
        raise malformed(str(error)) from None


def _about_record(expression: object) -> bool:
    if not isinstance(expression, list):
        return False
    head = expression[0] if expression else None
    if isinstance(head, int) and not isinstance(head, bool) and head in _OF_RECORDS:
        return True
    return any(map(_about_record, expression[1:]))


def select(before: Value, path: Path) -> Value | None:
    """What a path selects in a collection.

    Raises:
        Refusal: 4, an expression of the path cannot be told about an element; 12, the value
            is no collection.
    """
    body = _collection(before)
    kind = path.flags & _RESULTS
    if kind == TREE:
        return _value(_tree(body, path, path.levels))
    found: list[bytes] = []
    for holder, place in _leaves(body, path, path.levels):
        if kind in (KEYS, KEYS_AND_VALUES) and isinstance(holder, MapBody):
            found.append(holder.entries[place].key[0])
        if kind in (VALUES, KEYS_AND_VALUES):
            found.append(child(holder, place))
    return Particle.LIST.value, pack_list(found)


def apply(before: Value, path: Path) -> Outcome:
    """Change what a path selects in a collection.

    Raises:
        Refusal: 4 and 12 as for :func:`select`; 1, the new value of an element cannot be told.
    """
    body = _collection(before)
    _change(body, path, path.levels)
    return Outcome(None, _value(body))


def _wrong_type() -> Refusal:
    return Refusal(ResultCode.BIN_INCOMPATIBLE_TYPE, "a path in a value that is no collection")


def _collection(value: Value) -> Body:
    body = body_of(value[1]) if value[0] in (Particle.LIST, Particle.MAP) else None
    if body is None:
        raise _wrong_type()
    return body


def _value(body: Body) -> Value:
    return (Particle.MAP if isinstance(body, MapBody) else Particle.LIST).value, body.pack()


def _engines() -> Engines:
    from aerospike_wire.embedded.engines import ENGINES  # noqa: PLC0415  they are built on this package

    return ENGINES


def _subject(body: Body, place: int) -> Subject:
    """An element as expressions see it."""
    nil = Particle.NULL.value, b""
    loop = {_VALUE: particle(child(body, place)) or nil}
    if isinstance(body, MapBody):
        loop[_KEY] = particle(body.entries[place].key[0]) or nil
    else:
        loop[_INDEX] = integer_particle(place)
    return Subject({}, loop=loop)


def _matches(body: Body, path: Path, level: Level) -> list[int]:
    """Positions that a level leads to."""
    if level.step.type == contexts.EXPRESSION:
        places = list(range(len(body)))
    elif level.keys is not None:
        if not isinstance(body, MapBody):
            raise malformed("a path looks for keys in a list")
        places = [place for place, key in enumerate(body.keys()) if key in level.keys]
    elif not level.step.fits(body) or (level.step.kind == contexts.KEY and isinstance(body, ListBody)):
        raise malformed("a path leads into a collection of another kind")
    else:
        place = contexts.find(body, level.step)
        if place is None and level.step.create:
            raise malformed("a path creates nothing")
        places = [] if place is None else [place]
    for program in level.filters:
        places = [place for place in places if _holds(program, body, place, lenient=path.lenient)]
    for program in level.conditions:
        places = [place for place in places if _holds(program, body, place, lenient=True)]
    return places


def _holds(program: Program, body: Body, place: int, *, lenient: bool) -> bool:
    found = program.run(_subject(body, place), _engines())
    if found is UNKNOWN and not lenient:
        raise malformed("an expression cannot be told about an element")
    return found is True


def _leaves(body: Body, path: Path, levels: list[Level]) -> list[tuple[Body, int]]:
    """Collections and positions of the elements at the end of a path."""
    level, *rest = levels
    if not rest and path.flags & _RESULTS in (KEYS, KEYS_AND_VALUES) and isinstance(body, ListBody):
        raise _wrong_type()
    places = _matches(body, path, level)
    if not rest:
        return [(body, place) for place in places]
    found: list[tuple[Body, int]] = []
    for place in places:
        inner = body_of(child(body, place))
        if inner is not None:
            found += _leaves(inner, path, rest)
    return found


def _tree(body: Body, path: Path, levels: list[Level]) -> Body:
    """A collection with nothing in it but what lies on a path."""
    level, *rest = levels
    kept: list[tuple[int, bytes]] = []
    for place in _matches(body, path, level):
        packed = child(body, place)
        if rest:
            inner = body_of(packed)
            if inner is not None:
                packed = _tree(inner, path, rest).pack()
        kept.append((place, packed))
    return _with(body, kept, flags=0)


def _with(body: Body, kept: list[tuple[int, bytes]], *, flags: int) -> Body:
    """A collection of some elements of another, with what has become of them."""
    changed: list[tuple[int, Item]] = [(place, (packed, normal.order_of(packed))) for place, packed in kept]
    if isinstance(body, MapBody):
        return MapBody([Entry(body.entries[place].key, item) for place, item in changed], flags)
    found = ListBody([], flags)
    for _, item in changed:
        lists.add(found, item)
    return found


def _change(body: Body, path: Path, levels: list[Level]) -> None:
    level, *rest = levels
    places = set(_matches(body, path, level))
    kept: list[tuple[int, bytes]] = []
    for place in range(len(body)):
        packed: bytes | None = child(body, place)
        if place in places and packed is not None:
            if not rest:
                packed = _changed(body, path, place, packed)
            elif (inner := body_of(packed)) is not None:
                _change(inner, path, rest)
                packed = inner.pack()
        if packed is not None:
            kept.append((place, packed))
    after = _with(body, kept, flags=body.flags)
    if isinstance(body, MapBody) and isinstance(after, MapBody):
        body.entries = after.entries
    elif isinstance(body, ListBody) and isinstance(after, ListBody):
        body.items = after.items


def _changed(body: Body, path: Path, place: int, packed: bytes) -> bytes | None:
    """What replaces an element; None if nothing does."""
    assert path.change is not None
    found = path.change.run(_subject(body, place), _engines())
    if found is REMOVED:
        return None
    if found is not UNKNOWN:
        return items.pack(to_item(path.change.kind, found))
    if path.lenient:
        return packed
    raise Refusal(ResultCode.SERVER, "the new value of an element cannot be told")
