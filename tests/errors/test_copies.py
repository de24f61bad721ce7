"""Pickle, copy and deepcopy keep everything, for every class."""

from __future__ import annotations

import concurrent.futures
import copy
import multiprocessing
import pickle
from typing import TYPE_CHECKING, Any

import pytest
from cases import for_each
from error_samples import CLASSES, CONTEXTS, fail, sample, state

from aerospike_wire import errors

if TYPE_CHECKING:
    from collections.abc import Callable

    from aerospike_wire.errors import AerospikeError


def _pickled(protocol: int) -> Callable[[Any], Any]:
    return lambda error: pickle.loads(pickle.dumps(error, protocol))


COPIES: dict[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    **{f"pickle {protocol}": _pickled(protocol) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)},
}


@for_each("cls", CLASSES)
def test_copies_of_every_class_keep_every_field(cls: type[AerospikeError]) -> None:
    """A copy of any kind has the class, the five of args, all facts, notes and text of the original."""
    error = sample(cls)
    error.add_note("a note of the program")
    for way, made in COPIES.items():
        twin = made(error)
        assert twin is not error, way
        assert state(twin) == state(error), way
        assert twin.__notes__[-1] == "a note of the program", way


@for_each("way", COPIES)
@for_each("family", CONTEXTS)
def test_copies_keep_the_context_of_every_family(family: str, way: str) -> None:
    """A copy carries the same facts of the request, whatever family it is of, its policy included."""
    error = sample(errors.ServerError, context=CONTEXTS[family])
    twin = COPIES[way](error)
    assert type(twin.context) is type(error.context)
    assert twin.context == error.context
    assert twin.attempts == error.attempts
    assert twin.to_dict() == error.to_dict()
    hash(twin.context)


@for_each("way", COPIES)
def test_a_note_on_a_copy_stays_there(way: str) -> None:
    """Notes that are added to a copy do not appear on the original, nor the other way round."""
    error = sample(errors.RecordNotFound)
    error.add_note("shared")
    twin = COPIES[way](error)
    twin.add_note("only the copy")
    error.add_note("only the original")
    assert error.__notes__[-2:] == ["shared", "only the original"]
    assert twin.__notes__[-2:] == ["shared", "only the copy"]


class OrderMissing(errors.RecordNotFound):
    """A program's own class, whose constructor takes what it likes."""

    def __init__(self, order: int, *, shop: str) -> None:
        super().__init__(f"order {order} of {shop}")
        self.order = order
        self.shop = shop


class ShopClosed(errors.TimeoutError):
    """A program's own class on top of an OSError."""

    def __init__(self, hour: int) -> None:
        super().__init__(9, f"closed at {hour}", None, None, True)
        self.hour = hour


@for_each("way", COPIES)
def test_copies_of_a_programs_own_subclass(way: str) -> None:
    """A subclass with another constructor copies without any help, with its own attributes."""
    missing = COPIES[way](OrderMissing(7, shop="x"))
    assert (type(missing), missing.order, missing.shop) == (OrderMissing, 7, "x")
    assert missing.args == (2, "order 7 of x", None, None, False)
    closed = COPIES[way](ShopClosed(18))
    assert (type(closed), closed.hour, closed.in_doubt) == (ShopClosed, 18, True)
    assert closed.args == (9, "closed at 18", None, None, True)


def test_errors_cross_process_borders() -> None:
    """A process pool hands over our exceptions whole instead of breaking."""
    with concurrent.futures.ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        for code in (9, -10, 2):
            error = pool.submit(fail, code).exception()
            assert type(error) is errors.class_of(code)
            assert error.context == CONTEXTS["record"]
            assert error.in_doubt


@for_each("way", COPIES)
async def test_errors_of_real_calls_can_be_copied(client: Any, server: Any, way: str) -> None:
    """Errors as the clients raise them copy with context, attempts and text."""
    server.faults.on("put").close(after=True)
    with pytest.raises(errors.ConnectionError) as lost:
        await client.put(("test", "demo", "u1"), {"a": 1})
    with pytest.raises(errors.ParamError) as refused:
        await client.get(("test", "demo", {}))
    for error in (lost.value, refused.value):
        assert state(COPIES[way](error)) == state(error)


async def test_an_impossible_key_is_not_kept_on_the_error(client: Any) -> None:
    """What cannot be a user key may be alive or unpicklable, so the error does not hold it."""
    with pytest.raises(errors.ParamError) as caught:
        await client.get(("test", "demo", lambda: None))
    assert caught.value.context.key is not None
    assert caught.value.context.key.user_key is None
    assert state(pickle.loads(pickle.dumps(caught.value))) == state(caught.value)


async def test_a_bytearray_key_cannot_change_under_the_error(client: Any) -> None:
    """An error keeps the key that was asked for, even if the program reuses the buffer."""
    buffer = bytearray(b"u1")
    with pytest.raises(errors.RecordNotFound) as caught:
        await client.get(("test", "demo", buffer))
    buffer[:] = b"xx"
    assert caught.value.key.user_key == b"u1"
