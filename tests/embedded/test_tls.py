"""Nodes with TLS, looked at through the standard library's own sockets."""

from __future__ import annotations

import contextlib
import socket
import ssl
from typing import TYPE_CHECKING

import certificates
import pytest
import wire
from wire import Wire

from aerospike_wire.embedded import EmbeddedCluster, EmbeddedServer, NodeTLS
from aerospike_wire.proto import admin
from aerospike_wire.proto.admin import AdminCommand, AdminField

if TYPE_CHECKING:
    from pathlib import Path

    from certificates import Certificates

    from aerospike_wire.embedded import ClusterNode


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return certificates.make(tmp_path_factory.mktemp("pem"))


class SecureWire(Wire):
    """A connection with TLS."""

    def __init__(self, node: EmbeddedServer | ClusterNode, ca: Path, certificate: Path | None = None) -> None:
        context = ssl.create_default_context(cafile=str(ca))
        if certificate is not None:
            context.load_cert_chain(certificate)
        super().__init__(node)
        try:
            self.socket: socket.socket = context.wrap_socket(self.socket, server_hostname="localhost")
        except BaseException:
            self.socket.close()
            raise


def test_node_with_tls_serves(pem: Certificates) -> None:
    with EmbeddedServer(tls=pem.tls()) as server, SecureWire(server, pem.ca) as link:
        assert link.ask(wire.put(1, {"a": "x" * 300_000})).result == 0
        assert wire.bins_of(link.ask(wire.get(1))) == {"a": "x" * 300_000}
        host, port = server.seeds[0]
        assert link.info("service-tls-std", "service-clear-std", "peers-tls-std", "service-tls-alt") == {
            "service-tls-std": f"{host}:{port}",
            "service-clear-std": "",
            "peers-tls-std": "0,3000,[]",
            "service-tls-alt": "",
        }


def test_clear_connection_is_not_answered(pem: Certificates) -> None:
    with EmbeddedServer(tls=pem.tls()) as server, Wire(server) as link:
        link.send(wire.get(1))
        link.receive(1000)  # an alert or nothing, then the end
        assert link.closed()


def test_client_that_trusts_nobody_gives_up(pem: Certificates) -> None:
    with EmbeddedServer(tls=pem.tls()) as server, pytest.raises(ssl.SSLCertVerificationError):
        SecureWire(server, pem.other_ca)


def test_mutual_tls_wants_a_certificate_of_a_known_issuer(pem: Certificates) -> None:
    with EmbeddedServer(tls=pem.tls(mutual=True)) as server:
        with SecureWire(server, pem.ca, pem.client) as link:
            assert link.info("node") == {"node": "BB9000000000001"}
        for refused in (None, pem.stranger):
            # With TLS 1.3 the client's handshake is over before the node looks at its certificate.
            with contextlib.suppress(ssl.SSLError, ConnectionError), SecureWire(server, pem.ca, refused) as link:
                link.send(wire.get(1))
                assert link.receive(1) == b""


def test_peers_of_a_cluster_carry_the_tls_name(pem: Certificates) -> None:
    with EmbeddedCluster(3, names=["A1", "A2", "A3"], tls=pem.tls(name="nodes.test")) as cluster:
        ports = [node.port for node in cluster.nodes]
        with SecureWire(cluster.nodes[0], pem.ca) as link:
            assert link.info("peers-tls-std", "peers-clear-std", "peers-tls-alt") == {
                "peers-tls-std": f"4,3000,[[A2,nodes.test,[127.0.0.1:{ports[1]}]],[A3,nodes.test,[127.0.0.1:{ports[2]}]]]",
                "peers-clear-std": "4,3000,[]",
                "peers-tls-alt": "4,3000,[]",
            }
        cluster.nodes[0].restart()
        with SecureWire(cluster.nodes[0], pem.ca) as link:
            assert link.info("node") == {"node": "A1"}


def test_login_only_gives_a_clear_address_too(pem: Certificates) -> None:
    with EmbeddedServer(tls=pem.tls(login_only=True), users={"jane": ("secret", ["read-write"])}) as server:
        request = admin.request(
            AdminCommand.LOGIN,
            [(AdminField.USER, b"jane"), (AdminField.CREDENTIAL, server.node.security.users["jane"].credential)],
        )
        with SecureWire(server, pem.ca) as link:
            link.send(request)
            answer = next(iter(admin.parse(link.frame()[1])))
            assert answer.result == 0
            host, _, port = link.info("service-clear-std")["service-clear-std"].rpartition(":")
        with socket.create_connection((host, int(port)), 5) as clear:
            token = (AdminField.SESSION_TOKEN, answer.fields[AdminField.SESSION_TOKEN])
            clear.sendall(admin.request(AdminCommand.AUTHENTICATE, [(AdminField.USER, b"jane"), token]))
            assert clear.recv(100)[9] == 0


def test_certificate_stands_for_user_and_password(pem: Certificates) -> None:
    users = {"jane": ("secret", ["read-write"])}
    with (
        EmbeddedServer(tls=pem.tls(mutual=True), users=users) as server,
        SecureWire(server, pem.ca, pem.client) as link,
    ):
        link.send(admin.request(AdminCommand.LOGIN, []))
        answer = next(iter(admin.parse(link.frame()[1])))
        assert answer.result == 0
        assert link.ask(wire.put(1, {"a": 1})).result == 0
        token = (AdminField.SESSION_TOKEN, answer.fields[AdminField.SESSION_TOKEN])
        link.send(admin.request(AdminCommand.AUTHENTICATE, [(AdminField.USER, b""), token]))
        assert next(iter(admin.parse(link.frame()[1]))).result == 0
    with EmbeddedServer(tls=pem.tls(), users=users) as server, SecureWire(server, pem.ca) as link:
        link.send(admin.request(AdminCommand.LOGIN, []))
        assert next(iter(admin.parse(link.frame()[1]))).result != 0


def test_bad_settings(pem: Certificates, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be set up"):
        EmbeddedServer(tls=NodeTLS(tmp_path / "missing.pem"))
    with pytest.raises(ValueError, match="cannot be set up"):
        EmbeddedServer(tls=NodeTLS(pem.ca))
    with pytest.raises(ValueError, match="TLS name"):
        EmbeddedCluster(2, tls=NodeTLS(pem.server, name="a,b"))
