"""Secondary indexes, on both clients."""

from __future__ import annotations

from typing import Any

import pytest
from cases import for_each
from rawnode import RawNode, info_reply, member

from aerospike_wire import errors
from aerospike_wire.embedded.server import NODE_NAME
from aerospike_wire.expressions import Add, IntBin
from aerospike_wire.operations import cdt_ctx_map_key

CREATE = ["index_string_create", "index_integer_create", "index_geo2dsphere_create", "index_blob_create"]


async def listed(client: Any) -> set[str]:
    """The names of the indexes that the node has."""
    return {row.name for row in await client.index_list("test")}


@for_each("method", CREATE)
async def test_create_and_remove(client: Any, server: Any, method: str) -> None:
    """An index is there after its creation and gone after its removal."""
    await getattr(client, method)("test", "s", "b", "ix")
    assert await listed(client) == {"ix"}
    await client.index_remove("test", "ix")
    assert await listed(client) == set()


CTX = [cdt_ctx_map_key("k")]
KINDS: list[tuple[str, list[Any], dict[str, Any], dict[str, Any]]] = [
    ("index_single_value_create", ["s", "b", 4, "ix"], {}, {"bin": "b", "datatype": "numeric"}),
    ("index_single_value_create", ["s", "b", "blob", "ix"], {"ctx": CTX}, {"datatype": "blob", "context": "kiKiA2s="}),
    ("index_single_value_create", [None, "b", 2, "ix"], {}, {"set": None, "datatype": "geo2dsphere"}),
    ("index_list_create", ["s", "b", 0, "ix"], {}, {"index_type": "list", "datatype": "string"}),
    ("index_map_keys_create", ["s", "b", 1, "ix"], {}, {"index_type": "mapkeys"}),
    ("index_map_values_create", ["s", "b", 2, "ix"], {"ctx": CTX}, {"index_type": "mapvalues"}),
    ("index_cdt_create", ["s", "b", 1, 4, "ix", CTX], {}, {"index_type": "list", "context": "kiKiA2s="}),
    ("index_expr_create", ["s", 0, 4, Add(IntBin("a"), 1), "ix"], {}, {"bin": None, "expression": "kxSTUQKhYQE="}),
    ("index_set_create", ["s", "ix"], {}, {"index_type": "set", "bin": None, "datatype": None}),
]


@for_each(("method", "args", "kwargs", "facts"), KINDS)
async def test_every_kind(
    client: Any, server: Any, method: str, args: list[Any], kwargs: dict[str, Any], facts: dict[str, Any]
) -> None:
    """Type, datatype, context and expression arrive at the node, and the list gives them back."""
    await getattr(client, method)("test", *args, **kwargs)
    (row,) = await client.index_list("test")
    assert {name: getattr(row, name) for name in facts} == facts
    assert (row.name, row.namespace) == ("ix", "test")
    assert await client.index_list() == [row]


async def test_what_there_is_to_know(client: Any) -> None:
    """Existence, state and contents."""
    assert not await client.index_exists("test", "ix")
    for number in range(3):
        await client.put(("test", "s", number), {"b": number})
    await client.index_integer_create("test", "s", "b", "ix")
    assert await client.index_exists("test", "ix")
    stat = await client.index_stat("test", "ix")
    assert (stat.load_pct, stat.ready, stat.entries) == (100, True, 3)
    assert set(stat.nodes) == {NODE_NAME}
    with pytest.raises(errors.IndexNotFound) as caught:
        await client.index_stat("test", "nope")
    assert (caught.value.name, caught.value.context.namespace) == ("nope", "test")


class Slow:
    """A node that builds an index for as long as it is asked a number of times."""

    def __init__(self, answers: list[str]) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def answer(self, request: bytes) -> bytes:
        (line,) = request[8:].decode().splitlines()
        self.asked.append(line)
        value = "ok" if line.startswith("sindex-create") else self.answers.pop(0)
        return info_reply([(line, value)])


async def test_creation_waits_until_queries_can_use_it(make_client: Any) -> None:
    """First the node has not heard of it, then it is being built, then it is there."""
    slow = Slow(["ERROR:201:no index", "load_pct=0", "entries=1;load_pct=50", "load_pct=100"])
    with RawNode(member(slow.answer)) as node:
        client = make_client(node.address)
        await client.index_integer_create("test", "s", "b", "ix")
        assert slow.answers == []
        assert slow.asked[1:] == ["sindex-stat:namespace=test;indexname=ix"] * 4
        await client.index_integer_create("test", "s", "b", "ix", wait=False)
        assert len(slow.asked) == 6


async def test_waiting_ends_with_the_deadline(make_client: Any) -> None:
    """The error says that the index is there and not built; nothing is in doubt."""
    slow = Slow(["load_pct=7"] * 1000)
    with RawNode(member(slow.answer)) as node:
        client = make_client(node.address)
        await client.connect()
        with client.deadline(1), pytest.raises(errors.TimeoutError) as caught:
            await client.index_integer_create("test", "s", "b", "ix")
        assert "not built on every node" in str(caught.value)
        assert not caught.value.in_doubt
        assert caught.value.context.index == "ix"
        with client.deadline(0.5), pytest.raises(errors.TimeoutError) as caught:
            await client.index_wait("test", "ix")
        assert caught.value.context.operation == "index_wait"


