"""Scans and queries before they are run, and their records while they are: what both clients share."""

from __future__ import annotations

import base64
import binascii
import contextlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from aerospike_wire.errors import ParamError
from aerospike_wire.operations.contexts import context_value
from aerospike_wire.operations.operation import refused
from aerospike_wire.proto import keys
from aerospike_wire.proto.commands.query import (
    AggregateCommand,
    BackgroundCommand,
    Function,
    Predicate,
    QueryCommand,
    Statement,
)
from aerospike_wire.proto.invalid import InvalidArgument
from aerospike_wire.query.aggregate import Aggregation, check_source
from aerospike_wire.query.run import Run
from aerospike_wire.query.tracker import Partitions

if TYPE_CHECKING:
    from typing import Self

    from aerospike_wire.core import Core
    from aerospike_wire.errors import Hook, HookMapping
    from aerospike_wire.operations.contexts import Context
    from aerospike_wire.operations.operation import Operation
    from aerospike_wire.query.aggregate import ModuleSource
    from aerospike_wire.query.source import Source
    from aerospike_wire.query.tracker import CursorLike


class ScanBase:
    """A scan without the way to run it."""

    __slots__ = (
        "_core", "_pages", "_run", "_source", "_state", "_statement", "max_records", "records_per_second", "ttl",
    )  # fmt: skip

    _method: ClassVar[str] = "scan"

    def __init__(self, core: Core, namespace: Any, set: Any) -> None:
        try:
            keys.check_namespace(namespace)
            keys.check_set(set)
        except InvalidArgument as invalid:
            raise refused(invalid) from invalid.__cause__
        self._core = core
        self._statement = Statement(namespace, set)
        self._state: Partitions | None = None
        self._pages = False
        self._run: Run | None = None
        self._source: ModuleSource = None
        self.max_records = 0
        """Records to give at most, or in one page; 0 for all, or for what the policy says."""
        self.records_per_second = 0
        """Limit for each node; 0 for none, or for what the policy says."""
        self.ttl: int | None = None
        """Seconds to live of records that :meth:`execute_background` writes; None for what the policy says."""

    # What to find, and what of it

    def select(self, *bins: str) -> Self:
        """Read only these bins. A record that has none of them is not given."""
        self._statement.bins = list(bins)
        return self

    def add_ops(self, ops: list[Operation]) -> Self:
        """Operations for every record: writes for ``execute_background``, or reads that give bins.

        Args:
            ops: made by :mod:`aerospike_wire.operations`. Other reads than of whole bins
                need server 8.1.2 or newer. Of a query every record is given, also one for which
                none of them has a result; of a scan such records are left out.

        Raises:
            ParamError: it is no list.
        """
        if ops is None:
            raise ParamError.about("ops", "must be a list of operations, not NoneType")
        self._statement.operations = ops
        return self

    def apply(
        self,
        module: str,
        function: str,
        arguments: list[Any] | None = None,
        *,
        source: ModuleSource = None,
    ) -> Self:
        """A Lua function: a record function for ``execute_background``, a stream function for results.

        The results of a query with a stream function are what the function returns: one
        value if it ends with a reduce. Its last reduce runs here and needs
        ``aerospike-wire[lua]``.

        Args:
            module: the module's name, without ``.lua``.
            function: the function's name.
            arguments: what it gets besides the record or stream.
            source: the module as text, or the path of its file, for the part that runs
                here; by default the cluster is asked for it.

        Raises:
            ParamError: the source is something else.
        """
        check_source(source)
        self._statement.function = Function(module, function, arguments)
        self._source = source
        return self

    # Where it stands

    def paginate(self) -> Self:
        """Give the records in pages: each run goes on where the last one stopped.

        A page has at most :attr:`max_records` records. :meth:`is_done` says whether there
        may be another one.
        """
        self._pages = True
        return self

    def resume(self, cursor: CursorLike) -> Self:
        """Go on where another run of the same query stopped, be it in another process.

        Args:
            cursor: what :meth:`cursor` gave or an error carries (``error.context.cursor``),
                as a dict or as its JSON text.

        Raises:
            ParamError: it is no cursor, or one of another namespace or set. That it is of
                another predicate or filter is found when the query runs.
        """
        statement = self._statement
        try:
            self._state = Partitions.restore(cursor, statement.namespace, statement.set)
        except InvalidArgument as invalid:
            raise refused(invalid) from invalid.__cause__
        return self

    def cursor(self) -> dict[str, Any]:
        """Where the query stands: a dict of JSON values for :meth:`resume`.

        Everything up to the last record that was given is behind it, nothing after. It
        holds digests and, for queries with an index, values of the indexed bin.
        """
        if self._run is not None:
            return self._run.cursor()
        statement = self._statement
        return (self._state or Partitions()).cursor(str(statement.namespace), statement.set or None)

    def is_done(self) -> bool:
        """True if a run has read every partition to its end."""
        state = self._standing()
        return state is not None and state.done

    def get_partitions_status(self) -> dict[int | str, Any]:
        """Where the query stands, as the official client has it.

        Returns:
            Rows ``(id, init, retry, digest, bval)`` by partition, and ``done`` and ``retry``
            of the whole: what the policy takes as ``partition_filter["partition_status"]``.
            Empty before the first run.
        """
        state = self._standing()
        return {} if state is None else state.status()

    def _standing(self) -> Partitions | None:
        if self._run is None:
            return self._state
        self._run.settle()
        return self._run.state

    # Running

    def _begin(self, policy: Any, options: Any, hook: Hook | HookMapping | None, node: Any = None) -> Source:
        """A run of the query as it is now."""
        if self._statement.function is not None:
            aggregate = AggregateCommand(self._statement, policy, self._changes(), self._method)
            return Aggregation(self._core, aggregate, self._source, hook)
        standing = self._standing() if self._pages or self._state is not None else None
        again = self._pages and self._run is not None
        self._run = Run(self._core, self._command(policy, options, node), standing, hook, again=again)
        return self._run

    def _command(self, policy: Any, options: Any, node: Any) -> QueryCommand:
        return QueryCommand(self._statement, policy, self._changes(), options, self._method, node)

    def _changes(self) -> dict[str, Any]:
        names = ("max_records", "records_per_second")
        return {name: getattr(self, name) for name in names if getattr(self, name) != 0}

    def _job(self, policy: Any) -> BackgroundCommand:
        return BackgroundCommand(
            self._statement, policy, self.ttl, self.records_per_second, scan=self._method == "scan"
        )


