"""The two clients are the same but for ``await``."""

from __future__ import annotations

import inspect
from typing import Any

from cases import for_each

from aerospike_wire import AsyncClient, Client, aio, sync

PAIRS = [
    (AsyncClient, Client),
    (aio.AsyncQuery, sync.Query),
    (aio.AsyncScan, sync.Scan),
    (aio.AsyncRecordStream, sync.RecordStream),
    (aio.AsyncExecuteTask, sync.ExecuteTask),
    (aio.AsyncTransactionBlock, sync.TransactionBlock),
]
RENAMED = {
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
    "__aiter__": "__iter__",
    "__anext__": "__next__",
}
"""Methods of the language itself that have another name without ``await``."""


def public(cls: type) -> dict[str, Any]:
    """The methods and properties of a class for its users, inherited ones included."""
    wanted = {"__init__", "__repr__", *RENAMED, *RENAMED.values()}
    return {
        name: found
        for name, found in inspect.getmembers_static(cls)
        if (not name.startswith("_") or name in wanted)
        and getattr(found, "__objclass__", None) is not object
        and not (issubclass(cls, int) and name in vars(int))  # what numbers can do
        and callable(getattr(cls, name))
    }


METHODS = [
    (pair[0].__name__, name, found, public(pair[1]).get(RENAMED.get(name, name)))
    for pair in PAIRS
    for name, found in public(pair[0]).items()
]
LOCAL = {
    "stats",
    "enable_metrics",
    "disable_metrics",
    "deadline",
    "get_cdtctx_base64",
    "get_expression_base64",
    "is_connected",
    "with_error_hook",
}
"""Methods that ask nothing of any server."""
each_method = for_each(
    ("name", "ours", "theirs"), [case[1:] for case in METHODS], ids=[f"{case[0]}.{case[1]}" for case in METHODS]
)


@for_each(("ours", "theirs"), PAIRS)
def test_the_same_names(ours: type, theirs: type) -> None:
    """Neither client has a public method or attribute that the other lacks."""
    assert sorted(RENAMED.get(name, name) for name in public(ours)) == sorted(public(theirs))


@each_method
def test_the_same_signatures(name: str, ours: Any, theirs: Any) -> None:
    """Parameters have the same names, order, kinds, defaults and annotations, and results the same type."""
    first, second = inspect.signature(ours), inspect.signature(theirs)
    ours_list, theirs_list = list(first.parameters.values()), list(second.parameters.values())
    # What a function that is handed in returns is awaited in one of them.
    ours_list = [
        given.replace(annotation=given.annotation.replace("Awaitable[T]", "T"))
        if isinstance(given.annotation, str)
        else given
        for given in ours_list
    ]
    assert ours_list == theirs_list
    for word in ("Async", "Awaitable"):
        first = first.replace(return_annotation=str(first.return_annotation).replace(word, ""))
    assert str(first.return_annotation) == str(second.return_annotation)


@each_method
def test_the_same_documentation(name: str, ours: Any, theirs: Any) -> None:
    """The docstrings say the same."""
    assert inspect.getdoc(ours) == inspect.getdoc(theirs)
    if not name.startswith("__"):
        assert inspect.getdoc(ours)


@each_method
def test_only_one_is_awaited(name: str, ours: Any, theirs: Any) -> None:
    """The blocking twin of a coroutine function is a plain function, and what is plain in one is so in both."""
    assert not inspect.iscoroutinefunction(theirs)
    plain = {"__init__", "__repr__", "query", "scan", "transaction", *LOCAL} | LOCAL
    narrows = ours.__qualname__.startswith(("QueryBase.", "ScanBase.", "StreamBase."))
    if name in plain or narrows or name in {"records", "__aiter__"}:
        assert not inspect.iscoroutinefunction(ours)
    else:
        assert inspect.iscoroutinefunction(ours)


@each_method
def test_docstrings_name_the_parameters(name: str, ours: Any, theirs: Any) -> None:
    """Each parameter of a public method is described in its docstring."""
    if name.startswith("__"):
        return
    text = inspect.getdoc(ours) or ""
    for parameter in inspect.signature(ours).parameters.values():
        if parameter.name in {"self", "bins"} and parameter.kind is parameter.VAR_POSITIONAL:
            continue
        if parameter.name != "self":
            assert f"{parameter.name}:" in text, f"{name} does not describe {parameter.name}"


def test_calls_take_a_hook() -> None:
    """Every command that goes to a server takes ``error_hook``, by keyword only and at the end."""
    for cls in (AsyncClient, Client):
        for name, method in public(cls).items():
            if name in {"connect", "close", "query", "scan", *LOCAL} or name.startswith("__"):
                continue
            last = list(inspect.signature(method).parameters.values())[-1]
            assert (last.name, last.kind, last.default) == ("error_hook", last.KEYWORD_ONLY, None), name
