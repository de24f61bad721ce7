"""Addresses in the answers to info commands: found, and replaced by the proxy's (protocol section 3.5)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    Address = tuple[str, int]
    Locate = Callable[[str | None, Sequence[Address]], Awaitable[Address]]
    """From a node's name, if it is known, and its addresses to where the proxy stands for it."""

OWN: Final = re.compile(r"service(-(clear|tls)-(std|alt))?|admin-(clear|tls)-std")
"""Commands that are answered with the node's own addresses, separated by commas."""
OTHERS: Final = re.compile(r"services(-alternate|-alumni)?")
"""Commands that are answered with addresses of other nodes, separated by semicolons."""
PEERS: Final = re.compile(r"(peers|alumni)-(clear|tls)-(std|alt)")
"""Commands that are answered with names and addresses of other nodes."""
_PEERS_VALUE: Final = re.compile(r"(\d+),(\d*),\[(.*)\]\Z", re.DOTALL)
_PEER: Final = re.compile(r"\[([^,\[\]]*),([^,\[\]]*),(?:\[((?:[^\[\]]|\[[^\[\]]*\])*)\])?\]")
_ADDRESS: Final = re.compile(r"\s*(?:\[([^\[\]]+)\]|([^,;:\[\]]+))(?::(\d{1,5}))?\s*\Z")
_DEFAULT_PORT: Final = 3000


def parse(text: str, default_port: int = _DEFAULT_PORT) -> Address | None:
    """``host``, ``host:port`` or ``[host]:port``; None if it is none of these."""
    found = _ADDRESS.match(text)
    if found is None:
        return None
    port = int(found[3]) if found[3] else default_port
    return (found[1] or found[2], port) if 0 < port <= 0xFFFF else None


def text_of(address: Address) -> str:
    """``host:port``, an IPv6 address in brackets."""
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def tells_addresses(command: str) -> bool:
    """True if the answer to an info command holds addresses."""
    name = re.split("[:/]", command, maxsplit=1)[0]
    return any(pattern.fullmatch(name) for pattern in (OWN, OTHERS, PEERS))


async def rewritten(command: str, value: str, own: Address, locate: Locate) -> str:
    """The value with the proxy's addresses; what cannot be read stays as it is.

    Args:
        command: the info command.
        value: the node's answer.
        own: where the proxy stands for the node that answered.
        locate: where it stands for others.
    """
    name = re.split("[:/]", command, maxsplit=1)[0]
    if not value or value.startswith(("ERROR", "FAIL")):
        return value
    if OWN.fullmatch(name):
        return text_of(own)
    if OTHERS.fullmatch(name):
        found = [parse(part) for part in value.split(";")]
        return ";".join([text_of(await locate(None, [each])) for each in found if each is not None])
    if PEERS.fullmatch(name):
        return await _rewritten_peers(value, locate)
    return value


async def _rewritten_peers(value: str, locate: Locate) -> str:
    whole = _PEERS_VALUE.match(value)
    if whole is None:
        return value
    generation, port_text, content = whole.groups()
    port = int(port_text) if port_text and 0 < int(port_text) <= 0xFFFF else _DEFAULT_PORT
    peers = []
    for found in _PEER.finditer(content):
        name, tls_name, hosts = found.groups()
        addresses = [parse(part, port) for part in hosts.split(",")] if hosts else []
        known = [address for address in addresses if address is not None]
        if known:
            peers.append(f"[{name},{tls_name},[{text_of(await locate(name, known))}]]")
        else:
            peers.append(found[0])
    return f"{generation},{port_text},[{','.join(peers)}]"
