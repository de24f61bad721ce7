"""Bad input: a typed error that names the argument, nothing sent, and the client still usable."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from cases import for_each

from aerospike_wire import AsyncClient, Client, errors, operations
from aerospike_wire.errors import ParamError

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = ("test", "arguments", 1)
OTHER = object()


class Opaque:
    """A value that no server knows."""


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


BAD_KEYS: list[tuple[Any, str]] = [
    (None, "key"),
    ("test", "key"),
    (["test", "s", 1], "key"),
    ((), "key"),
    (("test",), "key"),
    (("test", "s"), "key"),
    (("test", "s", 1, None, 5), "key"),
    (("test", "s", None), "key"),
    (("test", "s", 1.5), "key"),
    (("test", "s", True), "key"),
    (("test", "s", [1]), "key"),
    (("test", "s", {}), "key"),
    (("test", "s", 2**63), "key"),
    (("test", "s", -(2**63) - 1), "key"),
    (("test", "s", "\ud800"), "key"),
    (("test", "s", None, b"short"), "key"),
    (("test", "s", None, "x" * 20), "key"),
    (("test", 5, 1), "set"),
    (("test", b"s", 1), "set"),
    (("test", [], 1), "set"),
    (("test", "s" * 64, 1), "set"),
    (("test", "\ud800", 1), "set"),
    ((None, "s", 1), "namespace"),
    ((b"test", "s", 1), "namespace"),
    (([], "s", 1), "namespace"),
    (("n" * 32, "s", 1), "namespace"),
]

CALLS: list[tuple[str, Callable[[Any], Any], str]] = [
    ("no dict of bins", lambda c: c.put(KEY, [("a", 1)]), "bins"),
    ("no bins at all", lambda c: c.put(KEY, None), "bins"),
    ("a bin name that is no str", lambda c: c.put(KEY, {1: 1}), "bins"),
    ("an empty bin name", lambda c: c.put(KEY, {"": 1}), "bins"),
    ("a value of no type", lambda c: c.put(KEY, {"a": Opaque()}), "bin 'a'"),
    ("a complex number", lambda c: c.put(KEY, {"a": 1j}), "bin 'a'"),
    ("a set", lambda c: c.put(KEY, {"a": {1, 2}}), "bin 'a'"),
    ("a function", lambda c: c.put(KEY, {"a": nested}), "bin 'a'"),
    ("an integer of 65 bits", lambda c: c.put(KEY, {"a": 2**64}), "bin 'a'"),
    ("a lone surrogate", lambda c: c.put(KEY, {"a": "\ud800"}), "bin 'a'"),
    ("a bad value in a list", lambda c: c.put(KEY, {"a": [1, [Opaque()]]}), "bin 'a'"),
    ("a bad key in a map", lambda c: c.put(KEY, {"a": {(1, 2): 1}}), "bin 'a'"),
    ("a list without end", lambda c: c.put(KEY, {"a": nested(2000)}), "bin 'a'"),
    ("a meta that is no dict", lambda c: c.put(KEY, {"a": 1}, 5), "meta"),
    ("an unknown entry of meta", lambda c: c.put(KEY, {"a": 1}, {"generation": 1}), "meta"),
    ("a generation that is no int", lambda c: c.put(KEY, {"a": 1}, {"gen": "1"}), "meta gen"),
    ("a negative generation", lambda c: c.put(KEY, {"a": 1}, {"gen": -1}), "meta gen"),
    ("a ttl that is no int", lambda c: c.put(KEY, {"a": 1}, {"ttl": 1.5}), "meta ttl"),
    ("a ttl that is too long", lambda c: c.put(KEY, {"a": 1}, {"ttl": 2**32}), "meta ttl"),
    ("a touch of half a second", lambda c: c.touch(KEY, 0.5), "val"),
    ("an append of a number", lambda c: c.append(KEY, "a", 1), "val"),
    ("an append of nothing", lambda c: c.append(KEY, "a", None), "val"),
    ("a prepend of a list", lambda c: c.prepend(KEY, "a", []), "val"),
    ("an append to no name", lambda c: c.append(KEY, None, "x"), "bin"),
    ("an increment by text", lambda c: c.increment(KEY, "a", "1"), "offset"),
    ("an increment by True", lambda c: c.increment(KEY, "a", True), "offset"),
    ("a select of one str", lambda c: c.select(KEY, "abc"), "bins"),
    ("a select of numbers", lambda c: c.select(KEY, [1]), "bins"),
    ("a select of None", lambda c: c.select(KEY, None), "bins"),
    ("a removal of one str", lambda c: c.remove_bin(KEY, "a"), "list"),
    ("an unknown policy name", lambda c: c.get(KEY, {"timeout": 5}), "timeout"),
    ("a policy of another command", lambda c: c.get(KEY, {"exists": 1}), "exists"),
    ("a policy that is no dict", lambda c: c.get(KEY, 5), "policy"),
    ("a negative timeout", lambda c: c.get(KEY, {"total_timeout": -1}), "total_timeout"),
    ("a timeout of text", lambda c: c.get(KEY, {"total_timeout": "1"}), "total_timeout"),
    ("a timeout of True", lambda c: c.put(KEY, {"a": 1}, policy={"socket_timeout": True}), "socket_timeout"),
    ("negative retries", lambda c: c.get(KEY, {"max_retries": -1}), "max_retries"),
    ("an exists policy out of range", lambda c: c.put(KEY, {"a": 1}, policy={"exists": 9}), "exists"),
    ("a filter that is not compiled", lambda c: c.get(KEY, {"expressions": "a > 1"}), "expressions"),
    ("no list of operations", lambda c: c.operate(KEY, 5), "list"),
    ("no operation", lambda c: c.operate(KEY, []), "list"),
    ("no operations in the list", lambda c: c.operate(KEY, ["read"]), "list"),
    ("one key instead of several", lambda c: c.batch_read(KEY), "keys[0]"),
    ("keys that are no list", lambda c: c.batch_read(None), "keys"),
    ("a bad key among good ones", lambda c: c.batch_read([KEY, ("test", "s", None)]), "keys[1]"),
    ("bins of a batch that are one str", lambda c: c.batch_read([KEY], "abc"), "bins"),
    ("a module that is no str", lambda c: c.apply(KEY, 5, "f", []), "module"),
    ("a function that is no str", lambda c: c.apply(KEY, "m", None, []), "function"),
    ("arguments that are no list", lambda c: c.apply(KEY, "m", "f", "abc"), "args"),
    ("an argument of no type", lambda c: c.apply(KEY, "m", "f", [Opaque()]), "args"),
    ("an info command that is no str", lambda c: c.info_random_node(5), "command"),
    ("an empty info command", lambda c: c.info_random_node(" "), "command"),
    ("an info command with a tab", lambda c: c.info_random_node("build\tnode"), "command"),
    ("an index whose name ends the command", lambda c: c.index_integer_create("test", "s", "b", "i;ns=x"), "name"),
    ("a namespace that begins another command", lambda c: c.truncate("test\ntruncate:namespace=bar", None, 0), "namespace"),
    ("a set that begins another command", lambda c: c.truncate("test", "s\ntruncate:namespace=bar", 0), "set"),
    ("a set that ends its parameter", lambda c: c.index_integer_create("test", "s;x=1", "b", "i"), "set"),
    ("a bin that ends its parameter", lambda c: c.index_integer_create("test", "s", "b;x=1", "i"), "bin"),
    ("a namespace that ends its parameter", lambda c: c.index_remove("test;x=1", "i"), "ns"),
    ("a module without a name", lambda c: c.udf_remove(""), "module"),
    ("an index of an unknown type", lambda c: c.index_single_value_create("test", "s", "b", 77, "i"), "index_datatype"),
    ("an index in no namespace", lambda c: c.index_remove(None, "i"), "ns"),
    ("a truncate of a number", lambda c: c.truncate("test", 5, 0), "set"),
    ("a truncate before time", lambda c: c.truncate("test", "s", -1), "nanos"),
    ("a user that is no str", lambda c: c.admin_drop_user(5), "username"),
    ("an empty user", lambda c: c.admin_create_user("", "pw", []), "username"),
    ("a user of 64 bytes", lambda c: c.admin_drop_user("u" * 64), "username"),
    ("a password that is no str", lambda c: c.admin_create_user("u", b"pw", []), "password"),
    ("roles that are one str", lambda c: c.admin_create_user("u", "pw", "read"), "roles"),
    ("a query of a number", lambda c: c.query(5, "s").results(), "namespace"),
    ("a query of a bad set", lambda c: c.query("test", 5).results(), "set"),
    ("a query with an unknown policy", lambda c: c.query("test", "s").results({"nope": 1}), "nope"),
    ("a Lua file that is a number", lambda c: c.udf_put(5), "filename"),
]  # fmt: skip


async def refused(client: Any, server: Any, call: Callable[[Any], Any]) -> errors.AerospikeError:
    """The error of a call, after checking that nothing was sent and that the client works on."""
    await client.put(KEY, {"a": 1})
    rules = [server.faults.on(name).delay(0) for name in ("any", "info", "admin")]
    with pytest.raises(errors.AerospikeError) as caught:
        await call(client)
    error = caught.value
    assert [rule.hits for rule in rules] == [0, 0, 0], "something was sent"
    server.faults.clear()
    assert error.attempts == ()
    assert not error.in_doubt
    assert error.node is None
    json.dumps(error.to_dict())
    assert (await client.get(KEY)).bins == {"a": 1}
    return error


@for_each(("key", "argument"), BAD_KEYS)
async def test_bad_keys(client: Any, server: Any, key: Any, argument: str) -> None:
    """A key that is none is a ParamError that says which part is wrong, for reads and for writes."""
    for call in (lambda c: c.get(key), lambda c: c.put(key, {"a": 1})):
        error = await refused(client, server, call)
        assert type(error) is ParamError
        assert isinstance(error, ValueError)
        assert error.argument == argument
        assert error.msg.startswith(f"{argument} ")


@for_each(("call", "argument"), [case[1:] for case in CALLS], ids=[case[0] for case in CALLS])
async def test_bad_arguments(client: Any, server: Any, call: Callable[[Any], Any], argument: str) -> None:
    """An argument that is not acceptable is a ParamError that names it."""
    error = await refused(client, server, call)
    assert type(error) is ParamError
    assert error.argument == argument
    assert argument in str(error)


@for_each(
    ("call", "cls"),
    [
        (lambda c: c.put(KEY, {"a" * 16: 1}), errors.BinNameError),
        (lambda c: c.put(KEY, {"ä" * 8: 1}), errors.BinNameError),
        (lambda c: c.put(KEY, {"nul\0": 1}), errors.BinNameError),
        (lambda c: c.select(KEY, ["a" * 16]), errors.BinNameError),
        (lambda c: c.append(KEY, "a" * 16, "x"), errors.BinNameError),
        (lambda c: c.increment(KEY, "a" * 16, 1), errors.BinNameError),
        (lambda c: c.remove_bin(KEY, ["a" * 16]), errors.BinNameError),
        (lambda c: c.operate(KEY, [operations.write("a" * 16, 1)]), errors.BinNameError),
        (lambda c: c.get(("", "s", 1)), errors.NamespaceNotFound),
        (lambda c: c.udf_put("/no/such/file.lua"), errors.LuaFileNotFound),
        (lambda c: c.udf_put("no\0such/file.lua"), errors.LuaFileNotFound),
    ],
)
async def test_mistakes_that_have_a_class(
    client: Any, server: Any, call: Callable[[Any], Any], cls: type[errors.AerospikeError]
) -> None:
    """Mistakes that a server would refuse by a code of their own raise its class here already."""
    assert type(await refused(client, server, call)) is cls


async def test_fifteen_bytes_are_a_bin_name(client: Any) -> None:
    """The longest allowed bin name is taken."""
    await client.put(KEY, {"a" * 15: 1, "ä" * 7: 2})
    assert (await client.get(KEY)).bins == {"a" * 15: 1, "ä" * 7: 2}


async def test_an_unknown_namespace_needs_no_node(client: Any, server: Any) -> None:
    """A namespace that no node has is refused from the partition map."""
    await client.connect()
    rule = server.faults.on("any").delay(0)
    with pytest.raises(errors.NamespaceNotFound) as caught:
        await client.get(("nowhere", "s", 1))
    assert rule.hits == 0
    assert "'nowhere'" in str(caught.value)
    assert caught.value.context.namespace == "nowhere"


@for_each("predicate", [None, "a = 1", ("a", 1), 5])
async def test_predicates(client: Any, predicate: Any) -> None:
    """A predicate that was not made by the predicates module is refused."""
    with pytest.raises(ParamError) as caught:
        client.query("test", "s").where(predicate)
    assert caught.value.argument == "predicate"


@for_each("make", [Client, AsyncClient])
@for_each(
    ("hosts", "settings", "argument"),
    [
        ("", {}, "hosts"),
        ([], {}, "hosts"),
        (None, {}, "hosts"),
        (5, {}, "hosts"),
        ({}, {}, "hosts"),
        ("127.0.0.1:0", {}, "hosts"),
        ("127.0.0.1:65536", {}, "hosts"),
        ("127.0.0.1:-1", {}, "hosts"),
        ("127.0.0.1:x", {}, "hosts"),
        ([("127.0.0.1", 70000)], {}, "hosts"),
        ([("127.0.0.1", "3000")], {}, "hosts"),
        ("h:3000", {"nonsense": 1}, "nonsense"),
        ("h:3000", {"connect_timeout": 0}, "connect_timeout"),
        ("h:3000", {"connect_timeout": "1"}, "connect_timeout"),
        ("h:3000", {"policies": {"read": {"nope": 1}}}, "nope"),
        ("h:3000", {"policies": {"reed": {}}}, "reed"),
        ("h:3000", {"policies": 5}, "policies"),
        ("h:3000", {"policies": {"total_timeout": -1}}, "total_timeout"),
        ("h:3000", {"password": "x"}, "user"),
        ("h:3000", {"user": 5}, "user"),
        ("h:3000", {"user": "u", "password": "p" * 64}, "password"),
        ("h:3000", {"user": "u", "password": "\ud800"}, "password"),
        ("h:3000", {"auth_mode": 9}, "auth_mode"),
        ("h:3000", {"max_conns_per_node": 0}, "max_conns_per_node"),
        ("h:3000", {"error_detail": "some"}, "error_detail"),
        ("h:3000", {"error_hooks": [5]}, "error_hooks"),
    ],
)
def test_bad_settings(make: Any, hosts: Any, settings: dict[str, Any], argument: str) -> None:
    """A client that cannot work is refused when it is made, by the name of the setting."""
    with pytest.raises(ParamError) as caught:
        make(hosts, **settings)
    assert caught.value.argument == argument
    assert argument in str(caught.value)
    assert "p" * 64 not in str(caught.value)
