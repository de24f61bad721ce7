"""A connect that fails lists every seed and the step that it reached."""

from __future__ import annotations

import pickle
import socket
import threading
from typing import TYPE_CHECKING, Any

import pytest
from cases import for_each
from rawnode import Peer, RawNode, info_reply, membership

from aerospike_wire import errors
from aerospike_wire.embedded import EmbeddedServer
from aerospike_wire.errors import ConnectContext, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NO_HOST = "no-such-host.invalid"


@pytest.fixture
def refused() -> str:
    """An address where nobody listens."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        host, port = holder.getsockname()
    return f"{host}:{port}"


@pytest.fixture
def peer() -> Iterator[Callable[[bytes | None], str]]:
    """Starts servers that are no Aerospike: they send something, or hang up, on each connection."""
    listeners: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def serve(listener: socket.socket, says: bytes | None) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                connection.recv(4096)
                if says is None:
                    continue
                connection.sendall(says)
                while connection.recv(4096):
                    pass

    def start(says: bytes | None) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)
        thread = threading.Thread(target=serve, args=(listener, says), daemon=True)
        thread.start()
        threads.append(thread)
        return "{}:{}".format(*listener.getsockname())

    yield start
    for listener in listeners:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
    for thread in threads:
        thread.join(5)


async def failing(client: Any) -> errors.AerospikeError:
    """The error of a connect, checked for what holds for all of them."""
    with pytest.raises(errors.AerospikeError) as caught:
        await client.connect()
    error = caught.value
    assert type(error.context) is ConnectContext
    assert error.context.operation == "connect"
    assert [(row.code, row.message) for row in error.attempts] == [
        (row.code, row.message) for row in error.context.seeds
    ]
    assert not any(row.sent for row in error.attempts)
    assert not error.in_doubt
    assert not client.is_connected()
    assert pickle.loads(pickle.dumps(error)).context == error.context
    return error


async def test_a_refused_port(make_client: Any, refused: str) -> None:
    """A port where nobody listens fails at connecting, as a builtin ConnectionError too."""
    error = await failing(make_client(refused))
    assert type(error) is errors.ConnectionError
    assert isinstance(error, ConnectionError)
    (row,) = error.context.seeds
    assert (row.seed, row.address, row.step, row.code) == (refused, refused, Step.CONNECT.value, -10)
    assert "refused" in row.message.lower()
    assert refused in str(error)


async def test_an_unresolvable_host(make_client: Any) -> None:
    """A name that cannot be resolved is InvalidHostError at the first step, and names the host."""
    error = await failing(make_client(f"{NO_HOST}:3000"))
    assert type(error) is errors.InvalidHostError
    (row,) = error.context.seeds
    assert (row.seed, row.address, row.step, row.code) == (f"{NO_HOST}:3000", None, Step.RESOLVE.value, -4)
    assert NO_HOST in str(error)


@for_each("host", ["x" * 300, "a..b", "white space", "nul\0byte", "\udcff"])
async def test_hosts_that_are_no_names(make_client: Any, host: str) -> None:
    """Texts that no resolver takes fail in the same way, whatever the resolver raises for them."""
    error = await failing(make_client([(host, 3000)]))
    assert type(error) is errors.InvalidHostError
    assert error.context.seeds[0].step == Step.RESOLVE.value


async def test_a_wrong_password(make_client: Any) -> None:
    """A refused login is the security error of its code, names user and step, and no password."""
    with EmbeddedServer(users={"alice": ("right", ["read"])}) as secured:
        error = await failing(make_client(secured.address, user="alice", password="wrong-one"))
        assert type(error) is errors.InvalidCredential
        assert error.code == 65
        assert error.user == "alice"
        (row,) = error.context.seeds
        assert (row.seed, row.step, row.code) == (secured.address, Step.LOGIN.value, 65)
        assert "wrong-one" not in str(error) + repr(error.to_dict())
        unknown = await failing(make_client(secured.address, user="bob", password="right"))
        assert isinstance(unknown, errors.AdminError)
        assert unknown.user == "bob"


async def test_a_missing_login(make_client: Any) -> None:
    """A client without a user is told that the node wants a login, as a security error."""
    with EmbeddedServer(users={"alice": ("right", ["read"])}) as secured:
        error = await failing(make_client(secured.address))
        assert isinstance(error, errors.AdminError)
        assert error.code == 80
        assert error.context.seeds[0].step == Step.INFO.value


async def test_a_login_where_there_are_no_users(make_client: Any, server: Any) -> None:
    """A Community node refuses any login as not supported."""
    error = await failing(make_client(server.address, user="alice", password="x"))
    assert type(error) is errors.SecurityNotSupported
    assert error.context.seeds[0].step == Step.LOGIN.value


async def test_a_wrong_cluster_name(make_client: Any) -> None:
    """A cluster of another name is not entered; both names are said."""
    with EmbeddedServer(cluster_name="blue") as blue:
        error = await failing(make_client(blue.address, cluster_name="green"))
        assert isinstance(error, errors.ClientError)
        (row,) = error.context.seeds
        assert row.step == Step.CLUSTER_NAME.value
        assert "'blue'" in row.message
        assert "'green'" in row.message
        right = make_client(blue.address, cluster_name="blue")
        await right.connect()
        assert right.is_connected()


@pytest.mark.parametrize(
    ("says", "code"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", -1),
        (b"SSH-2.0-OpenSSH_9.2\r\n", -1),
        (b"\x00" * 64, -1),
        (bytes((2, 1)) + (1 << 40).to_bytes(6, "big"), -1),
        (bytes((2, 1)) + (0).to_bytes(6, "big"), -1),
        (None, -10),
    ],
)
async def test_a_peer_that_is_no_aerospike_node(make_client: Any, peer: Any, says: bytes | None, code: int) -> None:
    """Whatever another server answers, it is a client error at the step of asking who it is."""
    address = peer(says)
    error = await failing(make_client(address))
    assert isinstance(error, errors.ClientError)
    (row,) = error.context.seeds
    assert (row.seed, row.step, row.code) == (address, Step.INFO.value, code)


async def test_a_silent_peer(make_client: Any, peer: Any) -> None:
    """A peer that takes the connection and says nothing is given up after the connect timeout."""
    error = await failing(make_client(peer(b""), connect_timeout=80))
    assert type(error) is errors.TimeoutError
    assert error.context.seeds[0].step == Step.INFO.value


@pytest.mark.parametrize(
    ("command", "text"),
    [("replicas", "not a map"), ("replicas", "test:0,1,AAAA"), ("replicas", ""), ("replicas", "test:0,9,x")],
)
async def test_a_node_without_a_usable_map(make_client: Any, command: str, text: str) -> None:
    """A node whose partition map cannot be read fails at that step, with the reason."""

    def script(peer: Peer) -> None:
        while True:
            request = peer.frame()
            names = request[8:].decode().splitlines()
            if command in names:
                peer.send(info_reply([("partition-generation", "1"), (command, text)]))
            else:
                peer.send(membership(request) or b"")

    with RawNode(script) as node:
        error = await failing(make_client(node.address))
        (row,) = error.context.seeds
        assert (row.seed, row.step) == (node.address, Step.PARTITIONS.value)
        assert row.message
        assert node.address in str(error)


async def test_several_seeds_are_all_listed(make_client: Any, refused: str, peer: Any) -> None:
    """Each seed has its row with the step it reached, and its error in the group that is the cause."""
    garbage = peer(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    with EmbeddedServer(cluster_name="blue") as blue:
        client = make_client(f"{NO_HOST}:3000,{refused},{garbage},{blue.address}", cluster_name="green")
        error = await failing(client)
    seeds = error.context.seeds
    assert [row.seed for row in seeds] == [f"{NO_HOST}:3000", refused, garbage, blue.address]
    assert [row.step for row in seeds] == [
        step.value for step in (Step.RESOLVE, Step.CONNECT, Step.INFO, Step.CLUSTER_NAME)
    ]
    for row in seeds:
        assert f"{row.seed}" in str(error)
        assert row.step in str(error)
    group = error.__cause__
    assert isinstance(group, ExceptionGroup)
    assert [type(inner) for inner in group.exceptions] == [errors.class_of(row.code) for row in seeds]
    assert group.subgroup(errors.InvalidHostError) is not None
    assert len(error.to_dict()["context"]["seeds"]) == 4


async def test_seeds_that_fail_alike_give_their_common_error(make_client: Any, refused: str) -> None:
    """If all seeds fail with one code that code is the error's."""
    error = await failing(make_client([(NO_HOST, 3000), (f"other.{NO_HOST}", 3000)]))
    assert type(error) is errors.InvalidHostError
    mixed = await failing(make_client(f"{NO_HOST}:3000,{refused}"))
    assert type(mixed) is errors.ConnectionError


