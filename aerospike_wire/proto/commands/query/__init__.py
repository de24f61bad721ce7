"""Queries and scans (protocol section 5).

What is asked is a :class:`Statement`; who asks decides what becomes of the records: they
come back (:class:`QueryCommand`), are changed in the background (:class:`BackgroundCommand`),
or are aggregated (:class:`AggregateCommand`).
"""

from __future__ import annotations

from aerospike_wire.proto.commands.query.aggregation import AggregateCommand, ModuleText, Values
from aerospike_wire.proto.commands.query.background import BackgroundCommand, JobCommand, facts
from aerospike_wire.proto.commands.query.foreground import QueryCommand
from aerospike_wire.proto.commands.query.predicate import Predicate, check_geojson, check_predicate
from aerospike_wire.proto.commands.query.records import Answer
from aerospike_wire.proto.commands.query.statement import Function, Statement

__all__ = [
    "AggregateCommand",
    "Answer",
    "BackgroundCommand",
    "Function",
    "JobCommand",
    "ModuleText",
    "Predicate",
    "QueryCommand",
    "Statement",
    "Values",
    "check_geojson",
    "check_predicate",
    "facts",
]
