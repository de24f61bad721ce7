"""What nodes say about their peers, racks and own addresses (protocol sections 3.5 and 3.6)."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from aerospike_wire.errors import ProtocolError


class Peer(NamedTuple):
    """A node that another node knows."""

    name: str
    addresses: tuple[tuple[str, int], ...]
    """Host and port, best first; none for a node that has departed."""
    tls_name: str = ""
    """The name in its certificate; empty for addresses in the clear."""


# An IPv6 literal has at least two colons; "[host:port]" is a list of one address.
# Counting them ahead keeps the time linear, whatever the text.
_PEER_TOKEN: Final = re.compile(r"\[(?=[^\[\]:]*:[^\[\]:]*:)[0-9A-Fa-f.:]+(?:%[^\[\],]+)?\]|[^\[\],]+|[\[\],]")


def parse_peers(value: str) -> tuple[str, list[Peer]]:
    """``generation,default port,[[name,tls name,[host:port,...]],...]`` (protocol section 3.5).

    Raises:
        ProtocolError: the text is not of that form.
    """
    head = value.split(",", 2)
    port = _port(head[1] or "3000") if len(head) == 3 and head[0].isascii() and head[0].isdigit() else None
    if port is None:
        msg = f"peers {value[:60]!r} are not generation,port,[...]"
        raise ProtocolError(msg)
    return head[0], _PeerReader(_PEER_TOKEN.findall(head[2]), port).peers()


def _port(text: str) -> int | None:
    """A port number, None if the text is none."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 5 else 0
    return number if 0 < number < 65536 else None


class _PeerReader:
    """Walks over the tokens of a peers value."""

    __slots__ = ("_at", "_port", "_tokens")

    def __init__(self, tokens: list[str], default_port: int) -> None:
        self._tokens = tokens
        self._at = 0
        self._port = default_port

    def peers(self) -> list[Peer]:
        found: list[Peer] = []
        self._expect("[")
        while not self._skip("]"):
            found.append(self._peer())
            self._skip(",")
        if self._at != len(self._tokens):
            msg = "peers are followed by other text"
            raise ProtocolError(msg)
        return found

    def _peer(self) -> Peer:
        self._expect("[")
        name = self._word()
        self._expect(",")
        tls_name = "" if self._peek() == "," else self._word()
        self._expect(",")
        if self._skip("]"):
            return Peer(name, ())  # departed
        self._expect("[")
        addresses = []
        while not self._skip("]"):
            addresses.append(self._address())
            self._skip(",")
        self._expect("]")
        return Peer(name, tuple(addresses), tls_name)

    def _address(self) -> tuple[str, int]:
        word = self._word()
        if word.startswith("["):
            host, rest = word[1:-1], ""
            following = self._peek()
            if following is not None and following.startswith(":"):
                rest = self._word()[1:]
        else:
            host, _, rest = word.partition(":")
        port = _port(rest) if rest else self._port
        if port is None:
            msg = f"a peer's address has port {rest[:20]!r}"
            raise ProtocolError(msg)
        return host, port

    def _peek(self) -> str | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _word(self) -> str:
        token = self._peek()
        if token is None or token in {"[", "]", ","}:
            msg = f"peers have {token!r} where a name or address should be"
            raise ProtocolError(msg)
        self._at += 1
        return token

    def _skip(self, token: str) -> bool:
        if self._peek() == token:
            self._at += 1
            return True
        if self._peek() is None:
            msg = "peers are cut off"
            raise ProtocolError(msg)
        return False

    def _expect(self, token: str) -> None:
        if not self._skip(token):
            msg = f"peers have {self._peek()!r} where {token!r} should be"
            raise ProtocolError(msg)


def parse_racks(value: str) -> dict[str, int]:
    """``namespace:rack;namespace:rack``: the answering node's rack in each namespace.

    Raises:
        ProtocolError: the text is not of that form.
    """
    racks = {}
    for entry in value.split(";"):
        if not entry:
            continue
        namespace, colon, rack = entry.partition(":")
        if not namespace or not colon or not (rack.isascii() and rack.isdigit() and len(rack) < 10):
            msg = f"rack-ids entry {entry[:60]!r} is not namespace:rack"
            raise ProtocolError(msg)
        racks[namespace] = int(rack)
    return racks


def parse_addresses(value: str) -> list[tuple[str, int]]:
    """``host:port,host:port``, with IPv6 addresses in brackets: a node's own addresses.

    Raises:
        ProtocolError: the text is not of that form.
    """
    found = []
    for entry in value.split(","):
        if not entry:
            continue
        host, _, rest = entry.rpartition(":")
        port = _port(rest)
        host = host[1:-1] if host.startswith("[") and host.endswith("]") else host
        if not host or port is None:
            msg = f"service address {entry[:60]!r} is not host:port"
            raise ProtocolError(msg)
        found.append((host, port))
    return found