async def test_index_that_goes_while_it_is_waited_for(make_client: Any) -> None:
    """Somebody removed it: IndexNotFound, not a wait without end."""
    slow = Slow(["load_pct=7", "ERROR:201:no index"])
    with RawNode(member(slow.answer)) as node, pytest.raises(errors.IndexNotFound, match="removed meanwhile") as caught:
        await make_client(node.address).index_integer_create("test", "s", "b", "ix")
    assert caught.value.name == "ix"


async def test_namespace_that_does_not_exist(client: Any) -> None:
    """The node takes the definition; the wait for the index finds that there is no such namespace."""
    with pytest.raises(errors.NamespaceNotFound) as caught:
        await client.index_integer_create("nowhere", "s", "b", "ix")
    context = caught.value.context
    assert (context.operation, context.index, context.set) == ("index_integer_create", "ix", "s")


async def test_strict(client: Any, server: Any) -> None:
    """With ``strict`` the calls do what their errors are named for, and nothing is sent that changes anything."""
    await client.index_integer_create("test", "s", "b", "ix", strict=True)
    calls = [
        lambda: client.index_integer_create("test", "s", "b", "ix", strict=True),
        lambda: client.index_string_create("test", "s", "other", "ix", strict=True),
        lambda: client.index_integer_create("test", "s", "b", "renamed", strict=True),
    ]
    for call in calls:
        with pytest.raises(errors.IndexFoundError) as caught:
            await call()
        assert (caught.value.code, caught.value.in_doubt) == (200, False)
        assert caught.value.name == caught.value.context.index
        assert caught.value.hint
    with pytest.raises(errors.IndexNotFound) as missing:
        await client.index_remove("test", "nope", strict=True)
    assert (missing.value.code, missing.value.name) == (201, "nope")
    assert await listed(client) == {"ix"}
    await client.index_remove("test", "ix", strict=True)
    assert await listed(client) == set()
    await client.index_set_create("test", "s", "every", strict=True)
    with pytest.raises(errors.IndexFoundError):
        await client.index_set_create("test", "s", "again", strict=True)


async def test_hook_sees_what_the_caller_sees(client: Any) -> None:
    """Failures of the requests in between are not shown to hooks, the call's own failure is."""
    seen: list[int] = []

    def hook(failure: errors.Failure) -> None:
        seen.append(failure.code)

    await client.index_integer_create("test", "s", "b", "ix", error_hook=hook)
    with pytest.raises(errors.IndexFoundError):
        await client.index_integer_create("test", "s", "b", "ix", strict=True, error_hook=hook)
    assert seen == [200]


@for_each(
    ("method", "args", "argument"),
    [
        ("index_single_value_create", ["test", "s", "b", "float", "ix"], "index_datatype"),
        ("index_cdt_create", ["test", "s", "b", 9, 0, "ix", CTX], "index_type"),
        ("index_cdt_create", ["test", "s", "b", 1, 0, "ix", "k"], "ctx"),
        ("index_expr_create", ["test", "s", 0, 4, "a + 1", "ix"], "expressions"),
        ("index_remove", ["test", "i;x"], "name"),
        ("index_set_create", ["test", "", "ix"], "set"),
        ("index_wait", ["test", ""], "name"),
        ("index_stat", [5, "ix"], "ns"),
        ("index_list", [5], "ns"),
        ("index_expr_create", ["test", "s", 0, 1, None, "ix"], "expressions"),
    ],
)
async def test_bad_arguments(client: Any, server: Any, method: str, args: list[Any], argument: str) -> None:
    """A ParamError names the argument; nothing was sent."""
    with pytest.raises(errors.ParamError) as caught:
        await getattr(client, method)(*args)
    assert caught.value.argument == argument
    assert not any(attempt.sent for attempt in caught.value.attempts)
    assert await listed(client) == set()


async def test_same_again(client: Any) -> None:
    """To create the same index again, or remove one that is not there, is no error."""
    await client.index_integer_create("test", "s", "b", "ix")
    await client.index_integer_create("test", "s", "b", "ix")
    await client.index_remove("test", "nope")


async def test_name_that_is_taken(client: Any) -> None:
    """A name with another definition is IndexFoundError with the index's name, set and bin."""
    await client.index_integer_create("test", "s", "b", "ix")
    with pytest.raises(errors.IndexFoundError) as caught:
        await client.index_string_create("test", "s", "b", "ix")
    error = caught.value
    assert (error.code, error.name, error.in_doubt) == (200, "ix", False)
    context = error.context
    assert (context.operation, context.namespace, context.set, context.bin, context.index) == (
        "index_string_create", "test", "s", "b", "ix",
    )  # fmt: skip
    assert error.attempts[0].node == error.node


@for_each(("code", "cls"), [(202, errors.IndexOOM), (205, errors.IndexNameMaxLen), (206, errors.IndexNameMaxCount)])
async def test_refused(client: Any, server: Any, code: int, cls: Any) -> None:
    """Every refusal names the index and keeps the server's words."""
    server.faults.on("sindex-create").answer(code, "no room for it")
    with pytest.raises(cls) as caught:
        await client.index_integer_create("test", "s", "b", "ix")
    assert (caught.value.name, caught.value.in_doubt) == ("ix", False)
    assert "no room for it" in str(caught.value)


async def test_lost_answer_is_in_doubt(client: Any, server: Any) -> None:
    """An index whose creation got no answer may be there: in doubt."""
    server.faults.on("sindex-create").close(after=True)
    with pytest.raises(errors.ConnectionError) as caught:
        await client.index_integer_create("test", "s", "b", "ix")
    assert caught.value.in_doubt
    assert await listed(client) == {"ix"}
