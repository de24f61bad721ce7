"""The official client with a user's serializer, and ours with the same: each reads what the other wrote."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from aerospike_wire import AsyncClient, Client
from aerospike_wire import operations as ops

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aerospike_wire.embedded import EmbeddedServer

aerospike = pytest.importorskip("aerospike")
list_operations = pytest.importorskip("aerospike_helpers.operations.list_operations")

KEY = ("test", "serialized", "k")
VALUE: dict[str, Any] = {"t": (1, "a"), "l": [1, ("x", None), [(2,)]], "m": {"k": (3,)}, "i": 5, "s": "text"}
READ: dict[str, Any] = {"t": [1, "a"], "l": [1, ["x", None], [[2]]], "m": {"k": [3]}, "i": 5, "s": "text"}
"""JSON has no tuples."""


@pytest.fixture
def theirs(server: EmbeddedServer) -> Iterator[Any]:
    """The official client."""
    host, _, port = server.address.rpartition(":")
    client = aerospike.client({"hosts": [(host, int(port))], "serialization": (json.dumps, json.loads)})
    yield client
    client.close()


def test_each_reads_what_the_other_wrote(theirs: Any, server: EmbeddedServer) -> None:
    """Alone, inside of lists and maps, and by operations; what is stored is the same, byte for byte."""
    with Client(server.address, serializer=json) as ours, Client(server.address) as plain:
        theirs.put(KEY, VALUE)
        stored = plain.get(KEY).bins
        assert ours.get(KEY).bins == READ
        ours.put(KEY, VALUE)
        assert plain.get(KEY).bins == stored
        assert theirs.get(KEY)[2] == READ
        assert ours.serializer is not None
        theirs.operate(KEY, [list_operations.list_append("l", (4, 5))])
        ours.operate(KEY, [ops.list_append("l", ours.serializer.wrap((4, 5)))])
        assert plain.get(KEY).bins["l"][-2:] == [b"[4, 5]", b"[4, 5]"]
        assert theirs.get(KEY)[2]["l"][-2:] == ours.get(KEY).bins["l"][-2:] == [[4, 5], [4, 5]]


async def test_asyncio_reads_it_too(theirs: Any, server: EmbeddedServer) -> None:
    """And writes what the official client reads."""
    async with AsyncClient(server.address, serializer=json) as ours:
        theirs.put(KEY, VALUE)
        assert (await ours.get(KEY)).bins == READ
        await ours.put(KEY, VALUE)
        assert theirs.get(KEY)[2] == READ
