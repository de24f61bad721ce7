"""TLS and logins over it, on both clients."""

from __future__ import annotations

import asyncio
import pickle
import ssl
import time
from typing import TYPE_CHECKING, Any

import certificates
import pytest
from cases import for_each
from rawnode import Peer, RawNode

from aerospike_wire import errors
from aerospike_wire.embedded import EmbeddedCluster, EmbeddedServer, NodeTLS
from aerospike_wire.errors import Step

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from certificates import Certificates

KEY = ("test", "tls", "k")
USERS = {"jane": ("secret", ["read-write"])}


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return certificates.make(tmp_path_factory.mktemp("pem"))


async def works(client: Any) -> None:
    """Every kind of link carries data, more than a socket takes at once too."""
    await client.put(KEY, {"a": 1, "b": "x" * 400_000})
    assert (await client.get(KEY)).bins == {"a": 1, "b": "x" * 400_000}
    rows = await client.batch_read([KEY, ("test", "tls", "none")])
    assert [row.result for row in rows] == [0, 2]
    assert len(await client.query("test", "tls").results()) == 1
    assert "8." in await client.info_random_node("build")


async def test_verified_connection(make_client: Callable[..., Any], pem: Certificates) -> None:
    """With the CA of the node's certificate everything works."""
    with EmbeddedServer(tls=pem.tls()) as server:
        client = make_client(server.address, tls={"cafile": str(pem.ca)})
        await works(client)
        assert client.is_connected()


async def test_many_at_once(make_client: Callable[..., Any], pem: Certificates) -> None:
    """Requests of many callers share encrypted links and get their own answers."""
    with EmbeddedServer(tls=pem.tls()) as server:
        client = make_client(server.address, tls={"cafile": str(pem.ca)})
        keys = [("test", "tls", number) for number in range(200)]
        await asyncio.gather(*(client.put(key, {"n": key[2], "pad": "x" * 2000}) for key in keys))
        found = await asyncio.gather(*(client.get(key) for key in keys))
        assert [record.bins["n"] for record in found] == list(range(200))


@pytest.mark.parametrize("kind", ["cadata", "context", "capath"])
async def test_other_ways_to_trust(make_client: Callable[..., Any], pem: Certificates, kind: str) -> None:
    """The CA may be given as text, or settled by an ``ssl.SSLContext`` of the program's own."""
    tls: Any = {"cadata": pem.ca.read_text()}
    if kind == "context":
        tls = ssl.create_default_context(cafile=str(pem.ca))
    elif kind == "capath":
        tls = {"capath": str(pem.ca.parent), "cafile": str(pem.ca), "protocols": "-all +TLSv1.2"}
    with EmbeddedServer(tls=pem.tls()) as server:
        client = make_client(server.address, tls=tls)
        await client.put(KEY, {"a": 1})


async def refused(client: Any) -> errors.AerospikeError:
    with pytest.raises(errors.AerospikeError) as caught:
        await client.connect()
    return caught.value


async def test_unknown_authority(make_client: Callable[..., Any], pem: Certificates) -> None:
    """Certificates are verified unless told otherwise: TLSError at the step of the handshake."""
    with EmbeddedServer(tls=pem.tls()) as server:
        for tls in ({"cafile": str(pem.other_ca)}, {"enable": True}, True):
            error = await refused(make_client(server.address, tls=tls))
            assert type(error) is errors.TLSError
            (row,) = error.context.seeds
            assert row.step == Step.TLS.value
            assert "certificate" in row.message.lower()


async def test_wrong_name(make_client: Callable[..., Any], pem: Certificates) -> None:
    """A certificate of another name is refused; the seed's TLS name decides over its host."""
    with EmbeddedServer(tls=pem.tls()) as server:
        host, port = server.seeds[0]
        error = await refused(make_client([(host, port, "db.example")], tls={"cafile": str(pem.ca)}))
        assert type(error) is errors.TLSError
        client = make_client([(host, port, "localhost")], tls={"cafile": str(pem.ca)})
        await client.put(KEY, {"a": 1})


