"""Certificates that tests make for themselves."""

from __future__ import annotations

import datetime as dt
import functools
from typing import TYPE_CHECKING

import attrs
import trustme

from aerospike_wire.embedded import NodeTLS

if TYPE_CHECKING:
    from pathlib import Path


@attrs.frozen
class Certificates:
    """One authority that everybody trusts, one that nobody does, and what they issued; all PEM files."""

    ca: Path
    """The authority's certificate."""
    server: Path
    """Certificate and key of a node, for ``localhost`` and ``127.0.0.1``."""
    client: Path
    """Certificate and key of a client; its common name is ``jane``."""
    stranger: Path
    """Certificate and key of a client that an unknown authority issued."""
    other_ca: Path
    """The unknown authority's certificate."""
    expired: Path
    """Certificate and key of a node whose time is over."""

    def tls(self, *, mutual: bool = False, name: str = "localhost", login_only: bool = False) -> NodeTLS:
        """A node's settings."""
        return NodeTLS(self.server, name=name, client_ca=self.ca if mutual else None, login_only=login_only)


NAMES = ("ca", "server", "client", "stranger", "other_ca", "expired")


@functools.cache
def _authorities() -> tuple[trustme.CA, trustme.CA]:
    return trustme.CA(), trustme.CA()


def make(directory: Path) -> Certificates:
    """Write all files into a directory."""
    trusted, unknown = _authorities()
    found = Certificates(*(directory / f"{name}.pem" for name in NAMES))
    trusted.cert_pem.write_to_path(str(found.ca))
    unknown.cert_pem.write_to_path(str(found.other_ca))
    trusted.issue_cert("localhost", "127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(found.server))
    trusted.issue_cert("client.test", common_name="jane").private_key_and_cert_chain_pem.write_to_path(
        str(found.client)
    )
    trusted.issue_cert(
        "localhost", "127.0.0.1", not_after=dt.datetime(2021, 1, 1, tzinfo=dt.UTC)
    ).private_key_and_cert_chain_pem.write_to_path(str(found.expired))
    unknown.issue_cert("client.test", common_name="jane").private_key_and_cert_chain_pem.write_to_path(
        str(found.stranger)
    )
    return found