async def test_a_refusal_weighs_more_than_silence(make_client: Any, refused: str) -> None:
    """If one seed could be talked to and refused, its reason is the error's, not the dead neighbour's."""
    with EmbeddedServer(users={"alice": ("right", ["read"])}) as secured:
        client = make_client(f"{refused},{secured.address}", user="alice", password="wrong")
        error = await failing(client)
    assert type(error) is errors.InvalidCredential
    assert len(error.context.seeds) == 2


async def test_one_good_seed_is_enough(make_client: Any, server: Any, refused: str) -> None:
    """Dead seeds before a good one do no harm."""
    client = make_client(f"{NO_HOST}:3000,{refused},{server.address}")
    await client.connect()
    await client.put(("test", "seeds", 1), {"a": 1})
    assert client.is_connected()


async def test_a_failed_connect_can_be_repeated(make_client: Any, server: Any) -> None:
    """A client that could not connect does so once the node is there."""
    address = server.address
    server.stop()
    client = make_client(address)
    await failing(client)
    server.start()
    await client.connect()
    assert client.is_connected()


async def test_a_call_connects_and_reports_the_seeds(make_client: Any, refused: str) -> None:
    """The first call connects by itself; if that fails its error lists the seeds."""
    with pytest.raises(errors.ConnectionError) as caught:
        await make_client(refused).get(("test", "s", 1))
    assert [row.seed for row in caught.value.context.seeds] == [refused]


async def test_a_closed_client_stays_closed(client: Any) -> None:
    """After close neither calls nor connect pretend to work."""
    await client.connect()
    await client.close()
    assert not client.is_connected()
    for call in (client.connect(), client.get(("test", "s", 1)), client.batch_read([("test", "s", 1)])):
        with pytest.raises(errors.ClusterError, match="the client is closed"):
            await call
    await client.close()
