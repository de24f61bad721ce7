"""Random sequences of operations on lists and maps agree with plain Python collections."""

from __future__ import annotations

from typing import Any

import pytest
from conformance import cases, packed
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import damaged

from aerospike_wire.embedded.cdt import call
from aerospike_wire.embedded.normal import normal_list, normal_map
from aerospike_wire.embedded.refusal import Refusal
from aerospike_wire.proto import msgpack, values
from aerospike_wire.proto.message import OpCode

INDEX, COUNT, KEY, VALUE = 1, 5, 6, 7
INVERTED = 0x10000
REFUSALS = {1, 4, 12, 23, 24, 26}

CALLS = sorted({packed(case.row["call"]) for case in cases() if case.area.startswith(("list", "map"))})

Step = tuple[str, tuple[Any, ...]]


class Refused(Exception):
    """The model says that the call is refused."""


def place(index: int, size: int) -> int:
    """A position that exists."""
    found = index + size if index < 0 else index
    if not 0 <= found < size:
        raise Refused
    return found


def span(index: int, count: int, size: int) -> slice:
    """The part of a range that exists."""
    start = index + size if index < 0 else index
    return slice(max(start, 0), max(start + count, 0))


class Bin:
    """A bin that calls are made on."""

    def __init__(self) -> None:
        self.stored: tuple[int, bytes] | None = None

    def call(self, *arguments: Any) -> Any:
        """The value that a modifying call gives."""
        outcome = call.execute(OpCode.CDT_MODIFY, self.stored, msgpack.pack(list(arguments)))
        self.stored = outcome.stored or self.stored
        return None if outcome.value is None else values.decode(*outcome.value)

    def read(self, *arguments: Any) -> Any:
        """The value that a reading call gives."""
        outcome = call.execute(OpCode.CDT_READ, self.stored, msgpack.pack(list(arguments)))
        return None if outcome.value is None else values.decode(*outcome.value)

    @property
    def content(self) -> Any:
        """What it holds."""
        assert self.stored is not None
        return values.decode(*self.stored)


class Lists:
    """The same operations on a bin and on a Python list."""

    def __init__(self, *, ordered: bool) -> None:
        self.bin = Bin()
        self.ordered = ordered
        self.model: list[int] = []
        self.bin.call(0, int(ordered))

    def settle(self) -> None:
        if self.ordered:
            self.model.sort()

    def append(self, value: int) -> tuple[Any, Any]:
        self.model.append(value)
        self.settle()
        return self.bin.call(1, value), len(self.model)

    def append_unique(self, value: int) -> tuple[Any, Any]:
        if value not in self.model:
            self.model.append(value)
            self.settle()
        return self.bin.call(1, value, 0, 1 | 4), len(self.model)

    def append_items(self, items: list[int]) -> tuple[Any, Any]:
        self.model += items
        self.settle()
        return self.bin.call(2, items), len(self.model)

    def insert(self, index: int, value: int) -> tuple[Any, Any]:
        start = index + len(self.model) if index < 0 else index
        if self.ordered or not 0 <= start <= len(self.model):
            raise Refused(lambda: self.bin.call(3, index, value, 2))
        self.model.insert(start, value)
        return self.bin.call(3, index, value, 2), len(self.model)

    def pop(self, index: int) -> tuple[Any, Any]:
        try:
            value = self.model.pop(place(index, len(self.model)))
        except Refused:
            raise Refused(lambda: self.bin.call(5, index)) from None
        return self.bin.call(5, index), value

    def pop_range(self, index: int, count: int) -> tuple[Any, Any]:
        part = span(index, count, len(self.model))
        taken = self.model[part]
        del self.model[part]
        return self.bin.call(6, index, count), taken

    def trim(self, index: int, count: int) -> tuple[Any, Any]:
        before = len(self.model)
        self.model = self.model[span(index, count, before)]
        return self.bin.call(10, index, count), before - len(self.model)

    def increment(self, index: int, delta: int) -> tuple[Any, Any]:
        try:
            found = place(index, len(self.model))
        except Refused:
            return None, None
        self.model[found] += delta
        value = self.model[found]
        self.settle()
        return self.bin.call(12, index, delta), value

    def sort(self, _: int) -> tuple[Any, Any]:
        self.model = sorted(set(self.model))
        return self.bin.call(13, 2), None

    def by_value(self, value: int) -> tuple[Any, Any]:
        indexes = [index for index, found in enumerate(self.model) if found == value]
        return self.bin.read(22, INDEX, value), indexes

    def remove_by_value_list(self, wanted: list[int]) -> tuple[Any, Any]:
        before = len(self.model)
        self.model = [value for value in self.model if value not in wanted]
        return self.bin.call(36, COUNT, wanted), before - len(self.model)

    def keep_by_value_interval(self, begin: int, end: int) -> tuple[Any, Any]:
        before = len(self.model)
        self.model = [value for value in self.model if begin <= value < end]
        return self.bin.call(38, COUNT | INVERTED, begin, end), before - len(self.model)

    def by_rank_range(self, index: int, count: int) -> tuple[Any, Any]:
        ranked = sorted(self.model)[span(index, count, len(self.model))]
        return sorted(self.bin.read(26, VALUE, index, count)), ranked

    def by_index_range(self, index: int, count: int) -> tuple[Any, Any]:
        return self.bin.read(24, VALUE, index, count), self.model[span(index, count, len(self.model))]


