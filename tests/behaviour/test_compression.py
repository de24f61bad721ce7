"""Compression from end to end, with nodes that have the feature and nodes that have not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from aerospike_wire import errors
from aerospike_wire.embedded import EmbeddedServer
from aerospike_wire.proto import compression

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BINS = {"text": "z" * 5000, "number": 7}
PACKED = {"compress": True}


@pytest.fixture
def enterprise() -> Iterator[EmbeddedServer]:
    """A node that understands compressed requests."""
    with EmbeddedServer(namespaces=["test,ttl=off"], compression=True) as node:
        yield node


@pytest.fixture
def inside(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Sizes of what was inflated on either side, as the test goes on."""
    sizes: list[int] = []

    def inflated(body: bytes, *limit: int) -> bytes:
        found = original(body, *limit)
        sizes.append(len(found))
        return found

    original = compression.inflated
    monkeypatch.setattr("aerospike_wire.proto.compression.inflated", inflated)
    monkeypatch.setattr("aerospike_wire.proto.channel.inflated", inflated)
    return sizes


async def test_put_and_get(make_client: Callable[..., Any], enterprise: EmbeddedServer, inside: list[int]) -> None:
    """A compressed write arrives, and what is read comes compressed."""
    client = make_client(enterprise.address)
    key = ("test", "packed", 1)
    await client.put(key, BINS, policy=PACKED)
    assert len(inside) == 1
    _, _, bins = await client.get(key, policy=PACKED)
    assert bins == BINS
    assert len(inside) == 2
    _, _, bins = await client.get(key)
    assert bins == BINS
    assert len(inside) == 2


async def test_batch_and_query(make_client: Callable[..., Any], enterprise: EmbeddedServer, inside: list[int]) -> None:
    """Answers of many records come compressed too, and whole."""
    client = make_client(enterprise.address)
    keys = [("test", "packed", number) for number in range(50)]
    for key in keys:
        await client.put(key, BINS)
    batch = await client.batch_read(keys, policy=PACKED)
    assert [row.record.bins for row in batch] == [BINS] * len(keys)
    after_batch = len(inside)
    assert after_batch > 1
    found = await client.query("test", "packed").results(PACKED)
    assert [record[2] for record in found] == [BINS] * len(keys)
    assert len(inside) > after_batch


async def test_small_things_stay_plain(
    make_client: Callable[..., Any], enterprise: EmbeddedServer, inside: list[int]
) -> None:
    """A short write and a short answer are not compressed, although they might be."""
    client = make_client(enterprise.address)
    await client.put(("test", "packed", 2), {"a": 1}, policy=PACKED)
    assert (await client.get(("test", "packed", 2), policy=PACKED))[2] == {"a": 1}
    assert inside == []


async def test_refusals_of_compressed_requests(make_client: Callable[..., Any], enterprise: EmbeddedServer) -> None:
    """An error is the same whether the request was compressed or not."""
    client = make_client(enterprise.address)
    policy = {"compress": True, "exists": 2}
    with pytest.raises(errors.RecordNotFound) as caught:
        await client.put(("test", "packed", 3), BINS, policy=policy)
    assert caught.value.in_doubt is False
    enterprise.faults.on("put").answer(9)
    with pytest.raises(errors.TimeoutError):
        await client.put(("test", "packed", 3), BINS, policy=PACKED)


async def test_community_node(client: Any) -> None:
    """A Community node refuses compressed requests with 25, and answers reads that ask for it as always."""
    key = ("test", "packed", 4)
    with pytest.raises(errors.EnterpriseOnly) as caught:
        await client.put(key, BINS, policy={"compression_threshold": 1})
    assert (caught.value.code, caught.value.in_doubt) == (25, False)
    await client.put(key, BINS)
    assert (await client.get(key, policy=PACKED))[2] == BINS


async def test_default_policies(make_client: Callable[..., Any], enterprise: EmbeddedServer, inside: list[int]) -> None:
    """Compression can be switched on for all calls of a client."""
    client = make_client(enterprise.address, policies={"compress": True})
    await client.put(("test", "packed", 5), BINS)
    assert (await client.get(("test", "packed", 5)))[2] == BINS
    assert len(inside) == 2
