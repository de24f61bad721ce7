"""``aerospike_helpers``: the official client's package of helpers, for this client."""

from __future__ import annotations

from aerospike_wire.types import HyperLogLog

__all__ = ["HyperLogLog"]
