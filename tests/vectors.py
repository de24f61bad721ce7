"""900 byte strings of the official client and of a real server, by name.

Requests were captured from the official Python client 19.3.0, replies recorded from a server
8.1.2.0 Community Edition; ``verified`` of each vector says which.
"""

from __future__ import annotations

import functools
import json
import lzma
from typing import Any

from recordings import DATA

from aerospike_wire.policy import Policies
from aerospike_wire.proto.commands.base import OLDEST, Command, Features


@functools.cache
def _all() -> dict[str, dict[str, Any]]:
    with lzma.open(DATA / "vectors.jsonl.xz", "rt", encoding="utf-8") as lines:
        return {row["name"]: row for row in map(json.loads, lines)}


def rows(kind: str = "") -> list[dict[str, Any]]:
    """All vectors, or those of a kind, with everything that is known of them."""
    return [row for row in _all().values() if not kind or row["kind"] == kind]


def vector(name: str) -> bytes:
    """The bytes of a vector."""
    return bytes.fromhex(_all()[name]["hex"])


def bodies(name: str) -> list[bytes]:
    """The bodies of a vector's frames."""
    whole, found = vector(name), []
    while whole:
        end = 8 + int.from_bytes(whole[2:8], "big")
        found.append(whole[8:end])
        whole = whole[end:]
    return found


def given(name: str) -> Any:
    """What was asked for."""
    return _all()[name]["input"]


def names(start: str, end: str = "") -> list[str]:
    """Names of vectors."""
    return [name for name in _all() if name.startswith(start) and name.endswith(end)]


def encoded(command: Command[Any], features: Features = OLDEST) -> bytes:
    """The bytes of a command with the default policies."""
    command.prepare(Policies())
    return command.encode(features)
