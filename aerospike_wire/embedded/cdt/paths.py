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
    from collections.abc import Iterator

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
    filter: Program | None = None
    """What is asked of every element, if the entry is a question."""
    condition: Program | None = None
    """What is asked in addition of the elements that the entry leads to."""
    keys: list[Order] | None = None
    """Keys of maps to go to, if it is a list of keys."""

    @property
    def single(self) -> bool:
        """Whether it goes by an index or a rank."""
        return self.filter is None and self.keys is None and self.step.kind in (contexts.INDEX, contexts.RANK)


@attrs.frozen
class Path:
    """A path and what to do with the elements at its end."""

    levels: list[Level]
    flags: int
    change: Program | None = None
    """What replaces the elements, if the path is to change them."""

    @property
    def mode(self) -> int:
        """What is made of the elements."""
        return self.flags & _RESULTS

    @property
    def lenient(self) -> bool:
        """Whether elements about which an expression cannot tell are left out."""
        return bool(self.flags & NO_FAIL)


def read_path(arguments: list[Argument], *, modifies: bool) -> Path:
    """A path from the arguments of a call.

    Raises:
        Refusal: 4, it is none.
    """
    if len(arguments) != (3 if modifies else 2):
        raise malformed("a path without all its arguments, or with more")
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
    joined = False
    for kind, value in zip(entries[::2], entries[1::2], strict=True):
        step = Step(kind.integer(), value)
        asked = value.kind != TRUE
        if step.type == _AND:
            if joined or not levels or levels[-1].step.type == contexts.EXPRESSION:
                raise malformed("an additional condition of nothing, or a second one")
            joined = True
            if asked:
                levels[-1] = attrs.evolve(levels[-1], condition=_program(value, truth=True))
            continue
        joined = False
        if step.type == contexts.EXPRESSION:
            levels.append(Level(step, _program(value, truth=True) if asked else None))
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
        Refusal: 4, an expression of the path cannot be told about an element, or an entry is
            for collections of another kind; 12, keys of a list are asked for.
    """
    body = _collection(before)
    walk = _Walk(path)
    kept = walk.through(body, 0, at_end=True)
    if path.mode == TREE:
        return _value(kept)
    return Particle.LIST.value, pack_list(walk.found)


def apply(before: Value, path: Path) -> Outcome:
    """Change what a path selects in a collection.

    Raises:
        Refusal: 4 and 12 as for :func:`select`; 1, the new value of an element cannot be told.
    """
    return Outcome(None, _value(_Walk(path).through(_collection(before), 0, at_end=True)))


def _collection(value: Value) -> Body:
    body = body_of(value[1]) if value[0] in (Particle.LIST, Particle.MAP) else None
    if body is None:
        raise _wrong_type()
    return body


def _wrong_type() -> Refusal:
    return Refusal(ResultCode.BIN_INCOMPATIBLE_TYPE, "a path in a value that is no collection, or to keys of a list")


def _value(body: Body) -> Value:
    return (Particle.MAP if isinstance(body, MapBody) else Particle.LIST).value, body.pack()


def _engines() -> Engines:
    from aerospike_wire.embedded.engines import ENGINES  # noqa: PLC0415  they are built on this package

    return ENGINES


def _subject(body: Body, place: int) -> Subject:
    """An element as expressions see it: with its key in a map, with its index in a list."""
    nil = Particle.NULL.value, b""
    loop = {_VALUE: particle(child(body, place)) or nil}
    if isinstance(body, MapBody):
        loop[_KEY] = particle(body.entries[place].key[0]) or nil
    else:
        loop[_INDEX] = integer_particle(place)
    return Subject({}, loop=loop)


@attrs.define
class _Walk:
    """One way through a collection, element by element as a server goes it."""

    path: Path
    found: list[bytes] = attrs.Factory(list)
    """What was selected, unless it is a tree."""
    _lost: bool = False
    """Whether the way has gone past elements of the collections around the one it is in.

    After an entry by rank, and in maps by index, a server goes on at the end of the bin. In the
    outermost collection that is where it should be; further inside it misses the elements that
    follow, and fails as soon as it is to look at one.
    """

    def through(self, body: Body, number: int, *, at_end: bool) -> Body:
        """A collection as the path leaves it: its branches alone, or all of it with changes.

        Args:
            body: the collection.
            number: the level of the path that is about its elements.
            at_end: whether nothing follows it in the bin.
        """
        level, mode = self.path.levels[number], self.path.mode
        last = number + 1 == len(self.path.levels)
        if last and mode in (KEYS, KEYS_AND_VALUES) and isinstance(body, ListBody) and (len(body) or body.flags):
            if not self.path.lenient:
                raise _wrong_type()
            return body
        if not len(body):
            return body
        _check_kind(level.step, body)
        jumps = level.single and _jumps(level, body)
        kept: list[tuple[int, bytes]] = []
        for place in self._places(level, body):
            packed = child(body, place)
            ends = at_end and place == len(body) - 1
            changed = self._leaf(body, place, packed) if last else self._branch(packed, number, at_end=ends)
            if changed is not None:
                kept.append((place, changed))
            elif mode == APPLY:
                kept.append((place, b""))
            if self._lost and place < len(body) - 1 and not jumps:
                self._fail(level, body, place + 1)
        if jumps:
            self._lost = not at_end
        if mode == APPLY:
            now = dict(kept)
            everything = ((place, now.get(place, child(body, place))) for place in range(len(body)))
            return _with(body, [(place, packed) for place, packed in everything if packed], flags=body.flags)
        return _with(body, kept, flags=0)

    def _fail(self, level: Level, body: Body, place: int) -> None:
        """Look at the element at a place, which a server does not find any more."""
        if level.filter is not None and isinstance(body, ListBody) and not self.path.lenient:
            found = level.filter.run(Subject({}, loop={_INDEX: integer_particle(place)}), _engines())
            if found is UNKNOWN:
                raise malformed("an expression cannot be told about an element")
        raise Refusal(ResultCode.SERVER, "elements that a server does not find any more")

    def _places(self, level: Level, body: Body) -> Iterator[int]:
        """Positions that a level leads to, each looked for when it is needed."""
        if level.single:
            place = contexts.find(body, level.step)
            if place is not None and (level.condition is None or self._told(level.condition, body, place) is True):
                yield place
            return
        for place in range(len(body)):
            if self._meant(level, body, place) and self._holds(level.condition, body, place):
                yield place

    def _meant(self, level: Level, body: Body, place: int) -> bool:
        if level.step.type == contexts.EXPRESSION:
            return self._holds(level.filter, body, place)
        if isinstance(body, MapBody):
            key = body.entries[place].key[1]
            if level.keys is not None:
                return key in level.keys
            if level.step.kind == contexts.KEY:
                return key == level.step.value.probe
            return body.entries[place].value[1] == level.step.value.probe
        return body.items[place][1] == level.step.value.probe

    def _holds(self, program: Program | None, body: Body, place: int) -> bool:
        if program is None:
            return True
        found = self._told(program, body, place)
        if found is UNKNOWN and not self.path.lenient:
            raise malformed("an expression cannot be told about an element")
        return found is True

    def _told(self, program: Program, body: Body, place: int) -> object:
        return program.run(_subject(body, place), _engines())

    def _branch(self, packed: bytes, number: int, *, at_end: bool) -> bytes:
        inner = body_of(packed)
        return packed if inner is None else self.through(inner, number + 1, at_end=at_end).pack()

    def _leaf(self, body: Body, place: int, packed: bytes) -> bytes | None:
        """An element at the end of the path: None if it goes."""
        mode = self.path.mode
        if mode == APPLY:
            return self._changed(body, place, packed)
        if mode in (KEYS, KEYS_AND_VALUES) and isinstance(body, MapBody):
            self.found.append(body.entries[place].key[0])
        if mode in (VALUES, KEYS_AND_VALUES):
            self.found.append(packed)
        return packed

    def _changed(self, body: Body, place: int, packed: bytes) -> bytes | None:
        change = self.path.change
        assert change is not None
        found = change.run(_subject(body, place), _engines())
        if found is REMOVED:
            return None
        if found is not UNKNOWN:
            return items.pack(to_item(change.kind, found))
        if self.path.lenient:
            return packed
        raise Refusal(ResultCode.SERVER, "the new value of an element cannot be told")


def _check_kind(step: Step, body: Body) -> None:
    """Refuse an entry that is for collections of another kind, or that would create something.

    Raises:
        Refusal: 4, it is.
    """
    if step.type == contexts.EXPRESSION:
        return
    if not step.fits(body) or (step.kind == contexts.KEY and isinstance(body, ListBody)):
        raise malformed("a path leads into a collection of another kind")
    if step.create:
        raise malformed("a path creates nothing")


def _jumps(level: Level, body: Body) -> bool:
    """Whether a server goes on at the end of the bin behind an entry by rank or, in a map, by index."""
    place = level.step.value.integer()
    there = -len(body) <= place < len(body)
    return there and (isinstance(body, MapBody) or level.step.kind == contexts.RANK)


def _with(body: Body, kept: list[tuple[int, bytes]], *, flags: int) -> Body:
    """A collection of some elements of another, with what has become of them."""
    changed: list[tuple[int, Item]] = [(place, (packed, normal.order_of(packed))) for place, packed in kept]
    if isinstance(body, MapBody):
        return MapBody([Entry(body.entries[place].key, item) for place, item in changed], flags)
    found = ListBody([], flags)
    for _, item in changed:
        lists.add(found, item)
    return found
