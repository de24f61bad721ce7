"""The blocking client's queries and scans."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aerospike_wire import facade
from aerospike_wire.query.builder import QueryBase, ScanBase, StreamBase, check_callback
from aerospike_wire.transport.blocking import run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType
    from typing import Self

    from aerospike_wire.facade import ErrorHook, Given
    from aerospike_wire.policy import QueryPolicy, ScanPolicy
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

    def scan(self, namespace: str, set: str | None = None) -> Scan:
        """Begin a scan of a set, or of a namespace: a query without a predicate (protocol section 5).

        Args:
            namespace: the namespace.
            set: the set, None for all records of the namespace.

        Returns:
            A scan to be narrowed and run.
        """
        return Scan(self._core, namespace, set)


class RecordStream(StreamBase):
    """The records of a query that is running, as they come.

    Iterate over it. Leaving the loop early drops it, and that closes the links it reads
    from; so do :meth:`close` and the end of a ``with`` block.
    """

    __slots__ = ()

    def __iter__(self) -> Self:
        """Itself: the records can be taken once."""
        return self

    def __next__(self) -> Record:
        """The next record.

        Raises:
            AerospikeError: the query could not be completed; ``error.context`` says how far
                it came and has the cursor to go on with.
        """
        query = self._run
        at = query.taken
        if at >= len(query.portion):
            if not run(query.more()):
                raise StopIteration
            at = 0
        query.taken = at + 1
        return query.portion[at]

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()


class Scan(ScanBase):
    """A scan that has not been run yet. Iterating over it runs it."""

    __slots__ = ()

    def __iter__(self) -> RecordStream:
        """Run the scan, record by record."""
        return self.records()

    def records(
        self,
        policy: Given[ScanPolicy] = None,
        options: Mapping[str, bool] | None = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> RecordStream:
        """Run the scan and give its records one by one, in no particular order.

        Of what the nodes send only a bounded part is held here: who takes the records
        slowly slows the nodes down. A node that waits longer than ``socket_timeout`` for
        its records to be taken ends its stream; it is then asked again for the rest.

        Args:
            policy: ScanPolicy or QueryPolicy, or a dict with its names.
            options: ``{"nobins": True}`` for keys and metadata only.
            error_hook: one more hook or mapping for errors, for this call.

        Returns:
            A stream; nothing is sent before its first record is asked for.
        """
        return RecordStream(self._begin(policy, options, error_hook))

    def results(
        self,
        policy: Given[ScanPolicy] = None,
        options: Mapping[str, bool] | None = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> list[Record]:
        """Run the scan and collect all records, in no particular order.

        Args:
            policy: ScanPolicy or QueryPolicy, or a dict with its names.
            options: ``{"nobins": True}`` for keys and metadata only.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            AerospikeError: the scan failed; ``error.context`` says how far it came.
        """
        return run(self._begin(policy, options, error_hook).collect())

    def foreach(
        self,
        callback: Callable[[Record], Any],
        policy: Given[ScanPolicy] = None,
        options: Mapping[str, bool] | None = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Run the scan and call a function with every record.

        Args:
            callback: gets each record; if it returns False, the scan ends there. What it
                raises ends the scan too and comes out as it is.
            policy: ScanPolicy or QueryPolicy, or a dict with its names.
            options: ``{"nobins": True}`` for keys and metadata only.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            AerospikeError: the scan failed; ``error.context`` says how far it came.
        """
        check_callback(callback)
        run(self._begin(policy, options, error_hook).feed(callback))


class Query(QueryBase):
    """A query that has not been run yet. Iterating over it runs it."""

    __slots__ = ()

    def __iter__(self) -> RecordStream:
        """Run the query, record by record."""
        return self.records()

    def records(
        self,
        policy: Given[QueryPolicy] = None,
        options: Mapping[str, bool] | None = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> RecordStream:
        """Run the query and give its records one by one, in no particular order.

        Of what the nodes send only a bounded part is held here: who takes the records
        slowly slows the nodes down. A node that waits longer than ``socket_timeout`` for
        its records to be taken ends its stream; it is then asked again for the rest.

        Args:
            policy: QueryPolicy, or a dict with its names.
            options: ``{"nobins": True}`` for keys and metadata only.
            error_hook: one more hook or mapping for errors, for this call.

        Returns:
            A stream; nothing is sent before its first record is asked for.
        """
        return RecordStream(self._begin(policy, options, error_hook))

    def results(
        self,
        policy: Given[QueryPolicy] = None,
        options: Mapping[str, bool] | None = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> list[Record]:
        """Run the query and collect all records, in no particular order.

        Args:
            policy: QueryPolicy, or a dict with its names.
            options: ``{"nobins": True}`` for keys and metadata only.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            IndexNotFound: there is no index for the predicate.
            AerospikeError: the query failed in another way; ``error.context`` says how far it came.
        """
        return run(self._begin(policy, options, error_hook).collect())

    def foreach(
        self,
        callback: Callable[[Record], Any],
        policy: Given[QueryPolicy] = None,
        options: Mapping[str, bool] | None = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Run the query and call a function with every record.

        Args:
            callback: gets each record; if it returns False, the query ends there. What it
                raises ends the query too and comes out as it is.
            policy: QueryPolicy, or a dict with its names.
            options: ``{"nobins": True}`` for keys and metadata only.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            IndexNotFound: there is no index for the predicate.
            AerospikeError: the query failed in another way; ``error.context`` says how far it came.
        """
        check_callback(callback)
        run(self._begin(policy, options, error_hook).feed(callback))
