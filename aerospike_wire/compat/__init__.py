"""The official client's module ``aerospike``, on this client: ``import aerospike_wire.compat as aerospike``.

Programs written for the official client (19.3.0) run on it, with this client's errors. What
is the same and what differs is told in ``docs/migrating.md``. :func:`install` puts it, and
the package of helpers, in the place of the official modules for a process.
"""

from __future__ import annotations

from aerospike_wire import exception
from aerospike_wire.compat import constants, predicates
from aerospike_wire.compat.client import Client, client
from aerospike_wire.compat.constants import *  # noqa: F403  366 numbers, all of which are public
from aerospike_wire.compat.installation import install
from aerospike_wire.compat.keys import calc_digest, get_partition_id
from aerospike_wire.compat.logs import set_log_handler, set_log_level
from aerospike_wire.compat.provider import ConfigProvider
from aerospike_wire.compat.query import Query, Scan
from aerospike_wire.compat.transaction import Transaction
from aerospike_wire.compat.types import CDTInfinite, CDTWildcard, GeoJSON, KeyOrderedDict, geodata, geojson, null
from aerospike_wire.compat.values import set_deserializer, set_serializer, unset_serializers

__all__ = [  # noqa: PLE0604  the names of constants are strings
    "CDTInfinite",
    "CDTWildcard",
    "Client",
    "ConfigProvider",
    "GeoJSON",
    "KeyOrderedDict",
    "Query",
    "Scan",
    "Transaction",
    "calc_digest",
    "client",
    "exception",
    "geodata",
    "geojson",
    "get_partition_id",
    "install",
    "null",
    "predicates",
    "set_deserializer",
    "set_log_handler",
    "set_log_level",
    "set_serializer",
    "unset_serializers",
    *constants.__all__,
]
