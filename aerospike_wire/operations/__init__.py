"""What can be done to the bins of a record in one ``operate`` call.

The functions carry the names of the official client's helpers. Each checks its arguments
when it is called and returns an :class:`Operation` with a readable ``repr``.
"""

from __future__ import annotations

from aerospike_wire.operations.basic import append, delete, increment, prepend, read, touch, write
from aerospike_wire.operations.operation import Operation

__all__ = ["Operation", "append", "delete", "increment", "prepend", "read", "touch", "write"]
