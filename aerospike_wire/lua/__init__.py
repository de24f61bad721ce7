"""Lua as UDFs see it: one closed-off runtime for the embedded node and for the client.

The node runs functions on records and its half of stream functions; the client runs the
other half, :func:`reduce`, on what all nodes sent. The library in ``library/`` offers
scripts the documented objects: ``aerospike``, ``record``, ``list``, ``map``, ``bytes``,
``geojson`` and streams (protocol section 5.7), with the semantics and the error texts of a
server.

Limits. A call may take :data:`CALL_LIMIT` seconds unless its caller says otherwise, counted
in wall time; when it is over the script fails with ``UDF Execution Timeout``, and no
``pcall`` of its own can keep it going. A state may take :data:`MAX_MEMORY` bytes; beyond
them a script fails with ``not enough memory``. Patterns of strings whose search could take
too many steps are refused before they start. Scripts find no ``io``, no ``debug``, no
``load`` and no package path; of ``os`` they find the clock.
"""

from aerospike_wire.lua.errors import (
    ArgumentUnusableError,
    LuaFailedError,
    LuaMissingError,
    ModuleUnusableError,
    SourceError,
    TimeUpError,
    ValueUnusableError,
)
from aerospike_wire.lua.machine import Machine, Outcome, RecordFacts, Subject, reduce
from aerospike_wire.lua.state import CALL_LIMIT, MAX_MEMORY, available, chunk_name, source_error

__all__ = [
    "CALL_LIMIT",
    "MAX_MEMORY",
    "ArgumentUnusableError",
    "LuaFailedError",
    "LuaMissingError",
    "Machine",
    "ModuleUnusableError",
    "Outcome",
    "RecordFacts",
    "SourceError",
    "Subject",
    "TimeUpError",
    "ValueUnusableError",
    "available",
    "chunk_name",
    "reduce",
    "source_error",
]