class Maps:
    """The same operations on a bin and on a Python dict."""

    def __init__(self, *, ordered: bool) -> None:
        self.bin = Bin()
        self.model: dict[int, int] = {}
        self.bin.call(64, int(ordered))

    @property
    def sorted(self) -> list[int]:
        return sorted(self.model)

    @property
    def ranked(self) -> list[int]:
        return sorted(self.model, key=lambda key: (self.model[key], key))

    def put(self, key: int, value: int) -> tuple[Any, Any]:
        self.model[key] = value
        return self.bin.call(67, key, value, 0), len(self.model)

    def create(self, key: int, value: int) -> tuple[Any, Any]:
        self.model.setdefault(key, value)
        return self.bin.call(67, key, value, 0, 1 | 4), len(self.model)

    def put_items(self, items: list[int]) -> tuple[Any, Any]:
        new = {key: key * key for key in items}
        self.model.update(new)
        return self.bin.call(68, new, 0), len(self.model)

    def increment(self, key: int, delta: int) -> tuple[Any, Any]:
        self.model[key] = self.model.get(key, 0) + delta
        return self.bin.call(73, key, delta, 0), self.model[key]

    def remove_by_key(self, key: int, _: int) -> tuple[Any, Any]:
        return self.bin.call(76, VALUE, key), self.model.pop(key, None)

    def remove_by_key_list(self, keys: list[int]) -> tuple[Any, Any]:
        gone = [self.model.pop(key) for key in sorted(set(keys)) if key in self.model]
        return self.bin.call(81, VALUE, keys), gone

    def remove_by_value(self, value: int) -> tuple[Any, Any]:
        gone = [key for key in self.sorted if self.model[key] == value]
        for key in gone:
            del self.model[key]
        return self.bin.call(82, KEY, value), gone

    def remove_by_index(self, index: int) -> tuple[Any, Any]:
        try:
            key = self.sorted[place(index, len(self.model))]
        except Refused:
            raise Refused(lambda: self.bin.call(77, KEY, index)) from None
        del self.model[key]
        return self.bin.call(77, KEY, index), key

    def keep_by_rank_range(self, index: int, count: int) -> tuple[Any, Any]:
        kept = self.ranked[span(index, count, len(self.model))]
        gone = len(self.model) - len(kept)
        self.model = {key: self.model[key] for key in kept}
        return self.bin.call(87, COUNT | INVERTED, index, count), gone

    def by_key_interval(self, begin: int, end: int) -> tuple[Any, Any]:
        return self.bin.read(103, KEY, begin, end), [key for key in self.sorted if begin <= key < end]

    def by_rank_range(self, index: int, count: int) -> tuple[Any, Any]:
        return self.bin.read(106, KEY, index, count), self.ranked[span(index, count, len(self.model))]

    def by_relative_index(self, key: int, index: int) -> tuple[Any, Any]:
        start = sum(found < key for found in self.model) + index
        return self.bin.read(109, KEY, key, index), self.sorted[max(start, 0) :]