async def test_one_side_without_tls(make_client: Callable[..., Any], pem: Certificates, server: Any) -> None:
    """Neither side takes the other's bytes for its own, and the error says what happened."""
    with EmbeddedServer(tls=pem.tls()) as secured:
        error = await refused(make_client(secured.address, connect_timeout=300))
        assert error.code in {-10, -1, 9}
    error = await refused(make_client(server.address, tls={"cafile": str(pem.ca)}, connect_timeout=300))
    assert error.code in {-9, 9, -10}


async def test_an_expired_certificate(make_client: Callable[..., Any], pem: Certificates) -> None:
    """Whoever issued it: the error is of the handshake, and says that its time is over."""
    with EmbeddedServer(tls=NodeTLS(pem.expired)) as server:
        error = await refused(make_client(server.address, tls={"cafile": str(pem.ca)}))
        assert type(error) is errors.TLSError
        (row,) = error.context.seeds
        assert (row.step, "expired" in row.message) == (Step.TLS.value, True)


async def test_a_handshake_that_is_never_answered(make_client: Callable[..., Any], pem: Certificates) -> None:
    """It ends with the connect timeout, and says which address it was."""

    def silent(peer: Peer) -> None:
        while not peer.closed():
            pass

    with RawNode(silent) as node:
        begun = time.monotonic()
        error = await refused(make_client(node.address, tls={"cafile": str(pem.ca)}, connect_timeout=150))
        assert time.monotonic() - begun < 2
    assert type(error) is errors.TimeoutError
    (row,) = error.context.seeds
    assert row.address == row.seed
    assert "within 150 ms" in row.message


async def test_seeds_with_tls_are_listed_with_how_far_each_got(
    make_client: Callable[..., Any], pem: Certificates
) -> None:
    """One that has no name, one that nobody listens at, one whose certificate is not trusted, one that wants a login."""
    other = NodeTLS(pem.stranger)
    users = {"admin": ("admin", ["user-admin"])}
    with EmbeddedServer(tls=other) as untrusted, EmbeddedServer(tls=pem.tls(), users=users) as secured:
        hosts = [("no-such-host.invalid", 3000), ("127.0.0.1", 1), *untrusted.seeds, *secured.seeds]
        settings = {"user": "admin", "password": "wrong-word"}
        error = await refused(make_client(hosts, tls={"cafile": str(pem.ca)}, **settings))
    assert type(error) is errors.InvalidCredential
    steps = [row.step for row in error.context.seeds]
    assert steps == [step.value for step in (Step.RESOLVE, Step.CONNECT, Step.TLS, Step.LOGIN)]
    assert isinstance(error.__cause__, ExceptionGroup)
    assert [type(each) for each in error.__cause__.exceptions] == [
        errors.InvalidHostError, errors.ConnectionError, errors.TLSError, errors.InvalidCredential,
    ]  # fmt: skip
    assert "wrong-word" not in repr(error) + str(error) + str(error.to_dict())


async def test_client_certificates(make_client: Callable[..., Any], pem: Certificates) -> None:
    """A node that wants a certificate of its clients takes the right one and no other."""
    with EmbeddedServer(tls=pem.tls(mutual=True)) as server:
        tls = {"cafile": str(pem.ca), "certfile": str(pem.client), "keyfile": str(pem.client)}
        await works(make_client(server.address, tls=tls))
        for bad in ({}, {"certfile": str(pem.stranger)}):
            error = await refused(make_client(server.address, tls={"cafile": str(pem.ca), **bad}))
            assert error.code in {-9, -10}


async def test_login_by_certificate(make_client: Callable[..., Any], pem: Certificates) -> None:
    """PKI: the certificate names the user."""
    with EmbeddedServer(tls=pem.tls(mutual=True), users=USERS) as server:
        tls = {"cafile": str(pem.ca), "certfile": str(pem.client)}
        client = make_client(server.address, tls=tls, auth_mode=3)
        await works(client)


async def test_password_over_tls(make_client: Callable[..., Any], pem: Certificates) -> None:
    """Every new link logs in, inside TLS."""
    with EmbeddedServer(tls=pem.tls(), users=USERS) as server:
        client = make_client(server.address, tls={"cafile": str(pem.ca)}, user="jane", password="secret")
        await works(client)


