"""Streams of the asyncio client that are dropped, or used, where their event loop does not run."""

from __future__ import annotations

import asyncio
import gc
import struct
import time
from typing import TYPE_CHECKING, Any

import pytest
from rawnode import RawNode, member

from aerospike_wire import AsyncClient, errors
from aerospike_wire.proto.fields import Field, field
from aerospike_wire.proto.header import MESSAGE, FrameType, frame

if TYPE_CHECKING:
    from collections.abc import Iterator

FIELDS = field(Field.NAMESPACE, b"test") + field(Field.DIGEST, struct.pack("<H18x", 7))
PART = frame(FrameType.MESSAGE, 2 * (MESSAGE.pack(22, 0, 0, 0, 0, 0, 1, 0, 0, 2, 0) + FIELDS))
"""Two records of an answer that does not end."""


@pytest.fixture(scope="module")
def node() -> Iterator[RawNode]:
    """A node whose queries never end."""
    with RawNode(member(lambda request: PART)) as running:
        yield running


def until_open(node: RawNode, count: int) -> None:
    """Wait until the node has so many connections."""
    deadline = time.monotonic() + 5
    while node.connections != count:
        assert time.monotonic() < deadline, node.connections
        time.sleep(0.002)


async def begun(client: AsyncClient) -> Any:
    """A stream that has given its first record."""
    stream = client.query("test", "s").records()
    await anext(stream)
    return stream


def test_collected_in_another_thread(node: RawNode) -> None:
    """The garbage collector runs in any thread: the loop closes the connection, and nothing is done beside it."""

    async def main() -> None:
        async with AsyncClient(node.address) as client:
            await client.connect()
            before = node.connections
            gc.disable()
            try:
                holder = type("Holder", (), {})()
                holder.stream, holder.itself = await begun(client), holder
                assert node.connections == before + 1
                del holder
                await asyncio.to_thread(gc.collect)
            finally:
                gc.enable()
            await asyncio.to_thread(until_open, node, before)

    asyncio.run(main(), debug=True)


def test_dropped_after_its_loop(node: RawNode) -> None:
    """The connection is closed though its event loop is."""

    async def main() -> tuple[AsyncClient, Any]:
        client = AsyncClient(node.address)
        return client, await begun(client)

    client, stream = asyncio.run(main())
    before = node.connections
    del stream
    gc.collect()
    until_open(node, before - 1)
    asyncio.run(client.close())
    until_open(node, 0)


def test_used_after_its_loop(node: RawNode) -> None:
    """What has come is given; then the error says what is wrong."""

    async def main() -> tuple[AsyncClient, Any]:
        client = AsyncClient(node.address)
        return client, await begun(client)

    async def rest(stream: Any) -> None:
        await anext(stream)
        with pytest.raises(errors.ClientError, match="belongs to another event loop") as caught:
            await anext(stream)
        assert caught.value.context.records == 2

    client, stream = asyncio.run(main())
    asyncio.run(rest(stream))
    asyncio.run(client.close())
    until_open(node, 0)