NUMBER = st.integers(-4, 9)
COUNT_ = st.integers(0, 5)
NUMBERS = st.lists(st.integers(0, 6), max_size=4)
ONE = st.tuples(NUMBER)
TWO = st.tuples(NUMBER, NUMBER)
RANGE = st.tuples(NUMBER, COUNT_)
MANY = st.tuples(NUMBERS)


def steps(**arguments: st.SearchStrategy[tuple[Any, ...]]) -> st.SearchStrategy[list[Step]]:
    """Sequences of operations by their names."""
    one = [st.tuples(st.just(name), strategy) for name, strategy in arguments.items()]
    return st.lists(st.one_of(one), max_size=12)


LIST_STEPS = steps(
    append=ONE, append_unique=ONE, append_items=MANY, insert=TWO, pop=ONE, pop_range=RANGE, trim=RANGE,
    increment=TWO, sort=ONE, by_value=ONE, remove_by_value_list=MANY, keep_by_value_interval=TWO,
    by_rank_range=RANGE, by_index_range=RANGE,
)  # fmt: skip
MAP_STEPS = steps(
    put=TWO, create=TWO, put_items=MANY, increment=TWO, remove_by_key=TWO, remove_by_key_list=MANY,
    remove_by_value=ONE, remove_by_index=ONE, keep_by_rank_range=RANGE, by_key_interval=TWO,
    by_rank_range=RANGE, by_relative_index=TWO,
)  # fmt: skip


def play(subject: Lists | Maps, sequence: list[Step]) -> None:
    """Make the calls, and compare what they give and what they leave."""
    for name, arguments in sequence:
        try:
            given_back, expected = getattr(subject, name)(*arguments)
        except Refused as refused:
            with pytest.raises(Refusal) as refusal:
                refused.args[0]()
            assert refusal.value.code == 26
        else:
            assert given_back == expected, name
        assert subject.bin.content == subject.model, name


@settings(deadline=None, max_examples=300)
@given(LIST_STEPS, st.booleans())
def test_lists_agree_with_python(sequence: list[Step], ordered: bool) -> None:
    """Whatever is done to a list, it holds and gives what a Python list would."""
    play(Lists(ordered=ordered), sequence)


@settings(deadline=None, max_examples=300)
@given(MAP_STEPS, st.booleans())
def test_maps_agree_with_python(sequence: list[Step], ordered: bool) -> None:
    """Whatever is done to a map, it holds and gives what a Python dict would."""
    play(Maps(ordered=ordered), sequence)


STORED = (
    None,
    (20, b"\x92\x01\x91\x02"),
    (19, b"\x81\x01\x91\x02"),
    (19, b"\x82\xc7\x00\x01\xc0\xa2\x03a\x81\x01\x02"),
)


@settings(deadline=None, max_examples=400)
@given(st.sampled_from(CALLS).flatmap(damaged))
def test_damaged_calls_are_answered_or_refused(payload: bytes) -> None:
    """Calls that were damaged on the way are refused like any other, or mean something else; nothing breaks."""
    for stored in STORED:
        for code in (OpCode.CDT_READ, OpCode.CDT_MODIFY):
            try:
                outcome = call.execute(code, stored, payload)
            except Refusal as refusal:
                assert refusal.code in REFUSALS  # noqa: PT017  an answer is as good
                continue
            if outcome.stored is not None:
                kind, data = outcome.stored
                assert (normal_map if kind == 19 else normal_list)(data) == data