async def test_tls_for_login_only(make_client: Callable[..., Any], pem: Certificates) -> None:
    """The password travels encrypted; commands go to the clear address with the session."""
    with EmbeddedServer(tls=pem.tls(login_only=True), users=USERS) as server:
        client = make_client(
            server.address, tls={"cafile": str(pem.ca), "for_login_only": True}, user="jane", password="secret"
        )
        await works(client)
        (node,) = client.client._core.cluster.nodes.values()
        assert node.address != server.address


async def test_cluster_with_tls_names(make_client: Callable[..., Any], pem: Certificates) -> None:
    """The names in the certificates of peers come with the list of peers."""
    with EmbeddedCluster(3, tls=pem.tls(name="localhost")) as cluster:
        client = make_client(cluster.nodes[0].address, tls={"cafile": str(pem.ca)})
        for number in range(30):
            await client.put(("test", "tls", number), {"n": number})
        assert len(client.client._core.cluster.nodes) == 3


@for_each(
    ("tls", "argument", "words"),
    [
        ("yes", "tls", "dict or an ssl.SSLContext"),
        ({"ca": "x"}, "tls ca", "not known"),
        ({"enable": 1}, "tls enable", "True or False"),
        ({"cafile": "/no/such.pem"}, "tls cafile", "cannot be read"),
        ({"capath": "/no/such/dir"}, "tls capath", "cannot be read"),
        ({"cafile": 5}, "tls cafile", "must be a str"),
        ({"cadata": "no certificate"}, "tls cadata", "no certificate"),
        ({"certfile": "/no/such.pem"}, "tls certfile", "cannot be read"),
        ({"keyfile": __file__}, "tls keyfile", "without a certfile"),
        ({"certfile": __file__}, "tls certfile", "cannot be used together"),
        ({"cipher_suite": "NO-SUCH"}, "tls cipher_suite", "no cipher"),
        ({"protocols": "SSLv3"}, "tls protocols", "TLSv1.2"),
        ({"protocols": "+TLSv1.1 +TLSv1.3"}, "tls protocols", "unbroken"),
        ({"protocols": "-all"}, "tls protocols", "unbroken"),
        ({"context": 1}, "tls context", "ssl.SSLContext"),
        ({"cert_blacklist": "x"}, "tls cert_blacklist", "not supported"),
        ({"keyfile_pw": 7, "certfile": __file__}, "tls keyfile_pw", "must be a str"),
        ({"for_login_only": True}, "tls for_login_only", "needs a user"),
    ],
)
def test_settings_that_cannot_work(make_client: Any, pem: Certificates, tls: Any, argument: str, words: str) -> None:
    """What is missing or wrong is said when the client is made, before anything is sent."""
    if isinstance(tls, dict) and not tls.keys() & {"cafile", "capath", "cadata", "context"}:
        tls = {"cafile": str(pem.ca), **tls}  # to read the system's takes a tenth of a second
    with pytest.raises(errors.ParamError, match=words) as caught:
        make_client("127.0.0.1:1", tls=tls)
    assert caught.value.argument == argument


async def test_no_secret_is_told(make_client: Callable[..., Any], pem: Certificates, tmp_path: Path) -> None:
    """Neither password nor key phrase is in an error, a repr or a pickle."""
    with EmbeddedServer(tls=pem.tls(), users=USERS) as server:
        client = make_client(server.address, tls={"cafile": str(pem.ca)}, user="jane", password="hunter2")
        error = await refused(client)
        assert error.code == 65
        told = str(error) + repr(error) + repr(error.to_dict()) + repr(client.client) + repr(client.client._core.config)
        assert "hunter2" not in told + "".join(error.__notes__)
        assert b"hunter2" not in pickle.dumps(error)
        for thing in (client.client._core.config, client.client):
            with pytest.raises(TypeError):
                pickle.dumps(thing)
    with pytest.raises(errors.ParamError) as caught:
        make_client("h", tls={"certfile": str(pem.ca), "keyfile_pw": "hunter2"})
    assert "hunter2" not in str(caught.value) + repr(caught.value.__context__)
