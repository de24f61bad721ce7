"""Expressions of requests on the node's records (protocol section 7)."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from aerospike_wire.embedded.engines import ENGINES
from aerospike_wire.embedded.sizes import stored_size
from aerospike_wire.expressions.evaluate import UNKNOWN, Malformed, Subject, parse_filter
from aerospike_wire.proto.header import CITRUSLEAF_EPOCH

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aerospike_wire.embedded.store import Namespace, Particle, StoredRecord
    from aerospike_wire.expressions.evaluate import Program

__all__ = ["Malformed", "check", "matches", "subject"]


def matches(expression: bytes, namespace: Namespace, record: StoredRecord, now: int) -> bool | None:  # noqa: ARG001
    """Whether a record passes a filter.

    Args:
        expression: packed.
        namespace: the record's.
        record: the record.
        now: milliseconds since 2010.

    Returns:
        True or False; None if it cannot be told, for want of a bin for example.

    Raises:
        Malformed: the expression is broken or is not a question of yes or no.
    """
    found = check(expression).run(subject(record, record.bins, now), ENGINES)
    return None if found is UNKNOWN else bool(found)


@functools.lru_cache(maxsize=64)
def check(expression: bytes) -> Program:
    """A filter, checked; the last ones are kept, since a query asks for every record.

    Raises:
        Malformed: as for :func:`matches`.
    """
    return parse_filter(expression)


def subject(record: StoredRecord, bins: Mapping[bytes, Particle], now: int) -> Subject:
    """A record as an expression sees it.

    Args:
        record: the record.
        bins: its bins, which may have been changed already.
        now: milliseconds since 2010.
    """
    size = stored_size(record)
    void_time = record.void_time
    return Subject(
        bins=bins,
        digest=record.digest,
        set=record.set,
        key=record.key,
        last_update=_nanoseconds(record.last_update),
        now=_nanoseconds(now),
        void_time=_nanoseconds(void_time * 1000) if void_time else None,
        size=size,
        memory=size,
    )


def _nanoseconds(milliseconds: int) -> int:
    return (milliseconds + CITRUSLEAF_EPOCH * 1000) * 1_000_000
