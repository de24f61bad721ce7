"""The blocking client's queries and scans."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aerospike_wire import facade, fanout
from aerospike_wire.transport.blocking import run

if TYPE_CHECKING:
    from aerospike_wire.facade import ErrorHook, Given
    from aerospike_wire.policy import (
        QueryPolicy,
    )
    from aerospike_wire.types import Record


class Queries(facade.Facade):
    """Calls that find records."""

    __slots__ = ()

    def query(self, namespace: str, set: str | None = None) -> Query:
        """Begin a query of a set, or of a namespace (protocol section 5).

        Args:
            namespace: the namespace.
            set: the set, None for all records of the namespace.

        Returns:
            A query to be narrowed and run.
        """
        return Query(self._core, namespace, set)


class Query(facade.QueryBase):
    """A query or scan that has not been run yet. Its methods but for the last return it again."""

    __slots__ = ()

    def results(self, policy: Given[QueryPolicy] = None, *, error_hook: ErrorHook | None = None) -> list[Record]:
        """Run the query and collect all records, in no particular order.

        Args:
            policy: QueryPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            IndexNotFound: there is no index for the predicate.
            AerospikeError: the query failed in another way.
        """
        return run(fanout.query(self._core, self._command(policy), error_hook))
