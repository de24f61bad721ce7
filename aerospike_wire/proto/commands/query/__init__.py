"""Queries and scans (protocol section 5).

What is asked is a :class:`Statement`; who asks decides what becomes of the records: they
come back (:class:`QueryCommand`), are changed in the background (:class:`BackgroundPart`),
or are aggregated (:class:`AggregateCommand`).
"""

from __future__ import annotations

from aerospike_wire.proto.commands.query.foreground import QueryCommand
from aerospike_wire.proto.commands.query.predicate import Predicate, check_geojson, check_predicate
from aerospike_wire.proto.commands.query.records import Answer
from aerospike_wire.proto.commands.query.statement import Function, Statement

__all__ = [
    "Answer",
    "Function",
    "Predicate",
    "QueryCommand",
    "Statement",
    "check_geojson",
    "check_predicate",
]
