"""What to do with an error besides printing it: log it as data, decide about a retry, map it.

Run with a node at 127.0.0.1:3000, for instance ``python -m aerospike_wire serve``.
"""

from __future__ import annotations

import json
import logging

from aerospike_wire import Client, ResultCode, errors

log = logging.getLogger("shop")


class OutOfStock(Exception):
    """The shop's own word for a missing record."""


def reserve(client: Client, article: str) -> int:
    """Take one piece from stock, at most twice if the first try may not have counted."""
    key = ("test", "stock", article)
    for _ in range(2):
        try:
            record = client.get(key)
            client.put(
                key,
                {"pieces": record.bins["pieces"] - 1},
                {"gen": record.meta["gen"]},
                {"gen": 1, "exists": 2},
            )
        except errors.RecordGenerationError:
            continue  # somebody else was quicker: look again
        except errors.AerospikeError as error:
            log.exception("reserve failed: %s", json.dumps(error.to_dict()))
            if error.retryable:
                continue
            raise
        return record.bins["pieces"] - 1
    msg = f"{article} is in too much demand"
    raise OutOfStock(msg)


def main() -> None:
    """Sell a lamp, then something that the shop never had."""
    logging.basicConfig()
    with Client("127.0.0.1:3000", error_hooks=[{ResultCode.RECORD_NOT_FOUND: OutOfStock}]) as client:
        client.put(("test", "stock", "lamp"), {"pieces": 3})
        print("lamps left:", reserve(client, "lamp"))
        try:
            reserve(client, "unicorn")
        except OutOfStock as error:
            print("out of stock:", error.__cause__)


if __name__ == "__main__":
    main()
