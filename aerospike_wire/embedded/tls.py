"""TLS on the node: its certificate, and what it asks of its clients'."""

from __future__ import annotations

import os
import ssl

import attrs


@attrs.frozen
class NodeTLS:
    """How a node takes connections with TLS.

    Args:
        certificate: path of a PEM file with the node's certificate, and those of its issuers.
        key: path of its private key; None if it is in the same file.
        name: the TLS name, which clients look for in the certificate and learn of other
            nodes from the lists of peers.
        client_ca: path of a PEM file with the issuers of clients' certificates; clients
            have to show one then (mutual TLS).
        login_only: also take connections in the clear, on another port. Clients log in
            with TLS and go on in the clear with the session that they were given.
        minimum: the oldest version of the protocol.
    """

    certificate: str | os.PathLike[str]
    key: str | os.PathLike[str] | None = None
    name: str = "localhost"
    client_ca: str | os.PathLike[str] | None = None
    login_only: bool = False
    minimum: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2

    def context(self) -> ssl.SSLContext:
        """The server side's context.

        Raises:
            ValueError: a file cannot be read or holds something else, or the name cannot
                stand in a list of peers.
        """
        if not self.name or set(self.name) & set("[],:; \t\n"):
            msg = f"a TLS name is a host's name, not {self.name!r}"
            raise ValueError(msg)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = self.minimum
        try:
            context.load_cert_chain(self.certificate, self.key)
            if self.client_ca is not None:
                context.load_verify_locations(self.client_ca)
                context.verify_mode = ssl.CERT_REQUIRED
        except OSError as error:  # ssl.SSLError is one
            files = [os.fspath(path) for path in (self.certificate, self.key, self.client_ca) if path is not None]
            msg = f"the node's TLS cannot be set up from {', '.join(files)}: {error.strerror or error}"
            raise ValueError(msg) from error
        return context
