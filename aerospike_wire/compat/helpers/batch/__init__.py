"""``aerospike_helpers.batch``: what batches are made of."""

from __future__ import annotations

from aerospike_wire.compat.helpers.batch import records

__all__ = ["records"]
