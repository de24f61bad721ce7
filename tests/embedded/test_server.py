"""Starting and stopping the node, from blocking and from asynchronous code."""

from __future__ import annotations

import asyncio
import gc
import socket
import threading
import warnings

import pytest
from cases import for_each
from wire import Wire, bins_of, get, put

from aerospike_wire import Client
from aerospike_wire.embedded import EmbeddedServer, NamespaceConfig
from aerospike_wire.errors import RoleViolation


def test_stop_leaves_nothing_behind() -> None:
    """After stop there is no thread of the node, no socket of it and nobody on its port."""
    before = threading.active_count()
    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        with EmbeddedServer() as server, Wire(server) as wire:
            wire.ask(put(1, {"a": 1}))
            server.stop()
            assert wire.closed()
        assert threading.active_count() == before
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(server.seeds[0], 1)


def test_start_and_stop_can_be_repeated() -> None:
    """Starting a running node and stopping a stopped one do nothing."""
    server = EmbeddedServer()
    server.stop()
    assert server.start() is server
    address = server.address
    assert server.start().address == address
    server.stop()
    server.stop()
    assert not server.running


def test_restart_keeps_port_and_records() -> None:
    """A node that is started again has its address and its records back."""
    server = EmbeddedServer()
    with server, Wire(server) as wire:
        wire.ask(put(1, {"a": 1}))
        address = server.address
    with server, Wire(server) as wire:
        assert server.address == address
        assert bins_of(wire.ask(get(1))) == {"a": 1}


def test_stop_does_not_wait_for_hanging_requests() -> None:
    """Requests that hang or wait are dropped when the node stops."""
    with EmbeddedServer() as server, Wire(server) as hanging, Wire(server) as waiting:
        rule = server.faults.on("get", key=("test", "demo", 1)).hang()
        server.faults.on("get").delay(60_000)
        hanging.send(get(1))
        waiting.send(get(2))
        while not rule.hits:
            pass
        server.stop()
        assert hanging.closed()
        assert waiting.closed()
        rule.remove()


def test_port_in_use_is_reported() -> None:
    """A port that is taken raises in the caller's thread, and the node can be started later."""
    with EmbeddedServer() as first:
        second = EmbeddedServer(port=first.port)
        with pytest.raises(OSError, match="in use"):
            second.start()
        assert not second.running


def test_facts() -> None:
    """The node tells its address in all the forms that clients take."""
    server = EmbeddedServer(namespaces=["test,ttl=off", NamespaceConfig("bar")], name="A1")
    with pytest.raises(RuntimeError, match="not known"):
        _ = server.address
    assert repr(server) == "<EmbeddedServer A1 stopped, namespaces test, bar>"
    with server:
        assert server.address == f"127.0.0.1:{server.port}"
        assert server.seeds == [("127.0.0.1", server.port)]
        assert server.address in repr(server)


@for_each(
    "options",
    [
        {"namespaces": []},
        {"namespaces": ["test", "test"]},
        {"namespaces": ["test,ttl=maybe"]},
        {"namespaces": ["test,colour=red"]},
        {"namespaces": ["x" * 32]},
        {"namespaces": [""]},
        {"name": ""},
        {"name": "node-1"},
    ],
)
def test_bad_options(options: dict[str, object]) -> None:
    """What no node can be is refused before it starts."""
    with pytest.raises(ValueError, match="name"):
        EmbeddedServer(**options)  # type: ignore[arg-type]


async def test_async_use() -> None:
    """The node serves asyncio code whose loop it does not share."""
    before = threading.active_count()
    async with EmbeddedServer() as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(put(1, {"a": 1}) + get(1))
        await writer.drain()
        stored = await reader.readexactly(30)
        assert stored[13] == 0
        head = await reader.readexactly(8)
        await reader.readexactly(int.from_bytes(head[2:], "big"))
        writer.close()
    assert threading.active_count() == before


def test_two_nodes_are_strangers() -> None:
    """Each node has its own records and its own port."""
    with EmbeddedServer() as one, EmbeddedServer() as two, Wire(one) as first, Wire(two) as second:
        assert one.port != two.port
        first.ask(put(1, {"a": 1}))
        assert second.ask(get(1)).result == 2


def test_call_runs_in_the_nodes_thread() -> None:
    """State may be touched from outside by handing the node a function."""
    with EmbeddedServer() as server:
        assert server.call(threading.current_thread) is not threading.current_thread()
        assert server.call(len, server.node.namespaces) == 1
    with pytest.raises(RuntimeError, match="does not run"):
        server.call(len, ())


def test_connections_can_be_dropped() -> None:
    """All clients lose their connection at once, and may come back."""
    with EmbeddedServer() as server, Wire(server) as wire:
        wire.ask(get(1))
        server.close_connections()
        assert wire.closed()
        with Wire(server) as again:
            assert again.ask(get(1)).result == 2


def test_many_clients() -> None:
    """A hundred connections at once are served."""
    with EmbeddedServer() as server:
        wires = [Wire(server) for _ in range(100)]
        try:
            for number, wire in enumerate(wires):
                wire.send(put(number, {"a": number}) + get(number))
            for wire in wires:
                assert wire.frame()[1][5] == 0
                assert wire.frame()[1][5] == 0
        finally:
            for wire in wires:
                wire.socket.close()


def test_a_cleared_node_is_as_new() -> None:
    """Records, indexes, modules, users and fault rules are gone; the client stays connected."""
    with (
        EmbeddedServer(namespaces=["test"], users={"admin": ("secret", ["user-admin", "data-admin"])}) as server,
        Client(server.address, user="admin", password="secret") as client,
    ):
        client.admin_create_user("eve", "password", ["read-write"])
        client.index_integer_create("test", "demo", "a", "by_a")
        client.udf_put("gone.lua", source="function f(rec) return 1 end")
        server.node.settings["proto-fd-max"] = 5
        server.faults.on("any").answer(9)
        server.clear()
        assert list(client.admin_query_users_info()) == ["admin"]
        assert client.index_list() == []
        assert client.udf_list() == []
        assert server.node.settings == {}
        with pytest.raises(RoleViolation):
            client.put(("test", "demo", 1), {"a": 1})
        assert client.is_connected()


def test_a_cleared_node_has_no_records() -> None:
    """Namespaces are empty, also of a node that does not run, and can be used at once."""
    with EmbeddedServer() as server, Client(server.address) as client:
        client.put(("test", "demo", 1), {"a": 1})
        server.clear()
        assert client.get(("test", "demo", 1), default=None) is None
        client.put(("test", "demo", 2), {"a": 2})
        assert [record.bins for record in client.query("test", "demo")] == [{"a": 2}]
        server.stop()
        server.clear()
        assert not server.node.namespaces["test"].records


def test_users_switch_security_on() -> None:
    """A node with users refuses data messages of connections that have not logged in, with 80."""
    with EmbeddedServer(users={"reader": ("secret", ["read"])}) as server, Wire(server) as wire:
        assert wire.ask(get(1)).result == 80


def test_connections_that_come_while_it_stops_are_closed() -> None:
    """One that is accepted in the very turn in which the listening ends is closed too, and not left to the collector."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        for _ in range(12):
            server = EmbeddedServer().start()
            crowd = [socket.create_connection(server.seeds[0], 5) for _ in range(5)]
            server.stop()
            for one in crowd:
                one.close()
        gc.collect()
    assert not [str(warning.message) for warning in told]
