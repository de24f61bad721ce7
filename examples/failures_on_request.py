"""How a program's error handling is tested: the node fails as it is told to.

Needs no server; run it as it is.
"""

from __future__ import annotations

import asyncio

from aerospike_wire import AsyncClient, ResultCode, errors
from aerospike_wire.embedded import EmbeddedServer

KEY = ("test", "orders", 7)


async def main() -> None:
    """A refusal, a lost answer, and a slow node."""
    async with EmbeddedServer() as server, AsyncClient(server.address) as client:
        server.faults.on("put", set="orders").times(1).answer(ResultCode.DEVICE_OVERLOAD)
        try:
            await client.put(KEY, {"paid": True})
        except errors.DeviceOverload as error:
            print("refused, safe to repeat:", error.retryable)

        server.faults.on("put").times(1).close(after=True)
        try:
            await client.put(KEY, {"paid": True})
        except errors.ConnectionError as error:
            print("answer lost, in doubt:", error.in_doubt)
        print("it was written all the same:", (await client.get(KEY)).bins)

        server.faults.on("get").delay(500)
        try:
            await client.get(KEY, {"total_timeout": 50})
        except TimeoutError as error:
            print(error)


if __name__ == "__main__":
    asyncio.run(main())