class QueryBase(ScanBase):
    """A query without the way to run it."""

    __slots__ = ()

    _method: ClassVar[str] = "query"

    def where(self, predicate: Predicate, ctx: list[Context] | None = None) -> Self:
        """Find records by a secondary index on a bin.

        Args:
            predicate: made by :mod:`aerospike_wire.predicates`.
            ctx: where in the bin the indexed value is, if the index was made for a nested
                one: made by the ``cdt_ctx`` functions of :mod:`aerospike_wire.operations`.

        Raises:
            ParamError: an argument is something else, or the query has a predicate already.
        """
        self._set_predicate(predicate)
        try:
            self._statement.context = None if ctx is None else context_value(ctx)
        except InvalidArgument as invalid:
            self._statement.predicate = None
            raise refused(invalid) from invalid.__cause__
        return self

    def where_with_index_name(self, index_name: str, predicate: Predicate) -> Self:
        """Find records by the secondary index of this name.

        Args:
            index_name: the index.
            predicate: made by :mod:`aerospike_wire.predicates`; its bin may be None.

        Raises:
            ParamError: an argument is something else, or the query has a predicate already.
        """
        if not isinstance(index_name, str):
            raise ParamError.about("index_name", f"must be a str, not {type(index_name).__name__}")
        self._set_predicate(predicate)
        self._statement.index = index_name
        return self

    def where_with_expr(self, expr: Any, predicate: Predicate) -> Self:
        """Find records by the secondary index on the values of an expression.

        Args:
            expr: the expression the index was made with: an expression of
                :mod:`aerospike_wire.expressions`, compiled or not, or its base64 text.
            predicate: made by :mod:`aerospike_wire.predicates`; its bin may be None.

        Raises:
            ParamError: an argument is something else, or the query has a predicate already.
        """
        found = _expression(expr)
        self._set_predicate(predicate)
        self._statement.expression = found
        return self

    def _set_predicate(self, predicate: Any) -> None:
        if not isinstance(predicate, Predicate):
            raise ParamError.about(
                "predicate", f"must be made by aerospike_wire.predicates, not {type(predicate).__name__}"
            )
        if self._statement.predicate is not None:
            raise ParamError.about(
                "predicate", "is already set: a query has one; use a filter expression for more conditions"
            )
        self._statement.predicate = predicate


def _expression(given: Any) -> bytes:
    if isinstance(given, str):
        try:
            given = base64.b64decode(given, validate=True)
        except (binascii.Error, ValueError):
            raise ParamError.about("expr", "is text that is not base64") from None
    found = given if isinstance(given, bytes) else getattr(given, "compiled", None)
    if not isinstance(found, bytes) or not found:
        raise ParamError.about("expr", f"must be an expression or its base64 text, not {type(given).__name__}")
    return found


def check_mapping(argument: str, given: Any) -> None:
    """Refuse what is neither a mapping nor None.

    Raises:
        ParamError: it is something else.
    """
    if given is not None and not isinstance(given, Mapping):
        raise ParamError.about(argument, f"must be a dict or None, not {type(given).__name__}")


def check_callback(callback: Any) -> None:
    """Refuse what cannot be called.

    Raises:
        ParamError: it cannot.
    """
    if not callable(callback):
        raise ParamError.about("callback", f"must be callable, not {type(callback).__name__}")


class StreamBase:
    """The records of a query that is running."""

    __slots__ = ("__weakref__", "_run")

    def __init__(self, run: Source) -> None:
        self._run = run

    def cursor(self) -> dict[str, Any]:
        """Where the query stands: behind the record given last; see the query's ``resume``."""
        return self._run.cursor()

    def close(self) -> None:
        """Give no more records. What nodes are still sending is not waited for: their links are closed."""
        self._run.close()

    def __del__(self) -> None:
        run = getattr(self, "_run", None)
        if run is not None:
            with contextlib.suppress(Exception):  # the loop or the interpreter may be gone
                run.drop()
