"""What a failed call leaves behind: nothing that only the garbage collector would find."""

from __future__ import annotations

import contextlib
import gc
import types
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

import aerospike_wire
from aerospike_wire import errors
from aerospike_wire.proto.commands.base import Command
from aerospike_wire.transport import LinkFailure
from aerospike_wire.trouble import Trouble, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEY = ("test", "released", 1)
TRACKED = (errors.AerospikeError, Trouble, LinkFailure, Unreachable, Command)
"""What stands for a failed call. A frame that is kept keeps its command too."""
FEW = {"max_retries": 1, "sleep_between_retries": 0}

CALLS: dict[str, Callable[[Any], Any]] = {
    "get": lambda c: c.get(KEY, FEW),
    "put": lambda c: c.put(KEY, {"a": 1}, policy=FEW),
    "bad key": lambda c: c.get(("test", "released", {})),
    "unknown namespace": lambda c: c.get(("nowhere", "released", 1)),
    "batch of all": lambda c: c.batch_read([KEY, ("test", "released", 2)]),
    "batch nowhere": lambda c: c.batch_read([("nowhere", "released", 1), ("nowhere", "released", 2)]),
    "batch of a bad key": lambda c: c.batch_read([("test", "released", {})]),
    "query": lambda c: c.query("nowhere").results(),
    "index": lambda c: c.index_remove("nowhere", "by_age"),
    "apply": lambda c: c.apply(KEY, "no_module", "f", []),
    "admin": lambda c: c.admin_drop_user("nobody"),
    "info": lambda c: c.truncate("nowhere", "", 0),
}

OF_FACTS = {f"aerospike_wire.{name}" for name in ("errors", "errors.context", "errors.codes", "policy", "types")}
"""Modules whose objects are facts and nothing else."""

FAULTS: dict[str, Callable[[Any], Any]] = {
    "nothing": lambda _: None,
    "answer 4": lambda rule: rule.answer(4),
    "answer 18": lambda rule: rule.answer(18),
    "close": lambda rule: rule.close(before=True),
    "garbage": lambda rule: rule.garbage(),
    "half a frame": lambda rule: rule.half_frame(),
    "wrong size": lambda rule: rule.wrong_size(),
    "answer 18 once": lambda rule: rule.once().answer(18),
}


@contextlib.contextmanager
def no_collector() -> Iterator[None]:
    """Without the cyclic garbage collector for a while, and with only new objects in its lists."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def alive() -> Counter[str]:
    """How many objects of failed calls there are."""
    return Counter(type(thing).__name__ for thing in gc.get_objects() if isinstance(thing, TRACKED))


async def fails(call: Callable[[Any], Any], client: Any) -> None:
    with contextlib.suppress(errors.AerospikeError):
        await call(client)


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_failed_call_leaves_no_cycle(client: Any, server: Any, fault: str) -> None:
    """Once its error is let go, everything of a call is freed at once: frames, buffers, what led to its failure."""
    await fails(lambda c: c.exists(KEY), client)
    FAULTS[fault](server.faults.on("any"))
    left = {}
    with no_collector():
        for name, call in CALLS.items():
            await fails(call, client)  # a link that broke remembers why; there is one at a time
            before = alive()
            for _ in range(2):
                await fails(call, client)
            left[name] = alive() - before
    assert not any(left.values()), left


async def test_no_seed_leaves_no_cycle(make_client: Any) -> None:
    """The same where no connection could be made."""
    with no_collector():
        before = alive()
        await fails(lambda c: c.get(KEY), make_client(["127.0.0.1:1", "127.0.0.1:2"]))
        assert alive() - before == Counter()


def reached(error: BaseException) -> Iterator[Any]:
    """Everything that an error and its causes hold by themselves, without its own traceback and classes."""
    seen: set[int] = set()
    todo: list[Any] = [vars(error), error.args, error.__cause__, error.__context__]
    while todo:
        thing = todo.pop()
        if id(thing) in seen or isinstance(thing, type | types.ModuleType | types.FunctionType):
            continue
        seen.add(id(thing))
        yield thing
        todo += gc.get_referents(thing)


@pytest.mark.parametrize("fault", ["nothing", "answer 18", "close", "garbage"])
async def test_an_error_holds_nothing_alive(client: Any, server: Any, fault: str) -> None:
    """An error that is kept keeps facts, and so does its cause: no client, command, link, frame or code."""
    await fails(lambda c: c.exists(KEY), client)
    FAULTS[fault](server.faults.on("any"))
    failed = 0
    for name, call in CALLS.items():
        try:
            await call(client)
        except errors.AerospikeError as error:
            failed += 1
            _ = str(error), error.__notes__, error.to_dict()
            kinds = {type(thing) for thing in reached(error)}
            ours = {kind.__module__ for kind in kinds if kind.__module__.startswith(aerospike_wire.__name__)}
            assert ours <= OF_FACTS, name
            assert errors.ErrorMiddleware not in kinds
            assert not kinds & {types.FrameType, types.TracebackType, types.CodeType, types.CoroutineType}, name
    assert failed >= len(CALLS) // 2
