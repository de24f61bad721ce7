"""An Aerospike client in pure Python, for asyncio and for blocking code, whose errors tell everything."""

from __future__ import annotations

import logging

from aerospike_wire import errors, exception
from aerospike_wire.aio import AsyncClient
from aerospike_wire.errors import ErrorMiddleware, Failure, Hook, ResultCode
from aerospike_wire.partition_filter import PartitionFilter
from aerospike_wire.serializer import Serialized, Serializer
from aerospike_wire.sync import Client
from aerospike_wire.transaction import AbortStatus, CommitStatus, Transaction, TransactionState
from aerospike_wire.types import (
    CDTInfinite,
    CDTWildcard,
    GeoJSON,
    HyperLogLog,
    Key,
    KeyOrderedDict,
    OrderedRecord,
    RawParticle,
    Record,
)

__all__ = [
    "AbortStatus",
    "AsyncClient",
    "CDTInfinite",
    "CDTWildcard",
    "Client",
    "CommitStatus",
    "ErrorMiddleware",
    "Failure",
    "GeoJSON",
    "Hook",
    "HyperLogLog",
    "Key",
    "KeyOrderedDict",
    "OrderedRecord",
    "PartitionFilter",
    "RawParticle",
    "Record",
    "ResultCode",
    "Serialized",
    "Serializer",
    "Transaction",
    "TransactionState",
    "errors",
    "exception",
]

# Silent until a program says where its logs go.
logging.getLogger(__name__).addHandler(logging.NullHandler())
